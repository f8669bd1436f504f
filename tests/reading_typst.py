"""The skeleton of a formula in Typst: atoms, signs, parentheses and bars, as `tests.reading_markup` gives it of LaTeX."""

from __future__ import annotations

import re

from tests.reading_markup import tidy

TOKEN = re.compile(r'(?<=\$)\);|"(?:\\.|[^"\\])*"|#[a-z]+|[A-Za-z]{2,}|\d+(?:\.\d+)?|\S')
ENCLOSED = {"abs": "||", "floor": "⌊⌋", "ceil": "⌈⌉"}
HATS = {"\u0302": "^", "\u0304": "¯", "\u0303": "~"}


def typst_skeleton(text: str) -> str:
    """The skeleton of Typst."""
    reader = Reader(TOKEN.findall(text))
    found = reader.upto("")
    return tidy(found)


def unquoted(token: str) -> str:
    return re.sub(r"\\(.)", r"\1", token[1:-1])


class Reader:
    """Recursive descent over what Typst is written with."""

    def __init__(self, tokens: list[str]) -> None:
        self.tokens, self.at = [*tokens, ""], 0

    def token(self) -> str:
        self.at += 1
        return self.tokens[self.at - 1]

    def expect(self, token: str) -> None:
        found = self.token()
        assert found == token, (found, token, self.tokens)

    def upto(self, *ends: str) -> str:
        """Everything before one of the signs, which is left."""
        out = ""
        while self.tokens[self.at] not in ends:
            token = self.token()
            assert token, ("the end", self.tokens)
            out += self.one(token)
        return out

    def arguments(self) -> list[list[str]]:
        """Rows, parted by `;`, of arguments, parted by `,`."""
        self.expect("(")
        rows: list[list[str]] = [[]]
        while True:
            rows[-1].append(self.upto(",", ";", ")"))
            end = self.token()
            if end == ")":
                return rows
            if end == ";":
                rows.append([])

    def group(self) -> str:
        """What is lowered or raised, without its parentheses."""
        self.expect("(")
        inner = self.upto(")")
        self.expect(")")
        return inner

    def one(self, token: str) -> str:
        if token.startswith('"'):
            return unquoted(token)
        if token in ("_", "^"):
            return f"{'↓' if token == '_' else '↑'}⟨{self.group()}⟩"
        if token == "'":
            return "′"
        if token == "(":
            inner = self.upto(")")
            self.expect(")")
            return f"({inner})"
        if token == "#hide":
            self.expect("(")
            self.expect("$")
            self.upto("$")
            self.expect("$")
            assert self.tokens[self.at] != ");", "Typst takes a semicolon behind #hide() for its end"
            self.expect(")")
            return ""
        if len(token) > 1 and token.isalpha():
            return self.named(token)
        return token

    def named(self, name: str) -> str:
        """A function of Typst."""
        if name == "thin":
            return ""
        if self.tokens[self.at] == ":":  # the name of an argument
            return name
        rows = self.arguments()
        args = rows[0]
        if name == "frac":
            return f"⟨{args[0]}∕{args[1]}⟩"
        if name == "sqrt":
            return f"√⟨{args[0]}⟩"
        if name == "accent":
            return HATS[args[1]] + args[0]
        if name == "op":
            return args[0]
        if name in ENCLOSED:
            return ENCLOSED[name][0] + args[0] + ENCLOSED[name][1]
        if name == "attach":
            place, _, script = args[1].partition(":")
            return f"{args[0]}{'↑' if place == 't' else '↓'}⟨{script}⟩"
        if name == "mat":
            return f"({';'.join('&'.join(row) for row in rows)})"
        assert name == "cases", f"Typst may not know {name}"
        return "{" + ";".join(args)
