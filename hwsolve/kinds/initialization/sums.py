"""The sums of a layer: what meets in one output, and what reads one value; linear, convolution, transposed."""

from __future__ import annotations

from typing import Protocol

import msgspec

from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Ref, formula, substitute
from hwsolve.kinds.initialization.fans import Fans, kernel_names
from hwsolve.layers.base import Layer
from hwsolve.layers.convolution import Convolution
from hwsolve.layers.linear import Linear
from hwsolve.layers.transposed_convolution import TransposedConvolution


class Letters(Protocol):
    """Who gives out names: the fans of the layer, the names of weights and values, and fresh ones."""

    fans: Fans
    weight: str
    out: str

    def letter(self, *wanted: str) -> str:
        """The first of some that is free."""


class Sums(msgspec.Struct, frozen=True):
    """Places of an output and of a value, and the sums over what meets there.

    `terms` is W·a of one term of the forward sum; `fan_in` and `fan_out` count the terms.  `free` are the names of
    sizes, `symbols` what is written for those that the problem states otherwise.
    """

    output: tuple[Formula, ...]
    value: tuple[Formula, ...]
    term: tuple[Ref, Ref]  # a weight, and the place of the value that it meets
    loops: tuple[tuple[str, Formula], ...]
    channel: tuple[Formula, ...]  # what the bias depends on
    reader: tuple[Ref, Ref]
    readers: tuple[tuple[str, Formula], ...]
    fan_in: Formula
    fan_out: Formula
    free: frozenset[str]
    indices: frozenset[str]
    symbols: dict[str, Formula]

    def forward(self, body: Formula) -> Formula:
        """The sum over all that meets in an output."""
        return summed(body, self.loops)

    def backward(self, body: Formula) -> Formula:
        """The sum over all that reads a value."""
        return summed(body, self.readers)


def summed(body: Formula, loops: tuple[tuple[str, Formula], ...]) -> Formula:
    """Σ Σ body, the first loop outside."""
    for index, high in reversed(loops):
        body = BigOperator("Sum", body, index, ONE, high)
    return body


def sums(layer: Layer, s: Letters) -> Sums:
    """The sums of a layer in the names of a setting."""
    inner = {name: s.letter(name, *(f"{name}_{k}" for k in range(1, 9))) for name in s.fans.sizes}
    symbols = {inner[name]: f for name, f in s.fans.written.items()}
    if isinstance(layer, Linear):
        return of_linear(s, Ref(inner["n_in"]), Ref(inner["n_out"]), symbols)
    assert isinstance(layer, Convolution | TransposedConvolution)
    return of_windows(layer, s, {name: Ref(x) for name, x in inner.items()}, symbols)


def of_linear(s: Letters, ins: Ref, outs: Ref, symbols: dict[str, Formula]) -> Sums:
    """z[i] = Σ W[i,j] a[j]."""
    i, j = (s.letter(*x) for x in ("ikm", "jln"))
    weight = Ref(s.weight, (Ref(i), Ref(j)))
    return Sums(
        (Ref(i),), (Ref(j),), (weight, Ref(s.out, (Ref(j),))), ((j, ins),), (Ref(i),),
        (weight, Ref("delta", (Ref(i),))), ((i, outs),), ins, outs,
        frozenset((ins.name, outs.name)), frozenset((i, j)), symbols,
    )  # fmt: skip


def of_windows(
    layer: Convolution | TransposedConvolution, s: Letters, sizes: dict[str, Ref], symbols: dict[str, Formula]
) -> Sums:
    """Convolutions: over the channels of a group and the cells of the kernel; readers of a value by number."""
    axes = len(layer.kernel_size)
    o, c, r = (s.letter(*x) for x in ("ofm", "cdn", "rkl"))
    places = [s.letter(x, f"{x}_1") for x in "pqs"[:axes]]
    cells = [s.letter(x, f"{x}_1") for x in "uvh"[:axes]]
    sides = [sizes[name] for name in kernel_names(layer.kernel_size)]
    channels = sizes["C_in"]
    if "G" in sizes:
        channels = Ref(s.letter("m_in", "m_of"))
        share = Call("/", (sizes["C_in"], sizes["G"]))
        symbols = symbols | {channels.name: substitute(share, symbols)}
    met = [meeting(layer, axis, Ref(p), Ref(u)) for axis, (p, u) in enumerate(zip(places, cells, strict=True))]
    own = isinstance(layer, Convolution) or all(step == 1 for step in layer.stride)
    fan = simplify(Call("*", (*sides, channels)))
    out = Ref("fan_out")
    if s.fans.named:
        symbols = symbols | {"fan_out": simplify(substitute(s.fans.fan_out, s.fans.written))}
    index = (Ref(o), Ref(c), *map(Ref, cells)) if isinstance(layer, Convolution) else (Ref(c), Ref(o), *map(Ref, cells))
    value = Ref(s.out, (Ref(c), *(met if own else map(Ref, cells))))
    return Sums(
        (Ref(o), *map(Ref, places)), (Ref(c), *map(Ref, places)), (Ref(s.weight, index), value),
        ((c, channels), *zip(cells, sides, strict=True)), (Ref(o),),
        (Ref(s.weight, (Ref(r),)), Ref("delta", (Ref(r),))), ((r, out),), fan, out,
        frozenset((channels.name, "fan_out", *(x.name for x in sizes.values()))),
        frozenset((o, c, r, *places, *cells)), symbols,
    )  # fmt: skip


def meeting(layer: Convolution | TransposedConvolution, axis: int, p: Formula, u: Formula) -> Formula:
    """The cell that a kernel cell meets from a place: in the padded map, or before the edge is cut."""
    stride, dilation = formula(layer.stride[axis]), formula((layer.dilation or (1,) * len(layer.stride))[axis])
    if isinstance(layer, Convolution):
        if stride == dilation == ONE:
            return p + u - 1
        return simplify(stride * (p - 1) + dilation * (u - 1) + 1)
    return p - u + 1 if dilation == ONE else simplify(p - dilation * (u - 1))
