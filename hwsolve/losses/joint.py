"""Losses of several outputs that belong together, as a pair of vectors, or a mean and its variance."""

from __future__ import annotations

from math import prod
from typing import ClassVar

from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Label
from hwsolve.graph.operation import Sizes
from hwsolve.losses.loss import LETTERS, Loss, Target
from hwsolve.losses.spelled import Spelled


class JointLoss(Loss, frozen=True, kw_only=True):
    """A loss of the outputs that its `OUTPUTS` name, in this order; of vectors it has one number for each."""

    vectors: ClassVar[bool] = False  # whether the last axis is that of a vector

    def target_shape(self, shape: Sizes) -> Sizes:
        """One for each element, or for each vector."""
        return shape[:-1] if self.vectors else shape

    def build(self, builder: Builder, outputs: tuple[str, ...], target: Target | None, samples: int) -> str:
        """Write the loss of the outputs into the graph."""
        each, names = self.terms(builder, outputs)
        shape = self.target_shape(builder.shape(outputs[0]))
        names |= {} if target is None else {"t": target.name}
        names |= {key: builder.constant(value) for key, value in self.settings().items() if key in each}
        summed = () if self.reduction == "none" else tuple(range(len(shape)))
        divisor = prod(shape) if self.reduction == "mean" else 1
        learned = tuple(name for name in names if name != "t" and name not in self.settings())
        operation = Spelled(each, tuple(names), len(shape), summed, divisor=divisor, learned=learned)
        of = operation.shape(shape)
        inputs = tuple(names.values())
        builder.graph.loss = builder.graph.add(
            Label(self.symbols.output or builder.free_symbol(*LETTERS)),
            of,
            "loss",
            operation,
            inputs=inputs,
            layer="loss",
        )
        return builder.graph.loss

    def terms(self, builder: Builder, outputs: tuple[str, ...]) -> tuple[str, dict[str, str]]:
        """The formula of an element, and the nodes that its names stand for."""
        raise NotImplementedError


def of_vectors(builder: Builder, text: str, vectors: tuple[str, ...], symbol: str, **settings: str) -> str:
    """A number for each of some vectors, by a formula over their elements `x[*]` and `z[*]`, summed over i."""
    names = ("x", "z")[: len(vectors)]
    text = text.replace("[*]", "[i]")
    fixed = tuple(range(len(names), len(names) + len(settings)))
    operation = ByFormula(text, (*names, *settings), names, constants=fixed)
    return builder.forward(operation, (*vectors, *settings.values()), builder.free_symbol(symbol), layer="loss")
