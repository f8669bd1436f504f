"""Every matrix form that is printed conforms, and NumPy finds the values of the element lines in it."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve import pipeline
from hwsolve.formula.notation import symbol
from hwsolve.graph.explain.matrix import matrix_form
from hwsolve.kinds.backprop.page import Worker
from hwsolve.solution import Prose
from tests.test_axes import array

FORM = re.compile(
    r"In matrix form: (?P<left>.*?) = (?P<right>.*?)(?: \((?P<added>\S+) to each (?P<each>row|element)\))?"
)


class Reader:
    """Reads `w⁽¹⁾ᵀ (∂L/∂z⁽¹⁾) + b⁽¹⁾` over arrays: one axis is a column, two neighbours are a matrix product.

    Nothing is repeated to make a sum fit, unless the sentence says so.
    """

    def __init__(self, arrays: dict[str, np.ndarray], spread: str = "") -> None:
        self.arrays = dict(sorted(arrays.items(), key=lambda item: -len(item[0])))
        self.spread = spread

    def __call__(self, text: str) -> np.ndarray:
        self.text, self.at = text, 0
        found = self.sum()
        assert self.at == len(text), text[self.at :]
        return found

    def next(self, *signs: str) -> str | None:
        for sign in signs:
            if self.text.startswith(sign, self.at):
                self.at += len(sign)
                return sign
        return None

    def sum(self) -> np.ndarray:
        found = self.product()
        while sign := self.next(" + ", " − "):
            start = self.at
            part = self.product()
            if self.text[start : self.at] == self.spread:
                part = np.broadcast_to(part.T if part.size > 1 else part, found.shape)
            assert found.shape == part.shape, (self.text, found.shape, part.shape)
            found = found + part if sign == " + " else found - part
        return found

    def product(self) -> np.ndarray:
        found = self.factor()
        while not self.text.startswith((" + ", " − "), self.at) and self.next(" "):
            part = self.factor()
            if found.ndim == 0 or part.ndim == 0:
                found = found * part
            else:
                assert found.ndim == part.ndim == 2
                found = found @ part
        return found

    def factor(self) -> np.ndarray:
        if self.next("("):
            found = self.sum()
            assert self.next(")")
        else:
            name = self.next(*self.arrays)
            assert name is not None, self.text[self.at :]
            found = self.arrays[name]
            found = found[:, None] if found.ndim == 1 else found
        if self.next("ᵀ"):
            assert found.ndim == 2
            found = found.T
        return found


def floats(value: Any) -> np.ndarray:
    return np.vectorize(float, otypes=[float])(value)


class Forms(Worker):
    """Holds the matrix form of every quantity against its array, as each pass is written."""

    def one_pass(self, step: int, trajectory: Any) -> None:
        self.writer.at(step, trajectory)
        arrays = {}
        for name, value in trajectory.kept[step].items():
            arrays[symbol(self.writer.key(name, ()).name, whole=bool(self.graph.nodes[name].shape))] = floats(value)
        self.checked = getattr(self, "checked", [])
        last = self.updates and step == self.steps  # its gradients are not worked out any more
        for node in self.nodes("forward", "loss", *(() if last else ("gradient", "update"))):
            form = matrix_form(self.writer, node)
            if form is None:
                continue
            match = FORM.fullmatch(str(form))
            assert match, form
            found = Reader(arrays, match["added"] or "")(match["right"])
            wanted = arrays[match["left"]]
            wanted = wanted[:, None] if wanted.ndim == 1 else wanted
            assert found.shape == wanted.shape, (str(form), found.shape, wanted.shape)
            assert np.allclose(found, wanted, rtol=1e-9, atol=1e-12), str(form)
            self.checked.append(node.role)


def roles(problem: dict[str, Any]) -> list[str]:
    """The roles of the quantities whose forms hold."""
    (read,) = pipeline.read(json.dumps(problem), "<test>")
    worker = Forms(read)
    worker.solution()
    return worker.checked


def network(dice: random.Random, shape: list[int]) -> tuple[list[Any], list[int]]:
    """Linear layers of every form with what may stand between them, and the shape that comes out."""
    width, layers = shape[-1], []
    for _ in range(dice.randint(1, 3)):
        out = dice.randint(1, 3)
        spec: dict[str, Any] = {"out_features": out, "weight": array(dice, (out, width))}
        if dice.random() < 0.5:
            spec["weight"] = {"rows": "inputs", "values": array(dice, (width, out))}
        spec["bias"] = dice.choice([False, array(dice, (out,)), {"value": 0.5, "shared": True}])
        layers += [{"linear": spec}, dice.choice(["tanh", "relu", "prelu", "identity", "softmax"])]
        width = out
        if dice.random() < 0.5:
            inner = {"out_features": width, "weight": array(dice, (width, width)), "bias": array(dice, (width,))}
            layers.append({"residual": {"body": [{"linear": inner}]}})
    return layers, [*shape[:-1], width]


@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("samples", [0, 1, 3])
def test_every_form_conforms_and_holds(rank: int, samples: int) -> None:
    dice, found = random.Random(rank + 10 * samples), []
    for _ in range(12):
        shape = [dice.randint(1, 3) for _ in range(rank)]
        layers, out = network(dice, shape)
        batch = (samples,) if samples else ()
        problem = {
            "kind": "backprop",
            "network": {"input": shape, "layers": layers},
            "input": array(dice, (*batch, *shape)),
            "loss": "half_squared_error",
            "target": array(dice, (*batch, *out)),
            "numbers": "float64",
            "optimizer": {"sgd": sgd(dice)},
            "steps": 2,
        }
        found += roles(problem)
    assert found.count("update") > 20
    assert (found.count("forward") > 10) == (rank + bool(samples) < 3)  # rows and columns only


def sgd(dice: random.Random) -> dict[str, Any]:
    """An optimizer of every form."""
    settings: dict[str, Any] = {"lr": 0.1}
    if dice.random() < 0.6:
        settings |= {"momentum": 0.9, "nesterov": dice.random() < 0.5}
    return settings | ({"weight_decay": 0.01} if dice.random() < 0.5 else {})


@pytest.mark.parametrize("bias", [{"value": 0.5, "shared": True}, 0.5])
@pytest.mark.parametrize(("samples", "own"), [((), [9, 8]), ((9,), [8]), ((), [8]), ((2,), [9, 8])])
def test_what_is_printed_of_a_long_quantity(samples: tuple[int, ...], own: list[int], bias: Any) -> None:
    dice = random.Random(3)
    spec = {"out_features": 70, "weight": array(dice, (70, 8)), "bias": bias}
    network = {"input": own, "layers": [{"linear": spec}]}
    x, g = array(dice, (*samples, *own)), array(dice, (*samples, *own[:-1], 70))
    problem = {"kind": "backprop", "network": network, "input": x, "upstream": g}
    texts = [str(line.text) for line in hwsolve.solve(problem).lines if isinstance(line, Prose)]
    forms = [text for text in texts if text.startswith("In matrix form")]
    extra = len(samples) + len(own) > 2
    assert any(" w⁽¹⁾ᵀ" in form or "= w⁽¹⁾ x" in form for form in forms) != extra
    assert sum(" to each " in form for form in forms) == (not extra and (len(samples) + len(own) == 2 or bias != 0.5))
    assert "update" not in roles(problem)


def test_the_reader_refuses_what_does_not_conform() -> None:
    read = Reader({"w": np.ones((3, 2)), "x": np.ones((4, 2)), "b": np.ones(3)})
    for text in ("w x", "x wᵀ + b", "w + x", "xᵀ w", "bᵀ x"):
        with pytest.raises((AssertionError, ValueError)):
            read(text)
    assert Reader(read.arrays, "b")("x wᵀ + b").tolist() == [[3, 3, 3]] * 4
