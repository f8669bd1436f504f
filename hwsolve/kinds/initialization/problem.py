"""The record of an initialization problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.formula.tree import Formula
from hwsolve.kinds.initialization.simulation import Simulate
from hwsolve.kinds.initialization.unit_field import IDENTITY, Described, LayerField, UnitField
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape
from hwsolve.layers.network import read_input, shape_schema
from hwsolve.spec import problem as base
from hwsolve.spec.fields import INVALID, Choice, DecimalField, Field, MapOf, OneOf, RecordField
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report


class InputField(Field):
    """The shape that comes in: a size, a list of sizes, or a mapping as in a network."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("the shape that comes in, as `3` or `[3, 32, 32]`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The shape, or INVALID."""
        found = read_input(node, report, path)
        return INVALID if found is INVALID else found[0]

    def schema(self) -> dict[str, Any]:
        """A size, a list of sizes, or a mapping."""
        return shape_schema()


class Problem(base.Problem, kw_only=True):
    """The variance of a layer's initial weights: fan-in and fan-out, Xavier, He, any activation."""

    layer: Annotated[Layer, LayerField()]
    input: Annotated[Shape, InputField()]
    activation: Annotated[Described, UnitField()] = IDENTITY
    mode: Annotated[str, Choice("fan_in", "fan_out", "average")] = "fan_in"
    gain: Annotated[Any, OneOf(Choice("derived", "linear", "torch"), DecimalField())] = "derived"
    at: Annotated[dict[str, Formula], MapOf(DecimalField())] = {}
    simulate: Annotated[Simulate, RecordField(Simulate)] | None = None
    NOTATION: ClassVar[tuple[str, ...]] = ("count_from",)
    MEANINGS: ClassVar[dict[str, Message]] = {
        "layer": say("the layer whose weights are initialized"),
        "input": say("the shape that comes in"),
        "activation": say("the activation before the layer, or a formula in x"),
        "mode": say("whether the signals keep their variance, the gradients, or both on average"),
        "gain": say("by what the weights are scaled for the activation"),
        "at": say("numbers for names in the activation: what the answers are there, beside those for any number"),
        "simulate": say("random signals through such layers, beside the prediction"),
    }
