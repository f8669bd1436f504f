"""The target of a loss: numbers, or classes counted from 1 (`class`) or from 0 (`index`)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.counting import At
from hwsolve.formula.tree import ONE, Number
from hwsolve.formula.whole_arrays import whole
from hwsolve.language import Message, say
from hwsolve.spec.fields import INVALID, ArrayField, CountField, Field, Nested, read_record, record_schema
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report


class Classes(msgspec.Struct, frozen=True):
    """A class for each sample, counted from 1; `many` where the spec gives a list.  `node` is where they stand.

    `first` is where the spec begins to count.
    """

    numbers: tuple[int, ...]
    many: bool
    node: Node
    first: int = 1
    shape: tuple[int, ...] = ()

    def sentence(self, symbol: str = "t") -> Message:
        """What the target is, as the spec counts."""
        classes, first = tuple([At(Number(k)) if k > 0 else say("none") for k in self.numbers]), At(ONE)
        stated = tuple([str(k - 1 + self.first).replace("-", "−") for k in self.numbers])
        if self.many:
            rule = say("{t} is 1 for the class of its sample, and 0 for the others", t=whole(symbol))
            if self.first:
                return say(
                    "The targets are the classes {classes}, counted from {first}: {rule}.",
                    classes=classes,
                    first=first,
                    rule=rule,
                )
            return say(
                "The targets are the indices {stated}, counted from 0, which are the classes {classes}: {rule}.",
                stated=stated,
                classes=classes,
                rule=rule,
            )
        rule = say("{t} is 1 for it, and 0 for the others", t=whole(symbol))
        if self.first:
            return say(
                "The target is class {classes}, counted from {first}: {rule}.", classes=classes, first=first, rule=rule
            )
        return say(
            "The target is index {stated}, counted from 0, which is class {classes}: {rule}.",
            stated=stated,
            classes=classes,
            rule=rule,
        )


class _ByClass(msgspec.Struct, frozen=True):
    """`{class: 3}`, counted from 1."""

    number: Annotated[Any, Nested(CountField(1))] = msgspec.field(name="class")

    MEANINGS: ClassVar[dict[str, Message]] = {"class": say("the class, counted from 1; a list for several samples")}


class _ByIndex(msgspec.Struct, frozen=True):
    """`{index: 2}`, counted from 0."""

    number: Annotated[Any, Nested(CountField(None))] = msgspec.field(name="index")

    MEANINGS: ClassVar[dict[str, Message]] = {"index": say("the class, counted from 0; a list for several samples")}


class TargetField(Field):
    """Numbers in the shape of the output, or classes."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("numbers, `{one}` or `{zero}`", one="{class: 3}", zero="{index: 2}")

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """An Array or Classes, or INVALID."""
        if isinstance(node, Sequence) and node.items and all(map(by_class, node.items)):
            message = say("The classes of several samples stand in one list: `{classes}`.", classes="{class: [3, 1]}")
            report.add(node, path, message)
            return INVALID
        if not isinstance(node, Mapping) or not by_class(node):
            return ArrayField().read(node, report, path)
        one = "class" in node.entries
        record = read_record(_ByClass if one else _ByIndex, node, report, path)
        if record is INVALID:
            return INVALID
        value = node.entries["class" if one else "index"][1]
        numbers = tuple(k if one else k + 1 for k in flat(record.number))  # type: ignore[union-attr]
        return Classes(numbers, isinstance(value, Sequence), node, int(one), shape_of(record.number))  # type: ignore[union-attr]

    def schema(self) -> dict[str, Any]:
        """Numbers or classes."""
        return {"anyOf": [record_schema(_ByClass), record_schema(_ByIndex), ArrayField().schema()]}


def flat(value: Any) -> Iterator[int]:
    """The numbers of nested tuples."""
    if isinstance(value, tuple):
        for part in value:
            yield from flat(part)
    else:
        yield value


def shape_of(value: Any) -> tuple[int, ...]:
    """How long nested tuples are."""
    return (len(value), *shape_of(value[0])) if isinstance(value, tuple) and value else ()


def by_class(node: Node) -> bool:
    """Whether a node names classes rather than numbers."""
    return isinstance(node, Mapping) and bool(node.entries.keys() & {"class", "index"})
