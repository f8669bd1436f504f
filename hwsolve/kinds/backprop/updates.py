"""The updates of a computation: its optimizer in the graph, and what is kept from earlier updates."""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, references
from hwsolve.graph.optimizer_names import step_aside
from hwsolve.graph.update import called, update
from hwsolve.kinds.backprop.input_arrays import Given, stands_for
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.optimizer import Course, Optimizer, letters_of
from hwsolve.spec.nodes import Mapping
from hwsolve.spec.report import did_you_mean

if TYPE_CHECKING:
    from hwsolve.graph.graph import Graph
    from hwsolve.kinds.backprop.construction import Construction

RUNS_AWAY = say("The updates run away; with a smaller learning rate, or clipped gradients, they may not.")


def enter_updates(
    construction: Construction, optimizer: Optimizer, course: Course, gradients: dict[str, str] | None = None
) -> None:
    """The new values of the parameters; what the numbers of the optimizer do not say of them is stated."""
    graph = construction.graph
    reads_epoch = "epoch" in {r.name for r in references(getattr(optimizer, "lr", Number(0)))}
    if reads_epoch and not course.per_epoch:
        message = say("The learning rate reads `epoch`, and there are no epochs here.")
        hint = say("`t` counts updates from 1; with `epochs` in place of `steps` there are epochs.")
        hint = hint if "epochs" in construction.problem.__struct_fields__ else say("`t` counts updates from 1.")
        construction.wrong("optimizer", message, hint, (OPTIMIZERS.name_of(optimizer), "lr"))
        return
    starts = update(graph, optimizer.rule(course), gradients)
    if not any(node.role == "update" for node in graph.nodes.values()):
        construction.warnings.append(say("Nothing is trained: the optimizer changes no parameter."))
        return
    for name, start in starts.items():
        shape = graph.nodes[name].shape
        construction.givens[name] = Given(shape, (start,) * prod(shape))
    States(construction, optimizer, starts).enter()
    construction.warnings += idle_rate(construction, optimizer)
    graph.defaults |= defaults_of(construction, optimizer)
    renamed = step_aside(graph)
    if each := tuple(Call("==", (Ref(graph.symbol(n)), f)) for n, f in graph.numbers.items() if n in graph.defaults):
        construction.stated.append(say("{settings}, as in PyTorch where nothing is stated.", settings=each))
    construction.stated.extend(optimizer.stated(bool(starts), renamed | states_beside(graph, starts, optimizer)))
    counters = [n.name for n in graph.nodes.values() if n.role == "counter"]
    if optimizer.step:
        construction.givens |= {name: Given((), (Number(optimizer.step),)) for name in counters}
    if optimizer.clip is not None and ZERO in (optimizer.clip.norm, optimizer.clip.value):
        construction.warnings.append(say("Gradients are clipped to 0: nothing is left of them."))
    frozen = [graph.symbol(name) for name, p in graph.parameters.items() if not p.trainable]
    if frozen:
        construction.stated.append(say("Not trained: {names}.", names=tuple(frozen)))


def idle_rate(construction: Construction, optimizer: Optimizer) -> Iterator[Message]:
    """A learning rate that is stated, where all that would start at it has numbers of its own."""
    graph, stated = construction.graph, {name: optimizer.state.get(name) for name in optimizer.FROM_RATE}
    own = [n for n in graph.nodes.values() if n.role == "state"]
    for name, numbers in stated.items() if "optimizer.lr" in construction.ends() else ():
        every = sum(1 for n in own if called(graph, n) == name)
        if numbers is not None and (not isinstance(numbers, dict) or len(numbers) == every):
            yield say(
                "`{key}` is not read: it is where `{state}` starts, whose numbers are stated.", key="lr", state=name
            )


def defaults_of(construction: Construction, optimizer: Optimizer) -> set[str]:
    """The settings that the problem leaves as PyTorch has them: they are told, and none of what is given."""
    graph, ends, open_to = construction.graph, construction.ends(), set[str]()
    for key in optimizer.__struct_fields__:
        if f"optimizer.{key}" not in ends:
            open_to |= {*optimizer.names(key)}
    clip, _ = ends.get("optimizer.clip", (None, None))
    if isinstance(clip, Mapping) and "eps" not in clip.entries:
        open_to.add("clip_eps")
    return {n.name for n in graph.nodes.values() if n.role == "setting" and graph.symbol(n.name) in open_to}


def states_beside(graph: Graph, starts: dict[str, Formula], optimizer: Optimizer) -> dict[str, str]:
    """The states of each parameter by their own names, where a quantity has the letter that they share."""
    letters = letters_of(optimizer.starts())
    taken = {graph.symbol(node.name) for node in graph.nodes.values() if node.name not in starts}
    found: dict[str, list[str]] = {}
    for node in starts:
        found.setdefault(called(graph, graph.nodes[node]), []).append(graph.symbol(node))
    own = {name: letters.get(name, name) for name in optimizer.starts()}
    return {name: ", ".join(found[key]) for name, key in own.items() if key in taken and key in found}


class States:
    """Puts the numbers that a problem states for states in the place of those at which they start."""

    def __init__(self, construction: Construction, optimizer: Optimizer, starts: dict[str, Formula]) -> None:
        self.construction, self.optimizer, self.graph = construction, optimizer, construction.graph
        self.nodes: dict[str, dict[str, str]] = {}  # of each state, by the symbol of the parameter
        letters = letters_of(optimizer.starts())
        for node in starts:
            name = called(self.graph, self.graph.nodes[node])
            of = self.graph.nodes[node].of
            for alias in {name, letters.get(name, name)}:
                self.nodes.setdefault(alias, {})[self.graph.symbol(of) if of else ""] = node

    def wrong(self, message: Any, hint: Any, *within: str) -> None:
        """An error at a state."""
        place = (OPTIMIZERS.name_of(self.optimizer), "state", *within)
        self.construction.wrong("optimizer", message, hint, place)

    def enter(self) -> None:
        """All of them."""
        for state, stated in self.optimizer.state.items():
            nodes = self.nodes.get(state)
            if nodes is None:
                name = OPTIMIZERS.name_of(self.optimizer)
                known = list(self.optimizer.starts())
                if not known:
                    self.wrong(say("`{name}` keeps nothing from update to update here.", name=name), None, state)
                else:
                    message = say("`{name}` keeps no `{state}`.", name=name, state=state)
                    self.wrong(message, did_you_mean(state, known), state)
            elif isinstance(stated, dict):
                self.by_parameter(state, stated, nodes)
            elif len(nodes) > 1 and not stated.shape:
                for node in nodes.values():
                    shape = self.graph.nodes[node].shape
                    self.numbers(
                        node, msgspec.structs.replace(stated, shape=shape, values=stated.values * prod(shape)), (state,)
                    )
            elif len(nodes) > 1:
                names = ", ".join(f"`{name}`" for name in nodes)
                message = say(
                    "`{state}` needs its numbers for each parameter by its name: {names}.", state=state, names=names
                )
                self.wrong(message, None, state)
            else:
                self.numbers(next(iter(nodes.values())), stated, (state,))

    def by_parameter(self, state: str, stated: dict[str, Any], nodes: dict[str, str]) -> None:
        """The numbers of one state for each parameter."""
        for name, array in stated.items():
            if name not in nodes:
                message = say("No parameter `{name}` is trained here.", name=name)
                self.wrong(message, did_you_mean(name, [n for n in nodes if n]), state, name)
            else:
                self.numbers(nodes[name], array, (state, name))

    def numbers(self, node: str, array: Any, within: tuple[str, ...]) -> None:
        """The numbers of one node."""
        shape = self.graph.nodes[node].shape
        if not stands_for(array.shape, shape):
            message = say(
                "The state {symbol} has the shape {found}, its parameter {shape}.",
                symbol=self.graph.symbol(node),
                found=shape_text(array.shape) or "1",
                shape=shape_text(shape) or "1",
            )
            self.wrong(message, None, *within)
            return
        state, below = within[0], next((v for v in array.values if isinstance(v, Number) and v.numerator < 0), None)
        if below is not None and state in self.optimizer.starts() and state in self.optimizer.SQUARES:
            message = say("`{state}` is made of squares and sizes: {value} is less than 0.", state=state, value=below)
            self.wrong(message, None, *within)
            return
        self.construction.givens[node] = Given(shape, array.values)
        self.graph.begun.add(node)
