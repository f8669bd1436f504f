"""Typst and LaTeX of a document: they say what the LaTeX of a page says, are compiled, and take no text for markup."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings

from hwsolve.formula.notation import latex
from hwsolve.formula.notation.columns import aligned
from hwsolve.formula.notation.tex_paper import paper
from hwsolve.formula.notation.tex_text import escaped
from hwsolve.formula.notation.typst import quoted, typst
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Formula, Number, Ref, listed
from tests.reading_markup import latex_skeleton
from tests.reading_typst import typst_skeleton
from tests.test_mathml import rich
from tests.test_notation import LATEX, UNICODE


def paper_skeleton(f: Formula) -> str:
    """Without what takes room and is not seen, and with the names that pages have."""
    text = re.sub(r"\\phantom\{[^}]*\}", "", paper(f)).replace("\\_", "_")
    return latex_skeleton(text.replace("\\left\\", "\\").replace("\\right\\", "\\"))


@settings(max_examples=1500, deadline=None)
@given(rich)
def test_the_notations_have_one_skeleton(f: Formula) -> None:
    expected = latex_skeleton(latex(f))
    assert typst_skeleton(typst(f)) == expected
    assert paper_skeleton(f) == expected


@pytest.mark.parametrize("text", [*UNICODE, *LATEX])
def test_texts_have_one_skeleton(text: str) -> None:
    expected = latex_skeleton(latex(parse(text)))
    assert typst_skeleton(typst(parse(text))) == expected
    assert paper_skeleton(parse(text)) == expected


def test_a_skeleton_tells_formulas_apart() -> None:
    assert typst_skeleton("frac(a, b)") != typst_skeleton("frac(b, a)")
    assert typst_skeleton("a_(1)") != typst_skeleton("a^(1)")
    assert typst_skeleton("(a + b) c") != typst_skeleton("a + b c")
    with pytest.raises(AssertionError):
        typst_skeleton("diff(a, b)")


def test_letters_beside_each_other_are_parted() -> None:
    """Two letters without a space would be one name, which Typst does not know."""
    text = typst(parse("v[1,1]*x[1] + alpha*beta*frac - K*N"))
    assert not re.search(r"[^\W\d_]{2,}(?!\()", re.sub(r'"[^"]*"', "", text)), text


@pytest.mark.parametrize(
    "name", ['a"b', "a\\", '"); #read("/etc/passwd', "#panic()", "$x$", "\\input{/etc/passwd}", "a_b^c", "%", "\\\\"]
)
def test_names_are_strings(name: str) -> None:
    text = typst(Ref(name))
    assert re.fullmatch(r'"(?:\\.|[^"\\])*"', text), text
    assert typst_skeleton(text) == re.sub(r"\s", "", name).replace("_", "-")
    assert not re.search(r"(?<!\\)[$%&#_^]", re.sub(r"\\text\{|\\text[a-z]+", "", paper(Ref(name))))


def test_columns_have_their_points_under_each_other() -> None:
    rows = [["0.5", "−12"], ["−10.25", "3"]]
    assert aligned(rows, "−", "<{}>") == [["<0><−>0.5<0>", "−12"], ["−10.25", "<0><−>3"]]
    assert aligned([["x"], ["1.5"]], "−", "<{}>") == [["x"], ["1.5"]]
    assert aligned([["1"], ["1.5"]], "-", "<{}>") == [["1<.0>"], ["1.5"]]


def test_rows_stay_rows_behind_what_is_not_seen() -> None:
    """The height of the matrix in the package tells: two rows are higher than one."""
    tall = listed(listed(parse("10.25"), parse("0.5")), listed(parse("1.5"), parse("0.25")))
    assert typst_skeleton(typst(tall)) == "(10.25&0.5;1.5&0.25)"
    with pytest.raises(AssertionError, match="semicolon"):
        typst_skeleton(typst(tall).replace(" ;", ";"))
    compiler = pytest.importorskip("typst", reason="the package typst (extra pdf) is not installed")
    heights = [
        float(
            compiler.query(
                f"#context [#metadata(measure($display({text})$).height.pt()) <h>]".encode(),
                "<h>",
                field="value",
                one=True,
            )
        )
        for text in (typst(tall), "mat(10.25, 0.5, 1.5, 0.25)")
    ]
    assert heights[0] > 1.5 * heights[1]


def test_wide_matrices_are_arrays() -> None:
    wide = listed(listed(*map(Number, range(11))), listed(*map(Number, range(11))))
    assert "\\begin{array}{ccccccccccc}" in paper(wide)
    narrow = listed(listed(*map(Number, range(10))))
    assert "\\begin{pmatrix}" in paper(narrow)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("\\input{/etc/passwd}", "\\textbackslash{}input\\{/etc/passwd\\}"),
        ("100 % of $5 & #1", "100 \\% of \\$5 \\& \\#1"),
        ("a_b^c~d", "a\\_b\\textasciicircum{}c\\textasciitilde{}d"),
        ("<script>", "\\textless{}script\\textgreater{}"),
        ("x² ≥ η", "x$^{2}$ $\\ge$ $\\eta$"),
        ("y₁₁", "y$_{11}$"),
        ("m̂", "$\\hat{m}$"),
        ("Größe", "Größe"),
        ("卷积", "卷积"),
        ("Ж", "[U+0416]"),
    ],
)
def test_text_of_latex_is_escaped(text: str, wanted: str) -> None:
    assert escaped(text) == wanted


def test_strings_of_typst_end_where_they_should() -> None:
    for text in ('"', "\\", '\\"', 'a\\\\"b', "\n"):
        assert re.fullmatch(r'"(?:\\.|[^"\\])*"', quoted(text))


@settings(max_examples=30, deadline=None)
@given(rich)
def test_typst_compiles(f: Formula) -> None:
    compiler = pytest.importorskip("typst", reason="the package typst (extra pdf) is not installed")
    source = f"#set page(width: auto, height: auto)\n${typst(f)}$\n\n$ {typst(f)} $"
    made, warnings = compiler.compile_with_warnings(source.encode(), format="pdf", ignore_system_fonts=True)
    assert made and not warnings


def test_no_letter_of_a_whole_array_has_two_exponents() -> None:
    """TeX refuses `g^{⟨2⟩}^{2}`."""
    from hwsolve.formula.notation import latex
    from hwsolve.formula.tree import Call, Number, Ref

    for name in ("g@2", "a1", "a1@k"):
        text = latex(Call("**", (Call("whole", (Ref(name),)), Number(2, 1))))
        assert text.startswith("{") and text.endswith("}}^{2}"), text
