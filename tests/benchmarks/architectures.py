"""Large networks, cold: Llama-3-70B from its config.json, ResNet-152 and nets of 1,000 layers from YAML."""

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


def stack(folder: str, layers: int = LAYERS, different: bool = False) -> list[str]:
    """The command that counts so many layers that are written out, and its spec in the folder."""
    widths = [50 + 37 * k % 101 if different else 64 for k in range(layers)]
    params = sum((m + 1) * n for m, n in zip([64, *widths], widths, strict=False))
    rows = "".join([f"    - linear: {n}\n" for n in widths])
    path = Path(folder, f"{layers}{'-different' * different}.yaml")
    path.write_text(f"kind: count-params\nnetwork:\n  input: 64\n  layers:\n{rows}expect: {{params: {params}}}\n")
    return [*COUNT, str(path)]


def by_torchinfo(name: str, device: str) -> list[str]:
    """The command by which torchinfo sums up the same network."""
    return [str(ROOT / "tests/benchmarks/torchinfo_nets.py"), name, device]


def doubled(folder: str) -> float:
    """Twice as many layers over 1,000 that are all different, start-up left out."""
    one, some, twice = (stack(folder, n, True) for n in (1, LAYERS, 2 * LAYERS))
    return measure.ratio_beyond(twice, one, some, one)
