"""Markdown that GitHub shows: its mathematics survives the reader of Markdown, and its tables are tables."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, settings

import hwsolve
from hwsolve.formula.parse import parse
from hwsolve.language import say
from hwsolve.render import Options, render
from hwsolve.render.markdown import environments
from hwsolve.render.measure_tex import em
from hwsolve.render.tex_rows import LIMIT, parted
from hwsolve.solution import Answer, Identity, Note, Solution, Table
from tests.conftest import PROBLEMS
from tests.random_nets import problems
from tests.render_samples import counting, derivation, homework, section

ENVIRONMENT = re.compile(r"\\begin\{(cases|pmatrix)\}((?!\\begin).)*?\\end\{\1\}")
SPECS = sorted(
    str(p.relative_to(PROBLEMS)) for folder in ("homework-*", "textbook") for p in PROBLEMS.glob(f"{folder}/*")
)
SLOW = ("textbook/mazur-2-2-2-10000-steps.yaml",)
SPECS = [spec for spec in SPECS if spec not in SLOW]
COMMANDS = set(
    re.findall(
        r"\w+",
        """begin end cr nabla phantom quad qquad thinspace left right text mathrm operatorname frac sqrt sum prod int max min exp ln log
        sin cos tan arcsin arccos arctan sinh cosh tanh times cdot odot star partial infty top hat bar tilde mathstrut approx
        ne le ge lt gt iff to lfloor rfloor langle rangle lceil rceil lvert rvert ldots small scriptsize tiny pm surd
        checkmark Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega alpha beta gamma delta varepsilon zeta eta theta
        iota kappa lambda mu nu xi pi rho sigma tau upsilon varphi chi psi omega""",
    )
)  # what both KaTeX and MathJax have
INSIDE_TEXT = re.compile(r"[A-Za-z0-9 .,;:()'\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef-]*")


@cache
def page(spec: str, language: str = "en") -> str:
    solutions = hwsolve.solve_all(PROBLEMS / spec)
    return render(solutions, "markdown", Options(language=language, full=True, checks=True))


def markdown(solution: Solution, **options: Any) -> str:
    return render([solution], "markdown", Options(**options))


def blocks(text: str) -> list[str]:
    return re.findall(r"(?:^|\n)\$\$\n(.*?)\n\$\$(?=\n|$)", text, re.S)


def rows_of(block: str) -> list[str]:
    return block.removeprefix("\\begin{aligned}\n").removesuffix("\n\\end{aligned}").split(" \\cr\n")


def bare(row: str) -> str:
    """A row without its matrices and cases, which have columns of their own."""
    while (inner := ENVIRONMENT.sub("", row)) != row:
        row = inner
    return row


def check_mathematics(block: str) -> None:
    """A block survives the reader of Markdown, and its rows have two or four columns."""
    assert block.count("{") == block.count("}") and block.count("\\left") == block.count("\\right")
    assert not re.search(r"\\[^a-zA-Z\n]|[*<>|`]|(?<![a-zA-Z])_|\n\s*\n|\n *[-+=#>]", block)
    assert block.count("\\begin{") == block.count("\\end{")
    for row in rows_of(block):
        assert re.fullmatch(r"[^&]*&[^&]*(&&[^&]+)?", bare(row)), row


@pytest.mark.parametrize("sample", [homework, counting, derivation])
def test_blocks_of_mathematics(sample: Any) -> None:
    text = markdown(sample(), full=True)
    found = blocks(text)
    assert found and text.count("\n$$") == 2 * len(found)
    for block in found:
        check_mathematics(block)


def test_a_reason_stands_in_the_row_where_the_longest_of_both_fit() -> None:
    row = r"E &= \frac{(y_{1} - t)^{2}}{2} = \frac{(0.274 - 0.5)^{2}}{2} = 0.025538 && \text{(half the squared error)}"
    assert row in markdown(homework())
    line = msgspec.structs.replace(homework().sections[1].lines[0], rule=say("half the squared error " * 3))
    text = markdown(Solution(kind="k", sections=(section("s", lines=(line,)),)))
    assert "&&" not in text and r"& \qquad \text{(half the squared error half" in text


def test_a_reason_stands_behind_its_row_where_the_longest_row_leaves_no_column() -> None:
    long = Identity(parse("y"), parse(" + ".join(f"{n}0000*{n}1111" for n in range(1, 5))), {}, "")
    short = Identity(parse("y"), parse("x"), {}, say("by its name and its letter"))
    text = markdown(Solution(kind="k", sections=(section("s", lines=(short, long)),)))
    assert r"y &= x \qquad \text{(by its name and its letter)} \cr" in text


def test_tables_have_as_many_cells_as_heads() -> None:
    rows = [row for row in markdown(counting()).splitlines() if row.startswith("|")]
    assert len(rows) == 6 and {row.count(" | ") for row in rows} == {6}
    assert rows[1] == "| --- | --- | --- | ---: | ---: | ---: | ---: |"
    assert rows[-1].startswith("| **Total** |")


@pytest.mark.parametrize("sign", ["+", "-", "="])
def test_a_sign_at_the_beginning_of_a_row_makes_no_list_and_no_heading(sign: str) -> None:
    (text,) = environments([[f"{sign} \\text{{all}} &= 1", f"& {sign} 2"]])
    assert text.splitlines()[2:4] == [f"{{{sign}}} \\text{{all}} &= 1 \\cr", f"& {sign} 2"]


def test_a_block_fits_into_the_buffer_of_mathjax() -> None:
    rows = [f"x_{{{n}}} &= " + " + ".join(["y\\mathstrut_{1}"] * 30) for n in range(40)]
    found = list(environments([rows]))
    assert len(found) > 2 and all(len(text) < 4700 for text in found)
    assert [row for text in found for row in rows_of(*blocks(text))] == rows


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
    assert r"& y = \begin{pmatrix} 1 \cr 2 \end{pmatrix} \qquad" in block and r"\text{shape.conv1} = 3" in block
    assert r"w_{1,\cdot,\cdot}^{(1)} = \begin{pmatrix} 1 & 2 \cr 3 & 4 \end{pmatrix}" in block


def test_what_is_too_long_is_broken_inside_parentheses_or_in_a_fraction() -> None:
    terms = [f"{n}000 \\times {n}11111" for n in range(1, 10)]
    for text in (f"-\\left({' + '.join(terms)}\\right)", f"\\frac{{{' + '.join(terms)}}}{{2}}"):
        pieces = parted(text, 30.0, 36.0)
        assert len(pieces) > 2 and all(em(piece) <= 36 for piece in pieces)
        assert sum(piece.count("\\times") for piece in pieces) == 9 and "\\left" not in "".join(pieces)
        assert not any("{\\" in piece for piece in pieces)
    pieces = parted(f"\\frac{{-({' + '.join(terms)})}}{{3}}", 30.0, 36.0)
    assert len(pieces) > 2 and pieces[0].startswith("-\\frac{1}{3} (") and all(em(piece) <= 36 for piece in pieces)
    assert sum(piece.count("\\times") for piece in pieces) == 9 and "{\\" not in "".join(pieces)
    assert parted("x" * 90, 30.0, 36.0)[0].startswith("{\\tiny ")


# ---------------------------------------------------------------- all pages


def inline(text: str) -> list[str]:
    """The mathematics in sentences and cells."""
    rest = re.sub(r"(?:^|\n)\$\$\n.*?\n\$\$(?=\n|$)|```.*?```|`[^`\n]*`", "", text, flags=re.S)
    return re.findall(r"(?<!\\)\$([^$\n]+)(?<!\\)\$", rest)


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("spec", SPECS)
def test_no_row_is_cut_off_and_commands_are_known(spec: str, language: str) -> None:
    check_page(page(spec, language))


def check_page(text: str) -> None:
    """No row is wider than a page shows, and nothing is written that the setters of mathematics do not have."""
    for block in blocks(text):
        check_mathematics(block)
        rows = rows_of(block)
        halves = [row.partition("&") for row in map(outside, rows)]
        left = max(em(first) for first, _, _ in halves)
        assert all(left + em(rest) <= LIMIT + 0.01 for _, _, rest in halves), max(rows, key=em)
    for formula in [*blocks(text), *inline(text)]:
        assert set(re.findall(r"\\([A-Za-z]+)", formula)) <= COMMANDS, formula
        assert all(INSIDE_TEXT.fullmatch(inner) for inner in re.findall(r"\\text\{([^}]*)\}", formula)), formula


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), phases=[Phase.generate])
@given(problems(deepest=3, widest=5))
def test_no_row_of_a_random_net_is_cut_off(problem: dict[str, Any]) -> None:
    check_page(render([hwsolve.solve(problem)], "markdown", Options(full=True)))


def outside(row: str) -> str:
    """A row whose own column of reasons is marked by nothing."""
    return row.replace(" && ", " \\thinspace ") if "&&" in row else row


def test_no_sentence_holds_a_formula_that_is_too_wide() -> None:
    for spec in SPECS:
        prose = "\n".join(row for row in page(spec).splitlines() if not row.startswith(("|", ">")))
        assert all(em(formula) <= 31 for formula in inline(prose)), spec


@pytest.mark.slow
def test_katex_and_mathjax_set_every_page() -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    script = Path(__file__).with_name("katex.cjs")
    if subprocess.run([node, "-e", "require('katex')"], cwd=script.parent, capture_output=True, check=False).returncode:
        pytest.skip("node finds no package katex: npm install katex mathjax-full, and NODE_PATH if it is elsewhere")
    pages = [page(spec, language) for spec in SPECS for language in ("en", "zh")]
    found = [(block, True) for text in pages for block in blocks(text)]
    found += [(formula, False) for text in pages for formula in inline(text)]
    given = json.dumps([*dict.fromkeys(found)])
    done = subprocess.run([node, script], input=given, capture_output=True, encoding="utf-8", check=True, timeout=600)
    result = json.loads(done.stdout)
    assert result["wrong"] == [] and result["checked"] > 300
