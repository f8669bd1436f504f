"""Networks of any shape against a plain evaluator in PyTorch: values, every gradient, counts, and every line."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="PyTorch is the peer of these tests")
import torch

import hwsolve
from tests.line_check import wrong_lines
from tests.nearness import near
from tests.often import each
from tests.random_wiring import Plain, Spec, random_net, tensor

COUNT = each(15, most=300)  # random networks
CHUNKS = 5


def array(value: Any) -> np.ndarray:
    return np.array([array(v) for v in value]) if isinstance(value, tuple) else np.array(float(value.value))


def by_peer(spec: Spec) -> tuple[Plain, Spec, Spec]:
    """The evaluator with its gradients, the inputs, and the heads of all samples."""
    peer = Plain(spec)
    inputs = spec["input"]
    if not isinstance(inputs, dict):
        inputs = {"x1": inputs}
    data = {name: tensor(values, True) for name, values in inputs.items()}
    sizes = spec["network"].get("inputs", {"x1": None})
    if next(iter(data.values())).dim() > 1:
        samples = [peer.heads({name: data[name][n] for name in sizes}) for n in range(len(data["x1"]))]
        heads = {name: torch.stack([sample[name] for sample in samples]) for name in samples[0]}
    else:
        heads = peer.heads(data)
    return peer, data, heads


def agree(spec: Spec) -> Any:
    """Solve a problem with upstream gradients and compare everything with the evaluator's."""
    solution = hwsolve.solve(spec)
    found = {key: answer.value for key, answer in solution.answers.items()}
    peer, data, heads = by_peer(spec)
    upstream = spec["upstream"] if "outputs" in spec["network"] else {"": spec["upstream"]}
    sum((heads[name] * tensor(values)).sum() for name, values in upstream.items()).backward()
    for name in filter(None, heads):
        near(array(found[name]), heads[name], name)
    for key, leaf in (data | peer.leaves).items():
        gradient = f"dL_d{key}"
        if leaf.grad is None or (gradient not in found and not leaf.grad.any()):
            continue  # no output rests on it
        near(array(found[gradient]), leaf.grad, gradient)
    counted = hwsolve.solve({k: spec[k] for k in ("network", "blocks") if k in spec} | {"kind": "count-params"})
    assert counted.answers["params"].value.value == sum(leaf.numel() for leaf in peer.leaves.values())
    return solution


@pytest.mark.parametrize("chunk", range(CHUNKS))
def test_random_networks(chunk: int) -> None:
    for seed in range(chunk * COUNT // CHUNKS, (chunk + 1) * COUNT // CHUNKS):
        spec = random_net(seed)
        try:
            solution = agree(spec)
            if seed % 3 == 0:
                assert wrong_lines(json.loads(solution.to("json"))) == []
        except Exception as error:
            raise AssertionError(f"{seed}: {json.dumps(spec)}") from error


def test_random_networks_have_every_form() -> None:
    nets = [random_net(seed) for seed in range(150)]
    text = json.dumps(nets)
    for form in ('"use"', '"tie"', "transposed", '"tower"', '"repeat"', '"add"', '"multiply"', '"concat"', '"parameter"',
                 '"constant"', "Sum(", "softmax", " @ ", '"parameters"'):  # fmt: skip
        assert form in text, form
    assert {len(net["network"].get("outputs", [])) for net in nets} == {0, 1, 2, 3}
    assert {len(net["network"].get("inputs", "1")) for net in nets} == {1, 2, 3}
