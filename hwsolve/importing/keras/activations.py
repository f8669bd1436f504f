"""Activations of Keras, by name and as layers."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.keras.reader import Reader, Value
from hwsolve.importing.settings_of import written
from hwsolve.language import say

Config = dict[str, Any]
Named = dict[str, Value]
Made = Value | list[Value]

FUNCTIONS: dict[str, tuple[str, Config]] = {
    "linear": ("", {}), "relu": ("relu", {}), "relu6": ("relu6", {}), "sigmoid": ("sigmoid", {}), "tanh": ("tanh", {}),
    "softmax": ("softmax", {}), "log_softmax": ("log_softmax", {}), "elu": ("elu", {}), "selu": ("selu", {}),
    "gelu": ("gelu", {}), "silu": ("silu", {}), "swish": ("silu", {}),
    "mish": ("mish", {}), "softplus": ("softplus", {}),
    "softsign": ("softsign", {}), "hard_sigmoid": ("hard_sigmoid", {}), "hard_silu": ("hard_swish", {}),
    "hard_swish": ("hard_swish", {}), "leaky_relu": ("leaky_relu", {"negative_slope": 0.2}),
    "log_sigmoid": ("log_sigmoid", {}), "celu": ("celu", {}), "hard_tanh": ("hard_tanh", {}),
}  # fmt: skip


def applied(reader: Reader, x: Value, activation: Any) -> Value:
    """An activation behind a layer, by its name or its configuration."""
    if isinstance(activation, dict):
        activation = (
            activation.get("config", {}).get("name")
            if isinstance(activation.get("config"), dict)
            else activation.get("config")
        )
    if activation in (None, "linear"):
        return x
    if activation not in FUNCTIONS:
        raise Unreadable(
            say(
                "there is no layer for the activation {name} of Keras. Known are {known}.",
                name=activation,
                known=", ".join(FUNCTIONS),
            )
        )
    layer, settings = FUNCTIONS[activation]
    if layer in ("softmax", "log_softmax") and x.first:
        settings = {"dim": 1}
    return Value(reader.chain(x.id, (layer, dict(settings))), x.shape, x.first)


def activation(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Activation by name."""
    return applied(reader, read[0], config["activation"])


def relu(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """ReLU with a largest value or a slope."""
    x, most, slope = read[0], config.get("max_value"), config.get("negative_slope") or 0
    if config.get("threshold") or (most is not None and (slope or most != 6)):
        raise Unreadable(say("{name} is a ReLU of a form that is not read.", name=config.get("name")))
    layer: tuple[str, Config] = (
        ("relu6", {}) if most is not None else ("leaky_relu", {"negative_slope": slope}) if slope else ("relu", {})
    )
    return Value(reader.chain(x.id, layer), x.shape, x.first)


def leaky(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """LeakyReLU."""
    x = read[0]
    slope: float = config["negative_slope"] if "negative_slope" in config else config.get("alpha", 0.3)
    return Value(
        reader.chain(x.id, ("leaky_relu", written("leaky_relu", {"negative_slope": round(slope, 7)}))), x.shape, x.first
    )


def elu(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """ELU."""
    x = read[0]
    return Value(reader.chain(x.id, ("elu", written("elu", {"alpha": config.get("alpha", 1.0)}))), x.shape, x.first)


def softmax(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Softmax."""
    x, axis = read[0], config.get("axis", -1)
    dim = {} if axis in (-1, len(x.shape)) else {"dim": axis}
    return Value(reader.chain(reader.channels_last(x), ("softmax", dim)), x.shape)


def prelu(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """PReLU: a slope for each element, or for each channel where it shares the other axes."""
    x = read[0]
    shared = config.get("shared_axes") or []
    if not shared:
        return Value(reader.chain(reader.channels_first(x), ("prelu", {})), x.shape, len(x.shape) > 1)
    if sorted(shared) != list(range(1, len(x.shape))):
        raise Unreadable(say("{name} shares its slopes in a way that is not read.", name=config.get("name")))
    settings = {"num_parameters": x.shape[-1]}
    return Value(reader.chain(reader.channels_first(x), ("prelu", settings)), x.shape, len(x.shape) > 1)
