"""Formulas over whole arrays as formulas of one element: against NumPy, and their gradients against differences."""

from __future__ import annotations

import ast
import random
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from hwsolve.formula.array_functions import Unfit
from hwsolve.formula.array_words import ARRAY_FUNCTIONS
from hwsolve.formula.definition import defined
from hwsolve.formula.matrix_gradients import forms
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.square_matrices import SQUARE
from hwsolve.formula.whole_arrays import value
from hwsolve.graph.by_formula import of_definition
from tests.conftest import ROOT
from tests.often import often

Arrays = dict[str, Any]
Numbers = Callable[[Arrays], Any]


def softmax(z: Any, axis: int = -1) -> Any:
    e = np.exp(z)
    return e / e.sum(axis, keepdims=True)


# each with what NumPy gives; the quantities are those of `drawn`, `i` is called as an index letter is
FORMULAS: dict[str, Numbers] = {
    "A @ x + b": lambda v: v["A"] @ v["x"] + v["b"],
    "A @ B": lambda v: v["A"] @ v["B"],
    "x @ B": lambda v: v["x"] @ v["B"],
    "x @ y": lambda v: v["x"] @ v["y"],
    "Q @ R": lambda v: v["Q"] @ v["R"],
    "T(A) @ b": lambda v: v["A"].T @ v["b"],
    "T(Q)": lambda v: v["Q"].swapaxes(1, 2),
    "softmax(A)": lambda v: softmax(v["A"]),
    "softmax(A, 1)": lambda v: softmax(v["A"], 0),
    "log_softmax(Q, 2)": lambda v: np.log(softmax(v["Q"], 1)),
    "softmax(x)[1]": lambda v: softmax(v["x"])[0],
    "logsumexp(A, 1)": lambda v: np.log(np.exp(v["A"]).sum(0)),
    "sum(A)": lambda v: v["A"].sum(),
    "sum(A, 1)": lambda v: v["A"].sum(0),
    "mean(Q, 3)": lambda v: v["Q"].mean(2),
    "mean((x - mean(x))**2)": lambda v: v["x"].var(),
    "norm(A, 2)": lambda v: np.linalg.norm(v["A"], axis=1),
    "norm(x)": lambda v: np.linalg.norm(v["x"]),
    "amax(A, 2)": lambda v: v["A"].max(1),
    "amin(Q)": lambda v: v["Q"].min(),
    "diag(x)": lambda v: np.diag(v["x"]),
    "diag(A @ T(A))*b": lambda v: np.diag(v["A"] @ v["A"].T) * v["b"],
    "det(A @ T(A))": lambda v: np.linalg.det(v["A"] @ v["A"].T),
    "inv(A @ T(A)) @ b": lambda v: np.linalg.solve(v["A"] @ v["A"].T, v["b"]),
    "dot(x, y)*s": lambda v: v["x"] @ v["y"] * v["s"],
    "outer(x, b)": lambda v: np.outer(v["x"], v["b"]),
    "concat(x, b, tanh(y))": lambda v: np.concatenate([v["x"], v["b"], np.tanh(v["y"])]),
    "concat(A, 2*A)": lambda v: np.concatenate([v["A"], 2 * v["A"]]),
    "concat(s, x, s*s)": lambda v: np.array([v["s"], *v["x"], v["s"] ** 2]),
    "cumsum(x)": lambda v: np.cumsum(v["x"]),
    "cumsum(A, 2)": lambda v: np.cumsum(v["A"], 1),
    "element(A, 2)": lambda v: v["A"][1],
    "[0.5, -2] @ [[s, 2*s], [1, s]]": lambda v: np.array([0.5 * v["s"] - 2, -v["s"]]),
    "concat([x, y], [x])[2]": lambda v: v["y"],
    "[[1, 0.5, -1], [0.25, 2, 3]] @ concat(s, [s, 2*s])": lambda v: (
        np.array([[1, 0.5, -1], [0.25, 2, 3]]) @ np.array([v["s"], v["s"], 2 * v["s"]])
    ),
    "[1, 2][2]*x + [s, 7*s][1]*[[3, 4], [x @ y, 2]][2, 1]*y": lambda v: (
        2 * v["x"] + v["s"] * (v["x"] @ v["y"]) * v["y"]
    ),
    "A[2] + x": lambda v: v["A"][1] + v["x"],
    "A*x": lambda v: v["A"] * v["x"],
    "C + x": lambda v: v["C"] + v["x"],
    "max(A)": lambda v: v["A"].max(),
    "min(x, y)": lambda v: np.minimum(v["x"], v["y"]),
    "max(x, y, s)": lambda v: np.maximum(np.maximum(v["x"], v["y"]), v["s"]),
    "if(x > 0, x, s*x)": lambda v: np.where(v["x"] > 0, v["x"], v["s"] * v["x"]),
    "leaky_relu(x, 0.1)": lambda v: np.where(v["x"] > 0, v["x"], 0.1 * v["x"]),
    "Sum(x[j]*y[j], j)": lambda v: v["x"] @ v["y"],
    "Sum(j*j, j, 1, 4)*s": lambda v: 30 * v["s"],
    "Sum(i[i]*x[i], i)": lambda v: v["i"] @ v["x"],
    "exp(x - max(x))/sum(exp(x - max(x)))": lambda v: softmax(v["x"]),
    "sum(tanh(A @ x)*b)": lambda v: (np.tanh(v["A"] @ v["x"]) * v["b"]).sum(),
    "x**2/(1 + s**2)": lambda v: v["x"] ** 2 / (1 + v["s"] ** 2),
}

INDEXED: list[tuple[str, str, Numbers]] = [
    ("t", "Sum(b[k]*tanh(A[k,t]), k)", lambda v: v["b"] @ np.tanh(v["A"])),
    ("i,k", "Sum(A[i,j]*B[j,k], j)", lambda v: v["A"] @ v["B"]),
    ("i", "i[i]*x[i] + s", lambda v: v["i"] * v["x"] + v["s"]),
    ("k,i", "A[i,k] - b[i]", lambda v: (v["A"] - v["b"][:, None]).T),
]


def drawn(seed: int) -> Arrays:
    """Arrays of random lengths that fit together."""
    rng, lengths = np.random.default_rng(seed), random.Random(seed)
    m, n, k, p = (lengths.randint(2, 4) for _ in range(4))
    shapes = {"A": (m, n), "B": (n, k), "C": (m, 1), "Q": (p, m, n), "R": (p, n, k), "x": (n,), "y": (n,), "i": (n,)}
    shapes |= {"b": (m,), "s": ()}
    return {name: rng.normal(size=shape) for name, shape in shapes.items()}


def agrees(text: str, left: tuple[str, ...], numpy: Numbers, seed: int) -> None:
    """The value and every gradient of a definition are those of NumPy and of differences."""
    arrays = drawn(seed)
    found = defined(parse(text, True), {name: np.shape(a) for name, a in arrays.items()}, left or None)
    operation = of_definition(found, frozenset())
    read = [arrays[name] if np.ndim(arrays[name]) else float(arrays[name]) for name in found.reads]
    got = operation.forward(*read)
    wanted = numpy(arrays)
    assert np.shape(got) == np.shape(wanted) == found.shape
    np.testing.assert_allclose(np.array(got, float), wanted, rtol=1e-10, atol=1e-12)
    g = np.random.default_rng(seed + 1).normal(size=np.shape(wanted))
    for slot, name in enumerate(found.reads):
        slope = np.array(operation.backward(slot, g if g.shape else float(g), got, *read), float)
        for place in np.ndindex(np.shape(arrays[name])):
            sides = []
            for step in (1e-6, -1e-6):
                moved = {key: np.array(a, float) for key, a in arrays.items()}
                moved[name][place] += step
                sides.append(numpy(moved))
            assert slope[place] == pytest.approx(((sides[0] - sides[1]) / 2e-6 * g).sum(), rel=1e-5, abs=1e-6)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_over_arrays_is_what_numpy_gives(text: str) -> None:
    for seed in range(often(2)):
        agrees(text, (), FORMULAS[text], seed)


@pytest.mark.parametrize(("left", "text", "numpy"), INDEXED, ids=[text for _, text, _ in INDEXED])
def test_indices_on_the_left_side(left: str, text: str, numpy: Numbers) -> None:
    for seed in range(often(2)):
        agrees(text, tuple(left.split(",")), numpy, seed)


def test_every_function_of_arrays_is_among_them() -> None:
    def words(text: str) -> set[str]:
        literal = {"[]"} if text.startswith("[") else set()
        return {"@"} & set(text) | literal | {node for node in ARRAY_FUNCTIONS if f"{node}(" in text}

    assert set().union(*map(words, FORMULAS)) == set(ARRAY_FUNCTIONS)


@pytest.mark.parametrize(
    "text",
    [
        t
        for t in FORMULAS
        if any(sign in t for sign in ("@", "T(", "outer", "dot"))
        and not any(word in t for word in ("concat", "][", *SQUARE))
    ],
)
def test_a_form_over_whole_arrays_is_the_gradient(text: str) -> None:
    """What stands on the page as one line is what the formula of the elements gives."""
    for seed in range(often(2)):
        arrays = drawn(seed)
        found = defined(parse(text, True), {name: np.shape(a) for name, a in arrays.items()})
        operation = of_definition(found, frozenset())
        read = [arrays[name] if np.ndim(arrays[name]) else float(arrays[name]) for name in found.reads]
        y = operation.forward(*read)
        g: Any = np.random.default_rng(seed).normal(size=np.shape(y))
        g = g if np.ndim(y) else float(g)
        known = {f"x{k}": arrays[name] for k, name in enumerate(found.reads, 1)} | {"y": np.asarray(y, float), "g": g}
        if any(a.ndim > 2 for name, a in arrays.items() if name in found.reads):
            continue  # forms are of matrices
        assert "y" in found.forms
        for name, form in found.forms.items():
            wanted = y if name == "y" else operation.backward(int(name[1:]) - 1, g, y, *read)
            np.testing.assert_allclose(np.asarray(value(form, known), float), np.asarray(wanted, float), rtol=1e-9)


def test_textbook_forms_of_a_layer() -> None:
    shapes = {"W": (2, 3), "x": (3,), "b": (2,)}
    found = defined(parse("W @ x + b", True), shapes).forms
    assert {name: plain(form) for name, form in found.items()} == {
        "y": "x1 @ x2 + x3",
        "x1": "outer(g, x2)",
        "x2": "T(x1) @ g",
        "x3": "g",
    }
    assert forms(parse("x + b"), lambda f: (2,)) == {}


@pytest.mark.parametrize(
    "text",
    ["A @ nothing", "A + b", "A @ b", "x[9]", "foo(x)", "tanh(x, 1, 2)", "Sum(x[j], k)", "A[1,2,3]", "sum(A, 3)", "x[q]",
     "outer(A, x)", "softmax(s)", "if(x > 0, A, b)", "dot(x, b)", "concat(A, x)", "T(x)", "cumsum(s)", "x[0]", "x[1.5]",
     "Sum(x[j]*A[j,1], j)", "Sum(A, j)"],
)  # fmt: skip
def test_what_does_not_fit_is_refused(text: str) -> None:
    shapes = {"A": (2, 3), "x": (3,), "b": (2,), "s": ()}
    with pytest.raises(Unfit) as why:
        defined(parse(text, True), shapes)
    assert str(why.value.message).endswith(".")


def test_no_formula_is_evaluated_by_python() -> None:
    """Neither `eval` nor `exec`, nor what builds code from text, anywhere a typed formula comes by."""
    for folder in ("formula", "spec", "graph", "kinds"):
        for path in (ROOT / "hwsolve" / folder).rglob("*.py"):
            if path.name == "python_code.py":  # writes code of a tree in words of its own, never of typed text
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                name = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
                assert name not in ("eval", "exec", "compile", "__import__"), f"{path}: {name}"
