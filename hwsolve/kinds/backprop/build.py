"""From a problem to the graph of its computation: names, shapes, and the numbers that it states.

Everything that is wrong with a problem as a whole is noted in the report at the place where it stands.
"""

from __future__ import annotations

from math import prod

from hwsolve.formula.tree import Formula
from hwsolve.graph.differentiate import differentiate
from hwsolve.graph.graph import Owned, operations
from hwsolve.graph.update import update
from hwsolve.initializers import INITIALIZERS
from hwsolve.kinds.backprop.chosen_letters import check_notation
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.backprop.input_arrays import Given, origin, squeezed, transposed, zeros
from hwsolve.kinds.backprop.loss_setup import LossSetup
from hwsolve.kinds.backprop.name_clashes import check_names
from hwsolve.kinds.backprop.problem import Problem
from hwsolve.language import Message, say
from hwsolve.layers.base import NotComputed, shape_text
from hwsolve.layers.composite import build_body
from hwsolve.layers.items import walk_items
from hwsolve.layers.network import expand
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.spec.report import Report

MOST_VALUES = 500_000  # numbers of a network that is computed


class NetworkConstruction(Construction):
    """Builds the graph of a network, and notes what does not fit."""

    def build(self) -> Computation | None:
        """The computation; None after an error."""
        x = self.enter_input()
        if x is None:
            return None
        try:
            output = self.enter_layers(x)
            if output is None:
                return None
            self.graph.output = output
            if self.too_many():
                return None
            self.enter_parameters()
            upstream = LossSetup(self).enter()
        except NotComputed as why:
            self.wrong_layer(why.layer, why.message)
            return None
        if not self.report.ok:
            return None
        if self.graph.loss or upstream:
            differentiate(self.graph, upstream)
        if self.problem.optimizer is not None and self.graph.loss:
            self.enter_updates(self.problem.optimizer)
        self.graph.typed = {name: given.values for name, given in self.givens.items()}
        self.graph.typed |= {name: (f,) for name, f in self.graph.numbers.items()}
        check_names(self)
        if self.report.ok and isinstance(self.problem, Problem):
            check_notation(self)
        if not self.report.ok:
            return None
        layers = {node.layer for node in self.graph.nodes.values()}
        self.problem.places = {layer: place for layer in layers if (place := self.place_of(layer)) is not None}
        return Computation(self.graph, self.givens, self.stated, self.remarks, self.warnings, operations(self.graph))

    def too_many(self) -> bool:
        """Note a computation with more numbers than a machine should hold."""
        values = sum(prod(node.shape) for node in self.graph.nodes.values())
        if values > MOST_VALUES:
            message = say(
                "The weights and values of this network are {n} numbers; at most {most} are worked out by hand.",
                n=f"{values:,}",
                most=f"{MOST_VALUES:,}",
            )
            self.wrong("network", message, say("`count-params` counts a network of any size."))
        return values > MOST_VALUES

    def enter_layers(self, x: str) -> str | None:
        """The layers that read `x`, and what comes out of them."""
        body = expand(self.problem.network, self.report)
        if body is None:
            return None
        self.body, items = body, body.items
        self.warnings += self.problem.network.warnings
        trains = self.problem.loss is not None or self.problem.upstream is not None
        idle = [said for i in walk_items(items) if i.layer is not None and (said := i.layer.idle(i.path)) is not None]
        (self.warnings if trains else self.remarks).extend(idle)
        return build_body(body, self.builder, {"": x})

    # the input

    def enter_input(self) -> str | None:
        """The data, one sample or a batch."""
        network, given = self.problem.network, self.problem.input
        shape = network.input[network.bare :]
        if not all(isinstance(n, int) for n in shape):
            self.wrong("network", say("The sizes of the input must be numbers here, not names."), within=("input",))
            return None
        sizes = tuple(int(n) for n in shape)
        if given is None:
            self.wrong(
                "input",
                say("`input` is missing: the numbers that go in, of the shape {shape}.", shape=shape_text(sizes)),
            )
            return None
        found = given.shape or ((1,) if prod(sizes) == 1 else ())
        if found != sizes and found[1:] != sizes:
            message = say(
                "The input has the shape {found}, the network takes {shape}.",
                found=shape_text(found),
                shape=shape_text(sizes),
            )
            self.wrong(
                "input",
                message,
                say("One more axis in front makes a batch: {batch}.", batch=f"N × {shape_text(sizes)}"),
            )
            return None
        name = self.builder.given(network.input_symbol or "x", found, "input")
        self.givens[name] = Given(found, given.values)
        self.graph.batched = found != sizes
        return name

    # parameters

    def enter_parameters(self) -> None:
        """The numbers of every parameter, in the shape that its layer gives it."""
        for name, owned in self.builder.owned.items():
            shape = self.graph.nodes[name].shape
            values = self.numbers_of(name, owned, shape)
            if values is not None:
                self.givens[name] = Given(shape, values)

    def numbers_of(self, name: str, owned: Owned, shape: tuple[int, ...]) -> tuple[Formula, ...] | None:
        """A parameter's numbers: stated, drawn, or one for all."""
        spec, size = owned.spec, prod(shape)
        if spec.values is not None:
            found = spec.values.shape
            if found == shape or (prod(found) == size and squeezed(found) == squeezed(shape)):
                return tuple(spec.values.values)
            message = say(
                "{symbol} has the shape {found}, but needs {shape}.",
                symbol=self.graph.symbol(name),
                found=shape_text(found),
                shape=shape_text(shape),
            )
            turned = say("`rows: inputs` takes a row for each input.") if found == shape[::-1] else None
            self.report.add(spec.values.node, f"{owned.path}.{owned.which}", message, turned)
            return None
        if spec.init is not None:
            self.stated.append(origin(self.graph.symbol(name), spec.init, spec.seed or 0))
            # torch.nn.init counts the first axis of a weight as its outputs
            by_input = spec.rows == "inputs" and len(shape) == 2
            if not spec.init.fits(shape):
                name = INITIALIZERS.name_of(spec.init)
                message = say("`{name}` is not for an array with {n} axes.", name=name, n=len(shape))
                self.wrong_layer(owned.path, message)
                return None
            drawn = spec.init.values(shape[::-1] if by_input else shape, spec.seed or 0)
            return transposed(drawn, shape) if by_input else drawn
        value = spec.value if spec.value is not None else owned.value
        if value is None:
            message = say(
                "`{layer}` needs numbers for its {which}, of the shape {shape}.",
                layer=owned.path,
                which=owned.which,
                shape=shape_text(shape) or "1",
            )
            self.wrong_layer(owned.path, message, numbers_hint(owned, shape))
            return None
        return (value,) * size

    def enter_updates(self, optimizer: Optimizer) -> None:
        """The new values of the parameters; what the numbers of the optimizer do not say of them is stated."""
        starts = update(self.graph, optimizer.rule())
        if not any(node.role == "update" for node in self.graph.nodes.values()):
            self.warnings.append(say("Nothing is trained: the optimizer changes no parameter."))
            return
        for name, start in starts.items():
            shape = self.graph.nodes[name].shape
            self.givens[name] = Given(shape, (start,) * prod(shape))
        self.stated.extend(optimizer.stated(bool(starts)))
        counters = (self.graph.symbol(n.name) for n in self.graph.nodes.values() if n.role == "counter")
        self.stated.extend(say("{k} is the number of the update.", k=k) for k in counters)
        frozen = [self.graph.symbol(name) for name, p in self.graph.parameters.items() if not p.trainable]
        if frozen:
            self.stated.append(say("Not trained: {names}.", names=", ".join(frozen)))


def numbers_hint(owned: Owned, shape: tuple[int, ...]) -> Message:
    """How a parameter that has no numbers gets them."""
    which = owned.which
    if owned.role == "bias":
        return say(
            "As `{example}` or `{init}`; `{none}` leaves it out.",
            example=f"{which}: {zeros(shape)}",
            init=f"{which}: {{init: zeros}}",
            none=f"{which}: false",
        )
    return say(
        "As `{which}: {example}`, or `{which}: {init}`.",
        which=which,
        example=zeros(shape),
        init="{init: xavier_uniform, seed: 7}",
    )


def build(problem: Problem, report: Report) -> Computation | None:
    """The computation that a problem asks for; None after errors."""
    return NetworkConstruction(problem, report).build()
