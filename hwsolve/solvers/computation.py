"""From a problem to the graph of its computation: names, shapes, and the numbers that it states.

Everything that is wrong with a problem as a whole is noted in the report at the place where it stands.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import numbers
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Formula, Number
from hwsolve.graph.differentiate import differentiate
from hwsolve.graph.graph import Builder, Graph, Label, NameClash, Node, Owned
from hwsolve.graph.update import update
from hwsolve.language import Message, say
from hwsolve.layers.base import NotComputed, shape_text
from hwsolve.layers.composite import build_items
from hwsolve.layers.drawing import draw
from hwsolve.layers.loss import CrossEntropy, Loss, Target
from hwsolve.layers.network import Item, expand
from hwsolve.solvers.target import Classes
from hwsolve.spec.fields import INVALID, Array, ArrayField, Field, Word, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Scalar, Sequence
from hwsolve.spec.nodes import Node as Place
from hwsolve.spec.report import ROOT, Path, Report

if TYPE_CHECKING:
    from hwsolve.solvers.backprop import Problem


class Upstream(msgspec.Struct, frozen=True):
    """The gradient of a loss that is not stated, with respect to the output."""

    values: Array
    symbol: str | None = None


class Named(msgspec.Struct, frozen=True):
    """What stands beside the values of an upstream gradient."""

    symbol: Word | None = None


class UpstreamField(Field):
    """Numbers, or `{values: …, symbol: H}`."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("numbers, or `{form}`", form="{values: [-3, 1], symbol: H}")

    def read(self, node: Place, report: Report, path: Path) -> Any:
        """An Upstream, or INVALID."""
        symbol = None
        if isinstance(node, Mapping) and "values" in node.entries:
            rest = {k: v for k, v in node.entries.items() if k != "values"}
            named = read_record(Named, Mapping(node.line, node.column, rest), report, path)
            if named is INVALID:
                return INVALID
            symbol, node, path = named.symbol, node.entries["values"][1], path / "values"
        array = ArrayField().read(node, report, path)
        return INVALID if array is INVALID else Upstream(array, symbol)

    def schema(self) -> dict[str, Any]:
        """Both forms."""
        whole = record_schema(Named)
        whole["properties"] = {"values": ArrayField().schema(), **whole["properties"]}
        return {"anyOf": [whole, ArrayField().schema()]}


class Given(msgspec.Struct, frozen=True):
    """A quantity's numbers as the problem states them."""

    shape: tuple[int, ...]
    values: tuple[Formula, ...]


class Computation(msgspec.Struct):
    """A graph, and the numbers that are put into it."""

    graph: Graph
    givens: dict[str, Given]
    remarks: list[Message]
    operations: int = 0  # element operations of one pass, about

    def values(self, exact: bool) -> dict[str, Any]:
        """The numbers of all givens, as arrays of the number system that is set."""
        made = {name: array(g, exact) for name, g in self.givens.items()}
        return made | {name: number(f, exact) for name, f in self.graph.numbers.items()}


def array(given: Given, exact: bool) -> Any:
    """An array of rationals and balls, or of float64; a bare value where the shape is ()."""
    import numpy as np

    values = [number(f, exact) for f in given.values]
    if not given.shape:
        return values[0]
    made = np.empty(len(values), dtype=object if exact else np.float64)
    made[:] = values
    return made.reshape(given.shape)


def number(f: Formula, exact: bool) -> Any:
    """A typed number in the number system that is set."""
    if isinstance(f, Number):
        return numbers.exact(f.numerator, f.denominator) if exact else f.numerator / f.denominator
    value = evaluate(f, unknown)
    if isinstance(value, int):
        value = numbers.exact(value)
    return value if exact else float(value)


def unknown(name: str, indices: tuple[int, ...]) -> Any:
    """The look-up of a formula without names."""
    raise KeyError(name)


class Construction:
    """Builds the graph of a problem, and notes what does not fit."""

    def __init__(self, problem: Problem, report: Report):
        self.problem, self.report = problem, report
        self.graph = Graph({}, {}, {}, {}, set())
        self.builder = Builder(self.graph)
        self.givens: dict[str, Given] = {}
        self.remarks: list[Message] = []
        self.items: tuple[Item, ...] = ()

    def wrong(self, key: str, message: Message, hint: Message | None = None, within: str = "") -> None:
        """Note an error at a key of the problem, or at one of that key's own."""
        assert self.problem.node is not None
        node: Place = self.problem.node
        path = ROOT
        for step in (key, within):
            if isinstance(node, Mapping) and step in node.entries:
                node, path = node.entries[step][1], path / step
        self.report.add(node, path, message, hint)

    def wrong_layer(self, layer: str, message: Message, hint: Message | None = None) -> None:
        """Note an error at a layer, by its path."""
        item = next((item for item in walk_items(self.items) if item.path == layer), None)
        if item is None:
            self.wrong("loss" if self.problem.loss is not None else "upstream", message, hint)
        else:
            self.report.add(item.node, item.where, message, hint)

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
            self.enter_parameters()
            upstream = self.enter_end()
        except NameClash as why:
            self.wrong_layer(why.layer, why.message, say("Give one of them another name under `symbols`."))
            return None
        except NotComputed as why:
            self.wrong_layer(why.layer, why.message)
            return None
        if not self.report.ok:
            return None
        if self.graph.loss or upstream:
            differentiate(self.graph, upstream)
        if self.problem.optimizer is not None and self.graph.loss:
            update(self.graph, self.problem.optimizer.settings())
            self.start_states()
        return Computation(self.graph, self.givens, self.remarks, work(self.graph))

    def enter_layers(self, x: str) -> str | None:
        """The layers that read `x`, and what comes out of them."""
        items = expand(self.problem.network, self.report)
        if items is None:
            return None
        self.items = items
        return build_items(items, self.builder, x)

    # the input

    def enter_input(self) -> str | None:
        """The data, one sample or a batch."""
        shape, given = self.problem.network.input, self.problem.input
        if not all(isinstance(n, int) for n in shape):
            self.wrong("network", say("The sizes of the input must be numbers here, not names."), within="input")
            return None
        sizes = tuple(int(n) for n in shape)  # type: ignore[arg-type]
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
        symbol = self.problem.network.input_symbol or "x"
        name = self.builder.add(Node(symbol, found, "given", of="input"), Label(symbol))
        self.givens[name] = Given(found, given.values)
        self.graph.batched = found != sizes
        return name

    @property
    def samples(self) -> int:
        """The number of samples; 1 without a batch."""
        assert self.problem.input is not None
        return self.problem.input.shape[0] if self.graph.batched else 1

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
                symbol=name,
                found=shape_text(found),
                shape=shape_text(shape),
            )
            turned = say("`rows: inputs` takes a row for each input.") if found == shape[::-1] else None
            self.report.add(spec.values.node, f"{owned.path}.{owned.which}", message, turned)
            return None
        if spec.init is not None:
            self.remarks.append(
                say(
                    "{symbol} is drawn by {rule} with seed {seed}, rounded to 4 decimals.",
                    symbol=name,
                    rule=spec.init.name,
                    seed=spec.seed or 0,
                )
            )
            # torch.nn.init counts the first axis of a weight as its outputs
            by_input = spec.rows == "inputs" and len(shape) == 2
            try:
                drawn = draw(spec.init, shape[::-1] if by_input else shape, spec.seed or 0)
            except NotComputed as why:
                why.layer = owned.path
                raise
            return transposed(drawn, shape) if by_input else drawn
        value = spec.value if spec.value is not None else owned.value
        if value is None:
            message = say(
                "`{layer}` needs numbers for its {which}, of the shape {shape}.",
                layer=owned.path,
                which=owned.which,
                shape=shape_text(shape),
            )
            hint = say(
                "As `{which}: {example}`, or `{which}: {init}`.",
                which=owned.which,
                example=zeros(shape),
                init="{init: xavier_uniform, seed: 7}",
            )
            self.wrong_layer(owned.path, message, hint)
            return None
        return (value,) * size

    def start_states(self) -> None:
        """The optimizer's own quantities start at 0."""
        for node in self.graph.nodes.values():
            if node.role == "state":
                self.givens[node.name] = Given(node.shape, (Number(0),) * prod(node.shape))

    # the end: a loss and its target, or an upstream gradient

    def enter_end(self) -> str | None:
        """The loss, or the node of the upstream gradient."""
        problem = self.problem
        if problem.upstream is not None:
            for key in ("loss", "target", "optimizer"):
                if getattr(problem, key) is not None:
                    self.wrong(key, say("`{key}` and `upstream` can't both be given.", key=key))
            return self.enter_upstream(problem.upstream)
        if problem.optimizer is not None and (message := problem.optimizer.wrong()) is not None:
            self.wrong("optimizer", message)
        if problem.loss is None:
            for key in ("target", "optimizer"):
                if getattr(problem, key) is not None:
                    self.wrong(key, say("`{key}` needs a `loss`.", key=key))
            return None
        target = self.enter_target(problem.loss)
        if target is not None:
            problem.loss.build(self.builder, self.graph.output, target, self.samples)
            if problem.loss.reduction == "none":
                self.remarks.append(say("The loss is not reduced; gradients are those of the sum of its elements."))
        return None

    def enter_upstream(self, upstream: Upstream) -> str | None:
        """The gradient of the output as a given quantity."""
        shape, found = self.graph.nodes[self.graph.output].shape, upstream.values.shape
        if found != shape and squeezed(found) != squeezed(shape):
            self.wrong(
                "upstream",
                say(
                    "The upstream gradient has the shape {found}, the output {shape}.",
                    found=shape_text(found),
                    shape=shape_text(shape),
                ),
            )
            return None
        symbol = upstream.symbol or f"dL_d{self.graph.labels[self.graph.output].symbol}"
        self.givens[symbol] = Given(shape, upstream.values.values)
        return self.builder.given(symbol, shape)

    def enter_target(self, loss: Loss) -> Target | None:
        """The target as a given quantity in the shape of the output."""
        shape, target = self.graph.nodes[self.graph.output].shape, self.problem.target
        if target is None:
            self.wrong("target", say("`target` is missing: the loss compares the output with it."))
            return None
        if isinstance(target, Classes):
            return self.enter_classes(loss, target, shape)
        found = target.shape
        if found != shape and (prod(found) != prod(shape) or squeezed(found) != squeezed(shape)):
            self.wrong("target", *self.misfit(loss, target, shape))
            return None
        if loss.classes and not isinstance(loss, CrossEntropy):
            self.wrong(
                "target",
                say("This loss takes classes."),
                say("As `{one}` counted from 1, or `{zero}` counted from 0.", one="{class: 3}", zero="{index: 2}"),
            )
            return None
        self.givens["t"] = Given(shape, target.values)
        return Target(self.builder.given("t", shape), False, unit_rows(target.values, shape[-1] if shape else 1))

    def misfit(self, loss: Loss, target: Array, shape: tuple[int, ...]) -> tuple[Message, Message | None]:
        """What is wrong with a target's shape."""
        if loss.classes and len(target.shape) < len(shape):
            message = say(
                "A class is written `{one}`, counted from 1, or `{zero}`, counted from 0.",
                one="{class: 3}",
                zero="{index: 2}",
            )
            return message, say("A bare number does not say where counting starts.")
        return say(
            "The target has the shape {found}, the output {shape}.",
            found=shape_text(target.shape),
            shape=shape_text(shape),
        ), None

    def enter_classes(self, loss: Loss, target: Classes, shape: tuple[int, ...]) -> Target | None:
        """Classes as rows of zeros with a one."""
        if not loss.classes:
            self.wrong(
                "target",
                say("This loss compares numbers with the output; classes are for `cross_entropy` and `nll_loss`."),
            )
            return None
        classes, samples = shape[-1], prod(shape[:-1])
        if len(target.numbers) != samples or len(shape) > 2:
            self.wrong(
                "target", say("{n} classes are given for {samples} samples.", n=len(target.numbers), samples=samples)
            )
            return None
        for k in target.numbers:
            if k > classes:
                self.wrong(
                    "target",
                    say("Class {k}, counted from 1, is not among the {classes} outputs.", k=k, classes=classes),
                )
                return None
        self.givens["t"] = Given(
            shape, tuple(Number(int(c == k)) for k in target.numbers for c in range(1, classes + 1))
        )
        self.graph.selectors.add("t")
        self.remarks.append(
            say("The target is class {classes}, counted from 1.", classes=", ".join(map(str, target.numbers)))
        )
        return Target(self.builder.given("t", shape), True, True)


def build(problem: Problem, report: Report) -> Computation | None:
    """The computation that a problem asks for; None after errors."""
    return Construction(problem, report).build()


def walk_items(items: tuple[Item, ...]) -> Iterator[Item]:
    """All items of a network, those of branches too."""
    for item in items:
        yield item
        for _, inner in item.branches:
            yield from walk_items(inner)


def squeezed(shape: tuple[int, ...]) -> tuple[int, ...]:
    """A shape without its leading axes of length 1."""
    while shape and shape[0] == 1:
        shape = shape[1:]
    return shape


def transposed(values: tuple[Formula, ...], shape: tuple[int, ...]) -> tuple[Formula, ...]:
    """The values of a matrix of the turned shape, in the order of this one."""
    rows, columns = shape
    return tuple(values[j * rows + i] for i in range(rows) for j in range(columns))


def zeros(shape: tuple[int, ...]) -> str:
    """An example of numbers in a shape."""
    text = "0"
    for n in reversed(shape):
        text = f"[{', '.join([text] * min(n, 2))}{', …' if n > 2 else ''}]"
    return text


def unit_rows(values: tuple[Formula, ...], length: int) -> bool:
    """Whether every row of targets is of plain numbers that sum to 1."""
    from fractions import Fraction

    if not all(isinstance(v, Number) for v in values):
        return False
    exact = [Fraction(v.numerator, v.denominator) for v in values if isinstance(v, Number)]
    return all(sum(exact[k : k + length]) == 1 for k in range(0, len(exact), length))


def work(graph: Graph) -> int:
    """About how many element operations a forward and backward pass take."""
    total = 0
    for node in graph.nodes.values():
        if node.role == "forward":
            sizes = node.operation.sizes(*(graph.nodes[i].shape for i in node.inputs)) if node.operation else {}
            total += 3 * prod(node.shape) * prod(sizes.values())
    return total
