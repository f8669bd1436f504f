"""The record of a pooling problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.convolution.single_layer import SingleLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.spec import terms
from hwsolve.spec.fields import Choice
from hwsolve.spec.named import NamedField

POOLINGS: dict[str, type[Layer]] = {name: layer_class(name) for name in LAYERS if "_pool" in name}


class Problem(SingleLayerProblem, kw_only=True):
    """Pooling by hand: forward, and how the error passes back."""

    layer: Annotated[Any, NamedField(terms.POOLING, POOLINGS)]
    ties: Annotated[str, Choice("first", "all", "split")] = "first"
    MEANINGS: ClassVar[dict[str, Message]] = {
        "ties": say("who gets the error, of several largest cells: the first as in PyTorch, all, or each a part"),
    }

    def options(self, written: Any) -> dict[str, Any]:
        """The convention for ties."""
        return {"channels": written.x, "ties": self.ties}
