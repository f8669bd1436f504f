"""A formula written down: `plain` text that can be read back, `unicode` for people, `latex` for pages."""

from __future__ import annotations

from typing import Any

from hwsolve.formula.notation.plain import plain
from hwsolve.formula.notation.unicode import symbol, unicode

__all__ = ["latex", "latex_symbol", "plain", "symbol", "unicode"]


def __getattr__(name: str) -> Any:
    """LaTeX is loaded when a page asks for it."""
    if name in ("latex", "latex_symbol"):
        from hwsolve.formula.notation import tex

        return getattr(tex, name)
    raise AttributeError(name)
