"""The letters that an optimizer has by default step aside where a layer, a loss or the problem has them."""

from __future__ import annotations

import json
import re
from itertools import product
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Ref
from hwsolve.optimizers import OPTIMIZERS
from tests.line_check import wrong_lines

LINEAR = {"linear": {"out_features": 2, "weight": [[1, 2], [0, 1]], "bias": False}}
ROWS = {"input": [2, 2], "numbers": [[1, 2], [3, 1]]}
LAYERS: dict[str, tuple[dict[str, Any], list[Any]]] = {
    "layer_norm": ({"input": 2, "numbers": [1, 2]}, [{"layer_norm": {"weight": [1, 2], "bias": [0, 1]}}]),
    "prelu": ({"input": 2, "numbers": [1, -3]}, [LINEAR, "prelu"]),
    "positions": (ROWS, [{"positional_encoding": {"kind": "learned", "num_positions": 2, "weight": [[1, 0], [0, 1]]}}]),
    "named": ({"input": 2, "numbers": [1, 2]}, [{"linear": LINEAR["linear"] | {"symbols": {"weight": "lr"}}}]),
}
RATE: dict[str, Any] = {"lr": 0.5}


@pytest.mark.parametrize("layer, optimizer", [*product(LAYERS, OPTIMIZERS)])
def test_defaults_never_collide(layer: str, optimizer: str) -> None:
    data, layers = LAYERS[layer]
    target = [[1, 0], [0, 1]] if data is ROWS else [1, 0]
    problem = {"kind": "backprop", "network": {"input": data["input"], "layers": layers}, "input": data["numbers"]}
    weighed = {"binary_cross_entropy_with_logits": {"pos_weight": [2, 3]}}
    solution = hwsolve.solve(problem | {"target": target, "loss": weighed, "optimizer": {optimizer: RATE}})
    document = json.loads(solution.to("json"))
    assert not wrong_lines(document)
    keys = [line["key"] for part in document["sections"] for line in part["lines"] if line["kind"] == "value"]
    assert len(keys) == len(set(keys))


def test_all_of_a_kind_step_aside_and_the_page_says_so() -> None:
    data, layers = LAYERS["layer_norm"]
    problem = {"kind": "backprop", "network": {"input": 2, "layers": layers}, "input": data["numbers"]}
    solution = hwsolve.solve(problem | {"target": [1, 0], "loss": "mse_loss", "optimizer": {"adam": {"lr": 1}}})
    given = {one["key"]: one["value"] for one in json.loads(solution.to("json"))["given"]}
    assert (given["beta_opt1"], given["beta_opt2"], given["beta[2]"]) == ("0.9", "0.999", "1")
    assert "βₒₚₜ₁ = 0.9" in solution.to("plain")
    assert r"\beta_1 " not in solution.to("markdown")


def test_without_a_clash_they_keep_their_letters() -> None:
    problem = {"kind": "backprop", "network": {"input": 2, "layers": [LINEAR]}, "input": [1, 2], "target": [0, 0]}
    solution = hwsolve.solve(problem | {"loss": "mse_loss", "optimizer": {"adam": {"lr": 1}}})
    assert {"lr", "beta1", "beta2", "eps"} <= {one["key"] for one in json.loads(solution.to("json"))["given"]}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_letter_is_said_to_be_something_before_it_is_read(name: str) -> None:
    """Of the numbers of an optimizer, of what it keeps, and of what it works out; a word says it by itself."""
    decay = {"weight_decay": 0.25} if "weight_decay" in OPTIMIZERS[name].__struct_fields__ else {}
    problem = {"kind": "optimize", "parameters": {"w": [1, 2]}, "gradient": {"w": [[0.5, 1], [1, 0.5]]}}
    solution = hwsolve.solve(problem | {"optimizer": {name: {"lr": 0.5, **decay}}})
    said, _, work = solution.to("plain").partition("Given\n")
    said = " ".join(said.split())
    document = json.loads(solution.to("json"))
    lines = [line for part in document["sections"] for line in part["lines"] if line["kind"] == "value"]
    keys = {re.split(r"[@[]", one["key"])[0].removesuffix("_w") for one in (*lines, *document["given"])}
    for key in keys - {"w", "g"}:
        letter = unicode(Ref(key))
        if letter != key or len(key) == 1:
            assert len(re.findall(rf"(?<!\S){letter}(?:_w)? (?:is )?the ", said)) == 1, (letter, said)
    assert "weight_decay" not in work and (not decay or "the weight decay" in said)
