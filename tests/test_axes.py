"""Layers along an axis, against PyTorch: every legal `dim` of random shapes, one sample or a batch; the others refused."""

from __future__ import annotations

import json
import random
from math import prod
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.test_convolution import values

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests")
nn = torch.nn


def legal(rank: int) -> list[int]:
    """The axes of a sample of so many axes, as PyTorch counts them with the batch in front."""
    return [*range(1, rank + 1), *range(-rank, 0)]


def normal(shape: tuple[int, ...]) -> Any:
    return (nn.LayerNorm(shape), {"layer_norm": {"normalized_shape": list(shape)}})


def unflattened(shape: tuple[int, ...], dim: int) -> Any:
    sizes = (shape[dim - 1 if dim > 0 else dim], 1)
    return (nn.Unflatten(dim, sizes), {"unflatten": {"dim": dim, "unflattened_size": list(sizes)}})


def modules(shape: tuple[int, ...]) -> list[tuple[Any, Any]]:
    """Pairs of a PyTorch module and our layer for every legal setting of a sample of this shape."""
    rank = len(shape)
    made: list[tuple[Any, Any]] = []
    for dim in legal(rank):
        made.append((nn.Softmax(dim), {"softmax": {"dim": dim}}))
        made.append((nn.LogSoftmax(dim), {"log_softmax": {"dim": dim}}))
        for end in legal(rank):
            if dim % (rank + 1) <= end % (rank + 1):
                made.append((nn.Flatten(dim, end), {"flatten": {"start_dim": dim, "end_dim": end}}))
    return made


def array(dice: random.Random, shape: tuple[int, ...]) -> Any:
    """Nested lists of small decimals."""
    if not shape:
        return dice.randint(-20, 20) / 10
    return [array(dice, shape[1:]) for _ in range(shape[0])]


def near(ours: Any, theirs: Any) -> bool:
    return bool(torch.allclose(torch.tensor(ours, dtype=torch.float64), theirs.detach(), rtol=0, atol=2e-5))


def compare(dice: random.Random, shape: tuple[int, ...], layers: list[Any], peer: Any) -> None:
    """Output and gradient of the input, for one sample and for a batch of two; every line holds by itself."""
    for batch in ((), (2,)):
        x = array(dice, (*batch, *shape))
        data = torch.tensor(x, dtype=torch.float64, requires_grad=True)
        y = peer(data if batch else data[None])
        y = y if batch else y[0]
        g = array(dice, tuple(y.shape))
        y.backward(torch.tensor(g, dtype=torch.float64))
        problem = {"kind": "backprop", "network": {"input": list(shape), "layers": layers}, "input": x, "upstream": g}
        found = hwsolve.solve(problem | {"digits": 6})
        last = [key for key in found.answers if not key.startswith("dL_")][-1]
        assert near(values(found, last), y), (shape, layers, batch)
        assert near(values(found, "dL_dx"), data.grad), (shape, layers, batch)
        assert wrong_lines(json.loads(found.to("json"))) == []


@pytest.mark.parametrize("rank", [1, 2, 3, 4])
def test_every_axis_of_random_shapes(rank: int) -> None:
    dice = random.Random(rank)
    shape = tuple(dice.randint(1, 3) for _ in range(rank))
    pairs = modules(shape)
    for peer, layer in dice.sample(pairs, min(len(pairs), 14)):
        # an activation behind it, so that a layer that changes nothing still computes
        compare(dice, shape, [layer, "sigmoid"], nn.Sequential(peer, nn.Sigmoid()))


def test_every_axis_of_a_matrix() -> None:
    dice = random.Random(5)
    for peer, layer in modules((2, 3)):
        compare(dice, (2, 3), [layer, "sigmoid"], nn.Sequential(peer, nn.Sigmoid()))


class Joined(nn.Module):
    """Branches that come together along the channels, or element by element."""

    def __init__(self, kind: str, reduced: int | None) -> None:
        super().__init__()
        self.kind, self.reduced = kind, reduced

    def forward(self, x: Any) -> Any:
        s = torch.sigmoid(x)
        if self.reduced is not None:
            s = s.mean(tuple(range(2, x.ndim)), keepdim=True)
        return torch.cat([torch.tanh(x), s], 1) if self.kind == "concat" else torch.tanh(x) * s


@pytest.mark.parametrize("shape", [(3,), (2, 3), (2, 1, 3), (2, 2, 2)])
def test_branches_come_together_behind_the_batch(shape: tuple[int, ...]) -> None:
    dice = random.Random(prod(shape))
    compare(dice, shape, [{"concat": [["tanh"], ["sigmoid"]]}], Joined("concat", None))
    compare(dice, shape, [{"multiply": [["tanh"], ["sigmoid"]]}], Joined("multiply", None))
    if len(shape) == 3:
        squeezed = ["sigmoid", {"adaptive_avg_pool2d": 1}]
        compare(dice, shape, [{"multiply": [["tanh"], squeezed]}], Joined("multiply", 1))
        compare(dice, shape, [{"multiply": [squeezed, ["tanh"]]}], Joined("multiply", 1))


def test_shapes_and_parameters_that_are_counted() -> None:
    dice = random.Random(6)
    for _ in range(40):
        shape = tuple(dice.randint(1, 4) for _ in range(dice.randint(1, 4)))
        pairs = modules(shape) + [normal(shape[k:]) for k in range(len(shape))]
        pairs += [unflattened(shape, dim) for dim in legal(len(shape))]
        peer, layer = dice.choice(pairs)
        ((name, _),) = layer.items()
        found = hwsolve.solve({"kind": "count-params", "network": {"input": list(shape), "layers": [layer]}})
        y = peer(torch.zeros((2, *shape)))
        assert values(found, f"shape.{name}1") == list(y.shape[1:])
        assert values(found, "params") == sum(p.numel() for p in peer.parameters())


@pytest.mark.parametrize(
    "field", ["softmax.dim", "log_softmax.dim", "flatten.start_dim", "flatten.end_dim", "unflatten.dim"]
)
@pytest.mark.parametrize("shape", [[3], [2, 3], [2, 3, 4]])
def test_an_axis_that_is_not_there_is_refused(field: str, shape: list[int]) -> None:
    layer, setting = field.split(".")
    more = {"unflattened_size": [1, 1]} if layer == "unflatten" else {}
    for dim in (0, -len(shape) - 1, len(shape) + 1, -len(shape) - 2):
        network = {"input": shape, "layers": [{layer: {setting: dim} | more}]}
        for problem in ({"kind": "count-params"}, {"kind": "backprop", "input": array(random.Random(1), tuple(shape))}):
            with pytest.raises(SpecFailure) as failure:
                hwsolve.solve(problem | {"network": network})
            text = str(failure.value)
            assert f".{setting}\n" in text
            assert ("is the batch" in text) == (dim in (0, -len(shape) - 1)), text


def test_the_axes_of_a_map_of_unknown_sides_are_not_known() -> None:
    network = {"input": {"channels": 2, "features": 200}, "layers": ["softmax"]}
    with pytest.raises(SpecFailure, match="not known"):
        hwsolve.solve({"kind": "count-params", "network": network})
