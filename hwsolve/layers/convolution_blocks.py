"""Blocks of convolutions that have a name of their own, written in the spec language.

Source: torchvision.ops.SqueezeExcitation (arXiv 1709.01507); Keras, DepthwiseConv2D and SeparableConv2D (arXiv
1610.02357).
"""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.packaged import CHANNELS, Packaged
from hwsolve.layers.parameter import DEFAULT, ParameterField, ParameterSpec
from hwsolve.spec.fields import Choice, EachAxis, Flag, OneOf, Size, SizeOrZero

GATES = ("sigmoid", "hard_sigmoid")


class SqueezeExcitation(Packaged, frozen=True, kw_only=True):
    """Squeeze and excitation: each channel of (C, H, W) times a number between 0 and 1 that all of them decide.

    Its parts are the convolutions `fc1` and `fc2` over the means of the channels, as in torchvision.
    """

    squeeze_channels: Size | None = None
    reduction: Size = 16
    activation: Annotated[str, Choice("relu", "silu", "gelu", "hard_swish")] = "relu"
    scale_activation: Annotated[str, Choice(*GATES)] = "sigmoid"
    bias: Flag = True

    MEANINGS: ClassVar[dict[str, Message]] = {
        "squeeze_channels": say("how many channels the first convolution gives"),
        "reduction": say("in place of that, by how much the number of channels is divided, rounded down"),
        "activation": say("that behind the first convolution"),
        "scale_activation": say("that behind the second one"),
        "bias": say("whether the convolutions have biases"),
    }
    ALONE: ClassVar[tuple[str, ...]] = ("squeeze_channels",)
    EXAMPLE: ClassVar[str] = "- squeeze_excitation: {squeeze_channels: 2}"
    INPUT: ClassVar[str] = "[8, 4, 4]"

    def body(self) -> str:
        """The means of the channels, two convolutions of 1 × 1, and a product."""
        no = "" if self.bias else ", bias: false"
        few = f"floor({CHANNELS}/{self.reduction})" if self.squeeze_channels is None else "$squeeze_channels"
        return f"""
- multiply:
    - []
    - - adaptive_avg_pool2d: 1
      - conv2d: {{name: fc1, out_channels: {few}, kernel_size: 1{no}}}
      - {self.activation}
      - conv2d: {{name: fc2, out_channels: {CHANNELS}, kernel_size: 1{no}}}
      - {self.scale_activation}
"""


class Depthwise(Packaged, frozen=True, kw_only=True):
    """What convolutions share in which each channel has kernels of its own."""

    kernel_size: Annotated[Any, EachAxis(Size)]
    stride: Annotated[Any, EachAxis(Size)] = None
    padding: Annotated[Any, OneOf(Choice("same", "valid"), EachAxis(SizeOrZero))] = None
    dilation: Annotated[Any, EachAxis(Size)] = None
    depth_multiplier: Size = 1
    bias: Flag = True

    AXES: ClassVar[int] = 2
    MEANINGS: ClassVar[dict[str, Message]] = {key: ARGUMENTS[key] for key in ("kernel_size", "stride", "padding",
                                                                           "dilation", "bias")} | {
        "depth_multiplier": say("how many channels are made of each one that comes in"),
    }  # fmt: skip
    INPUT: ClassVar[str] = "[8, 4, 4]"

    def depthwise(self, more: str) -> str:
        """The convolution of each channel by itself."""
        given = "".join(
            f", {key}: ${key}" for key in ("stride", "padding", "dilation") if getattr(self, key) is not None
        )
        out = f"{CHANNELS}*{self.depth_multiplier}" if self.depth_multiplier != 1 else CHANNELS
        kernel = f"out_channels: {out}, groups: {CHANNELS}, kernel_size: $kernel_size"
        return f"- conv2d: {{name: depthwise, {kernel}{given}{more}}}\n"


class DepthwiseConv2d(Depthwise, frozen=True, kw_only=True):
    """Depthwise convolution: each channel of (C, H, W) with kernels of its own; its part is `depthwise`.

    It is `conv2d` with as many `groups` as channels; the name is Keras's.
    """

    weight: Annotated[ParameterSpec, ParameterField()] = DEFAULT
    bias: Annotated[ParameterSpec, ParameterField(allow_flag=True)] = DEFAULT  # type: ignore[assignment]

    MEANINGS: ClassVar[dict[str, Message]] = {key: ARGUMENTS[key] for key in ("weight", "bias")}
    EXAMPLE: ClassVar[str] = "- depthwise_conv2d: 3"
    ALONE: ClassVar[tuple[str, ...]] = ("kernel_size",)

    def body(self) -> str:
        """One convolution, with its numbers."""
        return self.depthwise(
            "".join(f", {key}: ${key}" for key in ("weight", "bias") if getattr(self, key) != DEFAULT)
        )


class SeparableConv2d(Depthwise, frozen=True, kw_only=True):
    """Separable convolution: each channel by itself, then a 1 × 1 convolution; parts `depthwise` and `pointwise`.

    As in Keras only the second has a bias.
    """

    out_channels: Size

    MEANINGS: ClassVar[dict[str, Message]] = {"out_channels": ARGUMENTS["out_channels"]}
    EXAMPLE: ClassVar[str] = "- separable_conv2d: {out_channels: 16, kernel_size: 3}"

    def body(self) -> str:
        """Two convolutions."""
        no = "" if self.bias else ", bias: false"
        pointwise = f"- conv2d: {{name: pointwise, out_channels: $out_channels, kernel_size: 1{no}}}\n"
        return self.depthwise(", bias: false") + pointwise
