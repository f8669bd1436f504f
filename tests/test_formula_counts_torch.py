"""What formula layers count against PyTorch's counter: multiply-adds of random formulas, forward and in training."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest

from hwsolve.language import translate
from tests.often import often
from tests.test_count_keys import number, solved

torch = pytest.importorskip("torch")
CASES = often(40)
Drawn = tuple[str, Callable[[dict[str, Any]], Any], tuple[int, int]]


def drawn(dice: random.Random, names: dict[str, tuple[int, int]], depth: int) -> Drawn:
    """A formula over matrices by these names, what computes it, and its shape."""
    if depth == 0:
        name = dice.choice(list(names))
        return name, lambda x: x[name], names[name]
    text, of, (rows, columns) = drawn(dice, names, depth - 1)
    kind = dice.choice(["matmul", "matmul", "function", "softmax", "gram", "scaled", "sum"])
    if kind == "matmul":
        name = f"W{len(names)}"
        names[name] = (columns, dice.randint(2, 5))
        return f"({text}) @ {name}", lambda x: of(x) @ x[name], (rows, names[name][1])
    if kind == "gram":
        return f"({text}) @ T({text})", lambda x: (y := of(x)) @ y.T, (rows, rows)
    if kind == "softmax":
        return f"softmax({text})", lambda x: torch.softmax(of(x), -1), (rows, columns)
    if kind == "scaled":
        return f"2*({text}) + 1", lambda x: 2 * of(x) + 1, (rows, columns)
    if kind == "sum":
        return f"({text}) * tanh({text})", lambda x: (y := of(x)) * torch.tanh(y), (rows, columns)
    return f"tanh({text})", lambda x: torch.tanh(of(x)), (rows, columns)


@pytest.mark.parametrize("seed", range(CASES))
def test_multiply_adds_of_random_formulas(seed: int) -> None:
    """A part that stands twice is worked out once, here and there; axes of 1 are no sums and stay out."""
    from torch.utils.flop_counter import FlopCounterMode

    dice = random.Random(seed)
    names = {"input": (dice.randint(2, 5), dice.randint(2, 5))}
    shape = list(names["input"])
    text, of, _ = drawn(dice, names, dice.randint(1, 5))
    own = {name: {"shape": list(size), "init": "xavier_uniform"} for name, size in names.items() if name != "input"}
    layer = {"formula": {"value": text, "parameters": own}} if own else {"formula": text}
    solution = solved([layer], shape, ("macs", "macs.training", "flops.forward"), count={"macs": "all"})
    values = {name: torch.randn(size, requires_grad=name != "input") for name, size in names.items()}
    with FlopCounterMode(display=False) as counter:
        of(values)
    found = number(solution, "macs") if "macs" in solution.answers else 0
    assert 2 * found == counter.get_total_flops(), text
    with FlopCounterMode(display=False) as counter:
        y = of(values)
        if y.requires_grad:
            y.sum().backward()
    found = number(solution, "macs.training") if "macs.training" in solution.answers else 0
    assert 2 * found == counter.get_total_flops(), text


def test_a_formula_without_sums_of_products_has_none() -> None:
    """The total of the network stays exact; with `macs: all` each operation counts."""
    layers = [{"linear": 4}, {"formula": "input*sigmoid(input)"}]
    solution = solved(layers, 3, ("macs", "flops"))
    assert (number(solution, "macs"), number(solution, "flops")) == (12, 24)
    solution = solved(layers, 3, ("macs", "flops"), count={"macs": "all"})
    assert number(solution, "flops") == 24 + 4 * 4  # exp, sum, quotient, product


def test_what_of_a_formula_is_not_counted_is_said() -> None:
    layers = [
        {"formula": {"value": "Sum(input[t]*a[t], t)", "parameters": {"a": {"shape": [3], "init": "xavier_uniform"}}}}
    ]
    solution = solved(layers, 3, ("macs", "params"), count={"macs": "all"}, columns=["flops.training"])
    assert number(solution, "macs") == 3
    (note,) = solution.notes
    why = "the operations of its way back have no counting rule"
    assert translate(note.text, "en") == f"`flops.training`: `formula1` is not counted, {why}."


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("input*sigmoid(input)", 6 * 1),  # what comes in
        ("input @ W", 6),
        ("tanh(input @ W)", 6 + 8),  # what comes in, for W, and what comes out
        ("2*input + 1", 0),
        ("softmax(input)", 6),  # what comes out
    ],
)
def test_what_a_formula_stores_for_the_way_back(text: str, kept: int) -> None:
    """What its gradients read, in front of it a layer that stores its input of 6 values and is trained."""
    own = {"W": {"shape": [3, 4], "init": "xavier_uniform"}} if "W" in text else {}
    layers = [{"linear": 3}, {"formula": {"value": text, "parameters": own}}]
    solution = solved(layers, [2, 3], ("activations",), count={"activations": "saved"})
    assert number(solution, "activations") == 6 + kept
