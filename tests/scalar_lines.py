"""Every line of a page of backpropagation executed by numbers that count: what a layer takes, by brute force.

A line is read as Python, which knows nothing of the program's formulas.  What was worked out before, within this line or
an earlier one, is looked up; the value of a line is worked out for itself.  Of a product, factors that were multiplied
before are.
"""

from __future__ import annotations

import ast
import json
import math
import random
import re
from collections import Counter
from itertools import combinations
from typing import Any

from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options

OPERATIONS = {ast.Add: "add", ast.Sub: "add", ast.Div: "div"}
CALLS = {
    "sigmoid": {"exp": 1, "add": 1, "div": 1}, "exp": {"exp": 1}, "tanh": {"tanh": 1}, "log": {"log": 1},
    "relu": {"cmp": 1}, "d_relu": {"cmp": 1}, "sqrt": {"sqrt": 1},
}  # fmt: skip
VALUES = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)), "exp": math.exp, "tanh": math.tanh, "log": math.log, "sqrt": math.sqrt,
    "relu": lambda x: max(x, 0.0), "d_relu": lambda x: float(x > 0),
}  # fmt: skip
LONG = 64  # elements of a quantity that have lines of their own
Known = tuple[float, str, bool]  # a value, what it is, and whether it is a number that is known


class Machine:
    """Executes lines, and counts."""

    def __init__(self, values: dict[str, float]) -> None:
        self.values, self.memory, self.counts = values, dict[str, float](), Counter[str]()

    def line(self, key: str, formula: str) -> None:
        """One line; its value is there from here on."""
        node = ast.parse(formula, mode="eval").body
        self.values[ast.unparse(ast.parse(key, mode="eval").body)] = self.run(node, top=True)[0]

    def done(self, what: str, x: float, number: bool, kinds: dict[str, int], top: bool = False) -> Known:
        """An operation, unless it was done before."""
        if number or (not top and what in self.memory):
            return x, what, number
        self.counts.update(kinds)
        if not top:
            self.memory[what] = x
        return x, what, number

    def run(self, node: ast.expr, top: bool = False) -> Known:
        match node:
            case ast.Constant(x):
                return float(x), repr(x), True  # type: ignore[arg-type]
            case ast.Name() | ast.Subscript():
                text = ast.unparse(node)
                return self.values[text], text, False
            case ast.UnaryOp(ast.USub(), inner):
                x, text, number = self.run(inner)
                return -x, text, number
            case ast.BinOp(_, ast.Mult(), _):
                return self.product(node)
            case ast.BinOp(left, ast.Pow(), ast.Constant(n)):
                x, text, number = self.run(left)
                assert isinstance(n, int)
                return self.done(f"{text}**{n}", x**n, number, {"mul": n - 1})
            case ast.BinOp(left, op, right):
                chain = top and isinstance(op, ast.Add | ast.Sub)
                (x, a, known), (y, b, also) = self.run(left, chain), self.run(right)
                value = x / y if isinstance(op, ast.Div) else x + y if isinstance(op, ast.Add) else x - y
                text = f"({a}{type(op).__name__}{b})"
                return self.done(text, value, known and also, {OPERATIONS[type(op)]: 1}, chain)
            case ast.Call(ast.Name(name), [inner]):
                x, text, number = self.run(inner)
                return self.done(f"{name}({text})", VALUES[name](x), number, CALLS[name])
        raise NotImplementedError(ast.unparse(node))

    def product(self, node: ast.expr) -> Known:
        factors = [self.run(f) for f in flat(node)]
        numbers = [f for f in factors if f[2]]
        if len(numbers) > 1:
            whole = math.prod(x for x, *_ in numbers)
            factors = [(whole, "·".join(t for _, t, _ in numbers), True), *(f for f in factors if not f[2])]
        while len(factors) > 1:
            pairs = combinations(range(len(factors)), 2)
            i, j = next(((i, j) for i, j in pairs if times(factors[i], factors[j]) in self.memory), (0, 1))
            a, b = factors[i], factors[j]
            rest = [f for k, f in enumerate(factors) if k not in (i, j)]
            factors = [self.done(times(a, b), a[0] * b[0], a[2] and b[2], {"mul": 1}), *rest]
        return factors[0]


def flat(node: ast.expr) -> list[ast.expr]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mult):
        return [*flat(node.left), node.right]  # what stands in parentheses is a factor
    return [node]


def times(a: Known, b: Known) -> str:
    return "·".join(sorted([*a[1].split("·"), *b[1].split("·")]))


def as_names(line: dict[str, Any]) -> dict[str, Any]:
    """A line whose names with paths before them (`repeat1.2.q[1]`) are names of Python."""

    def plain(text: str) -> str:
        return re.sub(r"[A-Za-z_]\w*(\.\w+)+", lambda found: found[0].replace(".", "__"), text)

    return line | {part: plain(line[part]) for part in ("key", "formula") if line.get(part)}


def executed(
    layers: list[Any], shapes: dict[str, tuple[int, ...]], output: tuple[int, ...], blocks: Any = None
) -> dict[str, Counter[str]] | None:
    """What the lines of forward pass, errors and gradients take; None where a quantity is too long to have all."""
    dice = random.Random(5)

    def drawn(shape: tuple[int, ...]) -> Any:
        return [drawn(shape[1:]) for _ in range(shape[0])] if shape else round(dice.uniform(-2, 2), 3)

    given = {name: drawn(shape) for name, shape in shapes.items()}
    single = len(given) == 1
    spec = {
        "kind": "backprop",
        "network": {
            ("input" if single else "inputs"): next(iter(shapes.values())) if single else shapes,
            "layers": layers,
        },
        "numbers": "float64",
        "input": next(iter(given.values())) if single else given,
        "upstream": drawn(output),
    } | ({"blocks": blocks} if blocks else {})
    (problem,) = read(json.dumps(spec), "test.yaml")
    data = json.loads(render([work_out(problem)], "json", Options()))
    data["given"] = list(map(as_names, data["given"]))
    every_line = [as_names(line) for s in data["sections"] for line in s["lines"]]
    every = [*data["given"], *every_line]
    lengths = Counter(str(line.get("key", "")).partition("[")[0] for line in every if "[" in str(line.get("key", "")))
    if max(lengths.values()) >= LONG:
        return None
    lines = [line for line in every_line if line["kind"] in ("value", "carried")]
    values: dict[str, float] = {}
    for line in [*data["given"], *(line for line in lines if line["kind"] == "carried")]:
        values[ast.unparse(ast.parse(line["key"], mode="eval").body)] = float(line["value"])
    machine = Machine(values)
    found = {phase: Counter[str]() for phase in ("forward", "error", "gradient")}
    states = {line["key"].partition("[")[0] for line in lines}
    parameters = {given["key"].partition("[")[0] for given in data["given"]} - {*shapes, "x"} - states
    executable: dict[str, list[tuple[str, str]]] = {phase: [] for phase in found}
    for line in lines:
        key, formula = line["key"], line.get("formula", "")
        if line["kind"] == "value" and not isinstance(line["value"], list):
            of = key.partition("[")[0].removeprefix("dL_d")
            phase = "forward" if not key.startswith("dL_d") else "gradient" if of in parameters else "error"
            executable[phase].append((key, formula))
    for phase, own in executable.items():
        machine.counts = found[phase]
        for key, formula in own:
            machine.line(key, formula)
    return found
