"""A definition over whole arrays as a formula of one element: of `z = W @ x + b`, Sum(W[i,j]*x[j], j, 1, 3) + b[i].

Shapes follow NumPy: what stands element by element is repeated along axes of length 1, `@` is the product of arrays.
The left side may have indices of its own, as in `e[t] = Sum(v[i]*tanh(a[t,i]), i)`; an index runs along the axis where
it stands by itself.  Index letters and quantities are apart: `i[i]` is element i of the quantity `i`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain, count

import msgspec

from hwsolve.formula.array_functions import Index, Sizes, Unfit, big
from hwsolve.formula.array_words import ARRAY_FUNCTIONS, FORMS, OVER_INDEX, extent
from hwsolve.formula.comparisons import as_numbers
from hwsolve.formula.cut_sums import along_axes, counted
from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.matrix_gradients import forms, renamed
from hwsolve.formula.meaning import with_defaults
from hwsolve.formula.misfits import by_rows, sizes, unequal
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, children, walk
from hwsolve.language import say

LETTERS = "ijkpqrsuvcabdfh"
CONSTANTS = ("pi", "e")
NO_COUNTS: Mapping[str, int] = {}
OPERATORS = ("+", "-", "*", "/", "**", "neg", "if", "==", "<", ">", "<=", ">=")


class Definition(msgspec.Struct, frozen=True):
    """An array by the formula of one element: `formula` over the indices, and the quantities that it reads."""

    indices: tuple[str, ...]
    shape: Sizes
    formula: Formula
    reads: tuple[str, ...]
    forms: dict[str, Formula] = {}  # over whole arrays x1, x2 …, what it reads in order: of "y", and of their gradients


def defined(
    f: Formula,
    shapes: Mapping[str, Sizes],
    left: tuple[str, ...] | None = None,
    counts: Mapping[str, int] = NO_COUNTS,
    constants: tuple[str, ...] = CONSTANTS,
) -> Definition:
    """What a formula over quantities of these shapes defines; `left` are the indices that its left side writes.

    `counts` are whole numbers that may stand as indices by their names, `constants` the names of numbers.
    """
    f = as_numbers(counted(f, counts, bound_in(f) | set(left or ())))
    writer = Elements(f, shapes, left or (), constants)
    if left is not None and left:
        ranges = {letter: writer.length(letter, f) for letter in left}
        if writer.shape(f):
            raise Unfit(
                say("`{part}` is an array; with indices on the left side it must be a number.", part=plain(f)), f
            )
        element, shape = writer.element(f, ()), tuple(ranges[letter] for letter in left)
        indices = left
    else:
        shape = writer.shape(f)
        indices = tuple(writer.fresh() for _ in shape)
        element = writer.element(f, tuple(map(Ref, indices)))
    reads = tuple(dict.fromkeys(r.name for r in quantities(f) if r.name in shapes))
    return Definition(indices, shape, element, reads, {} if left else over_arrays(f, shapes, reads))


def over_arrays(f: Formula, shapes: Mapping[str, Sizes], reads: tuple[str, ...]) -> dict[str, Formula]:
    """The forms of a definition over whole arrays, under names that no quantity of the reader's has."""
    if any(isinstance(n, BigOperator) or is_open(n) or (isinstance(n, Ref) and n.indices) for n in walk(f)):
        return {}
    own = {name: f"x{k}" for k, name in enumerate(reads, 1)}
    known = Elements(renamed(f, own), {own[name]: shapes[name] for name in reads}, ())
    return forms(renamed(f, own), known.shape)


def quantities(f: Formula) -> Iterator[Ref]:
    """The references that stand for values, not those that are indices."""
    if isinstance(f, Ref):
        yield f
        return
    for part in (f.body,) if isinstance(f, BigOperator) else children(f):
        yield from quantities(part)


def bound_in(f: Formula) -> set[str]:
    """The letters over which big operators run."""
    bound = {part.index for part in walk(f) if isinstance(part, BigOperator)}
    return bound | {part.args[1].name for part in walk(f) if is_open(part)}  # type: ignore[attr-defined]


class Elements:
    """The shapes and elements of the parts of one definition."""

    def __init__(
        self, f: Formula, shapes: Mapping[str, Sizes], left: tuple[str, ...], constants: tuple[str, ...] = CONSTANTS
    ) -> None:
        self.shapes, self.constants = shapes, constants
        self.bound = bound_in(f) | set(left)
        used = {part.name for part in walk(f) if isinstance(part, Ref)} | self.bound
        self.letters = (c for c in chain(LETTERS, (f"i{n}" for n in count(1))) if c not in used)

    def fresh(self) -> str:
        """A letter for one more index."""
        return next(self.letters)

    # shapes

    def shape(self, f: Formula) -> Sizes:
        """The shape of what a formula gives."""
        match f:
            case Call(name, (body, Ref(index, ()))) if name in OVER_INDEX and (n := extent(body, index, self.shapes)):
                form = OVER_INDEX[name].format(plain(body), index, n)
                raise Unfit(say("`{name}` takes no index; over one stands `{form}`.", name=name, form=form), f)
            case Number() | BigOperator():
                return ()
            case Ref(name, indices):
                return self.of_reference(f, name, indices)
            case Call(name, args) if name in ARRAY_FUNCTIONS:
                if not ARRAY_FUNCTIONS[name].least <= len(args) <= ARRAY_FUNCTIONS[name].most:
                    raise Unfit(say("`{name}` takes other arguments: {form}.", name=name, form=FORMS[name]), f)
                return ARRAY_FUNCTIONS[name].shape(self, f, *args)
            case Call("Sum" | "Prod" | "Max" | "Min", _):
                return ()
            case Call("max" | "min", (_,)):
                return ()
            case Call(name, args):
                self.check_call(f, name, len(args))
                return self.repeated(f, [self.shape(a) for a in args])
        raise Unfit(say("This is no formula."), f)

    def of_reference(self, f: Formula, name: str, indices: Index) -> Sizes:
        """Of a quantity, or of a part of it: `W[2]` is its second row."""
        if name not in self.shapes:
            if not indices and (name in self.constants or name in self.bound):
                return ()
            known = [*self.shapes, *self.constants]
            raise Unfit(say("There is no quantity `{name}` here.", name=name), f, known)
        shape = self.shapes[name]
        if len(indices) > len(shape):
            message = say(
                "`{part}` has too many indices: the shape of `{name}` is {shape}.",
                part=plain(f),
                name=name,
                shape=sizes(shape),
            )
            raise Unfit(message, f)
        for i, n in zip(indices, shape, strict=False):
            if isinstance(i, Number) and not (i.denominator == 1 and 1 <= i.numerator <= n):
                raise Unfit(say("`{part}`: the index runs from 1 to {n}.", part=plain(f), n=n), f)
            self.check_index(i)
        return shape[len(indices) :]

    def check_index(self, i: Formula) -> None:
        """Refuse an index that no sum, no left side and no given number gives."""
        for name in (part.name for part in walk(i) if isinstance(part, Ref)):
            if name in self.bound:
                continue
            if name in self.shapes:
                raise Unfit(say("`{i}` is no index: only a given whole number or a `constant` can be one.", i=name), i)
            raise Unfit(say("`{i}` is no index here: no sum, no left side and no `constant` gives it.", i=name), i)

    def check_call(self, f: Formula, name: str, n: int) -> None:
        """Refuse functions that there are not, and those with too many or too few arguments."""
        if name in OPERATORS:
            return
        known = function(name)
        if name == "detach":
            raise Unfit(say("`detach` stands in the formulas of a worksheet, around one thing."), f)
        if known is None:
            raise Unfit(say("There is no function `{name}`.", name=name), f, (*FUNCTIONS, *ARRAY_FUNCTIONS))
        least = len(known.parameters) - len(known.defaults)
        if not known.many and not least <= n <= len(known.parameters):
            form = f"{name}({', '.join(known.parameters)})"
            raise Unfit(say("`{name}` takes other arguments: {form}.", name=name, form=form), f)

    def repeated(self, f: Formula, found: list[Sizes]) -> Sizes:
        """The common shape, where an axis of length 1 is repeated."""
        rank = max(map(len, found), default=0)
        longest: list[tuple[int, int]] = [(1, 0)] * rank  # the length of each axis, and the part that has it
        for part, shape in enumerate(found):
            for k, n in enumerate(shape, rank - len(shape)):
                length, other = longest[k]
                if n != 1 and length not in (1, n):
                    pair = [found[other], shape]
                    both = (children(f)[other], children(f)[part])
                    raise Unfit(unequal(f, pair, both), f, hint=by_rows(f, pair, both))
                longest[k] = (n, part) if n != 1 and length == 1 else longest[k]
        return tuple(length for length, _ in longest)

    def length(self, index: str, f: Formula, op: str = "") -> int:
        """How far an index runs: to the length of the axes on which it stands by itself."""
        lengths: dict[int, str] = {}
        for name, n in self.axes_of(index, f):
            lengths.setdefault(n, name)
        if len(lengths) == 1:
            return next(iter(lengths))
        if not lengths:
            form = plain(BigOperator(op, f, index, Number(1), Number(3))) if op else ""
            hint = say("With its bounds it needs no axis: `{form}`.", form=form) if op else None
            raise Unfit(say("`{i}` runs along no axis: no quantity has it as an index.", i=index), f, hint=hint)
        (a, first), (b, second) = list(lengths.items())[:2]
        raise Unfit(
            say("`{i}` runs along axes of {a} (`{x}`) and {b} (`{y}`).", i=index, a=a, x=first, b=b, y=second), f
        )

    def axes_of(self, index: str, f: Formula) -> Iterator[tuple[str, int]]:
        """The quantities on whose axes an index stands by itself, and how long these are."""
        for ref in quantities(f):
            for i, n in zip(ref.indices, self.shapes.get(ref.name, ()), strict=False):
                if i == Ref(index):
                    yield ref.name, n

    # elements

    def element(self, f: Formula, at: Index) -> Formula:
        """The element at some indices, one for each axis of the shape that it is repeated to."""
        match f:
            case Number():
                return f
            case Ref(name, indices):
                own = self.shape(f)
                behind = at[len(at) - len(own) :] if own else ()
                return Ref(name, (*indices, *(ONE if n == 1 else i for n, i in zip(own, behind, strict=True))))
            case BigOperator(op, body, index, low, high):
                self.need_number(body)
                self.check_index(low)
                self.check_index(high)
                lengths = [n for _, n in self.axes_of(index, body)]
                return along_axes(BigOperator(op, self.element(body, ()), index, low, high), lengths)
            case Call("Sum" | "Prod" | "Max" | "Min" as op, (body, Ref(index, ()))):
                self.need_number(body)
                return big(op, self.element(body, ()), index, self.length(index, body, op))
            case Call("max" | "min" as name, (whole,)):
                return self.over_all(name.capitalize(), whole, lambda x: x)
            case Call(name, args) if name in ARRAY_FUNCTIONS:
                return ARRAY_FUNCTIONS[name].element(self, at, *args)
        assert isinstance(f, Call)
        known = function(f.name)
        args = with_defaults(f, known) if known is not None else f.args
        return Call(f.name, tuple(self.element(a, self.part(a, at)) for a in args))

    def part(self, f: Formula, at: Index) -> Index:
        """The indices that belong to the axes of a part, the last ones."""
        own = self.shape(f)
        return tuple(ONE if n == 1 else i for n, i in zip(own, at[len(at) - len(own) :], strict=True)) if own else ()

    def need_number(self, f: Formula) -> None:
        """Refuse an array where a sum over an index adds numbers."""
        if self.shape(f):
            raise Unfit(say("`{part}` is an array here: {shape}.", part=plain(f), shape=sizes(self.shape(f))), f)

    def over_all(self, op: str, f: Formula, change: Callable[[Formula], Formula]) -> Formula:
        """A big operator over all elements of an array."""
        shape = self.shape(f)
        letters = tuple(self.fresh() if n != 1 else "" for n in shape)
        body = change(self.element(f, tuple(Ref(letter) if letter else ONE for letter in letters)))
        for letter, n in reversed(list(zip(letters, shape, strict=True))):
            body = big(op, body, letter, n) if letter else body
        return body

    def over_axis(self, op: str, f: Formula, axis: int, at: Index, change: Callable[[Formula], Formula]) -> Formula:
        """A big operator over one axis (from 0); `at` are the indices of the others."""
        n = self.shape(f)[axis]
        letter = self.fresh() if n != 1 else ""
        here = (*at[:axis], Ref(letter) if letter else ONE, *at[axis:])
        body = change(self.element(f, here))
        return big(op, body, letter, n) if letter else body

    def axis(self, f: Formula, axis: Formula | None, default: int) -> int:
        """An axis as it is written, from 1, as one from 0."""
        rank = len(self.shape(f))
        if axis is None:
            return default
        if not isinstance(axis, Number) or axis.denominator != 1 or not 1 <= axis.numerator <= rank:
            shape = sizes(self.shape(f))
            message = say(
                "`{part}` has no axis {axis}: its shape is {shape}, and axes count from 1.",
                part=plain(f),
                axis=plain(axis),
                shape=shape,
            )
            raise Unfit(message, f)
        return axis.numerator - 1


def is_open(f: Formula) -> bool:
    """A sum over an index whose bounds are those of an axis: `Sum(v[i]*x[i], i)`."""
    return isinstance(f, Call) and f.name in ("Sum", "Prod", "Max", "Min") and len(f.args) == 2
