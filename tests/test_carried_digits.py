"""Digits of answers that lines give which read decimals carried over from steps that are not written out."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

import hwsolve
from tests.line_check import wrong_lines


def training(seed: int) -> dict[str, Any]:
    """Random weights, trained until outputs and targets are close: their difference cancels."""
    dice = random.Random(seed)

    def number() -> str:
        return f"{dice.choice((-1, 1)) * dice.randint(1, 15) / 10}"

    def linear(n: int, m: int) -> dict[str, Any]:
        weight, bias = [[number() for _ in range(n)] for _ in range(m)], [number() for _ in range(m)]
        return {"linear": {"out_features": m, "weight": weight, "bias": bias}}

    optimizer = dice.choice(
        [{"adam": {"lr": 1, "weight_decay": "0.1"}}, {"adam": {"lr": "0.5"}}, {"rmsprop": {"lr": "0.1"}}]
    )
    return {
        "kind": "backprop", "network": {"input": 1, "layers": [linear(1, 3), "sigmoid", linear(3, 2)]},
        "input": [[number()] for _ in range(3)], "target": [[number(), number()] for _ in range(3)],
        "loss": "half_squared_error", "optimizer": optimizer, "steps": dice.randint(6, 9),
    }  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_lines_give_every_digit_of_every_answer(seed: int) -> None:
    made = json.loads(hwsolve.solve(training(seed)).to("json"))
    assert any(line["kind"] == "carried" for s in made["sections"] for line in s["lines"])
    assert wrong_lines(made) == []


@pytest.mark.parametrize("apart", range(1, 30, 7))
def test_what_cancels_in_a_last_step_has_the_digits_that_are_left(apart: int) -> None:
    """A target so close to the output that a few digits of their difference are known, or more bits are needed."""
    base = training(0) | {"steps": 7, "optimizer": {"sgd": {"lr": "1e-30"}}}
    made = json.loads(hwsolve.solve(base).to("json"))
    number = made["answers"]["z2@6"]["full"][0][0]
    near = f"{number[: number.index('.') + 1 + apart]}1"
    target = [[near, base["target"][0][1]], *base["target"][1:]]
    again = json.loads(hwsolve.solve(base | {"target": target}).to("json"))
    assert wrong_lines(again) == []
    for answer in again["answers"].values():
        for text in flat(answer.get("full")):
            assert text is None or len(text.partition("e")[0].replace(".", "").lstrip("-0")) >= 6 or float(text) == 0


def flat(full: Any) -> list[Any]:
    return [x for part in full for x in flat(part)] if isinstance(full, list) else [full]
