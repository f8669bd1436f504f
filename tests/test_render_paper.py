"""Pages for a printer (LaTeX, Typst, PDF): they hold what was worked out, print any text as text, and are compiled."""

from __future__ import annotations

import io
import re
import shutil
import subprocess
import unicodedata
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest

from hwsolve import solve, solve_all
from hwsolve.errors import CallError
from hwsolve.render import Options, blocks, pdf, render
from hwsolve.solution import Group, Sentence, Solution, Step, Table, Value
from tests.conftest import ROOT, Run
from tests.render_samples import homework

HOMEWORK = sorted((ROOT / "problems").glob("homework-*/*.yaml"))
HOSTILE = (
    '#read("/etc/passwd")',
    "\\input{/etc/passwd}",
    "<script>alert(1)</script>",
    "$x$ *bold* _it_ `code` @ref <label> // /* \\ ~ % & ^ { } \\end{document}",
    '") #panic("',
    "\\immediate\\write18{ls} ## #{1/0} $[",
)
TYPST = "the package typst (extra pdf) is not installed"


@cache
def solved(path: Path) -> list[Solution]:
    return list(solve_all(path))


def squeezed(text: str) -> str:
    """Letters, digits and signs without the styles of mathematics and the gaps between lines."""
    plain = unicodedata.normalize("NFKC", text).replace("−", "-").replace("⋅", "·")
    return re.sub(r"[\s\u200b\u00ad]", "", plain)


def text_of(data: bytes) -> str:
    reader: Any = pytest.importorskip("pypdf", reason="pypdf is not installed").PdfReader(io.BytesIO(data))
    return "\n".join(page.extract_text() for page in reader.pages)


def pdf_of(solutions: list[Solution], **options: Any) -> bytes:
    pytest.importorskip("typst", reason=TYPST)
    made = render(solutions, "pdf", Options(**options))
    assert isinstance(made, bytes)
    return made


def titled(title: str) -> Solution:
    return msgspec.structs.replace(homework(), title=title)


# ---------------------------------------------------------------- PDF


@pytest.mark.parametrize("path", HOMEWORK, ids=lambda p: p.stem)
def test_the_pdf_holds_the_title_each_step_and_each_answer(path: Path) -> None:
    solutions = solved(path)
    text = squeezed(text_of(pdf_of(solutions, full=True)))
    for s in solutions:
        title = s.title["en"] if isinstance(s.title, dict) else str(s.title)
        assert squeezed(title) in text
        for block in blocks.Page(s, Options(full=True)).blocks():
            if isinstance(block, blocks.Heading):
                assert squeezed(str(block.text)) in text
        shown = [a for a in s.answers.values() if a.main]
        for answer in shown:
            for q in leaves(answer.value):
                assert squeezed(number(q.text)) in text, (path.stem, q.text)
        groups = [item for step in s.sections for item in step.items if isinstance(item, Group)]
        for line in [line for group in groups if group.detail != "data" for line in group.lines]:
            if isinstance(line, Value) and not line.aside and path.stem != "3.3-resnet18":
                for q in leaves(line.quantity):
                    assert squeezed(number(q.text)) in text, q.text


def leaves(value: Any) -> list[Any]:
    if isinstance(value, list | tuple):
        return [leaf for part in value for leaf in leaves(part)]
    return [value] if hasattr(value, "relation") else []


def number(text: str) -> str:
    from hwsolve.formula.notation.unicode import number_text

    return number_text(text)


def test_the_same_solution_gives_the_same_bytes() -> None:
    first, second = pdf_of([homework()]), pdf_of([homework()])
    assert first == second and first.startswith(b"%PDF-")


@pytest.mark.parametrize("title", HOSTILE)
def test_hostile_titles_print_as_text(title: str) -> None:
    assert squeezed(title) in squeezed(text_of(pdf_of([titled(title)])))
    assert "root:" not in text_of(pdf_of([titled(title)]))


def test_the_source_can_read_nothing() -> None:
    typst = pytest.importorskip("typst", reason=TYPST)
    for source in ('#read("/etc/passwd")', '#read("passwd")', '#image("/a.png")'):
        with pytest.raises(typst.TypstError):
            pdf.compiled(source, "pdf")


def test_what_typst_warns_of_is_an_error() -> None:
    pytest.importorskip("typst", reason=TYPST)
    with pytest.raises(RuntimeError, match="typst"):
        pdf.compiled('#set text(font: "No Such Font")\nx', "pdf")


@pytest.mark.parametrize("path", [p for p in HOMEWORK if "2.1" in p.stem or "2.4" in p.stem], ids=lambda p: p.stem)
def test_chinese_pages_have_every_character(path: Path) -> None:
    typst = pytest.importorskip("typst", reason=TYPST)
    if not set(typst.Fonts().families()) & set(pdf.FAMILIES):
        pytest.skip("no font with Chinese characters is installed")
    text = text_of(pdf_of(solved(path), language="zh", full=True))
    assert "前向传播" in text and "\0" not in text and "\ufffd" not in text


def test_without_a_chinese_font_it_is_refused() -> None:
    with pytest.raises(CallError, match="Noto Serif CJK SC"):
        pdf.family(["New Computer Modern", "DejaVu Sans Mono"])
    assert pdf.family(["DejaVu Sans", "SimSun", "Noto Sans CJK SC"]) == "SimSun"


@pytest.mark.parametrize("path", [p for p in HOMEWORK if p.stem[:3] in ("2.4", "3.2", "3.3")], ids=lambda p: p.stem)
def test_nothing_is_cut_off(path: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    reader = pypdf.PdfReader(io.BytesIO(pdf_of(solved(path), full=True)))
    left, right = 60.0, 595.3 - 60.0  # the margins are 62 pt
    for page in reader.pages:
        found: list[tuple[float, float, str]] = []

        def visit(text: str, cm: Any, tm: Any, font: Any, size: Any, found: Any = found) -> None:
            if text.strip():
                found.append((tm[4] * cm[0] + cm[4], tm[5], text))

        page.extract_text(visitor_text=visit)
        assert found
        for x, _, text in found:
            assert left <= x <= right, text


def test_what_leads_to_a_table_or_an_equation_stays_on_its_page() -> None:
    """A page is filled line by line until the words would stand alone at its end."""
    pypdf: Any = pytest.importorskip("pypdf", reason="pypdf is not installed")
    table = Table("The table", ("a", "b"), (("first", "1"), ("second", "2")))
    line = homework().sections[1].lines[0]
    followers: list[tuple[Any, ...]] = [(table,), (Sentence("The table"), Group((line,), None))]
    for follower, first in zip(followers, ("first", "0.025538"), strict=True):
        broken = set()
        for lines in range(36, 44):
            filled = tuple(Sentence(f"Line {n}.") for n in range(lines))
            solution = Solution(kind="k", title="t", sections=(Step("Filled", (*filled, *follower)),))
            texts = [page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf_of([solution]))).pages]
            broken.add(len(texts))
            assert all("The table" not in text or first in text.split("The table")[1] for text in texts), lines
        assert broken == {1, 2}


@pytest.mark.parametrize("step", ["k", "B1", "k-1", "all", "14"])
def test_the_mark_of_a_step_is_set_whatever_it_is(step: str) -> None:
    from hwsolve.formula.notation.typst import typst
    from hwsolve.formula.tree import Number, Ref

    source = f"${typst(Ref(f'w@{step}', (Number(1, 1), Number(2, 1))))} {typst(Ref(f'w1@{step}'))}$"
    pytest.importorskip("typst", reason=TYPST)
    assert squeezed(text_of(b"".join(pdf.compiled(source, "pdf")))).count(f"⟨{step}⟩") == 2


def test_without_the_extra_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pdf, "find_spec", lambda name: None)
    with pytest.raises(CallError, match=re.escape("pip install 'hwsolve[pdf]'")):
        pdf.demand()


def test_the_command_line_writes_bytes(tmp_path: Path, hwsolve: Run) -> None:
    pytest.importorskip("typst", reason=TYPST)
    spec = ROOT / "problems/homework-2/2.2-sigmoid.yaml"
    done = hwsolve("solve", str(spec), "--format", "pdf", "--output", str(tmp_path / "a.pdf"))
    assert (done.returncode, done.stdout) == (0, "")
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF-")
    done = hwsolve("batch", str(spec), "--format", "pdf", "--output", str(tmp_path / "out"))
    assert done.returncode == 0
    assert [p.name for p in (tmp_path / "out").iterdir()] == ["2.2-sigmoid.pdf"]
    done = hwsolve("batch", str(spec), "--format", "pdf")
    assert done.returncode == 2 and "--output DIR" in done.stderr


def test_a_pdf_is_no_text_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typst", reason=TYPST)
    from hwsolve.commands.common import Common
    from hwsolve.commands.solving import check_format

    monkeypatch.setattr("sys.stdout", Terminal())
    with pytest.raises(CallError, match="--output FILE"):
        check_format(Common(format="pdf"))
    check_format(Common(format="pdf", output="a.pdf"))


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


# ---------------------------------------------------------------- Typst and LaTeX as text


@pytest.mark.parametrize("title", HOSTILE)
def test_text_of_a_problem_stands_in_strings_alone(title: str) -> None:
    from hwsolve.formula.notation.typst import quoted
    from hwsolve.render.typst_head import HEAD

    source = str(render([titled(title)], "typst"))
    body = source.removeprefix(HEAD)
    outside = re.sub(r'"(?:\\.|[^"\\])*"', '""', body)
    assert quoted(title) in body
    assert not re.search(r"read|input|script|panic|write18|bold", outside)


def test_latex_has_no_command_of_a_title() -> None:
    for title in HOSTILE:
        source = str(render([titled(title)], "latex"))
        assert not re.search(r"(?<!\\textbackslash\{\})\\(input|immediate|write18)", source)
        assert source.count("\\end{document}") == 1


def test_latex_is_an_article_with_aligned_equations() -> None:
    source = str(render([homework()], "latex"))
    packages = set(re.findall(r"\\usepackage(?:\[[^]]*\])?\{([^}]*)\}", source))
    assert packages == {"amsmath,amssymb,array,graphicx,longtable", "fontenc", "lmodern"}
    assert "{ctex}" in str(render([homework()], "latex", Options(language="zh")))
    assert source.count("\\begin{align*}") == source.count("\\end{align*}") > 0
    assert "\\tag*{\\small (linear layer)}" in source
    for environment in re.findall(r"\\begin\{align\*\}(.*?)\\end\{align\*\}", source, re.DOTALL):
        assert all(
            row.count("&") - row.count("\\&") == 1 for row in re.split(r"\\\\", environment) if "pmatrix" not in row
        )


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex", "lualatex"])
def test_latex_compiles(engine: str, tmp_path: Path) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed (apt-get install texlive-xetex texlive-luatex)")
    solutions = [s for path in HOMEWORK if path.stem[:3] in ("2.1", "2.4", "3.2") for s in solved(path)]
    solutions += [titled(title) for title in HOSTILE]
    log = compiled(engine, str(render(solutions, "latex")), tmp_path)
    assert "Missing character" not in log
    wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert all(w < 15 for w in wide), wide  # points: a title of signs alone is broken nowhere
    text = squeezed(text_of((tmp_path / "page.pdf").read_bytes()))
    for s in solutions[: -len(HOSTILE)]:
        title = s.title["en"] if isinstance(s.title, dict) else str(s.title)
        assert squeezed(title) in text
        for answer in s.answers.values():
            for q in leaves(answer.value) if answer.main else ():
                assert squeezed(number(q.text)) in text
    assert "/etc/passwd" in text and "root:" not in text


def test_chinese_latex_compiles(tmp_path: Path) -> None:
    if shutil.which("xelatex") is None:
        pytest.skip("xelatex is not installed (apt-get install texlive-xetex)")
    if subprocess.run(["kpsewhich", "ctex.sty"], capture_output=True).returncode:
        pytest.skip("ctex is not installed (apt-get install texlive-lang-chinese)")
    solutions = [s for path in HOMEWORK if path.stem[:3] == "2.1" for s in solved(path)]
    log = compiled("xelatex", str(render(solutions, "latex", Options(language="zh"))), tmp_path)
    assert "Missing character" not in log
    if shutil.which("pdftotext"):  # pypdf does not know the characters of its fonts
        done = subprocess.run(["pdftotext", "page.pdf", "-"], cwd=tmp_path, capture_output=True)
        assert "前向传播" in squeezed(done.stdout.decode())


WIDE_PAGES = (
    *("models/resnet50", "models/swin_t", "homework-2/2.5-max-pooling", "homework-3/3.3-resnet18"),
    *("language/layer-norm-by-hand", "textbook/lstm-one-step"),
)


@pytest.mark.parametrize("engine", ["pdflatex", "xelatex"])
@pytest.mark.parametrize("name", WIDE_PAGES)
def test_nothing_is_wider_than_a_page_of_latex(name: str, engine: str, tmp_path: Path) -> None:
    if shutil.which(engine) is None:
        pytest.skip(f"{engine} is not installed (apt-get install texlive-xetex)")
    log = compiled(engine, str(render(solved(ROOT / f"problems/{name}.yaml"), "latex")), tmp_path)
    wide = [float(w) for w in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)]
    assert all(w < 4 for w in wide), wide
    assert "Missing character" not in log


@pytest.mark.parametrize("text", ["as in first1 (--full)", "a---b", "'' and ,, and ''' here", "x -- y"])
def test_signs_are_not_joined_on_paper(text: str, tmp_path: Path) -> None:
    """Fonts make a dash of two hyphens, and a quotation mark of two primes."""
    spoken = msgspec.structs.replace(homework(), sections=(Step("Said", (Sentence(text),)),))
    assert squeezed(text) in squeezed(text_of(pdf_of([spoken]))).replace("’", "'")
    if shutil.which("pdflatex") is None:
        pytest.skip("pdflatex is not installed")
    compiled("pdflatex", str(render([spoken], "latex")), tmp_path)
    assert squeezed(text) in squeezed(text_of((tmp_path / "page.pdf").read_bytes())).replace("’", "'")


def compiled(engine: str, source: str, folder: Path) -> str:
    (folder / "page.tex").write_text(source, encoding="utf-8")
    command = [engine, "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "page.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=180)
    output = done.stdout.decode(errors="replace")
    assert done.returncode == 0, output[-2000:]
    return (folder / "page.log").read_text(errors="replace")


def test_widths_of_latex_are_about_those_of_a_typesetter() -> None:
    """Typst's boxes in the same font at 10 points, worked out by the package; the estimate may not be far below."""
    typst = pytest.importorskip("typst", reason=TYPST)
    from hwsolve.formula.notation.tex_paper import paper
    from hwsolve.formula.notation.typst import typst as written
    from hwsolve.formula.parse import parse
    from hwsolve.render.measure_tex import em

    texts = [
        "v[1,1]*x[1] + v[2,1]*x[2]", "-0.113*0.6 + (-0.1808)*0.1", "exp(-x)/(1 + exp(-x))**2", "(y[1] - t[1])**2/2",
        "Sum(Sum(w[u,v]*a[p+u-1,q+v-1], v, 1, K), u, 1, K)", "dE_dy[1]*d_relu(beta[1])", "sigmoid(x)*(1 - sigmoid(x))",
        "floor((H_in + 2*P - K)/S) + 1", "sqrt(2/(M_0*(1 + alpha**2)))", "0.32124532712*1000000 - 12345.678",
    ]  # fmt: skip
    for text in texts:
        f = parse(text)
        source = f"#set text(size: 10pt)\n#context [#metadata(measure($display({written(f)})$).width.pt()) <w>]"
        real = float(typst.query(source.encode(), "<w>", field="value", one=True)) / 10
        assert 0.93 * real <= em(paper(f)) <= 1.35 * real + 1, (text, real, em(paper(f)))


# ---------------------------------------------------------------- drawings


def drawn() -> Solution:
    from hwsolve.figures import Curve, Diagram, Grid
    from hwsolve.formula.parse import parse

    curve = Curve(
        "Falling",
        "steps",
        "loss",
        (0.0, 1.0, 2.0),
        (("first", (1.0, 0.1, 0.01)), ("second", (4.0, 2.0, 1.0))),
        log=True,
    )
    grid = Grid("Window", (("11", "12"), ("21", "22")), ((1, 2),))
    row = (("", parse("x")), (parse("v"), parse("alpha")), ("ReLU", parse("b")))
    figures = (curve, grid, Diagram("Network", (), (), "hidden", row))
    return msgspec.structs.replace(homework(), sections=(Step("Drawings", figures),))


def test_drawings_of_typst_hold_what_they_are_of() -> None:
    text = squeezed(text_of(pdf_of([drawn()])))
    for word in ("Falling", "steps", "loss", "first", "second", "0.01", "4", "Window", "11", "22", "ReLU", "(hidden)"):
        assert word in text, word
    assert 'mark("12")' in str(render([drawn()], "typst"))


def test_drawings_of_latex_hold_what_they_are_of() -> None:
    source = str(render([drawn()], "latex"))
    assert "\\fbox{12}" in source and "\\fbox{11}" not in source
    assert "x \\xrightarrow{v} \\alpha \\xrightarrow{\\text{ReLU}} b" in source
    assert (
        source.count("\\qbezier(") == 3 and source.count("\\qbezier[8](") == 3
    )  # two pieces each, and one in the legend


def test_a_curve_is_scaled_to_its_ends() -> None:
    from hwsolve.figures import Curve
    from hwsolve.render.curves import POINTS, scaled

    found = scaled(Curve("", "", "", (0.0, 5.0, 10.0), (("", (1.0, 100.0, 10.0)),), log=True))
    assert found is not None
    assert (
        found.series == ([(0.0, 0.0), (0.5, 1.0), (1.0, 0.5)],) and found.x == ("0", "10") and found.y == ("1", "100")
    )
    assert scaled(Curve("", "", "", (0.0,), (("", (float("nan"),)),))) is None
    many = scaled(Curve("", "", "", tuple(map(float, range(5000))), (("", tuple(map(float, range(5000)))),)))
    assert many is not None and POINTS <= len(many.series[0]) <= POINTS + 3 and many.series[0][-1] == (1.0, 1.0)


def test_what_stands_over_an_arrow_can_be_read_on_paper() -> None:
    """At least 7 pt, the numbers of layers in a label too: these were 5.2 pt in the size of a script of a script."""
    pypdf = pytest.importorskip("pypdf", reason="pypdf is not installed")
    net = {
        "input": 1,
        "layers": [
            {"linear": {"out_features": 1, "weight": [["0.5"]], "bias": False}},
            "tanh",
            {"linear": {"out_features": 1, "weight": [[2]], "bias": False}},
        ],
    }
    spec = {"kind": "backprop", "network": net, "input": [1], "target": [0], "loss": "half_squared_error"}
    found: list[tuple[str, float]] = []

    def sized(text: str, page: Any, matrix: Any, font: Any, size: float) -> None:
        found.extend([(text.strip(), size * abs(matrix[3] * page[3]))] if text.strip() else [])

    reader = pypdf.PdfReader(io.BytesIO(pdf_of([solve(spec)])))
    reader.pages[0].extract_text(visitor_text=sized)
    (drawn,) = [n for n, (text, _) in enumerate(found) if text == "tanh" and n < len(found) - 1][:1]
    around = found[drawn - 12 : drawn + 12]
    assert sum("(1)" in text or "1" in text for text, _ in around) and min(size for _, size in around) >= 7
