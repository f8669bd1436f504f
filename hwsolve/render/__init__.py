"""Solutions written down: one module per format, each a function `render(solutions, options)`: text, or bytes.

A renderer knows lines, tables and figures; it does not know who filled the solution.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib import import_module
from typing import Any

from hwsolve.render.options import Options
from hwsolve.solution import Solution

__all__ = ["ALONE", "BINARY", "ENDINGS", "FORMATS", "Options", "demand", "render"]

FORMATS: dict[str, str] = {
    "terminal": "hwsolve.render.terminal",
    "plain": "hwsolve.render.plain",
    "json": "hwsolve.render.json",
    "markdown": "hwsolve.render.markdown",
    "html": "hwsolve.render.html",
    "latex": "hwsolve.render.latex",
    "typst": "hwsolve.render.typst",
    "pdf": "hwsolve.render.pdf",
    "notebook": "hwsolve.render.notebook_file",
}
ENDINGS = {  # of files; .txt for all others
    "json": ".json",
    "markdown": ".md",
    "html": ".html",
    "latex": ".tex",
    "typst": ".typ",
    "pdf": ".pdf",
    "notebook": ".ipynb",
}
ALONE = ("html", "latex", "typst", "pdf", "notebook")  # each result is a file of its own: several do not make one text
BINARY = ("pdf",)  # no text


@cache
def renderer(format: str) -> Any:
    """The module of a format."""
    return import_module(FORMATS[format])


def demand(format: str) -> None:
    """A wrong call where a format needs what is not there, before anything is solved."""
    check = getattr(renderer(format), "demand", None)
    if check is not None:
        check()


def render(solutions: Sequence[Solution], format: str, options: Options | None = None) -> str | bytes:
    """The solutions in one of the FORMATS; text ends in a newline."""
    written: str | bytes = renderer(format).render(solutions, options or Options())
    return written
