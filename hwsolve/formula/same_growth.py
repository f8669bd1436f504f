"""Whether two formulas over sizes grow alike: each is at most a constant times the other, for all sizes from 1 on.

A sum of powers is at most a constant times another where each of its terms lies under a weighted geometric mean of the
other's: n·m ≤ (n² + m²)/2.  A logarithm counts as a power that is smaller than any other.
"""

from __future__ import annotations

from fractions import Fraction

from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref

Powers = frozenset[tuple[Formula, Fraction]]  # of a product: its factors, with their exponents
Terms = dict[Powers, Fraction]  # products with their numbers
MOST_POWER = 40  # of a sum that is multiplied out
MOST_TERMS = 400
SLOW = Fraction(1, 10**6)  # the exponent of x that a logarithm of x stands for
LOGARITHMS = ("log", "ln", "log2", "log10")
NONE: Powers = frozenset()


class NotKnown(Exception):
    """A formula whose growth is not known here."""


def bare(f: Formula) -> Formula:
    """What stands in O(…) or Θ(…)."""
    return f.args[0] if isinstance(f, Call) and f.name in ("O", "Theta", "Θ") and len(f.args) == 1 else f


def unbounded(f: Formula, g: Formula, constants: tuple[str, ...] = ()) -> Formula | None:
    """A term of f that outgrows all of g; None where f is at most a constant times g.  Raises NotKnown."""
    own, other = positive(terms(f, constants)), positive(terms(g, constants))
    letters = sorted({letter(x) for powers in (*own, *other) for x, _ in powers}, key=repr)
    points = [point(powers, letters) for powers in other]
    return next((written(powers) for powers in own if not lies_under(point(powers, letters), points)), None)


def terms(f: Formula, constants: tuple[str, ...]) -> Terms:
    """The products of powers that a formula is a sum of, up to constant factors within roots and logarithms."""
    match f:
        case Number(p, q):
            return {NONE: Fraction(p, q)} if p else {}
        case Ref(name, ()):
            return {NONE: Fraction(1)} if name in constants else {frozenset({(f, Fraction(1))}): Fraction(1)}
        case Call("+" | "max", args):
            return added([terms(a, constants) for a in args])
        case Call("-", (a, b)):
            return added([terms(a, constants), times(terms(b, constants), {NONE: Fraction(-1)})])
        case Call("neg", (a,)):
            return times(terms(a, constants), {NONE: Fraction(-1)})
        case Call("*", args):
            found: Terms = {NONE: Fraction(1)}
            for a in args:
                found = times(found, terms(a, constants))
            return found
        case Call("/", (a, b)):
            return times(terms(a, constants), power(terms(b, constants), Fraction(-1)))
        case Call("sqrt", (a,)):
            return power(terms(a, constants), Fraction(1, 2))
        case Call("**", (a, Number(p, q))):
            return power(terms(a, constants), Fraction(p, q))
        case Call("floor" | "ceil", (a,)):
            return terms(a, constants)
        case Call(name, (a, *_)) if name in LOGARITHMS:
            return logarithm(terms(a, constants))
    raise NotKnown


def added(parts: list[Terms]) -> Terms:
    """A sum."""
    found: Terms = {}
    for part in parts:
        for powers, number in part.items():
            found[powers] = found.get(powers, Fraction(0)) + number
    return {powers: number for powers, number in found.items() if number}


def times(a: Terms, b: Terms) -> Terms:
    """A product."""
    if len(a) * len(b) > MOST_TERMS:
        raise NotKnown
    return added([{together(p, q): m * n} for p, m in a.items() for q, n in b.items()])


def together(a: Powers, b: Powers) -> Powers:
    """A product of products."""
    found = dict(a)
    for x, n in b:
        found[x] = found.get(x, Fraction(0)) + n
    return frozenset((x, n) for x, n in found.items() if n)


def power(a: Terms, n: Fraction) -> Terms:
    """A power: a whole one multiplied out; a root of what is positive grows like the sum of the roots."""
    if len(a) == 1 and all(number > 0 for number in a.values()):
        return {frozenset((x, k * n) for x, k in powers if n): Fraction(1) for powers in a}
    if n.denominator == 1 and 0 <= n <= MOST_POWER:
        found: Terms = {NONE: Fraction(1)}
        for _ in range(int(n)):
            found = times(found, a)
        return found
    if n > 0 and a and all(number > 0 for number in a.values()):
        return {frozenset((x, k * n) for x, k in powers): Fraction(1) for powers in a}
    raise NotKnown


def logarithm(a: Terms) -> Terms:
    """The logarithm of a product of powers: the sum of those of its factors."""
    if len(a) != 1:
        raise NotKnown
    (powers,) = a
    if any(k <= 0 or not isinstance(x, Ref) for x, k in powers):
        raise NotKnown
    return {frozenset({(Call("log", (x,)), Fraction(1))}): Fraction(1) for x, _ in powers} or {NONE: Fraction(1)}


def positive(found: Terms) -> list[Powers]:
    """The terms with a positive number, where each of the others divides one of them and so does not matter."""
    kept = [powers for powers, number in found.items() if number > 0]
    for powers, number in found.items():
        if number < 0 and not any(divides(powers, other) for other in kept):
            raise NotKnown
    if not kept:
        raise NotKnown
    return kept


def divides(a: Powers, b: Powers) -> bool:
    """Whether b has every power that a has, and no more below a line."""
    own, other = dict(a), dict(b)
    return all(own.get(x, 0) <= other.get(x, 0) for x in {*own, *other})


def letter(factor: Formula) -> Formula:
    """The letter of a factor, which may be its logarithm."""
    return factor.args[0] if isinstance(factor, Call) else factor


def point(powers: Powers, letters: list[Formula]) -> list[Fraction]:
    """The exponents of letters; that of a logarithm is its letter's, and small."""
    found = dict.fromkeys(letters, Fraction(0))
    for x, n in powers:
        found[letter(x)] += n * SLOW if isinstance(x, Call) else n
    return list(found.values())


def written(powers: Powers) -> Formula:
    """A product of powers as a formula."""
    factors = [
        x if n == 1 else Call("**", (x, Number(n.numerator, n.denominator)))
        for x, n in sorted(powers, key=lambda one: repr(one[0]))
    ]
    return ONE if not factors else factors[0] if len(factors) == 1 else Call("*", tuple(factors))


# whether a point lies under the convex hull of others


def lies_under(target: list[Fraction], points: list[list[Fraction]]) -> bool:
    """Whether a mean of points with weights is at least the target in each coordinate: a linear program's phase one."""
    rows = [
        [*column, *[Fraction(-(i == k)) for i in range(len(target))]]
        for k, column in enumerate(zip(*points, strict=True))
    ]
    rows.append([Fraction(1)] * len(points) + [Fraction(0)] * len(target))
    ends = [*target, Fraction(1)]
    for k, end in enumerate(ends):
        if end < 0:
            rows[k], ends[k] = [-a for a in rows[k]], -end
    table = [[*row, *[Fraction(i == k) for i in range(len(rows))], ends[k]] for k, row in enumerate(rows)]
    basis = [len(rows[0]) + k for k in range(len(rows))]
    costs = [sum((row[j] for row in table), Fraction(0)) for j in range(len(rows[0]))]
    while (enters := next((j for j, cost in enumerate(costs) if cost > 0), None)) is not None:  # Bland: the first
        leaving = [(row[-1] / row[enters], basis[k], k) for k, row in enumerate(table) if row[enters] > 0]
        *_, k = min(leaving)
        pivot(table, k, enters)
        basis[k] = enters
        costs = [
            sum((row[j] for row, b in zip(table, basis, strict=True) if b >= len(costs)), Fraction(0))
            * (j not in basis)
            for j in range(len(costs))
        ]
    return all(row[-1] == 0 for row, b in zip(table, basis, strict=True) if b >= len(costs))


def pivot(table: list[list[Fraction]], k: int, j: int) -> None:
    """Make column j that of row k."""
    table[k] = [a / table[k][j] for a in table[k]]
    for i, row in enumerate(table):
        if i != k and row[j]:
            table[i] = [a - row[j] * b for a, b in zip(row, table[k], strict=True)]
