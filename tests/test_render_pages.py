"""Plain text and the terminal: nothing is lost, nothing is cut, and what is printed is true."""

from __future__ import annotations

import re
import subprocess
import sys
from fractions import Fraction
from itertools import pairwise
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.figures import Curve, Grid
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Number, Ref
from hwsolve.language import say
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.render.measure import fill, width
from hwsolve.render.select import headings
from hwsolve.render.wrap import equation
from hwsolve.solution import Answer, Given, Group, Note, Quantity, Sentence, Solution, Stage, Step, Table, Value
from tests import golden
from tests.conftest import ROOT
from tests.reading import meaning
from tests.render_samples import counting, derivation, homework, quantity, ref, section

SAMPLES = {"homework": homework, "counting": counting, "derivation": derivation}


def page(solution: Solution, format: str = "plain", **options: Any) -> str:
    return render([solution], format, Options(**{"color": False, **options}))


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


# ---------------------------------------------------------------- the whole page


@pytest.mark.parametrize("format", ["plain", "terminal", "markdown"])
@pytest.mark.parametrize("name", SAMPLES)
def test_the_page_is_the_golden_one(name: str, format: str) -> None:
    golden.same(f"{name}.{format}.txt", page(SAMPLES[name](), format, width=80))


@pytest.mark.parametrize("format", ["plain", "terminal"])
@pytest.mark.parametrize("columns", [40, 60, 80, 140])
@pytest.mark.parametrize("name", SAMPLES)
def test_nothing_runs_off_the_edge(name: str, columns: int, format: str) -> None:
    rows = page(SAMPLES[name](), format, width=columns, full=True).splitlines()
    assert max(map(width, rows)) <= columns
    assert not any("…" in row for row in rows if "carried" not in row)


@pytest.mark.parametrize("title", ["word " * 20 + "and a half", "one " + "x" * 119, "很长的标题" * 15])
@pytest.mark.parametrize("columns", [40, 100])
def test_a_terminal_without_colour_has_the_plain_text(title: str, columns: int) -> None:
    titled = msgspec.structs.replace(homework(), title=title)
    assert page(titled, "terminal", width=columns) == page(titled, width=columns)


def test_each_chain_that_is_printed_is_true() -> None:
    """What stands between the last two relations of a line, read as a person reads it, is the value behind them."""
    checked = 0
    for row in re.split(r"\n|(?<=\S) {3,}(?=\S+ = )", page(homework(), width=140)):
        found = re.fullmatch(r" *\S+ =.* = ([−\d.,() ×+/²]+) ([=≈]) (−?[\d.]+)(?: +\(.*\))?", row)
        if found:
            value = meaning(found[1], lambda name: pytest.fail(f"no number: {name}"))
            printed = Fraction(found[3].replace("−", "-"))
            assert value == printed if found[2] == "=" else abs(value - printed) < Fraction(1, 10**10)
            checked += 1
    assert checked >= 20


def test_the_terminal_says_what_plain_text_says() -> None:
    plain, terminal = page(homework()), page(homework(), "terminal")
    plain = "\n".join(row for row in plain.splitlines() if not re.fullmatch(r" *(-+|=+)", row))
    drawing = re.compile(r"[\s─-╿]+")
    assert drawing.sub(" ", plain).split() == drawing.sub(" ", terminal).split()


def test_no_colour_without_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm")
    assert "\x1b" not in page(homework(), "terminal", color=False)
    assert "\x1b" in page(homework(), "terminal", color=True)
    monkeypatch.setenv("NO_COLOR", "1")
    assert not re.search(r"\x1b\[[\d;]*3\dm", page(homework(), "terminal", color=None))


def test_plain_text_needs_neither_rich_nor_numbers() -> None:
    code = (
        "import sys; import hwsolve.render.plain, hwsolve.formula.notation as n; from hwsolve.formula.parse import parse;"
        "n.unicode(parse('(160000 + 1)*40000'));"
        "print([m for m in ('rich', 'numpy', 'flint', 'gettext', 'hwsolve.render.terminal') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "[]"


# ---------------------------------------------------------------- parts of a page


def test_asides_stand_under_full_alone() -> None:
    assert "b₁⁺ = ReLU" not in page(homework())
    assert "b₁⁺ = ReLU" in page(homework(), full=True)


def test_carried_values_are_counted_under_full_and_else_hidden() -> None:
    assert "carried" not in page(derivation())
    assert "… 298 values carried over" in page(derivation(), full=True)


def test_steps_are_set_in_by_their_depth() -> None:
    rows = page(derivation(), width=100).splitlines()
    inset = [len(row) - len(row.lstrip()) for row in rows if "rule)" in row]
    assert inset == [2, 4, 6]


def test_questions_show_the_problem_alone() -> None:
    solution = homework()
    solution.sections = (
        Step(say("Network"), (Table("", ("layer",), (("relu",),)),), part="statement"),
        *solution.sections,
    )
    text = page(solution, questions=True)
    assert "x = ⎡0.2⎤" in text and "relu" in text
    assert not any(word in text for word in ("Forward", "0.18", "0.025538", "Answers", "Checks", "fell"))


def test_a_rule_that_has_no_place_is_not_said_twice() -> None:
    text = page(counting(), width=80)
    assert text.count("one weight for each input") == 1 + text.count("200,100  (one weight")


def test_headings_without_anything_below_are_left_out() -> None:
    sections = (section("Empty"), section("Outer"), section("Inner", level=2, lines=(homework().sections[0].lines[1],)))
    text = page(Solution(kind="k", sections=sections))
    assert "Empty" not in text and "Outer" in text and "Inner" in text


def test_given_arrays() -> None:
    long = tuple(Given(ref(f"x[{n}]"), quantity(n)) for n in range(1, 101))
    deep = tuple(Given(ref(f"w1[{i},{j},{k}]"), quantity(i * j - k)) for i in (1, 2) for j in (1, 2) for k in (1, 2))
    solution = Solution(kind="k", given=(*long, *deep, Given(ref("lr"), quantity(Fraction(1, 3)))))
    text = page(solution)
    assert "100 numbers; --full shows all" in text
    assert "x = (1, 2, 3, 4, 5, 6, …)" in text
    assert "w⁽¹⁾[1, ·, ·] = ⎡0  −1⎤   w⁽¹⁾[2, ·, ·] = ⎡1  0⎤" in text
    assert "η = 1/3 ≈ 0.333333333333" in text
    full = page(solution, full=True)
    assert [int(n) for n in re.findall(r"\d+", full.split("x = (")[1].split(")")[0])] == list(range(1, 101))


def test_a_wide_matrix_has_its_rows_under_each_other() -> None:
    matrix = tuple(Given(ref(f"w[{i},{j}]"), quantity(1000 * i + j)) for i in range(1, 5) for j in range(1, 6))
    rows = page(Solution(kind="k", given=matrix), width=36).splitlines()
    at = next(n for n, row in enumerate(rows) if "[[1,001" in row)
    assert "[2,001" in rows[at + 2] and rows[at + 2].index("[2,001") == rows[at].index("[1,001")
    assert max(map(width, rows)) <= 36


def test_only_what_a_number_needs() -> None:
    text = page(homework(), only="dE_dw[2,1]", width=100)
    assert "∂E/∂w₂₁ = ∂E/∂β₁ · b₂ = −0.226 × 0.23 = −0.05198" in text
    assert "α₁ = " in text  # through y₁, the loss depends on both hidden units
    for absent in ("∂E/∂w₁₁", "w₂₁⁺", "η", "Update", "fell"):
        assert absent not in text


# ---------------------------------------------------------------- wrapping


def test_rows_below_stand_under_the_first_equals_sign() -> None:
    links = [("", "y₁"), ("=", " + ".join(f"w₁{n}x{n}" for n in range(10, 60))), ("=", "12"), ("≈", "0.5")]
    rows = equation(links, 60, 2)
    first = rows[0].index("=")
    assert rows[0].startswith("  y₁ = w₁10x10 + ")
    assert all(row.index("+") == first + 2 for row in rows[1:-1])
    assert rows[-1].rstrip().endswith("= 12 ≈ 0.5")
    assert squeezed("".join(rows)) == squeezed("y₁=" + links[1][1] + "=12≈0.5")


@pytest.mark.parametrize("indent", [0, 2, 7])
@pytest.mark.parametrize("columns", [40, 60, 90])
@pytest.mark.parametrize("symbol", ["y", "w₁₂⁺", "∂L/∂w₁₂⁺·(a symbol of more than a third of the page)"])
def test_each_row_of_a_chain_stands_where_a_hand_would_set_it(symbol: str, columns: int, indent: int) -> None:
    """Relations under the first one, what goes on behind an operator two columns further; 4 in below a long symbol."""
    links = [("", symbol), *[("=", " + ".join(f"a{k}b{n}" for n in range(10, 40))) for k in range(3)], ("≈", "0.5")]
    rows = equation(links, columns, indent)
    hang = indent + (len(symbol) + 1 if len(symbol) < columns // 3 else 4)
    starts = [(row.lstrip()[0], len(row) - len(row.lstrip())) for row in rows[1:] if row.lstrip()[0] in "=≈+"]
    assert {at for sign, at in starts if sign in "=≈"} <= {hang}
    assert {at for sign, at in starts if sign == "+"} == {hang + 2}
    assert len(starts) > 5


@pytest.mark.parametrize("columns", range(30, 80, 7))
@pytest.mark.parametrize("terms", [3, 8, 14])
def test_what_follows_a_formula_in_several_rows_begins_its_own(terms: int, columns: int) -> None:
    """Behind the end of a sum, `c = d` would read as an equation; a number may stand there."""
    total = " + ".join(f"w{n}x{n}" for n in range(10, 10 + terms))
    for end, number in (("w · x", False), ("0.25", True), ("−12,000", True), ("1/4", True)):
        rows = equation([("", "y"), ("=", total), ("=", end)], columns)
        several = len(equation([("", "y"), ("=", total)], columns)) > 1
        assert several == (terms * 9 + 1 > columns)
        if several and not number:
            assert rows[-1] == f"  = {end}"
        else:  # it stands behind what it is equal to wherever there is room
            assert not rows[-1].startswith("  = ") or width(f"{rows[-2]} = {end}") > columns


words = st.text("abxyz₁₂", min_size=1, max_size=9)
terms = st.lists(words, min_size=1, max_size=12).map(" + ".join) | st.lists(words, min_size=1, max_size=9).map(
    " × ".join
)
formulas = st.lists(terms, min_size=1, max_size=4).map(lambda parts: " + ".join(f"({p})" for p in parts)) | terms


@settings(max_examples=300, deadline=None)
@given(st.lists(formulas, min_size=1, max_size=4), st.integers(30, 120), st.integers(0, 12))
def test_a_formula_is_wrapped_without_loss(texts: list[str], columns: int, indent: int) -> None:
    links = [("=" if n else "", text) for n, text in enumerate(texts)]
    rows = equation(links, columns, indent)
    assert max(map(width, rows)) <= columns
    assert squeezed("".join(rows)) == squeezed("=".join(texts))


@settings(max_examples=200, deadline=None)
@given(st.text("ab 中文，。（）", max_size=80), st.integers(4, 30))
def test_prose_is_wrapped_without_loss(text: str, columns: int) -> None:
    rows = fill(text, columns)
    assert max(map(width, rows)) <= columns
    assert squeezed("".join(rows)) == squeezed(text)


def test_a_number_longer_than_the_page_is_continued() -> None:
    digits = str(7**300)
    big = Value(ref("n"), parse("7**300"), (Stage("=", parse("7**300")),), Quantity(7**300, digits, "=", digits))
    text = page(
        Solution(kind="k", sections=(section("s", lines=(big,)),), answers={"n": Answer(big.quantity, main=True)})
    )
    assert squeezed(text.replace("│", "")).replace(",", "").count(digits) == 2
    assert max(map(len, text.splitlines())) <= 80


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize("format", ["plain", "terminal"])
@pytest.mark.parametrize("columns", [40, 50, 60, 80, 100, 140])
def test_a_wide_table_keeps_every_cell_or_names_its_column(columns: int, format: str) -> None:
    text = " ".join(page(counting(), format, width=columns).split())
    for head, cell in (
        ("Parameters", "6,400,040,000"), ("Activations", "40,000"), ("Bytes", "160,000"), ("Output", "(40000,)"),
        ("Multiply-accumulates", "6,480,200,000"), ("Formula", "(160,000 + 1)×40,000"), ("Layer", "linear3"),
    ):  # fmt: skip
        left_out = text.rpartition("left out: ")[2].partition(".")[0].split(", ")
        assert cell in text or head in left_out, (head, cell)
        assert not (head in left_out and columns >= 100)


def test_a_table_that_fits_has_one_row_for_a_row() -> None:
    table = Table("", ("layer", "params"), (("conv1", 78), ("linear1", 40_100), ("total", 40_178)), total=True)
    rows = page(Solution(kind="k", sections=(section("s", tables=(table,)),))).splitlines()
    assert [row.split() for row in rows[-4:]] == [
        ["conv1", "78"],
        ["linear1", "40,100"],
        [rows[-2].strip()],
        ["total", "40,178"],
    ]
    assert sum(int(row.split()[1].replace(",", "")) for row in rows[-4:-2]) == 40_178
    assert len({len(row) for row in rows[-4:]}) == 1  # numbers are flush right


def test_a_long_table_leaves_out_its_middle_unless_full() -> None:
    table = Table("", ("step", "E"), tuple((n, quantity(Fraction(n, 8))) for n in range(1000)))
    solution = Solution(kind="k", sections=(section("s", tables=(table,)),))
    short, full = page(solution), page(solution, full=True)
    assert "… 940 more rows …" in short and "999" in short
    assert len(full.splitlines()) > 1000 > 100 > len(short.splitlines())


def test_long_names_are_folded_at_their_dots_where_nothing_may_go() -> None:
    rows = (("basic1.residual1.shortcut.batch_norm1", "64 × 56 × 56", 36_864, 115_605_504), ("relu1", "512", 7, 8))
    table = Table("", (*(say(c) for c in ("Layer", "Output", "Parameters", "MACs")),), rows)
    text = page(Solution(kind="k", sections=(section("s", tables=(table,)),)), width=72).splitlines()[-3:]
    assert text[0].split() == ["basic1.residual1.shortcut.", "64", "×", "56", "×", "56", "36,864", "115,605,504"]
    assert text[1].rstrip() == "    batch_norm1" and text[2].split() == ["relu1", "512", "7", "8"]


def test_columns_that_are_asked_for() -> None:
    text = page(counting(), columns=("params", "bytes"), width=100)
    assert "Bytes" in text and "linear2" in text and "Multiply" not in text and "6,400,000,000" not in text


def test_rounded_cells_say_so() -> None:
    table = Table("", ("E",), ((quantity(Fraction(1, 3)),), (quantity(Fraction(1, 2)),)))
    assert "≈ 0.333333333333" in page(Solution(kind="k", sections=(section("s", tables=(table,)),)))


def test_chinese_columns_are_aligned() -> None:
    table = Table("", ("层", "参数"), (("卷积层", 78), ("全连接", 40_100)))
    rows = page(Solution(kind="k", sections=(section("s", tables=(table,)),))).splitlines()[-4:]
    assert {width(row) for row in rows} == {2 + 6 + 2 + 6}


# ---------------------------------------------------------------- figures


def drawn(curve: Curve, columns: int = 80) -> list[str]:
    return page(Solution(kind="k", sections=(section("s", figures=(curve,)),)), width=columns).splitlines()


def test_a_falling_curve_falls() -> None:
    rows = drawn(Curve("Loss", "step", "E", tuple(range(100)), (("E", tuple(2.0**-n for n in range(100))),), log=True))
    dots = [[at for at, c in enumerate(row) if "\u2800" < c <= "\u28ff"] for row in rows]
    means = [sum(row) / len(row) for row in dots if row]
    assert len(means) == 12 and means == sorted(means)  # a straight line from the upper left, for an exponential
    steps = [b - a for a, b in pairwise(means)]
    assert max(steps[1:-1]) < 1.5 * min(steps[1:-1])
    assert "1 ┤" in rows[rows.index("Loss") + 2] and any("step" in row for row in rows)


def test_several_series_have_marks_and_a_legend() -> None:
    text = "\n".join(
        drawn(Curve("V", "layer", "y", (0.0, 1.0, 2.0), (("forward", (1.0, 2.0, 3.0)), ("backward", (3.0, 2.0, 1.0)))))
    )
    assert "• forward   + backward" in text


@pytest.mark.parametrize("values", [(1.0, 1.0), (float("nan"), 2.0), (0.0, -1.0), (float("inf"), 0.0)])
@pytest.mark.parametrize("log", [False, True])
def test_curves_that_cannot_be_drawn_whole(values: tuple[float, ...], log: bool) -> None:
    drawn(Curve("t", "x", "y", (0.0, 1.0), (("a", values),), log))


def test_marked_cells_stand_in_brackets() -> None:
    grid = Grid("Window", (("1", "22"), ("3", "4")), ((1, 2), (2, 1)))
    assert page(Solution(kind="k", sections=(section("s", figures=(grid,)),))).splitlines()[-2:] == [
        "    1 [22]",
        "  [ 3]  4",
    ]


def test_a_warning_is_named_and_wrapped() -> None:
    note = Note(
        "warning", say("Three maps of {n} values hold {m}, which is not what is stated here.", n="40,000", m="120,000")
    )
    rows = page(Solution(kind="k", notes=(note,)), width=40).splitlines()
    assert rows[0].startswith("Warning: Three maps") and all(row.startswith(" " * 9) for row in rows[1:])


@pytest.mark.parametrize("format", ["plain", "markdown"])
def test_a_heading_over_headings_that_are_left_out_is_left_out_too(format: str) -> None:
    network = {"input": 2, "layers": [{"linear": 3}]}
    shown = hwsolve.solve({"kind": "count-params", "network": network}).to(format)
    assert "Layer by layer" in shown and "linear1 (linear)" not in shown and "Totals" not in shown
    group = Group((Value(Ref("n"), Number(2), (), quantity(2)),), detail="full")
    solution = Solution(kind="k", sections=(Step("Outer"), Step("Inner", (group,), 2), Step("Last", (Sentence("s"),))))
    assert "Outer" not in page(solution, format) and "Last" in page(solution, format)
    assert "Outer" in page(solution, format, full=True)


SHOWN = st.lists(st.tuples(st.integers(1, 3), st.booleans()), max_size=8)


@given(SHOWN)
def test_a_heading_is_shown_where_something_stands_in_its_part(sections: list[tuple[int, bool]]) -> None:
    """Slowly: what is shown makes all headings above it shown."""
    wanted = [False] * len(sections)
    for n, (level, shown) in enumerate(sections):
        for k in range(n, -1, -1) if shown else ():
            if k == n or sections[k][0] < level:
                wanted[k] = True
                level = sections[k][0]
    made = [section("title", level=level) for level, _ in sections]
    assert headings(made, ["x" if shown else "" for _, shown in sections]) == wanted


def worked(spec: str) -> Solution:
    (problem,) = read(spec.encode(), "spec")
    return work_out(problem)


LINEAR = "linear: {out_features: 1, bias: false, weight: [[1]], symbols: {weight: w}, output: y}"


@pytest.mark.parametrize("biased", [True, False])
@pytest.mark.parametrize(
    "size, layer",
    [
        ("[2, 1]", "rnn: {hidden_size: 1, weight_ih: [[1]], weight_hh: [[2]], bias: %s}"),
        ("[1, 1, 1]", "conv2d: {out_channels: 1, kernel_size: 1, weight: 1, bias: %s}"),
    ],
)
def test_no_bias_is_denied_that_stands_in_another_layer(size: str, layer: str, biased: bool) -> None:
    spec = (
        f"kind: backprop\nnetwork:\n  input: {size}\n  layers: [{layer % ('[3]' if biased else 'false')}, {LINEAR}]\n"
    )
    spec += f"input: {{full: {size}, value: 1}}\n"
    assert ("There are no biases" in page(worked(spec), columns=400)) != biased


@given(st.lists(st.integers(-9, 9), min_size=3, max_size=3, unique=True), st.sampled_from([3, 7]))
@settings(max_examples=20, deadline=None)
def test_a_fraction_behind_rounded_numbers_equals_only_what_they_give(x: list[int], parts: int) -> None:
    """The variance over a rounded mean: `≈ ((4 − 3.83333)² + …)/3 ≈ 61/18`."""
    spec = f"kind: worksheet\ngiven: {{x: {x}}}\ndefine: {{m: sum(x)/{parts}, v: sum((x - m)**2)/{parts}}}\n"
    text = page(worked(spec), columns=400).replace("−", "-").replace("×", "*").replace("²", "**2").replace("·", "*")
    for left, relation, value in re.findall(r"≈ (\(.*?\)/\d+) ([=≈]) (-?\d+(?:/\d+)?)(?= |$)", text, re.MULTILINE):
        exactly = re.sub(r"\d+(?:\.\d+)?", lambda n: f"Fraction('{n[0]}')", left.replace("**2", "**TWO"))
        found = eval(exactly.replace("TWO", "2"), {"Fraction": Fraction})
        assert (found == Fraction(value)) == (relation == "="), f"{left} {relation} {value}"
