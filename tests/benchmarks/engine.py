"""The engine: lines, steps of training beside PyTorch, formulas compiled beside code by hand, and the second way."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from time import process_time
from typing import Any
from unittest.mock import patch

import numpy as np

from tests.benchmarks import measure

STEPS = 20
SIZES = (784, 512, 512, 10)
BATCH = 64


def problem(spec: dict[str, Any]) -> Any:
    """A problem that is read and checked, with its graph and its numbers."""
    from hwsolve.pipeline import Request, read

    (found,) = read(json.dumps(spec).encode(), "benchmark.yaml", Request({}))
    return found


def work(spec: dict[str, Any]) -> Callable[[], Any]:
    """What solves a problem."""
    from hwsolve.kinds import work as of_kind

    prepared = problem(spec)
    return lambda: of_kind(spec["kind"]).solve(prepared)


# lines


def dense(width: int, layers: int) -> dict[str, Any]:
    """A net of tanh units."""
    dice = random.Random(width)

    def numbers(*shape: int) -> Any:
        return [numbers(*shape[1:]) for _ in range(shape[0])] if shape else round(dice.uniform(-1, 1), 2)

    body: list[Any] = []
    for _ in range(layers):
        body += [{"linear": {"out_features": width, "weight": numbers(width, width), "bias": numbers(width)}}, "tanh"]
    return {
        "kind": "backprop", "network": {"input": width, "layers": body}, "input": numbers(width),
        "target": numbers(width), "loss": "half_squared_error",
    }  # fmt: skip


def unrolled(times: int) -> dict[str, Any]:
    """An LSTM of one unit."""
    dice = random.Random(1)

    def row(n: int) -> list[float]:
        return [round(dice.uniform(-1, 1), 2) for _ in range(n)]

    cell = {"hidden_size": 1, "weight_ih": [row(2) for _ in range(4)], "weight_hh": [row(1) for _ in range(4)]}
    return {
        "kind": "backprop", "network": {"input": [times, 2], "layers": [{"lstm": cell | {"bias": row(4), "returns": "last"}}]},
        "input": [row(2) for _ in range(times)], "target": row(1), "loss": "half_squared_error",
    }  # fmt: skip


def of_a_line(spec: dict[str, Any]) -> float:
    """Microseconds for each line of a solution, without the run that it explains."""
    from hwsolve.graph.tangent import checked
    from hwsolve.solution import Value

    solve, computation = work(spec), problem(spec).prepared
    lines = sum(isinstance(line, Value) for step in solve().sections for line in step.lines)
    run = measure.seconds(
        lambda: checked(computation.graph, lambda: computation.values(True), 0, {0}, True), 5, process_time
    )
    return (measure.seconds(solve, 5, process_time) - run) / lines * 1e6


# training


def trained(optimizer: dict[str, Any]) -> Callable[[], Any]:
    """Steps of a net of 784-512-512-10 units by the engine."""
    from hwsolve.graph.run import train

    body: list[Any] = []
    for n in SIZES[1:]:
        body += [
            {"linear": {"out_features": n, "weight": {"init": "xavier_uniform", "seed": n}, "bias": {"init": "zeros"}}},
            "relu",
        ]
    dice = np.random.default_rng(3)
    spec = {
        "kind": "backprop", "network": {"input": SIZES[0], "layers": body[:-1]}, "numbers": "float64",
        "input": dice.random((BATCH, SIZES[0])).round(2).tolist(), "target": dice.random((BATCH, SIZES[-1])).round(2).tolist(),
        "loss": "mse_loss", "optimizer": optimizer, "steps": STEPS,
    }  # fmt: skip
    with patch("hwsolve.kinds.backprop.build.MOST_VALUES", 10**6):
        computation = problem(spec).prepared
    givens = computation.values(False)
    return lambda: train(computation.graph, lambda: dict(givens), STEPS, {STEPS}, False)


def by_torch(optimizer: str) -> Callable[[], Any]:
    """The same steps by PyTorch."""
    import torch

    layers: list[Any] = []
    for n, m in pairwise(SIZES):
        layers += [torch.nn.Linear(n, m, dtype=torch.float64), torch.nn.ReLU()]
    net = torch.nn.Sequential(*layers[:-1])
    x, t = (torch.rand(BATCH, n, dtype=torch.float64) for n in (SIZES[0], SIZES[-1]))
    made = getattr(torch.optim, optimizer)(net.parameters(), lr=1e-3)

    def steps() -> None:
        for _ in range(STEPS):
            made.zero_grad()
            torch.nn.functional.mse_loss(net(x), t).backward()
            made.step()

    return steps


# formulas


def formulas() -> Iterator[tuple[str, float, float]]:
    """Compiled formulas over code by hand: a product of matrices, and a function of every element."""
    from hwsolve.formula.compiled import compute
    from hwsolve.formula.parse import parse

    dice = np.random.default_rng(4)
    x, w = dice.random((64, 512)), dice.random((512, 512))
    product = parse("Sum(w[i,j]*x[n,j], j, 1, J)")
    smooth = parse("x[n,i]/(1 + exp(-x[n,i]))")
    runs = [
        ("a product of matrices", 1.5, lambda: compute(product, ("n", "i"), (64, 512), {"x": x, "w": w}, {"J": 512}),
         lambda: x @ w.T),
        ("a function of every element", 3, lambda: compute(smooth, ("n", "i"), (64, 512), {"x": x}, {}),
         lambda: x / (1 + np.exp(-x))),
    ]  # fmt: skip
    for what, goal, ours, by_hand in runs:
        assert np.allclose(ours(), by_hand())
        yield f"a compiled formula of {what} / code by hand", measure.in_turns(ours, by_hand, 31), goal


def second_way(spec: dict[str, Any]) -> float:
    """The check of all gradients over the pass that gives them."""
    from hwsolve.graph.run import train
    from hwsolve.graph.tangent import check

    computation = problem(spec).prepared
    trajectory = train(computation.graph, lambda: computation.values(True), 0, {0}, True)
    check(computation.graph, trajectory.kept[0], True)  # plans are made
    return measure.in_turns(
        lambda: check(computation.graph, trajectory.kept[0], True),
        lambda: train(computation.graph, lambda: computation.values(True), 0, {0}, True),
        7,
    )


def figures() -> Iterator[tuple[str, float, float]]:
    """All of them: what is measured, the figure, and the one to reach."""
    yield "a line of a dense net, in microseconds", of_a_line(dense(8, 3)), 250
    yield "a line of an LSTM of 80 steps, in microseconds", of_a_line(unrolled(80)), 250
    short, long = (work(unrolled(n)) for n in (80, 160))
    short(), long()
    yield "an LSTM of 160 steps / of 80 steps", measure.in_turns(long, short, 3), 2.2
    yield "the second way to every gradient / a pass, dense", second_way(dense(8, 3)), 1
    yield "the second way to every gradient / a pass, LSTM of 80 steps", second_way(unrolled(80)), 1
    yield from formulas()
    try:
        for name, goal in (("SGD", 1.2), ("Adam", 1.5)):
            ours, theirs = trained({name.lower(): {"lr": 0.001}}), by_torch(name)
            ours(), theirs()
            yield f"{STEPS} steps of 784-512-512-10 by {name} / by PyTorch", measure.in_turns(ours, theirs, 3), goal
    except ImportError:
        print("torch is not installed: no comparison with it")
