"""Texts to formulas, against Python's own grammar; and what is said of texts that are none."""

from __future__ import annotations

import ast
import random
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.parse import MAX_DEPTH, FormulaError, parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref, references, walk
from tests.line_check import decode, read

SIGNS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "**",
    ast.Eq: "==", ast.Lt: "<", ast.Gt: ">", ast.LtE: "<=", ast.GtE: ">=",
}  # fmt: skip


def shape(f: Formula) -> Any:
    """A formula as nested tuples of binary operators, in the form that Python's grammar gives."""
    match f:
        case Number(p, q):
            return ("neg", Fraction(-p, q)) if p < 0 else Fraction(p, q)
        case Ref(name, indices):
            return (name, *map(shape, indices)) if indices else name
        case Call("neg", (a,)):
            return shape(a) if shape(a) == 0 else ("neg", shape(a))  # -0 is read as the number 0
        case Call("+" | "*" as name, (*firsts, last)) if len(firsts) > 1:
            return (name, shape(Call(name, tuple(firsts))), shape(last))
        case Call(name, args):
            return (name, *map(shape, args)) if name in SIGNS.values() else ("call", name, *map(shape, args))
        case BigOperator(op, body, index, low, high):
            return ("call", op, shape(body), index, shape(low), shape(high))
    raise TypeError(f)


def by_python(node: ast.expr) -> Any:
    """The same of Python's own tree."""
    match node:
        case ast.Call(func=ast.Name(id="N"), args=[ast.Constant(value=str(text))]):
            return Fraction(text)
        case ast.Call(func=ast.Name(id=name), args=args):
            return ("call", decode(name), *map(by_python, args))
        case ast.Name(id=name):
            return decode(name)
        case ast.Subscript(value=ast.Name(id=name), slice=ast.Tuple(elts=indices)):
            return (decode(name), *map(by_python, indices))
        case ast.Subscript(value=ast.Name(id=name), slice=index):
            return (decode(name), by_python(index))
        case ast.UnaryOp(op=ast.USub(), operand=a):
            inner = by_python(a)
            return inner if inner == 0 else ("neg", inner)
        case ast.UnaryOp(op=ast.UAdd(), operand=a):
            return by_python(a)
        case ast.BinOp(left=a, op=op, right=b):
            return (SIGNS[type(op)], by_python(a), by_python(b))
        case ast.Compare(left=a, ops=[op], comparators=[b]):
            return (SIGNS[type(op)], by_python(a), by_python(b))
    raise TypeError(ast.dump(node))


NAMES = ["x", "w@1", "b1", "dE_dv", "σ", "δ_k", "conv1.weight", "a1_2@12", "E"]
NUMERALS = ["0", "1", "12", "0.1", "1e-3", "2.50E+4", "007", "160000"]
FORMS = [
    "{0} + {1}", "{0}-{1}", "{0}*{1}", "{0} / {1}", "{0}**{1}", "({0} < {1})", "({0}>={1})", "({0} == {1})", "-{0}", "- {0}", "+{0}",
    "({0})", "( {0} )", "w[{0}, {1}]", "x@1[{0}]", "relu({0})", "d_tanh({0})", "max({0}, {1}, {2})", "Sum({0}, j, {1}, {2})",
    "Max({0}, k, {1}, {2})", "if({0} > 0, {1}, {2})",
]  # fmt: skip


def written(dice: random.Random, depth: int) -> str:
    """A random text of the grammar."""
    if depth == 0 or dice.random() < 0.15:
        return dice.choice(NAMES + NUMERALS)
    return dice.choice(FORMS).format(*(written(dice, depth - 1) for _ in range(3)))


texts = st.builds(written, st.randoms(use_true_random=False), st.integers(0, 4))


@settings(max_examples=600)
@given(texts)
def test_the_grammar_is_pythons(text: str) -> None:
    # `if` is a word of Python's, so its grammar sees another name
    assert shape(parse(text.replace("if(", "choose("))) == by_python(read(text.replace("if(", "choose(")))
    assert [n.name for n in walk(parse(text)) if isinstance(n, Call) and n.name == "if"] == ["if"] * text.count("if(")


@given(texts)
def test_sums_and_products_are_one_call(text: str) -> None:
    pieces = [text if "(" in text else f"({text})", "y", "z"]
    for sign in "+*":
        f = parse(f" {sign} ".join(f"({p})" for p in pieces))
        assert isinstance(f, Call) and f.name == sign and len(f.args) == 3 and f.args[0] == parse(text)


@given(st.from_regex(r"[0-9]{1,12}(\.[0-9]{1,12})?([eE][+-]?[0-9]{1,2})?", fullmatch=True))
def test_a_number_is_the_decimal_that_was_typed(text: str) -> None:
    number, negative = parse(text), parse(f"-{text}")
    assert isinstance(number, Number) and isinstance(negative, Number)
    value = Fraction(text)
    assert (number.numerator, number.denominator) == (value.numerator, value.denominator)
    assert (negative.numerator, negative.denominator) == (-value.numerator, value.denominator)


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("a + b - c + d", "((a + b) - c) + d"),
        ("a*b/c*d", "((a*b)/c)*d"),
        ("-x**2", "-(x**2)"),
        ("x**-y**2", "x**(-(y**2))"),
        ("6_480_242_100", "6480242100"),
        (".5", "0.5"),
        ("−x × y ÷ z", "-x*y/z"),
        (" x\n + y ", "x+y"),
    ],
)
def test_two_ways_to_write_one_formula(text: str, same: str) -> None:
    assert parse(text) == parse(same)


def test_parentheses_stay() -> None:
    assert parse("(a + b) + c") != parse("a + b + c")
    assert parse("-(3)") == Call("neg", (Number(3),)) and parse("-3**2") == Call(
        "neg", (Call("**", (Number(3), Number(2))),)
    )


def test_big_operators_and_elements() -> None:
    assert parse("Sum(w[i,j]*x[j], j, 1, J)") == BigOperator("Sum", parse("w[i,j]*x[j]"), "j", Number(1), Ref("J"))
    assert parse("softmax(x)[i]") == Call("element", (parse("softmax(x)"), Ref("i")))
    assert [r.name for r in references(parse("w@1[2,1] + dE_dv[1,1]"))] == ["w@1", "dE_dv"]


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("x^2", 2, "“^” is no operator. A power is written **: x**2."),
        ("x = 2", 3, "“=” is no operator. Equality is written ==."),
        ("x² + 1", 2, "“²” cannot stand in a name. A power is written **: x**2."),
        ("  $", 3, "“$” cannot stand in a formula."),
        ("", 1, "A formula is missing."),
        ("  ", 3, "A formula is missing."),
        ("a + ", 5, "The formula ends where a number, a name or “(” is expected."),
        ("a + * b", 5, "“*” stands where a number, a name or “(” is expected."),
        ("(a", 3, "The formula ends where “)” is expected."),
        ("(a]", 3, "“]” stands where “)” is expected."),
        ("2x", 2, "“x” stands where an operator or the end is expected."),
        ("x[]", 3, "An index is missing."),
        ("1 < 2 < 3", 7, "Comparisons cannot be chained: put one of them in parentheses."),
        ("2*if(a, b)", 3, "“if” takes a condition and two values: if(c, a, b)."),
        ("Max(x, 1, 3)", 1, "“Max” takes a body, an index and two bounds: Max(w[j]*x[j], j, 1, 3)."),
        ("Sum(x[j], x[1], 1, 3)", 1, "“Sum” takes a body, an index and two bounds: Sum(x[j], j, 1, 3)."),
        ("1e99999", 1, "A number may have at most 1000 digits."),
        ("1 + " + "7" * 1001, 5, "A number may have at most 1000 digits."),
    ],
)
def test_what_is_said_of_a_text_that_is_no_formula(text: str, column: int, message: str) -> None:
    with pytest.raises(FormulaError) as caught:
        parse(text)
    assert (str(caught.value.message), caught.value.column) == (message, column)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 20_000,
        "-" * 20_000 + "1",
        "2**" * 20_000 + "1",
        "f(" * 9_000,
        "x[" * 9_000,
        "+".join("x" * 60_000),
        "1-" * 20_000 + "1",
        "1/" * 300 + "1",
    ],
)
def test_deep_and_long_texts_end_in_an_error(text: str) -> None:
    with pytest.raises(FormulaError):
        parse(text)


@pytest.mark.parametrize(
    "text",
    [
        "(" * 99 + "x" + ")" * 99,
        "-" * 99 + "x",
        "exp(" * 99 + "x" + ")" * 99,
        "+".join("x" * 5_000),
        "1-" * (MAX_DEPTH - 1) + "1",
    ],
)
def test_reasonable_depth_is_taken(text: str) -> None:
    parse(text)


@settings(max_examples=500)
@given(st.text(alphabet="xyΣ²0123.eE+-*/()[],<>=@_ if\n^$", max_size=40))
def test_any_text_is_a_formula_or_an_error_with_a_column(text: str) -> None:
    try:
        f = parse(text)
    except FormulaError as error:
        assert 1 <= error.column <= len(text) + 1 and str(error)
    else:
        assert isinstance(f, Formula)


# -- the functions' own texts


@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_the_texts_of_a_function_use_its_parameters_and_known_functions(name: str) -> None:
    f = FUNCTIONS[name]
    assert f.name == name and f.shown and f.latex and len(f.defaults) < len(f.parameters)
    for text in filter(None, (f.derivative, f.definition, f.cases, *f.partials.values(), *f.kinks)):
        tree = parse(text)
        assert {r.name for r in references(tree)} <= {*f.parameters, "pi"}
        for node in walk(tree):
            if isinstance(node, Call) and node.name.isidentifier() and node.name not in ("if", "neg"):
                assert function(node.name) is not None, node.name


def test_the_derivative_of_a_function_is_a_function() -> None:
    derived = function("d_tanh")
    assert derived is not None and derived.definition == FUNCTIONS["tanh"].derivative and derived.shown == "tanh′"
    assert function("d_relu") is FUNCTIONS["d_relu"] and function("d_nothing") is None and function("nothing") is None
