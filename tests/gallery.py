"""The pictures of the README, made by the program itself: `python -m tests.gallery` (or `make gallery`)."""

from __future__ import annotations

import re
import subprocess
import sys
from io import StringIO

from rich.console import Console

from hwsolve.pipeline import read, work_out
from hwsolve.render.options import Options
from hwsolve.render.terminal import write
from tests.conftest import PROBLEMS, ROOT

FOLDER = ROOT / "docs" / "gallery"
PAGES = {"backprop": "homework-2/2.1-backprop.yaml", "convolution": "homework-2/2.4-convolution-gradient.yaml"}
DRAWINGS = {
    "network": ("homework-2/2.1-backprop.yaml", "--values"),
    "resnet18": ("homework-3/3.3-resnet18.yaml",),
}
REMOTE = re.compile(r"@font-face \{.*?\}\s*", re.S)  # a picture asks nothing of the network


def page(name: str, problem: str) -> None:
    """A page as the terminal shows it, in 80 columns."""
    text = (PROBLEMS / problem).read_text(encoding="utf-8")
    console = Console(file=StringIO(), width=80, force_terminal=True, record=True, highlight=False, markup=False)
    write(console, [work_out(p) for p in read(text, problem)][:1], Options(width=80, color=True))
    svg = console.export_svg(title=f"hwsolve solve {problem.rpartition('/')[2]}")
    (FOLDER / f"{name}.svg").write_text(REMOTE.sub("", svg), encoding="utf-8")


def drawing(name: str, problem: str, *options: str) -> None:
    """What `hwsolve draw` gives."""
    target = str(FOLDER / f"{name}.svg")
    command = [sys.executable, "-m", "hwsolve", "draw", str(PROBLEMS / problem), *options, "--output", target]
    subprocess.run(command, check=True)


def main() -> None:
    """Make all pictures anew."""
    FOLDER.mkdir(exist_ok=True)
    for name, problem in PAGES.items():
        page(name, problem)
    for name, (problem, *options) in DRAWINGS.items():
        drawing(name, problem, *options)


if __name__ == "__main__":
    main()
