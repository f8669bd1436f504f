"""`notation: {count_from: 0}`: the page says of element i what it said of i + 1, and no number changes."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref
from hwsolve.render.shift import shifted
from tests.often import often
from tests.random_windows import problem as layer

INDICES = ("i", "j", "p", "q")


def index(dice: random.Random, names: tuple[str, ...]) -> Formula:
    """An index: a letter, a number, or a whole linear form of letters."""
    kind = dice.randrange(3)
    if kind == 0:
        return Ref(dice.choice(names))
    if kind == 1:
        return Number(dice.randint(1, 4))
    return parse(f"{dice.randint(1, 3)}*({dice.choice(names)} - 1) + {dice.choice(names)} - {dice.randint(-2, 2)}")


def formula(dice: random.Random, names: tuple[str, ...], depth: int = 3) -> Formula:
    """A random formula over elements, sums over indices, and indices as numbers."""
    kind = dice.randrange(6) if depth else dice.randrange(2)
    if kind == 0:
        return Ref("x", (index(dice, names), index(dice, names)))
    if kind == 1:
        return index(dice, names) if dice.random() < 0.5 else Number(dice.randint(-3, 3))
    if kind == 2:
        inner = f"u{depth}"
        body = formula(dice, (*names, inner), depth - 1)
        return BigOperator("Sum", body, inner, Number(1), Number(dice.randint(1, 3)))
    if kind == 3:
        return Call(
            "if",
            (parse(f"{dice.choice(names)} < {dice.choice(names)} + 1"), formula(dice, names, depth - 1), Number(2)),
        )
    sign = dice.choice(("+", "*", "-"))
    return Call(sign, (formula(dice, names, depth - 1), formula(dice, names, depth - 1)))


def worth(f: Formula, at: dict[str, int], first: int) -> Any:
    """The value of a formula whose elements count from `first`; an element is told by its place from 1."""

    def read(name: str, indices: tuple[int, ...]) -> Any:
        if not indices:
            return at[name]
        a, b = (Fraction(str(i)) + 1 - first for i in indices)
        return int(7 * a + 31 * b + a * b)

    return evaluate(f, read)


@pytest.mark.parametrize("seed", range(often(200)))
def test_a_shifted_formula_says_of_i_what_it_said_of_i_plus_1(seed: int) -> None:
    dice = random.Random(seed)
    f = formula(dice, INDICES)
    new = shifted(f, frozenset(INDICES))
    for _ in range(5):
        at = {name: dice.randint(1, 5) for name in INDICES}
        before = {name: n - 1 for name, n in at.items()}
        assert worth(new, before, 0) == worth(f, at, 1), (f, new)


def numbers(document: Any) -> Any:
    """A solution's JSON without what is written for people."""
    if isinstance(document, dict):
        left_out = (
            "shown",
            "symbol",
            "rule",
            "reason",
            "say",
            "title",
            "notation",
            "symbols",
            "text",
            "caption",
            "label",
        )
        return {k: numbers(v) for k, v in document.items() if k not in left_out}
    return [numbers(v) for v in document] if isinstance(document, list) else document


def documents(problem: dict[str, Any]) -> tuple[Any, Any]:
    """The JSON of a problem as it is, and counted from 0."""
    return tuple(  # type: ignore[return-value]
        json.loads(hwsolve.solve(problem | {"notation": {"count_from": first}}).to("json")) for first in (1, 0)
    )


@pytest.mark.parametrize("seed", range(often(12)))
def test_no_number_of_a_layer_changes(seed: int) -> None:
    one, zero = documents(layer(random.Random(seed)))
    assert [s["lines"] for s in numbers(one)["sections"]] == [s["lines"] for s in numbers(zero)["sections"]]
    assert numbers(one)["answers"] == numbers(zero)["answers"]


def test_the_homework_has_its_own_equation() -> None:
    """Equation (5) of the answer key of 2.4 counts from 0."""
    spec = {
        "kind": "convolution",
        "layer": {"conv2d": {"out_channels": 1, "kernel_size": "K", "bias": False}},
        "activation": "f",
    }
    page = hwsolve.solve(spec | {"notation": {"count_from": 0}}).to("plain")
    assert "∂L/∂zᵢⱼ = f′(zᵢⱼ) Σ[u = 0…K−1] Σ[v = 0…K−1] wᵤᵥ · ∂L/∂yᵢ₋ᵤ,ⱼ₋ᵥ" in page
    assert "Indices count from 0" in page


def test_classes_and_elements_of_a_net_count_from_0() -> None:
    net = {"input": 2, "layers": [{"linear": {"out_features": 2, "weight": [[1, 2], [3, 4]], "bias": False}}]}
    spec = {"kind": "backprop", "network": net, "input": [1, -1], "target": {"class": 2}, "loss": "cross_entropy"}
    page = hwsolve.solve(spec | {"notation": {"count_from": 0}}).to("plain", full=True)
    assert "class 1, counted from 0" in page and "z⁽¹⁾₀ = w⁽¹⁾₀₀x₀ + w⁽¹⁾₀₁x₁ = 1 × 1 + 2 × (−1) = −1" in page
    one, zero = documents(spec)
    assert numbers(one)["answers"] == numbers(zero)["answers"]
