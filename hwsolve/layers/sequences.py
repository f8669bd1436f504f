"""What layers over sequences are told of what comes in."""

from __future__ import annotations

from typing import ClassVar

from hwsolve.language import Message
from hwsolve.layers.base import Layer
from hwsolve.layers.idle_arguments import BATCH_FIRST
from hwsolve.layers.meanings import RECURRENT_HINTS
from hwsolve.spec.field import Field
from hwsolve.spec.fields import Size


class OverSequences(Layer, frozen=True, kw_only=True):
    """Sequences are (T, D), without the batch."""

    input_size: Size | None = None

    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"input_size": (0, -1)}
    IDLE: ClassVar[dict[str, Field]] = BATCH_FIRST
    HINTS: ClassVar[dict[str, Message]] = RECURRENT_HINTS
