"""The activation functions of a computation by their definitions: ReLU(z) = max(0, z), and σ(z) where SiLU is zσ(z)."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.derivation.lines import identity_line
from hwsolve.formula.indices import fresh
from hwsolve.formula.meaning import TOLD, meanings
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, walk
from hwsolve.graph.explain.lines import Writer
from hwsolve.solution import Identity

LETTERS = ("z", "x", "u", "s", "r")


def functions_met(writer: Writer) -> tuple[Identity, ...]:
    """Each function once, and behind it those that its definition or slope is made of."""
    return FunctionsMet(writer).lines()


class FunctionsMet:
    """Finds the functions of a computation."""

    def __init__(self, writer: Writer) -> None:
        self.writer = writer
        taken = set(writer.taken)
        self.z = next((x for x in LETTERS if x not in taken), fresh(LETTERS[0], taken))
        self.setting = fresh("a", taken | {self.z})

    def lines(self) -> tuple[Identity, ...]:
        """Their definitions."""
        letters = (Ref(self.z), Ref(self.setting))
        found = meanings(self.calls(), bool(self.writer.trained))
        return tuple(
            identity_line(
                met, meaning, {part.name: "real" for part in met.args if isinstance(part, Ref) and part in letters}
            )
            for met, meaning in found.items()
        )

    def calls(self) -> Iterator[Call]:
        """The functions that the operations apply to z, with their settings as the page writes them."""
        for node in self.writer.graph.nodes.values():
            if node.role not in ("forward", "loss") or node.operation is None:
                continue
            names = dict(zip(node.operation.inputs, node.inputs, strict=False))
            for part in walk(parse(node.operation.text())):
                if isinstance(part, Call) and part.name in TOLD:
                    yield Call(part.name, (Ref(self.z), *[self.set_to(names, f) for f in part.args[1:]]))

    def set_to(self, names: dict[str, str], f: Formula) -> Formula:
        """A setting of a function: its number, or the symbol of what is learned; a letter for what differs."""
        node = self.writer.graph.nodes.get(names.get(getattr(f, "name", ""), ""))
        if node is not None and node.role == "constant":
            return self.writer.graph.numbers[node.name]
        learned = node is not None and node.role == "parameter" and not getattr(f, "indices", ())
        return Ref(self.writer.key(node.name, ()).name) if node is not None and learned else Ref(self.setting)
