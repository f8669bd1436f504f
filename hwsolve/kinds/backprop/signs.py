"""What goes element by element, the sign ⊙ and quotients of arrays, which a page explains where it first stands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from hwsolve.formula.tree import Call, Formula, walk
from hwsolve.language import say
from hwsolve.solution import Form, Group, Item, Value


class Signs:
    """Remembers what was explained."""

    def __init__(self) -> None:
        self.told_of: set[str] = set()

    def told(self, items: Iterable[Item]) -> Iterator[Item]:
        """The same, the first group on the page that has a sign with what it means beside its reason."""
        for item in items:
            if isinstance(item, Group) and item.detail == "page":
                new = signs_of(item) - self.told_of
                self.told_of |= new
                for sign in sorted(new):
                    meant = MEANT[sign]
                    reason = say("{first}; {second}", first=item.reason, second=meant) if item.reason else meant
                    item = msgspec.structs.replace(item, reason=reason)
            yield item


MEANT = {"odot": say("⊙ multiplies element by element"), "/": say("arrays are divided element by element")}


def signs_of(group: Group) -> set[str]:
    """Which products and quotients element by element the lines have that are shown."""
    shown = [line.stages for line in group.lines if isinstance(line, Value) and not line.aside]
    shown += [line.links for line in group.lines if isinstance(line, Form)]
    calls = (part for stages in shown for stage in stages for part in walk(stage.formula) if isinstance(part, Call))
    return {part.name for part in calls if part.name == "odot" or (part.name == "/" and all(map(is_array, part.args)))}


def is_array(f: Formula) -> bool:
    """Whether a side of a quotient is an array: quantities stand in it as wholes, and no number is made of them."""
    names = {part.name for part in walk(f) if isinstance(part, Call)}
    return bool(names & {"whole", "[]"}) and not names & {"sum", "norm"}
