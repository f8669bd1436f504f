"""The record of a derivative problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, ClassVar

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.spec import problem as base
from hwsolve.spec.fields import (
    AnyFormula,
    Array,
    ArrayField,
    Choice,
    CountField,
    Decimal,
    ListOf,
    MapOf,
    RecordField,
    Size,
)


class Variable(msgspec.Struct, frozen=True):
    """What a name stands for: a number of a domain, or a vector or matrix of them; `sum` is that of its elements."""

    domain: Annotated[str, Choice("real", "positive", "negative", "unit", "index")] = "real"
    size: Annotated[tuple[int | Formula, ...], ListOf(Size, minimum=1, single=True)] = ()
    sum: Decimal | None = None

    MEANINGS: ClassVar[dict[str, Message]] = {
        "domain": say("which numbers it stands for; `unit` is between 0 and 1, `index` counts"),
        "size": say("the length of a vector, or the sides of a matrix"),
        "sum": say("what its elements add up to"),
    }


class Problem(base.Problem, kw_only=True):
    """Derivatives by named rules: order n, gradient, Jacobian, Hessian, values at points."""

    function: Annotated[tuple[Formula, ...], ListOf(AnyFormula, minimum=1, single=True)]
    variables: Annotated[dict[str, Variable], MapOf(RecordField(Variable, positional=True))] = {}
    wrt: Annotated[tuple[Formula, ...], ListOf(AnyFormula, minimum=1, single=True)] = ()
    order: Annotated[int, CountField(1, 12)] = 1
    at: Annotated[tuple[dict[str, Array], ...], ListOf(MapOf(ArrayField()), single=True)] = ()
    MOST_BITS: ClassVar[int] = 8192
    NOTATION: ClassVar[tuple[str, ...]] = ("count_from",)
    MEANINGS: ClassVar[dict[str, Message]] = {
        "function": say("the function, or a list of several"),
        "variables": say("what names stand for; a name that is not here is a real number"),
        "wrt": say("what it is differentiated by: a name, an element x[k], or a list"),
        "order": say("how often it is differentiated"),
        "at": say("points for values"),
    }
