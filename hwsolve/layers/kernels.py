"""A layer of kernels written into a graph: its parameters by number or by letter, and its operation."""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Sizes
from hwsolve.language import say
from hwsolve.layers.base import NotComputed, Shape
from hwsolve.layers.correlation import Kernels, Written

FULL = Written()


def build_kernels(layer: Any, builder: Builder, x: str, written: Written = FULL, flip: bool = False) -> str:
    """The nodes of a (transposed) convolution that reads `x`: parameters w1 and b1, and z1, by the layer's number.

    `flip` turns the kernel round.
    """
    data = builder.shape(x)
    axes = layer.AXES + written.x
    one = data[len(data) - axes :] if written.x else (1, *data[len(data) - axes :])
    parameters = layer.parameters(one)
    shapes = {name: numbers_only(p.shape, builder.path) for name, p in parameters.items()}
    operation: Kernels = layer.operation(one)
    bias = "none" if "bias" not in shapes else "units" if shapes["bias"] else "shared"
    if bias == "units" and not written.y and layer.bias.values is None:
        bias, shapes["bias"] = "shared", ()
    shared = layer.weight.shared
    operation = msgspec.structs.replace(operation, bias=bias, shared=shared, written=written, flip=flip)
    k = builder.next_layer()
    inputs = [x, builder.own(layer, "weight", parameters["weight"], f"w{k}", shapes["weight"][2 - written.w :])]
    if bias != "none":
        inputs.append(builder.own(layer, "bias", parameters["bias"], f"b{k}", shapes["bias"]))
    return builder.forward(operation, tuple(inputs), f"z{k}")


def numbers_only(shape: Shape, path: str) -> Sizes:
    """Sizes that are numbers; a computation needs them."""
    if not all(isinstance(n, int) for n in shape):
        raise NotComputed(say("`{layer}` has sizes that are names: a computation needs numbers.", layer=path))
    return tuple(int(n) for n in shape if isinstance(n, int))
