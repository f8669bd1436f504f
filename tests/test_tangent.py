"""The second way to every gradient: it agrees wherever the gradients are right, and not where one is wrong."""

from __future__ import annotations

import copy
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve import numbers
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula import backward as backward_rules
from hwsolve.formula import differentiate
from hwsolve.graph import operation, tangent
from hwsolve.graph.differentiate import differentiate as append_gradients
from hwsolve.graph.graph import Builder, Graph
from hwsolve.graph.operation import Operation
from hwsolve.graph.run import Trajectory, train
from hwsolve.graph.tangent import Way, check
from hwsolve.kinds.backprop import page
from hwsolve.layers.correlation import Correlation
from hwsolve.layers.elementwise import Elementwise, ReLUOperation, SigmoidOperation
from hwsolve.layers.linear import Affine
from hwsolve.layers.pooling_operations import Mean
from hwsolve.layers.reshape import Flattening
from hwsolve.layers.softmax import SoftmaxOperation
from hwsolve.losses.cross_entropy import CrossEntropyOperation
from tests import random_maps
from tests.test_agreement import NET


@pytest.fixture(autouse=True)
def forget() -> Iterator[None]:
    """Derived formulas are kept by operation; those of a changed rule must not be remembered."""
    kept = (operation.forward_schematic, operation.backward_schematic, operation.derived, operation.by_formula)
    for f in kept:
        f.cache_clear()
    yield
    for f in kept:
        f.cache_clear()


class Found(Exception):
    """Both ways, before anything is written of them."""


@pytest.fixture
def both_ways(monkeypatch: pytest.MonkeyPatch) -> list[Way | None]:
    """The two ways of each problem that is solved; None where nothing can be said."""
    found: list[Way | None] = []

    def watched(graph: Graph, values: Any, exact: bool) -> None:
        way = Way(graph, values, exact)
        try:
            with numbers.quiet():
                assert way.agrees(), (way.change, way.total)
            found.append(way)
        except ArithmeticError:
            found.append(None)
        raise Found

    monkeypatch.setattr(tangent, "check", watched)
    return found


@pytest.mark.parametrize("system", ["exact", "float64"])
def test_both_ways_agree_on_random_networks(system: str, both_ways: list[Way | None]) -> None:
    for seed in range(150):
        problem = random_maps.network(random.Random(seed)) | {"numbers": system}
        with pytest.raises(Found):
            hwsolve.solve(problem)
    there = [way for way in both_ways if way is not None]
    assert len(there) > 100  # the others have a tie of a maximum
    assert sum(way.total != 0 for way in there) > 90


# ---------------------------------------------------------------- wrong gradients

MAP: dict[str, Any] = {
    "kind": "backprop",
    "network": {
        "input": [1, 3, 3],
        "layers": [
            {"conv2d": {"out_channels": 2, "kernel_size": 2, "weight": [[[[1, -2], [3, 1]]], [[[2, 1], [0, -1]]]]}},
            "relu",
            {"avg_pool2d": {"kernel_size": 2, "stride": 1}},
            "flatten",
            {"linear": {"out_features": 2, "weight": [[1, "0.5"], [-1, 2]], "bias": ["0.1", 0]}},
            "gelu",
            "softmax",
        ],
    },
    "input": [[[1, 2, -1], [0, 3, 1], [2, -2, 1]]],
    "upstream": [1, 3],
}
MAP["network"]["layers"][0]["conv2d"]["bias"] = [0, 1]
ENTROPY = copy.deepcopy(NET) | {"loss": "cross_entropy", "target": {"class": 2}}
ENTROPY["network"]["layers"][2]["linear"] = {"out_features": 2, "weight": [[1, 2], [0, -1]], "bias": [0, 1]}


@pytest.mark.parametrize("system", ["exact", "float64"])
@pytest.mark.parametrize(
    ("cls", "slot", "problem"),
    [
        (Affine, 0, NET), (Affine, 1, NET), (Affine, 2, NET), (SigmoidOperation, 0, NET),
        (CrossEntropyOperation, 0, ENTROPY),
        (Correlation, 1, MAP), (Correlation, 2, MAP), (ReLUOperation, 0, MAP), (Mean, 0, MAP), (Flattening, 0, MAP),
        (Elementwise, 0, MAP), (SoftmaxOperation, 0, MAP),
    ],
)  # fmt: skip
@pytest.mark.parametrize("fault", [lambda d: 2 * d, np.flip, lambda d: d + d * d])
def test_a_wrong_gradient_is_refused(
    cls: type, slot: int, problem: Any, fault: Any, system: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = cls.backward  # type: ignore[attr-defined]
    changed = False

    def wrong(self: Any, k: int, g: Any, y: Any, *arrays: Any) -> Any:
        nonlocal changed
        found = right(self, k, g, y, *arrays)
        if k != slot:
            return found
        made = np.asarray(fault(found))
        changed = changed or not np.allclose(made.astype(float), found.astype(float))
        return made

    monkeypatch.setattr(cls, "backward", wrong)
    monkeypatch.setattr(page.NetworkPage, "start", lambda *_: (_ for _ in ()).throw(Found))  # nothing else is to see it
    with pytest.raises((Disagreement, Found)) as why:
        hwsolve.solve(problem | {"numbers": system})
    assert changed == (why.type is Disagreement)


def test_both_ways_agree_on_the_networks_themselves(both_ways: list[Way | None]) -> None:
    for problem in (NET, MAP, ENTROPY):
        with pytest.raises(Found):
            hwsolve.solve(problem)
    assert None not in both_ways


# ---------------------------------------------------------------- a sum up to an index


class CausalSoftmax(Operation, frozen=True):
    """Each row is a softmax of what stands up to the diagonal."""

    inputs = ("e",)
    batched = ("e",)
    indices = ("i", "j")
    formula = "if(j <= i, exp(e[i,j])/Sum(exp(e[i,s]), s, 1, i), 0)"


def causal(exact: bool) -> tuple[Graph, Trajectory, Any, Any]:
    """Σ G · causal softmax(E): the graph and its run, E and G."""
    dice = np.random.default_rng(3)
    e, g = (dice.integers(-8, 9, (2, 4, 4)) / 4 for _ in range(2))
    graph = Graph()
    builder = Builder(graph)
    names = builder.given("e", e.shape, "input"), builder.given("dL_dy", e.shape)
    graph.output = builder.forward(CausalSoftmax(), names[:1], "y")
    append_gradients(graph, {graph.output: names[1]})
    values = dict(zip(names, (e, g), strict=True))
    if exact:
        one = np.frompyfunc(lambda v: numbers.exact(*float(v).as_integer_ratio()), 1, 1)
        values = {name: one(v) for name, v in values.items()}
    return graph, train(graph, lambda: values, 0, [0], exact), e, g


@pytest.mark.parametrize("exact", [True, False])
def test_causal_softmax_against_pytorch(exact: bool) -> None:
    torch = pytest.importorskip("torch")
    graph, run, e, g = causal(exact)
    x = torch.tensor(e, requires_grad=True)
    y = torch.softmax(x.masked_fill(torch.triu(torch.ones(4, 4, dtype=torch.bool), 1), -torch.inf), -1)
    (y * torch.tensor(g)).sum().backward()
    gradient = next(n.name for n in graph.nodes.values() if n.role == "gradient")
    floats = [run.kept[0][name].astype(float) for name in (graph.output, gradient)]
    np.testing.assert_allclose(floats[0], y.detach(), atol=1e-14)
    np.testing.assert_allclose(floats[1], x.grad, atol=1e-14)
    check(graph, run.kept[0], exact)


@pytest.mark.parametrize("exact", [True, False])
def test_a_bound_that_is_forgotten_is_found(exact: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    forgetful = backward_rules.covers
    monkeypatch.setattr(differentiate, "covers", lambda inputs, indices: forgetful(inputs, frozenset()))
    graph, run, _, _ = causal(exact)
    with pytest.raises(Disagreement):
        check(graph, run.kept[0], exact)


def test_a_sum_up_to_an_outer_index_keeps_its_condition() -> None:
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.formula.parse import parse

    found = differentiate.differentiate(parse("Sum(Sum(x[s], s, 1, i), i, 1, n)"), parse("x[k]"))  # type: ignore[arg-type]
    for k in range(1, 6):
        assert evaluate(found, lambda name, _, k=k: {"n": 5, "k": k}[name]) == 5 - k + 1


# ---------------------------------------------------------------- where nothing can be said


def test_ties_are_left_out(both_ways: list[Way | None]) -> None:
    problem = {
        "kind": "backprop", "network": {"input": [1, 2, 2], "layers": [{"max_pool2d": 2}]},
        "input": [[[1, 2], [2, 0]]], "upstream": [[[1]]],
    }  # fmt: skip
    for values, said in (([[[1, 2], [2, 0]]], False), ([[[1, 2], [3, 0]]], True)):
        with pytest.raises(Found):
            hwsolve.solve(problem | {"input": values})
        assert (both_ways[-1] is not None) == said


def test_float64_near_saturation_is_no_fault(both_ways: list[Way | None]) -> None:
    """1 − σ(z) has few digits left; σ(z) itself is off by a rounding, and so much may the change be."""
    for z in (10, 20, 30, 35, 36, 40):
        problem = {
            "kind": "backprop", "network": {"input": 1, "layers": ["sigmoid"]}, "input": [z], "target": [0.25],
            "loss": "binary_cross_entropy", "numbers": "float64",
        }  # fmt: skip
        with pytest.raises(Found):
            hwsolve.solve(problem)
