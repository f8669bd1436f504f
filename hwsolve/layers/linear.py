"""The linear (dense, fully connected) layer: z = W a + b on the last axis."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.parameter import DEFAULT, ParameterField, ParameterSpec
from hwsolve.spec.fields import Size


class Linear(Layer, frozen=True):
    """Linear (dense) layer z = W a + b: (…, in) → (…, out), W: (out, in), b: (out).

    (in + 1)·out parameters, in·out without bias.  Source: PyTorch, torch.nn.Linear.
    """

    out_features: Size
    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT

    PART: ClassVar[str] = "dense"
    COUNTS: ClassVar[dict[str, str]] = {"weight": "in*out", "bias": "out", "params": "(in + 1)*out"}
    MACS: ClassVar[str | None] = "in*out"

    def output(self, x: Shape) -> Shape:
        """(…, in) → (…, out)."""
        base.positive("out_features", self.out_features)
        if isinstance(x, StatedMap):
            if x.features is None:
                raise ShapeError(say("needs to know how many values come in, but the map's sides are unknown"))
            return (self.out_features,)
        if not x:
            raise ShapeError(say("needs at least one axis"))
        return (*x[:-1], self.out_features)

    def parameters(self, x: Shape) -> dict[str, Shape]:
        """W: (out, in), b: (out)."""
        return self.owned(weight=(self.out_features, self.sizes(x)["in"]), bias=(self.out_features,))

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """in, out, and the number of positions the layer is applied at."""
        incoming = x.features if isinstance(x, StatedMap) else x[-1]
        positions = 1 if isinstance(x, StatedMap) else base.product(x[:-1])
        return {"in": 1 if incoming is None else incoming, "out": self.out_features, "positions": positions}

    def macs(self, x: Shape) -> str:
        """in·out at every position."""
        return "in*out" if len(x) == 1 else "positions*in*out"

    def warnings(self, x: Shape) -> list[Message]:
        """A map that was probably meant to be flattened."""
        if len(x) < 3:
            return []
        return [
            say(
                "linear acts on the last axis alone: {shape} keeps its other axes; put flatten before it if all {values} values are meant",
                shape=base.shape_text(x),
                values=base.size_text(base.product(x)),
            )
        ]
