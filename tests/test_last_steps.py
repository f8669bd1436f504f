"""What is said of functions and of last steps is so: definitions against PyTorch, factors and terms against SymPy."""

from __future__ import annotations

from typing import Any

import pytest
import sympy

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.functions import ACTIVATIONS
from hwsolve.formula.meaning import in_one_piece, meanings
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.terms import addends, written
from hwsolve.formula.tree import Call, Formula, Number, Ref, substitute, walk
from hwsolve.kinds.derivative.last_step import numerator_alone, reasons, top
from hwsolve.numbers import precision

torch = pytest.importorskip("torch")
PEERS: dict[str, tuple[str, tuple[float, ...]]] = {
    "sigmoid": ("sigmoid", ()), "log_sigmoid": ("logsigmoid", ()), "softplus": ("softplus", ()),
    "softsign": ("softsign", ()), "silu": ("silu", ()), "mish": ("mish", ()), "gelu": ("gelu", ()),
    "relu": ("relu", ()), "leaky_relu": ("leaky_relu", (0.25,)), "relu6": ("relu6", ()), "hard_tanh": ("hardtanh", ()),
    "hard_sigmoid": ("hardsigmoid", ()), "hard_swish": ("hardswish", ()), "elu": ("elu", (0.5,)),
}  # fmt: skip
POINTS = (-7, -3, -1, -0.5, 0, 0.25, 1, 3, 6, 8)


def at(f: Formula, x: float) -> float:
    """A formula at a point, as a float."""
    with precision(128):
        return float(evaluate(substitute(f, {"x": Number(int(8 * x), 8)}), lambda *_: None))


@pytest.mark.parametrize("name", PEERS)
def test_a_function_in_one_piece_is_pytorchs(name: str) -> None:
    peer, settings = PEERS[name]
    meaning = in_one_piece(Call(name, (Ref("x"), *(Number(int(8 * a), 8) for a in settings))))
    assert meaning is not None
    assert not any(isinstance(part, Call) and part.name == "if" for part in walk(meaning))
    for x in POINTS:
        theirs = getattr(torch.nn.functional, peer)(torch.tensor(float(x), dtype=torch.float64), *settings)
        assert at(meaning, x) == pytest.approx(float(theirs), abs=1e-12)


def test_each_activation_is_told_but_selu_and_what_it_is_made_of_behind_it() -> None:
    untold = {f.name for f in ACTIVATIONS if not f.name.startswith("d_") and not (f.closed or f.definition)}
    assert untold == {"selu"}
    made = meanings([Call("mish", (Ref("z"),))], slopes=True)
    assert [call.name for call in made] == ["mish", "softplus", "sigmoid"]


FORMS = (
    ("s*(1 - s)**2 - s**2*(1 - s)", "s*(1 - s)*(1 - 2*s)"),
    ("(1 - t)*s - t*(1 - s)", "s - t"),
    ("x*(1 - t)*s - t*x*(1 - s)", "x*(s - t)"),
    ("(2*x*(x**2 + 1) - 2*x*(x**2 - 1))/(x**2 + 1)**2", "4*x/(x**2 + 1)**2"),
    ("(a*(c*x + d) - c*(a*x + b))/(c*x + d)**2", "(a*d - b*c)/(c*x + d)**2"),
    ("(2*x + 2)*y - y*(x**2 + 2*x + 2)", "-x**2*y"),
    ("2*x*y - 2*x**3*y", "2*x*y*(1 - x**2)"),
    ("10*(2*x + 1)**4*(x - 3)**4 + 4*(x - 3)**3*(2*x + 1)**5", "(2*x + 1)**4*(x - 3)**3*(18*x - 26)"),
)


@pytest.mark.parametrize(("before", "best"), FORMS)
def test_what_is_factored_out_divides_each_term_and_what_cancels_adds_up_to_nothing(before: str, best: str) -> None:
    said = list(reasons(parse(before), parse(best)))
    assert said
    assert sympy.simplify(sympy.sympify(before) - sympy.sympify(best)) == 0
    whole = top(parse(before))
    assert whole is not None
    terms = [sympy.sympify(plain(written(term))) for term in addends(whole)]
    for text in said:
        values: dict[str, Any] = {k: sympy.sympify(plain(f)) for k, f in text.values.items()}
        if "factor" in values:
            terms = [sympy.cancel(term / values["factor"]) for term in terms]
            assert all(term.is_polynomial() for term in terms)
        for gone in (f for k, f in values.items() if k != "factor"):
            found = [coefficient(term, gone) for term in terms]
            assert sum(found) == 0 < sum(n for n in found if n > 0) == coefficient(gone, gone)


def coefficient(term: Any, of: Any) -> Any:
    """What stands in front of a product of names in a term that is multiplied out."""
    letters = sorted(term.free_symbols | of.free_symbols, key=str)
    return sympy.Poly(term, *letters).coeff_monomial(sympy.Poly(of, *letters).monoms()[0])


def test_a_numerator_that_collapses_is_an_equation() -> None:
    before, best = parse("(sqrt(1 + x**2) - x**2/sqrt(1 + x**2))/(1 + x**2)"), parse("1/(sqrt(1 + x**2)*(1 + x**2))")
    assert not list(reasons(before, best))
    fact = numerator_alone(before, best)
    assert fact is not None
    assert sympy.simplify(sympy.sympify(plain(fact.args[0])) - sympy.sympify(plain(fact.args[1]))) == 0
