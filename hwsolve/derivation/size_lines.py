"""Lines for counts and sizes: whole numbers of any length, or polynomials where sizes have names.

A line is made from a formula over named sizes and a result that was found another way; the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import prod
from typing import Any

from hwsolve.derivation.lines import Disagreement, chain, identity_line, value_line
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, formula, references, substitute
from hwsolve.language import say
from hwsolve.solution import Line, Quantity, Text

Size = int | Formula
Sizes = Mapping[str, Size]
Slot = tuple[str, str]  # a type of layer, and which of its counts
parsed = lru_cache(maxsize=None)(parse)


def size_value(size: Size) -> Quantity | Formula:
    """A size as an answer: a number as it is printed, or its formula."""
    return whole_number(size) if isinstance(size, int) else size


def whole_number(n: int) -> Quantity:
    """A whole number as it is printed."""
    text = str(n)
    return Quantity(n, text, "=", text)


def counted(
    key: Ref, text: str, sizes: Sizes, result: Size, rule: Text = "", aside: bool = False, of: Slot | None = None
) -> Line:
    """The line of a formula text: as it is, with the sizes put in, and its value."""
    schematic, put_in, value = filled(text, tuple(sizes.items()))
    if value is None or not isinstance(result, int):
        return equal(key, put_in, result, rule, aside)
    if value != result:
        raise Disagreement(f"{key.name}: {text} is {value}, counted {result}")
    return number_line(key, put_in, result, (schematic, put_in), rule, aside, of, "formula")


def number_line(
    key: Ref,
    f: Formula,
    n: int,
    shown: tuple[Formula, ...] = (),
    rule: Text = "",
    aside: bool = False,
    of: Slot | None = None,
    how: str = "",
) -> Line:
    """`key = shown… = n`, where `f` can be evaluated."""
    origin = None if of is None else (*of, how)
    return value_line(key, f, whole_number(n), chain(*shown, exact=True), rule, origin=origin, aside=aside)


@lru_cache(maxsize=512)
def filled(text: str, sizes: tuple[tuple[str, Size], ...]) -> tuple[Formula, Formula, Any]:
    """A formula text as it is, with sizes put in, and its value; None where a size is a name."""
    schematic, known = parsed(text), dict(sizes)
    for size in known.values():
        if not isinstance(size, int):
            return schematic, substitute(schematic, {name: formula(size) for name, size in sizes}), None
    return schematic, *worked(schematic, known)


def worked(f: Formula, known: Mapping[str, Any]) -> tuple[Formula, Any]:
    """A formula with whole numbers put in, and its value, in one walk where it is made of sums and products."""
    if type(f) is Ref and not f.indices:
        return Number(known[f.name]), known[f.name]
    if type(f) is Number and f.denominator == 1:
        return f, f.numerator
    if type(f) is Call and (operation := WALKED.get(f.name)) is not None:
        args, values = zip(*[worked(part, known) for part in f.args], strict=True)
        return Call(f.name, args), operation(values)
    put_in = substitute(f, {name: Number(size) for name, size in known.items()})
    return put_in, evaluate(f, lambda name, _: known[name])


WALKED: dict[str, Callable[[tuple[Any, ...]], Any]] = {"+": sum, "*": prod}


def equal(
    key: Ref, f: Formula, result: Size, rule: Text = "", aside: bool = False, of: Slot | None = None, how: str = ""
) -> Line:
    """An identity of a formula over named sizes and its canonical form, once the formula where both are the same."""
    from hwsolve.formula.simplify.polynomial import canonical

    if canonical(f) != formula(result):
        raise Disagreement(f"{key.name}: {f} is {canonical(f)}, counted {result}")
    if isinstance(result, int):
        return number_line(key, Number(result), result, (), rule, aside, of, how)
    if binary(f) == binary(result):
        return restated(key, f, (f,), rule, aside)
    return identity_line(f, result, free_sizes(f, result), rule, key=key, aside=aside)


def restated(key: Ref, f: Formula, shown: tuple[Formula, ...], rule: Text, aside: bool) -> Line:
    """The line of a size that no formula changes."""
    return identity_line(Call("*", (ONE, f)), f, free_sizes(f), rule, key=key, aside=aside, shown=shown)


def free_sizes(*formulas: Formula) -> dict[str, str]:
    """The names in formulas of sizes, for all values of which a line holds."""
    return dict.fromkeys(sorted({r.name for f in formulas for r in references(f)}), "size")


def by_keys(
    key: Ref,
    f: Formula,
    numbers: Formula,
    result: Size,
    rule: Text = "",
    aside: bool = False,
    of: Slot | None = None,
    how: str = "formula",
    seen: bool = True,
) -> Line:
    """The line of a formula over keys; `numbers` is the same over their values, and the one that holds for names.

    `seen`: whether a reader sees the numbers too.
    """
    if not isinstance(result, int) or next(references(numbers), None) is not None:
        return equal(key, numbers, result, rule, aside, of, how)
    value = worked(numbers, {})[1]
    if value != result:
        raise Disagreement(f"{key.name}: {numbers} is {value}, counted {result}")
    return number_line(key, f, result, (numbers,) if seen else (), rule, aside, of, how)


def same(key: Ref, other: Ref, size: Size, rule: Text = "", aside: bool = True, of: Slot | None = None) -> Line:
    """A count that is that of another key."""
    if isinstance(size, int):
        return number_line(key, other, size, (), rule, aside, of, "same")
    return restated(key, size, (other, size), rule, aside)


def frozen(key: Ref, other: Ref, size: Size, of: Slot | None = None) -> Line:
    """None of the parameters of another key."""
    f = Call("*", (ZERO, other)) if isinstance(size, int) else ZERO
    return number_line(key, f, 0, (), say("frozen"), False, of, "frozen")


def stated(key: Ref, size: Size, aside: bool = True, of: Slot | None = None) -> Line:
    """A count that is known from elsewhere, as a setting says it."""
    if isinstance(size, int):
        return number_line(key, Number(size), size, (), "", aside, of, "stated")
    return equal(key, size, size, "", aside)


def binary(f: Formula) -> Formula:
    """The formula with two arguments to each sign, the left ones first: what a reader of its text sees."""
    if not isinstance(f, Call):
        return f
    args = [binary(a) for a in f.args]
    if f.name not in ("+", "*") or len(args) < 3:
        return Call(f.name, tuple(args))
    folded = args[0]
    for a in args[1:]:
        folded = Call(f.name, (folded, a))
    return folded


MOST_TERMS = 200  # of a sum in one line
MOST_SHOWN = 30  # terms that a reader sees written out


def summed(
    key: Ref,
    terms: list[tuple[Size, Ref, Size]],
    result: Size,
    rule: Text = "",
    aside: bool = False,
    of: Slot | None = None,
) -> list[Line]:
    """The lines of a sum of (times, key, value): one, or partial sums before it where there are very many terms."""
    lines: list[Line] = []
    if len(terms) > MOST_TERMS and all([type(n) is int and type(v) is int for n, _, v in terms]):
        chunks = [terms[k : k + MOST_TERMS] for k in range(0, len(terms), MOST_TERMS)]
        terms = []
        for number, chunk in enumerate(chunks, 1):
            part, subtotal = Ref(f"{key.name}.part{number}"), sum([n * v for n, _, v in chunk])
            lines += summed(part, chunk, subtotal, aside=True)
            terms.append((1, part, subtotal))
    keys = added([times(n, k) for n, k, _ in terms])
    numbers = added([times(n, formula(v)) for n, _, v in terms])
    return [*lines, by_keys(key, keys, numbers, result, rule, aside, of, "sum", len(terms) <= MOST_SHOWN)]


def times(n: Size, f: Formula) -> Formula:
    """n times f."""
    return f if n == 1 else Call("*", (formula(n), f))


def multiplied(factors: list[Formula]) -> Formula:
    """The product of any number of factors."""
    return factors[0] if len(factors) == 1 else Call("*", tuple(factors)) if factors else ONE


def added(terms: list[Formula]) -> Formula:
    """The sum of one or more terms."""
    return terms[0] if len(terms) == 1 else Call("+", tuple(terms))
