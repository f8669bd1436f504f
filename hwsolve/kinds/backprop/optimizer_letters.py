"""What the letters of an optimizer are: its numbers, what it keeps, and what it works out for each update."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hwsolve.formula.tree import Ref
from hwsolve.graph.update import ASIDE, called
from hwsolve.language import Message, listed, say
from hwsolve.optimizers.optimizer import letters_of
from hwsolve.solution import Sentence

if TYPE_CHECKING:
    from hwsolve.graph.graph import Graph
    from hwsolve.optimizers.optimizer import Optimizer


def optimizer_letters(graph: Graph, optimizer: Optimizer | None) -> Iterator[Sentence]:
    """One sentence of its numbers, and one of the rest; a number that is called by a word says itself what it is."""
    if optimizer is not None:
        for words, roles in ((optimizer.NUMBERS, ("setting",)), (optimizer.WORDS, ("state", "temporary"))):
            if facts := list(explained(graph, words, roles)):
                yield Sentence(say("{facts}.", facts=listed(facts)))


def explained(graph: Graph, words: dict[str, Message], roles: tuple[str, ...]) -> Iterator[Message]:
    """Each letter once, whatever number of parameters it stands beside."""
    nodes = [n for n in graph.nodes.values() if n.role in roles]
    names = {n.name: called(graph, n).replace(ASIDE, "") for n in nodes}
    letters = letters_of(names.values())
    taken = {graph.symbol(n.name) for n in graph.nodes.values() if n.name not in names}
    seen: set[str] = set()
    for node in nodes:
        name = names[node.name]
        if name in seen or name not in words:
            continue
        own = letters.get(name, name)
        letter = Ref(graph.symbol(node.name) if own in taken or not node.of else own)
        form = say("{letter} the {what}", letter=letter, what=words[name])
        yield form if seen else say("{letter} is the {what}", letter=letter, what=words[name])
        seen.add(name)
