"""Why a training ended, and what becomes of one that reached its limit."""

from __future__ import annotations

from hwsolve.formula.tree import Formula, call
from hwsolve.kinds.perceptron.lines import Lines, at
from hwsolve.kinds.perceptron.training import Circle
from hwsolve.language import Message, say


def verdict(lines: Lines, epochs: int) -> list[Message]:
    """What ended it, and whether it would ever end."""
    training = lines.training
    if training.ended:
        return [
            say(
                "Epoch {epoch} has no mistake: the training ends after {n} presentations, and every sample is right.",
                epoch=epochs,
                n=len(training.presentations),
            )
        ]
    last = training.presentations[-len(lines.data.order) :]
    wrong = [p.sample + 1 for p in last if p.error]
    found = [
        say(
            "Epoch {epoch} is the last that is allowed, and it still has mistakes, at these samples: {wrong}.",
            epoch=f"{epochs:,}",
            wrong=tuple(map(str, wrong)),
        )
    ]
    if training.would_end:
        found.append(say("With more epochs it ends: epoch {n} has no mistake.", n=f"{training.would_end:,}"))
    elif training.circle is None:
        found.append(say("Whether more epochs would end it is not known: the weights have not come again so far."))
    else:
        found += circling(lines, training.circle, epochs)
    return found


def circling(lines: Lines, circle: Circle, epochs: int) -> list[Message]:
    """That weights come again, and what this says of the data."""
    again, first = (f"{k:,}" for k in (circle.again, circle.first))
    same = equations(lines, circle) if circle.again <= epochs else ()
    if same and circle.first:
        text = say(
            "After epoch {again} the weights are those after epoch {first}: {same}.",
            again=again,
            first=first,
            same=same,
        )
    elif same:
        text = say("After epoch {again} the weights are those of the start: {same}.", again=again, same=same)
    else:
        text = say("After epoch {again} the weights would be those after epoch {first}.", again=again, first=first)
    if not circle.proves:
        return [text, say("From there on it goes in circles, and never ends.")]
    return [text, say("From there on it goes in circles: {what} parts the two classes.", what=nothing(lines))]


def equations(lines: Lines, circle: Circle) -> tuple[Formula, ...]:
    """The weights of two epochs, as far as they are on the page."""
    each = len(lines.data.order)
    pairs: list[Formula] = []
    for name, indices, _ in lines.parts(lines.training.start):
        a, b = (at(name, epoch * each, *indices) for epoch in (circle.again, circle.first))
        if any((side.name, indices) not in lines.values for side in (a, b)):
            return ()
        pairs.append(call("==", a, b))
    return tuple(pairs)


def nothing(lines: Lines) -> Message:
    """What there is none of, in the space of the samples."""
    size, through = len(lines.data.x[0]), not lines.offset
    names: dict[int, tuple[Message, Message]] = {
        1: (say("no number"), say("no sign")),
        2: (say("no straight line"), say("no straight line through the origin")),
        3: (say("no plane"), say("no plane through the origin")),
    }
    return names.get(size, (say("no hyperplane"), say("no hyperplane through the origin")))[through]
