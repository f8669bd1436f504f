"""Drawings as data, for a reader that draws them anew."""

from __future__ import annotations

from collections.abc import Callable

from hwsolve.figures import Bars, Curve, Diagram, Edge, Figure, Node
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula
from hwsolve.render.json_formulas import Object
from hwsolve.solution import Text

Words = Callable[[Text], str]  # words in the language of the page


def figure(f: Figure, text: Words) -> Object:
    """The data of a drawing."""
    if isinstance(f, Curve):
        return {
            "kind": "curve",
            "title": text(f.title),
            "x_label": text(f.x_label),
            "y_label": text(f.y_label),
            "x": f.x,
            "series": [{"name": text(name), "y": y} for name, y in f.series],
            "log": f.log,
        }
    if isinstance(f, Bars):
        bars = [{"name": text(name), "value": value} for name, value in f.bars]
        return {"kind": "bars", "title": text(f.title), "bars": bars}
    if isinstance(f, Diagram):
        return diagram(f, text)
    outside = {"outside": f.outside, "legend": text(f.legend)} if f.outside else {}
    return {"kind": "grid", "title": text(f.title), "cells": f.cells, "marked": f.marked} | outside


def diagram(f: Diagram, text: Words) -> Object:
    """Nodes and arrows."""

    def written(label: Formula | Text) -> str:
        """A symbol, or words."""
        return plain(label) if isinstance(label, Formula) else text(label)

    def shown(part: Node | Edge) -> Object:
        """What stands at a node or an arrow."""
        values = {"value": part.value, "gradient": part.gradient}
        made = {"label": written(part.label)} | {k: q.text for k, q in values.items() if q is not None}
        return made | (more(part) if isinstance(part, Node) else {})

    def more(node: Node) -> Object:
        """What only some nodes have."""
        found = {"slope": node.slope, "formula": node.formula, "sum": node.sum}
        arrays = {"values": node.values, "gradients": node.gradients}
        value = {} if node.sum_value is None else {"sum_value": node.sum_value.text}
        return (
            {k: written(text) for k, text in found.items() if text}
            | value
            | {k: [[q.text for q in row] for row in rows] for k, rows in arrays.items() if rows}
        )

    frames = [{"nodes": frame.nodes, "label": text(frame.label)} for frame in f.frames]
    return {
        "kind": "diagram",
        "title": text(f.title),
        "caption": text(f.caption),
        "nodes": [{"id": n.id, "rank": n.rank, "shape": n.shape, "size": text(n.size)} | shown(n) for n in f.nodes],
        "edges": [{"start": e.start, "end": e.end} | shown(e) for e in f.edges],
    } | ({"frames": frames} if frames else {})
