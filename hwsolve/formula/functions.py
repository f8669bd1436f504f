"""What the program knows of each function: what it is called, how it is defined, differentiated and written.

One entry is one function of the textbook.  The texts are formulas in the function's own parameters; `x` is what it is
differentiated by.  The derivative of f as a function by itself is called `d_f`: `function("d_tanh")`.
"""

from __future__ import annotations

from typing import Any

import msgspec

from hwsolve.language import Message, say


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function of real numbers.

    `derivative` is d/dx, `partials` those by the other parameters; `definition` says it in more primitive functions,
    `cases` piece by piece with `if`, `closed` the same in one formula; `kinks` are the points without a derivative.
    `piecewise`: its value is decided by a branch and is exact on rationals.  `defaults` are the values of the last
    parameters where they are left out.  `shown` and `latex` are how its name is written.
    """

    name: str
    about: Message  # what it is called, in a line
    parameters: tuple[str, ...] = ("x",)
    defaults: tuple[str, ...] = ()
    derivative: str | None = None
    partials: dict[str, str] = {}
    definition: str | None = None
    cases: str | None = None
    closed: str | None = None
    kinks: tuple[str, ...] = ()
    piecewise: bool = False
    many: bool = False  # takes any number of arguments
    shown: str = ""
    latex: str = ""


def smooth(
    name: str, about: Message, derivative: str | None, definition: str | None = None, shown: str = "", latex: str = ""
) -> Function:
    """A function that is differentiable wherever it is defined."""
    shown, latex = shown or name, latex or upright(shown or name)
    return Function(name=name, about=about, derivative=derivative, definition=definition, shown=shown, latex=latex)


def branching(
    parameters: str, name: str, about: Message, cases: str, derivative: str | None, shown: str = "", **more: Any
) -> Function:
    """A function made of pieces; `parameters` are letters, as in "xa"."""
    shown = shown or name
    fields: dict[str, Any] = {"piecewise": True, "kinks": ("0",), "latex": upright(shown)} | more
    return Function(
        name=name, parameters=tuple(parameters), about=about, cases=cases, derivative=derivative, shown=shown, **fields
    )


def slope(parameters: str, name: str, cases: str, shown: str, **more: Any) -> Function:
    """The derivative of a function made of straight pieces."""
    return branching(parameters, f"d_{name}", derivative_of(name), cases, "0", f"{shown}′", **more)


def bent(
    parameters: str, name: str, about: Message, pieces: tuple[str, str, str], shown: str, *kinks: str
) -> tuple[Function, Function]:
    """A function made of straight pieces, and its derivative; a, where it is a parameter, is the slope below 0."""
    values, slopes, closed = pieces
    by_a = "a" in parameters
    derivative = f"d_{name}({', '.join(parameters)})"
    more: dict[str, Any] = {"kinks": kinks or ("0",)}
    partials = {"a": "-relu(-x)"} if by_a else {}
    return (
        branching(parameters, name, about, values, derivative, shown, partials=partials, closed=closed, **more),
        slope(parameters, name, slopes, shown, partials={"a": "if(x > 0, 0, 1)"} if by_a else {}, **more),
    )


def derivative_of(name: str) -> Message:
    """What `d_name` is, in a line."""
    return say("Derivative of {name} as a function of its own.", name=name)


def upright(name: str) -> str:
    """A name as an upright LaTeX operator, a prime behind it."""
    stem = name.rstrip("′")
    return r"\operatorname{" + stem.replace("_", r"\_") + "}" + "'" * (len(name) - len(stem))


LEAKY = ("if(x > 0, x, a*x)", "if(x > 0, 1, a)", "max(0, x) + a*min(0, x)")
SELU_SCALE = "1.0507009873554804934193349852946"  # Klambauer et al. 2017, "Self-normalizing neural networks"
SELU_ALPHA = "1.6732632423543772848170429916717"

ELEMENTARY = (
    smooth("exp", say("Exponential function."), "exp(x)", latex=r"\exp"),
    smooth("log", say("Natural logarithm."), "1/x", shown="ln", latex=r"\ln"),
    smooth("log2", say("Logarithm to the base 2."), "1/(x*log(2))", "log(x)/log(2)", "log₂", r"\log_2"),
    smooth("log10", say("Logarithm to the base 10."), "1/(x*log(10))", "log(x)/log(10)", "log₁₀", r"\log_{10}"),
    smooth("sqrt", say("Square root."), "1/(2*sqrt(x))", "x**(1/2)", "√", r"\sqrt"),
    smooth("sin", say("Sine."), "cos(x)", latex=r"\sin"),
    smooth("cos", say("Cosine."), "-sin(x)", latex=r"\cos"),
    smooth("tan", say("Tangent."), "1 + tan(x)**2", "sin(x)/cos(x)", latex=r"\tan"),
    smooth("asin", say("Inverse of the sine."), "1/sqrt(1 - x**2)", shown="arcsin", latex=r"\arcsin"),
    smooth("acos", say("Inverse of the cosine."), "-1/sqrt(1 - x**2)", shown="arccos", latex=r"\arccos"),
    smooth("atan", say("Inverse of the tangent."), "1/(1 + x**2)", shown="arctan", latex=r"\arctan"),
    smooth("sinh", say("Hyperbolic sine."), "cosh(x)", "(exp(x) - exp(-x))/2", latex=r"\sinh"),
    smooth("cosh", say("Hyperbolic cosine."), "sinh(x)", "(exp(x) + exp(-x))/2", latex=r"\cosh"),
    smooth("tanh", say("Hyperbolic tangent."), "1 - tanh(x)**2", "(exp(x) - exp(-x))/(exp(x) + exp(-x))",
        latex=r"\tanh"),
    smooth("erf", say("Error function."), "2/sqrt(pi)*exp(-x**2)", latex=r"\operatorname{erf}"),
    smooth("gamma", say("Gamma function."), None, shown="Γ", latex=r"\Gamma"),
    smooth("normal_pdf", say("Density of the standard normal distribution."), "-x*normal_pdf(x)",
        "exp(-x**2/2)/sqrt(2*pi)", "φ", r"\varphi"),
    smooth("normal_cdf", say("Distribution function of the standard normal distribution."), "normal_pdf(x)",
        "(1 + erf(x/sqrt(2)))/2", "Φ", r"\Phi"),
)  # fmt: skip

ACTIVATIONS = (
    smooth("sigmoid", say("Logistic function."), "sigmoid(x)*(1 - sigmoid(x))", "1/(1 + exp(-x))", "σ", r"\sigma"),
    smooth("log_sigmoid", say("Logarithm of the sigmoid."), "1 - sigmoid(x)", "-log(1 + exp(-x))", "ln σ",
        r"\ln\sigma"),
    smooth("softplus", say("Softplus, a smooth ReLU."), "sigmoid(x)", "log(1 + exp(x))"),
    smooth("softsign", say("Softsign."), "1/(1 + abs(x))**2", "x/(1 + abs(x))"),
    smooth("silu", say("Sigmoid linear unit, swish."), "sigmoid(x)*(1 + x*(1 - sigmoid(x)))", "x*sigmoid(x)",
        "SiLU"),
    smooth("mish", say("Mish."), "tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))**2)",
        "x*tanh(softplus(x))", "Mish"),
    smooth("gelu", say("Gaussian error linear unit."), "normal_cdf(x) + x*normal_pdf(x)", "x*normal_cdf(x)", "GELU"),
    smooth("gelu_tanh", say("The tanh approximation of GELU."), None,
        "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2", "GELU_tanh"),
    *bent("x", "relu", say("Rectified linear unit."), ("if(x > 0, x, 0)", "if(x > 0, 1, 0)", "max(0, x)"),
        "ReLU"),
    *bent("xa", "leaky_relu", say("Leaky ReLU with the slope a for x < 0."), LEAKY, "LeakyReLU"),
    *bent("xa", "prelu", say("Parametric ReLU with the slope a for x < 0."), LEAKY, "PReLU"),
    *bent("x", "relu6", say("ReLU capped at 6."), ("if(x <= 0, 0, if(x < 6, x, 6))",
        "if(x <= 0, 0, if(x < 6, 1, 0))", "min(max(0, x), 6)"), "ReLU6", "0", "6"),
    *bent("x", "hard_tanh", say("Piecewise linear tanh."), ("if(x <= -1, -1, if(x < 1, x, 1))",
        "if(x <= -1, 0, if(x < 1, 1, 0))", "min(max(-1, x), 1)"), "HardTanh", "-1", "1"),
    *bent("x", "hard_sigmoid", say("Piecewise linear sigmoid."), ("if(x <= -3, 0, if(x < 3, (x + 3)/6, 1))",
        "if(x <= -3, 0, if(x < 3, 1/6, 0))", "min(max(0, x + 3), 6)/6"), "HardSigmoid", "-3", "3"),
    branching("x", "hard_swish", say("Hard swish."), "if(x <= -3, 0, if(x < 3, x*(x + 3)/6, x))",
        "if(x <= -3, 0, if(x < 3, (2*x + 3)/6, 1))", "HardSwish", kinks=("-3", "3"),
        closed="x*min(max(0, x + 3), 6)/6"),
    branching("xa", "elu", say("Exponential linear unit with the scale a of the negative side."),
        "if(x > 0, x, a*(exp(x) - 1))", "if(x > 0, 1, a*exp(x))", "ELU", partials={"a": "if(x > 0, 0, exp(x) - 1)"},
        defaults=("1",), piecewise=False, closed="max(0, x) + a*(exp(min(0, x)) - 1)"),
    branching("x", "selu", say("Scaled ELU."), f"{SELU_SCALE}*if(x > 0, x, {SELU_ALPHA}*(exp(x) - 1))",
        f"{SELU_SCALE}*if(x > 0, 1, {SELU_ALPHA}*exp(x))", "SELU", piecewise=False),
)  # fmt: skip

DECISIONS = (
    branching("x", "abs", say("Absolute value."), "if(x > 0, x, if(x < 0, -x, 0))", "sign(x)"),
    slope("x", "abs", "if(x > 0, 1, if(x < 0, -1, 0))", "abs"),
    branching("x", "sign", say("Sign: −1, 0 or 1."), "if(x > 0, 1, if(x < 0, -1, 0))", "0"),
    branching("x", "step", say("Step function, 0 at 0."), "if(x > 0, 1, 0)", "0"),
    branching("x", "step0", say("Step function, 1 at 0."), "if(x >= 0, 1, 0)", "0"),
    branching("xy", "max", say("The largest of its arguments."), "if(x > y, x, y)", "if(x > y, 1, 0)",
        partials={"y": "if(x > y, 0, 1)"}, kinks=("y",), many=True, latex=r"\max"),
    branching("xy", "min", say("The smallest of its arguments."), "if(x < y, x, y)", "if(x < y, 1, 0)",
        partials={"y": "if(x < y, 0, 1)"}, kinks=("y",), many=True, latex=r"\min"),
    branching("x", "floor", say("The largest whole number that is not larger."), "floor(x)", "0", kinks=()),
    branching("x", "ceil", say("The smallest whole number that is not smaller."), "ceil(x)", "0", kinks=()),
    branching("ij", "delta", say("Kronecker's delta."), "if(i == j, 1, 0)", None, "δ", kinks=(), latex=r"\delta"),
)  # fmt: skip

FUNCTIONS: dict[str, Function] = {f.name: f for f in ELEMENTARY + ACTIVATIONS + DECISIONS}


def function(name: str) -> Function | None:
    """The function of a name; `d_f` is derived from f where it has no entry of its own."""
    known = FUNCTIONS.get(name)
    base = FUNCTIONS.get(name[2:]) if known is None and name.startswith("d_") else None
    if base is None:
        return known
    return Function(
        name=name,
        about=derivative_of(base.name),
        parameters=base.parameters,
        defaults=base.defaults,
        definition=base.derivative,
        kinks=base.kinks,
        piecewise=base.piecewise,
        shown=f"{base.shown}′",
        latex=f"{base.latex}'",
    )
