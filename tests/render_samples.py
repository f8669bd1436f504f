"""Solutions for the renderers' tests, worked out here with Fractions alone."""

from __future__ import annotations

from fractions import Fraction as Q

from hwsolve.figures import Curve, Figure, Grid
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Number, Ref, transform
from hwsolve.language import say
from hwsolve.sections import grouped
from hwsolve.solution import (
    Answer,
    Carried,
    Check,
    Form,
    Given,
    Group,
    Identity,
    Line,
    Note,
    Published,
    Quantity,
    Solution,
    Stage,
    Step,
    Table,
    Text,
    Value,
)


def section(
    title: Text,
    lines: tuple[Line, ...] = (),
    tables: tuple[Table, ...] = (),
    figures: tuple[Figure, ...] = (),
    level: int = 1,
) -> Step:
    """A step of lines, tables and figures."""
    return Step(title, (*grouped(lines), *tables, *figures), level)


def quantity(value: Q | int) -> Quantity:
    """A finite decimal as it is, another rational at 12 digits."""
    value = Q(value)
    exact = str(value)
    scale = next((k for k in range(13) if (value * 10**k).denominator == 1), None)
    if scale is None:
        return Quantity(value, f"{float(value):.12g}", "≈", exact)
    digits = str(abs(value.numerator * 10**scale // value.denominator)).rjust(scale + 1, "0")
    text = ("-" if value < 0 else "") + (f"{digits[:-scale]}.{digits[-scale:]}" if scale else digits)
    return Quantity(value, text, "=", exact)


def ref(text: str) -> Ref:
    found = parse(text)
    assert isinstance(found, Ref)
    return found


class Sheet:
    """Lines worked out one after the other: each formula is evaluated by Python's own arithmetic."""

    def __init__(self) -> None:
        self.values: dict[str, Q] = {}

    def given(self, key: str, value: str) -> Given:
        self.values[key] = Q(value)
        return Given(ref(key), quantity(Q(value)))

    def line(self, key: str, text: str, rule: str = "", aside: bool = False) -> Value:
        formula = parse(text)
        value = self.evaluate(text)
        self.values[key] = value
        stages = (Stage("=", formula), Stage("=", self.numbers(formula)))
        return Value(ref(key), formula, stages, quantity(value), rule, aside)

    def evaluate(self, text: str) -> Q:
        import re

        names = sorted(self.values, key=len, reverse=True)
        code = text
        for name in names:
            code = re.sub(r"(?<![\w@])" + re.escape(name) + r"(?![\w@\[])", f"V({name!r})", code)
        code = re.sub(r"(?<!['\w@\[.])(\d+(?:\.\d+)?)(?!['\w.\]])", r"Q('\1')", code)
        scope = {
            "V": self.values.__getitem__,
            "Q": Q,
            "relu": lambda z: max(z, Q(0)),
            "d_relu": lambda z: Q(int(z > 0)),
        }
        return Q(eval(code, scope))

    def numbers(self, formula: Formula) -> Formula:
        from hwsolve.formula.notation import plain

        def put(f: Formula) -> Formula:
            if isinstance(f, Ref) and plain(f) in self.values:
                value = self.values[plain(f)]
                return Number(value.numerator, value.denominator)
            return f

        return transform(formula, put)


def homework() -> Solution:
    """The 2-2-1 ReLU net, one step."""
    s = Sheet()
    given = [
        s.given(k, v)
        for k, v in {
            "x[1]": "0.2",
            "x[2]": "0.3",
            "v[1,1]": "0.6",
            "v[1,2]": "0.1",
            "v[2,1]": "0.2",
            "v[2,2]": "0.7",
            "w[1,1]": "0.5",
            "w[2,1]": "0.8",
            "t": "0.5",
            "lr": "1",
        }.items()
    ]
    linear, relu = say("linear layer"), say("ReLU")
    forward = [
        s.line("alpha[1]", "v[1,1]*x[1] + v[2,1]*x[2]", linear),
        s.line("alpha[2]", "v[1,2]*x[1] + v[2,2]*x[2]", linear),
        s.line("b[1]", "relu(alpha[1])", relu),
        s.line("b[2]", "relu(alpha[2])", relu),
        s.line("beta[1]", "w[1,1]*b[1] + w[2,1]*b[2]", linear),
        s.line("y[1]", "relu(beta[1])", relu),
    ]
    loss = [s.line("E", "(y[1] - t)**2/2", say("half the squared error"))]
    chain = say("chain rule")
    backward = [
        s.line("dE_dy[1]", "y[1] - t", say("derivative of the loss")),
        s.line("dE_dbeta[1]", "dE_dy[1]*d_relu(beta[1])", chain),
        *[s.line(f"dE_dw[{h},1]", f"dE_dbeta[1]*b[{h}]", chain) for h in (1, 2)],
        *[s.line(f"dE_db[{h}]", f"dE_dbeta[1]*w[{h},1]", chain) for h in (1, 2)],
        *[s.line(f"dE_dalpha[{h}]", f"dE_db[{h}]*d_relu(alpha[{h}])", chain) for h in (1, 2)],
        *[s.line(f"dE_dv[{i},{h}]", f"dE_dalpha[{h}]*x[{i}]", chain) for i in (1, 2) for h in (1, 2)],
    ]
    update = say("gradient descent")
    updates = [
        *[s.line(f"w@1[{h},1]", f"w[{h},1] - lr*dE_dw[{h},1]", update) for h in (1, 2)],
        *[s.line(f"v@1[{i},{h}]", f"v[{i},{h}] - lr*dE_dv[{i},{h}]", update) for i in (1, 2) for h in (1, 2)],
    ]
    after = [
        s.line("alpha@1[1]", "v@1[1,1]*x[1] + v@1[2,1]*x[2]", linear),
        s.line("alpha@1[2]", "v@1[1,2]*x[1] + v@1[2,2]*x[2]", linear),
        s.line("b@1[1]", "relu(alpha@1[1])", relu, aside=True),
        s.line("b@1[2]", "relu(alpha@1[2])", relu, aside=True),
        s.line("beta@1[1]", "w@1[1,1]*b@1[1] + w@1[2,1]*b@1[2]", linear),
        s.line("y@1[1]", "relu(beta@1[1])", relu),
        s.line("E@1", "(y@1[1] - t)**2/2", say("half the squared error")),
    ]
    q = {k: quantity(v) for k, v in s.values.items()}
    forms = tuple(Stage("=", parse(t)) for t in ("alpha", "v*x"))
    return Solution(
        kind="backprop",
        title={"en": "Exercise 2.1: one step of backpropagation", "zh": "习题 2.1：反向传播"},
        source="problems/homework-2/2.1-backprop.yaml",
        given=tuple(given),
        sections=(
            section(say("Forward pass"), lines=(Form(forms), *forward)),
            section(say("Loss"), lines=tuple(loss)),
            section(say("Backward pass"), lines=tuple(backward)),
            section(say("Update"), lines=tuple(updates)),
            section(say("Forward pass after the update"), lines=tuple(after)),
        ),
        answers={
            "E": Answer(q["E"], main=True),
            "w@1": Answer(((q["w@1[1,1]"],), (q["w@1[2,1]"],)), main=True),
            "v@1": Answer(((q["v@1[1,1]"], q["v@1[1,2]"]), (q["v@1[2,1]"], q["v@1[2,2]"])), main=True),
            "E@1": Answer(q["E@1"], main=True),
        },
        checks=(
            Check("E", "0.025538", "0.025538", True, "2.1-backprop.yaml:16:6"),
            Check("y@1", "[0.3213]", "[0.32124532712]", False, "2.1-backprop.yaml:19:8", "0.0000546729"),
        ),
        published=(Published("E", "0.0255", "answer key, page 3", "0.025538", True),),
        notes=(
            Note("info", say("The loss fell from {before} to {after}.", before="0.025538", after="0.0159766165382")),
        ),
    )


def counting() -> Solution:
    """A table too wide for 80 columns, with totals."""
    s = Sheet()
    rows, lines = [], []
    for n, (fan_in, fan_out) in enumerate(((160_000, 40_000), (40_000, 2_000), (2_000, 100)), 1):
        key = f"params.linear{n}"
        lines.append(
            s.line(key, f"({fan_in} + 1)*{fan_out}", say("one weight for each input and the bias, per output"))
        )
        rows.append(
            (
                f"linear{n}",
                f"({fan_out},)",
                lines[-1].formula,
                quantity(s.values[key]),
                quantity(fan_out),
                fan_out * 4,
                fan_in * fan_out,
            )
        )
    total = s.line("params", "params.linear1 + params.linear2 + params.linear3", say("sum"))
    columns = tuple(
        say(c) for c in ("Layer", "Output", "Formula", "Parameters", "Activations", "Bytes", "Multiply-accumulates")
    )
    table = Table(
        say("Layers"),
        columns,
        (*rows, (say("Total"), "", "", total.quantity, "", "", sum(int(r[-1]) for r in rows))),
        total=True,
        drop=(2, 1),
    )
    return Solution(
        kind="count-params",
        title=say("Parameters of a fully connected network"),
        sections=(section(say("Parameters"), tables=(table,), lines=(*lines, total)),),
        answers={"params": Answer(total.quantity, main=True), "shape.linear3": Answer((100,))},
        notes=(Note("warning", say("The sizes stated are not those computed.")),),
    )


def derivation() -> Solution:
    """Identities set in, formula answers, figures, carried lines."""

    def identity(lhs: str, rhs: str, rule: Text, depth: int) -> Group:
        return Group((Identity(parse(lhs), parse(rhs), {"x": "real"}),), rule, depth=depth)

    steps = tuple(float(k) for k in range(101))
    falling = tuple(0.3 * 0.93**k + 1e-4 for k in range(101))
    return Solution(
        kind="derivative",
        title=say("The derivative of the sigmoid"),
        sections=(
            Step(
                say("Derivation"),
                (
                    identity(
                        "diff(1/(1 + exp(-x)), x)", "-diff(1 + exp(-x), x)/(1 + exp(-x))**2", say("quotient rule"), 0
                    ),
                    identity("diff(1 + exp(-x), x)", "diff(exp(-x), x)", say("sum rule"), 1),
                    identity("diff(exp(-x), x)", "-exp(-x)", say("chain rule"), 2),
                    identity(
                        "exp(-x)/(1 + exp(-x))**2",
                        "sigmoid(x)*(1 - sigmoid(x))",
                        say("in terms of the function itself"),
                        0,
                    ),
                ),
            ),
            section(
                say("Course of the loss"),
                lines=tuple(Carried(ref(f"w@{k}[1]"), quantity(Q(1, 3)), "0." + "3" * 40) for k in range(2, 300)),
                figures=(
                    Curve(say("Loss"), say("step"), say("E"), steps, ((say("E"), falling),), log=True),
                    Grid(
                        say("Windows"),
                        (("0", "1", "2"), ("3", "4", "5"), ("6", "7", "8")),
                        ((1, 1), (1, 2), (2, 1), (2, 2)),
                    ),
                ),
            ),
        ),
        answers={"d1": Answer(parse("sigmoid(x)*(1 - sigmoid(x))"), main=True)},
    )
