"""The record of a convolution problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.convolution.single_layer import SingleLayerProblem
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer
from hwsolve.layers.convolution import Conv1d, Conv2d, Conv3d
from hwsolve.layers.transposed_convolution import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from hwsolve.spec import terms
from hwsolve.spec.fields import Flag
from hwsolve.spec.named import NamedField

CONVOLUTIONS: dict[str, type[Layer]] = {
    "conv1d": Conv1d,
    "conv2d": Conv2d,
    "conv3d": Conv3d,
    "conv_transpose1d": ConvTranspose1d,
    "conv_transpose2d": ConvTranspose2d,
    "conv_transpose3d": ConvTranspose3d,
}


class Problem(SingleLayerProblem, kw_only=True):
    """Convolution by hand: forward, gradients, and the recursion of the error."""

    layer: Annotated[Any, NamedField(terms.CONVOLUTION, CONVOLUTIONS)]
    flip: Flag = False
    MEANINGS: ClassVar[dict[str, Message]] = {
        "flip": say("whether the kernel is turned round: true convolution"),
    }

    def options(self, written: Any) -> dict[str, Any]:
        """The kernel turned round, or not."""
        return {"written": written, "flip": self.flip}
