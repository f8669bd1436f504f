"""Optimizers through whole problems against torch.optim: states, earlier updates, schedules, clipping, batches."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.optimizers import OPTIMIZERS
from tests import line_check, peers
from tests.often import each, often

torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")

CASES = often(4)
CLOSE = 1e-9
SCHEDULES: dict[str, Any] = {
    "0.1*0.5**(t - 1)": lambda t, steps: 0.1 * 0.5 ** (t - 1),
    "0.2/(1 + 0.5*(t - 1))": lambda t, steps: 0.2 / (1 + 0.5 * (t - 1)),
    "0.1*(1 - t/(steps + 20))": lambda t, steps: 0.1 * (1 - t / (steps + 20)),
    "0.05*(1 + cos(pi*t/(steps + 20)))": lambda t, steps: 0.05 * (1 + np.cos(np.pi * t / (steps + 20))),
    "0.1*min(1, t/3)": lambda t, steps: 0.1 * min(1, t / 3),
}
FIXED = ("asgd", "rprop")  # whose learning rate is that of the first update alone
# what torch calls the states of ours; a number is kept once for all
STATES = {
    "sgd": {"velocity": "momentum_buffer"},
    "asgd": {"a": "ax"},
    "rprop": {"Delta": "step_size", "p": "prev"},
    "adagrad": {"G": "sum"},
    "rmsprop": {"v": "square_avg", "m": "grad_avg", "velocity": "momentum_buffer"},
    "adadelta": {"v": "square_avg", "D": "acc_delta"},
    "adam": {"m": "exp_avg", "v": "exp_avg_sq", "u": "max_exp_avg_sq"},
    "adamw": {"m": "exp_avg", "v": "exp_avg_sq", "u": "max_exp_avg_sq"},
    "radam": {"m": "exp_avg", "v": "exp_avg_sq"},
    "nadam": {"m": "exp_avg", "v": "exp_avg_sq", "P": "mu_product"},
    "adamax": {"m": "exp_avg", "u": "exp_inf"},
}


def near(size: float) -> float:
    """How far off a number may be: relative to it where it is large, as where steps run away."""
    return CLOSE * max(1, abs(size))


def answers(problem: dict[str, Any]) -> dict[str, Any]:
    found = json.loads(hwsolve.solve(problem | {"digits": 16}).to("json"))
    assert line_check.wrong_lines(found) == []
    return {key: as_floats(a["value"]) for key, a in found["answers"].items()}


def as_floats(value: Any) -> Any:
    return np.array([as_floats(v) for v in value]) if isinstance(value, list) else float(value)


def eighths(dice: random.Random, *shape: int) -> Any:
    if not shape:
        return dice.randint(-16, 16) / 8
    return [eighths(dice, *shape[1:]) for _ in range(shape[0])]


def with_states(dice: random.Random, name: str, settings: dict[str, Any], shapes: dict[str, tuple[int, ...]]) -> Any:
    """States in the middle of a training: those that the settings keep, positive where they are squares."""
    from tests.test_optimizers import record

    kept = record(name, settings).starts()
    made: dict[str, Any] = {}
    for state in kept:
        if state == "P":
            made[state] = 0.25
            continue
        # the variance of a centred mean must stay positive
        signed = state in ("m", "velocity", "a", "p") and not (name == "rmsprop" and state == "m")
        whole = {p: np.array(eighths(dice, *shape)) for p, shape in shapes.items()}
        made[state] = {p: (w if signed else abs(w) / 8 + (3 if state == "v" else 0)).tolist() for p, w in whole.items()}
    return made


def put_states(name: str, optimizer: Any, parameters: dict[str, Any], states: dict[str, Any], made: int) -> None:
    for p, tensor in parameters.items():
        found = {} if name == "sgd" else {"step": torch.tensor(float(made))}
        for state, values in states.items():
            numbers = values if state == "P" else values[p]
            found[STATES[name][state]] = torch.tensor(numbers, dtype=torch.float64)
        if name == "asgd":  # torch keeps two numbers that its settings and the number of updates say
            set_to = optimizer.param_groups[0]
            lr, lambd, alpha, t0 = (set_to[key] for key in ("lr", "lambd", "alpha", "t0"))
            found["eta"] = torch.tensor(lr / (1 + lambd * lr * made) ** alpha)
            found["mu"] = torch.tensor(1 / max(1, made - t0))
        optimizer.state[tensor] = found


def states_of(name: str, optimizer: Any, p: str, tensor: Any, made: int) -> dict[str, Any]:
    """What torch.optim keeps of a parameter, by our keys; a number is kept once for all."""
    mine = optimizer.state[tensor]
    found = {state: mine[theirs] for state, theirs in STATES[name].items() if mine.get(theirs) is not None}
    return {
        f"{state}@{made}" if state == "P" else f"{state}_{p}@{made}": torch.as_tensor(v).detach().numpy()
        for state, v in found.items()
    }


def kept(name: str, settings: dict[str, Any], key: str) -> bool:
    """Whether a state has lines with these settings."""
    from tests.test_optimizers import record

    return key.partition("@")[0].partition("_")[0] in record(name, settings).starts()


def drawn(dice: random.Random, name: str) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Settings that both take, and those that only we have, with what torch is told in their place."""
    settings = peers.OPTIMIZERS[name][1](dice)
    ours: dict[str, Any] = {}
    theirs: dict[str, Any] = {}
    if dice.random() < 0.4 and name not in FIXED:
        ours["lr"] = dice.choice(list(SCHEDULES))
        theirs["schedule"] = SCHEDULES[ours["lr"]]
    if dice.random() < 0.5:
        ours["clip"] = dice.choice(({"norm": 1}, {"norm": 2.5}, {"norm": 1.5, "eps": 1e-6}, {"value": 0.5}))
        theirs["clip"] = ours["clip"]
    return settings, ours, theirs


def clip(theirs: dict[str, Any], parameters: list[Any]) -> None:
    how = theirs.get("clip", {})
    if "norm" in how:
        torch.nn.utils.clip_grad_norm_(parameters, how["norm"])
    elif how:
        torch.nn.utils.clip_grad_value_(parameters, how["value"])


def schedule(optimizer: Any, theirs: dict[str, Any], t: int, steps: int) -> None:
    if "schedule" in theirs:
        optimizer.param_groups[0]["lr"] = float(theirs["schedule"](t, steps))


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_given_gradients_from_the_middle_of_a_training(name: str) -> None:
    dice = random.Random(f"given {name}")
    for _ in range(each(4, 200)):
        with peers.in_doubles():
            settings, ours, theirs = drawn(dice, name)
            steps, made = dice.randint(1, 4), dice.choice((0, 0, 10))
            shapes: dict[str, tuple[int, ...]] = {"w": (dice.randint(1, 2), 2)} | dice.choice(({}, {"b": (3,)}))
            states = with_states(dice, name, settings, shapes) if made or dice.random() < 0.3 else {}
            start = {p: eighths(dice, *shape) for p, shape in shapes.items()}
            gradient = {p: eighths(dice, steps, *shape) for p, shape in shapes.items()}
            told = settings | ours | ({"state": states} if states else {}) | ({"step": made} if made else {})
            if name == "sgd" and not states:
                told.pop("state", None)
            problem = {"kind": "optimize", "parameters": start, "gradient": gradient, "optimizer": {name: told}}
            found = answers(problem)
            tensors = {p: torch.tensor(w, requires_grad=True) for p, w in start.items()}
            optimizer = getattr(torch.optim, peers.OPTIMIZERS[name][0])(list(tensors.values()), **settings)
            if states:
                put_states(name, optimizer, tensors, states, made)
            for step in range(steps):
                for p, tensor in tensors.items():
                    tensor.grad = torch.tensor(gradient[p][step])
                clip(theirs, list(tensors.values()))
                schedule(optimizer, theirs, made + step + 1, steps)
                optimizer.step()
                for p, tensor in tensors.items():
                    ours_now = found[f"{p}@{step + 1}"].reshape(tensor.shape)
                    off = np.abs(ours_now - tensor.detach().numpy()).max()
                    assert off < near(float(np.abs(ours_now).max())), (problem, step, off)
                    for key, theirs_now in states_of(name, optimizer, p, tensor, step + 1).items():
                        if key not in found:  # what the settings do not keep
                            assert not kept(name, settings, key), (key, problem)
                            continue
                        near_it = near(float(np.abs(theirs_now).max()))
                        assert np.abs(np.reshape(found[key], theirs_now.shape) - theirs_now).max() < near_it, (
                            problem,
                            key,
                        )


OBJECTIVES: dict[str, Any] = {
    "x**2 + 3*y**2 - x*y": lambda p: p["x"] ** 2 + 3 * p["y"] ** 2 - p["x"] * p["y"],
    "(1 - x)**2 + 2*(y - x**2)**2": lambda p: (1 - p["x"]) ** 2 + 2 * (p["y"] - p["x"] ** 2) ** 2,
    "exp(x/4) + x**2 + y**4/8": lambda p: torch.exp(p["x"] / 4) + p["x"] ** 2 + p["y"] ** 4 / 8,
    "log(1 + x**2) + tanh(y)**2": lambda p: torch.log(1 + p["x"] ** 2) + torch.tanh(p["y"]) ** 2,
}
SMALL = {"sgd": {"lr": 0.01}, "adadelta": {}, "rmsprop": {"lr": 0.01}}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_formula_that_is_minimised(name: str) -> None:
    dice = random.Random(f"minimised {name}")
    for _ in range(CASES):
        with peers.in_doubles():
            formula, steps = dice.choice(list(OBJECTIVES)), dice.randint(1, 4)
            start = {p: dice.choice((-1.5, -0.75, 0.5, 1.25)) for p in ("x", "y")}
            settings, ours, theirs = drawn(dice, name)
            settings |= SMALL.get(name, {"lr": 0.02})
            problem = {
                "kind": "optimize", "minimize": formula, "start": start, "steps": steps,
                "optimizer": {name: settings | ours},
            }  # fmt: skip
            found = answers(problem)
            tensors = {p: torch.tensor(w, requires_grad=True) for p, w in start.items()}
            optimizer = getattr(torch.optim, peers.OPTIMIZERS[name][0])(list(tensors.values()), **settings)
            for step in range(steps + 1):
                optimizer.zero_grad()
                value = OBJECTIVES[formula](tensors)
                at = f"@{step}" if step else ""
                assert abs(found[f"f{at}"] - value.item()) < near(value.item()), (problem, step)
                value.backward()
                clip(theirs, list(tensors.values()))
                schedule(optimizer, theirs, step + 1, steps)
                optimizer.step()
                for p, tensor in tensors.items() if step < steps else ():
                    assert abs(found[f"{p}@{step + 1}"] - tensor.item()) < near(tensor.item()), (problem, step, p)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_epochs_of_batches(name: str) -> None:
    dice = random.Random(f"batches {name}")
    for _ in range(CASES):
        with peers.in_doubles():
            settings, ours, theirs = drawn(dice, name)
            n, epochs = dice.randint(2, 5), dice.randint(1, 2)
            x, t = eighths(dice, n, 2), eighths(dice, n, 1)
            w, b = eighths(dice, 1, 2), eighths(dice, 1)
            order = dice.sample(range(1, n + 1), n)
            size = dice.randint(1, n)
            batches = [order[k : k + size] for k in range(0, n, size)]
            data: dict[str, Any] = {"batches": batches}
            if dice.random() < 0.5:
                data = {"batch_size": size, "order": order}
            problem = {
                "kind": "backprop",
                "network": {"input": 2, "layers": [{"linear": {"out_features": 1, "weight": w, "bias": b}}]},
                "input": x, "target": t, "loss": "mse_loss", "optimizer": {name: settings | ours},
                "epochs": epochs, **data,
            }  # fmt: skip
            found = answers(problem)
            weight, bias = (torch.tensor(v, requires_grad=True) for v in (w, b))
            xs, ts = torch.tensor(x), torch.tensor(t)
            optimizer = getattr(torch.optim, peers.OPTIMIZERS[name][0])([weight, bias], **settings)

            def loss(rows: list[int], xs: Any = xs, ts: Any = ts, weight: Any = weight, bias: Any = bias) -> Any:
                return torch.nn.functional.mse_loss(xs[rows] @ weight.T + bias, ts[rows])

            step, steps, every = 0, epochs * len(batches), list(range(n))
            assert abs(found["L_all"] - loss(every).item()) < CLOSE
            for _ in range(epochs):
                for batch in batches:
                    rows = [k - 1 for k in batch]
                    optimizer.zero_grad()
                    value = loss(rows)
                    assert abs(found[f"L@{step}" if step else "L"] - value.item()) < near(value.item()), problem
                    value.backward()
                    clip(theirs, [weight, bias])
                    schedule(optimizer, theirs, step + 1, steps)
                    optimizer.step()
                    step += 1
                assert abs(found[f"L_all@{step}"] - loss(every).item()) < near(loss(every).item()), problem
            off = np.abs(found[f"w1@{step}"].reshape(1, 2) - weight.detach().numpy()).max()
            assert off < near(float(weight.abs().max())), (problem, off)


OF_SAMPLES = ("tokens", "mask", "key_padding_mask", "key_lengths", "dropout", "per_sample_weights")


def masked_by(dice: random.Random, kind: str, n: int) -> tuple[dict[str, Any], Any, Any, Any]:
    """Layers that are told something of each of n samples, their input, the same in PyTorch, and the numbers it has."""
    w = torch.tensor(eighths(dice, 2, 2), requires_grad=True)
    weight = w.tolist()
    if kind == "tokens":
        words = [[dice.randint(0, 1) for _ in range(3)] for _ in range(n)]
        table = {"num_embeddings": 2, "embedding_dim": 2, "weight": weight}
        return (
            {"input": [3], "layers": [{"embedding": table}]},
            {"index": words},
            lambda at: w[torch.tensor(words)[at]],
            w,
        )
    if kind == "per_sample_weights":
        rows, factors = [[dice.randint(0, 1) for _ in range(3)] for _ in range(n)], eighths(dice, n, 3)
        bag = {"num_embeddings": 2, "embedding_dim": 2, "mode": "sum", kind: factors, "weight": weight}

        def bags(at: list[int]) -> Any:
            own = torch.tensor(factors)[at]
            return torch.nn.functional.embedding_bag(torch.tensor(rows)[at], w, mode="sum", per_sample_weights=own)

        return {"input": [3], "layers": [{"embedding_bag": bag}]}, {"index": rows}, bags, w
    linear = {"linear": {"out_features": 2, "weight": weight, "bias": False}}
    if kind == "dropout":
        x = eighths(dice, n, 2)
        kept = [[dice.randint(0, 1) for _ in range(2)] for _ in range(n)]
        drop = {"dropout": {"p": 0.5, "mask": kept}}

        def dropped(at: list[int]) -> Any:
            return (torch.tensor(x)[at] * torch.tensor(kept)[at] * 2) @ w.T

        return {"input": 2, "layers": [drop, linear]}, x, dropped, w
    x = eighths(dice, n, 3, 2)
    seen = torch.tensor([[[j == 0 or dice.random() < 0.5 for j in range(3)] for _ in range(3)] for _ in range(n)])
    if kind != "mask":
        seen[:] = seen[:, :1].clone()
    own: Any = {"mask": seen.int().tolist(), "key_padding_mask": (~seen[:, 0]).tolist()}.get(kind)
    if kind == "key_lengths":
        own = [dice.randint(1, 3) for _ in range(n)]
        seen = torch.tensor([[[j < length for j in range(3)] for _ in range(3)] for length in own])

    def attended(at: list[int]) -> Any:
        z = torch.tensor(x)[at] @ w.T
        return torch.nn.functional.scaled_dot_product_attention(z, z, z, attn_mask=seen[at])

    return {"input": {"size": [3, 2]}, "layers": [linear, {"attention": {kind: own}}]}, x, attended, w


@pytest.mark.parametrize("kind", OF_SAMPLES)
def test_what_layers_are_told_of_each_sample_goes_with_its_batch(kind: str) -> None:
    dice = random.Random(f"samples {kind}")
    with peers.in_doubles():
        for _ in range(2):
            n = dice.randint(3, 4)
            network, x, forward, w = masked_by(dice, kind, n)
            order, size = dice.sample(range(1, n + 1), n), dice.randint(1, 2)
            t = eighths(dice, *forward([*range(n)]).shape)
            problem = {
                "kind": "backprop", "mode": "train", "network": network, "input": x, "target": t, "loss": "mse_loss",
                "optimizer": {"sgd": {"lr": 0.5}}, "order": order, "batch_size": size,
            }  # fmt: skip
            found, step = answers(problem), 0
            for k in range(0, n, size):
                rows = [at - 1 for at in order[k : k + size]]
                loss = torch.nn.functional.mse_loss(forward(rows), torch.tensor(t)[rows])
                assert abs(found[f"L@{step}" if step else "L"] - loss.item()) < near(loss.item()), (problem, step)
                (g,) = torch.autograd.grad(loss, w)
                w.data -= 0.5 * g
                step += 1
            every = torch.nn.functional.mse_loss(forward([*range(n)]), torch.tensor(t))
            assert abs(found[f"L_all@{step}"] - every.item()) < near(every.item()), problem
