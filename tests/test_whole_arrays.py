"""Formulas over whole arrays: their values against NumPy and PyTorch in three number systems, shapes, and how they are written."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

from hwsolve.ascii import written
from hwsolve.formula.notation import latex, plain, unicode
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Ref, transform
from hwsolve.formula.whole_arrays import Misfit, magnitude, shape_of, value
from tests.test_matrix_forms import SYSTEMS, as_system, floats

DICE = np.random.default_rng(8)
SHAPES = {
    "A": (3, 4), "B": (4, 2), "C": (3, 4), "S": (3, 3), "w": (2, 3), "g": (3, 4), "a": (3,), "b": (4,), "x": (4,),
    "D": (2, 3, 4),
}  # fmt: skip
ARRAYS = {name: np.round(DICE.uniform(-2, 2, shape) * 16) / 16 + 1 / 32 for name, shape in SHAPES.items()} | {
    "c": np.array(0.75)
}
Expected = Callable[[dict[str, np.ndarray]], np.ndarray]


def torch_conv(g: np.ndarray, w: np.ndarray, around: int, dilation: int = 1) -> np.ndarray:
    """PyTorch's cross-correlation of one map, with so many rings of the kernel's reach around it."""
    torch = pytest.importorskip("torch")
    reach = [around * dilation * (k - 1) for k in w.shape]
    made = torch.nn.functional.conv2d(
        torch.tensor(g)[None, None], torch.tensor(w)[None, None], None, 1, reach, dilation
    )
    return np.asarray(made[0, 0])


def torch_transposed(g: np.ndarray, w: np.ndarray, **settings: Any) -> np.ndarray:
    """PyTorch's transposed convolution of one map."""
    torch = pytest.importorskip("torch")
    made = torch.nn.functional.conv_transpose2d(torch.tensor(g)[None, None], torch.tensor(w)[None, None], **settings)
    return np.asarray(made[0, 0])


CASES: dict[str, Expected] = {
    "A @ B": lambda v: np.einsum("ij,jk->ik", v["A"], v["B"]),
    "A @ x": lambda v: np.einsum("ij,j->i", v["A"], v["x"]),
    "a @ A": lambda v: np.einsum("i,ij->j", v["a"], v["A"]),
    "x @ b": lambda v: np.vdot(v["x"], v["b"]),
    "T(A)": lambda v: np.transpose(v["A"]),
    "T(A @ B) - T(B) @ T(A)": lambda v: np.zeros((2, 3)),
    "odot(A, C)": lambda v: np.multiply(v["A"], v["C"]),
    "odot(odot(A, C), A)": lambda v: np.multiply(np.square(v["A"]), v["C"]),
    "outer(a, b)": lambda v: np.outer(v["a"], v["b"]),
    "diag(a) - outer(a, a)": lambda v: np.diag(v["a"]) - np.outer(v["a"], v["a"]),
    "diag(a) @ A": lambda v: v["a"][:, None] * v["A"],
    "sum(A) + sum(b)": lambda v: np.array(v["A"].sum() + v["b"].sum()),
    "rows(b)": lambda v: v["b"].reshape(1, 4),
    "T(D)[2] @ b": lambda v: v["D"][:, 1] @ v["b"],
    "A + rows(b)": lambda v: np.array([row + v["b"] for row in v["A"]]),
    "A @ B + c": lambda v: np.matmul(v["A"], v["B"]) + 0.75,
    "c*A - 2*C + (-A)": lambda v: (0.75 - 1) * v["A"] - 2 * v["C"],
    "A/c": lambda v: v["A"] / 0.75,
    "A/(C**2 + 1)": lambda v: np.divide(v["A"], np.square(v["C"]) + 1),
    "2/(A**2 + 1)": lambda v: 2 / (np.square(v["A"]) + 1),
    "A**2 + 1": lambda v: np.square(v["A"]) + 1,
    "relu(A)": lambda v: np.maximum(v["A"], 0),
    "d_relu(A @ x)": lambda v: np.heaviside(v["A"] @ v["x"], 0),
    "tanh(A) + rows(sigmoid(b))": lambda v: np.tanh(v["A"]) + 1 / (1 + np.exp(-v["b"])),
    "leaky_relu(A, c)": lambda v: np.where(v["A"] > 0, v["A"], 0.75 * v["A"]),
    "rot180(w)": lambda v: np.rot90(v["w"], 2),
    "rot180(b)": lambda v: np.flip(v["b"]),
    "full(w, g)": lambda v: torch_conv(v["g"], v["w"], 1),
    "full(w, g, 2)": lambda v: torch_conv(v["g"], v["w"], 1, dilation=2),
    "full(rot180(w), stuffed(g, 2))": lambda v: torch_transposed(v["g"], v["w"], stride=2),
    "full(rot180(w), stuffed(g, 2, 3))": lambda v: torch_transposed(v["g"], v["w"], stride=(2, 3)),
    "crop(full(rot180(w), g), 1)": lambda v: torch_transposed(v["g"], v["w"], padding=1),
    "crop(full(rot180(w), stuffed(g, 2)), 1, 5, 8)": lambda v: torch_transposed(
        v["g"], v["w"], stride=2, padding=1, output_padding=1
    ),
    "crop(A, 1, 3, 4)": lambda v: np.pad(v["A"][1:, 1:], ((0, 1), (0, 1))),
    "stuffed(b, 3)": lambda v: np.array([x for k in v["b"] for x in (k, 0, 0)][:-2]),
}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("text", CASES)
def test_numpy_and_torch_give_the_same(text: str, system: str) -> None:
    f = parse(text)
    found = value(f, {n: as_system(a, system) for n, a in ARRAYS.items()})
    wanted = CASES[text](ARRAYS)
    assert np.shape(found) == wanted.shape == shape_of(f, {n: a.shape for n, a in ARRAYS.items()})
    assert np.allclose(floats(found), wanted, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("text", CASES)
def test_what_is_written_plainly_is_read_back(text: str) -> None:
    f = parse(text)
    assert plain(f) == text
    assert parse(plain(marked(f))) == f


REFUSED = {
    "A @ C": "3×4 and 3×4", "A @ a": "3×4 and 3", "x @ A": "4 and 3×4", "A @ c": "3×4 and 1", "c @ A": "1 and 3×4",
    "A + B": "3×4 and 4×2", "A + b": "3×4 and 4", "A - x": "3×4 and 4", "A + rows(a)": "3×4 and 1×3",
    "b + rows(b)": "4 and 1×4", "odot(A, B)": "3×4 and 4×2", "odot(A, c)": "3×4 and 1", "A*C": "3×4 and 3×4",
    "A/B": "3×4 and 4×2", "A/b": "3×4 and 4", "2**A": "1 and 3×4", "T(a)": "3", "T(c)": "1", "outer(A, b)": "3×4 and 4",
    "diag(A)": "3×4", "rows(A)": "3×4", "full(b, g)": "4 and 3×4", "stuffed(g, 2, 2, 2)": "3×4", "crop(A, 1, 2)": "3×4",
    "max(A, C)": "3×4 and 3×4", "leaky_relu(c, A)": "1 and 3×4", "unknown(A)": "3×4",
}  # fmt: skip


@pytest.mark.parametrize(("text", "shapes"), REFUSED.items())
def test_shapes_that_do_not_fit_are_refused(text: str, shapes: str) -> None:
    with pytest.raises(Misfit, match=f"The shapes? {shapes} do"):
        value(parse(text), ARRAYS)


def test_the_rounding_of_a_sum_is_measured_by_its_terms() -> None:
    big = {"A": np.array([[1e8, -1e8]]), "x": np.array([1.0, 1.0]), "b": np.array([-3.0])}
    assert magnitude(parse("A @ x - b"), big).tolist() == [2e8 + 3]
    assert magnitude(parse("-(A @ x) - 2*b"), big).tolist() == [2e8 + 6]
    assert magnitude(parse("odot(x, 1/(x - 0.75)) - x"), big).tolist() == [29, 29]  # 1.75 becomes 0.25


# how they are written


def marked(f: Formula, numbers: tuple[str, ...] = ("lr", "momentum")) -> Formula:
    def change(node: Formula) -> Formula:
        array = isinstance(node, Ref) and not node.indices and node.name not in numbers
        return Call("whole", (node,)) if array else node

    return transform(f, change)


WRITTEN = [
    ("w1 @ x + b1", "w⁽¹⁾ x + b⁽¹⁾", "w^{(1)} x + b^{(1)}"),
    ("x @ T(w1) + rows(b)", "x w⁽¹⁾ᵀ + b", r"x {w^{(1)}}^{\top} + b"),
    ("T(w) @ dL_dz1", "wᵀ ∂L/∂z⁽¹⁾", r"w^{\top} \frac{\partial L}{\partial z^{(1)}}"),
    ("outer(g, dL_dz)", "g (∂L/∂z)ᵀ", r"g {\left(\frac{\partial L}{\partial z}\right)}^{\top}"),
    ("w - lr*g", "w − η g", r"w - \eta g"),
    ("w - lr*(g + momentum*u)", "w − η (g + momentum u)", r"w - \eta (g + \text{momentum} \thinspace u)"),
    ("A @ B @ x", "A B x", "A B x"),
    ("A @ (B @ x)", "A (B x)", "A (B x)"),
    ("(A + B) @ x", "(A + B) x", "(A + B) x"),
    ("T(A @ B)", "(A B)ᵀ", r"{(A B)}^{\top}"),
    ("T(T(A))", "Aᵀᵀ", r"{A^{\top}}^{\top}"),
    ("odot(tanh(z), T(w) @ g)", "tanh(z) ⊙ (wᵀg)", r"\tanh(z) \odot (w^{\top}g)"),
    ("odot(odot(a, b), c)", "a ⊙ b ⊙ c", r"a \odot b \odot c"),
    ("odot(a, b) @ x", "(a ⊙ b) x", r"(a \odot b) x"),
    ("2*odot(a, b) - c", "2 (a ⊙ b) − c", r"2 (a \odot b) - c"),
    ("1/2*(A @ x)", "(1/2) A x", r"\frac{1}{2} A x"),
    ("-(A @ x) - (-b)", "−A x − (−b)", "-A x - (-b)"),
    ("diag(p) - outer(p, p)", "diag(p) − p pᵀ", r"\operatorname{diag}(p) - p p^{\top}"),
    ("2*sum(x) - sum(x)*y", "2 × Σ x − (Σ x) y", None),
    ("full(rot180(w), stuffed(g, 2))", "rot180(w) ⋆ stuffed(g, 2)", None),
    ("odot(a, full(w, g))", "a ⊙ (w ⋆ g)", r"a \odot (w \star g)"),
    ("full(w, full(w, g))", "w ⋆ (w ⋆ g)", None),
    ("-full(w, g)", "−(w ⋆ g)", None),
    ("2*full(w + v, g)", "2 ((w + v) ⋆ g)", None),
    ("full(w, g, 2)", "full(w, g, 2)", None),
]


@pytest.mark.parametrize(("text", "for_people", "for_pages"), WRITTEN)
def test_how_forms_are_written(text: str, for_people: str, for_pages: str | None) -> None:
    f = marked(parse(text))
    assert unicode(f) == for_people
    assert for_pages is None or latex(f) == for_pages
    assert plain(f) == text


def test_in_ascii_a_product_of_elements_has_a_name() -> None:
    assert written(unicode(marked(parse("odot(a, b) - x @ T(w1)")))) == "a odot b - x w^(1)^T"


def test_a_number_is_not_set_apart_from_a_number() -> None:
    assert unicode(parse("2*x*A")) == "2xA"
    assert unicode(parse("2*x*T(A)")) == "2x Aᵀ"


@pytest.mark.parametrize(("text", "tree"), [("w@1", Ref("w@1")), ("w @ x", Call("@", (Ref("w"), Ref("x"))))])
def test_a_key_at_a_step_is_no_product(text: str, tree: Formula) -> None:
    assert parse(text) == tree
    assert parse(f"2*{text}") == (Call("@", (parse("2*w"), Ref("x"))) if "@ " in text else parse("2") * tree)


def test_the_sign_of_a_product_binds_as_times_does() -> None:
    f: Any = parse("a + b @ c*d")
    assert f == Call("+", (Ref("a"), Call("*", (Call("@", (Ref("b"), Ref("c"))), Ref("d")))))
    assert operator.attrgetter("name")(f) == "+"
