"""Layers of Keras that work on windows of maps and sequences."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.keras.activations import Config, Made, Named, applied
from hwsolve.importing.keras.reader import Reader, Value
from hwsolve.importing.settings_of import plain, written
from hwsolve.language import say

MAPS = frozenset(
    f"{kind}{axes}D"
    for axes in (1, 2, 3)
    for kind in ("Conv", "SeparableConv", "DepthwiseConv", "MaxPooling", "AveragePooling", "GlobalAveragePooling",
                 "GlobalMaxPooling", "ZeroPadding", "UpSampling", "Cropping")
) | {f"Conv{axes}DTranspose" for axes in (1, 2, 3)}  # fmt: skip


def tuple_of(value: Any, axes: int) -> list[int]:
    """A size for each axis."""
    return [value] * axes if isinstance(value, int) else list(value)


def side(n: int, kernel: int, stride: int, dilation: int, padding: str) -> int:
    """How many places a window has."""
    if padding == "same":
        return -(-n // stride)
    if n < dilation * (kernel - 1) + 1:
        raise Unreadable(say("A window over {k} does not fit into {n}.", k=dilation * (kernel - 1) + 1, n=n))
    return (n - dilation * (kernel - 1) - 1) // stride + 1


def last_channels(config: Config) -> None:
    """Channels stand last."""
    if config.get("data_format") == "channels_first":
        raise Unreadable(say("{name} has its channels first, which is not read.", name=config.get("name")))


def convolution(axes: int, kind: str) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """Convolutions: plain, of each channel, of each channel and then of all, transposed."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        last_channels(config)
        x = read[0]
        channels = x.shape[-1]
        at = reader.channels_first(x)
        pad = config.get("padding", "valid")
        kernel, stride = tuple_of(config["kernel_size"], axes), tuple_of(config.get("strides", 1), axes)
        dilation = tuple_of(config.get("dilation_rate", 1), axes)
        if pad == "causal":
            at, pad = reader.padded(at, [(dilation[0] * (kernel[0] - 1), 0)]), "valid"
        window = {"kernel_size": kernel, "stride": stride, "dilation": dilation} | (
            {"padding": "same"} if pad == "same" else {}
        )
        bias = {} if config.get("use_bias", True) else {"bias": False}
        out = config.get("filters", channels * config.get("depth_multiplier", 1))
        sides = tuple(side(n, k, s, d, pad) for n, k, s, d in zip(x.shape, kernel, stride, dilation, strict=False))
        if config.get("padding") == "causal":
            sides = tuple(-(-n // s) for n, s in zip(x.shape, stride, strict=False))
        if kind == "transpose":
            grown = [
                n * s + (0 if pad == "same" else max(k - s, 0))
                for n, s, k in zip(x.shape, stride, kernel, strict=False)
            ]
            if config.get("output_padding") is not None:
                raise Unreadable(say("{name} has output_padding, which is not read.", name=config.get("name")))
            settings = written(f"conv_transpose{axes}d", {"out_channels": out} | window) | bias
            at = reader.chain(at, (f"conv_transpose{axes}d", settings))
            sides = tuple(grown)
        elif kind == "plain":
            groups = config.get("groups", 1)
            if channels % groups or out % groups:
                raise Unreadable(
                    say("{name}: {groups} groups must divide the {channels} channels that come in, and the {out} "
                        "filters.", name=config.get("name"), groups=groups, channels=channels, out=out)
                )  # fmt: skip
            settings = {"out_channels": out, "groups": groups} | window
            at = reader.chain(at, (f"conv{axes}d", written(f"conv{axes}d", settings) | bias))
        else:
            wide = channels * config.get("depth_multiplier", 1)
            each = written(f"conv{axes}d", {"out_channels": wide, "groups": channels} | window)
            at = reader.chain(at, (f"conv{axes}d", each | (bias if kind == "depthwise" else {"bias": False})))
            if kind == "separable":
                at = reader.chain(at, (f"conv{axes}d", {"out_channels": out, "kernel_size": 1} | bias))
            else:
                out = wide
        return applied(reader, Value(at, (*sides, out), True), config.get("activation"))

    return make


def pooling(axes: int, kind: str) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """Pools over windows."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        last_channels(config)
        x = read[0]
        size = tuple_of(config["pool_size"], axes)
        stride = tuple_of(config.get("strides") or size, axes)
        pad = config.get("padding", "valid")
        settings: Config = {"kernel_size": plain(size)} | ({"stride": plain(stride)} if stride != size else {})
        settings |= {"padding": "same"} if pad == "same" else {}
        if kind == "avg" and pad == "same":
            settings["count_include_pad"] = False
        sides = tuple(side(n, k, s, 1, pad) for n, k, s in zip(x.shape, size, stride, strict=False))
        at = reader.chain(reader.channels_first(x), (f"{kind}_pool{axes}d", settings))
        return Value(at, (*sides, x.shape[-1]), True)

    return make


def whole_pool(axes: int, kind: str) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """Pools over whole maps."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        last_channels(config)
        x = read[0]
        at = reader.chain(reader.channels_first(x), (f"adaptive_{kind}_pool{axes}d", {"output_size": 1}))
        if config.get("keepdims"):
            return Value(at, (*(1,) * axes, x.shape[-1]), True)
        return Value(reader.chain(at, ("flatten", {})), x.shape[-1:])

    return make


def padding(axes: int) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """ZeroPadding."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        last_channels(config)
        x = read[0]
        ends = pairs(config["padding"], axes)
        sides = tuple(n + a + b for n, (a, b) in zip(x.shape, ends, strict=False))
        return Value(reader.padded(reader.channels_first(x), ends), (*sides, x.shape[-1]), True)

    return make


def pairs(value: Any, axes: int) -> list[tuple[int, int]]:
    """Both ends of each axis."""
    if axes == 1 and isinstance(value, list) and all(isinstance(v, int) for v in value):
        return [(value[0], value[-1])]
    each = [value] * axes if isinstance(value, int) else value
    return [(v, v) if isinstance(v, int) else (v[0], v[1]) for v in each]


def cropping(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Cropping2D."""
    last_channels(config)
    x = read[0]
    (top, bottom), (left, right) = pairs(config["cropping"], 2)
    at = reader.chain(reader.channels_first(x), ("crop", {"cells": [left, right, top, bottom]}))
    return Value(at, (x.shape[0] - top - bottom, x.shape[1] - left - right, x.shape[2]), True)


def upsampling(axes: int) -> Callable[[Reader, Config, list[Value], Named], Made]:
    """UpSampling."""

    def make(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
        last_channels(config)
        x, size = read[0], tuple_of(config.get("size", 2), axes)
        mode = config.get("interpolation", "nearest")
        if mode not in ("nearest", "bilinear", "bicubic"):
            raise Unreadable(
                say("{name} interpolates by {mode}, which is not read.", name=config.get("name"), mode=mode)
            )
        settings = {"scale_factor": plain(size)} | ({} if mode == "nearest" else {"mode": mode})
        at = reader.chain(reader.channels_first(x), ("upsample", settings))
        return Value(at, (*(n * s for n, s in zip(x.shape, size, strict=False)), x.shape[-1]), True)

    return make
