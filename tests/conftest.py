"""What all tests share: the terminal is pinned, and commands run as a user runs them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).resolve().parent.parent
PROBLEMS = ROOT / "problems"
PINNED = {"COLUMNS": "100", "LANG": "C.UTF-8", "PYTHONIOENCODING": "utf-8", "TERM": "dumb"}

# The gate draws the same cases each time, so that a change is judged by what it changes; `make long` draws new ones.
hypothesis.settings.register_profile("gate", derandomize=True)
if "HWSOLVE_TIMES" not in os.environ:
    hypothesis.settings.load_profile("gate")

Run = Callable[..., subprocess.CompletedProcess[str]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long tests come first, so that no process is left alone with one at the end."""
    items.sort(key=lambda item: item.get_closest_marker("slow") is None)


@pytest.fixture(autouse=True)
def _pinned_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PINNED.items():
        monkeypatch.setenv(name, value)
    for name in ("LC_ALL", "LANGUAGE", "NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def hwsolve(tmp_path: Path) -> Run:
    """Run the command line in an empty folder; `hwsolve("solve", "-", stdin=…)`."""

    def run(
        *args: str | Path, stdin: str = "", cwd: Path | None = None, **env: str
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "hwsolve", *map(str, args)],
            input=stdin,
            capture_output=True,
            encoding="utf-8",
            timeout=120,
            cwd=cwd or tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT), **env},
        )

    return run
