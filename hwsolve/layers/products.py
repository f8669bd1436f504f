"""Counts that follow from products of sizes, as formula texts: what parameters number, and what sums of products take.

A product of sizes is a text such as `positions*in*out`.  A sum over some of its sizes is there once for each value of
the others, and takes one addition less than it has terms: over `in` that is `positions*(in - 1)*out`.
"""

from __future__ import annotations

from functools import cache

from hwsolve.layers.cost import Operations, joined
from hwsolve.layers.parameter import ABSENT, ParameterSpec


def factors(product: str) -> list[str]:
    """The sizes that are multiplied; what holds a sum is one factor."""
    return [product] if "(" in product or product == "1" else product.split("*")


def less(whole: str, part: str) -> str:
    """The difference of two products, with the factors of `part` outside where `whole` has all of them; "" for 0."""
    left: list[str] = factors(part) if part != "1" else []
    rest: list[str] = []
    written: list[str] = []
    for factor in factors(whole):
        if factor in left:
            left.remove(factor)
            written.append(factor)
            continue
        if not rest:
            written.append("")  # where the bracket stands
        rest.append(factor)
    if left or part == "1":
        return f"{whole} - {part}"
    return "*".join(factor or f"({'*'.join(rest)} - 1)" for factor in written) if rest else ""


def without(factors: list[str], common: list[str]) -> list[str]:
    """The other factors; of a factor that stands several times one is left out."""
    left = list(factors)
    for factor in common:
        left.remove(factor)
    return left


@cache
def summed(products: tuple[str, ...]) -> str:
    """The sum of products, with the factors that all have outside."""
    parts = [factors(product) for product in products]
    if len(parts) == 1:
        return "*".join(parts[0])
    common = [factor for factor in dict.fromkeys(parts[0]) if all(factor in part for part in parts) and factor != "1"]
    inner = ["*".join(without(part, common)) or "1" for part in parts]
    if not common:
        return joined(inner)
    together = str(len(inner)) if set(inner) == {"1"} else f"({joined(inner)})"
    return "*".join((together, *common))


def sums_of_products(products: str, sums: str, weights: str, inputs: str) -> Operations:
    """y = Σ w·x: every product once, in each phase; those that meet in a sum, an input or a weight are added there."""
    meet = {"forward": sums, "error": inputs, "gradient.weight": weights}
    return {
        phase: {"mul": products} | ({"sum": added} if (added := less(products, cells)) else {})
        for phase, cells in meet.items()
    }


def with_bias(operations: Operations, sums: str, outputs: str, bias: ParameterSpec, biases: str = "out") -> Operations:
    """The same with a bias, unless it is absent, added to every sum; back, the gradients of its outputs are added."""
    if bias is ABSENT:
        return operations
    added = less(outputs, "1" if bias.shared else biases)
    forward = operations["forward"]
    forward["sum"] = f"{forward['sum']} + {sums}" if "sum" in forward else sums
    return operations | {"gradient.bias": {"add": added} if added else {}}
