"""Random training problems: every form of a layer, activation, loss, reduction and optimizer setting."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

ACTIVATIONS = ("relu", "leaky_relu", "prelu", "sigmoid", "tanh", "softplus", "softmax", "identity")
LOSSES = (
    "half_squared_error",
    "mse_loss",
    "l1_loss",
    "cross_entropy",
    "nll_loss",
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
)


def decimals(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers with three decimals, as a person would type them."""
    return st.integers(int(low * 1000), int(high * 1000)).map(lambda k: k / 1000)


@st.composite
def problems(draw: st.DrawFn, deepest: int = 5, widest: int = 8) -> dict[str, Any]:
    """A network, its data, a loss and an optimizer."""
    loss = draw(st.sampled_from(LOSSES))
    width = draw(st.integers(1, widest))
    samples = draw(st.integers(0, 4))  # 0: one sample without a batch axis
    numbers = lambda *shape: nested(draw, shape, decimals(-2, 2))  # noqa: E731
    layers: list[Any] = []
    n = width
    for _ in range(draw(st.integers(1, deepest))):
        out = draw(st.integers(1, widest))
        form = draw(st.sampled_from(("plain", "no bias", "frozen", "shared", "inputs", "residual")))
        spec: dict[str, Any] = {"out_features": n if form == "residual" else out}
        out = spec["out_features"]
        spec["weight"] = {"rows": "inputs", "values": numbers(n, out)} if form == "inputs" else numbers(out, n)
        spec["bias"] = numbers(out)
        if form == "no bias":
            spec["bias"] = False
        if form == "shared":
            spec["bias"] = {"value": draw(decimals(-1, 1)), "shared": True, "trainable": draw(st.booleans())}
        if form == "frozen":
            spec["bias"] = {"values": spec["bias"], "trainable": False}
            spec["trainable"] = draw(st.booleans())
        if draw(st.integers(0, 4)) == 0:  # one weight for the whole layer
            rows = draw(st.sampled_from(("inputs", "outputs")))
            spec["weight"] = {"value": draw(decimals(-1, 1)), "shared": True, "rows": rows}
        activation = draw(st.sampled_from(ACTIVATIONS))
        inner = [{"linear": spec}, activation]
        layers += [{"residual": {"body": inner}}] if form == "residual" else inner
        n = out
    layers += {"nll_loss": ["log_softmax"], "binary_cross_entropy": ["sigmoid"]}.get(loss, [])
    batch = (samples,) if samples else ()
    problem: dict[str, Any] = {
        "kind": "backprop",
        "network": {"input": width, "layers": layers},
        "input": numbers(*batch, width),
        "loss": {loss: {"reduction": draw(st.sampled_from(("mean", "sum", "none")))}},
    }
    if loss in ("cross_entropy", "nll_loss") and (loss == "nll_loss" or draw(st.booleans())):
        classes = [draw(st.integers(1, n)) for _ in range(max(samples, 1))]
        problem["target"] = {"class": classes if samples else classes[0]}
    else:
        problem["target"] = nested(
            draw, (*batch, n), decimals(0, 1) if loss.startswith(("binary", "cross")) else decimals(-2, 2)
        )
    sgd: dict[str, Any] = {"lr": draw(decimals(0.001, 1))}
    if draw(st.booleans()):
        sgd |= {"momentum": draw(decimals(0.001, 1)), "nesterov": draw(st.booleans())}
    if draw(st.booleans()):
        sgd["weight_decay"] = draw(decimals(0.001, 0.5))
    problem |= {"optimizer": {"sgd": sgd}, "steps": draw(st.integers(1, 3))}
    return problem


def nested(draw: st.DrawFn, shape: tuple[int, ...], item: st.SearchStrategy[float]) -> Any:
    """Nested lists of numbers."""
    return [nested(draw, shape[1:], item) for _ in range(shape[0])] if shape else draw(item)
