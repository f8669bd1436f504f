"""A drawing as PNG, by way of Typst, which the extra `hwsolve[pdf]` installs."""

from __future__ import annotations

from importlib.util import find_spec

from hwsolve.errors import CallError
from hwsolve.formula.notation.typst import quoted
from hwsolve.language import say
from hwsolve.render.pdf import compiled

RESOLUTION = 192  # dots per inch


def demand() -> None:
    """A wrong call where Typst is not installed."""
    if find_spec("typst") is None:
        raise CallError(say("PNG needs the package typst: pip install 'hwsolve[pdf]'. -f svg works without it."))


def png(svg: str) -> bytes:
    """The drawing on a page of its size."""
    source = f'#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes({quoted(svg)}), format: "svg")\n'
    return compiled(source, "png", RESOLUTION)[0]
