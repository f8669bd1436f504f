"""Backward formulas against finite differences of the forward formula, by an evaluator of its own."""

from __future__ import annotations

import itertools
import random
import re
from fractions import Fraction

import mpmath as mp
import pytest

from hwsolve.formula.differentiate import backward
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.functions import function
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, walk

mp.mp.dps = 50


class Absent(Exception):
    """A reference outside of its array."""


SCALAR = {
    "exp": mp.exp, "log": mp.log, "sqrt": mp.sqrt, "tanh": mp.tanh, "erf": mp.erf, "sin": mp.sin, "cos": mp.cos,
    "sigmoid": lambda z: 1 / (1 + mp.exp(-z)), "softplus": lambda z: mp.log(1 + mp.exp(z)), "abs": abs,
    "relu": lambda z: max(z, 0), "d_relu": lambda z: int(z > 0), "sign": lambda z: int(z > 0) - int(z < 0),
    "leaky_relu": lambda z, a: z if z > 0 else a * z, "d_leaky_relu": lambda z, a: 1 if z > 0 else a,
    "prelu": lambda z, a: z if z > 0 else a * z, "d_prelu": lambda z, a: 1 if z > 0 else a,
    "silu": lambda z: z / (1 + mp.exp(-z)), "gelu": lambda z: z * mp.ncdf(z), "normal_cdf": mp.ncdf,
    "normal_pdf": mp.npdf,
    "mish": lambda z: z * mp.tanh(mp.log(1 + mp.exp(z))), "softsign": lambda z: z / (1 + abs(z)),
    "elu": lambda z, a: z if z > 0 else a * (mp.exp(z) - 1), "log_sigmoid": lambda z: -mp.log(1 + mp.exp(-z)),
    "gelu_tanh": lambda z: z / 2 * (1 + mp.tanh(mp.sqrt(2 / mp.pi) * (z + mp.mpf("0.044715") * z**3))),
    "selu": lambda z: mp.mpf("1.0507009873554804934193349852946")
    * (z if z > 0 else mp.mpf("1.6732632423543772848170429916717") * (mp.exp(z) - 1)),
    "hard_tanh": lambda z: min(max(z, -1), 1), "hard_sigmoid": lambda z: min(max((z + 3) / 6, 0), 1),
    "hard_swish": lambda z: z * min(max(z + 3, 0), 6) / 6, "relu6": lambda z: min(max(z, 0), 6),
    "d_hard_tanh": lambda z: int(-1 < z < 1), "d_hard_sigmoid": lambda z: mp.mpf(int(-3 < z < 3)) / 6,
    "d_relu6": lambda z: int(0 < z < 6), "min": min, "max": max, "floor": mp.floor, "ceil": mp.ceil,
}  # fmt: skip


def value(f: Formula, env: dict) -> object:
    """The value of a formula; arrays are dicts from index tuples, an element outside of them is absent."""
    match f:
        case Number(numerator, denominator):
            return mp.mpf(numerator) / denominator
        case Ref("pi", ()):
            return +mp.pi
        case Ref(name, indices):
            if not indices:
                return env[name]
            at = tuple(value(i, env) for i in indices)
            if any(k != mp.nint(k) for k in at):
                raise Absent
            at = tuple(int(k) for k in at)
            if at not in env[name]:
                raise Absent
            return env[name][at]
        case BigOperator(op, body, index, low, high):
            found = []
            for k in range(int(value(low, env)), int(value(high, env)) + 1):
                try:
                    found.append(value(body, {**env, index: mp.mpf(k)}))
                except Absent:
                    continue
            if op in ("Max", "Min"):
                if not found:
                    raise Absent
                return (max if op == "Max" else min)(found)
            return sum(found, mp.mpf(0)) if op == "Sum" else mp.fprod(found)
        case Call("if", (c, a, b)):
            return value(a, env) if value(c, env) else value(b, env)
        case Call("+" | "-" | "neg", args):
            signs = {"+": [1] * len(args), "-": [1, -1], "neg": [-1]}[f.name]
            out = mp.mpf(0)
            for sign, a in zip(signs, args, strict=True):
                try:
                    out += sign * value(a, env)
                except Absent:  # 0 in a sum
                    continue
            return out
        case Call("*", args):
            return mp.fprod(value(a, env) for a in args)
        case Call("/", (a, b)):
            return value(a, env) / value(b, env)
        case Call("**", (a, b)):
            return mp.power(value(a, env), value(b, env))
        case Call("==", (a, b)):
            return value(a, env) == value(b, env)
        case Call("<", (a, b)):
            return value(a, env) < value(b, env)
        case Call(">", (a, b)):
            return value(a, env) > value(b, env)
        case Call("<=", (a, b)):
            return value(a, env) <= value(b, env)
        case Call("delta", (a, b)):
            return mp.mpf(int(value(a, env) == value(b, env)))
        case Call(name, args):
            return SCALAR[name](*(value(a, env) for a in args))
    raise AssertionError(f)


def positions(shape: tuple[int, ...]) -> list[tuple[int, ...]]:
    return list(itertools.product(*(range(1, n + 1) for n in shape)))


def array(shape: tuple[int, ...], draw: random.Random, low: float = -2.0, high: float = 2.0) -> object:
    """A scalar, or a dict from index tuples (from 1) to numbers."""
    if not shape:
        return mp.mpf(draw.uniform(low, high))
    return {at: mp.mpf(draw.uniform(low, high)) for at in positions(shape)}


def outputs(f: Formula, indices: tuple[str, ...], shape: tuple[int, ...], env: dict) -> object:
    """All elements of the output; a scalar where it has no indices."""
    if not indices:
        return value(f, env)
    return {at: value(f, {**env, **dict(zip(indices, map(mp.mpf, at), strict=True))}) for at in positions(shape)}


def loss(y: object, g: object) -> object:
    return y * g if not isinstance(y, dict) else sum(y[at] * g[at] for at in y)


def check(text, out, out_shape, shapes, sizes=None, seed=0, low=-2.0, high=2.0, known=None):
    """Σ g·y differentiated numerically in every element of every input, against the formula."""
    f, out = parse(text), tuple(out.split())
    draw = random.Random(seed)
    env = {k: mp.mpf(v) for k, v in (sizes or {}).items()}
    for name, shape in shapes.items():
        env[name] = array(shape, draw, low, high)
    g = array(out_shape, draw)
    ranges = {i: Number(n) for i, n in zip(out, out_shape, strict=True)}
    y = outputs(f, out, out_shape, env)
    h = mp.mpf(10) ** -15
    for name, shape in shapes.items():
        inner = tuple(f"m{k}" for k in range(1, len(shape) + 1))
        for replace in (None, "y"):
            formula = backward(f, out, ranges, name, inner, replace_output=replace)
            if known and replace and name in known:
                assert plain(formula) == known[name]
            given = {**env, "g": g, "y": y}
            for at in positions(shape) if shape else [()]:
                changed = []
                for sign in (1, -1):
                    moved = dict(env)
                    if shape:
                        moved[name] = {**env[name], at: env[name][at] + sign * h}
                    else:
                        moved[name] = env[name] + sign * h
                    changed.append(loss(outputs(f, out, out_shape, moved), g))
                numeric = (changed[0] - changed[1]) / (2 * h)
                try:
                    got = value(formula, {**given, **dict(zip(inner, map(mp.mpf, at), strict=True))})
                except Absent:
                    got = mp.mpf(0)
                assert abs(got - numeric) < mp.mpf(10) ** -12 * max(1, abs(numeric)), (name, at, plain(formula))


ELEMENTWISE = [
    "relu(x)",
    "sigmoid(x)",
    "tanh(x)",
    "softplus(x)",
    "gelu(x)",
    "silu(x)",
    "exp(x)",
    "mish(x)",
    "selu(x)",
    "hard_swish(x)",
    "hard_tanh(x)",
    "relu6(x)",
    "hard_sigmoid(x)",
    "gelu_tanh(x)",
    "softsign(x)",
    "abs(x)",
    "log_sigmoid(x)",
    "elu(x,0.7)",
    "leaky_relu(x,0.01)",
    "x**3",
    "1/(1+exp(-x))",
    "x/(1+abs(x))",
    "sin(x)*x",
    "x*sigmoid(1.702*x)",
    "if(x>0,x**2,-x)",
    "max(x,0.3*x)",
    "2**x",
]


@pytest.mark.parametrize("text", ELEMENTWISE)
def test_elementwise(text: str) -> None:
    check(text, "", (), {"x": ()})
    indexed = re.sub(r"\bx\b", "x[n,i]", text)
    check(indexed, "n i", (2, 3), {"x": (2, 3)}, seed=3, low=-4, high=7)


def test_elementwise_covers_the_table() -> None:
    tried = {t.partition("(")[0] for t in ELEMENTWISE}
    assert {"relu", "gelu", "selu", "mish"} <= tried
    assert all(function(t) for t in tried if t.isidentifier() and t not in ("x", "if"))


def test_linear() -> None:
    known = {"x": "Sum(g[i]*w[i,m1], i, 1, 3)", "w": "g[m1]*x[m2]", "b": "g[m1]"}
    check("Sum(w[i,j]*x[j], j, 1, J) + b[i]", "i", (3,), {"x": (4,), "w": (3, 4), "b": (3,)}, {"J": 4}, known=known)
    shared = {"b": "Sum(g[i], i, 1, 3)"}
    check("Sum(w[i,j]*x[j], j, 1, J) + b", "i", (3,), {"x": (2,), "w": (3, 2), "b": ()}, {"J": 2}, known=shared)
    batch = {"x": (2, 4), "w": (3, 4), "b": (3,)}
    known = {"w": "Sum(g[n,m1]*x[n,m2], n, 1, 2)", "x": "Sum(g[m1,i]*w[i,m2], i, 1, 3)"}
    check("Sum(w[i,j]*x[n,j], j, 1, J) + b[i]", "n i", (2, 3), batch, {"J": 4}, known=known)


def conv_out(size: int, k: int, s: int, p: int, d: int) -> int:
    return (size + 2 * p - d * (k - 1) - 1) // s + 1


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("numeric", [False, True])
def test_convolution_1d(seed: int, numeric: bool) -> None:
    draw = random.Random(seed)
    groups, m, cg = draw.randint(1, 2), draw.randint(1, 2), draw.randint(1, 2)
    k, s, p, d, n = draw.randint(1, 3), draw.randint(1, 3), draw.randint(0, 2), draw.randint(1, 2), draw.randint(5, 7)
    sizes = {"K": k, "S": s, "P": p, "D": d, "C": cg, "M": m}
    channel = "c" if groups == 1 else "floor((o-1)/M)*C + c"
    text = f"Sum(Sum(w[o,c,u]*x[{channel}, S*(p-1) + D*(u-1) + 1 - P], u, 1, K), c, 1, C) + b[o]"
    if numeric:
        for name, size in sizes.items():
            text = re.sub(rf"\b{name}\b", str(size), text)
    shapes = {"x": (groups * cg, n), "w": (groups * m, cg, k), "b": (groups * m,)}
    check(text, "o p", (groups * m, conv_out(n, k, s, p, d)), shapes, sizes, seed)


def test_convolution_is_written_as_the_recursion() -> None:
    text = "Sum(Sum(w[o,c,u]*x[c,S*(p-1)+D*(u-1)+1-P], u,1,K), c,1,C) + b[o]"
    got = backward(parse(text), ("o", "p"), {"o": Ref("O"), "p": Ref("Q")}, "x", ("c2", "m"))
    assert plain(got) == "Sum(Sum(g[o,(m + P - 1 - D*(u - 1))/S + 1]*w[o,c2,u], u, 1, K), o, 1, O)"


@pytest.mark.parametrize("seed", [1, 3])
def test_convolution_2d(seed: int) -> None:
    draw = random.Random(seed)
    k1, k2, s1, s2, p1, p2, d1, d2 = (draw.randint(1, 2) for _ in range(8))
    text = "Sum(Sum(Sum(w[o,c,u,v]*x[n,c,A*(p-1)+D*(u-1)+1-P,B*(q-1)+F*(v-1)+1-Q], v,1,V), u,1,U), c,1,C) + b[o]"
    sizes = {"U": k1, "V": k2, "A": s1, "B": s2, "P": p1, "Q": p2, "D": d1, "F": d2, "C": 2}
    out = (1, 2, conv_out(4, k1, s1, p1, d1), conv_out(5, k2, s2, p2, d2))
    check(text, "n o p q", out, {"x": (1, 2, 4, 5), "w": (2, 2, k1, k2), "b": (2,)}, sizes, seed)


@pytest.mark.parametrize("k,s,p,n", [(2, 2, 0, 6), (3, 1, 1, 5), (3, 2, 1, 6), (2, 3, 0, 7), (3, 2, 0, 8)])
def test_pooling(k: int, s: int, p: int, n: int) -> None:
    sizes, out = {"K": k, "S": s, "P": p}, (2, conv_out(n, k, s, p, 1))
    check("Sum(x[c,S*(p-1)+u-P]/K, u, 1, K)", "c p", out, {"x": (2, n)}, sizes)
    check("Max(x[c,S*(p-1)+u-P], u, 1, K)", "c p", out, {"x": (2, n)}, sizes)
    plane = "Max(Max(x[c,S*(p-1)+u-P,S*(q-1)+v-P], v, 1, K), u, 1, K)"
    check(plane, "c p q", (1, out[1], out[1]), {"x": (1, n, n)}, sizes)


def test_max_pooling_names_the_output() -> None:
    f = parse("Max(x[c,S*(p-1)+u-P], u, 1, K)")
    got = backward(f, ("c", "p"), {"c": Ref("C"), "p": Ref("Q")}, "x", ("c2", "m"), replace_output="y")
    where = "[c2,(m + P - u)/S + 1]"
    assert plain(got) == f"Sum(g{where}*if(x[c2,m] == y{where}, 1, 0), u, 1, K)"


LOSSES = (
    "Sum((x[i]-t[i])**2, i, 1, N)/N",
    "Sum((x[i]-t[i])**2, i, 1, N)/2",
    "Sum(abs(x[i]-t[i]), i, 1, N)",
    "-Sum(t[i]*log(x[i]) + (1-t[i])*log(1-x[i]), i, 1, N)/N",
    "-Sum(t[i]*log(x[i]), i, 1, N)",
    "log(Sum(exp(x[j]), j, 1, N)) - Sum(t[j]*x[j], j, 1, N)",
    "-Sum(t[i]*log(exp(x[i])/Sum(exp(x[j]), j, 1, N)), i, 1, N)",
    "sqrt(Sum(x[i]**2, i, 1, N)*Sum(t[i]**2, i, 1, N))",
    "Prod(x[j]*t[j], j, 1, N)",
    "Sum(x[i]*t[i], i, 1, N)/(sqrt(Sum(x[i]**2, i, 1, N))*sqrt(Sum(t[i]**2, i, 1, N)))",
    "Sum(x[j+1] - x[j], j, 1, N-1) + Sum(t[j], j, 2, N)",
    "Sum(x[2*j]*t[j], j, 1, 2)",
)


@pytest.mark.parametrize("text", LOSSES)
def test_losses(text: str) -> None:
    check(text, "", (), {"x": (4,), "t": (4,)}, {"N": 4}, low=0.1, high=0.9)


VECTORS = {
    "exp(x[i])/Sum(exp(x[j]), j, 1, C)": "y[m1]*(g[m1] - Sum(g[i]*y[i], i, 1, 4))",
    "x[i] - log(Sum(exp(x[j]), j, 1, C))": None,
    "(x[i] - Sum(x[j], j, 1, C)/C)/sqrt(Sum((x[j] - Sum(x[l], l, 1, C)/C)**2, j, 1, C)/C + 0.01)": None,
    "x[i]/sqrt(Sum(x[j]**2, j, 1, C)/C + 0.01)": None,
    "Sum(x[j], j, 1, C)/C": "Sum(g[i], i, 1, 4)/C",
    "x[i]*Prod(x[j], j, 1, C)": None,
}


@pytest.mark.parametrize("text", VECTORS)
def test_vectors(text: str) -> None:
    known = {"x": VECTORS[text]} if VECTORS[text] else None
    check(text, "i", (4,), {"x": (4,)}, {"C": 4}, known=known)
    batch = text.replace("x[", "x[n,")
    check(batch, "n i", (2, 4), {"x": (2, 4)}, {"C": 4}, seed=2)


def test_batch_statistics() -> None:
    mean = "Sum(x[l,c], l, 1, N)/N"
    text = f"w[c]*(x[n,c] - {mean})/sqrt(Sum((x[j,c] - {mean})**2, j, 1, N)/N + 0.01) + b[c]"
    check(text, "n c", (3, 2), {"x": (3, 2), "w": (2,), "b": (2,)}, {"N": 3})


def test_bilinear_and_shared() -> None:
    check("Sum(Sum(x[j]*w[j,l]*x[l], j, 1, N), l, 1, N)", "", (), {"x": (3,), "w": (3, 3)}, {"N": 3})
    check("Sum(x[n,j]*x[m,j], j, 1, N)", "n m", (3, 3), {"x": (3, 2)}, {"N": 2})
    check("prelu(x[n,i], a)", "n i", (2, 3), {"x": (2, 3), "a": ()})
    check("prelu(x[n,i], a[i])", "n i", (2, 3), {"x": (2, 3), "a": (3,)})


def test_the_evaluator_can_fail() -> None:
    with pytest.raises(AssertionError):
        check("x*x", "", (), {"x": ()}, known={"x": "g*x"})
    assert Fraction(value(parse("Sum(j, j, 1, 4)"), {}).__int__()) == 10


@pytest.mark.parametrize("parts", [1, 2, 3, 5])
@pytest.mark.parametrize("outer", [0, 2])
def test_a_part_of_a_group_is_read_by_its_group_alone(parts: int, outer: int) -> None:
    """Of a sum over all places of a group, the gradient of a place is that of its group: i = p(s − 1) + k has one s."""
    groups = 4
    f = parse(f"Sum(x[{parts}*(s - 1) + k + {outer}]**2, k, 1, {parts})")
    got = backward(f, ("s",), {"s": Ref("S")}, "x", ("m",))
    assert not any(isinstance(node, BigOperator) for node in walk(got))
    assert "floor" in plain(got) or parts == 1
    g = [3, -1, 7, 2]
    for m in range(1 + outer, parts * groups + outer + 1):
        values: dict[tuple[str, tuple[int, ...]], int] = {("m", ()): m, ("x", (m,)): 5} | {
            ("g", (s,)): g[s - 1] for s in range(1, groups + 1)
        }
        assert evaluate(got, lambda name, at, values=values: values[name, at]) == 10 * g[(m - outer - 1) // parts]
