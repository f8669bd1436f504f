"""What each layer computes in each phase, as formulas over whole arrays: z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾.

They are the matrix forms of a layer's operation; in a repeat the layers have a letter as their number.  A layer without
such a form has none here, and what comes out of it is named y.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import count

from hwsolve.formula.meaning import in_one_piece
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import (
    ONE,
    Call,
    Formula,
    Ref,
    formula,
    parted,
    references,
    substitute,
    transform,
)
from hwsolve.kinds.complexity.letters import Dense
from hwsolve.kinds.complexity.repeats import Repeat, gradient, moved
from hwsolve.layers.activation import Activation
from hwsolve.layers.base import Layer, Shape, Size, total
from hwsolve.layers.items import Body, Item, Network, Wire, walk_items
from hwsolve.layers.merging import MERGED

Forms = dict[str, tuple[Formula, ...]]  # by phase
LETTERS = ("l", "k", "t", "s", "r", "q")  # for the number of a layer in a repeat
OWN = {"weight": ("w", "W"), "bias": ("b", "b")}  # of a parameter the name in a form, and the letter on the page


class LayerForms:
    """Names the quantities of a network, and keeps the forms of its layers by their paths."""

    def __init__(
        self,
        network: Network,
        adjusted: Callable[[Layer, tuple[Shape, ...]], Layer],
        letter: str = "",
        slopes: bool = True,
    ) -> None:
        self.adjusted, self.letter, self.slopes = adjusted, letter, slopes
        self.found: dict[str, Forms] = {}
        self.kept_slopes: dict[str, tuple[Formula, Formula]] = {}  # by function f′ = …, and the value it is made from
        self.functions: dict[str, Formula] = {}  # by function f = …, where that needs no cases
        self.parameters: dict[tuple[str, str], Formula] = {}  # by the path and the name that a layer has for it
        self.dense: list[Dense] = []
        self.written: list[str] = []  # their paths
        self.symbols: dict[tuple[str, int], Formula] = {}  # of what stands on wires, by their keys
        self.taken = set(names_of(network))
        self.numbers: list[Size] = [
            0
        ]  # of the layer named last: among all, copies too, then in the repeats that are open
        self.named: set[Formula] = set()  # quantities, as they are called
        self.letters: list[Formula] = []
        self.repeats: list[Repeat] = []  # with layers that have forms, the outer ones first
        self.walk(network.items)
        self.out = self.on(network.body.end)

    def of(self, path: str, phase: str) -> tuple[Formula, ...]:
        """What a layer computes; nothing where no form is known."""
        return self.found.get(path, {}).get(phase, ())

    def worked_out(self, quantity: str, path: str) -> tuple[Formula, ...]:
        """What a layer works out in a phase, `forward.mul`: the left sides of equations, or what an update is of."""
        return tuple([f.args[0] for f in self.of(path, quantity.partition(".")[0]) if isinstance(f, Call)])

    def on(self, wire: Wire) -> Formula:
        """The symbol of what stands on a wire."""
        return self.symbols.get(wire.key, Ref("x"))

    def walk(self, items: Iterable[Item]) -> None:
        """A sequence."""
        for item in items:
            out = self.item(item)
            if out is not None:
                self.symbols |= dict.fromkeys([wire.key for wire in item.outputs], out)

    def item(self, item: Item) -> Formula | None:
        """A layer or a composite: the symbol of what comes out, unless it is known from within."""
        if not item.inputs:  # a quantity that stands by itself
            return Ref(item.path)
        x = self.on(item.inputs[0])
        if item.layer is None:
            if item.type == "repeat":
                return self.repeat(item, x)
            for branch in item.branches:
                self.walk(branch.items)
            return self.numbered("y") if item.type in MERGED else None
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
        own = {name: (short, self.parameter(item, name, letter)) for name, (short, letter) in OWN.items()}
        put = {"x": x, "g": gradient(z)} | dict(own.values())
        forms = {name: substitute(parse(text), put) for name, text in matrix.items()}
        learned = [own[name] for name in layer.learned(*item.shapes) if name in own and own[name][0] in forms]
        new = [own[name][1] for name in layer.learned(*item.shapes) if name in own and name not in item.owners]
        self.written.append(item.path)
        (rows, columns), b = layer.parameters(*item.shapes)["weight"].shape, own["bias"][1] if "b" in matrix else None
        if "weight" not in item.owners:
            self.dense.append(Dense(own["weight"][1], b, rows, columns, len(item.inputs[0].shape) == 1))
        self.found[item.path] = {
            "forward": (equals(z, forms["y"]),),
            "error": (equals(gradient(x), forms["x"]),),
            "gradient": tuple([equals(gradient(symbol), forms[short]) for short, symbol in learned]),
            "update": tuple([Call("-", (s, Call("*", (Ref("eta"), gradient(s))))) for s in new]),
        }
        return z

    def parameter(self, item: Item, name: str, letter: str) -> Formula:
        """A parameter of the layer that is named last, or the one that another layer has already."""
        symbol = self.again(letter)
        if (owner := item.owners.get(name)) is not None and owner in self.parameters:
            own = self.parameters[owner]
            tie = getattr(getattr(item.layer, name, None), "tie", None)
            symbol = Call("T", (own,)) if getattr(tie, "transposed", False) else own
        self.parameters[item.path, name] = symbol
        return symbol

    def activation(self, path: str, layer: Activation, z: Formula) -> Formula:
        """f of every value, and the gradient times the slope."""
        a = self.activated(z)
        put: dict[str, Formula] = {"x": z, **layer.settings()}
        f = substitute(parse(layer.formula_text()), put)
        if isinstance(f, Call) and f.args == (z,) and (meaning := in_one_piece(Call(f.name, (Ref("x"),)))) is not None:
            self.functions[f.name] = equals(Call(f.name, (Ref("x"),)), meaning)
        slope = self.slope(layer, f, z, a)
        back = () if slope is None else (equals(gradient(z), Call("odot", (gradient(a), slope))),)
        self.written.append(path)
        self.found[path] = {"forward": (equals(a, f),), "error": tuple(map(flat, back))}
        return a

    def activated(self, z: Formula) -> Formula:
        """What a function makes of z⁽ˡ⁾: a⁽ˡ⁾, unless something is called so; of others the next quantity."""
        match z:
            case Call("layer", (Ref(name), *numbers)) if name[0] != "a" and z in self.named:
                a = Call("layer", (Ref(f"a{name[1:]}"), *numbers))
                if a not in self.named and numbers[: len(self.letters)] == self.letters:
                    self.named.add(a)
                    return a
        return self.numbered("a")

    def slope(self, layer: Activation, f: Formula, z: Formula, a: Formula) -> Formula | None:
        """The slope as it is counted where that is a product or a sum of what is kept, else f′."""
        counted = parse(layer.slope) if layer.slope and self.slopes else None
        if counted is not None and set(operations_of(counted)) <= {"+", "-", "*"} and names_in(counted) <= {"x", "y"}:
            if "y" in names_in(counted) and isinstance(f, Call) and f.args == (z,):
                x = Ref("x")
                kept, slope = Call(f.name, (x,)), Call(f"d_{f.name}", (x,))
                self.kept_slopes[f.name] = equals(slope, substitute(counted, {"y": kept})), kept
            return substitute(elementwise(counted), {"x": z, "y": a})
        return Call(f"d_{f.name}", f.args) if isinstance(f, Call) and f.args and f.args[0] == z else None

    def repeat(self, item: Item, x: Formula) -> Formula:
        """Copies of a body, those that are alike with a letter as their number."""
        entry = item.inputs[0].within
        for branch, times in zip(item.branches, item.times, strict=True):
            if times == 1:
                self.symbols[entry.key] = x
                self.walk(branch.items)
                x = self.on(branch.end)
            else:
                x = self.copies(branch, times, entry, x)
            entry = branch.end.within
        return x

    def copies(self, body: Body, times: Size, entry: Wire, x: Formula) -> Formula:
        """What goes into copy l is what came out of copy l − 1; the copies go on where the numbers are."""
        letter = Ref(next(name for name in letters(self.letter) if name not in self.taken))
        self.taken.add(letter.name)
        within, start, place = bool(self.letters), len(self.written), len(self.repeats)
        first: Size = 0 if within else self.numbers[-1]
        self.letters.append(letter)
        self.numbers.append(self.numbers[-1] if within else 0)
        before = Ref(f"before {letter.name}")
        self.symbols[entry.key] = before  # what it is, is known when the body ends
        self.walk(body.items)
        self.letters.pop()
        last, out, end = self.numbers.pop(), self.on(body.end), total((first, times))
        put = {before.name: moved(out, letter, Call("-", (letter, ONE)))}
        for path in self.written[start:]:
            self.found[path] = {
                phase: tuple([substitute(f, put) for f in fs]) for phase, fs in self.found[path].items()
            }
        self.repeats[place:] = [r._replace(x=substitute(r.x, put)) for r in self.repeats[place:]]
        if self.written[start:]:
            entering, own = moved(out, letter, formula(first)), self.written[start:]
            self.repeats.insert(place, Repeat(letter, first, times, entering, x, own, len(self.letters) + 1))
        self.numbers[-1] = last if within else end if last != 0 else first
        return moved(substitute(out, put), letter, formula(end))

    def numbered(self, letter: str) -> Formula:
        """The next quantity: with the number of its layer, or in a repeat with its letter."""
        self.numbers[-1] = total((self.numbers[-1], 1))
        found = self.again(letter)
        self.named.add(found)
        return found

    def again(self, letter: str) -> Formula:
        """A quantity of the layer that is named last."""
        n = self.numbers[-1]
        if not self.letters:
            return Call("layer", (Ref(letter), formula(n)))
        return Call("layer", (Ref(letter if n == 1 else f"{letter}{n}"), *self.letters))


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
    return nested(list(parted(f, "odot")))
