"""float64: a printed digit is right, or is not printed; nothing overflows or cancels that need not."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import hwsolve
from hwsolve import numbers
from hwsolve.numbers import float64, rounding
from hwsolve.numbers.float64 import MANY, choose, noise
from hwsolve.numbers.measured import Measured
from hwsolve.solution import Carried, Quantity, Value
from hwsolve.spec.report import SpecFailure
from tests.often import often
from tests.random_nets import LOSSES

NETS = often(75)
ACTIVATIONS = [
    "relu",
    "leaky_relu",
    "sigmoid",
    "tanh",
    "softplus",
    "softmax",
    "gelu",
    "silu",
    "elu",
    "selu",
    "mish",
    "softsign",
    "hard_tanh",
    "hard_sigmoid",
    "hard_swish",
    "relu6",
    "log_sigmoid",
    "identity",
]


class Net:
    """A small random network: equal weights, flat images, large, small and saturated values are frequent."""

    def __init__(self, seed: int):
        self.draw = random.Random(seed)
        self.scale = self.draw.choice((1, 1, 1, 0.01, 10, 100, 1000))

    def number(self) -> float:
        return self.draw.choice((0, 1, -1, self.draw.randint(-2000, 2000) / 1000, self.draw.randint(-20, 20) / 10))

    def array(self, *shape: int, scale: float = 1) -> Any:
        if shape:
            return [self.array(*shape[1:], scale=scale) for _ in range(shape[0])]
        return round(self.number() * scale, 6)

    def problem(self) -> dict[str, Any]:
        draw = self.draw
        n, samples, layers = draw.randint(1, 3), draw.choice((0, 0, 2)), []
        shape: Any = n
        x = self.array(*((samples,) if samples else ()), n, scale=self.scale)
        if draw.random() < 0.3:
            side, channels, samples = draw.randint(3, 4), draw.randint(1, 2), 0
            shape = [1, side, side]
            x = [[[draw.choice((1, 1, 1, 0.5, 0.3, self.scale)) for _ in range(side)] for _ in range(side)]]
            weight, bias = self.array(channels, 1, 2, 2), self.array(channels)
            conv = {"out_channels": channels, "kernel_size": 2, "weight": weight, "bias": bias}
            pool = {draw.choice(("max_pool2d", "avg_pool2d")): {"kernel_size": 2, "stride": 1}}
            layers = [{"conv2d": conv}, draw.choice(ACTIVATIONS), pool, "flatten"]
            n = channels * (side - 2) ** 2
        for _ in range(draw.randint(1, 2)):
            out = draw.randint(1, 3)
            rows = self.array(out, n)
            if out > 1 and draw.random() < 0.4:
                rows[1] = rows[0]
            layers.append({"linear": {"out_features": out, "weight": rows, "bias": self.array(out)}})
            layers.append(draw.choice(ACTIVATIONS))
            n = out
        loss = draw.choice(LOSSES)
        layers += {"nll_loss": ["log_softmax"], "binary_cross_entropy": ["sigmoid"]}.get(loss, [])
        return {
            "kind": "backprop",
            "network": {"input": shape, "layers": layers},
            "input": x,
            "target": self.target(loss, samples, n),
            "loss": loss,
            "optimizer": {"sgd": {"lr": draw.choice((0.1, 0.5))} | draw.choice(({}, {"momentum": 0.9}))},
            "steps": draw.randint(1, 2),
        }

    def target(self, loss: str, samples: int, n: int) -> Any:
        if loss in ("cross_entropy", "nll_loss"):
            classes = [self.draw.randint(1, n) for _ in range(max(samples, 1))]
            return {"class": classes if samples else classes[0]}
        one = (lambda: self.draw.choice((0, 1, 0.5, 0.25))) if loss.startswith("binary") else self.number
        return [[one() for _ in range(n)] for _ in range(samples)] if samples else [one() for _ in range(n)]


def quantities(solution: Any) -> dict[Any, Quantity]:
    """Every number that is printed: by its key, of a whole array by its place too."""
    lines = [line for line in solution.lines if isinstance(line, (Value, Carried))]
    return {(line.key, at): q for line in lines for at, q in leaves(line.quantity)}


def leaves(quantity: Any, at: tuple[int, ...] = ()) -> Iterator[tuple[tuple[int, ...], Quantity]]:
    """The quantities of nested tuples with their places."""
    if isinstance(quantity, tuple):
        for n, part in enumerate(quantity):
            yield from leaves(part, (*at, n))
    else:
        yield at, quantity


def fraction(value: Any) -> Fraction:
    """An exact value, or the middle of a narrow ball."""
    if hasattr(value, "rad"):
        mantissa, exponent = value.mid().man_exp()
        return Fraction(int(mantissa)) * Fraction(2) ** int(exponent)
    return Fraction(value) if isinstance(value, int) else Fraction(int(value.p), int(value.q))


def unit(text: str) -> Fraction:
    """What the last digit of a decimal counts."""
    mantissa, _, exponent = text.partition("e")
    return Fraction(10) ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def is_right(found: Quantity, exact: Quantity) -> bool:
    """Whether a printed number is the exact value, or rounds it."""
    slack = unit(found.text) / 2 * (1 + Fraction(1, 10**9)) if found.relation == "≈" else 0
    return abs(Fraction(found.text) - fraction(exact.value)) <= slack


def significant(text: str) -> int:
    return len(text.partition("e")[0].replace(".", "").lstrip("-0"))


@pytest.mark.slow
def test_every_printed_digit_of_random_networks_is_right() -> None:
    held = whole = 0
    for seed in range(NETS):
        problem = Net(seed).problem()
        try:
            exact = quantities(hwsolve.solve(problem))
        except SpecFailure as refused:
            assert "beyond 10^" in str(refused), (seed, str(refused))
            continue
        solution = hwsolve.solve({**problem, "numbers": "float64"})
        rough = quantities(solution)
        ones, others = ({key for key, place in found if not place} for found in (exact, rough))
        assert ones == others, seed  # of whole arrays one may have a line where the other has not
        for key, q in ((key, q) for key, q in rough.items() if key in exact):
            assert is_right(q, exact[key]), (seed, key, q.text, exact[key].text)
            held += 1
            whole += significant(q.text) >= 6 or fraction(exact[key].value) == 0
    assert held > 20 * NETS
    assert whole > 0.6 * held  # most numbers do have all their digits


CASES = [
    ([], [30, 0], {"index": 0}, "cross_entropy", "9.35762e-14"),
    ([], [300, -300], {"index": 1}, "cross_entropy", "600.000"),
    (["log_softmax"], [30, 0], {"index": 0}, "nll_loss", "9.35762e-14"),
    ([], [40], [1], "binary_cross_entropy_with_logits", "4.24835e-18"),
    ([], [-1000], [1], "binary_cross_entropy_with_logits", "1000.00"),
    (["sigmoid"], [-30], [0], "binary_cross_entropy", "9.35762e-14"),
    (["sigmoid"], [30], [1], "binary_cross_entropy", "9.35762e-14"),
    ([], ["1e-13"], [0], "binary_cross_entropy", "1.00000e-13"),
]


@pytest.mark.parametrize(("layers", "x", "target", "loss", "text"), CASES)
def test_losses_keep_their_digits_where_they_saturate(layers: Any, x: Any, target: Any, loss: str, text: str) -> None:
    network = {"input": len(x), "layers": layers or ["identity"]}
    problem = {"kind": "backprop", "network": network, "input": x, "target": target, "loss": loss}
    solution = hwsolve.solve({**problem, "numbers": "float64"})
    q = solution.answers["L"].value
    assert (q.text, q.system) == (text, "float64")
    assert float(hwsolve.solve(problem).answers["L"].value.value) == pytest.approx(float(text), rel=1e-5)


@pytest.mark.parametrize("z", ["40", "1000"])
def test_what_float64_cannot_hold_is_computed_exactly_with_a_note(z: str) -> None:
    solution = hwsolve.solve(
        {
            "kind": "backprop",
            "numbers": "float64",
            "network": {"input": 1, "layers": ["sigmoid"]},
            "input": [z],
            "target": [0],
            "loss": "binary_cross_entropy",
        }
    )
    assert solution.answers["L"].value.text in (f"{z}.0000", f"{z}.00", z)
    assert any("float64 does not hold" in str(note.text) for note in solution.notes)


@pytest.mark.parametrize("numbers_", ["exact", "float64"])
@pytest.mark.parametrize(("y", "slope"), [(0, 1), (1, -1)])
def test_nothing_times_the_logarithm_of_nothing_is_nothing(numbers_: str, y: int, slope: int) -> None:
    """L = −ln(1 − y) at t = 0 and −ln y at t = 1: the other term is 0 whatever y is, and so is its slope."""
    answers = hwsolve.solve(
        {
            "kind": "backprop",
            "numbers": numbers_,
            "network": {"input": 1, "layers": ["identity"]},
            "input": [y],
            "target": [y],
            "loss": "binary_cross_entropy",
        }
    ).answers
    assert float(answers["L"].value.value) == 0
    assert float(answers["dL_dx"].value[0].value) == slope


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (1.2345678, 0.0, "1.23457"),
        (1.2345678, 1e-9, "1.23457"),
        (1.2345678, 1e-4, "1.23"),
        (1.23456500001, 1e-12, "1.23457"),
        (1.234565, 1e-9, "1.2346"),
        (-3.0, 0.4, "-3"),
        (1e-17, 1e-16, "0.000000"),
        (9.35762e-14, 1e-25, "9.35762e-14"),
    ],
)
def test_a_float_has_the_digits_that_its_error_leaves(value: float, error: float, text: str) -> None:
    assert numbers.show(Measured(value, error)).text == text


@pytest.mark.parametrize("bottom", [1, 2, 3, 7])
@pytest.mark.parametrize("top", [-5, -1, 0, 2])
def test_a_float_is_compared_with_a_fraction(top: int, bottom: int) -> None:
    """Below it, at it and above it, from both sides, as a float that knows its error and as one that does not."""
    exact = numbers.exact(top, bottom)
    for made in (lambda v: Measured(v, 1e-16), float):
        low, at, high = made(top / bottom - 0.25), made(top / bottom), made(top / bottom + 0.25)
        assert [numbers.equal(v, exact) for v in (low, at, high)] == [False, True, False]
        assert [numbers.equal(exact, v) for v in (low, at, high)] == [False, True, False]
        assert [numbers.less(v, exact) for v in (low, at, high)] == [True, False, False]
        assert [numbers.less(exact, v) for v in (low, at, high)] == [False, False, True]


@pytest.mark.parametrize("x", [-1.0, -0.5, 0.25, 0.5, 2.0])
@pytest.mark.parametrize(
    "layer",
    [
        {"soft_shrink": 0.5},
        {"hard_shrink": 0.5},
        {"threshold": {"threshold": -0.5, "value": 1}},
        {"formula": "y = if(input > -1/2, input, 3*input + 1)"},
        {"formula": "y = if(2*input <= -1, input**2, input/4)"},
    ],
)
def test_cases_below_a_negative_number(layer: dict[str, Any], x: float) -> None:
    """Floats decide a case as fractions do."""
    spec = {"kind": "backprop", "network": {"input": 1, "layers": [layer]}, "input": [x], "upstream": [1]}
    found = [hwsolve.solve(spec | {"numbers": system}).answers["dL_dx"].value[0] for system in ("exact", "float64")]
    assert float(found[0].value) == float(found[1].value)


def test_a_float_without_a_right_digit_is_not_printed() -> None:
    with pytest.raises(numbers.TooRough):
        numbers.show(Measured(3.0, 5.0))


@pytest.mark.parametrize("others", [(0.0, 0.0), (1.0, 0.0), (0.5, -2.0)])
def test_a_choice_among_many_is_that_among_few(others: tuple[float, float]) -> None:
    """As a product with the condition, also where what is not chosen does not exist, and without -0."""
    x = np.random.default_rng(0).normal(size=2 * MANY)
    broken = x.copy()
    broken[x < 0] = np.nan
    with np.errstate(all="ignore"):
        for then, other in (others, (x, others[0]), (others[1], x), (x, x * x), (broken, x), (1 / (x > 0), x)):
            found, wanted = choose(x > 0, then, other), np.where(x > 0, then, other)
            np.testing.assert_array_equal(found, wanted)
            assert not (np.signbit(found) & (found == 0)).any()


def test_copies_shake_equal_numbers_alike_and_in_opposite_ways() -> None:
    x = np.array([0.5, 0.1, -3.7, 0.1, 1e300, -3.7])
    up, down = noise(x)
    assert (up * down < 0).all()
    for copy in (up, down):
        assert ((abs(copy) >= 0.5) & (abs(copy) <= 1)).all()
        assert copy[1] == copy[3]
        assert copy[2] == copy[5]
        assert len(set(copy.tolist())) == 4
    many = noise(np.arange(1, 4001) / 8)[0]
    assert abs(np.sign(many).mean()) < 0.05
    assert abs(abs(many).mean() - 0.75) < 0.01


@pytest.mark.parametrize("smooth", [False, True])
def test_long_results_are_shaken_as_short_ones_are(smooth: bool) -> None:
    """Bit for bit, whole numbers among them, in rows whose length is no multiple of a block."""
    dice = np.random.default_rng(5)
    like = [dice.normal(size=(37, 11)), np.arange(300.0), dice.normal(size=7), np.where(dice.random(90) < 0.5, 0, 0.1)]
    copies = [np.stack([x * (1 + 1e-15), x * (1 - 1e-15)]) for x in like]
    by_block = []
    for block in (rounding.BLOCK, 64):
        with patch.object(rounding, "BLOCK", block), patch.object(float64, "BLOCK", block):
            shaking = rounding.Shaking(like, [smooth] * len(like))
            assert bool(shaking.long) == (block == 64)
            assert shaking.draw(like) == [False, True, False, False]
            by_block.append([shaking.shaken(k, x) for k, x in enumerate(copies)])
    for one, other, x in zip(*by_block, copies, strict=True):
        np.testing.assert_array_equal(one, other)
        assert (one != x).any()


@pytest.mark.parametrize("case", range(50))
def test_no_number_near_a_kink_is_passed_over(case: int) -> None:
    """Of many numbers, some at or about kinks: what is looked at in short gives what is looked at in full."""
    dice = np.random.default_rng(case)
    base = dice.normal(size=200) * 3
    base[: case % 4] = dice.choice(rounding.KINKS, case % 4) * (1 + 1e-14 * dice.normal(size=case % 4))
    copies = base * (1 + 1e-14 * dice.random((2, 200)))
    in_full = rounding.off_kinks(base, copies)
    with patch.object(rounding, "BLOCK", 0):
        np.testing.assert_array_equal(rounding.off_kinks(base, copies), in_full)
    if case % 4 == 0:
        np.testing.assert_array_equal(in_full, copies)


def test_a_network_of_long_results_alone() -> None:
    """Nothing is short enough to be shaken in one go."""
    many = rounding.BLOCK + 1
    spec = {"kind": "backprop", "numbers": "float64", "network": {"input": many, "layers": ["relu"]}}
    found = hwsolve.solve(spec | {"input": {"ones": [many]}, "upstream": {"ones": [many]}}).answers["dL_dx"].value
    assert {float(one.value) for one in found} == {1.0}
