"""A layer by its formula: `y = x + alpha*r` over quantities, parameters of its own, and `input`, what comes in."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.cut_sums import index_names
from hwsolve.formula.definition import CONSTANTS, Definition, bound_in, defined, quantities
from hwsolve.formula.tree import BigOperator, Ref, references, walk
from hwsolve.graph.by_formula import of_definition
from hwsolve.graph.graph import Builder
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap
from hwsolve.layers.cost import BY_FORMULAS, NOT_COUNTED, ByFormulas, NotCounted, Nothing, Phase, Product, joined
from hwsolve.layers.formula_counts import Work, work_of
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.parameter import Parameter
from hwsolve.layers.reach_of_layer import Readings, unmoved
from hwsolve.layers.saves import Keeps, Kept
from hwsolve.layers.sources import FreeParameter
from hwsolve.spec.defining import EquationField, Stated
from hwsolve.spec.fields import MapOf, RecordField

NO_PRODUCTS = Nothing(say("no multiply-adds where no products are added up"))


class FormulaLayer(Layer, frozen=True, kw_only=True):
    """A formula over whole arrays: of what comes in, `input`, of quantities by name and of parameters of its own."""

    value: Annotated[Stated, EquationField()]
    own: Annotated[dict[str, FreeParameter], MapOf(RecordField(FreeParameter))] = msgspec.field(
        name="parameters", default={}
    )

    constants: tuple[str, ...] = CONSTANTS  # the names of numbers that no quantity has
    wholes: tuple[tuple[str, int], ...] = ()  # constants that stand as indices

    EQUATION: ClassVar[str] = "y = f(x, …)"
    COUNTED: ClassVar[Nothing] = Nothing(say("one for each term of a sum of products"))
    MULTIPLIES: ClassVar[Message | None] = say("formulas (one for each term of a sum of products)")
    ALONE: ClassVar[tuple[str, ...]] = ("value",)
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "value": say("the formula, with or without a name on its left side"),
        "parameters": say("parameters of this layer alone, by name"),
    }

    def ports(self) -> tuple[str, ...]:
        """The quantities that it reads, each once."""
        skipped = {*self.own, *self.constants, *bound_in(self.value.formula), *self.value.left}
        return tuple(dict.fromkeys(r.name for r in quantities(self.value.formula) if r.name not in skipped))

    def among(self, known: Callable[[str], bool], whole: Callable[[str], int | None]) -> FormulaLayer:
        """`e` and `pi` are quantities where something has these names; a constant whole number may be an index."""
        wholes = tuple((name, n) for name in sorted(index_names(self.value.formula)) if (n := whole(name)) is not None)
        constants = tuple(name for name in CONSTANTS if not known(name))
        return msgspec.structs.replace(self, constants=constants, wholes=wholes)

    def wired(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """What it reads and gives by name."""
        return self.ports(), (self.value.name,) if self.value.name else ()

    def definition(self, *shapes: Shape) -> Definition:
        """The formula of one element."""
        known = dict(zip(self.ports(), shapes, strict=True))
        known |= {name: p.output() for name, p in self.own.items()}
        if not known:
            raise ShapeError(say("This formula reads no quantity."), "value")
        for name, shape in known.items():
            if isinstance(shape, StatedMap):
                raise ShapeError(say("The sizes of `{name}` must be known in a formula.", name=name), "value")
        try:
            return defined(self.value.formula, known, self.value.left or None, dict(self.wholes))  # type: ignore[arg-type]
        except Unfit as why:
            raise ShapeError(why.message, "value", why.hint) from None

    def output(self, *shapes: Shape) -> Shape:
        """The shape that the formula gives."""
        return self.definition(*shapes).shape

    def parameters(self, *shapes: Shape) -> dict[str, Parameter]:
        """Those of its own."""
        return {name: Parameter(p.output(), "weight", p.spec()) for name, p in self.own.items()}

    def work(self, *shapes: Shape) -> Work | NotCounted:
        """What it computes."""
        found = self.definition(*shapes)
        if not all(isinstance(n, int) for shape in (found.shape, *shapes) for n in shape):
            return NOT_COUNTED
        return work_of(found.formula, dict(zip(found.indices, found.shape, strict=True)), self.own)

    def macs(self, *shapes: Shape, **_: Any) -> str | Nothing | NotCounted:
        """One for each term of a sum of products."""
        work = self.work(*shapes)
        if isinstance(work, NotCounted):
            return work
        return joined(product.text for product in work.products) or NO_PRODUCTS

    def multiplied(self, *shapes: Shape, half: bool = False) -> tuple[Product, ...]:
        """Its sums of products."""
        work = self.work(*shapes)
        return () if isinstance(work, NotCounted) else tuple(work.products)

    def others(self, *shapes: Shape) -> Phase | NotCounted:
        """The operations forward that are no multiply-adds."""
        work = self.work(*shapes)
        return work if isinstance(work, NotCounted) else {kind: str(n) for kind, n in work.operations.items()}

    def operations(self, *shapes: Shape, **_: Any) -> ByFormulas:
        """Those of its formula."""
        return BY_FORMULAS

    def keeps(self, *shapes: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """The quantities that the gradients which are wanted read.

        What comes out of a function of single values is left out where all that it reads is kept.
        """
        from hwsolve.graph.operation import backward_schematic

        found = self.definition(*shapes)
        operation = of_definition(found)
        read: set[str] = set()
        for slot, name in enumerate(found.reads):
            if name in needed or name in learned:
                gradient = backward_schematic(operation, slot, len(found.shape)).formula
                read |= {ref.name for ref in references(gradient)}
        ports = [Kept(port=k) for k, name in enumerate(self.ports())
                 if name in found.reads and operation.inputs[found.reads.index(name)] in read]  # fmt: skip
        again = len(ports) == len(self.ports()) and not any(isinstance(p, BigOperator) for p in walk(found.formula))
        return (*ports, Kept(output=0)) if "y" in read and not again else tuple(ports)

    def reads(self, *shapes: Shape) -> tuple[Readings, ...]:
        """By each port the cell in its place, where its indices are those of what comes out."""
        found = self.definition(*shapes)
        placed = dict.fromkeys(self.ports(), True)
        for ref in references(found.formula):
            if ref.name in placed:
                places = tuple(i.name if isinstance(i, Ref) else "" for i in ref.indices)
                placed[ref.name] &= len(places) > 1 and places[1:] == found.indices[1:]
        sides = zip(self.ports(), shapes, strict=True)
        return tuple([unmoved(x) if placed[name] and len(x) > 1 else None for name, x in sides])

    def build(self, builder: Builder, *inputs: Any, **_: Any) -> tuple[str, ...]:
        """One operation."""
        found = self.definition(*(builder.own_shape(name) for name in inputs))
        nodes = dict(zip(self.ports(), inputs, strict=True))
        for name, parameter in self.parameters().items():
            nodes[name] = builder.own(self, name, parameter, name)
        data = frozenset(name for name in found.reads if builder.is_data(nodes[name]))
        return (builder.forward(of_definition(found, data), tuple(nodes[name] for name in found.reads)),)
