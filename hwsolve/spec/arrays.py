"""Arrays of exact numbers: nested lists, or a rule such as `{linspace: [-0.1, 0.5], shape: [2, 3]}`."""

from __future__ import annotations

from math import gcd, prod
from typing import Any

import msgspec

from hwsolve.formula.tree import ONE, ZERO, Formula, Number
from hwsolve.language import Message, say
from hwsolve.spec.amounts import DecimalField
from hwsolve.spec.collections import MOST_VALUES, ListOf, leading, nested_schema, uneven
from hwsolve.spec.field import INVALID, Field
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.numerals import Excess, decimal
from hwsolve.spec.report import Path, Report, clip, did_you_mean, listed
from hwsolve.spec.scalars import CountField

FORMS = ("linspace", "arange", "zeros", "ones", "eye", "full")
SHAPE = ListOf(CountField(1), minimum=1, single=True)
KEYS: dict[str, Field] = {"start": DecimalField(), "step": DecimalField(), "shape": SHAPE, "value": DecimalField()}
MEANINGS: dict[str, Message] = {
    "linspace": say("the first and the last of evenly spaced numbers, as many as `shape` has places"),
    "arange": say("how many numbers there are, a step apart"),
    "zeros": say("the shape of an array of zeros"),
    "ones": say("the shape of an array of ones"),
    "eye": say("the side of a square, or both sides, with ones on the diagonal and zeros elsewhere"),
    "full": say("the shape of an array that is filled with `value`"),
    "shape": say("the sizes of the array"),
    "start": say("the first number, 0 unless given"),
    "step": say("the distance of two numbers, 1 unless given"),
    "value": say("the number that fills the array"),
}


class Array(msgspec.Struct, frozen=True):
    """Numbers in the order of the last axis first; `shape` is () for a single one.  `node` is where they stand."""

    shape: tuple[int, ...]
    values: tuple[Formula, ...]
    node: Node


def is_array_form(node: Node) -> bool:
    """Whether a mapping is one of the rules that make an array."""
    return type(node) is Mapping and any(name in node.entries for name in FORMS)


class ArrayField(Field):
    """An array of numbers.  With `names`, an element may be any formula."""

    forms = (Scalar, Sequence, Mapping)
    expected = say("numbers (a number, nested lists, or one of {forms})", forms=listed(FORMS))

    def __init__(self, names: bool = False) -> None:
        self.item = DecimalField(names)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Mapping:
            return _made(node, report, path)
        shape: list[int] = []
        first: Node = node
        while type(first) is Sequence:
            shape.append(len(first.items))
            if not first.items:
                return self.wrong(first, report, path)
            first = leading(first)
        if prod(shape) > MOST_VALUES:
            report.add(node, path, too_many(prod(shape)))
            return INVALID
        values: list[Formula] = []
        good = self._level(node, report, path, shape, 0, values)
        return Array(tuple(shape), tuple(values), node) if good else INVALID

    def _level(
        self, node: Node, report: Report, path: Path, shape: list[int], level: int, values: list[Formula]
    ) -> bool:
        """Append a part's numbers; False after a note if any of it is wrong."""
        if level == len(shape):
            value = self._number(node, report, path)
            values.append(value)
            return value is not INVALID
        if (problem := uneven(node, shape, level)) is not None:
            report.add(node, path, problem)
            return False
        assert isinstance(node, Sequence)
        good = True
        for place, part in enumerate(node.items, 1):
            good = self._level(part, report, Path(path, place), shape, level + 1, values) and good
        return good

    def _number(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Sequence:
            said = say("Here the array has a list of {n}; its first part is a single value.", n=len(node.items))
            if node.line < 0:
                said = say("Expected a single value here, got a list of {n}.", n=len(node.items))
            report.add(node, path, said)
            return INVALID
        if type(node) is Scalar:
            try:
                number = decimal(node.text)
            except Excess:
                number = None
            if number is not None:
                return number
        return self.item.read(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [nested_schema(self.item), *(rule_schema(name) for name in FORMS)]}


def rule_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of one rule that makes an array."""
    form = form_of_rule(name)
    fields = {name: form.argument, **{key: KEYS[key] for key in form.takes}}
    return {
        "type": "object",
        "properties": {key: field.schema() | {"description": str(MEANINGS[key])} for key, field in fields.items()},
        "required": [name, *form.needs],
        "additionalProperties": False,
    }


def form_of_rule(name: str) -> _Form:
    """What reads one rule: its argument, the keys it takes, and those that it needs."""
    made: _Form = _FORMS[name]()
    return made


def _made(node: Mapping, report: Report, path: Path) -> Any:
    """The array of a rule."""
    name = next((name for name in FORMS if name in node.entries), None)
    if name is None:
        key, at = next(((key, at) for key, (at, _) in node.entries.items()), ("", node))
        message = say("A mapping here makes an array by one of {forms}.", forms=listed(FORMS))
        report.add(at, path, message, did_you_mean(key, FORMS) if key else None)
        return INVALID
    return form_of_rule(name).read(name, node, report, path)


class _Form:
    """Reads the keys of one rule and makes the array."""

    argument: Field = SHAPE
    takes: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()  # of these, what must be given

    def read(self, name: str, node: Mapping, report: Report, path: Path) -> Any:
        before = len(report.errors)
        takes = (name, *self.takes)
        for key, (at, _) in node.entries.items():
            if key not in takes:
                report.add(at, path / key, say("Unknown key `{key}`.", key=clip(key)), did_you_mean(key, takes))
        argument = node.entries[name][1]
        parts = {key: node.entries[key][1] for key in self.takes if key in node.entries}
        made = self.make(argument, parts, node, report, path / name, path)
        return INVALID if len(report.errors) > before else made

    def make(self, argument: Node, parts: dict[str, Node], node: Mapping, report: Report, at: Path, path: Path) -> Any:
        raise NotImplementedError


def _shape(node: Node, report: Report, path: Path) -> Any:
    """A shape that is not too big to be written as numbers."""
    shape = SHAPE.read(node, report, path)
    if shape is not INVALID and prod(shape) > MOST_VALUES:
        report.add(node, path, too_many(prod(shape)))
        return INVALID
    return shape


def too_many(n: int) -> Message:
    """The error of an array that is too big."""
    shown = f"{n:,}" if n < 10**18 else "10^18"
    return say("An array of {n} values is too big; at most {most} can be given.", n=shown, most=f"{MOST_VALUES:,}")


def _numbers(nodes: dict[str, Node], report: Report, path: Path) -> dict[str, Any]:
    """Rational numbers by key."""
    values = {}
    for key, node in nodes.items():
        value = DecimalField().read(node, report, path / key)
        if value is not INVALID and not isinstance(value, Number):
            report.add(node, path / key, say("Expected a decimal or a fraction here."))
            value = INVALID
        values[key] = value
    return values


class _Steps(_Form):
    """`{arange: 6, start: 1, step: 1/2, shape: [2, 3]}`: 6 numbers from `start` (0) on, `step` (1) apart."""

    argument = CountField(1, MOST_VALUES)
    takes = ("start", "step", "shape")

    def make(self, argument: Node, parts: dict[str, Node], node: Mapping, report: Report, at: Path, path: Path) -> Any:
        n = self.argument.read(argument, report, at)
        shape = _shape(parts.pop("shape"), report, path / "shape") if "shape" in parts else (n,)
        numbers = _numbers(parts, report, path)
        if n is INVALID or shape is INVALID or INVALID in numbers.values():
            return INVALID
        if prod(shape) != n:
            message = say("The shape has {got} places for {n} values.", got=prod(shape), n=n)
            report.add(node.entries["shape"][1], path / "shape", message)
            return INVALID
        return Array(shape, spaced(numbers.get("start", ZERO), numbers.get("step", ONE), n), node)


class _Between(_Form):
    """`{linspace: [-0.1, 0.5], shape: [2, 3]}`: evenly spaced from the first to the last, both included."""

    argument = ListOf(DecimalField(), minimum=2)
    takes = needs = ("shape",)

    def make(self, argument: Node, parts: dict[str, Node], node: Mapping, report: Report, at: Path, path: Path) -> Any:
        if not isinstance(argument, Sequence) or len(argument.items) != 2:
            report.add(argument, at, say("Expected a list of two numbers: the first and the last."))
            return INVALID
        if "shape" not in parts:
            report.add(node, path, say("`shape` is missing: it says how many numbers there are."))
            return INVALID
        shape = _shape(parts["shape"], report, path / "shape")
        low, high = (DecimalField().read(end, report, at / place) for place, end in enumerate(argument.items, 1))
        if INVALID in (shape, low, high):
            return INVALID
        if not isinstance(low, Number) or not isinstance(high, Number):
            report.add(argument, at, say("Expected decimals or fractions here."))
            return INVALID
        n = prod(shape)
        span = (high.numerator * low.denominator - low.numerator * high.denominator, low.denominator * high.denominator)
        return Array(shape, spaced(low, reduced(span[0], span[1] * max(n - 1, 1)), n), node)


class _Filled(_Form):
    """`{zeros: [2, 3]}`, `{ones: 4}`, `{full: [2, 2], value: 0.1}`."""

    def __init__(self, value: Formula | None = None) -> None:
        self.value = value
        self.takes = self.needs = ("value",) if value is None else ()

    def make(self, argument: Node, parts: dict[str, Node], node: Mapping, report: Report, at: Path, path: Path) -> Any:
        shape = _shape(argument, report, at)
        value: Any = self.value
        if value is None and "value" not in parts:
            report.add(node, path, say("`value` is missing: the number that fills the array."))
            return INVALID
        if value is None:
            value = DecimalField().read(parts["value"], report, path / "value")
        return INVALID if INVALID in (shape, value) else Array(shape, (value,) * prod(shape), node)


class _Eye(_Form):
    """`{eye: 3}`: ones on the diagonal of a square, or of `{eye: [2, 3]}`."""

    def make(self, argument: Node, parts: dict[str, Node], node: Mapping, report: Report, at: Path, path: Path) -> Any:
        shape = _shape(argument, report, at)
        if shape is INVALID:
            return INVALID
        if len(shape) > 2:
            report.add(argument, at, say("Expected one or two sizes, got {n}.", n=len(shape)))
            return INVALID
        rows, columns = shape[0], shape[-1]
        if rows * columns > MOST_VALUES:
            report.add(argument, at, too_many(rows * columns))
            return INVALID
        return Array((rows, columns), tuple(ONE if i == j else ZERO for i in range(rows) for j in range(columns)), node)


_FORMS: dict[str, Any] = {
    "linspace": _Between,
    "arange": _Steps,
    "zeros": lambda: _Filled(ZERO),
    "ones": lambda: _Filled(ONE),
    "eye": _Eye,
    "full": _Filled,
}


def reduced(above: int, below: int) -> Number:
    """above/below in lowest terms."""
    common = gcd(above, below)
    return Number(above // common, below // common)


def spaced(start: Number, step: Number, n: int) -> tuple[Number, ...]:
    """start, start + step, …: n numbers."""
    a, b, p, q = start.numerator, start.denominator, step.numerator, step.denominator
    return tuple(reduced(a * q + k * p * b, b * q) for k in range(n))
