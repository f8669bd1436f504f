"""The largest count of a layer in place of a sum: a number, or the largest of formulas in sizes that are names."""

from __future__ import annotations

from hwsolve.derivation.size_lines import equal, identity, largest
from hwsolve.formula.growth import sign_of
from hwsolve.formula.simplify.polynomial import Atoms, NotPolynomial
from hwsolve.formula.tree import Call, Formula, Ref, formula
from hwsolve.kinds.count_params.counted.record import Counted
from hwsolve.kinds.count_params.counts import Counts
from hwsolve.kinds.count_params.partial import AtLeast
from hwsolve.language import say
from hwsolve.layers.base import Size, simplified
from hwsolve.layers.cost import NotCounted
from hwsolve.solution import Line


def most(counting: Counts, record: Counted, dotted: str, lines: list[Line]) -> None:
    """The largest count of a layer, of a whole network alone."""
    values = counting.values[record.key]
    known = [(Ref(f"{record.key}.{path}"), n) for path, n in values.items() if path and not isinstance(n, AtLeast)]
    unknown = [n for path, n in values.items() if path and isinstance(n, AtLeast)]
    if dotted or not values:
        return
    if unknown:
        missing: dict[str, NotCounted] = {}
        for one in unknown:
            missing |= one.missing
        there = [n for _, n in known if isinstance(n, int)]
        counting.partial[record.key] = values[""] = AtLeast(max([0, *there]), missing)
        return
    aside = record.key not in counting.asked.shown
    numbers = [(key, n) for key, n in known if isinstance(n, int)]
    if len(numbers) < len(known):
        greatest = greatest_of([n for _, n in known])
        key, sizes = Ref(record.key), tuple([formula(n) for _, n in known])
        whole: Formula = Call("max", sizes) if len(sizes) > 1 else sizes[0]
        same = whole == formula(greatest)
        line = (
            equal(key, whole, greatest, aside=aside) if same else identity(key, whole, formula(greatest), aside=aside)
        )
        values[""] = greatest
        counting.keep(record.key, greatest, lines, line)
        return
    top = max(n for _, n in numbers)
    first = next(key for key, n in numbers if n == top)
    rule = say("at {layer}", layer=first.name.removeprefix(f"{record.key}."))
    made = largest(Ref(record.key), numbers, aside=aside, rule=rule)
    values[""] = top
    counting.keep(record.key, top, lines, made.pop())
    lines[-1:] = [*made, lines[-1]]


def greatest_of(sizes: list[Size]) -> Size:
    """The largest of sizes, without those that another one is never below: max(25n + 18, 36)."""
    different = list(dict.fromkeys(map(formula, sizes)))
    kept = [a for a in different if not any(b != a and never_below(b, a) for b in different)]
    return simplified(kept[0] if len(kept) == 1 else Call("max", tuple(kept)))


def never_below(a: Formula, b: Formula) -> bool:
    """Whether a ≥ b for all sizes from 1 on, as far as that is seen; of ⌊n/2⌋, which may be 0, it is not."""
    off = Call("-", (a, b))
    try:
        return all(isinstance(atom, Ref) for atom in Atoms(off).list) and sign_of(off) in (0, 1)
    except NotPolynomial:
        return False
