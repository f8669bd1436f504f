"""How many random cases a test draws: `make long` draws many times as many."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("HWSOLVE_TIMES", "1"))


def often(cases: int) -> int:
    """So many cases, or in a long run a multiple of them."""
    return cases * TIMES
