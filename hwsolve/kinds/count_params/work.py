"""Checks a count-params problem, and counts."""

from __future__ import annotations

import sys

from hwsolve.errors import CallError
from hwsolve.kinds.count_params.counted import COLUMNS, FIRST, RESERVED
from hwsolve.kinds.count_params.problem import Problem
from hwsolve.kinds.count_params.short import holds, may_be_short
from hwsolve.language import say
from hwsolve.layers.names import note_reserved
from hwsolve.layers.size_names import check_size_names
from hwsolve.solution import Solution
from hwsolve.spec.report import Report

# counts are whole numbers of any length; what a spec may state is bounded where it is read
sys.set_int_max_str_digits(0)


def check(problem: Problem, report: Report) -> None:
    """The names of layers must not be those of other keys."""
    note_reserved(problem.network.items, RESERVED | {"input"}, report)
    check_size_names(problem.network, FIRST | {"shape"}, report)


def solve(problem: Problem) -> Solution:
    """Every layer's shape, parameters, activations and multiply-adds, and their totals."""
    from hwsolve.kinds.count_params.page import Counting

    for column in problem.columns:
        if column not in COLUMNS:
            known = ", ".join(COLUMNS)
            raise CallError(say("There is no column `{column}`; known are {known}.", column=column, known=known))
    if may_be_short(problem) and holds(problem, found := Counting(problem, short=True).solution()):
        return found
    return Counting(problem).solution()
