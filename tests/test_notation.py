"""Formulas written down: each form is read back by a reader that hwsolve does not share, and has the same value."""

from __future__ import annotations

import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.notation import latex, plain, symbol, unicode
from hwsolve.formula.notation.decimals import decimal
from hwsolve.formula.notation.names import GREEK
from hwsolve.formula.notation.typst import typst
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, Ref
from tests.reading import from_latex, meaning

VALUES = {"a": Fraction(2, 3), "b": Fraction(-5, 7), "x": Fraction(11, 4), "y": Fraction(-1, 3), "n": Fraction(3)}
STEPS = {"x⁺": Fraction(3, 5), "x⟨2⟩": Fraction(-8, 3), "y⟨14⟩": Fraction(9, 2), "x⟨1⟩": Fraction(-6, 7)}
SHOWN = {"fan_in": Fraction(7, 2), "∂E/∂w": Fraction(-9, 5), **VALUES, **STEPS}
KEYS = dict(zip(("x@1", "x@2", "y@14", "x@01"), STEPS, strict=True))
NAMED = dict(zip(KEYS, ("step_a", "step_b", "step_c", "step_d"), strict=True))
NAMES = {"dE_dw": "∂E/∂w"} | KEYS  # what is not shown by its own name

numbers = st.one_of(
    st.integers(-12, 2000).map(Number),
    st.tuples(st.integers(-50, 50), st.sampled_from([2, 3, 4, 7, 10, 1000])).map(
        lambda p: Number(Fraction(*p).numerator, Fraction(*p).denominator)
    ),
)
leaves = numbers | st.sampled_from([*VALUES, "fan_in", "dE_dw", *KEYS]).map(Ref)


def grown(below: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    several = st.lists(below, min_size=2, max_size=4).map(tuple)
    return st.one_of(
        several.map(lambda a: Call("+", a)),
        several.map(lambda a: Call("*", a)),
        st.tuples(below, below).map(lambda a: Call("-", a)),
        st.tuples(below, below).map(lambda a: Call("/", a)),
        below.map(lambda a: Call("neg", (a,))),
        st.tuples(below, st.integers(2, 3).map(Number)).map(lambda a: Call("**", a)),
    )


trees = st.recursive(leaves, grown, max_leaves=9)


def value(f: Formula) -> Fraction:
    """The value by the tree alone."""
    match f:
        case Number(n, d):
            return Fraction(n, d)
        case Ref(name):
            return SHOWN[NAMES.get(name, name)]
        case Call("+", args):
            return sum((value(a) for a in args), Fraction(0))
        case Call("-", (a, b)):
            return value(a) - value(b)
        case Call("neg", (a,)):
            return -value(a)
        case Call("/", (a, b)):
            return value(a) / value(b)
        case Call("**", (a, b)):
            return value(a) ** int(value(b))
        case Call("*", args):
            product = Fraction(1)
            for a in args:
                product *= value(a)
            return product
    raise AssertionError(f)


def known(f: Formula) -> Fraction | None:
    try:
        return value(f)
    except ZeroDivisionError:
        return None


@settings(max_examples=300, deadline=None)
@given(trees)
def test_plain_text_means_what_the_tree_means(f: Formula) -> None:
    expected = known(f)
    if expected is not None:
        code = re.sub(r"[xy]@\d+", lambda m: NAMED[m[0]], plain(f))
        code = re.sub(r"\d+(\.\d+)?(e-?\d+)?", lambda m: f"Fraction('{m[0]}')", code)
        code = re.sub(r"\*\*Fraction\('(\d+)'\)", r"**\1", code)
        steps = {NAMED[key]: SHOWN[written] for key, written in KEYS.items()}
        assert eval(code, {"Fraction": Fraction, **SHOWN, **steps, "dE_dw": SHOWN["∂E/∂w"]}) == expected


@settings(max_examples=300, deadline=None)
@given(trees)
def test_plain_text_is_read_back(f: Formula) -> None:
    again = parse(plain(f))
    assert plain(again) == plain(f)
    assert known(again) == known(f)


@settings(max_examples=3000, deadline=None)
@given(trees)
def test_unicode_means_what_the_tree_means(f: Formula) -> None:
    expected = known(f)
    if expected is not None:
        assert meaning(unicode(f), SHOWN.__getitem__) == expected, unicode(f)


@settings(max_examples=300, deadline=None)
@given(trees)
def test_latex_means_what_the_tree_means(f: Formula) -> None:
    expected = known(f)
    if expected is not None:
        assert meaning(from_latex(latex(f)), SHOWN.__getitem__) == expected, latex(f)


UNICODE = {
    "v[1,1]*x[1] + v[2,1]*x[2]": "v₁₁x₁ + v₂₁x₂",
    "0.6*0.2 + 0.2*0.3": "0.6 × 0.2 + 0.2 × 0.3",
    "(y - t)**2/2": "(y − t)²/2",
    "1/2*(y - t)**2": "1/2 · (y − t)²",
    "w[1,1] - lr*dE_dw[1,1]": "w₁₁ − η · ∂E/∂w₁₁",
    "0.5 - 1*(-0.04068)": "0.5 − 1 × (−0.04068)",
    "(-0.2)*0.3 + (-0.4)*0.5": "−0.2 × 0.3 + (−0.4) × 0.5",
    "(160000 + 1)*40000": "(160,000 + 1) × 40,000",
    "(in_features + 1)*out_features": "(in_features + 1) · out_features",
    "2*L*n**2 + (3*L - 1)*n**2": "2Ln² + (3L − 1)n²",
    "w[10,2]": "w₁₀,₂",
    "w[i,j]": "wᵢⱼ",
    "w[b,c]": "w[b, c]",
    "x[i+1,j-1]": "xᵢ₊₁,ⱼ₋₁",
    "x[c,2*p-1]": "x[c, 2p − 1]",
    "z1[2]": "z⁽¹⁾₂",
    "a1_2[1]": "a⁽¹'²⁾₁",
    "w5": "w₅",
    "z1[2]**2": "(z⁽¹⁾₂)²",
    "w@1[1,1]": "w₁₁⁺",
    "w@2[1,1]": "w₁₁⟨2⟩",
    "w@1[1]**2": "(w₁⁺)²",
    "dE_dv@1[1,1]": "∂E⁺/∂v₁₁⁺",
    "dL_dz1[3]": "∂L/∂z⁽¹⁾₃",
    "dE_dy[1]*d_relu(beta[1])": "∂E/∂y₁ · ReLU′(β₁)",
    "sigmoid(x)*(1 - sigmoid(x))": "σ(x)(1 − σ(x))",
    "d_sigmoid(z)": "σ′(z)",
    "log(x)": "ln(x)",
    "sqrt(x)": "√x",
    "sqrt(6/(M_in + M_out))": "√(6/(Mᵢₙ + Mₒᵤₜ))",
    "abs(x)*y": "|x|y",
    "floor((h - k)/s) + 1": "⌊(h − k)/s⌋ + 1",
    "ceil(n/2)": "⌈n/2⌉",
    "delta(i,k) - softmax(x)[k]": "δᵢₖ − softmax(x)ₖ",
    "if(x > 0, x, if(x == 0, 1, 2))": "{x if x > 0, 1 if x = 0, else 2}",
    "if(x <= 0, 1, y)": "{1 if x ≤ 0, else y}",
    "Sum(w[i,j]*x[j], j, 1, 3) + b[i]": "Σⱼ₌₁³ wᵢⱼxⱼ + bᵢ",
    "Sum(x[j] + 1, j, 1, n - 1)": "Σⱼ₌₁ⁿ⁻¹ (xⱼ + 1)",
    "Sum(x[c], c, 1, C)": "Σ[c = 1…C] x[c]",
    "Sum(x[tau], tau, 1, 3)": "Σ[τ = 1…3] x[τ]",
    "Sum(x[phi], phi, 1, 3)": "Σᵩ₌₁³ xᵩ",
    "Sum(x[j], j, 1, 3)*y": "(Σⱼ₌₁³ xⱼ)y",
    "Max(x[j], j, 1, 3)": "maxⱼ₌₁³ xⱼ",
    "diff(sigmoid(x), x)": "d/dx σ(x)",
    "diff(E, w[1], 2)": "∂²E/∂w₁²",
    "integral(x**2*normal_pdf(x), x, -inf, inf)": "∫[−∞…∞] x² φ(x) dx",
    "gamma*x + beta": "γx + β",
    "params.conv1 + 3": "params.conv1 + 3",
    "shape.conv1[2]": "shape.conv1[2]",
    "1e-9*x": "1 × 10⁻⁹ · x",
    "2**-x": "2⁻ˣ",
    "x**(y*n + 1)": "xʸⁿ⁺¹",
}


@pytest.mark.parametrize("text", UNICODE)
def test_unicode(text: str) -> None:
    assert unicode(parse(text)) == UNICODE[text]


LATEX = {
    "v[1,1]*x[1] + v[2,1]*x[2]": r"v_{11} x_{1} + v_{21} x_{2}",
    "w[1,1] - lr*dE_dw[1,1]": r"w_{11} - \eta \frac{\partial E}{\partial w_{11}}",
    "(160000 + 1)*40000": r"(160{,}000 + 1) \times 40{,}000",
    "exp(-x)/(1 + exp(-x))**2": r"\frac{e^{-x}}{(1 + e^{-x})^{2}}",
    "z1[2]": r"z_{2}^{(1)}",
    "w@2[1]**2": r"(w_{1}^{\langle 2\rangle})^{2}",
    "Sum(w[i,j]*x[j], j, 1, J) + b[i]": r"\sum_{j=1}^{J} w_{ij} x_{j} + b_{i}",
    "if(x > 0, x, 0)": r"\begin{cases} x & \text{if } x \gt 0 \cr 0 & \text{else} \end{cases}",
    "in_features*out_features": r"\text{in-features} \cdot \text{out-features}",
    "softmax(x)[i]": r"\operatorname{softmax}(x)\mathstrut_{i}",
    "gelu_tanh(x)": r"\operatorname{GELU-tanh}(x)",
    "alpha*y_hat[1]": r"\alpha \hat y_{1}",
    "delta(i,k)": r"\delta_{ik}",
    "delta(i,10)": r"\delta_{i,10}",
    "delta(i + 1,k)": r"\delta_{i + 1,k}",
}


@pytest.mark.parametrize("text", LATEX)
def test_latex(text: str) -> None:
    assert latex(parse(text)) == LATEX[text]


@pytest.mark.parametrize("text", [*UNICODE, *LATEX])
def test_latex_survives_markdown(text: str) -> None:
    """Markdown eats a backslash before punctuation, pairs of *, and underscores that are not behind a letter."""
    written = latex(parse(text))
    assert not re.search(r"\\[^a-zA-Z]|[*<>|$]|(?<![a-zA-Z])_", written)
    assert written.count("{") == written.count("}")


@pytest.mark.parametrize("text", [*UNICODE, *LATEX])
def test_plain_is_a_fixed_point(text: str) -> None:
    assert parse(plain(parse(text))) == parse(text)


def test_a_sign_of_its_own_is_not_a_negative_number() -> None:
    for f in (Number(-2), Call("neg", (Number(2),))):
        assert parse(plain(f)) == f


@given(st.fractions(max_denominator=10**6))
def test_decimals_are_exact(value: Fraction) -> None:
    assert Fraction(decimal(value.numerator, value.denominator)) == value


def test_numbers_are_shown_by_their_text() -> None:
    f = Call("*", (Number(1, 3, "0.333333", rounded=True), Number(-1, 2)))
    assert unicode(f) == "0.333333 × (−0.5)"
    assert plain(f) == "1/3*(-0.5)"


@settings(max_examples=300, deadline=None)
@given(
    st.sampled_from(["w", "w1", "b1_2", "dL_dw2", "mhat_w", "in_features", "gamma"]),
    st.integers(1, 400),
    st.lists(st.integers(1, 12), max_size=2),
    st.booleans(),
)
def test_the_number_of_a_step_is_never_a_power(name: str, step: int, at: list[int], first: bool) -> None:
    """No digit is raised but in brackets, and the square of a value at a step has parentheses around it."""
    f = Ref(f"{name}@{'01' if first else step}", tuple(map(Number, at)))
    brackets = first or step > 1
    for text in (unicode(f), unicode(Call("whole", (Ref(f.name),)))):
        assert not re.search(r"(?<!⁽)(?<!')[⁰¹²³⁴⁵⁶⁷⁸⁹]|⁺.", re.sub(r"/∂.*", "", text)), text
        assert (f"⟨{1 if first else step}⟩" in text) == brackets
    raised = [*re.findall(r"\^\{([^{}]*)\}", latex(f)), *re.findall(r"\^\(([^()]*(?:\([^()]*\))?[^()]*)\)", typst(f))]
    for text in raised:
        bare = re.sub(r"\([\d,]+\)|\\langle \d+\\rangle|⟨\d+⟩", "", text)
        assert bare == ("" if brackets else "+"), text
    square = unicode(Call("**", (f, Number(2))))
    assert square == f"({unicode(f)})²"


def test_an_array_has_its_layer_above() -> None:
    assert symbol("z1") == "z⁽¹⁾"
    assert symbol("dE_dw2") == "∂E/∂w⁽²⁾"
    assert unicode(Ref("z1")) == "z₁"


def test_long_integers_have_commas_at_any_length() -> None:
    digits = "1" + "0" * 5000
    text = unicode(Number(10**5000))
    assert (
        text.replace(",", "") == digits and text.startswith("100,000") and all(len(g) == 3 for g in text.split(",")[1:])
    )


ONE_MINUS = (parse("1 - x"), parse("-x"), parse("x + 1"), parse("1/x + 1"))
CALLED = [name for name, f in FUNCTIONS.items() if len(f.parameters) == 1 or f.many]
LIKE_A_FUNCTION = sorted({*GREEK, *GREEK.values(), "f", "g", *(FUNCTIONS[name].shown for name in CALLED)})


@pytest.mark.parametrize("write", [unicode, latex])
def test_no_product_with_a_name_reads_as_a_call(write: Callable[[Formula], str]) -> None:
    calls = {write(Call(name, (argument,))) for name in CALLED for argument in ONE_MINUS}
    calls |= {write(parse(f"{letter}({plain(argument)})")) for letter in "fg" for argument in ONE_MINUS}
    for name in LIKE_A_FUNCTION:
        for argument in ONE_MINUS:
            for power in (argument, Call("**", (argument, Number(2)))):
                text = write(Call("*", (Ref(name), power)))
                assert not any(text.startswith(call) for call in calls), text
    assert unicode(parse("sigma*(1 - x) + sigmoid(1 - x)")) == "σ · (1 − x) + σ(1 − x)"
    for text, written in (("eta*(1 - x)", "η(1 − x)"), ("sigma_w**2*(1 - x)", "σ_w²(1 − x)")):
        assert unicode(parse(text)) == written  # no function is called so


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("w_f*x1", "w_f · x₁"),
        ("w_i*x1", "wᵢx₁"),
        ("x1*w_f*y", "x₁w_f · y"),
        ("2*w_f*x", "2w_f · x"),
        ("W_c[1,1]*c[1]", "W_c₁₁ · c₁"),
        ("W_h[1,1]*c[1]", "Wₕ,₁₁c₁"),
        ("w_f*(a + b)", "w_f(a + b)"),
    ],
)
def test_a_subscript_that_has_no_small_letter_does_not_run_into_the_next_factor(text: str, shown: str) -> None:
    assert unicode(parse(text)) == shown
