"""The rules of the errors that a layer or the end of branches sends to what it reads."""

from __future__ import annotations

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import formula
from hwsolve.kinds.complexity.flow import Place, Quantity
from hwsolve.layers.base import Layer, simplified
from hwsolve.layers.cost import Phase, merged
from hwsolve.layers.items import Item


def plus(a: Phase, b: Phase) -> Phase:
    """The operations of two rules together."""
    return a | {kind: f"{a[kind]} + {text}" if kind in a else text for kind, text in b.items()}


def spread(quantity: Quantity) -> Phase:
    """The sum of the errors that come back from all readers of a quantity."""
    return {"add": f"({plain(formula(simplified(quantity.readers)))} - 1)*read"} if quantity.spread else {}


def errors(rules: dict[str, Phase], layer: Layer, place: Place) -> Phase:
    """The errors that a layer sends to what it reads; `error.PORT` is the rule of one of several inputs."""
    found = dict(rules.get("error", {})) if any(place.back) else {}
    for port, back in zip(layer.INPUTS, place.back, strict=True):
        if back:
            found = plus(found, rules.get(f"error.{port}", {}))
    return found


def joining_errors(item: Item, place: Place, parts: list[str]) -> Phase:
    """The errors that go into the branches, and their sum where several read what comes in."""
    back = sum(place.back)
    if not back:
        return {}
    sent = [name for name, goes in zip(parts, place.back, strict=True) if name and goes]
    readers = place.entry.readers if place.entry is not None and place.entry.spread else 1
    rules = merged(item.type, len(parts), readers if isinstance(readers, int) else 1, sent)
    products = rules.get("product", {})
    if products and back < len(parts):  # the error of a factor takes the products with all others
        products = products | {"mul": f"{back * (len(parts) - 1)}*values" if len(parts) > 2 else "values"}
    return plus(plus(rules["error"], spread(place.gives)), products)
