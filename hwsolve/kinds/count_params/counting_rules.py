"""How parameters are counted, in words: a sentence for each kind of layer with weights that a network has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Ref
from hwsolve.kinds.count_params.conventions import biased
from hwsolve.language import Message, listed, say
from hwsolve.layers.convolution import Convolution
from hwsolve.layers.items import walk_items
from hwsolve.layers.linear import Linear
from hwsolve.layers.parameter import ABSENT
from hwsolve.solution import Text

if TYPE_CHECKING:
    from hwsolve.layers.items import Item

Kind = tuple[tuple[str, ...], bool]  # the sides of a window, none of a dense layer; whether channels are in groups


def counting_rules(items: tuple[Item, ...]) -> Iterator[Message]:
    """The product behind the parameters of dense layers and convolutions, as this network has them."""
    biased: dict[Kind, set[bool]] = {}
    for item in walk_items(items):
        if (kind := kind_of(item)) is not None:
            biased.setdefault(kind, set()).add(getattr(item.layer, "bias", ABSENT) not in (ABSENT, False))
    for (sides, grouped), found in biased.items():
        often = {side: sides.count(side) for side in dict.fromkeys(sides)}
        powers = (side if n == 1 else f"{side}**{n}" for side, n in often.items())
        weights, groups = "*".join((*powers, "m")), "/g" * grouped
        counts = [f"({weights}{groups} + 1)*n" if one else f"{weights}*n{groups}" for one in sorted(found)]
        yield rule((sides, grouped), list(map(parse, counts)), True in found)
    pools = [i for i in walk_items(items) if i.layer is not None and i.layer.CATEGORY == "pooling"]
    if biased and pools and not any(i.layer is not None and i.layer.parameters(*i.shapes) for i in pools):
        yield of_pools({item.type for item in pools})


def of_pools(types: set[str]) -> Message:
    """Why pooling layers own nothing."""
    largest, mean = (any(f"{word}_pool" in name for name in types) for word in ("max", "avg"))
    others = any("max_pool" not in name and "avg_pool" not in name for name in types)
    if others or not (largest or mean):
        return say("Pooling layers have no parameters.")
    if largest and mean:
        return say("Pooling layers pick the largest value or take the mean: they have no parameters.")
    if largest:
        return say("Max pooling only picks the largest value: it has no parameters.")
    return say("Average pooling only takes the mean: it has no parameters.")


def kind_of(item: Item) -> Kind | None:
    """What a layer is counted as; None for one that owns nothing of its own, or is counted in another way."""
    layer = item.layer
    if item.owners or not isinstance(layer, Linear | Convolution):
        return None
    if isinstance(layer, Linear):
        return None if layer.weight.shared else ((), False)
    even = all(side == layer.kernel_size[0] for side in layer.kernel_size)
    return tuple(["k" if even else f"k{n}" for n in range(1, layer.AXES + 1)]), layer.groups != 1


def rule(kind: Kind, products: list[Formula], biased: bool) -> Message:
    """A product with what its letters are; of layers with a bias and others, both."""
    sides, grouped = kind
    m, n = Ref("m"), Ref("n")
    one, *more = products
    counts: Text = say("{count}", count=one)
    if more:
        counts = say("{count}, with a bias {other}", count=one, other=more[0])
    elif biased:
        counts = say("{count}, the 1 for the bias", count=one)
    if not sides:
        return say("Parameters of a dense layer with {m} inputs and {n} outputs: {counts}.", m=m, n=n, counts=counts)
    letters = tuple(map(Ref, dict.fromkeys(sides)))
    window = say("a window of side {k}", k=letters[0])
    if len(letters) > 1:
        window = say("a window of sides {sides}", sides=letters)
    if grouped:
        window = say("{window} and {g} groups", window=window, g=Ref("g"))
    return say(
        "Parameters of a convolution from {m} to {n} channels with {window}: {counts}.",
        m=m, n=n, window=window, counts=counts,
    )  # fmt: skip


def as_stated(items: tuple[Item, ...]) -> Iterator[Message]:
    """What the network has of biases; and of a residual network, that it has not what such networks often have."""
    with_biases = biased(items)
    if with_biases:
        yield say("Every layer with weights has a bias.")
    missing = [say("without biases")] if with_biases is False else []
    if missing := [*missing, *plain_residuals(items)]:
        yield say("Counted for the network as it is given here: {facts}.", facts=listed(missing))


def plain_residuals(items: tuple[Item, ...]) -> Iterator[Message]:
    """What residual networks often have and this one has not: normalizations, parameters in shortcuts."""
    every = list(walk_items(items))
    beside = [item.branches[-1].items for item in every if item.type == "residual"]
    if not beside or not any(isinstance(item.layer, Convolution) for item in every):
        return
    if not any(item.layer is not None and item.layer.CATEGORY == "normalization" for item in every):
        yield say("without batch normalization")
    if not any(inner.layer is not None and inner.layer.parameters(*inner.shapes)
               for branch in beside for inner in walk_items(branch)):  # fmt: skip
        yield say("shortcuts without parameters")
