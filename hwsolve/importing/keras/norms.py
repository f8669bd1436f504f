"""Normalisations of Keras."""

from __future__ import annotations

from typing import Any

from hwsolve.importing.drawing import Unreadable
from hwsolve.importing.keras.activations import Config, Made, Named
from hwsolve.importing.keras.reader import Reader, Value
from hwsolve.importing.nodes import Node
from hwsolve.importing.settings_of import written
from hwsolve.language import say


def batch_norm(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """BatchNormalization of the channels."""
    x = read[0]
    axes = max(1, len(x.shape) - 1)
    rank = len(x.shape)
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) else axis
    if axis not in (-1, rank):
        raise over_another_axis(config)
    made = learned(f"batch_norm{axes}d", config)
    return Value(reader.chain(reader.channels_first(x), (f"batch_norm{axes}d", made)), x.shape, rank > 1)


def learned(layer: str, config: Config, **more: Any) -> Config:
    """The settings of a normalisation: its ε, and which of γ and β it lacks."""
    lacks = [ours for word, ours in (("scale", "weight"), ("center", "bias")) if not config.get(word, True)]
    return written(layer, more | {"eps": config.get("epsilon", 1e-3)}) | dict.fromkeys(lacks, False)


def layer_norm(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """LayerNormalization over the last axis, and RMSNormalization."""
    x = read[0]
    axis = config.get("axis", -1)
    axis = axis[0] if isinstance(axis, list) and len(axis) == 1 else axis
    if axis not in (-1, len(x.shape)):
        raise over_another_axis(config)
    return Value(reader.chain(reader.channels_last(x), ("layer_norm", learned("layer_norm", config))), x.shape)


def rms_norm(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """RMSNormalization."""
    x = read[0]
    return Value(reader.chain(reader.channels_last(x), ("rms_norm", {"eps": config.get("epsilon", 1e-6)})), x.shape)


def group_norm(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """GroupNormalization."""
    x = read[0]
    groups = config["groups"] if config["groups"] != -1 else x.shape[-1]
    if x.shape[-1] % groups:
        raise Unreadable(
            say("{name}: {groups} groups must divide the {channels} channels that come in.",
                name=config.get("name"), groups=groups, channels=x.shape[-1])
        )  # fmt: skip
    settings = learned("group_norm", config, num_groups=groups)
    return Value(reader.chain(reader.channels_first(x), ("group_norm", settings)), x.shape, len(x.shape) > 1)


def normalization(reader: Reader, config: Config, read: list[Value], named: Named) -> Made:
    """Normalization by a mean and a variance of each channel, given or learned; Keras counts those that are learned.

    It counts also how many values they were learned from.
    """
    x = read[0]
    axes, rank = max(1, len(x.shape) - 1), len(x.shape)
    if config.get("axis", -1) not in (-1, [-1], rank, [rank], None):
        raise over_another_axis(config)
    if config.get("mean") is None:
        reader.nodes.append(Node("parameter", {"shape": [1], "trainable": False}, (), (reader.fresh(),)))
        at = reader.chain(reader.channels_first(x), (f"batch_norm{axes}d", {"affine": False}))
        return Value(at, x.shape, rank > 1)
    shape = (x.shape[-1], *(1,) * (rank - 1)) if x.first else (*(1,) * (rank - 1), x.shape[-1])
    mean, variance = (reader.source(shape, word, "constant") for word in ("mean", "variance"))
    return Value(reader.formula("({0} - {1})/sqrt({2})", [x.id, mean, variance]), x.shape, x.first)


def over_another_axis(config: Config) -> Unreadable:
    """What is said of a norm that does not run over the channels."""
    return Unreadable(
        say("{name} is a norm over another axis than the last, which is not read.", name=config.get("name"))
    )
