"""The document between solvers and renderers: a solver fills it, a renderer knows nothing of who did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from hwsolve.counting import Notation
from hwsolve.figures import Bars, Curve, Diagram, Figure, Grid
from hwsolve.formula.tree import Formula, Ref
from hwsolve.language import Message

Text = Message | str
Detail = Literal["page", "full", "data", "short"]  # short page; --full, and folded; JSON alone; in place of "full"
Free = dict[str, Any]  # what names range over: a word, the sizes of an array, the last value of an index
Origin = tuple[str, str, str]  # what a value comes from, for machines: an operation, a slot of it, and a rule


class Quantity(msgspec.Struct, frozen=True, gc=False):
    """A value: int, fmpq, arb or float, and how it is printed.

    `text`: its decimal, without commas; `relation`: "=" where that is the value, or "≈"; `exact`: the rational as
    "12769/500000", an integer's digits; `system`: exact, certified or float64; `root`: an irrational value as √2.
    """

    value: Any
    text: str
    relation: str = "="
    exact: str | None = None
    system: str = "exact"
    root: Formula | None = None


class Missing(msgspec.Struct, frozen=True, gc=False):
    """An element of an answer that has no value, and why."""

    why: Text

    def __str__(self) -> str:
        """What stands in its place."""
        return "—"


class Stage(msgspec.Struct, frozen=True, gc=False):
    """One link of a printed chain: a relation and what stands behind it.

    `factor` is that of a ⟺: A − B = factor·(C − D), never 0; `own` a form of an argument, `sparse` one without 0s.
    """

    relation: str
    formula: Formula
    factor: Formula | None = None
    own: bool = False
    sparse: bool = False


class Given(msgspec.Struct, frozen=True, gc=False):
    """A number that the spec states, or chosen (for a case with numbers), or implied by a sentence: its `role`.

    `typed` is what the spec says where that is no decimal, as 1/3, √5 or a size that is a name: that has no quantity.
    """

    key: Ref
    quantity: Quantity | None
    typed: Formula | None = None
    shape: tuple[int, ...] = ()  # of the whole array, where known
    role: str = "stated"


class Value(msgspec.Struct, frozen=True, gc=False, tag="value", tag_field="kind"):
    """`key = stages… = quantity`: `formula` can be evaluated from the keys above, `stages` is what readers see.

    The value of a whole array is nested tuples of quantities.
    """

    key: Ref
    formula: Formula
    stages: tuple[Stage, ...]
    quantity: Any
    rule: Text = ""
    aside: bool = False  # stands in the JSON and under --full, not in the short form
    found: Any = None  # as the formula gives it from carried decimals: rounded, where the value is not
    origin: Origin | None = None


class Identity(msgspec.Struct, frozen=True, gc=False, tag="identity", tag_field="kind"):
    """`lhs = rhs` for all values of the free variables.

    `free` maps each to real, positive, negative, unit, index, size, function, random, or the sizes of an array that is
    0 outside them.  `relation` may be ≈, `links` are further forms; with ⟺ in the first, lhs = rhs is an equation.
    `shown` is the chain that a reader sees instead, where there are forms between, or short names.  `where`: conditions
    outside of which it says nothing, as x != 0.
    """

    lhs: Formula
    rhs: Formula
    free: Free
    rule: Text = ""
    key: Ref | None = None
    aside: bool = False
    shown: tuple[Formula, ...] = ()
    links: tuple[Stage, ...] = ()
    relation: str = "="
    where: tuple[Formula, ...] = ()


class Carried(msgspec.Struct, frozen=True, gc=False, tag="carried", tag_field="kind"):
    """A value from steps that are not written out, as precise as it was used: `full` is its decimal."""

    key: Ref
    quantity: Quantity
    full: str


class Let(msgspec.Struct, frozen=True, gc=False, tag="let", tag_field="kind"):
    """A name for something of a derivation: z[i] := Σⱼ W[i,j] a[j].  `free` is as an identity's; never an answer."""

    key: Formula
    formula: Formula
    free: Free = {}


class Assume(msgspec.Struct, frozen=True, gc=False, tag="assume", tag_field="kind"):
    """What is taken as true of a free name: E(a) == 0, normal(z), linear(f), b == 0."""

    formula: Formula


class Form(msgspec.Struct, frozen=True, gc=False, tag="form", tag_field="kind"):
    """What lines are instances of, over letters for their indices; or an array that is too large to be written out.

    The first link has no relation.  Nothing is evaluated here: the lines of the elements are.
    """

    links: tuple[Stage, ...]


Line = Value | Identity | Carried | Let | Assume | Form
Cell = Text | int | Quantity | Formula


class Table(msgspec.Struct, frozen=True):
    """Rows of cells under column heads; numbers are set to the right.  `total` marks a last row of totals.

    `depths`: how far rows are set in; `folds`: the first and last of rows that a short page closes, and what it says in
    their place; `drop`: columns in the order in which they may go.  One without a head holds the terms of the next.
    """

    title: Text
    columns: tuple[Text, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: bool = False
    depths: tuple[int, ...] = ()
    folds: tuple[tuple[int, int, Text], ...] = ()
    drop: tuple[int, ...] = ()


class Sentence(msgspec.Struct, frozen=True, gc=False):
    """A sentence.  Its places may hold formulas: one with a relation at the top is a claim, and is true."""

    text: Text
    detail: Detail = "page"
    free: Free = {}  # what the names of its claims range over, where they are none of the quantities


class Group(msgspec.Struct, frozen=True, gc=False):
    """Lines that have one reason.  `head` is the line that speaks for all; `depth`: how far they are set in.

    `close`: they go on with what the group before them began; `free`: what names in the reason's claims range over.
    """

    lines: tuple[Line, ...]
    reason: Text = ""
    head: int | None = None
    depth: int = 0
    detail: Detail = "page"
    close: bool = False
    free: Free = {}


Item = Sentence | Group | Table | Figure


class Step(msgspec.Struct, frozen=True):
    """A titled part of the solution: sentences, groups of lines, tables and figures in the order of reading.

    `part`: statement (what is given and asked), question (the same where it stands without a solution, and would only
    repeat it there), derivation, numbers, simulation, asked (expressions of what was worked out).
    """

    title: Text
    items: tuple[Item, ...] = ()
    level: int = 1
    part: str = "derivation"

    @property
    def lines(self) -> tuple[Line, ...]:
        """All lines of all groups."""
        return tuple([line for item in self.items if type(item) is Group for line in item.lines])

    @property
    def tables(self) -> tuple[Table, ...]:
        """The tables."""
        return tuple([item for item in self.items if type(item) is Table])

    @property
    def figures(self) -> tuple[Figure, ...]:
        """The figures."""
        return tuple([item for item in self.items if isinstance(item, Curve | Grid | Diagram | Bars)])


class Answer(msgspec.Struct, frozen=True, gc=False):
    """A final result: a Quantity, nested tuples of them (an array; some may be Missing), or a Formula."""

    value: Any
    main: bool = False  # stands in the card where nothing is asked
    shown: Formula | None = None  # what a reader sees
    functions: tuple[Formula, ...] = ()  # what a derivative is of: on their kinks it says nothing
    where: tuple[Formula, ...] = ()  # conditions of a formula
    legend: tuple[Text, ...] = ()  # what the names in it are, or what it tells
    digits: int = 0  # that are asked for, 0 where the page decides
    layout: tuple[int, ...] = ()  # another shape in which its elements may be stated, in the same order
    growth: bool = False  # an order, the same with other constant factors and lower terms


class Check(msgspec.Struct, frozen=True):
    """An expectation of the spec against what came out.  `at` is file:line:column.

    `got` is whole, `brief` for a page.  `how`: formulas not proven equal agree at so many points; `why`: what differs.
    """

    key: str
    expected: str
    got: str
    ok: bool
    at: str = ""
    difference: str = ""
    how: Text = ""
    brief: str = ""
    why: Text = ""


class Published(msgspec.Struct, frozen=True):
    """What a source states, beside what came out."""

    key: str
    stated: str
    source: Text | dict[str, str]
    computed: str
    agrees: bool | None  # None where the two cannot be compared
    at: str = ""
    rounded: str = ""  # what rounding gives of what was cut off
    how: Text = ""
    brief: str = ""
    why: Text = ""  # what differs
    inexact: tuple[Text, Text] | None = None  # how a sum of stated parts is, and how far off
    lower: bool = False  # it differs in terms that others outgrow
    exchanged: Text | dict[str, str] = ""  # whose place it has

    @property
    def verdict(self) -> str:
        """agrees, cut off, wrong, or not decided."""
        wrong = "cut off" if self.rounded else "wrong"
        return wrong if self.agrees is False else "not decided" if self.agrees is None else "agrees"


class Note(msgspec.Struct, frozen=True):
    """A remark: `level` is info or warning; one that is `told` stands in the steps of the page too."""

    level: str
    text: Text
    told: bool = False


class Solution(msgspec.Struct, kw_only=True):
    """The whole worked solution."""

    kind: str
    title: Text | dict[str, str] = ""
    source: str | None = None
    given: tuple[Given, ...] = ()
    sections: tuple[Step, ...] = ()
    symbols: Mapping[str, Formula | Message] = {}  # how keys are written, or called, where a key is no symbol
    asked: tuple[str, ...] = ()  # the answers that the page leads to; those marked main where there are none
    answers: dict[str, Answer] = {}
    partial: dict[str, Message] = {}  # totals that are no answers: what is said in their place
    checks: tuple[Check, ...] = ()
    published: tuple[Published, ...] = ()
    notes: tuple[Note, ...] = ()
    indices: tuple[str, ...] = ()  # names whose values are indices, as of the first window that covers a cell
    notation: Notation = Notation()
    digits: int = 6  # of what is rounded, and of a long decimal in the box of answers
    card: Table | None = None  # how answers stand in their box, as rows and columns: its cells are keys

    @property
    def lines(self) -> list[Line]:
        """All lines, in reading order."""
        return [line for step in self.sections for line in step.lines]
