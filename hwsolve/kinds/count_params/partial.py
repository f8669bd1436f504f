"""Totals that hold something that is not counted: they are no numbers, but say how much there is at least."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.base import Size, product, size_text, total
from hwsolve.layers.cost import NOT_COUNTED, NotCounted, Nothing
from hwsolve.solution import Note

GAP = "?"  # in a table
MOST_NAMED = 8  # layers in a sentence


class AtLeast(msgspec.Struct, frozen=True):
    """What is counted of a total, and the layers that are not, each with the reason."""

    counted: Size
    missing: dict[str, NotCounted]

    def sentence(self) -> Message:
        """As it is printed."""
        names = list(self.missing)
        layers = ", ".join(names[:MOST_NAMED]) + (", …" if len(names) > MOST_NAMED else "")
        if self.counted == 0:
            return say("not known (not counted: {layers})", layers=layers)
        return say("at least {count} (not counted: {layers})", count=size_text(self.counted), layers=layers)

    def short(self) -> Message:
        """As it stands in a table."""
        if self.counted == 0:
            return say("not known")
        return say("at least {count}", count=size_text(self.counted))

    def times(self, n: Size) -> AtLeast:
        """So many of it."""
        return AtLeast(product((n, self.counted)), self.missing)


Count = Size | AtLeast


def together(counts: Iterable[Count]) -> Count:
    """The sum of counts, not known where one of them is not."""
    sizes: list[Size] = []
    missing: dict[str, NotCounted] = {}
    for count in counts:
        if isinstance(count, AtLeast):
            missing |= count.missing
            count = count.counted
        sizes.append(count)
    return AtLeast(total(sizes), missing) if missing else total(sizes)


def multiplied(n: Size, count: Count) -> Count:
    """So many times a count."""
    if type(n) is int and n == 1:
        return count
    return count.times(n) if isinstance(count, AtLeast) else product((n, count))


def free_notes(nothing: dict[str, Nothing]) -> list[Note]:
    """Why some types of layers cost nothing, or what of them counts; those with one reason together."""
    types: dict[str, list[str]] = {}
    for type_, why in nothing.items():
        types.setdefault(why.reason.template, []).append(type_)
    return [
        Note("info", say("{layers}: {reason}.", layers=tuple(found), reason=nothing[found[0]].reason))
        for found in types.values()
    ]


def missing_notes(quantities: dict[str, AtLeast]) -> list[Note]:
    """A note for each layer that is missing in totals, with their keys."""
    keys: dict[str, list[str]] = {}
    reasons: dict[str, NotCounted] = {}
    for key, count in quantities.items():
        reasons |= count.missing
        for layer in count.missing:
            keys.setdefault(layer, []).append(f"`{key}`")
    return [missing_note(layer, ", ".join(keys[layer]), why) for layer, why in reasons.items()]


def missing_note(layer: str, keys: str, why: NotCounted) -> Note:
    """A layer without a rule is a gap of ours, which nobody expects; a size that is not stated lies in the problem."""
    text = say("{keys}: `{layer}` is not counted, {reason}.", keys=keys, layer=layer, reason=why.reason)
    return Note("warning" if why is NOT_COUNTED else "info", text)
