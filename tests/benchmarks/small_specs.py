"""A thousand small specs in one batch, against reading the same files with PyYAML's C loader.

Both are whole processes, with the time for a single file taken off; no file is seen twice by one process.
"""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

from tests.benchmarks import measure
from tests.conftest import ROOT

COUNT = 1000
BATCH = ["-m", "hwsolve", "batch", "--jobs", "1", "--format", "json"]
COMPOSE = [str(ROOT / "tests/benchmarks/compose.py")]


def written(folder: str, count: int) -> str:
    """The folder, with small count-params specs in it, each with an expectation."""
    dice = random.Random(count)
    for n in range(count):
        a, b, c = dice.randint(2, 900), dice.randint(2, 900), dice.randint(2, 90)
        Path(folder, f"{n:04}.yaml").write_text(
            f"kind: count-params\ntitle: Network {n}\nnetwork:\n  input: {a}\n  layers:\n    - linear: {b}\n    - relu\n"
            f"    - linear: {c}\n    - softmax\nexpect:\n  params: {(a + 1) * b + (b + 1) * c}\n"
        )
    return folder


def ratio() -> float:
    """Time of the batch over time of composing."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as many:
        written(one, 1), written(many, COUNT)
        return measure.ratio_beyond([*BATCH, many], [*BATCH, one], [*COMPOSE, many], [*COMPOSE, one])
