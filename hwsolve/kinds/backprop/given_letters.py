"""What the letters of the givens are: weights and biases, target, learning rate, loss; and what the functions are."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hwsolve.formula.tree import Formula, Ref
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import count
from hwsolve.graph.explain.functions_met import functions_met
from hwsolve.graph.label import Called
from hwsolve.kinds.backprop.layer_parts import short_names
from hwsolve.language import Message, listed, say
from hwsolve.solution import Group, Sentence

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Graph, Node

TARGET, TARGETS = Called(say("the target")), Called(say("the targets"), many=True)
RATE, LOSS = Called(say("the learning rate")), Called(say("the loss"))
MOST = 4  # dense layers whose weights are named one by one
LAYERS = 24  # layers of any kind whose letters are listed


def given_letters(writer: Writer, loss: Called = LOSS) -> Iterator[Sentence]:
    """What the letters are, in one paragraph; `loss`: what the page calls it."""
    said = [*(list(of_layers(writer)) or of_parts(writer)), *of_the_rest(writer, loss)]
    if said:
        last = said.pop()
        for text in reversed(said):
            last = say("{first} {second}", first=text, second=last)
        yield Sentence(last)


def functions(writer: Writer) -> Iterator[Group]:
    """What the functions are."""
    if lines := functions_met(writer):
        yield Group(lines)


def of_layers(writer: Writer) -> Iterator[Message]:
    """The weights and biases of each dense layer, where they have letters of their own."""
    graph = writer.graph
    layers = [(node, parameters) for node in graph.nodes.values() if (parameters := own_parameters(graph, node))]
    weights = [(node, name) for node, names in layers for name in names if len(graph.nodes[name].shape) == 2]
    chosen = all(not graph.symbol(name)[-1].isdigit() for _, name in weights)
    if not 0 < len(weights) <= MOST or len(weights) < len(layers) or not chosen or graph.batched:
        return
    for node, name in weights:
        x, y = (symbol(writer, n) for n in (next(i for i in node.inputs if i != name), node.name))
        biases = [n for other, names in layers if other is node for n in names if n != name]
        yield of_one(writer, name, biases[0] if biases else "", x, y)
    if all(len(node.shape) >= 2 for node in graph.nodes.values() if node.role == "parameter"):
        yield say("There are no biases.")


def of_parts(writer: Writer) -> Iterator[Message]:
    """Which layer each weight belongs to, where there are layers of several kinds, or layers in others."""
    graph = writer.graph
    owned = [n for n in graph.nodes.values() if n.role == "parameter" and n.layer in graph.layers]
    paths = list(dict.fromkeys(node.layer for node in owned))
    kinds = {graph.layers[path] for path in paths}
    nested = any("." in path for path in paths)
    if (
        not 1 < len(paths) <= LAYERS
        or (len(kinds) == 1 and not nested)
        or any(graph.labels[n.name].elements for n in owned)
    ):
        return
    each: list[Message] = []
    for path, name in short_names(paths).items():
        letters = tuple([symbol(writer, node.name) for node in owned if node.layer == path])
        each.append(say("{letters} in {layer}", letters=letters, layer=name))
    yield say("The parameters by layer: {each}.", each=joined(each))


def joined(parts: list[Message]) -> Message:
    """Parts with semicolons between them."""
    first, *rest = parts
    return say("{first}; {second}", first=first, second=joined(rest)) if rest else first


def of_one(writer: Writer, weight: str, bias: str, x: Formula, y: Formula) -> Message:
    """The weights of a layer, and its biases if it has them."""
    shapes = writer.graph.nodes
    alone = count(shapes[weight].shape) == 1
    w = symbol(writer, weight)
    if alone:
        first = say("{w} is the weight from {x} to {y}", w=w, x=x, y=y)
    else:
        first = say("{w} holds the weights from {x} to {y}", w=w, x=x, y=y)
    if not bias:
        return say("{first}.", first=first)
    b = symbol(writer, bias)
    if count(shapes[bias].shape) == 1:
        return say("{first}, {b} the bias.", first=first, b=b)
    return say("{first}, {b} the biases.", first=first, b=b)


def of_the_rest(writer: Writer, loss: Called) -> Iterator[Message]:
    """The target, the learning rate, the loss and the quantities of layers; batches have words of their own."""
    graph = writer.graph
    targets = [n.name for n in graph.nodes.values() if n.role == "given" and n.of == "target"]
    rates = [n.name for n in graph.nodes.values() if n.role == "setting" and graph.symbol(n.name) == "lr"]
    found: list[tuple[Formula, Called]] = []
    if len(targets) == 1 and targets[0] not in graph.selectors and not graph.series:
        found.append((symbol(writer, targets[0]), TARGETS if graph.batched else TARGET))
    if rates:
        found.append((symbol(writer, rates[0]), RATE))
    if graph.loss and not graph.series and graph.nodes[graph.loss].role == "loss":
        found.append((symbol(writer, graph.loss), loss))
    if facts := [*in_words([*found, *of_quantities(writer)])]:
        yield say("{facts}.", facts=listed(facts))


def of_quantities(writer: Writer) -> Iterator[tuple[Formula, Called]]:
    """What layers call their quantities: each thing once, by the first letter that it has."""
    seen = set[str]()
    for name, label in writer.graph.labels.items():
        if label.called is not None and label.called.words.template not in seen:
            seen.add(label.called.words.template)
            key = writer.key(name, ()).name
            numbered = whole(key) if key[-1].isdigit() else Ref(key)  # r_2 is r⁽²⁾ at every step
            yield symbol(writer, name) if label.time is None else numbered, label.called


def in_words(found: list[tuple[Formula, Called]]) -> Iterator[Message]:
    """Each fact; the verb stands where it changes: t is the target, L the loss, e holds the scores, α the weights."""
    before: Called | None = None
    for name, called in found:
        if before is not None and before.many == called.many:
            yield say("{name} {what}", name=name, what=called.words)
        elif called.many:
            yield say("{name} holds {what}", name=name, what=called.words)
        else:
            yield say("{name} is {what}", name=name, what=called.words)
        before = called


def own_parameters(graph: Graph, node: Node) -> list[str]:
    """The parameters that a dense layer reads; none of another quantity."""
    if node.role != "forward" or not node.layer.rpartition(".")[2].startswith("linear"):
        return []
    return [name for name in node.inputs if graph.nodes[name].role == "parameter"]


def symbol(writer: Writer, name: str) -> Formula:
    """A quantity as a whole."""
    key = writer.key(name, ()).name
    return whole(key) if writer.graph.nodes[name].shape else Ref(key)
