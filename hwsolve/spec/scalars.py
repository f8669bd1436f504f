"""Fields of a single value: flags, texts, words, whole numbers, choices.

What a plain text means is as YAML 1.2 has it: `true` is a flag but `no` is text.
"""

from __future__ import annotations

from typing import Annotated, Any

from hwsolve.language import Message, say
from hwsolve.spec.field import INVALID, Field
from hwsolve.spec.nodes import Node, Scalar, is_null
from hwsolve.spec.numerals import DIGITS, Excess, whole_number
from hwsolve.spec.report import Path, Report, listed, suggest
from hwsolve.spec.terms import Terms

FLAGS = {"true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False}
RESERVED = {*FLAGS, "null", "Null", "NULL"}
OLD_FLAGS = {"yes": "true", "on": "true", "no": "false", "off": "false"}


class FlagField(Field):
    """true or false."""

    expected = say("`true` or `false`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and node.plain and node.text in FLAGS:
            return FLAGS[node.text]
        hint = None
        if isinstance(node, Scalar) and (meant := OLD_FLAGS.get(node.text.lower())):
            hint = say("In YAML 1.2 `{text}` is text; write `{meant}`.", text=node.text, meant=meant)
        elif isinstance(node, Scalar) and not node.plain and node.text in FLAGS:
            hint = say("Leave the quotes out.")
        elif isinstance(node, Scalar) and node.text and (near := suggest(node.text, ["true", "false"])):
            hint = say("Did you mean `{near}`?", near=near)
        return self.wrong(node, report, path, hint)

    def accepts(self, node: Node) -> bool:
        return type(node) is Scalar and node.plain and (node.text in FLAGS or node.text.lower() in OLD_FLAGS)

    def schema(self) -> dict[str, Any]:
        return {"type": "boolean"}


class TextField(Field):
    """Any text."""

    expected = say("a text")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and not is_null(node):
            return node.text
        return self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"type": ["string", "number", "boolean"]}


class WordField(Field):
    """A name: letters, digits and `_`, not a digit first; `dotted`: or several, as `encoder.weight`."""

    expected = say("a name")

    def __init__(self, dotted: bool = False) -> None:
        self.dotted = dotted

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and self.is_name(node.text) and not (node.plain and node.text in RESERVED):
            return node.text
        hint = say("A name has letters, digits and `_`, and does not begin with a digit.")
        return self.wrong(node, report, path, hint if isinstance(node, Scalar) and not is_null(node) else None)

    def schema(self) -> dict[str, Any]:
        return {
            "type": "string",
            "pattern": r"^\$?[^\W\d][\w.]*$" if self.dotted else r"^\$?[^\W\d]\w*$",
        }  # $ARGUMENT, in blocks

    def is_name(self, text: str) -> bool:
        """Whether a text is a name; parts of a path may be numbers."""
        first, *more = text.split(".") if self.dotted else (text,)
        return first.isidentifier() and all(f"_{part}".isidentifier() and part for part in more)


class Choice(Field):
    """One of some words."""

    def __init__(self, *words: str) -> None:
        self.words = words
        names = listed(words)
        self.expected = say("{name}", name=names) if len(words) == 1 else say("one of {names}", names=names)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and node.text in self.words:
            return node.text
        hint = None
        if isinstance(node, Scalar) and node.text and (near := suggest(node.text, self.words)):
            hint = say("Did you mean `{near}`?", near=near)
        return self.wrong(node, report, path, hint)

    def accepts(self, node: Node) -> bool:
        return type(node) is Scalar and node.text in self.words

    def schema(self) -> dict[str, Any]:
        return {"enum": list(self.words)}


class Convention(Choice):
    """One of some words; `true` is the first of them, and `false` none."""

    def read(self, node: Node, report: Report, path: Path) -> Any:
        flag = FLAGS.get(node.text) if type(node) is Scalar and node.plain else None
        return super().read(node, report, path) if flag is None else self.words[0] if flag else None

    def accepts(self, node: Node) -> bool:
        return super().accepts(node) or (type(node) is Scalar and node.plain and node.text in FLAGS)

    def schema(self) -> dict[str, Any]:
        return {"enum": [*self.words, True, False]}


class CountField(Field):
    """A whole number, at least `minimum` and at most `maximum`."""

    def __init__(self, minimum: int | None = 0, maximum: int | None = None) -> None:
        self.minimum, self.maximum = minimum, maximum
        self.expected = whole_between(minimum, maximum)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Scalar or not node.plain:
            return self.wrong(node, report, path)
        try:
            value = whole_number(node.text)
        except Excess as excess:
            report.add(node, path, excess.message)
            return INVALID
        if value is None or (self.minimum is not None and value < self.minimum):
            return self.wrong(node, report, path)
        if self.maximum is not None and value > self.maximum:
            return self.wrong(node, report, path)
        return value

    def accepts(self, node: Node) -> bool:
        return type(node) is Scalar and node.plain and bool(DIGITS.fullmatch(node.text))

    def schema(self) -> dict[str, Any]:
        schema: dict[str, Any] = {"type": "integer"}
        if self.minimum is not None:
            schema["minimum"] = self.minimum
        if self.maximum is not None:
            schema["maximum"] = self.maximum
        grouped = {"type": "string", "pattern": r"^[-+]?\d+(_\d+)+$"}  # to YAML 1.2 a number with underscores is text
        return {"anyOf": [schema, grouped]}


def whole_between(minimum: int | None, maximum: int | None) -> Message:
    """How an error names the whole numbers of a range."""
    if minimum is not None and maximum is not None:
        return say("a whole number from {minimum} to {maximum}", minimum=minimum, maximum=maximum)
    if minimum is not None:
        return say("a whole number of at least {minimum}", minimum=minimum)
    if maximum is not None:
        return say("a whole number of at most {maximum}", maximum=maximum)
    return say("a whole number")


def unknown_name(node: Node, report: Report, path: Path, terms: Terms, name: str, known: list[str]) -> Any:
    """Note a name that is not among the known ones."""
    report.add(node, path, *terms.unknown(name, known))
    return INVALID


Flag = Annotated[bool, FlagField()]
Text = Annotated[str, TextField()]
Word = Annotated[str, WordField()]
Count = Annotated[int, CountField()]
