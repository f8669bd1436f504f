"""Parameters that stand in several layers: a `use` takes all of a layer's once more, a `tie` one of them.

A parameter belongs to the layer that has it first: it is one node, one count and one update, and its gradient is one
sum over all uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import msgspec

from hwsolve.language import say
from hwsolve.layers.base import Layer, Shape, ShapeError, shape_text
from hwsolve.layers.items import Item
from hwsolve.layers.names import Names, Unnamed
from hwsolve.layers.parameter import ParameterSpec
from hwsolve.spec.report import did_you_mean

Tied = dict[str, tuple[str, str]]


class Owners:
    """The layers of a network by path, and whose parameters those have that use a layer again."""

    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.again: list[tuple[str, str]] = []  # (path, that of the layer it uses), from the outside in

    @contextmanager
    def sharing(self, path: str, first: str) -> Iterator[None]:
        """Within this, what is placed at `path` has the parameters of what stands at `first`."""
        self.again.append((path, first))
        yield
        self.again.pop()

    def place(self, item: Item) -> Item:
        """A layer with the owners of its parameters."""
        if self.again:
            path, first = self.again[-1]
            item = self.used(item, self.items[first + item.path.removeprefix(path)])
        self.items[item.path] = item
        return item

    def used(self, item: Item, first: Item) -> Item:
        """A layer that has the parameters of another one."""
        assert item.layer is not None and first.layer is not None
        theirs = first.layer.parameters(*first.shapes)
        for name, parameter in item.layer.parameters(*item.shapes).items():
            if parameter.shape != theirs[name].shape:
                message = say(
                    "`{name}` of `{layer}` would have the shape {here} here; it has {there}.",
                    name=name,
                    layer=first.path,
                    here=shape_text(parameter.shape),
                    there=shape_text(theirs[name].shape),
                )
                raise ShapeError(message)
        owners = {name: first.owners.get(name, (first.path, name)) for name in theirs}
        return msgspec.structs.replace(item, owners=owners)

    def tied(self, layer: Layer, shapes: tuple[Shape, ...], names: Names) -> tuple[Layer, Tied]:
        """A layer with the specifications of the parameters it is tied to, and their owners."""
        owners: Tied = {}
        for name, spec in layer.specs().items():
            if spec.tie is None:
                continue
            try:
                first, theirs = self.owner(spec.tie, name, names)
            except Unnamed as why:
                why.field = name
                raise
            layer = msgspec.structs.replace(layer, **{name: self.turned(name, spec, first, theirs, layer, shapes)})
            owners[name] = first.owners.get(theirs, (first.path, theirs))
        return layer, owners

    def owner(self, tie: str, name: str, names: Names) -> tuple[Item, str]:
        """The layer and the parameter that a tie names: `encoder`, `encoder.weight`, or a path through composites."""
        start, _, rest = tie.partition(".")
        item = names.layer(start)[1]
        for path, parameter in ((rest, name), (rest.rpartition(".")[0], rest.rpartition(".")[2])):
            found = self.items.get(f"{item.path}.{path}" if path else item.path)
            if found is not None and found.layer is not None and parameter in found.layer.parameters(*found.shapes):
                return found, parameter
        known = tuple(item.layer.parameters(*item.shapes)) if item.layer is not None else ()
        raise Unnamed(say("`{tie}` is no parameter like this `{name}`.", tie=tie, name=name), did_you_mean("", known))

    def turned(
        self, name: str, spec: ParameterSpec, first: Item, theirs: str, layer: Layer, shapes: tuple[Shape, ...]
    ) -> ParameterSpec:
        """What the spec says of the parameter that this one is, for the way round in which it stands here."""
        assert first.layer is not None
        parameter = first.layer.parameters(*first.shapes)[theirs]
        here, there = layer.parameters(*shapes)[name].shape, parameter.shape
        if spec.transposed and len(there) != 2:
            raise ShapeError(say("Only a matrix can be transposed; {shape} is none.", shape=shape_text(there)), name)
        there = there[::-1] if spec.transposed else there
        if here != there:
            words = {"name": name, "here": shape_text(here), "tie": spec.tie, "there": shape_text(there)}
            if spec.transposed:
                raise ShapeError(say("`{name}` has the shape {here}; `{tie}` transposed has {there}.", **words), name)
            raise ShapeError(say("`{name}` has the shape {here}; `{tie}` has {there}.", **words), name)
        rows = parameter.spec.rows
        if spec.transposed:
            rows = "outputs" if rows == "inputs" else "inputs"
        trainable = parameter.spec.trainable and first.layer.trainable
        return msgspec.structs.replace(
            parameter.spec, rows=rows, trainable=trainable, tie=spec.tie, transposed=spec.transposed
        )
