"""`summary` for those who come from torchinfo: shapes with and without a batch, and what is no shape."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.errors import CallError

torch = pytest.importorskip("torch")
nn = torch.nn


def small() -> Any:
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5))


@pytest.mark.parametrize("batch", [1, 4])
def test_input_size_is_that_of_torchinfo(batch: int) -> None:
    torchinfo = pytest.importorskip("torchinfo")
    other = torchinfo.summary(small(), input_size=(batch, 3, 20, 18), verbose=0)
    ours = hwsolve.summary(small(), input_size=(batch, 3, 20, 18))
    assert ours["params"] == other.total_params
    weights_alone = other.total_mult_adds - batch * (8 * 18 * 16 + 5)  # it adds the biases
    assert ours["macs"] * batch == weights_alone
    notes = [str(note.text) for note in ours.notes]
    assert [f"all {batch} together take {batch} times" in note for note in notes] == ([True] if batch > 1 else [])


def test_a_batch_in_front_is_left_out_and_that_is_said() -> None:
    wanted = hwsolve.summary(small(), (3, 20, 18))
    assert not wanted.notes
    for shape, said in (((1, 3, 20, 18), "and left out"), ((2, 3, 20, 18), "all 2 together take 2 times")):
        found = hwsolve.summary(small(), shape)
        assert found["macs"] == wanted["macs"] and found["shape.conv1"] == wanted["shape.conv1"] == [8, 18, 16]
        assert [said in str(note.text) for note in found.notes] == [True] and said in str(found)


def test_rows_of_a_sequence_are_no_batch() -> None:
    found = hwsolve.summary(nn.Linear(4, 2), (5, 4))
    assert found["macs"] == 40 and not found.notes


def test_data_a_list_and_one_size_are_shapes_too() -> None:
    assert hwsolve.summary(small(), input_data=torch.zeros(2, 3, 20, 18))["params"] == 269
    assert hwsolve.summary(small(), [(3, 20, 18)])["params"] == 269
    assert hwsolve.summary(nn.Bilinear(3, 4, 5), (3,), (4,))["params"] == 65
    assert hwsolve.summary(nn.Bilinear(3, 4, 5), input_size=[(1, 3), (1, 4)])["params"] == 65
    assert hwsolve.summary(nn.Embedding(10, 4), 5)["params"] == 40


@pytest.mark.parametrize(
    ("shapes", "options", "said"),
    [
        ((3, 20, 18), {}, r"as `summary\(model, \(3, 20, 18\)\)`"),
        (("3,20,18",), {}, "got '3,20,18'"),
        (((3, -1, 18),), {}, r"at least 1.*got \(3, -1, 18\)"),
        (((3, 2.5, 18),), {}, "whole numbers"),
        (((None, 3, 20, 18),), {}, "got .None, 3"),
        (((True, 3),), {}, "whole numbers"),
        ((), {"input_size": 5}, "whole numbers"),
        (((3, 20, 18),), {"input_size": (1, 3, 20, 18)}, "can't both be given"),
        (((3, 20, 18),), {"col_names": ("output_size",)}, "columns="),
        (((3, 20, 18),), {"depth": 2}, "`depth` is torchinfo's; leave it out"),
        (((5, 20, 18),), {}, "fails at an input of 5,20,18"),
        (((2, 5, 20, 18),), {}, "fails at an input of 2,5,20,18"),
    ],
)
def test_what_is_no_shape_is_said(shapes: tuple[Any, ...], options: dict[str, Any], said: str) -> None:
    with pytest.raises(CallError, match=said):
        hwsolve.summary(small(), *shapes, **options)


TRAINED: dict[str, Any] = {
    "kind": "backprop",
    "network": {"input": 2, "layers": [{"linear": {"out_features": 1, "weight": [[0.1, 0.2]], "bias": [0]}}]},
    "input": [1, 2],
    "target": [1],
    "loss": "half_squared_error",
    "optimizer": {"sgd": {"lr": 0.1}},
    "steps": 20,
}


def test_what_stands_between_the_steps_is_worked_out_when_it_is_asked_for() -> None:
    solution = hwsolve.solve(TRAINED)
    assert "w1@7" not in solution.answers
    w, b = [0.1, 0.2], 0.0
    for k in range(1, 10):
        z = w[0] + 2 * w[1] + b
        w, b = [w[0] - 0.1 * (z - 1), w[1] - 0.2 * (z - 1)], b - 0.1 * (z - 1)
        assert [float(n) for n in solution[f"w1@{k}"][0]] == pytest.approx(w, abs=1e-12)
        assert float(solution[f"w1@{k}[1,2]"]) == pytest.approx(w[1], abs=1e-12)
        assert float(solution[f"dL_dw1@{k - 1}[1,1]" if k > 1 else "dL_dw1[1,1]"]) == pytest.approx(z - 1, abs=1e-12)
    assert "w1@7" not in solution.answers and "w1@7" not in str(solution)
    for key in ("w1@21", "nonsense", "params"):
        with pytest.raises(KeyError, match="no answer"):
            solution[key]
