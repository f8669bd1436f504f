"""A diagram laid out: where each shape, arrow and text stands, once for every format that draws.

Labels look for places (`places`); where one finds none the drawing grows.
"""

from __future__ import annotations

from hwsolve.figures import Diagram
from hwsolve.render.flow import Layout, Words
from hwsolve.render.flow_down import Downwards
from hwsolve.render.flow_right import Sideways

GROWS, TRIES = 1.12, 40  # how much a drawing grows where a label has no place, and how often


def laid_out(diagram: Diagram, words: Words) -> Layout:
    """The diagram with a place for every label."""
    flow = (Downwards if diagram.flow == "down" else Sideways)(diagram, words)
    spread = 1.0
    for _ in range(TRIES):
        if (found := flow.attempt(spread, quick=True)) is not None:
            return flow.attempt(spread) or found
        spread *= GROWS
    raise AssertionError("a label finds no place")
