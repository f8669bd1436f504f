"""Large networks, cold: Llama-3-70B from its config.json, ResNet-152 and a net of 1,000 layers from YAML."""

from __future__ import annotations

from pathlib import Path

from tests.benchmarks import measure
from tests.conftest import PROBLEMS, ROOT

COUNT = ["-m", "hwsolve", "count-params"]
LLAMA = [*COUNT, str(ROOT / "tests/importing_configs/llama-3-70b.json")]
RESNET_152 = {3: 7, 5: 35}  # copies behind the first block of a stage, by those of ResNet-50, where they differ
LAYERS = 1000


def resnet152(folder: str) -> list[str]:
    """The command that counts ResNet-152, and its spec in the folder: ResNet-50 with more copies."""
    text, path = (PROBLEMS / "models/resnet50.yaml").read_text("utf-8"), Path(folder, "resnet152.yaml")
    head, stages = text.split("\nexpect:")[0].split("\nnetwork:")
    for few, many in RESNET_152.items():
        stages = stages.replace(f"times: {few},", f"times: {many},")
    path.write_text(f"{head}\nnetwork:{stages}\nexpect: {{params: 60_192_808}}\n", encoding="utf-8")
    return [*COUNT, str(path)]


def thousand(folder: str) -> list[str]:
    """The command that counts 1,000 layers that are written out, and its spec in the folder."""
    path, params = Path(folder, "thousand.yaml"), LAYERS * (64 * 64 + 64)
    rows = "    - linear: 64\n" * LAYERS
    path.write_text(f"kind: count-params\nnetwork:\n  input: 64\n  layers:\n{rows}expect: {{params: {params}}}\n")
    return [*COUNT, str(path)]


def by_torchinfo(name: str) -> list[str]:
    """The command by which torchinfo sums up the same network."""
    return [str(ROOT / "tests/benchmarks/torchinfo_nets.py"), name]


def ratios(command: list[str], other: list[str], runs: int = 3) -> tuple[float, float]:
    """Time and memory of a command over those of another."""
    return measure.ratio(command, other, runs=runs), measure.memory(command) / measure.memory(other)
