"""What is said of wiring that is allowed, but hardly meant; and names that hold in a body alone."""

from __future__ import annotations

from typing import Any

import pytest

import hwsolve


def said(layers: list[Any], **more: Any) -> list[str]:
    problem = {"kind": "backprop", "network": {"input": 2, "layers": layers}, "input": [1, -2]}
    return [str(note.text) for note in hwsolve.solve(problem | more).notes if note.level == "warning"]


@pytest.mark.parametrize("kind", ["parameter", "constant"])
def test_what_stands_by_itself_and_is_not_read_is_a_warning(kind: str) -> None:
    source = {kind: {"values": [1, 2], "output": "p"}}
    assert said([source, "tanh"]) == ["Nothing reads `p`."]
    assert said([source, {"formula": "y = x*p"}]) == []
    nameless = {kind: {"values": [1, 2]}}
    assert said([nameless, "tanh"]) == [f"Nothing reads what `{kind}1` gives."]


def test_an_output_and_a_penalty_read_what_they_name() -> None:
    side = {"tanh": {"output": "s"}}
    layers = [side, {"sigmoid": {"inputs": "x", "output": "y"}}]
    assert said(layers) == ["Nothing reads `s`, which `tanh1` gives."]
    network = {"input": 2, "layers": layers, "outputs": ["y", "s"]}
    assert said([], network=network) == []
    source = {"parameter": {"values": [1, 2], "output": "p"}}
    loss = [{"mse_loss": {"target": [0, 1]}}, {"l2": {"of": "p", "factor": 0.5}}]
    assert said([source, "tanh"], loss=loss) == []


def test_names_of_a_body_are_its_own_and_it_reads_those_around_it() -> None:
    cell = {"inputs": "a", "outputs": "y", "body": [{"tanh": {"output": "h"}}, {"formula": "y = h + a*g"}]}
    layers = [
        {"constant": {"value": 3, "output": "g"}},
        {"sigmoid": {"output": "h"}},
        {"cell": {"name": "one", "output": "y"}},
        {"cell": {"output": "a"}},
        {"repeat": {"times": 2, "body": [{"cell": {"name": "c"}}, {"add": "h"}]}},
    ]
    problem = {
        "kind": "backprop",
        "network": {"input": 2, "layers": layers},
        "input": [1, -2],
        "blocks": {"cell": cell},
    }
    answers = hwsolve.solve(problem).answers
    assert {"h", "one.h", "y", "a", "cell2.h", "repeat1.c.h", "repeat1.c_2.y"} <= set(answers)
    assert {"one.y", "cell2.y", "one.a"}.isdisjoint(answers)


def test_an_output_that_is_named_for_the_sake_of_the_next_needs_no_reader() -> None:
    rnn = {"hidden_size": 1, "weight_ih": [[0.5]], "weight_hh": [[1]], "bias": False}
    given = {"network": {"inputs": {"x": [2, 1], "s": [2, 1]}}, "input": {"x": [[1], [2]], "s": [[0], [1]]}}

    def warned(names: list[str], state: dict[str, str]) -> list[str]:
        both = [{"rnn": rnn | {"inputs": "x", "output": names}}, {"rnn": rnn | {"inputs": "s", "initial": state}}]
        network = given["network"] | {"layers": both}
        notes = hwsolve.solve({"kind": "backprop"} | given | {"network": network}).notes
        return [str(note.text) for note in notes if note.level == "warning"]

    assert warned(["enc", "he"], {"h": "he"}) == []
    assert warned(["enc"], {}) == ["Nothing reads `enc`, which `rnn1` gives."]
    assert [text[:18] for text in warned(["enc", "he"], {})] == ["Nothing reads `enc", "Nothing reads `he`"]


def test_the_letter_of_the_time_beside_t_and_s_can_be_lowered() -> None:
    rnn = {"hidden_size": 2, "weight_ih": [[0.5], [1]], "weight_hh": [[1, 0], [0, 1]], "bias": False}
    network = {
        "inputs": {"s": [2, 1]},
        "layers": [{"rnn": rnn}, {"linear": {"out_features": 1, "weight": [[1, 1]], "bias": False}}],
    }
    problem = {"kind": "backprop", "network": network, "input": {"s": [[1], [2]]}, "target": [[1], [0]]}
    page = str(hwsolve.solve(problem | {"loss": "mse_loss"}).to("plain"))
    assert "(at every step p)" in page and "Σₚ₌₁² ∂L/∂aₚ,ᵢ · sₚ,₁" in page
