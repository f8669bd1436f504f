"""Patterns: a line put together from what is known of its kind is the one that is worked out by itself."""

from __future__ import annotations

import random
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import pytest
from flint import fmpq

import hwsolve
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Number, Ref, references, walk
from hwsolve.graph.explain import enough_digits
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.patterns import NoPattern, Pattern, may_cancel
from hwsolve.graph.explain.reading import Reading
from hwsolve.render import render
from tests.benchmarks.engine import dense, unrolled


def grown(dice: random.Random, depth: int) -> str:
    """A formula of sums, products and quotients of elements, some of which stand twice."""
    if not depth or dice.random() < 0.2:
        return dice.choice(["x[1]", "x[2]", "w[1,2]", "w[2,1]", "b", "3", "1/2"])
    a, b = grown(dice, depth - 1), grown(dice, depth - 1)
    return dice.choice(
        [f"({a} + {b})", f"({a} - {b})", f"({a})*({b})", f"-({a})", f"({a})/(7 + ({b})**2)", f"({a})**2"]
    )


@pytest.mark.parametrize("case", range(200))
def test_a_pattern_puts_in_and_computes_what_its_formula_says(case: int) -> None:
    dice = random.Random(case)
    f = parse(grown(dice, 4))
    try:
        pattern = Pattern(f)
    except NoPattern:
        signs = (part for part in walk(f) if isinstance(part, Call) and part.name == "neg")
        assert any(isinstance(part.args[0], Number) for part in signs)
        return
    places = [Ref(name, tuple(Number(i) for i in at)) for name, at in pattern.places]  # type: ignore[arg-type]
    assert places == list(dict.fromkeys(references(f)))
    assert pattern.put(places) == f
    numbers = {ref: Fraction(dice.randint(-9, 9), dice.randint(1, 9)) for ref in places}

    def look(name: str, at: tuple[int, ...]) -> Any:
        return fmpq(*numbers[Ref(name, tuple(map(Number, at)))].as_integer_ratio())

    assert pattern.value([fmpq(*n.as_integer_ratio()) for n in numbers.values()]) == evaluate(f, look)


@pytest.mark.parametrize("case", range(200))
def test_no_sum_cancels_of_which_a_pattern_says_it_may_not(case: int) -> None:
    """Numbers with few digits that nearly cancel, also within a product."""
    dice = random.Random(case)
    a = Fraction(dice.randint(10**5, 10**6), 10**5)
    b = a * (1 + Fraction(dice.choice([-1, 1]), 10 ** dice.randint(2, 6)))
    f = parse(dice.choice(["x[1] - x[2]", "b*(x[1] - x[2])", "b + (x[1]*b - x[2]*b)", "x[1] + b*x[2] - b*x[1]"]))
    pattern, values = Pattern(f), {"x[1]": a, "x[2]": b, "b": Fraction(dice.choice([1, 2, -3]))}
    numbers = [values[plain(Ref(name, tuple(Number(i) for i in at)))] for name, at in pattern.places]  # type: ignore[arg-type]
    rounded = [Number(*n.as_integer_ratio(), rounded=True) for n in numbers]

    made = pattern.put(rounded)
    sums = [part for part in walk(made) if isinstance(part, Call) and part.name in ("+", "-")]
    really = any(map(enough_digits.cancels, sums))
    assert may_cancel([*pattern.sums, *pattern.top], [float(n) for n in numbers]) or not really


@pytest.mark.parametrize("text", ["max(x[1], 0)", "if(x[1] > 0, x[1], 0)", "relu(x[1])", "abs(b)", "x[1] == b"])
def test_what_may_go_one_way_or_another_has_no_pattern(text: str) -> None:
    with pytest.raises(NoPattern):
        Pattern(parse(text))


def recurrent(kind: str, gates: int) -> dict[str, Any]:
    """A layer of two units over three steps of two samples, trained once."""
    dice = random.Random(gates)

    def numbers(*shape: int) -> Any:
        return [numbers(*shape[1:]) for _ in range(shape[0])] if shape else round(dice.uniform(-1, 1), 2)

    cell = {"hidden_size": 2, "weight_ih": numbers(2 * gates, 2), "weight_hh": numbers(2 * gates, 2)}
    return {
        "kind": "backprop", "network": {"input": [3, 2], "layers": [{kind: cell | {"bias": numbers(2 * gates)}}, "relu"]},
        "input": numbers(2, 3, 2), "target": numbers(2, 3, 2), "loss": "mse_loss", "optimizer": {"adam": {"lr": 0.1}},
    }  # fmt: skip


SPECS = {
    "dense": dense(3, 2), "lstm of one unit": unrolled(4), "lstm": recurrent("lstm", 4), "gru": recurrent("gru", 3),
    "float64": recurrent("rnn", 1) | {"numbers": "float64"},
}  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_pages_are_the_same_with_patterns_and_without(name: str) -> None:
    with patch.object(Writer, "reading", lambda *_: None):
        by_itself = render([hwsolve.solve(SPECS[name])], "json")
    assert render([hwsolve.solve(SPECS[name])], "json") == by_itself


def test_longer_sequences_have_no_more_kinds_of_parts() -> None:
    def kinds(times: int) -> int:
        made: list[Writer] = []
        start = Writer.__init__

        def kept(self: Writer, *arguments: Any, **more: Any) -> None:
            start(self, *arguments, **more)
            made.append(self)

        with patch.object(Writer, "__init__", kept):
            hwsolve.solve(unrolled(times))
        (writer,) = made
        assert sum(reading is not None for reading in writer._readings.values()) > 20 * times
        return len(writer._kinds)

    assert kinds(5) == kinds(9)


def test_a_value_that_a_pattern_does_not_give_is_in_no_line() -> None:
    value = Reading.value
    with patch.object(Reading, "value", lambda self, at: value(self, at) + fmpq(1, 10**9)), pytest.raises(Disagreement):
        hwsolve.solve(dense(3, 2))
