"""The record of a worksheet: what a spec may state."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from hwsolve.kinds.worksheet.points import Points, PointsField
from hwsolve.language import Message, say
from hwsolve.spec import problem as base
from hwsolve.spec.defining import DefinitionsField, Stated
from hwsolve.spec.fields import Array, ArrayField, Choice, Flag, ListOf, MapOf, Word


class Problem(base.Problem, kw_only=True):
    """Formulas one after the other: their values, and the gradients of some of them."""

    given: Annotated[dict[str, Array], MapOf(ArrayField())] = {}
    define: Annotated[tuple[Stated, ...], DefinitionsField()]  # type: ignore[assignment]
    gradient_of: Annotated[tuple[str, ...], ListOf(Word, minimum=1, single=True)] = ()
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
        "gradient_of": say("the quantity whose gradient is asked, or several, by everything given or by `wrt`"),
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
