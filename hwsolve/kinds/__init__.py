"""The kinds of problems by name: one module each, imported when a spec is of that kind."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

KINDS: dict[str, str] = {
    "count-params": "hwsolve.kinds.count_params.problem",
    "backprop": "hwsolve.kinds.backprop.problem",
    "complexity": "hwsolve.kinds.complexity.problem",
    "derivative": "hwsolve.kinds.derivative.problem",
    "initialization": "hwsolve.kinds.initialization.problem",
    "convolution": "hwsolve.kinds.convolution.problem",
    "pooling": "hwsolve.kinds.pooling.problem",
}


@cache
def solver(kind: str) -> Any:
    """The module of a kind; KeyError for a name that is no kind."""
    return import_module(KINDS[kind])
