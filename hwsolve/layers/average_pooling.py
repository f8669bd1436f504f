"""Average pooling: each window of a channel's map gives its mean, in LeNet-5 with a coefficient and a bias.

y[c,p] = the sum over u of x[c, S(p − 1) + u − P] divided by K.
Source: PyTorch, torch.nn.AvgPool2d; LeCun and others 1998, section II.B.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import NotComputed, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import SIDES_UNKNOWN, NotCounted, Operations, joined
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.parameter import Parameter
from hwsolve.layers.pooling import MEANS, Pooling
from hwsolve.layers.products import less
from hwsolve.spec.fields import Flag, Size

if TYPE_CHECKING:
    from hwsolve.graph.graph import Builder
    from hwsolve.layers.pooling_operations import Pooled


class AveragePooling(Pooling, frozen=True):
    """Average pooling: the mean of each window.  `count_include_pad`: whether padding counts as zeros in it."""

    count_include_pad: Flag = True
    trainable: Flag = False

    MULTIPLIES: ClassVar[Message | None] = MEANS
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "trainable": say("whether each channel has a coefficient and a bias that are learned, as in LeNet-5"),
    }

    def parameters(self, x: Shape) -> dict[str, Parameter]:
        """A coefficient and a bias for each channel, where they are learned."""
        found = {"weight": Parameter((x[0],), "weight"), "bias": Parameter((x[0],), "bias")}
        return found if self.trainable else {}

    def products(self, x: Shape) -> dict[str, str]:
        """One of each for a channel."""
        return dict.fromkeys(("weight", "bias"), "channels")

    def sizes(self, x: Shape) -> dict[str, base.Size]:
        """The channels, if nothing else is known."""
        return {"channels": x[0]} | super().sizes(x)

    def connection_text(self, x: Shape) -> str:
        """Each cell of a window, and the bias, for every value that comes out."""
        cells, outputs = self.cells_and_outputs()
        return f"({cells} + 1)*{outputs}" if self.trainable and not isinstance(x, StatedMap) else ""

    def build(self, builder: Builder, x: str, **options: Any) -> tuple[str, ...]:
        """One operation; what is learned is only counted."""
        if self.trainable:
            said = say("`{layer}` with `{key}` can be counted, but not yet computed by hand.",
                       layer=builder.path, key="trainable")  # fmt: skip
            raise NotComputed(said)
        return super().build(builder, x, **options)

    def output(self, x: Shape) -> Shape:
        """As for all pooling; in 3 axes PyTorch wants a map that the window fits into without its padding."""
        y = super().output(x)
        if self.AXES == 3 and self.kernel_size is not None and not isinstance(x, StatedMap):
            for n, k in zip(x[1:], self.kernel_size, strict=True):
                if isinstance(n, int) and isinstance(k, int) and n < k:
                    raise ShapeError(window.too_small(n, 0, k), "kernel_size")
        return y

    def operations(self, x: Shape) -> Operations | NotCounted:
        """A sum and a division; back, each gradient is divided, and the shares that meet in a cell are added."""
        cells, outputs = self.cells_and_outputs()
        shares = less(f"{cells}*{outputs}", "*".join(("channels", *(axis.text() for axis in self.tracks(x)[0]))))
        forward = {"add": less(f"{cells}*{outputs}", outputs), "div": outputs}
        back = {"forward": forward, "error": {"div": outputs} | ({"add": shares} if shares else {})}
        return self.scaled(back, outputs) if self.trainable else back

    def scaled(self, operations: Operations, outputs: str) -> Operations:
        """The same with a coefficient and a bias of each channel: a product and a sum for each mean."""
        forward, error = dict(operations["forward"]), operations["error"] | {"mul": outputs}
        forward |= {"mul": outputs, "add": joined(filter(None, (forward["add"], outputs)))}
        sums = less(outputs, "channels")
        weight, bias = ({"mul": outputs} | ({"sum": sums} if sums else {})), ({"add": sums} if sums else {})
        return {"forward": forward, "error": error, "gradient.weight": weight, "gradient.bias": bias}

    def operation(self, x: Shape) -> Pooled:
        """The mean of every window, over what PyTorch counts."""
        from hwsolve.layers.pooling_operations import Mean

        divisor = getattr(self, "divisor_override", None)
        if divisor is not None:
            return Mean(self.frame(x), over=divisor)
        if not self.count_include_pad:
            whole = all(p == 0 for p in self.pads(x)) and not self.ceil_mode
            return Mean(self.frame(x), over="window" if whole else "inside")
        return Mean(self.frame(x), over="padded" if self.ceil_mode else "window")

    def macs(self, x: Shape) -> str | NotCounted:
        """Every cell of every window is added once."""
        if isinstance(x, StatedMap) or self.kernel_size is None:
            return SIDES_UNKNOWN
        return "*".join(self.cells_and_outputs())


class AvgPool1d(AveragePooling, frozen=True):
    """Average pooling of a sequence: (C, L) → (C, L'); the mean of each window."""

    AXES: ClassVar[int] = 1


class AvgPool2d(AveragePooling, frozen=True):
    """Average pooling of a map: (C, H, W) → (C, H', W'); the mean of each window."""

    divisor_override: Size | None = None

    AXES: ClassVar[int] = 2


class AvgPool3d(AveragePooling, frozen=True):
    """Average pooling of a volume: (C, D, H, W) → (C, D', H', W'); the mean of each window."""

    divisor_override: Size | None = None

    AXES: ClassVar[int] = 3
