"""What a text means to a field: YAML 1.2 scalars, exact numbers, sizes, arrays, records."""

from __future__ import annotations

from decimal import Decimal as PythonDecimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Number, Ref
from hwsolve.spec.fields import (
    INVALID,
    Array,
    ArrayField,
    Choice,
    Count,
    CountField,
    Decimal,
    DecimalField,
    Field,
    Flag,
    FlagField,
    ListOf,
    MapOf,
    Nested,
    OneOf,
    PerAxis,
    Size,
    SizeField,
    SizeOrZero,
    Text,
    TextField,
    Word,
    WordField,
    field_of,
    read_record,
)
from hwsolve.spec.limits import MOST_TERMS, excessive
from hwsolve.spec.nodes import Node
from hwsolve.spec.read import documents
from hwsolve.spec.report import ROOT, Report


def node_of(text: str) -> tuple[Node, Report]:
    """The value behind `at: ` and the report that it belongs to."""
    report = Report("t.yaml", f"at: {text}\n")
    ((report, node),) = documents(report)
    assert report.ok, report.render()
    return node.entries["at"][1], report  # type: ignore[attr-defined]


def value(field: Any, text: str) -> Any:
    node, report = node_of(text)
    found = field_of(field).read(node, report, ROOT / "at")
    assert report.ok, report.render()
    return found


def error(field: Any, text: str) -> str:
    node, report = node_of(text)
    assert field_of(field).read(node, report, ROOT / "at") is INVALID
    assert not report.ok
    return report.render()


def rational(n: Any) -> Fraction:
    assert isinstance(n, Number)
    assert Fraction(n.numerator, n.denominator).denominator == n.denominator  # lowest terms
    return Fraction(n.numerator, n.denominator)


@pytest.mark.parametrize(
    "text, expected",
    [
        ("0.1", "1/10"), ("1e-3", "1/1000"), ("-2.5E+2", "-250"), ("010", "10"), (".5", "1/2"), ("5.", "5"), ("+3", "3"),
        ("6_480_242_100", "6480242100"), ("1_0.2_5", "41/4"), ("1/3", "1/3"), ("-4/6", "-2/3"), ("0x1F", "31"),
        ("0o17", "15"), ("'0.2'", "1/5"), ("-0", "0"), ("1e3", "1000"), ("0.1e1", "1"),
    ],
)  # fmt: skip
def test_a_number_is_what_was_typed(text: str, expected: str) -> None:
    assert rational(value(Decimal, text)) == Fraction(expected)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=None).filter(lambda d: abs(d.adjusted()) < 900))
@settings(max_examples=300, deadline=None)
def test_any_decimal_is_exact(number: PythonDecimal) -> None:
    assert rational(value(Decimal, str(number))) == Fraction(number)


@given(st.integers(), st.integers(min_value=1))
def test_any_fraction_is_exact(a: int, b: int) -> None:
    assert rational(value(Decimal, f"{a}/{b}")) == Fraction(a, b)


def test_a_formula_is_a_number_too() -> None:
    assert value(Decimal, "sqrt(5)") == Call("sqrt", (Number(5),))
    assert value(Decimal, "2*pi") == Call("*", (Number(2), Ref("pi")))
    assert value(DecimalField(names=True), "L*n**2") == Call("*", (Ref("L"), Call("**", (Ref("n"), Number(2)))))


@pytest.mark.parametrize(
    "text, part",
    [
        ("1:30", "got `1:30`"), ("no", "got `no`"), ("yes", "got `yes`"), (".inf", "finite"), (".nan", "finite"),
        ("", "got nothing"), ("~", "got nothing"), ("''", "got an empty text"), ("true", "got `true`"), ("1/0", "denominator is 0"),
        ("1e999999999", "exponent"), ("1__0", "1__0"), ("_1", "_1"), ("1_", "1_"), ("[1]", "got a list of 1"),
        ("{a: 1}", "got a mapping with `a`"), ("1 2", "1 2"), ("x", "got `x`"), ("2*x", "the name `x`"), ("2^3", "**"),
        ("9**9**9", "too large"), ("0.1.2", "0.1.2"), ("1e", "1e"), (".", "`.`"), ("12:30:45", "12:30:45"), ("1,5", "1,5"),
        ("Sum(j, j, 1, 10**9)", "too large"),
    ],
)  # fmt: skip
def test_what_is_no_number(text: str, part: str) -> None:
    assert part in error(Decimal, text)


def test_limits_of_digits() -> None:
    assert value(Count, "9" * 1000) == int("9" * 1000)
    assert value(Size, "9" * 1000) == int("9" * 1000)
    assert rational(value(Decimal, "0." + "3" * 999)) == Fraction("0." + "3" * 999)
    for field in (Count, Size, Decimal):
        assert "more than 1000 digits" in error(field, "9" * 1001)


def test_a_power_is_too_long_where_its_terms_are_too_many() -> None:
    """The terms of (a + b + c)ⁿ are counted one letter after the other: k of them hold what fewer held, in any number."""
    for letters in range(2, 6):
        held = [1]  # the terms of each degree in no letter, then in one more
        for _ in range(letters):
            held = [sum(held[: n + 1]) if n < len(held) else sum(held) for n in range(121)]
        for n in (2, 13, 20, 60, 100, 120):
            text = f"({' + '.join('abcde'[:letters])})**{n}"
            assert (excessive(parse(text)) is not None) == (held[n] > MOST_TERMS), text
    for text in ("-(1 - p)**gamma*log(p)", "(a + b + c + d + e)**n", "2**(n + 1)*(x + y)"):
        assert excessive(parse(text)) is None


@pytest.mark.parametrize("text, expected", [("true", True), ("True", True), ("FALSE", False), ("false", False)])
def test_flags(text: str, expected: bool) -> None:
    assert value(Flag, text) is expected


@pytest.mark.parametrize("text", ["no", "Yes", "off", "ON"])
def test_the_flags_of_yaml_1_1_are_text(text: str) -> None:
    assert value(Text, text) == text
    assert value(Word, text) == text
    assert f"`{text}` is text; write `" in error(Flag, text)


@pytest.mark.parametrize("text", ["1", "'true'", "ture", "", "[true]"])
def test_what_is_no_flag(text: str) -> None:
    assert "Expected `true` or `false`" in error(Flag, text)


def test_whole_numbers() -> None:
    assert value(Count, "010") == 10
    assert value(Count, "1_000") == 1000
    assert value(CountField(None), "-3") == -3
    for text in ("-1", "1.5", "x", "'3'", "1e3", "", "1:30"):
        assert "Expected a whole number of at least 0" in error(Count, text)
    assert "from 1 to 9" in error(CountField(1, 9), "10")


def test_sizes() -> None:
    assert value(Size, "160000") == 160000
    assert value(Size, "160_000") == 160000
    assert value(Size, "n") == Ref("n")
    assert value(Size, "3*n") == Call("*", (Number(3), Ref("n")))
    assert value(Size, "400*400") == 160000
    assert value(Size, "1e3") == 1000
    assert value(SizeOrZero, "0") == 0
    for text in ("0", "-1", "1.5", "1/2", "true", "no", "", "[1]", "w[1]", "sqrt(2)", "2-2", "3/(1-1)", "3 4"):
        assert "Expected a size" in error(Size, text), text
    assert "too large" in error(Size, "(n+1)**1000000")
    assert "more than 10,000 terms" in error(Size, "(a+b+c+d)**60")


def test_words_and_texts() -> None:
    assert value(Word, "α1") == "α1"
    for text in ("1a", "a-b", "a b", "true", "null", "''", "[a]"):
        assert "Expected a name" in error(Word, text)
    assert value(Text, "1:30") == "1:30"
    assert value(Text, "2.10") == "2.10"
    assert "Expected a text" in error(Text, "[a]")


def test_choices_name_the_nearest() -> None:
    field = Choice("fan_in", "fan_out", "average")
    assert value(field, "average") == "average"
    assert "Did you mean `fan_in`?" in error(field, "fan-in")
    assert "Expected one of `fan_in`, `fan_out`, `average`, got `7`." in error(field, "7")


def test_one_value_per_axis() -> None:
    assert value(PerAxis(2, Size), "3") == (3, 3)
    assert value(PerAxis(2, Size), "[3, n]") == (3, Ref("n"))
    assert "or a list of 2, got a list of 3" in error(PerAxis(2, Size), "[1, 2, 3]")
    assert "at[2]" in error(PerAxis(2, Size), "[1, 0]")


def test_alternatives() -> None:
    field = OneOf(Choice("same", "valid"), PerAxis(2, SizeOrZero))
    assert value(field, "same") == "same"
    assert value(field, "1") == (1, 1)
    assert value(field, "P") == (Ref("P"), Ref("P"))
    assert "Did you mean `same`?" in error(field, "sme")
    assert "`same`, `valid`, or a size" in error(field, "{a: 1}")


def test_lists_and_mappings() -> None:
    assert value(ListOf(Count), "[1, 2]") == (1, 2)
    assert value(ListOf(Count, single=True), "3") == (3,)
    assert "got `3`" in error(ListOf(Count), "3")
    assert "got an empty list" in error(ListOf(Count, minimum=1), "[]")
    assert value(MapOf(Flag), "{a: true, b: false}") == {"a": True, "b": False}
    both = error(MapOf(Flag), "{a: 1, b: 2}")
    assert "at.a" in both and "at.b" in both


def test_nested_lists() -> None:
    assert value(Nested(Word), "[[w1, w2], [w3, w4]]") == (("w1", "w2"), ("w3", "w4"))
    assert value(Nested(Word), "w") == "w"
    assert "at[2]" in error(Nested(Word), "[[a, b], [c]]")
    assert "single value" in error(Nested(Word), "[[a, b], c]")


def array(text: str) -> tuple[tuple[int, ...], list[Fraction]]:
    found = value(ArrayField(), text)
    assert isinstance(found, Array)
    return found.shape, [rational(n) for n in found.values]


@pytest.mark.parametrize(
    "text, shape, numbers",
    [
        ("0.5", (), "1/2"),
        ("[0.2, 1/3]", (2,), "1/5 1/3"),
        ("[[1, 2, 3], [4, 5, 6]]", (2, 3), "1 2 3 4 5 6"),
        ("[[[1]], [[2]]]", (2, 1, 1), "1 2"),
        ("{linspace: [-0.1, 0.5], shape: [2, 3]}", (2, 3), "-1/10 1/50 7/50 13/50 19/50 1/2"),
        ("{linspace: [3, 9], shape: 1}", (1,), "3"),
        ("{arange: 4}", (4,), "0 1 2 3"),
        ("{arange: 4, start: 1, step: -1/2, shape: [2, 2]}", (2, 2), "1 1/2 0 -1/2"),
        ("{zeros: [2, 2]}", (2, 2), "0 0 0 0"),
        ("{ones: 3}", (3,), "1 1 1"),
        ("{eye: 2}", (2, 2), "1 0 0 1"),
        ("{eye: [2, 3]}", (2, 3), "1 0 0 0 1 0"),
        ("{full: [1, 2], value: 0.1}", (1, 2), "1/10 1/10"),
    ],
)
def test_arrays(text: str, shape: tuple[int, ...], numbers: str) -> None:
    assert array(text) == (shape, [Fraction(n) for n in numbers.split()])


@given(st.fractions(max_denominator=50), st.fractions(max_denominator=50), st.integers(2, 12))
def test_linspace_is_evenly_spaced_between_its_ends(low: Fraction, high: Fraction, n: int) -> None:
    shape, numbers = array(f"{{linspace: [{low}, {high}], shape: {n}}}")
    assert shape == (n,) and numbers[0] == low and numbers[-1] == high
    assert {b - a for a, b in pairwise(numbers)} == {(high - low) / (n - 1)}


@pytest.mark.parametrize(
    "text, parts",
    [
        ("[[1, 2], [3]]", ["at[2]", "length 1", "first one has 2"]),
        ("[[1, 2], 3]", ["at[2]", "single value", "list of 2"]),
        ("[1, [2, 3]]", ["at[2]", "list of 2", "single value"]),
        ("[[1, [2]], [3, 4]]", ["at[1][2]"]),
        ("[]", ["an empty list"]),
        ("[[1, x], [no, 2]]", ["at[1][2]", "at[2][1]"]),
        ("{linspac: [0, 1]}", ["Did you mean `linspace`?"]),
        ("{linspace: [0, 1]}", ["`shape` is missing"]),
        ("{linspace: [0], shape: 2}", ["two numbers"]),
        ("{linspace: [0, sqrt(2)], shape: 2}", ["decimals or fractions"]),
        ("{arange: 4, shape: [2, 3]}", ["6 places for 4 values"]),
        ("{arange: 0}", ["from 1 to"]),
        ("{zeros: [100000, 100000]}", ["10,000,000,000 values is too big"]),
        ("{eye: [2, 2, 2]}", ["one or two sizes"]),
        ("{full: 2}", ["`value` is missing"]),
        ("{ones: 2, sahpe: 3}", ["Unknown key `sahpe`"]),
    ],
)
def test_wrong_arrays(text: str, parts: list[str]) -> None:
    shown = error(ArrayField(), text)
    for part in parts:
        assert part in shown


def test_an_array_that_aliases_blow_up_is_refused() -> None:
    lists = "1"
    for _ in range(7):
        lists = f"[{lists}, {lists}, {lists}, {lists}, {lists}, {lists}, {lists}, {lists}]"
    node, report = node_of("1")
    inner: Any = node
    from hwsolve.spec.nodes import Sequence

    for _ in range(60):
        inner = Sequence(1, 1, [inner, inner])
    for field in (ArrayField(), Nested(Word)):
        assert field.read(inner, report, ROOT) is INVALID
    assert "too big" in report.render()


class Kernel(msgspec.Struct, frozen=True, kw_only=True):
    """A window."""

    size: Size
    stride: Size = 1
    note: Text | None = None
    hidden: int = 0  # declares no field: not part of a spec


def record(text: str, positional: bool = True) -> Any:
    node, report = node_of(text)
    found = read_record(Kernel, node, report, ROOT / "at", positional)
    return found if report.ok else report.render()


def test_records() -> None:
    assert record("{size: 3, stride: n}") == Kernel(size=3, stride=Ref("n"))
    assert record("3") == Kernel(size=3)
    assert record("{size: 3, note: }") == Kernel(size=3)
    assert "Expected a mapping with `size`, `stride`, `note`." in record("3", positional=False)
    assert "`size` is missing: a size" in record("")
    assert "Unknown key `hidden`." in record("{size: 3, hidden: 1}")


def test_a_mistyped_key_is_not_missing_too() -> None:
    shown = record("{sizee: 3}")
    assert "Did you mean `size`?" in shown and "missing" not in shown


def test_a_scalar_with_spaces_around_is_itself() -> None:
    assert value(Decimal, "  0.5  ") == Number(1, 2)


@pytest.mark.parametrize(
    "field", [Flag, Text, Word, Count, Size, Decimal, ArrayField(), PerAxis(2, Size), ListOf(Count), MapOf(Flag)]
)
@given(data=st.recursive(st.text(max_size=8) | st.integers(), lambda s: st.lists(s, max_size=3), max_leaves=8))
@settings(max_examples=60, deadline=None)
def test_a_field_gives_a_value_or_a_note(field: Any, data: Any) -> None:
    import yaml

    for report, node in documents(Report("t.yaml", yaml.safe_dump({"at": data}, allow_unicode=True))):
        found = field_of(field).read(node.entries["at"][1], report, ROOT / "at")  # type: ignore[attr-defined]
        assert (found is INVALID) == (not report.ok)


def test_every_field_says_what_it_takes() -> None:
    for field in (FlagField, TextField, WordField, CountField, SizeField, DecimalField):
        assert issubclass(field, Field) and str(field().expected)
