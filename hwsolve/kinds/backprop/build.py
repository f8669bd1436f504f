"""From a problem to the graph of its computation: names, shapes, and the numbers that it states.

Everything that is wrong with a problem as a whole is noted in the report at the place where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import Any

from hwsolve.formula.tree import Formula
from hwsolve.graph.batch import Batch as Samples
from hwsolve.graph.differentiate import differentiate
from hwsolve.graph.effort import operations
from hwsolve.graph.graph import Graph, Owned, TooLarge
from hwsolve.initializers import INITIALIZERS
from hwsolve.kinds.backprop.chosen_letters import check_notation
from hwsolve.kinds.backprop.computation import Computation
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.backprop.input_arrays import Given, origin, stands_for, transposed, zeros
from hwsolve.kinds.backprop.input_setup import InputSetup
from hwsolve.kinds.backprop.loss_setup import LossSetup
from hwsolve.kinds.backprop.minibatches import KEYS, Batch, Plan, alike, in_batches, narrowed, planned
from hwsolve.kinds.backprop.name_clashes import check_names
from hwsolve.kinds.backprop.problem import Problem
from hwsolve.kinds.backprop.updates import enter_updates
from hwsolve.language import Message, say
from hwsolve.layers.base import NotComputed, shape_text
from hwsolve.layers.composite import build_body
from hwsolve.layers.formula_layer import FormulaLayer
from hwsolve.layers.items import Body, Item, walk_items
from hwsolve.layers.network import expand
from hwsolve.layers.sources import Source
from hwsolve.optimizers.optimizer import Course
from hwsolve.spec.report import Report

MOST_VALUES = 500_000  # numbers of a network that is computed


class NetworkConstruction(Construction):
    """Builds the graph of a network, and notes what does not fit."""

    def __init__(self, problem: Any, report: Report):
        super().__init__(problem, report)
        self.plan: Plan | None = None  # of training on batches
        self.stands: Course | None = None  # that of the whole training, for the graph of a batch

    def build(self) -> Computation | None:
        """The computation; None after an error."""
        self.graph.room = MOST_VALUES
        try:
            inputs = InputSetup(self).enter()
            if inputs is None or not self.enter_layers(inputs):
                return None
            self.graph.room = None  # gradients are as many as what they are of
            self.enter_parameters()
            upstream = LossSetup(self).enter()
        except NotComputed as why:
            self.wrong_layer(why.layer, why.message)
            return None
        except TooLarge:
            said = say("The weights and values of this network are more than {most} numbers, and no more are worked "
                       "out by hand.", most=f"{MOST_VALUES:,}")  # fmt: skip
            self.wrong("network", said, say("`count-params` counts a network of any size."))
            return None
        self.plan = planned(self)
        if not self.report.ok:
            return None
        if self.plan is not None:
            self.problem.steps = self.plan.steps
        if self.graph.loss or upstream:
            differentiate(self.graph, upstream)
        if self.problem.optimizer is not None and self.graph.loss:
            enter_updates(self, self.problem.optimizer, self.course())
        for name, operation, reads in self.builder.renewals:
            of = self.graph.nodes[name]
            more = {"inputs": reads, "layer": of.layer, "follows": name}
            self.graph.add(self.graph.labels[name], of.shape, "update", operation, **more)
        self.graph.typed = {name: given.values for name, given in self.givens.items()}
        self.graph.typed |= {name: (f,) for name, f in self.graph.numbers.items()}
        check_names(self)
        if self.report.ok and isinstance(self.problem, Problem):
            check_notation(self)
        if not self.report.ok:
            return None
        layers = {node.layer for node in self.graph.nodes.values()}
        self.problem.places = self.ends()
        self.problem.places |= {layer: place for layer in layers if (place := self.place_of(layer)) is not None}
        whole = Computation(self.graph, self.givens, self.stated, self.remarks, self.warnings, operations(self.graph))
        return whole if self.plan is None else self.batched(whole, self.plan)

    def batched(self, whole: Computation, plan: Plan) -> Computation | None:
        """The computation on batches; None where a batch alone has an error."""

        def graph_of(batch: Batch) -> Graph:
            one = NetworkConstruction(narrowed(self.problem, plan, batch), self.report)
            one.stands = self.course()
            one.builder.batch = Samples(batch, plan.samples)
            made = one.build()
            if made is not None and not alike(made.graph, whole.graph):
                key = next(key for key in KEYS if getattr(self.problem, key) is not None)
                self.wrong(key, say("A layer reads the samples of a batch otherwise than all samples, as where padding "
                                    "is in some alone."), say("All samples in one batch can be computed."))  # fmt: skip
            return whole.graph if made is None else made.graph

        found = in_batches(whole, plan, graph_of)
        return found if self.report.ok else None

    def course(self) -> Course:
        """How long the training is."""
        if self.stands is not None:
            return self.stands
        return Course(self.problem.steps, len(self.plan.batches) if self.plan is not None else 0)

    def enter_layers(self, inputs: dict[str, str]) -> bool:
        """The layers that read the inputs, given by wire, and what comes out of them; whether they can be read."""
        network = expand(self.problem.network, self.report)
        if network is None:
            return False
        body = self.body = network.body
        self.warnings += self.problem.network.warnings
        if not self.has_mode(body):
            return False
        nodes = dict(inputs)
        self.graph.named = frozenset(name for i in walk_items(body.items) for name in i.symbols)
        self.graph.output = build_body(body, self.builder, nodes)
        self.graph.named |= frozenset(letters(body.items)) | frozenset(network.inputs)
        self.stated += self.builder.said
        self.remarks += self.builder.remarks
        for node in self.graph.nodes.values():
            if self.builder.classes.keys() & set(node.inputs):
                what = say("`{layer}` takes numbers, not classes, which an `embedding` reads.", layer=node.layer)
                self.wrong_layer(node.layer, what)
                return False
        if self.problem.loss is not None or self.problem.upstream is not None:
            self.warnings += self.builder.warnings
        self.graph.heads = tuple(nodes[wire.name] for wire in network.outputs.values())
        return True

    def has_mode(self, body: Body) -> bool:
        """Whether it is known if this is training, where a layer must know."""
        self.builder.mode = getattr(self.problem, "mode", None) or ""
        found = [item.path for item in walk_items(body.items) if item.layer is not None and item.layer.by_mode()]
        if self.builder.mode or not found:
            return True
        message = say(
            "Training and evaluation are not the same for {layers}, and the problem does not say which of them it is.",
            layers=", ".join(f"`{path}`" for path in found),
        )
        hint = say("At the top of the problem, `{train}` or `{eval}`.", train="mode: train", eval="mode: eval")
        self.wrong_layer(found[0], message, hint)
        return False

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
            if stands_for(found, shape):
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
            if not spec.init.fits(owned.stored or shape):
                name = INITIALIZERS.name_of(spec.init)
                message = say("`{name}` is not for an array with {n} axes.", name=name, n=len(shape))
                self.wrong_layer(owned.path, message)
                return None
            drawn = spec.init.values(owned.stored or (shape[::-1] if by_input else shape), spec.seed or 0)
            return transposed(drawn, shape) if by_input else drawn
        value = spec.value if spec.value is not None else owned.value
        if value is None and self.stands_alone(owned.path):
            sizes = shape_text(shape) or "1"
            message = say("`{name}` needs numbers, of the shape {shape}.", name=self.graph.symbol(name), shape=sizes)
            self.wrong_layer(owned.path, message, alone_hint(shape))
            return None
        if value is None:
            message = say(
                "`{layer}` needs numbers for its {which}, of the shape {shape}.",
                layer=owned.path,
                which=owned.which,
                shape=shape_text(owned.stored or shape) or "1",
            )
            self.wrong_layer(owned.path, message, numbers_hint(owned, shape))
            return None
        return (value,) * size

    def stands_alone(self, path: str) -> bool:
        """Whether the parameters of a layer are stated as what they are, not as a setting of it."""
        assert self.body is not None
        found = next((item.layer for item in walk_items(self.body.items) if item.path == path), None)
        return isinstance(found, Source | FormulaLayer)


def numbers_hint(owned: Owned, shape: tuple[int, ...]) -> Message:
    """How a parameter that has no numbers gets them."""
    which, shape = owned.which, owned.stored or shape
    if owned.role == "bias":
        return say(
            "As `{example}` or `{init}`; `{none}` leaves it out.",
            example=under(which, zeros(shape)),
            init=under(which, "{init: zeros}"),
            none=f"{which.partition('.')[0]}: false",
        )
    drawn = under(which, "{init: xavier_uniform, seed: 7}")
    return say("As `{example}`, or `{init}`.", example=under(which, zeros(shape)), init=drawn)


def under(which: str, value: Any) -> str:
    """How a setting is typed, as `weight: {out: …}` of `weight.out`."""
    key, _, rest = which.partition(".")
    return f"{key}: {{{under(rest, value)}}}" if rest else f"{key}: {value}"


def alone_hint(shape: tuple[int, ...]) -> Message:
    """How a parameter that stands by itself gets its numbers."""
    one, drawn = "value: 0", "init: normal"
    if not shape:
        return say("As `{one}` or `{drawn}`.", one=one, drawn=drawn)
    return say("As `{all}`, `{one}` or `{drawn}`.", all=f"values: {zeros(shape)}", one=one, drawn=drawn)


def build(problem: Problem, report: Report) -> Computation | None:
    """The computation that a problem asks for; None after errors."""
    return NetworkConstruction(problem, report).build()


def letters(items: tuple[Item, ...]) -> Iterator[str]:
    """The letters that layers are told to use."""
    for item in walk_items(items):
        known = getattr(item.layer, "symbols", None)
        yield from (getattr(known, name) or "" for name in getattr(known, "__struct_fields__", ()))
