"""What every problem has, whatever its kind: a title, expectations, what was published, how to compute and print."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.counting import Notation
from hwsolve.formula.tree import Formula, Number
from hwsolve.language import Message, say
from hwsolve.spec.asked import Ask, AskField, Definition, DefinitionField
from hwsolve.spec.fields import (
    INVALID,
    AnyFormula,
    Choice,
    CountField,
    Decimal,
    Field,
    Flag,
    MapOf,
    Nested,
    OneOf,
    Text,
    TextField,
    field_of,
    read_record,
    record_schema,
)
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.notation import NotationField
from hwsolve.spec.numerals import decimal
from hwsolve.spec.report import Path, Report

Typed = Any  # a text, or nested tuples of texts: what was typed for each number


class Expectation(msgspec.Struct, frozen=True):
    """What an answer should be: a formula or nested tuples of them, as `text` typed it, where (`at`: file:line:column).

    It holds when the answer rounds to the digits that were typed, or is within `tolerance`.
    """

    value: Formula | tuple[Any, ...]
    text: Typed
    tolerance: Formula | None
    at: str
    node: Node


class PublishedStatement(msgspec.Struct, frozen=True):
    """What a source says an answer is; compared as an expectation is."""

    value: Formula | tuple[Any, ...]
    text: Typed
    source: str | dict[str, str]
    tolerance: Formula | None
    at: str
    node: Node
    elsewhere: bool = False


class Titles(msgspec.Struct, frozen=True):
    """A title, or the name of a source, in each language."""

    en: Text
    zh: Text = ""

    MEANINGS: ClassVar[dict[str, Message]] = {"en": say("in English"), "zh": say("in Chinese")}


class TitleField(Field):
    """A text, or one for each language: `{en: …, zh: …}`."""

    forms = (Scalar, Mapping)
    expected = say("a text, or `{form}`", form="{en: …, zh: …}")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if not isinstance(node, Mapping):
            return TextField().read(node, report, path) if isinstance(node, Scalar) else self.wrong(node, report, path)
        titles = read_record(Titles, node, report, path)
        return INVALID if titles is INVALID else {"en": titles.en} | ({"zh": titles.zh} if titles.zh else {})

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [{"type": "string"}, record_schema(Titles)]}


class _Expected(msgspec.Struct, frozen=True):
    """A value with a tolerance."""

    value: Annotated[Any, Nested(AnyFormula)]
    tolerance: Decimal | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "value": say("what should come out"),
        "tolerance": say("how far off the answer may be, in place of the digits typed"),
    }


class _Stated(msgspec.Struct, frozen=True):
    """A value that a source states."""

    stated: Annotated[Any, Nested(AnyFormula)]
    source: Annotated[str | dict[str, str], TitleField()] = ""
    tolerance: Decimal | None = None
    elsewhere: Flag = False

    MEANINGS: ClassVar[dict[str, Message]] = {
        "stated": say("the number that the source states"),
        "source": say("where it stands"),
        "tolerance": say("how far off the answer may be, in place of the digits typed"),
        "elsewhere": say("whether the source states it of another problem: two answers may be exchanged"),
    }


def _typed(node: Node) -> Typed:
    if isinstance(node, Sequence):
        return tuple(_typed(part) for part in node.items)
    return node.text if isinstance(node, Scalar) else ""


def _tolerable(tolerance: Formula | None, node: Node, report: Report, path: Path) -> bool:
    if isinstance(tolerance, Number) and tolerance.numerator < 0:
        at = node.entries["tolerance"][1] if isinstance(node, Mapping) else node
        report.add(at, path / "tolerance", say("A tolerance is not negative."))
        return False
    return True


class ExpectationField(Field):
    """A value, nested lists of values, or `{value: …, tolerance: …}`."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("a value, nested lists of values, or `{form}`", form="{value: …, tolerance: …}")
    plain = field_of(Nested(AnyFormula))

    def read(self, node: Node, report: Report, path: Path) -> Any:
        tolerance = None
        part = node
        if isinstance(node, Mapping):
            record = read_record(_Expected, node, report, path)
            if record is INVALID or not _tolerable(record.tolerance, node, report, path):
                return INVALID
            value, tolerance, part = record.value, record.tolerance, node.entries["value"][1]
        else:
            value = self.plain.read(node, report, path)
        if value is INVALID:
            return INVALID
        return Expectation(value, _typed(part), tolerance, report.where(node), node)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [self.plain.schema(), record_schema(_Expected)]}


class PublishedField(Field):
    """`{stated: 6.4e9, source: …}`, or the stated value alone."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("`{form}`", form="{stated: …, source: …}")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        record = read_record(_Stated, node, report, path, positional=True)
        if record is INVALID or not _tolerable(record.tolerance, node, report, path):
            return INVALID
        part = node.entries["stated"][1] if isinstance(node, Mapping) else node
        at = report.where(node)
        return PublishedStatement(
            record.stated, _typed(part), record.source, record.tolerance, at, node, record.elsewhere
        )

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [record_schema(_Stated), field_of(Nested(AnyFormula)).schema()]}


class PublishedAnswers(MapOf):
    """Stated values by key; a text under `source` is the source of all that name none of their own."""

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is not Mapping or not self.names_a_source(node):
            return super().read(node, report, path)
        source = TitleField().read(node.entries["source"][1], report, path / "source")
        values = {
            key: self.item.read(value, report, path / key)
            for key, (_, value) in node.entries.items()
            if key != "source"
        }
        if source is INVALID or any(v is INVALID for v in values.values()):
            return INVALID
        return {key: v if v.source else msgspec.structs.replace(v, source=source) for key, v in values.items()}

    @staticmethod
    def names_a_source(node: Mapping) -> bool:
        """Whether `source` is no answer's key: a text, or one for each language, is no value."""
        _, value = node.entries.get("source", (None, None))
        if isinstance(value, Mapping):
            return "stated" not in value.entries
        return isinstance(value, Scalar) and decimal(value.text) is None

    def schema(self) -> dict[str, Any]:
        means = str(say("where it stands, of all that do not say so; a number is an answer of that name"))
        either = {"anyOf": [TitleField().schema(), self.item.schema()], "description": means}
        return super().schema() | {"properties": {"source": either}}


class Problem(msgspec.Struct, kw_only=True):
    """The part of a problem that all kinds share; a kind's record derives from it.

    `source`, `node` and `report` are filled in when it is loaded, `places` when its layers are built.
    `bits` is the least precision: more where what is expected asks for it.  `only` is a key of which nothing but the
    derivation is wanted; `brief` leaves out the lines that stand aside.
    """

    kind: Text = ""
    title: Annotated[str | dict[str, str], TitleField()] = ""
    expect: Annotated[dict[str, Expectation], MapOf(ExpectationField())] = {}
    published: Annotated[dict[str, PublishedStatement], PublishedAnswers(PublishedField())] = {}
    ask: Annotated[tuple[Ask, ...], AskField()] = ()
    define: Annotated[dict[str, Definition], MapOf(DefinitionField())] = {}
    notation: Annotated[Notation, NotationField()] = Notation()
    numbers: Annotated[str, Choice("exact", "float64")] = "exact"
    digits: Annotated[int, CountField(1, 2000)] | None = None
    MEANINGS: ClassVar[dict[str, Message]] = {
        "kind": say("what is to be solved"),
        "title": say("the heading of the solution"),
        "expect": say("what should come out, by the key of an answer; what does not hold ends in status 1"),
        "published": say(
            "what an answer key states, by the key of an answer, and its `source`; it is compared and reported"
        ),
        "ask": say("what the page leads to: keys, elements, patterns with *, or expressions of keys"),
        "define": say("names for expressions of keys"),
        "notation": say("what the page counts indices from, and its letters; keys count from 1"),
        "numbers": say("exact fractions and proven digits, or the computer's own arithmetic"),
        "digits": say("significant digits of rounded values, 6 unless given"),
    }
    source: str | None = None
    node: Mapping | None = None
    report: Report | None = None
    places: dict[str, tuple[Node, Path]] = {}  # where layers stand
    bits: int = 0
    only: str | None = None
    brief: bool = False
    every: bool = False  # whether all keys are wanted, those too that are worked out only where they are asked for
    prepared: Any = None  # what its kind made of it while it was checked

    NOTATION: ClassVar[tuple[str, ...]] = ()  # the settings of the page that the kind has a use for

    # how far an expectation may raise the precision: integrals and networks take too long at thousands of bits
    DATA: ClassVar[tuple[str, ...]] = ()  # the keys under which numbers from files stand
    MOST_BITS: ClassVar[int] = 256

    @property
    def expressions(self) -> dict[str, Definition]:
        """The names for expressions of answers."""
        return self.define

    @property
    def place(self) -> str:
        """`file:line:column` where it begins."""
        return "" if self.report is None or self.node is None else self.report.where(self.node)


__all__ = ["Expectation", "OneOf", "Problem", "PublishedStatement"]
