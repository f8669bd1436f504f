"""The settings that each layer of Keras must have, and those that it may have: their types and ranges."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve.importing.fields import MOST, Fields, is_number, is_size
from hwsolve.importing.keras.activations import FUNCTIONS
from hwsolve.language import say

Check = Callable[[Fields], None]
LAST = ("channels_last", "channels_first")


def applied(f: Fields, needed: bool = False) -> None:
    """An activation by its name; one that is an object is read where it is applied."""
    if needed or not isinstance(f.holder.get("activation"), dict):
        if isinstance(f.holder.get("activation"), dict):
            return
        f.word("activation", FUNCTIONS, None if needed else "linear")


def dense(f: Fields) -> None:
    """Dense."""
    f.size("units")
    f.flag("use_bias", True)
    applied(f)


def convolution(axes: int, kind: str) -> Check:
    """Convolutions."""

    def check(f: Fields) -> None:
        f.size("filters", 1 if kind == "depthwise" else None)
        f.sizes("kernel_size", axes, needed=True)
        f.sizes("strides", axes)
        f.sizes("dilation_rate", axes)
        f.word("padding", ("valid", "same", "causal") if axes == 1 and kind == "plain" else ("valid", "same"), "valid")
        f.word("data_format", LAST, LAST[0])
        f.size("groups", 1)
        f.size("depth_multiplier", 1)
        f.flag("use_bias", True)
        applied(f)

    return check


def pooling(axes: int) -> Check:
    """Pools over windows."""

    def check(f: Fields) -> None:
        f.sizes("pool_size", axes, needed=True)
        f.sizes("strides", axes)
        f.word("padding", ("valid", "same"), "valid")
        f.word("data_format", LAST, LAST[0])

    return check


def whole_pool(f: Fields) -> None:
    """Pools over whole maps."""
    f.word("data_format", LAST, LAST[0])
    f.flag("keepdims", False)


def ends(key: str, axes: int) -> Check:
    """Cells at both ends of each axis."""

    def pair(value: Any) -> bool:
        return is_size(value, 0) or (isinstance(value, list) and len(value) == 2 and all(is_size(n, 0) for n in value))

    def check(f: Fields) -> None:
        f.word("data_format", LAST, LAST[0])
        right = say("a whole number from {least} to {most}, or one or two for each axis", least=0, most=f"{MOST:,}")
        value = f.holder.get(key)
        if value is None:
            f.missing(key, right)
        elif (
            not pair(value)
            if axes == 1
            else not is_size(value, 0)
            and not (isinstance(value, list) and len(value) == axes and all(map(pair, value)))
        ):
            f.refuse(key, right)

    return check


def upsampling(axes: int) -> Check:
    """UpSampling."""

    def check(f: Fields) -> None:
        f.sizes("size", axes)
        f.word("data_format", LAST, LAST[0])

    return check


def norm(f: Fields) -> None:
    """Norms over an axis."""
    f.number("epsilon", least=0)
    f.flag("scale", True)
    f.flag("center", True)
    axis(f)


def axis(f: Fields) -> None:
    """An axis, from the front or from the back, or a list of them."""
    value = f.holder.get("axis")
    each = value if isinstance(value, list) else [] if value is None else [value]
    if not all(is_size(n, -8, 8) for n in each):
        f.refuse("axis", say("a whole number that stands for an axis"))


def group_norm(f: Fields) -> None:
    """GroupNormalization, whose -1 stands for as many groups as channels."""
    if f.holder.get("groups") != -1:
        f.size("groups")
    f.number("epsilon", least=0)


def embedding(f: Fields) -> None:
    """Embedding."""
    f.size("input_dim")
    f.size("output_dim")


def recurrent(f: Fields) -> None:
    """LSTM, GRU and SimpleRNN."""
    f.size("units")
    for key in ("use_bias", "reset_after", "return_sequences", "return_state", "go_backwards", "stateful"):
        f.flag(key, False)


def inner(f: Fields, key: str = "layer") -> None:
    """A layer around another one, whose settings are checked for themselves."""
    layer = f.holder.get(key)
    right = say("a layer with its `class_name` and `config`")
    if layer is None:
        f.missing(key, right)
    elif not isinstance(layer, dict) or not isinstance(layer.get("config"), dict):
        f.refuse(key, right)
    elif isinstance(kind := layer.get("class_name"), str) and kind in CHECKS:
        CHECKS[kind](Fields(f.document, layer["config"], kind))


def both_ways(f: Fields) -> None:
    """A recurrent layer, and the one backwards where it stands there."""
    inner(f)
    if f.given("backward_layer"):
        inner(f, "backward_layer")


def numbers(*keys: str, least: float | None = None, below: float | None = None) -> Check:
    """Settings that are numbers, if they are there."""

    def check(f: Fields) -> None:
        for key in keys:
            f.number(key, least=least, below=below)

    return check


def whole_numbers(key: str, least: int) -> Check:
    """A list of whole numbers."""

    def check(f: Fields) -> None:
        right = say("a list of whole numbers of at least {least}", least=least)
        value = f.holder.get(key)
        if value is None:
            f.missing(key, right)
        elif not isinstance(value, list) or not value or not all(is_size(n, least) for n in value):
            f.refuse(key, right)

    return check


def rescaling(f: Fields) -> None:
    """Rescaling: numbers, or one for each channel."""
    for key in ("scale", "offset"):
        value = f.holder.get(key)
        if value is None and key == "scale":
            f.missing(key, say("a number or a list of numbers"))
        elif value is not None and not all(map(is_number, value if isinstance(value, list) else [value])):
            f.refuse(key, say("a number or a list of numbers"))


def slopes(f: Fields) -> None:
    """PReLU."""
    if f.given("shared_axes"):
        whole_numbers("shared_axes", 1)(f)


def attention(f: Fields) -> None:
    """MultiHeadAttention."""
    f.size("num_heads")
    f.size("key_dim")
    f.flag("use_bias", True)


CHECKS: dict[str, Check] = {
    "Dense": dense, "BatchNormalization": norm, "LayerNormalization": norm, "RMSNormalization": norm,
    "GroupNormalization": group_norm, "Normalization": axis, "Concatenate": axis, "Softmax": axis,
    "Embedding": embedding, "Bidirectional": both_ways, "TimeDistributed": inner, "LSTM": recurrent, "GRU": recurrent,
    "SimpleRNN": recurrent, "Activation": lambda f: applied(f, needed=True), "ELU": numbers("alpha"),
    "ReLU": numbers("max_value", "negative_slope", "threshold"), "LeakyReLU": numbers("negative_slope", "alpha"),
    "PReLU": slopes, "Rescaling": rescaling, "MultiHeadAttention": attention,
    "Reshape": whole_numbers("target_shape", -1), "Permute": whole_numbers("dims", 1),
    "CustomScaleLayer": lambda f: f.number("scale", needed=True),
    "StochasticDepth": numbers("drop_path_rate", least=0, below=1), "Cropping2D": ends("cropping", 2),
    "Attention": lambda f: (f.flag("use_scale", False), None)[1],
}  # fmt: skip
CHECKS |= dict.fromkeys(
    ("Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D"), numbers("rate", least=0, below=1)
)
for _axes in (1, 2, 3):
    CHECKS |= {f"{kind}{_axes}D": pooling(_axes) for kind in ("MaxPooling", "AveragePooling")}
    CHECKS |= {f"Global{kind}Pooling{_axes}D": whole_pool for kind in ("Average", "Max")}
    CHECKS |= {f"{kind}{_axes}D": convolution(_axes, "plain") for kind in ("Conv", "Convolution")}
    CHECKS |= {
        f"Conv{_axes}DTranspose": convolution(_axes, "transpose"), f"ZeroPadding{_axes}D": ends("padding", _axes),
        f"DepthwiseConv{_axes}D": convolution(_axes, "depthwise"), f"UpSampling{_axes}D": upsampling(_axes),
        f"SeparableConv{_axes}D": convolution(_axes, "separable"),
    }  # fmt: skip
