"""Which names of a solution are indices: those that its lines declare, and those that stand where an index does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.formula.tree import BigOperator, Call, Formula, Ref, references, walk
from hwsolve.render.shift import BEHIND
from hwsolve.solution import Given, Group, Sentence, Solution


def index_names(solution: Solution) -> frozenset[str]:
    """The names of all indices; what else a name may range over, a size or a number, is none."""
    declared, others, placed = set(solution.indices), set[str](), set[str]()
    for domains in frees(solution):
        for name, domain in domains.items():
            (declared if domain == "index" or isinstance(domain, int) else others).add(name)
    for f in formulas((solution.given, solution.sections, solution.symbols, solution.answers)):
        placed |= set(at_indices(f))
    others |= {g.key.name for g in solution.given if not g.key.indices}
    keys = (getattr(line, "key", None) for line in solution.lines)
    others |= {key.name for key in keys if isinstance(key, Ref) and not key.indices}
    return frozenset(declared | (placed - others))


def frees(solution: Solution) -> Iterator[dict[str, Any]]:
    """What the names of lines, sentences and reasons range over."""
    for step in solution.sections:
        for item in step.items:
            if isinstance(item, Sentence | Group):
                yield item.free
        yield from (free for line in step.lines if (free := getattr(line, "free", None)))


def formulas(value: Any) -> Iterator[Formula]:
    """All formulas in a part of a solution."""
    if isinstance(value, Formula):
        yield value
    elif isinstance(value, tuple | list):
        for part in value:
            yield from formulas(part)
    elif isinstance(value, dict):
        yield from formulas(tuple(value.values()))
    elif isinstance(value, msgspec.Struct):
        parts = tuple(getattr(value, name) for name in value.__struct_fields__ if name != "quantity")
        yield from formulas(parts[:1] if isinstance(value, Given) else parts)


def at_indices(f: Formula) -> Iterator[str]:
    """The names that stand as indices, or run in a sum."""
    for node in walk(f):
        indices: tuple[Formula, ...] = ()
        if isinstance(node, BigOperator):
            yield node.index
        elif isinstance(node, Ref):
            indices = node.indices
        elif isinstance(node, Call) and node.name in BEHIND:
            indices = node.args[BEHIND[node.name] :]
        for index in indices:
            if isinstance(index, Ref) and not index.name[:1].isalpha():
                continue
            yield from (ref.name for ref in references(index) if not ref.indices)
