"""`hwsolve compare`: networks beside each other, layer by layer and in total, with differences, ratios and formulas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from string import ascii_uppercase
from typing import Any

import msgspec

from hwsolve.derivation.lines import value_line
from hwsolve.derivation.size_lines import added, by_keys, identity, size_value
from hwsolve.errors import CallError
from hwsolve.formula.growth import quotient
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Ref, formula
from hwsolve.kinds.count_params.alignment import Row, aligned
from hwsolve.kinds.count_params.beside import BesideTable, less
from hwsolve.kinds.count_params.counted import COLUMNS, QUANTITIES
from hwsolve.kinds.count_params.lettered import Network
from hwsolve.kinds.count_params.network_question import posed
from hwsolve.kinds.count_params.problem import Problem
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Size, total
from hwsolve.layers.items import Item
from hwsolve.numbers.printing import EXACT_DIGITS, show_rational
from hwsolve.sections import one_group
from hwsolve.solution import (
    Answer,
    Group,
    Identity,
    Line,
    Note,
    Quantity,
    Sentence,
    Solution,
    Stage,
    Step,
    Value,
)

USUAL = ("params", "macs")
LETTERS = ascii_uppercase  # of the networks
DIGITS = 6  # of a ratio


def compared(problems: Sequence[Problem], columns: tuple[str, ...] = ()) -> Solution:
    """The comparison of two networks or more, by the columns asked for.

    Keys of network A begin with `A.`; `params.difference` and `params.ratio` are those of B to A, with `.LAYER` of a
    layer (its path in B); of a third network `params.difference.C`.  What the problems ask of
    themselves is left aside.  Raises CallError for a column that is no sum.
    """
    known = [key for key in COLUMNS if QUANTITIES[COLUMNS[key]].total]
    for column in columns:
        if column not in known:
            text = say("There is no column `{column}`; known are {known}.", column=column, known=", ".join(known))
            raise CallError(text)
    quantities = tuple(dict.fromkeys(COLUMNS[key] for key in columns or USUAL))
    own = [msgspec.structs.replace(problem, ask=(), define={}) for problem in problems]
    return Comparison(own, quantities).solution()


class Comparison:
    """Writes the page: for each quantity a table and the totals."""

    def __init__(self, problems: Sequence[Problem], quantities: tuple[str, ...]) -> None:
        self.quantities = quantities
        self.networks = [Network(x, problem, quantities) for x, problem in zip(LETTERS, problems, strict=False)]
        names = [n.problem.title or n.problem.place for n in self.networks]
        alike = any(names.count(name) > 1 for name in names)
        self.names = [n.problem.place if alike else name for n, name in zip(self.networks, names, strict=True)]
        self.answers: dict[str, Answer] = {}
        self.written: set[str] = set()
        self.symbols: dict[str, Message] = {}
        self.partial: dict[str, Message] = {}

    def solution(self) -> Solution:
        """The whole document."""
        rows = aligned([(*n.entries(), *n.counting.problem.network.items) for n in self.networks], self.counts)
        steps = [step for quantity in self.quantities for step in self.steps(quantity, rows)]
        return Solution(
            kind="compare",
            title=title(self.names),
            given=tuple([g for n in self.networks for g in n.givens()]),
            sections=(self.statement(), *self.posed(), *steps),
            answers=self.answers,
            asked=tuple([key for key, answer in self.answers.items() if answer.main]),
            symbols=self.symbols,
            partial=self.partial,
            notes=tuple(self.notes()),
        )

    def counts(self, k: int, item: Item) -> bool:
        """Whether an item of a network counts something of what is compared."""
        return any(self.networks[k].count(q, item.path) not in (None, 0) for q in self.quantities)

    def statement(self) -> Step:
        """Which networks, and how they are compared."""
        what = listed([say("{quantity}", quantity=QUANTITIES[quantity].words) for quantity in self.quantities])
        said: list[Message] = [
            say("Asked: {quantities} of each network, and how they differ, layer by layer and in all.", quantities=what)
        ]
        for n in self.networks:
            letter, title, place = n.letter, n.problem.title, n.problem.place
            said.append(say("{letter}: {network} ({place}).", letter=letter, network=title or "–", place=place))
        said.append(say("Layers stand beside each other by path and by the shape that comes out, in their order."))
        return Step("", tuple(map(Sentence, said)), part="statement")

    def posed(self) -> Iterator[Step]:
        """The networks, where they stand without a solution."""
        for n in self.networks:
            problem, name = n.counting.problem, say("Network {letter}", letter=n.letter)
            first, *blocks = posed(problem.network, problem.blocks)
            yield msgspec.structs.replace(first, title=name)
            yield from (msgspec.structs.replace(block, part="question") for block in blocks)

    def notes(self) -> Iterator[Note]:
        """Where networks are counted by different conventions."""
        for quantity in self.quantities:
            said = [QUANTITIES[quantity].said(n.counting.asked) for n in self.networks]
            if any(text != said[0] for text in said):
                each = tuple([f"{n.letter}: {text}" for n, text in zip(self.networks, said, strict=True) if text])
                yield Note("warning", say("The networks are counted by different conventions. {each}", each=each))
        told: list[Note] = []
        for note in (note for n in self.networks for note in n.solved.notes if note not in told):
            told.append(note)
            letters = ", ".join([n.letter for n in self.networks if note in n.solved.notes])
            yield Note(note.level, say("{letters}: {text}", letters=letters, text=note.text))
        keras = {n.counting.asked.framework == "keras" for n in self.networks}
        if len(keras) == 2:
            yield Note("warning", say("Some of the networks are counted as in Keras, others as in PyTorch."))

    def steps(self, quantity: str, rows: tuple[Row, ...]) -> Iterator[Step]:
        """A table, the totals, and the lines behind them."""
        record = QUANTITIES[quantity]
        aside: list[Line] = []
        totals: list[Line] = []
        for n in self.networks:
            for line in n.written(quantity):
                name = plain(line.key) if isinstance(line, Value | Identity) and line.key is not None else ""
                if name in self.written:
                    continue
                self.written.add(name)
                (totals if name == f"{n.letter}.{quantity}" else aside).append(line)
            self.total(n, quantity)
        beyond = self.beside(quantity, [("",)] * len(self.networks), totals, main=True)
        for row in walked(rows):
            self.beside(quantity, [place.paths if place else () for place in row.places], aside)
        table = BesideTable(quantity, [(n.letter, n.counting) for n in self.networks], self.quotient)
        made = table.table(rows, beyond)
        shown = [unaside(line) for line in totals]
        hidden = [Group(group.lines, detail="full") for group in one_group(aside)]
        yield Step(record.words, (made, *map(Sentence, table.remarks()), *hidden, *one_group(shown)))

    def total(self, network: Network, quantity: str) -> None:
        """The answer of one network."""
        key = f"{network.letter}.{quantity}"
        if quantity in network.solved.answers:
            self.answer(key, network.solved.answers[quantity].value, quantity, network)
        elif quantity in network.solved.partial:
            self.partial[key] = network.solved.partial[quantity]

    def beside(
        self, quantity: str, paths: Sequence[tuple[str, ...]], lines: list[Line], main: bool = False
    ) -> list[tuple[Any, Any]]:
        """The lines of difference and ratio of each network to the first, and these; None where there are none."""
        keys = [self.keyed(n, quantity, path) for n, path in zip(self.networks, paths, strict=True)]
        found: list[tuple[Any, Any]] = []
        for n, path, key in list(zip(self.networks, paths, keys, strict=True))[1:]:
            if keys[0] is None or key is None:
                found.append((None, None))
                continue
            layer = next((own[0] for own in (path, paths[0]) if len(own) == 1), path[-1])  # of one layer
            end = ("" if len(self.networks) == 2 else f".{n.letter}") + (f".{layer}" if layer else "")
            (a_key, a), (b_key, b) = keys[0], key
            numbers = Call("-", (formula(b), formula(a)))
            difference = less(b, a)
            name = Ref(f"{quantity}.difference{end}")
            lines.append(by_keys(name, Call("-", (b_key, a_key)), numbers, difference, aside=not main))
            self.answer(name.name, size_value(difference), quantity, n, main)
            if (ratio := self.quotient(b, a)) is not None:
                name = Ref(f"{quantity}.ratio{end}")
                lines.append(self.ratio_line(name, Call("/", (b_key, a_key)), b, a, ratio, not main))
                self.answer(name.name, ratio, quantity, n, main)
            found.append((difference, ratio))
        return found

    def keyed(self, network: Network, quantity: str, paths: tuple[str, ...]) -> tuple[Formula, Size] | None:
        """The key of a layer's count or the sum of several, and the count; None where there is none or no line."""
        found: list[tuple[Ref, Size]] = []
        for path in paths:
            count, key = network.count(quantity, path), f"{network.letter}.{quantity}" + (f".{path}" if path else "")
            if isinstance(count, int | Formula) and key in self.written:
                found.append((Ref(key), count))
            elif count is not None:
                return None
        return (added([key for key, _ in found]), total([count for _, count in found])) if found else None

    def answer(self, key: str, value: Any, quantity: str, network: Network, main: bool = True) -> None:
        """Keep an answer; one of all layers has words."""
        self.answers[key] = Answer(value, main)
        if main:
            words, letter = QUANTITIES[quantity].words, network.letter
            if key.startswith(f"{letter}."):
                self.symbols[key] = say("{quantity} of {letter}", quantity=words, letter=letter)
                return
            kinds = {"difference": say("difference of {quantity}", quantity=words)}
            found = kinds.get(key.split(".")[-1 if len(self.networks) == 2 else -2])
            found = found or say("ratio of {quantity}", quantity=words)
            other = [] if len(self.networks) == 2 else [say("{letter} to {first}", letter=letter, first=LETTERS[0])]
            self.symbols[key] = say("{first}, {rest}", first=found, rest=other[0]) if other else found

    def ratio_line(self, key: Ref, f: Formula, b: Size, a: Size, ratio: Any, aside: bool) -> Line:
        """The line of a ratio: of numbers, or for all values of the sizes that are names."""
        numbers = Call("/", (formula(b), formula(a)))
        if isinstance(ratio, Quantity):
            return value_line(key, f, ratio, (Stage("=", numbers),), aside=aside)
        return identity(key, numbers, ratio, aside=aside)

    def quotient(self, b: Any, a: Any, digits: int = 0) -> Quantity | Formula | None:
        """b over a: a number, or of polynomials the quotient where it becomes simpler; None where there is none."""
        if a == 0:
            return None
        if type(a) is not int or type(b) is not int:
            return simpler(b, a)
        value = Fraction(b, a)
        wanted = digits or self.networks[0].problem.digits or DIGITS
        shown = show_rational(value.numerator, value.denominator, wanted, digits or EXACT_DIGITS)
        return Quantity(value, shown.text, shown.relation, shown.exact)


def simpler(b: Size, a: Size) -> Formula | None:
    """The quotient of two polynomials, term by term where the lower one has one term: `1/N + 1/K**2`."""
    from hwsolve.formula.simplify.simplify import simplify

    whole = Call("/", (formula(b), formula(a)))
    single = not (isinstance(a, Call) and a.name in ("+", "-"))
    if single and isinstance(b, Call) and b.name == "+":
        return Call("+", tuple([simplify(Call("/", (term, formula(a)))) for term in b.args]))
    found = simplify(whole)
    return quotient(formula(b), formula(a)) if found == whole else found


def title(names: list[Any]) -> Message:
    """What is compared."""
    if len(names) == 2:
        return say("{first} against {second}", first=names[0], second=names[1])
    return say("Compared: {networks}", networks=tuple(names))


def walked(rows: tuple[Row, ...]) -> Iterator[Row]:
    """All rows, those inside others too."""
    for row in rows:
        yield row
        yield from walked(row.inside)


def unaside(line: Line) -> Line:
    """A line for the page."""
    return msgspec.structs.replace(line, aside=False) if isinstance(line, Value | Identity) else line
