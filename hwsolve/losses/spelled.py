"""A loss that is its formula over any axes, with weights and conventions beside the output and the target.

In the text of an element `[*]` are all its indices, `[c]` is that of its class, `[*~]` are all with another class, and
`[~]` is that class, `c` of a sum; `%1` is the index along axis 1, from 0.
"""

from __future__ import annotations

from typing import Any

from hwsolve.graph.operation import INNER, Operation, Sizes
from hwsolve.losses.reduced import LETTERS, over


class Spelled(Operation, frozen=True):
    """The formula of an element, summed over the axes `summed` of the `axes` that the output has, and divided.

    `slope` is its derivative by x as a textbook writes it, `along` the axis of the classes.  With `d` among the names
    it is divided by that.  What is in `alike` stands for the output and not for a constant; those in `learned` get a
    gradient.
    """

    each: str
    names: tuple[str, ...]
    axes: int
    summed: tuple[int, ...]
    slope: str = ""
    along: int = -1
    divisor: int = 1
    alike: tuple[str, ...] = ()
    learned: tuple[str, ...] = ("x",)
    shared: bool = False  # whether the number of classes C divides it too

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """What the formula reads."""
        return self.names

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """Nothing: all axes are spelled out."""
        return ()

    def spelled(self, text: str, letters: tuple[str, ...]) -> str:
        """The text with these indices."""
        if not letters:
            return text.replace("[*]", "")
        for k, letter in enumerate(letters):
            text = text.replace(f"%{k}", letter)
        other = list(letters)
        other[self.along] = "c"
        text = text.replace("[*]", f"[{','.join(letters)}]").replace("[c]", f"[{letters[self.along]}]")
        return text.replace("[*~]", f"[{','.join(other)}]").replace("[~]", "[c]")

    def divided(self, text: str) -> str:
        """The text behind its division."""
        if self.shared:
            return f"({text})/C" if self.divisor == 1 else f"({text})/({self.divisor}*C)"
        return f"({text})/d" if "d" in self.names else over(text, self.divisor)

    def kept(self, letters: tuple[str, ...]) -> tuple[str, ...]:
        """The letters of the axes that are left."""
        return tuple(letter for k, letter in enumerate(letters[: self.axes]) if k not in self.summed)

    def output_indices(self) -> tuple[str, ...]:
        """The letters of the axes that are left."""
        return self.kept(LETTERS)

    def text(self) -> str:
        """The whole formula."""
        less = "-" if self.each.startswith("-") else ""  # in front of the sum, not of its terms
        made = self.spelled(self.each.removeprefix("-"), LETTERS[: self.axes])
        for k in sorted(self.summed, reverse=True):
            made = f"Sum({made}, {LETTERS[k]}, 1, {LETTERS[k].upper()})"
        return self.divided(less + made)

    def gradients(self) -> dict[str, str]:
        """The stated gradient of the output, where there is one."""
        if not self.slope:
            return {}
        own = self.kept(INNER)
        g = f"g[{','.join(own)}]" if own else "g"
        return {"x": self.divided(f"{g}*({self.spelled(self.slope, INNER[: self.axes])})")}

    def shape(self, *shapes: Sizes) -> Sizes:
        """The axes that are left."""
        return tuple(n for k, n in enumerate(shapes[0]) if k not in self.summed)

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The length of every axis that is summed over, and the number of classes as C."""
        found = {LETTERS[k].upper(): n for k, n in enumerate(shapes[0]) if k in self.summed}
        return found | ({"C": shapes[0][self.along]} if shapes[0] else {})

    def fixed(self) -> tuple[int, ...]:
        """All but the outputs."""
        return tuple(k for k, name in enumerate(self.names) if name not in self.learned)

    def cut(self) -> tuple[int, ...]:
        """All but the outputs and what stands for them."""
        return tuple(k for k in self.fixed() if self.names[k] not in self.alike)
