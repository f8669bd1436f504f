"""How the page of a network argues: every link holds, and none of it is the dump of a machine."""

from __future__ import annotations

import json
import random
from itertools import pairwise
from typing import Any

import msgspec
import pytest

import hwsolve
from hwsolve.formula.tree import Call, Number, walk
from hwsolve.render.measure import width as measured
from hwsolve.solution import Form, Group, Identity, Solution, Value
from tests.line_check import wrong_lines
from tests.often import often

ACTIVATIONS = ["relu", "tanh", "sigmoid", {"leaky_relu": {"negative_slope": 0.1}}, "relu6", "hard_tanh", "softsign"]
OPTIMIZERS: list[Any] = [None, {"sgd": {"lr": 0.1}}, {"sgd": {"lr": 0.5, "momentum": 0.9}}, "adam"]


def numbers(dice: random.Random, *shape: int) -> Any:
    """Small numbers with zeros among them, so that units die and kinks and ties are met."""
    if not shape:
        return dice.choice([-2, -1, -0.5, 0, 0.25, 0.5, 1, 2])
    return [numbers(dice, *shape[1:]) for _ in range(shape[0])]


def problem(seed: int) -> dict[str, Any]:
    """A random network, one sample or a batch, with or without an optimizer."""
    dice = random.Random(seed)
    sizes = [dice.randint(1, 3), *(dice.choice([1, 2, 3, 4]) for _ in range(dice.randint(1, 3)))]
    layers: list[Any] = []
    for a, b in pairwise(sizes):
        by_input = dice.random() < 0.3
        weight = {"rows": "inputs", "values": numbers(dice, a, b)} if by_input else numbers(dice, b, a)
        layers.append({"linear": {"out_features": b, "weight": weight, "bias": dice.choice([False, numbers(dice, b)])}})
        layers.append(dice.choice(ACTIVATIONS))
    batch = (dice.randint(1, 3),) if dice.random() < 0.5 else ()
    classes = sizes[-1] > 1 and dice.random() < 0.3
    made = {"kind": "backprop", "network": {"input": sizes[0], "layers": layers[:-1] if classes else layers}}
    made |= {"input": numbers(dice, *batch, sizes[0]), "loss": "cross_entropy" if classes else "half_squared_error"}
    made["target"] = numbers(dice, *batch, sizes[-1])
    if classes:
        chosen = [dice.randint(1, sizes[-1]) for _ in range(batch[0] if batch else 1)]
        made["target"] = {"class": chosen if batch else chosen[0]}
    if optimizer := dice.choice(OPTIMIZERS):
        made |= {"optimizer": optimizer, "steps": dice.randint(1, 2)}
    return made


def groups(solution: Solution) -> list[Group]:
    return [item for step in solution.sections for item in step.items if isinstance(item, Group)]


@pytest.mark.parametrize("seed", range(often(40)))
def test_a_random_network_argues(seed: int) -> None:
    solution = hwsolve.solve(problem(seed))
    assert wrong_lines(json.loads(solution.to("json"))) == []
    for width in (80, 140):
        page = solution.to("plain", width=width)
        assert "{" not in page and "chain rule through" not in page
        assert [row for row in page.splitlines() if measured(row) > width] == []
    for group in groups(solution):
        first = group.lines[group.head or 0]
        assert isinstance(first, Form | Value | Identity) or group.detail != "page" or len(group.lines) > 0
        for line in group.lines:
            for f in [stage.formula for stage in line.links] if isinstance(line, Form) else []:
                assert not any(says_nothing(part) for part in walk(f)), f


def says_nothing(f: Any) -> bool:
    """1·x, x + 0, x/1."""
    if not isinstance(f, Call) or f.name not in ("*", "+", "/"):
        return False
    if f.name == "/":
        return f.args[1] == Number(1)
    return (Number(1) if f.name == "*" else Number(0)) in f.args


def own_links(document: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    return [(x, n) for s in document["sections"] for x in s["lines"] for n in range(len(x.get("links", ())))]


@pytest.mark.parametrize("seed", [1, 5, 8])
def test_a_link_that_is_tampered_with_is_refused(seed: int) -> None:
    document = json.loads(hwsolve.solve(problem(seed)).to("json"))
    found = own_links(document)
    assert found
    for line, n in found:
        relation, text = line["links"][n]
        line["links"][n] = [relation, f"2*({text}) + 1" if not text.startswith("[") else f"[{text[1:-1]}, 7]"]
        assert wrong_lines(document), text
        line["links"][n] = [relation, text]


RELU = {
    "kind": "backprop",
    "network": {
        "input": 1,
        "layers": [
            {"linear": {"out_features": 3, "weight": [[1], [-1], [0]], "bias": False, "symbols": {"output": "z"}}},
            "relu",
            {"linear": {"out_features": 1, "weight": [[1, 1, 1]], "bias": False}},
        ],
    },
    "input": [2],
    "target": [1],
    "loss": "half_squared_error",
}


def test_branches_are_said_in_words_those_that_pass_first() -> None:
    page = hwsolve.solve(RELU).to("plain", width=120)
    assert "(z₁ = 2 > 0, z₂ = −2 < 0; taken as 0 at z₃ = 0, as PyTorch does; ⊙ multiplies element by element)" in page
    assert "ReLU′(2)" not in page


def test_more_than_four_branches_are_counted() -> None:
    layer = {"linear": {"out_features": 5, "weight": [[1], [-1], [2], [3], [4]], "bias": False}}
    end = {"linear": {"out_features": 1, "weight": [[1, 1, 1, 1, 1]], "bias": False}}
    network = {"input": 1, "layers": [layer, "relu", end]}
    page = hwsolve.solve(RELU | {"network": network}).to("plain", width=120)
    assert "(4 of 5: z⁽¹⁾ > 0; 1: z⁽¹⁾ < 0)" in page


@pytest.mark.parametrize(("lr", "said", "sign"), [("0.1", "the loss fell", "<"), ("3", "the loss rose", ">")])
def test_the_loss_is_compared_with_what_it_was(lr: str, said: str, sign: str) -> None:
    layer = {"linear": {"out_features": 1, "weight": [[1]], "bias": False}}
    line = RELU | {"network": {"input": 1, "layers": [layer]}, "target": [0]}
    solution = hwsolve.solve(line | {"optimizer": {"sgd": {"lr": lr}}})
    assert f"({said})" in solution.to("plain")
    claims = [line for line in solution.lines if isinstance(line, Identity)]
    assert [line.relation for line in claims] == [sign]


@pytest.mark.parametrize("layers", [1, 2, 3, 5])
@pytest.mark.parametrize("trained", [False, True])
def test_a_backward_pass_says_that_it_reads_what_is_not_updated_yet(layers: int, trained: bool) -> None:
    """The weights of all layers but the first, whose input needs no gradient; of many without names."""
    layer = {"linear": {"out_features": 1, "weight": [[2]], "bias": False}}
    optimizer: dict[str, Any] = {"optimizer": {"sgd": {"lr": "0.1"}}} if trained else {}
    spec = RELU | {"network": {"input": 1, "layers": [layer] * layers}, "target": [0]} | optimizer
    said = " ".join(hwsolve.solve(spec).to("plain").split())
    old = ", ".join("w⁽" + "⁰¹²³⁴⁵"[n] + "⁾" for n in range(2, layers + 1))
    named = "." if layers > 4 else f": {old}, not {old.replace('⁾', '⁾⁺')}."
    assert said.count("The backward pass uses the parameters before the update") == (trained and layers > 1)
    assert (f"before the update{named}" in said) == (trained and layers > 1)


def test_a_quantity_that_two_layers_read_has_a_term_for_each() -> None:
    inner = {"linear": {"out_features": 2, "weight": [[1, 2], [3, 4]], "bias": False}}
    body = [
        {"linear": {"out_features": 2, "weight": [[1, -1], [2, 1]], "bias": False}},
        {"residual": {"body": [inner]}},
    ]
    network = {"input": 2, "layers": body}
    problem = RELU | {"network": network, "input": [1, 2], "target": [0, 1]}
    assert "(through " in hwsolve.solve(problem).to("plain")


def test_what_is_asked_by_default() -> None:
    assert hwsolve.solve(RELU).asked == ("z2", "L", "dL_dw1", "dL_dw2")
    trained = hwsolve.solve(RELU | {"optimizer": {"sgd": {"lr": 0.1}}, "steps": 3})
    assert trained.asked == ("w1@3", "w2@3", "z2", "z2@3", "L", "L@3")
    details = {g.detail for step in trained.sections for g in step.items if isinstance(g, Group)}
    assert details == {"page", "full", "data", "short"}


def test_the_drawing_has_the_units_and_their_weights() -> None:
    given, figure = (f for step in hwsolve.solve(RELU).sections for f in step.figures)
    assert given.edges == tuple([msgspec.structs.replace(e, gradient=None) for e in figure.edges])
    assert [node.value for node in given.nodes if node.rank] == [None] * 5
    assert [node.rank for node in figure.nodes] == [0, 1, 1, 1, 2, 3]
    assert len(figure.edges) == 3 + 3 + 1
    assert [str(e.value.text) for e in figure.edges[:3]] == ["1", "-1", "0"]
