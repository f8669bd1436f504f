"""Activations: what a forward pass stores, by four conventions, and the bytes it takes."""

from __future__ import annotations

from hwsolve.derivation.size_lines import added, by_keys, multiplied, stated, times
from hwsolve.formula.tree import ZERO, Call, Formula, Number, Ref, formula
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.counted.record import Counted, Parts
from hwsolve.kinds.count_params.counts import Counts
from hwsolve.kinds.count_params.living import Moment, moments
from hwsolve.kinds.count_params.partial import AtLeast
from hwsolve.kinds.count_params.stored import Stored, missing, stored_of, values_of
from hwsolve.kinds.count_params.trained import with_gradient
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Layer, Shape, StatedMap, product, simplified, size_text
from hwsolve.layers.cost import SIDES_UNKNOWN
from hwsolve.layers.items import Item
from hwsolve.layers.saves import FLAG, INDEX
from hwsolve.solution import Line, Text

ONE = {
    "cs231n": say("Activations: the input and the outputs of convolution, pooling and dense layers, one sample."),
    "outputs": say(
        "Activations: the output of every layer, one sample; reshaping stores nothing new, and what joins "
        "branches (sums, products, concatenations) does not count."
    ),
}


SAVED = say(
    "Activations (saved): what the way back reads, parameters excepted, each quantity once: what comes into a layer of "
    "weights; of a function of a value what its slope reads; of a normalisation what comes in, means and 1/σ; of max "
    "pooling the places of the largest values ({places} bytes each); of dropout its mask ({mask} byte each); of a "
    "recurrent layer its gates and states at each step. A part keeps the whole that it is taken from.",
    places=INDEX, mask=FLAG,
)  # fmt: skip
FUSED = say(
    "Attention is fused (`attention: fused`): of its weights nothing is kept but, for each query, the logarithm of the "
    "sum that divides them; the way back works the weights out anew from it, queries and keys."
)
PEAK = say(
    "Activations (peak): the largest number of values that live at one time in a forward pass without a way back: what "
    "a layer reads, what it gives, and what is still to be read; nothing is overwritten in place. What a layer makes "
    "and reads within itself, as the scores and weights of attention, is left out."
)


def said(asked: Asked) -> Message | None:
    """The convention; of a batch how many samples."""
    one = {"saved": SAVED, "peak": PEAK}.get(asked.stored) or ONE[asked.stored]
    if asked.fused and asked.stored == "saved":
        one = say("{convention} {attention}", convention=one, attention=FUSED)
    return (
        one
        if asked.batch == 1
        else say("{convention} Here of a batch of {n} samples.", convention=one, n=size_text(asked.batch))
    )


def bytes_of(asked: Asked) -> Parts:
    """Each value takes as many as its type has, but for what is stored of another type."""
    if asked.stored == "saved":
        return ()
    return ((asked.bytes_of("activations"), "activations"),)


def one_type(asked: Asked) -> str:
    """The type of a value."""
    return asked.dtypes["activations"]


def of_layer(counts: Counts, item: Item, layer: Layer, lines: list[Line]) -> None:
    """The output of a layer, where it counts."""
    if counts.asked.stored == "saved":
        of_stores(counts, item, lines)
    elif counts.asked.stored == "peak":
        of_living(counts, item, lines)
    elif counts.asked.counts_output(layer.CATEGORY):
        of_map(counts, item.path, item.output, lines)


def of_map(counts: Counts, path: str, shape: Shape, lines: list[Line]) -> None:
    """The values of a map."""
    key, aside, batch = Ref(f"activations.{path}"), "activations" not in counts.asked.shown, counts.asked.batch
    if not isinstance(shape, StatedMap):
        count = product((batch, *shape))
        sizes = [formula(size) for size in shape]
        counts.terms["activations"][path] = numbers = times(batch, multiplied(sizes))
        axes: list[Formula] = [Ref(f"shape.{path}", (Number(i),)) for i in range(1, len(shape) + 1)]
        line = by_keys(key, times(batch, multiplied(axes)), numbers, count, aside=aside)
    elif shape.features is None:
        counts.values["activations"][path] = AtLeast(0, {path: SIDES_UNKNOWN})
        return
    else:
        count = product((batch, shape.features))
        line = stated(key, count, aside=aside)
    counts.put("activations", path, count, lines, line)


def of_stores(counts: Counts, item: Item, lines: list[Line]) -> None:
    """What a layer stores, in values and in bytes."""
    path, plan = item.path, plan_of(counts)
    if (unknown := missing(plan, path)) is not None:
        counts.values["activations"][path] = counts.values["activations.bytes"][path] = unknown
        return
    stores = plan.by_layer.get(path, [])
    if not stores and path not in plan.there:
        return
    batch, width = counts.asked.batch, counts.asked.bytes_of("activations")
    values = [s.values if s.shared else times(batch, s.values) for s in stores]
    sizes = [times(s.bytes or width, f) for s, f in zip(stores, values, strict=True)]
    what: Text = listed([s.what for s in stores]) if stores else say("stored already")
    for quantity, terms in (("activations", values), ("activations.bytes", sizes)):
        f = added(terms) if terms else ZERO
        count, aside = simplified(f), quantity not in counts.asked.shown
        counts.terms[quantity][path] = f
        line = by_keys(Ref(f"{quantity}.{path}"), f, f, count, seen=False, rule=what, aside=aside)
        counts.put(quantity, path, count, lines, line)


def plan_of(counts: Counts) -> Stored:
    """What is stored by which layer."""
    if "saved" not in counts.network:
        items = counts.problem.network.items
        counts.network["saved"] = stored_of(items, with_gradient(items), counts.asked.fused)
    plan: Stored = counts.network["saved"]
    return plan


def of_living(counts: Counts, item: Item, lines: list[Line]) -> None:
    """The values that live while a layer works: those of the layer before, without what is gone, with what is new."""
    if "living" not in counts.network:
        counts.network["living"] = moments(counts.problem.network)
    moment: Moment | None = counts.network["living"].get(item.path)
    if moment is None:
        return
    known, path, batch = counts.values["activations"], item.path, counts.asked.batch
    shapes = (*moment.new, *moment.gone)
    if any(isinstance(shape, StatedMap) for shape in shapes) or isinstance(known.get(moment.before), AtLeast):
        known[path] = AtLeast(0, {path: SIDES_UNKNOWN})
        return
    new, gone = ([times(batch, values_of(shape)) for shape in some] for some in (moment.new, moment.gone))
    before = known.get(moment.before, 0)
    assert not isinstance(before, AtLeast)
    terms: list[Formula] = [Ref(f"activations.{moment.before}")] if moment.before else []
    numbers = [formula(before)] if moment.before else []
    f, g = (added([*first, *new]) for first in (terms, numbers))
    if gone:
        f, g = Call("-", (f, added(gone))), Call("-", (g, added(gone)))
    count = simplified(g)
    aside = "activations" not in counts.asked.shown
    counts.put("activations", path, count, lines, by_keys(Ref(f"activations.{path}"), f, g, count, aside=aside))


def of_joined(counts: Counts, item: Item, lines: list[Line]) -> None:
    """What lives while branches are joined."""
    if counts.asked.stored == "peak":
        of_living(counts, item, lines)
        counts.combined("activations.bytes", bytes_of(counts.asked), item.path, lines)


def is_largest(asked: Asked) -> bool:
    """Whether the total is that of the moment at which most values live."""
    return asked.stored == "peak"


QUANTITIES: tuple[Counted, ...] = (
    Counted(
        "activations",
        say("activations"),
        say("Activations"),
        of_layer,
        said=said,
        always=True,
        largest=is_largest,
        joined=of_joined,
    ),
    Counted(
        "activations.bytes",
        say("bytes of activations"),
        say("Bytes"),
        of=bytes_of,
        largest=is_largest,
        always=True,
        bytes=True,
        dtype=one_type,
    ),
)
