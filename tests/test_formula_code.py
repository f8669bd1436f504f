"""The formula of an operation against its array code: one and the same, forward and for each gradient.

Every operation of the product is drawn here with random settings and shapes; one that is missing fails.
"""

from __future__ import annotations

import importlib
import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from flint import fmpq

import hwsolve
from hwsolve import numbers
from hwsolve.formula.array_sums import contraction
from hwsolve.formula.function_code import apply
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.differentiate import Itself
from hwsolve.graph.operation import Operation
from hwsolve.graph.stack import Stack
from hwsolve.graph.update import UpdateLine
from hwsolve.layers import LAYERS, activation, layer_class
from hwsolve.layers.attention_operations import Attending, MaskedSoftmax, weights
from hwsolve.layers.axes import Frame, SharedOut, Sliding
from hwsolve.layers.bilinear import BilinearForm
from hwsolve.layers.composite import Add, Concatenate, Merge, Multiply
from hwsolve.layers.correlation import Correlation, Kernels, TransposedCorrelation, Written
from hwsolve.layers.elementwise import Elementwise, ReLUOperation, SigmoidOperation, TanhOperation
from hwsolve.layers.embedding_bag import LargestOfBag
from hwsolve.layers.linear import Affine
from hwsolve.layers.mixture_operations import AMONG, SLOPE, AmongChosen
from hwsolve.layers.moved import Moved
from hwsolve.layers.normalised import GROUP, Axes, Short, ShortOfGroups, Spread, shortened
from hwsolve.layers.normalised import Mean as MeanOverAxes
from hwsolve.layers.pooling_operations import Maximum, Mean, Pooled
from hwsolve.layers.power_pooling import Root
from hwsolve.layers.reshape import Flattening, Unflattening
from hwsolve.layers.softmax import AlongAxis, LogSoftmaxOperation, SoftmaxOperation, softmax
from hwsolve.layers.unfolding_operations import Columns, Folding, Unfolding
from hwsolve.layers.unpooling_operations import GoingBack, Unpooled
from hwsolve.losses.binary_cross_entropy import BinaryLoss, BinaryOfSigmoid, WeighedBinaryLoss
from hwsolve.losses.binary_cross_entropy_with_logits import BinaryOfLogits
from hwsolve.losses.cross_entropy import CrossEntropyOperation, OfProbabilities
from hwsolve.losses.l1_loss import AbsoluteError
from hwsolve.losses.mse_loss import SquaredError
from hwsolve.losses.nll_loss import LogLikelihoodLoss
from hwsolve.losses.reduced import ElementLoss, LossByFormula, Reduced
from hwsolve.losses.spelled import Spelled
from hwsolve.numbers.formed import Remembering, ball_of
from tests.line_check import wrong_lines
from tests.test_architecture import MODULES, module_name

Dice = random.Random
Shape = tuple[int, ...]
Drawn = tuple[Operation, list[Shape]]
SHAPES = 50
PARENTS = (
    Kernels,
    Reduced,
    ElementLoss,
    Pooled,
    AlongAxis,
    Merge,
    Columns,
)  # what several share; none of them is an operation itself
GUARDED = (WeighedBinaryLoss,)  # the formula, behind a look at what comes in
FORMULA_ONLY = (
    ByFormula,
    MeanOverAxes,
    Moved,
    Itself,
    Add,
    Multiply,
    BilinearForm,
    LossByFormula,
    Spelled,
    OfProbabilities,
    Attending,
    Spread,
    Root,
    GoingBack,
    Short,
    LargestOfBag,
)  # nothing to compare the formula with
POSITIVE = (BinaryLoss, CrossEntropyOperation, ShortOfGroups)  # of numbers between 0 and 1


def sides(dice: Dice, axes: int, most: int = 4) -> Shape:
    return tuple(dice.randint(1, most) for _ in range(axes))


def lead(dice: Dice) -> Shape:
    return sides(dice, dice.choice((0, 0, 1, 2)), 3)


def affine(dice: Dice) -> Drawn:
    out, into = sides(dice, 2)
    shared, by_input = dice.choice((0, 0, out)), dice.random() < 0.5
    bias = dice.choice(("units", "shared", "none"))
    shapes: list[Shape] = [(*lead(dice), into), () if shared else (into, out) if by_input else (out, into)]
    return Affine(by_input, bias, shared), shapes + ([] if bias == "none" else [(out,) if bias == "units" else ()])


def elementwise(dice: Dice) -> Drawn:
    classes = [c for c in vars(activation).values() if isinstance(c, type) and issubclass(c, activation.Activation)]
    layer = dice.choice(sorted(classes, key=lambda c: c.__name__))()
    settings = ("weight",) if layer.formula_text().startswith("prelu") else tuple(layer.settings())
    operation = Elementwise(layer.formula_text(), settings)
    return operation, [sides(dice, dice.randint(1, 3), 3), *[()] * (len(operation.inputs) - 1)]


def of_one(operation: Operation) -> Callable[[Dice], Drawn]:
    return lambda dice: (operation, [sides(dice, dice.randint(1, 3), 3)])


def along(made: Callable[[int], Operation]) -> Callable[[Dice], Drawn]:
    def draw(dice: Dice) -> Drawn:
        behind = dice.choice((0, 0, 1, 2))
        return made(behind), [(*lead(dice), *sides(dice, 1 + behind))]

    return draw


def attended(dice: Dice) -> Drawn:
    heads = dice.random() < 0.5
    return weights(False, heads, False), [(*lead(dice), *sides(dice, 3 if heads else 2))]


def chosen_experts(dice: Dice) -> Drawn:
    shape = sides(dice, 2)
    return AmongChosen(AMONG, ("m", "r"), ("m", "r"), ("e",), constants=(0,), slopes=(("r", SLOPE),)), [shape, shape]


def slidings(dice: Dice, axes: int, apart: int = 2) -> Frame:
    """Windows, each of which has a cell of the map."""
    made = []
    for _ in range(axes):
        kernel, dilation, stride = dice.randint(1, 3), dice.choice((1, 1, apart)), dice.randint(1, 3)
        side, before = dice.randint(2, 5), dice.randint(0, (kernel - 1) // 2)
        reach = dilation * (kernel - 1) + 1
        side = max(side, reach)
        made.append(Sliding(side, (side + 2 * before - reach) // stride + 1, kernel, stride, before, dilation))
    return Frame(tuple(made))


def kernels(transposed: bool) -> Callable[[Dice], Drawn]:
    def draw(dice: Dice) -> Drawn:
        axes, groups = dice.choice((1, 2, 2)), dice.choice((1, 1, 2))
        frame = slidings(dice, axes)
        one = groups == 1 and dice.random() < 0.3  # without the axes of one channel
        c_in, c_out = (1, 1) if one else (groups * dice.randint(1, 2), groups * dice.randint(1, 2))
        bias, shared = dice.choice(("units", "shared", "none")), dice.random() < 0.2
        cls = TransposedCorrelation if transposed else Correlation
        written = Written(False, 0, False) if one else Written()
        bias = "shared" if one and bias == "units" else bias
        operation = cls(frame, c_in, c_out, groups, bias, shared, dice.random() < 0.3, written)
        inside = frame.shape() if transposed else frame.sides()
        shape = (*lead(dice), *(() if one else (c_in,)), *inside)
        first, second = (c_in, c_out // groups) if transposed else (c_out, c_in // groups)
        kernel = tuple(a.kernel for a in frame.axes if isinstance(a, Sliding))
        w = () if shared else (*(() if one else (first, second)), *kernel)
        return operation, [shape, w, *({"units": [(c_out,)], "shared": [()], "none": []}[bias])]

    return draw


def pooled(made: Callable[[Dice, Frame, bool], Operation]) -> Callable[[Dice], Drawn]:
    def draw(dice: Dice) -> Drawn:
        axes, channels = dice.choice((1, 2, 2)), dice.random() < 0.7
        frame = slidings(dice, axes, 1)
        if dice.random() < 0.3:
            frame = Frame(tuple(SharedOut(*sorted(sides(dice, 2, 5), reverse=True)) for _ in range(axes)))
        return made(dice, frame, channels), [(*lead(dice), *((2,) if channels else ()), *frame.sides())]

    return draw


def maximum(dice: Dice, frame: Frame, channels: bool) -> Operation:
    return Maximum(frame, channels, dice.choice(("first", "all", "split")))


def mean(dice: Dice, frame: Frame, channels: bool) -> Operation:
    sliding = all(isinstance(a, Sliding) for a in frame.axes)
    return Mean(frame, channels, dice.choice(("window", "padded", "inside", 3) if sliding else ("window",)))


def columns(folded: bool) -> Callable[[Dice], Drawn]:
    def draw(dice: Dice) -> Drawn:
        frame, channels = slidings(dice, dice.choice((1, 2, 2))), dice.randint(1, 2)
        unfolding = Unfolding(frame, channels)
        shape = (*lead(dice), channels, *frame.sides())
        return (Folding(frame, channels), [unfolding.shape(shape)]) if folded else (unfolding, [shape])

    return draw


def unpooled(dice: Dice) -> Drawn:
    axes, channels, front, each = dice.randint(1, 2), dice.randint(1, 2), lead(dice), dice.random() < 0.5
    places = sides(dice, axes, 2)
    own = tuple(n + dice.randint(0, 2) for n in places)
    x = (*front, channels, *places)
    return Unpooled(own, places, each and bool(front)), [x, x if each else x[len(front) :]]


def grouped(dice: Dice) -> Drawn:
    groups, parts, front, behind = (
        dice.randint(2, 3),
        dice.randint(1, 2),
        lead(dice),
        sides(dice, dice.randint(0, 2), 3),
    )
    letters = ("k", "i", "j")[: 1 + len(behind)]
    axes, x = Axes(letters, letters, (GROUP,), parts), (*front, groups * parts, *behind)
    text = f"(x[{','.join(letters)}] - mu{axes.at_x})/sqrt(var{axes.at_x} + eps)"
    plain = ByFormula(text, ("x", "mu", "var", "eps"), ("x", "mu", "var"), letters)
    return shortened(plain, axes, x), [x, (*front, groups), (*front, groups), ()]


def concatenate(dice: Dice) -> Drawn:
    front, (a, b, *rest) = lead(dice), sides(dice, dice.randint(2, 4))
    return Concatenate(1 + len(rest)), [(*front, a, *rest), (*front, b, *rest)]


def stacked(dice: Dice) -> Drawn:
    samples, times = sides(dice, dice.randint(0, 1)), dice.randint(1, 3)
    widths = sides(dice, dice.randint(1, 2), 3)
    return Stack(times, widths, bool(samples)), [(*samples, width) for width in widths for _ in range(times)]


def flattening(dice: Dice) -> Drawn:
    own = sides(dice, dice.randint(2, 4))
    first, last = sorted(dice.sample(range(len(own)), 2))
    return Flattening(own, first, last), [(*lead(dice), *own)]


def unflattening(dice: Dice) -> Drawn:
    own = sides(dice, dice.randint(2, 4))
    first, last = sorted(dice.sample(range(len(own)), 2))
    row = int(np.prod(own[first : last + 1]))
    return Unflattening(own, first, last), [(*lead(dice), *own[:first], row, *own[last + 1 :])]


def loss(made: Callable[[int, int], Operation], least: int = 0) -> Callable[[Dice], Drawn]:
    def draw(dice: Dice) -> Drawn:
        rank = dice.choice((0, 1, 2, 3))
        shape = sides(dice, rank or dice.randint(1 + least, 3))
        operation = made(rank, dice.choice((1, 2, 3)))
        return operation, [shape] * len(operation.inputs)

    return draw


UPDATES = ("w - lr*g", "lr*w + g", "lr*w + (1 - lr)*g**2", "w - lr*g/(sqrt(w**2) + 1)", "max(lr*w, abs(g))", "w + 1")


def update(dice: Dice) -> Drawn:
    line, shape = dice.choice(UPDATES), sides(dice, dice.randint(1, 3))
    names = tuple(name for name in ("w", "g", "lr") if name in re.findall(r"[a-z]+", line))
    arrays = tuple(name for name in names if name != "lr")
    return UpdateLine(line, names, arrays), [shape if name in arrays else () for name in names]


DRAWN: dict[type[Operation], Callable[[Dice], Drawn]] = {
    Affine: affine,
    Elementwise: elementwise,
    SigmoidOperation: of_one(SigmoidOperation()),
    TanhOperation: of_one(TanhOperation()),
    ReLUOperation: of_one(ReLUOperation()),
    SoftmaxOperation: along(SoftmaxOperation),
    MaskedSoftmax: attended,
    LogSoftmaxOperation: along(LogSoftmaxOperation),
    AmongChosen: chosen_experts,
    Correlation: kernels(False),
    TransposedCorrelation: kernels(True),
    Maximum: pooled(maximum),
    Mean: pooled(mean),
    Concatenate: concatenate,
    Stack: stacked,
    Flattening: flattening,
    Unflattening: unflattening,
    Unfolding: columns(folded=False),
    Folding: columns(folded=True),
    Unpooled: unpooled,
    ShortOfGroups: grouped,
    SquaredError: loss(SquaredError),
    AbsoluteError: loss(AbsoluteError),
    BinaryOfLogits: loss(BinaryOfLogits),
    BinaryLoss: loss(BinaryLoss),
    BinaryOfSigmoid: loss(BinaryOfSigmoid),
    LogLikelihoodLoss: loss(LogLikelihoodLoss, 1),
    CrossEntropyOperation: loss(lambda rank, by: CrossEntropyOperation(rank, by, False), 1),
    UpdateLine: update,
}


def subclasses(cls: type) -> Iterator[type]:
    for sub in cls.__subclasses__():
        yield sub
        yield from subclasses(sub)


def test_every_operation_is_here() -> None:
    for path in MODULES:
        if "__main__" not in path.name and "importing" not in path.parts:  # importers need what they read
            importlib.import_module(module_name(path))
    found = {cls for cls in subclasses(Operation) if cls.__module__.startswith("hwsolve.")}
    assert found == {*DRAWN, *PARENTS, *FORMULA_ONLY, *GUARDED}
    code = [(cls.forward, cls.backward) for cls in (Operation, ByFormula)]  # array code made from the formula
    assert all((cls.forward, cls.backward) in code for cls in FORMULA_ONLY)
    assert all(cls.backward is Operation.backward for cls in GUARDED)
    assert all(cls.__subclasses__() for cls in PARENTS)
    assert all(layer_class(name) for name in LAYERS)


@pytest.mark.parametrize("cls", [Affine, Correlation, UpdateLine], ids=lambda c: c.__name__)
def test_an_operation_that_is_not_here_is_missed(cls: type[Operation], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(DRAWN, cls)
    with pytest.raises(AssertionError):
        test_every_operation_is_here()


# ---------------------------------------------------------------- numbers


def scalar(dice: Dice, system: str, between: bool, known: dict[fmpq, Any]) -> Any:
    """A number; a small one, so that some are equal, and of both signs unless it lies between 0 and 1."""
    x = fmpq(dice.randint(1, 8), 9) if between else fmpq(dice.randint(-6, 6), dice.choice((1, 1, 2, 3)))
    if system == "rationals":
        return x
    if system == "float64":
        return float(x.p) / float(x.q)
    function = "sigmoid" if between else "sin"
    return known.setdefault(x, apply(function, x + fmpq(1, 7)))  # equal numbers are one ball


def array(dice: Dice, system: str, shape: Shape, between: bool = False, known: dict[fmpq, Any] | None = None) -> Any:
    known = {} if known is None else known
    if not shape:  # a setting, which is a rational
        return scalar(dice, "float64" if system == "float64" else "rationals", between, known)
    made = np.empty(shape, dtype=float if system == "float64" else object)
    for at in np.ndindex(shape):
        made[at] = scalar(dice, system, between, known)
    return made


def values(dice: Dice, system: str, operation: Operation, shapes: list[Shape]) -> list[Any]:
    between = isinstance(operation, POSITIVE)
    known: dict[fmpq, Any] = {}
    found = [array(dice, system, shape, between, known) for shape in shapes]
    if isinstance(operation, CrossEntropyOperation):
        found[2] = softmax(found[0])
    if isinstance(operation, Unpooled):
        many, cells = int(np.prod(operation.places)), range(int(np.prod(operation.sides)))
        chosen = [n for _ in range(found[1].size // many) for n in dice.sample(cells, many)]
        found[1] = np.array([numbers.exact(n) for n in chosen], dtype=object).reshape(found[1].shape)
        found[1] = found[1].astype(float) if system == "float64" else found[1]
    if isinstance(operation, AmongChosen):
        for row in found[0].reshape(-1, shapes[0][-1]):
            row[:] = [numbers.exact(dice.randint(0, 1)) for _ in row]
            row[dice.randrange(len(row))] = numbers.exact(1)
    if isinstance(operation, BinaryOfSigmoid):
        found[0] = apply("sigmoid", found[2])
    return found


def agree(a: Any, b: Any, system: str) -> None:
    assert np.shape(a) == np.shape(b)
    if system == "float64":
        assert np.asarray(a).dtype == np.asarray(b).dtype == np.float64
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
        return
    for x, y in zip(np.ravel(np.asarray(a, dtype=object)), np.ravel(np.asarray(b, dtype=object)), strict=True):
        assert numbers.close(ball_of(x), ball_of(y), 20), (x, y)


@pytest.mark.parametrize("system", ["rationals", "balls", "formed", "float64"])
@pytest.mark.parametrize("cls", DRAWN, ids=lambda c: c.__name__)
def test_formula_and_array_code_are_one(cls: type[Operation], system: str) -> None:
    for seed in range(SHAPES):
        dice = Dice(f"{cls.__name__} {seed}")
        operation, shapes = DRAWN[cls](dice)
        with numbers.precision(256), numbers.quiet():
            if system == "formed":
                with Remembering():
                    compare(operation, shapes, dice, system)
            else:
                compare(operation, shapes, dice, system)


def compare(operation: Operation, shapes: list[Shape], dice: Dice, system: str) -> None:
    arrays = values(dice, system, operation, shapes)
    y = operation.forward(*arrays)
    agree(y, Operation.forward(operation, *arrays), system)
    if isinstance(operation, UpdateLine):  # nothing is differentiated behind an update
        return
    for slot in range(len(arrays)):
        if slot in operation.fixed():
            continue
        if operation.inputs[slot] in ("negative_slope", "alpha", "beta"):  # settings, which are constants
            continue
        g = array(dice, system, np.shape(y)) if np.shape(y) else 1  # as of the loss itself
        found = operation.backward(slot, g, y, *arrays)
        agree(found, Operation.backward(operation, slot, g, y, *arrays), system)


@pytest.mark.parametrize("cls", DRAWN, ids=lambda c: c.__name__)
def test_two_runs_at_once_are_two_runs(cls: type[Operation]) -> None:
    """What says that it takes a further axis in front gives along it what it gives for each part of it."""
    for seed in range(SHAPES):
        dice = Dice(f"both {cls.__name__} {seed}")
        operation, shapes = DRAWN[cls](dice)
        shape = np.shape(operation.forward(*values(dice, "float64", operation, shapes)))
        if not operation.stacks() and not (operation.by_element and all(s in ((), shape) for s in shapes)):
            continue
        runs = [values(dice, "float64", operation, shapes) for _ in range(2)]

        def together(*parts: Any, by_element: bool = operation.by_element, rank: int = len(shape)) -> Any:
            made = np.stack([np.asarray(p) for p in parts])
            return made.reshape(2, *(1,) * rank) if by_element and made.ndim == 1 else made

        both = [together(*parts) for parts in zip(*runs, strict=True)]
        y = operation.forward(*both)
        agree(y, np.stack([operation.forward(*arrays) for arrays in runs]), "float64")
        for slot in range(0 if isinstance(operation, UpdateLine) else len(shapes)):
            if slot in operation.fixed() or (operation.by_element and slot):
                continue
            gs = [array(dice, "float64", shape) for _ in range(2)]
            found = operation.backward(slot, together(*gs), y, *both)
            alone = [
                operation.backward(slot, g, y[k], *arrays) for k, (g, arrays) in enumerate(zip(gs, runs, strict=True))
            ]
            agree(found, np.stack(alone), "float64")


@pytest.mark.parametrize("seed", range(SHAPES))
def test_a_sum_of_products_of_arrays_is_that_of_einsum(seed: int) -> None:
    """Whatever axes they have, share and keep."""
    dice, draw = Dice(seed), np.random.default_rng(seed)
    size = {k: dice.randint(2, 4) for k in range(5)}
    used = [sorted(dice.sample(range(5), dice.randint(1, 4))) for _ in range(dice.choice((1, 2, 2, 2, 3)))]
    kept = [k for k in sorted({k for axes in used for k in axes}) if dice.random() < 0.5]
    shapes = [tuple(size[k] for k in axes) for axes in used]
    read = [draw.normal(size=shape) for shape in shapes]
    letters = [[*map("abcde".__getitem__, axes)] for axes in (*used, kept)]
    wanted = np.einsum(f"{','.join(map(''.join, letters[:-1]))}->{''.join(letters[-1])}", *read)
    np.testing.assert_allclose(contraction(used, shapes, kept)(*read), wanted, rtol=1e-12, atol=1e-12)


def test_lines_of_a_layer_that_is_formulas_alone() -> None:
    """Every line holds by itself; the values are PyTorch's (tests/test_peers.py)."""
    network = {"input": [2, 3], "layers": [{"rms_norm": {"eps": 0.5, "weight": [1, 2, -1]}}, "tanh", "rms_norm"]}
    for lead in ((), (2,)):
        data = {"linspace": [-1, 2], "shape": [*lead, 2, 3]}
        for system in ("exact", "float64"):
            problem = {"kind": "backprop", "network": network, "input": data, "upstream": data, "numbers": system}
            found = hwsolve.solve(problem)
            assert wrong_lines(json.loads(found.to("json"))) == []
