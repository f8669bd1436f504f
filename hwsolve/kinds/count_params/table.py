"""The table of a count: a row for each layer, composites with their sums, and the totals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from hwsolve.formula.tree import Call, Formula, Number, formula
from hwsolve.kinds.count_params.counted import QUANTITIES
from hwsolve.kinds.count_params.partial import GAP, AtLeast, Count
from hwsolve.kinds.count_params.stages import RUN, STAGE, numbered
from hwsolve.kinds.count_params.tree import SHORTCUT, Node, form, of_same_sizes, without_ones
from hwsolve.kinds.count_params.type_words import IN_ROWS, row_words, spoken_of, type_word, word_in_row
from hwsolve.language import Message, listed, say
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.base import Shape, Size, StatedMap, factor_text, product, shape_text, size_text
from hwsolve.layers.stated_size import stated_size_warnings, stated_text
from hwsolve.solution import Answer, Cell, Quantity, Table, Text

MOST_OPEN = 2  # rows of a composite that is written out although it is like another one
DEEPEST = 2  # how far composites within copies are set in that are closed on a short page
Row = tuple[Cell, ...]


class CountTable:
    """Writes the rows of nodes one after the other."""

    def __init__(self, nodes: Sequence[Node], keys: tuple[str, ...]) -> None:
        self.keys, self.nodes = keys, nodes
        self.rows: list[Row] = []
        self.depths: list[int] = []
        self.folds: list[tuple[int, int, Text]] = []
        self.written: dict[Any, list[tuple[Node, Text]]] = {}  # by their form the composites that are written out
        self.within = 0  # in how many copied composites the row stands that is being written
        self.copies = False  # whether the parts of one copy stand below the row of several
        self.called: dict[str, Text] = {}  # the rows of layers by their paths, where a row has no name of the spec
        self.stages: dict[frozenset[str], Text] = {}  # by the paths of what they are made of
        self.stage: Text = ""  # whose rows are being written
        self.name = numbered()
        self.words: dict[str, Text] = {"input": say("input"), **row_words(nodes)}
        self.shape = "activations" not in keys  # else the product of the shape says it
        for node in nodes:
            self.add(node, 0, False)

    def table(self, answers: dict[str, Answer], partial: dict[str, AtLeast]) -> Table:
        """Layer, output and the counts that were asked for, each behind what it is the product of."""
        totals = [self.total(key, answers, partial) for key in self.keys]
        columns: list[Text] = [say("Layer"), *([say("Output")] if self.shape else [])]
        last: list[Cell] = [say("Total"), *([""] if self.shape else [])]
        for key, total in zip(self.keys, totals, strict=True):
            columns += ["", QUANTITIES[key].head]
            last += ["", total]
        rows = (*self.rows, tuple(last))
        terms = [n for n, head in enumerate(columns) if head == ""]
        shapes = [1] if self.shape else [terms.pop(0)]
        drop = (*reversed(terms), *shapes)
        return Table("", tuple(columns), rows, True, (*self.depths, 0), tuple(self.folds), drop)

    def total(self, key: str, answers: dict[str, Answer], partial: dict[str, AtLeast]) -> Cell:
        """The cell of a total; nothing where a quantity has none."""
        if key in answers:
            return total_cell(answers[key])
        return partial[key].short() if key in partial else ""

    def add(self, node: Node, depth: int, closed: bool) -> None:
        """The row of a node, and below it those of its parts."""
        cells: list[Cell] = [shape_of(node)] if self.shape else []
        for key in self.keys:
            cells += [self.terms(node, key), cell(node.all(key)) if key in node.counts else ""]
        name = self.name(node)
        if node.type == STAGE and isinstance(name, Message):
            self.stage = name.values["stage"]
            self.stages[frozenset(node.paths)] = self.stage
        elif depth and self.stage and not node.single and not node.children:
            one = self.label(msgspec.structs.replace(node, times=1), name)
            text = say("{layer} in {block}", layer=one, block=self.stage)
            called = text if node.times == 1 else say("one {layer} in {stage}", layer=one, stage=self.stage)
            self.called |= dict.fromkeys(node.paths, called)
        elif node.name in self.words and not depth:
            self.called |= dict.fromkeys(node.paths, spoken_of(self.words[node.name]))
        self.stage = self.stage if depth or node.type == STAGE else ""
        self.rows.append((self.label(node, name), *cells))
        self.depths.append(depth)
        if not node.children:
            return
        self.copies |= node.times != 1
        alike = self.like(node)
        if alike is None and not closed:
            own = name.values["stage"] if isinstance(name, Message) else name
            self.written.setdefault(form(node), []).append((node, own))
        nested = node.type == STAGE and any(child.children for child in node.children)
        first = len(self.rows)
        self.within += node.times != 1
        for n, child in enumerate(node.children):
            self.add(child, depth + 1, closed or (alike is not None and not nested) or (n > 0 and node.type == RUN))
            if n == 0 and node.type == RUN and alike is None:
                first = len(self.rows)  # the first one is written out
        self.within -= node.times != 1
        last = len(self.rows) - 1
        if closed or nested or last - first < (MOST_OPEN if node.type != RUN else 0):
            return
        if self.within and depth >= DEEPEST:
            self.close(first, last, say("… {n} layers (--full)", n=f"{node.layers:,}"))
            return
        if alike is not None:
            self.close(first, last, alike)
        elif node.type == RUN:
            others = f"{len(node.children) - 1:,}", spoken(node.children[0].kind)
            self.close(first, last, say("… {n} × {name} of other sizes (--full)", n=others[0], name=others[1]))

    def like(self, node: Node) -> Message | None:
        """Where the same parts are written out: in a composite of the same sizes, else in one of others."""
        known = self.written.get(form(node), [])
        if not known:
            return None
        equal = next((name for first, name in known if of_same_sizes(first, node)), None)
        said = {"n": f"{node.layers:,}", "name": spoken(known[0][1] if equal is None else equal)}
        if equal is None:
            return say("… {n} layers as in {name}, of other sizes (--full)", **said)
        return say("… {n} layers as in {name} (--full)", **said)

    def close(self, first: int, last: int, text: Text) -> None:
        """Leave rows closed, with those that are closed among them."""
        self.folds = [f for f in self.folds if f[0] < first]
        self.folds.append((first, last, text))

    def label(self, node: Node, name: Text) -> Text:
        """`conv1 7×7, stride 2`, `3 × conv 3×3, batch_norm`, `2 × bottleneck, 70,400 each`."""
        own = node.single and node.times == 1
        text: Text = spoken(name if own or node.type == STAGE else node.type)
        if own and node.name in self.words:
            text = self.words[node.name]
        elif isinstance(text, str):
            text = word_in_row(node) if own else IN_ROWS.get(text, text)
        text = text if node.active is None else say("expert")
        norms = node.joined if own else [norm.rstrip("0123456789") for norm in node.joined]
        if node.settings and isinstance(text, Message) and text.values:  # a number stands at its end
            text = say("{layer}, {window}", layer=text, window=node.settings[0])
        elif node.settings:
            text = say("{layer} {window}", layer=text, window=node.settings[0])
        text = listed([text, *node.settings[1:], *norms])
        if node.times != 1 and node.type != STAGE:
            text = say("{n} × {layer}", n=factor_text(node.times), layer=text)
        if node.active is not None:
            text = say("{experts}, {n} active", experts=text, n=size_text(node.active))
        if node.times != 1 and node.children and (each := self.each(node)):
            text = say("{layer}, {n} each", layer=text, n=size_text(each))
        return text

    def each(self, node: Node) -> Size:
        """What one copy counts: parameters, if it has any."""
        known = [node.counts[key] for key in ("params", *self.keys) if key in node.counts]
        return next((n for n in known if not isinstance(n, AtLeast) and n != 0), 0)

    def terms(self, node: Node, key: str) -> Cell:
        """What a count is the product of; nothing where it is a number that stands there already."""
        if key == "activations" and isinstance(node.shape, StatedMap) and key in node.counts:
            return shape_of(node)
        f = without_ones(node.terms[key]) if key in node.terms else None
        if is_pooling(node.type) and key in node.terms and not isinstance(f, Call) and node.times == 1:
            return node.terms[key]  # one value of each map
        if not isinstance(f, Call):
            return formula_of_copies(node, key)
        often = node.often(key)
        return f if often == 1 else Call("*", (formula(often), f))


def formula_of_copies(node: Node, key: str) -> Cell:
    """`3 × 64` for copies of a layer that counts one number."""
    count = node.counts.get(key, 0)
    often = node.often(key)
    if often == 1 or node.children or isinstance(count, AtLeast) or count == 0:
        return ""
    return Call("*", (formula(often), formula(count)))


def shape_of(node: Node) -> Text:
    """What comes out; of a stated size that no map has, the channels and the size."""
    if (n := no_map(node.shape)) is not None:
        channels = stated_text(size_text(node.shape[0]), None)
        return say("{channels}, {n} values (as stated)", channels=channels, n=size_text(n))
    text = shape_text(node.shape)
    if isinstance(node.shape, StatedMap) and node.shape.features is not None and is_pooling(node.type):
        return say("{size} (as stated)", size=text)
    return text.replace(" × ", "×") if isinstance(text, str) else text


def is_pooling(name: str) -> bool:
    """Whether a layer is one that has its number of values stated in place of a window."""
    return f"{name}1d" in LAYERS and layer_class(f"{name}1d").CATEGORY == "pooling"


def no_map(shape: Shape) -> int | None:
    """A stated number of values that no map of so many channels has."""
    if not isinstance(shape, StatedMap) or not isinstance(shape[0], int) or not isinstance(shape.features, int):
        return None
    return shape.features if shape[0] and stated_size_warnings(shape.features, shape[0]) else None


def spoken(name: Text) -> Text:
    """A name whose own word is in the language of the page."""
    if isinstance(name, str) and name.startswith(SHORTCUT):
        return say("shortcut {layer}", layer=name.removeprefix(SHORTCUT))
    return name


def cell(count: Count) -> Cell:
    """A count of all copies."""
    if isinstance(count, AtLeast):
        return GAP if count.counted == 0 else count.short()
    return count


def total_cell(answer: Answer) -> Cell:
    """The total."""
    value: Cell = answer.value
    return value.value if isinstance(value, Quantity) else value


def remarks(table: CountTable, types: Sequence[str], layers: Sequence[str]) -> list[Message]:
    """How the table is read, and the layers that have no row."""
    found: list[Message] = []
    if any(table.depths):
        whole = all(node.type == STAGE for node in table.nodes if node.children) and max(table.depths) == 1
        parts = say("Indented rows are the parts of the last row above that is indented less.")
        found.append(say("Indented rows make up the stage above them.") if whole else parts)
    if table.copies:
        found.append(say("Below a row of several copies stand the parts of one."))
    if types or layers:
        stored, computed = "activations" in table.keys, "macs" in table.keys or "flops" in table.keys
        names = (*{repr(word): word for word in map(type_word, types)}.values(), *layers)
        if stored and computed:
            found.append(say("Without parameters, stored values and multiply-adds: {layers}.", layers=names))
        elif stored:
            found.append(say("Without parameters and stored values: {layers}.", layers=names))
        elif computed:
            found.append(say("Without parameters and multiply-adds: {layers}.", layers=names))
        else:
            found.append(say("Without parameters: {layers}.", layers=names))
    return found


def sum_of_rows(nodes: Sequence[Node], key: str) -> Formula | None:
    """The sum of the outermost rows as it is printed; None where that says nothing, or one of them is not known."""
    terms: list[Formula] = []
    for node in nodes:
        count, all_of_it = node.counts.get(key, 0), node.all(key) if key in node.counts else 0
        if isinstance(count, AtLeast) or isinstance(all_of_it, AtLeast):
            return None
        if count != 0:
            terms.append(formula(all_of_it) if isinstance(all_of_it, int) else term_of(node.often(key), count))
    if len(terms) < 2:
        return terms[0] if terms and not isinstance(terms[0], Number) else None
    return Call("+", tuple(terms))


def term_of(times: Size, value: Size) -> Formula:
    """So many times a count, as a reader sees it: `L n²`, `2Ln`."""
    f = formula(value)
    if times == 1:
        return f
    known = isinstance(f, Call) and f.name == "*" and isinstance(f.args[0], Number)
    return formula(product((times, value))) if known else Call("*", (formula(times), f))
