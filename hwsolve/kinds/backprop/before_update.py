"""What a backward pass reads of the parameters: their values before the update, which is said once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from hwsolve.formula.tree import references
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.explain.lines import Writer
from hwsolve.kinds.backprop.layer_parts import Parts
from hwsolve.language import say
from hwsolve.solution import Group, Item, Sentence, Value

MOST_NAMED = 3  # parameters in the sentence


def before_update(writer: Writer, backward: Parts) -> Iterator[Sentence]:
    """In front of the backward pass of the first step, if lines of it on the page read what the update changes."""
    if writer.step or not backward:
        return
    read = {name for _, items in backward for name in read_by(items)}
    found = [name for name in writer.graph.parameters if name in writer.trained and writer.key(name, ()).name in read]
    if not found:
        return
    old, new = (tuple([whole(writer.key(name, (), step).name) for name in found]) for step in (0, 1))
    if len(found) > MOST_NAMED:
        yield Sentence(say("The backward pass uses the parameters before the update."))
    else:
        yield Sentence(
            say("The backward pass uses the parameters before the update: {old}, not {new}.", old=old, new=new)
        )


def read_by(items: Iterable[Item]) -> Iterator[str]:
    """The names in the lines of groups that stand on the page."""
    for item in items:
        if isinstance(item, Group) and item.detail == "page":
            yield from (r.name for x in item.lines if isinstance(x, Value) for r in references(x.formula))
