"""Operations of layers that are counted by their formulas, against lines that are executed by numbers that count."""

from __future__ import annotations

import json
import random
from collections import Counter
from typing import Any

import pytest

from tests.often import often
from tests.scalar_lines import executed
from tests.test_complexity import at, solved

KINDS = ("mul", "add", "div", "exp", "log", "tanh", "cmp", "sqrt")
DRAWN, ZEROS = {"init": "xavier_uniform", "seed": 7}, {"init": "uniform", "seed": 3}
PARTS = ("q", "k", "v", "out")
Case = tuple[list[Any], list[Any], dict[str, int], tuple[int, ...]]  # layers, input, what names stand for, output


def recurrent(dice: random.Random) -> Case:
    """A recurrent layer, its sizes by names."""
    kind = dice.choice(("rnn", "lstm", "gru"))
    sizes = {"T": dice.randint(1, 4), "D": dice.randint(1, 3), "H": dice.randint(1, 3)}
    more: dict[str, Any] = {"hidden_size": "H", "num_layers": dice.choice((1, 1, 1, 2))}
    more |= {"bidirectional": dice.random() < 0.25, "returns": dice.choice(("all", "all", "last"))}
    weights = ["weight"] if dice.random() < 0.2 else ["weight_ih", "weight_hh"]
    if "weight" in weights:
        more["concat"] = dice.choice((["h", "x"], ["x", "h"]))
    if kind == "rnn":
        more["nonlinearity"] = dice.choice(("tanh", "relu"))
    if kind == "gru":
        more |= {"reset": dice.choice(("after", "before")), "update": dice.choice(("keeps", "replaces"))}
        if more["reset"] == "after":
            weights = ["weight_ih", "weight_hh"]
            more.pop("concat", None)
    width = "H"
    if kind == "lstm" and dice.random() < 0.25:
        sizes["P"], width = dice.randint(1, 3), "P"
        more["proj_size"] = "P"
        weights.append("weight_hr")
    biases = dice.choice((["bias"], ["bias_ih", "bias_hh"], []))
    if kind == "gru" and more["reset"] == "after" and biases == ["bias"]:
        biases = ["bias_ih", "bias_hh"]
    if not biases:
        more["bias"] = False
    more |= dict.fromkeys(weights, DRAWN) | dict.fromkeys(biases, ZEROS)
    whole = sizes[width] * (1 + more["bidirectional"])
    output = (whole,) if more["returns"] == "last" else (sizes["T"], whole)
    return [{kind: more}], ["T", "D"], sizes, output


def cell(dice: random.Random) -> Case:
    """One step."""
    kind = dice.choice(("rnn_cell", "lstm_cell", "gru_cell"))
    sizes = {"D": dice.randint(2, 4), "H": dice.randint(1, 4)}
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    return (
        [{kind: {"hidden_size": "H"} | dict.fromkeys(names, DRAWN | {"init": "uniform"})}],
        ["D"],
        sizes,
        (sizes["H"],),
    )


def multihead(dice: random.Random) -> Case:
    """Attention with projections: of a sequence to itself, or of rows by another one's."""
    heads = dice.choice((1, 1, 2, 3))
    sizes = {
        "n": dice.randint(1, 3),
        "d": 2 * heads,
        "h": heads,
    }  # where a head has one number, nothing is divided by √1
    more: dict[str, Any] = {
        "embed_dim": "d",
        "num_heads": "h" if heads > 1 else 1,
        "weight": dict.fromkeys(PARTS, DRAWN),
    }
    more["bias"] = dict.fromkeys(PARTS, ZEROS) if dice.random() < 0.6 else False
    if dice.random() < 0.3:
        sizes["w"] = dice.choice((2, 3))
        more["head_dim"] = "w"
    if heads > 1 and dice.random() < 0.4:
        sizes["g"] = dice.choice([g for g in range(1, heads + 1) if heads % g == 0])
        more["kv_heads"] = "g" if sizes["g"] > 1 else 1
    if dice.random() < 0.25:
        more |= {"add_bias_kv": True, "bias_k": DRAWN, "bias_v": DRAWN}
    more["add_zero_attn"] = False
    if dice.random() < 0.2:
        more["scale"] = dice.choice((False, 0.5))
    if dice.random() < 0.5:
        return [{"multihead_attention": more}], ["n", "d"], sizes, (sizes["n"], sizes["d"])
    sizes |= {"c": dice.randint(1, 2)}
    wide = {"linear": {"out_features": "c", "weight": DRAWN, "bias": ZEROS, "inputs": "x", "output": "keys"}}
    more["inputs"] = ["x", "keys", "keys"]
    return [wide, {"multihead_attention": more}], ["n", "d"], sizes, (sizes["n"], sizes["d"])


def plain(dice: random.Random) -> Case:
    """Attention without projections."""
    sizes = {"n": dice.randint(1, 4), "d": dice.randint(2, 3), "c": dice.randint(1, 3), "k": dice.randint(1, 3)}
    known = {"weight": DRAWN, "bias": ZEROS, "inputs": "x"}
    layers = [
        {"linear": {"out_features": size, "output": name} | known}
        for name, size in (("q", "d"), ("k", "d"), ("v", "c"))
    ]
    return [*layers, {"attention": {"inputs": ["q", "k", "v"]}}], ["n", "k"], sizes, (sizes["n"], sizes["c"])


FORMULAS: tuple[tuple[str, dict[str, list[str]], str], ...] = (
    ("y = input @ A", {"A": ["d", "e"]}, "ne"),
    ("y = tanh(input @ A + b)", {"A": ["d", "e"], "b": ["e"]}, "ne"),
    ("y = log(1 + exp(input @ A))", {"A": ["d", "e"]}, "ne"),
    ("y = (input @ A) @ T(B)", {"A": ["d", "d"], "B": ["e", "d"]}, "ne"),
    ("y = sigmoid(input @ A) * (input @ B)", {"A": ["d", "e"], "B": ["d", "e"]}, "ne"),
    ("y[i] = Sum(A[j]*tanh(input[i,j]), j)", {"A": ["d"]}, "n"),
    ("y[i,k] = Sum(A[j]*tanh(B[k]*input[i,j] + A[j]), j)", {"A": ["d"], "B": ["e"]}, "ne"),
    ("y = input*s + s**3*input**2", {"s": []}, "nd"),
    ("y = (input - a)/(1 + exp(input))", {"a": ["d"]}, "nd"),
)


def by_formula(dice: random.Random) -> Case:
    """A layer by its formula."""
    text, parameters, output = dice.choice(FORMULAS)
    sizes = {"n": dice.randint(2, 4), "d": dice.randint(2, 3), "e": dice.randint(2, 3)}
    own = {name: {"shape": shape, "init": "uniform", "seed": 2} for name, shape in parameters.items()}
    return [{"formula": {"value": text, "parameters": own}}], ["n", "d"], sizes, tuple(sizes[c] for c in output)


def numeric(spec: Any, sizes: dict[str, int]) -> Any:
    """Sizes in place of their names."""
    if isinstance(spec, dict):
        kept = ("inputs", "output", "value", "init")
        return {k: v if k in kept else numeric(v, sizes) for k, v in spec.items()}
    if isinstance(spec, list):
        return [numeric(one, sizes) for one in spec]
    return sizes.get(spec, spec) if isinstance(spec, str) else spec


def differs(case: Case, found: dict[str, Counter[str]], names: bool) -> list[Any]:
    """Where the counts are not those of the lines."""
    layers, shape, sizes, _ = case
    solution = solved(layers, shape) if names else solved(numeric(layers, sizes), numeric(shape, sizes))
    return [
        (f"{phase}.{kind}", at(solution, f"{phase}.{kind}", sizes), counts[kind])
        for phase, counts in found.items()
        for kind in KINDS
        if at(solution, f"{phase}.{kind}", sizes) != counts[kind]
    ]


MAKERS = {
    "recurrent": (recurrent, 80),
    "cell": (cell, 20),
    "multihead": (multihead, 60),
    "plain": (plain, 30),
    "formula": (by_formula, 30),
}


@pytest.mark.parametrize("name", MAKERS)
def test_random_layers_against_lines_that_are_executed(name: str) -> None:
    make, times = MAKERS[name]
    times = often(times // 4)
    counted = 0
    for seed in range(2 * times):
        if counted == times:
            break
        case = make(random.Random(f"{name} {seed}"))
        layers, shape, sizes, output = case
        own = numeric(layers, sizes)
        found = executed(own, {"x": tuple(sizes[n] for n in shape)}, output)
        if found is None:
            continue
        counted += 1
        try:
            for names in (False, True):
                assert differs(case, found, names) == [], names
        except Exception as error:
            raise AssertionError(json.dumps([layers, shape, sizes])) from error
    assert counted == times


@pytest.mark.parametrize("seed", range(6))
def test_the_costs_of_vaswanis_table_by_lines_that_are_executed(seed: int) -> None:
    """Attention, recurrence and convolution of n rows of d numbers; the convolution by its plain loops."""
    dice = random.Random(seed)
    n, d, k = dice.randint(2, 4), dice.randint(2, 4), dice.choice((1, 3))
    three = [{"attention": {"inputs": ["q", "k", "v"]}}]  # of one array alone, qᵢ·kⱼ would be qⱼ·kᵢ
    found = executed(three, dict.fromkeys("qkv", (n, d)), (n, d))
    assert found is not None and found["forward"]["mul"] == 2 * n**2 * d
    assert found["forward"]["add"] - n * (n - 1) == 2 * n**2 * d - n**2 - n * d  # without those within softmax
    names = {"weight_ih": DRAWN, "weight_hh": DRAWN, "bias": False}
    steps = executed([{"rnn": {"hidden_size": d, **names}}], {"x": (n, d)}, (n, d))
    assert steps is not None and steps["forward"]["mul"] == 2 * n * d**2
    taken = sum(1 for _ in range(n * d) for _ in range(k * d))  # a product for each place, channel and tap
    convolution = solved(
        [{"conv1d": {"out_channels": "d", "kernel_size": "k", "padding": "same", "bias": False}}], ["d", "n"]
    )
    assert at(convolution, "forward.mul", {"n": n, "d": d, "k": k}) == taken


def test_a_mask_changes_no_count() -> None:
    layers = [{"multihead_attention": {"embed_dim": 4, "num_heads": 2}}]
    masked = [{"multihead_attention": {"embed_dim": 4, "num_heads": 2, "mask": "causal"}}]
    one, other = solved(layers, [3, 4])["answers"], solved(masked, [3, 4])["answers"]
    assert one == other


def test_biases_that_do_not_count() -> None:
    for layer in ({"lstm": "H"}, {"multihead_attention": {"embed_dim": "H", "num_heads": 2}}):
        bare = next(iter(layer.values()))
        own = {"hidden_size": bare} if isinstance(bare, str) else bare
        stated = [{next(iter(layer)): {**own, "bias": False}}]
        without = solved([layer], ["T", "H"], {"bias": False})["answers"]
        assert without == solved(stated, ["T", "H"])["answers"]


def test_additions_along_with_their_multiplications() -> None:
    fused = solved([{"rnn": {"hidden_size": "H", "bias": False}}], ["T", "D"], {"multiply_add": 1})
    sizes = {"T": 3, "D": 2, "H": 4}
    assert at(fused, "forward.add", sizes) == 0 and at(fused, "forward.mul", sizes) == 3 * 4 * (2 + 4)


def test_what_has_no_formula_says_so() -> None:
    solution = solved([{"multihead_attention": {"embed_dim": 4, "num_heads": 2, "window": 3}}], [6, 4])
    assert [n["text"] for n in solution["notes"] if "multihead_attention1" in n["text"] and "`window`" in n["text"]]
    assert "forward.mul" not in solution["answers"]
    cut = solved([{"rnn": {"hidden_size": 2, "truncate": 2}}], ["T", 3])
    assert [n["text"] for n in cut["notes"] if "`rnn1` is not counted, with `truncate`" in n["text"]]


@pytest.mark.parametrize("steps", [1, 2, 5, 7])
def test_steps_with_a_cut(steps: int) -> None:
    names = dict.fromkeys(("weight_ih", "weight_hh", "bias"), DRAWN | {"init": "uniform"})
    layers = [{"rnn": {"hidden_size": 2, "truncate": 2, **names}}]
    found = executed(layers, {"x": (steps, 2)}, (steps, 2))
    assert found is not None and differs((layers, [steps, 2], {}, (steps, 2)), found, False) == []
