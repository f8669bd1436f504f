"""`gradients: delta`: the gradient of what a layer with weights gives, a pre-activation, written as δ.

It has the number of its pre-activation, δ⁽²⁾ of z⁽²⁾, or where these have none its place in the network.
"""

from __future__ import annotations

from hwsolve.formula.notation import plain
from hwsolve.formula.notation.names import derivative, parts
from hwsolve.formula.tree import Formula, Ref, call
from hwsolve.graph.graph import Graph
from hwsolve.graph.spelling import quantities
from hwsolve.kinds.backprop.name_clashes import has_kronecker
from hwsolve.language import Message, say

LETTER = "delta"


def names_of(graph: Graph) -> dict[str, str]:
    """The name of each δ, by the node of the gradient."""
    weighted = {
        n.name
        for n in graph.nodes.values()
        if n.role == "forward" and any(is_weight(graph, i) for i in n.inputs) and not graph.labels[n.name].elements
    }
    found = [n for n in graph.nodes.values() if n.role == "gradient" and n.of in weighted]
    found.sort(key=lambda n: list(graph.nodes).index(n.of))
    own = [parts(graph.symbol(n.of)).numbers for n in found]
    if len(found) == 1 and not own[0] and not has_kronecker(graph):  # whose δ has no number
        return {found[0].name: LETTER}
    numbered = all(own) and len(set(own)) == len(own)
    ends = ["_".join(numbers) if numbered else str(place) for place, numbers in enumerate(own, 1)]
    return {n.name: LETTER + end for n, end in zip(found, ends, strict=True)}


def is_weight(graph: Graph, name: str) -> bool:
    """Whether a quantity is the matrix, or the kernel, of a layer."""
    node = graph.nodes[name]
    return node.role == "parameter" and len(node.shape) > 1


def as_delta(key: Ref, delta: str, lone: bool) -> dict[str, Formula]:
    """The symbols of a gradient at a step; of a lone element too."""
    _, at, step = key.name.partition("@")
    name = Ref(delta + at + step)
    return {key.name: name} | ({plain(key): call("unit", name)} if lone else {})


def meaning(graph: Graph) -> Message:
    """What the δ's are."""
    found = names_of(graph)
    deltas = tuple([call("whole", Ref(delta)) for delta in found.values()])
    z = tuple([call("whole", Ref(graph.symbol(graph.nodes[name].of))) for name in found])
    loss = Ref((derivative(graph.symbol(next(iter(found)))) or ("L", ""))[0])
    if len(found) == 1:
        return say("{delta} is the derivative of {loss} by {z}.", delta=deltas[0], loss=loss, z=z[0])
    return say("{deltas} are the derivatives of {loss} by {z}.", deltas=deltas, loss=loss, z=z)


def misfit(graph: Graph) -> Message | None:
    """Why the gradients cannot be written so."""
    if not names_of(graph):
        return say("No layer with weights gives a gradient here.")
    taken = next((one for one in quantities(graph) if parts(one.name).base == "δ"), None)
    if taken is not None:
        return say("`{name}` is written as δ is.", name=taken.name)
    return None
