"""Random convolutions and pooling layers as specs, and the same in PyTorch."""

from __future__ import annotations

import random
from typing import Any, NamedTuple

import numpy as np

KERNELS = ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d")
POOLS = tuple(
    f"{name}{n}d" for name in ("max_pool", "avg_pool", "adaptive_avg_pool", "adaptive_max_pool") for n in (1, 2, 3)
)
LARGEST = 48  # elements of x and of y, so that all lines are written


class Case(NamedTuple):
    """A spec, and what it speaks of as arrays: x, w and b as PyTorch takes them, g, and the layer's arguments.

    One number for all weights or biases is an array of shape (); `kernels` is then the shape that it stands for.
    """

    spec: dict[str, Any]
    layer: str
    arguments: dict[str, Any]
    x: np.ndarray
    w: np.ndarray | None
    b: np.ndarray | None
    g: np.ndarray
    batch: bool
    kernels: tuple[int, ...] = ()


def integers(dice: random.Random, shape: tuple[int, ...], spread: int = 9) -> np.ndarray:
    """Numbers with one decimal."""
    size = int(np.prod(shape))
    return (np.array([dice.randint(-spread, spread) for _ in range(size)], dtype=np.int64).reshape(shape)) / 2


def different(dice: random.Random, shape: tuple[int, ...]) -> np.ndarray:
    """Numbers no two of which are equal."""
    size = int(np.prod(shape))
    return np.array(dice.sample(range(-2 * size, 2 * size), size), dtype=np.int64).reshape(shape) / 2


def convolution(dice: random.Random, layer: str = "") -> Case | None:
    """A convolution or transposed convolution; None where the settings do not fit."""
    layer = layer or dice.choice(KERNELS)
    axes, transposed = int(layer[-2]), "transpose" in layer
    groups = dice.choice((1, 1, 1, 2))
    c_in, c_out = groups * dice.choice((1, 1, 2)), groups * dice.choice((1, 1, 2))
    top = {1: 6, 2: 4, 3: 3}[axes]
    sides = tuple(dice.randint(1, top) for _ in range(axes))
    kernel = tuple(dice.randint(1, {1: 4, 2: 3, 3: 2}[axes]) for _ in range(axes))
    stride = tuple(dice.randint(1, 3) for _ in range(axes))
    dilation = tuple(dice.choice((1, 1, 2)) for _ in range(axes))
    padding: Any = tuple(dice.randint(0, 2) for _ in range(axes))
    arguments: dict[str, Any] = {"kernel_size": kernel, "stride": stride, "dilation": dilation, "groups": groups}
    if transposed:
        extra = tuple(dice.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True))
        arguments["output_padding"] = extra
        y_sides = tuple(
            (n - 1) * s - 2 * p + d * (k - 1) + e + 1
            for n, s, p, d, k, e in zip(sides, stride, padding, dilation, kernel, extra, strict=True)
        )
    else:
        if dice.random() < 0.2:
            padding, arguments["stride"] = "same", (1,) * axes
            y_sides = sides
        else:
            y_sides = tuple(
                (n + 2 * p - d * (k - 1) - 1) // s + 1
                for n, s, p, d, k in zip(sides, stride, padding, dilation, kernel, strict=True)
            )
    arguments["padding"] = padding
    if min(y_sides) < 1:
        return None
    batch = dice.random() < 0.25
    lead = (dice.randint(1, 2),) if batch else ()
    if max(np.prod((*lead, c_in, *sides)), np.prod((*lead, c_out, *y_sides))) > LARGEST:
        return None
    shape = (c_in, c_out // groups, *kernel) if transposed else (c_out, c_in // groups, *kernel)
    if np.prod(shape) > LARGEST:
        return None
    x, w = integers(dice, (*lead, c_in, *sides)), integers(dice, shape)
    b = integers(dice, (c_out,)) if dice.random() < 0.6 else None
    g = integers(dice, (*lead, c_out, *y_sides))
    stated = {**arguments, "out_channels": c_out, "weight": w.tolist(), "bias": False if b is None else b.tolist()}
    if dice.random() < 0.2:
        w = integers(dice, ())
        stated["weight"] = {"value": float(w), "shared": True}
    if b is not None and dice.random() < 0.2:
        b = integers(dice, ())
        stated["bias"] = {"value": float(b), "shared": True}
    spec = {"kind": "convolution", "layer": {layer: plain(stated)}, "input": x.tolist(), "upstream": g.tolist()}
    if dice.random() < 0.25:
        spec["flip"] = True
    return Case(spec, layer, arguments, x, w, b, g, batch, shape)


def pooling(dice: random.Random, layer: str = "") -> Case | None:
    """A pooling layer; None where the settings do not fit."""
    layer = layer or dice.choice(POOLS)
    axes = int(layer[-2])
    top = {1: 9, 2: 5, 3: 3}[axes]
    sides = tuple(dice.randint(1, top) for _ in range(axes))
    batch, channels = dice.random() < 0.25, dice.choice((1, 1, 2))
    lead = (dice.randint(1, 2),) if batch else ()
    arguments: dict[str, Any]
    if "adaptive" in layer:
        y_sides = tuple(dice.randint(1, 4) for _ in range(axes))
        arguments = {"output_size": y_sides}
    else:
        kernel = tuple(dice.randint(1, {1: 4, 2: 3, 3: 2}[axes]) for _ in range(axes))
        stride = tuple(dice.randint(1, 3) for _ in range(axes))
        padding = tuple(dice.randint(0, k // 2) for k in kernel)
        arguments = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": dice.random() < 0.4}
        if layer.startswith("max"):
            arguments["dilation"] = tuple(dice.choice((1, 1, 2)) for _ in range(axes))
        else:
            arguments["count_include_pad"] = dice.random() < 0.5
            if axes > 1 and dice.random() < 0.2:
                arguments["divisor_override"] = dice.randint(1, 5)
    x = different(dice, (*lead, channels, *sides)) if "max" in layer else integers(dice, (*lead, channels, *sides))
    if max(x.size, x.size // int(np.prod(sides)) * int(np.prod(arguments.get("output_size", (1,))))) > LARGEST:
        return None
    spec = {"kind": "pooling", "layer": {layer: plain(arguments)}, "input": x.tolist()}
    return Case(spec, layer, arguments, x, None, None, x, batch)


def plain(arguments: dict[str, Any]) -> dict[str, Any]:
    """Arguments as a spec writes them: lists for tuples."""
    return {k: list(v) if isinstance(v, tuple) else v for k, v in arguments.items()}


def peer(case: Case, torch: Any) -> dict[str, np.ndarray]:
    """y and all gradients in PyTorch, in double precision; the gradient of y is g, or where none is given 1, 2, 3 …."""
    module = getattr(torch.nn.functional, case.layer)
    x = torch.tensor(case.x, requires_grad=True)
    given = x if case.batch else x[None]
    found: dict[str, Any] = {}
    if case.w is None:
        y = module(given, **case.arguments)
    else:
        w = torch.tensor(case.w, requires_grad=True)
        b = None if case.b is None else torch.tensor(case.b, requires_grad=True)
        turned = w if w.ndim else w.expand(case.kernels)
        turned = torch.flip(turned, tuple(range(2, turned.ndim))) if case.spec.get("flip") else turned
        each = b if b is None or b.ndim else b.expand(case.spec["layer"][case.layer]["out_channels"])
        y = module(given, turned, each, **{k: v for k, v in case.arguments.items() if k != "kernel_size"})
        found["dL_dw"] = w
        if b is not None:
            found["dL_db"] = b
    y = y if case.batch else y[0]
    if not torch.isfinite(y).all():  # a window in the padding alone: on its way back PyTorch writes outside the map
        return {"y": y.detach().numpy(), "g": np.ones(y.shape)}
    g = (
        torch.tensor(case.g)
        if case.w is not None
        else 1 + torch.arange(y.numel(), dtype=torch.float64).reshape(y.shape)
    )
    y.backward(g)
    result = {key: tensor.grad.numpy() for key, tensor in (found | {"dL_dx": x}).items()}
    return result | {"y": y.detach().numpy(), "g": g.numpy()}


def cases(make: Any, count: int, seed: Any) -> list[Case]:
    """So many cases that fit."""
    dice = random.Random(seed)
    found: list[Case] = []
    while len(found) < count:
        case = make(dice)
        if case is not None:
            found.append(case)
    return found
