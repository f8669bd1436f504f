"""Time and memory of a call or of a command.

Calls are timed as the least of several runs, or in turns with another call.  Commands are whole processes that are run in turns, round by round: a
ratio is taken within each round, and the median of the rounds is reported, so that a busy moment strikes both sides.
"""

from __future__ import annotations

import compileall
import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from tests.conftest import ROOT

Command = Sequence[str]
ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT)}


def as_installed() -> None:
    """Byte-code as an installed package has it, and the garbage collector set as the command sets it."""
    compileall.compile_dir(str(ROOT / "hwsolve"), quiet=1)
    compileall.compile_dir(str(ROOT / "tests" / "benchmarks"), quiet=1)
    gc.set_threshold(300_000, 20, 20)


def seconds(call: Callable[[], object], runs: int = 5, clock: Callable[[], float] = time.perf_counter) -> float:
    """The least time of a call by a clock."""
    best = float("inf")
    for _ in range(runs):
        start = clock()
        call()
        best = min(best, clock() - start)
    return best


def in_turns(a: Callable[[], object], b: Callable[[], object], runs: int = 5) -> float:
    """The processor time of one call over that of another: the median of rounds in which both are made."""
    clock = time.process_time
    return statistics.median(seconds(a, 1, clock) / seconds(b, 1, clock) for _ in range(runs))


def run(arguments: Command) -> None:
    """A Python command, cold, its output thrown away."""
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def rounds(*commands: Command, runs: int) -> list[list[float]]:
    """The times of all commands, round by round; the first round is not counted."""
    times = [[seconds(lambda c=command: run(c), 1) for command in commands] for _ in range(runs + 1)]  # type: ignore[misc]
    return times[1:]


def ratio(a: Command, b: Command, runs: int = 15) -> float:
    """The time of one command over that of another."""
    return statistics.median(x / y for x, y in rounds(a, b, runs=runs))


def ratio_beyond(a: Command, least_a: Command, b: Command, least_b: Command, runs: int = 10) -> float:
    """The same, from each side the time of a command taken off that does next to nothing: its start-up is left out."""
    times = rounds(a, least_a, b, least_b, runs=runs)
    return statistics.median((a - little_a) / (b - little_b) for a, little_a, b, little_b in times)


def memory(arguments: Command) -> float:
    """The largest resident memory of a command in MB, seen by a parent that has no other child."""
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT
    )
    return int(done.stdout) / 1024
