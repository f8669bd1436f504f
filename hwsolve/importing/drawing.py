"""A graph in the making: layers between quantities, and what several programs have under one name or another."""

from __future__ import annotations

from math import prod
from typing import Any

from hwsolve.importing.nodes import Node, Reading, Scope
from hwsolve.language import Message

LETTERS = "hijklmnpqrs"
Sizes = tuple[int, ...]
POOLS = {"mean": "adaptive_avg_pool", "max": "adaptive_max_pool"}
BIG = {"mean": "Sum", "sum": "Sum", "max": "Max", "min": "Min"}
ENDS = {"constant": "zero_pad", "reflect": "reflection_pad", "edge": "replication_pad", "wrap": "circular_pad"}


class Unreadable(Exception):
    """Something that is no layer here; the message names it."""

    def __init__(self, message: Message) -> None:
        super().__init__(message)
        self.message = message
        self.place = ""  # the module in which it was met


def over(op: str, body: str, letters: list[str]) -> str:
    """A sum, or a largest value, over some letters: one in the other."""
    for letter in reversed(letters):
        body = f"{op}({body}, {letter})"
    return body


class Drawing:
    """Layers in order; quantities are ids, and axes are counted from 1, without the batch."""

    def __init__(self) -> None:
        self.nodes: list[Node] = []
        self.scopes: list[Scope] = []
        self.count = 0
        self.joined: dict[tuple[str, ...], str] = {}  # what is joined of which parts

    def fresh(self) -> str:
        """An id for a quantity."""
        self.count += 1
        return f"q{self.count}"

    def steps(
        self, layer: str, settings: dict[str, Any], inputs: list[str], *outputs: str, label: str = ""
    ) -> Node:  # fmt: skip
        """A layer between quantities."""
        node = Node(layer, settings, tuple(inputs), outputs, tuple(self.scopes), label)
        self.nodes.append(node)
        return node

    def chain(self, x: str, *layers: tuple[str, dict[str, Any]]) -> str:
        """Layers one after the other; gives what comes out."""
        for layer, settings in layers:
            made = self.fresh()
            self.steps(layer, settings, [x], made)
            x = made
        return x

    def formula(self, text: str, inputs: list[str], label: str = "") -> str:
        """A formula of `{0}`, `{1}`, with `{out}` where it names what it gives."""
        made = self.fresh()
        self.steps("formula", {"value": Reading(text, tuple(inputs), made)}, inputs, made, label=label)
        return made

    def source(self, shape: Sizes, label: str, kind: str = "parameter", name: str = "") -> str:
        """A parameter, or a constant, that stands by itself."""
        made = self.fresh()
        self.steps(kind, ({"name": name} if name else {}) | {"shape": list(shape)}, [], made, label=label)
        return made

    def merged(self, layer: str, values: list[str]) -> str:
        """A sum or a product."""
        made = self.fresh()
        self.steps(layer, {}, values, made)
        return made

    def concatenated(self, values: list[str], axis: int, rank: int) -> str:
        """Quantities behind each other; along another axis than the first, axes change places around it."""
        if len(values) == 1:
            return values[0]
        if axis > 1:
            order = [axis, *(k for k in range(1, rank + 1) if k != axis)]
            back = [order.index(k) + 1 for k in range(1, rank + 1)]
            moved = self.merged("concat", [self.chain(v, ("permute", {"dims": order})) for v in values])
            return self.chain(moved, ("permute", {"dims": back}))
        whole = tuple(values)
        for k in range(len(values) - 1, 1, -1):  # what was joined before stands for its parts
            if whole[:k] in self.joined:
                values = [self.joined[whole[:k]], *values[k:]]
                break
        self.joined[whole] = made = self.merged("concat", values)
        return made

    def reshaped(self, x: str, old: Sizes, new: Sizes) -> str:
        """The same numbers under another shape."""
        if old == new:
            return x
        if len(new) == 1:
            return self.chain(x, ("flatten", {}))
        for start in range(len(old) if len(new) < len(old) else 0):
            end = start + len(old) - len(new)
            if new == (*old[:start], prod(old[start : end + 1]), *old[end + 1 :]):
                first = {"start_dim": start + 1} if start else {}
                return self.chain(x, ("flatten", first | ({"end_dim": end + 1} if end < len(old) - 1 else {})))
        return self.chain(x, ("reshape", {"shape": list(new)}))

    def permuted(self, x: str, order: list[int]) -> str:
        """Axes in another order."""
        return x if order == sorted(order) else self.chain(x, ("permute", {"dims": order}))

    def part(self, x: str, axis: int, start: int, length: int, own: Sizes, step: int = 1) -> str:
        """Places along an axis, `start` from 0; all of them are the quantity itself."""
        if own[axis - 1] == length:
            return x
        settings = {"dim": axis, "start": start + 1, "length": length} | ({"step": step} if step > 1 else {})
        return self.chain(x, ("narrow", settings))

    def place(self, x: str, axis: int, index: int) -> str:
        """One place of an axis, from 0."""
        return self.chain(x, ("select", {"dim": axis, "index": index + 1 if index >= 0 else index}))

    def reduced(self, kind: str, x: str, own: Sizes, axes: list[int], keep: bool) -> str:
        """Means, sums, largest and smallest values along axes; means and largest ones of a whole map are pools."""
        left = tuple(1 if k in axes else n for k, n in enumerate(own, 1) if keep or k not in axes)
        if kind in POOLS and len(own) in (3, 4) and axes == list(range(2, len(own) + 1)):
            made = self.chain(x, (f"{POOLS[kind]}{len(own) - 1}d", {"output_size": 1}))
            return made if keep else self.chain(made, ("flatten", {}))
        letters = LETTERS[: len(own)]
        summed = [letters[a - 1] for a in axes]
        kept = [c for c in letters if c not in summed]
        mean = f"/{prod(own[a - 1] for a in axes)}" if kind == "mean" else ""
        head = "{out}[" + ",".join(kept) + "]" if kept else "{out}"
        whole = f"{{0}}[{','.join(letters)}]"
        made = self.formula(f"{head} = {over(BIG[kind], whole, summed)}{mean}", [x])
        return self.reshaped(made, tuple(n for k, n in enumerate(own, 1) if k not in axes), left)

    def multiplied(self, a: str, x: Sizes, b: str, y: Sizes) -> str:
        """A matrix product; axes in front of the last two are those of several products."""
        rank = max(len(x), len(y))
        if rank <= 2:
            return self.formula("{0} @ {1}", [a, b])
        lead, row, inner, column = LETTERS[: rank - 2], *LETTERS[rank - 2 : rank + 1]
        left = ",".join((*lead[rank - len(x) :], row, inner))
        right = ",".join((*lead[rank - len(y) :], inner, column))
        return self.formula(
            f"{{out}}[{','.join((*lead, row, column))}] = Sum({{0}}[{left}]*{{1}}[{right}], {inner})", [a, b]
        )

    def padded(self, x: str, ends: list[tuple[int, int]], mode: str = "constant", value: float = 0) -> str:
        """Cells around a map; `ends` are those in front and behind each axis of the map."""
        if not any(n for pair in ends for n in pair):
            return x
        flat = [n for pair in reversed(ends) for n in pair]
        kind = "constant_pad" if mode == "constant" and value else ENDS[mode]
        same = len(set(flat)) == 1
        settings: dict[str, Any] = {"padding": flat[0] if same else flat} | ({"value": value} if value else {})
        return self.chain(x, (f"{kind}{len(ends)}d", settings))
