"""How the keys of a computation are written where a name alone does not say it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from hwsolve.formula.notation import plain
from hwsolve.formula.notation.names import APART, BESIDE, of_several, parts
from hwsolve.formula.tree import Formula, Ref, call, transform
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.elements import count, elements
from hwsolve.graph.graph import Node
from hwsolve.graph.stack import is_stack
from hwsolve.graph.update import called
from hwsolve.kinds.backprop.deltas import as_delta
from hwsolve.kinds.backprop.local_names import written
from hwsolve.optimizers.optimizer import letters_of

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Graph, Node


def symbols(writer: Writer, steps: Iterable[int], deltas: dict[str, str], several: bool) -> dict[str, Formula]:
    """A quantity of one element is written without an index; `several`: the first of several updates has its number."""
    graph, every = writer.graph, sorted({s for step in steps for s in (step, step + 1)})
    found: dict[str, Formula] = {**beside_parameters(writer, every), **written(writer, every), **apart(writer, every)}
    found |= by_constants(writer, every)
    names = {name: symbol for name, symbol in found.items() if isinstance(symbol, Ref)}
    for step in sorted(steps):
        for node in lone(writer.graphs.get(step, graph)):
            if node.role != "constant":
                key = writer.key(node.name, elements(node.shape)[0], step)
                found[plain(key)] = call("unit", names.get(key.name, Ref(key.name)))
        for node in steps_of_one(writer):
            key = writer.key(node.name, elements(node.shape)[0], step)
            known = found.get(key.name)
            found[plain(key)] = Ref(known.name if isinstance(known, Ref) else key.name, key.indices[:-1])
        for node in without_clock(writer):
            key = writer.key(node.name, elements(node.shape)[0], step)
            found[plain(key)] = Ref(key.name)
        for name, delta in deltas.items():
            key = writer.key(name, elements(graph.nodes[name].shape)[0], step)
            found |= as_delta(key, delta, plain(key) in found)
    if not several:
        return found
    return {key: transform(f, numbered) for key, f in (first_updates(writer) | found).items()}


def lone(graph: Graph) -> list[Node]:
    """The quantities of one element, which has no name, and no time; and a number of the optimizer for a parameter."""
    every = [n for n in graph.nodes.values() if n.shape or (n.role == "setting" and n.of)]
    single = [n for n in every if count(n.shape) == 1 and not graph.labels[n.name].elements]
    return [n for n in single if graph.labels[n.name].time is None and not is_stack(graph, n.name)]


def steps_of_one(writer: Writer) -> list[Node]:
    """The steps of sequences that have one unit: the time alone stands below them."""
    labels = writer.graph.labels
    nodes = writer.graph.nodes.values()
    return [n for n in nodes if (label := labels[n.name]).time is not None and n.shape[label.lead :] == (1,)]


def without_clock(writer: Writer) -> list[Node]:
    """The single numbers of a cell that are there at one time alone, as the gates of its only step: i, not i₁."""
    graph, times = writer.graph, dict[str, set[int]]()
    for label in graph.labels.values():
        if label.time is not None:
            times.setdefault(label.symbol, set()).add(label.time)
    of = {
        name: graph.labels[graph.nodes[name].of if graph.nodes[name].role == "gradient" else name]
        for name in times_of(graph)
    }
    return [graph.nodes[name] for name, label in of.items() if len(times[label.symbol]) == 1]


def times_of(graph: Graph) -> list[str]:
    """The quantities of steps that are single numbers."""
    labels = graph.labels
    return [n.name for n in graph.nodes.values() if labels[n.name].time is not None and count(n.shape) == 1]


def apart(writer: Writer, steps: Iterable[int]) -> dict[str, Formula]:
    """What has a time as an index has a comma behind it."""
    graph, found = writer.graph, dict[str, Formula]()
    read = {n.inputs[k] for n in graph.nodes.values() for k in times_read(n)}
    for node in graph.nodes.values():
        if graph.labels[node.name].time is not None or node.name in read or node.of in read:
            for step in steps:
                key = writer.key(node.name, (), step).name
                found[key] = Ref(APART.join((key.partition("@")[0], "".join(key.partition("@")[1:]))))
    return found


def times_read(node: Node) -> list[int]:
    """The inputs of a step that are sequences, of which it reads its own step."""
    operation = node.operation
    if not isinstance(operation, ByFormula) or "S" not in dict(operation.numbers):
        return []
    return [k for k, name in enumerate(operation.names) if name == "x"]


def numbered(node: Formula) -> Formula:
    """The symbol of what there is after the first of several updates."""
    return Ref(of_several(node.name), node.indices) if isinstance(node, Ref) else node


def first_updates(writer: Writer) -> dict[str, Formula]:
    """The symbols of what there is after one update."""
    graphs = {id(graph): graph for graph in (writer.graph, *writer.graphs.values())}.values()
    labels = [label for graph in graphs for label in graph.labels.values()]
    names = (name for label in labels for name in (label.symbol, *label.elements.values()))
    return {f"{name}@1": Ref(of_several(f"{name}@1")) for name in names}


def by_constants(writer: Writer, steps: Iterable[int]) -> dict[str, Ref]:
    """Gradients at a step by what no step changes: ∂L⟨7⟩/∂x."""
    graph = writer.graph
    found: dict[str, Ref] = {}
    for node in graph.nodes.values():
        of = graph.nodes.get(node.of) if node.role == "gradient" else None
        if of is None or of.name in writer.trained or of.role not in ("given", "parameter"):
            continue
        label = graph.labels[node.name]
        for symbol in (label.symbol, *label.elements.values()):
            above, below, of_what = symbol.partition("_d")
            for step in steps if below else ():
                if step:
                    found[f"{symbol}@{step}"] = Ref(f"{above}@{step}{below}{of_what}")
    return found


def beside_parameters(writer: Writer, steps: Iterable[int]) -> dict[str, Ref]:
    """What an optimizer keeps or works out for a parameter: its letter, and below it the symbol of the parameter."""
    graph = writer.graph
    kept = [n for n in graph.nodes.values() if n.role in ("setting", "state", "temporary") and n.of]
    letters = letters_of({called(graph, node) for node in kept})
    found: dict[str, Ref] = {}
    for node in kept:
        name, of = called(graph, node), graph.labels[node.of]
        pairs = ((of.symbol, ()), *((symbol, at) for at, symbol in of.elements.items()))
        for symbol, at in pairs:
            short = f"{letters.get(name, name)}{BESIDE}{symbol}"
            if parts(short) != parts(f"{name}_{symbol}"):
                for step in steps:
                    key = writer.key(node.name, at, step).name
                    found[key] = Ref(short + "".join(key.partition("@")[1:]))
    return found
