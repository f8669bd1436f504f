"""What layers over sequences are told of what comes in."""

from __future__ import annotations

from typing import Any, ClassVar

from hwsolve.language import Message, say
from hwsolve.layers.base import Layer
from hwsolve.layers.idle_arguments import BATCH_FIRST
from hwsolve.layers.meanings import RECURRENT_HINTS
from hwsolve.spec.field import Field
from hwsolve.spec.fields import CountField, Size
from hwsolve.spec.nodes import Node, Scalar
from hwsolve.spec.report import Path, Report


class LayersField(CountField):
    """How many layers stand one on the other: a number, as the second reads what the first gives."""

    def __init__(self) -> None:
        super().__init__(1, 1_000)

    def wrong(self, node: Node, report: Report, path: Path, hint: Message | None = None) -> Any:
        """A name stands in a repeat."""
        if isinstance(node, Scalar) and node.text.isidentifier():
            form = f"repeat: {{times: {node.text} - 1, body: […]}}"
            hint = say(
                "The second layer reads what the first gives: one layer, and behind it `{form}` with such a layer, "
                "takes a name.", form=form
            )  # fmt: skip
        return super().wrong(node, report, path, hint)


class OverSequences(Layer, frozen=True, kw_only=True):
    """Sequences are (T, D), without the batch."""

    input_size: Size | None = None

    INCOMING: ClassVar[dict[str, tuple[int, int]]] = {"input_size": (0, -1)}
    IDLE: ClassVar[dict[str, Field]] = BATCH_FIRST
    HINTS: ClassVar[dict[str, Message]] = RECURRENT_HINTS
