"""Markdown that GitHub shows: its mathematics survives the reader of Markdown, and its tables are tables."""

from __future__ import annotations

import re
from typing import Any

import pytest

from hwsolve.formula.parse import parse
from hwsolve.language import say
from hwsolve.render import Options, render
from hwsolve.sections import section
from hwsolve.solution import Answer, Identity, Note, Solution, Table
from tests.render_samples import counting, derivation, homework


def markdown(solution: Solution, **options: Any) -> str:
    return render([solution], "markdown", Options(**options))


def blocks(text: str) -> list[str]:
    return re.findall(r"(?:^|\n)\$\$\n(.*?)\n\$\$(?=\n|$)", text, re.S)


@pytest.mark.parametrize("sample", [homework, counting, derivation])
def test_blocks_of_mathematics(sample: Any) -> None:
    text = markdown(sample(), full=True)
    found = blocks(text)
    assert found and text.count("\n$$") == 2 * len(found)
    for block in found:
        assert block.count("{") == block.count("}") and block.count("\\left(") == block.count("\\right)")
        assert not re.search(r"\\[^a-zA-Z\n]|[*<>|`]|(?<![a-zA-Z])_|\n\s*\n|\n *[-+=#>]", block)
        assert block.count("\\begin{") == block.count("\\end{")
        rows = block.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split(" \\cr\n")
        assert all(re.sub(r"\\begin\{(cases|pmatrix)\}.*?\\end\{\1\}", "", row).count("&") == 1 for row in rows)


def test_a_line() -> None:
    assert (
        r"E &= \frac{(y_{1} - t)^{2}}{2} = \frac{(0.274 - 0.5)^{2}}{2} = 0.025538 \quad \text{(half the squared error)}"
        in markdown(homework())
    )


def test_tables_have_as_many_cells_as_heads() -> None:
    rows = [row for row in markdown(counting()).splitlines() if row.startswith("|")]
    assert len(rows) == 6 and {row.count(" | ") for row in rows} == {6}
    assert rows[1] == "| --- | --- | --- | ---: | ---: | ---: | ---: |"
    assert rows[-1].startswith("| **Total** |")


def test_text_is_escaped_and_code_is_not() -> None:
    note = Note("info", say("a*b*c _d_ <e> $f$ `g*h*` | [i](j)"))
    assert r"> a\*b\*c \_d\_ \<e\> \$f\$ `g*h*` \| \[i\](j)" in markdown(Solution(kind="k", notes=(note,)))


def test_a_cell_with_a_stroke_stays_one_cell() -> None:
    table = Table("", ("f", "text"), ((parse("abs(x)"), "a|b"),))
    row = markdown(Solution(kind="k", sections=(section("s", tables=(table,)),))).splitlines()[-1]
    assert row == r"| $\lvert x \rvert$ | a\|b |"


def test_figures_are_fenced() -> None:
    text = markdown(derivation())
    assert text.count("```text") == 2 and "[0][1] 2" in text


def test_long_sums_are_broken_at_their_terms() -> None:
    total = " + ".join(f"params.convolution{n}" for n in range(1, 20))
    line = Identity(parse("params"), parse(total), {}, "")
    (block,) = blocks(markdown(Solution(kind="k", sections=(section("s", lines=(line,)),))))
    rows = block.splitlines()[1:-1]
    assert len(rows) > 3 and all("\\qquad +" in row for row in rows[1:])
    assert sum(row.count("convolution") for row in rows) == 19


def test_answers_of_several_ranks() -> None:
    vector, cube = (1, 2), (((1, 2), (3, 4)), ((5, 6), (7, 8)))
    solution = Solution(
        kind="k",
        answers={"y": Answer(vector, main=True), "w1": Answer(cube, main=True), "shape.conv1": Answer((3,), main=True)},
    )
    (block,) = blocks(markdown(solution))
    assert r"y &= \begin{pmatrix} 1 \cr 2 \end{pmatrix}" in block and r"\text{shape.conv1} &= 3" in block
    assert r"w_{1,\cdot,\cdot}^{(1)} &= \begin{pmatrix} 1 & 2 \cr 3 & 4 \end{pmatrix}" in block
