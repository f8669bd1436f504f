"""The rules of the errors that a layer or the end of branches sends to what it reads."""

from __future__ import annotations

from hwsolve.formula.notation import plain
from hwsolve.formula.tree import formula
from hwsolve.kinds.complexity.flow import Flow, Place, Quantity
from hwsolve.layers.base import Layer, Size, product, simplified
from hwsolve.layers.cost import Phase, merged
from hwsolve.layers.items import Item

Sent = list[tuple[Phase, Size]]  # a rule, and how often
LOSSES: dict[str, Phase] = {
    "half_squared_error": {"add": "outputs"},
    "mse_loss": {"add": "outputs", "mul": "outputs"},
    "cross_entropy": {"exp": "outputs", "add": "2*outputs - rows", "div": "outputs"},
}


def plus(a: Phase, b: Phase) -> Phase:
    """The operations of two rules together."""
    return a | {kind: f"{a[kind]} + {text}" if kind in a else text for kind, text in b.items()}


def spread(quantity: Quantity, size: str = "read") -> Phase:
    """The sum of the errors that come back from all readers of a quantity."""
    return {"add": f"({plain(formula(simplified(quantity.readers)))} - 1)*{size}"} if quantity.spread else {}


def errors(rules: dict[str, Phase], layer: Layer, place: Place) -> Phase:
    """The errors that a layer sends to what it reads; `error.PORT` is the rule of one of several inputs."""
    found = dict(rules.get("error", {})) if any(place.back) else {}
    for port, back in zip(layer.ports(), place.back, strict=True):
        if back:
            found = plus(found, rules.get(f"error.{port}", {}))
    return found


def entering(flow: Flow, item: Item, back: Sent, sizes: dict[str, Size]) -> tuple[Sent, dict[str, Size]]:
    """The sums of the errors that come back to what goes into each copy of a body, behind others, and their sizes."""
    back, sizes, values = list(back), dict(sizes), sizes["values"]
    for k, (place, wire) in enumerate(flow.entries.get(id(item), ()), 1):
        size = "read" if product(wire.shape) == values else f"read{k}"
        sizes[size] = product(wire.shape)
        back.append((spread(place.gives, size), place.leads))
    return back, sizes


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


def merged_inputs(item: Item) -> Size:
    """How many input values get errors from all branches; a zero-padded shortcut leaves cells out."""
    shortcut, x = item.branches[-1].items if item.type == "residual" else (), item.inputs[0].shape
    if shortcut and shortcut[0].type == "zero_pad":
        return product((x[0], *item.output[1:]))
    return product(x)
