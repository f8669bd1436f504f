"""What the multiply-adds of a layer multiply: with which part they count, and whose gradients are needed."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hwsolve.kinds.count_params.counts import Counts
from hwsolve.kinds.count_params.trained import standing, with_gradient
from hwsolve.layers.base import Layer
from hwsolve.layers.cost import Product
from hwsolve.layers.formula_layer import FormulaLayer
from hwsolve.layers.items import Item
from hwsolve.layers.multiplied import products_of


def counted_products(counts: Counts, item: Item, layer: Layer) -> list[Product]:
    """The products of a layer that the convention counts."""
    every = with_weights(counts, item, layer, products_of(layer, item.shapes, counts.asked.half))
    aside = {"bias": not counts.asked.biases, "rotation": counts.asked.multiplied != "all"}
    return [product for product in every if not aside.get(product.part)]


def with_weights(counts: Counts, item: Item, layer: Layer, products: Iterable[Product]) -> list[Product]:
    """The products; those of a formula with a parameter that stands by itself, or a constant, are ones with weights."""
    if not isinstance(layer, FormulaLayer):
        return list(products)
    if "standing" not in counts.network:
        counts.network["standing"] = standing(counts.problem.network.items)
    wires = zip(layer.ports(), item.inputs, strict=True)
    own = {port for port, wire in wires if wire.name in counts.network["standing"]} | set(layer.parameters())
    return [
        msgspec.structs.replace(p, part="matmul") if any(own.issuperset(side) for side in p.factors) else p
        for p in products
    ]


def ports_with_gradient(counts: Counts, item: Item, layer: Layer) -> frozenset[str]:
    """The ports of a layer whose quantities have a gradient that is needed."""
    if "macs.backward" not in counts.network:
        counts.network["macs.backward"] = with_gradient(counts.problem.network.items)
    needed = counts.network["macs.backward"]
    return frozenset(port for port, wire in zip(layer.ports(), item.inputs, strict=False) if wire.name in needed)
