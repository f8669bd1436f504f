"""Stated sizes that no map has: which counts are made with them, found by counting again with another size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import isqrt

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, formula
from hwsolve.kinds.count_params.cached import said_kept
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.counts import put_in
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Layer, Shape, ShapeError, StatedMap, size_text, total, values_in
from hwsolve.layers.items import Item, walk_items
from hwsolve.layers.transposed_convolution import TransposedConvolution
from hwsolve.solution import Text

Shapes = dict[str, Shape]  # by the wire, or by the path of a layer


def misfits(items: tuple[Item, ...], asked: Asked, params: object) -> Iterator[Message]:
    """Of each layer whose stated size fits no map: what is wrong, and whether what is asked depends on the size.

    `params` are those of the network, if that is a number.
    """
    for item in walk_items(items):
        warnings = item.layer.warnings(*item.shapes) if item.layer is not None else []
        if not warnings or not isinstance(item.output, StatedMap):
            continue
        size = size_text(values_in(item.output))
        used = list(counted_with(items, {item.path: one_more(item.output)}, asked))
        follows = say("What is asked does not depend on these {n} values.", n=size)
        if used:
            follows = say("The {n} values are taken as stated in {counts}.", n=size, counts=listed(used))
            if (other := with_all_maps(items, item, params)) is not None:
                follows = say("{first} {second}", first=follows, second=other)
        for warning in warnings:
            yield say("{layer}: {warning} {follows}", layer=item.path, warning=warning, follows=follows)


def with_all_maps(items: tuple[Item, ...], item: Item, params: object) -> Message | None:
    """The parameters if the stated number were that of one square map, and every channel had such a map."""
    n, channels = values_in(item.output), item.output[0]
    if not isinstance(n, int) or not isinstance(channels, int) or isqrt(n) ** 2 != n:
        return None
    changed = reached(items, {item.path: StatedMap(channels, n * channels)})
    found = [(i, i.layer, shapes) for i, shapes in changed if i.layer is not None and shapes not in (None, i.shapes)]
    owning = [(i, a, shapes) for i, a, shapes in found if shapes and sizes_of(a, shapes) != sizes_of(a, i.shapes)]
    if len(owning) != 1 or owning[0][0] not in items:
        return None
    ((one, layer, shapes),) = owning
    assert shapes is not None
    written, count = put_in(layer.counts(*shapes)["params"], layer.sizes(*shapes))
    has = say("{count} parameters", count=Call("==", (written, formula(count))))
    _, before = put_in(layer.counts(*one.shapes)["params"], layer.sizes(*one.shapes))
    if isinstance(count, int) and isinstance(before, int) and isinstance(params, int):
        has = say("{has}, all layers together {total}", has=has, total=f"{params - before + count:,}")
    what = {"n": size_text(n), "layer": one.path, "has": has}
    if [values_in(shape) for shape in shapes] != [n * channels]:
        return say("If the {n} are meant per map, {layer} has {has}.", **what)
    read = parse(f"{channels}*{n} == {n * channels}")
    return say("If the {n} are meant per map, {layer} reads {read} values and has {has}.", read=read, **what)


def ways(items: tuple[Item, ...], asked: Asked) -> Iterator[Message]:
    """How products and caches are counted of which a table tells too little."""
    yield from of_formulas(items, asked)
    yield from of_transposed(items, asked)
    yield from said_kept(items, asked)


def of_formulas(items: tuple[Item, ...], asked: Asked) -> Iterator[Message]:
    """How a formula is counted, where there is one."""
    formulas = any(hasattr(item.layer, "others") for item in walk_items(items))
    if formulas and (asked.shows("macs") or asked.shows("flops")):
        yield say("Of a formula each term of a sum of products is a multiply-add; what stands in it twice counts once.")
        if asked.multiplied == "all" and asked.shows("flops"):
            yield say("Each other operation of a formula is one floating-point operation.")


def of_transposed(items: tuple[Item, ...], asked: Asked) -> Iterator[Message]:
    """From which side the products of transposed convolutions are counted."""
    layers = [item.layer for item in walk_items(items) if isinstance(item.layer, TransposedConvolution)]
    if layers and (asked.shows("macs") or asked.shows("flops")):
        yield say("A transposed convolution multiplies each cell that comes in by all weights of its channel, whatever "
                  "stride, padding and dilation are; what falls on the padding is cut off behind that.")  # fmt: skip


def sides_matter(items: tuple[Item, ...], padded: Iterable[Item], asked: Asked) -> bool:
    """Whether a count that is asked for is another one where the sides of the maps of some layers are a cell longer."""
    changed = {item.path: item.output for item in padded}
    if asked.shows("macs") or asked.shows("flops"):
        return bool(changed)
    longer = {
        path: one_longer(y) for path, y in changed.items() if not isinstance(y, StatedMap) or y.features is not None
    }
    return any(counted_with(items, longer, asked))


def one_longer(y: Shape) -> Shape:
    """The shape with sides one cell longer; of a stated one, with a value more in each channel."""
    return one_more(y) if isinstance(y, StatedMap) else (y[0], *(total((n, 1)) for n in y[1:]))


def one_more(y: StatedMap) -> StatedMap:
    """The shape with one value more in each channel."""
    assert y.features is not None
    return StatedMap(y[0], total((y.features, y[0])))


def counted_with(items: tuple[Item, ...], others: Shapes, asked: Asked) -> Iterator[Text]:
    """The counts that are others where layers, by their paths, give other shapes."""
    for item, shapes in reached(items, others):
        assert item.layer is not None
        if shapes is None:
            yield say("the inputs of {layer}", layer=item.path)
            return
        if shapes != item.shapes:
            yield from differences(item, item.layer, shapes, asked)
        if item.path in others and asked.shows("activations") and asked.counts_output(item.layer.CATEGORY):
            yield say("the activations of {layer}", layer=item.path)


def reached(items: tuple[Item, ...], others: Shapes) -> Iterator[tuple[Item, tuple[Shape, ...] | None]]:
    """The layers that give other shapes or read them, with what they read; None, at the end, for one that cannot."""
    moved: Shapes = {}
    for item in walk_items(items) if others else ():
        if all(wire.name in moved for wire in item.outputs):
            continue
        shapes = tuple([moved.get(wire.name, wire.shape) for wire in item.inputs])
        if item.layer is None:
            ends = [moved[branch.end.name] for branch in item.branches if branch.end.name in moved]
            moved |= {wire.name: ends[0] for wire in item.outputs if ends}
            continue
        if shapes != item.shapes:
            try:
                outs = item.layer.outputs(*shapes)
            except ShapeError:  # a layer that says what it reads
                yield item, None
                return
            moved |= {w.name: out for w, out in zip(item.outputs, outs, strict=True) if out != w.shape}
        if shapes != item.shapes or item.path in others:
            yield item, shapes
        if item.path in others:
            moved |= {wire.name: others[item.path] for wire in item.outputs}


def differences(item: Item, layer: Layer, shapes: tuple[Shape, ...], asked: Asked) -> Iterator[Text]:
    """Which counts of a layer are others for other shapes that come in."""
    if sizes_of(layer, shapes) != sizes_of(layer, item.shapes):
        yield say("the parameters of {layer}", layer=item.path)
    if asked.shows("activations") and asked.counts_output(layer.CATEGORY) and layer.outputs(*shapes)[0] != item.output:
        yield say("the activations of {layer}", layer=item.path)
    if asked.shows("macs") and asked.counts_macs(layer.CATEGORY) and layer.sizes(*shapes) != layer.sizes(*item.shapes):
        yield say("the multiply-adds of {layer}", layer=item.path)


def sizes_of(layer: Layer, shapes: tuple[Shape, ...]) -> dict[str, Shape]:
    """The shapes of all parameters."""
    return {name: parameter.shape for name, parameter in layer.parameters(*shapes).items()}
