"""The numbers of an expression that is asked: those of the answers it reads, to more digits where they cancel."""

from __future__ import annotations

from typing import Any

from hwsolve.answers import look_up
from hwsolve.derivation.substitution import substituted
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Formula, Number, Ref
from hwsolve.quantities import put_in
from hwsolve.solution import Answer, Quantity, Stage


def stages(known: dict[str, Answer], f: Formula, value: Any) -> tuple[Stage, ...]:
    """The formula of a quantity, and the numbers put in."""
    from hwsolve.graph.explain.enough_digits import with_enough

    numbers = Numbers(known, not isinstance(value.value, float))
    return substituted(f, with_enough(numbers, f, value.value))


class Numbers:
    """What is known by key, as what puts numbers into formulas reads it; `exact`: more digits can be proven."""

    def __init__(self, known: dict[str, Answer], exact: bool) -> None:
        self.known, self.exact = known, exact

    def number(self, node: Formula) -> Formula:
        """A reference as its number."""
        if not isinstance(node, Ref) or plain(node) in ("pi", "e"):
            return node
        value = look_up(plain(node), self.known)
        return put_in(value) if isinstance(value, Quantity) else node

    def element(self, name: str, at: tuple[int, ...]) -> Any:
        """The value of an element."""
        return look_up(plain(Ref(name, tuple(map(Number, at)))), self.known).value

    @staticmethod
    def relabel(node: Formula) -> Formula:
        """A reference as it stands."""
        return node
