"""How derivatives read: random functions, whose pages hold no key of the JSON, no braces, and only what is checked."""

from __future__ import annotations

import json
import math
import re
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.render.chain import links_of
from hwsolve.solution import Form, Group, Identity, Let, Missing, Solution, Value
from tests.line_check import wrong_lines
from tests.often import often
from tests.random_functions import spec

PRIVATE = re.compile(r"\{|_at|\bd[₀-₉]+\b|\bd\d|Call\(|Ref\(|\b\w+\.\w+\.\w+\b| × 1\b(?![.,]\d)|/1\b(?![\d.,])")


def solved(text: str) -> Solution:
    (problem,) = read(text, "test.yaml")
    return work_out(problem)


@pytest.mark.parametrize("seed", range(often(40)))
def test_a_page_of_any_function(seed: int) -> None:
    solution = solved(spec(seed))
    for width in (80, 140):
        page = render([solution], "plain", Options(width=width, color=False))
        steps = page.partition("\n1 ")[2] or page
        assert not PRIVATE.search(re.sub(r"[\d.,−]+ × [\d.,]+", "", steps.partition("At ")[0])), spec(seed)
        assert "{" not in page and "_at" not in page
        assert all(len(row) <= width for row in page.splitlines())
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


@pytest.mark.parametrize("seed", range(often(40)))
def test_a_left_side_begins_every_group(seed: int) -> None:
    solution = solved(spec(seed))
    groups = [item for step in solution.sections for item in step.items if isinstance(item, Group)]
    named = [
        a
        for a, b in pairwise(groups)
        if isinstance(b.lines[0], Let) and links_of(b.lines[0])[0] == links_of(a.lines[0])[0]
    ]
    assert groups
    for group in groups:
        line = group.lines[group.head or 0]
        assert isinstance(line, Identity | Let | Value) or (isinstance(line, Form) and group in named)
        first, *rest = links_of(line)
        assert first[0] == "" and rest and is_left_side(first[1]), spec(seed)


def test_a_function_is_as_it_is_typed_before_it_is_written_out() -> None:
    said = rows_of("kind: derivative\nfunction: log_softmax(x)[i]\nwrt: x[k]")
    assert "fᵢ = ln(softmax(x)ᵢ) = ln(exp(xᵢ)/(Σⱼ₌₁ⁿ exp(xⱼ))) (written out) = xᵢ − ln(Σⱼ₌₁ⁿ exp(xⱼ))" in said
    assert "f = Σⱼ₌₁ⁿ xⱼ² " in (said := rows_of("kind: derivative\nfunction: Sum(x[j]**2, j, 1, n)\nwrt: x"))
    assert "written out" not in said  # what is typed so already


def rows_of(text: str) -> str:
    """A page with one blank between its words."""
    return re.sub(r"\s+", " ", render([solved(text)], "plain", Options(width=80, color=False)))


@pytest.mark.parametrize("stated", ["", "expect: {d1_at: [6]}\n"])
def test_points_are_said_to_be_evaluated_or_asked_for(stated: str) -> None:
    said = rows_of(f"kind: derivative\nfunction: x**2\nat: {{x: 3}}\n{stated}")
    assert ("Evaluated at x = 3." in said) == bool(stated) and ("Also asked: the values at x = 3." in said) != bool(
        stated
    )


def is_left_side(f: Formula) -> bool:
    """A name, a call of a function, or a derivative: nothing that is to be worked out."""
    if isinstance(f, Call):
        return f.name not in ("+", "-", "*", "/", "**", "neg", "if")
    return True


def test_a_tampered_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every link of a chain is evaluated when its line is made, not the last one alone."""
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.kinds.derivative.chains import Chains

    right = Chains.links
    for n in range(2):

        def links(self: Chains, step: object, n: int = n) -> object:
            for m, (form, reason, free) in enumerate(right(self, step)):  # type: ignore[arg-type]
                yield (form + 1 if m == n else form), reason, free

        monkeypatch.setattr(Chains, "links", links)
        with pytest.raises(Disagreement):
            solved('{"kind": "derivative", "function": "1/(1 + exp(-x))"}')


PIECES = [
    "abs({a})", "relu({a})", "sign({a})", "floor({a})", "elu({a})", "max({a}, 0)", "hard_tanh({a})",
    "leaky_relu({a}, 0.1)",
]  # fmt: skip


@settings(max_examples=12, deadline=None)
@given(
    st.sampled_from(PIECES),
    st.integers(1, 4),
    st.integers(-3, 3),
    st.sampled_from(["{f}", "x*{f}", "{f} + x**3", "x**2*{f}", "exp({f})"]),
    st.integers(1, 3),
)
def test_a_derivative_that_a_point_lacks_has_a_condition(piece: str, a: int, b: int, form: str, order: int) -> None:
    """Where the function has no derivative of an order, the one for all x says under which condition it holds."""
    function = form.format(f=piece.format(a=f"{a}*x + {b}"))
    places = [Fraction(k - b, a) for k in (-1, 0, 1)]
    spec = {"kind": "derivative", "function": function, "order": order, "at": [{"x": str(p)} for p in places]}
    solution = hwsolve.solve(spec)
    for n in range(1, order + 1):
        where = solution.answers[f"d{n}"].where
        values = [solution.answers[f"d{n}_at"].value[k] for k in range(3)]
        for place, value in zip(places, values, strict=True):
            if isinstance(value, Missing):
                assert not all(holds(c, place) for c in where), (function, n, place)
        elsewhere = Fraction(977, 89)
        assert all(holds(c, elsewhere) for c in where)
        lines = [line for line in solution.lines if isinstance(line, Identity) and line.lhs == derivative(function, n)]
        assert not lines or any(line.where == where for line in lines)


def holds(condition: Formula, x: Fraction) -> bool:
    """Whether a condition holds, worked out apart from hwsolve."""
    assert isinstance(condition, Call) and condition.name == "!="
    sides = [re.sub(r"\b(\d+)\b", r"Fraction(\1)", plain(side)) for side in condition.args]
    one, other = (eval(side, {"floor": math.floor, "Fraction": Fraction, "x": x}) for side in sides)
    return bool(one != other)


def derivative(function: str, n: int) -> Formula:
    return parse(f"diff({function}, x{f', {n}' if n > 1 else ''})")


def test_the_card_says_the_condition_that_the_derivation_says() -> None:
    page = hwsolve.solve({"kind": "derivative", "function": "abs(x)", "order": 2}).to("plain")
    card, _, rest = page.partition("Asked")
    assert "f″(x) = 0  (if x ≠ 0)" in card and "x ≠ 0" in rest
    page = hwsolve.solve({"kind": "derivative", "function": "elu(x)", "order": 2}).to("plain")
    assert "ELU″(x) = eˣ  (x < 0)" in page and "ELU″(x) = eˣ  (x ≤ 0)" not in page
    assert "≠" not in hwsolve.solve({"kind": "derivative", "function": "abs(x)**2", "order": 2}).to("plain")


def test_a_point_stands_where_its_values_are_worked_out() -> None:
    """Not among the givens of a proof for all vectors; the answer and the question name it, and δ is told there."""
    spec = "kind: derivative\nfunction: log_softmax(x)[i]\nvariables: {x: {size: C}}\nwrt: x[k]\nat: [{x: [1, 2, 3], i: 2}]\n"
    (problem,) = read(spec, "t.yaml")
    page = render([work_out(problem)], "plain", Options(width=100))
    card, _, rest = page.partition("╰")
    assert "∇f₂(1, 2, 3) ≈" in card and "δ is 1 where its two indices are equal, else 0." in card
    assert "Given" not in rest and "Also asked: the values at x = (1, 2, 3), i = 2." in rest
    assert rest.count("∂xᵢ/∂xₖ = δᵢₖ") == 1 and "term by term" in rest
