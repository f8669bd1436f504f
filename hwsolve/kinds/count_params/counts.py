"""What counting keeps: answers, lines, and the counts of every layer by their quantity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Unpack

from hwsolve.derivation.lines import More
from hwsolve.derivation.size_lines import added, by_keys, counted, filled, size_value, times
from hwsolve.formula.tree import Formula, Number, Ref, formula
from hwsolve.kinds.count_params.conventions import Asked
from hwsolve.kinds.count_params.partial import AtLeast, Count, multiplied, together
from hwsolve.language import Message
from hwsolve.layers.base import Shape, Size, StatedMap, simplified
from hwsolve.layers.cost import Nothing
from hwsolve.solution import Answer, Line, Note, Step, Value

if TYPE_CHECKING:
    from hwsolve.kinds.count_params.problem import Problem


class Counts:
    """Keeps what is counted of single layers, of composites (by their paths), and of all (by an empty path).

    `short`: of a page that has the table of layers and not their lines.
    """

    def __init__(self, problem: Problem, asked: Asked, short: bool = False) -> None:
        self.problem, self.asked, self.short = problem, asked, short
        self.answers: dict[str, Answer] = {}
        self.sections: list[Step] = []
        self.notes: list[Note] = []
        self.terms: dict[str, dict[str, Formula]] = {quantity: {} for quantity in asked.counted}  # how each arises
        self.values: dict[str, dict[str, Count]] = {quantity: {} for quantity in asked.counted}
        self.partial: dict[str, AtLeast] = {}  # totals that are no numbers, by key
        self.unanswered: dict[str, Message] = {}  # keys that have no answer for another reason
        self.nothing: dict[str, Nothing] = {}  # why types of layers cost nothing, or what of them counts
        self.multiplied: dict[str, Message] = {}  # what has multiply-adds, in words
        self.network: dict[str, Any] = {}  # what a quantity works out of the whole network first, by its key
        self.keys = {
            wire.name: key for key, wire in problem.network.entries.items()
        }  # of each wire whose key has its shape

    def answer(self, key: str, size: Size) -> None:
        """Keep a count as an answer."""
        self.answers[key] = Answer(size_value(size))

    def shape_answer(self, path: str, shape: Shape) -> None:
        """Keep a shape as an answer; one with unknown sides is none."""
        if not isinstance(shape, StatedMap):
            self.answers[f"shape.{path}"] = Answer(tuple([size_value(size) for size in shape]))

    def put(self, quantity: str, path: str, count: Size, lines: list[Line], line: Line) -> None:
        """Keep a count and its line."""
        self.values[quantity][path] = count
        self.keep(f"{quantity}.{path}", count, lines, line)

    def keep(self, key: str, count: Size, lines: list[Line], line: Line) -> None:
        """Keep an answer and its line."""
        self.answers[key] = Answer(line.quantity if type(line) is Value else size_value(count))
        lines.append(line)

    def text(
        self, quantity: str, path: str, text: str, sizes: Mapping[str, Size], lines: list[Line], **more: Unpack[More]
    ) -> None:
        """A count by a formula text over sizes."""
        more.setdefault("aside", quantity not in self.asked.shown)
        self.terms[quantity][path], count = put_in(text, sizes)
        self.put(quantity, path, count, lines, counted(Ref(f"{quantity}.{path}"), text, sizes, count, **more))

    def combined(
        self, quantity: str, parts: tuple[tuple[int, str], ...], path: str, lines: list[Line], **more: Unpack[More]
    ) -> None:
        """A count that is a sum of others of the same layer, each so many times; of all for an empty path."""
        dotted = f".{path}" if path else ""
        held = [(n, key, self.values[key][path]) for n, key in parts if path in self.values[key]]
        if not held:
            return
        count = together(multiplied(n, value) for n, _, value in held)
        self.values[quantity][path] = count
        if isinstance(count, AtLeast):
            if not path or path not in count.missing:
                self.partial[quantity + dotted] = count
            return
        sizes = [(n, key, value) for n, key, value in held if not isinstance(value, AtLeast)]
        keys = added([times(n, Ref(key + dotted)) for n, key, _ in sizes])
        numbers = added([times(n, formula(value)) for n, _, value in sizes])
        shown = quantity in (self.asked.shown if path else self.asked.totals)
        more["aside"] = more.get("aside", False) or not shown
        plain = count if isinstance(count, int) else simplified(numbers)
        self.keep(quantity + dotted, plain, lines, by_keys(Ref(quantity + dotted), keys, numbers, plain, **more))


def put_in(text: str, sizes: Mapping[str, Size]) -> tuple[Formula, Size]:
    """A formula text with sizes put in, and its value: a polynomial where sizes have names."""
    _, written, value = filled(text, tuple(sizes.items()))
    return written, simplified(written) if value is None else as_size(value)


def as_size(value: Any) -> Size:
    """A rational as a size."""
    p, q = int(value.numerator), int(value.denominator)
    return p if q == 1 else Number(p, q)
