"""Names that a page writes otherwise than their keys: those of bodies without their paths, those of terms with digits.

`one.h` and `cell2.h` are h⁽¹⁾ and h⁽²⁾, and a sentence says which; the target t2 of the second term of a loss is t₂, as
its digit is that of the term, not of a layer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from hwsolve.figures import Diagram, Text
from hwsolve.formula.notation.names import BESIDE
from hwsolve.formula.tree import Formula, Ref, transform
from hwsolve.formula.whole_arrays import whole
from hwsolve.language import Message, listed, say

if TYPE_CHECKING:
    from hwsolve.graph.explain.lines import Writer
    from hwsolve.graph.graph import Graph

OF_TERM = re.compile(r"([^\W\d_]+)(\d+)")


def short_names(graph: Graph) -> dict[str, str]:
    """What is written in place of the names of single quantities."""
    return of_bodies(graph) | of_digits(graph)


def of_digits(graph: Graph) -> dict[str, str]:
    """The arrays whose digits are no layer's and stand below: of the terms of a loss, t₂, and those that are named.

    Beside an array h the digit of h1 stays above: h₁ is an element.
    """
    arrays = {graph.symbol(n.name) for n in graph.nodes.values() if n.shape}
    found: dict[str, str] = {}
    for node in graph.nodes.values():
        name = graph.symbol(node.name)
        digits = OF_TERM.fullmatch(name) if node.shape and node.role != "gradient" else None
        of_term = node.of == "target" or node.layer in ("loss", "softmax")
        if digits and (of_term or (name in graph.named and digits[1] not in arrays)):
            found[name] = f"{digits[1]}{BESIDE}{digits[2]}"
    return found


def of_bodies(graph: Graph) -> dict[str, str]:
    """The quantities that have names in bodies: without the path, with a number where several are called so."""
    names = {label.symbol for label in graph.labels.values()}
    found: dict[str, str] = {}
    for base, every in by_base(graph).items():
        joint = "_" if base[-1].isdigit() else ""
        made = [base] if len(every) == 1 else [f"{base}{joint}{k}" for k in range(1, len(every) + 1)]
        if {*made} & names:
            made = [f"{base}{joint}{k}" for k in range(1, len(every) + 1)]
        if not {*made} & names:
            found |= dict(zip(every, made, strict=True))
    return found


def by_base(graph: Graph) -> dict[str, list[str]]:
    """The names that stand in bodies, by their last part."""
    found: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        symbol = graph.symbol(node.name)
        if "." in symbol and node.role in ("forward", "parameter", "given") and symbol not in found:
            found.setdefault(symbol.rpartition(".")[2], []).append(symbol)
    return found


def written(writer: Writer, steps: Iterable[int]) -> dict[str, Ref]:
    """The symbols of keys that are written otherwise, gradients too, at the steps of a page."""
    graph = writer.graph
    short, found = short_names(graph), dict[str, Ref]()
    for node in graph.nodes.values() if short else ():
        symbol = graph.symbol(node.name)
        of = graph.symbol(node.of) if node.role == "gradient" and node.of in graph.nodes else ""
        new = short.get(symbol) or (symbol.removesuffix(of) + short[of] if of in short else "")
        for step in steps if new else ():
            key = writer.key(node.name, (), step).name
            found[key] = Ref(new + "".join(key.partition("@")[1:]))
    return found


def relabelled(figure: Diagram | None, writer: Writer) -> Diagram | None:
    """A drawing with the symbols of a page."""
    symbols = written(writer, (0,))
    if figure is None or not symbols:
        return figure

    def one(node: Formula) -> Formula:
        return Ref(symbols[node.name].name, node.indices) if isinstance(node, Ref) and node.name in symbols else node

    def text(label: Formula | Text) -> Formula | Text:
        if isinstance(label, Message):
            return Message(label.template, {k: text(v) for k, v in label.values.items()})
        return transform(label, one) if isinstance(label, Formula) else label

    changed = msgspec.structs.replace
    shown = ("label", "slope", "formula", "sum")
    nodes = (changed(n, **{name: text(getattr(n, name)) for name in shown}) for n in figure.nodes)
    edges = (changed(e, label=text(e.label)) for e in figure.edges)
    row = ((text(arrow), text(quantity)) for arrow, quantity in figure.row)
    return changed(figure, nodes=tuple(nodes), edges=tuple(edges), row=tuple(row))


def meanings(writer: Writer) -> list[Message]:
    """Which body each of several quantities of one name belongs to."""
    short = of_bodies(writer.graph)
    said: list[Message] = []
    for base, every in by_base(writer.graph).items():
        if len(every) > 1 and every[0] in short:
            each = [say("{symbol} in {body}", symbol=whole(name), body=name.rpartition(".")[0]) for name in every]
            said.append(say("Each body has its own {name}: {each}.", name=whole(base), each=listed(each)))
    return said
