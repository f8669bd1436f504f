"""Letters of indices that mean the same all over a page: i inputs, h hidden units, j outputs, n samples.

An axis of units has one letter, wherever it is met: αₕ = Σᵢ vᵢₕxᵢ, βⱼ = Σₕ wₕⱼbₕ.  An axis of length 1 has none.
"""

from __future__ import annotations

import msgspec

from hwsolve.formula.tree import BigOperator, Formula, Ref, walk
from hwsolve.graph.graph import Graph, Node
from hwsolve.graph.operation import forward_schematic
from hwsolve.language import Message, say

HIDDEN = "hklmrsuvpqc"
ONE = "1"  # in the place of a letter: the axis has one element
Letters = tuple[str, ...]


class Axes(msgspec.Struct):
    """The letters of all quantities whose axes are known, and of what the letters are."""

    letters: dict[str, Letters]
    inputs: str = ""
    hidden: tuple[str, ...] = ()
    outputs: str = ""
    samples: str = ""
    count: int = 0  # how many layers of units there are, the input among them

    def legend(self) -> tuple[Message, ...]:
        """What the letters stand for."""
        found: list[Message] = []
        if self.inputs:
            found.append(say("{i} inputs", i=Ref(self.inputs)))
        if self.hidden:
            found.append(say("{h} hidden units", h=tuple(map(Ref, self.hidden))))
        if self.outputs:
            found.append(say("{j} outputs", j=Ref(self.outputs)))
        if self.samples:
            found.append(say("{n} samples", n=Ref(self.samples)))
        return tuple(found)


class Unused(msgspec.Struct):
    """Letters that units may have: those chosen for the next layers, that of the outputs, and others."""

    chosen: list[str]
    last: str
    free: list[str]


def axes_of(graph: Graph, taken: frozenset[str], units: tuple[str, ...] = ()) -> Axes:
    """The letters of a network's quantities, found along the graph; `units` are chosen, from the input layer on."""
    axes = Axes({})
    first, last, sample = ("" if letter in taken or letter in units else letter for letter in "ijn")
    first = units[0] if units else first
    unused = Unused(list(units[1:]), last, [letter for letter in HIDDEN if letter not in taken | set(units)])
    known: dict[str, list[str]] = {}
    for node in graph.nodes.values():
        if node.role == "given" and node.of == "input" and 0 < len(node.shape) <= 2 and first:
            lead = [sample] if graph.batched and sample else []
            if len(node.shape) == len(lead) + 1:
                known[node.name] = [*lead, named(first, node.shape[-1])]
                axes.inputs, axes.samples = first * (node.shape[-1] > 1), "".join(lead)
                axes.count = 1
        elif node.role in ("forward", "loss") and node.operation is not None:
            along(graph, node, known, unused, axes)
    for node in graph.nodes.values():
        of = node.of if node.role == "gradient" else node.follows or node.of
        if node.name not in known and of in known and graph.nodes[of].shape == node.shape:
            known[node.name] = known[of]
    axes.letters = {name: tuple(letters) for name, letters in known.items() if all(letters)}
    return axes


def named(letter: str, size: int) -> str:
    """The letter of an axis, if it has more than one element."""
    return letter if size > 1 else ONE


def along(graph: Graph, node: Node, known: dict[str, list[str]], unused: Unused, axes: Axes) -> None:
    """The letters of what an operation gives and of the parameters that it reads, from those of the data."""
    operation = node.operation
    assert operation is not None
    schematic = forward_schematic(operation, len(node.shape))
    names = dict(zip(operation.inputs, node.inputs, strict=False))
    refs = [part for part in walk(schematic.formula) if isinstance(part, Ref) and part.name in names]
    if any(not isinstance(i, Ref) or i.indices for ref in refs for i in ref.indices):
        return
    found: dict[str, str] = {}
    for ref in refs:
        for name, letter in zip(named_indices(ref), known.get(names[ref.name], ()), strict=False):
            if found.setdefault(name, letter) != letter:
                return
    if not found:
        return
    for i, size in zip(schematic.indices, node.shape, strict=True):
        if i not in found:
            found[i] = new(graph, node, size, unused, axes)
    bound = {part.index for part in walk(schematic.formula) if isinstance(part, BigOperator)}
    if any(i not in found for i in bound):
        return
    known[node.name] = [found[i] for i in schematic.indices]
    for ref in refs:
        known.setdefault(names[ref.name], [found.get(name, "") for name in named_indices(ref)])


def named_indices(ref: Ref) -> list[str]:
    """The indices of a reference that are letters."""
    return [i.name for i in ref.indices if isinstance(i, Ref)]


def new(graph: Graph, node: Node, size: int, unused: Unused, axes: Axes) -> str:
    """The letter of units that come in."""
    axes.count += 1
    letter = unused.chosen.pop(0) if unused.chosen else ""
    if size == 1:
        return ONE
    behind = graph.nodes[graph.output]
    ends = (letter or unused.last) and node.shape == behind.shape and only_elements(graph, node.name, behind)
    if not letter:
        letter = unused.last if ends else unused.free.pop(0) if unused.free else ""
    if ends:
        axes.outputs = letter
    elif letter:
        axes.hidden = (*axes.hidden, letter)
    return letter


def only_elements(graph: Graph, name: str, behind: Node) -> bool:
    """Whether the output is this quantity, or follows from it without another sum over new units."""
    while behind.name != name:
        previous = graph.nodes[behind.inputs[0]] if behind.inputs else None
        if previous is None or previous.role != "forward" or previous.shape != behind.shape:
            return False
        if any(graph.nodes[i].role == "parameter" and len(graph.nodes[i].shape) > 1 for i in behind.inputs):
            return False
        behind = previous
    return True


def wanted(f: Formula, axes: dict[str, Letters]) -> dict[str, str] | None:
    """The letters for all indices of a formula over nodes; None where one of them has none, or two the same."""
    found: dict[str, str] = {}
    for ref in (part for part in walk(f) if isinstance(part, Ref) and part.indices):
        letters = axes.get(ref.name)
        if letters is None or len(letters) != len(ref.indices):
            return None
        for i, letter in zip(ref.indices, letters, strict=True):
            if not isinstance(i, Ref) or i.indices:
                continue
            if found.setdefault(i.name, letter) != letter:
                return None
    used = [letter for letter in found.values() if letter != ONE]
    return found if len(set(used)) == len(used) else None
