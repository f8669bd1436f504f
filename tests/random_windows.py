"""Random problems about one layer of windows: convolutions, transposed ones and poolings, names and numbers."""

from __future__ import annotations

import random
from typing import Any

ACTIVATIONS = ("f", "relu", "sigmoid", "tanh")


def problem(dice: random.Random) -> dict[str, Any]:
    """A layer of one or two axes (three only where all is small), in names, in numbers, or in some of each."""
    axes = dice.choice((1, 1, 2, 2, 2, 3))
    kind = dice.choice(("conv", "conv", "conv", "conv_transpose", "max", "max", "avg", "avg", "adaptive"))
    if kind == "adaptive":
        form = dice.choice(("max", "avg"))
        return pooling(f"adaptive_{form}_pool{axes}d", dice.choice(("Q", 2)) if axes < 3 else 2, dice)
    if kind in ("max", "avg"):
        return pooling(f"{kind}_pool{axes}d", pooled(dice, kind, axes), dice)
    return convolution(dice, kind, axes)


def pooling(name: str, settings: Any, dice: random.Random) -> dict[str, Any]:
    """A problem about a pooling layer."""
    ties = {"ties": dice.choice(("first", "all", "split"))} if "max" in name else {}
    front = {"activation": dice.choice(ACTIVATIONS)} if dice.random() < 0.3 else {}
    return {"kind": "pooling", "layer": {name: settings}} | ties | front


def pooled(dice: random.Random, kind: str, axes: int) -> dict[str, Any]:
    """The settings of a window."""
    kernel = dice.choice(("K", 2, 3)) if axes < 3 else 2
    made: dict[str, Any] = {"kernel_size": kernel}
    if dice.random() < 0.7:
        made["stride"] = dice.choice(("S", 1, 2, 3)) if axes < 3 else dice.choice((1, 2))
    if kernel != "K" and dice.random() < 0.3:
        made["padding"] = 1
    if kind == "avg" and dice.random() < 0.3:
        made["count_include_pad"] = False
    if kind == "max" and kernel != "K" and axes == 1 and dice.random() < 0.3:
        made["dilation"] = 2
    return made


def convolution(dice: random.Random, kind: str, axes: int) -> dict[str, Any]:
    """A problem about a convolution or a transposed one."""
    small = axes == 3
    made: dict[str, Any] = {
        "out_channels": 1,
        "kernel_size": dice.choice((2, 3)) if small else dice.choice(("K", 2, 3)),
    }
    made["bias"] = dice.random() < 0.3
    if dice.random() < 0.6:
        made["stride"] = dice.choice((1, 2)) if small else dice.choice(("S", 1, 2, 2, 3))
    if dice.random() < 0.4:
        made["padding"] = 1 if small else dice.choice((1, "P"))
    if dice.random() < 0.3:
        made["dilation"] = dice.choice((2, "D")) if axes == 1 else 2
    if dice.random() < 0.25 and axes < 3:
        made["out_channels"] = dice.choice(("M", 2)) if axes == 1 else 2
        if axes == 1 and dice.random() < 0.5:
            made |= {"groups": 2, "out_channels": 4}
    spec: dict[str, Any] = {"kind": "convolution", "layer": {f"{kind}{axes}d": made}}
    if dice.random() < 0.5:
        spec["activation"] = dice.choice(ACTIVATIONS)
    if kind == "conv" and dice.random() < 0.15:
        spec["flip"] = True
    return spec
