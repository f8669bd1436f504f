"""What differs on Windows and macOS, as far as it can be had here: encodings, signals, and how processes start."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

SPEC = """\
kind: backprop
network: {input: 2, layers: [linear: {out_features: 1, weight: [[0.5, -1]], bias: [0.25]}, sigmoid]}
input: [1, 2]
target: [1]
loss: half_squared_error
"""
# Processes are spawned where the system is not Linux, and Windows has no SIGHUP.
ELSEWHERE = """
import sys
sys.platform = "elsewhere"
import signal
if {windows}:
    del signal.SIGHUP
from hwsolve import workers
assert workers.CONTEXT.get_start_method() == "spawn"
from hwsolve.start import main
if __name__ == "__main__":
    main()
"""


def run(script: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [
            sys.executable,
            "-X",
            "warn_default_encoding",
            "-W",
            "error::EncodingWarning:hwsolve",
            str(script),
            *arguments,
        ],
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        timeout=120,
        cwd=script.parent,
    )


@pytest.mark.parametrize("windows", [True, False])
def test_a_batch_with_spawned_workers(windows: bool, tmp_path: Path) -> None:
    for n in range(3):
        (tmp_path / f"{n}.yaml").write_text(SPEC, encoding="utf-8")
    script = tmp_path / "elsewhere.py"
    script.write_text(ELSEWHERE.format(windows=windows), encoding="utf-8")
    done = run(script, "batch", "0.yaml", "1.yaml", "2.yaml", "--jobs", "2", PYTHONIOENCODING="utf-8")
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"3 problems in 3 files" in done.stdout


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "cp850", "gbk", "latin-1", "utf-16", "mac-roman"])
@pytest.mark.parametrize("language", ["en", "zh"])
def test_a_console_of_another_encoding(encoding: str, language: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SPEC, encoding="utf-8")
    script = tmp_path / "main.py"
    script.write_text("from hwsolve.start import main\nmain()\n", encoding="utf-8")
    done = run(script, "--lang", language, "solve", "a.yaml", PYTHONIOENCODING=encoding)
    assert (done.returncode, done.stderr) == (0, b"")
    shown = done.stdout.decode(encoding)
    assert "0.222700" in shown and "?" not in shown.replace("？", "")
    wrong = run(script, "--lang", language, "solve", "b.yaml", PYTHONIOENCODING=encoding)
    assert wrong.returncode == 2 and wrong.stderr.decode(encoding)


def test_line_ends_of_windows_and_a_byte_order_mark(tmp_path: Path) -> None:
    text = SPEC.replace("\n", "\r\n")
    script = tmp_path / "main.py"
    script.write_text("from hwsolve.start import main\nmain()\n", encoding="utf-8")
    (tmp_path / "a.yaml").write_bytes(SPEC.encode())
    wanted = run(script, "solve", "a.yaml", "--format", "json", PYTHONIOENCODING="utf-8").stdout
    for data in (text.encode(), text.encode("utf-8-sig"), text.encode("utf-16")):
        (tmp_path / "a.yaml").write_bytes(data)
        found = run(script, "solve", "a.yaml", "--format", "json", PYTHONIOENCODING="utf-8")
        assert (found.returncode, found.stdout) == (0, wanted)
