"""The network of a problem about one layer: the layer, and the activation in front of it where one is stated.

The channels of x, w and y are written where the problem writes them: leading axes of length 1 may be left out.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.kinds.convolution.instance import Case
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem, stated
from hwsolve.layers.activation import ReLU
from hwsolve.layers.base import Layer
from hwsolve.layers.correlation import Written
from hwsolve.layers.given_numbers import fits_behind
from hwsolve.layers.items import Network, Part
from hwsolve.layers.names import DIMENSION
from hwsolve.layers.network import infer
from hwsolve.spec.report import Report


def one_layer(problem: SingleLayerProblem, case: Case, written: Written, report: Report) -> Network | None:
    """The network z → a → y, or x → y, which reads (C, sides…); None after a note."""
    assert problem.node is not None
    layer, front, part = case.layer, problem.activation, stated(problem, "layer")
    letters = layer.symbols
    if layer.CATEGORY == "convolution":
        letters = msgspec.structs.replace(letters, weight=letters.weight or "w", bias=letters.bias or "b")
        layer = msgspec.structs.replace(layer, symbols=letters)
    name, options = layer.name or DIMENSION.sub("", part.type), problem.options(written)
    parts = [placed(part, layer, name, letters.output or "y", options)]
    if front is not None:
        part = stated(problem, "activation")  # any function stands as ReLU where numbers are needed
        parts.insert(0, placed(part, ReLU() if isinstance(front, str) else front, part.type, "a", {}))
    network = infer(tuple(parts), case.sample, "x" if front is None else "z", problem.node, report)
    return None if network is None else msgspec.structs.replace(network, bare=not written.x)


def placed(part: Part, layer: Layer, name: str, gives: str, options: dict[str, Any]) -> Part:
    """A part with its layer, which is called `name` and gives the quantity of that symbol."""
    return msgspec.structs.replace(part, layer=layer, name=name, gives=(gives,), raw=True, options=options)


def axes_written(case: Case) -> Written:
    """Which leading axes are written: those of length 1 are left out of w where its numbers do so, of y where the
    upstream gradient or all others do."""
    layer, x, upstream = case.layer, case.extra > 0, case.upstream
    if layer.CATEGORY == "pooling":
        return Written(x, 0, x)
    weight = layer.weight
    alone = case.y[0] == 1 and layer.groups == 1
    w = 0 if alone and not x else 2
    if weight.values is not None:
        leading = fits_behind(weight.values.shape, layer.parameters(case.sample)["weight"].shape)
        w = len(weight.values.shape) - layer.AXES if leading else 2
    y = not alone or (x and w == 2)
    if alone and upstream is not None:
        y = len(upstream.values.shape) - (case.extra == 2) > layer.AXES
    return Written(x, w, y)
