r"""Words inside mathematics: `\text{as }\beta\text{ is}`.  In `\text` stand only letters, digits and few signs.

KaTeX has no glyph there for Greek letters and signs of mathematics, and Markdown reads some others as its own: what
has a command stands outside of `\text`, anything else is a hyphen.
"""

from __future__ import annotations

import re
from functools import lru_cache
from unicodedata import normalize

from hwsolve.formula.notation.names import GREEK, NO_NAMES

COMMANDS = {letter: f"\\{name}" for name, letter in GREEK.items() if name not in NO_NAMES}
COMMANDS |= {"∞": "\\infty", "ο": "o", "ε": "\\varepsilon", "φ": "\\varphi"}
SIGNS = {
    "=": "=",
    "≈": "\\approx",
    "≠": "\\ne",
    "<": "\\lt",
    ">": "\\gt",
    "≤": "\\le",
    "≥": "\\ge",
    "→": "\\to",
    "⟺": "\\iff",
    "+": "+",
    "−": "-",
    "×": "\\times",
    "·": "\\cdot",
    "⊙": "\\odot",
    "⋆": "\\star",
    "/": "/",
    "∂": "\\partial",
    "′": "'",
    "√": "\\surd",
    "∑": "\\sum",
    "∫": "\\int",
    "⌊": "\\lfloor",
    "⌋": "\\rfloor",
    "⟨": "\\langle",
    "⟩": "\\rangle",
    "…": "\\ldots",
    "✓": "\\checkmark",
    "✗": "\\times",
    "⊤": "\\top",
    "ᵀ": "^{\\top}",
    "±": "\\pm",
}
BESIDE = re.compile(" ?([=≈≠<>≤≥→⟺+−×·⊙⋆]) ?")  # signs that have space of their own
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿ", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ᵢⱼₖₗₘₙₚᵣₛₜᵤᵥₓₐₑₕₒ"
CJK = "\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef"
PLAIN = f"[A-Za-z0-9 .,;:()'{CJK}-]"  # an apostrophe too: PyTorch's
RUN = re.compile(rf"({PLAIN}+)|([{RAISED}]+)|([{LOWERED}]+)|(.)", re.DOTALL)


@lru_cache(maxsize=512)
def words(text: str) -> str:
    """Upright text, with signs and Greek letters between as mathematics."""
    written = ""
    run = ""
    for found in RUN.finditer(BESIDE.sub(r"\1", text)):
        plain, raised, lowered, char = found.groups()
        if char is not None and char not in COMMANDS and char not in SIGNS:
            plain = "".join(re.findall(PLAIN, normalize("NFKD", char))) or "-"
        if plain is not None:
            run += plain
            continue
        if run:
            written, run = f"{written}\\text{{{run}}}", ""
        if raised or lowered:
            inner = normalize("NFKD", raised or lowered).replace("\N{MINUS SIGN}", "-")
            written += f"{{}}^{{{inner}}}" if raised else f"\\mathstrut_{{{inner}}}"
        else:
            written += (COMMANDS.get(char) or SIGNS[char]) + " "
    return f"{written}\\text{{{run}}}" if run or not written else written
