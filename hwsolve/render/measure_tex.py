r"""About how wide LaTeX mathematics is, in em: `\frac` as its wider part, scripts at 0.7, matrices by columns."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from unicodedata import east_asian_width

TOKEN = re.compile(r"\\[a-zA-Z]+\*?|\\.|[{}^_&]|\s+|.", re.DOTALL)
BINARY = frozenset(("+", "-", "\\times", "\\cdot", "\\odot", "\\pm"))
RELATIONS = frozenset(
    ("=", "<", ">", "\\approx", "\\le", "\\ge", "\\ne", "\\lt", "\\gt", "\\to", "\\iff", "\\Rightarrow")
)
SPACES = {"\\quad": 1.0, "\\qquad": 2.0, "\\thinspace": 0.17, "\\,": 0.17, "\\enspace": 0.5}
NOTHING = frozenset(("\\displaystyle", "\\mathstrut", "\\left", "\\right", "{", "}", "\\limits", "\\strut"))
BIG = {"\\sum": 1.44, "\\prod": 1.28, "\\int": 0.9, "\\max": 1.7, "\\min": 1.6}
NARROW = {".": 0.28, ",": 0.45, "(": 0.39, ")": 0.39, "[": 0.28, "]": 0.28, "'": 0.3, "|": 0.28, ";": 0.45, "!": 0.28}
TEXT = ("\\text", "\\operatorname", "\\mathrm", "\\texttt", "\\textbf")
BESIDE, FENCE = 0.24, 0.85  # at the sides of a fraction, and of a matrix


@lru_cache(maxsize=4096)
def em(text: str) -> float:
    """The width of a formula in display style."""
    return sum(width for width, _ in atoms(TOKEN.findall(text)))


def atoms(tokens: list[str]) -> Iterator[tuple[float, str]]:
    """The width of each thing that stands side by side, its scripts included."""
    at = 0
    previous = ""
    while at < len(tokens):
        token = tokens[at]
        if token in ("^", "_"):
            scripts = 0.0
            while at < len(tokens) and tokens[at] in ("^", "_"):
                inner, at = argument(tokens, at + 1)
                scripts = max(scripts, 0.7 * wide(inner))
            yield (max(0.0, scripts - BIG[previous]) if previous in BIG else scripts), ""
            continue
        if token == "\\begin":
            name, start = argument(tokens, at + 1)
            end = closing(tokens, start)
            yield environment("".join(name), tokens[start:end]), ""
            _, at = argument(tokens, end + 1)
        elif token == "\\frac":
            top, at = argument(tokens, at + 1)
            bottom, at = argument(tokens, at)
            yield max(wide(top), wide(bottom)) + BESIDE, ""
        elif token == "\\sqrt":
            inner, at = argument(tokens, at + 1)
            yield wide(inner) + 0.85, ""
        elif token in TEXT:
            inner, at = argument(tokens, at + 1)
            yield text_em("".join(inner)), ""
        else:
            yield single(token, previous), ""
            at += 1
        if not token.isspace():
            previous = token


def wide(tokens: list[str]) -> float:
    """The width of a part."""
    return sum(width for width, _ in atoms(tokens))


def argument(tokens: list[str], at: int) -> tuple[list[str], int]:
    """What stands in braces, or the one thing that stands there, and where it ends."""
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    if at >= len(tokens) or tokens[at] != "{":
        return tokens[at : at + 1], at + 1
    depth, end = 0, at
    for end in range(at, len(tokens)):
        depth += (tokens[end] == "{") - (tokens[end] == "}")
        if depth == 0:
            break
    return tokens[at + 1 : end], end + 1


def closing(tokens: list[str], at: int) -> int:
    r"""Where the `\end` of an environment stands."""
    depth = 1
    for n in range(at, len(tokens)):
        depth += (tokens[n] == "\\begin") - (tokens[n] == "\\end")
        if depth == 0:
            return n
    return len(tokens)


def environment(name: str, tokens: list[str]) -> float:
    """A matrix or a list of cases: the widest cell of each column."""
    if name == "array":
        _, start = argument(tokens, 0)
        tokens = tokens[start:]
    columns: dict[int, float] = {}
    cell: list[str] = []
    column = depth = 0
    for token in [*tokens, "\\\\"]:
        depth += (token == "\\begin") - (token == "\\end")
        if depth == 0 and token in ("&", "\\\\", "\\cr"):
            columns[column] = max(columns.get(column, 0.0), wide(cell))
            column = column + 1 if token == "&" else 0
            cell = []
        else:
            cell.append(token)
    return sum(columns.values()) + (len(columns) - 1) * 1.0 + FENCE


def single(token: str, previous: str) -> float:
    """One sign."""
    if token.isspace() or token in NOTHING:
        return 0.0
    if token in SPACES:
        return SPACES[token]
    if token in RELATIONS:
        return 1.34
    if token in BINARY:
        alone = previous in ("", "(", "{", "&", "=", "[") or previous in RELATIONS | BINARY
        return 0.78 if alone else 1.22 if token != "\\cdot" else 0.73
    if token in BIG:
        return BIG[token] + 0.17
    if token in NARROW:
        return NARROW[token]
    if token.isdigit():
        return 0.5
    if token.startswith("\\operatorname") or len(token) > 1:
        return 0.3 * len(token) if token in ("\\ln", "\\exp", "\\tanh", "\\sin", "\\cos", "\\log") else 0.65
    return text_em(token) if not token.isascii() else 0.85 if token in "mwMW" else 0.78 if token.isupper() else 0.57


def text_em(text: str) -> float:
    """Upright text."""
    plain = re.sub(r"\\[a-zA-Z]+(?:\{\})?", "x", text).replace("{", "").replace("}", "").replace("$", "")
    return sum(
        1.0 if east_asian_width(c) in "WF" else 0.3 if c in " .,;:il'" else 0.8 if c.isupper() else 0.52
        for c in plain.replace("\\", "")
    )
