"""The errors of one spec, collected while it is read and shown together, each with its place.

nets/lenet.yaml:6:29: `kernel_size` takes 1 or 2 sizes, not 3.
  at network.layers[3].kernel_size
  6 |     - conv2d: {kernel_size: [5, 5, 5]}
    |                             ^
  hint: …
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable

import msgspec

from hwsolve.language import Message, say, visible
from hwsolve.spec.names import clip, did_you_mean, listed, suggest
from hwsolve.spec.nodes import Node

__all__ = [
    "ROOT",
    "Error",
    "Full",
    "Path",
    "Report",
    "SpecFailure",
    "clip",
    "did_you_mean",
    "listed",
    "numbered_lines",
    "suggest",
]

LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
WIDTH = 100  # columns of a source line that are shown around the caret
MOST = 1000  # errors that are shown of one text


class Path(msgspec.Struct, frozen=True, gc=False):
    """The way from the top of a spec to a node; a step is a key, or a place in a list that counts from 1."""

    parent: Path | None = None
    step: str | int = ""

    def __truediv__(self, step: str | int) -> Path:
        return Path(self, step)

    def __str__(self) -> str:
        steps: list[str] = []
        path: Path | None = self
        while path is not None:
            if isinstance(path.step, int):
                steps.append(f"[{path.step}]")
            elif path.step:
                steps.append(("." if path.parent and path.parent.step != "" else "") + clip(path.step))
            path = path.parent
        return "".join(reversed(steps))


ROOT = Path()


class Error(msgspec.Struct, frozen=True):
    """One mistake: where (line and column from 1), at which path, what is wrong, and what would be right."""

    line: int
    column: int
    path: Path | str
    message: Message
    hint: Message | None = None


class Report:
    """The mistakes found so far in one document, or in a text as a whole."""

    def __init__(self, source: str = "<spec>", text: str = "") -> None:
        self.source = source
        self.text = text
        self.start = (0, 1)  # where what it is about begins in the text: offset, and line from 1
        self.errors: list[Error] = []
        self.full = False
        self.unreadable: set[tuple[int, int]] = set()  # places whose text means nothing
        self.overrides: list[tuple[str, str]] = []  # a node with line -k is of the k-th: (what was typed, its value)
        self.document: Node | None = None  # what is being read, for a field that needs another part of it

    def part(self, start: tuple[int, int]) -> Report:
        """An empty report on the document that begins at an offset and line of the same text."""
        part = Report(self.source, self.text)
        part.start, part.overrides = start, self.overrides
        return part

    def take(self, parts: Iterable[Report]) -> Report:
        """This report with what is in those on its documents."""
        for part in parts:
            self.errors += part.errors
            self.full |= part.full or len(self.errors) > MOST
        del self.errors[MOST:]
        return self

    @property
    def ok(self) -> bool:
        """Nothing wrong so far."""
        return not self.errors

    def add(self, node: Node, path: Path | str, message: Message, hint: Message | None = None) -> None:
        """Note a mistake at a node, but none about what has no meaning; Full is raised when there are enough."""
        if (node.line, node.column) in self.unreadable:
            return
        if len(self.errors) == MOST:
            self.full = True
            raise Full
        self.errors.append(Error(node.line, node.column, path, message, hint))

    def where(self, node: Node) -> str:
        """`file:line:column` of a node."""
        return self._where(node.line, node.column)

    def _where(self, line: int, column: int) -> str:
        if line < 0:
            return self.overrides[-line - 1][0]
        return f"{self.source}:{line}:{column}" if line else self.source

    def render(self, language: Callable[[Message], str] = str) -> str:
        """All errors in the order of their places, each as in the head of this module."""
        ordered = sorted(self.errors, key=lambda e: (e.line < 0, abs(e.line), e.column))
        lines = numbered_lines(self.text, {error.line for error in ordered}, self.start)
        lines |= {-number: value for number, (_, value) in enumerate(self.overrides, 1)}
        parts = [self._one(error, lines.get(error.line, ""), language) for error in ordered]
        parts = list(dict.fromkeys(parts))  # an alias may meet a mistake twice
        if self.full:
            parts.append(language(say("There are more errors; these are the first {n} that were found.", n=MOST)))
        return "\n".join(parts)

    def _one(self, error: Error, line: str, language: Callable[[Message], str]) -> str:
        rows = [f"{visible(self._where(error.line, error.column))}: {language(error.message)}"]
        path = str(error.path)
        if path:
            rows.append("  " + language(say("at {path}", path=path)))
        if line.strip() and (error.line > 0 or error.column > 1):
            shown, caret = excerpt(line, error.column)
            number = str(error.line) if error.line > 0 else ""
            rows.append(f"  {number} | {shown}")
            rows.append(f"  {' ' * len(number)} | {' ' * caret}^")
        if error.hint is not None:
            rows.append("  " + language(say("hint: {hint}", hint=error.hint)))
        return "\n".join(rows)


class Full(Exception):
    """A report has as many mistakes as anybody will read."""


class SpecFailure(Exception):
    """A text that is not a right spec; the report says why."""

    def __init__(self, report: Report) -> None:
        super().__init__(report)
        self.report = report

    def __str__(self) -> str:
        return self.report.render()


def numbered_lines(text: str, wanted: set[int], start: tuple[int, int] = (0, 1)) -> dict[int, str]:
    """Some lines of a text by their number, lines as YAML counts them, found from the offset and line of `start` on."""
    at, number = start
    found: dict[int, str] = {}
    last = max(wanted, default=0)
    for end in LINE_END.finditer(text, at):
        if number > last:
            return found
        if number in wanted:
            found[number] = text[at : end.start()]
        at, number = end.end(), number + 1
    if number in wanted:
        found[number] = text[at:]
    return found


def excerpt(line: str, column: int, width: int = WIDTH) -> tuple[str, int]:
    """The part of a line around a column (from 1), safe for a terminal, and how far in the caret stands."""
    at = min(column - 1, len(line))
    low, high = 0, len(line)
    if high > width:
        low = max(0, min(at - width // 2, high - width))
        high = min(high, low + width)
    before = ("… " if low else "") + "".join(map(_visible, line[low:at]))
    after = "".join(map(_visible, line[at:high])) + (" …" if high < len(line) else "")
    return before + after, sum(map(_columns, before))


def _visible(char: str) -> str:
    return "    " if char == "\t" else visible(char)


def _columns(char: str) -> int:
    """How many columns of a terminal a character takes."""
    if char < "\u0300":
        return 1
    if unicodedata.combining(char) or char in "\ufe0e\ufe0f":
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
