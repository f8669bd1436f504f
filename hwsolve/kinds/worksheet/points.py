"""Where a worksheet is worked out: several points, as a list, as columns, or all of a truth table."""

from __future__ import annotations

from itertools import product
from typing import Any

import msgspec

from hwsolve.formula.tree import Formula, Number
from hwsolve.language import say
from hwsolve.spec.fields import INVALID, Decimal, Field, ListOf, MapOf, Word, field_of
from hwsolve.spec.nodes import Mapping, Node, Sequence
from hwsolve.spec.report import Path, Report, did_you_mean, suggest

TABLE = "truth_table"
MOST_INPUTS = 8  # of a truth table


class Points(msgspec.Struct, frozen=True):
    """The values of each name at the points, in their order."""

    columns: dict[str, tuple[Formula, ...]]

    @property
    def count(self) -> int:
        """How many points there are."""
        return len(next(iter(self.columns.values())))


class PointsField(Field):
    """`[{x: 0}, {x: 1}]`, `{x: [0, 1]}` or `{truth_table: [a, b]}`."""

    forms = (Sequence, Mapping)
    expected = say("a list of points, such as `{form}`", form="[{x: 0}, {x: 1}]")
    point = field_of(MapOf(Decimal))
    column = field_of(ListOf(Decimal, minimum=1, single=True))
    names = field_of(ListOf(Word, minimum=1))

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The points."""
        if isinstance(node, Sequence) and node.items:
            return self.listed(node, report, path)
        if not isinstance(node, Mapping) or not node.entries:
            return self.wrong(node, report, path)
        if TABLE in node.entries and len(node.entries) == 1:
            return self.truth_table(node.entries[TABLE][1], report, path / TABLE)
        (first, (head, _)), *others = node.entries.items()
        if not others and suggest(first, (TABLE,)) is not None:
            report.add(head, path / first, say("Unknown key `{key}`.", key=first), did_you_mean(first, (TABLE,)))
            return INVALID
        columns = {key: self.column.read(value, report, path / key) for key, (_, value) in node.entries.items()}
        if INVALID in columns.values():
            return INVALID
        longest = max(map(len, columns.values()))
        for key, values in columns.items():
            if len(values) not in (1, longest):
                message = say("`{name}` has {got} values, and another name {n}.", name=key, got=len(values), n=longest)
                report.add(node.entries[key][1], path / key, message)
                return INVALID
        return Points({key: values * (longest // len(values)) for key, values in columns.items()})

    def listed(self, node: Sequence, report: Report, path: Path) -> Any:
        """Points one after the other, of the same names."""
        points = [self.point.read(part, report, path / k) for k, part in enumerate(node.items, 1)]
        if INVALID in points:
            return INVALID
        for k, point in enumerate(points, 1):
            if set(point) != set(points[0]) or not point:
                names = ", ".join(f"`{name}`" for name in points[0])
                report.add(node.items[k - 1], path / k, say("Every point needs a value for {names}.", names=names))
                return INVALID
        return Points({name: tuple(point[name] for point in points) for name in points[0]})

    def truth_table(self, node: Node, report: Report, path: Path) -> Any:
        """All combinations of 0 and 1, the last name fastest."""
        names = self.names.read(node, report, path)
        if names is INVALID:
            return INVALID
        if len(names) > MOST_INPUTS or len(set(names)) < len(names):
            report.add(node, path, say("A truth table has up to {n} names, each once.", n=MOST_INPUTS))
            return INVALID
        rows = list(product((0, 1), repeat=len(names)))
        return Points({name: tuple(Number(row[k]) for row in rows) for k, name in enumerate(names)})

    def schema(self) -> dict[str, Any]:
        """All forms."""
        table = {"type": "object", "properties": {TABLE: self.names.schema()}, "required": [TABLE]}
        columns = {"type": "object", "additionalProperties": self.column.schema()}
        return {"anyOf": [{"type": "array", "items": self.point.schema(), "minItems": 1}, table, columns]}
