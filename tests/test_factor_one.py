"""A factor 1 is left out wherever formulas are made: no page writes 1x, 1·x, −1x or 1(x + 1)."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.instantiate import fold
from hwsolve.formula.parse import parse

UNICODE = re.compile(r"(?<![\w.,₀-₉⁰-⁹)\]'])1(?:\(|⌊|⌈| ?· ?|(?=[a-zA-Z∂δΣ]))")
PLAIN = re.compile(r"(?<![\w.)\]*])1\*(?!\*)")
LATEX = re.compile(r"(?<![\w.,{}\])^])1 *(?:\\cdot|\\left|\\lfloor|\\exp|\\frac|[a-z]_)")

LINEAR = {"linear": {"out_features": 2, "weight": [[1, 2], [3, 4]], "bias": False}}
NETWORKS: dict[str, dict[str, Any]] = {
    name: {"network": {"input": 2, "layers": [layer, LINEAR]}, "upstream": [1, 0]}
    for name, layer in {
        "elu": "elu",
        "elu 1/2": {"elu": {"alpha": "1/2"}},
        "leaky_relu": {"leaky_relu": {"negative_slope": 1}},
        "softplus": {"softplus": {"beta": 1}},
        "hard_tanh": "hard_tanh",
        "prelu": {"prelu": {"init": 1}},
    }.items()
}
NETWORKS |= {
    "nll_loss": {"network": {"input": 2, "layers": [LINEAR, "softmax"]}, "target": {"class": 1}, "loss": "nll_loss"},
    "cross_entropy": {"network": {"input": 2, "layers": [LINEAR]}, "target": {"class": 2}, "loss": "cross_entropy"},
    "l1_loss": {"network": {"input": 2, "layers": [LINEAR]}, "target": [1, 1], "loss": "l1_loss"},
}
WINDOWS: dict[str, dict[str, Any]] = {
    "a mean that counts cells": {"kind": "pooling"}
    | {"layer": {"avg_pool1d": {"kernel_size": 3, "stride": 2, "padding": 1, "count_include_pad": False}}}
    | {"input": [1, 2, 3, 4, 5], "upstream": [1, 10, 100]},
    "steps of 1": {"kind": "pooling", "layer": {"max_pool1d": {"kernel_size": "K", "stride": 1}}},
    "groups of one channel": {"kind": "convolution", "input": ["C", "H", "W"]}
    | {"layer": {"conv2d": {"out_channels": "M", "kernel_size": "K", "groups": "G", "bias": False}}},
    "groups over stated channels": {"kind": "convolution", "input": [[1, 2, 3, 4], [5, 6, 7, 8]]}
    | {"layer": {"conv1d": {"out_channels": "M", "kernel_size": 3, "groups": 2}}},
}
PROBLEMS = {k: {"kind": "backprop", "input": [-1, 2]} | p for k, p in NETWORKS.items()} | WINDOWS


def formulas(node: Any) -> list[str]:
    """Every formula of a JSON document; a size that a setting states is 1*M = M there, and M to a reader."""
    if isinstance(node, dict):
        if node.get("kind") == "identity" and node["lhs"] == f"1*{node['rhs']}":
            return []
        return [v for k, v in node.items() if k in ("formula", "lhs", "rhs") and isinstance(v, str)] + [
            f for v in node.values() for f in formulas(v)
        ]
    return [f for v in node for f in formulas(v)] if isinstance(node, list) else []


@pytest.mark.parametrize("name", PROBLEMS)
def test_no_notation_writes_a_factor_of_1(name: str) -> None:
    solution = hwsolve.solve(PROBLEMS[name])
    document = json.loads(solution.to("json"))
    assert [f for f in formulas(document) if PLAIN.search(f)] == []
    assert [row for row in solution.to("plain").splitlines() if UNICODE.search(row)] == []
    assert [row for row in solution.to("markdown").splitlines() if LATEX.search(row)] == []


def test_the_patterns_find_a_factor_of_1() -> None:
    assert UNICODE.search("L = −1a⁽¹⁾₁") and UNICODE.search("else 1exp(xᵢ)") and UNICODE.search("i − 1 − 1(u − 1) + 3")
    assert PLAIN.search("-1*a[1]") and PLAIN.search("i - 1 - 1*(u - 1)") and not PLAIN.search("x**1*y + 21*z")
    assert not UNICODE.search("x₁ · y + 21z + (i − 1)(u + 1)")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [("(-1)*a[1]", "-a[1]"), ("(-1)*(-1)*a[1]", "a[1]"), ("(-1)*a[1]*1*b[1]", "-(a[1]*b[1])")],
)
def test_a_factor_of_minus_1_is_a_sign(text: str, wanted: str) -> None:
    assert fold(parse(text)) == parse(wanted)


def test_nothing_is_minus_0() -> None:
    page = hwsolve.solve(PROBLEMS["nll_loss"]).to("plain")
    assert "= −t = −⎡1⎤ = ⎡−1⎤" in page and "−0 " not in page
