"""Output shapes, parameters and refusals of layers with random settings, against PyTorch."""

from __future__ import annotations

import inspect
import random
from typing import Any

import pytest

from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer, ShapeError
from hwsolve.layers.parameter import ABSENT, DEFAULT
from hwsolve.spec.records import form_of, names_alone

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")


def per_axis(dice: random.Random, n: int, low: int, high: int) -> tuple[int, ...]:
    """One setting for all axes, or one for each."""
    return (dice.randint(low, high),) * n if dice.random() < 0.5 else tuple(dice.randint(low, high) for _ in range(n))


def ours(layer: Layer, shape: tuple[int, ...]) -> tuple[tuple[Any, ...], int] | None:
    """Output shape and number of parameters; None for a refusal."""
    try:
        out = layer.output(shape)
    except ShapeError:
        return None
    count = 0
    for parameter in layer.parameters(shape).values():
        size = 1
        for n in parameter.shape:
            assert isinstance(n, int)
            size *= n
        count += size
    return out, count


def theirs(make: Any, shape: tuple[int, ...]) -> tuple[tuple[int, ...], int] | None:
    """The same of PyTorch, with a batch of two."""
    try:
        module = make()
        out = module(torch.zeros((2, *shape)))
    except (RuntimeError, ValueError):
        return None
    if 0 in out.shape:
        return None  # PyTorch lets a map vanish
    return tuple(out.shape[1:]), sum(p.numel() for p in module.parameters())


def agree(cases: list[tuple[Layer, Any, tuple[int, ...]]]) -> tuple[int, int]:
    """Compare each case; how many were accepted and how many refused, by both."""
    accepted = refused = 0
    for layer, make, shape in cases:
        mine, peer = ours(layer, shape), theirs(make, shape)
        assert mine == peer, (layer, shape)
        accepted, refused = accepted + (peer is not None), refused + (peer is None)
    return accepted, refused


def convolution(dice: random.Random) -> tuple[Layer, Any, tuple[int, ...]]:
    n = dice.randint(1, 3)
    groups = dice.choice([1, 1, 1, 2, 3])
    channels, out = groups * dice.randint(1, 3), groups * dice.randint(1, 3)
    if dice.random() < 0.1:
        channels, out = dice.randint(1, 6), dice.randint(1, 6)
    kernel, stride, dilation = per_axis(dice, n, 1, 4), per_axis(dice, n, 1, 3), per_axis(dice, n, 1, 3)
    padding: Any = dice.choice(["same", "valid", per_axis(dice, n, 0, 3), per_axis(dice, n, 0, 3)])
    if padding == "same" and dice.random() < 0.8:
        stride = (1,) * n
    mode = dice.choice(["zeros", "zeros", "reflect", "replicate", "circular"])
    bias = dice.random() < 0.5
    settings = {"stride": stride, "padding": padding, "dilation": dilation, "groups": groups, "padding_mode": mode}
    shape = (channels, *(dice.randint(3, 9) for _ in range(n)))
    layer = layer_class(f"conv{n}d")(out, kernel, bias=DEFAULT if bias else ABSENT, **settings)
    return layer, lambda: getattr(torch.nn, f"Conv{n}d")(channels, out, kernel, bias=bias, **settings), shape


def transposed(dice: random.Random) -> tuple[Layer, Any, tuple[int, ...]]:
    n = dice.randint(1, 3)
    groups = dice.choice([1, 1, 2])
    channels, out = groups * dice.randint(1, 3), groups * dice.randint(1, 3)
    settings = {
        "stride": per_axis(dice, n, 1, 3),
        "padding": per_axis(dice, n, 0, 2),
        "output_padding": per_axis(dice, n, 0, 1),
        "groups": groups,
        "dilation": per_axis(dice, n, 1, 2),
    }
    kernel = per_axis(dice, n, 1, 4)
    shape = (channels, *(dice.randint(2, 6) for _ in range(n)))
    layer = layer_class(f"conv_transpose{n}d")(out, kernel, **settings)
    return layer, lambda: getattr(torch.nn, f"ConvTranspose{n}d")(channels, out, kernel, **settings), shape


def pooling(dice: random.Random) -> tuple[Layer, Any, tuple[int, ...]]:
    n = dice.randint(1, 3)
    kernel = per_axis(dice, n, 1, 4)
    stride = per_axis(dice, n, 1, 4) if dice.random() < 0.7 else None
    settings = {"stride": stride, "padding": per_axis(dice, n, 0, 2), "ceil_mode": dice.random() < 0.5}
    kind = dice.choice(["max", "avg"])
    least = 4 if kind == "avg" and n == 3 else 2  # only AvgPool3d forgets the padding when it refuses a small map
    shape = (dice.randint(1, 3), *(dice.randint(least, 9) for _ in range(n)))
    if kind == "max":
        settings["dilation"] = per_axis(dice, n, 1, 2)
    layer = layer_class(f"{kind}_pool{n}d")(kernel, **settings)
    return layer, lambda: getattr(torch.nn, f"{kind.title()}Pool{n}d")(kernel, **settings), shape


def reshaping(dice: random.Random) -> tuple[Layer, Any, tuple[int, ...]]:
    shape = tuple(dice.randint(1, 4) for _ in range(dice.randint(1, 4)))
    kind = dice.choice(["flatten", "pixel_shuffle", "upsample", "adaptive"])
    if kind == "flatten":
        ends = [d for d in (*range(1, len(shape) + 2), *range(-len(shape) - 1, 0)) if d % (len(shape) + 1)]
        start, end = dice.choice(ends), dice.choice(ends)
        return layer_class("flatten")(start, end), lambda: torch.nn.Flatten(start, end), shape
    if kind == "pixel_shuffle":
        r, shape = dice.randint(1, 3), (dice.choice([1, 4, 9, 12, 18]), 3, 2)
        return layer_class("pixel_shuffle")(r), lambda: torch.nn.PixelShuffle(r), shape
    if kind == "upsample":
        factor, shape = dice.randint(1, 3), (2, *shape[:3])
        from hwsolve.formula.tree import Number

        layer = layer_class("upsample")(scale_factor=(Number(factor),))
        return layer, lambda: torch.nn.Upsample(scale_factor=factor), shape
    n = dice.randint(1, 3)
    size, name = per_axis(dice, n, 1, 4), dice.choice(["Avg", "Max"])
    shape = (2, *(dice.randint(1, 7) for _ in range(n)))
    layer = layer_class(f"adaptive_{name.lower()}_pool{n}d")(size)
    return layer, lambda: getattr(torch.nn, f"Adaptive{name}Pool{n}d")(size), shape


@pytest.mark.parametrize(
    "draw", [convolution, transposed, pooling, reshaping], ids=["convolution", "transposed", "pooling", "reshaping"]
)
def test_shapes_parameters_and_refusals(draw: Any) -> None:
    dice = random.Random(draw.__name__)
    accepted, refused = agree([draw(dice) for _ in range(400)])
    assert accepted > 100
    assert refused > 5


def test_the_comparison_can_fail() -> None:
    layer = layer_class("conv2d")(4, (3, 3), (2, 2))
    with pytest.raises(AssertionError):
        agree([(layer, lambda: torch.nn.Conv2d(1, 4, 3), (1, 9, 9))])


@pytest.mark.parametrize("name", LAYERS)
def test_a_value_alone_is_the_first_argument_of_pytorch(name: str) -> None:
    """`layer_norm: 8` is torch.nn.LayerNorm(8); what follows from the input is left out."""
    cls = layer_class(name)
    theirs = getattr(torch.nn, cls.__name__, None)
    own = [p for p in (inspect.signature(theirs).parameters if theirs else ()) if p in form_of(cls).fields]
    own = [p for p in own if p not in cls.INCOMING or p in names_alone(cls)]
    if own and name != "bilinear":  # whose first two are those of its inputs
        assert own[0] in names_alone(cls)
