"""The target of a loss as a given quantity: numbers in the shape of the output, or classes as rows with a one."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.formula.whole_arrays import whole
from hwsolve.kinds.backprop.input_arrays import Given, stands_for
from hwsolve.kinds.backprop.label_sequences import enter_labels
from hwsolve.kinds.backprop.target import Classes
from hwsolve.language import Message, say
from hwsolve.layers.base import shape_text
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss, Target
from hwsolve.spec.fields import Array

if TYPE_CHECKING:
    from collections.abc import Callable

    from hwsolve.kinds.backprop.construction import Construction

ROUNDED = Fraction(1, 50)  # how far probabilities that are rounded may be from adding up to 1


class TargetSetup:
    """Enters the target of the loss of one output, under a symbol; `wrong` notes what does not fit."""

    def __init__(self, construction: Construction, output: str, symbol: str, wrong: Callable[..., None]):
        self.construction, self.output, self.symbol, self.wrong = construction, output, symbol, wrong
        self.graph, self.builder = construction.graph, construction.builder

    def enter(self, loss: Loss, target: Any) -> Target | None:
        """The target as a given quantity in the shape of the output, or in what the loss makes of it."""
        shape = loss.target_shape(self.graph.nodes[self.output].shape)
        if target is None:
            self.wrong("target", say("`target` is missing: the loss compares the output with it."))
            return None
        if loss.classes and not shape:
            self.wrong("loss", say("`{loss}` takes a number for each class.", loss=LOSSES.name_of(loss)))
            return None
        if loss.sequence:
            return enter_labels(self, loss, target, shape)
        arrays = self.enter_arrays(loss, target, shape)
        if arrays is None:
            return None
        entered = self.entered(loss, target, shape)
        return None if entered is None else msgspec.structs.replace(entered, arrays=arrays)

    def entered(self, loss: Loss, target: Any, shape: tuple[int, ...]) -> Target | None:
        """The numbers of the target, or its classes."""
        if isinstance(target, Classes):
            return self.enter_classes(loss, target, shape)
        found = target.shape
        if not stands_for(found, shape):
            self.wrong("target", *self.misfit(loss, target, shape))
            return None
        if loss.classes and not loss.probabilities:
            self.wrong(
                "target",
                say("This loss takes classes."),
                say("As `{one}` counted from 1, or `{zero}` counted from 0.", one="{class: 3}", zero="{index: 2}"),
            )
            return None
        if (refused := loss.refuses(target)) is not None:
            self.wrong("target", refused)
            return None
        along = -1 if not shape or loss.signs else self.along(loss, shape, None)
        if (doubt := no_probabilities(loss, target.values, shape, along)) is not None:
            self.construction.warnings.append(doubt)
        name = self.builder.given(self.symbol, shape, "target")
        self.construction.givens[name] = Given(shape, target.values)
        return Target(name, unit_rows(target.values, shape, along), along)

    def enter_arrays(self, loss: Loss, target: Any, shape: tuple[int, ...]) -> dict[str, str] | None:
        """What the loss states for every class or element, as given quantities by field."""
        found: dict[str, str] = {}
        for field, (symbol, array) in loss.arrays().items():
            if loss.classes:
                stated = target.shape if isinstance(target, Classes) else None
                fits = array.shape == (shape[self.axis(shape, stated)],)
                wanted = say("a number for each of the {n} classes", n=shape[self.axis(shape, stated)])
            else:
                fits = spreads(array.shape, shape)
                wanted = say("numbers that fit the shape {shape} of the output", shape=shape_text(shape))
            if not fits:
                got = shape_text(array.shape)
                self.wrong(
                    "loss", say("`{field}` needs {wanted}, got the shape {got}.", field=field, wanted=wanted, got=got)
                )
                return None
            node = self.builder.given(self.builder.free_symbol(symbol), array.shape, "weight")
            self.construction.givens[node] = Given(array.shape, array.values)
            found[field] = node
            if any(isinstance(v, Number) and v.numerator < 0 for v in array.values):
                text = say("`{field}` holds negative numbers: such a loss may fall without end.", field=field)
                self.construction.warnings.append(text)
        return found

    def axis(self, shape: tuple[int, ...], classes: tuple[int, ...] | None) -> int:
        """The axis of the classes: the first of a map, the last of rows, unless the targets fit the other alone."""
        lead = 1 if self.graph.batched else 0
        if len(shape) - lead < 2:
            return len(shape) - 1
        first, last = lead, len(shape) - 1
        ordered = (first, last) if len(shape) - lead > 2 else (last, first)
        fitting = (k for k in ordered if classes == shape[:k] + shape[k + 1 :])
        return next(fitting, ordered[0])

    def along(self, loss: Loss, shape: tuple[int, ...], classes: tuple[int, ...] | None) -> int:
        """The same, and said where it is not plain."""
        k = self.axis(shape, classes)
        if loss.classes and len(shape) - self.graph.batched > 1:
            text = say(
                "The classes lie along axis {k} of {y}, which has the shape {shape}.",
                k=k + 1,
                y=whole(self.graph.symbol(self.output)),
                shape=shape_text(shape),
            )
            self.construction.remarks.append(text)
        return k

    def misfit(self, loss: Loss, target: Array, shape: tuple[int, ...]) -> tuple[Message, Message | None]:
        """What is wrong with a target's shape."""
        if loss.classes and len(target.shape) < len(shape):
            if loss.signs:
                shown = shape_text(shape)
                return (
                    say("Targets of 1 and −1 stand in the shape {shape} of the output.", shape=shown),
                    say("The class of each sample is written `{one}`.", one="{class: [3, 1]}"),
                )
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
            self.wrong(
                "target",
                say("This loss compares numbers with the output; classes are for `cross_entropy` and `nll_loss`."),
            )
            return None
        k = self.axis(shape, target.shape)
        rest, classes = shape[:k] + shape[k + 1 :], shape[k]
        if len(target.numbers) != prod(rest):
            message = say("{n} classes are given for {samples} samples.", n=len(target.numbers), samples=prod(rest))
            self.wrong("target", message)
            return None
        if max(len(rest), len(target.shape)) > 1 and target.shape != rest:
            message = say(
                "The classes have the shape {found}; the output {shape} needs {rest}.",
                found=shape_text(target.shape),
                shape=shape_text(shape),
                rest=shape_text(rest),
            )
            self.wrong("target", message)
            return None
        ignored = getattr(loss, "ignore_index", None)
        counts = [number for number in target.numbers if ignored is None or number - 1 != ignored]
        for number in counts:
            if not 1 <= number <= classes:
                self.wrong("target", absent(number, classes))
                return None
        if not counts and loss.reduction == "mean":
            self.wrong("target", say("Every class is the one that is ignored: there is nothing to take the mean of."))
            return None
        if loss.reduction == "mean" and weightless(loss, counts):
            self.wrong("loss", say("The weights of the targets' classes sum to 0, and the mean divides by that."))
            return None
        along = self.along(loss, shape, target.shape)
        name = self.builder.given(self.symbol, shape, "target")
        self.construction.givens[name] = Given(shape, chosen(target.numbers, shape, along, ignored))
        self.graph.selectors.add(name)
        left_out = len(target.numbers) - len(counts)
        self.construction.stated.append(target.sentence(self.symbol))
        if left_out:
            self.construction.stated.append(ignoring(left_out, ignored, Ref(self.symbol)))
        return Target(name, not left_out, along, len(counts), bool(left_out))


def weightless(loss: Loss, classes: list[int]) -> bool:
    """Whether a mean by weights divides by 0."""
    weight = getattr(loss, "weight", None)
    if weight is None or not getattr(loss, "weighs", False):
        return False
    each = [weight.values[number - 1] for number in classes]
    return all(isinstance(v, Number) for v in each) and not sum(Fraction(v.numerator, v.denominator) for v in each)


def ignoring(n: int, index: Any, t: Ref) -> Message:
    """How many classes are ignored."""
    index = str(index).replace("-", "−")
    if n == 1:
        return say("One of them is the index {index}, which is ignored: its {t} is 0 throughout.", index=index, t=t)
    return say("{n} of them are the index {index}, which is ignored: their {t} is 0.", n=n, index=index, t=t)


def absent(number: int, classes: int) -> Message:
    """That a class is none of the outputs."""
    if number < 1:
        return say("Index {k}, counted from 0, is not among the {classes} outputs.", k=number - 1, classes=classes)
    return say("Class {k}, counted from 1, is not among the {classes} outputs.", k=number, classes=classes)


def chosen(numbers: tuple[int, ...], shape: tuple[int, ...], along: int, ignored: int | None) -> tuple[Formula, ...]:
    """Ones where the class of a sample is, along an axis, and zeros elsewhere."""
    rest = product(*map(range, shape[:along] + shape[along + 1 :]))
    pairs = zip(rest, (number - 1 for number in numbers), strict=True)
    ones = {(*at[:along], k, *at[along:]) for at, k in pairs if k != ignored}
    return tuple(Number(int(at in ones)) for at in product(*map(range, shape)))


def spreads(own: tuple[int, ...], shape: tuple[int, ...]) -> bool:
    """Whether numbers of one shape stand beside those of another, axes of length 1 for all."""
    last = shape[len(shape) - len(own) :] if len(own) <= len(shape) else None
    return last is not None and all(a in (1, n) for a, n in zip(own, last, strict=True))


def no_probabilities(loss: Loss, values: tuple[Formula, ...], shape: tuple[int, ...], along: int) -> Message | None:
    """What PyTorch lets pass: targets that are no probabilities, where the loss reads them as such."""
    if not loss.chances:
        return None
    exact = [Fraction(v.numerator, v.denominator) for v in values if isinstance(v, Number)]
    if (other := next((v for v in exact if not 0 <= v <= 1), None)) is not None:
        return say("A target of {value} is no probability.", value=Number(other.numerator, other.denominator))
    sums = row_sums(exact, shape, along) if loss.chances == "row" else []
    if (total := next((t for t in sums if abs(t - 1) > ROUNDED), None)) is None:
        return None
    shown = Number(total.numerator, total.denominator)
    return say("The probabilities of a target add up to {total}, not to {one}.", total=shown, one=1)


def row_sums(values: list[Fraction], shape: tuple[int, ...], along: int) -> list[Fraction]:
    """The sums along an axis; none where not all values are plain numbers."""
    if len(values) != prod(shape):
        return []
    sums: dict[tuple[int, ...], Fraction] = {}
    for at, value in zip(product(*map(range, shape)), values, strict=True):
        rest = () if not shape else (*at[: along % len(shape)], *at[along % len(shape) + 1 :])
        sums[rest] = sums.get(rest, Fraction(0)) + value
    return list(sums.values())


def unit_rows(values: tuple[Formula, ...], shape: tuple[int, ...], along: int) -> bool:
    """Whether the targets of every sample, along an axis, are plain numbers that sum to 1."""
    if not all(isinstance(v, Number) for v in values):
        return False
    exact = [Fraction(v.numerator, v.denominator) for v in values if isinstance(v, Number)]
    return all(total == 1 for total in row_sums(exact, shape, along))
