"""Tables as text: what gives way where a page is narrow, rows that are set in or closed, and that no number is lost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.formula.parse import parse
from hwsolve.language import translate
from hwsolve.render import render
from hwsolve.render.measure import width
from hwsolve.render.options import Options
from hwsolve.render.table import drawn, fitted, on_page, only
from hwsolve.render.table_heads import heads_of
from hwsolve.solution import Solution, Step, Table, Text

LAYERS = Table(
    "",
    ("Layer", "Output", "", "Parameters", "", "Multiply-adds"),
    (
        ("conv1", "64 × 112 × 112", parse("7*7*3*64"), 9_408, parse("7*7*3*64*112*112"), 118_013_952),
        ("2 × basic", "64 × 56 × 56", "", 147_456, "", 462_422_016),
        ("conv", "64 × 56 × 56", parse("2*(3*3*64*64)"), 73_728, parse("2*(3*3*64*64*56*56)"), 231_211_008),
        ("linear1", "10", parse("(64 + 1)*10"), 650, parse("64*10"), 640),
        ("Total", "", "", 157_514, "", 580_436_608),
    ),
    total=True,
    depths=(0, 0, 1, 0, 0),
    folds=((2, 2, "… 1 layer as in conv1 (--full)"),),
    drop=(4, 2, 1),
)  # fmt: skip


def words(text: Text) -> str:
    return text if isinstance(text, str) else translate(text, "en")


def page(table: Table, room: int = 80, **more: Any) -> str:
    solution = Solution(kind="k", sections=(Step("s", (table,)),))
    return render([solution], more.pop("format", "plain"), Options(width=room, color=False, **more))


def test_an_equation_in_a_cell_is_broken_before_its_sign() -> None:
    """Where both sides have room for themselves; else wherever a row ends."""
    sides = "(L - 1)*(n**2 - n) + L*n", "L*n**2 - n**2 + n"
    equation = parse(f"{sides[0]} == {sides[1]}")
    table = Table("", ("Phase", "+", "×", "Order"), (("error", equation, equation, "O(Ln²)"), ("all", "n", "n", "n")))
    left, right = "(L − 1)(n² − n) + Ln", "= Ln² − n² + n"
    rows = page(table, 72).splitlines()
    assert [row.split("  ")[-1] for row in rows if left in row] != []
    assert not any(f"{left} = " in row for row in rows) and sum(right in row for row in rows) == 1
    assert any(f"{left} {right}" in row for row in page(table, 110).splitlines())


def prose(letters: int) -> st.SearchStrategy[str]:
    """Words of at most so many letters."""
    return st.lists(st.text("abcdefgh", min_size=1, max_size=letters), min_size=1, max_size=12).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(prose(18), prose(4), prose(4), prose(4)), min_size=1, max_size=3), st.integers(44, 90))
def test_no_word_of_a_cell_is_broken_where_all_have_room(rows: list[tuple[str, str, str, str]], room: int) -> None:
    """Words of 18, 4, 4 and 4 letters, set in by two, fit into 20 + 3 × 6 columns and 3 × 2 between them."""
    table = Table("", ("Key", "a", "b", "Why"), tuple(rows))
    shown = {word for _, cells in drawn(table, words, room) for cell in cells for word in cell.split()}
    assert {word for row in rows for cell in row for word in cell.split()} <= shown


def test_what_gives_way_in_order() -> None:
    """The columns that may go, in their order, each named; and a sentence about none where all have room."""
    terms = ["Working (Multiply-adds)", "Working (Parameters)"]
    for columns, kept, gone in (
        (140, ["Output", "Working", "Parameters", "Working", "Multiply-adds"], []),
        (80, ["Output", "Working", "Parameters", "Multiply-adds"], terms[:1]),
        (58, ["Output", "Parameters", "Multiply-adds"], terms),
        (44, ["Parameters", "Multiply-adds"], [*terms, "Output"]),
    ):
        text = page(LAYERS, columns, full=True)
        rows = text.splitlines()
        assert rows[2].split() == ["Layer", *kept]
        assert " ".join(text.split()).partition("left out: ")[2].removesuffix(".") == ", ".join(gone)
        assert max(map(width, rows)) <= columns


def test_a_formula_takes_several_rows_before_it_goes() -> None:
    """It is broken before a sign, sums first, and its value stands behind its last row; not where many would be."""
    from hwsolve.render.table_pairs import broken, paired

    assert broken("12×64×768 + 12×64 + 768×12×64 + 768", 20) == ["12×64×768 + 12×64", "  + 768×12×64 + 768"]
    assert broken("3×3×128×256×56×56", 10) == ["3×3×128", "  ×256×56", "  ×56"]
    assert paired("2 × 3×3", "73,728", 13) == ["2 × 3×3      ", "       73,728"]
    assert paired("", "5", 3) == ["  5"] and paired("", "", 3) == [""]
    rows = page(LAYERS, 62, full=True).splitlines()
    at = next(n for n, row in enumerate(rows) if "2 × 3×3×64×64" in row)
    assert "73,728" not in rows[at] and "231,211,008" in rows[at] and rows[at + 1].split() == ["73,728"]
    assert rows[at + 1].index("73,728") + len("73,728") == rows[at - 1].index("147,456") + len("147,456")
    assert "Working (Parameters)" not in page(LAYERS, 62, full=True)


@settings(max_examples=300, deadline=None)
@given(st.lists(st.lists(st.integers(1, 9999), min_size=1, max_size=5), min_size=1, max_size=5), st.integers(8, 60))
def test_a_broken_formula_is_the_formula(terms: list[list[int]], room: int) -> None:
    from hwsolve.render.table_pairs import broken, least, paired

    text = " + ".join("×".join(map(str, factors)) for factors in terms)
    made = broken(text, room)
    assert "".join("".join(made).split()) == "".join(text.split())
    room = max(room, least(text, "12,345"))
    shown = paired(text, "12,345", room)
    assert {width(row) for row in shown} == {room} and shown[-1].endswith("12,345")


def test_a_row_over_all_columns_is_not_broken_in_the_first() -> None:
    text = "… 8 layers as in the first (--full)"
    names = ("residual1.conv1 with a window and a stride", "b")
    table = Table(
        "",
        ("Layer", "", "n"),
        ((names[0], parse("12*34*56*78 + 9"), 1), (names[1], "", 2)),
        folds=((1, 1, text),),
        drop=(1,),
    )
    assert f"\n  {text}\n" in page(table, 44)


def test_heads_stand_in_two_rows_before_a_column_goes() -> None:
    table = Table("", ("Layer", "Multiply-adds", "Stored values"), (("a", 1, 2),), drop=(2,))
    rows = page(table, 26).splitlines()[2:]
    assert [row.split() for row in rows[:2]] == [["Layer", "Multiply-", "Stored"], ["adds", "values"]]
    assert "left out" not in page(table, 26) and "left out" in page(table, 20)


def test_every_column_has_a_head_of_its_own() -> None:
    """Also those of what numbers come from, in every format."""
    heads = ["Layer", "Output", "Working (Parameters)", "Parameters", "Working (Multiply-adds)", "Multiply-adds"]
    assert list(map(words, heads_of(LAYERS))) == heads
    one = only(LAYERS, [0, 2, 3])
    assert list(map(words, heads_of(one))) == ["Layer", "Working", "Parameters"]
    for format in ("markdown", "html", "latex", "typst", "json"):
        text = page(LAYERS, 140, format=format)
        assert all(text.count(head) for head in heads), format


def test_numbers_and_their_heads_are_at_the_right() -> None:
    rows = [row for row in page(LAYERS, 140, full=True).splitlines()[2:] if not row.strip().startswith("(")]
    ends = {row.rstrip()[-1:] and width(row) for row in rows[:-1]}
    assert len(ends) == 1
    assert rows[0].index("Parameters") + len("Parameters") == rows[2].index("9,408") + len("9,408")


def test_terms_stand_before_what_they_give_under_one_head() -> None:
    text = page(LAYERS, 140, full=True)
    rows = [" ".join(row.split()) for row in text.splitlines()]
    assert "conv1 64 × 112 × 112 7×7×3×64 9,408 7×7×3×64×112×112 118,013,952" in rows
    assert any("2 × 3×3×64×64 73,728" in row for row in rows) and any("(64 + 1)×10 650" in row for row in rows)


def test_rows_are_set_in_and_closed() -> None:
    short, full = page(LAYERS, 140), page(LAYERS, 140, full=True)
    assert "\n    … 1 layer as in conv1 (--full)\n" in short and "73,728" not in short
    assert "\n    conv " in full and "as in conv1" not in full


def test_a_row_of_words_takes_the_room_of_all_columns() -> None:
    text = "… 8 layers as in the first of the blocks (--full)"
    table = Table("", ("Layer", "n"), (("a", 1), ("b", 2)), folds=((1, 1, text),))
    assert f"\n  {text}\n" in page(table)
    assert page(table).splitlines()[2].split() == ["Layer", "n"]
    assert width(page(table).splitlines()[2]) < 12


def test_what_is_empty_or_0_throughout_is_left_out() -> None:
    table = Table("", ("Phase", "×", "+", "÷"), (("forward", 3, 0, ""), ("back", 4, 0, "")))
    assert page(table).splitlines()[2].split() == ["Phase", "×"]
    assert page(table, format="markdown").splitlines()[2] == "| Phase | × |"


def test_a_column_that_is_not_asked_for_takes_its_terms_along() -> None:
    text = page(LAYERS, 140, full=True, columns=("params",))
    assert "9,408" in text and "7×7×3×64 " in text and "118,013,952" not in text and "112×112" not in text


def test_what_is_not_known_keeps_a_column_of_numbers() -> None:
    rows = page(Table("", ("Layer", "n"), (("a", 100), ("b", "?"), ("c", "–")))).splitlines()
    assert [row[-1] for row in rows[-3:]] == ["0", "?", "–"] and len({len(row) for row in rows[-3:]}) == 1


NAMES = st.lists(
    st.sampled_from(["conv1", "batch_norm1", "a.b.c.d", "3 × long words here", "1×1, stride 2"]), min_size=1, max_size=5
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    names = draw(NAMES)
    columns = draw(st.lists(st.sampled_from(["text", "number", "terms"]), min_size=1, max_size=6))
    heads: list[str] = ["Layer"]
    cells: list[list[Any]] = [list(names)]
    for n, kind in enumerate(columns):
        numbers = [draw(st.integers(1, 10**12)) for _ in names]
        if kind == "terms":
            heads.append("")
            cells.append([parse(f"2*{k}") for k in numbers])
        heads.append(f"Head {n} of some words" if n % 2 else f"H{n}")
        cells.append([f"{k} × {k}" for k in numbers] if kind == "text" else numbers)
    drop = draw(st.permutations(range(1, len(heads))))
    return Table("", tuple(heads), tuple(zip(*cells, strict=True)), drop=tuple(drop[: draw(st.integers(0, 6))]))


def numbers_of(cell: Any) -> Iterator[str]:
    """The numbers of a cell as the JSON has them, with the commas of a page."""
    if isinstance(cell, int):
        yield f"{cell:,}"


@given(tables(), st.integers(40, 140))
def test_every_number_is_on_the_page_or_its_column_is_named(table: Table, columns: int) -> None:
    kept, dropped = fitted(on_page(table, True), words, columns - 2)
    rows = ["  ".join(cells) for _, cells in drawn(kept, words, columns - 2)]
    assert max(map(width, rows)) <= columns - 2
    text, gone = page(table, columns, full=True), {words(name) for name in dropped}
    data = json.loads(page(table, columns, full=True, format="json"))["sections"][0]["tables"][0]
    for row in data["rows"]:
        for head, cell in zip(data["columns"], row, strict=True):
            assert head in gone or all(number in text for number in numbers_of(cell)), (head, cell)
    assert all(head in " ".join(text.split()) for head in gone)
