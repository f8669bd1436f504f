"""A diagram laid out: where each shape, arrow and text stands, once for every format that draws.

Labels look for places (`places`); where one finds none the drawing grows.
"""

from __future__ import annotations

from hwsolve.figures import Diagram
from hwsolve.render.flow import Flow, Layout, Words
from hwsolve.render.flow_down import Downwards
from hwsolve.render.flow_right import Sideways

GROWS, TRIES = 1.12, 40  # how much a drawing grows where a label has no place, and how often
PAGE = 940  # units across, beyond which labels are narrower if that helps


def laid_out(diagram: Diagram, words: Words) -> Layout:
    """The diagram with a place for every label."""
    if diagram.flow == "down":
        return grown(Downwards(diagram, words))
    found = grown(Sideways(diagram, words))
    if found.across <= PAGE:
        return found
    return min(found, grown(Sideways(diagram, words, stacked=True)), key=lambda layout: layout.across)


def grown(flow: Flow) -> Layout:
    """The smallest drawing in which every label has a place."""
    spread = 1.0
    for _ in range(TRIES):
        if (found := flow.attempt(spread, quick=True)) is not None:
            return flow.attempt(spread * flow.ease) or flow.attempt(spread) or found
        spread *= GROWS
    raise AssertionError("a label finds no place")
