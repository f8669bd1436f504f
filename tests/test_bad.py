"""Wrong specs, each with the whole message that it must end in: tests/bad/NAME.yaml and NAME.txt.

python tests/test_bad.py NAME …    prints what the program says now, to be read and compared by hand
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from hwsolve import pipeline
from hwsolve.failure import WRONG, explained

FOLDER = Path(__file__).parent / "bad"
SPECS = sorted(FOLDER.glob("*.yaml"))


def verdict(path: Path) -> tuple[str, int]:
    """What reading and solving a file ends in: the message and the exit status."""
    try:
        for problem in pipeline.read(path.read_bytes(), path.name):
            pipeline.work_out(problem)
    except Exception as error:
        return explained(error)
    return "", 0


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_the_whole_message(path: Path) -> None:
    message, status = verdict(path)
    assert message + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert status == WRONG


@pytest.mark.parametrize("name", ["everything-at-once", "alias-bomb", "binary", "weight-shape", "wide-characters"])
def test_the_command_line_says_it_and_writes_nothing_else(name: str) -> None:
    command = [sys.executable, "-m", "hwsolve", "solve", f"{name}.yaml"]
    ran = subprocess.run(
        command, cwd=FOLDER, capture_output=True, encoding="utf-8", env=os.environ | {"PYTHONUTF8": "1"}
    )
    assert ran.returncode == WRONG
    assert ran.stdout == ""
    assert ran.stderr == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_each_spec_has_its_message_and_there_are_enough() -> None:
    assert {p.stem for p in SPECS} == {p.stem for p in FOLDER.glob("*.txt")}
    assert len(SPECS) >= 60


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_message_has_all_that_it_needs(path: Path) -> None:
    """Each error: a place, a sentence, and where there is a line to show, the line with a caret below it."""
    blocks = path.with_suffix(".txt").read_text(encoding="utf-8").split(f"\n{path.name}")
    for block in blocks:
        head, *rows = block.splitlines()
        place, _, sentence = head.removeprefix(path.name).partition(": ")
        assert sentence[0].isupper() or sentence[0].isdigit() or sentence[0] in "`“"
        assert sentence.endswith((".", "?"))
        if place:
            _, line, column = place.split(":")
            assert int(line) > 0 and int(column) > 0
            assert any(row.strip().endswith("^") for row in rows) or not rows


if __name__ == "__main__":
    for spec in [FOLDER / f"{name}.yaml" for name in sys.argv[1:]] or SPECS:
        print(f"{spec.name} {verdict(spec)[1]}\n{verdict(spec)[0]}\n")
