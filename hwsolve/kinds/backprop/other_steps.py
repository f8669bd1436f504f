"""What a spec names at a step that is not written out, carried over from there."""

from __future__ import annotations

from typing import Any

from hwsolve.graph.elements import elements
from hwsolve.graph.run import Trajectory
from hwsolve.language import say
from hwsolve.solution import Line


def other_steps(page: Any, trajectory: Trajectory) -> None:
    """Append it as a step of the page."""
    lines: list[Line] = []
    nodes: dict[str, str] = {}
    graph = page.computation.graph
    for node_name, label in graph.labels.items():
        for symbol in (label.symbol, *label.elements.values()):
            nodes.setdefault(symbol, node_name)
    for symbol, step in {(one.name.partition("@")[0], one.step): None for one in (*page.named, *page.alone)}:
        name = nodes.get(symbol)
        if name is None or step > page.steps or step in page.passes() or name == graph.loss:
            continue
        page.at(step, trajectory)
        node = page.graph.nodes[name]
        for indices in elements(node.shape):
            lines.extend(page.writer.carry({page.writer.key(name, indices): (name, indices)}))
        lines.extend(page.entering.enter(node, page.answers))
    page.section(say("Other steps"), lines)
