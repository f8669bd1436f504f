"""`inv`, `det`, `diag`, `amax` and `amin` of worksheets against PyTorch: values and gradients."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines

torch = pytest.importorskip("torch")
FORMS: dict[str, tuple[str, Any]] = {
    "inverse": ("inv(A)", lambda A, b: torch.linalg.inv(A)),
    "solution": ("inv(A) @ b", lambda A, b: torch.linalg.solve(A, b)),
    "normal equations": ("inv(T(A) @ A) @ T(A) @ b", lambda A, b: torch.linalg.inv(A.T @ A) @ A.T @ b),
    "determinant": ("det(A)", lambda A, b: torch.linalg.det(A)),
    "logarithm of one": ("log(det(A @ T(A)))", lambda A, b: torch.logdet(A @ A.T)),
    "on a diagonal": ("A @ diag(b)", lambda A, b: A @ torch.diag(b)),
    "trace": ("sum(diag(A))*b", lambda A, b: A.trace() * b),
    "largest of columns": ("amax(A, 1)*b", lambda A, b: A.amax(0) * b),
    "smallest of rows": ("amin(A, 2)*b", lambda A, b: A.amin(1) * b),
    "largest of all": ("amax(A) - amin(b)", lambda A, b: A.amax() - b.amin()),
}


def drawn(dice: random.Random, n: int) -> tuple[Any, Any]:
    """A matrix far from a singular one, whose elements all differ, and a vector."""
    while True:
        A = np.array([[dice.randint(-40, 40) / 8 for _ in range(n)] for _ in range(n)])
        b = np.array([dice.randint(-40, 40) / 8 for _ in range(n)])
        if abs(np.linalg.det(A)) > 1 and len({*A.flat}) == n * n and len({*b}) == n:
            return A, b


@pytest.mark.parametrize("n", [1, 2, 3])
@pytest.mark.parametrize("name", FORMS)
def test_values_and_gradients_are_those_of_pytorch(name: str, n: int) -> None:
    text, peer = FORMS[name]
    A, b = drawn(random.Random(f"{name} {n}"), n)
    spec = {"kind": "worksheet", "given": {"A": A.tolist(), "b": b.tolist()}, "gradient_of": "f"}
    found = hwsolve.solve(spec | {"define": {"y": text, "f": "sum(y**2)"}})
    leaves = [torch.tensor(one, dtype=torch.float64, requires_grad=True) for one in (A, b)]
    y = peer(*leaves)
    (y**2).sum().backward()
    np.testing.assert_allclose(np.array(found["y"], float), y.detach().numpy(), rtol=1e-10, atol=1e-12)
    for key, leaf in zip(("df_dA", "df_db"), leaves, strict=True):
        if key in found.answers:
            np.testing.assert_allclose(np.array(found[key], float), leaf.grad.numpy(), rtol=1e-9, atol=1e-12)
        else:
            assert leaf.grad is None
    assert wrong_lines(json.loads(found.to("json"))) == []


@pytest.mark.parametrize(
    ("define", "said"),
    [
        ("inv(X)", "`X` is no square matrix: 2 × 3."),
        ("det(b)", "`b` is no square matrix: 2."),
        ("diag(X)", "`X` is no vector and no square matrix: 2 × 3."),
        ("inv(outer(c, c))", "`outer(c, c)` is 4 × 4: `det` and `inv` are worked out up to 3 × 3."),
        ("inv(S)", "division by zero"),
        ("amax(X, 3)", "`X` has no axis 3"),
    ],
)
def test_what_has_none_says_so(define: str, said: str) -> None:
    given = {"X": [[1, 2, 3], [4, 5, 6]], "b": [1, 2], "c": [1, 2, 3, 4], "S": [[1, 2], [2, 4]]}
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve({"kind": "worksheet", "given": given, "define": {"y": define}})
    assert said in str(failure.value)


def test_an_inverse_is_written_element_by_element() -> None:
    page = hwsolve.solve({"kind": "worksheet", "given": {"B": [[4, 1], [2, 3]]}, "define": {"K": "inv(B)"}}).to("plain")
    assert "K₁₂ = −B₁₂/(B₁₁B₂₂ − B₁₂B₂₁) = −1/(4 × 3 − 1 × 2) = −0.1" in page
    assert "≤" not in page and "K₂₂ =" in page
