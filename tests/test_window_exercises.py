"""The shipped exercises on columns, powers, responses and larger maps state what PyTorch gives for their numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import yaml

from tests.conftest import PROBLEMS

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
F = torch.nn.functional

Numbers = dict[str, Any]


def columns(x: Any) -> Numbers:
    kernel = torch.tensor([[1.0, 0, -1, 2]], dtype=torch.float64, requires_grad=True)
    found = F.unfold(x[None], 2, stride=(1, 2))[0]
    return {"X": found, "Y": kernel @ found, "K": kernel}


def pooled(x: Any) -> Numbers:
    largest, index = F.max_pool2d(x[None], 2, return_indices=True)
    h = torch.tanh(largest)
    return {"h": h[0], "y": F.max_unpool2d(h, index, 2)[0]}


def powers(x: Any) -> Numbers:
    return {"s": F.avg_pool2d(x[None] ** 2, 2)[0] * 4, "y": F.lp_pool2d(x[None], 2.0, 2)[0]}


EXERCISES: dict[str, list[Callable[[Any], Numbers]]] = {
    "columns-powers-and-responses": [
        columns,
        lambda x: {"y": F.fold(x[None], (3, 3), 2)[0]},
        powers,
        lambda x: {"y": F.local_response_norm(x[None], 3, 0.6, 0.75, 2)[0]},
    ],
    "larger-maps": [
        pooled,
        lambda x: {"y": F.max_unpool2d(x[None], torch.tensor([[[[1, 7], [12, 10]]]]), 2)[0]},
        lambda x: {"y": F.interpolate(x[None], size=5, mode="nearest-exact")[0]},
    ],
}


@pytest.mark.parametrize("name", EXERCISES)
def test_the_numbers_are_those_of_pytorch(name: str) -> None:
    documents = list(yaml.safe_load_all((PROBLEMS / "language" / f"{name}.yaml").read_text(encoding="utf-8")))
    for document, compute in zip(documents, EXERCISES[name], strict=True):
        x = torch.tensor(document["input"], dtype=torch.float64, requires_grad=True)
        found = compute(x)
        leaves = {"x": x} | {key: value for key, value in found.items() if value.is_leaf and key != "x"}
        for value in leaves.values():
            value.retain_grad()
        (found.get("y", found.get("Y"))).backward(torch.tensor(document["upstream"], dtype=torch.float64))
        found |= {f"dL_d{key}": value.grad for key, value in leaves.items()}
        for key, stated in document["expect"].items():
            wanted = torch.tensor(stated, dtype=torch.float64)
            assert torch.allclose(found[key].detach(), wanted, rtol=1e-6, atol=1e-9), (name, key)
