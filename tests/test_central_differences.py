"""Gradients a second way, by differences: the network once more with its numbers moved, in 400 bits.

It needs the forward pass alone, so it holds for what PyTorch has not: formulas, gated units, other forms of cells.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the makers of some of these problems use PyTorch")

from hwsolve import numbers
from hwsolve.graph.graph import Graph
from hwsolve.graph.run import PlainProgram, PlainValues, give, train
from hwsolve.pipeline import read
from tests import random_wiring, recurrent_peer, test_attention_torch, test_loss_terms, test_norms_torch
from tests.often import each

CASES = each(3)
BITS = 400
STEP = -80  # of the differences, as a power of two
CLOSE = 2.0**-100  # what is left of them is as small as the square of the step
Spec = dict[str, Any]
Maker = Callable[[random.Random], Spec]


# ---------------------------------------------------------------- the second way


def number_of(graph: Graph, values: Any) -> Any:
    """The loss; without one the heads under their upstream gradients."""
    if graph.loss:
        return np.sum(values[graph.loss])
    terms = {(t.output, t.upstream) for n in graph.nodes.values() for t in n.terms if t.upstream}
    heads = [(head, upstream) for head, upstream in terms if graph.nodes[upstream].role == "given"]
    return sum(np.sum(values[head] * values[upstream]) for head, upstream in heads)


class Forwards:
    """The forward pass of a problem, for any numbers that are given."""

    def __init__(self, graph: Graph, givens: Any) -> None:
        self.graph, self.givens = graph, givens
        self.program = PlainProgram(graph, {n.name for n in graph.nodes.values() if n.role in ("forward", "loss")})
        self.here = self.at({})

    def at(self, moved: Any) -> Any:
        """The number where some quantities have moved."""
        slots = self.program.calls.slots
        state = PlainValues(len(slots))
        give(state, slots, self.givens | moved)
        with numbers.quiet():
            self.program.run(state)
        return number_of(self.graph, {name: state.seen(k) for name, k in slots.items()})

    def difference(self, name: str, direction: Any) -> Any:
        """How the number changes where one given quantity moves; None at a kink."""
        h = numbers.exact(1, 2**-STEP)
        ahead, behind = (self.at({name: self.givens[name] + k * direction}) for k in (h, -h))
        bend = float(abs(ahead - 2 * self.here + behind)) * 2.0**-STEP
        return None if bend > 1e-12 * max(1, float(abs(self.here))) else (ahead - behind) / (2 * h)


def slopes(spec: Spec | str, dice: random.Random) -> Iterator[tuple[str, Any, Any]]:
    """Of each given quantity with a gradient: its symbol, the difference in a random direction, gradient · direction."""
    text = spec if isinstance(spec, str) else json.dumps(spec)
    computation = read(text.encode(), "differences.yaml")[0].prepared
    graph = computation.graph
    with numbers.precision(BITS):
        givens = computation.values(exact=True)
        values = train(graph, lambda: dict(givens), 0, {0}, exact=True).kept[0]
        forwards = Forwards(graph, givens)
        for node in graph.nodes.values():
            if node.role != "gradient" or node.of not in givens:
                continue
            shape = graph.nodes[node.of].shape
            ways = [numbers.exact(dice.choice((-3, -2, -1, 1, 2, 3))) for _ in range(int(np.prod(shape)))]
            direction = np.array(ways, dtype=object).reshape(shape) if shape else ways[0]
            yield graph.symbol(node.of), forwards.difference(node.of, direction), np.sum(values[node.name] * direction)


def agrees(spec: Spec | str, dice: random.Random) -> int:
    """How many quantities were compared."""
    compared = 0
    for symbol, found, gradient in slopes(spec, dice):
        if found is None:
            continue
        compared += 1
        off = float(abs(found - gradient))
        assert off <= CLOSE * max(1.0, float(abs(gradient))), (symbol, found, gradient, spec)
    return compared


# ---------------------------------------------------------------- what PyTorch has not


def tenths(dice: random.Random, *shape: int) -> Any:
    """Numbers with one decimal, none of them 0."""
    if not shape:
        return dice.choice((-1, 1)) * dice.randint(1, 15) / 10
    return [tenths(dice, *shape[1:]) for _ in range(shape[0])]


# of a row u of n numbers, with parameters a (n), W (n × n) and s
OF_ROWS = (
    "input*sigmoid({a}*input)", "{W} @ input + {a}", "softmax({W} @ input)*input", "input/norm(input)",
    "log(1 + input**2) + {a}", "cumsum({a}*input)", "input - mean(input) + {s}", "exp({s}*input/4)*{a}",
    "log_softmax(input + {a})", "if(input > {s}, input, {a}*input)", "tanh(input)*max(input, {a})",
    "{s}*input + dot({a}, input)*{a}", "sum(outer({a}, input), 2)", "erf(input)*{s} + input**3/6",
    "T({W}) @ tanh(input)", "abs(input)**1.5 + {a}", "softplus({s}*input)/(1 + {a}**2)",
    "min(input, {a}) + logsumexp(input)",
)  # fmt: skip
# with an index of its own, among them a linear recurrent unit and a gate over all places before
OF_PLACES = (
    "{o}[i] = Sum({W}[i,j]*tanh(input[j]), j) + {a}[i]",
    "{o}[t] = input[t]/4 + Sum({a}[s]*sigmoid({s})**(t - s)*input[s], s, 1, t)",
    "{o}[i] = input[i] + Sum(exp({a}[j])*input[j], j, 1, i)/Sum(exp({a}[j]), j, 1, i)",
    "{o}[i] = input[i]*Prod(1 + {a}[j]**2, j) + {s}",
)


def formulas(dice: random.Random) -> Spec:
    """Layers by formulas, one behind the other, with parameters of their own."""
    n, layers = dice.randint(2, 3), []
    for k in range(dice.randint(1, 3)):
        own = {"a": f"a{k}", "W": f"W{k}", "s": f"s{k}"}
        made = {own["a"]: tenths(dice, n), own["W"]: tenths(dice, n, n), own["s"]: tenths(dice)}
        text = dice.choice((*OF_ROWS, *OF_ROWS, *OF_PLACES, *OF_PLACES, *OF_PLACES))
        used = {name: {"values" if isinstance(v, list) else "value": v} for key, name in own.items() for v in [made[name]]
                if "{" + key + "}" in text}  # fmt: skip
        value = text.format(**own, o=f"y{k}") if "{o}" in text else text.format(**own)
        given: Spec = {"value": value} | ({} if "{o}" in text else {"output": f"y{k}"})
        layers.append({"formula": given | ({"parameters": used} if used else {})})
    spec: Spec = {"kind": "backprop", "network": {"input": n, "layers": layers}, "input": tenths(dice, n)}
    if dice.random() < 0.5:
        return spec | {"upstream": tenths(dice, n)}
    return spec | {"loss": {"formula": f"sum((y{len(layers) - 1} - t)**4)/3"}, "target": tenths(dice, n)}


def gated(name: str) -> Maker:
    """A gated unit of a transformer."""

    def make(dice: random.Random) -> Spec:
        size, hidden, bias = dice.randint(1, 3), dice.randint(1, 3), dice.random() < 0.5
        sides = {"gate": (hidden, size), "up": (hidden, size), "down": (size, hidden)}
        parts = {
            part: {"weight": tenths(dice, *side)} | ({"bias": tenths(dice, side[0])} if bias else {})
            for part, side in sides.items()
        }
        front = dice.choice(((), (2,)))
        layer = {name: {"hidden": hidden, "bias": bias, "weights": parts}}
        network = {"input": [*front, size], "layers": [layer]}
        return {"kind": "backprop", "network": network, "input": tenths(dice, *front, size),
                "upstream": tenths(dice, *front, size)}  # fmt: skip

    return make


def recurrent(dice: random.Random) -> Spec:
    """A recurrent layer in any of its forms; a chunk that begins with a constant has no such difference."""
    while True:
        spec = recurrent_peer.random_problem(dice.randrange(10**6))
        layer = next(iter(spec["network"]["layers"][0].values()))
        if "truncate" not in layer and layer.get("nonlinearity") != "relu":
            return spec


def wired(dice: random.Random) -> Spec:
    """Heads, blocks and formulas that read each other."""
    return random_wiring.random_net(dice.randrange(10**6))


def first(make: Callable[[random.Random], tuple[Spec, Any]]) -> Maker:
    """A maker that gives what PyTorch says too."""
    return lambda dice: make(dice)[0]


MAKERS: dict[str, Maker] = {
    "formula": formulas,
    "swiglu": gated("swiglu"),
    "geglu": gated("geglu"),
    "recurrent": recurrent,
    "wiring": wired,
    "attention": first(test_attention_torch.attention),
    "grouped attention": first(test_attention_torch.grouped),
    "rotary": first(test_attention_torch.rotary),
    "layer_norm": first(test_norms_torch.layer_norm),
    "batch_norm": first(test_norms_torch.batch_norm),
    "losses": test_loss_terms.drawn,
}


@pytest.mark.parametrize("name", MAKERS)
def test_gradients_are_differences(name: str) -> None:
    dice, compared = random.Random(f"differences {name}"), 0
    for _ in range(CASES):
        compared += agrees(MAKERS[name](dice), dice)
    assert compared >= CASES


def test_the_comparison_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    true = Forwards.difference
    monkeypatch.setattr(Forwards, "difference", lambda *given: true(*given) * (1 + numbers.exact(1, 10**25)))
    with pytest.raises(AssertionError):
        agrees(gated("swiglu")(random.Random(1)), random.Random(1))
