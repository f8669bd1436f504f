"""Pages that count from 0: each shifted formula, read back, says at i − 1 what the original says at i.

The peer is an evaluator of its own over made-up arrays: an element has one value, whatever its index is called.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator
from fractions import Fraction
from math import ceil, floor, prod
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings

from hwsolve.formula.notation import plain
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, Ref
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.render.from_zero import FromZero
from hwsolve.render.index_names import formulas
from hwsolve.render.shift import beside, shifted
from hwsolve.solution import Solution
from hwsolve.spec.report import SpecFailure
from tests import random_nets, random_windows
from tests.golden import same
from tests.render_samples import homework

ROOT = Path(__file__).parent.parent

ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "==": lambda a, b: a == b,
    "!=": lambda a, b: a != b,
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}
FOLDS: dict[str, Callable[..., Any]] = {
    "Sum": lambda values: sum(values, Fraction(0)),
    "Prod": prod,
    "Max": lambda values: max(values, default=Fraction(0)),
    "Min": lambda values: min(values, default=Fraction(0)),
}


class Peer:
    """Evaluates a formula whose indices count from `first`."""

    def __init__(self, first: int, names: dict[str, Fraction]) -> None:
        self.first, self.names = first, names

    def key(self, f: Formula, bound: dict[str, Fraction]) -> str:
        """An element by its indices as they count from 1."""
        assert isinstance(f, Ref)
        if "." in f.name:  # a key as a spec names it
            return plain(f)
        marks = [i.name if isinstance(i, Ref) and not i.name[:1].isalpha() else None for i in f.indices]
        places = [m or str(self.value(i, bound) + 1 - self.first) for i, m in zip(f.indices, marks, strict=True)]
        return f"{f.name}{places}"

    def value(self, f: Formula, bound: dict[str, Fraction]) -> Any:
        """The value; a quantity, or a function that is not arithmetic, has a made-up one."""
        if isinstance(f, Number):
            return Fraction(f.numerator, f.denominator)
        if isinstance(f, Ref):
            if not f.indices and f.name in bound:
                return bound[f.name]
            return self.names[f.name] if not f.indices and f.name in self.names else made_up(self.key(f, bound))
        if isinstance(f, BigOperator):
            low, high = self.value(f.low, bound), self.value(f.high, bound)
            inside = [bound | {f.index: Fraction(k)} for k in range(floor(low), floor(high) + 1)]
            return FOLDS[f.op]([self.value(f.body, b) for b in inside])
        assert isinstance(f, Call)
        if f.name == "if":
            return self.value(f.args[1] if self.value(f.args[0], bound) else f.args[2], bound)
        if f.name in ("diff", "unit", "whole", "argmax"):
            return made_up(f.name + str([self.name_of(a, bound) for a in f.args]))
        values = [self.value(a, bound) for a in f.args]
        if f.name in ORDERS:
            return ORDERS[f.name](*values)
        if f.name == "delta":
            return Fraction(values[0] == values[1])
        if f.name == "element":
            return made_up(f"{f.args[0]}{[v + 1 - self.first for v in values[1:]]}")
        return arithmetic(f.name, values)

    def name_of(self, f: Formula, bound: dict[str, Fraction]) -> str:
        """What stands under a derivative: an element by its key, anything else by its value."""
        return self.key(f, bound) if isinstance(f, Ref) else str(self.value(f, bound))


def arithmetic(name: str, values: list[Any]) -> Any:
    """The operations on fractions; any other function has made-up values."""
    if name in ("+", "*"):
        return sum(values, Fraction(0)) if name == "+" else prod(values)
    simple: dict[str, Callable[..., Any]] = {
        "-": lambda a, b: a - b,
        "neg": lambda a: -a,
        "floor": lambda a: Fraction(floor(a)),
        "ceil": lambda a: Fraction(ceil(a)),
        "min": min,
        "max": max,
    }
    if name in simple:
        return simple[name](*values)
    if name == "/" and values[1]:
        return values[0] / values[1]
    if name == "**" and values[1].denominator == 1 and 0 <= values[1] <= 4:
        return values[0] ** int(values[1])
    return made_up(f"{name}{values}")


def made_up(text: str) -> Fraction:
    """A value that only depends on the text."""
    return Fraction(random.Random(text).randint(-999, 999), 7)


def shown_formulas(solution: Solution) -> Iterator[Formula]:
    """What a page shows or may show that can be read back."""
    for f in formulas((solution.sections, solution.answers)):
        try:
            if plain(parse(plain(f))) == plain(f):  # `w@k` of a general step would be a product
                yield f
        except FormulaError:
            continue


def worked_out(spec: dict[str, Any]) -> Solution | None:
    """The solution, None where a random problem is none."""
    try:
        return work_out(read(json.dumps(spec), "random")[0])
    except SpecFailure:
        return None


def compared(solution: Solution, dice: random.Random, points: int = 3) -> int:
    """How many formulas of a solution were held against what becomes of them."""
    names = FromZero(solution, "en").names
    count = 0
    for written in dict.fromkeys(shown_formulas(solution)):
        if isinstance(written, Ref) and written.name in names:
            continue
        f, new = parse(plain(written)), parse(plain(shifted(written, names)))
        for _ in range(points):
            words = sorted({ref.name for ref in every_ref(f) | every_ref(new) if not ref.indices})
            one = {name: Fraction(dice.randint(1, 4)) for name in words}
            zero = {name: v - 1 if name in names else v for name, v in one.items()}
            assert Peer(1, one).value(f, {}) == Peer(0, zero).value(new, {}), (plain(f), plain(new), one)
            count += 1
    return count


def every_ref(f: Formula) -> set[Ref]:
    """All references in a formula."""
    from hwsolve.formula.tree import references

    return set(references(f))


@pytest.mark.parametrize("seed", range(40))
def test_layers_of_windows_say_the_same(seed: int) -> None:
    """Random kernels, strides, paddings and dilations, as names and as numbers."""
    dice = random.Random(seed)
    spec = random_windows.problem(dice)
    solution = worked_out(spec | {"notation": {"count_from": 0}})
    if solution is not None:
        assert compared(solution, dice) > 10


@given(random_nets.problems(deepest=3, widest=3))
@settings(max_examples=25, deadline=None)
def test_networks_say_the_same_and_their_data_stay(spec: dict[str, Any]) -> None:
    """Random networks; not a word of the JSON changes but the notation."""
    usual, solution = worked_out(spec), worked_out(spec | {"notation": {"count_from": 0}})
    if usual is None or solution is None:
        return
    compared(solution, random.Random(7), 1)
    before, after = (json.loads(str(render([s], "json"))) for s in (usual, solution))
    assert after.pop("notation") == {"count_from": 0}
    assert after == before


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("p == i - u + 1", "p == i - u"),
        ("2*p + u - 3 == i", "2*p + u - 1 == i"),
        ("1 <= u", "0 <= u"),
        ("u <= K", "u <= K - 1"),
        ("i - u + 1 >= 1", "i - u >= 0"),
        ("x[S*(p - 1) + u]", "x[S*p + u]"),
        ("Sum(w[u]*y[i - u + 1], u, 1, K)", "Sum(w[u]*y[i - u], u, 0, K - 1)"),
        ("delta(i, k) - softmax(x)", "delta(i, k) - softmax(x)"),
        ("argmax(x)", "argmax(x) + 1"),
        ("shape.y[1]", "shape.y[1]"),
        ("w@1[2,1] - lr*dE_dw[2,1]", "w@1[1,0] - lr*dE_dw[1,0]"),
    ],
)
def test_what_becomes_of_a_formula(text: str, wanted: str) -> None:
    assert plain(shifted(parse(text), frozenset("ijkpu"))) == plain(parse(wanted))


def test_a_chain_that_says_what_an_index_is_loses_one() -> None:
    found = beside((parse("p0"), parse("ceil((i - 2)/2) + 1")), frozenset({"i", "p0"}))
    assert list(map(plain, found)) == ["p0", "ceil((i - 1)/2)"]


@pytest.mark.parametrize("format", ["plain", "markdown", "html", "latex", "typst", "notebook"])
def test_every_format_counts_from_zero(format: str) -> None:
    solution = work_out(read(SPEC, "net.yaml")[0])
    text = str(render([solution], format, Options(full=True)))
    one, zero = FOUND[format]
    assert zero in text and one not in text


FOUND = {  # the last weight as either page writes it
    "plain": ("w⁽¹⁾₂₂", "w⁽¹⁾₁₁"),
    "markdown": ("w_{22}^{(1)}", "w_{11}^{(1)}"),
    "html": ("<mn>2</mn><mn>2</mn>", "<mn>1</mn><mn>1</mn>"),
    "latex": ("w_{22}^{(1)}", "w_{11}^{(1)}"),
    "typst": ("w_(2 2)^((1))", "w_(1 1)^((1))"),
    "notebook": ("w_{22}^{(1)}", "w_{11}^{(1)}"),
}
SPEC = """\
kind: backprop
notation: {count_from: 0}
network: {input: 2, layers: [{linear: {out_features: 2, weight: [[1, 2], [3, 4]], bias: [0, 1]}}]}
input: [1, -1]
target: {class: 2}
loss: cross_entropy
"""
GOLDEN = {
    "letters": "kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: K, bias: false}}\n"
    "activation: f\nnotation: {count_from: 0, layers: l, gradients: delta}\n",
    "convolution": "kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: K, stride: 2, padding: 1, "
    "bias: false}}\nactivation: f\nnotation: {count_from: 0}\n",
    "network": SPEC,
}


@pytest.mark.parametrize("name", GOLDEN)
def test_pages_stay(name: str) -> None:
    solution = work_out(read(GOLDEN[name], f"{name}.yaml")[0])
    same(f"from-zero-{name}.plain.txt", str(render([solution], "plain", Options(width=80))))


def test_a_page_that_counts_from_one_is_not_touched() -> None:
    assert "v₁₁" in str(render([homework()], "plain"))


# ---------------------------------------------------------------- letters


def solved(spec: dict[str, Any]) -> Solution:
    """The solution of a spec that is right."""
    return work_out(read(json.dumps(spec), "spec")[0])


def page(spec: str, **options: Any) -> str:
    """The plain page of a spec."""
    return str(render([work_out(read(spec, "spec.yaml")[0])], "plain", Options(width=100, **options)))


def test_units_have_the_letters_of_the_spec() -> None:
    """From the input on; a layer of one unit takes its letter, though it shows none."""
    spec = SPEC.replace("{count_from: 0}", "{units: [k, r]}")
    text = page(spec)
    assert "k numbers the inputs, r the outputs" in text and "z⁽¹⁾ᵣ = Σₗ₌₁² w⁽¹⁾ᵣₗxₗ + b⁽¹⁾ᵣ" in text


def test_gradients_of_pre_activations_are_deltas() -> None:
    text = page(SPEC.replace("{count_from: 0}", "{gradients: delta}"))
    assert "δ⁽¹⁾ is the derivative of L by z⁽¹⁾." in text
    assert "∂L/∂w⁽¹⁾ = δ⁽¹⁾ xᵀ" in text and "∂L/∂z⁽¹⁾" not in text.replace("∂z⁽¹⁾ⱼ/∂", "")


@pytest.mark.parametrize("format", ["plain", "markdown", "html", "latex", "typst", "notebook"])
def test_the_recursion_of_the_homework_in_every_format(format: str) -> None:
    spec = (ROOT / "problems/homework-2/2.4-convolution-gradient.yaml").read_text(encoding="utf-8")
    assert "notation: {layers: l}" in spec
    spec = spec.replace("{layers: l}", "{count_from: 0, layers: l, gradients: delta}")
    text = str(render([work_out(read(spec, "2.4.yaml")[0])], format))
    assert RECURSION[format] in text and not any(sign in text for sign in ("z⁽l", "y⁽l", "delta⁽l"))


RECURSION = {  # what is behind the layer, at the place that reads a cell
    "plain": "w⁽ˡ⁺¹⁾ᵤᵥδ⁽ˡ⁺¹⁾ᵢ₋ᵤ,ⱼ₋ᵥ",
    "markdown": r"w_{uv}^{(l+1)} \delta_{i - u,j - v}^{(l+1)}",
    "html": "<mi>l</mi><mo>+</mo><mn>1</mn>",
    "latex": r"\delta_{i - u,j - v}^{(l+1)}",
    "typst": "δ_(i − u, j − v)^((l+1))",
    "notebook": "l+1",
}


@pytest.mark.parametrize(
    "notation",
    [{"gradients": "delta"}, {"units": ["p", "q", "r"]}, {"gradients": "delta", "count_from": 0}],
    ids=["delta", "units", "both"],
)
def test_a_notation_changes_no_answer_and_no_line(notation: dict[str, Any]) -> None:
    spec = {
        "kind": "backprop",
        "network": {"input": 2, "layers": [{"linear": {"out_features": 3, "weight": 0.5, "bias": False}}, "tanh",
                    {"linear": {"out_features": 2, "weight": 0.25, "bias": False}}]},
        "input": [[1, 2], [3, -1]], "target": [[0, 1], [1, 0]], "loss": "mse_loss", "optimizer": {"sgd": {"lr": 1}},
    }  # fmt: skip
    found = [json.loads(str(render([solved(s)], "json"))) for s in (spec, spec | {"notation": notation})]
    for part in ("answers", "asked", "given", "checks"):
        assert found[0][part] == found[1][part]
    lines = [[x for s in one["sections"] for x in s["lines"] if x["kind"] == "value"] for one in found]
    assert [(x["key"], x["formula"], x["value"]) for x in lines[0]] == [
        (x["key"], x["formula"], x["value"]) for x in lines[1]
    ]
    assert found[1]["notation"] == notation
