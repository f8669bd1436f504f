"""The letters that a problem gives to the quantities of a layer."""

from __future__ import annotations

from typing import ClassVar

import msgspec

from hwsolve.language import Message
from hwsolve.layers.meanings import SYMBOLS
from hwsolve.spec.fields import Word


class Symbols(msgspec.Struct, frozen=True, kw_only=True):
    """The letters a problem uses for a layer's weight, bias and output."""

    weight: Word | None = None
    bias: Word | None = None
    output: Word | None = None

    MEANINGS: ClassVar[dict[str, Message]] = SYMBOLS


NO_SYMBOLS = Symbols()
