"""The record of a convolution problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.convolution.single_layer import SingleLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer
from hwsolve.layers.convolution import Conv1d, Conv2d, Conv3d
from hwsolve.layers.transposed_convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from hwsolve.spec import terms
from hwsolve.spec.field import field_of
from hwsolve.spec.fields import Flag, Word
from hwsolve.spec.named import NamedField
from hwsolve.spec.nodes import Node, Scalar
from hwsolve.spec.report import Path, Report, suggest

CONVOLUTIONS: dict[str, type[Layer]] = {
    "conv1d": Conv1d,
    "conv2d": Conv2d,
    "conv3d": Conv3d,
    "conv_transpose1d": ConvTranspose1d,
    "conv_transpose2d": ConvTranspose2d,
    "conv_transpose3d": ConvTranspose3d,
}


MODULES = ("hwsolve.layers.activation", "hwsolve.layers.prelu")


class ActivationField(NamedField):
    """An activation by name, or a letter for any function."""

    def __init__(self) -> None:
        names = (name for name in LAYERS if LAYERS[name].partition(":")[0] in MODULES)  # no other layer is loaded
        super().__init__(terms.ACTIVATION, {name: layer_class(name) for name in names})
        self.expected = say("an activation such as `relu`, or a letter for any function")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The record, or the letter."""
        if not isinstance(node, Scalar) or not node.text.isidentifier() or node.text in self.classes:
            return super().read(node, report, path)
        letter = len(node.text) <= 3 or suggest(node.text, self.classes) is None
        return node.text if letter else super().read(node, report, path)

    def schema(self) -> dict[str, Any]:
        """The activations, and names."""
        return {"anyOf": [super().schema(), field_of(Word).schema()]}


class Problem(SingleLayerProblem, kw_only=True):
    """Convolution by hand: forward, gradients, and the recursion of the error."""

    layer: Annotated[Any, NamedField(terms.CONVOLUTION, CONVOLUTIONS)]
    activation: Annotated[Any, ActivationField()] = None
    flip: Flag = False
    NOTATION: ClassVar[tuple[str, ...]] = ("count_from", "layers", "gradients")
    MEANINGS: ClassVar[dict[str, Message]] = {
        "activation": say("the function in front of the layer: an activation, or a letter for any"),
        "flip": say("whether the kernel is turned round: true convolution"),
    }

    @property
    def front(self) -> Any:
        """The activation."""
        return self.activation

    def options(self, written: Any) -> dict[str, Any]:
        """The kernel turned round, or not."""
        return {"written": written, "flip": self.flip}
