"""The derivative solver from spec to page: answers, steps, cases, matrix forms, values at points, and what is refused."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.tree import Call
from hwsolve.kinds.derivative import STARTER
from hwsolve.pipeline import read, work_out
from hwsolve.render import BINARY, FORMATS, Options, render
from hwsolve.solution import Group, Identity, Solution
from hwsolve.spec.report import SpecFailure
from tests.conftest import Run
from tests.line_check import answers_without_line, wrong_lines


def solved(text: str) -> Solution:
    (problem,) = read(f"kind: derivative\n{text}\n", "test.yaml")
    return work_out(problem)


def as_json(solution: Solution) -> dict[str, Any]:
    return json.loads(render([solution], "json", Options()))


def shown(solution: Solution, *keys: str) -> list[str]:
    answers = as_json(solution)["answers"]
    return [answers[key]["text"] for key in keys]


def formula(solution: Solution, key: str) -> str:
    return as_json(solution)["answers"][key]["formula"]


CASES = {
    # function, further lines of the spec: the answers that must come out
    "function: 1/(1+exp(-x))\norder: 2": {"d1": "σ(x)(1 − σ(x))", "d2": "σ(x)(1 − σ(x))(1 − 2σ(x))"},
    "function: tanh(x)\norder: 2": {"d1": "1 − tanh(x)²", "d2": "−2tanh(x)(1 − tanh(x)²)"},
    "function: (exp(x)-exp(-x))/(exp(x)+exp(-x))": {"d1": "1 − tanh(x)²"},
    "function: (exp(2*x)-1)/(exp(2*x)+1)": {"d1": "1 − f(x)²"},
    "function: a/(1+b*exp(-c*x))": {"d1": "c f(x)(a − f(x))/a"},
    "function: 1/(1+exp(-2*x))\norder: 2": {"d1": "2σ(2x)(1 − σ(2x))"},
    "function: relu(x)\norder: 2": {"d1": "{1 if x > 0, else 0}", "d2": "0"},
    "function: gelu(x)\norder: 3": {"d1": "Φ(x) + x φ(x)", "d2": "φ(x)(2 − x²)", "d3": "x φ(x)(x² − 4)"},
    "function: softplus(x)\norder: 3": {"d1": "σ(x)", "d2": "σ(x)(1 − σ(x))"},
    "function: softsign(x)\norder: 2": {"d1": "1/(1 + |x|)²", "d2": "−2sign(x)/(1 + |x|)³"},
    "function: elu(x, a)": {"d1": "{1 if x > 0, else a eˣ}"},
    "function: hard_swish(x)": {"d1": "{0 if x ≤ −3, (2x + 3)/6 if x < 3, else 1}"},
    "function: prelu(x, a)\nwrt: [x, a]": {"gradient": "[{1 if x > 0, else a}, {0 if x > 0, else x}]"},
    "function: log(x)\norder: 4": {"d4": "−6/x⁴"},
    "function: x/(1+x**2)\norder: 2": {"d1": "(1 − x²)/(1 + x²)²"},
    "function: -(t*log(sigmoid(z)) + (1-t)*log(1-sigmoid(z)))\nwrt: z\norder: 2": {
        "d1": "σ(z) − t",
        "d2": "σ(z)(1 − σ(z))",
    },
    "function: softmax(x)[i]\nwrt: x[k]\nvariables: {x: {size: C}}": {"d1": "softmax(x)ᵢ(δᵢₖ − softmax(x)ₖ)"},
    "function: log_softmax(x)[i]\nwrt: x[k]": {"d1": "δᵢₖ − softmax(x)ₖ"},
    "function: -log_softmax(x)[c]\nwrt: x[k]": {"d1": "softmax(x)ₖ − δ[c, k]"},
    "function: softmax(x)\nwrt: x": {"jacobian": "softmax(x)ᵢ(δᵢₖ − softmax(x)ₖ)"},
    "function: logsumexp(x)\norder: 2": {"gradient": "softmax(x)ₖ", "hessian": "softmax(x)ₖ(δₖₗ − softmax(x)ₗ)"},
    "function: norm(x)\nwrt: x": {"gradient": "xₖ/√(Σⱼ₌₁ⁿ xⱼ²)"},
    "function: dot(x,x)\nwrt: x\norder: 2\nvariables: {x: {size: 3}}": {"gradient": "2xₖ", "hessian": "2δₖₗ"},
    "function: Sum((x[j]-t[j])**2, j, 1, n)/2\nwrt: x\norder: 2": {"gradient": "xₖ − tₖ", "hessian": "δₖₗ"},
    "function: Sum(Sum(x[i]*A[i,j]*x[j], i, 1, n), j, 1, n)\nwrt: x\norder: 2": {"hessian": "Aₖₗ + Aₗₖ"},
    "function: Sum(W[i,j]*x[j], j, 1, n)\nwrt: x": {"jacobian": "Wᵢₖ"},
    "function: -Sum(t[j]*log_softmax(x)[j], j, 1, C)\nwrt: x\nvariables: {x: {size: C}, t: {size: C, sum: 1}}": {
        "gradient": "softmax(x)ₖ − tₖ"
    },
    "function: -Sum(t[j]*log(p[j]), j, 1, C)\nwrt: p[k]": {"d1": "−tₖ/pₖ"},
    "function: [x*y, x/y]\nwrt: [x, y]": {"jacobian": "[[y, x], [1/y, −x/y²]]"},
    "function: x**2*y\nwrt: [x, y]\norder: 2": {"gradient": "[2xy, x²]", "hessian": "[[2y, 2x], [2x, 0]]"},
    "function: sigmoid(x)\nvariables: {x: {size: n}}": {"jacobian": "σ(xᵢ)(1 − σ(xᵢ))δᵢₖ"},
}


@pytest.mark.parametrize("spec", CASES)
def test_textbook_forms(spec: str) -> None:
    solution = solved(spec)
    wanted = CASES[spec]
    assert dict(zip(wanted, shown(solution, *wanted), strict=True)) == wanted
    data = as_json(solution)
    assert wrong_lines(data) == []
    lines = [line for section in data["sections"] for line in section["lines"]]
    assert sum(line["kind"] == "identity" for line in lines) >= 1


def page(solution: Solution, width: int = 120) -> str:
    return render([solution], "plain", Options(width=width))


def reasons(solution: Solution) -> list[tuple[str, int]]:
    groups = [g for step in solution.sections for g in step.items if isinstance(g, Group)]
    return [(str(g.reason), g.depth) for g in groups if isinstance(g.lines[0], Identity)]


def test_every_link_of_a_chain_has_its_reason() -> None:
    """The derivative of a part that one rule gives is in the reason, with the identity that leads to the last form."""
    solution = solved("function: 1/(1+exp(-x))")
    assert reasons(solution) == [
        ("", 0),
        ("reciprocal rule", 0),
        ("(e⁻ˣ)′ = −e⁻ˣ", 0),
        ("1 − σ(x) = e⁻ˣ/(1 + e⁻ˣ)", 0),
    ]
    assert all(line.lhs != line.rhs for line in solution.lines if isinstance(line, Identity))
    rows = page(solution).splitlines()
    start = next(n for n, row in enumerate(rows) if row.startswith("  σ′(x) = −"))
    assert [row.split("  (")[0].rstrip() for row in rows[start : start + 3]] == [
        "  σ′(x) = −(1 + e⁻ˣ)′/(1 + e⁻ˣ)²",
        "        = e⁻ˣ/(1 + e⁻ˣ)²",
        "        = σ(x)(1 − σ(x))",
    ]


def test_a_part_that_needs_more_than_a_rule_is_set_in_before_it_is_used() -> None:
    rows = [(reason, depth) for reason, depth in reasons(solved("function: x*sin(x**3)")) if reason]
    assert rows == [
        ("chain rule, derivative of sin", 1),
        ("(x³)′ = 3x²", 1),
        ("product rule", 0),
    ]


def test_the_two_cases_of_an_index() -> None:
    rows = page(solved("function: log_softmax(x)[i]\nwrt: x[k]")).splitlines()
    cases = [" ".join(row.split()) for row in rows if row.endswith(("(k = i)", "(k ≠ i)"))]
    assert cases == ["∂fᵢ/∂xₖ = 1 − softmax(x)ₖ (k = i)", "∂fᵢ/∂xₖ = −softmax(x)ₖ (k ≠ i)"]


@pytest.mark.parametrize(
    ("spec", "form"),
    [
        ("function: softmax(x)\nwrt: x", "J = diag(softmax(x)) − softmax(x) softmax(x)ᵀ"),
        ("function: Sum(Sum(x[i]*A[i,j]*x[j], i, 1, n), j, 1, n)\nwrt: x", "∇f = A x + Aᵀ x"),
        ("function: Sum((x[j]-t[j])**2, j, 1, n)/2\nwrt: x", "∇f = x − t"),
        ("function: Sum(W[i,j]*x[j], j, 1, n)\nwrt: x", "J = W"),
        ("function: dot(x, x)\nwrt: x\norder: 2", "H = 2 I"),
        ("function: logsumexp(x)\nwrt: x", "∇f = softmax(x)"),
        ("function: logsumexp(x)\nwrt: x[k]", "∇f = softmax(x)"),
        ("function: softmax(x)[i]\nwrt: x[k]", "∇fᵢ = softmax(x)ᵢ eᵢ − softmax(x)ᵢ softmax(x)"),
        ("function: x[1]*x[2]\nwrt: x[k]\nvariables: {x: {size: n}}", "∇f = x₂e₁ + x₁e₂"),
        (
            "function: Sum(t[j]*log_softmax(x)[j], j, 1, n)\nwrt: x[k]\nvariables: {x: {size: n}}",
            "∇f = t − (Σⱼ₌₁ⁿ tⱼ) softmax(x)",
        ),
        ("function: log_softmax(x)[i]\nwrt: x[k]", "∇fᵢ = eᵢ − softmax(x)"),
        ("function: -log_softmax(x)[c]\nwrt: x[k]", "∇f[c] = softmax(x) − e[c]"),
        ("function: Sum((x[j]-t[j])**2, j, 1, n)/2\nwrt: x[k]", "∇f = x − t"),
    ],
)
def test_matrix_forms(spec: str, form: str) -> None:
    rows = [row for row in page(solved(spec)).splitlines() if "(for all elements at once)" in row]
    assert form in [" ".join(row.partition("(for all")[0].split()) for row in rows]


def test_a_matrix_form_is_evaluated(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.kinds.derivative import matrix_lines

    right = matrix_lines.matrix_form
    for wrong in (lambda f: 2 * f, lambda f: Call("T", (f,))):
        monkeypatch.setattr(matrix_lines, "matrix_form", lambda d, i, w=wrong: (w(right(d, i)[0]),))
        with pytest.raises(Disagreement):
            solved("function: Sum(W[i,j]*x[j], j, 1, n)\nwrt: x\nvariables: {W: {size: [n, n]}, x: {size: n}}")
    for wrong in (lambda f: 2 * f, lambda f: Call("neg", (f,))):
        monkeypatch.setattr(matrix_lines, "matrix_form", lambda d, i, w=wrong: (w(right(d, i)[0]), *right(d, i)[1:]))
        with pytest.raises(Disagreement):
            solved("function: log_softmax(x)[i]\nwrt: x[k]\nvariables: {x: {size: C}}")


def test_values_at_points_are_certified() -> None:
    solution = solved("function: 1/(1+exp(-x))\norder: 2\nat: [{x: 0}, {x: sqrt(2)}, {x: 1/3}]")
    data = as_json(solution)
    assert wrong_lines(data) == [] and answers_without_line(data) == []
    assert data["answers"]["d1_at"]["value"][0] == 0.25
    assert data["answers"]["d1_at"]["system"] == "certified"
    assert [g["key"] for g in data["given"]] == ["x1", "x3"]
    (line,) = (line for section in data["sections"] for line in section["lines"] if line.get("key") == "x2")
    assert line["formula"] == "sqrt(2)", "a number that no decimal equals is a line of its own"
    assert data["answers"]["d1_at"]["text"].split(", ")[1] == "0.157323"  # SymPy: 0.157322568408713


def test_digits() -> None:
    solution = solved("function: exp(x)\ndigits: 40\nat: {x: 1}")
    text = as_json(solution)["answers"]["d1_at"]["text"]
    assert text == "[2.718281828459045235360287471352662497757]"


def test_vectors_at_points() -> None:
    data = as_json(solved("function: logsumexp(x)\norder: 2\nat: {x: [0, 0]}"))
    assert data["answers"]["d1_at"]["value"] == [[0.5, 0.5]]
    assert data["answers"]["d2_at"]["value"] == [[[0.25, -0.25], [-0.25, 0.25]]]
    assert wrong_lines(data) == [] and answers_without_line(data) == []
    data = as_json(solved("function: Sum(W[i,j]*x[j], j, 1, n)\nwrt: x\nat: {W: [[1, 2, 3], [4, 5, 6]], x: [1, 0, 2]}"))
    assert data["answers"]["d0_at"]["value"] == [[7, 16]]
    assert data["answers"]["d1_at"]["value"] == [[[1, 2, 3], [4, 5, 6]]]


def test_kinks_are_noted() -> None:
    notes = [str(n.text) for n in solved("function: relu(x - 1)\nat: [{x: 1}, {x: 2}]").notes]
    assert notes == [
        "ReLU has no derivative where x − 1 = 0.",
        "ReLU has no derivative at x₁ − 1 = 0: 0 is taken, as PyTorch does.",
    ]
    (note,) = solved("function: if(x > 2, x + 2, x**2)\nat: {x: 2}").notes
    assert "border of a case" in str(note.text)
    assert [n.level for n in solved("function: relu(x)\nat: {x: 2}").notes] == ["info"]
    assert not solved("function: elu(x)\nat: {x: 0}").notes  # with a = 1 there is no kink


def test_assumptions_are_said() -> None:
    notes = [str(n.text) for n in solved("function: norm(x)\nwrt: x").notes]
    assert notes[0] == "x is taken as a vector of n elements."


def test_published_and_expected_formulas_with_vectors() -> None:
    solution = solved(
        "function: log_softmax(x)[i]\nwrt: x[k]\nvariables: {x: {size: C}}\n"
        'expect: {d1: "delta(k,i) - softmax(x)[k]"}\npublished: {d1: {stated: "-softmax(x)[k]", source: a blog}}'
    )
    assert [c.ok for c in solution.checks] == [True]
    assert [p.agrees for p in solution.published] == [False]


BAD = {
    "function: gamma(x)": "No rule gives the derivative of “gamma”.",
    "function: exp(exp(exp(exp(x))))\norder: 6": "parts: it is too long to be written out.",
    "function: sgmoid(x)": "Unknown function `sgmoid`.\n  at function\n  2 | function: sgmoid(x)\n    |           ^\n"
    "  hint: Did you mean `sigmoid`?",
    "function: tanh(x, 2)": "`tanh` takes 1 argument, not 2.",
    "function: a*b": "What is it to be differentiated by? Write `wrt: a`.",
    "function: 3 + pi": "The function has no variable.",
    "function: x\nwrt: y": "The function does not depend on `y`.",
    "function: x\nwrt: x + 1": "`wrt` takes a name such as `x`, or an element such as `x[k]`.",
    "function: x[1,2]\nwrt: x[k]": "`x` has 2 indices.",
    "function: softmax(x)\nwrt: x\norder: 2": "Derivatives by several variables have an order of at most 1 here.",
    "function: x*y\nwrt: [x, y]\norder: 3": "Derivatives by several variables have an order of at most 2 here.",
    "function: x\norder: 0": "Expected a whole number from 1 to 12, got `0`.",
    "function: softmax(3)": "This function takes a vector: a name that has a size.",
    "function: sin(y)[2]": "Only a vector has elements.",
    "function: x**2\nat: {y: 1}": "The function has no variable `y`.",
    "function: a*x\nwrt: x\nat: {x: 1}": "The point gives no value for `a`.",
    "function: x**2\nat: {x: [1, 2]}": "`x` has 0 axes, not 1.",
    "function: norm(x)\nvariables: {x: {size: 3}}\nat: {x: [1, 2]}": "`x` has 3 elements, not 2.",
    "function: dot(x, y)\nwrt: x\nat: {x: [1, 2], y: [1, 2, 3]}\nvariables: {x: {size: n}, y: {size: n}}": "elements",
    "function: softmax(x)[i]\nwrt: x[k]\nat: {x: [1, 2], i: 3}": "The index i = 3 is beyond 2.",
    "function: softmax(x)[i]\nwrt: x[k]\nat: {x: [1, 2], i: 0.5}": "`i` is an index or a size: a whole number from 1.",
    "function: x\nvariables: {x: {domain: complex}}": "Expected one of `real`, `positive`, `negative`, `unit`, `index`",
    "function: x^2": "“^” is no operator. A power is written **: x**2.",
    "wrt: x": "`function` is missing",
    "function: Sum(t[j]*x[j], j, 1, C)\nwrt: x\nvariables: {t: {size: C, sum: 1}}\nat: {x: [1, 2], t: [1, 1]}": "add up to 2",
}


@pytest.mark.parametrize("spec", BAD)
def test_what_is_wrong_is_said_where_it_stands(spec: str) -> None:
    with pytest.raises(SpecFailure) as failure:
        solved(spec)
    text = str(failure.value)
    assert BAD[spec] in text
    assert text.startswith("test.yaml:") and "^" in text


def test_every_format_shows_a_derivation() -> None:
    solution = solved("function: softmax(x)\nwrt: x\nat: {x: [1, 2]}")
    for format in FORMATS.keys() - set(BINARY):
        text = render([solution], format, Options(width=80, color=False))
        assert "Message(" not in text and len(text) > 200


def test_starter_and_typed_function() -> None:
    (problem,) = read(STARTER, "starter.yaml")
    assert formula(work_out(problem), "d1") == "-x*exp(-x**2/2)"
    spec = {"kind": "derivative", "function": "log_softmax(x)[i]", "wrt": "x[k]", "variables": {"x": {"size": "C"}}}
    (problem,) = read(json.dumps(spec), "<command line>")
    assert shown(work_out(problem), "d1") == ["δᵢₖ − softmax(x)ₖ"]


def test_command_line(hwsolve: Run) -> None:
    run = hwsolve("derivative", "1/(1+exp(-x))", "--order", "2")
    assert run.returncode == 0 and "σ″(x) = σ(x)(1 − σ(x))(1 − 2σ(x))" in run.stdout
    run = hwsolve("derivative", "gamma(x)")
    assert run.returncode == 2 and "No rule gives the derivative" in run.stderr and "Traceback" not in run.stderr


def test_a_wrong_rule_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """The power series of the function stops a derivative that is not one."""
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.formula import rules
    from hwsolve.formula.tree import Number

    wrong = rules.Result(rules.say("no rule"), Number(7), Number(7))
    monkeypatch.setitem(rules.ARITHMETIC, "**", lambda f, task: wrong)
    with pytest.raises(Disagreement):
        solved("function: x**3")


@pytest.mark.parametrize("spec", CASES)
def test_no_form_that_is_off_by_ever_so_little_gets_through(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.formula.tree import Call, Number
    from hwsolve.kinds.derivative import chains

    off = Number(1, 10**20)
    monkeypatch.setattr(chains, "textbook", lambda f: Call("+", (f, off)))
    with pytest.raises(Disagreement):
        solved(spec)


@pytest.mark.parametrize("spec", ["[x, y]\norder: 2", "[y, x]\norder: 2"])
def test_the_derivative_by_two_variables_is_checked(spec: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it was worked out, or is 0 because a variable does not occur."""
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.kinds.derivative import page

    solved(f"function: x**2 + x*y**3\nwrt: {spec}")
    monkeypatch.setattr(page, "walk", lambda f: iter(()))
    with pytest.raises(Disagreement):
        solved(f"function: x**2 + x*y**3\nwrt: {spec}")


def test_sympy_is_not_needed() -> None:
    """Neither for a derivative, nor for its form in terms of the function itself."""
    code = "import sys; from hwsolve import solve; solve(sys.argv[1]); print('sympy' in sys.modules)"
    for function in ("1/(1+exp(-x))", "(exp(2*x)-1)/(exp(2*x)+1)", "max(x, 0)*sqrt(x**4 + x**2)*log_softmax(v)[i]"):
        run = subprocess.run(
            [sys.executable, "-c", code, f"kind: derivative\nfunction: {function}\nwrt: x\norder: 2\n"],
            capture_output=True,
            text=True,
            check=True,
        )
        assert run.stdout == "False\n"


@pytest.mark.parametrize("function", ["v*x**2", "v[i]*x**2", "pi*x**2"])
def test_a_vector_by_a_number_has_a_value_for_every_element_at_a_point(function: str) -> None:
    """The index that the program gives to its elements is none that a point must state."""
    name = function.partition("*")[0].removesuffix("[i]")
    spec = {"kind": "derivative", "function": function, "wrt": "x", "variables": {name: {"size": 3}}}
    found = hwsolve.solve(spec | {"at": [{"x": 2, name: [1, 5, -3]}]})
    values = json.loads(found.to("json"))["answers"]
    assert values["d1_at"]["value"] == [[4, 20, -12]]
    with pytest.raises(SpecFailure) as refused:
        hwsolve.solve(spec | {"at": [{"x": 2, name: 2}]})
    assert "has 1 axis, not 0" in str(refused.value)
    assert "no value for" not in str(refused.value)


@pytest.mark.parametrize("declared", ["T: positive", "T: real", "T: {domain: positive}"])
@pytest.mark.parametrize("size", [", z: {size: N}", ""])
def test_a_name_that_is_declared_without_a_size_is_a_number_beside_a_vector(declared: str, size: str) -> None:
    """The softmax at a temperature: its slope has T, not an element of it (G. Hinton and others 2015, equation 2)."""
    spec = f"function: log_softmax(z/T)[i]\nwrt: z[k]\nvariables: {{{declared}{size}}}\n"
    solution = solved(spec + 'expect: {d1: "(delta(i, k) - softmax(z/T)[k])/T"}\n')
    assert all(check.ok for check in solution.checks)
    assert "T[" not in formula(solution, "d1") and not wrong_lines(as_json(solution))
