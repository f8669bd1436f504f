"""How the error passes a layer of windows, for all sizes at once: derived from the one formula of its operation.

With y[p] the layer's output and g[p] = ∂L/∂y[p], the chain rule gives ∂L/∂x[i] = Σ over p of g[p]·∂y[p]/∂x[i].  The
derivative of y[p] holds a δ for each index of x; the sum over p leaves the places whose window covers i.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import msgspec

from hwsolve.formula.differentiate import apart
from hwsolve.formula.guards import guarded
from hwsolve.formula.indices import Bounds
from hwsolve.formula.instantiate import fold
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, Call, Formula, Ref, formula, substitute, transform
from hwsolve.graph.explain.schematic import in_order
from hwsolve.graph.operation import Operation, backward_schematic, forward_schematic, rename
from hwsolve.layers.base import Size
from hwsolve.layers.correlation import Correlation

PLACES, CELLS = ("i", "j", "k"), ("u", "v", "t")


class Quantities(msgspec.Struct, frozen=True):
    """How the quantities are called, and their sizes axis by axis."""

    x: str
    y: str
    g: str
    w: str = "w"
    b: str = "b"
    loss: str = "L"

    def gradient(self, name: str) -> str:
        """The name of the gradient of a quantity; those of an argument begin with `any_`."""
        own = name.removeprefix("any_")
        return f"{name[: len(name) - len(own)]}d{self.loss}_d{own}"

    @property
    def names(self) -> dict[str, str]:
        """By the names that operations use."""
        return {"x": self.x, "y": self.y, "g": self.g, "w": self.w, "b": self.b}


class Recursion:
    """The index formulas of one operation.

    `outputs` are the sizes of y, `inputs` those of x, a batch in front of both; a size may be a name.  `places` says
    what the names of the sides of y stand for.
    """

    def __init__(
        self,
        operation: Operation,
        outputs: tuple[Size, ...],
        inputs: tuple[Size, ...],
        called: Quantities,
        places: dict[str, Formula],
    ):
        self.operation, self.called, self.places = operation, called, places
        self.outputs = tuple(formula(n) for n in outputs)
        self.inputs = tuple(formula(n) for n in inputs)
        self.schematic = forward_schematic(operation, len(outputs))
        sizes = {k: formula(v) for k, v in operation.sizes().items()}
        self.sizes = sizes | {f"size_{i}": n for i, n in zip(self.schematic.indices, self.outputs, strict=True)}

    def finished(self, f: Formula, letters: dict[str, str]) -> Formula:
        """Sizes, letters and names put in, indices in order."""
        new = {old: self.single.get(letter, Ref(letter)) for old, letter in letters.items()}
        f = substitute(apart(f, Ref("", tuple(new.values()))), self.sizes | new)  # bound indices make way
        return rename(fold(transform(f, tidy)), self.called.names)

    def letters(self, slot: int) -> dict[str, str]:
        """The letters of an element of the data, of the weights or of the bias: sample and channels come first."""
        own = backward_schematic(self.operation, slot, len(self.outputs)).indices
        axes = len(self.axes())
        lead = len(own) - axes
        if slot == 0:
            chosen = ("n", "c")[2 - lead :] + PLACES[:axes]
        elif slot == 1 and own:  # one weight for all has no letters
            channels = ("o", "c") if isinstance(self.operation, Correlation) else ("c", "o")
            chosen = channels[2 - lead :] + CELLS[:axes]
        else:
            chosen = ("o",)[: len(own)]
        return dict(zip(own, chosen, strict=True))

    def axes(self) -> tuple[Any, ...]:
        """The axes of the window."""
        return self.operation.frame.axes  # type: ignore[attr-defined, no-any-return]

    # the formulas

    def output(self) -> tuple[Ref, Formula]:
        """y[p], and its formula."""
        y = Ref(self.called.y, tuple(Ref(i) for i in self.schematic.indices))
        return y, self.finished(self.schematic.formula, {})

    def element(self, slot: int = 0) -> Ref:
        """The element of an input that is differentiated by."""
        name = self.operation.inputs[slot]
        indices = tuple([self.single.get(i, Ref(i)) for i in self.letters(slot).values()])
        return Ref(self.called.names[name], indices)

    @property
    def single(self) -> dict[str, Formula]:
        """The letters of channels that x and y do not write, as they have one alone; weights may write it."""
        written = getattr(self.operation, "written", None)
        alone = {} if written is None else {"c": not written.x, "o": not written.y}
        return {letter: ONE for letter, one in alone.items() if one}

    def gradient(self, slot: int = 0) -> Formula:
        """∂L/∂ of that element; places that are not there are absent."""
        found = backward_schematic(self.operation, slot, len(self.outputs)).formula
        return self.finished(found, self.letters(slot))

    def bounded(self, f: Formula, within: bool = True) -> Formula:
        """The formula with the bounds of places, and where there is a stride its divisibility, written out."""
        shapes = {self.called.g: self.outputs, self.called.y: self.outputs}
        if getattr(self.operation, "border", False):  # a cell outside the map has no part in a maximum
            shapes[self.called.x] = self.inputs
        return guarded(f, shapes | self.weights(), self.bounds(), within)

    def weights(self) -> dict[str, tuple[Formula, ...]]:
        """The channels of w in groups: only those of its group count for an output."""
        if getattr(self.operation, "groups", 1) == 1:
            return {}
        plainly, channel = isinstance(self.operation, Correlation), -1 - len(self.axes())
        first = self.outputs[channel] if plainly else self.inputs[channel]
        return {self.called.w: (first, self.sizes["C" if plainly else "O"])}

    @cached_property
    def recursion(self) -> Formula:
        """∂L/∂x[i] with all bounds."""
        return self.bounded(self.gradient())

    def bounds(self) -> Bounds:
        """The ranges of the free indices: from 1, to what is left open."""
        free = (*self.schematic.indices, *self.letters(0).values())
        return {name: (ONE, Ref(name)) for name in free}


def tidy(node: Formula) -> Formula:
    """Indices, and the arguments of a minimum, put together."""
    if isinstance(node, Call) and node.name in ("min", "max"):
        return Call(node.name, tuple(simplify(a) for a in node.args))
    return in_order(node)
