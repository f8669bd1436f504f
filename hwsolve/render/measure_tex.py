"""How wide LaTeX is set, in em: by a table of advances of the fonts that pages of mathematics are set in.

A fraction is as wide as its wider part, scripts are at 0.7 of their size, a matrix is the sum of its columns.
"""

from __future__ import annotations

import re

ITALIC = {
    0.33: "iℓlι", 0.37: "t", 0.45: "bcejδ", 0.48: "opqrsεξθ", 0.52: "advyzgβζητζρI", 0.57: "hkuxκλγνυ",
    0.61: "fnαμπστφχ", 0.68: "ψωJLS", 0.75: "wATYZR", 0.8: "BCEFGOPQUV", 0.9: "mDHKNX", 1.08: "MW",
}  # fmt: skip
UPRIGHT = {
    0.28: "il,.:;'[]|", 0.33: "-I", 0.39: "()rst", 0.44: "cez", 0.5: "0123456789ago/", 0.55: "bdhknpquvxySFJ",
    0.63: "LEZ", 0.75: "ABCDGHKNOPQRTUVXY", 0.78: "w+=<>~^", 0.85: "m", 1.0: "MW",
}  # fmt: skip
NARROW = {c: w for w, chars in UPRIGHT.items() for c in chars}
SLANTED = {c: w for w, chars in ITALIC.items() for c in chars}
RELATIONS = ("=", "<", ">", "\\lt", "\\gt", "\\le", "\\ge", "\\approx", "\\ne", "\\to", "\\iff")
WIDER = {"\\iff": 2.95, "\\to": 1.55}
OPERATORS = {"+": 1.22, "-": 1.22, "\\times": 1.22, "\\odot": 1.22, "\\star": 0.95, "\\cdot": 0.72}
SPACES = {"\\quad": 1.0, "\\qquad": 2.0, "\\thinspace": 0.17, "\\mathstrut": 0.0, "\\left": 0.0, "\\right": 0.0}
SIGNS = {
    "\\partial": 0.56,
    "\\nabla": 0.84,
    "\\infty": 1.0,
    "\\top": 0.78,
    "\\ldots": 1.17,
    "\\sum": 1.45,
    "\\prod": 1.3,
    "\\int": 1.0,
    "\\lfloor": 0.45,
    "\\rfloor": 0.45,
    "\\langle": 0.39,
    "\\rangle": 0.39,
    "\\lceil": 0.45,
    "\\rceil": 0.45,
    "\\lvert": 0.28,
    "\\rvert": 0.28,
}
TALL = ("\\frac", "\\sum", "\\prod", "\\int")
BIG = ("\\sum", "\\prod", "\\max", "\\min")
FUNCTIONS = (
    "exp",
    "ln",
    "log",
    "sin",
    "cos",
    "tan",
    "arcsin",
    "arccos",
    "arctan",
    "sinh",
    "cosh",
    "tanh",
    "max",
    "min",
)
SIZES = {"\\small": 0.9, "\\scriptsize": 0.7, "\\tiny": 0.5}
GREEK = {"\\alpha": 0.64, "\\Theta": 0.78, "\\Omega": 0.72}  # about 0.58 for all others
TEXT = re.compile(r"\\(text|mathrm|operatorname|begin|end)\{([^{}]*)\}")
TOKEN = re.compile(r"\\[a-zA-Z]+|[{}_^&]|\S")
FENCE, COLUMN, BRACE = 0.88, 1.0, 1.0  # a tall bracket, the space between columns, a brace of cases


def em(text: str) -> float:
    """The width of a piece of mathematics."""
    return Measure(text).upto("")


class Measure:
    """Recursive descent; `here` is what stood before, for a sign is wider between two things than in front of one."""

    def __init__(self, text: str) -> None:
        self.tokens = tokens(text)
        self.at = 0
        self.raised = 0  # scripts around what is read: signs have no space beside them
        self.fractions = 0  # around what is read: in a second one all is smaller, and limits stand at the side

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1] if self.at <= len(self.tokens) else ""

    def peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def group(self) -> float:
        token = self.take()
        return self.upto("}") if token == "{" else self.one(token, "")

    def upto(self, end: str) -> float:
        """The width up to a token."""
        total, before, scale = 0.0, "", 1.0
        while (token := self.take()) not in (end, ""):
            if token in SIZES:
                scale = SIZES[token]
                continue
            total += scale * self.one(token, before)
            before = before if token in SPACES else token
        return total

    def one(self, token: str, before: str) -> float:
        """The width of what a token begins, its scripts with it."""
        width = self.base(token, before)
        scripts, limits = 0.0, token in BIG and not self.fractions
        while self.peek() in ("_", "^"):
            self.take()
            self.raised += 1
            scripts = max(scripts, 0.7 * self.group())
            self.raised -= 1
        if limits:
            return max(width, scripts) + 0.17
        return width + (scripts + 0.05 if scripts else 0.0)

    def base(self, token: str, before: str) -> float:
        if token == "{":
            return self.upto("}")
        if token in RELATIONS:
            return WIDER.get(token, 0.78 if self.raised else 1.33)
        if token in OPERATORS:
            if self.raised:
                return OPERATORS[token] - 0.44
            unary = before in ("", "(", "&", ",", *RELATIONS, *OPERATORS, "\\left")
            return 0.78 if unary and token == "-" else OPERATORS[token]
        if token == ",":
            return 0.45
        if token == "\\left":
            return 2 * (FENCE - NARROW["("]) if self.tall() else 0.0
        if token in SPACES:
            return SPACES[token]
        if token in SIGNS:
            return SIGNS[token]
        if token.startswith("\\"):
            return self.command(token[1:])
        if token in NARROW and not token.isalpha():
            return NARROW[token]
        return SLANTED.get(token, 1.0 if ord(token) > 0x2E7F else 0.6)

    def tall(self) -> bool:
        r"""Whether the brackets that a `\left` opens grow."""
        depth = 1
        for at in range(self.at, len(self.tokens)):
            token = self.tokens[at]
            if token in TALL or token.startswith("\\begin:"):
                return True
            depth += (token == "\\left") - (token == "\\right")
            if not depth:
                break
        return False

    def command(self, name: str) -> float:
        """The width of what a command takes."""
        if name.startswith(("text:", "mathrm:", "operatorname:")):
            kind, _, words = name.partition(":")
            return sum(map(upright, words)) + (0.17 if kind == "operatorname" else 0.0)
        if name == "frac":
            self.fractions += 1
            wider = max(self.group(), self.group()) * (1.0 if self.fractions == 1 else 0.72)
            self.fractions -= 1
            return wider + 0.24
        if name == "sqrt":
            return self.group() + 0.9
        if name in ("hat", "bar", "tilde", "phantom"):
            return self.group()
        if name.startswith("begin:"):
            return self.array(name.removeprefix("begin:"))
        if name in FUNCTIONS:
            return sum(map(upright, name)) + 0.17
        return GREEK.get("\\" + name, 0.58)

    def array(self, name: str) -> float:
        """A matrix or cases: the widest cell of each column."""
        columns: list[float] = []
        cell, place, before = 0.0, 0, ""
        while (token := self.take()) != f"\\end:{name}" and token:
            if token in ("&", "\\cr"):
                columns += [0.0] * (place + 1 - len(columns))
                columns[place] = max(columns[place], cell)
                place, cell, before = (place + 1 if token == "&" else 0), 0.0, ""
                continue
            cell += self.one(token, before)
            before = token
        columns += [0.0] * (place + 1 - len(columns))
        columns[place] = max(columns[place], cell)
        return sum(columns) + COLUMN * (len(columns) - 1) + (BRACE if name == "cases" else 2 * FENCE)


def tokens(text: str) -> list[str]:
    """Commands, signs and letters; a command whose argument is text, and an environment, are one token."""
    found: list[str] = []
    at = 0
    while at < len(text):
        match = TEXT.match(text, at)
        if match:
            found.append(f"\\{match[1]}:{match[2]}")
        else:
            match = TOKEN.match(text, at)
            if match:
                found.append(match[0])
        at = match.end() if match else at + 1
    return found


def upright(c: str) -> float:
    """An upright character in a text."""
    return 0.33 if c == " " else NARROW.get(c, 1.0 if ord(c) > 0x2E7F else 0.6)
