"""Weights of the elements of a binary cross entropy, which stand beside the output as arrays of shapes that fit."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss, Target
from hwsolve.losses.spelled import Spelled
from hwsolve.spec.fields import Array, ArrayField

WEIGHT = say("a weight for each element, or for those along the last axes")


class WeighedElements(Loss, frozen=True, kw_only=True):
    """A binary loss whose elements have weights."""

    weight: Annotated[Array | None, ArrayField()] = None
    MEANINGS: ClassVar[dict[str, Message]] = {"weight": WEIGHT}

    def arrays(self) -> dict[str, tuple[str, Array]]:
        """The weights."""
        return {} if self.weight is None else {"weight": ("omega", self.weight)}

    def weighed(
        self, builder: Builder, y: str, target: Target, each: str, slope: str, divisor: int
    ) -> tuple[Spelled, tuple[str, ...]]:
        """The operation of formulas in which `{w}` and `{q}` are the weight and that of positive targets."""
        axes = len(builder.shape(y))
        names, at = {"x": y, "t": target.name}, {"w": "", "q": ""}
        for name, field in (("w", "weight"), ("q", "pos_weight")):
            if field in target.arrays:
                names[name] = node = target.arrays[field]
                at[name] = f"{name}{places(builder.shape(node), axes)}"
        each, slope = (text.replace("{w}", f"{at['w']}*" if at["w"] else "") for text in (each, slope))
        each, slope = (text.replace("{q}", f"{at['q']}*" if at["q"] else "") for text in (each, slope))
        summed = () if self.reduction == "none" else tuple(range(axes))
        return Spelled(each, tuple(names), axes, summed, slope, -1, divisor), tuple(names.values())


def places(shape: tuple[int, ...], axes: int) -> str:
    """The indices of an element of an array beside one of more axes: `[1]`, `[%1]` for that of the output's axis 1."""
    first = axes - len(shape)
    indices = ["1" if n == 1 else f"%{first + k}" for k, n in enumerate(shape)]
    return f"[{','.join(indices)}]" if indices else ""
