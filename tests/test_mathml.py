"""MathML: it parses, has the elements of MathML Core alone, means what the tree means, and says what LaTeX says."""

from __future__ import annotations

import re
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.notation import latex, unicode
from hwsolve.formula.notation.mathml import mathml, summands
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, Ref, listed
from tests.reading import meaning
from tests.reading_markup import flat, from_mathml, latex_skeleton, mathml_skeleton
from tests.test_notation import LATEX, SHOWN, UNICODE, grown, known, leaves, trees

SUPER = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾'", "0123456789+−(),")
SUB = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")


def wider(below: st.SearchStrategy[Formula]) -> st.SearchStrategy[Formula]:
    """Functions, sums, conditions and arrays too."""
    named = st.sampled_from(["sigmoid", "d_relu", "exp", "sqrt", "abs", "floor", "softmax", "log_sigmoid", "f"])
    array = st.lists(below, min_size=1, max_size=3).map(lambda a: listed(*a))
    return st.one_of(
        grown(below),
        st.tuples(named, below).map(lambda a: Call(a[0], (a[1],))),
        below.map(lambda a: Call("if", (Call("<", (Ref("x"), a)), a, Number(-1)))),
        below.map(lambda a: Call("diff", (a, Ref("x")))),
        st.tuples(below, array).map(lambda a: Call("*", a)),
        st.tuples(array, array).map(lambda a: Call("odot", a)),
        array.map(lambda a: Call("T", (a,))),
        st.tuples(below, below).map(lambda a: Ref("w@1", a)),
    )


rich = st.recursive(leaves | st.sampled_from(["dE_dv@1", "y_hat", "z1"]).map(Ref), wider, max_leaves=8)


@settings(max_examples=3000, deadline=None)
@given(trees)
def test_mathml_means_what_the_tree_means(f: Formula) -> None:
    expected = known(f)
    if expected is not None:
        assert meaning(from_mathml(mathml(f)), SHOWN.__getitem__) == expected, mathml(f)


@settings(max_examples=1000, deadline=None)
@given(rich)
def test_mathml_has_the_skeleton_of_latex(f: Formula) -> None:
    assert mathml_skeleton(mathml(f)) == latex_skeleton(latex(f))


@pytest.mark.parametrize("text", [*UNICODE, *LATEX])
def test_texts_have_the_skeleton_of_latex(text: str) -> None:
    assert mathml_skeleton(mathml(parse(text))) == latex_skeleton(latex(parse(text)))


@settings(max_examples=1000, deadline=None)
@given(trees)
def test_unicode_has_the_atoms_and_signs_of_latex(f: Formula) -> None:
    text = re.sub(r"\s", "", unicode(f)).translate(SUPER).translate(SUB).replace("^", "").replace("_", "-")
    assert flat(text) == flat(latex_skeleton(latex(f)))


@settings(max_examples=300, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("+-"), trees), min_size=2, max_size=5))
def test_the_pieces_of_a_sum_are_the_sum(parts: list[tuple[str, Formula]]) -> None:
    total = parts[0][1]
    for sign, part in parts[1:]:
        total = Call(sign, (total, part))
    pieces = summands(total)
    assert len(pieces) >= len(parts)
    assert "".join(pieces).replace(' form="infix"', "") == mathml(total)
    assert all(re.match(r'<mo form="infix">[+−]</mo>', piece) for piece in pieces[1:])


def test_a_reader_of_mathml_refuses_what_browsers_do_not_read() -> None:
    for wrong in ("<mfenced><mi>x</mi></mfenced>", "x", "<mi mathvariant='bold'>x</mi>", "<mfrac><mi>x</mi></mfrac>"):
        with pytest.raises(AssertionError):
            from_mathml(wrong)
    with pytest.raises(AssertionError):  # a matrix beside a negative number is no difference
        from_mathml("<mi>x</mi><mo>×</mo><mo>−</mo><mn>2</mn>")
    assert meaning(from_mathml(mathml(parse("2*(-3)"))), SHOWN.__getitem__) == Fraction(-6)


def test_text_is_escaped() -> None:
    assert "&lt;b&gt;" in mathml(Ref("<b>")) and "<b>" not in mathml(Ref("<b>"))


def test_words_between_cases_are_those_of_the_language() -> None:
    text = mathml(parse("if(x > 0, if(y > 0, 1, 0), 0)"), ("若", "且", "否则"))
    assert [word in text for word in ("若", "且", "否则", "if", "and", "else")] == [True] * 3 + [False] * 3


def nested(value: Any) -> Formula:
    """An array of nested lists."""
    return Call("[]", tuple(map(nested, value))) if isinstance(value, list) else Number(value)


def test_an_array_of_three_axes_is_matrices_behind_each_other() -> None:
    """Rows stay rows: those of α[h,i,j] are queries, each with its weights beside each other."""
    whole = nested([[[1, 2, 3], [4, 5, 6]], [[7, 8, 9], [3, 2, 1]]])
    rows = re.findall("<mtr>(.*?)</mtr>", mathml(whole))
    assert [re.findall(r"<mn>(\d+)</mn>", row) for row in rows] == [
        ["1", "2", "3"], ["4", "5", "6"], ["7", "8", "9"], ["3", "2", "1"],
    ]  # fmt: skip
    assert mathml(whole).count("<mtable>") == 2
    alone = nested([[[1, 2], [3, 4]]])
    assert mathml(alone) == mathml(nested([[1, 2], [3, 4]]))
