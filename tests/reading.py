"""A reader of printed mathematics, for tests: what a person takes `v₁₁x₁ + 2(a − b)²/3` to mean, in Fractions.

Symbols side by side are one factor and bind more than a stroke; × and · bind as a stroke does, from left to right.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
TOKEN = re.compile(
    r"\s*(?:(?P<number>\d[\d,]*(?:\.\d+)?)|(?P<word>[a-z]+_[a-z]+)|(?P<partial>∂\w/∂\w)"
    r"|(?P<symbol>[a-zA-Zα-ωΑ-Ω][₀-₉]*(?:⁺|⟨\d+⟩)?)|(?P<power>[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+)|(?P<sign>[-−+×·/()^]))"
)
ALONE = ("word", "partial")  # what has a sign on both sides


def meaning(text: str, value: Callable[[str], Fraction]) -> Fraction:
    """The value of a printed formula; `value` gives that of a symbol."""
    return Reader(text, value).whole()


def from_latex(text: str) -> str:
    """The same formula in the characters that `meaning` reads."""
    text = (
        text.replace("{,}", "")
        .replace("\\left", "")
        .replace("\\right", "")
        .replace("\\times", "×")
        .replace("\\cdot", "·")
    )
    text = re.sub(r"\\text\{(\w+)-(\w+)\}", r"\1_\2", text)
    text = re.sub(r"\\frac\{\\partial (\w)\}\{\\partial (\w)\}", r"(∂\1/∂\2)", text)  # a fraction bar holds together
    while found := re.search(r"\\frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", text):
        text = text[: found.start()] + f"(({found[1]})/({found[2]}))" + text[found.end() :]
    return stepped(re.sub(r"\^\{([^{}]*)\}", r"^(\1)", text.replace("\\langle ", "⟨").replace("\\rangle", "⟩")))


def stepped(text: str) -> str:
    """What is raised and no power: the mark of a step, a plus sign alone or a number in angle brackets."""
    return re.sub(r"\^\((⟨\d+⟩)\)", r"\1", text.replace("^(+)", "⁺"))


class Reader:
    """Recursive descent over the characters."""

    def __init__(self, text: str, value: Callable[[str], Fraction]) -> None:
        self.value = value
        self.tokens: list[tuple[str, str]] = []
        at = 0
        while at < len(text.rstrip()):
            match = TOKEN.match(text, at)
            assert match, f"unreadable: {text[at:]!r}"
            self.tokens.append((match.lastgroup or "", match.group(match.lastgroup or 0)))
            at = match.end()
        self.at = 0

    def peek(self) -> tuple[str, str]:
        return self.tokens[self.at] if self.at < len(self.tokens) else ("end", "")

    def take(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1][1]

    def whole(self) -> Fraction:
        result = self.sum()
        assert self.peek()[0] == "end", f"left over: {self.tokens[self.at :]}"
        return result

    def sum(self) -> Fraction:
        negative = self.peek()[1] in ("−", "-") and bool(self.take())
        result = -self.product() if negative else self.product()
        while self.peek()[1] in ("+", "−", "-"):
            plus = self.take() == "+"
            assert self.peek()[1] not in ("−", "-"), "two signs behind each other"
            term = self.product()
            result = result + term if plus else result - term
        return result

    def product(self) -> Fraction:
        result = self.beside()
        while self.peek()[1] in ("×", "·", "/"):
            divide = self.take() == "/"
            factor = self.beside()
            result = result / factor if divide else result * factor
        return result

    def beside(self) -> Fraction:
        result = self.power()
        numbers = self.tokens[self.at - 1][0] == "number"
        while self.peek()[0] in ("symbol", "number", *ALONE) or self.peek()[1] == "(":
            assert self.tokens[self.at - 1][0] not in ALONE and self.peek()[0] not in ALONE, "no sign beside it"
            assert not (numbers and self.peek()[0] == "number"), "two numbers side by side"
            numbers = self.peek()[0] == "number"
            result *= self.power()
        return result

    def power(self) -> Fraction:
        kind, text = self.peek()
        self.at += 1
        if text == "(":
            base = self.sum()
            assert self.take() == ")"
        elif kind == "number":
            base = Fraction(text.replace(",", ""))
        else:
            assert kind in ("symbol", *ALONE), f"unexpected {text!r}"
            base = self.value(text)
            assert kind != "partial" or self.peek()[0] != "power", "a power of a part of it"
        if self.peek()[0] == "power":
            return base ** int(self.take().translate(SUPER))
        if self.peek()[1] == "^":
            self.take()
            assert self.take() == "("
            exponent = self.sum()
            assert self.take() == ")"
            return base ** int(exponent)
        return base
