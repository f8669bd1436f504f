"""A mixture of experts by hand: logits of the router, their softmax, the choice of the largest, weights, and the sum.

p = softmax(r); the rank of an expert is how many stand before it: those with a larger logit, and of equal logits those
with a smaller number.  m = 1 for the K first, else 0; g = m·p, divided by Σ m·p unless told otherwise; y = Σₑ gₑ·oₑ.
Source: arXiv 1701.06538; arXiv 2401.04088, whose softmax over the chosen logits gives the same weights.
"""

from __future__ import annotations

from hwsolve.formula.tree import Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.language import say
from hwsolve.layers.items import Item
from hwsolve.layers.softmax import SoftmaxOperation

BEFORE = "Sum(if(r[s] >= r[e], 1, 0), s, 1, e - 1) + Sum(if(r[s] > r[e], 1, 0), s, e + 1, S)"


def build_mixture(item: Item, builder: Builder, nodes: dict[str, str]) -> str:
    """Write what stands behind the router and the experts."""
    logits, *experts = [nodes[branch.end.name] for branch in item.branches]
    active: int = item.options["active"]
    p = builder.forward(SoftmaxOperation(0), (logits,), builder.free_symbol("p"), port=-1)
    before = ByFormula(BEFORE, ("r",), ("r",), ("e",), constants=(0,))
    rank = builder.forward(before, (logits,), builder.free_symbol("rank"), port=-1)
    chosen = ByFormula("if(q[e] < K, 1, 0)", ("q",), ("q",), ("e",), constants=(0,), numbers=(("K", active),))
    m = builder.forward(chosen, (rank,), builder.free_symbol("m"), port=-1)
    body = "m[e]*p[e]/Sum(m[s]*p[s], s, 1, S)" if item.options["renormalize"] else "m[e]*p[e]"
    weighed = ByFormula(body, ("m", "p"), ("m", "p"), ("e",), constants=(0,))
    g = builder.forward(weighed, (m, p), builder.free_symbol("g"), port=-1)
    names = tuple(f"o{k}" for k in range(1, len(experts) + 1))
    text = " + ".join(f"w[{k}]*{name}[j]" for k, name in enumerate(names, 1))
    builder.remark(
        say(
            "{m} is one for the {k} experts that work, and zero for the others. {rank} says how many experts stand in "
            "front of one: those with a larger logit, and of equal logits those that come first.",
            k=active,
            m=call("whole", Ref(builder.graph.symbol(m))),
            rank=call("whole", Ref(builder.graph.symbol(rank))),
        )
    )
    mixed = ByFormula(text, ("w", *names), ("w", *names), ("j",))
    return builder.forward(mixed, (g, *experts), builder.free_symbol("y"))
