"""What a recurrent layer multiplies at its steps: its weights with what comes in, or with the states."""

from __future__ import annotations

from hwsolve.layers.cost import Product
from hwsolve.layers.parameter import Parameter


def step_products(texts: dict[str, str], owned: dict[str, Parameter], steps: str) -> tuple[Product, ...]:
    """A product for each weight, and an addition for each bias.  `texts` are those of the counts of parameters."""
    every = ("x", *owned)
    return tuple(
        [
            Product("bias", f"{steps}{texts[name]}", ((name,),))
            if p.added
            else Product(
                "matmul",
                f"{steps}{texts[name]}",
                (("x",) if name.startswith("weight_ih") and "_l" not in name else every, (name,)),
            )
            for name, p in owned.items()
        ]
    )
