"""Attention by heads: products of matrices head by head, and letters that keep their meaning over a page."""

from __future__ import annotations

import json
import random
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Ref, references
from hwsolve.formula.whole_arrays import value
from hwsolve.render import Options, render
from hwsolve.solution import Form, Group, Solution, Value
from tests.line_check import wrong_lines

MATRIX = {"q", "k", "v", "e", "o", "dL_dq", "dL_dk", "dL_dv", "dL_de", "dL_dalpha", "dL_dWq", "dL_dWk", "dL_dWv"}
SAME_FOR_ALL = {"dL_de"}  # a row of a softmax is no product


def numbers(rng: random.Random, *shape: int) -> Any:
    return [numbers(rng, *shape[1:]) for _ in range(shape[0])] if shape else rng.randint(-9, 9) / 10


def solved(seed: int, **more: Any) -> Solution:
    rng = random.Random(seed)
    heads, rows = rng.choice((2, 3)), rng.randint(2, 3)
    size = 2 * heads
    parts = ("q", "k", "v", "out")
    layer: dict[str, Any] = {
        "embed_dim": size, "num_heads": heads, "bias": False,
        "weight": {part: numbers(rng, size, size) for part in parts},
    }  # fmt: skip
    if seed % 2:
        layer["bias"] = {part: numbers(rng, size) for part in parts}
    if seed % 3 == 0:
        layer["mask"] = "causal"
    return hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": [rows, size], "layers": [{"multihead_attention": layer}]},
            "input": numbers(rng, rows, size),
            "target": numbers(rng, rows, size),
            "loss": "half_squared_error",
        }
        | more
    )


def lines(solution: Solution, kind: type) -> list[Any]:
    items = [item for step in solution.sections for item in step.items if isinstance(item, Group)]
    return [line for group in items for line in group.lines if isinstance(line, kind)]


@pytest.mark.parametrize("seed", range(3))
def test_each_head_has_its_product_of_matrices(seed: int) -> None:
    """What NumPy finds head by head is the array that the line gives; another program reads the same lines."""
    solution = solved(seed)
    made = {v.key.name: v for v in lines(solution, Value) if isinstance(v.quantity, tuple) and not v.key.indices}
    masked = {"dL_dalpha"} if seed % 3 == 0 else set()  # the mask is told in words
    assert made.keys() >= MATRIX - SAME_FOR_ALL - masked
    arrays = {key: array(a.value) for key, a in solution.answers.items() if key in (*MATRIX, "alpha")}
    arrays |= {name: given(solution, name) for name in ("x", "Wq", "Wk", "Wv")}
    heads = len(arrays["q"])
    for h in range(heads):
        q, k, v, alpha = (arrays[name][h] for name in ("q", "k", "v", "alpha"))
        d = {
            name: arrays[f"dL_d{name}"][h]
            for name in ("q", "k", "v", "e", "o", "alpha", "Wq", "Wk", "Wv")
            if f"dL_d{name}" in arrays
        }
        assert np.allclose(array(made["e"].quantity)[h], q @ k.T / np.sqrt(2), atol=1e-4)
        assert np.allclose(array(made["o"].quantity)[h], alpha @ v, atol=1e-4)
        assert np.allclose(d["q"], d["e"] @ k / np.sqrt(2))
        assert np.allclose(d["k"], d["e"].T @ q / np.sqrt(2))
        for name in "qkv":
            assert np.allclose(d[f"W{name}"], d[name].T @ arrays["x"])
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


def array(value: Any) -> np.ndarray:
    def floats(part: Any) -> Any:
        return [floats(p) for p in part] if isinstance(part, tuple | list) else float(part.value)

    return np.array(floats(value))


def given(solution: Solution, name: str) -> np.ndarray:
    found = {
        tuple(i.numerator - 1 for i in g.key.indices): float(g.quantity.value)
        for g in solution.given
        if g.key.name == name
    }  # type: ignore[union-attr]
    made = np.zeros([1 + max(column) for column in zip(*found, strict=True)])
    for at, x in found.items():
        made[at] = x
    return made


def test_a_part_of_an_array_is_read_back() -> None:
    f = parse("[x @ T((w)[1]), x @ T((w)[2])]", arrays=True)
    rng = np.random.default_rng(3)
    x, w = rng.normal(size=(3, 4)), rng.normal(size=(2, 5, 4))
    assert np.allclose(value(f, {"x": x, "w": w}), x @ w.transpose(0, 2, 1))
    with pytest.raises(ValueError, match="fit"):
        value(parse("(x)[1,2]", arrays=True), {"x": x})


@pytest.mark.parametrize("seed", range(3))
def test_letters_keep_their_meaning(seed: int) -> None:
    """Each axis of a quantity has one letter in all general lines; only positions may be those of queries or keys."""
    solution = solved(seed)
    met: dict[str, set[tuple[str, ...]]] = defaultdict(set)
    for form in lines(solution, Form):
        for stage in form.links:
            for ref in references(stage.formula):
                if ref.indices and all(isinstance(i, Ref) for i in ref.indices):
                    met[ref.name].add(tuple(i.name for i in ref.indices))  # type: ignore[union-attr]
    assert {"alpha", "dL_de", "dL_dWq"} <= met.keys()
    for name, letters in met.items():
        if name in ("L", "t"):
            continue
        for axis in zip(*letters, strict=True):
            assert len({"position" if i in "ijs" else i for i in axis}) == 1, (name, letters)


def test_numbers_stand_under_a_matrix_line_without_room_for_them() -> None:
    """Adam's v and w: in 80 columns no link with numbers has room, so that an element is worked out."""
    solution = hwsolve.solve(
        {
            "kind": "optimize",
            "parameters": {"w": [0.5, -1.5]},
            "gradient": {"w": [[0.2, -0.4], [0.1, 0.3]]},
            "optimizer": {"adam": {"lr": 0.02}},
        }
    )
    shown = render([solution], "plain", Options(width=80))
    for numbers_put_in in ("0.999 × 0 + (1 − 0.999) × 0.2² = 0.00004", "0.5 − 0.02 × 0.2/(√0.04 + 1 × 10⁻⁸)"):
        assert numbers_put_in in shown
