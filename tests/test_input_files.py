"""Numbers from files on the command line: exact values, and what is refused."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hwsolve import pipeline
from hwsolve.data_files import read_array
from hwsolve.errors import CallError
from tests.conftest import Run

NET = """kind: backprop
network: {input: 2, layers: [linear: {out_features: 1, weight: [[1, 2]], bias: [0]}]}
target: [[1], [0]]
loss: mse_loss
"""


def spec(folder: Path, text: str = NET) -> str:
    path = folder / "a.yaml"
    path.write_text(text)
    return str(path)


def given(text: str, name: str, path: Path) -> Any:
    (problem,) = pipeline.read(text, "a.yaml", pipeline.Request(files={name: str(path)}))
    return problem


def test_an_npy_has_the_exact_values_of_its_floats(tmp_path: Path) -> None:
    dice, path = random.Random(1), tmp_path / "x.npy"
    for kind in (np.float64, np.float32, np.int64, np.float16):
        x = np.array([[dice.uniform(-9, 9) for _ in range(2)] for _ in range(2)]).astype(kind)
        np.save(path, x)
        values = given(NET, "x", path).input.values
        assert [(v.numerator, v.denominator) for v in values] == [float(v).as_integer_ratio() for v in x.ravel()]


@pytest.mark.parametrize(("name", "text"), [("x.csv", "1, 0.50\n\n0.1,2e-1\n"), ("x.json", "[[1, 0.50], [0.1, 2e-1]]")])
def test_text_has_the_decimals_that_are_typed(name: str, text: str, tmp_path: Path, hwsolve: Run) -> None:
    path = tmp_path / name
    path.write_text(text)
    values = given(NET, "x", path).input.values
    assert [(v.numerator, v.denominator) for v in values] == [(1, 1), (1, 2), (1, 10), (1, 5)]
    typed = NET + "input: [[1, 0.5], [0.1, 0.2]]\n"
    by_file = hwsolve("solve", spec(tmp_path), "--input", f"x={path}", "--format", "json").stdout
    assert (
        json.loads(by_file)["answers"]
        == json.loads(hwsolve("solve", spec(tmp_path, typed), "--format", "json").stdout)["answers"]
    )


def test_a_line_is_a_vector_and_a_column_a_matrix(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    shapes = {"1,2,3\n": (3,), "1\n2\n": (2, 1), "4": (1,)}
    for text, shape in shapes.items():
        path.write_text(text)
        sheet = "{kind: worksheet, define: {f: sum(x)}}"
        assert given(sheet, "x", path).given["x"].shape == shape


def test_inputs_by_name_targets_and_givens(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text("[[1], [2]]")
    two = "{kind: backprop, network: {inputs: {p: 1, q: 1}, layers: [add: [p, q]]}, input: {q: [[1], [1]]}}"
    assert sorted(given(two, "p", path).input) == ["p", "q"]
    assert given(NET + "input: [[1, 2], [3, 4]]", "target", path).target is not None
    neuron = "{kind: perceptron, input: [[1]], target: [1, 0]}"
    assert given(neuron, "x", path).input.shape == (2, 1)
    layer = "{kind: pooling, layer: {max_pool1d: 2}, input: [1, 2]}"
    path.write_text("[[1, 2, 3, 4]]")
    assert given(layer, "x", path).input.shape == (1, 4)


REFUSED = {
    "a.csv": ("a,b", "Line 1: `a` is no number."),
    "b.csv": ("1,2\n3", "Line 2 has the length 1; the first one has 2."),
    "c.csv": ("", "The file holds no numbers."),
    "d.csv": ("1,nan", "Line 1: `nan` is no finite number."),
    "a.json": ("{}", "Expected numbers, and lists of them."),
    "b.json": ("[null]", "Expected numbers, and lists of them."),
    "c.json": ("[Infinity]", "`Infinity` is no finite number."),
    "d.json": ("[1,", "This is no JSON: line 1, column 4."),
    "e.json": ("[" * 100_000, "These lists are too deep."),
    "f.json": ("[1, 1e999999]", "number"),
    "a.txt": ("1", "numbers are read from files in .npy, .csv, .json."),
    "a.npy": ("1", "This is no whole `.npy` file."),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_array_of_numbers_is_refused(name: str, tmp_path: Path) -> None:
    text, said = REFUSED[name]
    (tmp_path / name).write_text(text)
    with pytest.raises(CallError, match=name) as error:
        read_array(str(tmp_path / name))
    assert said in str(error.value)


def test_objects_nan_and_too_many_numbers_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.npy"
    for array, said in (
        (np.array([{}], dtype=object), "An array of Python objects is not loaded; save numbers."),
        (np.array([1, np.nan]), "`nan` is no finite number."),
        (np.array([1, -np.inf]), "`-inf` is no finite number."),
        (np.array(["a"]), "Expected an array of real numbers"),
        (np.array([1j]), "Expected an array of real numbers"),
        (np.zeros(1_000_001), "An array of 1,000,001 values is too big"),
    ):
        np.save(path, array, allow_pickle=True)
        with pytest.raises(CallError) as error:
            read_array(str(path))
        assert said in str(error.value)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("x", "--input takes NAME=FILE, as in --input x=data.csv."),
        ("x=none.npy", "There is no file none.npy."),
        (
            "y=x.csv",
            "--input y=x.csv: There is no input `y`; other numbers have their path, as `network.layers[1].weight`.\n"
            "  hint: Known are `x`.",
        ),
        ("x=x.csv", "The input has the shape 3, the network takes 2."),
    ],
)
def test_a_wrong_call_is_named(asked: str, said: str, tmp_path: Path, hwsolve: Run, monkeypatch: Any) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.csv").write_text("1,2,3")
    found = hwsolve("solve", spec(tmp_path), "--input", asked)
    assert found.returncode == 2 and said in found.stderr


@pytest.mark.parametrize("name", ["network.layers[1].weight", "network.layers[1].linear.weight"])
def test_any_numbers_have_their_path(name: str, tmp_path: Path, hwsolve: Run) -> None:
    path = tmp_path / "w.json"
    path.write_text("[[3, -1]]")
    typed = NET.replace("[[1, 2]]", "[[3, -1]]") + "input: [[1, 2], [0, 1]]\n"
    wanted = hwsolve("solve", spec(tmp_path, typed), "--format", "json").stdout
    untyped = spec(tmp_path, NET + "input: [[1, 2], [0, 1]]\n")
    found = hwsolve("solve", untyped, "--input", f"{name}={path}", "--format", "json").stdout
    assert json.loads(found)["answers"] == json.loads(wanted)["answers"] != {}


def test_a_kind_without_givens_takes_none(tmp_path: Path, hwsolve: Run) -> None:
    (tmp_path / "x.csv").write_text("1,2")
    path = spec(tmp_path, "{kind: count-params, network: {input: 2, layers: [linear: 2]}}")
    found = hwsolve("solve", path, "--input", f"x={tmp_path / 'x.csv'}")
    assert "This kind of problem takes no numbers from a file." in found.stderr


OPTIMIZE = {  # with x = (0.25, 3): w after one step
    "w": ("{kind: optimize, minimize: sum(w**2), start: {w: [9, 9]}, optimizer: {sgd: {lr: 1}}}", [-0.25, -3]),
    "start.w": ("{kind: optimize, minimize: sum(w**2), optimizer: {sgd: {lr: 1}}}", [-0.25, -3]),
    "given.c": (
        "{kind: optimize, minimize: sum((w - c)**2), start: {w: [0, 0]}, optimizer: {sgd: {lr: 1}}}",
        [0.5, 6],
    ),
    "gradient.w": ("{kind: optimize, parameters: {w: [1, 1]}, optimizer: {sgd: {lr: 2}}}", [0.5, -5]),
}


@pytest.mark.parametrize("name", OPTIMIZE)
def test_optimize_takes_starts_givens_and_gradients(name: str, tmp_path: Path, hwsolve: Run) -> None:
    text, wanted = OPTIMIZE[name]
    (tmp_path / "x.csv").write_text("0.25, 3")
    asked = ("--input", f"{name}={tmp_path / 'x.csv'}", "--format", "json")
    found = json.loads(hwsolve("optimize", spec(tmp_path, text), *asked).stdout)["answers"]["w@1"]["value"]
    assert [float(value) for value in found] == wanted


def test_a_name_that_may_be_several_things_is_asked_about(tmp_path: Path, hwsolve: Run) -> None:
    (tmp_path / "x.csv").write_text("1,2")
    both = spec(
        tmp_path, "{kind: optimize, minimize: sum(w**2), start: {w: 1}, given: {b: 1}, optimizer: {sgd: {lr: 1}}}"
    )
    found = hwsolve("solve", both, "--input", f"a={tmp_path / 'x.csv'}")
    assert found.returncode == 2 and "say what it is: `start.a`, `given.a`." in found.stderr


def test_a_batch_gives_its_numbers_to_every_spec(tmp_path: Path, hwsolve: Run) -> None:
    numbers = tmp_path / "x.csv"
    numbers.write_text("1,2\n3,4")
    for name, weights in (("a", "[[1, 2]]"), ("b", "[[3, -1]]")):
        (tmp_path / f"{name}.yaml").write_text(NET.replace("[[1, 2]]", weights) + "input: [[0, 0], [0, 0]]\n")
    found = hwsolve("batch", str(tmp_path), "--input", f"x={numbers}", "--format", "json")
    y = [np.array([[1, 2], [3, 4]]) @ w for w in ([1, 2], [3, -1])]
    wanted = [float(np.mean((v - [1, 0]) ** 2)) for v in y]
    assert [float(one["answers"]["L"]["value"]) for one in json.loads(found.stdout)] == wanted


ATTENTION = """kind: backprop
network: {input: {size: [2, 2]}, layers: [attention: {mask: causal}]}
input: [[1, 0.5], [0.25, 2]]
"""


@pytest.mark.parametrize("name", ["m.npy", "m.json"])
def test_a_mask_of_truths_is_that_of_ones_and_zeros(name: str, tmp_path: Path, hwsolve: Run) -> None:
    path, seen = tmp_path / name, [[True, False], [False, True]]
    if path.suffix == ".npy":
        np.save(path, np.array(seen))
    else:
        path.write_text(json.dumps(seen))
    asked = ("--input", f"network.layers[1].mask={path}", "--format", "json")
    found = hwsolve("solve", spec(tmp_path, ATTENTION), *asked).stdout
    assert json.loads(found)["answers"]["o"]["value"] == [[1, 0.5], [0.25, 2]]  # each row sees itself alone


def test_truths_are_no_numbers(tmp_path: Path, hwsolve: Run) -> None:
    path = tmp_path / "x.npy"
    np.save(path, np.array([True, False]))
    found = hwsolve("solve", spec(tmp_path), "--input", f"x={path}")
    assert found.returncode == 2 and f"--input x={path}: Expected a number, got `true`.\n  at input[1]" in found.stderr


@pytest.mark.parametrize(
    ("place", "text", "said"),
    [
        ("weight[1]", "1,2,3", "Expected a list of 2 here, got a list of 3."),
        ("weight[1]", "4", "Expected a list of 2 here, got a list of 1."),
        ("weight[1][1]", "1,2", "Expected a single value here, got a list of 2."),
        ("weight[2]", "1,2,3", "Expected a list of 2 here, got a list of 3."),
        ("bias[1]", "1,2", "Expected a single value here, got a list of 2."),
    ],
)
def test_a_part_of_another_length_is_the_fault_of_its_file(
    place: str, text: str, said: str, tmp_path: Path, hwsolve: Run
) -> None:
    path = tmp_path / "w.csv"
    path.write_text(text)
    layer = "linear: {out_features: 2, weight: [[1, 2], [3, 4]], bias: [0, 0]}"
    net = f"kind: backprop\nnetwork: {{input: 2, layers: [{layer}]}}\ninput: [1, 1]\nupstream: [1, 1]\n"
    found = hwsolve("solve", spec(tmp_path, net), "--input", f"network.layers[1].{place}={path}")
    told = f"--input network.layers[1].{place}={path}: {said}\n  at network.layers[1].{place}\n"
    assert (found.returncode, found.stderr) == (2, told)
