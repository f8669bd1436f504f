"""Receptive fields against PyTorch: with weights above 0 a cell reads those of the input that have a gradient.

A cell that changes when the padding is filled with ones reads beyond the map; fields are those of the other cells.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest

from hwsolve.formula.notation import plain
from hwsolve.language import translate
from hwsolve.solution import Identity, Solution, Value
from tests.often import often
from tests.test_count_keys import number, solved

torch = pytest.importorskip("torch")
F = torch.nn.functional
CASES = often(60)  # 300 with HWSOLVE_TIMES=5
Function = Callable[[Any, float], Any]  # of a map and what fills a padding


def chain(dice: random.Random, axes: int, channels: int, size: int, depth: int) -> tuple[list[Any], Function, int, int]:
    """Layers, what they compute, and the channels and sides that come out."""
    layers, functions = [], []
    for _ in range(depth):
        drawn = dice.choice(KINDS)(dice, axes, channels, size)
        if drawn is None:
            continue
        layer, function, after, side = drawn
        if not 1 <= side <= (120 if axes == 1 else 30):
            continue
        layers.append(layer)
        functions.append(function)
        channels, size = after, side

    def all_of_them(x: Any, fill: float) -> Any:
        for function in functions:
            x = function(x, fill)
        return x

    return layers, all_of_them, channels, size


def padded(x: Any, before: int, behind: int, fill: float) -> Any:
    return F.pad(x, (before, behind) * (x.dim() - 2), value=fill)


def weights(*shape: int) -> Any:
    return torch.rand(*shape, dtype=torch.float64) + 0.5


def convolution(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    k, s, p, d = dice.randint(1, 4), dice.choice([1, 1, 2, 3]), dice.randint(0, 2), dice.choice([1, 1, 2, 3])
    side = (size + 2 * p - d * (k - 1) - 1) // s + 1
    out, convolve = dice.randint(1, 2), (F.conv1d, F.conv2d)[axes - 1]
    w = weights(out, channels, *[k] * axes)
    settings = {"out_channels": out, "kernel_size": k, "stride": s, "padding": p, "dilation": d}
    if size + 2 * p < d * (k - 1) + 1:
        return None
    return (
        {f"conv{axes}d": settings},
        lambda x, fill: convolve(padded(x, p, p, fill), w, stride=s, dilation=d),
        out,
        side,
    )


def transposed(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    """For its edges as many cells are put around the map as reach into it."""
    k, s, p, d = dice.randint(1, 5), dice.randint(1, 3), dice.randint(0, 2), dice.choice([1, 1, 2, 3])
    extra = dice.choice([0, max(s, d) - 1])
    side = s * (size - 1) - 2 * p + d * (k - 1) + extra + 1
    out, spread = dice.randint(1, 2), (F.conv_transpose1d, F.conv_transpose2d)[axes - 1]
    w, around = weights(channels, out, *[k] * axes), k * d + p
    places = slice(around * s + p, around * s + p + side)
    settings = {"out_channels": out, "kernel_size": k, "stride": s, "padding": p, "dilation": d}

    def compute(x: Any, fill: float) -> Any:
        y = spread(padded(x, around, around, fill), w, stride=s, dilation=d)
        return y[..., places] if axes == 1 else y[..., places, places]

    return {f"conv_transpose{axes}d": settings | {"output_padding": extra}}, compute, out, side


def pooling(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    """Each cell of a window may be the largest: the mean reads the same cells."""
    k, s = dice.randint(1, 3), dice.randint(1, 3)
    p = dice.randint(0, k // 2)
    pool = (F.avg_pool1d, F.avg_pool2d)[axes - 1]
    layer = {f"{dice.choice(['max', 'avg'])}_pool{axes}d": {"kernel_size": k, "stride": s, "padding": p}}
    side = (size + 2 * p - k) // s + 1
    return (layer, lambda x, fill: pool(padded(x, p, p, fill), k, s), channels, side) if side > 0 else None


def adaptive(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    side = dice.randint(2, max(2, size))
    pool = (F.adaptive_avg_pool1d, F.adaptive_avg_pool2d)[axes - 1]
    return {f"adaptive_avg_pool{axes}d": side}, lambda x, fill: pool(x, side), channels, side


def upsampling(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    mode = dice.choice(["nearest", "nearest-exact", ("linear", "bilinear")[axes - 1]])
    corners = "nearest" not in mode and dice.random() < 0.4
    more = {"align_corners": True} if corners else {}
    given: dict[str, Any]
    if dice.random() < 0.5:
        factor = dice.choice([Fraction(2), Fraction(3), Fraction(3, 2), Fraction(5, 4)])
        step, side, given = 1 / factor, int(size * factor), {"scale_factor": float(factor)}
    else:
        side = dice.randint(size, 2 * size)
        step, given = Fraction(size, side), {"size": side if axes == 1 else [side] * axes}
    places = [(k + Fraction(1, 2)) * step - Fraction(1, 2) for k in range(side)]
    outside = torch.tensor([float(not 0 <= at <= size - 1 and "nearest" not in mode and not corners) for at in places])

    def compute(x: Any, fill: float) -> Any:
        """A place in front of the first cell or behind the last one has half its neighbours."""
        edges = outside if axes == 1 else outside[:, None] + outside
        return F.interpolate(x, **given, mode=mode, **more) + fill * edges

    return {"upsample": {**given, "mode": mode, **more}}, compute, channels, side


def padding(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    before, behind = dice.randint(-2, 3), dice.randint(-2, 3)
    layer = {f"{dice.choice(['zero', 'constant'])}_pad{axes}d": {"padding": [before, behind] * axes}}
    return layer, lambda x, fill: padded(x, before, behind, fill), channels, size + before + behind


def cropping(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    cut, left = dice.randint(0, 3), dice.randint(0, 3)
    if axes == 1:
        layer: Any = {"narrow": {"dim": 2, "start": 1 + left, "length": size - left - cut}}
    else:
        layer = {"crop": {"cells": [left, cut, left, cut]}}
    return layer, lambda x, fill: padded(x, -left, -cut, fill), channels, size - left - cut


def by_element(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    layer = dice.choice(["relu", "layer_scale", "dropout", {"formula": "input*(1 + input**2)"}, f"batch_norm{axes}d"])
    return layer, lambda x, fill: x, channels, size


def same_side(convolve: Any, w: Any, p: int, d: int) -> Function:
    return lambda x, fill: convolve(padded(x, p, p, fill), w, dilation=d)


def branches(dice: random.Random, axes: int, channels: int, size: int) -> Any:
    """Two branches that keep the side, added or one behind the other."""
    bodies: list[tuple[Any, Function]] = []
    for _ in range(2):
        k, d = dice.choice([1, 3, 3, 5]), dice.choice([1, 2])
        w, p = weights(channels, channels, *[k] * axes), d * (k - 1) // 2
        settings = {"out_channels": channels, "kernel_size": k, "padding": p, "dilation": d}
        convolve = (F.conv1d, F.conv2d)[axes - 1]
        bodies.append(({f"conv{axes}d": settings}, same_side(convolve, w, p, d)))
    kind = dice.choice(["residual", "add", "concat", "repeat", "formula"])
    (first, f), (second, g) = bodies
    if kind == "residual":
        return {"residual": {"body": [first]}}, lambda x, fill: x + f(x, fill), channels, size
    if kind == "repeat":
        return {"repeat": {"times": 3, "body": [first]}}, lambda x, fill: f(f(f(x, fill), fill), fill), channels, size
    if kind == "add":
        return {"add": [[first], [second]]}, lambda x, fill: f(x, fill) + g(x, fill), channels, size
    if kind == "formula":
        name = f"q{dice.randrange(10**9)}"
        block = {"residual": {"body": [{next(iter(first)): first[next(iter(first))] | {"output": name}},
                                       second, {"formula": f"input + 2*{name}"}]}}  # fmt: skip
        return block, lambda x, fill: x + g(f(x, fill), fill) + f(x, fill), channels, size
    if 2 * channels > 4:
        return None
    both = lambda x, fill: torch.cat([f(x, fill), g(x, fill)], 1)  # noqa: E731
    return {"concat": [[first], [second]]}, both, 2 * channels, size


KINDS = [convolution, convolution, transposed, transposed, pooling, adaptive, upsampling, upsampling, padding, cropping,
         by_element, branches]  # fmt: skip


def read_cells(function: Function, channels: int, axes: int, size: int) -> list[tuple[int, ...] | None]:
    """Of each place along the first axis the cells of the input that it reads; None of one that reads beyond it."""
    x = torch.ones(1, channels, *[size] * axes, dtype=torch.float64, requires_grad=True)
    y = function(x, 0.0).sum(1)[0]
    with torch.no_grad():
        beyond = (function(x, 1.0).sum(1)[0] - y).abs() > 1e-9 * y.abs()
    rows = y.reshape(len(y), -1)
    beyond = beyond.reshape(len(y), -1)
    whole = beyond.all(0)  # another axis has cells inside
    found: list[tuple[int, ...] | None] = []
    for place, row in enumerate(rows):
        if bool((beyond[place] | whole).all()):
            found.append(None)
            continue
        if not row.requires_grad:
            found.append(())
            continue
        (g,) = torch.autograd.grad(row[~beyond[place]].sum(), x, retain_graph=True)
        read = g[0].sum(0).reshape(size, -1).sum(1) > 0
        found.append(tuple(torch.nonzero(read).flatten().tolist()))
    return found


@pytest.mark.parametrize("seed", range(CASES))
def test_random_chains(seed: int) -> None:
    dice = random.Random(seed)
    torch.manual_seed(seed)
    axes = dice.choice([1, 1, 1, 2])
    channels, size = dice.randint(1, 2), dice.randint(20, 60) if axes == 1 else dice.randint(10, 18)
    layers, function, _, _ = chain(dice, axes, channels, size, dice.randint(1, 6))
    cells = read_cells(function, channels, axes, size)
    begins = bool(cells and cells[0])
    ask = ("receptive_field.last", "stride.last", *(["start.last"] if begins else []))
    solution = solved([*layers, {"relu": {"name": "last"}}], [channels, *[size] * axes], ask)
    fields = {max(read, default=0) - min(read, default=1) + 1 for read in cells if read is not None}
    if not fields:
        return
    assert number(solution, "receptive_field.last") == max(fields), (layers, fields)
    if begins and cells[0] is not None:
        assert number(solution, "start.last") == Fraction(cells[0][0] + cells[0][-1], 2) + 1, (layers, cells)
    assert said_of(solution, "receptive_field.last") == words(sorted(fields)), (layers, cells)


def said_of(solution: Solution, key: str) -> str:
    """What the line of a key says of cells that differ."""
    lines = [line for step in solution.sections for line in step.lines if isinstance(line, Value | Identity)]
    rules = [line.rule for line in lines if line.key is not None and plain(line.key) == key]
    (text,) = [translate(rule, "en") for rule in rules]
    return text.rpartition("; ")[2] if "depending" in text else ""


def words(fields: list[int]) -> str:
    """`3 or 4, depending on the cell`."""
    if len(fields) == 1:
        return ""
    if len(fields) > 3:
        return f"{fields[0]} to {fields[-1]}, depending on the cell"
    return f"{', '.join(map(str, fields[:-1]))} or {fields[-1]}, depending on the cell"


def test_a_layer_that_is_not_followed_is_named() -> None:
    """What stands behind it has no receptive field, and says so with that layer's name."""
    layers = [
        {"conv1d": {"out_channels": 2, "kernel_size": 3}},
        {"lstm": 4},
        {"conv1d": {"out_channels": 1, "kernel_size": 2}},
    ]
    solution = solved(layers, [3, 9], columns=["receptive_field"])
    why = "lstm1: which cells of a map it reads is not known"
    assert translate(solution.partial["receptive_field.lstm1"], "en") == why
    assert translate(solution.partial["receptive_field.conv2"], "en") == f"{why}; conv2 stands behind it"
    assert [translate(note.text, "en") for note in solution.notes] == [f"There is no receptive field. {why}."]


def test_what_meets_along_an_axis_is_no_window() -> None:
    for layer in (
        {"softmax": {"dim": 2}},
        {"permute": [1, 3, 2]},
        {"fractional_max_pool2d": {"kernel_size": 2, "output_size": 3}},
    ):
        solution = solved([layer], [2, 6, 6], columns=["receptive_field"])
        assert not any(key.startswith("receptive_field") for key in solution.answers), layer
