"""`layers: l` and `gradients: delta` on a page about one layer: in front all has the number l, behind it l + 1.

δ is the gradient of what the activation in front reads; of what comes out too, where layers have numbers: that is what
the next activation reads.
"""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.counting import Notation
from hwsolve.formula.tree import ONE, Formula, Ref, call
from hwsolve.graph.operation import rename
from hwsolve.graph.spelling import quantities
from hwsolve.kinds.backprop.construction import Construction
from hwsolve.kinds.convolution.recursion import Quantities
from hwsolve.language import say
from hwsolve.solution import Item, Sentence
from hwsolve.spec.notation import wrong
from hwsolve.spec.report import Report

DELTA = "delta"


class LayerLetters:
    """The names of the quantities of one layer, as its page writes them; `read`: the map, and what it is made of."""

    def __init__(
        self, called: Quantities, read: tuple[str, ...], notation: Notation, activation: bool, kernel: bool
    ) -> None:
        self.letter, self.loss, self.kernel = notation.layers, called.loss, kernel
        y = called.y
        self.z = "z" if activation else read[-1]
        before, behind = (*read, self.z), (y, called.w, called.b)
        numbers = dict.fromkeys(before, f"⁽{self.letter}⁾") | dict.fromkeys(behind, f"⁽{self.letter}+1⁾")
        written = {y: "z"} if activation else {}  # what comes out is what the next activation reads
        self.names = {
            f"{d}{name}": f"{d}{written.get(name, name)}{n}"
            for name, n in numbers.items()
            for d in ("", called.gradient(""))
            if self.letter
        }
        self.deltas: dict[str, str] = {}
        if notation.gradients:
            ends = {self.z: numbers[self.z], y: numbers[y]} if self.letter else {self.z: ""}
            self.deltas = {name: DELTA + end for name, end in ends.items()}
            self.names |= {called.gradient(name): delta for name, delta in self.deltas.items()}

    def symbols(self, found: dict[str, Formula]) -> dict[str, Formula]:
        """The symbols of a page in these letters."""
        return {key: rename(f, self.names) for key, f in found.items()} | {k: Ref(v) for k, v in self.names.items()}

    def said(self) -> Iterator[Item]:
        """What the letters mean."""
        if self.letter:
            behind = call("+", Ref(self.letter), ONE)
            before = Ref(self.letter)
            if self.kernel:
                text = say(
                    "What the layer reads is numbered {before}; its kernel and its output {behind}.",
                    before=before, behind=behind,
                )  # fmt: skip
            else:
                text = say(
                    "What the layer reads is numbered {before}; its output {behind}.", before=before, behind=behind
                )
            yield Sentence(text)
        for name, delta in self.deltas.items():
            text = say(
                "{delta} is the derivative of {loss} with respect to {z}.",
                delta=Ref(delta),
                loss=Ref(self.loss),
                z=Ref(name),
            )
            yield Sentence(text)


def check_letters_of_layers(
    notation: Notation, construction: Construction, taken: set[str], activation: bool, report: Report
) -> bool:
    """Note a letter that means something else, and δ where nothing is written so."""
    node, names = construction.problem.node, {one.name for one in quantities(construction.graph)}
    if notation.layers and notation.layers in taken | names:
        message = say("`{name}` is a name of this problem.", name=notation.layers)
        wrong(node, "layers", 0, message, report, say("Choose another letter."))
        return False
    if notation.gradients and not activation:
        wrong(node, "gradients", 0, say("`delta` needs an activation in front of the layer."), report, None)
        return False
    return True
