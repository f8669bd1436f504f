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
TOKEN = "m"  # the numbers of a token, where letters are usual
USUAL = {"n": say("the samples"), "h": say("the heads"), "i": say("the queries"), "j": say("the keys")}
ALIKE = frozenset("ij")  # tokens, there
ONE = "1"  # in the place of a letter: the axis has one element
Letters = tuple[str, ...]


class Axes(msgspec.Struct):
    """The letters of all quantities whose axes are known, and of what the letters are."""

    letters: dict[str, Letters]
    usual: dict[str, Letters] = {}  # of what is read or given by operations whose letters are usual
    inputs: str = ""
    hidden: tuple[str, ...] = ()
    own: dict[str, Message] = {}  # letters of units that have a name of their own, as experts
    outputs: str = ""
    samples: str = ""
    count: int = 0  # how many layers of units there are, the input among them

    def token(self, graph: Graph) -> int:
        """How many numbers a token has that attention reads; 0 where nothing does."""
        sizes = (
            n
            for name, own in self.usual.items()
            for i, n in zip(own, graph.nodes[name].shape, strict=True)
            if i == TOKEN
        )
        return next((n for n in sizes if n > 1), 0)

    def legend(self, graph: Graph) -> tuple[Message, ...]:
        """What the letters number, as a sentence; none where there are none."""
        own = {
            i
            for name, letters in self.usual.items()
            for i, n in zip(letters, graph.nodes[name].shape, strict=True)
            if n > 1
        }
        known: dict[tuple[str, ...], Message] = {
            (self.inputs,): say("the inputs"),
            self.hidden: say("the hidden units"),
            **{(letter,): what for letter, what in self.own.items()},
            (self.outputs,): say("the outputs"),
            (self.samples,): say("the samples"),
            **{(letter,): what for letter, what in USUAL.items() if letter in own},
        }
        said: Message | None = None
        for letters, what in known.items():
            if not all(letters) or not letters:
                continue
            of = {"letter": tuple(map(Ref, letters)), "what": what}
            if said is not None:
                said = say("{first}, {second}", first=said, second=say("{letter} {what}", **of))
            else:
                said = say("{letter} number {what}", **of) if len(letters) > 1 else say("{letter} numbers {what}", **of)
        if said is None:
            return ()
        weights = [self.letters.get(name, ()) for name, node in graph.nodes.items() if node.role == "parameter"]
        if any(ONE in letters and len({*letters}) > 1 for letters in weights):
            said = say("{first}; the only unit of a layer has the number 1", first=said)
        return (say("{first}.", first=said),)


class Unused(msgspec.Struct):
    """Letters that units may have: those chosen for the next layers, that of the outputs, and others."""

    chosen: list[str]
    last: str
    free: list[str]
    taken: frozenset[str]


def axes_of(graph: Graph, taken: frozenset[str], units: tuple[str, ...] = ()) -> Axes:
    """The letters of a network's quantities, found along the graph; `units` are chosen, from the input layer on."""
    axes = Axes({})
    first, last, sample = ("" if letter in taken or letter in units else letter for letter in "ijn")
    first = units[0] if units else first
    free = [letter for letter in HIDDEN if letter not in taken | set(units)]
    unused = Unused(list(units[1:]), last, free, taken | {*units})
    axes.usual = usual_letters(graph, taken | set(units))
    usual = {letter for letters in axes.usual.values() for letter in letters}
    unused.free, unused.last = [x for x in unused.free if x not in usual], "" if last in usual else last
    known: dict[str, list[str]] = {
        name: [named(letter, size) for letter, size in zip(letters, graph.nodes[name].shape, strict=True)]
        for name, letters in axes.usual.items()
    }
    read = {name for node in graph.nodes.values() for name in node.inputs}
    for node in graph.nodes.values():
        if node.name in known:
            continue
        if node.role == "given" and node.of == "input" and 0 < len(node.shape) <= 2 and first:
            lead = [sample] if graph.batched and sample else []
            if len(node.shape) == len(lead) + 1 and node.name not in read:
                axes.samples = "".join(lead)  # classes, in whose place a table is read by what picks its rows
            elif len(node.shape) == len(lead) + 1:
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


def usual_letters(graph: Graph, taken: frozenset[str] | set[str]) -> dict[str, Letters]:
    """The letters of quantities in operations that have usual ones; those by which a quantity is read come first."""
    found: dict[str, Letters] = {}
    for node in reversed(graph.nodes.values()):
        operation = node.operation
        if operation is None or not operation.lettered or graph.labels[node.name].time is not None:
            continue
        schematic = forward_schematic(operation, len(node.shape))
        names = dict(zip(operation.inputs, node.inputs, strict=False))
        refs = [part for part in walk(schematic.formula) if isinstance(part, Ref) and part.name in names]
        for name, letters in [*((names[r.name], named_indices(r)) for r in refs), (node.name, schematic.indices)]:
            if len(letters) == len(graph.nodes[name].shape) > 0:
                found.setdefault(name, tuple(letters))
    used = {letter for letters in found.values() for letter in letters}
    return {} if used & taken or any(len(letter) > 1 for letter in used) else found


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
            again = TOKEN if TOKEN not in found.values() and not unused.chosen and size == axes.token(graph) else ""
            found[i] = again or new(graph, node, size, unused, axes)
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
    if node.name in graph.units:
        usual, what = graph.units[node.name]
        letter = letter or (usual if usual not in unused.taken else unused.free.pop(0) if unused.free else "")
        axes.own |= {letter: what} if letter else {}
        return letter
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


def wanted(f: Formula, axes: dict[str, Letters], alike: frozenset[str] = frozenset()) -> dict[str, str] | None:
    """The letters for all indices of a formula over nodes; None where one of them has none, or two the same.

    Of letters that are `alike`, as those of a query's and a key's token, an index has the one that it meets first.
    """
    found: dict[str, str] = {}
    for ref in (part for part in walk(f) if isinstance(part, Ref) and part.indices):
        letters = axes.get(ref.name)
        if letters is None or len(letters) != len(ref.indices):
            return None
        for i, letter in zip(ref.indices, letters, strict=True):
            if not isinstance(i, Ref) or i.indices:
                continue
            if (known := found.setdefault(i.name, letter)) != letter and not {known, letter} <= alike:
                return None
    used = [letter for letter in found.values() if letter != ONE]
    return found if len(set(used)) == len(used) else None
