"""The letters of repeated layers in words: what they run over, what the first copy reads, where the errors start."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from hwsolve.formula.tree import Call, Formula, Ref, formula, substitute, walk
from hwsolve.language import Message, say
from hwsolve.layers.base import Size, simplified, total


class Repeat(NamedTuple):
    """Copies of a body: their letter, how many layers have a number before them, and how many they are.

    `first` is what the first reads as a copy, `x` as it is called outside; `paths` are those of its layers that have
    forms, `depth` says how many repeats it stands in, itself one of them.
    """

    letter: Ref
    before: Size
    times: Size
    first: Formula
    x: Formula
    paths: list[str]
    depth: int


def remarks(repeats: Sequence[Repeat], alone: bool) -> Iterator[Message]:
    """What the letters of the forms stand for; `alone`: whether the network is one part."""
    for letter, before, times, first, x, _, depth in repeats:
        known = {"letter": letter, "start": formula(total((before, 1))), "last": formula(total((before, times)))}
        if alone and len(repeats) == 1 and x == Ref("x"):
            yield say("The layers are numbered by {letter} from {start} to {last}; {first} is the input of the "
                      "network.", first=first, **known)  # fmt: skip
        elif depth > 1:
            yield say("Within each copy the layers that are repeated there are numbered by {letter} from {start} to "
                      "{last}; the first of them reads {x}.", x=x, **known)  # fmt: skip
        elif x == Ref("x"):
            yield say("The repeated layers are numbered by {letter} from {start} to {last}; {first} is the input of "
                      "the network.", first=first, **known)  # fmt: skip
        elif x == first:
            yield say("The repeated layers are numbered by {letter} from {start} to {last}.", **known)
        else:
            yield say("The repeated layers are numbered by {letter} from {start} to {last}; the first of them reads "
                      "{x}.", x=x, **known)  # fmt: skip


def start_of_errors(
    repeats: Sequence[Repeat], out: Formula, back: Sequence[Formula], loss: bool
) -> tuple[Message, ...]:
    """Where the errors come from, if a form that goes back reads that."""
    g = gradient(out)
    ends = [moved(f, r.letter, formula(total((r.before, r.times)))) for r in repeats for f in back]
    if not any(part == g for f in (*back, *ends) for part in walk(f)):
        return ()
    if loss:
        return (say("The errors start from {g}, the gradient of the loss with respect to the output.", g=g),)
    return (say("The errors start from {g}, the gradient of the loss with respect to the output; computing it is not "
                "counted.", g=g),)  # fmt: skip


def which(repeats: Sequence[Repeat], path: str, times: Sequence[Size], places: Sequence[int]) -> Message | str:
    """Which copies of a layer these places are, in their order; nothing where they are all, or it is not known."""
    repeat = next((r for r in repeats if path in r.paths and r.depth == 1), None)
    if repeat is None or simplified(total(times)) != repeat.times or len(places) == len(times):
        return ""
    if list(places) != list(range(places[0], places[-1] + 1)):
        return ""
    ends = ((places[0], total((repeat.before, 1))), (places[-1] + 1, repeat.before))
    first, last = (simplified(total((*times[:n], more))) for n, more in ends)
    if first == last:
        return say("{letter}: {n}", letter=repeat.letter, n=formula(first))
    return say("{letter} from {first} to {last}", letter=repeat.letter, first=formula(first), last=formula(last))


def moved(f: Formula, letter: Ref, to: Formula) -> Formula:
    """The formula for another number of the layer."""
    return substitute(f, {letter.name: to})


def gradient(f: Formula) -> Formula:
    """The gradient of the loss with respect to a quantity."""
    return Call("grad", (f,))
