"""The widths that rows of mathematics are broken by, against those that a browser found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hwsolve.formula.notation.tex_words import words
from hwsolve.render.measure_tex import em

TABLE = Path(__file__).parent / "truth" / "katex_widths.tsv"
MEASURED = [line.split("\t") for line in TABLE.read_text(encoding="utf-8").splitlines()[1:]]


@pytest.mark.parametrize(("real", "row"), MEASURED)
def test_the_estimate_is_close_and_hardly_ever_too_small(real: str, row: str) -> None:
    bare = row if "\\begin" in row else row.replace("&", "")
    assert 0.97 <= em(bare) / float(real) <= 1.35


def test_most_estimates_are_within_a_tenth() -> None:
    ratios = sorted(em(re.sub("&", "", row)) / float(real) for real, row in MEASURED if "\\begin" not in row)
    assert len(ratios) > 30 and ratios[len(ratios) * 9 // 10] < 1.1


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("chain rule through linear1", r"\text{chain rule through linear1}"),
        ("f\u2032 for z < 0", r"\text{f}' \text{ for z}\lt \text{0}"),
        ("a ≠ α", r"\text{a}\ne \alpha"),
        ("E f(z)²", r"\text{E f(z)}{}^{2}"),
        ("Xavier’s & é", r"\text{Xavier-s - e}"),
        ("x_1 {y} $z$ \\input", r"\text{x-1 -y- -z- -input}"),
        ("经过 α 的链式法则", r"\text{经过 }\alpha\text{ 的链式法则}"),
        ("", r"\text{}"),
    ],
)
def test_words_hold_nothing_that_has_no_glyph(text: str, written: str) -> None:
    assert words(text).replace(" }", "}").replace("{ ", "{").replace(" ", "") == written.replace(" ", "")
