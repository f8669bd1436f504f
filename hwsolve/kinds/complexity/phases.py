"""The tables of the phases, forward, backward and update: each with the sentences that explain its rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING

from hwsolve.formula.tree import Call, Ref
from hwsolve.kinds.complexity.letters import reasons
from hwsolve.kinds.complexity.repeats import gradient, start_of_errors
from hwsolve.kinds.complexity.tables import NOT_COUNTED, Work, copies_said, listed_formulas, work_table
from hwsolve.language import Message, say
from hwsolve.solution import Sentence, Table

if TYPE_CHECKING:
    from hwsolve.kinds.complexity.forms import LayerForms
    from hwsolve.kinds.complexity.problem import Count

PARTS = (("forward",), ("error", "gradient"), ("update",))
A = Ref("a")


def phase_tables(works: list[Work], forms: LayerForms, count: Count, loss: bool) -> Iterator[Table | Sentence]:
    """For each part what its rows need, then the rows; `loss`: whether it is known, and its gradient counted."""
    for phases in PARTS:
        own = [work for work in works if work.phase in phases]
        if not own:
            continue
        if "error" in phases and any(work.forms for work in own):
            said = say("Here {g} is the gradient of the loss with respect to {a}.", g=gradient(A), a=A)
            yield Sentence(said, free={"a": "real"})
            yield from map(Sentence, parts_said(own))
            yield from map(Sentence, start_of_errors(forms.repeats, forms.out, [f for w in own for f in w.forms], loss))
        shown = {work.phase for work in own if work.forms}
        if "update" in shown:
            yield Sentence(say("{eta} is the learning rate.", eta=Ref("eta")))
        yield from map(Sentence, reasons(forms.dense, shown, count.multiply_add == 2))
        yield from map(Sentence, copies_said(own))
        yield from map(Sentence, signs(own))
        yield work_table(own, works, count)


def parts_said(works: list[Work]) -> Iterator[Message]:
    """The quantities that several rows begin with: each row is what comes back from one that reads it."""
    found = Counter(f.args[0] for work in works for f in work.forms if isinstance(f, Call))
    if several := tuple([f for f, n in found.items() if n > 1]):
        yield say("Each of the rows of {quantities} gives a part of it; the parts are added.",
                  quantities=listed_formulas(several))  # fmt: skip


def signs(works: list[Work]) -> Iterator[Message]:
    """What stands in place of a number where it is not counted."""
    if not all(work.evaluated for work in works):
        yield say("“{sign}” stands where nothing is counted.", sign=NOT_COUNTED)
