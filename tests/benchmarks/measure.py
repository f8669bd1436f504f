"""Time and memory of a call or of a command.

Calls are timed as the least of several runs, or in turns with another call.  Commands are whole processes that are
run in turns, round by round: a ratio is taken within each round, and the median of the rounds is reported, so that a
busy moment strikes both sides.
Their time is that of the processor, for the user and for the system.
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
from typing import NamedTuple

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


class Used(NamedTuple):
    """What a command took: seconds of the processor, and MB of resident memory at most."""

    time: float
    memory: float


# A parent of its own, smaller than any command: a process is charged with the memory of the one that it was made from.
RUN = (
    "import os, subprocess, sys; nowhere = subprocess.DEVNULL; "
    "child = subprocess.Popen([sys.executable, *sys.argv[1:]], stdout=nowhere, stderr=nowhere); "
    "_, status, used = os.wait4(child.pid, 0); print(used.ru_utime + used.ru_stime, used.ru_maxrss); sys.exit(status != 0)"
)


def run(arguments: Command) -> Used:
    """A Python command, cold, its output thrown away."""
    command = [sys.executable, "-S", "-c", RUN, *arguments]
    done = subprocess.run(command, check=True, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT)
    time, memory = map(float, done.stdout.split())
    return Used(time, memory / 1024)


def rounds(*commands: Command, runs: int) -> list[list[Used]]:
    """What all commands took, round by round; the first round is not counted."""
    return [[run(command) for command in commands] for _ in range(runs + 1)][1:]


def over(commands: Sequence[Command], others: Sequence[Command], runs: int = 9) -> list[list[tuple[float, float]]]:
    """Of each command its time and memory over those of each other one, all of them run in turns."""
    found = rounds(*commands, *others, runs=runs)
    taken, against = [row[: len(commands)] for row in found], [row[len(commands) :] for row in found]

    def ratio_of(n: int, k: int, field: int) -> float:
        return statistics.median(a[n][field] / b[k][field] for a, b in zip(taken, against, strict=True))

    return [[(ratio_of(n, k, 0), ratio_of(n, k, 1)) for k in range(len(others))] for n in range(len(commands))]


def ratio(a: Command, b: Command, runs: int = 15) -> float:
    """The time of one command over that of another."""
    return over([a], [b], runs)[0][0][0]


def ratio_beyond(a: Command, least_a: Command, b: Command, least_b: Command, runs: int = 10) -> float:
    """The same, from each side the time of a command taken off that does next to nothing: its start-up is left out."""
    times = [[used.time for used in row] for row in rounds(a, least_a, b, least_b, runs=runs)]
    return statistics.median((a - little_a) / (b - little_b) for a, little_a, b, little_b in times)
