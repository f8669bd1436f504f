"""What a layer multiplies, product by product: what is counted backward follows from whose gradients are needed."""

from __future__ import annotations

from hwsolve.layers.base import Layer, Shape, Size, product
from hwsolve.layers.cost import Product

PARTS = {"convolution": "matmul", "dense": "matmul", "other": "matmul", "attention": "attention"}  # by CATEGORY


def products_of(layer: Layer, shapes: tuple[Shape, ...], half: bool = False) -> tuple[Product, ...]:
    """The products of a layer: its own, or its multiply-adds as products of what comes in and its first weights.

    `half`: of a causal mask what it lets through alone.
    """
    text = layer.macs(*shapes)
    if not isinstance(text, str):
        return ()
    if (own := getattr(layer, "multiplied", None)) is not None:
        found: tuple[Product, ...] = own(*shapes, half=half)
        return found
    owned = {name: p for name, p in layer.parameters(*shapes).items() if p.counted}
    weights, biases = ([name for name, p in owned.items() if p.added is added] for added in (False, True))
    part = PARTS.get(layer.CATEGORY, "elementwise")
    factors = ((layer.INPUTS, *[(name,) for name in weights[:1]])) if weights else (layer.INPUTS,)
    made = Product(part, text, factors)
    return (made, Product("bias", "outputs", (tuple(biases),))) if biases and part == "matmul" else (made,)


def product_sizes(layer: Layer, shapes: tuple[Shape, ...], output: Shape) -> dict[str, Size]:
    """The values of the names in the texts of products."""
    return {"outputs": product(output)} | layer.sizes(*shapes)


def depends(layer: Layer, factor: tuple[str, ...], shapes: tuple[Shape, ...], needed: frozenset[str]) -> bool:
    """Whether a factor has a gradient that is needed: of a trained parameter, or of a port in `needed`."""
    learned = layer.learned(*shapes)
    return any(name in needed or name in learned for name in factor)
