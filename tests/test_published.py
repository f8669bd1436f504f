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
from hwsolve.answers import written
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.notation import plain, unicode
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform
from hwsolve.language import Message
from hwsolve.render.judged import agreement, missed, published_table, source_of
from hwsolve.render.judged import judged as sentences
from hwsolve.render.options import Options
from hwsolve.render.page import Page
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


@given(parts=st.lists(st.integers(10_000, 10**7), min_size=3, max_size=3, unique=True), wrong=st.booleans())
@settings(max_examples=40, deadline=None)
def test_a_sum_of_stated_parts_is_inexact_unless_one_of_them_is_wrong(parts: list[int], wrong: bool) -> None:
    """A key that is a sum of keys too; of one source, where there are several, in one remark and in no row."""
    answers = {f"n.{k}": q(n) for k, n in enumerate(parts)} | {"n": q(sum(parts))}
    total = Value(Ref("n"), Call("+", tuple([Ref(f"n.{k}") for k in range(3)])), (), q(sum(parts)))
    stated = [n // 1000 + 5 * wrong for n in parts]
    sums = {"n.0 + n.1": sum(stated[:2]), "n": sum(stated)}
    text = "\n  ".join(
        f"{k}: {{stated: {n}e3}}" for k, n in ({f"n.{k}": n for k, n in enumerate(stated)} | sums).items()
    )
    s = judged(text, answers, total, field="published")
    found = s.published[-2:]
    assume(all(p.verdict == "wrong" for p in found))
    assert all((p.inexact is None) == wrong for p in found)
    first, *remarks = map(str, sentences(s))
    assert ("2 are inexact" in first) != wrong
    assert any(text.startswith("Inexact in") and "(n: " in text for text in remarks) != wrong
    rows = [row[0] for row in table.rows] if (table := missed(s)) is not None else []
    assert ("n" in rows) == wrong


def test_one_inexact_sum_is_a_row_without_a_cross() -> None:
    total = Value(Ref("n"), Call("+", (Ref("n.a"), Ref("n.b"))), (), q(3998))
    text = "n.a: {stated: 2e3}\n  n.b: {stated: 2e3}\n  n: {stated: 4000.0}"
    s = judged(text, {"n.a": q(1999), "n.b": q(1999), "n": q(3998)}, total, field="published")
    table = missed(s)
    assert table is not None and [str(row[3]) for row in table.rows] == [
        "inexact: the sum of the stated parts, some of which are rounded; the computed value is 2 less (0.05%)"
    ]


def test_a_total_whose_parts_are_not_all_stated_keeps_its_difference() -> None:
    total = Value(Ref("n"), Call("+", (Ref("n.a"), Ref("n.b"))), (), q(3999))
    answers = {"n.a": q(1999), "n.b": q(2000), "n": q(3999)}
    text = "n.a: {stated: 1e3}\n  n: {stated: 3000.0}"
    assert str(judged(text, answers, total, field="published").published[-1].why) == "the computed value is 999 more"


def counted(*verdicts: str) -> list[str]:
    """The sentences on answers with these verdicts, each from a source of its own."""
    agrees = {"agrees": True, "wrong": False, "cut off": False, "lower": False, "not decided": None}
    published = tuple(
        Published(f"k{n}", "1", f"book {n}", "2", agrees[v], rounded="2" if v == "cut off" else "", lower=v == "lower")
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
        (["lower"], "The published answer differs in lower terms alone."),
        (["agrees", "lower"], "Of 2 published answers one agrees; one differs in lower terms alone."),
        (["wrong", "lower"], "Of 2 published answers none agrees; one differs, one differs in lower terms alone."),
        (["wrong", "cut off"], "Of 2 published answers none agrees; one differs, one is truncated."),
        (
            ["agrees"] * 2 + ["not decided", "cut off"],
            "Of 4 published answers 2 agree; one is truncated, one is not decided.",
        ),
    ],
)
def test_it_is_said_how_many_of_how_many_agree(verdicts: list[str], said: str) -> None:
    first, *remarks = counted(*verdicts)
    assert first == said and len(remarks) == verdicts.count("lower")


@pytest.mark.parametrize(("key", "said"), [
    ("moment", "The published answer for E(a²)/Var z⁽ˡ⁻¹⁾ agrees."), ("variance", "The published answer agrees."),
])  # fmt: skip
def test_an_answer_that_the_box_does_not_show_is_named(key: str, said: str) -> None:
    published = {key: {"stated": "1/2" if key == "moment" else "2/n"}}
    spec = {"kind": "initialization", "layer": {"linear": "m"}, "input": "n", "activation": "relu"}
    assert said in hwsolve.solve(spec | {"published": published}).to("plain", width=200)


def test_what_one_source_cuts_off_is_one_remark() -> None:
    text = "\n  ".join(f"{k}: {{stated: 150e3, source: {s}}}" for k, s in (("a", "book"), ("b", "book"), ("c", "web")))
    s = judged(text, {"a": q(150_528), "b": q(150_700), "c": q(150_900)}, field="published")
    _, remark = map(str, sentences(s))
    assert remark == "Truncated, not rounded, in book: 150 × 10³ for 150,528 (a), 150 × 10³ for 150,700 (b)."
    table = missed(s)
    assert table is not None and [row[0] for row in table.rows] == ["c"]


SHEET: dict[str, Any] = {"kind": "worksheet", "given": {"x": 2}, "define": {"y": "3*x", "z": "x/7", "source": "x**2"}}


def test_a_source_may_stand_once_for_all_that_name_none() -> None:
    book, notes = {"en": "A book", "zh": "一本书"}, "the notes"
    published = {"source": book, "y": 6, "z": {"stated": 0.28, "source": notes}}
    first, second = hwsolve.solve(SHEET | {"published": published}).published
    assert (str(source_of(first)), str(source_of(second))) == ("A book", notes)
    assert "A book" in hwsolve.solve(SHEET | {"published": published | {"y": 7}}).to("plain", width=200)
    assert first.source == book


def test_what_is_there_after_two_updates_is_called_as_what_is_there_after_one() -> None:
    spec = {"kind": "optimize", "minimize": "x**2", "start": {"x": 1}, "optimizer": {"sgd": {"lr": 0.25}}, "steps": 2}
    page = hwsolve.solve(spec | {"published": {"x@1": 7, "x@2": 7, "f@2": 7}}).to("plain", width=100)
    rows = page[page.index("Verdict") :]
    assert all(name in rows for name in ("x⟨1⟩", "x⟨2⟩", "f⟨2⟩")) and "@" not in rows


@pytest.mark.parametrize("stated", [4, {"stated": 4}, "8/2"])
def test_a_number_under_source_is_an_answer_of_that_name(stated: Any) -> None:
    (one,) = hwsolve.solve(SHEET | {"published": {"source": stated}}).published
    assert one.key == "source" and one.verdict == "agrees"


def test_a_remark_on_a_source_without_a_name_calls_it_something() -> None:
    text = "\n  ".join(f"{k}: {{stated: 150e3}}" for k in "ab")
    s = judged(text, {"a": q(150_528), "b": q(150_700)}, field="published")
    assert list(map(str, sentences(s)))[1].startswith("Truncated, not rounded, in what is published: 150 × 10³ for")


@pytest.mark.parametrize("columns", range(40, 100))
def test_no_row_ends_within_a_power_of_ten(columns: int) -> None:
    """In a remark it is a text of the spec, not a formula, and is one number all the same."""
    text = "\n  ".join(f"{k}: {{stated: 150e3, source: book}}" for k in "ab")
    s = judged(text, {"a": q(150_528), "b": q(150_700)}, field="published")
    rows = Page(Options(width=columns)).rows_of([*sentences(s)][1], columns)
    assert "\n".join(rows).count("150 × 10³") == 2


def test_what_differs_in_lower_terms_is_a_sentence() -> None:
    """The formulas, where they are stated, and the cause; a cell of a table would break it into a column of words."""
    s = homework("homework-2/2.3-complexity.yaml")
    of = {p.key: p for p in s.published if p.lower}
    first, *remarks = map(str, sentences(s))
    assert len(of) == len(remarks) == 2 and "2 differ in lower terms alone" in first and missed(s) is None
    for p, remark in zip(of.values(), remarks, strict=True):
        stated, computed = (unicode(parse(text)) for text in (p.stated, p.brief or p.computed))
        assert (
            remark.startswith(f"Different in lower terms in {source_of(p)}: ")
            and f": {stated} for {computed} (" in remark
        )
        assert remark.endswith(f"; {p.why}.") and str(p.why)


def test_one_fact_is_said_once_with_all_its_places() -> None:
    text = "\n  ".join(f"{k}: {{stated: 150e3, source: book}}" for k in "abc")
    s = judged(text, {"a": q(150_528), "b": q(150_700), "c": q(150_528)}, field="published")
    assert str([*sentences(s)][1]).endswith(": 150 × 10³ for 150,528 (a, c), 150 × 10³ for 150,700 (b).")


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
        f"Exchanged in {places[0]} and in {places[1]}: y, dL_dx[i,j]. What the first has is what belongs in the second "
        f"(that is {other} pooling), and conversely. Exchanged back, all agree."
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
    why = "that is with the kernel in the opposite order, unlike another stated answer"
    assert str(s.published[0].why) == why
    table = missed(s)
    assert table is not None and str(table.columns[1]) == "Stated, in the letters of this page"
    s = flipped("(recursion)", ", elsewhere: true")
    assert [str(m) for m in sentences(s)] == [
        "Exchanged in one place and in another: recursion. What the first has is what belongs in the second (that is "
        "with the kernel in the opposite order), and conversely. Exchanged back, all agree."
    ]


def test_exchanged_answers_are_counted_apart_from_others() -> None:
    s = flipped("(recursion)", ", elsewhere: true}\n  y: {stated: 'Sum(x[p+u-1]*w[u], u, 1, K)'")
    first, second = map(str, sentences(s))
    assert first == "Of 3 published answers one agrees; 2 are exchanged." and second.startswith("Exchanged in ")
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
        why = "the leading part Ln² agrees; n² too many: counting ∂a⁽ˡ⁻¹⁾ in L layers, not in L − 1"
        assert found[key].agrees and str(found["error.mul"].why) == why
    elif (a, b) != (1, 1):  # which is another convention
        assert " taken L times; but ∂a⁽ˡ⁻¹⁾ is counted in L − 1 layers" in str(found["error.mul"].why)


def test_a_reading_that_makes_another_stated_answer_wrong_says_so() -> None:
    key = "error.mul.repeat1.linear1 + error.mul.repeat1.sigmoid1"
    why = "the leading part n² agrees; n too few: not counting the working out of σ′(x)"
    assert str(complexity({key: "n**2 + n"})[key].why) == why
    against = complexity({key: "n**2 + n", "error.mul.repeat1.sigmoid1": "2*n"})[key].why
    assert str(against) == f"{why}, unlike the 2n stated for error multiplications of ∂z⁽ˡ⁾"


def test_what_speaks_against_a_reading_is_said_once() -> None:
    key = "error.mul.repeat1.linear1 + error.mul.repeat1.sigmoid1"
    stated = {key: "n**2 + n", "error.mul.repeat1.sigmoid1": "2*n", "backward.mul": "2*L*n**2 + L*n - n**2"}
    found = complexity(stated)
    assert "unlike" in str(found[key].why)
    assert str(found["backward.mul"].why).endswith("agrees; Ln too few: not counting the working out of σ′(x)")


CONVENTIONS = ("bias", "activations", "slopes", "input_gradient")


@given(
    names=st.lists(st.sampled_from(CONVENTIONS), min_size=1, max_size=2, unique=True),
    usual=st.tuples(*[st.booleans() for _ in CONVENTIONS]),
    sizes=st.sampled_from([("n", "L"), (5, 3)]),
)
@settings(max_examples=25, deadline=None)
def test_causes_add_up_to_what_a_stated_count_is_off(
    names: list[str], usual: tuple[bool, ...], sizes: tuple[Any, Any]
) -> None:
    """Under other conventions: how many too many and too few are, with sympy, stated minus computed; ✗ or ≈ by the order."""
    n, times = sizes
    layers = [{"repeat": {"times": times, "body": [{"linear": n}, "sigmoid"]}}]
    count = dict(zip(CONVENTIONS, usual, strict=True))
    spec: dict[str, Any] = {"kind": "complexity", "network": {"input": n, "layers": layers}, "count": count}
    there = hwsolve.solve(spec | {"count": count | {name: not count[name] for name in names}}).answers
    stated = {key: written(there[key].value) for key in ("forward.mul", "forward.add", "backward.mul", "backward.add")}
    s = hwsolve.solve(spec | {"published": {k: {"stated": text, "source": "key"} for k, text in stated.items()}})
    for p in s.published:
        off = sympy.expand(sympy.sympify(p.stated) - sympy.sympify(p.computed))
        if n == "n":
            assert p.agrees == (off == 0)
        if p.verdict != "wrong":  # a number may be taken for one that was rounded or cut off
            continue
        if n != "n" and any(
            m.template.startswith("right when ") for m in messages(p.why)
        ):  # or be right by another one
            continue
        signs = {"{off} too many: {why}": 1, "{off} too few: {why}": -1, "{off} added: {why}": 1}
        found = [
            signs[m.template] * sympy.sympify(plain(m.values["off"])) for m in messages(p.why) if m.template in signs
        ]
        assert found and sympy.expand(sum(found) - off) == 0
        many, unit = sympy.symbols("L n", positive=True)
        ends = [
            sympy.expand(sympy.sympify(text)).coeff(many, 1).coeff(unit, 2) if n == "n" else 0
            for text in (p.stated, p.computed)
        ]
        assert p.lower == (n == "n" and ends[0] == ends[1])
        assert str(agreement(p)).startswith("≈" if p.lower else "✗")


def messages(text: Any) -> list[Message]:
    """A message and those at its places."""
    if not isinstance(text, Message):
        return []
    return [text, *(m for value in text.values.values() for m in messages(value))]


def test_a_count_is_read_under_a_convention_that_gives_it_exactly() -> None:
    """42 additions without biases: 40 are not explained by them."""
    layers = [{"repeat": {"times": 4, "body": [{"linear": 3}, "relu"]}}, {"linear": 2}]
    spec: dict[str, Any] = {"kind": "complexity", "network": {"input": 3, "layers": layers}}
    told = {
        n: str(hwsolve.solve(spec | {"published": {"update.add": {"stated": n, "source": "key"}}}).published[0].why)
        for n in (40, 42)
    }
    assert "bias" not in told[40] and "bias" in told[42]


def test_what_is_computed_is_not_headed_as_given() -> None:
    layer = {"avg_pool2d": {"kernel_size": 2, "stride": 1}}
    spec = {"kind": "pooling", "layer": layer, "input": [[1, 2], [3, 5], [0.1, 7]]}
    s = hwsolve.solve(spec | {"published": {"y": {"stated": [[2.7], [3.7]], "source": "key"}}})
    table = missed(s)
    assert table is not None and str(table.columns[2]) == "Computed"
    assert s.published[0].rounded == "[[2.8], [3.8]]"


def test_a_direction_behind_a_normal_law_keeps_its_variance() -> None:
    spec = {
        "kind": "initialization",
        "layer": {"linear": 100},
        "input": 50,
        "activation": "tanh",
        "mode": "average",
        "gain": "derived",
    }
    page = " ".join(hwsolve.solve(spec).to("plain").split())
    assert "Var δ⁽ˡ⁻¹⁾ is Var δ⁽ˡ⁾ if and only if" in page and "Var z⁽ˡ⁾ is Var z⁽ˡ⁻¹⁾ if and only if" in page
