"""What a layer keeps of a forward pass for the way back: the quantities that its gradients read, parameters excepted.

A quantity that comes in or goes out is kept once, whoever reads it; `Kept` says which, or that it is the layer's own.
A function of a value keeps what its slope reads: the value itself, or what came out where that is enough.
"""

from __future__ import annotations

from functools import cache

import msgspec

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import references
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, Size, product
from hwsolve.layers.cost import NotCounted, Nothing

NOT_STATED = NotCounted(say("what it keeps for the way back is not stated"))
MEAN, SPREAD, PLACES, MASK = say("means"), "1/σ", say("places of the largest"), say("mask")
INDEX, FLAG = 8, 1  # bytes of an index and of a zero or one of a mask


class Kept(msgspec.Struct, frozen=True):
    """A quantity that is kept: that of a port or an output by its number, or one of the layer's own.

    Its own has a name and a number of values, as a formula text over `sizes` and `kept_sizes`; `bytes` are those of a
    value, 0 for those of the network's numbers; `shared`: once for a batch.
    """

    port: int | None = None
    output: int | None = None
    name: Message | str = ""
    text: str = ""
    bytes: int = 0
    shared: bool = False


Keeps = tuple[Kept, ...] | NotCounted
X, Y, WEIGHTS = Kept(port=0), Kept(output=0), Kept(output=1)
LOG_SUM = say("{log} of the scores of each query", log="log Σ exp")


def kept(layer: Layer, shapes: tuple[Shape, ...], needed: frozenset[str], fused: bool = False) -> Keeps:
    """What a layer keeps where the gradients of the ports `needed` are wanted, and those of what it learns.

    `fused`: attention works its weights out anew on the way back.
    """
    learned = layer.learned(*shapes)
    if not learned and not needed:
        return ()
    own = (fused and getattr(layer, "keeps_fused", None)) or getattr(layer, "keeps", None)
    if own is not None:
        found: Keeps = own(*shapes, needed=needed, learned=learned)
        return found
    rule = of_function if hasattr(layer, "KEEPS") else BY_CATEGORY.get(layer.CATEGORY)
    return NOT_STATED if rule is None else rule(layer, shapes, learned)


def of_weights(layer: Layer, shapes: tuple[Shape, ...], learned: list[str]) -> Keeps:
    """The gradient of the weights reads what comes in; its error reads the weights."""
    return (X,) if any(name.startswith("weight") for name in learned) else ()


def of_function(layer: Layer, shapes: tuple[Shape, ...], learned: list[str]) -> Keeps:
    """What the slope reads."""
    stated = getattr(layer, "KEEPS", None)
    if stated is None:
        slope: str | None = getattr(layer, "slope", None)
        if slope is None:
            return NOT_STATED
        read = names_of(slope) - set(layer.__struct_fields__)
        stated = "x" if read - {"y"} else "y" if read else ""
    return (X,) if stated == "x" else (Y,) if stated == "y" else ()


@cache
def names_of(text: str) -> frozenset[str]:
    """The names in a formula text."""
    return frozenset(ref.name for ref in references(parse(text)))


def of_normalisation(layer: Layer, shapes: tuple[Shape, ...], learned: list[str]) -> Keeps:
    """x, and of each group of values its mean and 1/σ."""
    return of_groups()


def of_groups(shared: bool = False) -> Keeps:
    """x, means and 1/σ; `shared`: those of a batch."""
    return (X, Kept(name=MEAN, text="groups", shared=shared), Kept(name=SPREAD, text="groups", shared=shared))


def kept_sizes(layer: Layer, shapes: tuple[Shape, ...], output: Shape) -> dict[str, Size]:
    """The values of the names in the texts of what is kept."""
    channels: dict[str, Size] = {"channels": shapes[0][0]} if shapes and shapes[0] else {}
    return channels | {"outputs": product(output)} | layer.cost_sizes(*shapes) | layer.sizes(*shapes)


def of_pooling(layer: Layer, shapes: tuple[Shape, ...], learned: list[str]) -> Keeps:
    """Where the largest values are; a mean keeps nothing."""
    if not isinstance(layer.macs(*shapes), Nothing):
        return ()
    return (Kept(name=PLACES, text="outputs", bytes=INDEX),)


def of_moved(layer: Layer, shapes: tuple[Shape, ...], learned: list[str]) -> Keeps:
    """Nothing: the gradient goes back as it is, or by constants."""
    return ()


BY_CATEGORY = {
    "convolution": of_weights,
    "dense": of_weights,
    "activation": of_function,
    "normalization": of_normalisation,
    "pooling": of_pooling,
    "interpolation": of_moved,
    "view": of_moved,
}
