"""`notation` of a spec: what a page counts from, and its letters for layers, units and gradients."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.counting import Notation
from hwsolve.language import Message, say
from hwsolve.spec.field import INVALID, Field
from hwsolve.spec.fields import Choice, ListOf
from hwsolve.spec.nodes import Mapping, Node, Scalar
from hwsolve.spec.records import read_record, record_schema
from hwsolve.spec.report import ROOT, Path, Report, listed


class CountFromField(Field):
    """0 or 1."""

    expected = say("`0` or `1`")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The number."""
        if isinstance(node, Scalar) and node.plain and node.text in ("0", "1"):
            return int(node.text)
        return self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        """One of two numbers."""
        return {"enum": [0, 1]}


class LetterField(Field):
    """A letter from a to z, which can stand below others; `above`: also above, as all but q can."""

    def __init__(self, above: bool = False) -> None:
        self.above = above
        self.expected = say("a letter from a to z, but not q") if above else say("a letter from a to z")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The letter."""
        if (
            isinstance(node, Scalar)
            and len(node.text) == 1
            and "a" <= node.text <= "z"
            and not (self.above and node.text == "q")
        ):
            return node.text
        return self.wrong(node, report, path)

    def schema(self) -> dict[str, Any]:
        """A text of one letter."""
        return {"type": "string", "pattern": "^[a-pr-z]$" if self.above else "^[a-z]$"}


class Stated(msgspec.Struct, frozen=True):
    """What a spec states of its page's notation."""

    count_from: Annotated[int, CountFromField()] = 1
    layers: Annotated[str, LetterField(above=True)] = ""
    units: Annotated[tuple[str, ...], ListOf(LetterField(), 1)] = ()
    gradients: Annotated[str, Choice("delta")] = ""

    MEANINGS: ClassVar[dict[str, Message]] = {
        "count_from": say("whether indices on the page count from 0 or from 1; keys and JSON lines count from 1"),
        "layers": say("the letter that numbers layers"),
        "units": say("the letters of units, from the input layer on"),
        "gradients": say("`delta` writes the gradients of pre-activations as δ"),
    }


class NotationField(Field):
    """A mapping with some of the settings, each letter once."""

    forms = (Mapping,)
    expected = say("`{form}`", form="{count_from: 0, layers: l, units: [i, h, j], gradients: delta}")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The settings as the document has them."""
        if not isinstance(node, Mapping):
            return self.wrong(node, report, path)
        found = read_record(Stated, node, report, path)
        if found is INVALID:
            return INVALID
        for n, letter in enumerate(found.units):
            if letter in found.units[:n]:
                at = node.entries["units"][1].items[n]  # type: ignore[attr-defined]
                report.add(at, path / "units" / (n + 1), say("The letter `{name}` stands here twice.", name=letter))
                return INVALID
        return Notation(found.count_from, found.layers, found.units, found.gradients)

    def schema(self) -> dict[str, Any]:
        """The record."""
        return record_schema(Stated)


def of_use(node: Mapping, known: tuple[str, ...], report: Report) -> None:
    """Note the settings that a kind has no use for."""
    if not isinstance(stated := node.entries.get("notation", (None, None))[1], Mapping):
        return
    for key, (at, _) in stated.entries.items():
        if key not in known:
            hint = say("What changes such a page: {names}.", names=listed(known)) if known else None
            message = say("`{key}` changes nothing on a page of this kind.", key=key)
            report.add(at, ROOT / "notation" / key, message, hint)


def wrong(node: Mapping | None, key: str, place: int, message: Message, report: Report, hint: Message | None) -> None:
    """Note what does not fit a problem, at a setting or at one of its items (from 1; 0: the whole)."""
    assert node is not None
    stated = node.entries["notation"][1]
    assert isinstance(stated, Mapping)
    at, path = stated.entries[key][1], ROOT / "notation" / key
    if place:
        at, path = at.items[place - 1], path / place  # type: ignore[attr-defined]
    report.add(at, path, message, hint)
