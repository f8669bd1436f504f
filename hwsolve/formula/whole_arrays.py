"""Formulas over whole arrays: `w @ x + b`, `outer(g, x)`, `odot(d_tanh(z), T(w) @ g)`.

A key without indices is the whole array.  Functions of one number go element by element, and so does a number over an
array.  Nothing is repeated to make two shapes fit but the one row of `rows(b)`; what does not fit raises `Misfit`.
Nothing here is differentiated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from typing import Any

from hwsolve.formula.arrays import over_arrays
from hwsolve.formula.functions import function
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, call, transform
from hwsolve.numbers import quiet

Array = Any  # an ndarray of float64 or of python-flint objects, or a scalar of either
Sizes = tuple[int, ...]
MARKS = ("whole", "array")  # a reference that is an array; `whole`: a number in its symbol is that of its layer


class Misfit(ValueError):
    """Shapes that do not fit in a formula: no reader sees it, the form is left out."""


# values


def value(f: Formula, arrays: Mapping[str, Array]) -> Array:
    """The array that a formula gives."""
    shape_of(f, {name: getattr(array, "shape", ()) for name, array in arrays.items()})
    with quiet():
        return over_arrays(transform(f, unmarked), arrays, CODE)


def unmarked(node: Formula) -> Formula:
    """A marked reference as the reference alone."""
    return node.args[0] if isinstance(node, Call) and node.name in MARKS else node


def magnitude(f: Formula, arrays: Mapping[str, Array]) -> Array:
    """The sum of |term| behind every element, for the rounding of float64; functions count as they are.

    A divisor counts by how much larger its terms are than what is left of them: 1 − a, where a is nearly 1.
    """
    shapes = {name: getattr(array, "shape", ()) for name, array in arrays.items()}

    def positive(node: Formula) -> Formula:
        match node:
            case Call("+" | "-", args):
                return Call("+", tuple(positive(a) for a in args))
            case Call("neg", (inner,)):
                return positive(inner)
            case Call("/", (top, bottom)):
                once, left = Call("/", (positive(top), call("abs", bottom))), Call("/", (ONE, call("abs", bottom)))
                return (
                    Call("odot", (once, Call("odot", (positive(bottom), left)))) if shape_of(bottom, shapes) else once
                )
            case Call(name, args) if name in CODE or name in ("*", *MARKS):
                return Call(name, tuple(positive(a) for a in args))
        return call("abs", node)

    return value(positive(f), arrays)


def outer(a: Array, b: Array) -> Array:
    """(M,), (N,) -> (M, N)."""
    return a[:, None] * b[None, :]


def diag(a: Array) -> Array:
    """(N,) -> (N, N)."""
    made = empty((len(a), len(a)), a)
    for k, x in enumerate(a):
        made[k, k] = x
    return made


def empty(shape: Sizes, like: Array) -> Array:
    """Zeros of the kind that an array holds."""
    import numpy as np

    return np.zeros(shape, dtype=like.dtype) if like.dtype == "float64" else np.full(shape, like.flat[0] * 0, object)


def rot180(w: Array) -> Array:
    """Every axis the other way round."""
    return w[(slice(None, None, -1),) * w.ndim]


def full(w: Array, g: Array, step: Any = 1) -> Array:
    """The correlation of w, its cells `step` apart, with g and zeros around it: (K, …), (N, …) -> (N + D(K − 1), …)."""
    d = int_of(step)
    made = empty(full_shape(w.shape, g.shape, d), g)
    for u in product(*map(range, w.shape)):
        part = tuple(slice(d * (k - 1 - v), d * (k - 1 - v) + n) for v, k, n in zip(u, w.shape, g.shape, strict=True))
        made[part] = made[part] + w[u] * g
    return made


def stuffed(g: Array, *steps: Any) -> Array:
    """Zeros between places: (N, …) -> ((N − 1)S + 1, …)."""
    by = along(steps, g.ndim)
    made = empty(stuffed_shape(g.shape, by), g)
    made[tuple(slice(None, None, s) for s in by)] = g
    return made


def crop(a: Array, *cuts: Any) -> Array:
    """P cells less at both ends of each axis; with sizes P less in front, and zeros behind where there are none."""
    front, kept = cropped(a.shape, [int_of(c) for c in cuts])
    made = empty(kept, a)
    found = a[tuple(slice(p, p + n) for p, n in zip(front, kept, strict=True))]
    made[tuple(slice(n) for n in found.shape)] = found
    return made


def int_of(number: Any) -> int:
    """A setting as an int: an int, a rational or a float."""
    return int(number) if isinstance(number, int | float) else int(number.p)


def along(steps: tuple[Any, ...], axes: int) -> list[int]:
    """A setting for each axis, where one stands for all."""
    found = [int_of(s) for s in steps]
    return found * axes if len(found) == 1 else found


def written_out(*items: Array) -> Array:
    """An array of numbers, or of rows."""
    import numpy as np

    return np.array(items, dtype=None if isinstance(items[0], float) else getattr(items[0], "dtype", object))


def part_of(a: Array, *at: Any) -> Array:
    """What the first indices choose, counted from 1: (H, …), h -> (…)."""
    return a[tuple([int_of(k) - 1 for k in at])]


CODE: dict[str, Callable[..., Array]] = {
    "@": lambda a, b: a @ b,
    "part": part_of,
    "element": part_of,
    "[]": written_out,
    "tuple": written_out,
    "T": lambda a: a.swapaxes(0, 1),
    "odot": lambda a, b: a * b,
    "outer": outer,
    "diag": diag,
    "rows": lambda b: b[None, :],
    "sum": lambda a: a.sum(),
    "rot180": rot180,
    "full": full,
    "stuffed": stuffed,
    "crop": crop,
}


# shapes


def shape_of(f: Formula, shapes: Mapping[str, Sizes]) -> Sizes:
    """The shape of what a formula gives; raises Misfit."""
    match f:
        case Ref(name, ()) if name in shapes:
            return shapes[name]
        case Call(name, (inner,)) if name in MARKS:
            return shape_of(inner, shapes)
        case Call("part" | "element", (inner, *at)):
            shape = shape_of(inner, shapes)
            if len(at) >= len(shape):
                raise unfit("[ ]", shape)
            return shape[len(at) :]
        case Call(name, args) if name in SHAPES:
            if name in ("full", "stuffed", "crop"):
                array_args = 2 if name == "full" else 1
                found = [shape_of(a, shapes) for a in args[:array_args]]
                return SHAPES[name](*found, *[int_of(a.numerator) for a in args[array_args:] if isinstance(a, Number)])
            return SHAPES[name](*[shape_of(a, shapes) for a in args])
        case Call("+" | "-", args):
            return of_sum(args, shapes)
        case Call("/", (top, bottom)) if (shape := shape_of(bottom, shapes)) and shape == shape_of(top, shapes):
            return shape
        case Call(name, args):
            found = [shape_of(a, shapes) for a in args]
            arrays = [shape for shape in found if shape]
            if len(arrays) > 1:
                raise unfit(name, *found)
            if arrays and name not in ("*", "/", "neg", "**") and (function(name) is None or not found[0]):
                raise unfit(name, *found)
            if arrays and name == "**" and found[1]:
                raise unfit(name, *found)
            return arrays[0] if arrays else ()
        case Number() | Ref(_, ()):
            return ()
    raise unfit("[ ]")


def of_sum(args: tuple[Formula, ...], shapes: Mapping[str, Sizes]) -> Sizes:
    """Terms of one shape; a number is added to each element, `rows(b)` to each row."""
    found = [shape_of(a, shapes) for a in args]
    rows = [isinstance(a, Call) and a.name == "rows" for a in args]
    arrays = [shape for shape, row in zip(found, rows, strict=True) if shape and not row]
    widths = {shape[1] for shape, row in zip(found, rows, strict=True) if row}
    if any(shape != arrays[0] for shape in arrays[1:]):
        raise unfit("+", *found)
    if arrays and widths and (len(arrays[0]) != 2 or widths != {arrays[0][1]}):
        raise unfit("+", *found)
    return arrays[0] if arrays else (1, widths.pop()) if len(widths) == 1 else ()


def unfit(name: str, *shapes: Sizes) -> Misfit:
    """Say which shapes do not fit."""
    texts = " and ".join("×".join(map(str, shape)) or "1" for shape in shapes)
    return Misfit(f"The shapes {texts} do not fit in {name}")


def of_product(a: Sizes, b: Sizes) -> Sizes:
    """Rows times columns; an array with one axis is a column, or a row on the left."""
    if not 0 < len(a) <= 2 or not 0 < len(b) <= 2 or a[-1] != b[0]:
        raise unfit("@", a, b)
    return (*a[:-1], *b[1:])


def with_axes(name: str, count: int, then: Callable[..., Sizes]) -> Callable[..., Sizes]:
    """A shape rule for arrays of so many axes each."""

    def rule(*shapes: Sizes) -> Sizes:
        if any(len(shape) != count for shape in shapes):
            raise unfit(name, *shapes)
        return then(*shapes)

    return rule


def of_turned(a: Sizes) -> Sizes:
    """The first two axes change places, of two or three."""
    if len(a) not in (2, 3):
        raise unfit("T", a)
    return (a[1], a[0], *a[2:])


def of_odot(a: Sizes, b: Sizes) -> Sizes:
    """Two arrays of one shape."""
    if a != b:
        raise unfit("odot", a, b)
    return a


def full_shape(w: Sizes, g: Sizes, step: int = 1) -> Sizes:
    """The shape of the full correlation."""
    if len(w) != len(g):
        raise unfit("full", w, g)
    return tuple(n + step * (k - 1) for k, n in zip(w, g, strict=True))


def stuffed_shape(g: Sizes, steps: list[int]) -> Sizes:
    """The shape with zeros between."""
    if len(steps) != len(g):
        raise unfit("stuffed", g)
    return tuple((n - 1) * s + 1 for n, s in zip(g, steps, strict=True))


def cropped(a: Sizes, cuts: list[int]) -> tuple[Sizes, Sizes]:
    """How much is cut in front of each axis, and the shape that is left."""
    axes = len(a)
    if len(cuts) not in (1, axes + 1, 2 * axes):
        raise unfit("crop", a)
    kept = tuple(cuts[-axes:]) if len(cuts) > 1 else tuple(n - 2 * cuts[0] for n in a)
    front = tuple(cuts[:axes]) if len(cuts) == 2 * axes and axes > 1 else (cuts[0],) * axes
    return front, kept


SHAPES: dict[str, Callable[..., Sizes]] = {
    "@": of_product,
    "T": of_turned,
    "odot": of_odot,
    "outer": with_axes("outer", 1, lambda a, b: (a[0], b[0])),
    "diag": with_axes("diag", 1, lambda a: (a[0], a[0])),
    "rows": with_axes("rows", 1, lambda b: (1, b[0])),
    "[]": lambda *items: (len(items), *items[0]),
    "tuple": lambda *items: (len(items), *items[0]),
    "sum": lambda a: (),
    "rot180": lambda w: w,
    "full": full_shape,
    "stuffed": lambda g, *steps: stuffed_shape(g, along(steps, len(g))),
    "crop": lambda a, *cuts: cropped(a, list(cuts))[1],
}


# in a tree


def whole(name: str) -> Formula:
    """A quantity as the whole array that it is."""
    return call("whole", Ref(name))
