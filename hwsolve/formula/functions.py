"""What the program knows of each function: how it is defined, differentiated and written.

One entry is one function of the textbook.  The texts are formulas in the function's own parameters; `x` is what it is
differentiated by.  The derivative of f as a function by itself is called `d_f`: `function("d_tanh")`.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Function(msgspec.Struct, frozen=True, kw_only=True):
    """A function of real numbers.

    `derivative` is d/dx, `partials` those by the other parameters; `definition` says it in more primitive functions,
    `cases` piece by piece with `if`; `kinks` are the points without a derivative.  `piecewise`: its value is decided by
    a branch and is exact on rationals.  `defaults` are the values of the last parameters where they are left out.
    `shown` and `latex` are how its name is written.
    """

    name: str
    parameters: tuple[str, ...] = ("x",)
    defaults: tuple[str, ...] = ()
    derivative: str | None = None
    partials: dict[str, str] = {}
    definition: str | None = None
    cases: str | None = None
    kinks: tuple[str, ...] = ()
    piecewise: bool = False
    many: bool = False  # takes any number of arguments
    shown: str = ""
    latex: str = ""


def smooth(
    name: str, derivative: str | None, definition: str | None = None, shown: str = "", latex: str = ""
) -> Function:
    """A function that is differentiable wherever it is defined."""
    shown, latex = shown or name, latex or upright(shown or name)
    return Function(name=name, derivative=derivative, definition=definition, shown=shown, latex=latex)


def branching(parameters: str, name: str, cases: str, derivative: str | None, shown: str = "", **more: Any) -> Function:
    """A function made of pieces; `parameters` are letters, as in "xa"."""
    shown = shown or name
    fields: dict[str, Any] = {"piecewise": True, "kinks": ("0",), "latex": upright(shown)} | more
    return Function(name=name, parameters=tuple(parameters), cases=cases, derivative=derivative, shown=shown, **fields)


def upright(name: str) -> str:
    """A name as an upright LaTeX operator, a prime behind it."""
    stem = name.rstrip("′")
    return r"\operatorname{" + stem.replace("_", r"\_") + "}" + "'" * (len(name) - len(stem))


SELU_SCALE = "1.0507009873554804934193349852946"  # Klambauer et al. 2017, "Self-normalizing neural networks"
SELU_ALPHA = "1.6732632423543772848170429916717"

ELEMENTARY = (
    smooth("exp", "exp(x)", latex=r"\exp"),
    smooth("log", "1/x", shown="ln", latex=r"\ln"),
    smooth("log2", "1/(x*log(2))", "log(x)/log(2)", "log₂", r"\log_2"),
    smooth("log10", "1/(x*log(10))", "log(x)/log(10)", "log₁₀", r"\log_{10}"),
    smooth("sqrt", "1/(2*sqrt(x))", "x**(1/2)", "√", r"\sqrt"),
    smooth("sin", "cos(x)", latex=r"\sin"),
    smooth("cos", "-sin(x)", latex=r"\cos"),
    smooth("tan", "1 + tan(x)**2", "sin(x)/cos(x)", latex=r"\tan"),
    smooth("asin", "1/sqrt(1 - x**2)", shown="arcsin", latex=r"\arcsin"),
    smooth("acos", "-1/sqrt(1 - x**2)", shown="arccos", latex=r"\arccos"),
    smooth("atan", "1/(1 + x**2)", shown="arctan", latex=r"\arctan"),
    smooth("sinh", "cosh(x)", "(exp(x) - exp(-x))/2", latex=r"\sinh"),
    smooth("cosh", "sinh(x)", "(exp(x) + exp(-x))/2", latex=r"\cosh"),
    smooth("tanh", "1 - tanh(x)**2", "(exp(x) - exp(-x))/(exp(x) + exp(-x))", latex=r"\tanh"),
    smooth("erf", "2/sqrt(pi)*exp(-x**2)", latex=r"\operatorname{erf}"),
    smooth("gamma", None, shown="Γ", latex=r"\Gamma"),
    smooth("normal_pdf", "-x*normal_pdf(x)", "exp(-x**2/2)/sqrt(2*pi)", "φ", r"\varphi"),
    smooth("normal_cdf", "normal_pdf(x)", "(1 + erf(x/sqrt(2)))/2", "Φ", r"\Phi"),
)

ACTIVATIONS = (
    smooth("sigmoid", "sigmoid(x)*(1 - sigmoid(x))", "1/(1 + exp(-x))", "σ", r"\sigma"),
    smooth("log_sigmoid", "1 - sigmoid(x)", "-log(1 + exp(-x))", "ln σ", r"\ln\sigma"),
    smooth("softplus", "sigmoid(x)", "log(1 + exp(x))"),
    smooth("softsign", "1/(1 + abs(x))**2", "x/(1 + abs(x))"),
    smooth("silu", "sigmoid(x)*(1 + x*(1 - sigmoid(x)))", "x*sigmoid(x)", "SiLU"),
    smooth("mish", "tanh(softplus(x)) + x*sigmoid(x)*(1 - tanh(softplus(x))**2)", "x*tanh(softplus(x))", "Mish"),
    smooth("gelu", "normal_cdf(x) + x*normal_pdf(x)", "x*normal_cdf(x)", "GELU"),
    smooth("gelu_tanh", None, "x*(1 + tanh(sqrt(2/pi)*(x + 0.044715*x**3)))/2", "GELU_tanh"),
    branching("x", "relu", "if(x > 0, x, 0)", "d_relu(x)", "ReLU"),
    branching("x", "d_relu", "if(x > 0, 1, 0)", "0", "ReLU′"),
    branching("xa", "leaky_relu", "if(x > 0, x, a*x)", "d_leaky_relu(x, a)", "LeakyReLU", partials={"a": "-relu(-x)"}),
    branching("xa", "d_leaky_relu", "if(x > 0, 1, a)", "0", "LeakyReLU′", partials={"a": "if(x > 0, 0, 1)"}),
    branching("xa", "prelu", "if(x > 0, x, a*x)", "d_prelu(x, a)", "PReLU", partials={"a": "-relu(-x)"}),
    branching("xa", "d_prelu", "if(x > 0, 1, a)", "0", "PReLU′", partials={"a": "if(x > 0, 0, 1)"}),
    branching("x", "relu6", "if(x <= 0, 0, if(x < 6, x, 6))", "d_relu6(x)", "ReLU6", kinks=("0", "6")),
    branching("x", "d_relu6", "if(x <= 0, 0, if(x < 6, 1, 0))", "0", "ReLU6′", kinks=("0", "6")),
    branching("x", "hard_tanh", "if(x <= -1, -1, if(x < 1, x, 1))", "d_hard_tanh(x)", "HardTanh", kinks=("-1", "1")),
    branching("x", "d_hard_tanh", "if(x <= -1, 0, if(x < 1, 1, 0))", "0", "HardTanh′", kinks=("-1", "1")),
    branching(
        "x",
        "hard_sigmoid",
        "if(x <= -3, 0, if(x < 3, (x + 3)/6, 1))",
        "d_hard_sigmoid(x)",
        "HardSigmoid",
        kinks=("-3", "3"),
    ),
    branching("x", "d_hard_sigmoid", "if(x <= -3, 0, if(x < 3, 1/6, 0))", "0", "HardSigmoid′", kinks=("-3", "3")),
    branching(
        "x",
        "hard_swish",
        "if(x <= -3, 0, if(x < 3, x*(x + 3)/6, x))",
        "if(x <= -3, 0, if(x < 3, (2*x + 3)/6, 1))",
        "HardSwish",
        kinks=("-3", "3"),
    ),
    branching(
        "xa",
        "elu",
        "if(x > 0, x, a*(exp(x) - 1))",
        "if(x > 0, 1, a*exp(x))",
        "ELU",
        partials={"a": "if(x > 0, 0, exp(x) - 1)"},
        defaults=("1",),
        piecewise=False,
    ),
    branching(
        "x",
        "selu",
        f"{SELU_SCALE}*if(x > 0, x, {SELU_ALPHA}*(exp(x) - 1))",
        f"{SELU_SCALE}*if(x > 0, 1, {SELU_ALPHA}*exp(x))",
        "SELU",
        piecewise=False,
    ),
)

DECISIONS = (
    branching("x", "abs", "if(x > 0, x, if(x < 0, -x, 0))", "sign(x)"),
    branching("x", "d_abs", "if(x > 0, 1, if(x < 0, -1, 0))", "0", "abs′"),
    branching("x", "sign", "if(x > 0, 1, if(x < 0, -1, 0))", "0"),
    branching("x", "step", "if(x > 0, 1, 0)", "0"),
    branching("x", "step0", "if(x >= 0, 1, 0)", "0"),
    branching(
        "xy",
        "max",
        "if(x > y, x, y)",
        "if(x > y, 1, 0)",
        partials={"y": "if(x > y, 0, 1)"},
        kinks=("y",),
        many=True,
        latex=r"\max",
    ),
    branching(
        "xy",
        "min",
        "if(x < y, x, y)",
        "if(x < y, 1, 0)",
        partials={"y": "if(x < y, 0, 1)"},
        kinks=("y",),
        many=True,
        latex=r"\min",
    ),
    branching("x", "floor", "floor(x)", "0", kinks=()),
    branching("x", "ceil", "ceil(x)", "0", kinks=()),
    branching("ij", "delta", "if(i == j, 1, 0)", None, "δ", kinks=(), latex=r"\delta"),
)

FUNCTIONS: dict[str, Function] = {f.name: f for f in ELEMENTARY + ACTIVATIONS + DECISIONS}


def function(name: str) -> Function | None:
    """The function of a name; `d_f` is derived from f where it has no entry of its own."""
    known = FUNCTIONS.get(name)
    base = FUNCTIONS.get(name[2:]) if known is None and name.startswith("d_") else None
    if base is None:
        return known
    return Function(
        name=name,
        parameters=base.parameters,
        defaults=base.defaults,
        definition=base.derivative,
        kinks=base.kinks,
        piecewise=base.piecewise,
        shown=f"{base.shown}′",
        latex=f"{base.latex}'",
    )
