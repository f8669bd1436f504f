"""The record of a worksheet: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.worksheet.points import Points, PointsField
from hwsolve.language import Message, say
from hwsolve.spec import problem as base
from hwsolve.spec.defining import DefinitionsField, Stated
from hwsolve.spec.fields import INVALID, Array, ArrayField, Choice, Flag, ListOf, MapOf, Word, WordField
from hwsolve.spec.nodes import Node, Sequence
from hwsolve.spec.report import Path, Report


class TopField(WordField):
    """The name of the one quantity whose gradient is asked."""

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """The name; of several it says how they are asked."""
        if isinstance(node, Sequence):
            hint = say("Several documents in one file, with `---` between them, have one each.")
            report.add(node, path, say("A worksheet has the gradient of one quantity."), hint)
            return INVALID
        return super().read(node, report, path)


class Problem(base.Problem, kw_only=True):
    """Formulas one after the other: their values, and the gradient of one of them."""

    given: Annotated[dict[str, Array], MapOf(ArrayField())] = {}
    define: Annotated[tuple[Stated, ...], DefinitionsField()]  # type: ignore[assignment]
    gradient_of: Annotated[str | None, TopField()] = None
    wrt: Annotated[tuple[str, ...] | None, ListOf(Word, minimum=1, single=True)] = None
    at: Annotated[Points | None, PointsField()] = None
    figure: Annotated[str | None, Choice("circuit")] = None
    full: Flag = False
    DATA: ClassVar[tuple[str, ...]] = ("given",)
    MEANINGS: ClassVar[dict[str, Message]] = {
        "given": say("numbers and arrays by name"),
        "define": say(
            "quantities by formulas, in order; each may read what stands above it; `P[i,j]: …` says an element of one"
        ),
        "gradient_of": say("the quantity whose gradient is asked, by everything given or by `wrt`"),
        "wrt": say("the given quantities by which the gradient is asked, in place of all"),
        "at": say("the points at which it is worked out, a value for every name that is not given"),
        "figure": say("`circuit`: the page draws it, of whatever size, and in text as a list of what reads what"),
        "full": say("whether large arrays are written out too"),
    }

    @property
    def expressions(self) -> dict[str, Any]:
        """The names under `define` are quantities of the worksheet itself."""
        return {}

    @property
    def steps(self) -> int:
        """Nothing is updated."""
        return 0
