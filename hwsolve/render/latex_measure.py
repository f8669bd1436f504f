r"""How wide mathematics of a document is, in em: it has rows that end in `\\\\`, and signs that are not seen."""

from __future__ import annotations

import re
from functools import lru_cache

from hwsolve.render.measure_tex import em as measured

UNSEEN = re.compile(r"\\phantom\{([^{}]*)\}")
ARRAY = re.compile(r"(?<=\{)array(\}\{c+\})|(?<=\\end\{)array(?=\})")
ESCAPED = re.compile(r"\\text[a-z]+\{\}|\\([_{}$&#%])")


@lru_cache(maxsize=4096)
def em(text: str) -> float:
    """The width of a piece."""
    plain = ESCAPED.sub(r"\1", UNSEEN.sub(r"\1", text).replace("\\\\", "\\cr "))
    return measured(ARRAY.sub(lambda found: "matrix" + ("}" if found[1] else ""), plain))
