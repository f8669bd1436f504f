"""Whatever the text: no bug, no hang, an exit status from 0 to 2.

HWSOLVE_TIMES=10 pytest tests/test_fuzz.py        the long run; 600 specs without it
python tests/test_fuzz.py SEED                     what one seed makes, and what it ends in
"""

from __future__ import annotations

import os
import signal
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import pytest

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from hwsolve import pipeline  # noqa: E402
from hwsolve.failure import BUG, explained  # noqa: E402
from hwsolve.render import render  # noqa: E402
from tests.fuzz import case, corpus  # noqa: E402
from tests.often import often  # noqa: E402

COUNT = often(600)
START = int(os.environ.get("HWSOLVE_FUZZ_SEED", "0"))
SECONDS = 20
FORMATS = ("json", "plain", "markdown", "latex", "typst", "notebook")


class TooLong(BaseException):
    """Not an Exception, so that nothing on the way takes it for a mistake of the spec."""


@contextmanager
def time_limit(seconds: int) -> Iterator[None]:
    """TooLong after so many seconds of the processor, where there are signals: what else runs does not matter."""
    if not hasattr(signal, "SIGPROF"):
        yield
        return

    def stop(number: int, frame: FrameType | None) -> None:
        raise TooLong

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def outcome(seed: int, data: bytes) -> tuple[str, int]:
    """The message and the exit status that a spec ends in: as the command line does, in one process."""
    try:
        solutions = [pipeline.work_out(problem) for problem in pipeline.read(data, "fuzz.yaml")]
        render(solutions, FORMATS[seed % len(FORMATS)])
    except Exception as error:
        return explained(error, debug=True)
    return "", int(any(not check.ok for solution in solutions for check in solution.checks))


@pytest.mark.slow
def test_no_text_is_a_bug() -> None:
    texts = corpus()
    seen: Counter[int] = Counter()
    bugs: dict[str, list[int]] = {}
    for seed in range(START, START + COUNT):
        data = case(seed, texts)
        try:
            with time_limit(SECONDS):
                message, status = outcome(seed, data)
        except TooLong:
            message, status = f"longer than {SECONDS} seconds", BUG
        except RecursionError as error:
            message, status = repr(error), BUG
        seen[status] += 1
        if status not in (0, 1, 2) or (status == 2 and not message.strip()):
            bugs.setdefault(message[-1500:], []).append(seed)
    shown = "\n\n".join(f"seeds {seeds[:5]} ({len(seeds)} in all):\n{message}" for message, seeds in bugs.items())
    assert not bugs, f"{sum(map(len, bugs.values()))} of {COUNT}\n{shown}"
    assert seen[2] > COUNT / 4  # the damage was damage
    assert seen[0] + seen[1] > COUNT / 50  # and some specs outlived it


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_a_seed_makes_one_spec(seed: int) -> None:
    texts = corpus()
    assert case(seed, texts) == case(seed, texts)
    assert case(seed, texts) != case(seed + 100_000, texts)


if __name__ == "__main__":
    for one in map(int, sys.argv[1:]):
        spec = case(one, corpus())
        print(spec.decode("utf-8", "replace"), *outcome(one, spec), sep="\n\n")
