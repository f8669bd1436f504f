"""What each layer computes in each phase, as formulas over whole arrays: z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾.

They are the matrix forms of a layer's operation; in a repeat the layers have a letter as their number.  A layer without
such a form has none here, and what comes out of it is named y.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref, formula, references, substitute, transform
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Layer, Shape, Size, total
from hwsolve.layers.items import Item, Network, walk_items
from hwsolve.layers.merging import MERGED

Forms = dict[str, tuple[Formula, ...]]  # by phase
LETTERS = ("l", "k", "t", "s", "r", "q")  # for the number of a layer in a repeat
OWN = {"weight": ("w", "W"), "bias": ("b", "b")}  # of a parameter the name in a form, and the letter on the page


class LayerForms:
    """Names the quantities of a network, and keeps the forms of its layers by their paths."""

    def __init__(
        self, network: Network, adjusted: Callable[[Layer, tuple[Shape, ...]], Layer], letter: str = ""
    ) -> None:
        self.adjusted, self.letter = adjusted, letter
        self.found: dict[str, Forms] = {}
        self.written: list[str] = []  # their paths
        self.symbols: dict[str, Formula] = {"": Ref("x")}  # of what stands on the wires
        self.taken = set(names_of(network))
        self.numbers: list[int] = [0]  # how many layers have a number, in each repeat that is open
        self.letters: list[Formula] = []
        self.walk(network.items)

    def of(self, path: str, phase: str) -> tuple[Formula, ...]:
        """What a layer computes; nothing where no form is known."""
        return self.found.get(path, {}).get(phase, ())

    def walk(self, items: Iterable[Item]) -> Formula | None:
        """A sequence: the symbol of what comes out."""
        out = None
        for item in items:
            out = self.item(item)
            for wire in item.outputs:
                self.symbols[wire.name] = out
        return out

    def item(self, item: Item) -> Formula:
        """A layer or a composite: the symbol of what comes out."""
        x = self.symbols.get(item.inputs[0].name) or Ref("x")
        if item.layer is None:
            if item.type == "repeat":
                return self.repeat(item, x)
            ends = [self.walk(branch.items) for branch in item.branches]
            return self.numbered("y") if item.type in MERGED else ends[0] or x
        layer = self.adjusted(item.layer, item.shapes)
        if layer.CATEGORY == "view":
            return x
        if isinstance(layer, Activation):
            return self.activation(item.path, layer, x)
        operation = getattr(layer, "operation", None)
        matrix = (
            operation(*item.shapes).matrix(*map(rank_of, item.shapes))
            if layer.CATEGORY == "dense" and operation
            else {}
        )
        return self.affine(item, layer, x, matrix) if {"y", "x", "w"} <= matrix.keys() else self.numbered("y")

    def affine(self, item: Item, layer: Layer, x: Formula, matrix: dict[str, str]) -> Formula:
        """W a + b, and its gradients."""
        z = self.numbered("z")
        own = {name: (short, self.again(letter)) for name, (short, letter) in OWN.items()}
        put = {"x": x, "g": gradient(z)} | dict(own.values())
        forms = {name: substitute(parse(text), put) for name, text in matrix.items()}
        learned = [own[name] for name in layer.learned(*item.shapes) if name in own and own[name][0] in forms]
        self.written.append(item.path)
        self.found[item.path] = {
            "forward": (equals(z, forms["y"]),),
            "error": (equals(gradient(x), forms["x"]),),
            "gradient": tuple([equals(gradient(symbol), forms[short]) for short, symbol in learned]),
            "update": tuple([Call("-", (s, Call("*", (Ref("eta"), gradient(s))))) for _, s in learned]),
        }
        return z

    def activation(self, path: str, layer: Activation, z: Formula) -> Formula:
        """f of every value, and the gradient times the slope."""
        number = number_of(z)
        a = self.numbered("a") if number is None else Call("layer", (Ref("a"), number))
        put: dict[str, Formula] = {"x": z, **layer.settings()}
        f = substitute(parse(layer.formula_text()), put)
        slope = self.slope(layer, f, z, a)
        back = () if slope is None else (equals(gradient(z), Call("odot", (gradient(a), slope))),)
        self.written.append(path)
        self.found[path] = {"forward": (equals(a, f),), "error": tuple(map(flat, back))}
        return a

    def slope(self, layer: Activation, f: Formula, z: Formula, a: Formula) -> Formula | None:
        """The slope as it is counted where that is a product or a sum of what is kept, else f′."""
        counted = parse(layer.slope) if layer.slope else None
        if counted is not None and set(operations_of(counted)) <= {"+", "-", "*"} and names_in(counted) <= {"x", "y"}:
            return substitute(elementwise(counted), {"x": z, "y": a})
        return Call(f"d_{f.name}", f.args) if isinstance(f, Call) and f.args and f.args[0] == z else None

    def repeat(self, item: Item, x: Formula) -> Formula:
        """Copies of a body: what goes into copy l is what came out of copy l − 1."""
        letter = Ref(next(name for name in letters(self.letter) if name not in self.taken))
        self.taken.add(letter.name)
        self.letters.append(letter)
        wire, before, out = item.inputs[0].name, Ref(f"before {letter.name}"), x
        for branch in item.branches:
            self.numbers.append(0)
            self.symbols[wire] = before  # what it is, is known when the body ends
            start = len(self.written)
            out = self.walk(branch.items) or x
            self.numbers.pop()
            put = {before.name: moved(out, letter, Call("-", (letter, ONE)))}
            for path in self.written[start:]:
                self.found[path] = {
                    phase: tuple([substitute(f, put) for f in fs]) for phase, fs in self.found[path].items()
                }
            out = substitute(out, put)
        self.letters.pop()
        self.taken.discard(letter.name)
        self.symbols[wire] = x
        return moved(out, letter, formula(total(item.times)))

    def numbered(self, letter: str) -> Formula:
        """The next quantity: with the number of its layer, or in a repeat with its letter."""
        self.numbers[-1] += 1
        return self.again(letter)

    def again(self, letter: str) -> Formula:
        """A quantity of the layer that is named last."""
        n = self.numbers[-1]
        if not self.letters:
            return Call("layer", (Ref(letter), Number(n)))
        return Call("layer", (Ref(f"{letter}{n}" if n > 1 else letter), self.letters[-1]))


def letters(chosen: str) -> Iterator[str]:
    """The chosen letter, others, then letters with numbers."""
    yield from chosen
    yield from LETTERS
    yield from (f"l{n}" for n in count(1))


def names_of(network: Network) -> Iterator[str]:
    """The names that sizes of a network have."""
    sizes: list[Size] = list(network.input)
    for item in walk_items(network.items):
        sizes += [*item.output, *item.times]
    for size in sizes:
        yield from (ref.name for ref in references(size)) if isinstance(size, Formula) else ()


def rank_of(shape: Shape) -> tuple[int, ...]:
    """Axes of length one, as many as a shape has: which form holds depends on no more."""
    return (1,) * len(shape)


def moved(f: Formula, letter: Ref, to: Formula) -> Formula:
    """The formula for another number of the layer."""
    return substitute(f, {letter.name: to})


def number_of(f: Formula) -> Formula | None:
    """The number of the layer that a quantity is of."""
    return f.args[1] if isinstance(f, Call) and f.name == "layer" else None


def gradient(f: Formula) -> Formula:
    """The gradient of the loss with respect to a quantity."""
    return Call("grad", (f,))


def equals(a: Formula, b: Formula) -> Formula:
    """a = b."""
    return Call("==", (a, b))


def operations_of(f: Formula) -> Iterator[str]:
    """The names of all operations."""
    if isinstance(f, Call):
        yield f.name
        for part in f.args:
            yield from operations_of(part)


def names_in(f: Formula) -> set[str]:
    """The names of a formula."""
    return {ref.name for ref in references(f)}


def elementwise(f: Formula) -> Formula:
    """A formula over numbers as one over arrays: products of what has names are element by element."""

    def change(node: Formula) -> Formula:
        if isinstance(node, Call) and node.name == "*" and all(map(names_in, node.args)):
            return nested(list(node.args))
        return node

    return transform(f, change)


def nested(factors: list[Formula]) -> Formula:
    """(a ⊙ b) ⊙ c."""
    f = factors[0]
    for factor in factors[1:]:
        f = Call("odot", (f, factor))
    return f


def flat(f: Formula) -> Formula:
    """∂a ⊙ (y ⊙ z) as (∂a ⊙ y) ⊙ z."""
    if not isinstance(f, Call) or f.name not in ("==", "odot"):
        return f
    if f.name == "==":
        return Call("==", (f.args[0], flat(f.args[1])))
    return nested(list(factors(f)))


def factors(f: Formula) -> Iterator[Formula]:
    """The factors of a product element by element."""
    if isinstance(f, Call) and f.name == "odot":
        for part in f.args:
            yield from factors(part)
    else:
        yield f
