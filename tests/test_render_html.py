"""HTML: one file that asks for nothing, in which formulas are MathML, links lead somewhere, and text stays text."""

from __future__ import annotations

import re
from collections import Counter
from contextlib import suppress
from fractions import Fraction
from functools import cache
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from operator import ge, gt, le, lt
from xml.etree import ElementTree

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.figures import Curve, Grid
from hwsolve.formula.notation import latex, plain
from hwsolve.formula.notation.mathml import mathml
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number
from hwsolve.language import Message, say
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, blocks, render
from hwsolve.render.html import LARGEST, LINE, spread, styles
from hwsolve.render.html_parts import columns, cut, elements, inline, marked, tied
from hwsolve.solution import Note, Solution, Table, Value
from tests.conftest import PROBLEMS
from tests.reading_markup import Letters, checked, latex_skeleton, mathml_skeleton, worked_out
from tests.render_samples import counting, derivation, homework, quantity, section
from tests.test_notation import known, trees

SPECS = [
    *("homework-2/2.1-backprop.yaml", "homework-2/2.2-log-softmax.yaml", "homework-2/2.3-complexity.yaml"),
    *("homework-2/2.4-convolution-gradient.yaml", "homework-2/2.5-max-pooling.yaml", "homework-3/3.2-prelu.yaml"),
    *("homework-3/3.3-resnet18.yaml", "textbook/mml-chapter-5.yaml", "textbook/dead-relu.yaml"),
]
VOID = {"meta", "br", "rect", "path", "polyline", "polygon", "circle", "line"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "article", "section", "nav", "h1", "h2", "h3", "h4"),
    *(
        "ul",
        "li",
        "a",
        "p",
        "div",
        "span",
        "strong",
        "code",
        "details",
        "summary",
        "table",
        "caption",
        "thead",
        "tbody",
    ),
    *(
        "tr",
        "th",
        "td",
        "figure",
        "figcaption",
        "svg",
        "desc",
        "rect",
        "path",
        "polyline",
        "polygon",
        "circle",
        "text",
        "tspan",
        "math",
    ),
}


class Page(HTMLParser):
    """What is in a page; every element that is opened must be closed in its place."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.found: list[tuple[str, dict[str, str]]] = []
        self.text: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "style" not in self.open:
            self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.found if name == tag]


@cache
def solved(spec: str) -> tuple[Solution, ...]:
    return tuple(hwsolve.solve_all(PROBLEMS / spec))


def written(solutions: list[Solution] | tuple[Solution, ...], **options: object) -> str:
    return render(list(solutions), "html", Options(**options))  # type: ignore[arg-type]


def inner_math(page: str) -> list[str]:
    return re.findall(r"<math[^>]*>(.*?)</math>", page, re.S)


@pytest.mark.parametrize("spec", SPECS)
def test_a_page_asks_for_nothing_and_leads_somewhere(spec: str) -> None:
    text = written(solved(spec), checks=True)
    page = Page(text)
    assert "<script" not in text and "url(" not in text and " src" not in text and "@import" not in text
    assert not re.search(r"http(?!-equiv)", re.sub(r"<[a-z]+|[^<>]*(?=</)", "", text))
    (policy,) = [m["content"] for m in page.all("meta") if m.get("http-equiv") == "Content-Security-Policy"]
    assert policy.startswith("default-src 'none'") and "script" not in policy
    ids = [attributes["id"] for _, attributes in page.found if "id" in attributes]
    assert [name for name, n in Counter(ids).items() if n > 1] == []
    links = [a["href"] for a in page.all("a")]
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    referred = [a[k] for _, a in page.found for k in ("aria-labelledby", "aria-describedby") if k in a]
    assert set(referred) <= set(ids)
    assert page.all("html") == [{"lang": "en"}] and len(page.all("title")) >= 1


@pytest.mark.parametrize("spec", SPECS)
def test_elements_are_known_and_headings_are_in_order(spec: str) -> None:
    page = Page(written(solved(spec)))
    math = {"mi", "mn", "mo", "mtext", "mrow", "mspace", "mphantom", "mtable", "mtr", "mtd", "msub", "msup", "mfrac"}
    math |= {"msubsup", "munder", "mover", "munderover", "msqrt"}
    assert {tag for tag, _ in page.found} <= ALLOWED | math
    levels = [int(tag[1]) for tag, _ in page.found if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and all(b <= a + 1 for a, b in pairwise(levels))
    assert len(page.all("h1")) == len(solved(spec))
    assert all(th.get("scope") in ("col", "row") for th in page.all("th"))
    assert len(page.all("svg")) == len(page.all("desc")) and all(svg["role"] == "img" for svg in page.all("svg"))


@pytest.mark.parametrize("spec", [*SPECS, "textbook/overlapping-max-pooling.yaml", "textbook/nielsen-784-30-10.yaml"])
def test_links_drawings_and_heads_of_tables_have_a_name_that_is_read_out(spec: str) -> None:
    text = written(solved(spec))
    for attributes, inner in re.findall(r"<a ([^>]*)>(.*?)</a>", text):
        words = re.sub(r"<math.*?</math>", "", inner)  # mathematics alone is no name
        assert words.strip() or re.search('aria-label="[^"]+"', attributes), inner
    named = re.findall(r"<(title|th)\b[^>]*>(.*?)</\1>", text, re.S)
    assert named and all(name.strip() for _, name in named)


@pytest.mark.parametrize("spec", SPECS)
def test_drawings_are_xml_whose_rows_of_text_have_parts_of_their_own_look(spec: str) -> None:
    text = written(solved(spec))
    drawings = [ElementTree.fromstring(found) for found in re.findall(r"<svg.*?</svg>", text, re.S)]
    assert len(drawings) == text.count("<svg")
    for drawing in drawings:
        holders = [e for e in drawing.iter() if any(part.tag == "tspan" for part in e)]
        assert all(e.tag == "text" for e in holders)
        for e in holders:  # one part alone would need no element of its own
            looks = [part.get("class") for part in e]
            assert len(looks) > 1 and len(set(looks)) > 1 and all(part.text and not len(part) for part in e)


def formulas(value: object) -> list[Formula]:
    """All formulas in blocks."""
    if isinstance(value, Formula):
        return [value]
    if isinstance(value, Message):
        return formulas(tuple(value.values.values()))
    if isinstance(value, tuple | list):
        return [f for part in value for f in formulas(part)]
    fields = getattr(value, "__struct_fields__", ())
    return [f for name in fields if name not in ("key", "figure") for f in formulas(getattr(value, name))]


@pytest.mark.parametrize("spec", SPECS)
def test_the_mathematics_of_a_page_is_xml_and_says_what_the_formulas_say(spec: str) -> None:
    text = written(solved(spec))
    shown = Counter(mathml_skeleton(re.sub(r"^<mo>[=≈⟺→≤≥]</mo>|^<mo>&[lg]t;</mo>", "", m)) for m in inner_math(text))
    assert len(shown) > 5
    for solution in solved(spec):
        for f in formulas(list(blocks.Page(solution, Options(), folds=True).blocks())):
            skeleton = latex_skeleton(latex(f))
            assert shown[skeleton] or pieces_of(skeleton, shown), (skeleton, plain(f))


def pieces_of(skeleton: str, shown: Counter[str]) -> bool:
    """Whether a long sum stands on the page in pieces."""
    start = 0
    while start < len(skeleton):
        ends = [n for n in range(len(skeleton), start, -1) if shown[skeleton[start:n]]]
        if not ends:
            return False
        start = ends[0]
    return True


LINE_OF = re.compile(r'<div class="line[^"]*"[^>]*>(.*?)</div>', re.S)
LINK = re.compile(r"<math[^>]*>(<mo>([^<]*)</mo>)?(.*?)</math>", re.S)
JOINED = {"=": 0, "≈": Fraction(1, 10**4)}
ORDERED = {"<": lt, ">": gt, "≤": le, "≥": ge}


def numeric_links(line: str) -> list[tuple[str, object]]:
    """The links of a line that hold numbers alone, with their relations; pieces of one link are put together."""
    chain = line.split('<span class="why">')[0].split('<span class="rhs">')[-1]
    links: list[tuple[str, str]] = []
    for _, relation, inner in LINK.findall(chain):
        sign = unescape(relation)
        if 'form="infix"' in inner and links:
            links[-1] = (links[-1][0], links[-1][1] + inner)
        elif sign:
            links.append((sign, inner))
    found: list[tuple[str, object]] = []
    for sign, inner in links:
        with suppress(Letters):
            found.append((sign, worked_out(re.sub(r"^<mrow>(.*?)</mrow>(?=<mo form)", r"\1", inner))))
    return found


def near(a: object, b: object, share: Fraction | int) -> bool:
    """Whether two numbers or arrays are equal, or differ by no more than a share."""
    if isinstance(a, list) and isinstance(b, list):
        return len(a) == len(b) and all(near(x, y, share) for x, y in zip(a, b, strict=True))
    assert isinstance(a, Fraction) and isinstance(b, Fraction)
    return abs(a - b) <= share * max(abs(a), abs(b), Fraction(1, 100))


@pytest.mark.parametrize(
    "spec", ["homework-2/2.1-backprop.yaml", "textbook/dead-relu.yaml", "textbook/mazur-2-2-2.yaml"]
)
def test_links_of_numbers_on_the_page_have_one_value(spec: str) -> None:
    compared = 0
    for line in LINE_OF.findall(written(solved(spec), full=True)):
        for (_, before), (sign, after) in pairwise(numeric_links(line)):
            assert ORDERED[sign](before, after) if sign in ORDERED else near(before, after, JOINED[sign]), line
            compared += 1
    assert compared > 15


PARTS = st.tuples(st.sampled_from(["text", "code", "math"]), st.text("ab <&(,.)：（” ", min_size=1, max_size=4))


@given(st.lists(PARTS, max_size=6))
def test_a_formula_is_tied_to_the_signs_around_it_and_nothing_else_changes(parts: list[tuple[str, str]]) -> None:
    parts = [(kind, f"<math>{n}</math>" if kind == "math" else text) for n, (kind, text) in enumerate(parts)]
    made = tied(parts)
    plainly = "".join([text if kind == "math" else marked(kind, text) for kind, text in parts])
    assert re.sub('<span class="tie">|</span>', "", made) == plainly
    loose = re.sub('<span class="tie">.*?</span>', "", made)
    for before, (kind, text) in pairwise(parts):
        if before[0] == "math" and kind == "text" and text[0] in ",.)：”":
            assert before[1] not in loose


@pytest.mark.parametrize("spec", SPECS)
def test_no_formula_is_wider_than_its_cell_and_none_is_parted_from_its_comma(spec: str) -> None:
    page = written(solved(spec))
    assert not re.search(r"</math>[.,;:!?)]", re.sub('<span class="tie">.*?</span>', "", page))
    cells = re.findall(r"<t[dh][^>]*>(.*?)</t[dh]>", "".join(re.findall(r"<tbody>.*?</tbody>", page, re.DOTALL)))
    assert all(cell.startswith("<div>") for cell in cells if "<math" in cell)
    assert "min-width:min-content" in styles().split("@media(max-width")[1]


@settings(max_examples=200, deadline=None)
@given(trees)
def test_a_long_piece_is_cut_into_pieces_that_say_the_same(f: Formula) -> None:
    text = mathml(f)
    assert "".join(elements(text)) == text
    assert mathml_skeleton("".join(cut(text))) == mathml_skeleton(text)
    assert all(checked(piece) is not None for piece in cut(text))
    assert mathml_skeleton(re.sub("</?math>", "", inline(text))) == mathml_skeleton(text)


@pytest.mark.parametrize(
    "text", ["x*({})", "-(1*({}) + 2*({}))", "max(0, {} - ({}))", "exp(2)*tanh({})", "v*(w*({}) + u*(1 - tanh({})))"]
)
def test_sums_in_parentheses_are_cut_at_their_signs(text: str) -> None:
    f = parse(text.replace("{}", " + ".join([f"0.{n}1234567*W[{n},1]" for n in range(2, 9)])))
    assert columns(mathml(f)) > 100 and max(map(columns, cut(mathml(f)))) < 45
    assert inline(mathml(f)).count("<math>") > 6


def test_a_formula_in_pieces_is_tied_to_the_signs_around_it() -> None:
    pieces = "<math><mi>a</mi></math><math><mi>b</mi></math><math><mi>c</mi></math>"
    assert tied([("text", "as ("), ("math", pieces), ("text", "), so")]) == (
        'as <span class="tie">(<math><mi>a</mi></math></span><math><mi>b</mi></math>'
        '<span class="tie"><math><mi>c</mi></math>),</span> so'
    )


@pytest.mark.parametrize("spec", SPECS[:1])
def test_each_line_has_the_id_of_its_key(spec: str) -> None:
    (solution,) = solved(spec)
    ids = {a["id"] for _, a in Page(written([solution], full=True)).found if "id" in a}
    keys = [plain(line.key) for line in solution.lines if isinstance(line, Value)]
    assert len(keys) > 20 and set(keys) <= ids


def test_several_solutions_are_articles_of_one_file() -> None:
    page = Page(written([homework(), counting(), homework()]))
    ids = [a["id"] for _, a in page.found if "id" in a]
    assert len(page.all("article")) == len(page.all("h1")) == 3 and len(ids) == len(set(ids))
    assert [a["href"] for a in page.all("a")][:3] == ["#s1-top", "#s2-top", "#s3-top"]


def test_text_of_a_spec_is_text() -> None:
    attack = "<script>alert(1)</script><img src=x onerror=alert(1)> & \"quoted\" 'x'"
    table = Table(attack, (attack,), ((attack,),))
    figures = (
        Grid(attack, ((attack,),)),
        Curve(attack, attack, attack, (0.0, 1.0), ((attack, (1.0, 2.0)), (attack, (2.0, 1.0)))),
    )
    solution = Solution(
        kind="k",
        title=attack,
        sections=(section(attack, tables=(table,), figures=figures),),
        notes=(Note("info", attack), Note("warning", say("{x} `{y}`", x=attack, y=attack))),
    )
    page = Page(written([solution]))
    assert not {"script", "img"} & {tag for tag, _ in page.found}
    assert not any(name.startswith("on") for _, attributes in page.found for name in attributes)
    assert "".join(page.text).count("<script>alert(1)</script>") >= 10


def test_what_is_for_the_full_page_is_folded_and_a_short_fold_is_open() -> None:
    (solution,) = solved("homework-2/2.1-backprop.yaml")
    page = Page(written([solution]))
    assert page.all("details") and len(page.all("summary")) == len(page.all("details"))
    assert not any("open" in d for d in page.all("details"))  # elements of arrays whose numbers stand above
    assert any("open" in d for d in Page(written(solved("textbook/mazur-2-2-2.yaml"))).all("details"))
    assert Page(written([solution], full=True)).all("details") == []
    (unasked,) = [fold for fold in re.findall(r"<details.*?</summary>", written([solution])) if " details" in fold][:1]
    assert re.match(r'<details><summary>(<span class="tie">)?<math>', unasked)
    assert "details::details-content" in styles().split("@media print")[1]


def test_steps_that_nobody_asked_for_are_left_to_the_full_page() -> None:
    (solution,) = solved("homework-2/2.4-convolution-gradient.yaml")
    heads = [re.sub(r"<[^>]*>", "", head) for head in re.findall(r"<h2.*?</h2>", written([solution]))]
    assert [head[0] for head in heads if head[:1].isdigit()] == ["1", "2", "3", "4", "5"]
    assert "shape.y" not in written([solution]) and "Shape" in written([solution], full=True)


def test_a_wide_table_leaves_out_columns_and_names_them() -> None:
    (solution,) = hwsolve.solve_all(PROBLEMS / "models/resnet18.yaml")
    text = written([solution])
    assert "Too wide for this page and left out: Working (Multiply-adds)." in text and "1,814,073,344" in text


def test_a_page_that_would_be_huge_leaves_out_what_is_folded() -> None:
    def of(n: int) -> Solution:
        lines = tuple(Value(parse(f"x[{k}]"), parse("2*3"), (), quantity(6), aside=True) for k in range(1, n + 1))  # type: ignore[arg-type]
        return Solution(kind="k", title="t", sections=(section("s", lines=lines),))

    assert "<details" in written([of(100)]) and "<details" not in written([of(LARGEST // LINE + 100)])


def test_figures_are_drawn_with_their_values_read_out() -> None:
    text = written([derivation()])
    drawn = [ElementTree.fromstring(svg) for svg in re.findall(r"<svg.*?</svg>", text, re.S)]
    curve, grid = drawn
    rects = list(grid.iter("rect"))
    assert len(rects) == 9 and [r.get("class") for r in rects].count("cell marked") == 4
    assert [t.text for t in grid.iter("text")] == [str(n) for n in range(9)]
    assert "0, 1, 2; 3, 4, 5; 6, 7, 8" in str(next(grid.iter("desc")).text)
    (line,) = curve.iter("polyline")
    places = [tuple(map(float, p.split(","))) for p in str(line.get("points")).split()]
    assert len(places) == 101 and all(x0 < x1 and y0 < y1 for (x0, y0), (x1, y1) in pairwise(places))
    width, height = map(float, str(curve.get("viewBox")).split()[2:])
    assert all(0 <= x <= width and 0 <= y <= height for x, y in places)
    assert "0: 0.3" in str(next(curve.iter("desc")).text)


def test_chinese_pages_say_so() -> None:
    text = written([homework()], language="zh")
    assert Page(text).all("html") == [{"lang": "zh-Hans"}] and "习题 2.1" in text


def luminance(colour: str) -> float:
    """Relative luminance by WCAG 2."""
    digits = colour if len(colour) == 6 else "".join(c * 2 for c in colour)
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_text_stands_out_from_what_is_behind_it() -> None:
    schemes = [dict(re.findall(r"--(\w+):#([0-9a-f]{3,6})", block)) for block in styles().split("@media")[:2]]
    assert len(schemes) == 2
    for colours in schemes:
        assert {"ink", "soft", "paper", "card", "mark"} <= set(colours)
        pairs = [(front, back) for front in ("ink", "accent") for back in ("paper", "card", "mark", "stripe")]
        pairs += [("soft", "paper"), ("soft", "stripe"), ("warn", "paper"), *((f"line{n}", "paper") for n in range(6))]
        for front, back in pairs:
            low, high = sorted((luminance(colours[front]), luminance(colours[back])))
            assert (high + 0.05) / (low + 0.05) >= 4.5, (front, back)


def test_a_list_of_formulas_in_a_sentence_is_mathematics() -> None:
    note = Note("info", say("as {f}", f=(parse("x > 0"), parse("y > 0"))))
    maths = inner_math(written([Solution(kind="k", title="t", notes=(note,))]))
    assert len(maths) >= 1 and all(checked(m) is not None for m in maths)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("+-"), trees), min_size=2, max_size=4), st.booleans())
def test_a_long_fraction_or_negative_is_spread_to_an_equal_sum(parts: list[tuple[str, Formula]], over: bool) -> None:
    total = parts[0][1]
    for sign, part in parts[1:]:
        total = Call(sign, (total, part))
    f = Call("/", (total, Number(7))) if over else Call("neg", (total,))
    found = spread(f)
    assert isinstance(found, Call) and found.name in "+-" and known(found) == known(f)


@pytest.mark.parametrize(
    "spec", ["homework-2/2.1-backprop", "homework-2/2.3-complexity", "homework-1/1.2-convolutional"]
)
def test_a_narrow_screen_scrolls_drawings_and_stacks_wide_tables(spec: str) -> None:
    """Letters of a drawing keep 11 of their 12 px; a cell of a table that stacks says what its column is."""
    (problem,) = read((PROBLEMS / f"{spec}.yaml").read_bytes(), spec)
    text = written([work_out(problem)])
    for across, least in re.findall(
        r'<div class="drawing" tabindex="0"><svg [^>]*width="(\d+)" style="min-width:(\d+)px"', text
    ):
        assert int(least) >= int(across) * 11 / 12
    assert text.count('<div class="drawing"') == text.count("<svg")
    tables = re.findall(r'<div class="table stacks" tabindex="0">(.*?)</table>', text, re.S)
    for table in tables:
        heads = re.findall(r'<th scope="col"[^>]*>(.*?)</th>', table)
        for row in re.findall(r"<tr>(<t[hd].*?)</tr>", table.partition("<tbody>")[2], re.S):
            assert re.findall(r'data-head="(.*?)"', row) == heads
    assert bool(tables) == (spec != "homework-2/2.1-backprop")
