"""The settings of layers as a spec has them: those that are not the default, in their shortest form."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec

from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.composed import BRANCHED
from hwsolve.layers.packaged import PACKAGED, packaged_class

# what is meant where a setting is left out, of those in which the uses of one block may differ
DEFAULTS: dict[str, Any] = {"stride": 1, "padding": 0, "dilation": 1, "groups": 1, "output_padding": 0, "bias": True}
NOT_WRITTEN = frozenset({"name", "trainable", "symbols", "framework", "running", "momentum", "normalized_shape",
                         "init"})  # fmt: skip


def plain(value: Any) -> Any:
    """A size as a spec has it: one number where all axes have the same."""
    if isinstance(value, tuple | list):
        parts = [plain(v) for v in value]
        return parts[0] if parts and all(p == parts[0] for p in parts) else parts
    return value


def same(value: Any, default: Any) -> bool:
    """Whether a setting has its default."""
    default = plain(default)
    if hasattr(default, "numerator") and not isinstance(default, int):
        return isinstance(value, int | float) and Fraction(str(value)) == Fraction(
            default.numerator, default.denominator
        )
    return bool(value == default and isinstance(value, bool) == isinstance(default, bool))


def written(layer: str, given: dict[str, Any]) -> dict[str, Any]:
    """The settings of a layer that are not its defaults, in the order of its record."""
    fields = msgspec.structs.fields(layer_class(layer) if layer in LAYERS else packaged_class(layer))
    found = {}
    for field in fields:
        name = field.encode_name
        if name in given and given[name] is not None and name not in NOT_WRITTEN:
            value = plain(given[name])
            if not same(value, None if field.default is msgspec.NODEFAULT else field.default):
                found[name] = value
    return found


def short(item: Any, lone: dict[str, str]) -> Any:
    """An item as a person would write it: a lone setting without its key, a layer without settings as a word.

    `lone` are the blocks with one argument.
    """
    ((kind, settings),) = item.items()
    settings = {k: shorts(v, k, lone) if k in ("of", "body") else v for k, v in settings.items()}
    if not settings:
        return kind
    if kind in BRANCHED and list(settings) == ["of"]:
        return {kind: settings["of"]}
    if len(settings) == 1 and next(iter(settings)) in (lone.get(kind), *alone(kind)):
        return {kind: next(iter(settings.values()))}
    return {kind: settings}


def shorts(items: Any, key: str, lone: dict[str, str]) -> Any:
    """The layers of a body, or the branches of a composite."""
    if key == "of":
        return [shorts(branch, "body", lone) if isinstance(branch, list) else branch for branch in items]
    return [short(item, lone) for item in items]


def alone(kind: str) -> tuple[str, ...]:
    """The settings that need no key where they stand by themselves."""
    if kind not in LAYERS and kind not in PACKAGED:
        return ()
    cls = layer_class(kind) if kind in LAYERS else packaged_class(kind)
    first = [field.encode_name for field in msgspec.structs.fields(cls)][:1]
    return getattr(cls, "ALONE", tuple(first)) or tuple(first)
