"""What stands on the page in place of steps that are not there: that they go the same way, and what they end with."""

from __future__ import annotations

from hwsolve.formula.tree import Formula
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import count, elements
from hwsolve.graph.explain.array_forms import of_values
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.explain.room import WRITTEN
from hwsolve.graph.graph import Node
from hwsolve.kinds.backprop.steps import MANY
from hwsolve.language import Message, say
from hwsolve.quantities import put_in
from hwsolve.solution import Detail, Form, Group, Sentence, Stage, Step


def passed_over(writer: Writer, first: int, last: int, details: tuple[Detail, ...]) -> Step:
    """In place of the steps `first` to `last`, from 0, at the writer's step, which is the next.

    The sentence stands once for each of the details, the values once.
    """
    nodes = [node for node in writer.graph.nodes.values() if node.name in writer.trained]
    short = [node for node in nodes if count(node.shape) <= WRITTEN]
    text = same_way(first + 1, last + 1)
    if long := tuple([whole(writer.key(node.name, ()).name) for node in nodes if node not in short]):
        text = say("{sentence} Too long to stand here: {names}.", sentence=text, names=long)
    why = say("after {n} updates", n=f"{last + 1:,}")
    forms = tuple([left_behind(writer, node) for node in short])
    values = [Group(forms, why, 0, detail=details[0] if len(details) == 1 else "page")] if forms else []
    return Step(say("Further steps"), (*[Sentence(text, detail) for detail in details], *values))


def same_way(first: int, last: int) -> Message:
    """The sentence."""
    if first == last:
        return say("Step {n} goes the same way.", n=f"{first:,}")
    return say("Steps {first} to {last} go the same way.", first=f"{first:,}", last=f"{last:,}")


def left_behind(writer: Writer, node: Node) -> Form:
    """The value of a trained parameter, or of what the optimizer keeps."""
    at = elements(node.shape)[0]
    if count(node.shape) > 1:
        return of_values(writer, node)
    shown = writer.shown(node.name, at)
    symbol: Formula = writer.key(node.name, at)
    return Form((Stage("", symbol), Stage(shown.relation, put_in(shown))))


def left_out(step: int, shown: set[int], written: set[int], steps: int) -> tuple[int, int, tuple[Detail, ...]] | None:
    """The steps that a reader misses in front of one, and where it is said; None where there are none.

    `shown` are those on the page, `written` those in the document, of so many `steps`.
    """
    before = max((s for s in (shown if step in shown else written) if s < step), default=step)
    if before >= step - 1:
        return None
    details: tuple[Detail, ...] = ("page",)
    if step not in shown:
        details = ("full",)
    elif not written.isdisjoint(range(before + 1, step)):
        details = ("short",)
    elif steps <= MANY:  # which --full writes
        details = ("short", "full")
    return before + 1, step - 1, details


def meaning_of_steps(writer: Writer, steps: int) -> Message:
    """What the mark of a step says, on the first trained parameter."""
    name = next(n for n in writer.graph.nodes if n in writer.trained)
    first, last = (symbol(writer, name, step) for step in (0, steps))
    if steps == 1:
        return say("{last} is {first} after the update, and so on.", last=last, first=first)
    return say("{last} is {first} after {n} updates, and so on.", last=last, first=first, n=f"{steps:,}")


def symbol(writer: Writer, name: str, step: int) -> Formula:
    """A quantity at a step, an array as a whole."""
    key = writer.key(name, (), step)
    return whole(key.name) if writer.graph.nodes[name].shape else key
