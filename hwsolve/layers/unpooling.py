"""Max unpooling: each value goes back to the cell that was the largest of its window, and all other cells are 0.

y[c, cell] = x[c,p] where cell is the index f[c,p] of that cell, counted from 0 along the rows of the map, as PyTorch
counts it.  Source: PyTorch, torch.nn.MaxUnpool2d.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from hwsolve.graph.graph import Builder
from hwsolve.graph.operation import Sizes
from hwsolve.language import Message, say
from hwsolve.layers import base, window
from hwsolve.layers.base import NotComputed, Shape, ShapeError, Size, StatedMap
from hwsolve.layers.cost import MOVED, NotCounted, Nothing, Operations
from hwsolve.layers.meanings import ARGUMENTS
from hwsolve.layers.parameter import Parameter, ParameterSpec
from hwsolve.layers.reach_of_layer import Readings
from hwsolve.layers.saves import INDEX, Keeps, Kept
from hwsolve.layers.saves import PLACES as PLACES_KEPT
from hwsolve.spec.fields import Array, ArrayField, EachAxis, OneOf, SizeOrZero, WordField
from hwsolve.spec.fields import Size as SizeOf

if TYPE_CHECKING:
    from hwsolve.layers.axes import Frame
    from hwsolve.layers.pooling_operations import Maximum

MOST_PAIRS = 2**14  # of a value and a cell, each of which a line looks at


class MaxUnpooling(window.OverMap, frozen=True):
    """What max unpooling of 1, 2 and 3 axes shares."""

    kernel_size: Annotated[Shape, EachAxis(SizeOf)]
    stride: Annotated[Shape | None, EachAxis(SizeOf)] = None
    padding: Annotated[Shape, EachAxis(SizeOrZero)] = (0,)
    output_size: Annotated[Shape | None, EachAxis(SizeOf)] = None
    indices: Annotated[Any, OneOf(WordField(dotted=True), ArrayField())] = None

    CATEGORY: ClassVar[str] = "view"
    MACS: ClassVar[str | Nothing | NotCounted] = MOVED
    OPERATIONS: ClassVar[Operations | Nothing | NotCounted] = MOVED
    MEANINGS: ClassVar[dict[str, Message]] = ARGUMENTS | {
        "indices": say("the max pooling by its name whose largest cells are meant, or for each value the index of its "
                       "cell in the map, counted from 0 along its rows"),
        "output_size": say("the sides of the map that comes out, in place of those that follow from the window"),
    }  # fmt: skip

    def output(self, x: Shape) -> Shape:
        """(C, n…) → (C, S(n − 1) − 2P + K …), or `output_size`."""
        window.check_map(x, self.AXES)
        if isinstance(x, StatedMap):
            return StatedMap(x[0], None)
        settings = (x[1:], self.kernel_size, self.stride or self.kernel_size, self.padding)
        sides = self.output_size or tuple([spread(*sizes) for sizes in zip(*settings, strict=True)])
        for side in sides:
            if isinstance(side, int) and side < 1:
                raise ShapeError(say("Nothing is left of an axis: its side would be {side}.", side=side), "padding")
        return (x[0], *sides)

    def reads(self, x: Shape) -> tuple[Readings, ...]:
        """Cells that the numbers decide."""
        return (None,)

    def keeps(self, x: Shape, needed: frozenset[str], learned: list[str]) -> Keeps:
        """The indices, which a pooling that is named keeps itself."""
        return () if isinstance(self.indices, str) else (Kept(name=PLACES_KEPT, text="values", bytes=INDEX),)

    def build(self, builder: Builder, x: str) -> tuple[str, ...]:
        """The values at the cells of their indices."""
        from hwsolve.layers.unpooling_operations import Unpooled, going_back

        own = tuple(int(str(n)) for n in builder.sample(x))
        sides = tuple(int(str(n)) for n in self.output(own)[1:])
        if isinstance(self.indices, str):
            operation, inner, largest = self.pooling(builder, self.indices, own, sides)
            return (builder.forward(going_back(operation), (x, inner, largest)),)
        if self.indices is None:
            said = say("`{layer}` needs its `{key}`: the name of a max pooling, or numbers.",
                       layer=builder.path, key="indices")  # fmt: skip
            raise NotComputed(said)
        f = self.given(builder, own, sides)
        each = builder.graph.batched and len(builder.shape(f)) > len(own)
        return (builder.forward(Unpooled(sides, own[1:], each), (x, f)),)

    def given(self, builder: Builder, own: Sizes, sides: Sizes) -> str:
        """The indices as the problem states them, for each sample or for all."""
        stated: Array = self.indices
        own = own[1:] if own[0] == 1 and len(stated.shape) < len(own) else own
        lead = stated.shape[: len(stated.shape) - len(own)]
        if stated.shape[len(lead) :] != own or (lead and not builder.graph.batched) or len(lead) > 1:
            raise NotComputed(
                say("The indices of `{layer}` have the shape {found}, but need {shape}.", layer=builder.path,
                    found=base.shape_text(stated.shape), shape=base.shape_text(own))
            )  # fmt: skip
        cells, many = prod(sides), prod(own[-len(sides) :])
        if cells * many > MOST_PAIRS:
            raise NotComputed(
                say("`{layer}` has {n} values for {cells} cells: by given indices at most {most} pairs are worked out; "
                    "behind a max pooling, `indices` may be its name.",
                    layer=builder.path, n=many, cells=cells, most=f"{MOST_PAIRS:,}")
            )  # fmt: skip
        numbers = [getattr(n, "numerator", -1) if getattr(n, "denominator", 2) == 1 else -1 for n in stated.values]
        for n in numbers:
            if not 0 <= n < cells:
                said = say("The indices of `{layer}` are whole numbers from 0 to {last}.",
                           layer=builder.path, last=cells - 1)  # fmt: skip
                raise NotComputed(said)
        for k in range(0, len(numbers), many):
            if len({*numbers[k : k + many]}) < many:
                raise NotComputed(say("Two values of `{layer}` have one index: only one can stand there.",
                                      layer=builder.path))  # fmt: skip
        shape = (*lead, *(own if len(own) > len(sides) else (1, *own)))
        spec = ParameterSpec(values=Array(shape, stated.values, stated.node))
        f = builder.fixed(Parameter(shape, "buffer", spec), builder.free_symbol("f"), "indices")
        builder.graph.weights.add(f)
        return f

    def pooling(self, builder: Builder, name: str, own: Sizes, sides: Sizes) -> tuple[Maximum, str, str]:
        """The max pooling of a name whose values come in, what it read, and what it gave."""
        from hwsolve.layers.pooling_operations import Maximum

        front = builder.path.rpartition(".")[0]
        paths = (f"{front}.{name}" if front else name, name)
        for node in builder.graph.nodes.values():
            if isinstance(node.operation, Maximum) and node.layer in paths:
                known = {"layer": builder.path, "name": name}
                if (why := refusal(node.operation.frame, builder.sample(node.name), own, sides, known)) is not None:
                    raise NotComputed(why)
                return node.operation, node.inputs[0], node.name
        raise NotComputed(say("`{layer}` needs a max pooling in front; `{name}` is none.",
                              layer=builder.path, name=name))  # fmt: skip


def spread(n: Size, kernel: Size, stride: Size, padding: Size) -> Size:
    """S(n − 1) − 2P + K."""
    moved = base.product((stride, base.simplified(base.total((n, -1)))))
    return base.simplified(base.total((moved, kernel, base.product((-2, padding)))))


def refusal(frame: Frame, places: Sizes, own: Sizes, sides: Sizes, known: dict[str, str]) -> Message | None:
    """Why values of a layer can't go back through the windows of the pooling `name`, None where they can."""
    read = frame.sides()
    if places != own:
        found, need = base.shape_text(places), base.shape_text(own)
        return say("`{layer}` reads {need}, but `{name}` gave {found}.", need=need, found=found, **known)
    if read != sides:
        form = f"output_size: [{', '.join(map(str, read))}]"
        before, after = base.shape_text(read), base.shape_text(sides)
        return say("`{name}` read a map of {before}, but `{layer}` gives one of {after}: state `{form}`.",
                   before=before, after=after, form=form, **known)  # fmt: skip
    for axis in frame.axes:
        cells = [cell for row in axis.cells() for cell in row if cell >= 0]
        if len(set(cells)) < len(cells):
            return say("The windows of `{name}` overlap: two values of `{layer}` could have one cell.", **known)
    return None


class MaxUnpool1d(MaxUnpooling, frozen=True):
    """Max unpooling of a sequence: (C, L) → (C, L'); each value at the cell it came from, 0 elsewhere."""

    AXES: ClassVar[int] = 1


class MaxUnpool2d(MaxUnpooling, frozen=True):
    """Max unpooling of a map: (C, H, W) → (C, H', W'); each value at the cell it came from, 0 elsewhere."""

    AXES: ClassVar[int] = 2


class MaxUnpool3d(MaxUnpooling, frozen=True):
    """Max unpooling of a volume: (C, D, H, W) → (C, D', H', W'); each value at the cell it came from, 0 elsewhere."""

    AXES: ClassVar[int] = 3
