"""The totals of operation counts: by phase and kind, then backward, then all, and how they grow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import msgspec

from hwsolve.derivation.lines import binary
from hwsolve.derivation.size_lines import added, equal, of_layer, size_value, stated, summed
from hwsolve.formula.growth import leading, ordered, outgrown
from hwsolve.formula.tree import BigOperator, Call, Formula, Ref, formula, references, walk
from hwsolve.kinds.complexity.tables import ALWAYS, ASKED, KINDS, PHASES, SIGNS, Work, head, in_words
from hwsolve.kinds.count_params.partial import AtLeast, together
from hwsolve.kinds.count_params.table import term_of
from hwsolve.language import Message, listed, say
from hwsolve.layers.base import Size, product, total
from hwsolve.layers.cost import NotCounted, Nothing
from hwsolve.layers.items import walk_items
from hwsolve.solution import Answer, Cell, Group, Line, Note, Sentence, Step, Table, Text

if TYPE_CHECKING:
    from hwsolve.kinds.complexity.problem import Count, Problem


class CountOfLayer(msgspec.Struct, frozen=True):
    """A count of one layer, as it was worked out, and how often it stands in the total."""

    times: Size
    key: Ref
    value: Size
    written: Formula


class OperationTotals:
    """What was counted so far, and the sums of it."""

    def __init__(self, problem: Problem) -> None:
        self.problem, self.count = problem, problem.count
        self.terms: dict[tuple[str, str], list[CountOfLayer]] = {}
        self.answers: dict[str, Answer] = {}
        self.lines: list[Line] = []  # of the layer that is counted, until its section is closed
        self.sections: list[Step] = []
        self.values: dict[str, Size] = {}  # the totals by key
        self.written: dict[str, Formula] = {}  # those of phases, where sizes have names, as they arise
        self.works: list[Work] = []
        self.notes: list[Note] = []
        self.missing: dict[str, dict[str, NotCounted]] = {}  # the layers that are not counted, by phase
        self.partial: dict[str, AtLeast] = {}  # totals that are no numbers, by key
        self.nothing: dict[str, Nothing] = {}  # the types of layers that cost nothing

    def totals(self) -> Step:
        """Sums over the network: by phase and kind, then backward, then all."""
        lines: list[Line] = []
        kinds = [kind for kind in KINDS if kind in ALWAYS or any(kind == k for _, k in self.terms)]
        wholes = {"backward": ("error", "gradient"), "total": ("forward", "backward", "update")}
        for kind in kinds:
            for phase in PHASES:
                if phase in wholes:
                    self.together(f"{phase}.{kind}", [f"{part}.{kind}" for part in wholes[phase]], lines)
                else:
                    self.sum(phase, kind, lines)
        orders = tuple(self.orders())
        said = [say("{key}: {count}", key=k, count=v.sentence()) for k, v in self.asked().items()]
        together = say("The backward pass is the phases {error} and {gradient} together.",
                       error=PHASES["error"], gradient=PHASES["gradient"])  # fmt: skip
        sums = Group(of_layer(lines, "network"), detail="full")
        told = (*orders, *map(Sentence, said))
        return Step(say("All layers"), (Sentence(together), self.table(kinds), *told, sums))

    def table(self, kinds: list[str]) -> Table:
        """A row for each phase: its counts, as they arise where that is no number, and how they grow."""
        orders = any(key.startswith("order.") for key in self.answers)
        heads: list[Text] = [say("Phase"), *[head(kind, self.count) for kind in kinds]]
        rows = [
            (PHASES[phase], *[self.cell(f"{phase}.{kind}") for kind in kinds], *([self.order(phase)] if orders else []))
            for phase in PHASES
        ]
        others = [n for n, kind in enumerate(kinds, 1) if kind not in ALWAYS]
        return Table("", (*heads, *([say("Order")] if orders else [])), tuple(rows), drop=tuple(reversed(others)))

    def cell(self, key: str) -> Cell:
        """A total in a table."""
        if key in self.partial:
            return self.partial[key].short()
        value = self.values.get(key, 0)
        written = self.written.get(key)
        if isinstance(value, int) or written is None or binary(written) == binary(value):
            return value
        return Call("==", (written, value))

    def order(self, phase: str) -> Cell:
        """How a phase grows; nothing where that is not asked."""
        found = self.answers.get(f"order.{phase}")
        return found.shown if found is not None and isinstance(found.shown, Formula) else ""

    def asked(self) -> dict[str, AtLeast]:
        """The totals that a reader asked for, and that are no numbers."""
        return {key: count for key, count in self.partial.items() if is_asked(key)}

    def sum(self, phase: str, kind: str, lines: list[Line]) -> None:
        """One kind of operation in one phase."""
        terms, key = self.terms.get((phase, kind), []), Ref(f"{phase}.{kind}")
        count = total(product((t.times, t.value)) for t in terms)
        if phase in self.missing:
            self.partial[key.name] = AtLeast(count, self.missing[phase])
            return
        self.keep(key.name, count)
        if isinstance(count, int):
            by_key = [(t.times, t.key, t.value) for t in terms]
            lines += summed(key, by_key, count) if terms else [stated(key, 0, aside=kind not in ALWAYS)]
            return
        self.written[key.name] = added([term_of(t.times, t.value) for t in terms])
        lines.append(equal(key, added([term_of(t.times, t.value) for t in terms]), count))

    def together(self, key: str, parts: list[str], lines: list[Line]) -> None:
        """The sum of totals."""
        counts = [self.partial[part] if part in self.partial else self.values[part] for part in parts]
        count = together(counts)
        if isinstance(count, AtLeast):
            self.partial[key] = count
            return
        known = [(1, Ref(part), n) for part, n in zip(parts, counts, strict=True) if not isinstance(n, AtLeast)]
        having = [k for k in known if k[2] != 0] or known[:1]
        self.keep(key, count)
        lines += summed(Ref(key), [(1, ref, value) for _, ref, value in having], count, aside=count == 0)

    def keep(self, key: str, count: Size) -> None:
        """Keep a total; those of multiplications and additions are what a reader asked for."""
        self.values[key] = count
        self.answers[key] = Answer(size_value(count), is_asked(key))

    def orders(self) -> Iterator[Sentence]:
        """How the counts grow with the sizes that have names, and why."""
        below: dict[Formula, None] = {}
        free: dict[str, str] = {}
        items = walk_items(self.problem.network.items)
        sizes = [n for item in items for wire in item.outputs for n in wire.shape if isinstance(n, Formula)]
        pairs, narrower = ordered(sizes), False
        named = any(isinstance(self.values.get(f"{phase}.{kind}"), Formula) for phase in ASKED for kind in KINDS)
        for phase in ASKED if named else ():
            counts = [formula(v) for key, v in self.values.items() if key.startswith(f"{phase}.") and v != 0]
            if counts and f"{phase}.mul" not in self.partial:
                order = leading(counts, pairs)
                narrower |= order != leading(counts)
                self.answers[f"order.{phase}"] = Answer(order, shown=Call("O", (order,)), growth=True)
                below |= dict.fromkeys(outgrown(counts))
                free |= {ref.name: "size" for count in counts for ref in references(count)}
        if narrower:
            texts = [say("{small} is at most {great}", small=small, great=great) for small, great in pairs]
            yield Sentence(say("A window fits into its map: but for a constant, {sizes}.", sizes=listed(texts)))
        if not all(map(of_names, below)):  # ⌊(n − K)/S⌋ may be 0
            yield Sentence(say("The highest powers give the order."))
        elif below:
            claims = listed([say("{symbol}", symbol=f) for f in below])
            text = say("Sizes are at least 1, so {claims}: the highest powers give the order, whatever numbers stand "
                       "before them.", claims=claims)  # fmt: skip
            yield Sentence(text, free=free)

    def card(self) -> Table:
        """The answers in rows and columns: × and + of each phase, and how they grow."""
        said = [head(kind, self.count) for kind in ALWAYS]
        words = [KINDS[kind] if text == SIGNS[kind] else text for kind, text in zip(ALWAYS, said, strict=True)]
        rows: list[tuple[Cell, ...]] = []
        for phase in ASKED:
            counts: list[Cell] = [Ref(f"{phase}.{kind}") for kind in ALWAYS]
            rows.append((PHASES[phase], *counts, Ref(f"order.{phase}")))
        return Table("", (say("Phase"), *words, say("Order")), tuple(rows))

    def named(self) -> dict[str, Message]:
        """The totals in words."""
        found: dict[str, Message] = {}
        for key in self.answers:
            first, _, rest = key.partition(".")
            if first == "order":
                found[key] = say("{phase} operations", phase=PHASES[rest])
            elif first in PHASES and rest in KINDS:
                found[key] = named_total(first, rest, self.count)
        return found


def of_names(f: Formula) -> bool:
    """Whether a claim is about powers of names, which are at least 1."""
    calls = [node.name for node in walk(f) if isinstance(node, Call)]
    return all(name in ("<=", "*", "**") for name in calls) and not any(isinstance(n, BigOperator) for n in walk(f))


def named_total(phase: str, kind: str, count: Count) -> Message:
    """A total in words."""
    if kind == "mul" and count.multiply_add == 1:
        return say("{phase} multiply-adds", phase=PHASES[phase])
    return say("{phase} {kind}", kind=in_words(kind, count), phase=PHASES[phase])


def is_asked(key: str) -> bool:
    """Whether a total is one that a reader asked for."""
    phase, kind = key.split(".")
    return kind in ALWAYS and phase in ("forward", "backward", "update")
