"""The presentations of a perceptron one after the other, in rationals, and whether they go in circles."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from hwsolve.kinds.perceptron.activation import Threshold

BEYOND = 2_000  # epochs behind the last allowed one in which an end or a circle is looked for
MOST_BEYOND = 200_000  # presentations of these


class Data(msgspec.Struct, frozen=True):
    """What a perceptron learns from, and how; `sign` is that of what stands beside the sum, 0 for nothing."""

    x: tuple[tuple[Any, ...], ...]
    t: tuple[Any, ...]
    order: tuple[int, ...]  # samples from 0
    activation: Threshold
    mistakes: bool
    lr: Any
    sign: int
    fixed: bool = False  # what stands beside the sum is not learned
    classes: ClassVar[int] = 0


class ClassData(msgspec.Struct, frozen=True):
    """The same of several classes, which are counted from 1; each has a row of weights."""

    x: tuple[tuple[Any, ...], ...]
    t: tuple[int, ...]
    order: tuple[int, ...]
    lr: Any
    classes: int


class State(msgspec.Struct, frozen=True):
    """The weights, and the bias or the threshold; of several classes a row of weights and a bias for each."""

    w: tuple[Any, ...]
    b: Any


class Presentation(msgspec.Struct, frozen=True):
    """One sample, from 0: what it gives, and the weights after it."""

    sample: int
    net: Any
    output: int
    error: Any
    after: State


class Circle(msgspec.Struct, frozen=True):
    """Two epochs that end in the same weights; `proves`: that no weights classify all samples."""

    first: int
    again: int
    proves: bool


class Training(msgspec.Struct, frozen=True):
    """All presentations; `circle` where weights come again, `would_end` where it goes on, after which epoch."""

    start: State
    presentations: tuple[Presentation, ...]
    ended: bool
    circle: Circle | None = None
    would_end: int = 0


def present(data: Any, state: State, sample: int) -> Presentation:
    """One sample."""
    if data.classes:
        return of_classes(data, state, sample)
    x, t = data.x[sample], data.t[sample]
    net = sum((w * v for w, v in zip(state.w, x, strict=True)), 0 * data.lr) + data.sign * state.b
    output = data.activation.of(net)
    error = (t if t * net <= 0 else 0 * t) if data.mistakes else t - output
    change = data.lr * error
    w = tuple(w + change * v for w, v in zip(state.w, x, strict=True))
    b = state.b if data.fixed else state.b + data.sign * change
    return Presentation(sample, net, output, error, State(w, b))


def of_classes(data: Any, state: State, sample: int) -> Presentation:
    """One sample of several classes: the row of its class is raised, that of a wrong answer lowered."""
    x, t = data.x[sample], data.t[sample]
    offsets = state.b or (0 * data.lr,) * len(state.w)
    net = tuple(sum((w * v for w, v in zip(row, x, strict=True)), b) for row, b in zip(state.w, offsets, strict=True))
    output = net.index(max(net)) + 1
    w, b = list(state.w), list(state.b)
    if output != t:
        for k, change in ((t - 1, data.lr), (output - 1, -data.lr)):
            w[k] = tuple(a + change * v for a, v in zip(w[k], x, strict=True))
            if b:
                b[k] = b[k] + change
    return Presentation(sample, net, output, int(output != t), State(tuple(w), tuple(b)))


def train(data: Any, start: State, epochs: int) -> Training:
    """Epochs until one has no mistake, or until the last; then as many as show what becomes of it."""
    made: list[Presentation] = []
    state, seen = start, {start: 0}
    circle: Circle | None = None
    most = epochs + min(BEYOND, MOST_BEYOND // len(data.order))
    for epoch in range(1, most + 1):
        found: list[Presentation] = []
        for sample in data.order:
            found.append(present(data, state, sample))
            state = found[-1].after
        made += found
        n = epochs * len(data.order)
        if not any(p.error for p in found):
            late = epoch > epochs
            return Training(start, tuple(made[:n]), not late, None, epoch if late else 0)
        if circle is None and state in seen:
            between = made[seen[state] * len(data.order) :]
            circle = Circle(seen[state], epoch, proves(data, between))
        seen[state] = epoch
        if circle is not None and epoch >= epochs:
            break
    return Training(start, tuple(made[: epochs * len(data.order)]), False, circle)


def proves(data: Any, circle: list[Presentation]) -> bool:
    """Whether changes that add up to nothing say that no weights classify all samples.

    Times such weights, the changes are a sum of terms that are not negative: all are 0, and these samples lie on the
    border, where two classes cannot both be right, nor any where 0 is neither.
    """
    if data.classes or (data.fixed and sum(p.error for p in circle)):  # then the terms with b do not add up to nothing
        return False
    classes = {data.t[p.sample] for p in circle if p.error}
    return len(classes) == 2 or data.mistakes or data.activation.between
