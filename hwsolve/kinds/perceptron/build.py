"""Checks the samples, targets and settings of a perceptron, and makes the numbers that it is trained on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import Formula, Number
from hwsolve.kinds.backprop.target import Classes
from hwsolve.kinds.perceptron.activation import Sign, Step, Threshold
from hwsolve.kinds.perceptron.problem import Beside, Problem
from hwsolve.kinds.perceptron.training import ClassData, Data, State, Training, train
from hwsolve.language import Message, say
from hwsolve.numbers import exact
from hwsolve.spec.fields import Array
from hwsolve.spec.nodes import Mapping, Node
from hwsolve.spec.report import ROOT, Report

MOST_PRESENTATIONS = 1_000_000


class Prepared(msgspec.Struct, frozen=True):
    """The data, and all that came of it."""

    data: Any  # Data, or ClassData
    training: Training


class Setup:
    """Reads a perceptron's problem; what does not fit is noted in its place."""

    def __init__(self, problem: Problem, report: Report) -> None:
        self.problem, self.report = problem, report

    def wrong(self, key: str, message: Message, hint: Message | None = None) -> None:
        """Note an error at a key."""
        node: Node | None = self.problem.node
        assert isinstance(node, Mapping)
        at = node.entries[key][1] if key in node.entries else node
        self.report.add(at, ROOT / key, message, hint)

    def prepared(self) -> Prepared | None:
        """The training; None after errors."""
        problem = self.problem
        found = problem.input.shape
        if len(found) != 2:
            self.wrong("input", say("The samples are rows, as `{rows}`.", rows="[[2, 3], [1, 1]]"))
            return None
        samples, size = found
        if isinstance(problem.target, Classes):
            return self.of_classes(problem.target, samples, size)
        if problem.classes is not None:
            self.wrong(
                "classes", say("The classes of the samples are written `{form}`.", form="target: {class: [1, 3]}")
            )
        if isinstance(problem.bias, Array):
            self.wrong(
                "bias",
                say("A list of biases is for several classes, whose targets are `{form}`.", form="{class: [1, 3]}"),
            )
        if problem.target.shape != (samples,):
            message = say("There are {n} samples: `target` is a list with a number for each.", n=samples)
            self.wrong("target", message)
        if problem.weight is not None and problem.weight.shape != (size,):
            self.wrong("weight", say("Each sample has {n} numbers: `weight` is a list of as many.", n=size))
        self.check_offset()
        if not self.report.ok:
            return None
        x = self.rational("input", problem.input)
        t = self.rational("target", problem.target)
        w = self.rational("weight", problem.weight) if problem.weight is not None else [exact(0)] * size
        offset = problem.offset
        beside = exact(0) if offset is None else self.number("theta" if offset[0] == "theta" else "bias", offset[1])
        lr = self.number("lr", problem.lr)
        if lr is not None and lr <= 0:
            self.wrong("lr", say("`{key}` must be greater than 0.", key="lr"))
        order = self.order(samples)
        if not self.report.ok or order is None:
            return None
        if samples * problem.epochs > MOST_PRESENTATIONS:
            most = MOST_PRESENTATIONS // samples
            self.wrong("epochs", say("{n} samples can be presented in {most} epochs at most.", n=samples, most=most))
            return None
        activation = self.activation(t)
        if activation is None:
            return None
        rows = tuple(tuple(x[k * size : (k + 1) * size]) for k in range(samples))
        sign = 0 if offset is None else -1 if offset[0] == "theta" else 1
        data = Data(rows, tuple(t), order, activation, problem.rule == "mistakes", lr, sign, problem.fixed)
        return Prepared(data, train(data, State(tuple(w), beside), problem.epochs))

    def of_classes(self, target: Classes, samples: int, size: int) -> Prepared | None:
        """The training of several classes; None after errors."""
        problem, t = self.problem, target.numbers
        classes = problem.classes or (problem.weight.shape[0] if problem.weight is not None else max(t))
        for key, message in self.of_two(problem):
            self.wrong(key, message)
        if len(t) != samples:
            self.wrong("target", say("{n} classes are given for {samples} samples.", n=len(t), samples=samples))
        elif not 1 <= min(t) <= max(t) <= max(classes, 2):
            self.wrong("target", say("The classes go from 1 to {n}.", n=classes))
        weight, bias = problem.weight, problem.bias
        if weight is not None and weight.shape != (classes, size):
            message = say("`weight` has a row for each of the {n} classes, with {size} numbers.", n=classes, size=size)
            self.wrong("weight", message)
        if isinstance(bias, Array) and bias.shape != (classes,):
            self.wrong("bias", say("`bias` has a number for each of the {n} classes.", n=classes))
        lr, order = self.number("lr", problem.lr), self.order(samples)
        if lr is not None and lr <= 0:
            self.wrong("lr", say("`{key}` must be greater than 0.", key="lr"))
        if not self.report.ok or order is None or lr is None:
            return None
        if samples * problem.epochs > MOST_PRESENTATIONS:
            most = MOST_PRESENTATIONS // samples
            self.wrong("epochs", say("{n} samples can be presented in {most} epochs at most.", n=samples, most=most))
            return None
        x = self.rational("input", problem.input)
        w = self.rational("weight", weight) if weight is not None else [exact(0)] * (classes * size)
        if isinstance(bias, Array):
            b = self.rational("bias", bias)
        else:
            b = [] if bias is False else [self.number("bias", Number(0) if bias is None else bias)] * classes
        if not self.report.ok:
            return None
        rows = [tuple(values[k : k + size]) for values in (x, w) for k in range(0, len(values), size)]
        data = ClassData(tuple(rows[:samples]), t, order, lr, max(classes, 2))
        start = State((*rows[samples:], *[(exact(0),) * size] * (data.classes - classes)), tuple(b))
        return Prepared(data, train(data, start, problem.epochs))

    def of_two(self, problem: Problem) -> Iterator[tuple[str, Message]]:
        """What is stated that only a perceptron of two classes has."""
        if problem.bias is True:
            yield "bias", say("`bias` is the number at the start, or `false` for none.")
        if isinstance(problem.bias, Beside):
            yield "bias", say("The biases of several classes are a number, or a list with one for each.")
        for key in ("threshold", "activation"):
            if getattr(problem, key) is not None:
                yield key, say("Of several classes the largest net input decides: `{key}` is for two.", key=key)
        if problem.rule != "error":
            yield "rule", say("Of several classes the largest net input decides: `{key}` is for two.", key="rule")

    def check_offset(self) -> None:
        """A bias or a threshold, not both."""
        if self.problem.threshold is not None and self.problem.bias is not None:
            self.wrong("threshold", say("`{key}` and `{other}` can't both be given.", key="bias", other="threshold"))
        if self.problem.bias is True:
            self.wrong("bias", say("`bias` is the number at the start, or `false` for none."))

    def number(self, key: str, f: Formula) -> Any:
        """A number as a rational; None after a note."""
        if isinstance(f, Number):
            return exact(f.numerator, f.denominator)
        self.wrong(
            "threshold" if key == "theta" else key,
            say("A perceptron is trained in fractions; `{number}` is none.", number=plain(f)),
            say("Write a decimal or a fraction in its place."),
        )
        return None

    def rational(self, key: str, array: Array) -> list[Any]:
        """The numbers of an array."""
        found = []
        for f in array.values:
            found.append(self.number(key, f))
            if found[-1] is None:
                break
        return found

    def order(self, samples: int) -> tuple[int, ...] | None:
        """The samples of an epoch, from 0."""
        order = self.problem.order or tuple(range(1, samples + 1))
        if sorted(order) == list(range(1, samples + 1)):
            return tuple(k - 1 for k in order)
        self.wrong("order", say("`order` names every sample from 1 to {n} once.", n=samples))
        return None

    def activation(self, t: list[Any]) -> Threshold | None:
        """The function that is stated, or that the targets are of; the targets are what it gives."""
        stated, mistakes = self.problem.activation, self.problem.rule == "mistakes"
        if stated is None:
            stated = Sign() if mistakes or any(v == -1 for v in t) else Step()
        if mistakes and not isinstance(stated, Sign):
            message = say("The rule `mistakes` multiplies by the target, which `step` would have at 0.")
            self.wrong("rule", message, say("Take `sign` with the targets 1 and -1, or the rule `error`."))
            return None
        strange = [k for k, v in enumerate(t) if v not in (stated.low, 1)]
        if strange:
            k = strange[0]
            name = "sign" if isinstance(stated, Sign) else "step"
            message = say(
                "With `{name}` the targets are {low} and 1; that of sample {k} is {value}.",
                name=name,
                low=stated.low,
                k=k + 1,
                value=plain(self.problem.target.values[k]),
            )
            self.wrong("target", message)
            return None
        return stated


def build(problem: Problem, report: Report) -> Prepared | None:
    """The training; None after errors."""
    return Setup(problem, report).prepared()
