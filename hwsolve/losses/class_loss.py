"""What losses of classes share: weights of classes, a class that is ignored, classes along any axis."""

from __future__ import annotations

import re
from math import prod
from typing import Annotated, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Sizes
from hwsolve.language import Message, say
from hwsolve.losses.loss import Loss, Target
from hwsolve.losses.spelled import Spelled
from hwsolve.spec.fields import Array, ArrayField, CountField


class ClassLoss(Loss, frozen=True, kw_only=True):
    """A loss whose target is a class for each sample."""

    classes: ClassVar[bool] = True
    weighs: ClassVar[bool] = False  # whether its mean divides by the weights of the classes

    def arrays(self) -> dict[str, tuple[str, Array]]:
        """The weights of the classes."""
        weight = getattr(self, "weight", None)
        return {} if weight is None else {"weight": ("omega", weight)}

    def plain(self, builder: Builder, y: str, target: Target) -> bool:
        """Whether it is the loss of a textbook: no weights, no class ignored, classes along the last axis."""
        last = target.along in (-1, len(builder.shape(y)) - 1)
        return last and not target.arrays and not target.ignores

    def divided_by(self, target: Target, shape: Sizes, samples: int) -> int:
        """The samples whose class counts."""
        if self.reduction == "mean":
            return prod(shape) // shape[target.along] if target.counted is None else target.counted
        return self.divisor(shape, samples)

    def spelled(
        self,
        builder: Builder,
        y: str,
        target: Target,
        each: str,
        slope: str,
        names: dict[str, str],
        divisor: int,
        made: type[Spelled] = Spelled,
    ) -> tuple[Spelled, tuple[str, ...]]:
        """The operation of a formula with the weights of the classes in front, and what it reads."""
        axes = len(builder.shape(y))
        along = target.along % axes
        summed = (along,) if self.reduction == "none" else tuple(range(axes))
        names = {"x": y, "t": target.name} | names
        if "weight" in target.arrays:
            names["w"] = target.arrays["weight"]
            if self.weighs and self.reduction == "mean" and target.counted is not None:
                count = Spelled("w[c]*t[*]", ("t", "w"), axes, tuple(range(axes)), along=along)
                names["d"] = builder.forward(count, (target.name, names["w"]), builder.free_symbol("D"), layer="loss")
        used = {n: node for n, node in names.items() if n in "xd" or re.search(rf"\b{n}\b", each + slope)}
        return made(each, tuple(used), axes, summed, slope, along, divisor, ("p",)), tuple(used.values())


class CountedLoss(ClassLoss, frozen=True, kw_only=True):
    """One that weighs the classes, and does not count one of them."""

    weight: Annotated[Array | None, ArrayField()] = None
    ignore_index: Annotated[int, CountField(None)] = -100

    weighs: ClassVar[bool] = True
    MEANINGS: ClassVar[dict[str, Message]] = {
        "weight": say("a weight for each class; the mean divides by those of the classes that are there"),
        "ignore_index": say("the class that does not count, from 0 as in PyTorch"),
    }
