"""The shortest of the forms in which a derivative can be written: factored, multiplied out, softmax by its name."""

from __future__ import annotations

from collections.abc import Sequence

from hwsolve.formula.simplify.division import divided, divisors
from hwsolve.formula.simplify.powers import ordered
from hwsolve.formula.simplify.simplify import expand, factored, simplify, size, together
from hwsolve.formula.simplify.terms import addends, term_of, written
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, children, transform
from hwsolve.formula.vectors import compact

LONGEST = 400  # nodes above which a formula is left as it is


def cost(f: Formula) -> int:
    """How much there is to read: names, numbers, functions and operators; softmax(x)[i] counts as one name."""
    match f:
        case Call("element", _):
            return 2
        case Ref(_, indices):
            return 1 + sum(1 for _ in indices) // 2
        case Number(_, denominator):
            return 1 if denominator == 1 else 2
        case Call("**", (base, exponent)):
            return 1 + cost(base) + (1 if isinstance(exponent, Number) else cost(exponent))
        case Call("/", (above, below)):
            return 2 + cost(above) + cost(below)
        case Call("+" | "*", args):
            return len(args) - 1 + sum(cost(a) for a in args)
        case BigOperator(_, body, _, low, high):
            return 2 + cost(body) + (cost(low) + cost(high)) // 2
    return 1 + sum(cost(c) for c in children(f))


def textbook(f: Formula) -> Formula:
    """The form with the least to read; the earliest of those that have as little."""
    if size(f) > LONGEST:
        return f
    return alphabetical(min(forms(f), key=cost))


def alphabetical(f: Formula) -> Formula:
    """Names in a product in the order of the alphabet: 2·y·x is 2·x·y."""
    match f:
        case Call("*", args):
            names = sorted((a for a in args if name_of(a)), key=name_of)
            return Call("*", tuple(names.pop(0) if name_of(a) else alphabetical(a) for a in args))
        case Call("+" | "-" | "/" | "neg" | "if", args):
            return Call(f.name, tuple(alphabetical(a) for a in args))
    return f


def name_of(f: Formula) -> str:
    """The name of a quantity without indices, or of its power."""
    base = f.args[0] if isinstance(f, Call) and f.name == "**" else f
    return base.name if isinstance(base, Ref) and not base.indices else ""


def forms(f: Formula) -> list[Formula]:
    """Equal forms of a formula."""
    tidy = simplify(f)
    multiplied = expand(tidy)
    named = compact(multiplied)
    out = [f, tidy, factored(tidy), ordered(multiplied), together(tidy), multiplied, factored(multiplied)]
    out += [named, factored(named)]
    by: Sequence[Formula] = divisors(tidy)
    short = [shortened(x, sums) for sums in ((), by)[: 1 + bool(by)] for x in dict.fromkeys(out)]
    last = [form for x in dict.fromkeys(short) for form in (x, factored(x), compact(x))]
    return [*dict.fromkeys([*out, *last])]


def shortened(f: Formula, by: Sequence[Formula] = ()) -> Formula:
    """Each sum inside in its shortest form, maybe as a multiple of others; a polynomial in one name stays one."""

    def change(node: Formula) -> Formula:
        if isinstance(node, Call) and node.name in ("+", "-"):
            multiplied = expand(node)
            polynomial = ordered(multiplied)
            bases = {base for t in addends(multiplied) for base, _ in t.factors}
            if len(bases) == 1 and isinstance(next(iter(bases)), Ref):
                return node if set(addends(node)) == set(addends(multiplied)) else polynomial
            if len(bases) == 1:
                return min((node, factored(node), polynomial, divided(multiplied, by)), key=cost)
            whole = factored(multiplied), together(node), divided(multiplied, by)
            return min((node, factored(node), polynomial, *whole), key=cost)
        if isinstance(node, Call) and node.name in ("*", "/", "neg", "**"):
            return min((written(term_of(node)), node), key=cost)
        return node

    return transform(f, change)
