"""The command line: what it takes, where it writes, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from hwsolve import __version__, failure
from hwsolve.errors import CallError
from hwsolve.files import write_whole
from hwsolve.kinds import KINDS
from hwsolve.layers import LAYERS
from hwsolve.layers.composed import COMPOSITES
from hwsolve.layers.packaged import PACKAGED
from tests.conftest import PROBLEMS, ROOT, Run

COUNT = "kind: count-params\nnetwork: {input: 4, layers: [linear: 3, relu, linear: 2]}\nexpect: {params: 23}\n"


# ---------------------------------------------------------------- solving


def test_a_spec_from_the_standard_input(hwsolve: Run) -> None:
    done = hwsolve("solve", "-", stdin=COUNT)
    assert done.returncode == 0 and "23" in done.stdout and done.stderr == ""


def test_the_command_of_a_kind_takes_that_kind_alone(hwsolve: Run) -> None:
    assert hwsolve("count-params", "-", stdin=COUNT).returncode == 0
    done = hwsolve("backprop", "-", stdin=COUNT)
    assert (done.returncode, done.stdout) == (2, "")
    assert "<stdin>:1:7:" in done.stderr and "count-params" in done.stderr


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_without_spec_solves_its_example_and_says_so(kind: str, hwsolve: Run) -> None:
    done = hwsolve(kind)
    assert done.returncode == 0, done.stderr
    assert "No SPEC given: solving the example problems/" in done.stderr
    assert len(done.stdout.splitlines()) > 10


def test_the_example_changed_by_an_option_is_not_held_to_what_it_expects(hwsolve: Run) -> None:
    done = hwsolve("backprop", "--lr", "0.5", "--format", "json")
    assert done.returncode == 0
    data = json.loads(done.stdout)
    assert data["answers"]["w@1"]["value"][0][0] == pytest.approx(0.5 + 0.5 * 0.226 * 0.18)
    assert data["checks"] == []


def test_options_of_backprop(hwsolve: Run) -> None:
    spec = PROBLEMS / "homework-2" / "2.1-backprop.yaml"
    data = json.loads(hwsolve("backprop", spec, "--steps", "3", "--format", "json").stdout)
    assert {"E", "E@1", "E@2", "E@3"} <= set(data["answers"])


def test_set_changes_the_spec(hwsolve: Run) -> None:
    done = hwsolve(
        "solve",
        "-",
        "--set",
        "network.layers[1].out_features=5",
        "--set",
        "expect.params=37",
        "--format",
        "json",
        stdin=COUNT,
    )
    assert done.returncode == 0
    assert json.loads(done.stdout)["answers"]["params"]["value"] == 37


@pytest.mark.parametrize("value", ["params", "=3", "network.layrs=3", "network.layers[9]=relu", "[1]=2"])
def test_a_wrong_set(value: str, hwsolve: Run) -> None:
    done = hwsolve("solve", "-", "--set", value, stdin=COUNT)
    assert (done.returncode, done.stdout) == (2, "") and done.stderr


def test_several_specs_are_a_list_in_json(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COUNT)
    (tmp_path / "b.yaml").write_text(COUNT + "---\n" + COUNT)
    assert len(json.loads(hwsolve("solve", "a.yaml", "b.yaml", "--format", "json").stdout)) == 3
    assert isinstance(json.loads(hwsolve("solve", "a.yaml", "--format", "json").stdout), dict)


def test_digits_and_float(hwsolve: Run) -> None:
    spec = "kind: backprop\nnetwork: {input: 1, layers: [sigmoid]}\ninput: [1]\n"
    assert "0.731058578630" in hwsolve("solve", "-", "--digits", "12", stdin=spec).stdout
    done = hwsolve("solve", "-", "--float", "--format", "json", stdin=spec)
    assert json.loads(done.stdout)["answers"]["a0"]["system"] == "float64" or "float64" in done.stdout


def test_only_one_number(hwsolve: Run) -> None:
    spec = PROBLEMS / "homework-2" / "2.1-backprop.yaml"
    whole, part = hwsolve("solve", spec).stdout, hwsolve("solve", spec, "--only", "w@1[1,1]").stdout
    assert "0.54068" in part and "0.85198" not in part and len(part) < len(whole) / 2
    wrong = hwsolve("solve", spec, "--only", "W@1[1,1]")
    assert (wrong.returncode, wrong.stdout) == (2, "") and "W@1" in wrong.stderr


def test_questions_hide_the_solution(hwsolve: Run) -> None:
    text = hwsolve("solve", PROBLEMS / "homework-2" / "2.1-backprop.yaml", "--questions").stdout
    assert "0.6" in text and "0.54068" not in text and "0.025538" not in text


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("linear1", "Near it are shape.linear1, params.linear1, params.weight.linear1."),
        ("xyz", "Its results are params."),
    ],
)
def test_a_key_that_is_not_there(key: str, said: str, hwsolve: Run) -> None:
    done = hwsolve("solve", "-", "--only", key, stdin=COUNT)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr


@pytest.mark.parametrize("by", [["--wrt", "x,y"], ["--wrt", "x", "--wrt", "y"]])
def test_the_gradient_of_a_typed_function(by: list[str], hwsolve: Run) -> None:
    assert "∇f = ⎡2xy⎤" in hwsolve("derivative", "x**2*y", *by).stdout


def test_quiet_shows_only_what_fails(hwsolve: Run) -> None:
    assert hwsolve("solve", "-", "--quiet", stdin=COUNT).stdout == ""
    done = hwsolve("solve", "-", "--quiet", stdin=COUNT.replace("23", "24"))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == "<stdin>:3:18: params is 23, expected 24 (difference -1)\n"


# ---------------------------------------------------------------- exit statuses


def test_status_1_shows_the_solution_and_what_fails(hwsolve: Run) -> None:
    done = hwsolve("solve", "-", stdin=COUNT.replace("23", "24"))
    assert done.returncode == 1 and "23" in done.stdout
    assert "<stdin>:3:18: params is 23, expected 24 (difference -1)" in done.stderr


def test_what_is_wrong_leaves_the_rest_solved(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(COUNT)
    (tmp_path / "bad.yaml").write_text("kind: count-params\nnetwork: {input: 4, layers: [liner: 3]}\n")
    done = hwsolve("solve", "bad.yaml", "good.yaml", "missing.yaml", "--format", "json", "--output", "out.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert "bad.yaml:2:" in done.stderr and "There is no file missing.yaml." in done.stderr
    assert [one["answers"]["params"]["value"] for one in json.loads((tmp_path / "out.json").read_text())] == [23]
    assert hwsolve("solve", "bad.yaml", "missing.yaml", "--output", "none.txt").returncode == 2
    assert not (tmp_path / "none.txt").exists()


def test_a_mistake_found_only_after_solving_is_status_2_too(hwsolve: Run) -> None:
    done = hwsolve("solve", "-", stdin=COUNT.replace("params:", "parms:"))
    assert (done.returncode, done.stdout) == (2, "")
    assert "Did you mean `params`?" in done.stderr and "<stdin>:3:" in done.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["solve"], "Missing argument"),
        (["solvee"], "No such command 'solvee'. Did you mean 'solve'?"),
        (["solve", "x.yaml", "--formt", "json"], "No such option"),
        (["solve", "missing.yaml"], "There is no file missing.yaml."),
        (["solve", "."], ". is a folder: `hwsolve batch .` solves what is in it."),
        (
            ["solve", "-", "--format", "docx"],
            "There is no format `docx`; there are terminal, plain, json, markdown, html, latex, typst, pdf, notebook.",
        ),
        (["solve", "-", "--output", "no/where.txt"], "there is no folder no"),
        (["solve", "-", "--digits", "0"], "Expected a whole number from 1 to 2000, got `0`."),
        (["layers", "con2d"], "Unknown layer `con2d`. Did you mean `conv2d`?"),
        (["new", "backprp"], "Unknown kind `backprp`. Did you mean `backprop`?"),
        (["schema", "nothing"], "Unknown kind `nothing`."),
        (["examples", "2.1-bckprop"], "Did you mean `2.1-backprop`?"),
    ],
)
def test_a_wrong_call_is_one_message(args: list[str], said: str, hwsolve: Run) -> None:
    done = hwsolve(*args, stdin=COUNT)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and "Traceback" not in done.stderr


BUG = "import hwsolve.kinds.count_params.work as m\ndef broken(problem):\n    raise RuntimeError('lost')\nm.solve = broken\nfrom hwsolve.start import main\nmain()\n"


@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_reported_without_a_traceback(debug: bool) -> None:
    args = ["solve", str(PROBLEMS / "homework-1" / "1.1-fully-connected.yaml"), *(["--debug"] if debug else [])]
    done = subprocess.run([sys.executable, "-c", BUG, *args], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert (done.returncode, done.stdout) == (3, "")
    assert "hwsolve has a bug" in done.stderr and "RuntimeError: lost" in done.stderr and __version__ in done.stderr
    assert ("Traceback" in done.stderr) is debug


def test_a_bug_report_without_frames() -> None:
    assert failure.explained(ValueError("x\ny"))[1] == 3
    assert failure.explained(CallError("no"))[1] == 2  # type: ignore[arg-type]


# ---------------------------------------------------------------- writing


def test_output_to_a_file(hwsolve: Run, tmp_path: Path) -> None:
    assert hwsolve("solve", "-", "--output", "out.md", "--format", "markdown", stdin=COUNT).stdout == ""
    assert (tmp_path / "out.md").read_text().endswith("\n")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["out.md"]


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "a.txt"
    target.write_text("before")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full_disk)
    with pytest.raises(CallError, match="No space left"):
        write_whole(str(target), "after")
    assert target.read_text() == "before" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_reader_that_goes_away_is_no_error() -> None:
    command = (
        f"{sys.executable} -m hwsolve solve problems/homework-1/1.1-fully-connected.yaml --format json | head -c 10"
    )
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, cwd=ROOT, timeout=60
    )
    assert done.stderr == "" and len(done.stdout) == 10 and done.returncode == 0


def test_an_output_that_knows_only_ascii(hwsolve: Run) -> None:
    done = hwsolve("solve", "-", stdin=COUNT, PYTHONIOENCODING="ascii")
    assert done.returncode == 0 and "23" in done.stdout


# ---------------------------------------------------------------- reference


def entries(listed: str) -> list[str]:
    """The names of a list: what is set in goes on with the entry above."""
    return [row.split()[0] for row in listed.partition("\n\n")[0].splitlines() if row[:1].strip()]


def test_kinds_and_layers(hwsolve: Run) -> None:
    assert entries(hwsolve("kinds").stdout) == list(KINDS)
    assert entries(hwsolve("layers").stdout) == [*LAYERS, *PACKAGED, *COMPOSITES]
    for subject in ("kinds", "layers"):
        assert all(
            len(row.split()) > 3 for row in hwsolve(subject, COLUMNS="200").stdout.partition("\n\n")[0].splitlines()
        )


@pytest.mark.parametrize("subject", ["losses", "optimizers", "functions"])
def test_lists_have_commands_of_their_own(hwsolve: Run, subject: str) -> None:
    assert hwsolve(subject).stdout == hwsolve("list", subject).stdout != ""
    name = hwsolve(subject).stdout.split()[0]
    assert hwsolve(subject, name).stdout == hwsolve("list", subject, name).stdout != ""


def test_a_spec_to_begin_with_is_of_a_kind(hwsolve: Run) -> None:
    run = hwsolve("new")
    assert run.returncode == 2 and all(f"`{kind}`" in run.stderr for kind in KINDS)


@pytest.mark.parametrize("name", LAYERS)
def test_the_arguments_of_a_layer(name: str) -> None:
    from hwsolve.commands.listing import listing

    text = listing("layers", name, "plain")
    assert (
        text.startswith(name)
        and "trainable" in text
        and "<class" not in text
        and " object at " not in text
        and "Struct" not in text
        and "(" not in text.partition("Arguments")[0][:1]
    )


def test_the_arguments_of_conv2d(hwsolve: Run) -> None:
    text = hwsolve("layers", "conv2d").stdout
    assert "out_channels" in text and "required" in text and "default [1, 1]" in text


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_solves_itself(kind: str, hwsolve: Run, tmp_path: Path) -> None:
    assert hwsolve("new", kind, "--output", "my.yaml").returncode == 0
    text = (tmp_path / "my.yaml").read_text()
    assert text == hwsolve("new", kind).stdout and text.count("#") >= 3
    done = hwsolve(kind, "my.yaml")
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("name", COMPOSITES)
def test_a_composite_is_shown_as_it_is_typed(name: str, hwsolve: Run) -> None:
    shown = hwsolve("layers", name).stdout
    typed = textwrap.indent(textwrap.dedent(shown[shown.index("  - ") :]), "    ")
    spec = f"kind: count-params\nnetwork:\n  input: 4\n  layers:\n{typed}"
    done = hwsolve("solve", "-", "--format", "json", stdin=spec)
    assert done.returncode == 0 and f"params.{name}1" in done.stdout, done.stderr


def test_examples(hwsolve: Run, tmp_path: Path) -> None:
    names = entries(hwsolve("examples").stdout)
    assert "homework-2/2.1-backprop" in names
    text = (PROBLEMS / "homework-2" / "2.1-backprop.yaml").read_text()
    for name in ("homework-2/2.1-backprop", "2.1-backprop", "problems/homework-2/2.1-backprop.yaml"):
        assert hwsolve("examples", name).stdout == text


def test_the_schema_takes_every_shipped_spec(hwsolve: Run) -> None:
    import yaml
    from jsonschema import Draft202012Validator

    schema = json.loads(hwsolve("schema").stdout)
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    for path in PROBLEMS.rglob("*.yaml"):
        for document in yaml.safe_load_all(path.read_text()):
            assert [e.message for e in validator.iter_errors(document)] == [], path
    assert list(validator.iter_errors({"kind": "count-params", "netwrk": {}}))


def test_validate(hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(COUNT + "---\n" + COUNT)
    (tmp_path / "b.yaml").write_text("kind: count-params\n")
    done = hwsolve("validate", "a.yaml", "b.yaml")
    assert done.returncode == 2
    assert done.stdout == "a.yaml: right, 2 of count-params\n" and "b.yaml:1:1:" in done.stderr


@pytest.mark.parametrize("args", [["--version"], ["solve", "--version"], ["kinds", "--version"]])
def test_version(args: list[str], hwsolve: Run) -> None:
    assert hwsolve(*args).stdout == f"hwsolve {__version__}\n"


def test_help_without_a_command(hwsolve: Run) -> None:
    done = hwsolve()
    assert "count-params" in done.stdout + done.stderr and done.returncode in (0, 2)


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no device that is always full")
@pytest.mark.parametrize("target", ["> /dev/full", "-o /dev/full"])
def test_a_full_disk_is_no_bug(target: str) -> None:
    command = f"{sys.executable} -m hwsolve backprop {target}"
    done = subprocess.run(command, shell=True, capture_output=True, encoding="utf-8", cwd=ROOT)
    assert done.returncode == 2
    assert "No space left on device" in done.stderr and "bug" not in done.stderr


@pytest.mark.parametrize(
    "call",
    [
        ("new", "backprop"),
        ("schema",),
        ("solve", "spec.yaml", "--format", "markdown"),
        ("count-params", "spec.yaml", "--format", "json"),
        ("draw", "spec.yaml"),
    ],
)
def test_minus_is_the_standard_output(call: tuple[str, ...], hwsolve: Run, tmp_path: Path) -> None:
    (tmp_path / "spec.yaml").write_text(COUNT)
    plain = hwsolve(*call, cwd=tmp_path)
    assert plain.returncode == 0 and plain.stdout
    assert hwsolve(*call, "--output", "-", cwd=tmp_path).stdout == plain.stdout
    assert [p.name for p in tmp_path.iterdir()] == ["spec.yaml"]


def test_every_command_with_an_output_takes_minus() -> None:
    from typer.main import get_command

    from hwsolve.cli import app
    from hwsolve.commands.options import file_named

    commands = get_command(app).commands  # type: ignore[attr-defined]
    options = {
        name: o for name, command in commands.items() for o in command.params if "--output" in getattr(o, "opts", ())
    }
    assert {"new", "schema", "solve", "draw", "import", "backprop"} <= set(options)
    assert all("- is the standard output" in (o.help or "") for o in options.values())
    assert file_named("-") is None and file_named("a-") == "a-"
