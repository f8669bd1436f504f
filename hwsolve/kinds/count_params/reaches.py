"""The receptive fields of the quantities of a network: one state for each wire, found layer by layer.

Where all cells of a map read alike (`even`), a window K cells wide, D apart, moved by S with P cells in front makes
r + D(K − 1)j, S·j and start + (D(K − 1)/2 − P)j of field, stride and start.  Where cells differ, as behind a transposed
convolution, an interpolation, or pooling in windows of two sizes, each cell is followed (see followed.py).
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.tree import Number
from hwsolve.kinds.count_params.counts import as_size, put_in
from hwsolve.kinds.count_params.followed import Cells, at_first, through, together
from hwsolve.language import Message, say
from hwsolve.layers.base import Shape, Size, StatedMap, product, quotient, size_text, total
from hwsolve.layers.items import Item, Network, Wire, walk_items
from hwsolve.layers.merging import MERGED
from hwsolve.layers.reach_of_layer import Reading, Readings, Window, readings_of

FIELD, STRIDE, START = "receptive_field", "stride", "start"
TEXTS = {
    FIELD: "r + D*(K - 1)*j",
    STRIDE: "S*j",
    START: "first + (D*(K - 1)/2 - P)*j",
}
SPREAD = {
    FIELD: "r + floor((K - 1)/S)*j",
    STRIDE: "j/S",
    START: "first + (floor(P/S) - floor((K - 1 - P)/S))*j/2",
}  # of neighbouring cells, D = 1
MOST_COPIES = 1_000  # of a repeat whose cells are followed


class Reach(msgspec.Struct, frozen=True):
    """What the cells of a map read along an axis: cells at most, the step to the next, the first centre.

    `stride` is the mean step where cells differ, `start` None where the first cell reads none; `fields` are those of
    all cells, where they differ.  `cells` is None where sizes are names.
    """

    field: Size = 1
    stride: Size = 1
    start: Size | None = 1
    even: bool = True
    fields: tuple[int, ...] = ()
    cells: Cells | None = None

    def __getitem__(self, quantity: str) -> Size | None:
        return {FIELD: self.field, STRIDE: self.stride, START: self.start}[quantity]

    @property
    def ends(self) -> tuple[Size, Size]:
        """The first and the last cell that the first one reads."""
        half = quotient(total((self.field, -1)), 2)
        assert self.start is not None
        return total((self.start, product((-1, half)))), total((self.start, half))


class Stop(msgspec.Struct, frozen=True):
    """Why there is no receptive field, and the layer where that is so; "" where no map comes in."""

    origin: str
    why: Message


State = tuple[Reach, ...] | Stop  # by axis
NOT_KNOWN = say("which cells of a map it reads is not known")
NO_MAP = Stop("", say("what comes in has no axes of a map"))
TOO_MANY = say("its cells differ too much to follow them")
NAMES = say("which cells it reads depends on sizes that are names")


class Reaches:
    """The states of wires, which are found as layers are counted one after the other."""

    def __init__(self, network: Network) -> None:
        self.known: dict[str, State] = {}
        self.free: set[str] = set()  # wires that follow from no input
        for wire in network.entries.values():
            self.known[wire.name] = entering(wire.shape)
        per_axis = [r for item in walk_items(network.items) for r in readings_of_item(item) if r]
        sides = [wire.shape[1:] for wire in network.entries.values() if not isinstance(wire.shape, StatedMap)]
        uneven = any(not isinstance(r, Window) or r.spread for readings in per_axis for r in readings)
        self.alike = all(reading == readings[0] for readings in per_axis for reading in readings) and not (
            uneven and any(len(set(axes)) > 1 for axes in sides)
        )

    def of(self, wire: Wire) -> State:
        """What a cell of a quantity reads."""
        return self.known.get(wire.name, NO_MAP)

    def after(self, item: Item) -> State:
        """The state of what an item gives, by those of what it reads; kept for its first output."""
        if item.layer is not None:
            made = self.of_layer(item)
        elif item.type in MERGED:
            made = self.joined(item)
        elif item.type == "repeat":
            made = self.repeated(item)
        else:
            made = self.known.get(item.outputs[0].name, Stop(item.path, NOT_KNOWN))
        self.known |= dict.fromkeys([wire.name for wire in item.outputs[1:]], Stop(item.path, NOT_KNOWN))
        self.known[item.outputs[0].name] = made
        return made

    def of_layer(self, item: Item) -> State:
        """Through the windows of each port that data comes in by."""
        read = [(wire, r) for wire, r in zip(item.inputs, readings_of_item(item), strict=True)
                if wire.name not in self.free]  # fmt: skip
        if not read:
            self.free |= {wire.name for wire in item.outputs}
            return NO_MAP
        ends: list[tuple[Reach, ...]] = []
        for wire, readings in read:
            before = self.of(wire)
            if isinstance(before, Stop):
                return before
            if readings is None:
                return Stop(item.path, NOT_KNOWN)
            axes = zip(before, readings, wire.shape[1:], item.output[1:], strict=True)
            moved = [step(*axis) for axis in axes]
            if any(reach is None for reach in moved):
                known = all(isinstance(n, int) for n in (*wire.shape, *item.output))
                return Stop(item.path, TOO_MANY if known else NAMES)
            ends.append(tuple([reach for reach in moved if reach is not None]))
        return union(ends, item.path) if len(ends) > 1 else ends[0]

    def joined(self, item: Item) -> State:
        """All that branches read; what follows from no input adds nothing."""
        wires = [branch.end for branch in item.branches if branch.end.name not in self.free]
        if not wires:
            self.free |= {wire.name for wire in item.outputs}
            return NO_MAP
        found: list[tuple[Reach, ...]] = []
        for wire in wires:
            state = self.of(wire)
            if isinstance(state, Stop):
                return state
            if wire.shape[1:] != item.output[1:]:
                return Stop(item.path, say("one of its branches is repeated along an axis: all cells read it"))
            found.append(state)
        return union(found, item.path)

    def repeated(self, item: Item) -> State:
        """Each copy in turn; where sizes are names so many times what one adds."""
        before, after = self.of(stream_of(item)), self.of(item.outputs[0])
        often = item.times[-1] if item.times else 1
        if isinstance(after, Stop) or (type(often) is int and often == 1):
            return after
        if isinstance(before, Stop):
            return before
        if not isinstance(often, int) or often > MOST_COPIES or any(reach.cells is None for reach in after):
            return grown(before, after, often, item.path)
        for _ in range(often - 1):
            self.known[stream_of(item).name] = after
            for inner in item.branches[-1].items:
                self.again(inner)
            after = self.of(item.branches[-1].end)
            if isinstance(after, Stop):
                break
        self.known[stream_of(item).name] = before
        return after

    def again(self, item: Item) -> None:
        """Once more through an item of a copy."""
        for branch in item.branches:
            for inner in branch.items:
                self.again(inner)
        self.after(item)


def entering(shape: Shape) -> State:
    """Each cell of a map that comes in is itself."""
    if isinstance(shape, StatedMap) or len(shape) < 2:
        return NO_MAP
    return tuple([Reach(cells=at_first(n)) for n in shape[1:]])


def readings_of_item(item: Item) -> tuple[Readings, ...]:
    """How a layer reads what comes in by each port; of composites nothing."""
    if item.layer is None or not item.inputs:
        return ()
    return readings_of(item.layer, item.shapes, item.output)


def stream_of(item: Item) -> Wire:
    """What the last of the differing copies reads."""
    return item.branches[-2].end if len(item.branches) > 1 else item.inputs[0]


def step(before: Reach, reading: Reading, n: Size, m: Size) -> Reach | None:
    """The reach behind a layer, along an axis of n cells that becomes one of m; None where names decide it."""
    cells = through(before.cells, reading, n, m) if before.cells is not None and reading.known else None
    if cells is not None and not (before.even and isinstance(reading, Window) and not reading.spread):
        return of_cells(cells)
    if not isinstance(reading, Window):
        return None
    if not before.even and (reading.spread or reading.kernel != 1 or reading.padding != 0):
        return None
    if reading.spread and reading.dilation != 1:
        return None
    made = by_texts(before, reading)
    even = before.even and (not reading.spread or reading.stride == 1)
    return Reach(made[FIELD], made[STRIDE], made[START], even, cells=cells)


def by_texts(before: Reach, window: Window) -> dict[str, Size]:
    """What the formulas give."""
    sizes = sizes_of(before, window)
    return {q: put_in(text, sizes)[1] for q, text in (SPREAD if window.spread else TEXTS).items()}


def sizes_of(before: Reach, window: Window) -> dict[str, Size]:
    """The values of the names in the formulas."""
    return {
        "r": before.field, "j": before.stride, "first": before.start or 0, "K": window.kernel, "S": window.stride,
        "P": window.padding, "D": window.dilation,
    }  # fmt: skip


def of_cells(cells: Cells) -> Reach:
    """A reach by its cells."""
    from fractions import Fraction

    spans = cells.spans()
    fields = sorted({last - first + 1 for _, first, last in spans})
    (low, high), empty = ends_of_first(cells), not cells.of(0)[1]
    return Reach(
        fields[-1],
        as_size(Fraction(cells.advance, cells.period)),
        None if empty else as_size(Fraction(low + high, 2)),
        cells.period == 1 and not empty,
        tuple(fields) if len(fields) > 1 else (),
        cells,
    )


def ends_of_first(cells: Cells) -> tuple[int, int]:
    """The first and the last cell that the first one reads, counted from 1."""
    first, mask = cells.of(0)
    return first + 1, first + mask.bit_length()


def union(found: list[tuple[Reach, ...]], path: str) -> State:
    """What branches together read; they must move alike."""
    made: list[Reach] = []
    for axis in zip(*found, strict=True):
        if len(set(axis)) == 1:
            made.append(axis[0])
            continue
        strides = list(dict.fromkeys(reach.stride for reach in axis))
        if len(strides) > 1:
            first, second = map(size_text, strides[:2])
            return Stop(path, say("its branches have different strides, {a} and {b}", a=first, b=second))
        followed = [reach.cells for reach in axis if reach.cells is not None]
        if len(followed) == len(axis):
            cells = together(followed)
            if cells is None:
                return Stop(path, TOO_MANY)
            made.append(of_cells(cells))
            continue
        ends_of_axis = [end for reach in axis if reach.even for end in reach.ends]
        if len(ends_of_axis) < 2 * len(axis) or any(not isinstance(end, int | Number) for end in ends_of_axis):
            return Stop(path, say("which of its branches reads further depends on sizes that are names"))
        low, high = min(ends_of_axis, key=rational), max(ends_of_axis, key=rational)
        field = total((high, product((-1, low)), 1))
        made.append(Reach(field, strides[0], quotient(total((high, low)), 2)))
    return tuple(made)


def rational(size: Size) -> float:
    """A size to compare by; halves are exact."""
    return size.numerator / size.denominator if isinstance(size, Number) else float(str(size))


def grown(before: tuple[Reach, ...], after: tuple[Reach, ...], often: Size, path: str) -> State:
    """`often` times what one copy adds to what comes in."""
    made: list[Reach] = []
    for a, b in zip(before, after, strict=True):
        if not (a.even and b.even) or a.start is None or b.start is None:
            return Stop(path, say("its cells differ, and it has too many copies to follow them"))
        if a.stride != b.stride:
            return Stop(path, say("its copies have different strides"))
        field, start = [total((y, product((-1, x)))) for x, y in ((a.field, b.field), (a.start, b.start))]
        made.append(
            Reach(total((a.field, product((often, field)))), a.stride, total((a.start, product((often, start)))))
        )
    return tuple(made)
