"""An operation: array code forward and backward, and one schematic formula that says the same for one element."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import Any, ClassVar

import msgspec

from hwsolve import numbers
from hwsolve.formula.indices import fresh, names_in
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Formula, Number, Ref, rebuild, substitute, transform, walk
from hwsolve.formula.tree import children as parts_of
from hwsolve.language import Message

Array = Any  # an ndarray of float64 or of python-flint objects, or a scalar of either
Sizes = tuple[int, ...]


class Operation(msgspec.Struct, frozen=True):
    """y = f(inputs).

    `inputs` names the arguments in the order of `forward`; `formula` gives one element of the output in terms of their
    elements, with `indices` as its index variables.  `batched` inputs take the leading axes of the data in front of the
    indices that are written; the others (parameters) do not.  `sizes()` binds the capital letters of the formula.

    An operation is its formula: shape, values and gradients follow from it.  One that has array code of its own has it
    for speed, or where the formula's own order of work overflows or loses digits.
    """

    inputs: ClassVar[tuple[str, ...]] = ("x",)
    batched: ClassVar[tuple[str, ...]] = ("x",)
    indices: ClassVar[tuple[str, ...]] = ()
    formula: ClassVar[str] = ""
    stated: ClassVar[dict[str, str]] = {}  # the gradient of an input as a textbook writes it, indices m1, m2, …
    view: ClassVar[bool] = False  # the same values in another shape
    by_rows: ClassVar[bool] = False  # each row of the last axis is a computation of its own, which a page shows
    lettered: ClassVar[bool] = False  # its letters are those by which a page knows the axes of what it reads and gives
    shares: ClassVar[bool] = False  # a formula of any form: of equal arguments of a maximum each has the same share
    decides: ClassVar[bool] = False  # forward too it goes by which of several cells have a maximum
    of_windows: ClassVar[bool] = True  # where it takes a maximum, it is that of a window, not of a bag
    by_element: ClassVar[bool] = False  # forward, and back to the first input; the other inputs are like it, or numbers

    def text(self) -> str:
        """The schematic formula; most operations have one for all settings."""
        return self.formula

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """Formulas over whole arrays: of the output under "y", of the gradient of each input under its name.

        `g` is upstream.  An array with one axis is a column; a form whose axes do not fit is not printed.
        """
        return {}

    def output_indices(self) -> tuple[str, ...]:
        """The index variables of an output element, without those of leading axes."""
        return self.indices

    def gradients(self) -> dict[str, str]:
        """Stated gradients by input name."""
        return self.stated

    def stacks(self) -> bool:
        """Whether the array code takes inputs that all have one more axis in front, as several runs at once."""
        return False

    def fixed(self) -> tuple[int, ...]:
        """Numbers of the inputs that get no gradient, as a target."""
        return ()

    def tie_remark(self) -> Message | None:
        """What becomes of the gradient of several equal maxima; None where the operation takes no maximum."""
        return None

    def gradient_remark(self) -> Message | None:
        """What a reader is told of a gradient that is stated for several operations together."""
        return None

    def nothing_through(self) -> dict[int, Message]:
        """Why some of `fixed` have a gradient of 0, by their numbers: the second way to the gradients follows them."""
        return {}

    def cut(self) -> tuple[int, ...]:
        """Numbers of the inputs that are constants; one that gets no gradient may yet stand for one that does."""
        return self.fixed()

    def shape(self, *shapes: Sizes) -> Sizes:
        """The output's shape: the leading axes of the data, and the ranges of the output's indices."""
        name = next((n for n in self.inputs if n in self.batched), self.inputs[0])
        given = shapes[self.inputs.index(name)]
        ranges = self.ranges(*shapes)
        lead = given[: len(given) - input_rank(parse(self.text()), name)] if name in self.batched else ()
        return (*lead, *(ranges[i] for i in self.output_indices()))

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The numbers behind the capital letters of the formula: J for the index j of a sum."""
        bound = bound_indices(self.text())
        return {i.upper(): n for i, n in self.ranges(*shapes).items() if i in bound}

    def ranges(self, *shapes: Sizes) -> dict[str, int]:
        """How far each index runs that stands by itself on an axis: to the length of that axis."""
        return dict(lengths(self.text(), tuple(zip(self.inputs, shapes, strict=False))))

    def forward(self, *arrays: Array) -> Array:
        """The output array, by the formula."""
        code = by_formula(self, None, *kinds_of(arrays))
        return code(dict(zip(self.inputs, arrays, strict=False)))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of input number `slot`, by its formula: `g` times the Jacobian, in the shape of that input."""
        shape = getattr(y, "shape", ())
        if isinstance(g, int) and shape:  # that of a loss which is left unreduced
            g = repeated(float(g) if numbers.is_float(y) else numbers.exact(g), shape)
        code = by_formula(self, slot, *kinds_of(arrays))
        return code(dict(zip(self.inputs, arrays, strict=False)) | {"g": g, "y": y})


@lru_cache(maxsize=4096)
def bound_indices(text: str) -> frozenset[str]:
    """The indices over which the sums of a formula run."""
    return frozenset(node.index for node in walk(parse(text)) if isinstance(node, BigOperator))


@lru_cache(maxsize=4096)
def lengths(text: str, given: tuple[tuple[str, Sizes], ...]) -> dict[str, int]:
    """The lengths of the axes on which the indices of a formula stand by themselves; nobody may change it."""
    shapes, found = dict(given), dict[str, int]()
    for node in walk(parse(text)):
        axes = shapes.get(node.name, ()) if isinstance(node, Ref) else ()
        indices = node.indices if isinstance(node, Ref) else ()
        for n, i in zip(axes[len(axes) - len(indices) :], indices, strict=False):
            if isinstance(i, Ref) and not i.indices:
                found.setdefault(i.name, n)
    return found


def kinds_of(arrays: tuple[Array, ...]) -> tuple[tuple[Sizes, ...], bool]:
    """The shapes of arrays, and whether they are float64."""
    return tuple([getattr(a, "shape", ()) for a in arrays]), any(map(numbers.is_float, arrays))


@lru_cache(maxsize=4096)
def by_formula(operation: Operation, slot: int | None, shapes: tuple[Sizes, ...], real: bool) -> Callable[..., Array]:
    """The array code of an operation's formula, or of that of the gradient of an input, from arrays by name."""
    from hwsolve.formula.compiled import plan

    shape = operation.shape(*shapes)
    own = forward_schematic(operation, len(shape))
    schematic = own if slot is None else backward_schematic(operation, slot, len(shape))
    given = tuple(zip(operation.inputs, shapes, strict=False))
    sizes = operation.sizes(*shapes)
    if slot is not None:
        given += (("g", shape), ("y", shape))
        sizes |= {f"size_{i}": n for i, n in zip(own.indices, shape, strict=True)}
    out = shape if slot is None else shapes[slot]
    return plan(schematic.formula, schematic.indices, out, given, tuple(sizes.items()), real)


LEADING = ("n", "n2", "n3", "n4", "n5")
INNER = ("m1", "m2", "m3", "m4", "m5", "m6")


class Schematic(msgspec.Struct, frozen=True):
    """A formula over index variables for the element `indices` of a quantity."""

    formula: Formula
    indices: tuple[str, ...]


def indexed(f: Formula, names: frozenset[str], leading: tuple[str, ...]) -> Formula:
    """Put the leading indices in front of those of the named references."""
    if not leading:
        return f
    prefix = tuple(Ref(n) for n in leading)

    def change(node: Formula) -> Formula:
        if isinstance(node, Ref) and node.name in names:
            return Ref(node.name, prefix + node.indices)
        return node

    return transform(f, change)


@lru_cache(maxsize=1024)
def forward_schematic(operation: Operation, rank: int) -> Schematic:
    """The formula of an output element whose whole shape has `rank` axes."""
    core = operation.output_indices()
    leading = LEADING[: rank - len(core)]
    f = indexed(parse(operation.text()), frozenset(operation.batched), leading)
    return Schematic(f, leading + core)


@lru_cache(maxsize=4096)
def backward_schematic(operation: Operation, slot: int, rank: int) -> Schematic:
    """The formula of an element of the gradient of input `slot`, over `g` (upstream), `y` (output) and the inputs.

    The upper bound of output index `i` is written `size_i`.
    """
    name = operation.inputs[slot]
    schematic = forward_schematic(operation, rank)
    leading = schematic.indices[: rank - len(operation.output_indices())]
    of_input = leading if name in operation.batched else ()
    stated = operation.gradients().get(name)
    if stated is not None:
        f = indexed(parse(stated), frozenset(operation.batched) | {"g", "y"}, leading)
        free = INNER[: sum(1 for m in INNER if any(n == Ref(m) for n in walk(f)))]
        return Schematic(f, of_input + free)
    own = input_rank(schematic.formula, name)
    indices = INNER[:own]
    f = derived(schematic, name, indices, operation.shares)
    # the leading axes of the data keep their own letters
    names = of_input + tuple(INNER[k] for k in range(own - len(of_input)))
    f = substitute(f, {old: Ref(new) for old, new in zip(indices, names, strict=True)})
    return Schematic(f, names)


@lru_cache(maxsize=1024)
def derived(schematic: Schematic, name: str, indices: tuple[str, ...], shares: bool = False) -> Formula:
    """The backward formula of an input: once for all operations of one formula, whatever their sizes are."""
    from hwsolve.formula.differentiate import backward

    ranges: dict[str, Formula] = {i: Ref(f"size_{i}") for i in schematic.indices}
    f, out = schematic.formula, schematic.indices
    return backward(f, out, ranges, name, indices, upstream="g", replace_output="y", shares=shares)


def input_rank(f: Formula, name: str) -> int:
    """How many indices the references to an input carry."""
    for node in walk(f):
        if isinstance(node, Ref) and node.name == name:
            return len(node.indices)
    raise LookupError(f"{name} does not occur in the formula")


def apart(schematic: Schematic, taken: frozenset[str]) -> Schematic:
    """The same with other letters for the indices, free and bound, whose letters are names of quantities."""
    f = schematic.formula
    bound = {node.index for node in walk(f) if isinstance(node, BigOperator)}
    letters = sorted((bound | set(schematic.indices)) & taken)
    if not letters:
        return schematic
    used = names_in(f) | bound | set(schematic.indices) | taken
    new: dict[str, str] = {}
    for old in letters:
        # an index that gets its letter later stays one that no sum of another term binds
        longer = next(name for k in range(1, len(used) + 2) if (name := old + "_" * k) not in used)
        new[old] = longer if old in LEADING + INNER else fresh("", used | set(new.values()))

    return with_letters(schematic, new)


def with_letters(schematic: Schematic, new: dict[str, str]) -> Schematic:
    """The same with other letters, which stand for nothing in it, for some of its indices, free and bound."""

    def change(node: Formula) -> Formula:
        if isinstance(node, BigOperator):
            return BigOperator(node.op, node.body, new.get(node.index, node.index), node.low, node.high)
        return Ref(new[node.name]) if isinstance(node, Ref) and not node.indices and node.name in new else node

    return Schematic(transform(schematic.formula, change), tuple(new.get(i, i) for i in schematic.indices))


def repeated(value: Array, shape: Sizes) -> Array:
    """An array that holds one number everywhere."""
    import numpy as np

    return np.full(shape, value, dtype=None if isinstance(value, float) else object)


def rename(f: Formula, names: dict[str, str]) -> Formula:
    """Other names for the references with or without indices."""
    parts = parts_of(f)
    if type(f) is not Ref:
        return rebuild(f, tuple([rename(p, names) if type(p) is not Number else p for p in parts])) if parts else f
    name = names.get(f.name, f.name)
    return Ref(name, tuple([rename(i, names) if type(i) is not Number else i for i in parts]) if parts else ())
