"""Notebooks: their cells work every value out again without hwsolve, and fail where a given number is another."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from hwsolve import solve_all
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Ref, listed
from hwsolve.render import Options, render
from hwsolve.render.notebook_code import Code, NoCode
from hwsolve.render.notebook_helpers import ARRAY_HELPERS, HELPERS
from hwsolve.render.notebook_kinds import RATIONAL, REAL
from hwsolve.solution import Assume, Let, Solution, Value
from tests.conftest import ROOT

PROBLEMS = sorted((ROOT / "problems").glob("*/*.yaml"))
SMALL = [
    path
    for path in PROBLEMS
    if path.stem.startswith(("2.1", "2.4", "2.5-max", "3.1", "bishop", "cs231n-s", "two-layer", "logistic", "momentum"))
]


@cache
def solved(path: Path) -> list[Solution]:
    return list(solve_all(path))


def cells(solutions: list[Solution], **options: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(str(render(solutions, "notebook", Options(**options))))["cells"]
    return found


def code(solutions: list[Solution], **options: Any) -> list[str]:
    return ["".join(cell["source"]) for cell in cells(solutions, **options) if cell["cell_type"] == "code"]


def run(sources: list[str]) -> dict[str, Any]:
    """What stands in memory after all cells."""
    pytest.importorskip("mpmath", reason="mpmath is not installed")
    scope: dict[str, Any] = {}
    for source in sources:
        exec(source, scope)
    return scope


@pytest.mark.parametrize("path", PROBLEMS, ids=lambda p: p.stem)
def test_every_value_is_worked_out_and_asserted(path: Path) -> None:
    solutions = solved(path)
    sources = code(solutions)
    run(sources)
    whole = "\n".join(sources)
    lines = [line for s in solutions for line in s.lines]
    values = sum(isinstance(line, Value) for line in lines)
    arrays = sum(getattr(line, "array", None) is not None for line in lines)
    asserted = len(re.findall(r"^assert ", whole, re.MULTILINE))
    assert values <= asserted <= values + arrays
    assert "not worked out" not in whole


@pytest.mark.parametrize("path", SMALL, ids=lambda p: p.stem)
def test_another_given_number_fails(path: Path) -> None:
    pytest.importorskip("mpmath", reason="mpmath is not installed")
    sources = code(solved(path))
    given = {
        (n, row)
        for n, text in enumerate(sources)
        for row in text.split("\n")
        if re.fullmatch(r"q\[.*\] = Q\('.*'\)", row)
    }
    read = "\n".join(sources)
    assert given or "2.4" not in path.stem
    for n, row in given:
        key = row.partition(" = ")[0]
        if read.count(key) == 1 and key.partition("[")[2].partition("[")[0].strip("'\"") not in read.partition(row)[2]:
            continue  # nothing reads it
        ends = []
        for other in (
            "+ Q(1, 7)",
            "+ 50",
            "- 50",
        ):  # where a unit is dead, or a cell no maximum, little changes nothing
            changed = list(sources)
            changed[n] = changed[n].replace(row, f"{row} {other}")
            ends.append(fails(changed))
        assert any(ends), row


def fails(sources: list[str]) -> bool:
    try:
        run(sources)
    except (AssertionError, ValueError, ZeroDivisionError):
        return True
    return False


def test_a_changed_digit_fails() -> None:
    sources = code(solved(ROOT / "problems/homework-2/2.1-backprop.yaml"))
    text = "\n\n".join(sources)
    run([text])
    printed = re.findall(r"holds\(q\[[^\n]*?\], '(-?[\d.]+)', exact", text)
    assert len(printed) > 20
    for number in sorted(set(printed)):
        last = "1" if number[-1] != "1" else "2"
        with pytest.raises(AssertionError):
            run([text.replace(f"'{number}', exact", f"'{number[:-1]}{last}', exact")])


def test_it_needs_neither_hwsolve_nor_the_network() -> None:
    for path in SMALL:
        imported = set(re.findall(r"^(?:from|import) (\w+)", "\n".join(code(solved(path))), re.MULTILINE))
        assert imported <= {"fractions", "math", "mpmath", "re"}
    exact = "\n".join(code(solved(ROOT / "problems/homework-2/2.1-backprop.yaml")))
    assert "mpmath" not in exact


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_file_is_as_nbformat_has_it(language: str) -> None:
    for path in SMALL:
        text = str(render(solved(path), "notebook", Options(language=language)))
        document = json.loads(text)
        ids = [cell["id"] for cell in document["cells"]]
        assert len(set(ids)) == len(ids) and all(re.fullmatch(r"[A-Za-z0-9_-]{1,64}", i) for i in ids)
        assert (document["nbformat"], document["nbformat_minor"]) == (4, 5)
    nbformat = pytest.importorskip("nbformat", reason="nbformat is not installed")
    nbformat.validate(document)


def test_cells_are_named_after_keys_and_stand_beside_their_text() -> None:
    found = cells(solved(ROOT / "problems/homework-2/2.1-backprop.yaml"))
    ids = [cell["id"] for cell in found]
    assert {"alpha", "beta-1", "dE_dw", "dE_dv", "w-at-1", "beta-at-1-1"} <= set(ids)
    at = ids.index("alpha")
    assert found[at - 1]["cell_type"] == "markdown" and "\\alpha &= v^{\\top}x" in "".join(found[at - 1]["source"])
    assert found[at]["source"][0] == "array = matmul(transposed(whole('v')), whole('x'))\n"
    assert found[at]["source"][3] == "q['alpha[1]'] = q['v[1,1]']*q['x[1]'] + q['v[2,1]']*q['x[2]']\n"
    beside = ids.index("dE_dw")
    assert "\\frac{\\partial E}{\\partial w}" in "".join(found[beside - 1]["source"])


def test_several_solutions_are_one_notebook() -> None:
    path = ROOT / "problems/textbook/he-2015-relu-convolutions.yaml"
    assert len(solved(path)) == 2
    run(code(solved(path)))


# ---------------------------------------------------------------- formulas


@pytest.mark.parametrize(
    ("text", "python"),
    [
        ("x[1] - t/2", "(q['x[1]'] - q['t']/2)"),
        ("-(t - 1)**2", "(-(q['t'] - 1)**2)"),
        ("1/2*t", "((Q(1)/Q(2))*q['t'])"),
        ("Sum(x[k]*k, k, 1, 3)", "sum(((q[f'x[{int(k)}]']*k) for k in map(Q, range(1, 3 + 1))), Q(0))"),
        ("max(t, 0)", "max([q['t'], Q(0)])"),
        ("1 - r", "(1 - q['r'])"),
        ("t - r", "(-q['r'] + q['t'])"),
        ("t/r", "div(q['t'], q['r'])"),
        ("r/t", "(q['r']/q['t'])"),
        ("0.1*t", "(Q('0.1')*q['t'])"),
        ("if(t > 0, 0, r) - r", "(-q['r'] + (Q(0) if q['t'] > 0 else q['r']))"),
        ("sign(r) - r", "(-q['r'] + sign(q['r']))"),
        ("r > t", "-q['t'] + q['r'] > 0"),
    ],
)
def test_formulas_in_python(text: str, python: str) -> None:
    writer = Code()
    for key, kind in (("x[1]", RATIONAL), ("t", RATIONAL), ("r", REAL)):
        known = parse(key)
        assert isinstance(known, Ref)
        writer.known.know(known, kind)
    assert writer.text(parse(text)) == python


def test_what_has_no_python_says_so() -> None:
    with pytest.raises(NoCode):
        Code().text(parse("nobody(1)"))
    with pytest.raises(NoCode):
        Code().text(Ref("absent"))


def test_means_of_a_normal_name_are_integrals() -> None:
    writer = Code()
    writer.take(Assume(parse("normal(z)")))
    writer.take(Let(parse("f(x)"), parse("if(x > 0, x, x/2)")))
    python = writer.text(parse("E(f(z)**2)"))
    scope = run(["import mpmath\nfrom mpmath import mp\nfrom fractions import Fraction as Q", *writer.used.values()])
    assert abs(eval(python, scope) - 0.625) < 1e-12
    with pytest.raises(NoCode):
        writer.text(parse("E(other)"))


def test_arrays_are_those_of_numpy() -> None:
    numpy = pytest.importorskip("numpy")
    from hwsolve.formula.whole_arrays import value

    scope: dict[str, Any] = {}
    pytest.importorskip("mpmath", reason="mpmath is not installed")
    exec("import re\nfrom fractions import Fraction as Q\nfrom mpmath import mp\n" + "\n".join(HELPERS.values()), scope)
    assert set(ARRAY_HELPERS.values()) <= set(scope)
    rng = numpy.random.default_rng(1)
    arrays = {
        name: rng.integers(-5, 6, size).astype(float)
        for name, size in {"A": (3, 2), "B": (2, 4), "v": (2,), "w": (3,), "g": (3, 3)}.items()
    }
    for text in ("A @ B", "A @ v", "w @ A", "outer(w, v)", "T(A)", "diag(v)", "rot180(g)", "full(A, g)", "full(A, g, 2)",
                 "stuffed(g, 2)", "stuffed(g, 2, 3)", "crop(g, 1)", "crop(g, 1, 2, 3)", "odot(g, g)", "2/(odot(g, g) + 1)", "g/2", "A @ B + rows(b)"):  # fmt: skip
        given = arrays | {"b": rng.integers(-5, 6, (4,)).astype(float)}
        writer = Code()
        for name, array in given.items():
            writer.known.know(Ref(name, (listed(),) * array.ndim), RATIONAL)
            scope[name] = array.tolist()
        python = re.sub(r"whole\('(\w+)'\)", r"\1", writer.text(parse(text)))
        expected = value(parse(text), given)
        assert numpy.array_equal(numpy.array(eval(python, scope), dtype=float), expected), text
