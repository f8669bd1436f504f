"""A thousand small specs in one batch, against reading the same files with PyYAML's C loader."""

from __future__ import annotations

import contextlib
import io
import random
import tempfile
from pathlib import Path

import yaml


def written(folder: str, count: int = 1000) -> list[str]:
    """The paths of small count-params specs with an expectation each."""
    dice = random.Random(1)
    paths = []
    for n in range(count):
        a, b, c = dice.randint(2, 900), dice.randint(2, 900), dice.randint(2, 90)
        path = Path(folder) / f"{n:04}.yaml"
        path.write_text(
            f"kind: count-params\ntitle: Network {n}\nnetwork:\n  input: {a}\n  layers:\n    - linear: {b}\n    - relu\n"
            f"    - linear: {c}\n    - softmax\nexpect:\n  params: {(a + 1) * b + (b + 1) * c}\n"
        )
        paths.append(str(path))
    return paths


def composed(paths: list[str]) -> None:
    """What is measured against."""
    for path in paths:
        with open(path, encoding="utf-8") as file:
            yaml.compose(file, Loader=yaml.CSafeLoader)


def batch(folder: str) -> None:
    """`hwsolve batch FOLDER --jobs 1 --format json`, without the start of the interpreter."""
    from hwsolve.commands.batching import run_batch
    from hwsolve.commands.options import Common

    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        status = run_batch([folder], 1, None, None, None, False, Common(format="json"))
    assert status == 0


def ratio() -> float:
    """Time of the batch over time of composing."""
    from tests.benchmarks.measure import seconds

    with tempfile.TemporaryDirectory() as folder:
        paths = written(folder)
        batch(folder)
        return seconds(lambda: batch(folder), 5) / seconds(lambda: composed(paths), 5)
