"""The point at which two formulas differ, as it is shown: of its elements and sizes as few and as small as will do."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve.formula.random_points import Key, Point
from hwsolve.formula.tree import Call, Formula, Number, Ref
from hwsolve.language import Message, say
from hwsolve.numbers.printing import MAX_POWER

DIGITS = (6, 12, 24, 48)  # of two values, until they look different
SMALL = {"size": (1, 2, 3), "index": (1, 2), "positive": (1, 2), "negative": (-1, -2), "unit": ()}  # tried in turn
MOST = 8  # values of names that are shown


class Read:
    """A point that notes which of its values are asked for."""

    def __init__(self, point: Point) -> None:
        self.point, self.keys = point, set[Key]()

    def __call__(self, name: str, indices: tuple[int, ...]) -> Any:
        value = self.point(name, indices)
        self.keys.add((name, indices))
        return value


def smallest(point: Point, apart: Callable[[Point], bool], read: Callable[[Point], set[Key]]) -> Point:
    """A point where two formulas over elements are still `apart`; its indices, sizes and elements are made small."""
    for domain in ("index", "size", ""):
        for key in sorted(keys := read(point)):
            own = point.domains.get(key[0], "real")
            whole = own in ("index", "size")
            if domain != (own if whole else ""):
                continue
            least = max(
                [point.values[k] for k in keys if own == "size" and point.domains.get(k[0]) == "index"], default=1
            )
            for small in SMALL.get(own, (0, 1)):
                if whole and not least <= small < point.values[key]:
                    continue
                if apart(other := point.moved(key, small)):
                    point = other
                    break
    return point


def witness(point: Point, keys: set[Key], left: Any, right: Any, rest: Any) -> Message:
    """The point, and both values with so many digits that they look different; else how far they are apart."""
    shown = [
        Call("==", (Ref(name, tuple(map(Number, indices))), Ref(digits(value))))
        for (name, indices), value in point.values.items()
        if (name, indices) in keys
    ]
    names = (*shown[:MOST], *(["…"] if len(shown) > MOST else []))
    if rest is None and (texts := told_apart(left, right)):
        return say("for {point} it is {left}, not {right}", point=names, left=texts[0], right=texts[1])
    off = left - right if rest is None else rest
    text = next((text for most in (6, 3, 1) if (text := digits(off, most)) != "…"), "")
    if text:
        return say("for {point} the two are {off} apart", point=names, off=text)
    if abs(off) < 1:  # too small to be printed
        return say("for {point} the two are less than 10^-{most} apart", point=names, most=f"{MAX_POWER:,}")
    return say("for {point} the two are not equal", point=names)


def told_apart(left: Any, right: Any) -> tuple[str, str] | None:
    """Two values as they are printed with the fewest digits that show a difference."""
    from fractions import Fraction

    for most in DIGITS:
        texts = digits(left, most), digits(right, most)
        if "…" in texts:
            return None
        if Fraction(texts[0]) != Fraction(texts[1]):
            return texts
    return None


def digits(value: Any, most: int = 6) -> str:
    """A value as it is printed, if it can be."""
    from hwsolve.numbers import NotFinite, Undecided, show

    try:
        return show(value, most).text
    except (NotFinite, Undecided):
        return "…"


def values_read(formulas: tuple[Formula, ...], point: Point) -> set[Key]:
    """The names and elements that formulas ask for at a point."""
    from hwsolve.formula.evaluate import evaluate

    found = Read(point)
    for f in formulas:
        evaluate(f, found)
    return found.keys
