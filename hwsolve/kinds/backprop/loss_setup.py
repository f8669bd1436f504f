"""The end of a computation: a loss and its target, or the gradient of a loss that is not stated."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

from hwsolve.formula.tree import Formula, Number
from hwsolve.kinds.backprop.input_arrays import Given, squeezed
from hwsolve.kinds.backprop.target import Classes
from hwsolve.kinds.backprop.upstream import Upstream
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.layers.items import walk_items
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss, Target
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.spec.fields import Array

if TYPE_CHECKING:
    from hwsolve.kinds.backprop.construction import Construction
    from hwsolve.layers.items import Body, Item


class LossSetup:
    """Puts the end behind the output of a graph, and notes what does not fit."""

    def __init__(self, construction: Construction):
        self.construction = construction
        self.problem, self.graph, self.builder = construction.problem, construction.graph, construction.builder

    def enter(self) -> str | None:
        """The loss, or the node of the upstream gradient."""
        problem = self.problem
        if problem.upstream is not None:
            for key in ("loss", "target", "optimizer"):
                if getattr(problem, key) is not None:
                    self.construction.wrong(key, say("`{key}` and `upstream` can't both be given.", key=key))
            return self.enter_upstream(problem.upstream)
        self.look_at("loss", LOSSES)
        self.look_at("optimizer", OPTIMIZERS)
        if problem.loss is None:
            for key in ("target", "optimizer"):
                if getattr(problem, key) is not None:
                    self.construction.wrong(key, say("`{key}` needs a `loss`.", key=key))
            return None
        target = self.enter_target(problem.loss)
        self.look_twice(problem.loss)
        if target is not None:
            problem.loss.build(self.builder, self.graph.output, target, self.construction.samples)
            if problem.loss.reduction == "none":
                self.construction.remarks.append(
                    say("The loss is not reduced; gradients are those of the sum of its elements.")
                )
        return None

    def look_at(self, key: str, registry: Any) -> None:
        """Note a setting that makes no sense, of the loss or the optimizer."""
        record = getattr(self.problem, key)
        if record is not None and (refused := record.wrong()) is not None:
            argument, message = refused
            self.construction.wrong(key, message, within=(registry.name_of(record), argument))

    def look_twice(self, loss: Loss) -> None:
        """Warn of a last layer that the loss takes once more, or that does not give what it takes."""
        last = last_layer(self.construction.body)
        if last is None or last.layer is None or loss.wants is None:
            return
        name = LOSSES.name_of(loss)
        if last.type == loss.holds:
            text = say(
                "The network ends in `{layer}`, and `{loss}` takes it once more; without this layer it is taken once.",
                layer=last.type,
                loss=name,
            )
        elif last.layer.GIVES and last.layer.GIVES not in loss.takes:
            text = say(
                "The network ends in `{layer}`, but `{loss}` takes {what}.", layer=last.type, loss=name, what=loss.wants
            )
        else:
            return
        self.construction.warnings.append(text)

    def enter_upstream(self, upstream: Upstream) -> str | None:
        """The gradient of the output as a given quantity."""
        shape, found = self.graph.nodes[self.graph.output].shape, upstream.values.shape
        if found != shape and squeezed(found) != squeezed(shape):
            self.construction.wrong(
                "upstream",
                say(
                    "The upstream gradient has the shape {found}, the output {shape}.",
                    found=shape_text(found),
                    shape=shape_text(shape),
                ),
            )
            return None
        name = self.builder.given(upstream.symbol or f"dL_d{self.graph.symbol(self.graph.output)}", shape, "upstream")
        self.construction.givens[name] = Given(shape, upstream.values.values)
        return name

    def enter_target(self, loss: Loss) -> Target | None:
        """The target as a given quantity in the shape of the output."""
        shape, target = self.graph.nodes[self.graph.output].shape, self.problem.target
        if target is None:
            self.construction.wrong("target", say("`target` is missing: the loss compares the output with it."))
            return None
        if loss.classes and len(shape) > 2:
            message = say(
                "`{loss}` takes one row of classes for each sample, got the shape {shape}.",
                loss=LOSSES.name_of(loss),
                shape=shape_text(shape),
            )
            self.construction.wrong("loss", message)
            return None
        if isinstance(target, Classes):
            return self.enter_classes(loss, target, shape)
        found = target.shape
        if found != shape and (prod(found) != prod(shape) or squeezed(found) != squeezed(shape)):
            self.construction.wrong("target", *self.misfit(loss, target, shape))
            return None
        if loss.classes and not loss.probabilities:
            self.construction.wrong(
                "target",
                say("This loss takes classes."),
                say("As `{one}` counted from 1, or `{zero}` counted from 0.", one="{class: 3}", zero="{index: 2}"),
            )
            return None
        name = self.builder.given("t", shape, "target")
        self.construction.givens[name] = Given(shape, target.values)
        return Target(name, unit_rows(target.values, shape[-1] if shape else 1))

    def misfit(self, loss: Loss, target: Array, shape: tuple[int, ...]) -> tuple[Message, Message | None]:
        """What is wrong with a target's shape."""
        if loss.classes and len(target.shape) < len(shape):
            many = len(shape) > 1
            message = say(
                "A class is written `{one}`, counted from 1, or `{zero}`, counted from 0.",
                one="{class: [3, 1]}" if many else "{class: 3}",
                zero="{index: [2, 0]}" if many else "{index: 2}",
            )
            return message, say("A bare number does not say where counting starts.")
        message = say(
            "The target has the shape {found}, the output {shape}.",
            found=shape_text(target.shape),
            shape=shape_text(shape),
        )
        flat = self.graph.batched and prod(target.shape) == prod(shape)
        return message, say("A batch has a row for each sample, as `{rows}`.", rows="[[0], [1]]") if flat else None

    def enter_classes(self, loss: Loss, target: Classes, shape: tuple[int, ...]) -> Target | None:
        """Classes as rows of zeros with a one."""
        if not loss.classes:
            self.construction.wrong(
                "target",
                say("This loss compares numbers with the output; classes are for `cross_entropy` and `nll_loss`."),
            )
            return None
        classes, samples = shape[-1], prod(shape[:-1])
        if len(target.numbers) != samples:
            self.construction.wrong(
                "target", say("{n} classes are given for {samples} samples.", n=len(target.numbers), samples=samples)
            )
            return None
        for k in target.numbers:
            if k > classes:
                self.construction.wrong(
                    "target",
                    say("Class {k}, counted from 1, is not among the {classes} outputs.", k=k, classes=classes),
                )
                return None
        name = self.builder.given("t", shape, "target")
        chosen = tuple(Number(int(c == k)) for k in target.numbers for c in range(1, classes + 1))
        self.construction.givens[name] = Given(shape, chosen)
        self.graph.selectors.add(name)
        self.construction.stated.append(target.sentence())
        return Target(name, True)


def last_layer(body: Body | None) -> Item | None:
    """The layer whose values come out in the end, behind those that only pass them on; None where several add up."""
    items = body.items if body is not None else ()
    behind = {wire.name: item for item in walk_items(items) for wire in item.outputs}
    item = behind.get(body.end.name) if body is not None else None
    while item is not None and item.layer is not None:
        if item.layer.CATEGORY != "view" and not item.type.startswith("dropout"):
            return item
        item = behind.get(item.inputs[0].name)
    return None


def unit_rows(values: tuple[Formula, ...], length: int) -> bool:
    """Whether every row of targets is of plain numbers that sum to 1."""
    from fractions import Fraction

    if not all(isinstance(v, Number) for v in values):
        return False
    exact = [Fraction(v.numerator, v.denominator) for v in values if isinstance(v, Number)]
    return all(sum(exact[k : k + length]) == 1 for k in range(0, len(exact), length))
