"""count-params: composites, names for sizes, stated sizes, what is trained, conventions, and that every line holds."""

from __future__ import annotations

import json
import random
import time
from math import prod
from typing import Any

import pytest

from hwsolve.derivation.lines import Disagreement
from hwsolve.errors import CallError
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Ref
from hwsolve.pipeline import Request, read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Sentence, Solution, Table
from hwsolve.spec.report import SpecFailure
from tests.line_check import answers_without_line, wrong_lines


def solved(layers: list[Any], shape: Any, **more: Any) -> Solution:
    spec = {"kind": "count-params", **more, "network": {"input": shape, "layers": layers}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return work_out(problem)


def number(solution: Solution, key: str) -> int:
    value: int = solution.answers[key].value.value
    return value


def as_json(solution: Solution) -> dict[str, Any]:
    data: dict[str, Any] = json.loads(render([solution], "json", Options()))
    return data


def table_of(solution: Solution) -> Table:
    """The table of layers."""
    (table,) = [t for s in solution.sections if s.part == "derivation" for t in s.tables]
    return table


def refused(layers: list[Any], shape: Any, **more: Any) -> str:
    with pytest.raises(SpecFailure) as failure:
        solved(layers, shape, **more)
    return str(failure.value)


# ---------------------------------------------------------------- composites


def test_a_repeat_counts_as_the_layers_written_out() -> None:
    body = [{"linear": 7}, "relu", {"linear": 5}]
    short = solved([{"repeat": {"times": 4, "body": body}}, {"linear": 2}], 5)
    long = solved([*body * 4, {"linear": 2}], 5)
    for key in ("params", "params.weight", "params.bias", "activations", "macs"):
        assert number(short, key) == number(long, key)


def test_a_repeat_that_changes_the_shape_is_walked_until_it_stays() -> None:
    solution = solved([{"repeat": {"times": 5, "body": [{"linear": 7}]}}], 3)
    assert number(solution, "params.repeat1.linear1") == (3 + 1) * 7
    assert number(solution, "params.repeat1.linear2") == (7 + 1) * 7
    assert number(solution, "params") == (3 + 1) * 7 + 4 * (7 + 1) * 7


def test_a_repeat_whose_shape_never_stays() -> None:
    body = [{"conv2d": {"out_channels": 2, "kernel_size": 3}}]
    solution = solved([{"repeat": {"times": 3, "body": body}}], [2, 9, 9])
    assert [number(solution, f"macs.repeat1.conv{k}") for k in (1, 2, 3)] == [36 * 49, 36 * 25, 36 * 9]
    assert "only 1" in refused([{"repeat": {"times": 5, "body": body}}], [2, 9, 9])


def test_a_hundred_thousand_copies_cost_nothing() -> None:
    start = time.process_time()
    solution = solved([{"repeat": {"times": 100_000, "body": [{"linear": 10}]}}], 10)
    assert time.process_time() - start < 1
    assert number(solution, "params") == 100_000 * 110


def test_sums_of_very_many_layers_can_be_checked_line_by_line() -> None:
    solution = solved([{"linear": 3}] * 1_000, 3)
    assert number(solution, "params") == 12_000
    assert wrong_lines(as_json(solution)) == []


def test_branches_and_blocks() -> None:
    blocks = {
        "unit": {
            "arguments": ["c", "k"],
            "body": [{"conv2d": {"out_channels": "$c", "kernel_size": "$k", "padding": "same"}}],
        }
    }
    concat = {"concat": [[{"unit": {"c": "2*3", "k": 3}}], [{"unit": {"c": 4, "k": 1}}], []]}
    solution = solved([concat, {"multiply": [[], ["sigmoid"]]}], [2, 5, 5], blocks=blocks)
    assert number(solution, "params") == (2 * 9 + 1) * 6 + (2 + 1) * 4
    assert [q.value for q in solution.answers["shape.concat1"].value] == [6 + 4 + 2, 5, 5]
    assert number(solution, "params.concat1.unit2.conv1") == 12


def test_a_residual_needs_equal_ends() -> None:
    body = [{"conv2d": {"out_channels": 4, "kernel_size": 3, "stride": 2, "padding": 1}}]
    message = refused([{"residual": {"body": body}}], [2, 8, 8])
    assert "The body gives 4 × 4 × 4, but the shortcut 2 × 8 × 8." in message
    assert "zero_pad" in message
    padded = solved([{"residual": {"body": body, "shortcut": "zero_pad"}}], [2, 8, 8])
    assert number(padded, "params") == (2 * 9 + 1) * 4


def test_blocks_that_contain_themselves_are_refused() -> None:
    blocks = {"a": {"body": ["a"]}}
    assert "stands within itself" in refused(["a"], 3, blocks=blocks)


def test_blocks_that_grow_without_bound_are_refused_quickly() -> None:
    blocks: dict[str, Any] = {f"b{k}": {"body": [f"b{k + 1}"] * 10} for k in range(12)}
    blocks["b12"] = {"body": ["relu"]}
    start = time.process_time()
    assert "There are more than 200,000 layers" in refused(["b0"], 3, blocks=blocks)
    assert time.process_time() - start < 20


# ---------------------------------------------------------------- names for sizes


def formula_at(solution: Solution, key: str, sizes: dict[str, int]) -> int:
    """An answer with names, at numbers; read by Python's own grammar."""
    answer = as_json(solution)["answers"][key]
    if "formula" not in answer:
        return int(answer["value"])
    names = {"floor": lambda x: x // 1, "min": min, "ceil": lambda x: -(-x // 1), "__builtins__": {}}
    from fractions import Fraction

    return int(eval(answer["formula"], names, {k: Fraction(v) for k, v in sizes.items()}))


CASES: list[tuple[list[Any], Any, list[str]]] = [
    ([{"repeat": {"times": "L", "body": [{"linear": "n"}, "sigmoid"]}}], "n", ["L", "n"]),
    ([{"linear": "4*n"}, "gelu", {"linear": "n"}, {"layer_norm": "n"}], "n", ["n"]),
    (
        [
            {"conv2d": {"out_channels": "C", "kernel_size": 3, "stride": 2, "padding": 1}},
            "batch_norm2d",
            {"max_pool2d": {"kernel_size": 3, "stride": 2, "ceil_mode": True}},
            {"residual": {"body": [{"conv2d": {"out_channels": "C", "kernel_size": [3, 5], "padding": "same"}}]}},
            {"avg_pool2d": 2},
            "flatten",
            {"linear": 10},
        ],
        [3, "H", "W"],
        ["C", "H", "W"],
    ),
    (
        [{"conv1d": {"out_channels": "2*C", "kernel_size": "K", "dilation": 2}}, {"adaptive_avg_pool1d": 1}, "flatten"],
        ["C", "T"],
        ["C", "K", "T"],
    ),
    ([{"conv_transpose2d": {"out_channels": "C", "kernel_size": 2, "stride": 2}}, {"upsample": {"scale_factor": 2}}], [8, "H", "H"], ["C", "H"]),
    ([{"concat": [[{"linear": "m"}], [{"linear": "n"}], []]}, {"embedding": ["V", 3]}][:1], ["n"], ["m", "n"]),
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=range(len(CASES)))
def test_names_give_what_numbers_give(case: tuple[list[Any], Any, list[str]]) -> None:
    layers, shape, names = case
    dice = random.Random(str(layers))
    symbolic = solved(layers, shape, count={"macs": "all", "activations": "outputs"})
    assert wrong_lines(as_json(symbolic)) == []
    for _ in range(20):
        sizes = {name: dice.randint(14, 40) if name in "HWT" else dice.randint(1, 6) for name in names}
        text = json.dumps(
            {
                "kind": "count-params",
                "network": {"input": shape, "layers": layers},
                "count": {"macs": "all", "activations": "outputs"},
            }
        )
        for name, size in sizes.items():
            for written in (f'"{name}"', f'*{name}"'):
                text = text.replace(
                    written, written.replace(name, str(size)).replace('"', "") if written[0] == '"' else f'*{size}"'
                )
        (problem,) = read(text, "numbers.yaml")
        numeric = as_json(work_out(problem))["answers"]
        for key, answer in numeric.items():
            if isinstance(answer["value"], int):
                assert formula_at(symbolic, key, sizes) == answer["value"], (key, sizes)


def test_a_repeat_by_name_whose_shape_changes_is_refused() -> None:
    body = [{"conv1d": {"out_channels": 2, "kernel_size": 3}}]
    assert "how often must be a number" in refused([{"repeat": {"times": "L", "body": body}}], [2, "T"])


# ---------------------------------------------------------------- what is owned and trained


def test_shared_frozen_and_absent_parameters() -> None:
    layers = [
        {"linear": {"out_features": 5, "trainable": False}},
        {"linear": {"out_features": 5, "weight": {"trainable": False}}},
        {"linear": {"out_features": 5, "bias": {"value": 0.5, "shared": True, "trainable": False}}},
        {"linear": {"out_features": 5, "bias": False}},
        {"batch_norm1d": {"affine": False}},
    ]
    solution = solved(layers, 10)
    assert [number(solution, f"params.linear{k}") for k in (1, 2, 3, 4)] == [55, 30, 26, 25]
    assert [number(solution, f"params.trainable.linear{k}") for k in (1, 2, 3, 4)] == [0, 5, 25, 25]
    assert number(solution, "params.trainable") == 55
    assert number(solution, "params.bias") == 5 + 5 + 1
    data = as_json(solution)
    assert wrong_lines(data) == []
    assert answers_without_line(data) == []


def test_numbers_of_any_length_are_exact() -> None:
    side = 10**300 + 7
    solution = solved([{"linear": side}], side)
    assert number(solution, "params") == (side + 1) * side
    huge = solved([{"conv3d": {"out_channels": 10**999, "kernel_size": 10**999}}], [10**999, *[10**999] * 3])
    assert number(huge, "params.weight") == 10 ** (999 * 5)
    assert str(10 ** (999 * 5)) in render([huge], "json", Options())


# ---------------------------------------------------------------- stated sizes


def test_stated_sizes_are_facts_and_impossible_ones_are_told() -> None:
    layers = [
        {"conv2d": {"out_channels": 3, "kernel_size": 5, "padding": "same"}},
        {"max_pool2d": {"features": 40000}},
        {"conv2d": {"out_channels": 5, "kernel_size": 4, "padding": "same"}},
        {"max_pool2d": {"features": 2000}},
        {"linear": 100},
    ]
    solution = solved(layers, {"channels": 1, "features": 160000}, count={"activations": "cs231n"})
    assert number(solution, "params") == 78 + 245 + 2001 * 100
    notes = [str(note.text) for note in solution.notes if note.level == "warning"]
    assert len(notes) == 1
    assert "40,000 is one 200×200 map; 3 such maps hold 120,000" in notes[0]
    assert "activations" not in solution.answers
    assert number(solution, "activations.conv1") == 480_000
    assert any("conv2" in str(note.text) for note in solution.notes if note.level == "info")


def test_a_layer_that_needs_an_unknown_size_is_refused() -> None:
    layers = [{"conv2d": {"out_channels": 3, "kernel_size": 5}}, {"linear": 10}]
    assert "the sides of the map are not stated" in refused(layers, {"channels": 1, "features": 100})
    assert "can't both be given" in refused([{"max_pool2d": {"kernel_size": 2, "features": 10}}], [1, 8, 8])
    assert "can't make 64 values into 100" in refused([{"max_pool2d": {"features": 100}}], [1, 8, 8])


def test_linear_on_a_map_suggests_flatten() -> None:
    solution = solved([{"linear": 4}], [3, 8, 8])
    assert any("`flatten`" in str(n.text) and "192" in str(n.text) for n in solution.notes)
    assert not solved([{"linear": 4}], [7, 8]).notes


# ---------------------------------------------------------------- conventions, columns, names


def test_conventions() -> None:
    layers = [
        {"conv2d": {"out_channels": 4, "kernel_size": 3}},
        "batch_norm2d",
        "relu",
        {"avg_pool2d": 2},
        "flatten",
        {"linear": 2},
    ]
    conv, norm, pool = 4 * 6 * 6, 4 * 6 * 6, 4 * 3 * 3
    cs231n = solved(layers, [1, 8, 8], count={"activations": "cs231n", "dtype": "float16"})
    assert number(cs231n, "activations") == 64 + conv + pool + 2
    assert number(cs231n, "activations.bytes") == 2 * (64 + conv + pool + 2)
    outputs = solved(layers, [1, 8, 8], count={"activations": "outputs"})
    assert number(outputs, "activations") == conv + norm + conv + pool + 2
    multiplied = 9 * conv + pool * 2
    assert number(solved(layers, [1, 8, 8]), "macs") == multiplied
    everything = solved(layers, [1, 8, 8], count={"macs": "all"})
    assert number(everything, "macs") == multiplied + norm + 4 * pool
    assert any(
        "normalizations (one for each value)" in str(item.text)
        for item in everything.sections[0].items
        if isinstance(item, Sentence)
    )


def test_columns_are_those_that_are_asked_for() -> None:
    text = json.dumps({"kind": "count-params", "network": {"input": 3, "layers": [{"linear": 2}]}})
    (problem,) = read(text, "t.yaml", Request(settings={"columns": ("params", "macs")}))
    table = table_of(work_out(problem))
    assert [str(c) for c in table.columns] == ["Layer", "Output", "", "Parameters", "", "Multiply-adds"]
    (problem,) = read(text, "t.yaml", Request(settings={"columns": ("parms",)}))
    with pytest.raises(CallError, match="parms"):
        work_out(problem)


def test_the_columns_of_the_table_add_up() -> None:
    layers = [{"repeat": {"times": 3, "body": [{"linear": 4}, "relu"]}}, {"linear": 2}]
    table = table_of(solved(layers, 4, count={"macs": "matmul", "activations": "outputs"}))
    assert [str(row[0]) for row in table.rows] == [
        "3 × repeat1, 20 each",
        "dense layer",
        "relu1",
        "dense layer",
        "Total",
    ]
    assert table.depths == (0, 1, 1, 0, 0)
    for column in (2, 4, 6):
        (first, *parts), last, total = (
            [row[column] for row in table.rows[:3]],
            table.rows[3][column],
            table.rows[4][column],
        )
        assert first == 3 * sum(c for c in parts if isinstance(c, int))
        assert total == int(str(first)) + int(str(last))


def test_names_of_layers() -> None:
    layers = [{"linear": {"out_features": 3, "name": "first"}}, {"linear": 3}, "relu", {"linear": 3}]
    keys = solved(layers, 3).answers
    assert {"params.first", "params.linear2", "params.linear3", "shape.relu1"} <= set(keys)
    twice = [{"linear": {"out_features": 3, "name": "a"}}] * 2
    assert "Two layers are named `a`." in refused(twice, 3)
    assert "is a key of its own" in refused([{"linear": {"out_features": 3, "name": "weight"}}], 3)


# ---------------------------------------------------------------- every line holds


def random_network(dice: random.Random) -> tuple[list[Any], list[int]]:
    """Layers that fit behind each other, of every part of the chapter."""
    shape = [dice.randint(1, 4), dice.randint(6, 12), dice.randint(6, 12)]
    layers: list[Any] = []
    for _ in range(dice.randint(1, 5)):
        channels, kernel = dice.randint(1, 5), dice.randint(1, 3)
        conv = {
            "conv2d": {
                "out_channels": channels,
                "kernel_size": [kernel, dice.randint(1, 3)],
                "padding": "same",
                "bias": dice.random() < 0.5,
            }
        }
        layers.append(
            dice.choice(
                [
                    conv,
                    {"residual": {"body": [conv], "shortcut": [{"conv2d": {"out_channels": channels, "kernel_size": 1}}]}},
                    {"concat": [[conv, "relu"], [conv], []]},
                    {"repeat": {"times": dice.randint(1, 4), "body": [conv, "batch_norm2d", "prelu"]}},
                    {"multiply": [["sigmoid"], [{"adaptive_avg_pool2d": 1}]]},
                    "batch_norm2d",
                    {"group_norm": 1},
                    {"max_pool2d": {"kernel_size": 2, "stride": 1, "padding": dice.randint(0, 1), "ceil_mode": dice.random() < 0.5}},
                    {"avg_pool2d": {"kernel_size": 3, "stride": 2, "padding": 1, "ceil_mode": True}},
                    {"dropout2d": 0.3},
                ]
            )
        )  # fmt: skip
    return [*layers, "flatten", {"linear": {"out_features": 3, "trainable": dice.random() < 0.5}}], shape


@pytest.mark.parametrize("seed", range(30))
def test_every_line_of_a_random_network_holds(seed: int) -> None:
    dice = random.Random(seed)
    layers, shape = random_network(dice)
    try:
        solution = solved(
            layers,
            shape,
            count={"activations": dice.choice(["cs231n", "outputs"]), "macs": dice.choice(["matmul", "all"])},
        )
    except SpecFailure as failure:
        assert "window" in str(failure)
        return
    data = as_json(solution)
    assert wrong_lines(data) == []
    assert answers_without_line(data) == []


def test_a_wrong_formula_stops_the_program(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwsolve.layers.linear import Linear

    monkeypatch.setattr(Linear, "COUNTS", {"weight": "in*out", "bias": "2*out"})
    with pytest.raises(Disagreement):
        solved([{"linear": 7}], 13)


def test_the_product_of_every_shape_is_counted() -> None:
    layers, shape = [{"conv2d": {"out_channels": 5, "kernel_size": 2, "stride": 2}}], [2, 9, 7]
    answers = solved(layers, shape, count={"activations": "outputs"}).answers
    assert prod(q.value for q in answers["shape.conv1"].value) == answers["activations.conv1"].value.value


def test_sizes_without_a_number_stand_in_definitions() -> None:
    net = "network: {input: [n, 3], layers: [linear: d]}, define: {m: 16*d*n, k: m + params}"
    spec = f"{{kind: count-params, {net}, expect: {{k: 16*d*n + 4*d}}}}"
    (problem,) = read(spec, "sizes.yaml")
    solution = work_out(problem)
    assert all(check.ok for check in solution.checks)
    value: Any = solution.answers["m"].value
    assert plain(value) == "16*d*n"


def test_a_size_that_makes_no_axis_longer_is_asked_about() -> None:
    """`upsample: 2` is torch.nn.Upsample(2): a map of 2 × 2."""
    for layer, warned in (("2", True), ("{size: 8}", True), ("{size: 9}", False), ("{scale_factor: 2}", False)):
        net = f"network: {{input: [3, 8, 8], layers: [upsample: {layer}]}}"
        (problem,) = read(f"{{kind: count-params, {net}}}", "up.yaml")
        notes = work_out(problem).notes
        assert [note.level for note in notes] == ["warning"] * warned


def test_a_count_keeps_its_formula_beside_sizes_with_names() -> None:
    """A name that a formula does not read takes nothing from it."""
    layers = "layers: [linear: 3, layer_norm, linear: {out_features: 2, bias: false}]"
    named, numbers = (
        work_out(read(f"kind: count-params\nnetwork: {{input: [{n}, 8], {layers}}}\n", "n.yaml", None, None)[0])
        for n in ("n", "5")
    )
    for key in ("params.linear1", "params.layer_norm1", "params.linear2"):
        lines = [next(line for line in s.lines if getattr(line, "key", None) == Ref(key)) for s in (named, numbers)]
        assert lines[0].formula == lines[1].formula, key


@pytest.mark.parametrize("layer", ["conv1d", "conv2d", "conv_transpose2d"])
def test_a_number_of_groups_may_be_a_name(layer: str) -> None:
    sides = "L" if layer == "conv1d" else "H, W"
    text = f"{layer}: {{out_channels: K, kernel_size: 3, groups: g}}"
    spec = f"kind: count-params\nnetwork: {{input: [C, {sides}], layers: [{text}]}}\n"
    found = work_out(read(spec, "g.yaml", None, None)[0]).answers["params"].value
    cells = 3 if layer == "conv1d" else 9
    for c, k, g in ((4, 6, 2), (9, 3, 3), (5, 7, 1)):
        assert evaluate(found, lambda name, _, of={"C": c, "K": k, "g": g}: of[name]) == cells * c // g * k + k


@pytest.mark.parametrize("function", ["floor(input)", "ceil(input)", "sin(input)"])
def test_a_formula_without_a_rule_is_said_not_to_be_counted(function: str) -> None:
    spec = f'kind: count-params\nnetwork: {{input: 4, layers: [formula: "y = {function}"]}}\ncount: {{macs: all}}\n'
    assert "macs" not in work_out(read(spec, "f.yaml", None, None)[0]).answers
