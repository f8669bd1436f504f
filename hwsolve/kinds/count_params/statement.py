"""What is to be counted of which network, by which conventions; and the titles of layers."""

from __future__ import annotations

from hwsolve.formula.tree import Formula
from hwsolve.kinds.count_params.conventions import FRAMEWORK_NOTES, Asked
from hwsolve.kinds.count_params.counted import QUANTITIES
from hwsolve.kinds.count_params.counting_rules import as_stated, counting_rules
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Shape, StatedMap, shape_text, simplified, size_text, total
from hwsolve.layers.items import Item, Network, walk_items
from hwsolve.sections import grouped
from hwsolve.solution import Line, Sentence, Step, Text


def statement(network: Network, asked: Asked) -> Step:
    """What is asked, the input, and the conventions."""
    found = [question(asked)]
    if len(network.inputs) > 1:
        each = [say("{name} ({size})", name=n, size=values_in(wire.shape)) for n, wire in network.inputs.items()]
        found.append(say("The inputs of the network: {sizes}.", sizes=listed(each)))
    else:
        found.append(say("The input of the network: {size}.", size=values_in(network.input)))
    found += [*as_stated(network.items), *counting_rules(network.items)]
    found += [*([FRAMEWORK_NOTES[asked.framework]] if asked.framework else [])]
    for key in asked.counted:
        text = QUANTITIES[key].said(asked) if key in asked.shown else None
        if text is not None and text not in found:
            found.append(text)
    found += of_named_copies(network) if asked.stored == "peak" and "activations" in asked.shown else []
    return Step("", tuple(map(Sentence, found)), part="statement")


def of_named_copies(network: Network) -> list[Message]:
    """That the peak is a bound where a name that says how many copies there are is 1: it is that of several."""
    repeats = [item for item in walk_items(network.items) if item.type == "repeat"]
    often = dict.fromkeys(simplified(total(item.times)) for item in repeats)
    names = [n for n in often if isinstance(n, Formula)]
    return [say("Where {n} is {one}, fewer values may live at one time than the peak says.", n=n, one=1) for n in names]


def question(asked: Asked) -> Message:
    """What is asked for beside the parameters."""
    stored, computed = asked.shows("activations"), asked.shows("macs")
    if stored and computed:
        return say("Asked: the number of parameters, of values that a forward pass stores, and of its multiply-adds.")
    if stored:
        return say("Asked: the number of parameters, and the values that are stored in a forward pass.")
    if computed:
        return say("Asked: the number of parameters, and the multiply-adds of a forward pass.")
    return say("Asked: the number of parameters.")


def layer_step(title: Message, lines: tuple[Line, ...]) -> Step:
    """The lines of a layer, which a short page leaves to the table."""
    return Step(title, grouped(lines, detail="full"), 2)


def values_in(shape: Shape) -> Text:
    """The size of an input."""
    vector = len(shape) == 1 and not isinstance(shape, StatedMap)
    if not vector:
        return shape_text(shape)
    return say("{n} values", n=shape[0] if isinstance(shape[0], Formula) else size_text(shape[0]))


def ends_of(item: Item) -> dict[str, Text]:
    """A layer, what goes in and what comes out, for a title."""
    before = listed([shape_text(shape) for shape in item.shapes]) if item.shapes else "–"
    return {"name": item.path, "layer": item.type, "before": before, "after": shape_text(item.output)}
