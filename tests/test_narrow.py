"""Large runs in float64 beside a copy in float32: what it says of its errors holds, or it says that nothing is clear."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from fractions import Fraction
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import hwsolve
from hwsolve import numbers
from hwsolve.graph import narrow as followed
from hwsolve.graph.graph import Graph
from hwsolve.graph.narrow import can_follow
from hwsolve.graph.run import NARROW, SHAKEN, Trajectory, train, trained
from hwsolve.numbers import narrow
from hwsolve.numbers.measured import Measured
from hwsolve.numbers.narrow import Unclear
from hwsolve.numbers.rounding import SMALLEST
from hwsolve.pipeline import Request, read
from hwsolve.spec.report import SpecFailure
from tests.often import often
from tests.test_float64 import Net, fraction, is_right, quantities

OPTIMIZERS: list[dict[str, Any]] = [
    {"sgd": {"lr": 0.5}}, {"sgd": {"lr": 3}}, {"sgd": {"lr": 0.1, "momentum": 0.9, "nesterov": True}},
    {"adam": {"lr": 0.1}}, {"rmsprop": {"lr": 0.1}}, {"adagrad": {"lr": 0.5}}, {"adadelta": {}}, {"nadam": {"lr": 0.1}},
]  # fmt: skip


@pytest.fixture(autouse=True)
def _small_is_large() -> Iterator[None]:
    with patch.object(followed, "LARGE", 0):
        yield


def computation(spec: dict[str, Any]) -> Any:
    (found,) = read(json.dumps(spec).encode(), "test.yaml", Request({}))
    return found.prepared


def beside(computed: Any, steps: int) -> Trajectory:
    with numbers.quiet():
        return trained(computed.graph, computed.values(False), steps, {0, steps}, NARROW)


def too_near(found: Any, exact: Any) -> Iterator[tuple[float, float]]:
    """Floats that are farther off than they say, with how far; balls may lie anywhere within their radius."""
    for at in np.ndindex(np.shape(found)):
        value, true = (found[at], exact[at]) if at else (found, exact)
        radius = Fraction(float(true.rad())) if hasattr(true, "rad") else 0
        off = abs(Fraction(float(value)) - fraction(true)) - radius
        if off > Fraction(value.error) + Fraction(SMALLEST):
            yield float(value), float(off)


def wrong(seed: int) -> tuple[int, list[Any]]:
    """Of a random net that is trained for some steps, how many numbers are held to the exact run, and which are wrong."""
    draw = random.Random(seed)
    spec = Net(seed).problem()
    steps = draw.choice((1, 3, 10, 40))
    computed = computation(spec | {"optimizer": draw.choice(OPTIMIZERS), "steps": steps})
    if not can_follow(computed.graph):
        return 0, []
    try:
        exact = train(computed.graph, lambda: computed.values(True), steps, {0, steps}, True)
        found = beside(computed, steps)
    except (Unclear, numbers.NotFinite, numbers.Undecided):
        return 0, []
    pairs = [(v, exact.kept[k][name]) for k in (0, steps) for name, v in found.kept[k].items() if name in exact.kept[k]]
    pairs += zip(found.losses, exact.losses, strict=True)
    return sum(np.size(v) for v, _ in pairs), [miss for pair in pairs for miss in too_near(*pair)]


@pytest.mark.slow
@pytest.mark.parametrize("long", [narrow.LONG, 5])
def test_no_number_is_farther_off_than_it_says(long: int) -> None:
    with patch.object(narrow, "LONG", long):
        found = [wrong(seed) for seed in range(often(80))]
    assert [miss for _, misses in found for miss in misses] == []
    assert sum(held > 0 for held, _ in found) > len(found) / 5


def test_a_smaller_margin_is_found_out() -> None:
    with patch.object(narrow, "MARGIN", 2.0**-34):
        assert any(wrong(seed)[1] for seed in range(40))


@pytest.mark.slow
def test_every_printed_digit_is_right() -> None:
    held = 0
    for seed in range(often(12)):
        problem = Net(seed).problem()
        try:
            exact = quantities(hwsolve.solve(problem))
        except SpecFailure:  # a power beyond what is computed exactly
            continue
        rough = quantities(hwsolve.solve({**problem, "numbers": "float64"}))
        for key, q in ((key, q) for key, q in rough.items() if key in exact):
            assert is_right(q, exact[key]), (seed, key, q.text, exact[key].text)
            held += 1
    assert held > 250


def net(*layers: Any, x: list[float], target: list[float], optimizer: dict[str, Any], **more: Any) -> dict[str, Any]:
    network = {"input": len(x), "layers": list(layers)}
    spec = {"kind": "backprop", "network": network, "input": x, "target": target, "loss": "half_squared_error"}
    return spec | {"optimizer": optimizer} | more


def linear(*rows: list[float], bias: list[float]) -> dict[str, Any]:
    return {"linear": {"out_features": len(rows), "weight": list(rows), "bias": bias}}


SGD: dict[str, Any] = {"sgd": {"lr": 0.1}}
ADAM: dict[str, Any] = {"adam": {"lr": 0.1}}
SUM = linear([1, 1], bias=[-0.3])  # 0.1 + 0.2 - 0.3 is no float
CHAOS = [{"formula": f"y{n} = 4*input*(1 - input)"} for n in range(1, 41)] + [linear([1, 0], [0, 1], bias=[0, 0])]
UNCLEAR = {
    "a number on a kink": net(SUM, "relu", x=[0.1, 0.2], target=[1], optimizer=SGD),
    "a number on another kink": net(linear([1, 1], bias=[5.7]), "relu6", x=[0.1, 0.2], target=[1], optimizer=SGD),
    "a gradient that is nothing but rounding": net(SUM, x=[0.1, 0.2], target=[0], optimizer=ADAM),
    "a run that is lost": net(*CHAOS, x=[0.3, 0.4], target=[1, 0], optimizer=SGD),
}  # fmt: skip


@pytest.mark.parametrize("what", UNCLEAR)
def test_what_is_not_clear_is_computed_beside_shaken_copies(what: str) -> None:
    computed, ways = computation(UNCLEAR[what]), []
    steps = UNCLEAR[what].get("steps", 1)
    assert can_follow(computed.graph)
    with pytest.raises(Unclear):
        beside(computed, steps)

    def seen(graph: Graph, givens: Any, steps: int, wanted: set[int], way: Any, feed: Any = None) -> Any:
        ways.append(way)
        return trained(graph, givens, steps, wanted, way, feed)

    with patch("hwsolve.graph.run.trained", seen):
        found = train(computed.graph, lambda: computed.values(False), steps, {0}, False)
    assert ways == [NARROW, SHAKEN]
    assert isinstance(found.losses[0], Measured)


@pytest.mark.parametrize(
    "layer", [{"max_pool1d": 2}, {"formula": "y = if(input > 1/2, input, 0)"}, {"soft_shrink": 0.5}]
)
def test_what_may_go_another_way_unseen_is_not_followed(layer: Any) -> None:
    shape = [1, 2] if "max_pool1d" in layer else 2
    spec = {
        "kind": "backprop",
        "network": {"input": shape, "layers": [layer]},
        "upstream": [[1]] if shape != 2 else [1, 1],
    }
    assert not can_follow(computation(spec | {"input": [[1, 2]] if shape != 2 else [1, 2]}).graph)


def test_a_saturated_function_is_no_whole_number() -> None:
    """1 − tanh 25 is no 0, although tanh 25 is 1 in both."""
    spec = net("tanh", {"formula": "y = 1 - input"}, x=[25, 1], target=[1, 1], optimizer=SGD)
    computed = computation({k: v for k, v in spec.items() if k != "optimizer"})
    kept = beside(computed, 0).kept[0]
    (value,) = (v for name, v in kept.items() if computed.graph.symbol(name) == "y")
    assert value[0] == 0
    assert value[0].error > 1e-15


def test_the_run_itself_is_the_same_in_both_ways() -> None:
    layers = [linear([0.3, -0.7], [0.2, 0.9], bias=[0.1, -0.4]), "tanh", linear([0.5, -0.3], bias=[0.2])]
    computed = computation(net(*layers, x=[0.3, 0.8], target=[0.7], optimizer=ADAM, steps=3))
    with numbers.quiet():
        ways = [trained(computed.graph, computed.values(False), 3, {0, 3}, way) for way in (NARROW, SHAKEN)]
    narrow_, shaken = ways
    assert narrow_.losses == shaken.losses
    for k in (0, 3):
        for name, value in narrow_.kept[k].items():
            np.testing.assert_array_equal(value, shaken.kept[k][name])
