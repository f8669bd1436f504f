"""Penalties on weights: what a loss adds so that they stay small (Goodfellow, Bengio, Courville, section 7.1)."""

from __future__ import annotations

from typing import ClassVar

import msgspec


class Penalty(msgspec.Struct, frozen=True, kw_only=True):
    """A sum over all elements of the quantities that it is of; `each` is the formula of an element."""

    each: ClassVar[str] = ""


class L2(Penalty, frozen=True, kw_only=True):
    """Σ w², over all elements."""

    each: ClassVar[str] = "sum(w**2)"


class L1(Penalty, frozen=True, kw_only=True):
    """Σ |w|, over all elements."""

    each: ClassVar[str] = "sum(abs(w))"


PENALTIES: dict[str, type[Penalty]] = {"l1": L1, "l2": L2}
