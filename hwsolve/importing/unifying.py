"""What bodies have in common, with arguments in the places where their numbers differ."""

from __future__ import annotations

import re
from typing import Any

from hwsolve.importing.settings_of import DEFAULTS

SIZES = re.compile(r"out_|embed_dim|hidden|num_features|dim|groups|.*_dim$|.*channels|.*features|hidden_size")
SHORT_NAMES = {"out_channels": "channels", "out_features": "features", "kernel_size": "kernel"}


class Differ(Exception):
    """Bodies that are not one body with other sizes."""


class Arguments:
    """The places in which bodies differ, by name."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.values: dict[str, list[Any]] = {}

    def name(self, key: str, values: list[Any]) -> str:
        """What stands in place of values that differ: an argument, or a multiple of one."""
        size = SIZES.match(key) is not None
        for name, known in self.values.items():
            alike = (
                (SIZES.match(name) or name in ("channels", "features"))
                if size
                else name.startswith(SHORT_NAMES.get(key, key))
            )
            if alike and known == values:
                return f"${name}"
            if alike and size and self.count > 2 and (k := ratio(values, known)):
                return f"{k}*${name}"
        plain = SHORT_NAMES.get(key, key)
        found, number = plain, 1
        while found in self.values:
            number += 1
            found = f"{plain}_{number}"
        self.values[found] = values
        return f"${found}"


def ratio(values: list[Any], known: list[Any]) -> int:
    """The whole number of at least 2 by which all values are larger; 0 if there is none."""
    if not all(type(v) is int and v > 0 for v in (*values, *known)):
        return 0
    k = values[0] // known[0]
    return k if k > 1 and all(v == k * n for v, n in zip(values, known, strict=True)) else 0


def unified(values: list[Any], key: str, arguments: Arguments, kind: str = "") -> Any:
    """What values have in common, with arguments where numbers differ; Differ where more does."""
    first = values[0]
    if all(v == first and type(v) is type(first) for v in values):
        return first
    if all(isinstance(v, dict) for v in values):
        return unified_dicts(values, arguments, kind)
    if all(isinstance(v, list) and not numbers(v) for v in values) and len({len(v) for v in values}) == 1:
        return [unified(list(parts), key, arguments) for parts in zip(*values, strict=True)]
    if (
        kind
        and all(isinstance(v, int | float) or numbers(v) for v in values)
        and key not in ("output", "inputs", "name")
    ):
        return arguments.name(key, values)
    raise Differ


def numbers(value: Any) -> bool:
    """Whether a value is a list of numbers, as a kernel may be."""
    return isinstance(value, list) and bool(value) and all(isinstance(v, int | float) for v in value)


def unified_dicts(values: list[dict[str, Any]], arguments: Arguments, kind: str) -> Any:
    """Layers of one type, whose settings may be left out where they are the default."""
    keys = list(dict.fromkeys(k for v in values for k in v))
    found = {}
    for key in keys:
        if kind and not all(key in v for v in values) and key not in DEFAULTS:
            raise Differ
        if not kind and not all(key in v for v in values):
            raise Differ
        parts = [v[key] if key in v else DEFAULTS[key] for v in values]
        found[key] = unified(parts, key, arguments, kind or key)
    return found
