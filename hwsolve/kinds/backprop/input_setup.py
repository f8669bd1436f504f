"""The data of a network: each input as a given quantity, one sample or a batch."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from hwsolve.kinds.backprop.input_arrays import Given
from hwsolve.kinds.backprop.input_field import Picked
from hwsolve.language import say
from hwsolve.layers.base import shape_text
from hwsolve.spec.report import did_you_mean, suggest

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction


class InputSetup:
    """Enters the inputs into a graph, and notes what does not fit."""

    def __init__(self, construction: Construction):
        self.construction, self.problem, self.report = construction, construction.problem, construction.report
        self.graph, self.builder = construction.graph, construction.builder
        self.in_batches: set[str] = set()  # the inputs that have an axis of samples

    def enter(self) -> dict[str, str] | None:
        """The data by wire, one sample or a batch; None after a note."""
        given = self.problem.input
        wires = self.problem.network.inputs
        if not all(isinstance(n, int) for wire in wires.values() for n in wire.shape):
            self.construction.wrong(
                "network", say("The sizes of the input must be numbers here, not names."), within=("input",)
            )
            return None
        if isinstance(given, dict) or len(wires) > 1:
            arrays = self.by_name(given, list(wires))
        else:
            arrays = dict.fromkeys(wires, given)
        if arrays is None:
            return None
        nodes = {wire.name: self.enter_input(name, wire.shape, arrays[name]) for name, wire in wires.items()}
        if not self.report.ok:
            return None
        lengths = {name: self.graph.nodes[node].shape[:1] for name, node in nodes.items() if node in self.in_batches}
        if self.in_batches and (len(lengths) < len(nodes) or len(set(lengths.values())) > 1):
            found = {
                name: shape_text(self.graph.nodes[node].shape)
                for name, node in zip(wires, nodes.values(), strict=False)
            }
            texts = ", ".join(f"`{name}` {text}" for name, text in found.items())
            self.construction.wrong(
                "input", say("Every input needs as many samples as the others: {shapes}.", shapes=texts)
            )
            return None
        self.graph.batched = bool(self.in_batches)
        return nodes

    def by_name(self, given: Any, names: list[str]) -> dict[str, Any] | None:
        """The numbers of each input; None after a note."""
        listed = ", ".join(f"`{name}`" for name in names)
        if not isinstance(given, dict):
            message = say("`input` needs the numbers of each input by its name: {names}.", names=listed)
            self.construction.wrong("input", message)
            return None
        before = len(self.report.errors)
        for name in given:
            if name not in names:
                message = say("The network has no input `{name}`.", name=name)
                self.construction.wrong("input", message, did_you_mean(name, names), (name,))
        meant = {suggest(name, names) for name in given if name not in names}
        for name in names:
            if name not in given and name not in meant:
                self.construction.wrong("input", say("The numbers of the input `{name}` are missing.", name=name))
        return given if len(self.report.errors) == before else None

    def enter_input(self, name: str, shape: Any, given: Any) -> str:
        """One input, or "" after a note."""
        network = self.problem.network
        sizes = tuple(int(n) for n in shape[network.bare :])
        within = (name,) if len(network.inputs) > 1 else ()
        if given is None:
            message = say("`input` is missing: the numbers that go in, of the shape {shape}.", shape=shape_text(sizes))
            self.construction.wrong("input", message)
            return ""
        found = given.shape or ((1,) if prod(sizes) == 1 and sizes else ())
        if len(sizes) > 1 and sizes[-1] == 1 and found == sizes[:-1]:
            found = sizes  # T steps of one number, each without its own brackets
        if found != sizes and found[1:] != sizes:
            message = say(
                "The input has the shape {found}, the network takes {shape}.",
                found=shape_text(found),
                shape=shape_text(sizes),
            )
            if within:
                message = say(
                    "The input `{name}` has the shape {found}, the network takes {shape}.",
                    name=name,
                    found=shape_text(found),
                    shape=shape_text(sizes),
                )
            batch = say("One more axis in front makes a batch: {batch}.", batch=f"N × {shape_text(sizes)}")
            self.construction.wrong("input", message, batch, within)
            return ""
        picked = isinstance(given, Picked)
        name = "tokens" if picked and network.input_symbol is None and len(network.inputs) == 1 else name
        node = self.builder.given(name, found, "input")
        self.construction.givens[node] = Given(found, given.values)
        if isinstance(given, Picked):
            self.builder.classes[node] = given.rows()
        self.in_batches |= {node} if found != sizes else set()
        return node
