"""The letters of a formula's elements on a page: those of the quantities that its layer reads and gives."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from hwsolve.formula.tree import Call, Formula, Number, Ref, transform
from hwsolve.layers.items import Item

if TYPE_CHECKING:
    from hwsolve.kinds.complexity.forms import LayerForms


def called_here(forms: LayerForms, item: Item, f: Formula | str, out: str) -> Formula | str:
    """A form of a formula's elements in the letters of this page; `out`: what it calls what comes out."""
    names = {out: forms.on(item.outputs[0])}
    if item.layer is not None:
        names |= {port: forms.on(wire) for port, wire in zip(item.layer.ports(), item.inputs, strict=True)}
    several = Counter(names.values())
    names = {name: symbol for name, symbol in names.items() if several[symbol] == 1}  # each port of one has its row
    if isinstance(f, str):
        return names.get(f, f)

    def change(part: Formula) -> Formula:
        if not isinstance(part, Ref) or part.name not in names:
            return part
        symbol = names[part.name]
        return Ref(one_name(symbol), part.indices) if part.indices else symbol

    return transform(f, change)


def one_name(symbol: Formula) -> str:
    """The symbol of a layer as a name that may have indices: y2, or y⁽l−1⁾ where its number is a letter."""
    match symbol:
        case Ref(name):
            return name
        case Call("layer", (Ref(name), Number(n))) if name.isalpha():
            return f"{name}{n}"
        case Call("layer", (Ref(name), Ref(letter))) if name.isalpha() and len(letter) == 1:
            return f"{name}⁽{letter}⁾"
        case Call("layer", (Ref(name), Call("-", (Ref(letter), Number(1))))) if name.isalpha() and len(letter) == 1:
            return f"{name}⁽{letter}-1⁾"
        case Call("layer", (Ref(name), *_)):
            return name[0]
    return "x"
