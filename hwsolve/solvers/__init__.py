"""The kinds of problems by name: one module each, imported when a spec is of that kind."""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

KINDS: dict[str, str] = {
    "count-params": "hwsolve.solvers.count_params",
    "backprop": "hwsolve.solvers.backprop",
    "complexity": "hwsolve.solvers.complexity",
    "derivative": "hwsolve.solvers.derivative",
    "initialization": "hwsolve.solvers.initialization",
    "convolution": "hwsolve.solvers.convolution",
    "pooling": "hwsolve.solvers.pooling",
}


@cache
def solver(kind: str) -> Any:
    """The module of a kind; KeyError for a name that is no kind."""
    return import_module(KINDS[kind])
