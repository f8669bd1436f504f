"""Lines for counts and sizes: whole numbers of any length, or polynomials where sizes have names.

A line is made from a formula over named sizes and a result that was found another way; the two must agree.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from math import prod
from typing import Any, Unpack

from hwsolve.derivation.lines import Disagreement, More, binary, chain, identity_line, value_line
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, Call, Formula, Number, Ref, formula, references, substitute
from hwsolve.solution import Line, Quantity, Stage, Text, Value

Size = int | Formula
Sizes = Mapping[str, Size]
parsed = lru_cache(maxsize=None)(parse)


def size_value(size: Size) -> Quantity | Formula:
    """A size as an answer: a number as it is printed, or its formula."""
    return whole_number(size) if isinstance(size, int) else size


@lru_cache(maxsize=4096)
def whole_number(n: int) -> Quantity:
    """A whole number as it is printed."""
    text = str(n)
    return Quantity(n, text, "=", text)


def counted(key: Ref, text: str, sizes: Sizes, result: Size, **more: Unpack[More]) -> Line:
    """The line of a formula text: as it is, with the sizes put in, and its value."""
    stages, put_in, value = filled(text, tuple(sizes.items()))
    if value is None:
        return equal(key, put_in, result, **more)
    if not isinstance(result, int):
        return equal(key, put_in, result, (parsed(text),), **more)
    if value != result:
        raise Disagreement(f"{key.name}: {text} is {value}, counted {result}")
    return value_line(key, put_in, whole_number(result), stages, **more)


@lru_cache(maxsize=512)
def filled(text: str, sizes: tuple[tuple[str, Size], ...]) -> tuple[tuple[Stage, ...], Formula, Any]:
    """A formula text as it is and with sizes put in, the latter, and its value; None where a size is a name."""
    schematic, known, read = parsed(text), dict(sizes), names_in(text)
    named = any([not isinstance(known[name], int) for name in read & known.keys()])
    if named or not read <= known.keys():
        return (), substitute(schematic, {name: formula(size) for name, size in sizes}), None
    put_in, value = worked(schematic, known)
    return chain(schematic, put_in, exact=True), put_in, value


@lru_cache(maxsize=512)
def names_in(text: str) -> frozenset[str]:
    """The names of a formula text."""
    return frozenset(ref.name for ref in references(parsed(text)))


def worked(f: Formula, known: Mapping[str, Any]) -> tuple[Formula, Any]:
    """A formula with whole numbers put in, and its value, in one walk where it is made of sums and products."""
    if type(f) is Ref and not f.indices:
        return Number(known[f.name]), known[f.name]
    if type(f) is Call and (operation := WALKED.get(f.name)) is not None:
        args, values = zip(*[worked(part, known) for part in f.args], strict=True)
        return Call(f.name, args), operation(values)
    put_in = substitute(f, {name: Number(size) for name, size in known.items()})
    return put_in, evaluate(f, lambda name, _: known[name])


def number_of(f: Formula) -> int | None:
    """The value of a sum or product of whole numbers; None where a name stands in it."""
    if type(f) is Number:
        return f.numerator
    if type(f) is not Call or f.name not in WALKED:
        return None
    values = [number_of(part) for part in f.args]
    return None if None in values else WALKED[f.name](values)


def difference(values: Iterable[Any]) -> Any:
    """The first of some numbers less the others."""
    first, *others = values
    return first - sum(others)


WALKED: dict[str, Callable[[Iterable[Any]], Any]] = {"+": sum, "*": prod, "-": difference, "max": max}


def by_keys(key: Ref, f: Formula, numbers: Formula, result: Size, seen: bool = True, **more: Unpack[More]) -> Line:
    """The line of a formula over keys; `numbers` is the same over their values, and the one that holds for names.

    `seen`: whether a reader sees the numbers too.
    """
    value = number_of(numbers)
    if value is None or not isinstance(result, int):
        return equal(key, numbers, result, **more)
    if value != result:
        raise Disagreement(f"{key.name}: {numbers} is {value}, counted {result}")
    return value_line(key, f, whole_number(result), (Stage("=", numbers),) if seen else (), **more)


def equal(key: Ref, f: Formula, result: Size, before: tuple[Formula, ...] = (), **more: Unpack[More]) -> Line:
    """An identity of a formula over named sizes and its canonical form, once the formula where both are the same.

    A reader sees what stands before it too.
    """
    from hwsolve.formula.notation.plain import plain

    agreed(key.name, f, result)
    if isinstance(result, int):
        return value_line(key, Number(result), whole_number(result), **more)
    if binary(f) == binary(result) or plain(f) == plain(result):
        return identity(key, Call("*", (ONE, f)), f, (*before, f), **more)
    return identity(key, f, result, (*before, f, result) if before else (), **more)


def agreed(name: str, f: Formula, result: Size) -> None:
    """Refuse a formula over named sizes that is another count; quotients of names have no form of their own."""
    from hwsolve.formula.simplify.polynomial import canonical

    if (found := canonical(f)) != formula(result):
        from hwsolve.formula.equality.equality import equal_for_all

        if not equal_for_all(found, formula(result), {}).equal:
            raise Disagreement(f"{name}: {f} is {found}, counted {result}")


def identity(key: Ref, lhs: Formula, rhs: Formula, shown: tuple[Formula, ...] = (), **more: Unpack[More]) -> Line:
    """A line that holds for all values of its sizes."""
    free = dict.fromkeys(sorted({r.name for f in (lhs, rhs) for r in references(f)}), "size")
    return identity_line(lhs, rhs, free, more.get("rule", ""), key, aside=more.get("aside", False), shown=shown)


def same(key: Ref, other: Ref, size: Size, **more: Unpack[More]) -> Line:
    """A count that is that of another key; it stands aside unless it is said to matter."""
    more.setdefault("aside", True)
    if isinstance(size, int):
        return value_line(key, other, whole_number(size), **more)
    return identity(key, Call("*", (ONE, size)), size, (other, size), **more)


def none_of(key: Ref, other: Ref, size: Size, why: Text) -> Line:
    """None of what another key counts."""
    none = Call("*", (ZERO, other)) if isinstance(size, int) else ZERO
    return value_line(key, none, whole_number(0), rule=why)


def stated(key: Ref, size: Size, **more: Unpack[More]) -> Line:
    """A count that is known from elsewhere, as a setting says it; it stands aside unless it is said to matter."""
    more.setdefault("aside", True)
    if isinstance(size, int):
        return value_line(key, Number(size), whole_number(size), **more)
    return equal(key, size, size, **more)


MOST_TERMS = 200  # of a sum in one line
MOST_SHOWN = 30  # terms that a reader sees written out


def summed(key: Ref, terms: list[tuple[Size, Ref, Size]], result: Size, **more: Unpack[More]) -> list[Line]:
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
    return [*lines, by_keys(key, keys, numbers, result, len(terms) <= MOST_SHOWN, **more)]


def largest(key: Ref, terms: list[tuple[Ref, int]], **more: Unpack[More]) -> list[Line]:
    """The lines of a maximum of (key, value): one, or partial ones before it where there are very many."""
    lines: list[Line] = []
    if len(terms) > MOST_TERMS:
        chunks = [terms[k : k + MOST_TERMS] for k in range(0, len(terms), MOST_TERMS)]
        terms = []
        for number, chunk in enumerate(chunks, 1):
            part = Ref(f"{key.name}.part{number}")
            lines += largest(part, chunk, aside=True)
            terms.append((part, max(value for _, value in chunk)))
    result = max(value for _, value in terms)
    if len(terms) == 1:
        return [*lines, same(key, terms[0][0], result, **more)]
    keys, numbers = (Call("max", tuple(parts)) for parts in zip(*((k, Number(v)) for k, v in terms), strict=True))
    return [*lines, by_keys(key, keys, numbers, result, len(terms) <= MOST_SHOWN, **more)]


def of_layer(lines: list[Line], type_: str, path: str = "") -> tuple[Line, ...]:
    """The lines of a layer, or of all, with their origins: its type, which count, and whether that is another's."""
    end = -len(path) - 1 if path else None
    made: list[Line] = []
    for x in lines:
        if type(x) is Value:
            origin = type_, x.key.name[:end], "same" if type(x.formula) is Ref else "formula"
            x = Value(x.key, x.formula, x.stages, x.quantity, x.rule, x.aside, x.found, origin)
        made.append(x)
    return tuple(made)


def times(n: Size, f: Formula) -> Formula:
    """n times f."""
    return f if n == 1 else Call("*", (formula(n), f))


def added(terms: list[Formula]) -> Formula:
    """The sum of one or more terms."""
    return terms[0] if len(terms) == 1 else Call("+", tuple(terms))


def multiplied(factors: list[Formula]) -> Formula:
    """The product of any number of factors."""
    return factors[0] if len(factors) == 1 else Call("*", tuple(factors)) if factors else ONE
