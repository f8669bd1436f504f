"""Many specs at once: what fails does not stop the rest, and the report does not depend on the number of processes."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hwsolve.batch import find_specs
from hwsolve.errors import CallError
from hwsolve.workers import Crashed, Late, run_all
from tests.conftest import Run

GOOD = "kind: count-params\nnetwork: {{input: {n}, layers: [linear: 3]}}\nexpect: {{params: {params}}}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Five right specs, one whose expectation fails, one wrong, one that is not text, one with two problems."""
    (tmp_path / "specs" / "deep").mkdir(parents=True)
    for n in range(1, 6):
        (tmp_path / "specs" / f"{n}.yaml").write_text(GOOD.format(n=n, params=3 * n + 3))
    (tmp_path / "specs" / "fails.yaml").write_text(GOOD.format(n=2, params=10))
    (tmp_path / "specs" / "deep" / "wrong.yml").write_text(
        "kind: count-params\nnetwork: {input: 2, layers: [liner: 3]}\n"
    )
    (tmp_path / "specs" / "deep" / "binary.yaml").write_bytes(b"\x00\xff\xfe" * 50)
    (tmp_path / "specs" / "two.yaml").write_text(GOOD.format(n=1, params=6) + "---\n" + GOOD.format(n=2, params=9))
    (tmp_path / "specs" / "notes.txt").write_text("not a spec")
    return tmp_path


def test_goes_on_after_bad_files_and_ends_with_the_worst(folder: Path, hwsolve: Run) -> None:
    done = hwsolve("batch", "specs", cwd=folder)
    assert done.returncode == 2
    assert "10 problems in 9 files: 7 right, 1 with an expectation that fails, 2 wrong" in done.stdout
    assert "specs/fails.yaml:3:18: params is 9, expected 10 (difference -1)" in done.stderr
    assert "specs/deep/wrong.yml:2:" in done.stderr and "`linear`" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("names", "status"), [(["1.yaml", "2.yaml"], 0), (["1.yaml", "fails.yaml"], 1), (["fails.yaml", "deep"], 2)]
)
def test_the_exit_status(folder: Path, hwsolve: Run, names: list[str], status: int) -> None:
    assert hwsolve("batch", *(folder / "specs" / name for name in names)).returncode == status


def test_the_order_does_not_depend_on_the_jobs(folder: Path, hwsolve: Run) -> None:
    def rows(jobs: int) -> list[str]:
        return hwsolve("batch", "specs", "--jobs", str(jobs), cwd=folder).stdout.splitlines()[:-1]

    assert rows(1) == rows(4)
    assert [row.split()[0] for row in rows(1) if row.startswith("specs")][:3] == [
        "specs/1.yaml",
        "specs/2.yaml",
        "specs/3.yaml",
    ]


def test_json_of_all_is_one_list(folder: Path, hwsolve: Run) -> None:
    done = hwsolve("batch", "specs/[1-5].yaml", "specs/two.yaml", "--format", "json", cwd=folder)
    data = json.loads(done.stdout)
    assert [s["answers"]["params"]["value"] for s in data] == [6, 9, 12, 15, 18, 6, 9]
    assert "7 problems in 6 files: 7 right" in done.stderr


def test_output_is_one_file_per_problem(folder: Path, hwsolve: Run) -> None:
    done = hwsolve("batch", "specs", "--output", "out", "--format", "markdown", cwd=folder)
    assert done.returncode == 2
    written = sorted(p.relative_to(folder / "out").as_posix() for p in (folder / "out").rglob("*") if p.is_file())
    assert written == ["1.md", "2.md", "3.md", "4.md", "5.md", "fails.md", "two-1.md", "two-2.md"]
    assert "6" in (folder / "out" / "1.md").read_text()


def test_junit(folder: Path, hwsolve: Run) -> None:
    hwsolve("batch", "specs", "--junit", "report.xml", cwd=folder)
    suite = ElementTree.parse(folder / "report.xml").getroot()[0]
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("10", "1", "2")
    (failure,) = suite.iter("failure")
    assert "expected 10" in str(failure.get("message"))
    assert {case.get("name") for case in suite} >= {"two.yaml #1", "two.yaml #2", "wrong.yml"}


def test_strict_counts_what_is_published(tmp_path: Path, hwsolve: Run) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(GOOD.format(n=2, params=9) + "published: {params: {stated: 8, source: key}}\n")
    assert hwsolve("batch", spec).returncode == 0
    done = hwsolve("batch", spec, "--strict")
    assert done.returncode == 1 and "key states params = 8, it is 9" in done.stderr


def test_what_is_cut_off_is_shown_and_fails_nothing(tmp_path: Path, hwsolve: Run) -> None:
    spec = tmp_path / "a.yaml"
    published = "{params: {stated: 150e3, source: key}, shape.linear1: 3, params.weight: 1.51e5, params.bias: 9}"
    spec.write_text(GOOD.format(n=50175, params=150528) + f"published: {published}\n")
    done = hwsolve("batch", spec, "--strict", "--junit", "r.xml")
    assert done.returncode == 1 and "2/4, 1 cut off" in done.stdout
    assert "params.bias = 9, it is 3" in done.stderr and "params = 150e3" not in done.stderr
    (out,) = ElementTree.parse(tmp_path / "r.xml").getroot().iter("system-out")
    assert str(out.text).endswith("key states params = 150e3, cut off from 150528; rounded it is 151e3")
    for format in ("plain", "terminal", "markdown"):
        assert "151 × 10³" in hwsolve("solve", spec, "--format", format).stdout
    verdicts = [p["verdict"] for p in json.loads(hwsolve("solve", spec, "--format", "json").stdout)["published"]]
    assert verdicts == ["cut off", "agrees", "agrees", "wrong"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["nowhere"], "There is no file or folder nowhere."),
        (["a*.yaml"], "There are no specs in a*.yaml."),
        (["specs", "--format", "docx"], "There is no format `docx`"),
        (["specs", "--junit", "no/r.xml"], "no/r.xml cannot be written: there is no folder no."),
        (["specs", "--jobs", "0"], "Expected a whole number from 1 to 256, got `0`."),
    ],
)
def test_a_wrong_call(folder: Path, hwsolve: Run, args: list[str], said: str) -> None:
    done = hwsolve("batch", *args, cwd=folder)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


def test_finding_specs(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    (folder / "specs" / ".hidden").mkdir()
    (folder / "specs" / ".hidden" / "x.yaml").touch()
    assert find_specs(["specs/deep", "specs/1.yaml", "specs/*.yaml"])[:3] == [
        "specs/deep/binary.yaml",
        "specs/deep/wrong.yml",
        "specs/1.yaml",
    ]
    assert len(find_specs(["specs", "specs/1.yaml", "specs/**/*.yml"])) == 9
    with pytest.raises(CallError):
        find_specs(["specs", "nothing"])


# ---------------------------------------------------------------- workers


def behave(item: Any) -> Any:
    if item == "crash":
        os.kill(os.getpid(), signal.SIGKILL)
    if item == "exit":
        os._exit(7)
    if item == "hang":
        time.sleep(60)
    return item * 2


@pytest.mark.parametrize("jobs", [1, 3])
def test_workers_pass_by_what_crashes_or_hangs(jobs: int) -> None:
    start = time.monotonic()
    results = dict(run_all(behave, [1, "crash", 2, "hang", 3, "exit", "hang", 4], jobs, 0.5))
    assert [results[n] for n in range(8)] == [2, Crashed(-9), 4, Late(0.5), 6, Crashed(7), Late(0.5), 8]
    assert time.monotonic() - start < 10


def test_workers_answer_each_of_many_items_once(jobs: int = 2) -> None:
    items = ["crash" if n % 9 == 4 else "hang" if n == 50 else n for n in range(100)]
    results = list(run_all(behave, items, jobs, 1.0))
    wanted = {
        n: Crashed(-9) if item == "crash" else Late(1.0) if item == "hang" else 2 * n for n, item in enumerate(items)
    }
    assert len(results) == 100 and dict(results) == wanted


def process_of(item: Any) -> tuple[int, Any]:
    return os.getpid(), item


def test_a_spent_worker_is_replaced_and_loses_nothing() -> None:
    items = list(range(30))
    found = dict(run_all(process_of, items, 1, None, lambda result: result[1] % 10 == 4))
    assert [found[n][1] for n in items] == items
    first, second, third, last = (found[n][0] for n in (4, 14, 24, 29))
    assert len({first, second, third, last}) == 4
    assert [found[n][0] for n in items] == [first] * 5 + [second] * 10 + [third] * 10 + [last] * 5


def test_workers_without_items() -> None:
    assert list(run_all(behave, [], 4, None)) == []


def test_a_timeout_is_reported(tmp_path: Path, hwsolve: Run) -> None:
    (tmp_path / "quick.yaml").write_text(GOOD.format(n=2, params=9))
    (tmp_path / "slow.yaml").write_text(
        "kind: backprop\nnetwork: {input: 2, layers: [linear: {out_features: 2, weight: [[1, 2], [3, 4]], bias: [0, 0]}, sigmoid]}\n"
        "input: [1, 2]\ntarget: [0, 1]\nloss: half_squared_error\noptimizer: {sgd: {lr: 0.1}}\nsteps: 1000000\n"
    )
    done = hwsolve("batch", ".", "--timeout", "2")
    assert done.returncode == 3
    assert "slow.yaml: gave up after 2 s" in done.stderr
    assert "1 right" in done.stdout and "1 not solved" in done.stdout


def test_a_problem_that_expects_nothing_is_solved_and_not_said_to_be_right(folder: Path, hwsolve: Run) -> None:
    (folder / "bare.yaml").write_text("kind: count-params\nnetwork: {input: 2, layers: [linear: 3]}\n")
    done = hwsolve("batch", "bare.yaml", "specs/1.yaml", cwd=folder)
    assert done.returncode == 0
    results = {row.split()[0]: row.split()[-1] for row in done.stdout.splitlines() if ".yaml" in row}
    assert results == {"bare.yaml": "solved", "specs/1.yaml": "right"}
    assert "2 problems in 2 files: 1 right, 1 solved, with nothing expected;" in done.stdout
    alone = hwsolve("batch", "bare.yaml", cwd=folder)
    assert alone.returncode == 0 and "1 problem in 1 file: 1 solved, with nothing expected;" in alone.stdout
    assert "right" not in alone.stdout


def test_a_folder_called_minus_is_the_standard_output(folder: Path, hwsolve: Run) -> None:
    done = hwsolve("batch", "specs/1.yaml", "-o", "-", "--format", "json", cwd=folder)
    assert json.loads(done.stdout)[0]["answers"]["params"]["value"] == 6
    assert not (folder / "-").exists()
