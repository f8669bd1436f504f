"""One check over the whole graph of a problem: two quantities of one name, or of one spelling, are an error.

It stands where the problem names one of the two, or where the later one comes from.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from hwsolve.formula.tree import Call, walk
from hwsolve.graph.graph import Graph
from hwsolve.graph.operation import backward_schematic
from hwsolve.graph.spelling import KRONECKER, Named, clash, constants, quantities
from hwsolve.graph.update import called
from hwsolve.language import Message, say
from hwsolve.spec.nodes import Mapping, Sequence
from hwsolve.spec.nodes import Node as Place
from hwsolve.spec.report import ROOT, Path

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction

WHICH = {"weight": say("weight"), "bias": say("bias")}
Found = tuple[Place, Path, bool]  # a place of the spec, its path, and whether a name stands there


def check_names(construction: Construction) -> None:
    """Note the first two quantities that cannot be told apart."""
    graph = construction.graph
    taken = next((n for n in quantities(graph) if n.name in constants(graph)), None)
    if taken is not None:
        node, path, _ = place(construction, taken)
        message = say("`{name}` is a quantity, and a constant in a number of this problem.", name=taken.name)
        construction.report.add(node, path, message, say("Give it another name under `symbols`."))
        return
    found = clash((KRONECKER, *quantities(graph)))
    if found is not None and found.first is KRONECKER and not has_kronecker(graph):
        found = clash(quantities(graph))
    if found is None:
        return
    if found.first is KRONECKER:
        node, path, _ = place(construction, found.second)
        construction.report.add(node, path, found.sentence(), say("Give it another name under `symbols`."))
        return
    ends = [place(construction, one) for one in (found.first, found.second)]
    # that of a name in the spec, the later one of two
    node, path, _ = max(ends, key=lambda end: (end[2], end[0].line, end[0].column))
    hint = say(
        "One is {a}, the other {b}. Give one of them another name under `symbols`.",
        a=described(construction, found.first),
        b=described(construction, found.second),
    )
    construction.report.add(node, path, found.sentence(), hint)


def has_kronecker(graph: Graph) -> bool:
    """Whether Kronecker's δ stands in the general formula of a gradient."""
    terms = (t for node in graph.nodes.values() for t in node.terms)
    formulas = (backward_schematic(t.operation, t.slot, len(graph.nodes[t.output].shape)).formula for t in terms)
    return any(isinstance(part, Call) and part.name == "delta" for f in formulas for part in walk(f))


def described(construction: Construction, one: Named) -> Message | str:
    """What a quantity is."""
    graph = construction.graph
    node = graph.nodes[one.node]
    match node.role:
        case "given":
            return {
                "input": say("the input"),
                "target": say("the target"),
                "upstream": say("the gradient of the output"),
            }.get(node.of) or say("a given of `{layer}`", layer=node.layer)
        case "parameter":
            owned = construction.builder.owned[one.node]
            which = WHICH.get(owned.which) or say("parameter `{name}`", name=owned.which)
            return say("the {which} of `{layer}`", which=which, layer=owned.path)
        case "forward":
            return say("the output of `{layer}`", layer=node.layer)
        case "loss":
            return say("the loss")
        case "setting":
            return say("the setting `{name}` of the optimizer", name=one.name)
        case "state" | "temporary":
            optimizer = construction.problem.optimizer
            what = optimizer.WORDS[called(graph, node)] if optimizer is not None else node.role
            of = symbol_of(graph, node.of, one) if node.of else ""
            return say("the {what} of `{name}`", what=what, name=of) if of else what
    return say("the gradient of `{name}`", name=symbol_of(graph, node.of, one))


def symbol_of(graph: Graph, node: str, one: Named) -> str:
    """What a quantity, or the same element of it, is called."""
    label = graph.labels[node]
    return label.elements[one.at] if one.at is not None else label.symbol


def place(construction: Construction, one: Named) -> Found:
    """Where a quantity is named in the spec, or else where it comes from."""
    graph, problem = construction.graph, construction.problem
    node = graph.nodes[one.node]
    if node.role in ("gradient", "state", "temporary") and node.of:
        one = Named(node.of, symbol_of(graph, node.of, one), one.shape, one.at)
        return place(construction, one)
    assert problem.node is not None
    top: Found = (problem.node, ROOT, True)
    if node.role == "given" and node.of == "input":
        named = step(top, "network", "input", "symbols")
        return named if named[2] else (*step(top, "input")[:2], False)
    if node.role == "given":
        named = step(top, node.of, "symbol")
        return named if named[2] else (*step(top, node.of)[:2], False)
    if node.role in ("setting", "temporary"):
        return (*step(top, "optimizer")[:2], False)
    layer = construction.place_of(node.layer)
    if layer is None:
        which = "output" if node.role == "loss" else "probability"
        return step(inside(step(top, "loss")), "symbols", which)
    at = (*layer, True)
    if node.role != "parameter":
        return step(at, "symbols", "output")
    which = construction.builder.owned[one.node].which
    elements = (step(at, which, "symbols", *(one.at or ())[k:]) for k in range(len(one.at or ()) + 1))
    ways = [max(elements, key=lambda way: way[2]), step(at, "symbols", which)]
    return next((way for way in ways if way[2]), (*ways[1][:2], False))


def inside(found: Found) -> Found:
    """The arguments of what is chosen by its name, as `sgd: {…}`."""
    node = found[0]
    return step(found, next(iter(node.entries))) if isinstance(node, Mapping) and node.entries else found


def step(found: Found, *steps: str | int) -> Found:
    """The part behind some keys and places, or the last that is there; then no name stands there."""
    node, path, here = found
    for one in steps:
        if isinstance(node, Mapping) and isinstance(one, str) and one in node.entries:
            node, path = node.entries[one][1], path / one
        elif isinstance(node, Sequence) and isinstance(one, int) and one <= len(node.items):
            node, path = node.items[one - 1], path / one
        else:
            return node, path, False
    return node, path, here
