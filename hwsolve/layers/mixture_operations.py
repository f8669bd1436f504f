"""A mixture of experts by hand: logits of the router, the choice of the largest, weights, and the sum.

The rank of an expert is how many stand before it: those with a larger logit, and of equal logits those with a smaller
number.  m = 1 for the K first, else 0.  g is the softmax of the logits of those, which is that of all, p, divided by
its sum over them; told not to divide, g = m·p.  y = Σₑ gₑ·oₑ.
Source: arXiv 1701.06538; arXiv 2401.04088, whose softmax over the chosen logits is this one.
"""

from __future__ import annotations

from hwsolve import numbers
from hwsolve.formula.tree import Ref, call
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.graph import Builder
from hwsolve.graph.label import Called
from hwsolve.graph.operation import Array, repeated
from hwsolve.language import say
from hwsolve.layers.items import Item
from hwsolve.layers.softmax import SoftmaxOperation, softmax

BEFORE = "Sum(if(r[s] >= r[e], 1, 0), s, 1, e - 1) + Sum(if(r[s] > r[e], 1, 0), s, e + 1, S)"
AMONG = "m[e]*exp(r[e])/Sum(m[s]*exp(r[s]), s, 1, S)"
SLOPE = "m[m1]*y[m1]*(g[m1] - Sum(m[s]*g[s]*y[s], s, 1, S))"  # exactly 0 where m is
QUANTITIES = {
    "p": Called(say("the weights that the router gives to all experts"), many=True),
    "g": Called(say("the weights of the experts in the sum"), many=True),
}


class AmongChosen(ByFormula, frozen=True):
    """g[e] = m[e] exp(r[e])/Σₛ m[s] exp(r[s]); array code keeps exponentials in range."""

    by_rows = True

    def forward(self, *arrays: Array) -> Array:
        """Each row sums to 1 over those that are chosen, and is 0 elsewhere."""
        import numpy as np

        m, r = arrays
        g = np.zeros(r.shape) if numbers.is_float(r) else repeated(numbers.exact(0), r.shape)
        for row in np.ndindex(m.shape[:-1]):
            at = (*row, [e for e, chosen in enumerate(m[row]) if chosen != 0])
            g[at] = softmax(r[at])
        return g


def build_mixture(item: Item, builder: Builder, nodes: dict[str, str]) -> str:
    """Write what stands behind the router and the experts."""
    builder.words = QUANTITIES
    logits, *experts = [nodes[branch.end.name] for branch in item.branches]
    active: int = item.options["active"]
    builder.graph.units[logits] = ("e", say("the experts"))
    before = ByFormula(BEFORE, ("r",), ("r",), ("e",), constants=(0,))
    rank = builder.forward(before, (logits,), builder.free_symbol("rank"), port=-1)
    chosen = ByFormula("if(q[e] < K, 1, 0)", ("q",), ("q",), ("e",), constants=(0,), numbers=(("K", active),))
    m = builder.forward(chosen, (rank,), builder.free_symbol("m"), port=-1)
    if item.options["renormalize"]:
        among = AmongChosen(AMONG, ("m", "r"), ("m", "r"), ("e",), constants=(0,), slopes=(("r", SLOPE),))
        g = builder.forward(among, (m, logits), builder.free_symbol("g"), port=-1)
    else:
        p = builder.forward(SoftmaxOperation(0), (logits,), builder.free_symbol("p"), port=-1)
        weighed = ByFormula("m[e]*p[e]", ("m", "p"), ("m", "p"), ("e",), constants=(0,))
        g = builder.forward(weighed, (m, p), builder.free_symbol("g"), port=-1)
    names = tuple(f"o{k}" for k in range(1, len(experts) + 1))
    text = " + ".join(f"w[{k}]*{name}[j]" for k, name in enumerate(names, 1))
    builder.remark(
        say(
            "{m} is one for the experts that work, {k} of them, and zero for the others. {rank} says how many experts "
            "stand in front of one: those with a larger logit, and of equal logits those that come first.",
            k=active,
            m=call("whole", Ref(builder.graph.symbol(m))),
            rank=call("whole", Ref(builder.graph.symbol(rank))),
        )
    )
    if active < len(experts) and item.options["renormalize"]:
        builder.remark(say("Where an expert rests it gets no gradient, and neither does its logit."))
    elif active < len(experts):
        of = call("whole", Ref(builder.graph.symbol(p)))
        builder.remark(say("Where an expert rests it gets no gradient; its logit does, through the sum in {p}.", p=of))
    mixed = ByFormula(text, ("w", *names), ("w", *names), ("j",))
    return builder.forward(mixed, (g, *experts), builder.free_symbol("y"))
