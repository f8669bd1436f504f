"""Solutions written down: one module per format, each a function `render(solutions, options) -> str`.

A renderer knows lines, tables and figures; it does not know who filled the solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from hwsolve.render.options import Options
from hwsolve.solution import Solution

__all__ = ["FORMATS", "Options", "render"]

FORMATS: dict[str, str] = {
    "terminal": "hwsolve.render.terminal",
    "plain": "hwsolve.render.plain",
    "json": "hwsolve.render.json",
    "markdown": "hwsolve.render.markdown",
    "html": "hwsolve.render.html",
}


@cache
def renderer(format: str) -> Any:
    """The module of a format."""
    return import_module(FORMATS[format])


def render(solutions: Sequence[Solution], format: str, options: Options | None = None) -> str:
    """The solutions in one of the FORMATS, ending in a newline."""
    text: str = renderer(format).render(solutions, options or Options())
    return text
