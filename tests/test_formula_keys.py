"""Keys, values and tolerances that are formulas: each has a value or an error at its place, at once and in little memory."""

from __future__ import annotations

import json
import random
import resource
import time
from typing import Any

import mpmath
import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure

SPECS = {
    "backprop": """kind: backprop
network: {input: 2, layers: [{linear: {out_features: 2, weight: [[0.5, -1], [1, 2]], bias: [0.25, 1]}}, sigmoid]}
input: [1, 2]
target: [1, 0]
loss: half_squared_error
""",
    "count-params": "kind: count-params\nnetwork: {input: 20, layers: [{linear: 30}, relu, {linear: 2}]}\n",
    "complexity": "kind: complexity\nnetwork: {input: n, layers: [{repeat: {times: L, body: [{linear: n}, sigmoid]}}]}\n",
}
NAMES = {
    "backprop": ["L", "a1[1]", "a1[2]", "z1[1]", "dL_dw1[1,2]", "a1", "nothing"],
    "count-params": ["params", "params.linear1", "macs", "shape.linear1[1]", "shape.linear1"],
    "complexity": ["forward.mul", "update.add", "total.mul", "nothing"],
}
NUMBERS = ["0", "1", "2", "-1", "1/3", "0.5", "9", "1000", "1000000000", "10**400", "pi", "e"]
HOSTILE = [
    "L/0", "log(L - 5)", "sqrt(-1)", "9**9**9**9", "exp(1000000000*L)", "d1(1)", "L - L", "L < 1", "1/(L - L)",
    "Sum(Sum(params,j,1,1000000),k,1,1000000)", "floor(exp(1000000000*L))", "erf(10**500)", "gamma(10**300*L)",
    "exp(exp(exp(exp(L))))", "L**(10**9)", "(L + 1)**100000", "Max(L, k, 1, 0)", "sin(10**1000*L)", "max()",
    "tan(pi/2 + L*0)", "x" * 20_000, "(" * 90 + "L" + ")" * 90, "+".join(["L"] * 4000), "gamma(gamma(gamma(1000*L)))",
]  # fmt: skip


FUNCTIONS = [
    "exp",
    "log",
    "sqrt",
    "sin",
    "tan",
    "erf",
    "gamma",
    "tanh",
    "floor",
    "ceil",
    "abs",
    "relu",
    "d_relu",
    "foo",
    "diff",
]


def random_formula(dice: random.Random, names: list[str], depth: int) -> str:
    if depth == 0 or dice.random() < 0.15:
        return dice.choice(names if dice.random() < 0.6 else NUMBERS)
    a, b = (random_formula(dice, names, depth - 1) for _ in range(2))
    unary = dice.choice(FUNCTIONS)
    return dice.choice(
        [
            f"({a} + {b})", f"({a} - {b})", f"({a})*({b})", f"({a})/({b})", f"({a})**({b})", f"{unary}({a})",
            f"max({a}, {b})", f"if({a} < {b}, {a}, {b})", f"Sum({a}, k, 1, {b})", f"Prod(({a}) + k, k, 1, 30)",
            f"-({a})", f"delta({a}, {b})",
        ]
    )  # fmt: skip


def judged(kind: str, key: str, value: Any, field: str = "expect") -> Any:
    """The solution, or the first line of its error, which stands at a place of the text."""
    start = time.process_time()
    text = SPECS[kind] + f"{field}:\n  {json.dumps(key)}: {json.dumps(value)}\n"
    try:
        found: Any = hwsolve.solve(text)
    except SpecFailure as failure:
        found = str(failure).splitlines()[0]
        assert found.startswith("<text>:"), found
    assert time.process_time() - start < 5, key
    return found


@pytest.mark.parametrize("key", HOSTILE, ids=lambda key: key[:30])
@pytest.mark.parametrize("kind", ["backprop", "count-params"])
def test_a_hostile_key_is_an_error_with_its_place(kind: str, key: str) -> None:
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # kB, of all that ran in this process
    found = judged(kind, key if kind == "backprop" else key.replace("L", "params"), 1)
    assert isinstance(found, str) or found.checks
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < max(before + 100_000, 600_000)


@pytest.mark.parametrize("kind", SPECS)
@pytest.mark.parametrize("seed", range(60))
def test_random_keys_end_well(kind: str, seed: int) -> None:
    dice = random.Random(f"{kind}{seed}")
    for field in ("expect", "published"):
        judged(kind, random_formula(dice, NAMES[kind], dice.randint(1, 4)), 1, field)


@pytest.mark.parametrize("seed", range(40))
def test_random_values_and_tolerances_end_well(seed: int) -> None:
    dice = random.Random(seed)
    for names in (["1", "2"], ["x", "L", "a1[1]"]):
        f = random_formula(dice, names, 3)
        judged("backprop", "L", f)
        judged("backprop", "L", f, "published")
        judged("backprop", "L", {"value": 1, "tolerance": f})


@pytest.mark.parametrize("seed", range(30))
def test_a_key_has_the_value_that_mpmath_finds(seed: int) -> None:
    """With 30 digits; the values of L and a1 are themselves worked out by mpmath."""
    mpmath.mp.dps = 60
    s = lambda z: 1 / (1 + mpmath.exp(-z))  # noqa: E731
    a, b = s(mpmath.mpf(-5) / 4), s(mpmath.mpf(6))
    known = {"L": ((a - 1) ** 2 + b**2) / 2, "a": a, "b": b}
    dice = random.Random(seed)
    key = "a"
    for _ in range(3):
        key = dice.choice(
            ["({} + L)", "({})*b", "exp({})", "sqrt(1 + ({})**2)", "1/(2 + ({})**2)", "({} - a)", "log(3 + ({})**2)"]
        ).format(key)
    wanted = eval(
        key.replace("exp", "mpmath.exp").replace("sqrt", "mpmath.sqrt").replace("log", "mpmath.log"),
        {"mpmath": mpmath, **known},
    )
    solution = judged("backprop", key.replace("a", "a1[1]").replace("b", "a1[2]"), "0.5")
    assert abs(mpmath.mpf(solution.checks[0].got) - wanted) < mpmath.mpf(10) ** -25


def test_what_is_wrong_is_named() -> None:
    assert judged("backprop", "L/0", 1) == "<text>:7:10: `L/0` has no value: division by zero."
    assert judged("backprop", "L < 1", 1).endswith("`L < 1` has no value: it is true or false, not a number.")
    assert judged("backprop", "9**9**9**9", 1).endswith("cannot be worked out: The value of this formula is too large.")
    assert judged("backprop", "L", {"value": 1, "tolerance": "-sqrt(2)"}).endswith("A tolerance is not negative.")
    assert judged("backprop", "2*pi*L/pi - 2*L", 0).checks[0].ok
