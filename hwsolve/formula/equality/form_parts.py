"""Parts of a formula in normal form: its sign, its factors and their powers, what a name is on a border, primes."""

from __future__ import annotations

from fractions import Fraction

from hwsolve.formula.equality.quotients import product, split
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, substitute, transform, walk

LARGEST_PRIME = 10_000


def exponent(factors: tuple[Formula, ...]) -> Formula | None:
    """The logarithm of a product of exponentials."""
    parts: list[Formula] = []
    for base, n in bases(factors).items():
        match base:
            case Call("exp", (u,)):
                parts.append(Call("*", (Number(*n.as_integer_ratio()), u)))
            case _:
                return None
    return Call("+", (ZERO, *parts))


def solved(form: Formula) -> tuple[Ref, Formula] | None:
    """A name and what it is where a form is 0: one that stands in one term alone, to the first power."""
    terms, _ = split(form)
    for n, (c, factors) in enumerate(terms):
        rest = [(-d / c, more) for k, (d, more) in enumerate(terms) if k != n]
        constant = bool(rest) and all(not more for _, more in rest)  # then no other factor of the term is 0
        for k, name in enumerate(factors if len(factors) == 1 or constant else ()):
            others = [*others_of(factors, k), *(x for _, more in rest for x in more)]
            if isinstance(name, Ref) and name.name != "pi" and not stands_in(name, [*others, *name.indices]):
                total: Formula = Call("+", (ZERO, *(product(d, more) for d, more in rest)))
                return name, Call("/", (total, product(Fraction(1), others_of(factors, k))))
    return None


def others_of(factors: tuple[Formula, ...], k: int) -> tuple[Formula, ...]:
    """The factors without one of them."""
    return (*factors[:k], *factors[k + 1 :])


def stands_in(name: Ref, formulas: list[Formula]) -> bool:
    """Whether a name is somewhere in formulas."""
    return any(name == node for f in formulas for node in walk(f))


def at_border(f: Formula, put: tuple[Ref, Formula]) -> Formula:
    """A formula with a meaning in the place of a name."""
    return transform(f, lambda node: put[1] if node == put[0] else node)


def renamed(f: BigOperator) -> BigOperator:
    """The index named by how many big operators stand below: the same wherever the operator stands."""
    height = max((int(n.index[1:]) for n in walk(f.body) if isinstance(n, BigOperator)), default=0)
    name = f"#{height + 1}"
    return BigOperator(f.op, substitute(f.body, {f.index: Ref(name)}), name, f.low, f.high)


def negative(f: Formula) -> bool:
    """Whether the first coefficient of a form is negative."""
    terms, _ = split(f)
    return bool(terms) and terms[0][0] < 0


def bases(factors: tuple[Formula, ...]) -> dict[Formula, Fraction]:
    """Factors as bases with their powers."""
    found: dict[Formula, Fraction] = {}
    for f in factors:
        match f:
            case Call("**", (base, Number(p, q))):
                found[base] = Fraction(p, q)
            case _:
                found[f] = Fraction(1)
    return found


def primes(number: Fraction) -> list[tuple[int, int]]:
    """The primes of a positive fraction with their powers; a large rest stays whole."""
    found: list[tuple[int, int]] = []
    for n, sign in ((number.numerator, 1), (number.denominator, -1)):
        p = 2
        while p * p <= n and p < LARGEST_PRIME:
            count = 0
            while n % p == 0:
                n, count = n // p, count + 1
            if count:
                found.append((p, sign * count))
            p += 1
        if n > 1:
            found.append((n, sign))
    return found


def prime_root(base: Formula, e: Fraction) -> Formula:
    """A power of what is not taken apart any further."""
    root = base if e.denominator == 1 else Call("root", (base, Number(e.denominator)))
    return Call("**", (root, Number(e.numerator)))


def choice(condition: Formula, then: Formula, other: Formula, brackets: bool) -> Formula:
    """A choice of two forms; with `brackets`, A if c, else 0, is a product with Iverson's bracket: A·[c].

    That is so for whatever A is given as a value where c does not hold; evaluated, it may be without one.
    """
    if then == other:
        return then
    if brackets and other == ZERO and not divides_by_choice(then):
        return Call("*", (then, Call("if", (condition, ONE, ZERO))))
    if brackets and then == ZERO and not divides_by_choice(other):
        return Call("*", (other, Call("if", (condition, ZERO, ONE))))
    return Call("if", (condition, then, other))


def divides_by_choice(f: Formula) -> bool:
    """Whether a choice stands below the line of a form, where a bracket before it would cancel with its own."""
    return any(isinstance(node, Call) and node.name == "if" for node in walk(split(f)[1]))
