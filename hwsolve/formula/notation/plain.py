"""Plain text: `v[1,1]*x[1] + b@2`.  What is written here, `parse` reads back, and so does any reader of the JSON."""

from __future__ import annotations

from functools import lru_cache

from hwsolve.formula.notation.decimals import RECENT, WHOLE, decimal
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, written_name

COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)  # how strongly a formula's outermost operator binds


@lru_cache(maxsize=RECENT)
def plain(f: Formula) -> str:
    """The formula as text that can be evaluated."""
    return write(f)[0]


def write(f: Formula) -> tuple[str, int]:
    """The text and how strongly its outermost operator binds."""
    kind = type(f)
    if kind is Ref:
        return (reference(f), ATOM) if f.indices else (written_name(f.name), ATOM)  # type: ignore[attr-defined]
    if kind is Number:
        return number(f)  # type: ignore[arg-type]
    if kind is Call:
        writer = OPERATORS.get(f.name)  # type: ignore[attr-defined]
        return writer(f.args) if writer else called(f.name, f.args)  # type: ignore[attr-defined]
    assert isinstance(f, BigOperator)
    return f"{f.op}({plain(f.body)}, {f.index}, {plain(f.low)}, {plain(f.high)})", ATOM


@lru_cache(maxsize=16_384)  # every line of a large array names the same elements again
def reference(f: Ref) -> str:
    """`w@1[2,1]`."""
    return f"{written_name(f.name)}[{','.join([plain(i) for i in f.indices])}]"


def number(f: Number) -> tuple[str, int]:
    """A decimal, or a fraction."""
    if f.denominator == 1 and 0 <= f.numerator < WHOLE:
        return str(f.numerator), ATOM
    text = decimal(f.numerator, f.denominator)
    return text, PRODUCT if "/" in text else SIGN if f.numerator < 0 else ATOM


def within(f: Formula, least: int) -> str:
    """The text, in parentheses where its operator binds less than `least`."""
    text, level = write(f)
    return text if level >= least else f"({text})"


def sum_(args: tuple[Formula, ...]) -> tuple[str, int]:
    """a + b - c, the first sum in parentheses where it was a sum of its own."""
    first, *rest = args
    parts = [within(first, SUM + (1 if type(first) is Call and first.name == "+" else 0))]
    return " + ".join(parts + [behind(a) for a in rest]), SUM


def behind(f: Formula) -> str:
    """A term that does not stand first: no sign in front of it."""
    text = within(f, PRODUCT)
    return f"({text})" if text[0] == "-" else text


def difference(args: tuple[Formula, ...]) -> tuple[str, int]:
    """a - b."""
    left, right = args
    return f"{within(left, SUM)} - {behind(right)}", SUM


def product(args: tuple[Formula, ...]) -> tuple[str, int]:
    """a*b."""
    first, *rest = args
    parts = [within(first, PRODUCT + (1 if type(first) is Call and first.name == "*" else 0))]
    return "*".join(parts + [within(a, POWER) for a in rest]), PRODUCT


def quotient(args: tuple[Formula, ...]) -> tuple[str, int]:
    """a/b."""
    left, right = args
    return f"{within(left, PRODUCT)}/{within(right, POWER)}", PRODUCT


def matrix_product(args: tuple[Formula, ...]) -> tuple[str, int]:
    """a @ b."""
    left, right = args
    return f"{within(left, PRODUCT)} @ {within(right, POWER)}", PRODUCT


def marked(args: tuple[Formula, ...]) -> tuple[str, int]:
    """An array by its name alone."""
    return write(args[0])


def power(args: tuple[Formula, ...]) -> tuple[str, int]:
    """a**b."""
    base, exponent = args
    return f"{within(base, ATOM)}**{within(exponent, ATOM)}", POWER


def negative(args: tuple[Formula, ...]) -> tuple[str, int]:
    """-a."""
    literal = type(args[0]) is Number  # -(2) is the call, -2 the number
    return f"-{within(args[0], ATOM + 1 if literal else POWER)}", SIGN


def element(args: tuple[Formula, ...]) -> tuple[str, int]:
    """softmax(x)[i]."""
    return f"{within(args[0], ATOM)}[{','.join([plain(i) for i in args[1:]])}]", ATOM


def part(args: tuple[Formula, ...]) -> tuple[str, int]:
    """(q)[1] of a whole array."""
    return f"({plain(args[0])})[{','.join([plain(i) for i in args[1:]])}]", ATOM


def called(name: str, args: tuple[Formula, ...]) -> tuple[str, int]:
    """A comparison or a function."""
    if name in COMPARISONS:
        return f"{within(args[0], SUM)} {name} {within(args[1], SUM)}", COMPARISON
    return f"{'diff' if name == 'prime' else name}({', '.join([plain(a) for a in args])})", ATOM


def listed(args: tuple[Formula, ...]) -> tuple[str, int]:
    """[[1, 2], [3, 4]]."""
    return f"[{', '.join([plain(a) for a in args])}]", ATOM


COMPARISONS = frozenset(("==", "<", ">", "<=", ">="))
OPERATORS = {
    "+": sum_,
    "-": difference,
    "*": product,
    "/": quotient,
    "**": power,
    "neg": negative,
    "element": element,
    "part": part,
    "@": matrix_product,
    "whole": marked,
    "array": marked,
    "unit": marked,
    "form": marked,
    "[]": listed,
    "tuple": listed,
}
