"""Random derivative problems: of one variable, of several, of vectors; with points and without."""

from __future__ import annotations

import json
import random

INNER = ("x", "2*x", "-x", "x/2", "x + 1", "x**2", "a*x")
OUTER = ("exp({})", "sin({})", "cos({})", "tanh({})", "sigmoid({})", "softplus({})", "relu({})", "1/(1 + exp({}))",
         "({})**2", "({})**3", "log(1 + ({})**2)", "sqrt(1 + ({})**2)", "gelu({})", "softsign({})", "silu({})",
         "max({}, 1)", "abs({})", "elu({})")  # fmt: skip
VECTORS = (
    ("softmax(x)[i]", "x[k]"), ("log_softmax(x)[i]", "x[k]"), ("softmax(x)", "x"), ("logsumexp(x)", "x"),
    ("norm(x)", "x"), ("dot(x, x)", "x"), ("Sum(W[i,j]*x[j], j, 1, n)", "x"), ("mean({})", "x"), ("sum({})", "x"),
    ("Sum((x[j] - t[j])**2, j, 1, n)/2", "x"), ("-Sum(t[j]*log_softmax(x)[j], j, 1, n)", "x"),
    ("Sum(Sum(x[i]*A[i,j]*x[j], i, 1, n), j, 1, n)", "x"), ("log(Sum(exp(2*x[j]), j, 1, n))", "x[k]"),
)  # fmt: skip


def expression(dice: random.Random, depth: int) -> str:
    """A random expression in x, and perhaps a."""
    if depth == 0:
        return dice.choice(INNER)
    if dice.random() < 0.35:
        sign = dice.choice(("+", "-", "*", "*"))
        left, right = expression(dice, depth - 1), expression(dice, dice.randint(0, depth - 1))
        return f"({left}) {sign} ({right})"
    return dice.choice(OUTER).format(expression(dice, depth - 1))


def spec(seed: int) -> str:
    """A random problem as text."""
    dice = random.Random(seed)
    kind = dice.random()
    found: dict[str, object] = {"kind": "derivative"}
    if kind < 0.25:
        function, by = dice.choice(VECTORS)
        found |= {"function": function.format(dice.choice(("sigmoid(x)", "x**2", "exp(x)"))), "wrt": by}
        found["variables"] = {"x": {"size": "n"}}
        return json.dumps(found)
    f = expression(dice, dice.randint(1, 2))
    if kind < 0.4:
        found |= {"function": f"({f})*y + x*y**2", "wrt": ["x", "y"], "order": dice.randint(1, 2)}
        point = {"x": 0.5, "y": 2, "a": 3}
    else:
        found |= {"function": f"x*({f})" if f in INNER else f, "wrt": "x", "order": dice.choice((1, 1, 2))}
        point = {"x": dice.choice((0, 0.5, 1, -1)), "a": 3}
    if dice.random() < 0.5:
        names = ("x", "y", "a") if "a*x" in f else ("x", "y")
        points = [{n: v for n, v in (point | {"x": x}).items() if n in names} for x in (point["x"], 2)]
        found["at"] = points[: dice.randint(1, 2)]
    return json.dumps(found)
