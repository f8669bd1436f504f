"""The names of a network's sizes: each must differ from the keys of the answers, and from the others on paper."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula, references
from hwsolve.language import say
from hwsolve.layers.items import Item, Network
from hwsolve.spec.report import ROOT, Report


def check_size_names(network: Network, keys: frozenset[str], report: Report) -> None:
    """Note a size that is called as a key is, and two that are written alike."""
    names = list(
        dict.fromkeys((*names_of(tuple([w.shape for w in network.inputs.values()])), *names_in(network.items)))
    )
    path, hint = ROOT / "network", say("Choose another name.")
    for name in names:
        if name in keys:
            report.add(network.node, path, say("`{name}` is a key of the answers, and a size here.", name=name), hint)
    if len(names) > 1:
        from hwsolve.graph.spelling import Named, clash

        found = clash(Named(name, name) for name in names)
        if found is not None:
            report.add(network.node, path, found.sentence(), hint)


def names_in(items: tuple[Item, ...]) -> Iterator[str]:
    """The names among the sizes of layers and of their settings."""
    for item in items:
        yield from names_of((item.output, item.times, item.active))
        if item.layer is not None:
            for value in msgspec.structs.astuple(item.layer):
                if isinstance(value, tuple | Formula):
                    yield from names_of(value)
        for branch in item.branches:
            yield from names_in(branch.items)


def names_of(value: Any) -> Iterator[str]:
    """The names in sizes, also within tuples."""
    if isinstance(value, tuple):
        for part in value:
            yield from names_of(part)
    elif isinstance(value, Formula):
        yield from (ref.name for ref in references(value))
