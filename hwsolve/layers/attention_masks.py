"""Masks of attention: which keys a query sees, of all samples or of each; keys that are padding are seen by none.

`mask` has a 1 where a query sees a key, as PyTorch's scaled_dot_product_attention; `key_padding_mask` a 1 where a key
is padding, as torch.nn.MultiheadAttention.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod
from typing import Annotated, Any, ClassVar, NamedTuple

from hwsolve.formula.tree import ONE, ZERO, Formula, Number, Ref, call
from hwsolve.language import Message, listed, say
from hwsolve.layers import base
from hwsolve.layers.base import Layer, ShapeError
from hwsolve.spec.collections import nested_schema
from hwsolve.spec.fields import Array, ArrayField, Choice, ListOf, OneOf, SizeOrZero
from hwsolve.spec.nodes import Node, Scalar
from hwsolve.spec.report import Path, Report
from hwsolve.spec.scalars import FLAGS, FlagField

MOST = 8  # rows that are told one by one


class FlagsField(ArrayField):
    """An array of ones and zeros, or of `true` and `false`."""

    expected = say("nested lists of 1 and 0, or of `true` and `false`")

    def _number(self, node: Node, report: Report, path: Path) -> Any:
        if type(node) is Scalar and node.plain and node.text in FLAGS:
            return ONE if FLAGS[node.text] else ZERO
        return super()._number(node, report, path)

    def schema(self) -> dict[str, Any]:
        return {"anyOf": [*super().schema()["anyOf"], nested_schema(FlagField())]}


class Seen(NamedTuple):
    """Which keys are seen: an array (samples, heads, queries, keys), without the first axes that make no difference."""

    samples: int  # 0 where it is the same for all
    heads: int
    shape: tuple[int, ...]
    values: tuple[Formula, ...]

    def cut(self, shape: tuple[int, ...], values: tuple[Formula, ...]) -> Seen:
        """The same of other samples."""
        return Seen(shape[0], self.heads, shape, values)

    def rows(self) -> Iterator[tuple[tuple[int, ...], list[int]]]:
        """The sample and the head, as far as they matter, and the row, from 1; and the keys that it sees."""
        width = self.shape[-1]
        for k, place in enumerate(product(*map(range, self.shape[:-1]))):
            row = self.values[k * width : (k + 1) * width]
            yield tuple(n + 1 for n in place), [j + 1 for j, seen in enumerate(row) if seen == ONE]


class Masks(Layer, frozen=True, kw_only=True):
    """What layers of attention are told of the keys that are not seen."""

    mask: Annotated[Any, OneOf(Choice("causal"), FlagsField())] = None
    key_padding_mask: Annotated[Array | None, FlagsField()] = None
    key_lengths: Annotated[Any, OneOf(SizeOrZero, ListOf(SizeOrZero, minimum=1))] = None

    MASKS: ClassVar[dict[str, Message]] = {
        "mask": say("which keys a query sees: `causal` (those up to its own place), or a 1 or 0 for each query and "
                    "key; of each head, or of each sample, with axes in front"),
        "key_padding_mask": say("which keys are padding, that no query sees: 1 or `true` for each that is ignored, of "
                                "all samples or of each"),
        "key_lengths": say("how many keys each sample has, or one number for all; those behind them are padding"),
    }  # fmt: skip

    @property
    def hides(self) -> bool:
        """Whether there is a mask of any kind."""
        return any(one is not None for one in (self.mask, self.key_padding_mask, self.key_lengths))

    def check_hidden(self, heads: int, queries: Any, keys: Any, added: int = 0) -> None:
        """Refuse masks of another shape, with other numbers than 0 and 1, or that hide everything from a query.

        `added`: keys that all see, of which a mask says nothing.
        """
        if self.key_padding_mask is not None and self.key_lengths is not None:
            raise ShapeError(say("`{a}` and `{b}` can't both be given.", a="key_padding_mask", b="key_lengths"),
                             "key_lengths")  # fmt: skip
        for name in ("mask", "key_padding_mask", "key_lengths"):
            if (given := getattr(self, name)) is None or given == "causal":
                continue
            if not isinstance(queries, int) or not isinstance(keys, int):
                raise ShapeError(say("How many queries and keys there are must be numbers for a mask."), name)
            if isinstance(given, Array):
                check_array(name, given, shapes(name, given, heads, queries, keys))
                continue
            for n in self.lengths:
                if not isinstance(n, int):
                    raise ShapeError(say("Expected a number here, got {got}.", got=base.size_text(n)), name)
                if n > keys:
                    raise ShapeError(say("Expected at most {most}, got {got}.", most=keys, got=n), name)
        if added or not self.hides or not isinstance(queries, int) or not isinstance(keys, int):
            return
        if self.mask == "causal" and self.key_padding_mask is None and self.key_lengths is None:
            return
        samples, there = self.padding() or self.by_lengths(keys)
        for n, row in enumerate(there, 1):
            if not any(row):
                raise ShapeError(all_padding(n if samples > 1 else 0), self.named())
        seen = self.seen(heads, queries if isinstance(self.mask, Array) else 1, keys)  # else the first one sees least
        for place, through in seen.rows() if seen is not None else ():
            if not through:
                raise ShapeError(hidden(place, bool(seen and seen.samples)), self.named())

    def named(self) -> str:
        """The setting that hides most."""
        return next(n for n in ("key_padding_mask", "key_lengths", "mask") if getattr(self, n) is not None)

    def padding(self) -> tuple[int, tuple[tuple[bool, ...], ...]] | None:
        """How many samples have padding of their own, and of each which keys are there."""
        if self.key_padding_mask is None:
            return None
        given = self.key_padding_mask
        keys = given.shape[-1]
        rows = tuple(
            tuple(v == ZERO for v in given.values[k : k + keys]) for k in range(0, len(given.values), keys)
        )  # 1 is padding
        return len(rows) if len(given.shape) > 1 else 0, rows

    def seen(self, heads: int, queries: int, keys: int, added: int = 0) -> Seen | None:
        """Which keys are seen; None where every query sees every key.  All see the `added` keys behind the others."""
        if not self.hides:
            return None
        samples, rows = self.padding() or self.by_lengths(keys)
        own, by_head, values = self.of_mask(heads, queries, keys)
        if samples and own and samples != own:
            said = say("The mask is of {a} samples, but `{name}` of {b}.", a=own, b=samples, name=self.named())
            raise ShapeError(said, self.named())
        number = max(samples, own)
        found: list[Formula] = []
        for n, h, i in product(range(number or 1), range(by_head or 1), range(queries)):
            there = rows[n if samples else 0] if rows else (True,) * keys
            at = (((n if own else 0) * (by_head or 1) + h) * queries + i) * keys
            found += [v if there[j] else ZERO for j, v in enumerate(values[at : at + keys])]
            found += [ONE] * added
        front = (*((number,) if number else ()), *((by_head,) if by_head else ()))
        return Seen(number, by_head, (*front, queries, keys + added), tuple(found))

    def by_lengths(self, keys: int) -> tuple[int, tuple[tuple[bool, ...], ...]]:
        """The same from lengths; nothing where there are none."""
        rows = tuple(tuple(j < n for j in range(keys)) for n in self.lengths)
        return len(rows) if isinstance(self.key_lengths, tuple) else 0, rows

    @property
    def lengths(self) -> tuple[Any, ...]:
        """Those that are stated: of each sample, or one for all."""
        if self.key_lengths is None:
            return ()
        return self.key_lengths if isinstance(self.key_lengths, tuple) else (self.key_lengths,)

    def of_mask(self, heads: int, queries: int, keys: int) -> tuple[int, int, tuple[Formula, ...]]:
        """Of how many samples and of how many heads the mask is, 0 for all; and its numbers."""
        if self.mask is None:
            return 0, 0, (ONE,) * (queries * keys)
        if not isinstance(self.mask, Array):
            return 0, 0, tuple(Number(int(j <= i)) for i in range(queries) for j in range(keys))
        front = self.mask.shape[:-2]
        if len(front) == 2:
            return front[0], front[1] if front[1] > 1 else 0, self.mask.values
        by_head = bool(front) and heads > 1 and front[0] == heads
        return (0, heads, self.mask.values) if by_head else (front[0] if front else 0, 0, self.mask.values)


def shapes(name: str, given: Array, heads: int, queries: int, keys: int) -> list[tuple[Any, ...]]:
    """The shapes that a mask may have; N samples are those that it is for."""
    if name == "key_padding_mask":
        return [(keys,), ("N", keys)]
    per_head = [(heads, queries, keys)] if heads > 1 else []
    return [(queries, keys), *per_head, ("N", queries, keys), *([("N", heads, queries, keys)] if heads > 1 else []),
            ("N", 1, queries, keys)]  # fmt: skip


def check_array(name: str, mask: Array, wanted: list[tuple[Any, ...]]) -> None:
    """Refuse another shape, and other numbers than 0 and 1."""
    if not any(fits(mask.shape, one) for one in wanted):
        some = " or ".join(str(base.shape_text(one)) for one in wanted if "N" not in one)
        each = " × ".join(map(str, next((one for one in wanted if "N" in one), ())))
        hint = say("One for each of {n} samples has the shape {shape}.", n="N", shape=each) if each else None
        got = base.shape_text(mask.shape)
        raise ShapeError(say("The mask has the shape {got}, not {wanted}.", got=got, wanted=some), name, hint)
    if any(v not in (ZERO, ONE) for v in mask.values):
        raise ShapeError(say("A mask holds zeros and ones only."), name)


def fits(shape: tuple[int, ...], wanted: tuple[Any, ...]) -> bool:
    """Whether a shape is one that is wanted, N of any number."""
    return len(shape) == len(wanted) and all(b in ("N", a) for a, b in zip(shape, wanted, strict=True))


def hidden(place: tuple[int, ...], samples: bool) -> Message:
    """That a row sees nothing, and of which sample and head it is."""
    *front, row = place
    words = [say("sample {n}", n=front[0])] if samples else []
    words += [say("head {h}", h=front[-1])] if len(front) > samples else []
    if words:
        return say("In {where}, row {row} of the mask lets nothing through.", where=listed(words), row=row)
    return say("Row {row} of the mask lets nothing through.", row=row)


def all_padding(sample: int) -> Message:
    """That a sample has no key to see, or all have none."""
    if sample:
        return say("In {where}, every key is padding: a query sees none.", where=say("sample {n}", n=sample))
    return say("Every key is padding: a query sees none.")


def in_words(symbol: str, seen: Seen) -> Message:
    """Which keys each query sees; in one where all queries of a sample or a head see the same."""
    found: dict[tuple[int, ...], list[list[int]]] = {}
    for place, through in seen.rows():
        found.setdefault(place[:-1], []).append(through)
    every: list[Message] = []
    for front, rows in found.items():
        head = where(front, bool(seen.samples))
        alike = len(rows) > 1 and all(row == rows[0] for row in rows)
        every += (
            [all_rows(head, rows[0])]
            if alike
            else [one_row("" if i > 1 else head, i, row) for i, row in enumerate(rows, 1)]
        )
    said = every[0]
    for one in every[1:MOST]:
        said = say("{first}; {second}", first=said, second=one)
    if len(every) > MOST:
        said = say("{first}; and so on", first=said)
    mask = call("whole", Ref(symbol))
    return say("{mask} is {one} where a row sees a position, else {zero}: {rows}.", mask=mask, rows=said, one=1, zero=0)


def where(front: tuple[int, ...], samples: bool) -> Message | str:
    """The sample and the head of a row, with a comma behind each."""
    of_sample = say("in sample {n}, ", n=front[0]) if samples else ""
    if len(front) == samples:
        return of_sample
    of_head = say("head {h}, ", h=front[-1])
    return say("{first}{second}", first=of_sample, second=of_head) if of_sample else of_head


def one_row(head: Message | str, row: int, through: list[int]) -> Message:
    """What one row sees."""
    places = ", ".join(map(str, through))
    if len(through) == 1:
        return say("{head}row {i} sees position {places}", head=head, i=row, places=places)
    return say("{head}row {i} sees positions {places}", head=head, i=row, places=places)


def all_rows(head: Message | str, through: list[int]) -> Message:
    """What all rows see."""
    places = ", ".join(map(str, through))
    if len(through) == 1:
        return say("{head}every row sees position {places}", head=head, places=places)
    return say("{head}every row sees positions {places}", head=head, places=places)


def of_one(seen: Seen) -> Seen:
    """The mask of a single sample, without an axis of samples."""
    return Seen(0, seen.heads, seen.shape[1:], seen.values) if seen.samples == 1 else seen


def of_samples(name: str, seen: Seen, lead: tuple[int, ...]) -> Message | None:
    """That a mask is of another number of samples than come in."""
    if not seen.samples or lead == (seen.samples,):
        return None
    if not lead:
        return say("The mask is of {a} samples, but what comes in is one.", a=seen.samples)
    if seen.samples == 1:
        return say("`{name}` is of one sample, but what comes in has {b}.", name=name, b=prod(lead))
    return say("The mask is of {a} samples, but what comes in has {b}.", a=seen.samples, b=prod(lead))
