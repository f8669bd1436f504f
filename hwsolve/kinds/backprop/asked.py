"""What a computation is asked for where its problem does not say: the loss, the output, and gradients or new values."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Number, Ref
from hwsolve.formula.whole_arrays import whole
from hwsolve.graph.elements import elements
from hwsolve.graph.explain.lines import Writer
from hwsolve.graph.graph import Graph
from hwsolve.graph.stack import Stack, begins
from hwsolve.language import Message, say


def question(graph: Graph, steps: int) -> Message:
    """What is to be worked out, as a sentence."""
    gradients, output = wanted_gradients(graph), outputs_of(graph)
    if steps == 1:
        return say(
            "Asked: the parameters after one update, and {output} and the loss before and after it.", output=output
        )
    if steps:
        return say(
            "Asked: the parameters after {n} updates, and {output} and the loss before and after them.",
            output=output,
            n=f"{steps:,}",
        )
    of_inputs = gradients and all(graph.nodes[graph.nodes[g].of].role == "given" for g in gradients)
    if graph.loss and gradients:
        if of_inputs:
            return say(
                "Asked: {output}, the loss, and the gradients of the loss with respect to the inputs.", output=output
            )
        return say(
            "Asked: {output}, the loss, and the gradients of the loss with respect to the parameters.", output=output
        )
    if gradients:
        if of_inputs:
            return say(
                "Asked: {output}, and the gradients with respect to the inputs, given that of {output}.", output=output
            )
        if not any(graph.nodes[graph.nodes[g].of].role == "given" for g in gradients):
            return say(
                "Asked: {output}, and the gradients with respect to the parameters, given that of {output}.",
                output=output,
            )
        if any(graph.nodes[graph.nodes[g].of].of == "initial" for g in gradients):
            return say(
                "Asked: {output}, and the gradients with respect to the parameters, the inputs and the initial states, "
                "given that of {output}.",
                output=output,
            )
        return say(
            "Asked: {output}, and the gradients with respect to the parameters and the inputs, given that of {output}.",
            output=output,
        )
    return say("Asked: {output} and the loss.", output=output) if graph.loss else say("Asked: {output}.", output=output)


def outputs_of(graph: Graph) -> Message:
    """The output, or several by their names."""
    if len(graph.heads) < 2:
        operation = graph.nodes[graph.output].operation if graph.output else None
        if isinstance(operation, Stack) and not operation.times and len(operation.widths) == 1:
            label = graph.labels[graph.nodes[graph.output].inputs[0]]
            return say("the output {name}", name=Ref(label.symbol, (Number(label.time or 0),)))
        return say("the output")
    names = [(graph.symbol(name), graph.nodes[name].shape) for name in graph.heads]
    *first, last = [whole(name) if shape else Ref(name) for name, shape in names]
    return say("the outputs {first} and {last}", first=tuple(first), last=last)


def wanted_gradients(graph: Graph) -> list[str]:
    """The gradients that are asked for: those of the parameters, of inputs where there is no parameter.

    Where a gradient comes in at the output, what goes out at the inputs is asked for too.
    """
    gradients = [n for n in graph.nodes.values() if n.role == "gradient" and n.of in graph.nodes]
    of = {n.of: n.name for n in gradients}
    found = [of[name] for name in graph.parameters if name in of]
    of_inputs = [n.name for n in gradients if graph.nodes[n.of].role == "given"]
    return found + of_inputs if not graph.loss else found or of_inputs


def renewed(graph: Graph) -> list[str]:
    """The given quantities that have a next value, as running statistics."""
    followed = (n.follows for n in graph.nodes.values() if n.role == "update")
    return [name for name in followed if graph.nodes[name].role == "given"]


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
    """The keys of the answers that are asked for, at the first and the last step, in the order of the question."""
    graph = writer.graph
    ends = sorted({0, steps})
    keys = [
        k
        for n in (*(graph.heads or (graph.output,)), graph.loss)
        if n
        for step in ends
        for k in keys_of(writer, n, step)
    ]
    if steps:
        trained = [k for n in graph.parameters if n in writer.trained for k in keys_of(writer, n, steps)]
        keys = [*trained, *(k for n in renewed(graph) for k in keys_of(writer, n, steps)), *keys]
    else:
        keys += [k for n in wanted_gradients(graph) for k in keys_of(writer, n, 0)]
        keys += [k for n in renewed(graph) for k in keys_of(writer, n, 1)]
    return tuple(k for k in dict.fromkeys(keys) if k in answers)


def keys_of(writer: Writer, name: str, step: int) -> Iterable[str]:
    """The keys under which a quantity stands among the answers."""
    node = writer.graph.nodes[name]
    if begins(writer.graph, node):
        return [plain(writer.key(name, at, step)) for at in elements(node.shape)]
    if writer.graph.labels[name].elements:
        return [writer.key(name, at, step).name for at in elements(node.shape)]
    return [writer.key(name, (), step).name]
