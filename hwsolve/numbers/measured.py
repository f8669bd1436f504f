"""Floats that know how far off they may be, and the mode in which near ties fall the other way."""

from __future__ import annotations

from typing import Any

EPS = 2.0**-53


class Measured(float):
    """A float and its error."""

    error: float

    def __new__(cls, value: float, error: float) -> Measured:
        made = super().__new__(cls, value)
        made.error = float(error)
        return made


def in_float64(value: Any) -> Measured:
    """A proven value as the nearest float."""
    found = float(value) if isinstance(value, (int, float)) or hasattr(value, "rad") else int(value.p) / int(value.q)
    return Measured(found, 4 * EPS * abs(found) + (float(value.rad()) if hasattr(value, "rad") else 0))


def error_of(value: Any) -> float:
    """How far off a float may be; nothing, as far as anyone knows, where it is a plain one."""
    return value.error if isinstance(value, Measured) else 0.0


class Contrary:
    """Inside the block, values that agree to rounding but are not the same float fall the other way."""

    on = False

    def __enter__(self) -> None:
        Contrary.on = True

    def __exit__(self, *error: object) -> None:
        Contrary.on = False
