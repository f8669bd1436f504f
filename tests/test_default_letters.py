"""The letters that a page takes by itself step aside where the problem has them; the numbers stay the same."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

import pytest

import hwsolve
from hwsolve.answers import elements
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Ref
from tests.line_check import wrong_lines

LETTERS = ("L", "E", "J", "t", "p", "f")
PLACES = ("input", "weight", "output")


def net(place: str, letter: str, loss: str) -> hwsolve.Solution:
    """A neuron, one of whose quantities has the letter."""
    x = letter if place == "input" else "x"
    layer: dict[str, Any] = {"out_features": 2, "bias": False, "weight": [[1, 2], [0, 1]]}
    if place != "input":
        layer["symbols"] = {place: letter}
    target: Any = {"class": 1} if loss == "cross_entropy" else [1, 0]
    network = {"inputs": {x: 2}, "layers": [{"linear": layer}]}
    return hwsolve.solve(
        {"kind": "backprop", "network": network, "input": {x: [1, -1]}, "target": target, "loss": loss,
         "optimizer": {"adam": {"lr": 0.5}}}
    )  # fmt: skip


def numbers(solution: hwsolve.Solution) -> Counter[str]:
    """What a page comes to, whatever it calls it."""
    values = (elements(answer.value).values() for answer in solution.answers.values())
    return Counter(tuple(str(q.text) for q in each) for each in values)


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("letter", LETTERS)
@pytest.mark.parametrize("loss", ["mse_loss", "cross_entropy"])
def test_a_network_with_a_default_letter_of_its_own(place: str, letter: str, loss: str) -> None:
    found = net(place, letter, loss)
    assert numbers(found) == numbers(net(place, "xi", loss))
    assert not wrong_lines(json.loads(found.to("json")))
    written = [unicode(Ref(key)) for key in found.answers]
    assert len(written) == len(set(written))


@pytest.mark.parametrize(
    "names", [("f", "J"), ("f", "J", "E", "L"), ("f", "f_2", "J", "E", "L"), ("m", "v"), ("lr",), ("eta",)]
)
def test_what_is_minimised_with_default_letters(names: tuple[str, ...]) -> None:
    def solved(called: tuple[str, ...]) -> hwsolve.Solution:
        text = " + ".join(f"{k}*{name}**2" for k, name in enumerate(called, 1))
        start = {name: k for k, name in enumerate(called, 2)}
        return hwsolve.solve({"kind": "optimize", "minimize": text, "start": start, "optimizer": {"adam": {"lr": 0.1}}})

    plain = tuple(f"q{k}" for k in range(len(names)))
    found = solved(names)
    assert numbers(found) == numbers(solved(plain))
    if names == ("m", "v"):
        assert "Start at 0: mₘ, mᵥ, vₘ, vᵥ." in found.to("plain")


@pytest.mark.parametrize(
    "text",
    [
        "{kind: pooling, layer: {max_pool1d: {kernel_size: 2, symbols: {output: L}}}, input: [[1, 2, 3, 4]]}",
        "{kind: convolution, layer: {conv1d: {out_channels: 1, kernel_size: 2, bias: false, symbols: {weight: L}}}}",
        "{kind: convolution, layer: {conv1d: {out_channels: 1, kernel_size: 2, bias: false}}, input: [C, L]}",
    ],
)
def test_the_loss_of_a_layer_alone_steps_aside_for_an_l(text: str) -> None:
    """The letter that comes next, on the page and in the keys; no error is one of L."""
    found = hwsolve.solve(text)
    page = found.to("plain")
    assert ("E is the loss" in page) == ("is the loss" in page) and "∂L/∂" not in page
    assert not [key for key in found.answers if key.startswith("dL_d")]
