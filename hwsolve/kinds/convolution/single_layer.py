"""A problem about one layer: its record, the numbers that go in, and the sizes that have only names."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula, Number, Ref, references, substitute
from hwsolve.kinds.backprop.upstream import Upstream, UpstreamField
from hwsolve.language import Message, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Layer, Shape, ShapeError, Size, simplified
from hwsolve.layers.given_numbers import check_numbers
from hwsolve.layers.incoming import agreed
from hwsolve.layers.items import Part
from hwsolve.spec import problem as base
from hwsolve.spec import terms
from hwsolve.spec.amounts import CONSTANTS
from hwsolve.spec.field import field_of
from hwsolve.spec.fields import INVALID, ArrayField, CountField, Field, Flag, ListOf, MapOf, SizeField, Word
from hwsolve.spec.named import NamedField
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import ROOT, Path, Report, suggest

MAPS = {1: ("L",), 2: ("H", "W"), 3: ("D", "H", "W")}  # names of a map's sides where a problem states none
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


class InputField(Field):
    """Numbers, or a shape with names such as `[C, H, W]`."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("numbers, or a shape with names such as `{shape}`", shape="[C, H, W]")
    numbers = ArrayField()
    sizes = ListOf(SizeField(), minimum=1)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """An Array, or a tuple of sizes; e and π are numbers."""
        texts = [n.text for n in node.items if isinstance(n, Scalar)] if isinstance(node, Sequence) else []
        named = any(text.isidentifier() and text not in CONSTANTS for text in texts)
        return (self.sizes if named else self.numbers).read(node, report, path)

    def schema(self) -> dict[str, Any]:
        """Both forms."""
        return {"anyOf": [self.numbers.schema(), self.sizes.schema()]}


class SingleLayerProblem(base.Problem, kw_only=True):
    """What problems about one layer share, an activation in front of it too; `layer` is declared by each kind."""

    activation: Annotated[Any, ActivationField()] = None
    input: Annotated[Any, InputField()] = None
    upstream: Annotated[Upstream | None, UpstreamField()] = None
    sizes: Annotated[dict[str, int], MapOf(CountField(0))] = {}
    full: Flag = False
    DATA: ClassVar[tuple[str, ...]] = ("input",)
    NOTATION: ClassVar[tuple[str, ...]] = ("count_from", "layers", "gradients")
    MEANINGS: ClassVar[dict[str, Message]] = {
        "layer": say("the layer"),
        "activation": say("the function in front of the layer: an activation, or a letter for any"),
        "input": say("the numbers that go in, or a shape with names; without it the general case"),
        "upstream": say("the gradient of the output; without it the forward pass alone"),
        "sizes": say("numbers for the names of sizes, for the case that is worked out"),
        "full": say("whether large arrays are written out too"),
    }

    @property
    def record(self) -> Any:
        """The layer."""
        return self.layer  # type: ignore[attr-defined]

    def options(self, written: Any) -> dict[str, Any]:
        """How the layer is built: with the leading axes that are `written`, and what the problem says beside it."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape | None:
        """The shape with names that stands in place of numbers."""
        return self.input if isinstance(self.input, tuple) else None

    def names(self) -> dict[str, str]:
        """The names among the layer's sizes, each with the setting it stands in."""
        found: dict[str, str] = {}
        for field in self.record.__struct_fields__:
            value = getattr(self.record, field)
            for size in value if isinstance(value, tuple) else (value,):
                if isinstance(size, Formula) and not isinstance(size, Number):
                    found |= {r.name: field for r in references(size) if r.name not in found}
        return found


def with_sizes(layer: Layer, sizes: dict[str, int]) -> Layer:
    """The layer with numbers for the names of its sizes."""
    values: dict[str, Formula] = {name: Number(n) for name, n in sizes.items()}

    def put(value: Any) -> Any:
        if isinstance(value, tuple):
            return tuple(put(v) for v in value)
        if isinstance(value, Formula) and any(r.name in values for r in references(value)):
            return simplified(substitute(value, values))
        return value

    changed = {f: put(getattr(layer, f)) for f in layer.__struct_fields__}
    return msgspec.structs.replace(layer, **changed)


def put_sizes(shape: Shape, sizes: dict[str, int]) -> Shape:
    """A shape with numbers for its names."""
    values: dict[str, Formula] = {name: Number(n) for name, n in sizes.items()}
    return tuple(n if isinstance(n, int) else simplified(substitute(n, values)) for n in shape)


def stated(problem: SingleLayerProblem, key: str) -> Part:
    """What a key names, with its arguments, as a part without its layer."""
    assert problem.node is not None
    head, node = problem.node.entries[key]
    path = ROOT / key
    if isinstance(node, Mapping) and len(node.entries) == 1:
        ((name, (head, node)),) = node.entries.items()
        return Part(name, None, head, node, path / name)
    return Part(node.text if isinstance(node, Scalar) else "", None, head, node, path)


def fits(problem: SingleLayerProblem, layer: Layer, shape: Shape, report: Report) -> Shape | None:
    """The layer's output for an input of this shape; what does not fit is noted at its place."""
    part = stated(problem, "layer")
    try:
        out = agreed(layer, (shape,)).output(shape)
        check_numbers(layer, (shape,))
    except ShapeError as error:
        at: Node = part.head
        path = part.path
        if error.field is not None and isinstance(part.node, Mapping) and error.field in part.node.entries:
            at, path = part.node.entries[error.field][1], path / error.field
        report.add(at, path, error.message, error.hint)
        return None
    return tuple(n if isinstance(n, int) else simplified(n) for n in out)


def named_map(axes: int) -> tuple[Size, ...]:
    """The sides of a map of which nothing is stated."""
    return tuple(Ref(f"{name}_in") for name in MAPS[axes])


__all__ = ["INVALID", "InputField", "SingleLayerProblem", "fits", "named_map", "put_sizes", "with_sizes"]
