"""The kinds of problems by name: a package each, whose docstring says what it solves.

`problem` has its record, `work` what checks and solves it, `page` its sections; each is imported when it is needed.
"""

from __future__ import annotations

from functools import cache
from importlib import import_module
from typing import Any

KINDS: dict[str, str] = {
    "count-params": "hwsolve.kinds.count_params",
    "backprop": "hwsolve.kinds.backprop",
    "complexity": "hwsolve.kinds.complexity",
    "derivative": "hwsolve.kinds.derivative",
    "initialization": "hwsolve.kinds.initialization",
    "convolution": "hwsolve.kinds.convolution",
    "pooling": "hwsolve.kinds.pooling",
    "worksheet": "hwsolve.kinds.worksheet",
    "optimize": "hwsolve.kinds.optimize",
    "perceptron": "hwsolve.kinds.perceptron",
}


@cache
def about(kind: str) -> Any:
    """The package of a kind: STARTER, a spec to begin with, EXAMPLE, a shipped one, and DRAWS, what can be drawn of it.

    KeyError for no kind.
    """
    return import_module(KINDS[kind])


@cache
def record(kind: str) -> Any:
    """The class of its problems."""
    return import_module(f"{KINDS[kind]}.problem").Problem


@cache
def work(kind: str) -> Any:
    """The module with `check(problem, report)`, which gives what `solve(problem)` starts from."""
    return import_module(f"{KINDS[kind]}.work")
