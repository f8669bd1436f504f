"""An independent reader of solutions: every line of the JSON is calculated anew, from the text of its formula alone.

It knows nothing of hwsolve's parser, numbers or functions: a formula is read by Python's own grammar, numbers are
`fractions.Fraction` and, where no rational comes out, mpmath at 50 digits.
"""

from __future__ import annotations

import ast
import operator
import random
import re
from collections import ChainMap
from collections.abc import Callable, Iterator, MutableMapping
from fractions import Fraction
from functools import cache
from typing import Any

import mpmath
import numpy as np

DIGITS = 50
MANY_DIGITS = 2000
NAME = re.compile(r"[^\W\d][\w.]*(?:@\d+)?")
NUMBER = re.compile(r"\d+(?:\.\d+)?(?:[eE][+-]?\d+)?")
Env = MutableMapping[str, Any]


class Wrong(Exception):
    """A line that does not hold, or cannot be calculated."""


# ---------------------------------------------------------------- reading


def read(text: str) -> ast.expr:
    """A formula's text as Python's syntax tree; names with `@` and `.` are spelled so that Python takes them."""
    pieces, at = [], 0
    pattern = re.compile(rf"(?P<number>{NUMBER.pattern})|(?P<name>{NAME.pattern})|(?P<rest>.)", re.S)
    while at < len(text):
        match = pattern.match(text, at)
        assert match
        at = match.end()
        if match["name"]:
            pieces.append(encode(match["name"]))
        elif match["number"]:
            pieces.append(f"N({match['number']!r})")
        else:
            pieces.append(match["rest"])
    try:
        return ast.parse("".join(pieces).strip(), mode="eval").body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise Wrong(f"cannot be read: {text[:80]}") from error


def encode(name: str) -> str:
    """A name as an identifier, one to one."""
    return "k_" + "".join(c if c.isascii() and c.isalnum() else f"_{ord(c):x}_" for c in name)


def decode(identifier: str) -> str:
    return re.sub(r"_([0-9a-f]+)_", lambda m: chr(int(m[1], 16)), identifier.removeprefix("k_"))


# ---------------------------------------------------------------- numbers and functions


def mp(x: Any) -> Any:
    return mpmath.mpf(x.numerator) / x.denominator if isinstance(x, Fraction) else x


def rational(*values: Any) -> bool:
    return all(isinstance(v, Fraction) for v in values)


def arithmetic(f: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
    return lambda a, b: f(a, b) if rational(a, b) else f(mp(a), mp(b))


def divide(a: Any, b: Any) -> Any:
    if b == 0:
        raise Wrong("division by zero")
    return arithmetic(operator.truediv)(a, b)


def power(a: Any, b: Any) -> Any:
    if rational(a, b) and b.denominator == 1 and abs(b) < 10_000:
        if a == 0 and b < 0:
            raise Wrong("division by zero")
        return a ** int(b)
    return mpmath.power(mp(a), mp(b))


def clamp(x: Any, low: int, high: int) -> Any:
    return Fraction(low) if x < low else Fraction(high) if x > high else x


def logistic(x: Any) -> Any:
    return 1 / (1 + mpmath.exp(-x))


def phi(x: Any) -> Any:
    return mpmath.ncdf(x)


SELU_SCALE = Fraction("1.0507009873554804934193349852946")
SELU_ALPHA = Fraction("1.6732632423543772848170429916717")

ANALYTIC: dict[str, Callable[..., Any]] = {
    **{f: getattr(mpmath, f) for f in ("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan")},
    **{f: getattr(mpmath, f) for f in ("sinh", "cosh", "tanh", "erf", "gamma")},
    "log2": lambda x: mpmath.log(x, 2),
    "log10": mpmath.log10,
    "sigmoid": logistic,
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "log_sigmoid": lambda x: -mpmath.log1p(mpmath.exp(-x)),
    "silu": lambda x: x * logistic(x),
    "gelu": lambda x: x * phi(x),
    "gelu_tanh": lambda x: x / 2 * (1 + mpmath.tanh(mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3))),
    "mish": lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))),
    "softsign": lambda x: x / (1 + abs(x)),
    "normal_pdf": mpmath.npdf,
    "normal_cdf": phi,
    "elu": lambda x, a=1: x if x > 0 else a * mpmath.expm1(x),
    "selu": lambda x: mp(SELU_SCALE) * (x if x > 0 else mp(SELU_ALPHA) * mpmath.expm1(x)),
}
ONE, ZERO = Fraction(1), Fraction(0)
STEPWISE: dict[str, Callable[..., Any]] = {
    "relu": lambda x: x if x > 0 else ZERO,
    "d_relu": lambda x: ONE if x > 0 else ZERO,
    "leaky_relu": lambda x, a: x if x > 0 else arithmetic(operator.mul)(a, x),
    "d_leaky_relu": lambda x, a: ONE if x > 0 else a,
    "abs": abs,
    "d_abs": lambda x: Fraction((x > 0) - (x < 0)),
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "step": lambda x: ONE if x > 0 else ZERO,
    "step0": lambda x: ONE if x >= 0 else ZERO,
    "max": lambda *x: max(x) if rational(*x) else max(map(mp, x)),
    "min": lambda *x: min(x) if rational(*x) else min(map(mp, x)),
    "floor": lambda x: Fraction(int(x // 1) if isinstance(x, Fraction) else int(mpmath.floor(x))),
    "ceil": lambda x: Fraction(-int(-x // 1) if isinstance(x, Fraction) else int(mpmath.ceil(x))),
    "delta": lambda i, j: ONE if i == j else ZERO,
    "relu6": lambda x: clamp(x, 0, 6),
    "d_relu6": lambda x: ONE if 0 < x < 6 else ZERO,
    "hard_tanh": lambda x: clamp(x, -1, 1),
    "d_hard_tanh": lambda x: ONE if -1 < x < 1 else ZERO,
    "hard_sigmoid": lambda x: clamp(arithmetic(operator.add)(x / 6, Fraction(1, 2)), 0, 1),
    "d_hard_sigmoid": lambda x: Fraction(1, 6) if -3 < x < 3 else ZERO,
    "hard_swish": lambda x: arithmetic(operator.mul)(x, clamp(arithmetic(operator.add)(x, Fraction(3)), 0, 6)) / 6,
}
STEPWISE |= {"prelu": STEPWISE["leaky_relu"], "d_prelu": STEPWISE["d_leaky_relu"]}
OPERATORS: dict[type, Callable[[Any, Any], Any]] = {
    ast.Add: arithmetic(operator.add),
    ast.Sub: arithmetic(operator.sub),
    ast.Mult: arithmetic(operator.mul),
    ast.Div: divide,
    ast.Pow: power,
    ast.Eq: operator.eq,
    ast.Lt: arithmetic(operator.lt),
    ast.Gt: arithmetic(operator.gt),
    ast.LtE: arithmetic(operator.le),
    ast.GtE: arithmetic(operator.ge),
}


# ---------------------------------------------------------------- evaluation


class Reader:
    """Evaluates syntax trees where `known` holds the keys; `draw` invents elements of free arrays."""

    def __init__(self, known: Env, draw: Callable[[str], Any] | None = None) -> None:
        self.known, self.draw = known, draw

    def __call__(self, node: ast.expr) -> Any:
        match node:
            case ast.Call(func=ast.Name(id="N"), args=[ast.Constant(value=str(text))]):
                return Fraction(text)
            case ast.Call(func=ast.Name(id=name), args=args):
                return self.function(decode(name), args)
            case ast.Name(id=name):
                return self.value(decode(name))
            case ast.Subscript():
                return self.value(self.key(node))
            case ast.UnaryOp(op=ast.USub(), operand=operand):
                return -self(operand)
            case ast.UnaryOp(op=ast.UAdd(), operand=operand):
                return self(operand)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return OPERATORS[type(op)](self(left), self(right))
            case ast.Compare(left=left, ops=[op], comparators=[right]) if type(op) in OPERATORS:
                return OPERATORS[type(op)](self(left), self(right))
        raise Wrong(f"not a formula: {ast.dump(node)[:80]}")

    def key(self, node: ast.expr) -> str:
        """`w[i, j]` with its indices calculated."""
        if isinstance(node, ast.Name):
            return decode(node.id)
        assert isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name)
        parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
        indices = [self(part) for part in parts]
        if not all(isinstance(i, Fraction) and i.denominator == 1 for i in indices):
            raise Wrong(f"an index is not whole: {indices}")
        return f"{decode(node.value.id)}[{','.join(str(int(i)) for i in indices)}]"

    def value(self, key: str) -> Any:
        if key in self.known:
            return self.known[key]
        if key == "pi":
            return +mpmath.pi
        if key == "e":
            return +mpmath.e
        if self.draw is not None and "[" in key:
            return self.draw(key)
        raise Wrong(f"{key} has no value yet")

    def inside(self, name: str, value: Any) -> Reader:
        return Reader(ChainMap({name: value}, self.known), self.draw)

    def function(self, name: str, args: list[ast.expr]) -> Any:
        if name in ("Sum", "Prod", "Max", "Min"):
            body, variable, low, high = args
            index, numbers = self.key(variable), range(int(self(low)), int(self(high)) + 1)
            return self.fold(name, [self.inside(index, Fraction(n))(body) for n in numbers])
        if name == "if":
            return self(args[1]) if self(args[0]) else self(args[2])
        if name == "diff":
            return self.derivative(*args)
        if name == "integral":
            return self.integral(*args)
        values = [self(a) for a in args]
        if name in STEPWISE:
            return STEPWISE[name](*values)
        numbers = [mp(v) for v in values]
        if name in ANALYTIC:
            return ANALYTIC[name](*numbers)
        if name.startswith("d_") and name[2:] in ANALYTIC:
            return mpmath.diff(lambda t: ANALYTIC[name[2:]](t, *numbers[1:]), numbers[0])
        raise Wrong(f"unknown function {name}")

    @staticmethod
    def fold(name: str, terms: list[Any]) -> Any:
        if name in ("Max", "Min"):
            return (max if name == "Max" else min)(terms, key=mp)
        total: Any = Fraction(0 if name == "Sum" else 1)
        for term in terms:
            total = OPERATORS[ast.Add if name == "Sum" else ast.Mult](total, term)
        return total

    def derivative(self, f: ast.expr, variable: ast.expr, order: ast.expr | None = None) -> Any:
        key = self.key(variable)
        n = int(self(order)) if order is not None else 1
        return mpmath.diff(lambda t: mp(self.inside(key, t)(f)), mp(self.value(key)), n)

    def integral(self, f: ast.expr, variable: ast.expr, low: ast.expr, high: ast.expr) -> Any:
        ends = [self.bound(end) for end in (low, high)]
        points = [ends[0], 0, ends[1]] if ends[0] < 0 < ends[1] else ends
        return mpmath.quad(lambda t: mp(self.inside(self.key(variable), t)(f)), points)

    def bound(self, node: ast.expr) -> Any:
        match node:
            case ast.Name(id="k_inf"):
                return mpmath.inf
            case ast.UnaryOp(op=ast.USub(), operand=ast.Name(id="k_inf")):
                return -mpmath.inf
        return mp(self(node))


def correlated(w: Any, g: Any, apart: Fraction = Fraction(1)) -> Any:
    """Every cell of w, `apart` from the next, times every element of g: to where the two meet."""
    d = int(apart)
    out = np.full([n + d * (k - 1) for n, k in zip(g.shape, w.shape, strict=True)], Fraction(0), dtype=object)
    for u in np.ndindex(w.shape):
        for p in np.ndindex(g.shape):
            at = tuple(i + d * (k - 1 - v) for i, v, k in zip(p, u, w.shape, strict=True))
            out[at] = out[at] + w[u] * g[p]
    return out


def spread(g: Any, *steps: Fraction) -> Any:
    """The elements of g further apart, zeros between."""
    by = [int(s) for s in steps] * (g.ndim if len(steps) == 1 else 1)
    out = np.full([(n - 1) * s + 1 for n, s in zip(g.shape, by, strict=True)], Fraction(0), dtype=object)
    for p in np.ndindex(g.shape):
        out[tuple(i * s for i, s in zip(p, by, strict=True))] = g[p]
    return out


def part(a: Any, *cuts: Fraction) -> Any:
    """What is left of a map: with one number so much less at both ends, else behind what is cut off in front."""
    n = [int(c) for c in cuts]
    front = (n[: -a.ndim] or n) * (a.ndim if len(n) in (1, a.ndim + 1) else 1)
    sides = n[-a.ndim :] if len(n) > 1 else [side - 2 * n[0] for side in a.shape]
    out = np.full(sides, Fraction(0), dtype=object)
    for p in np.ndindex(*sides):
        at = tuple(i + c for i, c in zip(p, front, strict=True))
        if all(i < side for i, side in zip(at, a.shape, strict=True)):
            out[p] = a[at]
    return out


MAPS: dict[str, Callable[..., Any]] = {
    "rot180": lambda w: w[(slice(None, None, -1),) * w.ndim],
    "full": correlated,
    "stuffed": spread,
    "crop": part,
}


class Arrays(Reader):
    """Evaluates formulas over whole arrays; only a number and the row of `rows` are repeated to make a shape fit."""

    FUNCTIONS: dict[str, tuple[int, Callable[..., Any]]] = {  # axes of the arguments, and what is made of them
        "T": (2, np.transpose),
        "outer": (1, lambda a, b: a[:, None] * b[None, :]),
        "diag": (1, lambda a: np.array([[x if i == j else ZERO for j in range(len(a))] for i, x in enumerate(a)])),
        "rows": (1, lambda b: b[None, :]),
    }

    def __call__(self, node: ast.expr) -> Any:
        found = self.array(node)
        return found[()] if isinstance(found, np.ndarray) and not found.ndim else found

    def array(self, node: ast.expr) -> Any:
        match node:
            case ast.List(elts=parts):
                return np.array([self(part) for part in parts], dtype=object)
            case ast.BinOp(left=left, op=ast.MatMult(), right=right):
                return np.asarray(self.alike(self(left)) @ self.alike(self(right)))
            case ast.BinOp(left=left, op=op, right=right) if type(op) in OPERATORS:
                return self.elementwise(OPERATORS[type(op)], left, right)
            case ast.Call(func=ast.Name(id=name), args=[left, right]) if decode(name) == "odot":
                return self.elementwise(OPERATORS[ast.Mult], left, right)
            case ast.Call(func=ast.Name(id=name), args=args) if decode(name) in MAPS:
                return MAPS[decode(name)](*[self(a) for a in args])
            case ast.Subscript(value=ast.Call() as of, slice=at):
                return self(of)[int(self(at)) - 1]
            case ast.Call(func=ast.Name(id=name), args=args) if decode(name) in self.FUNCTIONS:
                axes, make = self.FUNCTIONS[decode(name)]
                values = [self(a) for a in args]
                if decode(name) == "T" and np.ndim(values[0]) in (1, 3):  # a vector is a column; heads come in front
                    return values[0][None, :] if np.ndim(values[0]) == 1 else np.swapaxes(values[0], 0, 1)
                if any(np.ndim(v) != axes for v in values):
                    raise Wrong(f"{decode(name)} of other than {axes} axes")
                return make(*values)
        return super().__call__(node)

    def function(self, name: str, args: list[ast.expr]) -> Any:
        values, *others = [self(a) for a in args] if args else [None]
        if not np.ndim(values) or any(map(np.ndim, others)):
            return super().function(name, args)
        one = ast.Name(id=encode("one"))  # of an array, a function of one number is that of each element
        rest = [ast.Name(id=encode(f"more_{n}_of")) for n in range(len(others))]
        known = {f"more_{n}_of": v for n, v in enumerate(others)}
        return np.vectorize(lambda v: Reader({"one": v} | known).function(name, [one, *rest]), otypes=[object])(values)

    @staticmethod
    def alike(a: Any) -> Any:
        """Real numbers alone, where there are some: a Fraction and an mpf do not multiply."""
        return a if all(map(rational, a.flat)) else np.vectorize(mp, otypes=[object])(a)

    def elementwise(self, f: Callable[[Any, Any], Any], *nodes: ast.expr) -> Any:
        values = [self(n) for n in nodes]
        row = [isinstance(n, ast.Call) and isinstance(n.func, ast.Name) and decode(n.func.id) == "rows" for n in nodes]
        shapes = [np.shape(v) for v in values]
        alike = shapes[0] == shapes[1] or () in shapes
        if not alike and not (any(row) and shapes[0][1:] == shapes[1][1:]):
            raise Wrong(f"shapes {shapes[0]} and {shapes[1]} differ")
        return np.vectorize(f, otypes=[object])(*values)

    def value(self, key: str) -> Any:
        """An array from its elements."""
        found = {k: v for k, v in self.known.items() if k.startswith(f"{key}[")}
        name, _, at = key.removesuffix("]").partition("[")
        if key not in self.known and at and any(k.startswith(f"{name}[{at},") for k in self.known):
            return self.value(name)[tuple(int(i) - 1 for i in at.split(","))]  # (q)[1], a part of q
        if key in self.known or not found:
            return super().value(key)
        places = {tuple(int(i) - 1 for i in k[len(key) + 1 : -1].split(",")): v for k, v in found.items()}
        places = {place: v for place, v in places.items() if -1 not in place}  # the state before the first step
        made = np.full([1 + max(column) for column in zip(*places, strict=True)], None, dtype=object)
        for place, v in places.items():
            made[place] = v
        if made.size != len(places):
            raise Wrong(f"{key} has {len(places)} of {made.size} elements")
        return made


# ---------------------------------------------------------------- lines


def printed(text: str) -> tuple[Fraction, Fraction, int]:
    """A printed number: its value, half a unit of its last place, and how many significant digits it shows."""
    if not re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?|-?\d+/\d+", text):
        raise Wrong(f"not a plain number: {text!r}")
    if "/" in text:
        return Fraction(text), Fraction(0), 99
    mantissa, _, exponent = text.lower().partition("e")
    places = len(mantissa.partition(".")[2])
    digits = mantissa.replace(".", "").lstrip("-").lstrip("0") or mantissa.replace(".", "").lstrip("-")
    return Fraction(text), Fraction(10) ** (int(exponent or 0) - places) / 2, len(digits)


def near(value: Any) -> Any:
    """How far off a number may be that a formula with irrational parts gives, with the digits it was worked out with."""
    return mpmath.mpf(10) ** (-2 * DIGITS // 3) * max(1, abs(value))


def check_value(line: dict[str, Any], known: Env) -> None:
    if line["key"] in known:
        raise Wrong("the key stands twice")
    tree = read(line["formula"])
    bare = tree.operand if isinstance(tree, ast.UnaryOp) else tree
    if isinstance(bare, ast.Call) and isinstance(bare.func, ast.Name) and bare.func.id == "N":
        raise Wrong("the formula is a lone number")
    if isinstance(line["value"], list):
        check_array(line, Arrays(known)(tree), known)
        return
    value = Reader(known)(tree)
    if isinstance(value, bool):
        raise Wrong("a comparison is no value")
    known[line["key"]] = value
    check_printed(line, value, line["value"])


def check_array(line: dict[str, Any], values: Any, known: Env) -> None:
    """A whole array, and those of its elements that have lines; the others may be carried below it."""
    texts = np.array(line["value"], dtype=object)
    if texts.shape != np.shape(values):
        raise Wrong(f"the shape {np.shape(values)} is printed as {texts.shape}")
    for place, value in np.ndenumerate(values):
        name = f"{line['key']}[{','.join(str(i + 1) for i in place)}]"
        if name in known and abs(mp(known[name]) - mp(value)) > near(value):
            raise Wrong(f"{name} has another value in its own line")
        exact = rational(value) and value == printed(texts[place])[0]
        check_printed(line | {"relation": "="} if exact else line, value, texts[place])


def check_printed(line: dict[str, Any], value: Any, text: str) -> None:
    """Whether a value is what is printed."""
    shown, half, digits = printed(text)
    if line["relation"] == "=":
        equal = value == shown if rational(value) else abs(value - mp(shown)) < near(value)
        if not equal:
            raise Wrong(f"= {text} is not {value}")
    elif line["relation"] == "≈":
        if digits < 4 and shown:
            raise Wrong(f"≈ {text} shows fewer than 4 digits")
        if abs(mp(value) - mp(shown)) > mp(half) * (1 + mpmath.mpf(10) ** -15):
            raise Wrong(f"≈ {text} is not {mpmath.nstr(mp(value), 25)}")
    else:
        raise Wrong(f"no relation: {line['relation']!r}")


DOMAINS: dict[str, tuple[float, float]] = {
    "real": (-2.2, 2.2),
    "positive": (0.15, 2.2),
    "negative": (-2.2, -0.15),
    "unit": (0.03, 0.97),
}


def check_identity(line: dict[str, Any], known: Env, dice: random.Random, doc: Any) -> None:
    from tests import argument_lines as arguments

    named = "|".join(map(re.escape, (*doc.lets, *doc.functions)))
    argued = "links" in line or "relation" in line or doc.means
    argued = argued or (named and re.search(rf"\b(d_)*({named})\b", f"{line['lhs']} {line['rhs']}"))
    if argued or any(isinstance(d, list | int) or d not in (*DOMAINS, "size", "index") for d in line["free"].values()):
        arguments.check_chain(arguments.links_of(line), line["free"], known, doc, dice)
        return
    left, right = read(line["lhs"]), read(line["rhs"])
    if ast.dump(left) == ast.dump(right):
        raise Wrong("both sides are the same")
    for trial in range(5):
        sizes = dice.sample(range(4, 11), 7)
        point: Env = {}
        for name, domain in line["free"].items():
            if domain == "size":
                point[name] = Fraction(sizes.pop())
            elif domain == "index":
                point[name] = Fraction(2 if trial == 4 else dice.randint(1, 4))
            else:
                point[name] = mpmath.mpf(dice.uniform(*DOMAINS[domain]))
        reader = Reader(ChainMap(point, known), cache(lambda key: mpmath.mpf(dice.uniform(-2, 2))))
        a, b = mp(reader(left)), mp(reader(right))
        if abs(a - b) > mpmath.mpf(10) ** -15 * max(1, abs(a), abs(b)):
            raise Wrong(f"{mpmath.nstr(a, 18)} is not {mpmath.nstr(b, 18)} at {point}")


def numbers_in(key: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The scalars of an answer under the keys their lines have."""
    if isinstance(value, list):
        for n, item in enumerate(value, 1):
            yield from numbers_in(f"{key[:-1]},{n}]" if key.endswith("]") else f"{key}[{n}]", item)
    elif isinstance(value, int | float) and not isinstance(value, bool):
        yield key, value


def wrong_lines(solution: dict[str, Any], seed: int = 7) -> list[str]:
    """What does not hold in a solution's JSON, one text for each.

    A line that fails is calculated again with far more digits: 1 − y, where y is 1 − 10⁻⁵⁹³, needs them.
    """
    return wrong_at(solution, seed, DIGITS) and wrong_at(solution, seed, MANY_DIGITS)


def wrong_at(solution: dict[str, Any], seed: int, digits: int) -> list[str]:
    """What does not hold when it is calculated with so many digits."""
    from tests import argument_lines as arguments

    dice, known, wrong = random.Random(seed), dict[str, Any](), list[str]()
    doc = arguments.Document()
    with mpmath.workdps(digits):
        for given in solution["given"]:
            known[given["key"]] = Fraction(given["value"])
        for line in (line for section in solution["sections"] for line in (*section["lines"], *claims(section))):
            try:
                if line["kind"] == "value" and line["formula"].startswith("E("):
                    arguments.check_mean(line, known, doc)
                elif line["kind"] == "value":
                    check_value(line, known)
                    doc.formulas[line["key"]] = read(line["formula"])
                    arguments.check_links(line, known.get(line["key"]), known, doc, dice)
                elif line["kind"] == "identity":
                    check_identity(line, known, dice, doc)
                elif line["kind"] == "let":
                    doc.let(line)
                elif line["kind"] == "assume":
                    doc.assume(line)
                elif line["kind"] == "claim":
                    arguments.check_claim(line["claim"], known, doc, dice)
                elif line["kind"] == "carried":
                    if line["key"] in known:
                        raise Wrong("the key stands twice")
                    known[line["key"]] = printed(line["value"])[0]
                elif line["kind"] != "text":
                    raise Wrong(f"no such kind of line: {line['kind']}")
            except (Wrong, ArithmeticError, ValueError, TypeError, KeyError) as error:
                wrong.append(f"{line.get('key') or line.get('lhs')}: {error!r}")
        for key, answer in solution["answers"].items():
            for name, value in numbers_in(key, answer.get("value")):
                if name in known and abs(mp(known[name]) - mpmath.mpf(value)) > mpmath.mpf(10) ** -9 * max(
                    1, abs(value)
                ):
                    wrong.append(f"answer {name} is {value}, its line gives {mpmath.nstr(mp(known[name]), 17)}")
            wrong += wrong_digits(key, answer.get("full"), known)
    return wrong


def wrong_digits(key: str, full: Any, known: Env) -> list[str]:
    """The decimals of an answer that are not what its lines give, rounded to so many digits."""
    if isinstance(full, list):
        inside = f"{key[:-1]}," if key.endswith("]") else f"{key}["
        return [text for n, part in enumerate(full, 1) for text in wrong_digits(f"{inside}{n}]", part, known)]
    if full is None or key not in known:
        return []
    shown, half, _ = printed(full)
    sure = abs(mp(known[key]) - mp(shown)) <= mp(half) * (1 + mpmath.mpf(10) ** -10)
    return [] if sure else [f"answer {key} is {full} in full, its line gives {mpmath.nstr(mp(known[key]), 45)}"]


def claims(section: dict[str, Any]) -> list[dict[str, Any]]:
    """The claims of a section's sentences and reasons, as lines behind the others."""
    found = [claim for part in section.get("body", []) for claim in part.get("claims", [])]
    return [{"kind": "claim", "key": str(claim), "claim": claim} for claim in found]


def answers_without_line(solution: dict[str, Any]) -> list[str]:
    """Keys of numeric answers that neither a line nor a given explains."""
    lines = [line.get("key") for section in solution["sections"] for line in section["lines"]]
    known = {*lines, *(given["key"] for given in solution["given"])}
    pairs = (pair for key, answer in solution["answers"].items() for pair in numbers_in(key, answer.get("value")))
    return [name for name, _ in pairs if name not in known]
