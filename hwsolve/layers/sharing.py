"""Parameters that stand in several layers: a `use` takes all of a layer's once more, a `tie` one of them.

A parameter belongs to the layer that has it first: it is one node, one count and one update, and its gradient is one
sum over all uses.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import Any, NamedTuple

import msgspec

from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError, shape_text
from hwsolve.layers.items import Item, Part
from hwsolve.layers.names import Names, Unnamed
from hwsolve.layers.parameter import ParameterSpec
from hwsolve.spec.report import did_you_mean, suggest

Tied = dict[str, tuple[str, str]]
MOST_NEAR = 2_000  # paths among which one that was mistyped is looked for


class Placed(NamedTuple):
    """A layer or composite in its place, with the part that it was made of, and how many there are in it."""

    part: Part
    item: Item
    many: int


class Owners:
    """The layers and composites of a network by path, and whose parameters those have that use a layer again."""

    def __init__(self) -> None:
        self.known: dict[str, Placed] = {}
        self.again: list[tuple[str, str]] = []  # (path, that of the layer it uses), from the outside in

    @contextmanager
    def sharing(self, path: str, first: str) -> Iterator[None]:
        """Within this, what is placed at `path` has the parameters of what stands at `first`."""
        self.again.append((path, first))
        yield
        self.again.pop()

    def first(self, path: str) -> Placed | None:
        """What stands in the place of this in what is used again; None outside of that."""
        if not self.again:
            return None
        here, there = self.again[-1]
        return self.known.get(there + path.removeprefix(here))

    def shared(self, item: Item) -> Item:
        """A layer with the owners of its parameters."""
        first = self.first(item.path)
        return item if first is None else self.used(item, first.item)

    def place(self, part: Part, item: Item, many: int) -> None:
        """Remember what stands at a path."""
        self.known[item.path] = Placed(part, item, many)

    def at(self, path: str, names: Names) -> Placed | None:
        """What a path means: a name that holds here, and those that lead from it into composites."""
        start, _, rest = path.partition(".")
        item = names.layer(start)
        return None if item is None else self.known.get(f"{item.path}.{rest}" if rest else item.path)

    def find(self, path: str, names: Names) -> Placed:
        """What a path means, for one who needs it."""
        found = self.at(path, names)
        if found is None:
            raise Unnamed(say("There is no layer `{name}` before this one.", name=path), self.near(path, names))
        return found

    def near(self, path: str, names: Names) -> Message | None:
        """What may be meant by a path that means nothing: a name, or a path into a composite."""
        known = names.known()
        inner = tuple(islice(self.inner({item.path: name for name, item in known.items()}), MOST_NEAR))
        _, dot, last = path.rpartition(".")
        if dot:
            within = [name for name in inner if name.startswith(path.partition(".")[0] + ".")]
            return did_you_mean(path, within or [*known, *inner])
        if suggest(path, known) is None:
            ends = [name for name in inner if name.rpartition(".")[2] == last]
            return did_you_mean(ends[0] if ends else path, ends or known)
        return did_you_mean(path, known)

    def inner(self, called: dict[str, str]) -> Iterator[str]:
        """The paths that lead from names into composites."""
        for path in self.known:
            at = path.rpartition(".")[0]
            while at and at not in called:
                at = at.rpartition(".")[0]
            if at:
                yield called[at] + path.removeprefix(at)

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
        names = (*theirs, *first.layer.buffers(*first.shapes))
        owners = {name: first.owners.get(name, (first.path, name)) for name in names}
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
        path, _, last = tie.rpartition(".")
        found = self.at(tie, names)
        if found is None and path:
            layer = self.at(path, names)
            if layer is not None and layer.item.layer is not None:
                found, tie, name = layer, path, last
        if found is None or found.item.layer is None:
            found = found or self.find(tie, names)
            if found.item.layer is None:
                inner = tuple(islice(self.inner({found.item.path: tie}), MOST_NEAR))
                raise Unnamed(say("`{layer}` has no `{name}`.", layer=tie, name=name), did_you_mean(name, inner))
        item, known = found.item, tuple(parameters(found.item))
        if name in known:
            return item, name
        raise Unnamed(say("`{layer}` has no `{name}`.", layer=tie, name=name), did_you_mean("", known))

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


def parameters(item: Item) -> dict[str, Any]:
    """The parameters of a layer; a composite has none of its own."""
    return {} if item.layer is None else item.layer.parameters(*item.shapes)
