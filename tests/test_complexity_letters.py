"""The letters of a complexity page: two quantities are never called alike, in whatever copies they stand."""

from __future__ import annotations

import json
import random
from itertools import product
from typing import Any

import pytest

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Call, Formula, Ref, references
from hwsolve.kinds.complexity.page import Operations
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render


def operations(layers: list[Any]) -> Operations:
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": 3, "layers": layers}}), "test.yaml")
    return Operations(problem)


def body(draw: random.Random, depth: int) -> list[Any]:
    found: list[Any] = []
    for _ in range(draw.randint(1, 3)):
        kind = draw.choice(["linear", "linear", "tanh", "relu", "repeat", "residual"])
        if kind == "linear":
            found.append({"linear": {"out_features": 3, "bias": False}})
        elif kind == "repeat" and depth:
            found.append({"repeat": {"times": draw.randint(2, 3), "body": body(draw, depth - 1)}})
        elif kind == "residual" and depth:
            found.append({"residual": {"body": body(draw, depth - 1)}})
        else:
            found.append(draw.choice(["tanh", "relu"]))
    return found


def called(f: Formula, forms: Any) -> set[tuple[str, tuple[int, ...]]]:
    """What a quantity is called in all its copies: its letter and its numbers."""
    assert isinstance(f, Call) and f.name == "layer"
    name, *numbers = f.args
    assert isinstance(name, Ref)
    ranges = {r.letter.name: range(int(r.before) + 1, int(r.before) + int(r.times) + 1) for r in forms.repeats}
    letters = sorted({ref.name for number in numbers for ref in references(number)})
    found = set()
    for values in product(*(ranges[letter] for letter in letters)):
        known = dict(zip(letters, values, strict=True))
        found.add((name.name, tuple(int(evaluate(n, lambda one, _, k=known: k[one])) for n in numbers)))
    return found


def test_no_two_layers_share_a_letter() -> None:
    draw, several = random.Random(5), 0
    for _ in range(150):
        forms = operations(body(draw, 2)).forms
        taken: dict[Any, str] = {}
        for path in forms.written:
            (forward,) = forms.of(path, "forward")
            assert isinstance(forward, Call)
            for name in called(forward.args[0], forms):
                assert taken.setdefault(name, path) == path, (path, name)
            for update in forms.of(path, "update"):
                assert isinstance(update, Call)
                for name in called(update.args[0], forms):
                    assert taken.setdefault(name, path) == path, (path, name)
        several += len(forms.repeats) > 1
    assert several > 15


def test_layers_around_a_repeat_are_numbered_through() -> None:
    """Before it, its copies, and behind it; the first copy reads what stands before."""
    layers = [{"linear": 3}, "relu", {"repeat": {"times": "L", "body": [{"linear": 3}, "tanh"]}}, {"linear": 3}]
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": 3, "layers": layers}}), "test.yaml")
    page = render([work_out(problem)], "plain", Options())
    for text in ("z⁽¹⁾ = W⁽¹⁾ x + b⁽¹⁾", "z⁽ˡ⁾ = W⁽ˡ⁾ a⁽ˡ⁻¹⁾ + b⁽ˡ⁾", "z⁽ᴸ⁺²⁾ = W⁽ᴸ⁺²⁾ a⁽ᴸ⁺¹⁾ + b⁽ᴸ⁺²⁾",
                 "The repeated layers are numbered by l from 2 to L + 1."):  # fmt: skip
        assert text in page


@pytest.mark.parametrize(
    ("layers", "said"),
    [
        (
            [{"repeat": {"times": 4, "body": ["relu", {"linear": 5}]}}],
            "from 3 to 5; the first of them reads z⁽²⁾.",
        ),  # the first reads three values
        ([{"repeat": {"times": 2, "body": [{"repeat": {"times": 3, "body": [{"linear": 3}]}}]}}], "reads z⁽ˡ⁻¹,³⁾."),
    ],
)
def test_what_copies_read_is_called_by_a_name(layers: list[Any], said: str) -> None:
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": 3, "layers": layers}}), "test.yaml")
    page = " ".join(render([work_out(problem)], "plain", Options()).split())
    assert said in page and "before" not in page


def test_errors_from_several_readers_are_parts_of_a_sum() -> None:
    """Two rows that begin alike are no two values of one quantity."""
    layers = [{"linear": 3}, {"residual": {"body": ["relu", {"linear": 3}], "shortcut": [{"linear": 3}]}}]
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": 3, "layers": layers}}), "test.yaml")
    page = " ".join(render([work_out(problem)], "plain", Options()).split())
    assert "Each of the rows of ∂z⁽¹⁾ gives a part of it; the parts are added." in page


def test_a_weight_that_is_used_again_keeps_its_letter() -> None:
    """Its gradients are parts of a sum, and it is updated once; turned round it is the transpose."""
    again = {"repeat": {"times": 3, "body": [{"use": "f"}, "tanh"]}}
    tied = {"linear": {"out_features": 3, "weight": {"tie": "f", "transposed": True}}}
    layers = [{"linear": {"out_features": 3, "name": "f"}}, "relu", {"use": "f"}, again, tied]
    (problem,) = read(json.dumps({"kind": "complexity", "network": {"input": 3, "layers": layers}}), "test.yaml")
    page = " ".join(render([work_out(problem)], "plain", Options(width=140)).split())
    for text in ("z⁽²⁾ = W⁽¹⁾ a⁽¹⁾ + b⁽¹⁾", "W⁽¹⁾ a⁽ˡ⁻¹⁾ + b⁽¹⁾", "z⁽⁶⁾ = W⁽¹⁾ᵀ a⁽⁵⁾ + b⁽⁶⁾", "∂W⁽¹⁾ = a⁽⁵⁾ (∂z⁽⁶⁾)ᵀ",
                 "Each of the rows of ∂W⁽¹⁾, ∂b⁽¹⁾ gives a part of it"):  # fmt: skip
        assert text in page
    assert page.count("W⁽¹⁾ ←") == 1 and "W⁽²⁾" not in page and "W⁽ˡ⁾" not in page
