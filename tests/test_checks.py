"""Expectations and published answers: when they hold, and what is said when they do not."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.answers import BadKey, elements, look_up, shape_of, written
from hwsolve.checks import compared, disagreements, failure_text, failures
from hwsolve.compare import compare, interval
from hwsolve.formula.equality.by_sympy import vanishes
from hwsolve.formula.equality.equality import equal_for_all
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Ref
from hwsolve.numbers import exact, precision
from hwsolve.quantities import quantity
from hwsolve.render.judged import missed
from hwsolve.solution import Answer, Identity, Line, Solution
from hwsolve.spec.load import load
from hwsolve.spec.problem import Problem
from hwsolve.spec.report import SpecFailure
from hwsolve.typed import typed
from tests.render_samples import section


class Free(Problem, kw_only=True):
    """A kind without fields of its own."""


def root_of_two() -> Any:
    from flint import arb

    with precision(128):
        return arb(2).sqrt()


def q(value: Any) -> Any:
    return quantity(value)


def judged(expect: str, answers: dict[str, Any], *lines: Line, field: str = "expect") -> Solution:
    text = f"kind: free\n{field}:\n  {expect}\n"
    (problem,) = load(text, "spec.yaml", lambda kind: Free, ["free"])
    step = section("s", lines=lines)
    return compared(
        problem, Solution(kind="free", sections=(step,), answers={k: Answer(v) for k, v in answers.items()})
    )


ANSWERS: dict[str, Any] = {
    "E": q(exact(25538, 10**6)),
    "third": q(exact(1, 3)),
    "n": q(6480242100),
    "float": q(0.30000000000000004),
    "w@1": ((q(exact(54068, 10**5)),), (q(exact(85198, 10**5)),)),
    "forward.mul": parse("L*n**2"),
    "update.mul": parse("L*n**2 + L*n"),
    "d1": parse("1/(1 + exp(-x))*(1 - 1/(1 + exp(-x)))"),
    "jac": ((parse("2*x"), parse("0*x")), (parse("y"), parse("x"))),
    "b[1]": q(1),
    "y@1": (q(exact(32124532712, 10**11)),),
}


@pytest.mark.parametrize(
    "expect",
    [
        "E: 0.025538",
        "E: 0.0255380",
        "E: 0.02554",
        "E: 0.03",
        "E: 2.5538e-2",
        "E: 12769/500000",
        "E: {value: 0.0250, tolerance: 1e-3}",
        "third: 1/3",
        "third: 0.333",
        "third: 0.33333333333333333333",
        "n: 6_480_242_100",
        "n: 6.48e9",
        "float: 0.3",
        "float: 3/10",
        "root: 1.41421356237309504880168872",
        "root: sqrt(2)",
        "root: 2**(1/2)",
        "w@1: [[0.54068], [0.85198]]",
        '"w@1[2,1]": 0.85198',
        "{w@1[1,1]: 0.541}",
        "forward.mul: n**2*L",
        "forward.mul + update.mul: 2*L*n**2 + L*n",
        "update.mul - forward.mul: L*n",
        "E + third: 0.358871",
        "d1: exp(-x)/(1 + exp(-x))**2",
        "d1: sigmoid(x)*(1 - sigmoid(x))",
        "jac: [[x + x, 0], [y, x]]",
        '"jac[1,1]": 2*x',
        '"b[1]": 1',
        "y@1: [0.3212]",
        "y@1: 0.3212",
    ],
)
def test_an_expectation_that_holds(expect: str) -> None:
    if expect.startswith("{"):
        expect = f'"w@1[1,1]": {expect[:-1].partition(": ")[2]}'
    solution = judged(expect, {**ANSWERS, "root": q(root_of_two())})
    assert [check.difference for check in failures(solution)] == []
    assert len(solution.checks) == 1


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("E: 0.025539", "spec.yaml:3:6: E is 0.025538, expected 0.025539 (difference -0.00000100)"),
        ("E: 0.0256", "spec.yaml:3:6: E is 0.025538, expected 0.0256 (difference -0.0000620)"),
        ("E: {value: 0.025, tolerance: 1e-4}", "spec.yaml:3:14: E is 0.025538, expected 0.025 (difference 0.000538)"),
        ("third: 3/10", "spec.yaml:3:10: third is 0.333333, expected 3/10 (difference 0.0333)"),
        ("third: 0.334", "spec.yaml:3:10: third is 0.333333, expected 0.334 (difference -0.000667)"),
        ("n: 6_480_242_000", "spec.yaml:3:6: n is 6480242100, expected 6_480_242_000 (difference 100)"),
        ("n: 6.4e9", "spec.yaml:3:6: n is 6480242100, expected 6.4e9 (difference 80,242,100)"),
        ("w@1: [[0.54068], [0.86]]", "spec.yaml:3:21: w@1[2,1] is 0.85198, expected 0.86 (difference -0.00802)"),
        (
            "w@1: [0.54068, 0.85198]",
            "spec.yaml:3:8: w@1 is [[0.54068], [0.85198]], expected [0.54068, 0.85198] (the shape is (2, 1), not (2))",
        ),
        ("y@1: 0.33", "spec.yaml:3:8: y@1[1] is 0.32124532712, expected 0.33 (difference -0.00875)"),
        ("E: [0.025538]", "spec.yaml:3:6: E is 0.025538, expected [0.025538] (the shape is (), not (1))"),
    ],
)
def test_an_expectation_that_fails_says_where_and_how_far(expect: str, said: str) -> None:
    (check,) = failures(judged(expect, ANSWERS))
    assert str(failure_text(check)) == said


@pytest.mark.parametrize(
    "expect", ["forward.mul: L*n", "d1: sigmoid(x)", "d1: 0.25", "E: x", "jac: [[2*x, 0], [y, x + 1]]"]
)
def test_a_formula_that_differs_fails_with_a_point(expect: str) -> None:
    (check,) = failures(judged(expect, ANSWERS))
    assert check.difference


@pytest.mark.parametrize(
    ("expect", "said"),
    [
        ("F: 1", "There is no answer `F`."),
        ("forwrd.mul: 1", "There is no answer `forwrd.mul`."),
        ('"w@1[3,1]": 1', "`w@1[3,1]` is outside w@1, which has the shape (2, 1)."),
        ('"w@1[1,1,1]": 1', "`w@1` has 2 indices, not 3."),
        ("w@1 + E: 1", "`w@1 + E` reckons with a whole array: name its elements, or give it a name under `define`."),
        ("E + F: 1", "There is no answer `F`."),
        ("a b c: 1", "There is no answer `a b c`."),
    ],
)
def test_a_key_that_is_no_answer_is_an_error_of_the_spec(expect: str, said: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        judged(expect, ANSWERS)
    text = failure.value.report.render()
    assert said in text and text.startswith("spec.yaml:3:")
    if "forwrd" in expect:
        assert "Did you mean `forward.mul`?" in text


@pytest.mark.parametrize(
    ("stated", "verdict"),
    [
        ("n: {stated: 6.4e9, source: key}", "cut off"),
        ("n: {stated: 6.4*10**9, source: key}", "cut off"),
        ("n: {stated: 6.3e9, source: key}", "wrong"),
        ("n: {stated: 6.5e9, source: key}", "agrees"),
        ("n: {stated: 6_480_242_100}", "agrees"),
        ("third: {stated: 33.3/100}", "agrees"),
        ("third: {stated: 33/100}", "wrong"),
        ("forward.mul + update.mul: {stated: 3*L*n**2, source: key}", "wrong"),
        ("forward.mul: {stated: L*n*n, source: key}", "agrees"),
        ("w@1: {stated: [[0.541], [0.852]], source: key}", "agrees"),
        ("w@1: {stated: [[0.540], [0.852]], source: key}", "cut off"),
        ("w@1: {stated: [[0.540], [0.853]], source: key}", "wrong"),
    ],
)
def test_published_answers_are_compared_to_the_digits_stated(stated: str, verdict: str) -> None:
    solution = judged(stated, ANSWERS, field="published")
    (p,) = solution.published
    assert (p.verdict, p.agrees) == (verdict, verdict == "agrees")
    assert len(disagreements(solution)) == (verdict == "wrong")
    assert solution.checks == ()


def test_what_is_cut_off_says_what_rounding_gives() -> None:
    published = {
        "n": "6.4e9", "third": "0.333", "w@1": "[[0.540], [0.852]]", "E": "0.025", "minus": "-0.9", "zero": "-0.00"
    }  # fmt: skip
    answers = {**ANSWERS, "minus": q(exact(-999, 1000)), "zero": q(exact(-9, 1000))}
    said = [
        judged(f"{k}: {{stated: {v}}}", answers, field="published").published[0].rounded for k, v in published.items()
    ]
    assert said == ["6.5e9", "", "[[0.541], [0.852]]", "0.026", "-1.0", "-0.01"]


def as_decimal(value: Fraction, places: int, exponent: int, rounding: str) -> str:
    """The value as a source writes it: so many places, cut or rounded there, with an exponent."""
    scaled = abs(value) / Fraction(10) ** exponent * 10**places
    whole = int(scaled) if rounding == "cut" else int(scaled + Fraction(1, 2))
    digits = str(whole).rjust(places + 1, "0")
    text = f"{digits[:-places]}.{digits[-places:]}" if places else digits
    return ("-" if value < 0 else "") + text + (f"e{exponent}" if exponent else "")


@settings(max_examples=400, deadline=None)
@given(
    st.one_of(
        st.fractions(-(10**7), 10**7, max_denominator=10**9),
        st.sampled_from([Fraction(999, 100), Fraction(-99951, 10**4), Fraction(150528), Fraction(6480242100)]),
        st.integers(1, 10**9).map(lambda n: 10**6 + Fraction(1, n)),
    ),
    st.integers(0, 6),
    st.integers(-8, 9),
    st.booleans(),
)
def test_nothing_right_is_wrong(value: Fraction, places: int, exponent: int, ball: bool) -> None:
    """Rounded at any digit it agrees; cut there it agrees or is cut off, and rounding gives what Python rounds it to."""
    from flint import arb, fmpq

    number = fmpq(value.numerator, value.denominator)
    with precision(200):
        answers = {"v": q(arb(number) if ball and value else number)}
    rounded, cut = (as_decimal(value, places, exponent, how) for how in ("round", "cut"))
    unit = Fraction(10) ** (exponent - places)
    if abs(value) < unit and (exponent or not places):
        return  # no digit of it is left: of that below
    (p,) = judged(f"v: {{stated: {rounded}}}", answers, field="published").published
    tie = abs(value) % unit == unit / 2
    assert p.verdict == "agrees" or (ball and tie and p.verdict in ("not decided", "cut off"))
    (p,) = judged(f"v: {{stated: {cut}}}", answers, field="published").published
    if not tie:
        assert p.verdict == ("agrees" if abs(value) % unit <= unit / 2 else "cut off")
    assert p.verdict != "wrong"
    if p.verdict == "cut off":
        assert Fraction(p.rounded) == Fraction(rounded)
    wrong = as_decimal(value + (2 if value >= 0 else -2) * unit, places, exponent, "round")
    holds_places = "." not in wrong and "e" not in wrong and wrong.endswith("0")  # 150530 for 150528 is rounded
    if not tie and not holds_places:
        (p,) = judged(f"v: {{stated: {wrong}}}", answers, field="published").published
        assert p.verdict == "wrong"


@pytest.mark.parametrize(
    ("value", "stated", "verdict"),
    [
        (237, "240", "wrong"), (183, "200", "wrong"), (1010, "1000", "wrong"),
        (1792, "1790", "agrees"), (5376, "5400", "agrees"), (150_528, "150000", "agrees"), (-5376, "-5400", "agrees"),
        (157_000, "150000", "cut off"), (-5376, "-5300", "cut off"), (1792, "1780", "wrong"), (5376, "5200", "wrong"),
        (1792, "1790.0", "wrong"), (1795, "1791", "wrong"), (1795, "1.790e3", "wrong"),
    ],
)  # fmt: skip
def test_zeros_at_the_end_of_a_published_number_may_hold_places(value: int, stated: str, verdict: str) -> None:
    (p,) = judged(f"v: {{stated: {stated}}}", {"v": q(value)}, field="published").published
    assert p.verdict == verdict
    assert bool(p.how) == (verdict == "agrees")
    assert judged(f"v: {stated}", {"v": q(value)}).checks[0].ok is False


def test_domains_of_identities_are_heeded() -> None:
    """sqrt(x**2) is x only where x is positive."""
    answers = {"f": parse("sqrt(x**2)")}
    line = Identity(parse("f"), parse("sqrt(x**2)"), {"x": "positive"}, key=Ref("f"))
    assert failures(judged("f: x", answers, line)) == []
    assert len(failures(judged("f: x", answers))) == 1


# ---------------------------------------------------------------- parts


@pytest.mark.parametrize(
    ("text", "value", "half", "digits"),
    [
        ("6.4e9", 6_400_000_000, 50_000_000, 2),
        ("0.025538", Fraction(25538, 10**6), Fraction(1, 2 * 10**6), 5),
        ("-1.50", Fraction(-3, 2), Fraction(1, 200), 3),
        ("6_480", 6480, Fraction(1, 2), 4),
        ("1e-3", Fraction(1, 1000), Fraction(1, 2000), 1),
        (".5", Fraction(1, 2), Fraction(1, 20), 1),
    ],
)
def test_what_is_typed(text: str, value: Any, half: Any, digits: int) -> None:
    found = typed(text)
    assert found is not None and found[:3] == (value, half, digits)


@pytest.mark.parametrize("text", ["", "x", "1/3", "sqrt(5)", "1e", ".", "-", "1e99999", "0x10"])
def test_what_is_no_decimal(text: str) -> None:
    assert typed(text) is None


def test_intervals_hold_their_numbers() -> None:
    assert interval(3) == (3, 3)
    assert interval(exact(1, 3)) == (Fraction(1, 3), Fraction(1, 3))
    assert interval(0.1) == (Fraction(0.1), Fraction(0.1))
    low, high = interval(root_of_two())
    assert low**2 < 2 < high**2 and high - low < Fraction(1, 10**30)


def test_elements_and_shapes() -> None:
    nested = ((1, 2, 3), (4, 5, 6))
    assert list(elements(nested)) == [(1, 1), (1, 2), (1, 3), (2, 1), (2, 2), (2, 3)]
    assert shape_of(list(elements(nested))) == "(2, 3)"
    assert written(tuple(q(n) for n in range(20))) == "[0, 1, 2, 3, 4, 5, …, 18, 19]"


def test_look_up_of_an_expression_of_numbers_is_exact() -> None:
    answers = {k: Answer(v) for k, v in ANSWERS.items()}
    assert look_up("third*3", answers).value == 1
    with pytest.raises(BadKey):
        look_up("third*jac", answers)


@pytest.mark.parametrize(
    ("a", "b", "equal"),
    [
        ("(x + y)**2", "x**2 + 2*x*y + y**2", True),
        ("relu(x)", "x", False),
        ("relu(x)", "max(x, 0)", True),
        ("abs(x)", "-x", False),
        ("floor(n/2)", "n/2", False),
        ("Sum(z[j], j, 1, C)", "Sum(z[m], m, 1, C)", True),
        ("Sum(z[j], j, 1, C)", "Sum(z[j], j, 2, C) + z[1]", True),
        ("delta(i, k) - p[k]", "delta(k, i) - p[k]", True),
        ("delta(i, k) - p[k]", "-p[k]", False),
        ("log(exp(x))", "x", True),
        ("sin(x)**2 + cos(x)**2", "1", True),
        ("sigmoid(x)", "1/(1 + exp(-x))", True),
        ("x + 1/10**15", "x", False),
        ("relu6(x)", "relu(x)", False),
        ("hard_sigmoid(x)", "(x + 3)/6", False),
        ("exp(x)**n", "exp(n*x)", True),
        ("gelu(x)", "x*(1 + erf(x/sqrt(2)))/2", True),
        ("normal_pdf(x)", "exp(-x**2/2)/sqrt(2*pi)", True),
        ("e**x", "exp(x)", True),
        ("sqrt(6/(n + C))", "sqrt(3*2/(C + n))", True),
        ("3*L*n**2 + 2*L*n", "(3*L - 1)*n**2 + 3*L*n", False),
        ("floor((n + 1)/2)", "ceil(n/2)", True),
    ],
)
def test_equal_for_all_values(a: str, b: str, equal: bool) -> None:
    free = {"i": "index", "k": "index", "n": "size", "C": "size"}
    assert equal_for_all(parse(a), parse(b), free).equal is equal


def test_a_letter_that_the_problem_has_not_is_named() -> None:
    verdict = compare("2*b*x", parse("2*b*x"), parse("2*a*x"), lambda: {"x": "real"}, None)
    assert verdict.ok is False and verdict.difference == "`b` is no name of this problem"
    verdict = compare("", parse("Sum(x[m], m, 2, C)"), parse("Sum(x[j], j, 1, C)"), lambda: {"C": "size"}, None)
    assert verdict.ok is False and verdict.difference.startswith("for ")


def test_sympy_is_asked_where_points_agree_and_can_contradict(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwsolve.formula.equality import by_sympy

    asked: list[Any] = []
    monkeypatch.setattr(by_sympy, "vanishes", lambda f, domains: bool(asked.append(f)))
    assert equal_for_all(parse("sin(x + y)"), parse("sin(x)*cos(y) + cos(x)*sin(y)"), {}).equal is None
    assert len(asked) == 1
    assert equal_for_all(parse("(x + y)*n"), parse("n*x + y*n"), {}).proven  # one normal form
    assert equal_for_all(parse("sin(x)"), parse("x"), {}).equal is False  # a point is a proof
    assert len(asked) == 1


@pytest.mark.parametrize(
    ("difference", "zero"),
    [
        ("sin(x)**2 + cos(x)**2 - 1", True),
        ("(x + y)**2 - x**2 - 2*x*y - y**2", True),
        ("sqrt(n**2) - n", True),
        ("sin(x)**2 + cos(x)**2", False),
        ("sin(x) - x", None),
        ("relu(x) - x", None),
    ],
)
def test_what_sympy_says_of_a_difference(difference: str, zero: bool | None) -> None:
    assert vanishes(parse(difference), {"n": "size"}) is zero


def test_what_can_be_evaluated_nowhere_is_not_decided() -> None:
    assert equal_for_all(parse("log(-1 - x**2)"), parse("x"), {}).equal is None


def test_what_is_expected_of_an_irrational_value_is_told_apart_far_behind_the_digits_that_are_printed() -> None:
    """Digits by mpmath; a constant that is not proven equal agrees to so many digits."""
    import mpmath

    import hwsolve

    text = "kind: derivative\nfunction: exp(x)\nat: [{{x: 1}}]\nexpect: {{d1_at: ['{}']}}\n"
    with mpmath.workdps(400):
        for digits in (30, 45, 90, 300):
            right = mpmath.nstr(mpmath.e, digits)
            assert hwsolve.solve(text.format(right)).checks[0].ok
            last = "1" if right[-1] != "1" else "3"
            assert not hwsolve.solve(text.format(right[:-3] + last * 3)).checks[0].ok
    for power in (20, 40, 100, 900):
        assert not hwsolve.solve(text.format(f"exp(1) + 1/10**{power}")).checks[0].ok
    (check,) = hwsolve.solve(text.format("exp(1/2)**2")).checks
    assert check.ok and "significant digits" in str(check.how)


@pytest.mark.parametrize("field", ["expect", "published"])
@given(
    pairs=st.lists(
        st.tuples(st.integers(-99, 99), st.integers(-49, 49).map(lambda n: 2 * n + 1)), min_size=1, max_size=6
    )
)
@settings(max_examples=40, deadline=None)
def test_what_differs_is_said_with_the_first_element_and_the_distance(field: str, pairs: list[tuple[int, int]]) -> None:
    """For lists of whole numbers, stated to the last digit."""
    stated = [b for _, b in pairs]
    text = f"y: {stated}" if field == "expect" else f"y: {{stated: {stated}, source: key}}"
    solution = judged(text, {"y": tuple(q(a) for a, _ in pairs)}, field=field)
    wrong = [k for k, (a, b) in enumerate(pairs) if a != b]
    assert not wrong or missed(solution) is not None
    rows = [] if not wrong else [str(row[3]) for row in missed(solution).rows]  # type: ignore[union-attr]
    off = [f"the computed value is {abs(a - b)} {'less' if a < b else 'more'}" for a, b in pairs if a != b]
    if field == "expect":  # a row for each
        assert rows == off
    elif wrong:
        a, b = pairs[wrong[0]]
        said = f"{len(wrong)} of {len(pairs)} elements differ; y[{wrong[0] + 1}] is {a}, not {b} ({off[0]})"
        assert rows == [f"✗ {said if len(pairs) > 1 else off[0]}"]


@pytest.mark.parametrize("field", ["expect", "published"])
@pytest.mark.parametrize(
    ("stated", "why"),
    [
        ("E: {v: 0.03, t: 1e-9}", "the computed value is 0.00446 less"),
        ("w@1: {v: [0.54068, 0.85198]}", "the shape is (2, 1), not (2)"),
        ("d1: {v: sigmoid(x)}", "for x = "),
        ("d1: {v: sigmoid(u)}", "`u` is no name of this problem"),
    ],
)
def test_no_failure_stands_without_its_reason(field: str, stated: str, why: str) -> None:
    value = stated.replace("t:", "tolerance:").replace("v:", "value:" if field == "expect" else "stated:")
    table = missed(judged(value, ANSWERS, field=field))
    assert table is not None and why in str(table.rows[0][3])


def verdicts(stated: str, value: str) -> tuple[bool, str]:
    """What is said of a statement about a value, as an expectation and as an answer that was published."""
    about = {"expect": {"y": stated}, "published": {"y": {"stated": stated, "source": "a book"}}}
    made = hwsolve.solve({"kind": "worksheet", "given": {"a": value}, "define": {"y": "a*1"}} | about)
    return made.checks[0].ok, made.published[0].verdict


@pytest.mark.parametrize("stated", ["0", "1", "-1", "0e0", "1e0"])
@pytest.mark.parametrize("value", ["0.5", "0.3", "0.04", "0.94", "0.96", "0.9996", "-0.5", "-0.97", "-0.2"])
def test_a_whole_number_says_something_of_a_value_below_one_or_does_not_agree(stated: str, value: str) -> None:
    """Rounded to whole numbers 0.5 is 1 and 0.3 is 0, of which no digit is the value's; 0.96 has 1 as its first."""
    first_digit = Decimal(f"{float(value):.0e}")
    ok, verdict = verdicts(stated, value)
    assert ok == (first_digit == Decimal(stated))
    assert verdict == ("agrees" if ok else "wrong")


@pytest.mark.parametrize(
    ("stated", "value"),
    [
        ("3", "3.4"),
        ("10", "9.6"),
        ("0", "0"),
        ("0.0", "0.04"),
        ("0.1", "0.06"),
        ("0.000", "0.0004"),
        ("1e-3", "0.00096"),
    ],
)
def test_a_value_rounded_to_its_last_place_agrees(stated: str, value: str) -> None:
    assert verdicts(stated, value) == (True, "agrees")


def test_noise_of_float64_is_0() -> None:
    spec = {"kind": "worksheet", "given": {"a": "0.1", "b": "0.2", "c": "0.3"}, "define": {"y": "a + b - c"}}
    assert hwsolve.solve(spec | {"numbers": "float64", "expect": {"y": 0}}).checks[0].ok
