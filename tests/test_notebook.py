"""The Python API, as it is used in a notebook."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import pytest

import hwsolve
from hwsolve.errors import CallError
from hwsolve.formula.parse import parse
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS

SPEC = {"kind": "count-params", "network": {"input": 4, "layers": [{"linear": 3}, "relu", {"linear": 2}]}}
TEXT = "kind: count-params\nnetwork: {input: 4, layers: [linear: 3, relu, linear: 2]}\n"


def params(solution: hwsolve.Solution) -> int:
    return int(solution.answers["params"].value.value)


def test_a_dict_a_text_and_a_file(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(TEXT)
    assert [params(hwsolve.solve(spec)) for spec in (SPEC, TEXT, path, str(path))] == [23] * 4


@pytest.mark.parametrize("letter", ["x", "é", "损", "𝛼", "\\0"])
@pytest.mark.parametrize("length", [1, 60, 120, 250, 300, 5000])
def test_a_text_of_one_row_is_no_file(letter: str, length: int) -> None:
    """However long it is: the system limits names of files in bytes."""
    title = letter * length
    spec = f'{{kind: derivative, title: "{title}", function: x**2, wrt: x}}'
    assert hwsolve.solve(spec).kind == "derivative"


def test_a_field_can_be_changed() -> None:
    spec = PROBLEMS / "homework-2" / "2.1-backprop.yaml"
    assert "E@3" in hwsolve.solve(spec, steps=3).answers
    assert "E@3" not in hwsolve.solve(spec).answers


def test_python_numbers_are_the_decimals_that_were_typed() -> None:
    spec = {
        "kind": "backprop",
        "network": {"input": 1, "layers": [{"linear": {"out_features": 1, "bias": False, "weight": [[0.1]]}}]},
        "input": [3],
    }
    solution = hwsolve.solve(spec)
    (line,) = (line for line in solution.lines if getattr(line, "quantity", None))
    assert (line.quantity.text, line.quantity.relation) == ("0.3", "=")  # type: ignore[union-attr]


def test_it_shows_itself() -> None:
    solution = hwsolve.solve(SPEC)
    assert "23" in str(solution) and "23" in solution._repr_markdown_() and "count-params" in repr(solution)
    assert json.loads(solution.to("json"))["answers"]["params"]["value"] == 23
    assert max(map(len, solution.to("plain", width=60).splitlines())) <= 60
    with pytest.raises(CallError, match="There is no format `docx`"):
        solution.to("docx")


def test_several_problems() -> None:
    assert len(hwsolve.solve_all(TEXT + "---\n" + TEXT)) == 2
    with pytest.raises(CallError, match="2 problems"):
        hwsolve.solve(TEXT + "---\n" + TEXT)


def test_a_wrong_spec_says_where() -> None:
    with pytest.raises(SpecFailure, match=r"<text>:2:30.*\n.*network.layers\[1\]"):
        hwsolve.solve(TEXT.replace("linear: 3", "liner: 3"))
    with pytest.raises(CallError, match=r"There is no file missing\.yaml"):
        hwsolve.solve("missing.yaml")
    with pytest.raises(AttributeError):
        _ = hwsolve.nothing


def test_a_summary_of_a_module_leaves_the_module_as_it_is() -> None:
    torch = pytest.importorskip("torch")
    nn = torch.nn
    shared = nn.Linear(8, 8)
    layers = [nn.Conv2d(3, 8, 3, padding=1), nn.BatchNorm2d(8), nn.AdaptiveAvgPool2d(1), nn.Flatten(), shared, shared]
    module = nn.Sequential(*layers)
    before = [p.clone() for p in module.parameters()]
    solution = hwsolve.summary(module, (3, 32, 32))
    assert solution["params"] == sum(p.numel() for p in module.parameters()) == 312
    assert solution["macs"] == 27 * 8 * 32 * 32 + 64 + 64
    assert all(torch.equal(p, q) for p, q in zip(before, module.parameters(), strict=True)) and module.training
    assert "conv1" in solution._repr_markdown_() and [line for line in solution.lines if "conv1" in str(line)]
    with pytest.raises(CallError, match="say which shape comes in"):
        hwsolve.summary(module)


def test_a_summary_of_a_spec_and_of_a_configuration() -> None:
    assert hwsolve.summary(SPEC)["macs"] == 18
    path = Path(__file__).parent / "importing_configs" / "gpt2.json"
    assert hwsolve.summary(path)["params"] == hwsolve.summary(json.loads(path.read_text()))["params"] == 124_439_808
    assert "activations" in hwsolve.summary(SPEC, columns=["activations"]).asked
    with pytest.raises(CallError, match="int is nothing that can be imported"):
        hwsolve.summary(3)


def test_a_key_an_element_and_an_expression_are_numbers() -> None:
    solution = hwsolve.solve(PROBLEMS / "homework-2" / "2.1-backprop.yaml", ask=["v@1[1,2]", "E - E@1"])
    assert solution.asked == ("v@1[1,2]", "E - E@1")
    assert solution["v@1[1,2]"] == Fraction("0.13616") == solution["v@1"][0][1]
    assert solution["E - E@1"] == solution["E"] - solution["E@1"]
    assert parse(hwsolve.solve(TEXT.replace("4", "n"))["params"]) == parse("3*n + 11")
    with pytest.raises(KeyError, match="There is no answer `nothere`"):
        solution["nothere"]


def test_no_answer_is_an_object_of_the_program() -> None:
    """A half is a Fraction, a root of a number a float, and what holds a name the text that a spec would write."""
    centred = {"conv2d": {"out_channels": 4, "kernel_size": 4, "stride": 2}}
    spec = {"kind": "count-params", "network": {"input": [3, 8, 8], "layers": [centred]}}
    start = hwsolve.solve(spec, ask=["start.conv1"])["start.conv1"]
    assert start == 1 + (4 - 1) / 2 == 2.5 and float(start) == 2.5
    named = hwsolve.solve(spec | {"network": {"input": ["n", 16], "layers": [{"linear": 4}]}})
    assert named["shape.input"] == ["n", 16] and named["shape.linear1"] == ["n", 4]
    assert isinstance(named["macs"], str)
    slope = hwsolve.solve("kind: derivative\nfunction: sqrt(2)*x\nwrt: x\n")["d1"]
    assert slope == pytest.approx(2**0.5, abs=1e-15)


def test_an_error_in_what_python_passes_names_no_option_of_the_command_line() -> None:
    with pytest.raises(SpecFailure, match=r'^columns=\["foo"\]: Expected one of') as wrong:
        hwsolve.summary(SPEC, columns=("foo",))
    assert "--set" not in str(wrong.value) and '| ["foo"]\n   |  ^' in str(wrong.value)
