"""The shapes that a call from Python states: without the batch, or as torchinfo's users state them, with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any, TypeVar

from hwsolve.errors import CallError
from hwsolve.language import Message, say

FORM = "summary(model, (3, 224, 224))"
DISPLAY = (
    "batch_dim", "cache_forward_pass", "col_width", "depth", "device", "dtypes", "mode", "row_settings", "verbose",
)  # fmt: skip
T = TypeVar("T")
Shapes = tuple[tuple[int, ...], ...]


def of_other_tools(name: str) -> Message | None:
    """What to do with an option of torchinfo."""
    if name == "col_names":
        return say("`{name}` is torchinfo's; here it is `{form}`.", name=name, form='columns=("params", "macs")')
    if name in DISPLAY:
        return say("`{name}` is torchinfo's; leave it out.", name=name)
    return None


def stated(shapes: Sequence[Any]) -> Shapes:
    """The shapes of `summary(model, shape, …)`: tuples of sizes, a list of tuples, or one size."""
    if len(shapes) == 1 and is_size(shapes[0]):
        return ((read_size(shapes[0], shapes[0]),),)
    if len(shapes) > 1 and all(map(is_size, shapes)):
        one = f"summary(model, ({', '.join(map(str, shapes))}))"
        raise CallError(say("A shape stands in parentheses of its own, as `{form}`.", form=one))
    return tuple([one for shape in shapes for one in of_one(shape)])


def with_batch(sizes: Any, data: Any) -> Shapes:
    """The shapes behind `input_size=` or `input_data=`, whose first axis is the batch; () where there is neither."""
    if data is not None:
        parts = data.values() if isinstance(data, dict) else [data] if hasattr(data, "shape") else data
        sizes = [tuple(getattr(part, "shape", ())) for part in parts]
    return () if sizes is None else tuple(of_one(sizes))


def of_one(shape: Any) -> list[tuple[int, ...]]:
    """A shape, or each of a list of them."""
    if isinstance(shape, str) or not isinstance(shape, Sequence):
        raise wrong(shape)
    if shape and all(isinstance(part, Sequence) and not isinstance(part, str) for part in shape):
        return [tuple(read_size(n, part) for n in part) for part in shape]
    return [tuple(read_size(n, shape) for n in shape)]


def is_size(n: Any) -> bool:
    """Whether something is a whole number."""
    try:
        index(n)
    except TypeError:
        return False
    return not isinstance(n, bool)


def read_size(n: Any, shape: Any) -> int:
    """A size of at least 1."""
    if not is_size(n) or index(n) < 1:
        raise wrong(shape)
    return index(n)


def wrong(shape: Any) -> CallError:
    """What is said of something that is no shape."""
    return CallError(say("A shape is made of whole numbers of at least 1, as in `{form}`; got {shape}.", form=FORM,
                         shape=repr(shape)))  # fmt: skip


def without_batch(read: Callable[[Shapes], T], shapes: Shapes, batch: Shapes) -> tuple[T, Message | None]:
    """What is read with these shapes.

    Where a `batch` stands in front it is left out, and so it is where the model takes the shapes only without their
    first axis; then that is said.
    """
    if batch:
        return read(tuple(shape[1:] for shape in batch)), said(batch, surely=True)
    try:
        return read(shapes), None
    except CallError:
        if not shapes or any(len(shape) < 2 for shape in shapes) or len({shape[0] for shape in shapes}) > 1:
            raise
        try:
            found = read(tuple(shape[1:] for shape in shapes))
        except CallError:
            found = None
        if found is None:
            raise
        return found, said(shapes)


def said(shapes: Shapes, surely: bool = False) -> Message | None:
    """That the first axis is the batch, and that one sample of it is counted; of one alone it goes without saying."""
    n = shapes[0][0] if shapes[0] else 1
    shown = ", ".join("×".join(map(str, shape)) for shape in shapes)
    if n > 1:
        return say("The first axis of {shape} is taken as the batch. One sample is counted; all {n} together take {n} "
                   "times the multiply-adds.", shape=shown, n=n)  # fmt: skip
    return None if surely else say("The first axis of {shape} is taken as the batch, and left out.", shape=shown)
