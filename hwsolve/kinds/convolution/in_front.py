"""The activation in front of a layer of windows: a[i] = f(z[i]), with its derivative."""

from __future__ import annotations

import msgspec

from hwsolve.formula.differentiate import differentiate
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, call, references, substitute
from hwsolve.graph.graph import Graph
from hwsolve.kinds.convolution.gathering import factors_of
from hwsolve.kinds.convolution.single_layer import SingleLayerProblem, stated


class Before(msgspec.Struct, frozen=True):
    """The activation a = f(z) in front of a layer: its derivative, and f itself unless it is any function."""

    name: str
    slope: Formula
    function: Formula | None = None

    def at(self, z: Formula) -> Formula:
        """f′(z)."""
        return substitute(self.slope, {"z": z})

    def passed(self, f: Formula, z: Formula) -> Formula:
        """f′(z) times a gradient, behind a constant of it such as the share of a mean."""
        first, *others = factors_of(f)
        constant = bool(others) and not any(ref.indices for ref in references(first))
        front, rest = ((first,), others) if constant else ((), [first, *others])
        return call("*", *front, *factors_of(self.at(z)), *rest)


def before(problem: SingleLayerProblem, graph: Graph, copies: bool) -> Before | None:
    """The activation in front of the layer, as a function of z and of its parameter.

    None where `copies` stand between the two: the formulas end at the map that has them.
    """
    activation = problem.activation
    if activation is None or copies:
        return None
    if isinstance(activation, str):
        return Before(activation, Call(f"d_{activation}", (Ref("z"),)))
    node = graph.nodes[graph.nodes[graph.output].inputs[0]]
    assert node.operation is not None
    read = {
        name: graph.numbers.get(i, Ref(graph.symbol(i)))
        for name, i in zip(node.operation.inputs, node.inputs, strict=True)
    }
    f = substitute(parse(activation.formula_text()), read)
    slope: Formula = differentiate(f, Ref("z"))
    return Before(stated(problem, "activation").type, slope, f)
