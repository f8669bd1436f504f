"""Lines for counts and sizes: whole numbers of any length, or polynomials where sizes have names.

A line is made from a formula over named sizes and a result that was found another way; the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache
from math import prod
from typing import Any

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, formula, references, substitute
from hwsolve.language import Message
from hwsolve.layers.base import Size
from hwsolve.solution import Identity, Line, Quantity, Stage, Value

Sizes = Mapping[str, Size]
parsed = lru_cache(maxsize=None)(parse)


class Disagreement(AssertionError):
    """A count and its formula differ: a bug."""


def whole(n: int) -> Quantity:
    """A whole number as it is printed."""
    text = str(n)
    return Quantity(n, text, "=", text)


def size_value(size: Size) -> Quantity | Formula:
    """A size as an answer."""
    return whole(size) if isinstance(size, int) else size


def no_lone_number(f: Formula) -> Formula:
    """1*n for a number n, so that a line has a formula."""
    return Call("*", (ONE, f)) if type(f) is Number else f


def value_line(
    key: Ref, f: Formula, result: int, stages: tuple[Formula, ...], rule: Message | str = "", aside: bool = False
) -> Value:
    """`key = stages … = result`, where `f` can be evaluated."""
    if type(f) is Number:
        f = no_lone_number(f)
    return Value(key, f, tuple([Stage("=", s) for s in stages]), whole(result), rule, aside)


def counted(key: Ref, text: str, sizes: Sizes, result: Size, rule: Message | str = "", aside: bool = False) -> Line:
    """The line of a formula text: as it is, with the sizes put in, and its value."""
    schematic, put_in, value = filled(text, tuple(sizes.items()))
    if value is None or not isinstance(result, int):
        return equal(key, put_in, result, rule, aside)
    if value != result:
        raise Disagreement(f"{key.name}: {text} is {value}, counted {result}")
    stages = (schematic, put_in) if schematic != put_in else (put_in,)
    return value_line(key, put_in, result, stages, rule, aside)


@lru_cache(maxsize=512)
def filled(text: str, sizes: tuple[tuple[str, Size], ...]) -> tuple[Formula, Formula, Any]:
    """A formula text as it is, with sizes put in, and its value; None where a size is a name."""
    schematic, known = parsed(text), dict(sizes)
    named = any([not isinstance(size, int) for size in known.values()])
    if named or any(ref.name not in known for ref in references(schematic)):
        return schematic, substitute(schematic, {name: formula(size) for name, size in sizes}), None
    return schematic, *worked(schematic, known)


def worked(f: Formula, known: Mapping[str, Any]) -> tuple[Formula, Any]:
    """A formula with whole numbers put in, and its value, in one walk where it is made of sums and products."""
    if type(f) is Ref and not f.indices:
        return Number(known[f.name]), known[f.name]
    if type(f) is Call and (operation := WALKED.get(f.name)) is not None:
        args, values = zip(*[worked(part, known) for part in f.args], strict=True)
        return Call(f.name, args), operation(values)
    put_in = substitute(f, {name: Number(size) for name, size in known.items()})
    return put_in, evaluate(f, lambda name, _: known[name])


WALKED: dict[str, Callable[[tuple[Any, ...]], Any]] = {"+": sum, "*": prod}


def equal(key: Ref, f: Formula, result: Size, rule: Message | str = "", aside: bool = False) -> Line:
    """An identity of a formula over named sizes and its canonical form, once the formula where both are the same."""
    from hwsolve.formula.simplify.polynomial import canonical

    if canonical(f) != formula(result):
        raise Disagreement(f"{key.name}: {f} is {canonical(f)}, counted {result}")
    if isinstance(result, int):
        return value_line(key, Number(result), result, (), rule, aside)
    free = dict.fromkeys(sorted({r.name for r in references(f)} | {r.name for r in references(result)}), "size")
    if binary(f) == binary(result):
        return Identity(Call("*", (ONE, f)), f, free, rule, key, aside=aside, shown=(f,))
    return Identity(f, result, free, rule, key, aside=aside)


def same(key: Ref, other: Ref, size: Size, rule: Message | str = "", aside: bool = True) -> Line:
    """A count that is that of another key."""
    if isinstance(size, int):
        return value_line(key, other, size, (), rule, aside)
    free = dict.fromkeys(sorted({r.name for r in references(size)}), "size")
    return Identity(Call("*", (ONE, size)), size, free, rule, key, aside=aside, shown=(other, size))


def none_of(key: Ref, other: Ref, size: Size, why: Message | str) -> Line:
    """None of what another key counts."""
    return value_line(key, Call("*", (ZERO, other)) if isinstance(size, int) else ZERO, 0, (), why)


def stated(key: Ref, size: Size, aside: bool = True) -> Line:
    """A count that is known from elsewhere, as a setting says it."""
    return (
        value_line(key, Number(size), size, (), aside=aside)
        if isinstance(size, int)
        else equal(key, size, size, aside=aside)
    )


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
    key: Ref, terms: list[tuple[Size, Ref, Size]], result: Size, rule: Message | str = "", aside: bool = False
) -> list[Line]:
    """The lines of a sum of (times, key, value): one, or partial sums before it where there are very many terms."""
    if not isinstance(result, int) or any([type(n) is not int or type(v) is not int for n, _, v in terms]):
        parts = [formula(v) if n == 1 else Call("*", (formula(n), formula(v))) for n, _, v in terms]
        return [equal(key, parts[0] if len(parts) == 1 else Call("+", tuple(parts)), result, rule, aside)]
    lines: list[Line] = []
    if len(terms) > MOST_TERMS:
        chunks = [terms[k : k + MOST_TERMS] for k in range(0, len(terms), MOST_TERMS)]
        terms = []
        for number, chunk in enumerate(chunks, 1):
            part = Ref(f"{key.name}.part{number}")
            subtotal = sum([n * v for n, _, v in chunk])
            lines += summed(part, chunk, subtotal, aside=True)
            terms.append((1, part, subtotal))
    if sum([n * v for n, _, v in terms]) != result:
        raise Disagreement(f"{key.name}: the terms sum to another value than {result}")
    by_key = [k if n == 1 else Call("*", (formula(n), k)) for n, k, _ in terms]
    numbers = [formula(v) if n == 1 else Call("*", (formula(n), formula(v))) for n, _, v in terms]
    stages: tuple[Formula, ...] = ()
    if len(terms) <= MOST_SHOWN:
        stages = (numbers[0],) if len(terms) == 1 else (Call("+", tuple(numbers)),)
    f = by_key[0] if len(by_key) == 1 else Call("+", tuple(by_key))
    return [*lines, value_line(key, f, result, stages, rule, aside)]
