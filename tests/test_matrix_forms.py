"""Every matrix form that is printed conforms, in each notation, and NumPy finds the values of the element lines in it."""

from __future__ import annotations

import importlib
import json
import pkgutil
import random
import re
from collections.abc import Callable
from itertools import product
from typing import Any

import mpmath
import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

import hwsolve
from hwsolve import layers, numbers, pipeline
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.function_code import on_scalars
from hwsolve.formula.matrix_form import matrix_form as of_element
from hwsolve.formula.notation import latex, plain, unicode
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, Call, Ref, walk
from hwsolve.formula.whole_arrays import value, whole
from hwsolve.graph.by_formula import ByFormula
from hwsolve.graph.explain.matrix import Matrix, matrix_of
from hwsolve.graph.operation import Operation
from hwsolve.graph.update import UpdateLine, names_of, unprimed
from hwsolve.kinds.backprop.page import NetworkPage
from hwsolve.layers.axes import Frame, Sliding
from hwsolve.layers.correlation import Correlation, Written
from hwsolve.layers.linear import Affine
from hwsolve.optimizers.sgd import SGD
from hwsolve.proof import proven
from hwsolve.render import Options, render
from hwsolve.render.json import UNICODE
from hwsolve.solution import Form, Group, Value
from tests.line_check import Arrays, read, wrong_lines
from tests.test_axes import array


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
        while not self.text.startswith((" + ", " − "), self.at) and (
            self.next(" ") or (self.text[self.at - 1] == "ᵀ" and self.text[self.at : self.at + 1] not in ("", ")"))
        ):
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


def in_unicode(latex: str) -> str:
    """The signs of LaTeX as those of Unicode, the symbols left as they are."""
    text = re.sub(r"\{\\left\((.*?)\\right\)\}\^\{\\top\}", r"(\1)ᵀ", latex)
    text = re.sub(r"(?<!\S)\{((?:[^{}]|\{[^{}]*\})+?)\}\^\{\\top\}", r"\1ᵀ", text)  # a step has a blank: ⟨2⟩
    text = re.sub(r"(\S)\^\{\\top\}", r"\1ᵀ", text)
    for tex, sign in {"\\left(": "(", "\\right)": ")", " - ": " − ", " \\thinspace ": " "}.items():
        text = text.replace(tex, sign)
    return text


PRODUCTS = {"@", "T", "outer", "+", "-", "*", "/", "rows", "whole", "neg"}


class Forms(NetworkPage):
    """Holds the matrix form of every quantity against its array, as each pass is written."""

    def one_pass(self, step: int, trajectory: Any) -> None:
        self.writer.at(step, trajectory)
        named: list[dict[str, np.ndarray]] = [{}, {}]
        known: dict[str, Any] = {}
        for name, kept in trajectory.kept[step].items():
            key = self.writer.key(name, ()).name
            written = Ref(key) if not self.graph.nodes[name].shape else whole(key)
            for arrays, write in zip(named, (unicode, latex), strict=True):
                arrays[write(written)] = floats(kept)
            for place, x in np.ndenumerate(floats(kept)):
                at = ",".join(str(i + 1) for i in place)
                known[f"{key}[{at}]" if place else key] = mpmath.mpf(float(x))
        self.checked = getattr(self, "checked", [])
        last = self.updates and step == self.steps  # its gradients are not worked out any more
        for node in self.nodes("forward", "loss", *(() if last else ("gradient", "update"))):
            matrix = matrix_of(self.writer, node)
            if matrix is None:
                continue
            wanted = floats(self.writer.values[node.name])
            found = floats(Arrays(known)(read(plain(matrix.form))))
            largest = max(abs(floats(self.writer.values[name])).max() for name in matrix.reads)
            close = np.allclose(found, wanted, rtol=1e-9, atol=1e-12 * max(1, largest))
            assert found.shape == wanted.shape and close, plain(matrix.form)
            if {f.name for f in walk(matrix.form) if isinstance(f, Call)} <= PRODUCTS:
                if node.role != "forward" or " @ " in plain(matrix.form):
                    self.checked.append(node.role)
                if matrix.shown == matrix.form:
                    self.conforms(matrix, node, named)

    def conforms(self, matrix: Matrix, node: Any, named: list[dict[str, np.ndarray]]) -> None:
        """What is written in each notation is a product and a sum of matrices that fit."""
        added = self.groups.added(matrix)
        spread = next(iter(added.values.values())) if added else None
        wanted = named[0][unicode(whole(self.writer.key(node.name, ()).name))]
        for write, arrays in ((unicode, named[0]), (lambda f: in_unicode(latex(f)), named[1])):
            found = Reader(arrays, write(spread) if spread is not None else "")(write(matrix.shown))
            column = wanted[:, None] if wanted.ndim == 1 else wanted
            assert found.shape == column.shape, (write(matrix.shown), found.shape, column.shape)
            assert np.allclose(found, column, rtol=1e-9, atol=1e-12), write(matrix.shown)


def roles(problem: dict[str, Any]) -> list[str]:
    """The roles of the quantities whose forms hold."""
    (one,) = pipeline.read(json.dumps(problem), "<test>")
    checked: list[str] = []

    def work(read: Any) -> Any:
        worker = Forms(read, read.prepared)
        solution = worker.solution()
        checked[:] = worker.checked
        return solution

    proven(one, work)
    return checked


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


@pytest.mark.parametrize("system", ["exact", "float64"])  # tanh makes balls of rationals
@pytest.mark.parametrize("rank", [1, 2, 3])
@pytest.mark.parametrize("samples", [0, 1, 3])
def test_every_form_conforms_and_holds(rank: int, samples: int, system: str) -> None:
    dice, found = random.Random(rank + 10 * samples), []
    for _ in range(8):
        shape = [dice.randint(1, 3) for _ in range(rank)]
        layers, out = network(dice, shape)
        batch = (samples,) if samples else ()
        problem = {
            "kind": "backprop",
            "network": {"input": shape, "layers": layers},
            "input": array(dice, (*batch, *shape)),
            "loss": "half_squared_error",
            "target": array(dice, (*batch, *out)),
            "numbers": system,
            "optimizer": {"sgd": sgd(dice)},
            "steps": 2,
        }
        found += roles(problem)
    assert found.count("update") > 20
    assert (found.count("forward") > 6) == (rank + bool(samples) < 3)  # rows and columns only


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
    solution = hwsolve.solve(problem)
    groups = [g for step in solution.sections for g in step.items if isinstance(g, Group)]
    forms = [
        unicode(line.links[1].formula) for line in solution.lines if isinstance(line, Form) and len(line.links) > 1
    ]
    forms += [unicode(line.formula) for line in solution.lines if isinstance(line, Value) and not line.key.indices]
    extra = len(samples) + len(own) > 2
    assert any(" w⁽¹⁾ᵀ" in form or "w⁽¹⁾ x" in form for form in forms) != extra
    spread = sum(" to each " in str(g.reason) for g in groups)
    assert spread == (not extra and (len(samples) + len(own) == 2 or bias != 0.5))
    assert "update" not in roles(problem)


def test_the_reader_refuses_what_does_not_conform() -> None:
    read = Reader({"w": np.ones((3, 2)), "x": np.ones((4, 2)), "b": np.ones(3)})
    for text in ("w x", "x wᵀ + b", "w + x", "xᵀ w", "bᵀ x"):
        with pytest.raises((AssertionError, ValueError)):
            read(text)
    assert Reader(read.arrays, "b")("x wᵀ + b").tolist() == [[3, 3, 3]] * 4


# ---------------------------------------------------------------- each operation by itself


SYSTEMS: dict[str, Callable[[float], Any]] = {
    "exact": lambda x: numbers.exact(*x.as_integer_ratio()),
    "certified": lambda x: on_scalars("sqrt")(numbers.exact(*(x * x).as_integer_ratio())) * (1 if x > 0 else -1),
    "float64": float,
}
SIZES = {"n": 3, "i": 4, "o": 2}
ACCESS = {False: "oi", True: "io"}  # the axes of the weights, by input or by output
BIASES = {"units": "o", "shared": "", "none": None}


def random_array(axes: str, dice: np.random.Generator) -> np.ndarray:
    return dice.integers(1, 40, [SIZES[a] for a in axes]) * dice.choice([-1, 1], [SIZES[a] for a in axes]) / 8.0


def as_system(array: np.ndarray, system: str) -> Any:
    if system == "float64":
        return array
    if not array.shape:
        return SYSTEMS[system](float(array))
    made = np.empty(array.shape, dtype=object)
    for place, x in np.ndenumerate(array):
        made[place] = SYSTEMS[system](float(x))
    return made


def expected_affine(by_input: bool, bias: str, batch: str, a: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """What NumPy's sums over indices give."""
    w, o, i = ACCESS[by_input], f"{batch}o", f"{batch}i"
    y = np.einsum(f"{w},{i}->{o}", a["w"], a["x"]) + (0 if bias == "none" else a["b"])
    found = {"y": y, "x": np.einsum(f"{w},{o}->{i}", a["w"], a["g"]), "w": np.einsum(f"{o},{i}->{w}", a["g"], a["x"])}
    return found | ({"b": a["g"]} if bias == "units" and not batch else {})


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("batch", ["", "n"])
@pytest.mark.parametrize("bias", BIASES)
@pytest.mark.parametrize("by_input", [False, True])
def test_the_forms_of_a_linear_map(by_input: bool, bias: str, batch: str, system: str) -> None:
    dice = np.random.default_rng(4)
    axes = {"x": f"{batch}i", "w": ACCESS[by_input], "g": f"{batch}o"}
    if (of_bias := BIASES[bias]) is not None:
        axes["b"] = of_bias
    arrays = {name: random_array(a, dice) for name, a in axes.items()}
    forms = Affine(by_input, bias).matrix(*(arrays[n].shape for n in ("x", "w", "b") if n in arrays))
    expected = expected_affine(by_input, bias, batch, arrays)
    assert forms.keys() == expected.keys()
    typed = {name: as_system(array, system) for name, array in arrays.items()}
    for of, text in forms.items():
        found = floats(value(parse(text), typed))
        assert found.shape == expected[of].shape
        assert np.allclose(found, expected[of], rtol=1e-12), text


@pytest.mark.parametrize("flip", [False, True])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_the_form_of_the_gradient_of_a_map(axes: int, flip: bool) -> None:
    dice, tried = np.random.default_rng(axes), 0
    while tried < 30:
        dilation = int(dice.integers(1, 4))  # the same along all axes
        settings = [[int(dice.integers(*ends)) for ends in ((3, 9), (1, 4), (1, 4), (0, 3))] for _ in range(axes)]
        places = [(n + 2 * p - dilation * (k - 1) - 1) // s + 1 for n, k, s, p in settings]
        if min(places) < 1:
            continue
        tried += 1
        frame = tuple(Sliding(n, q, k, s, p, dilation) for q, (n, k, s, p) in zip(places, settings, strict=True))
        one = Correlation(Frame(frame), bias="none", flip=flip, written=Written(False, 0, False))
        kernel = [k for _, k, _, _ in settings]
        arrays = {"w": dice.integers(-9, 9, kernel) / 8, "g": dice.integers(-9, 9, places) / 8}
        wanted = np.zeros([n for n, _, _, _ in settings])
        for place, u in product(np.ndindex(*places), np.ndindex(*kernel)):
            cell = [s * q + dilation * v - p for q, v, (_, _, s, p) in zip(place, u, settings, strict=True)]
            if all(0 <= c < n for c, n in zip(cell, wanted.shape, strict=True)):
                at = tuple(k - 1 - v for k, v in zip(kernel, u, strict=True)) if flip else u
                wanted[tuple(cell)] += arrays["g"][place] * arrays["w"][at]
        found = value(parse(one.matrix()["x"]), arrays)
        assert found.shape == wanted.shape
        assert np.allclose(found, wanted, rtol=1e-12), one.matrix()["x"]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("decay", [False, True])
@pytest.mark.parametrize(("momentum", "nesterov"), [(False, False), (True, False), (True, True)])
@pytest.mark.parametrize("axes", ["o", "oi"])
def test_the_forms_of_an_update(axes: str, momentum: bool, nesterov: bool, decay: bool, system: str) -> None:
    dice = np.random.default_rng(5)
    a = {name: random_array(axes, dice) for name in ("w", "g", "velocity")}
    a |= {name: random_array("", dice) for name in ("lr", "momentum", "weight_decay")}
    optimizer = SGD(lr=ONE, momentum=ONE if momentum else ZERO, nesterov=nesterov)
    g = a["g"] + a["weight_decay"] * a["w"] * decay
    velocity = a["momentum"] * a["velocity"] + g
    step = g + a["momentum"] * velocity if nesterov else velocity if momentum else g
    expected = {"velocity'": velocity} if momentum else {}
    expected["w'"] = a["w"] - a["lr"] * step
    arrays = {"w", "g", "velocity", "velocity_new"}
    lines = dict(optimizer.decayed() if decay else optimizer.plain())
    assert lines.keys() == expected.keys()
    for new, text in lines.items():
        reads = names_of(text)
        line = UpdateLine(unprimed(text), reads, tuple(r for r in reads if r in arrays))
        typed = {name: as_system(a[name], system) for name in reads}
        found = floats(value(parse(line.matrix()["y"]), typed))
        assert np.allclose(found, expected[new], rtol=1e-12)
        a[unprimed(new)] = expected[new]


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("w - lr*m/(sqrt(v) + eps)", "w - lr*m/(sqrt(v) + eps)"),
        ("beta*v + (1 - beta)*g**2", "beta*v + (1 - beta)*odot(g, g)"),
        ("m/(1 - beta**t)", "m/(1 - beta**t)"),
        ("lr*g/(1 + t)*m", "odot(lr*g/(1 + t), m)"),
        ("velocity*beta + g/(sqrt(v - m**2/100) + eps)", "beta*velocity + g/(sqrt(v - odot(m, m)/100) + eps)"),
        ("w*g*m", "odot(odot(w, g), m)"),
    ],
)
def test_the_forms_of_products_and_quotients(text: str, form: str, system: str) -> None:
    dice = np.random.default_rng(6)
    a = {name: random_array("oi", dice) for name in ("w", "g", "m", "velocity")}
    a |= {name: abs(random_array("", dice)) + 0.25 for name in ("lr", "eps", "beta")} | {"t": np.array(3.0)}
    a["v"] = random_array("oi", dice) ** 2 + 1
    reads = names_of(text)
    found = UpdateLine(text, reads, tuple(r for r in reads if a[r].ndim)).matrix()["y"]
    assert found == form
    typed = {name: as_system(a[name], system) for name in reads}
    values = floats(value(parse(found), typed))
    assert np.allclose(values, eval(text, {"sqrt": np.sqrt, **a}), rtol=1e-12)


def test_no_operation_has_a_form_that_is_not_tried_here() -> None:
    for module in pkgutil.iter_modules(layers.__path__, "hwsolve.layers."):
        importlib.import_module(module.name)
    waiting, found = [Operation], set()
    while waiting:
        waiting += (one := waiting.pop()).__subclasses__()
        found |= {one} if "matrix" in vars(one) and one is not Operation else set()
    assert found == {Affine, Correlation, UpdateLine, ByFormula}  # that of a formula is what was typed


# ---------------------------------------------------------------- in a solution


LONG = """
network:
  input: 8
  layers:
    - linear: {out_features: 70, weight: {init: xavier_uniform, seed: 1}, bias: {value: 0.5}}
    - ACTIVATION
    - linear: {out_features: 2, weight: {init: xavier_uniform, seed: 2}, bias: {value: 0.5}}
input: [[1, 2, 3, 4, 5, 6, 7, 8], [0.5, 1, 0.25, 1, 1, 1, 1, 3]]
target: [[1, 2], [0, 1]]
loss: half_squared_error
optimizer: {sgd: {lr: 0.1}}
kind: backprop
"""


@pytest.mark.parametrize(("activation", "relations"), [("tanh", {"=", "≈"}), ("identity", {"=", "≈"})])
def test_a_form_is_a_line_that_others_can_check(activation: str, relations: set[str]) -> None:
    made = json.loads(render([hwsolve.solve(LONG.replace("ACTIVATION", activation))], "json", Options()))
    lines = [x for s in made["sections"] for x in s["lines"] if isinstance(x.get("value"), list)]
    assert wrong_lines(made) == []
    assert {x["key"] for x in lines} >= {"z1", "dL_dw2", "dL_da1", "dL_dw1", "w1@1"}
    assert {x["relation"] for x in lines} == relations
    for line in lines:  # one wrong digit in each is found
        row = line["value"][-1] if isinstance(line["value"][-1], list) else line["value"]
        before = row[-1]
        row[-1] = before[:-1] + ("1" if before[-1] != "1" else "2")
    assert len(wrong_lines(made)) == len(lines)


@pytest.mark.parametrize("system", ["exact", "float64"])
@pytest.mark.parametrize(("of", "wrong"), [("y", "x @ T(w)"), ("w", "T(g) @ x + T(g) @ x"), ("x", "-(g @ w)")])
def test_a_form_that_does_not_hold_is_never_printed(
    of: str, wrong: str, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = Affine.matrix
    monkeypatch.setattr(Affine, "matrix", lambda self, *shapes: right(self, *shapes) | {of: wrong})
    with pytest.raises(Disagreement):
        hwsolve.solve(LONG.replace("ACTIVATION", "tanh") + f"numbers: {system}\n")


@pytest.mark.parametrize("wrong", ["x @ w", "x @ T(w) + b", "odot(x, w)", "outer(x, w)"])
def test_a_form_whose_axes_do_not_fit_is_left_out(wrong: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Affine, "matrix", lambda self, *shapes: {"y": wrong})
    lines = hwsolve.solve(LONG.replace("ACTIVATION", "tanh")).lines
    forms = [line.key.name for line in lines if isinstance(line, Value) and not line.key.indices]
    assert "z1" not in forms and "a1" in forms


def test_markdown_writes_a_form_as_mathematics() -> None:
    text = render([hwsolve.solve(LONG.replace("ACTIVATION", "tanh"))], "markdown", Options())
    assert "z^{(1)} = x {w^{(1)}}^{\\top} + b^{(1)}" in text
    w = "\\frac{\\partial L}{\\partial w^{(1)}}"
    z = "\\frac{\\partial L}{\\partial z^{(1)}}"
    assert f"{w} = {{\\left({z}\\right)}}^{{\\top}}x" in text
    assert "ᵀ" not in text


# ---------------------------------------------------------------- derivatives in one or two indices


N = 3
GIVEN = {name: np.random.default_rng(n).uniform(-1, 1, shape) for n, (name, shape) in enumerate(
    {"x": (N,), "t": (N,), "W": (N, N), "c": (), "n": ()}.items()
)}  # fmt: skip
GIVEN["n"] = np.array(float(N))
Named = dict[str, np.ndarray]


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(x) / np.exp(x).sum()


DERIVATIVES: dict[str, tuple[str, Callable[[Named], np.ndarray], str]] = {
    "delta(i,k)*softmax(x)[i] - softmax(x)[i]*softmax(x)[k]": (
        "ik",
        lambda v: np.diag(softmax(v["x"])) - np.outer(softmax(v["x"]), softmax(v["x"])),
        "diag(p) − p pᵀ, p = softmax(x)",
    ),
    "Sum(W[k,j]*x[j], j, 1, n) + Sum(W[j,k]*x[j], j, 1, n)": (
        "k",
        lambda v: np.einsum("kj,j->k", v["W"], v["x"]) + np.einsum("jk,j->k", v["W"], v["x"]),
        "W x + Wᵀ x",
    ),
    "-2*c*(x[k] - t[k])/n": ("k", lambda v: -2 * v["c"] * (v["x"] - v["t"]) / N, "(2c/n) t − (2c/n) x"),
    "x[i]*softmax(t)[k]/3": ("ik", lambda v: np.outer(v["x"], softmax(v["t"])) / 3, "(1/3) x pᵀ, p = softmax(t)"),
    "W[k,i] - 2*delta(i,k)": ("ik", lambda v: v["W"].T - 2 * np.eye(N), "Wᵀ − 2 I"),
    "-delta(i,k)*x[k]": ("ik", lambda v: -np.diag(v["x"]), "−diag(x)"),
    "(c + n)*W[i,k]": ("ik", lambda v: (v["c"] + N) * v["W"], "c W + n W"),
    "Sum(W[k,j]*softmax(x)[j], j, 1, n)": (
        "k",
        lambda v: v["W"] @ softmax(v["x"]),
        "W p, p = softmax(x)",
    ),
}


@pytest.mark.parametrize("text", DERIVATIVES)
def test_the_forms_of_derivatives(text: str) -> None:
    indices, expected, said_so = DERIVATIVES[text]
    made = of_element(parse(text), tuple(indices))
    assert made is not None
    form, *legend = made
    arrays = GIVEN | {"I": np.eye(N)}
    for equation in legend:
        assert isinstance(equation, Call)
        letter, vector = map(plain, equation.args)
        arrays[letter] = softmax(GIVEN[vector.removeprefix("softmax(").removesuffix(")")])
    found, wanted = value(form, arrays), expected(GIVEN)
    assert found.shape == wanted.shape
    assert np.allclose(found, wanted, rtol=1e-12)
    assert ", ".join(map(UNICODE.inline, made)) == said_so
    assert parse(plain(form)) is not None


def test_a_letter_of_a_vector_is_one_that_is_free() -> None:
    made = of_element(parse("softmax(p)[k] + softmax(q)[k]"), ("k",))
    assert ", ".join(map(UNICODE.inline, made)) == "r + s, r = softmax(p), s = softmax(q)"


@pytest.mark.parametrize(("text", "indices"), [("x[k]**2", "k"), ("x[i]*x[k]*t[k]", "ik"), ("sin(x[k])*t[k]", "k")])
def test_what_is_no_sum_of_products_has_no_form(text: str, indices: str) -> None:
    assert of_element(parse(text), tuple(indices)) is None


@pytest.mark.parametrize("rows", [2, 3])
@pytest.mark.parametrize(
    ("text", "by_s", "by_w"),
    [
        ("dot(s, W @ s)", "W s + Wᵀs", "s sᵀ"),
        ("s @ (W @ s)", "W s + Wᵀs", "s sᵀ"),
        ("sum(s*(W @ s))", "W s + Wᵀs", "s sᵀ"),
        ("dot(s, W @ s)/2 + sum(s**2)", "", ""),
    ],
)
def test_the_gradient_of_a_number_typed_over_arrays_has_a_form(text: str, by_s: str, by_w: str, rows: int) -> None:
    """The gradient of a number by itself is 1, and no factor; NumPy says what comes out."""
    dice = random.Random(f"{text}{rows}")
    w = [[dice.randint(-3, 3) for _ in range(rows)] for _ in range(rows)]
    s = [dice.choice((-2, -1, 1, 2)) for _ in range(rows)]
    spec = {"kind": "worksheet", "given": {"W": w, "s": s}, "define": {"f": text}, "gradient_of": "f"}
    solution = hwsolve.solve(spec)
    half = 0.5 if "/2" in text else 1.0
    wanted = half * (np.array(w) + np.array(w).T) @ s + (2 * np.array(s) if "**" in text else 0)
    assert [float(q.value) for q in solution.answers["df_ds"].value] == pytest.approx(wanted.tolist())
    found = [[float(q.value) for q in row] for row in solution.answers["df_dW"].value]
    assert np.allclose(found, half * np.outer(s, s))
    page = solution.to("plain", width=120)
    assert f"∂f/∂s = {by_s}" in page or not by_s or rows > 2  # whose rows are longer than the lines of the elements
    assert f"∂f/∂W = {by_w}" in page or not by_w
    assert wrong_lines(json.loads(solution.to("json"))) == []
