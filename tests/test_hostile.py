"""What nobody should do to a program: it is killed, starved, given closed streams, controls and huge inputs."""

from __future__ import annotations

import json
import os
import random
import re
import resource
import signal
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from itertools import pairwise, product
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

from hwsolve import ascii as signs
from hwsolve.commands.solving import read_all
from hwsolve.errors import CallError
from hwsolve.files import write_whole
from hwsolve.formula.domain import DOMAINS, choices
from hwsolve.language import say, visible
from hwsolve.pipeline import Request
from hwsolve.render import measure, wrap
from tests.conftest import ROOT, Run

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="signals, limits and /proc as Linux has them")

GOOD = "kind: count-params\nnetwork: {input: 2, layers: [linear: 3]}\nexpect: {params: 9}\n"
SLOW = """kind: backprop
network: {input: 2, layers: [linear: {out_features: 2, weight: [[1, 2], [3, 4]], bias: [0, 0]}, sigmoid]}
input: [1, 2]
target: [0, 1]
loss: half_squared_error
optimizer: {sgd: {lr: 0.1}}
steps: 1000000
"""
HOSTILE = (
    "\x1b]0;X\x07\x1b[31m\x9bm\x7f\u202eA\u2066\u200b\u200d\ufeff\u2028\U000e0041\r\tB"  # in a YAML text by escapes
)
DANGER = re.compile(f"[^\n{''.join(map(re.escape, map(chr, range(32, 127))))}]")


def dangerous(text: str) -> set[str]:
    """The characters of a text that a terminal obeys or does not show, newline apart."""
    return {c for c in DANGER.findall(text) if unicodedata.category(c) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}}


def shell(command: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
    """A line for bash, in which `hwsolve` is the program."""
    line = command.replace("hwsolve", f"{sys.executable} -m hwsolve")
    settings = {"capture_output": True, "encoding": "utf-8", "timeout": 60, "errors": "surrogateescape"} | kwargs
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", line], env=os.environ | {"PYTHONPATH": str(ROOT)}, **settings
    )


# ---------------------------------------------------------------- documents of one file

WRONG = "kind: count-params\nnetwork: {input: 2, layers: [liner: 3]}\n"
NO_YAML = "kind: count-params\nnetwork: {input: [2, layers: [linear: 3]}\n"
NO_ANSWER = GOOD.replace("params:", "parms:")
FAILS = GOOD.replace("9", "8")
STATUS = {GOOD: 0, FAILS: 1, WRONG: 2, NO_YAML: 2, NO_ANSWER: 2}


@pytest.mark.parametrize("documents", [[a, b, c] for a, b, c in product(STATUS, repeat=3)][::11])
def test_a_wrong_document_leaves_the_others_as_they_are(documents: list[str], hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("---\n".join(documents))
    done = hwsolve("solve", "a.yaml", "--format", "json")
    solved = [text for text in documents if STATUS[text] < 2]
    found = json.loads(done.stdout) if solved else []
    assert [one["answers"]["params"]["value"] for one in found] == [9 for _ in solved]
    assert done.returncode == max(STATUS[text] for text in documents)
    complaints = [row for row in done.stderr.splitlines() if row.startswith("a.yaml:")]
    assert len(complaints) == len(set(complaints)) == sum(STATUS[text] > 0 for text in documents)
    lines = [int(row.split(":")[1]) for row in complaints]
    starts = [1 + sum(text.count("\n") + 1 for text in documents[:n]) for n in range(len(documents))]
    for line in lines:
        text = documents[max(n for n, start in enumerate(starts) if start <= line)]
        assert STATUS[text] > 0  # the message is about a document that is wrong

    batch = hwsolve("batch", "a.yaml")
    rows = [row.split() for row in batch.stdout.splitlines() if row.startswith("a.yaml #")]
    results = [{"right": 0, "FAILS": 1, "spec": 2}[row[-1]] for row in rows]
    assert results == [STATUS[text] for text in documents]
    assert batch.returncode == done.returncode and batch.stderr.count("a.yaml:") == len(complaints)


def test_a_wrong_override_is_said_once(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("---\n".join([GOOD] * 3))
    for value in ("network.layrs=3", "steps=[", "[1]=2"):
        done = hwsolve("solve", "a.yaml", "--set", value)
        assert (done.returncode, done.stdout, done.stderr.count("--set")) == (2, "", 1), done.stderr


def test_an_option_instead_of_a_key_is_decided_by_document(hwsolve: Run, tmp_path: Path) -> None:
    one = "kind: backprop\nnetwork: {input: 1, layers: [linear: {out_features: 1, weight: [[1]], bias: [0]}]}\ninput: [1]\ntarget: [0]\nloss: mse_loss\n"
    (tmp_path / "a.yaml").write_text(one + "optimizer: {sgd: {lr: 3, momentum: 0.5}}\n---\n" + one)
    found = json.loads(hwsolve("backprop", "a.yaml", "--lr", "1", "--format", "json").stdout)
    assert [one["answers"]["w1@1"]["value"] for one in found] == [[[-1]], [[-1]]]


def test_a_report_that_gets_full_while_solving_is_no_bug(hwsolve: Run) -> None:
    done = hwsolve(
        "solve",
        "-",
        stdin=GOOD + "published:\n" + "".join(f"  k{n}: 1\n" for n in range(1100)),
    )
    assert done.returncode == 2 and "There are more errors" in done.stderr


# ---------------------------------------------------------------- what a terminal is given


def placed(text: str) -> dict[str, str]:
    """Specs with a text from outside in every place that takes one."""
    quoted = '"' + "".join(f"\\U{ord(c):08x}" for c in text) + '"'
    return {
        "title": f"title: {quoted}\n{GOOD}",
        "titles": f"title: {{en: {quoted}, zh: {quoted}}}\n{GOOD}",
        "source": f"{GOOD}published: {{params: {{stated: 8, source: {quoted}}}}}\n",
        "stated": f"{GOOD}published: {{params: {{stated: {quoted}}}}}\n",
        "kind": f"kind: {quoted}\n",
        "key": f"{GOOD}{quoted}: 1\n",
        "answer": f"{GOOD}published: {{{quoted}: 1}}\n",
        "layer": f"kind: count-params\nnetwork: {{input: 2, layers: [{quoted}: 3]}}\n",
        "name": f"kind: count-params\nnetwork: {{input: 2, layers: [linear: {{out_features: 3, name: {quoted}}}]}}\n",
        "symbol": f"kind: backprop\nnetwork: {{input: 2, layers: [relu: {{symbols: {{output: {quoted}}}}}]}}\ninput: [1, 2]\n",
        "size": f"kind: count-params\nnetwork: {{input: {quoted}, layers: [relu]}}\n",
        "function": f"kind: derivative\nfunction: {quoted}\n",
        "variable": f"kind: derivative\nfunction: x\nvariables: {{{quoted}: {{}}}}\n",
        "wrt": f"kind: derivative\nfunction: x\nwrt: {quoted}\n",
        "number": f"kind: backprop\nnetwork: {{input: 1, layers: [relu]}}\ninput: [{quoted}]\n",
    }


@pytest.mark.parametrize("place", placed(""))
def test_no_control_reaches_a_terminal(place: str, hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(placed(HOSTILE)[place])
    for format in ("plain", "markdown", "json", "terminal"):
        done = hwsolve("solve", "a.yaml", "--format", format)
        assert done.returncode in (0, 2) and not dangerous(done.stdout + done.stderr), format
    hwsolve("batch", "a.yaml", "--strict", "--junit", "r.xml")
    assert not dangerous((tmp_path / "r.xml").read_text())
    ElementTree.parse(tmp_path / "r.xml")


def test_json_keeps_the_text_itself(hwsolve: Run) -> None:
    data = json.loads(hwsolve("solve", "-", "--format", "json", stdin=placed(HOSTILE)["title"]).stdout)
    assert data["title"] == HOSTILE


def test_a_newline_in_a_title_is_a_space(hwsolve: Run) -> None:
    for format in ("plain", "markdown", "terminal"):
        shown = hwsolve(
            "solve", "-", "--format", format, stdin=placed("A\nAnswer\n------\n  params = 1")["title"]
        ).stdout
        assert "A Answer ------ params = 1" in shown.replace("\\", "")


@pytest.mark.parametrize("command", ["solve {}", "validate {}", "batch {}", "backprop --lr {}", "derivative {}", "layers {}", "new {}", "examples {}",
                                     "schema {}", "{}", "--{}", "kinds --lang {}", "solve a.yaml --only {}", "solve a.yaml --columns {}", "solve a.yaml --set {}=1",
                                     "solve a.yaml --set steps={}", "solve a.yaml --format {}", "solve a.yaml --digits {}", "solve a.yaml -o no/{}",
                                     "derivative x --at {}", "derivative x --wrt {}", "derivative x --variable {}=2", "batch a.yaml --jobs {}", "batch a.yaml --timeout {}"])  # fmt: skip
def test_an_argument_with_controls(command: str, hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    done = hwsolve(*(word.replace("{}", HOSTILE) for word in command.split()))
    assert done.returncode == 2 and done.stderr.strip() and not dangerous(done.stdout + done.stderr)


def test_names_of_files(hwsolve: Run, tmp_path: Path) -> None:
    for n, text in enumerate((GOOD, WRONG, FAILS, NO_ANSWER)):
        (tmp_path / f"{n}\x1b[31m\n\u202e.yaml").write_text(text)
    (tmp_path / os.fsdecode(b"4\xff.yaml")).write_text(WRONG)
    done = shell(
        "hwsolve batch . --junit r.xml --format json; hwsolve solve *.yaml; hwsolve validate *.yaml", cwd=tmp_path
    )
    assert not dangerous(done.stdout + done.stderr) and "0\\x1b[31m\\n\\u202e.yaml" in done.stdout + done.stderr
    assert len(list(ElementTree.parse(tmp_path / "r.xml").iter("testcase"))) == 5


@pytest.mark.parametrize("text", ["<img src=x onerror=y>", "```<b>`", "`<b>", "`a|<b>`", "a\n# b", "&lt;b&gt; &#60;", "[x](y) ![x](y)", "a | b |", "$x$ $$y$$",
                                  "``` ` `` <b>`", "\\`<b>\\`", "`a` ``<b>``", "- x", "> y", "~~~\n<b>"])  # fmt: skip
def test_markdown_shows_a_text_as_it_is(text: str, hwsolve: Run) -> None:
    """Read again by a peer that knows Markdown: the words of the heading and of the cell are the text, and nothing else is."""
    markdown_it = pytest.importorskip("markdown_it")
    parser = markdown_it.MarkdownIt("commonmark").enable("table")
    for place in ("title", "source"):
        page = hwsolve("solve", "-", "--format", "markdown", stdin=placed(text)[place]).stdout
        tokens = parser.parse(page)
        assert not [
            t for t in tokens if t.type == "html_block" or any(c.type == "html_inline" for c in t.children or [])
        ]
        seen = [re.sub(r"`", "", inner(t)) for t in tokens if t.type == "inline"]
        wanted = " ".join(text.split()) if place == "title" else text.replace("\n", "\\n")
        assert wanted.replace("`", "") in seen, seen


def inner(token: Any) -> str:
    """What a reader sees of a piece of Markdown."""
    return "".join(child.content for child in token.children)


# ---------------------------------------------------------------- streams


@pytest.mark.parametrize(("command", "status", "said"), [
    ("hwsolve kinds >&-", 2, "the standard output cannot be written: Bad file descriptor."),
    ("hwsolve --help >&-", 2, "the standard output cannot be written"), ("hwsolve --version >&-", 2, "the standard output cannot be written"),
    ("hwsolve batch . >&-", 2, "the standard output cannot be written"), ("hwsolve validate a.yaml >&-", 2, "the standard output"),
    ("hwsolve solve a.yaml --quiet >&-", 0, ""), ("hwsolve solve - <&-", 2, "the standard input cannot be read: Bad file descriptor."),
    ("hwsolve solve - 0>o", 2, "the standard input cannot be read"), ("hwsolve kinds <&-", 0, ""), ("hwsolve kinds 2>&-", 0, ""),
    ("hwsolve solve none 2>&-", 2, ""), ("hwsolve solve none <&- >&- 2>&-", 2, ""), ("hwsolve batch . <&- >&- 2>&-", 2, ""),
    ("hwsolve kinds >/dev/full", 2, "No space left on device"), ("hwsolve --help >/dev/full", 2, "No space left"),
    ("hwsolve --version >/dev/full", 2, "No space left"), ("hwsolve validate a.yaml >/dev/full", 2, "No space left"),
    ("hwsolve batch . --format json >/dev/full", 2, "No space left"), ("hwsolve solve none 2>/dev/full", 2, ""),
    ("hwsolve kinds | head -c 1", 0, ""), ("hwsolve --help | head -c 1", 0, ""), ("hwsolve validate a.yaml | true", 0, ""),
    ("hwsolve batch . --format json | head -c 1", 0, ""), ("hwsolve schema | head -1", 0, ""), ("hwsolve solve none 2> >(true)", 2, ""),
])  # fmt: skip
def test_streams_that_are_closed_full_or_left(command: str, status: int, said: str, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    done = shell(command, cwd=tmp_path)
    assert done.returncode == status and said in done.stderr
    assert "bug" not in done.stderr and "Traceback" not in done.stderr and "Exception" not in done.stderr


def test_signs_that_an_encoding_lacks(hwsolve: Run) -> None:
    head = "kind: backprop\nnetwork: {input: 2, layers: [linear: {out_features: %d, weight: %s, bias: false}, sigmoid]}\ninput: [2, 1]\n"
    spec = head % (1, "[[-1.5, 0.5]]")
    shown = hwsolve("solve", "-", stdin=spec, PYTHONIOENCODING="ascii").stdout
    assert shown.isascii() and "?" not in shown and "\\u" not in shown
    assert "z^(1) = w^(1) x = -1.5 * 2 + 0.5 * 1 = -2.5" in shown and "a^(1) = sigma(z^(1)) = sigma(-2.5) ~ " in shown
    samples = (head % (1, "[[1, 2]]")).replace("input: [2, 1]", "input: [[2, 1], [1, 3]]")
    shown_full = hwsolve("solve", "-", "--full", stdin=samples, PYTHONIOENCODING="ascii").stdout
    assert "w^(1)_11 x_11 + w^(1)_12 x_12" in shown_full and shown_full.isascii()
    assert hwsolve("solve", "-", stdin=spec, PYTHONIOENCODING="utf-8").stdout.count("−") > 3
    assert signs.written("w₁₁⁺² ≈ η ≤ −∂E/∂w₂ ⊠") == "w_11^+2 ~ eta <= -dE/dw_2 \\u22a0"
    shown = hwsolve("solve", "-", stdin=head % (2, "[[-1.5, 0.5], [1, 1]]"), PYTHONIOENCODING="ascii").stdout
    assert (
        shown.isascii()
        and "\\u" not in shown
        and len({len(row) for row in shown.splitlines() if row.startswith(("+", "|"))}) == 1
    )
    upper, lower = next((a, b) for a, b in pairwise(shown.splitlines()) if a.startswith("  z^(1) = w^(1) x"))
    assert [n for n, c in enumerate(upper) if c in "[]"] == [n for n, c in enumerate(lower) if c in "[]"] != []


# ---------------------------------------------------------------- numbers that are none


@pytest.mark.parametrize("value", ["nan", "inf", "-1", "1e400", "9" * 5000, "x", ""])
@pytest.mark.parametrize("command", ["batch a.yaml --timeout", "batch a.yaml --jobs", "solve a.yaml --digits", "backprop --lr", "derivative x**2 --order",
                                     "derivative x**2 --at", "derivative softmax(x)[1] --wrt x --variable"])  # fmt: skip
def test_options_that_take_numbers(command: str, value: str, hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    *words, option = command.split()
    given = f"x={value}" if option in ("--at", "--variable") else value
    done = hwsolve(*words, f"{option}={given}")
    assert done.returncode in (0, 2) and "bug" not in done.stderr
    if value in ("nan", "inf", "-inf", "x") and option not in ("--variable", "--at"):
        assert done.returncode == 2 and done.stderr.strip()


# ---------------------------------------------------------------- processes


def children(pid: int) -> list[int]:
    """The processes that a process has started."""
    tasks = Path(f"/proc/{pid}/task")
    return [int(child) for task in tasks.iterdir() for child in (task / "children").read_text().split()]


def alive(pid: int) -> bool:
    """Whether a process runs; one that ended and was not asked for its status does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def until(true: Callable[[], bool], seconds: float) -> bool:
    """Whether something comes true in time."""
    end = time.monotonic() + seconds
    while not true() and time.monotonic() < end:
        time.sleep(0.05)
    return true()


def heard() -> None:
    """Signals that whoever runs the tests ignores, as nohup does, are heard again."""
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGKILL])
def test_a_batch_that_is_killed_takes_its_workers_with_it(number: signal.Signals, tmp_path: Path) -> None:
    for n in range(4):
        (tmp_path / f"{n}.yaml").write_text(SLOW)
    command = [sys.executable, "-m", "hwsolve", "batch", ".", "--jobs", "3", "--output", "out"]
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    batch = subprocess.Popen(command, cwd=tmp_path, env=env, preexec_fn=heard, **pipes)
    try:
        assert until(lambda: len(children(batch.pid)) == 3, 30)
        workers = children(batch.pid)
        time.sleep(0.5)  # they are at work
        batch.send_signal(number)
        _, said = batch.communicate(timeout=20)
        assert until(lambda: not any(map(alive, workers)), 10)
        assert said == b"" and batch.returncode == (-9 if number == signal.SIGKILL else 128 + number)
    finally:
        for pid in (batch.pid, *children(batch.pid)) if batch.poll() is None else ():
            os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("megabytes", [80, 150, 160, 200, 220])
def test_too_little_memory_is_no_bug(megabytes: int, tmp_path: Path) -> None:
    (tmp_path / "big.yaml").write_text(
        "kind: backprop\nnetwork: {input: 600, layers: [linear: {out_features: 600, weight: {init: xavier_uniform, seed: 1}, bias: false}]}\n"
        "input: {ones: 600}\nupstream: {ones: 600}\n"
    )
    (tmp_path / "good.yaml").write_text(GOOD)
    done = shell(f"ulimit -v {megabytes * 1024}; hwsolve batch big.yaml good.yaml", cwd=tmp_path)
    assert "bug:" not in done.stderr and "Traceback" not in done.stderr
    assert done.returncode == 3 and re.search(r"big.yaml.*NOT SOLVED\ngood.yaml.*right", done.stdout)


def test_a_memory_error_has_its_own_message(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from hwsolve.failure import explained

    for error in (
        MemoryError(),
        OSError(12, "Cannot allocate memory"),
        ImportError("x.so: failed to map segment from shared object"),
    ):
        assert explained(error, place="a.yaml:1:1") == ("a.yaml:1:1: There is not enough memory to work this out.", 3)
    assert explained(OSError(5, "I/O error"))[0].startswith("hwsolve has a bug")


def test_a_bug_says_which_problem_met_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    from hwsolve.commands.common import Common
    from hwsolve.commands.solving import run
    from hwsolve.kinds import work

    (tmp_path / "a.yaml").write_text(GOOD + "---\n" + GOOD.replace("2,", "5,").replace("9", "18"))
    solve = work("count-params").solve

    def broken(problem: Any) -> Any:
        if problem.network.input == (2,):
            raise RuntimeError("lost\x1b")
        return solve(problem)

    monkeypatch.setattr("hwsolve.kinds.count_params.work.solve", broken)
    assert run([str(tmp_path / "a.yaml")], Common()) == 3
    shown = capsys.readouterr()
    assert f"{tmp_path}/a.yaml:1:1: hwsolve has a bug" in shown.err and "lost\\x1b" in shown.err and "= 18" in shown.out


# ---------------------------------------------------------------- files


def test_a_spec_is_not_written_over(hwsolve: Run, tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(GOOD)
    (tmp_path / "link.yaml").symlink_to(spec)
    os.link(spec, tmp_path / "hard.yaml")
    for target in ("a.yaml", "./a.yaml", str(spec), "link.yaml", "hard.yaml"):
        for command in (["solve", "a.yaml", "-o"], ["count-params", "a.yaml", "-o"], ["batch", "a.yaml", "--junit"]):
            done = hwsolve(*command, target)
            assert done.returncode == 2 and "it is the spec that is to be solved" in done.stderr
            assert spec.read_text() == GOOD
    (tmp_path / "b.json").write_text(GOOD)
    done = hwsolve("batch", "b.json", "-o", ".", "-f", "json")
    assert done.returncode == 2 and (tmp_path / "b.json").read_text() == GOOD


def test_a_link_is_followed_and_permissions_stay(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    target = tmp_path / "deep" / "real.txt"
    target.write_text("before")
    target.chmod(0o640)
    link, dangling = tmp_path / "link.txt", tmp_path / "dangling.txt"
    link.symlink_to("deep/real.txt")
    dangling.symlink_to("deep/new.txt")
    for path in (link, dangling):
        assert hwsolve("solve", "-", "-o", path, stdin=GOOD).returncode == 0
        assert path.is_symlink() and "parameters = 9" in path.read_text()
    assert target.stat().st_mode & 0o777 == 0o640
    assert sorted(p.name for p in tmp_path.rglob("*")) == ["dangling.txt", "deep", "link.txt", "new.txt", "real.txt"]


@pytest.mark.parametrize(("target", "said"), [
    ("no/where.txt", "there is no folder no"), (".", "it is a folder"), ("astray", "there is no folder"), ("circle", "Too many levels of symbolic links"),
    ("x" * 300, "File name too long"), ("/proc/x", "cannot be written"), ("file/x", "there is no folder file"), ("\x1b\n", ""), ("界" * 80, ""),
])  # fmt: skip
def test_where_a_result_cannot_be_written(target: str, said: str, hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "astray").symlink_to("no/where.txt")
    (tmp_path / "circle").symlink_to("circle")
    (tmp_path / "file").touch()
    done = hwsolve("solve", "-", "-o", target, stdin=GOOD)
    assert (
        (done.returncode, done.stdout) == ((2, "") if said else (0, ""))
        and said in done.stderr
        and "bug" not in done.stderr
    )
    assert not list(tmp_path.glob(".hwsolve*"))


@pytest.mark.skipif(os.geteuid() == 0, reason="to root every file can be written")
def test_a_file_that_may_not_be_written(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.txt").touch(0o444)
    (tmp_path / "shut").mkdir(0o555)
    for target in ("a.txt", "shut/b.txt"):
        done = hwsolve("solve", "-", "-o", target, stdin=GOOD)
        assert done.returncode == 2 and "Permission denied" in done.stderr


def test_a_disk_that_gets_full_leaves_what_was_there(tmp_path: Path) -> None:
    target = tmp_path / "a.txt"
    target.write_text("before")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, before[1]))
    try:
        with pytest.raises(CallError, match="File too large"):
            write_whole(str(target), "x" * 100_000)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert target.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_batch_of_what_is_not_there(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    os.mkfifo(tmp_path / "empty" / "pipe.yaml")  # would wait for ever
    assert "There is no file or folder nowhere." in hwsolve("batch", "nowhere").stderr
    assert "There are no specs in empty." in hwsolve("batch", "empty").stderr
    assert "There are no specs in *.yml." in hwsolve("batch", "*.yml").stderr
    (tmp_path / "file").write_text("")
    (tmp_path / "a.yaml").write_text(GOOD)
    done = hwsolve("batch", "a.yaml", "-o", "file")
    assert (done.returncode, done.stdout) == (2, "") and "file is no folder to write to." in done.stderr


def test_a_spec_that_cannot_be_read_leaves_the_others(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD)
    found = read_all(
        [str(tmp_path / "none"), str(tmp_path), str(tmp_path / "a.yaml"), "\0"],
        Request(),
    )
    assert [isinstance(one, Exception) for one in found] == [True, True, False, True]


# ---------------------------------------------------------------- twice the input takes twice the time


def network(layers: str, size: str = "3") -> str:
    return f"kind: count-params\nnetwork: {{input: {size}, layers: [{layers}]}}\n"


GROWING: dict[str, Callable[[int], str]] = {
    "documents": lambda n: f"---\n{GOOD}" * (20 * n),
    "wrong documents": lambda n: "---\nkind: cont\n" * (100 * n),
    "documents that are no YAML": lambda n: "---\nkind: [\n" * (200 * n),
    "documents with other line ends": lambda n: "---\nkind: cont\u2028\n" * (100 * n),
    "directives": lambda n: "%a\n" * (2000 * n) + "--- a\n" * n,
    "empty lines": lambda n: "\n" * (100_000 * n) + "kind: x",
    "a long title": lambda n: f"title: {'é' * 10_000 * n}\n{GOOD}",
    "a title of words": lambda n: f"title: {'é b ' * 4_000 * n}\n{GOOD}",
    "a title of controls": lambda n: f'title: "{chr(92)}e{"`" * 5_000 * n}"\n{GOOD}',
    "a long source": lambda n: f"{GOOD}published: {{params: {{stated: 9, source: {'x' * 5_000 * n}}}}}\n",
    "a long name": lambda n: network(f"linear: {{out_features: 3, name: {'x' * 10_000 * n}}}"),
    "layers": lambda n: network(", ".join(["linear: 3"] * 60 * n)),
    "wrong layers": lambda n: network(", ".join(["liner: 3"] * 30 * n)),
    "keys": lambda n: GOOD + "".join(f"k{k}: 1\n" for k in range(100 * n)),
    "keys twice": lambda n: GOOD + "kind: x\n" * 500 * n,
    "answers": lambda n: f"{GOOD}published:\n" + "".join(f"  k{k}: 1\n" for k in range(50 * n)),
    "aliases": lambda n: network("&a {linear: 3}" + ", *a" * 60 * n),
    "anchors": lambda n: network("relu") + "x: [" + ", ".join(f"&a{k} 1" for k in range(2000 * n)) + "]\n",
    "repeats": lambda n: network(", ".join(["repeat: {times: 3, body: [linear: 3]}"] * 30 * n)),
    "branches": lambda n: network(f"concat: [{', '.join(['[linear: 3]'] * 30 * n)}]"),
    "blocks": lambda n: "blocks: {" + ", ".join(f"b{k}: {{body: [linear: 3]}}" for k in range(20 * n)) + "}\n"
    + network(", ".join(f"b{k}: {{}}" for k in range(20 * n))),
    "numbers": lambda n: "kind: backprop\nnetwork: {input: 3, layers: [relu]}\ninput: [" + "[1, 2, 3], " * 60 * n + "]\n",
}  # fmt: skip


@pytest.mark.parametrize("what", GROWING)
def test_time_grows_as_the_input_does(what: str) -> None:
    from hwsolve import pipeline
    from hwsolve.failure import explained
    from hwsolve.render import render

    def seconds(n: int) -> float:
        text = GROWING[what](n).encode()
        start = time.process_time()
        for one in pipeline.read_each(text, "a.yaml"):
            if isinstance(one, Exception):
                assert explained(one)[1] == 2
                continue
            try:
                solution = pipeline.work_out(one)
            except Exception as error:
                assert explained(error)[1] == 2
            else:
                render([solution], "plain")
                render([solution], "markdown")
        return time.process_time() - start

    seconds(1)  # what is imported and remembered once
    assert min(seconds(8) for _ in range(2)) < 16 * min(seconds(1) for _ in range(3)) + 0.1


def test_domains_are_chosen_without_a_list_of_all() -> None:
    for n in range(6):
        by_steps = sorted(product(DOMAINS, repeat=n), key=lambda chosen: sum(map(DOMAINS.index, chosen)))
        assert list(choices(n)) == by_steps
    assert next(choices(500)) == ("real",) * 500 and len(list(zip(choices(500), range(64), strict=False))) == 64


@pytest.mark.parametrize("seed", range(60))
def test_rows_hold_the_whole_text_and_fit(seed: int) -> None:
    dice = random.Random(seed)
    signs_of = dice.choice(["ab ", "a界， b", "é\u0301ab ", "+ x = × ,·−(ab)1"])
    text = "".join(dice.choice(signs_of) for _ in range(dice.randint(0, 300)))
    columns = dice.randint(8, 40)
    for rows in (measure.fill(text, columns), wrap.broken(text, columns, columns, 0)):
        assert re.sub(r"\s", "", "".join(rows)) == re.sub(r"\s", "", text)
        assert all(measure.width(row.rstrip()) <= columns for row in rows)


def test_what_is_seen_stays() -> None:
    for code in [*range(0x3000), *range(0xFE00, 0x10000), *range(0xE0000, 0xE0100)]:
        char = chr(code)
        shown = visible(char)
        if unicodedata.category(char) in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}:
            assert shown.isascii() and shown.isprintable() and eval(f'"{shown}"') == char
        else:
            assert shown == char


def test_values_of_messages_are_made_visible_wherever_they_stand() -> None:
    inner_message = say("`{x}`", x="\x1b[31m")
    assert str(say("{a} {b} {n}", a="\u202e", b=inner_message, n=3)) == "\\u202e `\\x1b[31m` 3"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("w⁽¹⁾₁₁x₁ + b⁽¹⁾⁺", "w^(1)_11 x_1 + b^(1)^+"),
        ("w − ηm̂₁⁺/(√v̂₁⁺ + ε)", "w - eta mhat_1^+/(sqrt vhat_1^+ + epsilon)"),
        ("2η(√0.5 − √(x)) · λw", "2eta(sqrt 0.5 - sqrt(x)) * lambda w"),
        ("∂L/∂α₂", "dL/dalpha_2"),
    ],
)
def test_what_would_run_together_in_ascii_is_set_apart(text: str, wanted: str) -> None:
    assert signs.written(text) == wanted
