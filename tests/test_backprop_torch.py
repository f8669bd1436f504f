"""Gradients and new weights against PyTorch, on random networks."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.often import often
from tests.random_nets import problems

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
F = torch.nn.functional

NETS = often(100)
ACTIVATIONS: dict[str, Any] = {
    "relu": torch.relu,
    "leaky_relu": F.leaky_relu,
    "prelu": None,
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    # F.softplus is the identity above its threshold of 20, which is off by up to 2e-9
    "softplus": lambda z: torch.logaddexp(z, torch.zeros_like(z)),
    "softmax": lambda z: torch.softmax(z, -1),
    "identity": lambda z: z,
}


class Peer:
    """The same network in PyTorch, in double precision."""

    def __init__(self, problem: dict[str, Any], noise: bool = False):
        self.problem = problem
        self.parameters: dict[str, Any] = {}
        self.noise = torch.Generator().manual_seed(1) if noise else None
        self.furthest = 0.0  # the largest argument of an exponential
        self.cancelled = 0.0  # by how much a saturated slope is off: 1 - a², where a was rounded near 1

    def rounded(self, x: Any) -> Any:
        """The values themselves, or with one more rounding error each: what float64 can't be trusted with."""
        if self.noise is None:
            return x
        sign = 2 * torch.randint(0, 2, x.shape, generator=self.noise, dtype=torch.float64) - 1
        return x * (1 + 2.0**-52 * sign)  # so much that it moves every number, one just below 1 too

    def run(self) -> tuple[dict[str, Any], float]:
        """Every quantity that is compared, by key; and how near a kink it came."""
        found: dict[str, Any] = {}
        loss = self.loss(self.forward())
        found["L"], nearest = loss.detach(), self.nearest
        optimizer = self.optimizer()
        for step in range(1, self.problem["steps"] + 1 if optimizer else 1):
            optimizer.zero_grad()
            loss.sum().backward()
            suffix = f"@{step - 1}" if step > 1 else ""
            for name, p in self.parameters.items():
                if p.requires_grad:
                    found[f"dL_d{name}{suffix}"] = p.grad.clone()
            optimizer.step()
            for name, p in self.parameters.items():
                if p.requires_grad:
                    found[f"{name}@{step}"] = p.detach().clone()
            loss = self.loss(self.forward())
            found[f"L@{step}"], nearest = loss.detach(), min(nearest, self.nearest)
        return found, nearest

    def tensor(self, name: str, values: Any, trainable: bool) -> Any:
        """A parameter by the name that hwsolve gives it."""
        if name not in self.parameters:
            self.parameters[name] = torch.tensor(values, dtype=torch.float64, requires_grad=trainable)
        return self.parameters[name]

    def forward(self) -> Any:
        """The output; `nearest` becomes the distance of the nearest kink."""
        self.nearest, self.k, self.slopes = float("inf"), 0, 0
        x = torch.tensor(self.problem["input"], dtype=torch.float64)
        return self.sequence(self.problem["network"]["layers"], x)

    def sequence(self, layers: list[Any], x: Any) -> Any:
        for layer in layers:
            if isinstance(layer, str):
                x = self.activation(layer, x)
            elif "residual" in layer:
                x = x + self.sequence(layer["residual"]["body"], x)
            else:
                x = self.linear(layer["linear"], x)
        return x

    def linear(self, spec: dict[str, Any], x: Any) -> Any:
        self.k += 1
        whole = spec.get("trainable", True)
        weight, bias = spec["weight"], spec["bias"]
        turned = isinstance(weight, dict)
        if turned and "shared" in weight:
            w = self.tensor(f"w{self.k}", weight["value"], whole).expand(x.shape[-1], spec["out_features"])
        else:
            w = self.tensor(f"w{self.k}", weight["values"] if turned else weight, whole)
        z = x @ (w if turned else w.T)
        if bias is False:
            return z
        own = isinstance(bias, dict)
        values = bias.get("values", bias.get("value")) if own else bias
        return z + self.tensor(f"b{self.k}", values, whole and (bias["trainable"] if own else True))

    def activation(self, name: str, z: Any) -> Any:
        if name == "log_softmax":
            return self.rounded(torch.log_softmax(z, -1))
        if name in ("relu", "leaky_relu", "prelu"):
            self.nearest = min(self.nearest, float(z.detach().abs().min()))
        if name == "prelu":
            self.slopes += 1
            return F.prelu(z, self.tensor("alpha" if self.slopes == 1 else f"alpha_{self.slopes}", [0.25], True))
        if name == "sigmoid":
            self.logits = z
        if name in ("sigmoid", "softplus"):
            self.furthest = max(self.furthest, float(z.detach().abs().nan_to_num(1e308).max()))
        a = ACTIVATIONS[name](z)
        if name in ("tanh", "sigmoid", "softmax"):
            room = 1 - a.detach().abs()
            self.cancelled = max([self.cancelled, *(2.0**-52 / room[room > 0]).tolist()])
        return self.rounded(a)

    def loss(self, y: Any) -> Any:
        """The loss as PyTorch has it; summed where it is not reduced."""
        ((name, arguments),) = self.problem["loss"].items()
        target, reduction = self.problem["target"], arguments["reduction"]
        if isinstance(target, dict):
            t = torch.tensor(target["class"]) - 1
        else:
            t = torch.tensor(target, dtype=torch.float64)
        if name == "half_squared_error":
            value = F.mse_loss(y, t, reduction=reduction) / 2
        elif name == "binary_cross_entropy" and float((y * (1 - y)).detach().min()) < 1e-6:
            # where the sigmoid saturates, PyTorch clamps logarithm and slope; by the logits it need not
            value = F.binary_cross_entropy_with_logits(self.logits, t, reduction=reduction)
        else:
            value = getattr(F, name)(y, t, reduction=reduction)
        if name == "l1_loss":
            self.nearest = min(self.nearest, float((y - t).detach().abs().min()))
        return value

    def optimizer(self) -> Any:
        trained = [p for p in self.parameters.values() if p.requires_grad]
        return torch.optim.SGD(trained, **self.problem["optimizer"]["sgd"]) if trained else None


def floats(value: Any) -> Any:
    """An answer as nested lists of floats."""
    return [floats(v) for v in value] if isinstance(value, tuple) else float(value.value)


@pytest.mark.slow
@settings(
    max_examples=NETS,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize=True,
    phases=(Phase.explicit, Phase.generate),
    report_multiple_bugs=False,
)
@given(problems())
def test_agrees_with_pytorch(problem: dict[str, Any]) -> None:
    network = Peer(problem)
    wanted, nearest = network.run()
    if nearest < 1e-9:
        return  # a true kink: PyTorch's subgradient depends on rounding
    shaken, _ = Peer(problem, noise=True).run()
    largest = max(float(v.abs().nan_to_num(0, posinf=1e308).max()) for v in wanted.values())
    try:
        answers = hwsolve.solve(problem).answers
    except SpecFailure as refused:
        # training that diverges so far that a probability lies below 10^-100,000, or nearer to 1 than 8,192 bits tell
        assert "beyond 10^" in str(refused) or "may not be positive" in str(refused)
        assert largest > 1e4 or network.furthest > 5000  # e^-5678 is 2^-8192
        return
    last = problem["steps"]
    for key in wanted:
        name, _, step = key.partition("@")
        if key not in answers:
            written = (0, last - 1) if name.startswith("dL") else (0, 1, last)
            assert int(step or 0) not in written, f"{key} is missing"
            continue
        found = torch.tensor(floats(answers[key].value), dtype=torch.float64)
        peer = wanted[key].reshape(found.shape)
        # one more rounding shows how far float64 can be trusted: for a whole array, as its elements cancel by chance
        shake = (shaken[key].reshape(found.shape) - peer).abs().nan_to_num(0)
        slack = 1e-10 * peer.abs().clamp(min=1) + 1000 * shake.max()
        if name.startswith("dL") or "@" in key:
            slack += 10 * network.cancelled * peer.abs().nan_to_num(0, posinf=0).max()
        held = peer.isfinite()  # by float64; where not, training has diverged
        assert bool(held.all()) or largest > 1e100, f"{key}: {peer}"
        assert bool(((found - peer).abs() <= slack)[held].all()), f"{key}: {found} is not {peer}"
