"""The letters of an optimizer's own numbers, which step aside where a problem or a layer has them: β₁ of Adam beside β.

Nobody names them, so that `beta1` becomes `beta_opt1`, and all of its kind with it; so does the later of two of them.
"""

from __future__ import annotations

import re

import msgspec

from hwsolve.graph.graph import Graph
from hwsolve.graph.spelling import clash, quantities
from hwsolve.graph.update import ASIDE

ROLES = ("setting", "state", "temporary")


def step_aside(graph: Graph) -> dict[str, str]:
    """Give them other names where two things would be written alike: the new names by the old ones."""
    common = {n.name for n in graph.nodes.values() if n.role in ROLES and not n.of}
    every = list(quantities(graph))
    others = [one for one in every if one.node not in common]
    if clash(others) is not None:
        return {}  # the problem itself has to say which is which
    taken: set[str] = set()
    for one in (one for one in every if one.node in common):
        if clash((*others, one)) is None:
            others.append(one)
        else:
            taken.add(stem(one.name))
    new: dict[str, str] = {}
    for name, node in graph.nodes.items():
        label = graph.labels[name]
        if (name in common or node.follows in common) and stem(label.symbol) in taken:
            digits = label.symbol.removeprefix(stem(label.symbol))
            new[label.symbol] = f"{stem(label.symbol)}{ASIDE}{digits}"
            graph.labels[name] = msgspec.structs.replace(label, symbol=new[label.symbol])
    return new


def stem(symbol: str) -> str:
    """The letters in front of a number: beta of beta1 and beta2."""
    return re.sub(r"\d+$", "", symbol)
