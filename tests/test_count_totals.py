"""Totals: each is the sum of what is shown, each number in it has a line, and none holds what is not counted."""

from __future__ import annotations

import json
import random
import re
import resource
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from hwsolve.errors import CallError
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula
from hwsolve.kinds.complexity.problem import Count
from hwsolve.kinds.complexity.tables import KINDS, head
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.layers.cost import NotCounted, Nothing
from hwsolve.pipeline import Request, read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Form, Identity, Line, Quantity, Solution, Table, Value
from hwsolve.trace import only
from tests.conftest import ROOT
from tests.line_check import answers_without_line, wrong_lines


def solved(kind: str, layers: list[Any], shape: Any, columns: tuple[str, ...] = (), **more: Any) -> Solution:
    spec = {"kind": kind, "network": {"input": shape, "layers": layers}, **more}
    (problem,) = read(json.dumps(spec), "test.yaml", Request(settings={"columns": columns} if columns else {}))
    return work_out(problem)


def page(solution: Solution) -> str:
    return render([solution], "plain", Options())


# ---------------------------------------------------------------- tables and lines


def number(value: Any, sizes: dict[str, int]) -> int:
    """A cell or an answer as a number."""
    if isinstance(value, Quantity):
        value = value.value
    if isinstance(value, Formula):
        names = {"floor": lambda x: x // 1, "ceil": lambda x: -(-x // 1), "min": min, "max": max, "__builtins__": {}}
        value = eval(plain(value), names, {name: Fraction(n) for name, n in sizes.items()})
    assert value == int(value)
    return int(value)


def key_of(line: Line) -> str:
    return "" if isinstance(line, Form) or line.key is None else plain(line.key)


def shown(solution: Solution) -> dict[str, Line]:
    """The lines that a reader sees, by key."""
    lines = [line for line in solution.lines if isinstance(line, (Value, Identity)) and not line.aside]
    return {key_of(line): line for line in lines}


def value_of(line: Line, sizes: dict[str, int]) -> int:
    return number(line.quantity if isinstance(line, Value) else line.rhs if isinstance(line, Identity) else None, sizes)


def copies_of(label: str, sizes: dict[str, int], quantity: str = "params") -> int:
    """How often the rows below a row stand: `(K − 1) × basic, 5 each` holds those of one.

    Of experts those that are active, unless parameters are counted.
    """
    if (active := re.search(r", (\d+) active", label)) and quantity not in ("params", "params.trainable"):
        return int(active[1])
    times, cross, _ = label.removeprefix(
        label.partition(": ")[0] + ": " if label.startswith("stage") else ""
    ).partition(" × ")
    if not label.endswith(" each") or not cross:
        return 1
    return int(eval(times.replace("−", "-").replace(",", ""), {"__builtins__": {}}, dict(sizes)))


def table_of(solution: Solution) -> Table:
    (table,) = [t for s in solution.sections if s.part == "derivation" for t in s.tables]
    return table


def check_table(table: Table, quantities: list[str], solution: Solution, sizes: dict[str, int]) -> None:
    """Each row is the sum of those set in below it, times their number; the last one is that of the outermost."""
    heads = [str(c) for c in table.columns]
    for quantity in quantities:
        column = heads.index(HEADS[quantity])
        sums: list[tuple[int, int]] = []  # the depth and the count of rows whose row above is still to come
        for n in reversed(range(len(table.rows) - 1)):
            cell, depth, label = table.rows[n][column], table.depths[n], str(table.rows[n][0])
            below = [count for d, count in sums if d == depth + 1]
            sums = [(d, count) for d, count in sums if d <= depth]
            count = 0 if cell == "" else number(cell, sizes)
            if n + 1 < len(table.depths) and table.depths[n + 1] > depth:
                assert count == copies_of(label, sizes, quantity) * sum(below), (label, quantity)
            terms = table.rows[n][column - 1] if heads[column - 1] == "" else ""
            if isinstance(terms, Formula):
                assert number(terms, sizes) == count, (label, quantity)
            sums.append((depth, count))
        total = sum(count for _, count in sums)
        assert number(table.rows[-1][column], sizes) == total == number(solution.answers[quantity].value, sizes)
        line = shown(solution)[quantity]
        assert value_of(line, sizes) == total
        if isinstance(line, Value) and line.stages and line.stages[0].own:
            added = line.stages[0].formula
            assert isinstance(added, Call)
            assert [number(a, {}) for a in added.args] == [count for _, count in reversed(sums) if count]


HEADS = {
    "params": "Parameters", "params.trainable": "Trainable", "activations": "Activations", "macs": "Multiply-adds",
    "flops": "Floating-point operations",
}  # fmt: skip
COLUMNS = {
    "params": "params", "trainable": "params.trainable", "activations": "activations", "macs": "macs", "flops": "flops",
}  # fmt: skip


def random_layers(dice: random.Random, deep: int = 0, symbolic: bool = False) -> list[Any]:
    """Layers that keep a map of one size, with everything a table can hold."""
    channels: Any = "C" if symbolic else 4
    conv = {
        "conv2d": {
            "out_channels": channels, "kernel_size": dice.choice([1, 3]), "padding": "same",
            "bias": dice.choice([True, False, {"trainable": False}]), "trainable": dice.random() < 0.8,
        }
    }  # fmt: skip
    choices: list[Any] = [
        conv, conv, "relu", "batch_norm2d", {"dropout2d": 0.2}, "prelu", {"max_pool2d": {"kernel_size": 3, "stride": 1, "padding": 1}},
        {"avg_pool2d": {"kernel_size": 3, "stride": 1, "padding": 1}}, {"upsample": {"scale_factor": 1, "mode": "bilinear"}}, "identity",
    ]  # fmt: skip
    found = [dice.choice(choices) for _ in range(dice.randint(0, 3))]
    if deep < 2:
        inner = lambda: random_layers(dice, deep + 1, symbolic)  # noqa: E731
        times: Any = dice.choice(["K", "K - 1", 3] if symbolic else [1, 2, 3])
        found += dice.choice(
            [
                [],
                [{"repeat": {"times": times, "body": inner()}}],
                [{"residual": {"body": inner()}}],
                [{"multiply": [inner(), ["sigmoid"]]}],
            ]
        )
    dice.shuffle(found)
    return found


@pytest.mark.parametrize("seed", range(60))
def test_the_columns_of_a_random_count_add_up_to_lines(seed: int) -> None:
    dice = random.Random(seed)
    symbolic = dice.random() < 0.4
    layers = random_layers(dice, symbolic=symbolic)
    columns = tuple(dice.sample(list(COLUMNS), dice.randint(1, 5)))
    count = {"activations": dice.choice(["cs231n", "outputs"]), "macs": dice.choice(["matmul", "all"])}
    shape = ["C", "H", 4] if symbolic else [4, 5, 5]
    solution = solved("count-params", layers, shape, columns, count=count)
    asked = {"params", *columns}
    wanted = [COLUMNS[c] for c in ("params", "trainable", "activations", "macs", "flops") if c in asked]
    for sizes in [{"C": 2, "H": 3, "K": 4}, {"C": 3, "H": 7, "K": 1}] if symbolic else [{}]:
        if any(s.tables for s in solution.sections if s.part == "derivation"):
            check_table(table_of(solution), wanted, solution, sizes)
        else:
            assert not any(number(solution.answers[quantity].value, sizes) for quantity in wanted), "a table is missing"
    data = json.loads(render([solution], "json", Options()))
    assert wrong_lines(data) == []
    assert answers_without_line(data) == []
    keys = {key_of(line) for line in solution.lines}
    for key in solution.answers:  # one with names for sizes has a line too
        assert key in keys or key.startswith("shape."), key


@pytest.mark.parametrize("model", sorted((ROOT / "problems").glob("models/*.yaml")), ids=lambda path: path.stem)
def test_the_rows_of_a_model_add_up(model: Path) -> None:
    """Also where rows are stages, copies, or closed on a short page."""
    columns = tuple(COLUMNS)
    (problem,) = read(model.read_bytes(), model.name, Request(settings={"columns": columns}))
    solution = work_out(problem)
    check_table(table_of(solution), list(COLUMNS.values()), solution, {})


@pytest.mark.parametrize("seed", range(40))
def test_the_tables_of_random_operation_counts_add_up_to_lines(seed: int) -> None:
    dice = random.Random(seed)
    symbolic = dice.random() < 0.4
    layers = random_layers(dice, symbolic=symbolic)
    count = {
        "activations": dice.random() < 0.5,
        "input_gradient": dice.random() < 0.5,
        "multiply_add": dice.choice([1, 2]),
    }
    solution = solved("complexity", layers, ["C", "H", 4] if symbolic else [4, 5, 5], count=count)
    answers, keys = solution.answers, {key_of(line) for line in solution.lines}
    phases = ("forward", "error", "gradient", "backward", "update", "total")
    kinds = [kind for kind in KINDS if kind in ("mul", "add") or any(key.split(".")[1] == kind for key in answers)]
    assert {f"{phase}.{kind}" for phase in phases for kind in kinds} <= keys & answers.keys()
    tables = [t for s in solution.sections if str(s.title) == "Phase by phase" for t in s.tables]
    signs = {str(head(kind, Count(**count))): kind for kind in kinds}
    for sizes in [{"C": 2, "H": 3, "K": 4}, {"C": 3, "H": 7, "K": 2}] if symbolic else [{}]:
        for sign, kind in signs.items():
            sums: Counter[str] = Counter()
            phase = ""
            for heads, row in [([str(c) for c in t.columns], row) for t in tables for row in t.rows]:
                phase = str(row[0]) or phase
                if sign not in heads:
                    continue
                cell = row[heads.index(sign)]
                if isinstance(cell, Call) and cell.name == "==":
                    assert number(cell.args[0], sizes) == number(cell.args[1], sizes)
                    cell = cell.args[1]
                often = number(row[-1], sizes) if heads[-1] in ("Layers", "Times") else 1
                sums[phase] += 0 if cell in ("–", "") else often * number(cell, sizes)
            for phase in ("forward", "error", "gradient", "update"):
                assert sums[phase] == number(answers[f"{phase}.{kind}"].value, sizes), (phase, kind)
        (whole,) = [t for s in solution.sections if str(s.title) == "All layers" for t in s.tables]
        for phase, row in zip(phases, whole.rows, strict=True):
            for kind, cell in zip(kinds, row[1:], strict=False):
                given = cell.args[1] if isinstance(cell, Call) and cell.name == "==" else cell
                assert number(given, sizes) == number(answers[f"{phase}.{kind}"].value, sizes)
                assert given is cell or number(cell.args[0], sizes) == number(given, sizes)
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


def test_floating_point_operations_have_a_column_of_their_own() -> None:
    solution = solved("count-params", [{"linear": 4}], 3, ("flops",))
    table = table_of(solution)
    assert [str(c) for c in table.columns] == ["Layer", "Output", "", "Parameters", "", "Floating-point operations"]
    assert table.rows[0][-1] == table.rows[-1][-1] == 24
    both = table_of(solved("count-params", [{"linear": 4}], 3, ("macs", "flops")))
    assert list(both.rows[-1][-3:]) == [12, "", 24]


def test_a_sum_before_a_multiplication_sign_stands_in_parentheses() -> None:
    layers = [{"repeat": {"times": "K - 1", "body": [{"linear": "n"}]}}]
    counted = page(solved("count-params", layers, "n"))
    assert "(K − 1) × dense layer" in " ".join(counted.split()) and "(K − 1)(n + 1)n" in counted
    assert "parameters = (K − 1)(n² + n) = " in counted
    assert "K − 1 ×" not in counted and "K − 1·" not in counted
    operations = page(solved("complexity", layers, "n"))
    assert "(K − 1)n² = Kn² − n²" in operations and "K − 1\n" in operations


def test_a_formula_that_is_its_own_value_has_a_line() -> None:
    """n·m for a layer without bias: the canonical form may be the formula as it is written."""
    for n, m in (("m", "n"), ("n", "m"), ("n", "n"), (1, "n"), ("n", 1)):
        layers = [{"linear": {"out_features": m, "bias": False}}]
        solution = solved("count-params", layers, n, ("params", "macs", "flops", "trainable", "activations"))
        keys = {key_of(line) for line in solution.lines}
        for quantity in ("params", "macs", "flops", "params.trainable", "activations"):
            assert {quantity, f"{quantity}.linear1"} <= keys, (n, m, quantity)
        data = json.loads(render([solution], "json", Options()))
        assert wrong_lines(data) == []


def test_a_network_without_them_has_none() -> None:
    for layers in ([], ["relu"], [{"repeat": {"times": 3, "body": ["relu", "dropout"]}}]):
        solution = solved("count-params", layers, 3, expect={"macs": 0, "flops": 0, "params": 0, "params.bias": 0})
        assert all(check.ok for check in solution.checks)
        assert len(solution.checks) == 4
        assert answers_without_line(json.loads(render([solution], "json", Options()))) == []


# ---------------------------------------------------------------- what is not counted


class Mystery(Layer, frozen=True):
    """A layer that nobody wrote a rule for."""


@pytest.fixture
def foo() -> Iterator[None]:
    LAYERS["foo"] = f"{__name__}:Mystery"
    layer_class.cache_clear()
    yield
    del LAYERS["foo"]
    layer_class.cache_clear()


@pytest.mark.usefixtures("foo")
@pytest.mark.parametrize("convention", ["matmul", "all"])
def test_a_layer_without_a_rule_holds_the_totals_back(convention: str) -> None:
    layers = [{"linear": 4}, "foo", {"repeat": {"times": 103, "body": [{"linear": 4}, "foo"]}}, "relu"]
    expect = {"macs": 1660, "params": 2076, "flops/2": 1660, "macs.repeat1": 16}
    solution = solved("count-params", layers, 3, ("macs", "flops"), count={"macs": convention}, expect=expect)
    assert not {"macs", "flops", "macs.repeat1", "flops.repeat1", "macs.foo1"} & set(solution.answers)
    assert "params" in solution.answers
    assert [(c.key, c.ok) for c in solution.checks] == [
        ("macs", False), ("params", True), ("flops/2", False), ("macs.repeat1", False),
    ]  # fmt: skip
    assert solution.checks[0].got == "at least 1,660 (not counted: foo1, repeat1.foo1)"
    flops = "3,324" if convention == "all" else "3,320"  # the four comparisons of relu are operations too
    assert solution.checks[2].got == f"flops: at least {flops} (not counted: foo1, repeat1.foo1)"
    text = " ".join(page(solution).split())
    assert "multiply-adds: at least 1,660 (not counted: foo1, repeat1.foo1)" in text
    assert [(str(row[0]), str(row[-1])) for row in table_of(solution).rows] == [
        ("dense layer", "24"), ("foo1", "?"), ("103 × repeat1, 20 each", "at least 3,296"), ("dense layer", "32"),
        ("foo1", "?"), *([("relu1", "4")] if convention == "all" else []), ("Total", f"at least {flops}"),
    ]  # fmt: skip
    warnings = [str(note.text) for note in solution.notes if note.level == "warning"]
    assert [("`foo1`" in w, "`repeat1.foo1`" in w) for w in warnings] == [(True, False), (False, True)]
    with pytest.raises(CallError, match="at least 1,660"):
        only(solution, "macs")
    assert not any(key_of(line) in ("macs", "flops") for line in solution.lines)


@pytest.mark.usefixtures("foo")
def test_a_layer_without_a_rule_holds_operation_counts_back() -> None:
    layers = [{"linear": 4}, "foo", {"linear": 2}, "foo"]
    solution = solved("complexity", layers, 3, expect={"forward.mul": 20, "gradient.mul": 20, "update.mul": 26})
    assert [c.ok for c in solution.checks] == [False, True, True]
    assert solution.checks[0].got == "at least 20 (not counted: foo1, foo2)"
    held = {f"{phase}.{kind}" for phase in ("forward", "error", "backward", "total") for kind in ("mul", "add")}
    assert not held & set(solution.answers)
    assert held == set(solution.partial)
    tables = [t for s in solution.sections if s.part == "derivation" for t in s.tables]
    unknown = [row for table in tables for row in table.rows if row[1] == "foo"]
    assert len(unknown) == 4 and all(row[2:] == ("", "?", "", "?") for row in unknown), "forward and back"
    assert sum("`foo1`" in str(note.text) and note.level == "warning" for note in solution.notes) == 1
    before = solved("complexity", ["foo", {"linear": 2}], 3)
    assert "error.mul" in before.answers, "nothing is trained before it: it has no error terms"
    assert "forward.mul" not in before.answers


@pytest.mark.usefixtures("foo")
def test_a_published_total_that_is_held_back_is_not_decided() -> None:
    solution = solved("count-params", ["foo"], 3, published={"macs": {"stated": 3, "source": "a paper"}})
    (published,) = solution.published
    assert published.agrees is None
    assert published.computed == "not known (not counted: foo1)"


def test_activations_whose_sides_are_not_stated_hold_their_total_back() -> None:
    layers = [{"conv2d": {"out_channels": 3, "kernel_size": 5}}, {"max_pool2d": {"features": 27}}]
    solution = solved(
        "count-params", layers, {"channels": 1, "features": 100}, ("activations", "macs"), expect={"activations": 127}
    )
    assert solution.checks[0].got == "at least 127 (not counted: conv1)"
    assert solution.partial.keys() >= {"activations", "activations.bytes", "macs", "flops"}
    assert [note.level for note in solution.notes if "`conv1`" in str(note.text)] == ["info", "info"] or any(
        "`conv1`" in str(note.text) for note in solution.notes
    )


# whose operations of each kind are not counted yet, which a total says
UNCOUNTED = {
    "attention",
    "multihead_attention",
    "positional_encoding",
    "formula",
    "local_response_norm",
    "unfold",
    "fold",
}


def test_every_layer_is_counted_or_says_why_it_costs_nothing() -> None:
    """No record that is registered relies on the default, under which a total is held back."""
    for name in LAYERS:
        record = layer_class(name)
        assert record.macs is not Layer.macs or not isinstance(record.MACS, NotCounted), name
        known = record.operations is not Layer.operations or isinstance(record.OPERATIONS, Nothing)
        assert known or name in UNCOUNTED, name
        assert not isinstance(record.MACS, Nothing) or str(record.MACS.reason), name


def test_why_a_layer_costs_nothing_is_printed() -> None:
    text = page(solved("count-params", [{"linear": 4}, "dropout", "flatten"], 3, ("macs",)))
    assert "dropout: no multiply-adds at inference." in text
    both = page(solved("count-params", [{"linear": 4}, "relu", "sigmoid"], 3, count={"macs": "all"}))
    assert "relu, sigmoid: no multiply-adds" in both
    assert "flatten: no operations" in page(solved("complexity", ["flatten"], [2, 3]))


def test_windows_of_an_adaptive_average_are_multiplied_where_they_are() -> None:
    """Cells of all windows, by a loop; where sizes are names they are not counted, and not 0."""
    for n, wanted in ((7, 3), (5, 5), (3, 7), (8, 4), (6, 1)):
        solution = solved("count-params", [{"adaptive_avg_pool1d": wanted}], [2, n], count={"macs": "all"})
        cells = sum(-(-(p + 1) * n // wanted) - p * n // wanted for p in range(wanted))
        assert number(solution.answers["macs"].value, {}) == 2 * cells
    named = solved("count-params", [{"adaptive_avg_pool1d": 3}], ["C", "N"], count={"macs": "all"})
    assert "macs" not in named.answers
    assert "adaptive_avg_pool1" in str(named.partial["macs"])
    assert "macs" in solved("count-params", [{"adaptive_avg_pool1d": 3}], ["C", "N"], ("macs",)).answers


def test_interpolation_multiplies_each_neighbour() -> None:
    for mode, shape, each in (("linear", [2, 3], 2), ("bilinear", [2, 3, 4], 4), ("trilinear", [1, 2, 2, 2], 8)):
        layers = [{"upsample": {"scale_factor": 2, "mode": mode}}]
        values = shape[0]
        for side in shape[1:]:
            values *= 2 * side
        solution = solved("count-params", layers, shape, count={"macs": "all"})
        assert number(solution.answers["macs"].value, {}) == each * values
        assert number(solved("count-params", layers, shape, ("macs",)).answers["macs"].value, {}) == 0


# ---------------------------------------------------------------- dropout in a computation


@pytest.mark.parametrize("dropout", ["dropout", "dropout1d", "dropout2d", "dropout3d"])
def test_a_dropout_says_that_it_drops_nothing(dropout: str) -> None:
    layers = [
        {dropout: {"p": 0.3, "name": "quiet"}},
        {"linear": {"out_features": 1, "weight": [[1, 2]], "bias": False}},
    ]
    trained = solved("backprop", layers, 2, input=[1, 2], target=[1], loss="mse_loss", mode="eval")
    said = [note for note in trained.notes if "`quiet`" in str(note.text)]
    assert [note.level for note in said] == ["info"]
    assert "nothing is dropped" in str(said[0].text)
    passed = solved("backprop", layers, 2, input=[1, 2], mode="eval")
    assert [note.level for note in passed.notes if "`quiet`" in str(note.text)] == ["info"]
    inside = [{"residual": {"body": [{"repeat": {"times": 2, "body": [dropout]}}]}}]
    nested = solved("backprop", inside, 2, input=[1, 2], upstream=[1, 1], mode="eval")
    assert sum("nothing is dropped" in str(note.text) for note in nested.notes) == 2
    never = solved("backprop", [{dropout: 0}], 2, input=[1, 2], upstream=[1, 1], mode="eval")
    assert all("p = 0: nothing is dropped" in str(note.text) for note in never.notes)


# ---------------------------------------------------------------- sizes that double


DOUBLING = {
    "numbers": "network: {input: 1, layers: [repeat: {times: 100000, body: [{concat: [[], []]}]}]}",
    "maps": "network: {input: [1, 2, 2], layers: [repeat: {times: 100000, body: [{concat: [[relu], []]}]}, flatten]}",
    "names": "network: {input: C, layers: [repeat: {times: 100000, body: [{concat: [[], []]}]}]}",
    "sides": "network: {input: [1, 3], layers: [repeat: {times: 100000, body: [{upsample: {scale_factor: 2}}]}]}",
    "few": "network: {input: 1, layers: [repeat: {times: 1400, body: [{concat: [[], []]}]}]}",
    "blocks": "blocks: {a: {body: [concat: [[], []], concat: [[], []], concat: [[], []], concat: [[], []]]}, "
    "b: {body: [a, a, a, a, a, a, a, a]}, c: {body: [b, b, b, b, b, b, b, b]}, d: {body: [c, c, c, c, c, c, c, c]}}\n"
    "network: {input: 1, layers: [d, d, d, d, d, d, d, d]}",
}


@pytest.mark.parametrize("kind", ["count-params", "complexity"])
@pytest.mark.parametrize("network", DOUBLING)
def test_sizes_that_double_end_soon(network: str, kind: str, tmp_path: Path) -> None:
    spec = tmp_path / "doubling.yaml"
    spec.write_text(f"kind: {kind}\n{DOUBLING[network]}\n", encoding="utf-8")

    def limited() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (1_000_000_000, 1_000_000_000))

    start = time.monotonic()
    run = subprocess.run(
        [sys.executable, "-m", "hwsolve", "solve", str(spec)],
        capture_output=True,
        text=True,
        preexec_fn=limited,
        timeout=60,
    )
    assert time.monotonic() - start < 10
    assert run.returncode in (0, 2), run.stderr
    assert run.returncode == 0 or "too many digits" in run.stderr or "too often to follow" in run.stderr


BRANCHES = [
    {"conv2d": {"out_channels": 2, "kernel_size": 1}},
    {"residual": {"body": [{"conv2d": {"out_channels": 2, "kernel_size": 1}}]}},
    {"concat": [[], [{"conv2d": {"out_channels": 1, "kernel_size": 1}}]]},
    {"repeat": {"times": 3, "body": [{"conv2d": {"out_channels": 3, "kernel_size": 1}}]}},
]


def counted_branches(columns: tuple[str, ...] = (), **more: Any) -> Solution:
    return solved("count-params", BRANCHES, [2, 4, 4], columns, **more)


def test_every_asked_quantity_of_a_composite_has_a_line_or_none_has() -> None:
    found = counted_branches(("macs", "flops"), count={"macs": "all"})
    asked = {"params", "macs", "flops"}
    shown: dict[str, set[str]] = {}
    for line in found.lines:
        if isinstance(line, Value) and not line.aside:
            quantity, _, path = line.key.name.partition(".")
            shown.setdefault(path, set()).add(quantity)
    for path in ("residual1", "concat1", "repeat1"):
        assert asked & shown.get(path, set()) in (set(), asked)
    assert asked <= shown["repeat1"] and not asked & shown.get("residual1", set())


def test_the_stored_outputs_are_those_that_the_note_names() -> None:
    found = counted_branches(count={"activations": "outputs"})
    parts = (32, 32, 16, 3 * 48)  # each convolution's; not the sum of the residual nor the concatenation
    assert found.answers["activations"].value.value == sum(parts)
    assert "what joins branches (sums, products, concatenations) does not count" in " ".join(
        render([found], "plain", Options()).split()
    )


@pytest.mark.parametrize(
    "layers", [[{"linear": 2}, {"dropout": 0.5}, {"linear": 2}], [{"dropout": 0.5}, {"linear": 2}]]
)
def test_operations_of_a_dropout_say_that_they_are_those_of_training(layers: list[Any]) -> None:
    page = render([solved("complexity", layers, 3)], "plain", Options())
    assert "dropout1: counted as in training: a mask times each value" in " ".join(page.split())
    assert "training" not in render([solved("complexity", [{"linear": 2}], 3)], "plain", Options())
