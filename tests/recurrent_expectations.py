"""What the recurrent problems in `problems/` expect, worked out by PyTorch alone.

python -m tests.recurrent_expectations        prints the `expect` of each
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
import yaml

from tests.recurrent_peer import Peer

PROBLEMS = Path(__file__).parent.parent / "problems"
KEYS = {
    "language/05-recurrent-net": ["h", "dL_dWh", "dL_db"],
    "language/06-lstm-two-steps": ["h", "c[2,1]", "L", "dL_dWh"],
    "language/07-gru-two-steps": ["h", "L", "dL_db"],
    "textbook/rnn-through-time": ["h", "o", "L", "dL_dU", "dL_dW", "dL_db", "dL_dV", "dL_dh"],
    "textbook/lstm-one-step": ["c[1]", "h[1]", "L", "dL_dWx_i", "dL_dWh_f", "dL_db_g", "dL_dWx_o", "dL_dc[0]"],
    "textbook/gru-of-cho": ["h", "r", "z", "n", "L", "dL_dWh_n", "dL_dWh_r", "dL_dWx_z", "dL_dh[0,1]"],
    "textbook/rnn-many-to-one": ["h", "s", "L", "dL_dWx", "dL_dWh", "dL_da"],
    "textbook/rnn-truncated": ["h", "L", "dL_dh", "dL_dWx", "dL_dWh"],
    "textbook/rnn-exploding": ["h", "dL_da", "dL_dW", "dL_dh[0,1]"],
}


def listed(value: Any) -> Any:
    """Bare numbers of a cell with one unit as arrays."""
    if isinstance(value, dict):
        return {gate: listed(part) for gate, part in value.items()}
    return value if isinstance(value, list | bool) else [[value]]


def worked(spec: Any) -> dict[str, Any]:
    """Every quantity and gradient by key."""
    (kind, layer), *behind = [next(iter(one.items())) for one in spec["network"]["layers"]]
    bare = kind.endswith("_cell")
    if bare:
        layer = {key: listed(value) if key.startswith("weight") else value for key, value in layer.items()}
        layer["bias"] = {gate: [value] for gate, value in layer["bias"].items()}
        layer["initial"] = {name: [value] for name, value in layer["initial"].items()}
        layer["returns"] = "last"
    peer, x = Peer(kind, layer), torch.tensor(spec["input"], dtype=torch.float64, requires_grad=True)
    y = peer.run(x[None] if bare else x)
    for _, linear in behind:
        y = y @ peer.leaf(linear.get("symbols", {}).get("weight", "w1"), linear["weight"]).T
    y.retain_grad()
    if "upstream" in spec:
        y.backward(torch.tensor(spec["upstream"], dtype=torch.float64))
        loss = None
    else:
        loss = loss_of(spec, y)
        loss.backward()
    found: dict[str, Any] = {} if loss is None else {"L": loss}
    names = layer.get("symbols", {})
    for key, steps in peer.steps.items():
        found[key] = torch.stack([steps[t] for t in sorted(steps)])
        grads = [steps[t].grad for t in sorted(steps)]
        found[f"dL_d{key}"] = torch.stack([torch.zeros_like(found[key][0]) if g is None else g for g in grads])
    for key, leaf in peer.leaves.items():
        if leaf.grad is None:
            continue
        if key in ("h0", "c0"):
            found[f"dL_d{key[0]}[0,1]"] = found[f"dL_d{key[0]}[0]"] = leaf.grad[0]
        else:
            found[f"dL_d{names.get(key, key)}"] = leaf.grad
    found |= {f"{key}[{len(v)},1]": v[-1, 0] for key, v in found.items() if key in ("h", "c")}
    found |= {f"{key}[1]": found[key][0, 0] for key in ("h", "c") if bare}
    found |= {linear.get("output") or linear.get("symbols", {}).get("output", "y"): y for _, linear in behind}
    if bare:
        found = {key: value.squeeze() for key, value in found.items()}
    return {key: value.detach() for key, value in found.items()}


def loss_of(spec: Any, y: Any) -> Any:
    """The losses of these problems."""
    name = spec["loss"] if isinstance(spec["loss"], str) else next(iter(spec["loss"]))
    if name == "cross_entropy":
        return torch.nn.functional.cross_entropy(y[None], torch.tensor([spec["target"]["class"] - 1]))
    return ((y - torch.tensor(spec["target"], dtype=torch.float64)) ** 2).sum() / 2


def expected(name: str) -> dict[str, Any]:
    """The numbers of one problem that its `expect` holds."""
    spec = yaml.safe_load((PROBLEMS / f"{name}.yaml").read_text(encoding="utf-8"))
    found = worked(spec)
    return {key: found[key] for key in KEYS[name]}


def rounded(value: Any) -> str:
    """An array with seven digits each."""
    if isinstance(value, list):
        return f"[{', '.join(map(rounded, value))}]"
    return f"{value:.7g}"


if __name__ == "__main__":
    for problem in KEYS:
        print(f"# {problem}\nexpect:")
        for one, array in expected(problem).items():
            print(f"  {one if '[' not in one else chr(34) + one + chr(34)}: {rounded(array.tolist())}")
