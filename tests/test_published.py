"""What a page says of published answers: how many agree, and why others do not."""

from __future__ import annotations

import functools
import math
from functools import partial
from typing import Any

import pytest
import sympy
from hypothesis import assume, given, settings
from hypothesis import strategies as st

import hwsolve
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform
from hwsolve.render.judged import judged as sentences
from hwsolve.render.judged import missed, published_table
from hwsolve.render.stated_from_zero import counted_from_zero
from hwsolve.solution import Published, Solution, Value
from tests.conftest import ROOT
from tests.test_checks import judged, q

HOMEWORK = ROOT / "problems"


@given(
    parts=st.lists(st.integers(10_000, 10**7), min_size=2, max_size=6, unique=True),
    digits=st.integers(1, 3),
    cut=st.booleans(),
    beside=st.integers(1, 50),
)
@settings(max_examples=60, deadline=None)
def test_a_total_of_rounded_parts_is_said_to_be_their_sum(
    parts: list[int], digits: int, cut: bool, beside: int
) -> None:
    """Parts that are rounded or truncated, and their sum; another number keeps its difference alone."""
    stated = [(n if cut else n + 10**digits // 2) // 10**digits for n in parts]
    keys: list[Formula] = [Ref(f"n.{k}") for k in range(len(parts))]
    total = Value(Ref("n"), functools.reduce(lambda a, b: Call("+", (a, b)), keys), (), q(sum(parts)))
    answers = {f"n.{k}": q(n) for k, n in enumerate(parts)} | {"n": q(sum(parts))}
    for said in (sum(stated), sum(stated) + beside):
        published = [f"n.{k}: {{stated: {n}e{digits}}}" for k, n in enumerate(stated)]
        text = "\n  ".join([*published, f"n: {{stated: {said}e{digits}}}"])
        found = judged(text, answers, total, field="published").published[-1]
        assume(found.verdict == "wrong")
        off = abs(sum(parts) - said * 10**digits)
        assert f"{off:,} {'less' if sum(parts) < said * 10**digits else 'more'}" in str(found.why)
        assert str(found.why).startswith("the sum of the stated parts") is (said == sum(stated))


def test_a_total_whose_parts_are_not_all_stated_keeps_its_difference() -> None:
    total = Value(Ref("n"), Call("+", (Ref("n.a"), Ref("n.b"))), (), q(3999))
    answers = {"n.a": q(1999), "n.b": q(2000), "n": q(3999)}
    text = "n.a: {stated: 1e3}\n  n: {stated: 3000.0}"
    assert str(judged(text, answers, total, field="published").published[-1].why) == "the computed value is 999 more"


def counted(*verdicts: str) -> list[str]:
    """The sentences on answers with these verdicts, each from a source of its own."""
    agrees = {"agrees": True, "wrong": False, "cut off": False, "not decided": None}
    published = tuple(
        Published(f"k{n}", "1", f"book {n}", "2", agrees[v], rounded="2" if v == "cut off" else "")
        for n, v in enumerate(verdicts)
    )
    return list(map(str, sentences(Solution(kind="free", published=published))))


@pytest.mark.parametrize(
    ("verdicts", "said"),
    [
        (["agrees"] * 14, "All 14 published answers agree."),
        (["agrees"], "The published answer agrees."),
        (["wrong"], "The published answer differs."),
        (["agrees"] * 3 + ["wrong"] * 2, "Of 5 published answers 3 agree; 2 differ."),
        (["agrees", "wrong"], "Of 2 published answers one agrees; one differs."),
        (["wrong", "cut off"], "Of 2 published answers none agrees; one differs, one is truncated."),
        (
            ["agrees"] * 2 + ["not decided", "cut off"],
            "Of 4 published answers 2 agree; one is truncated, one is not decided.",
        ),
    ],
)
def test_it_is_said_how_many_of_how_many_agree(verdicts: list[str], said: str) -> None:
    assert counted(*verdicts) == [said]


def test_what_one_source_cuts_off_is_one_remark() -> None:
    text = "\n  ".join(f"{k}: {{stated: 150e3, source: {s}}}" for k, s in (("a", "book"), ("b", "book"), ("c", "web")))
    s = judged(text, {"a": q(150_528), "b": q(150_700), "c": q(150_900)}, field="published")
    _, remark = map(str, sentences(s))
    assert remark == "Truncated, not rounded, in book: 150 × 10³ for 150,528 (a), 150 × 10³ for 150,700 (b)."
    table = missed(s)
    assert table is not None and [row[0] for row in table.rows] == ["c"]


def homework(name: str) -> Solution:
    return hwsolve.solve((HOMEWORK / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("kind", ["max", "average"])
def test_formulas_under_exchanged_headings_are_said_to_be(kind: str) -> None:
    """Each heading has the formula and the rule of the other: that is said, and nothing is shown as if it was quoted."""
    s = homework(f"homework-2/2.5-{kind}-pooling.yaml")
    other = "average" if kind == "max" else "max"
    assert [p.verdict for p in s.published] == ["wrong", "agrees"] * 2
    places = [f"homework answers 2.5 under “{name} pooling”" for name in (kind, other)]
    said = (
        f"Exchanged: y, dL_dx[i,j] in {places[0]} and in {places[1]}. What the first states belongs in the second "
        f"(that is {other} pooling), and conversely; with the two exchanged, all agree."
    )
    assert list(map(str, sentences(s, lambda key: plain(s.symbols[key]) if key == "recursion" else key))) == [said]
    assert missed(s) is None
    table = published_table(s, str)
    assert [str(table.columns[n]) for n in (1, 3)] == ["Stated, in the letters of this page", "Given or computed"]
    assert [str(row[-1]) for row in table.rows[:2]] == [
        f"✗ that is {other} pooling: exchanged with {places[1]}",
        f"✓ but exchanged with {places[0]}",
    ]


def flipped(key: str, more: str = "") -> Solution:
    """A recursion that a book states for the kernel in the opposite order, and one that another place states right."""
    right, turned = (f"Sum(w[{u}]*dL_dy[i-u+1], u, 1, K)" for u in ("u", "K-u+1"))
    text = f"""
kind: convolution
layer: {{conv1d: {{out_channels: 1, kernel_size: K, bias: false}}}}
published:
  recursion: {{stated: "{turned}", source: one place}}
  {key}: {{stated: "{right}", source: another{more}}}
"""
    return hwsolve.solve(text)


def test_only_what_is_stated_of_another_problem_can_be_exchanged() -> None:
    """Of two books on one problem the one is wrong, and the other right."""
    s = flipped("(recursion)")
    assert [str(m) for m in sentences(s)] == ["Of 2 published answers one agrees; one differs."]
    why = "that is with the kernel in the opposite order; but then another stated answer would be wrong"
    assert str(s.published[0].why) == why
    table = missed(s)
    assert table is not None and str(table.columns[1]) == "Stated, in the letters of this page"
    s = flipped("(recursion)", ", elsewhere: true")
    assert [str(m) for m in sentences(s)] == [
        "Exchanged: recursion in one place and in another. What the first states belongs in the second (that is with "
        "the kernel in the opposite order), and conversely; with the two exchanged, all agree."
    ]


def test_exchanged_answers_are_counted_apart_from_others() -> None:
    s = flipped("(recursion)", ", elsewhere: true}\n  y: {stated: 'Sum(x[p+u-1]*w[u], u, 1, K)'")
    first, second = map(str, sentences(s))
    assert first == "Of 3 published answers one agrees; 2 are exchanged." and second.startswith("Exchanged: recursion")
    assert missed(s) is None


def test_a_published_number_is_not_said_to_be_in_letters() -> None:
    s = judged("a: {stated: 4/3}", {"a": q(2)}, field="published")
    table = missed(s)
    assert table is not None and [str(c) for c in table.columns[1:3]] == ["Stated", "Computed"]


@pytest.mark.parametrize(("low", "shift", "count_from", "said"), [(0, 1, 1, True), (1, 0, 1, False), (0, 1, 0, False)])
@pytest.mark.parametrize("activation", ["", "f", "tanh"])
def test_a_formula_whose_sums_run_from_0_stands_beside_the_page(
    low: int, shift: int, count_from: int, said: bool, activation: str
) -> None:
    """As the page counted from 0 has it: evaluated there at i − 1, it is the page's at i."""
    slope = {"": "", "f": "d_f(z[i])*", "tanh": "(1 - tanh(z[i])**2)*"}[activation]
    stated = f"{slope}Sum(w[u+{shift}]*dL_dy[i-u+1-{shift}], u, {low}, K-{shift})"
    s = hwsolve.solve(
        {
            "kind": "convolution",
            "layer": {"conv1d": {"out_channels": 1, "kernel_size": "K", "bias": False}},
            "published": {"recursion": {"stated": stated}},
            "notation": {"count_from": count_from},
        }
        | ({"activation": activation} if activation else {})
    )
    found = list(counted_from_zero(s, "en"))
    assert s.published[0].agrees and len(found) == said
    if said:
        name, f = found[0].values["formula"].args
        assert plain(name) == ("dL_dz[i]" if activation else "dL_dx[i]")
        w, g, z = [3, -1, 4], [2, 7, 1, 8], [1, 2, 3, 4, 5, 6]
        for i in range(6):
            terms = [w[u] * g[i - u] for u in range(3) if 0 <= i - u < 4]
            arrays = {"w": w, "dL_dy": g, "z": z}
            put = {"K": 3, "i": i}
            by = {"": 1, "f": 5, "tanh": 1 - math.tanh(z[i]) ** 2}[activation]

            look_up = partial(read, arrays, put)
            assert float(evaluate(transform(f, five), look_up)) == pytest.approx(by * sum(terms))


def read(arrays: dict[str, list[int]], put: dict[str, int], name: str, at: tuple[int, ...]) -> int:
    """An element by its index from 0, 0 outside; or a size."""
    return dict(enumerate(arrays[name])).get(at[0], 0) if at else put[name]


def five(node: Formula) -> Formula:
    """5 for the derivative of any function."""
    return Number(5) if isinstance(node, Call) and node.name == "d_f" else node


def complexity(published: dict[str, str]) -> dict[str, Published]:
    layers = [{"repeat": {"times": "L", "body": [{"linear": "n"}, "sigmoid"]}}]
    stated = {key: {"stated": text, "source": "key"} for key, text in published.items()}
    spec: dict[str, Any] = {"kind": "complexity", "network": {"input": "n", "layers": layers}, "published": stated}
    return {p.key: p for p in hwsolve.solve(spec | {"count": {"input_gradient": False}}).published}


@given(a=st.integers(1, 4), b=st.integers(0, 4))
@settings(max_examples=8, deadline=None)
def test_a_count_of_one_layer_that_was_taken_in_all_is_found(a: int, b: int) -> None:
    """With the errors of a layer stated as a n² + b n, and L times that in the total."""
    n, many = sympy.symbols("n L", positive=True)
    layer = a * n**2 + b * n
    key = "error.mul.repeat1.linear1 + error.mul.repeat1.sigmoid1"
    found = complexity({key: str(layer), "error.mul": str(sympy.expand(many * layer))})
    if (a, b) == (1, 2):  # right for a hidden layer
        assert found[key].agrees and str(found["error.mul"].why).startswith("right when counting ∂a⁽ˡ⁻¹⁾ in L layers")
    elif (a, b) != (1, 1):  # which is another convention
        assert " taken L times; but ∂a⁽ˡ⁻¹⁾ is counted in L − 1 layers" in str(found["error.mul"].why)


def test_a_reading_that_makes_another_stated_answer_wrong_says_so() -> None:
    key = "error.mul.repeat1.linear1 + error.mul.repeat1.sigmoid1"
    why = "right when not counting the working out of σ′(x)"
    assert str(complexity({key: "n**2 + n"})[key].why) == why
    against = complexity({key: "n**2 + n", "error.mul.repeat1.sigmoid1": "2*n"})[key].why
    assert str(against) == f"{why}; but then error multiplications of ∂z⁽ˡ⁾ = 2n, also stated, would be wrong"
