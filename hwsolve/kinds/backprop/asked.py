"""What a computation is asked for where its problem does not say: the loss, the output, and gradients or new values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hwsolve.graph.elements import elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.graph import Graph
from hwsolve.language import Message, say


def question(graph: Graph, steps: int) -> Message:
    """What is to be worked out, as a sentence."""
    gradients = wanted_gradients(graph)
    if steps == 1:
        return say("Asked: the parameters after one update, and the output and the loss before and after it.")
    if steps:
        return say(
            "Asked: the parameters after {n} updates, and the output and the loss before and after them.",
            n=f"{steps:,}",
        )
    of_inputs = gradients and all(graph.nodes[graph.nodes[g].of].role == "given" for g in gradients)
    if graph.loss and gradients:
        if of_inputs:
            return say("Asked: the output, the loss, and the gradients of the loss by the inputs.")
        return say("Asked: the output, the loss, and the gradients of the loss by the parameters.")
    if gradients:
        if of_inputs:
            return say("Asked: the output, and the gradients by the inputs from that of the output.")
        return say("Asked: the output, and the gradients by the parameters from that of the output.")
    return say("Asked: the output and the loss.") if graph.loss else say("Asked: the output.")


def wanted_gradients(graph: Graph) -> list[str]:
    """The gradients that are asked for: those of the parameters, of inputs where there is no parameter."""
    gradients = [n for n in graph.nodes.values() if n.role == "gradient" and n.of in graph.nodes]
    of = {n.of: n.name for n in gradients}
    found = [of[name] for name in graph.parameters if name in of]
    return found or [n.name for n in gradients if graph.nodes[n.of].role == "given"]


def leads_to(graph: Graph, problem: Any) -> set[str] | None:
    """The nodes that what is asked rests on; None where all are shown, as the problem says itself what it asks."""
    if problem.ask or problem.only is not None:
        return None
    waiting = [n.name for n in graph.nodes.values() if n.role != "gradient"] + wanted_gradients(graph)
    found: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in found:
            continue
        found.add(name)
        node = graph.nodes[name]
        waiting += [t.upstream for t in node.terms if t.upstream is not None]
        waiting += [i for i in node.inputs if i in graph.nodes]
    return found


def asked_keys(writer: Writer, steps: int, answers: dict[str, Any]) -> tuple[str, ...]:
    """The keys of the answers that are asked for, at the first and the last step."""
    graph = writer.graph
    keys: list[str] = []
    if steps:
        keys += [k for n in graph.parameters if n in writer.trained for k in keys_of(writer, n, steps)]
    else:
        keys += [k for n in wanted_gradients(graph) for k in keys_of(writer, n, 0)]
    ends = sorted({0, steps})
    keys += [k for n in (graph.output, graph.loss) if n for step in ends for k in keys_of(writer, n, step)]
    return tuple(k for k in dict.fromkeys(keys) if k in answers)


def keys_of(writer: Writer, name: str, step: int) -> Iterable[str]:
    """The keys under which a quantity stands among the answers."""
    node = writer.graph.nodes[name]
    if writer.graph.labels[name].elements:
        return [writer.key(name, at, step).name for at in elements(node.shape)]
    return [writer.key(name, (), step).name]
