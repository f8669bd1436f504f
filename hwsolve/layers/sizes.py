"""The arithmetic of sizes: whole numbers, or formulas where a spec has names."""

from __future__ import annotations

from collections.abc import Iterable
from math import gcd

from hwsolve.formula.tree import Call, Formula, Number, call, formula

Size = int | Formula


def simplified(size: Size) -> Size:
    """A size with names in its canonical form, an int where no name is left; an int as it is."""
    if isinstance(size, int):
        return size
    from hwsolve.formula.simplify.polynomial import canonical

    plain = canonical(size)
    return plain.numerator if isinstance(plain, Number) and plain.denominator == 1 else plain


def product(sizes: Iterable[Size]) -> Size:
    """The product of sizes, 1 for none."""
    number, named = 1, []
    for size in sizes:
        if isinstance(size, int):
            number *= size
        else:
            named.append(size)
    if not named or number == 0:
        return number
    factors = (formula(number), *named) if number != 1 else tuple(named)
    return simplified(Call("*", factors) if len(factors) > 1 else factors[0])


def total(sizes: Iterable[Size]) -> Size:
    """The sum of sizes, 0 for none."""
    number, named = 0, []
    for size in sizes:
        if isinstance(size, int):
            number += size
        else:
            named.append(size)
    if not named:
        return number
    terms = (*named, formula(number)) if number else tuple(named)
    return simplified(Call("+", terms) if len(terms) > 1 else terms[0])


def quotient(a: Size, b: Size) -> Size:
    """a / b without remainder; ints that do not divide are left as a fraction."""
    if isinstance(a, int) and isinstance(b, int) and b:
        if a % b == 0:
            return a // b
        common = gcd(a, b)
        return Number(a // common, b // common)
    return simplified(call("/", a, b))


def floor_quotient(a: Size, b: int | Formula) -> Size:
    """The floor of a / b."""
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    return simplified(call("floor", call("/", a, b)))


def is_whole(size: Size) -> bool:
    """Whether a size can be a number of things: no fraction of numbers is left in it."""
    return isinstance(size, int) or not isinstance(size, Number)
