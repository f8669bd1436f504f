"""Floats that know how far off they may be, and the mode in which near ties fall the other way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

EPS = 2.0**-53
SALTS = (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F)  # one for each copy


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


def as_far_off(value: Any, read: Iterable[Any]) -> Any:
    """What a function made of pieces gives; of floats as far off as they are, as no piece is steep."""
    return Measured(value, sum(map(error_of, read))) if isinstance(value, float) else value


class Contrary:
    """While a copy runs, its salt: values that agree to rounding, but are not one float, then fall the other way."""

    salt: int | None = None
