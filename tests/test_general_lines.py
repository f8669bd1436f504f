"""A general line gives each of its element lines: put in their indices, and the value comes out.

The lines are those of the finished document; they are evaluated by an evaluator that knows nothing of us, in which an
element outside its array is 0 in a sum and skipped in a maximum or a product.
"""

from __future__ import annotations

import json
import random
from typing import Any

import mpmath as mp
import pytest
from hypothesis import HealthCheck, given, settings

import hwsolve
from hwsolve import pipeline
from hwsolve.formula.tree import (
    BigOperator,
    Call,
    Formula,
    Number,
    Ref,
    children,
    references,
    substitute,
    transform,
    walk,
)
from hwsolve.kinds.convolution.page import LayerPage
from hwsolve.layers import LAYERS
from hwsolve.solution import Carried, Form, Let, Solution, Value
from hwsolve.spec.report import SpecFailure
from tests.random_nets import problems
from tests.test_backward_formulas import Absent, value

Env = dict[str, Any]


def number(x: Any) -> Any:
    """A value of the document for the evaluator."""
    if hasattr(x, "mid"):  # a ball
        return mp.mpf(str(x.mid().str(40, radius=False)))
    return mp.mpf(int(x.p)) / int(x.q) if hasattr(x, "p") else mp.mpf(x)


def at(key: Ref) -> tuple[int, ...] | None:
    """The indices of a key, None where they are letters."""
    numbers = tuple(i.numerator for i in key.indices if isinstance(i, Number))
    return numbers if len(numbers) == len(key.indices) else None


def elements(solution: Solution) -> Env:
    """Every number of the document by its key."""
    found: Env = {}
    for entry in (*solution.given, *(line for line in solution.lines if isinstance(line, Value | Carried))):
        if isinstance(entry.quantity, tuple):  # a whole array, whose elements have lines of their own
            continue
        indices = at(entry.key)
        assert indices is not None
        if indices:
            found.setdefault(entry.key.name, {})[indices] = number(entry.quantity.value)
        else:
            found[entry.key.name] = number(entry.quantity.value)
    return found


def own(name: str) -> str:
    """A name of the argument is that of the problem."""
    return name.removeprefix("any_")


def parts(solution: Solution) -> dict[str, tuple[list[str], Formula]]:
    """What the lines name: the first window that covers a cell, a mark, an array between its places."""
    found: dict[str, tuple[list[str], Formula]] = {}
    for line in solution.lines:
        if isinstance(line, Let):
            letters = [k.name for k in children(line.key) if isinstance(k, Ref)]
            found[own(line.key.name)] = letters, transform(line.formula, renamed)
    return found


def renamed(node: Formula) -> Formula:
    """A node by its own name."""
    return Ref(own(node.name), node.indices) if isinstance(node, Ref) else node


def taken_apart(f: Formula, named: dict[str, tuple[list[str], Formula]], known: Env) -> Formula:
    """A formula with what the parts stand for in their place, unless they have numbers of their own."""

    def change(node: Formula) -> Formula:
        if isinstance(node, Ref | Call) and node.name in named and node.name not in known:
            letters, meant = named[node.name]
            put = children(node)
            if len(put) == len(letters) or not put:  # p0 stands for its formula of i
                return substitute(taken_apart(meant, named, known), dict(zip(letters, put, strict=True)) if put else {})
        return node

    return transform(f, change)


def general(solution: Solution) -> list[tuple[Ref, Any]]:
    """The general lines: an element with letters for its indices, and its formula."""
    found = []
    for line in solution.lines:
        if isinstance(line, Let) and isinstance(line.key, Ref) and line.key.indices:  # y[p], in the statement
            found.append((renamed(line.key), transform(line.formula, renamed)))
            continue
        formulas = line.links if isinstance(line, Form) else ()
        if len(formulas) in (2, 3):
            lhs, rhs = formulas[0].formula, formulas[-1].formula
            if isinstance(lhs, Ref) and lhs.indices and at(lhs) is None:
                found.append((lhs, rhs))
    return found


def check(solution: Solution, more: Env | None = None) -> int:
    """Every element of every general line; how many there were."""
    env, checked = elements(solution) | (more or {}), 0
    named = parts(solution)
    for lhs, rhs in general(solution):
        known = env.get(lhs.name)
        if known is None:  # an index formula of what has no numbers here
            continue
        rhs = taken_apart(rhs, named, env)
        for indices, wanted in known.items():
            pairs = zip(lhs.indices, indices, strict=True)
            letters = {i.name: mp.mpf(n) for i, n in pairs if isinstance(i, Ref)}  # an axis of length 1 has a number
            try:
                found = value(rhs, env | letters)
            except Absent:  # nothing reads this element
                found = mp.mpf(0)
            assert abs(found - wanted) <= mp.mpf("1e-12") * (1 + abs(wanted)), (lhs, indices, found, wanted)
            checked += 1
    return checked


def array(dice: random.Random, shape: tuple[int, ...], most: int = 2) -> Any:
    """Small whole numbers, so that ties are met."""
    return [array(dice, shape[1:], most) for _ in range(shape[0])] if shape else dice.randint(-most, most)


# ---------------------------------------------------------------- layers of windows


def pooling(dice: random.Random, axes: int) -> dict[str, Any]:
    """A pooling layer by name, with random settings."""
    name = dice.choice(["max", "max", "max", "avg", "adaptive_avg", "adaptive_max"])
    if name.startswith("adaptive"):
        return {f"{name}_pool{axes}d": {"output_size": [dice.randint(1, 3) for _ in range(axes)]}}
    kernel = [dice.randint(1, 3) for _ in range(axes)]
    spec: dict[str, Any] = {"kernel_size": kernel, "stride": [dice.randint(1, 3) for _ in range(axes)]}
    spec |= {"padding": [dice.randint(0, k // 2) for k in kernel], "ceil_mode": dice.random() < 0.5}
    if name == "max":
        spec["dilation"] = [dice.randint(1, 2) for _ in range(axes)]
    elif dice.random() < 0.5:
        spec["count_include_pad"] = False
    return {f"{name}_pool{axes}d": spec}


def solved(problem: dict[str, Any]) -> Any:
    """The solution; None where the settings do not fit together."""
    try:
        return hwsolve.solve(problem)
    except SpecFailure:
        return None


def with_upstream(problem: dict[str, Any], dice: random.Random) -> Any:
    """The solution with a random upstream gradient of the shape of the output."""
    plain = solved(problem)
    if plain is None:
        return None
    found = elements(plain)
    output = "y" if "y" in found else [k for k in found if k.startswith(("a", "z", "x"))][-1]
    if not isinstance(found[output], dict):
        return None
    shape = tuple(max(k[axis] for k in found[output]) for axis in range(len(next(iter(found[output])))))
    return solved(problem | {"upstream": array(dice, shape, 5)})


@pytest.mark.parametrize("ties", ["first", "all", "split"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_pooling_of_every_convention_and_rank(axes: int, ties: str) -> None:
    dice, checked = random.Random(f"{axes}{ties}"), 0
    for _ in range(24 // axes):
        lead = dice.choice([(), (2,), (2, 1)])
        x = array(dice, (*lead, *(dice.randint(2, 5 - axes) for _ in range(axes))), 1)
        problem = {"kind": "pooling", "layer": pooling(dice, axes), "ties": ties, "input": x, "full": True}
        solution = with_upstream(problem, dice)
        checked += check(solution) if solution is not None else 0
    assert checked > 50


@pytest.mark.parametrize("layer", ["conv", "conv_transpose"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_convolutions_of_every_rank(layer: str, axes: int) -> None:
    dice, checked = random.Random(f"{layer}{axes}"), 0
    for _ in range(15 // axes):
        lead = dice.choice([(), (2,), (2, 2)])
        channels = lead[-1] if lead else 1
        groups = dice.choice([1, channels])
        out, kernel = groups * dice.randint(1, 2), tuple(dice.randint(1, 2) for _ in range(axes))
        pair = (out, channels // groups) if layer == "conv" else (channels, out // groups)
        spec = {"out_channels": out, "kernel_size": list(kernel), "groups": groups, "stride": dice.randint(1, 2)}
        spec |= {"padding": dice.randint(0, 1), "dilation": dice.randint(1, 2), "weight": array(dice, (*pair, *kernel))}
        spec["bias"] = array(dice, (out,)) if dice.random() < 0.5 else False
        x = array(dice, (*lead, *(dice.randint(2, 5 - axes) for _ in range(axes))))
        problem = {"kind": "convolution", "layer": {f"{layer}{axes}d": spec}, "input": x, "full": True}
        if dice.random() < 0.3:
            problem["activation"] = "relu"
        solution = with_upstream(problem | {"flip": dice.random() < 0.3}, dice)
        checked += check(solution) if solution is not None else 0
    assert checked > 50


NAMED: dict[str, Any] = {
    "max_pool": {"kernel_size": "K", "stride": "S"},
    "avg_pool": {"kernel_size": "K", "stride": "S"},
    "adaptive_max_pool": {"output_size": "Q"},
    "conv": {"out_channels": 2, "kernel_size": "K", "stride": "S", "padding": "P", "bias": False},
    "conv_transpose": {"out_channels": 2, "kernel_size": "K", "stride": "S"},
}


@pytest.mark.parametrize("ties", ["first", "all", "split"])
@pytest.mark.parametrize("lead", [(), (2,), (2, 2)])
@pytest.mark.parametrize("name", NAMED)
def test_formulas_with_names_for_sizes(name: str, lead: tuple[int, ...], ties: str) -> None:
    kind = "pooling" if "pool" in name else "convolution"
    if kind == "convolution" and ties != "first":
        return
    for axes in (1, 2):
        x = array(random.Random(f"{name}{lead}"), (*lead, *(5,) * axes), 1)
        problem = {"kind": kind, "layer": {f"{name}{axes}d": NAMED[name]}, "input": x, "full": True}
        (read,) = pipeline.read(json.dumps(problem | ({"ties": ties} if kind == "pooling" else {})), "<test>")
        worker = LayerPage(read, read.prepared)
        solution = worker.solution()
        every = sum(len(elements(solution)[array]) for array in ("x", "y"))  # each of ∂L/∂x and of y
        assert check(solution, {k: mp.mpf(n) for k, n in worker.known_sizes().items()}) >= every


# ---------------------------------------------------------------- networks


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(problems(deepest=2, widest=3))
def test_layers_losses_and_updates_of_random_networks(problem: dict[str, Any]) -> None:
    solution = hwsolve.solve(problem | {"full": True, "digits": 20})
    check(solution, chosen(problem))


def chosen(problem: dict[str, Any]) -> Env:
    """Targets that select classes; the document says them in words."""
    target = problem["target"]
    if not isinstance(target, dict):
        return {}
    classes, width = target["class"], 9
    if isinstance(classes, int):
        return {"t": {(c,): mp.mpf(int(c == classes)) for c in range(1, width)}}
    every = ((n, c, k) for n, k in enumerate(classes, 1) for c in range(1, width))
    return {"t": {(n, c): mp.mpf(int(c == k)) for n, c, k in every}}


def layers(dice: random.Random, shape: tuple[int, ...]) -> list[Any]:
    """One or two layers of every kind that a map or a vector of this shape can go through."""
    rank = len(shape)
    dims = [*range(1, rank + 1), *range(-rank, 0)]
    start = dice.choice(dims)
    found: list[Any] = [{"softmax": {"dim": dice.choice(dims)}}, {"log_softmax": {"dim": dice.choice(dims)}}]
    found += [{"flatten": {"start_dim": start}}, {"residual": {"body": ["tanh"]}}, {"concat": [["tanh"], ["relu"]]}]
    found += [
        {"multiply": [["tanh"], []]},
        {"linear": {"out_features": 2, "weight": {"init": "xavier_uniform", "seed": 1}, "bias": 1}},
    ]
    if rank > 1:
        found += [pooling(dice, rank - 1)] * 3
        found += [{"multiply": [["tanh"], [{f"adaptive_avg_pool{rank - 1}d": 1}]]}]
        spec = {
            "out_channels": 2,
            "kernel_size": 2,
            "padding": 1,
            "stride": dice.randint(1, 2),
            "weight": 0.5,
            "bias": 1,
        }
        found += [{f"conv{rank - 1}d": spec}, {f"conv_transpose{rank - 1}d": spec}]
    return dice.sample(found, dice.randint(1, 2))


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
@pytest.mark.parametrize("samples", [0, 2])
def test_networks_of_every_layer(rank: int, samples: int) -> None:
    dice, checked = random.Random(rank + 10 * samples), 0
    for _ in range(24 // rank):
        shape = tuple(dice.randint(1, 3) for _ in range(rank))
        x = array(dice, (*((samples,) if samples else ()), *shape))
        network = {"input": list(shape), "layers": layers(dice, shape)}
        solution = with_upstream({"kind": "backprop", "network": network, "input": x, "full": True, "digits": 20}, dice)
        checked += check(solution) if solution is not None else 0
    assert checked > 50


def activations() -> list[str]:
    return [name for name in LAYERS if LAYERS[name].startswith("hwsolve.layers.activation:")]


@pytest.mark.parametrize("name", activations())
def test_every_activation(name: str) -> None:
    network = {"input": [2, 3], "layers": [name, {"linear": {"out_features": 2, "weight": 1, "bias": 0}}]}
    x = [[-3.5, -1, -0.25], [0.5, 2, 7]]
    problem = {"kind": "backprop", "network": network, "input": x, "upstream": [[1, 2], [3, -4]], "full": True}
    assert check(hwsolve.solve(problem | {"digits": 20})) > 12


# ---------------------------------------------------------------- the check itself


def test_the_formula_of_another_convention_does_not_pass() -> None:
    """At a tie the three conventions give three gradients, and each its own formula."""
    problem = {"kind": "pooling", "layer": {"max_pool1d": 2}, "input": [1, 1, 2, 1], "upstream": [1, 1], "full": True}
    found = {ties: hwsolve.solve(problem | {"ties": ties}) for ties in ("first", "all", "split")}
    for ties, solution in found.items():
        assert check(solution) > 4
        for other in set(found) - {ties}:
            with pytest.raises(AssertionError):
                check(solution, {"dL_dx": elements(found[other])["dL_dx"]})


CELLS = ["rnn", "lstm", {"gru": {"reset": "before", "update": "replaces"}}, {"gru": {"reset": "after"}}]


@pytest.mark.parametrize("cell", CELLS, ids=str)
@pytest.mark.parametrize("embedded", [True, False])
def test_indices_are_single_letters(cell: Any, embedded: bool) -> None:
    """Where a gate is called n, or a batch of tokens is read, no index is `n_` or `n2`."""
    name, options = (cell, {}) if isinstance(cell, str) else next(iter(cell.items()))
    drawn = {"init": "normal", "seed": 1}
    layers: list[Any] = [
        {name: {"hidden_size": 2, "weight_ih": drawn, "weight_hh": drawn, "bias": drawn, "returns": "last", **options}}
    ]
    tokens = {"embedding": {"num_embeddings": 3, "embedding_dim": 2, "weight": drawn}}
    found = hwsolve.solve(
        {
            "kind": "backprop",
            "network": {"input": {"tokens": 3} if embedded else [3, 2], "layers": [tokens] * embedded + layers},
            "input": {"index": [[0, 1, 2], [1, 1, 0]]} if embedded else {"linspace": [-1, 1], "shape": [2, 3, 2]},
            "loss": "mse_loss",
            "target": {"zeros": [2, 2]},
        }
    )
    forms = [stage.formula for line in found.lines if isinstance(line, Form) for stage in line.links]
    indices = {i.name for f in forms for ref in references(f) for i in ref.indices if isinstance(i, Ref)}
    assert indices and all(len(i) == 1 or i == "tau" for i in indices), indices
    assert not {n.index for f in forms for n in walk(f) if isinstance(n, BigOperator) and len(n.index) > 1} - {"tau"}
