"""A whole number of the spec as an index by its name: the same as the number itself, and against PyTorch."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve
from hwsolve.answers import elements
from hwsolve.spec.report import SpecFailure

torch = pytest.importorskip("torch", reason="PyTorch is the peer of these tests")
VALUES = [0.5, -1.25, 2.0]


def solved(formula: str, *more: dict[str, Any]) -> hwsolve.Solution:
    layers = [{"parameter": {"values": VALUES, "output": "p"}}, *more, {"formula": formula}]
    return hwsolve.solve(
        {"kind": "backprop", "network": {"input": 2, "layers": layers}, "input": [1, 2], "upstream": [1, -3]}
    )


@pytest.mark.parametrize("c", [1, 2, 3])
@pytest.mark.parametrize(
    "formula", ["y = p[{c}]*input", "y = softmax(p)[{c}] - input*p[4 - {c}]", "y = input + Sum(p[k], k, 1, {c})"]
)
def test_a_constant_is_an_index(formula: str, c: int) -> None:
    by_name = solved(formula.format(c="c"), {"constant": {"value": c, "output": "c"}})
    p = torch.tensor(VALUES, dtype=torch.float64, requires_grad=True)
    x = torch.tensor([1.0, 2.0], dtype=torch.float64)
    y = {
        "y = p": lambda: p[c - 1] * x,
        "y = s": lambda: torch.softmax(p, 0)[c - 1] - x * p[3 - c],
        "y = i": lambda: x + p[:c].sum(),
    }[formula[:5]]()
    (y * torch.tensor([1.0, -3.0])).sum().backward()
    found = [float(q.value) for q in elements(by_name.answers["dL_dp"].value).values()]
    assert found == pytest.approx(p.grad.tolist(), abs=1e-12)
    assert not [note for note in by_name.notes if "Nothing reads" in str(note.text)]
    by_number = solved(formula.format(c=c))
    texts = [[q.text for q in elements(one.answers["y"].value).values()] for one in (by_number, by_name)]
    assert texts[0] == texts[1]


def test_what_may_change_is_no_index() -> None:
    with pytest.raises(SpecFailure, match="only a given whole number or a `constant` can be one"):
        solved(
            "y = p[c]*input",
            {"parameter": {"value": 2, "output": "c"}},
            {"formula": "z = c*input"},
            {"formula": "u = p[c]*c"},
        )
    with pytest.raises(SpecFailure, match="no sum, no left side and no `constant` gives it"):
        solved("y = p[c]*input", {"parameter": {"value": 2, "output": "c"}})


def test_a_given_number_is_an_index_of_what_is_minimised() -> None:
    found = hwsolve.solve(
        {
            "kind": "optimize",
            "minimize": "p[c]**2 + p[1]",
            "start": {"p": [1, 2]},
            "given": {"c": 2},
            "optimizer": {"sgd": {"lr": 0.1}},
        }
    )
    assert [float(q.value) for q in elements(found.answers["p@1"].value).values()] == pytest.approx([0.9, 1.6])
