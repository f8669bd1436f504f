"""How many random cases a test draws: `make long` draws many times as many."""

from __future__ import annotations

import os

TIMES = int(os.environ.get("HWSOLVE_TIMES", "1"))


def often(cases: int, long: int = 0) -> int:
    """So many cases, or in a long run a multiple of them, and at least so many as `long` says."""
    return max(cases * TIMES, long) if TIMES > 1 else cases
