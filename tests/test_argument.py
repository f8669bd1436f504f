"""Arguments: each link is evaluated, and what does not follow from what was assumed is refused."""

from __future__ import annotations

from typing import Any

import pytest

from hwsolve.derivation.argument import Argument
from hwsolve.derivation.lines import Disagreement
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Ref
from hwsolve.solution import Quantity, Stage, Value
from tests.line_check import wrong_lines

R = "random"
Form = str | tuple[str, ...]


def link(form: Form) -> Any:
    return parse(form) if isinstance(form, str) else (form[0], *map(parse, form[1:]))


def argue(assumed: list[str], forms: list[Form], **free: Any) -> None:
    argument = Argument()
    for text in assumed:
        argument.assume(parse(text))
    argument.identity(*map(link, forms), free=free)


HOLDS: list[tuple[list[str], list[Form], dict[str, Any]]] = [
    ([], ["Var(W*a)", "Var(W)*Var(a) + Var(W)*E(a)**2 + Var(a)*E(W)**2"], {"W": R, "a": R}),
    (["E(W) == 0", "E(a) == 0"], ["Var(W*a)", "Var(W)*Var(a)"], {"W": R, "a": R}),
    (["E(W) == 0"], ["Var(W*a)", "Var(W)*E(a**2)"], {"W": R, "a": R}),
    (
        ["E(W) == 0"],
        ["Var(Sum(W[i,j]*a[j], j, 1, M))", "Sum(Var(W[i,j]*a[j]), j, 1, M)", "M*Var(W)*E(a**2)"],
        {"W": R, "a": R, "M": "size", "i": "index"},
    ),
    (["linear(tanh)"], ["Var(tanh(z))", ("≈", "Var(z)")], {"z": R}),
    (["normal(z)"], ["E(prelu(z, s)**2)", "(1 + s**2)/2*Var(z)"], {"z": "normal", "s": "positive"}),
    ([], ["M*V*s == s", ("⟺", "M*V == 1", "s"), ("⟺", "V == 1/M", "M")], {"M": "size", "V": "real", "s": "positive"}),
    ([], ["Sum(g[p]*delta(p,i), p, 1, H)", "g[i]"], {"g": ["H"], "H": "size", "i": "index"}),
    ([], ["diff(Sum(x[c], c, 1, 2), x[c])", "1"], {"x": "real", "c": 2}),
    ([], ["diff(f(x)**2, x)", "2*f(x)*d_f(x)"], {"f": "function", "x": "real"}),
    (["b == 0"], ["a + b[i]", "a"], {"a": "real", "i": "index"}),
]
FALSE: list[tuple[list[str], list[Form], dict[str, Any]]] = [
    (["E(W) == 0"], ["Var(W*a)", "Var(W)*Var(a)"], {"W": R, "a": R}),
    (["E(a) == 0"], ["Var(W*a)", "Var(W)*E(a**2)"], {"W": R, "a": R}),
    (["E(W) == 0"], ["Var(Sum(W[j]*a[j], j, 1, M))", "Var(W)*E(a**2)"], {"W": R, "a": R, "M": "size"}),
    ([], ["Var(tanh(z))", ("≈", "Var(z)")], {"z": R}),
    (["linear(tanh)"], ["Var(tanh(z))", "Var(z)"], {"z": R}),
    ([], ["E(prelu(z, s)**2)", "(1 + s**2)/2*Var(z)"], {"z": R, "s": "positive"}),
    ([], ["M*V == 1", ("⟺", "V == 1/M", "1")], {"M": "size", "V": "real"}),
    ([], ["M*V == 1", ("⟺", "V == 2/M", "M")], {"M": "size", "V": "real"}),
    ([], ["Sum(g[p]*delta(p,i + 1), p, 1, H)", "g[i]"], {"g": ["H"], "H": "size", "i": "index"}),
    ([], ["diff(Sum(x[c], c, 1, 2), x[c])", "1"], {"x": "real", "c": 3}),
    ([], ["diff(Sum(x[c], c, 1, 2), x[c])", "1"], {"x": "real", "c": "index"}),
    ([], ["f(x)**2", "f(x)*d_f(x)"], {"f": "function", "x": "real"}),
    ([], ["a + b[i]", "a"], {"a": "real", "b": "real", "i": "index"}),
]


@pytest.mark.parametrize(("assumed", "forms", "free"), HOLDS)
def test_what_follows_holds(assumed: list[str], forms: list[Form], free: dict[str, Any]) -> None:
    argue(assumed, forms, **free)


@pytest.mark.parametrize(("assumed", "forms", "free"), FALSE)
def test_what_does_not_follow_is_refused(assumed: list[str], forms: list[Form], free: dict[str, Any]) -> None:
    with pytest.raises(Disagreement):
        argue(assumed, forms, **free)


def document(assumed: list[str], forms: list[Form], free: dict[str, Any]) -> dict[str, Any]:
    """An argument as JSON, whether it holds or not."""
    first, second, *rest = [[form] if isinstance(form, str) else list(form) for form in forms]
    links: list[list[str]] = [["=", link[0]] if len(link) == 1 else link for link in rest]
    line: dict[str, Any] = {"kind": "identity", "lhs": first[0], "rhs": second[-1], "free": free, "links": links}
    if second[0] == "⟺":
        line |= dict(zip(("lhs", "rhs"), first[0].split(" == "), strict=True)) | {"links": [second, *links]}
    elif len(second) > 1:
        line["relation"] = second[0]
    lines = [*[{"kind": "assume", "formula": text} for text in assumed], line]
    return {"given": [], "answers": {}, "sections": [{"lines": lines}]}


@pytest.mark.parametrize(("assumed", "forms", "free"), HOLDS)
def test_the_independent_reader_agrees(assumed: list[str], forms: list[Form], free: dict[str, Any]) -> None:
    assert wrong_lines(document(assumed, forms, free)) == []


@pytest.mark.parametrize(("assumed", "forms", "free"), FALSE)
def test_the_independent_reader_refuses(assumed: list[str], forms: list[Form], free: dict[str, Any]) -> None:
    assert wrong_lines(document(assumed, forms, free)) != []


def test_what_was_named_is_taken_apart() -> None:
    argument = Argument()
    argument.assume(parse("E(W) == 0"))
    argument.let(parse("z[i]"), parse("Sum(W[i,j]*a[j], j, 1, M)"), W=R, a=R, M="size")
    line = argument.identity(
        parse("Var(z[i])"), parse("M*Var(W)*E(a**2)"), free={"W": R, "a": R, "M": "size", "i": "index"}
    )
    assert line.lhs == parse("Var(z[i])")
    with pytest.raises(Disagreement):
        argument.identity(parse("Var(z[i])"), parse("Var(W)"), free={"W": R, "a": R, "M": "size", "i": "index"})


def test_a_derivative_is_of_what_a_name_stands_for() -> None:
    argument = Argument()
    argument.let(parse("a[i]"), parse("f(z[i])"), f="function", z="real")
    argument.let(parse("y[p]"), parse("Sum(w[u]*a[p + u - 1], u, 1, K)"), w=["K"], K="size")
    free = {"f": "function", "z": "real", "w": ["K"], "K": "size", "i": "index", "u": "index"}
    argument.identity(parse("diff(y[i - u + 1], a[i])"), parse("w[u]"), free=free)
    argument.identity(parse("diff(a[i], z[i])"), parse("d_f(z[i])"), free=free)
    with pytest.raises(Disagreement):
        argument.identity(parse("diff(y[i - u], a[i])"), parse("w[u]"), free=free)


def test_a_chain_of_slopes_gives_the_value() -> None:
    known = {"x": 2, "b": 3, "y": 6, "E": 18}
    argument = Argument(lambda name, _: known[name])
    argument.formulas = {Ref("y"): parse("x*b"), Ref("E"): parse("y**2/2")}
    line = Value(Ref("dE_db"), parse("y*x"), (), Quantity(12, "12"))
    chain = parse("diff(E, y)*diff(y, b)")
    assert argument.links(line, chain).stages[0] == Stage("=", chain, own=True)
    for wrong in ("diff(E, y)*diff(y, x)", "diff(E, b)", "y*diff(y, b) + 1"):
        with pytest.raises(Disagreement):
            argument.links(line, parse(wrong))


def test_claims_are_true() -> None:
    known: dict[str, Formula | int] = {"b": 3}
    argument = Argument(lambda name, _: known[name])
    assert argument.claim(parse("b > 2")) == parse("b > 2")
    with pytest.raises(Disagreement):
        argument.claim(parse("b > 3"))


def test_only_some_things_can_be_assumed() -> None:
    for text in ("Var(a) == 1", "E(a) > 0", "a == b"):
        with pytest.raises(ValueError):
            Argument().assume(parse(text))
