"""Cross-correlation of a map with kernels, and its transpose: the operations of convolution layers.

y[o,p] = Σ over c and u of w[o,c,u]·x[c, S(p − 1) + D(u − 1) + 1 − P] + b[o] along each axis; a cell outside the map is
absent.  The transpose sends x[c,p] to those cells: y[o,s] sums w[c,o,u]·x[c,p] over all p and u with
S(p − 1) + D(u − 1) + 1 − P = s.
Source: arXiv 1603.07285 (Dumoulin, Visin), sections 2 and 4; PyTorch, torch.nn.Conv2d and ConvTranspose2d.
"""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.notation import plain
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import Number, call, formula
from hwsolve.graph.operation import Array, Operation, Sizes, repeated
from hwsolve.layers.axes import Frame, Size, Sliding, whole

if TYPE_CHECKING:
    from hwsolve.layers.window_indices import Windows


class Written(msgspec.Struct, frozen=True):
    """Which axes the arrays are written with: a problem may leave out leading axes of length 1."""

    x: bool = True  # the channels of x
    w: int = 2  # the axes of w in front of the kernel's
    y: bool = True  # the channels of y


class Kernels(Operation, frozen=True):
    """What both operations share: kernels over the windows of `frame`, channels in groups, and a bias or none.

    `bias` is units (one for each output channel), shared (one for all) or none; `shared`: all weights are one number.
    """

    frame: Frame
    channels_in: Size = 1
    channels_out: Size = 1
    groups: Size = 1
    bias: str = "units"
    shared: bool = False
    flip: bool = False  # true convolution: the kernel from its other end
    written: Written = Written()

    inputs = ("x", "w", "b")

    def output_indices(self) -> tuple[str, ...]:
        """The channel, where it is written, and the place."""
        return (("o",) if self.written.y else ()) + self.frame.places()

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """Those of the window; C channels in and O out of every group."""
        inside = {"C": share(self.channels_in, self.groups), "O": share(self.channels_out, self.groups)}
        return self.frame.sizes() | inside

    def channel(self) -> tuple[str, str, str]:
        """Index texts: the input channel within its group, the output channel, and the group's number from 0."""
        c = "1" if self.channels_in == self.groups else "c"
        o = "o" if self.written.y else "1"
        return c, o, "0" if self.groups == 1 else "floor((o - 1)/O)"

    def reading(self) -> tuple[str, ...]:
        """The kernel's cells in the order in which the window meets them, as index texts."""
        if not self.flip:
            return self.frame.window()
        return tuple(f"({self.frame.names(k)['K']} + 1 - {u})" for k, u in enumerate(self.frame.window()))

    def sum_over(self, w: list[str], x: list[str]) -> str:
        """The sum over input channels and the kernel, and the bias; axes that are not written have no index."""
        kernel = list(self.frame.window())
        w_text, x_text = ",".join(w[2 - self.written.w :] + kernel), ",".join(x if self.written.x else x[1:])
        weight = "w" if self.shared else f"w[{w_text}]"
        text = self.frame.over("Sum", f"{weight}*x[{x_text}]")
        if self.channels_in != self.groups:
            text = f"Sum({text}, c, 1, C)"
        return text + {"units": f" + b[{self.channel()[1]}]", "shared": " + b", "none": ""}[self.bias]

    def slides(self) -> tuple[Sliding, ...]:
        """The axes, which slide."""
        return tuple(a for a in self.frame.axes if isinstance(a, Sliding))

    # arrays, as (samples, groups, channels of a group, …)

    def grouped(self, array: Array, axes: int, channels: Size) -> Array:
        """Data with `axes` axes behind its channels."""
        shape = array.shape[array.ndim - axes :]
        return array.reshape(-1, self.groups, share(channels, self.groups), *shape)

    def kernels(self, w: Array) -> Array:
        """The kernels with one axis for all their cells: (groups, channels, channels, cells)."""
        first, second = self.weight_channels()
        if self.shared:
            groups, *kernel = whole(self.groups, *(s.kernel for s in self.slides()))
            return repeated(w, (groups, first, second, prod(kernel)))
        if self.flip:
            import numpy as np

            w = np.flip(w, tuple(range(-len(self.frame.axes), 0)))
        return w.reshape(self.groups, first, second, -1)

    def weight_channels(self) -> tuple[Any, Any]:
        """The channels of a group along the first two axes of w."""
        raise NotImplementedError

    def weight_gradient(self, d: Array, like: Array) -> Array:
        """The gradient of `kernels(w)` in the shape of w."""
        if self.shared:
            return d.sum()
        d = d.reshape(like.shape)
        if self.flip:
            import numpy as np

            d = np.flip(d, tuple(range(-len(self.frame.axes), 0)))
        return d

    def with_bias(self, rows: Array, b: Array) -> Array:
        """The bias added to (samples, groups, channels, places)."""
        if b is None:
            return rows
        return rows + (b if self.bias == "shared" else b.reshape(1, self.groups, -1, 1))

    def bias_gradient(self, rows: Array, b: Array) -> Array:
        """The sum over samples and places, over the units too where they share the bias."""
        return rows.sum() if self.bias == "shared" else rows.sum(axis=(0, 3)).reshape(b.shape)


class Correlation(Kernels, frozen=True):
    """y[o,p] = Σ w[o,c,u] x[c, S(p − 1) + D(u − 1) + 1 − P] + b[o]."""

    def text(self) -> str:
        """The sum over the window; in groups the channels of a group follow each other."""
        c, o, group = self.channel()
        of_x = c if group == "0" else f"{c} + C*{group}"
        return self.sum_over([o, c], [of_x, *self.frame.covered(self.reading())])

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, C_in, sides) → (…, C_out, places)."""
        x = shapes[0]
        lead = x[: len(x) - len(self.frame.axes) - self.written.x]
        return (*lead, *((self.channels_out,) if self.written.y else ()), *self.frame.shape())

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """The gradient of a map of one channel: the full correlation of g with the kernel turned round."""
        axes, alone = self.slides(), self.written == Written(False, 0, False)
        if self.shared or not alone or len({a.dilation for a in axes}) > 1:
            return {}
        spread = any(a.stride != 1 for a in axes)
        g = f"stuffed(g, {told(*[a.stride for a in axes])})" if spread else "g"
        w = "w" if self.flip else "rot180(w)"
        w = w if axes[0].dilation == 1 else f"stuffed({w}, {told(axes[0].dilation)})"
        text = f"full({w}, {g})"
        front = told(*[a.before for a in axes])
        if spread or any(a.before != axes[0].before for a in axes):
            return {"x": f"crop({text}, {front}, {', '.join([told(a.side) for a in axes])})"}
        return {"x": text if front == "0" else f"crop({text}, {front})"}

    def weight_channels(self) -> tuple[Any, Any]:
        """Out and in."""
        return share(self.channels_out, self.groups), share(self.channels_in, self.groups)

    def columns(self, x: Array, windows: Windows) -> Array:
        """What each place reads: (samples, groups, C·K, places)."""
        cells = self.grouped(windows.gather(x), 2, self.channels_in)
        cells = cells.swapaxes(-1, -2)
        return cells.reshape(*cells.shape[:2], -1, cells.shape[-1])

    def forward(self, x: Array, w: Array, b: Array = None) -> Array:
        """Kernels times columns."""
        kernels = self.kernels(w)
        rows = kernels.reshape(*kernels.shape[:2], -1) @ self.columns(x, self.frame.arrays())
        return self.with_bias(rows, b).reshape(self.shape(x.shape))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """wᵀ g, sent back to the cells it came from; g times the columns; the sum of g."""
        x, w = arrays[:2]
        windows = self.frame.arrays()
        rows = g.reshape(-1, self.groups, share(self.channels_out, self.groups), prod(self.frame.shape()))
        if slot == 0:
            kernels = self.kernels(w)
            sent = kernels.reshape(*kernels.shape[:2], -1).swapaxes(-1, -2) @ rows
            sent = sent.reshape(*sent.shape[:2], kernels.shape[2], -1, sent.shape[-1])
            return windows.scatter(sent.swapaxes(-1, -2)).reshape(x.shape)
        if slot == 1:
            return self.weight_gradient((rows @ self.columns(x, windows).swapaxes(-1, -2)).sum(axis=0), w)
        return self.bias_gradient(rows, arrays[2])


class TransposedCorrelation(Kernels, frozen=True):
    """y[o,s] = Σ w[c,o,u] x[c, (s + P − 1 − D(u − 1))/S + 1] + b[o]; the frame is that of the larger map, y."""

    def text(self) -> str:
        """The sum over the kernel's cells that reach s; the others have fractional or absent places."""
        c, o, group = self.channel()
        places = [
            a.place(s, u, self.frame.names(k))
            for k, (a, s, u) in enumerate(zip(self.slides(), self.frame.places(), self.reading(), strict=True))
        ]
        if group == "0":
            return self.sum_over([c, o], [c, *places])
        of_group = f"{c} + C*{group}"
        return self.sum_over([of_group, f"{o} - O*{group}"], [of_group, *places])

    def shape(self, *shapes: Sizes) -> Sizes:
        """(…, C_in, places) → (…, C_out, sides)."""
        x = shapes[0]
        lead = x[: len(x) - len(self.frame.axes) - self.written.x]
        return (*lead, *((self.channels_out,) if self.written.y else ()), *self.frame.sides())

    def weight_channels(self) -> tuple[Any, Any]:
        """In and out."""
        return share(self.channels_in, self.groups), share(self.channels_out, self.groups)

    def rows(self, x: Array) -> Array:
        """The input as (samples, groups, C, places)."""
        return x.reshape(-1, self.groups, share(self.channels_in, self.groups), prod(self.frame.shape()))

    def columns(self, g: Array) -> Array:
        """What each place sees of the output's gradient: (samples, groups, O·K, places)."""
        cells = self.grouped(self.frame.arrays().gather(g), 2, self.channels_out).swapaxes(-1, -2)
        return cells.reshape(*cells.shape[:2], -1, cells.shape[-1])

    def forward(self, x: Array, w: Array, b: Array = None) -> Array:
        """Kernels times x, sent to the cells of each place."""
        kernels = self.kernels(w)
        sent = kernels.reshape(*kernels.shape[:2], -1).swapaxes(-1, -2) @ self.rows(x)
        sent = sent.reshape(*sent.shape[:2], kernels.shape[2], -1, sent.shape[-1]).swapaxes(-1, -2)
        y = self.frame.arrays().scatter(sent)
        y = y.reshape(*y.shape[:3], -1)
        return self.with_bias(y, b).reshape(self.shape(x.shape))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """w times what each place sees of g; x times the same; the sum of g."""
        x, w = arrays[:2]
        if slot == 2:
            of_group = share(self.channels_out, self.groups)
            return self.bias_gradient(g.reshape(-1, self.groups, of_group, prod(self.frame.sides())), arrays[2])
        seen = self.columns(g)
        if slot == 0:
            kernels = self.kernels(w)
            return (kernels.reshape(*kernels.shape[:2], -1) @ seen).reshape(x.shape)
        return self.weight_gradient((self.rows(x) @ seen.swapaxes(-1, -2)).sum(axis=0), w)


def told(*sizes: Size) -> str:
    """Sizes as the text of arguments: one for all axes where they are alike."""
    texts = [plain(formula(n)) for n in sizes]
    return texts[0] if len(set(texts)) == 1 else ", ".join(texts)


def share(channels: Size, groups: Size) -> Size:
    """The channels of one group."""
    if groups == 1:
        return channels
    if isinstance(channels, int) and isinstance(groups, int):
        return channels // groups
    found = simplify(call("/", channels, groups))
    return found.numerator if isinstance(found, Number) and found.denominator == 1 else found
