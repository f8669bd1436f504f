"""The record of an optimize problem: what a spec may state."""

from __future__ import annotations

from typing import Annotated, ClassVar

from hwsolve.language import Message, say
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.optimizers.optimizer import Optimizer
from hwsolve.spec import problem as base
from hwsolve.spec.defining import EquationField, Stated
from hwsolve.spec.fields import Array, ArrayField, CountField, Flag, MapOf
from hwsolve.spec.named import NamedField
from hwsolve.spec.terms import OPTIMIZER


class Problem(base.Problem, kw_only=True):
    """An optimizer by hand: a formula minimised, or parameters under given gradients."""

    minimize: Annotated[Stated | None, EquationField()] = None
    start: Annotated[dict[str, Array], MapOf(ArrayField())] = {}
    given: Annotated[dict[str, Array], MapOf(ArrayField())] = {}
    parameters: Annotated[dict[str, Array], MapOf(ArrayField())] = {}
    gradient: Annotated[dict[str, Array], MapOf(ArrayField())] = {}
    optimizer: Annotated[Optimizer, NamedField(OPTIMIZER, OPTIMIZERS)]
    steps: Annotated[int, CountField(1, 1_000_000)] = 0
    full: Flag = False
    DATA: ClassVar[tuple[str, ...]] = ("start", "given", "parameters", "gradient")
    MEANINGS: ClassVar[dict[str, Message]] = {
        "minimize": say("the formula whose value is to become small"),
        "start": say("the parameters of the formula, and where each starts"),
        "given": say("other numbers and arrays that the formula reads"),
        "parameters": say("where parameters start whose gradients are given"),
        "gradient": say("their gradients, with one more axis in front: one for each step"),
        "optimizer": say("how gradients change parameters"),
        "steps": say("how many updates are made: 1, or as many as gradients are given"),
        "full": say("whether large arrays are written out too"),
    }
