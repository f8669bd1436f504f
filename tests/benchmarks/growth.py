"""Linear layers, written out and in a `repeat`: time grows with the length of the spec, not with the network's."""

from __future__ import annotations

import tempfile
from pathlib import Path

from tests.benchmarks import measure

COUNT = ["-m", "hwsolve", "count-params"]


def spec(folder: str, times: int, repeated: bool) -> list[str]:
    """The command that counts so many layers, and its spec in the folder."""
    body = f"  - repeat: {{times: {times}, body: [linear: 7]}}\n" if repeated else "  - linear: 7\n" * times
    path = Path(folder, f"{times}{'-repeated' * repeated}.yaml")
    text = f"kind: count-params\nnetwork:\n  input: 7\n  layers:\n{body}expect: {{params: {56 * times}}}\n"
    path.write_text(text)
    return [*COUNT, str(path)]


def written_out(few: int = 10_000, many: int = 100_000) -> float:
    """Many layers written out over a tenth of them, start-up left out."""
    with tempfile.TemporaryDirectory() as folder:
        one, some, all_ = (spec(folder, n, False) for n in (1, few, many))
        return measure.ratio_beyond(all_, one, some, one, runs=2)


def repeated(few: int = 100, many: int = 100_000) -> float:
    """Many layers in a repeat over few."""
    with tempfile.TemporaryDirectory() as folder:
        return measure.ratio(spec(folder, many, True), spec(folder, few, True))
