"""More digits where rounded numbers cancel: 1 − 1.00000 would be 0, where 1 − 0.99999999999999999575 is meant, and
ln(1.00000) too."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from hwsolve.derivation.substitution import Insertion
from hwsolve.formula.tree import Call, Formula, Number, Ref, children, transform, walk
from hwsolve.graph.explain.masks import hidden
from hwsolve.numbers import Undecided
from hwsolve.quantities import put_in, quantity, small_fractions

LEFT = Fraction(1, 10**4)  # of the largest term, where less is left of a sum digits are missing
MORE = (12, 24, 48)  # digits
LOGARITHMS = ("log", "log2", "log10")
HIGHEST = 100  # exponent of a power that is worked out here


def numbers_for(writer: Any, f: Formula, value: Any) -> Insertion:
    """How numbers are put into a formula: to more digits where they cancel; none where too many are needed.

    Where the value is 0, no digits tell its terms apart; where a mask makes it 0, no number is needed.
    """
    return writer.relabel if hidden(writer, f) else with_enough(writer, f, value)  # the former is without numbers


def with_enough(writer: Any, f: Formula, value: Any) -> Insertion:
    """The same of a formula that no mask makes 0."""
    alone: Insertion = writer.relabel
    found: dict[Formula, Formula] = {}
    sums = [n for part in walk(f) if (n := difference(part)) is not None] if writer.exact else []
    for node in (node for node in sums if not (node == f and value == 0) and cancels(put(writer, node, {}))):
        known = apart(writer, node)
        if not known:
            return alone
        found |= known
    return (lambda node: found.get(node) or writer.number(node)) if found else writer.number


def difference(part: Formula) -> Call | None:
    """The sum whose digits a part of a formula needs: itself, or what a logarithm's argument has beyond 1."""
    match part:
        case Call("+" | "-"):
            return part
        case Call(name, (Ref() as argument,)) if name in LOGARITHMS:
            return Call("-", (argument, Number(1)))
    return None


def apart(writer: Any, node: Call) -> dict[Formula, Formula]:
    """The numbers of a sum to so many digits that something is left of it, or as the short fractions that they are.

    Empty where neither is known.
    """
    rounded = [ref for ref in walk(node) if is_rounded(writer, ref)]
    if (exact := small_fractions([quantity(element(writer, ref)) for ref in rounded])) is not None:
        return dict(zip(rounded, exact, strict=True))
    for digits in MORE:
        try:
            known: dict[Formula, Formula] = {
                ref: put_in(quantity(element(writer, ref), digits), digits) for ref in rounded
            }
        except Undecided:  # what is 0 has no digits, however many are known of its terms
            return {}
        if not cancels(put(writer, node, known), Fraction(1, 10 ** (digits - 3))):
            return known
    return {}


def put(writer: Any, f: Formula, known: dict[Formula, Formula]) -> Formula:
    """A formula with its numbers."""
    return transform(f, (lambda node: known.get(node) or writer.number(node)) if known else writer.number)


def is_rounded(writer: Any, node: Formula) -> bool:
    """Whether a reference is put in as a rounded number."""
    shown = writer.number(node) if isinstance(node, Ref) else node
    return isinstance(shown, Number) and shown.rounded


def element(writer: Any, ref: Formula) -> Any:
    """The value of a reference."""
    assert isinstance(ref, Ref)
    return writer.element(ref.name, tuple(i.numerator for i in ref.indices if isinstance(i, Number)))


def cancels(f: Formula, left: Fraction = LEFT) -> bool:
    """Whether almost nothing is left of a sum of rounded numbers, or of products of numbers."""
    if not any(isinstance(node, Number) and node.rounded for node in walk(f)):
        return False
    terms = [value(part) for part in children(f)]
    known = [abs(t) for t in terms if t is not None]
    whole = value(f)
    return whole is not None and len(known) == len(terms) and abs(whole) < left * max(known)


def value(f: Formula) -> Fraction | None:
    """The value of sums, products and powers of numbers; None of anything else."""
    if isinstance(f, Number):
        return Fraction(f.numerator, f.denominator)
    if not isinstance(f, Call) or f.name not in ("+", "-", "*", "neg", "**"):
        return None
    parts = [value(part) for part in f.args]
    if any(part is None for part in parts):
        return None
    total = parts[0]
    assert total is not None
    if f.name == "neg":
        return -total
    if f.name == "**":
        (exponent,) = parts[1:]
        whole = exponent is not None and exponent.denominator == 1 and 0 <= exponent <= HIGHEST
        return total**exponent.numerator if exponent is not None and whole else None
    for part in parts[1:]:
        assert part is not None
        total = total * part if f.name == "*" else total + part if f.name == "+" else total - part
    return total
