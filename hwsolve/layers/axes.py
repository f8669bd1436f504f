"""How the places of a window lie along an axis of a map, as formula and as cells: it slides, or it shares the axis out.

Place p of a sliding window covers the cells S(p − 1) + D(u − 1) + 1 − P for u = 1 … K; place p of Q that share out N
cells covers floor((p − 1)N/Q) + 1 to ceil(pN/Q).  Counted from 1.
Source: PyTorch, torch.nn.MaxPool2d and AdaptiveAvgPool2d.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import say

if TYPE_CHECKING:
    from hwsolve.layers.window_indices import Axis

Size = int | Formula
Names = dict[str, str]  # how the capital letters are written
MOST_CELLS = 5_000_000  # of all windows along an axis that are followed one by one
PLACES, CELLS = ("p", "q", "r"), ("u", "v", "t")


class Along(msgspec.Struct, frozen=True):
    """One axis: `side` cells of the map, `places` of the window."""

    side: Size
    places: Size

    def letters(self) -> dict[str, Size]:
        """The numbers behind the capital letters of the texts."""
        raise NotImplementedError

    def cell(self, p: str, u: str, n: Names) -> str:
        """The map's cell that place p covers with its cell u; `n` says how each capital letter is written."""
        raise NotImplementedError

    def bounds(self, p: str, n: Names) -> tuple[str, str]:
        """The first and the last u."""
        raise NotImplementedError

    def cells(self) -> Axis:
        """The cells of every place, from 0."""
        raise NotImplementedError

    def is_known(self) -> bool:
        """Whether all its sizes are numbers."""
        return all(isinstance(n, int) for n in (self.places, *self.letters().values()))


class Sliding(Along, frozen=True):
    """A window of K cells, D apart, that moves by S over a map with P cells of padding before it."""

    kernel: Size
    stride: Size = 1
    before: Size = 0
    dilation: Size = 1

    def letters(self) -> dict[str, Size]:
        """K, S, P, D, and N for the side."""
        return {"K": self.kernel, "S": self.stride, "P": self.before, "D": self.dilation, "N": self.side}

    def cell(self, p: str, u: str, n: Names) -> str:
        """S(p − 1) + D(u − 1) + 1 − P."""
        return f"{n['S']}*({p} - 1) + {n['D']}*({u} - 1) + 1 - {n['P']}"

    def place(self, m: str, u: str, n: Names) -> str:
        """The place that covers cell m with its cell u, fractional where there is none."""
        return f"({m} + {n['P']} - 1 - {n['D']}*({u} - 1))/{n['S']} + 1"

    def bounds(self, p: str, n: Names) -> tuple[str, str]:
        """1 and K."""
        return "1", f"{n['K']}"

    def cells(self) -> Axis:
        """S·p + D·u − P, from 0."""
        from hwsolve.layers.base import NotComputed
        from hwsolve.layers.window_indices import sliding

        places, kernel = whole(self.places, self.kernel)
        if places * kernel > MOST_CELLS:
            known = {"n": f"{places * kernel:,}", "most": f"{MOST_CELLS:,}"}
            raise NotComputed(
                say("The windows have {n} cells along an axis; by hand there are at most {most}.", **known)
            )
        return sliding(*whole(self.side, self.places, self.kernel, self.stride, self.before, self.dilation))


class SharedOut(Along, frozen=True):
    """Q places that share out N cells."""

    def letters(self) -> dict[str, Size]:
        """N and Q."""
        return {"N": self.side, "Q": self.places}

    def cell(self, p: str, u: str, n: Names) -> str:
        """The cell itself."""
        return u

    def bounds(self, p: str, n: Names) -> tuple[str, str]:
        """floor((p − 1)N/Q) + 1 and ceil(pN/Q)."""
        return f"floor(({p} - 1)*{n['N']}/{n['Q']}) + 1", f"ceil({p}*{n['N']}/{n['Q']})"

    def cells(self) -> Axis:
        """The same, from 0."""
        from hwsolve.layers.window_indices import shared_out

        return shared_out(*whole(self.side, self.places))


def whole(*sizes: Size) -> tuple[Any, ...]:
    """Sizes that are numbers, as array code needs them."""
    if not all(isinstance(n, int) for n in sizes):
        raise TypeError(f"sizes with names have no cells: {sizes}")
    return sizes


class Frame(msgspec.Struct, frozen=True):
    """All axes of a map under a window.  A letter that differs from axis to axis is numbered: K1, K2."""

    axes: tuple[Along, ...]

    def names(self, k: int) -> Names:
        """How the capital letters of axis k are written."""
        every = [a.letters() for a in self.axes]
        return {x: x if all(e.get(x) == n for e in every) else f"{x}{k + 1}" for x, n in every[k].items()}

    def sizes(self) -> dict[str, Size]:
        """The numbers behind all capital letters."""
        return {self.names(k)[x]: n for k, a in enumerate(self.axes) for x, n in a.letters().items()}

    def places(self) -> tuple[str, ...]:
        """The index letters of a place."""
        return PLACES[: len(self.axes)]

    def window(self) -> tuple[str, ...]:
        """The index letters of a cell of the window."""
        return CELLS[: len(self.axes)]

    def covered(self, window: tuple[str, ...] | None = None) -> list[str]:
        """The map's cell as index texts, axis by axis."""
        cells = zip(self.axes, self.places(), window or self.window(), strict=True)
        return [a.cell(p, u, self.names(k)) for k, (a, p, u) in enumerate(cells)]

    def over(self, operator: str, body: str) -> str:
        """A big operator over all cells of the window, the last axis innermost."""
        for k in reversed(range(len(self.axes))):
            low, high = self.axes[k].bounds(self.places()[k], self.names(k))
            body = f"{operator}({body}, {self.window()[k]}, {low}, {high})"
        return body

    def shape(self) -> tuple[Any, ...]:
        """The places, axis by axis."""
        return tuple(a.places for a in self.axes)

    def sides(self) -> tuple[Any, ...]:
        """The map's sides."""
        return tuple(a.side for a in self.axes)

    def arrays(self) -> Any:
        """The windows as array code."""
        from hwsolve.layers.window_indices import windows

        return windows(self.sides(), tuple(a.cells() for a in self.axes))
