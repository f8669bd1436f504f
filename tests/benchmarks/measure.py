"""Time and memory of a call or of a command, the least of several runs."""

from __future__ import annotations

import compileall
import os
import subprocess
import sys
import time
from collections.abc import Callable, Sequence

from tests.conftest import ROOT

ENVIRONMENT = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"} | {"PYTHONPATH": str(ROOT)}


def compiled() -> None:
    """Byte-code as an installed package has it."""
    compileall.compile_dir(str(ROOT / "hwsolve"), quiet=1)
    compileall.compile_dir(str(ROOT / "tests" / "benchmarks"), quiet=1)


def seconds(call: Callable[[], object], runs: int = 5) -> float:
    """The least processor time of a call in this process: what else the machine does is left out."""
    best = float("inf")
    for _ in range(runs):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best


def run(arguments: Sequence[str]) -> None:
    """A Python command, cold, its output thrown away."""
    command = [sys.executable, *arguments]
    subprocess.run(command, check=True, cwd=ROOT, env=ENVIRONMENT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def cold(*commands: Sequence[str], runs: int = 15) -> list[float]:
    """The least time that each command takes from start to end, in turns so that a busy moment strikes all."""
    best = [float("inf")] * len(commands)
    for _ in range(runs):
        for n, command in enumerate(commands):
            start = time.perf_counter()
            run(command)
            best[n] = min(best[n], time.perf_counter() - start)
    return best


def memory(arguments: Sequence[str]) -> float:
    """The largest resident memory of a command in MB, seen by a parent that has no other child."""
    code = (
        "import resource, subprocess, sys; subprocess.run([sys.executable, *sys.argv[1:]], check=True, stdout=subprocess.DEVNULL); "
        "print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], check=True, capture_output=True, text=True, cwd=ROOT, env=ENVIRONMENT
    )
    return int(done.stdout) / 1024
