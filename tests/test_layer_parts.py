"""The passes of layers of a transformer stand under its parts, and every letter is said to belong to its layer."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from hwsolve import pipeline
from hwsolve.layers import layer_class
from hwsolve.layers.packaged import PACKAGED, packaged_class
from hwsolve.pipeline import read
from hwsolve.render import Options, render
from hwsolve.spec.report import SpecFailure
from hwsolve.spec.terms import LAYER


def layer(dice: random.Random, decoder: bool) -> dict[str, Any]:
    """The settings of a layer, drawn."""
    return {
        "d_model": 4, "nhead": dice.choice((1, 2)), "dim_feedforward": 3, "norm_first": dice.random() < 0.5,
        "activation": dice.choice(("relu", "gelu", "swiglu", "geglu")), "bias": dice.random() < 0.5,
        "norm": dice.choice(("layer_norm", "rms_norm")), "init": "normal", "seed": dice.randint(1, 9),
    } | ({"inputs": ["s", "m"]} if decoder else {})  # fmt: skip


def expected(settings: dict[str, Any], decoder: bool) -> list[str]:
    """The titles of the forward pass, as the two papers draw it."""
    gated = settings["activation"].endswith("glu")
    kind = "Gated feed-forward" if gated else "Feed-forward"
    attentions = ["Self-attention", *(["Cross-attention"] if decoder else [])]
    if not settings["norm_first"]:
        return [title for one in (*attentions, kind) for title in (one, "Sum and normalisation")]
    between = [title for one in attentions for title in (one, "Sum and normalisation")]
    return ["Normalisation", *between, kind, "Sum"]


def solved(layers: list[Any], inputs: dict[str, Any], rows: int = 2) -> Any:
    spec = {
        "kind": "backprop",
        "network": {"inputs" if len(inputs) > 1 else "input": inputs if len(inputs) > 1 else inputs["s"], "layers": layers},
        "input": {name: numbers(shape) for name, shape in inputs.items()} if len(inputs) > 1 else numbers(inputs["s"]),
        "target": numbers([rows, 4]),
        "loss": "mse_loss",
        "numbers": "float64",
    }  # fmt: skip
    (problem,) = pipeline.read(json.dumps(spec), "<test>")
    return pipeline.work_out(problem)


def numbers(shape: list[int]) -> list[list[float]]:
    return [[round(((3 * i + 5 * j) % 7 - 3) / 2, 1) for j in range(shape[1])] for i in range(shape[0])]


def titles(solution: Any) -> tuple[list[str], list[str]]:
    """What stands under the two passes, with the layers behind it."""
    found: dict[str, list[str]] = {}
    for step in solution.sections:
        if step.level == 1:
            below = found.setdefault(str(step.title), [])
        else:
            below.append(str(step.title))
    forward, backward = found["Forward pass"], found["Backward pass"]
    return forward[:-1] if forward[-1:] == ["Loss"] else forward, backward


@pytest.mark.parametrize("seed", range(6))
def test_the_parts_are_those_of_the_settings(seed: int) -> None:
    dice, decoder = random.Random(seed), seed % 2 == 1
    settings = layer(dice, decoder)
    name = f"transformer_{'decoder' if decoder else 'encoder'}_layer"
    inputs = {"s": [2, 4]} | ({"m": [3, 4]} if decoder else {})
    forward, backward = titles(solved([{name: settings}], inputs))
    assert [title.partition(":")[0] for title in forward] == expected(settings, decoder)
    assert backward == forward[::-1]


@pytest.mark.parametrize("seed", range(6))
def test_every_letter_belongs_to_the_layer_that_is_said(seed: int) -> None:
    dice, decoder = random.Random(seed), seed % 2 == 1
    settings = layer(dice, decoder)
    name = f"transformer_{'decoder' if decoder else 'encoder'}_layer"
    inputs = {"s": [2, 4]} | ({"m": [3, 4]} if decoder else {})
    solution = solved([{name: settings}], inputs)
    page = " ".join(render([solution], "plain", Options(width=100)).split())
    said = re.search(r"The parameters by layer: (.*?)\. ", page)
    assert said is not None
    clauses = dict(reversed(clause.split(" in ")) for clause in said[1].split("; "))
    gated = settings["activation"].endswith("glu")
    parts = ["gate", "up", "down"] if gated else ["linear1", "linear2"]
    parts += ["self_attention", *(["cross_attention"] if decoder else [])]
    parts += [f"norm{k}" for k in range(1, 4 if decoder else 3)]
    assert sorted(clauses) == sorted(parts)
    per_norm = 2 if settings["bias"] and settings["norm"] == "layer_norm" else 1
    for part, letters in clauses.items():
        count = per_norm if part.startswith("norm") else (1 + settings["bias"]) * (4 if "attention" in part else 1)
        assert len(letters.split(", ")) == count, (part, letters)


def test_a_network_of_dense_layers_has_no_parts() -> None:
    dense = {"linear": {"out_features": 4, "weight": {"init": "normal", "seed": 1}, "bias": False}}
    solution = solved([dense, "relu", {"residual": {"body": [dense]}}], {"s": [2, 4]})
    assert titles(solution) == ([], [])


def test_layers_of_a_stack_are_told_apart() -> None:
    stack = {"d_model": 4, "nhead": 1, "dim_feedforward": 2, "num_layers": 2, "bias": False, "init": "normal"}
    forward, backward = titles(solved([{"transformer_encoder": stack}], {"s": [2, 4]}))
    assert len(set(forward)) == len(forward) == 8
    assert backward == forward[::-1]


def test_a_layer_by_formula_without_a_name_is_called_by_what_comes_out_of_it() -> None:
    named = {"formula": {"value": "k = 4*x", "name": "keys"}}
    attention = {"attention": {"inputs": ["q", "k", "v"]}}
    network = [{"formula": "q = 2*input"}, named, {"formula": "v = 3*x"}, attention]
    forward, _ = titles(solved(network, {"s": [2, 4]}))
    assert forward[0].removeprefix("First layers: ") == "q, keys, v"


def test_what_stands_in_front_is_not_further() -> None:
    linear = {"linear": {"out_features": 4, "weight": {"init": "normal", "seed": 1}, "bias": False, "output": "z"}}
    attention = {"attention": {"inputs": ["a", "a", "a"]}}
    forward, backward = titles(solved([linear, {"tanh": {"output": "a"}}, attention, "relu", "tanh"], {"s": [2, 4]}))
    assert [title.partition(":")[0] for title in forward] == ["First layers", "Attention", "Further layers"]
    assert [title.partition(":")[0] for title in backward] == ["Further layers", "Attention", "First layers"]


@pytest.mark.parametrize("name", LAYER.instead)
def test_what_other_books_call_a_layer_is_told(name: str) -> None:
    """The form that a hint gives is a layer that there is, with settings that it has."""
    with pytest.raises(SpecFailure) as failure:
        read(f"kind: count-params\nnetwork: {{input: [3, 4], layers: [{name}]}}\n", "n.yaml", None, None)
    told = re.search(r"Here it is `(\w+)(?:: \{(\w+): [^`]*\})?`\.", str(failure.value))
    assert told is not None
    cls = packaged_class(told[1]) if told[1] in PACKAGED else layer_class(told[1])
    assert told[2] is None or told[2] == "inputs" or told[2] in cls.__struct_fields__
