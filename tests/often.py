"""How many random cases a test draws: `make long` draws many times as many."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("HWSOLVE_TIMES", "1"))
LONG = 200  # cases of each layer and each loss in a long run, at least


def often(cases: int) -> int:
    """So many cases, or in a long run a multiple of them."""
    return cases * TIMES


def each(cases: int, most: int = LONG) -> int:
    """So many cases of each thing of a kind, or in a long run as many as a claim rests on."""
    return cases if TIMES == 1 else max(cases * TIMES, most)
