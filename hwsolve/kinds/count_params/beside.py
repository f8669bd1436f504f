"""The table of a comparison: what each network counts of a layer, with its formula where these differ."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from hwsolve.derivation.size_lines import added
from hwsolve.formula.tree import Call, Formula, Number, formula
from hwsolve.kinds.count_params.alignment import Row
from hwsolve.kinds.count_params.partial import AtLeast, multiplied, together
from hwsolve.kinds.count_params.places import INPUT, Place
from hwsolve.kinds.count_params.table import cell, total_cell
from hwsolve.kinds.count_params.tree import plain_type, without_ones
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Size, factor_text, simplified
from hwsolve.solution import Cell, Table, Text

if TYPE_CHECKING:
    from hwsolve.kinds.count_params.page import Counting

NONE = "–"
SHORT = 4  # digits of a ratio in a row
LEAST_ALIKE = 4  # rows one after the other without a difference, which a short page closes


class BesideTable:
    """Writes rows: for each network the formula and its value, then difference and ratio to the first."""

    def __init__(self, quantity: str, networks: Sequence[tuple[str, Counting]], quotient: Callable[..., Any]) -> None:
        self.quantity, self.networks, self.quotient = quantity, networks, quotient
        self.rows: list[tuple[Cell, ...]] = []
        self.depths: list[int] = []
        self.folds: list[tuple[int, int, Text]] = []
        self.seen: set[Any] = set()
        self.copies = self.joined = False

    def table(self, rows: tuple[Row, ...], totals: list[tuple[Any, Any]]) -> Table:
        """All rows and the totals."""
        self.add_all(rows, 0)
        letters = [letter for letter, _ in self.networks]
        heads: list[Text] = [say("Layer")]
        for letter in letters:
            heads += ["", letter]
        heads += [text for b in letters[1:] for text in (f"{b} − {letters[0]}", f"{b} / {letters[0]}")]
        last: list[Cell] = [say("Total")]
        for _, counting in self.networks:
            last += ["", self.whole(counting)]
        last += [self.shown(value) for pair in totals for value in pair]
        body = (*self.rows, tuple(last))
        workings = range(2 * len(letters) - 1, 0, -2)
        differences, ratios = range(len(heads) - 2, 2 * len(letters), -2), range(len(heads) - 1, 2 * len(letters), -2)
        drop = (*workings, *differences, *ratios)  # a formula stands under --full too, a difference in its two numbers
        return Table("", tuple(heads), body, True, (*self.depths, 0), tuple(self.folds), drop)

    def whole(self, counting: Counting) -> Cell:
        """The cell of a total."""
        if self.quantity in counting.answers:
            return total_cell(counting.answers[self.quantity])
        return counting.partial[self.quantity].short() if self.quantity in counting.partial else NONE

    def shown(self, value: Any) -> Cell:
        """A difference or ratio; nothing where there is none."""
        return "" if value is None else value

    def add_all(self, rows: tuple[Row, ...], depth: int, closed: bool = False) -> None:
        """Rows one after the other; a run of those without a difference is closed."""
        run: list[int] = []
        for row in rows:
            if all(self.count(k, place) in (None, 0) for k, place in enumerate(row.places)):
                continue
            at = len(self.rows)
            self.add(row, depth, closed)
            if self.alike(row):
                run.append(at)
                continue
            self.close_run(run, at, closed)
            run = []
        self.close_run(run, len(self.rows), closed)

    def close_run(self, run: list[int], end: int, closed: bool) -> None:
        """Close a run of equal rows that ends before a row."""
        if len(run) >= LEAST_ALIKE and not closed:
            self.close(run[0], end - 1, say("… {n} rows without a difference (--full)", n=f"{end - run[0]:,}"))

    def close(self, first: int, last: int, text: Message) -> None:
        """Leave rows closed, with those that are closed among them."""
        self.folds = [f for f in self.folds if f[0] < first or f[0] > last]
        self.folds.append((first, last, text))

    def add(self, row: Row, depth: int, closed: bool) -> None:
        """A row, and below it those inside; these are closed where a row like it is open already, or all are equal."""
        counts = [self.count(k, place) for k, place in enumerate(row.places)]
        terms = [self.terms(k, place) or self.of_parts(k, row) for k, place in enumerate(row.places)]
        joined = any(place is not None and place.parts for place in row.places)
        beside_parts = any(part.split for part in row.inside)  # a layer in one network, several in another
        said = any(term != terms[0] for term in terms) and (joined or beside_parts or not row.inside)
        cells: list[Cell] = []
        for count, term in zip(counts, terms, strict=True):
            cells += [term if said and term is not None else "", NONE if count is None else cell(count)]
        known = [0 if count is None else count for count in counts]
        if row.split:
            known = [None for _ in counts]
        for b, own in zip(known[1:], counts[1:], strict=True):
            gap = row.split or isinstance(b, AtLeast) or isinstance(known[0], AtLeast) or counts[0] is own is None
            cells.append("" if gap else less(b, known[0]))
            cells.append("" if gap or 0 in (b, known[0]) else self.shown(self.quotient(b, known[0], SHORT)))
        self.rows.append((self.label(row), *cells))
        self.depths.append(depth)
        first, form = len(self.rows), self.form(row)
        hide = self.alike(row) or form in self.seen
        self.seen.add(form)
        self.add_all(row.inside, depth + 1, closed or hide)
        if hide and not closed and len(self.rows) > first:
            self.close(first, len(self.rows) - 1, say("… {n} layers (--full)", n=f"{len(self.rows) - first:,}"))

    def label(self, row: Row) -> Text:
        """The name in each network, once where all are alike."""
        names: list[Text] = []
        for k, place in enumerate(row.places):
            if place is not None and (name := self.name(k, place)) not in names:
                names.append(name)
        return names[0] if len(names) == 1 else listed(names)

    def name(self, k: int, place: Place) -> Text:
        """Its name in the row that it stands in, behind how often it stands."""
        if place.parts:
            self.joined = True
            return " + ".join([part.name for part in place.parts if self.count(k, part) not in (None, 0)])
        if place.item.type == INPUT:
            return say("input") if place.path == INPUT else place.path
        if place.often == 1:
            return place.name
        self.copies = True
        name = place.name.rpartition(".")[2]
        return say("{n} × {layer}", n=factor_text(place.often), layer=name)

    def count(self, k: int, place: Place | None) -> Any:
        """What a network counts of all copies; None where it has no such layer."""
        if place is None:
            return None
        values = self.networks[k][1].values[self.quantity]
        found = [values[path] for path in place.paths if path in values]
        return multiplied(place.often, together(found)) if found else None

    def terms(self, k: int, place: Place | None) -> Formula | None:
        """How a count arises, where that says more than the count: a polynomial says it by itself."""
        terms = self.networks[k][1].terms[self.quantity]
        if place is None or not isinstance(self.count(k, place), int):
            return None
        if place.parts:
            known = [self.count(k, part) for part in place.parts]
            return added([formula(n) for n in known if isinstance(n, int)])
        if place.path not in terms:
            return None
        f = without_ones(terms[place.path])
        if place.often != 1:
            return Call("*", (formula(place.often), f))
        return None if isinstance(f, Number) else f

    def of_parts(self, k: int, row: Row) -> Formula | None:
        """The sum of the parts of a composite that stands beside a layer, where these are the rows inside."""
        counts = [self.count(k, part.places[k]) for part in row.inside if part.split]
        known = [n for n in counts if isinstance(n, int) and n != 0]
        whole = isinstance(own := self.count(k, row.places[k]), int) and sum(known) == own
        return added([formula(n) for n in known]) if whole and len(known) > 1 else None

    def alike(self, row: Row) -> bool:
        """Whether nothing differs, in it and inside."""
        counts = [self.count(k, place) for k, place in enumerate(row.places)]
        return all(count == counts[0] for count in counts) and all(map(self.alike, row.inside))

    def form(self, row: Row) -> Any:
        """What rows have in common that differ in their sizes alone."""
        types = tuple(
            [place and tuple([plain_type(one.item.type) for one in place.parts or (place,)]) for place in row.places]
        )
        return types, tuple(map(self.form, row.inside))

    def remarks(self) -> list[Message]:
        """How the table is read."""
        found: list[Message] = []
        if any(self.depths):
            found.append(say("A row that is set in is part of the row above."))
        if self.joined:
            text = say("Layers with + between them stand beside one layer that reads and gives the same shapes.")
            found.append(text)
        if self.copies:
            found.append(say("Below a row of several copies stand the parts of one."))
        return found


def less(b: Size, a: Size) -> Size:
    """b − a."""
    if isinstance(b, int) and isinstance(a, int):
        return b - a
    return simplified(Call("-", (formula(b), formula(a))))
