"""Derivatives on kinks, ties and jumps: compared with finite differences from both sides, and with PyTorch."""

from __future__ import annotations

import json
import random
import re
import time
from collections.abc import Callable
from typing import Any

import mpmath
import pytest

from hwsolve.formula.domain import choices
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.parse import parse
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.solution import Missing, Solution
from hwsolve.spec.limits import Limits, excessive
from hwsolve.spec.report import SpecFailure
from tests.line_check import answers_without_line, wrong_lines
from tests.often import often

DIGITS = 140
STEP = mpmath.mpf(10) ** -40
NEAR = mpmath.mpf(10) ** -20
Value = Callable[[dict[str, Any]], Any]


def solved(text: str) -> Solution:
    (problem,) = read(f"kind: derivative\n{text}\n", "test.yaml")
    return work_out(problem)


def warnings(solution: Solution) -> list[str]:
    return [str(n.text) for n in solution.notes if n.level == "warning"]


def slopes(solution: Solution, order: int = 1) -> Any:
    """The values of a derivative at the first point: numbers, or None."""

    def plain(value: Any) -> Any:
        if isinstance(value, tuple):
            return [plain(v) for v in value]
        return None if isinstance(value, Missing) else float(value.value)

    return plain(solution.answers[f"d{order}_at"].value[0])


# random formulas and what they are worth, by mpmath alone

PIECES: dict[str, Value] = {
    "relu({a})": lambda a: max(a, mpmath.mpf(0)),
    "abs({a})": abs,
    "leaky_relu({a}, 1/4)": lambda a: a if a > 0 else a / 4,
    "elu({a})": lambda a: a if a > 0 else mpmath.expm1(a),
    "elu({a}, 2)": lambda a: a if a > 0 else 2 * mpmath.expm1(a),
    "relu6({a})": lambda a: min(max(a, mpmath.mpf(0)), mpmath.mpf(6)),
    "hard_tanh({a})": lambda a: min(max(a, mpmath.mpf(-1)), mpmath.mpf(1)),
    "softsign({a})": lambda a: a / (1 + abs(a)),
    "hard_swish({a})": lambda a: a * min(max(a + 3, mpmath.mpf(0)), mpmath.mpf(6)) / 6,
    "sin({a})": mpmath.sin,
    "exp({a})": mpmath.exp,
    "({a})**2": lambda a: a * a,
    "sign({a})": lambda a: mpmath.mpf((a > 0) - (a < 0)),
    "floor({a})": mpmath.floor,
    "step({a})": lambda a: mpmath.mpf(a > 0),
}
PAIRS: dict[str, Value] = {
    "max({a}, {b})": max,
    "min({a}, {b})": min,
    "({a}) + ({b})": lambda a, b: a + b,
    "({a}) - ({b})": lambda a, b: a - b,
    "({a})*({b})": lambda a, b: a * b,
    "if({a} > {b}, {a}, {b})": max,
    "if({a} <= 0, {b}, {b} + {a})": lambda a, b: b if a <= 0 else b + a,
    "if({a} < 1, {b}, 2*{b})": lambda a, b: b if a < 1 else 2 * b,
    "Max({a} + j*({b}), j, 0, 2)": lambda a, b: max(a, a + b, a + 2 * b),
}


def drawn(dice: random.Random, depth: int) -> tuple[str, Callable[[Any, Any], Any]]:
    """A formula in x and y, and its value."""
    if depth == 0 or dice.random() < 0.1:
        n = dice.choice([-1, 0, 1, 2])
        texts: list[tuple[str, Callable[[Any, Any], Any]]] = [
            ("x", lambda x, y: x),
            ("y", lambda x, y: y),
            (f"(x - {n})" if n >= 0 else "(x + 1)", lambda x, y: x - n),
            ("(x - y)", lambda x, y: x - y),
            ("2*x", lambda x, y: 2 * x),
            (f"({n})", lambda x, y: mpmath.mpf(n)),
        ]
        return dice.choice(texts)
    text, first = drawn(dice, depth - 1)
    if dice.random() < 0.5:
        form = dice.choice(list(PIECES))
        own = PIECES[form]
        return form.format(a=text), lambda x, y: own(first(x, y))
    other, second = drawn(dice, depth - 1)
    form = dice.choice(list(PAIRS))
    pair = PAIRS[form]
    return form.format(a=text, b=other), lambda x, y: pair(first(x, y), second(x, y))


def one_sided(f: Callable[[Any], Any]) -> list[Any]:
    """The slopes on both sides, or nothing where there is a jump."""
    f0, right, left = f(mpmath.mpf(0)), f(STEP), f(-STEP)
    if max(abs(right - f0), abs(left - f0)) > NEAR:
        return []
    return [(f0 - left) / STEP, (right - f0) / STEP]


@pytest.mark.parametrize("seed", range(often(25)))
def test_a_derivative_on_a_kink_lies_between_both_slopes_or_is_refused(seed: int) -> None:
    dice = random.Random(seed)
    mpmath.mp.dps = DIGITS
    text, f = drawn(dice, 3)
    x, y = dice.choice([-1, 0, 1, 2]), dice.choice([0, 1, 2])
    if "x" not in text or "y" not in text:
        text = f"({text}) + x + y"
        plain = f
        f = lambda u, v: plain(u, v) + u + v  # noqa: E731
    try:
        solution = solved(f"function: {text}\nwrt: [x, y]\nat: {{x: {x}, y: {y}}}")
    except SpecFailure as why:
        pytest.skip(str(why))
    found = slopes(solution)
    lines: list[Callable[[Any], Any]] = [lambda t: f(x + t, mpmath.mpf(y)), lambda t: f(mpmath.mpf(x), y + t)]
    for value, line in zip(found, lines, strict=True):
        sides = one_sided(line)
        if value is None:
            assert not sides or abs(sides[0] - sides[1]) > NEAR or "kinks give" in " ".join(warnings(solution)), text
            continue
        assert sides and min(sides) - 1e-12 <= value <= max(sides) + 1e-12, (text, value, sides)
        if abs(sides[0] - sides[1]) > NEAR:
            assert warnings(solution), text
    wrong = wrong_lines(_json(solution))
    assert [line for line in wrong if "TypeError" not in line] == []  # the checker cannot order its two number types


def _json(solution: Solution) -> dict[str, Any]:
    import json

    return json.loads(render([solution], "json", Options()))


@pytest.mark.parametrize("seed", range(often(10)))
def test_a_second_derivative_on_a_kink_is_that_of_both_sides_or_none(seed: int) -> None:
    dice = random.Random(1000 + seed)
    mpmath.mp.dps = DIGITS
    text, f = drawn(dice, 2)
    text = f"x*({text})" if seed % 2 else f"{text} + x"
    x, y = dice.choice([-1, 0, 1, 2]), dice.choice([0, 1, 2])
    point = f"{{x: {x}, y: {y}}}" if re.search(r"\by\b", text) else f"{{x: {x}}}"
    try:
        solution = solved(f"function: {text}\nwrt: x\norder: 2\nat: {point}")
    except SpecFailure as refused:  # the rules have no derivative for what holds in single points only
        assert "cannot be differentiated by itself" in str(refused)
        return
    found = slopes(solution, 2)

    def value(t: Any) -> Any:
        u = x + t
        return u * f(u, mpmath.mpf(y)) if seed % 2 else f(u, mpmath.mpf(y)) + u

    first = one_sided(value)
    second = [(value(2 * s) - 2 * value(s) + value(mpmath.mpf(0))) / s**2 for s in (STEP, -STEP)]
    smooth = first and abs(first[0] - first[1]) < NEAR and abs(second[0] - second[1]) < NEAR
    assert (found is not None and abs(found - second[0]) < 1e-12) if smooth else found is None, (text, found, second)


def test_terms_of_a_maximum_that_are_equal_everywhere_count_once() -> None:
    solution = solved("function: Max(2*x + j*relu(x), j, 0, 2)\nat: [{x: -1}, {x: 1}]")
    assert [float(v.value) for v in solution.answers["d1_at"].value] == [2, 4]
    assert wrong_lines(_json(solution)) == []


def test_ties_and_kinks_of_the_cases() -> None:
    assert slopes(solved("function: max(x, y)\nwrt: [x, y]\nat: [{x: 2, y: 2}]")) == [0.5, 0.5]
    assert slopes(solved("function: max(x, 1) + min(x, 1)\nat: [{x: 1}]")) == 1
    assert slopes(solved("function: max(x, sqrt(2))\nat: [{x: 2}]")) == 1
    assert slopes(solved("function: Max(x[j], j, 1, 3)\nwrt: x\nat: {x: [1, 1, 0]}")) == [0.5, 0.5, 0]
    assert slopes(solved("function: max(exp(x), exp(y))\nwrt: x\nat: {x: 1/3, y: 1/3}")) > 0.5
    for jump in ("floor(x)", "ceil(x)", "step(x)", "sign(x)", "step0(x)", "if(x > 0, 1, 2)"):
        solution = solved(f"function: {jump}\nat: [{{x: 0}}, {{x: 1/2}}]")
        assert slopes(solution) is None and "jumps" in warnings(solution)[0]
    for smooth_once in ("elu(x)", "softsign(x)", "x*abs(x)", "if(x > 0, x**2, 0)"):
        solution = solved(f"function: {smooth_once}\norder: 2\nat: [{{x: 0}}]")
        assert slopes(solution) is not None and slopes(solution, 2) is None
        assert "derivative of order 2" in warnings(solution)[0] and len(warnings(solution)) == 1
    (warning,) = warnings(solved("function: relu(x) - relu(-x)\nat: [{x: 0}]"))
    assert "at this point (ReLU(x), ReLU(−x)): it is 1, as on both sides" in warning


@pytest.mark.parametrize(
    ("spec", "wanted"),
    [
        ("function: if(x == 0, 0, x)", "A case that holds only where x == 0 cannot be differentiated by itself."),
        ("function: x + Max(j, j, 1, 0)", "“Max” has no terms."),
        ("function: inf*x", "“inf” is no number."),
        ("function: Sum(x**j, j, 1/2, 3)", "The bounds of a sum are whole numbers, not 1/2."),
        ("function: x[0]\nwrt: x[k]", "There is no x₀: indices are whole numbers"),
        ("function: x[3]*x[1]\nwrt: x\nvariables: {x: {size: 2}}", "There is no x₃: indices are whole numbers"),
    ],
)
def test_what_has_no_value_is_refused(spec: str, wanted: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        solved(spec)
    assert wanted in str(failure.value)


def test_one_point_without_a_value_leaves_the_others() -> None:
    solution = solved("function: log(x**2)\nat: [{x: 1}, {x: 0}, {x: 2}]\nexpect: {d1_at: [2, 5, 1]}")
    data = _json(solution)
    assert data["answers"]["d1_at"]["value"] == [2, None, 1] and data["answers"]["d0_at"]["value"][1] is None
    assert "—" in data["answers"]["d1_at"]["text"]
    (failed,) = solution.checks
    assert (failed.key, failed.ok) == ("d1_at[2]", False)
    assert failed.difference == "d1_at₂ has no value at this point: the function has none there."
    assert wrong_lines(data) == [] and answers_without_line(data) == []
    for format in ("plain", "markdown", "json", "terminal"):
        assert "d1_at" in (text := render([solution], format, Options(color=False))) or "—" in text
    assert slopes(solved("function: x[3]*x[1]\nwrt: x[1]\nat: {x: [1, 2]}")) is None
    solution = solved("function: Sum(x[j + 1], j, 1, 2) + y\nwrt: y\nat: [{x: [1, 2], y: 1}, {x: [1, 2, 3], y: 1}]")
    assert [isinstance(v, Missing) for v in solution.answers["d0_at"].value] == [True, False]


# time: each of these took from ten seconds to hours


@pytest.mark.parametrize(
    "text",
    ["atan(softsign(x))\norder: 5", "Prod(x + j, j, 1, 200)", "Max(x*j, j, 1, 200)\norder: 2", "**".join("x" * 90)],
)
def test_long_work_ends_soon(text: str) -> None:
    before = time.process_time()
    try:
        solution = solved(f"function: {text}")
        assert "d1" in solution.answers
    except SpecFailure as why:
        assert "too large" in str(why)
    assert time.process_time() - before < 10  # 2.5 seconds by itself


def test_many_names_take_no_more_memory() -> None:
    names = [f"v{n}" for n in range(40)]
    assert "d1" in solved(f"function: x*log({' + '.join(names)})\nwrt: x").answers
    assert [len(list(choices(n))) for n in range(4)] == [1, 4, 16, 64]


def test_every_limit_is_worked_out_once_for_a_node() -> None:
    def asked(levels: int) -> int:
        limits = Limits()
        limits.bits(parse("**".join("x" * levels)))
        return len(limits.found)

    assert asked(80) <= 2 * asked(40) + 4
    assert excessive(parse("((((a + b)**100)**100)**100)**100")) is not None


# PyTorch

torch = pytest.importorskip("torch")
TORCH: dict[str, Callable[[Any], Any]] = {
    "relu(x)": torch.nn.functional.relu,
    "leaky_relu(x, 1/4)": lambda x: torch.nn.functional.leaky_relu(x, 0.25),
    "prelu(x, 1/4)": lambda x: torch.nn.functional.prelu(x, torch.tensor([0.25], dtype=torch.float64)),
    "relu6(x)": torch.nn.functional.relu6,
    "hard_tanh(x)": torch.nn.functional.hardtanh,
    "hard_sigmoid(x)": torch.nn.functional.hardsigmoid,
    "hard_swish(x)": torch.nn.functional.hardswish,
    "elu(x)": torch.nn.functional.elu,
    "elu(x, 2)": lambda x: torch.nn.functional.elu(x, 2),
    "selu(x)": torch.nn.functional.selu,
    "softsign(x)": torch.nn.functional.softsign,
    "abs(x)": torch.abs,
    "max(x, 1)": lambda x: torch.maximum(x, torch.ones_like(x)),
    "min(1, x)": lambda x: torch.minimum(x, torch.ones_like(x)),
    "Max(j*x, j, 1, 3)": lambda x: torch.stack([x, 2 * x, 3 * x]).amax(0),
    "max(x, 2*x, x**2)": lambda x: torch.stack([x, 2 * x, x**2]).amax(0),
    "if(x > 0, x, x**2)": lambda x: torch.where(x > 0, x, x**2),
    "x*floor(x)": lambda x: x * torch.floor(x),
}


@pytest.mark.parametrize("text", TORCH)
def test_pytorch_takes_the_same_at_every_kink(text: str) -> None:
    for place in (-3, -1, 0, 1, 3, 6):
        x = torch.tensor([float(place)], dtype=torch.float64, requires_grad=True)
        TORCH[text](x).sum().backward()
        found = slopes(solved(f"function: {text}\nat: {{x: {place}}}"))
        assert found is None or found == pytest.approx(x.grad.item(), abs=1e-8), place
        assert found is not None or text == "x*floor(x)", place


def test_every_function_of_pieces_was_compared() -> None:
    bent = {f.name for f in FUNCTIONS.values() if f.kinks and f.derivative and not f.name.startswith("d_")}
    jumps = {"sign", "step", "step0"}
    assert bent - jumps <= {text.partition("(")[0] for text in TORCH}


@pytest.mark.parametrize(
    ("function", "kinks"),
    [
        ("max(x, x)", []),
        ("min(x, x, x)", []),
        ("abs(sin(x)**2 + cos(x)**2 - 1) + x", []),
        ("relu(a) + x", []),
        ("abs(x)", ["abs has no derivative where x = 0."]),
        ("max(x, 2*y, x)", ["max has no derivative where x = 2y."]),
        ("abs(x**2)", ["abs by itself has no derivative where x² = 0; the whole function may have one there."]),
        ("abs(x)**2", ["abs by itself has no derivative where x = 0; the whole function may have one there."]),
        (
            "abs(x) - abs(x) + x",
            ["abs by itself has no derivative where x = 0; the whole function may have one there."],
        ),
    ],
)
def test_what_is_said_of_kinks_for_all_values_is_true(function: str, kinks: list[str]) -> None:
    assert [str(n.text) for n in solved(f"function: {function}\nwrt: x").notes] == kinks


@pytest.mark.parametrize(("function", "share"), [("max(x, y, z)", "greatest"), ("min(x, y, z)", "least")])
def test_extremes_of_many_have_a_remark_too(function: str, share: str) -> None:
    (note,) = solved(f"function: {function}\nwrt: x").notes
    assert f"two of its arguments share the {share} value" in str(note.text)
    big = f"{function[:3].title()}(x[i], i, 1, 3)"
    (note,) = solved(f"function: {big}\nwrt: x[k]\nvariables: {{x: {{size: 3}}}}").notes
    assert f"two of its arguments share the {share} value" in str(note.text)


@pytest.mark.parametrize(
    ("function", "peer"),
    [
        ("norm(x)", lambda torch, x: x.norm()),
        ("norm(x) + 3*x[1]", lambda torch, x: x.norm() + 3 * x[0]),
        ("2*norm(x) - x[1]*x[2] + x[2]", lambda torch, x: 2 * x.norm() - x[0] * x[1] + x[1]),
        ("norm(x)**2", lambda torch, x: x.norm() ** 2),
        ("tanh(norm(x)) - x[2]", lambda torch, x: torch.tanh(x.norm()) - x[1]),
        ("norm(x - 1)", lambda torch, x: (x - 1).norm()),
        ("Sum(abs(x[i]), i, 1, 2)", lambda torch, x: x.abs().sum()),
    ],
)
@pytest.mark.parametrize("at", [0, 1])
def test_norms_at_their_corner_are_as_in_pytorch_and_every_line_holds(function: str, peer: Any, at: int) -> None:
    torch = pytest.importorskip("torch")
    x = torch.full((2,), float(at), requires_grad=True)
    peer(torch, x).backward()
    found = solved(f"function: {function}\nwrt: 'x[k]'\nvariables: {{x: {{size: 2}}}}\nat: [{{x: [{at}, {at}]}}]")
    assert slopes(found) == pytest.approx(x.grad.tolist())
    data = json.loads(render([found], "json", Options()))
    assert wrong_lines(data) == [] and answers_without_line(data) == []


@pytest.mark.parametrize("function", ["sqrt(x)", "x/abs(x)", "sqrt(abs(x))", "abs(x)**(1/3)"])
def test_a_slope_without_bound_or_convention_is_none(function: str) -> None:
    assert slopes(solved(f"function: {function}\nwrt: x\nat: [{{x: 0}}]")) is None


def test_a_line_at_a_tie_says_what_is_differentiated() -> None:
    found = solved("function: max(x, 1)*max(x, 1)\nwrt: x\nat: [{x: 1}, {x: 2}]")
    lines = [line for s in found.sections for line in s.lines if str(getattr(line, "key", "")).count("d1_at")]
    assert [str(getattr(line, "rule", "")) for line in lines] == [
        "derivative of (x₁ + 1)/2 · ((x₁ + 1)/2), each maximum or minimum as the mean of its equal arguments",
        "as x₂ > 1",
    ]
