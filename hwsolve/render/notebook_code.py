"""Formulas as Python over `q`, the dictionary of all quantities: fractions, mpmath where no value is rational."""

from __future__ import annotations

from hwsolve.formula.function_code import code_text
from hwsolve.formula.functions import function
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, substitute, walk
from hwsolve.render.notebook_helpers import ARRAY_HELPERS, HELPERS, needed
from hwsolve.render.notebook_kinds import CONSTANTS, INT, RATIONAL, Kinds, compares, subtracts
from hwsolve.render.notebook_text import bare, number, trimmed, variable, within
from hwsolve.solution import Assume, Let, Line

FROM_MPMATH = {
    name: f"mp.{name}"
    for name in (
        *("exp", "log", "sqrt", "sin", "cos", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "erf", "gamma"),
        *("log1p", "expm1", "erfc"),
    )
}
BUILT_IN = {"floor": "Q(math.floor({0}))", "ceil": "Q(math.ceil({0}))", "abs": "abs({0})", "delta": "Q({0} == {1})"}
ELEMENTWISE = {"+": "add", "-": "sub", "*": "mul", "/": "div"}
SIGNS = {"+": " + ", "-": " - ", "*": "*", "/": "/"}
ORDER = ("<", ">", "<=", ">=")


class NoCode(ValueError):
    """A formula that a notebook cannot work out."""


class Code:
    """Writes formulas; `used` collects the functions that must be defined above, `real` tells of mpmath."""

    def __init__(self) -> None:
        self.real = False
        self.used: dict[str, str] = {}  # definitions, in order
        self.known = Kinds()
        self.lets: dict[str, tuple[Ref, Formula]] = {}  # functions of one number that the derivation names
        self.normal: set[str] = set()  # names with a normal law, of mean 0 and variance 1

    def take(self, line: Line) -> None:
        """What a line that has no value settles."""
        match line:
            case Let(Call(name, (Ref(_, ()) as by,)), formula):
                self.lets[name] = by, formula
            case Assume(Call("normal", (Ref(name),))):
                self.normal.add(name)

    # formulas

    def text(self, f: Formula, bound: frozenset[str] = frozenset()) -> str:
        """The Python expression of a formula; `bound`: names that are variables of Python."""
        match f:
            case Number():
                return number(f)
            case Ref(name, ()):
                return self.named(name, bound)
            case Ref():
                return self.element(f, bound)
            case BigOperator():
                return self.repeated(f, bound)
            case Call(name, args):
                return self.call(name, args, bound)
        raise NoCode(plain(f))

    def named(self, name: str, bound: frozenset[str]) -> str:
        """A quantity, a variable, a constant, or an array put together from its elements."""
        if name in bound:
            return variable(name)
        if name in self.known.keys:
            return f"q[{name!r}]"
        if name in self.known.arrays:
            self.define("whole")
            return f"whole({name!r})"
        if name in CONSTANTS:
            self.real = True
            return CONSTANTS[name]
        raise NoCode(name)

    def element(self, f: Ref, bound: frozenset[str]) -> str:
        """An element of a quantity."""
        if all(isinstance(i, Number) for i in f.indices):
            return f"q[{plain(f)!r}]"
        inside = ",".join("{" + self.index(i, bound) + "}" for i in f.indices)
        return f"q[f{f.name + '[' + inside + ']'!r}]"

    def index(self, f: Formula, bound: frozenset[str]) -> str:
        """A whole number."""
        match f:
            case Number(numerator, 1):
                return str(numerator)
            case Ref(name, ()) if name in bound:
                return f"int({variable(name)})"
            case Call("+" | "-" | "*" as sign, args):
                return f"({SIGNS[sign].join(self.index(a, bound) for a in args)})"
        return f"int({self.text(f, bound)})"

    def repeated(self, f: BigOperator, bound: frozenset[str]) -> str:
        """A sum, a product, a largest or least value over an index."""
        inner = bound | {f.index}
        values = (
            f"{self.text(f.body, inner)} for {variable(f.index)} in "
            f"map(Q, range({self.index(f.low, bound)}, {self.index(f.high, bound)} + 1))"
        )
        if f.op == "Sum":
            return f"sum(({values}), Q(0))"
        if f.op == "Prod":
            return f"math.prod(({values}), start=Q(1))"
        return f"{self.extreme(f.op.lower(), [self.known.kind(f.body, inner)])}({values})"

    def extreme(self, name: str, kinds: list[str]) -> str:
        """`max` and `min`; fractions and reals together have no order."""
        kinds = [RATIONAL if kind == INT else kind for kind in kinds]  # a number stands there as a fraction
        if all(compares(a, b) for a in kinds for b in kinds):
            return name
        return self.define({"max": "largest", "min": "smallest"}[name])

    def call(self, name: str, args: tuple[Formula, ...], bound: frozenset[str]) -> str:
        """An operator or a function."""
        if name in ("whole", "array"):
            return self.text(args[0], bound)
        if name == "integral":
            return self.integral(args, bound)
        if name == "E":
            return self.mean(args[0], bound)
        if name in self.lets:
            by, formula = self.lets[name]
            return self.text(substitute(formula, {by.name: args[0]}), bound)
        if name in ("element", "part"):
            return self.text(args[0], bound) + "".join(f"[{self.index(a, bound)} - 1]" for a in args[1:])
        if name in ("[]", "tuple"):
            return f"[{', '.join(self.text(a, bound) for a in args)}]"
        if name in ARRAY_HELPERS:
            helper = self.define(ARRAY_HELPERS[name])
            return f"{helper}({', '.join(self.text(a, bound) for a in args)})"
        if self.is_array(Call(name, args), bound):
            return self.on_arrays(name, args, bound)
        texts = [self.text(a, bound) for a in args]
        kinds = [self.known.kind(a, bound) for a in args]
        if name in SIGNS:
            return self.operator(name, args, texts, kinds)
        if name == "neg":
            return f"-{texts[0]}" if isinstance(args[0], Ref) else f"(-{texts[0]})"
        if name == "**":
            return self.power(args[1], texts)
        if name in ORDER:
            if compares(*kinds):
                return f"{texts[0]} {name} {bare(args[1], texts[1])}"
            return f"-{within(texts[1])} + {texts[0]} {name} 0"
        if name == "==":
            return f"{texts[0]} == {texts[1]}"
        if name == "if":
            return f"({texts[1]} if {texts[0]} else {texts[2]})"
        if name in ("max", "min"):
            return f"{self.extreme(name, kinds)}([{', '.join(texts)}])"
        if name in BUILT_IN:
            return BUILT_IN[name].format(*texts)
        return f"{self.function(name)}({', '.join(texts)})"

    def operator(self, name: str, args: tuple[Formula, ...], texts: list[str], kinds: list[str]) -> str:
        """A sign of arithmetic; an int beside another number stands as it is."""
        if any(kind != INT for kind in kinds):
            divided = kinds[1] == RATIONAL
            texts = [t if name == "/" and not n and divided else bare(args[n], t) for n, t in enumerate(texts)]
        if name == "/" and not subtracts(*kinds):
            return f"{self.define('div')}({', '.join(texts)})"
        if name == "-" and not subtracts(*kinds):
            return f"(-{within(texts[1])} + {texts[0]})"
        if name in "+-":
            loose = [isinstance(a, Call) and a.name in ("*", "/") for a in args]
            texts = [trimmed(t) if simple else within(t) for simple, t in zip(loose, texts, strict=True)]
        else:
            texts = list(map(within, texts))
        return "(" + SIGNS[name].join(texts) + ")"

    def power(self, exponent: Formula, texts: list[str]) -> str:
        """A power; one that is not whole is a real number."""
        if isinstance(exponent, Number) and exponent.denominator == 1:
            return (
                f"{within(texts[0])}**{exponent.numerator}"
                if exponent.numerator >= 0
                else f"{within(texts[0])}**({exponent.numerator})"
            )
        self.real = True
        return f"{self.define('power')}({', '.join(texts)})"

    def integral(self, args: tuple[Formula, ...], bound: frozenset[str]) -> str:
        """An integral over a real variable."""
        body, by, low, high = args
        if not isinstance(by, Ref):
            raise NoCode(plain(by))
        self.real = True
        ends = [self.bound(end, bound) for end in (low, high)]
        return f"mp.quad(lambda {variable(by.name)}: {self.text(body, bound | {by.name})}, [{', '.join(ends)}])"

    def mean(self, body: Formula, bound: frozenset[str]) -> str:
        """The mean of a function of a standard normal number, whose slope may jump at 0."""
        names = {node.name for node in walk(body) if isinstance(node, Ref)} & self.normal
        if len(names) != 1:
            raise NoCode(plain(Call("E", (body,))))
        by = Ref(names.pop(), ())
        weighed = self.text(body * Call("normal_pdf", (by,)), bound | {by.name})
        self.real = True
        return f"mp.quad(lambda {variable(by.name)}: {weighed}, [-mp.inf, 0, mp.inf])"

    def bound(self, f: Formula, bound: frozenset[str]) -> str:
        """A bound of an integral, which may be infinite."""
        if isinstance(f, Ref) and f.name == "inf":
            return "mp.inf"
        if isinstance(f, Call) and f.name == "neg":
            return f"-{self.bound(f.args[0], bound)}"
        return self.text(f, bound)

    # arrays

    def is_array(self, f: Formula, bound: frozenset[str]) -> bool:
        """Whether a formula gives an array."""
        if isinstance(f, Ref):
            return not f.indices and f.name in self.known.arrays and f.name not in {*self.known.keys, *bound}
        if not isinstance(f, Call) or f.name in ("sum", "element"):
            return False
        return f.name in ARRAY_HELPERS or f.name in ("[]", "tuple") or any(self.is_array(a, bound) for a in f.args)

    def on_arrays(self, name: str, args: tuple[Formula, ...], bound: frozenset[str]) -> str:
        """Element by element."""
        texts = [self.text(a, bound) for a in args]
        if name in ELEMENTWISE:
            made = texts[0]
            for text in texts[1:]:
                made = f"{self.define(ELEMENTWISE[name])}({made}, {text})"
            return made
        each = self.define("each")
        if name == "neg":
            return f"{each}(lambda x: -x, {texts[0]})"
        if name == "**":
            return f"{each}(lambda x: {self.power(args[1], ['x', *texts[1:]])}, {texts[0]})"
        settings = "".join(f", {text}" for text in texts[1:])
        return f"{each}(lambda x: {self.function(name)}(x{settings}), {texts[0]})"

    # functions

    def function(self, name: str) -> str:
        """A function of numbers, defined from what states it."""
        known, text = function(name), code_text(name)
        if name in FROM_MPMATH:
            self.real = True
            return FROM_MPMATH[name]
        if known is None or text is None or name in {n.name for n in walk(parse(text)) if isinstance(n, Call)}:
            raise NoCode(name)
        if name not in self.used:
            first = len(known.parameters) - len(known.defaults)
            parameters = [*known.parameters[:first]]
            parameters += [
                f"{p}={self.text(parse(v))}" for p, v in zip(known.parameters[first:], known.defaults, strict=True)
            ]
            body = self.text(parse(text), frozenset(known.parameters))
            self.used[name] = f"def {name}({', '.join(parameters)}):\n    return {trimmed(body)}"
        return name

    def define(self, name: str) -> str:
        """A helper, with those that it uses itself."""
        for each in needed(name):
            self.used.setdefault(each, HELPERS[each])
        return name
