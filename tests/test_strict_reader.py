"""What a strict reader asks of pages about one layer, of any layer: letters that are said, sums written one way, folds."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

import hwsolve
from hwsolve.formula.evaluate import evaluate, no_names
from hwsolve.formula.notation import plain
from hwsolve.formula.tree import BigOperator, Call, Formula, Number, references, walk
from hwsolve.kinds.convolution.tried import MOST
from hwsolve.solution import Form, Group, Identity, Let, Solution
from hwsolve.spec.report import SpecFailure
from tests.often import often
from tests.random_windows import problem

SEEDS = range(often(16))
POOLING = {"kind": "pooling", "layer": {"max_pool2d": {"kernel_size": "K", "stride": "S"}}}


@pytest.fixture(scope="module")
def pages() -> list[Solution]:
    return [hwsolve.solve(problem(random.Random(seed))) for seed in SEEDS]


def formulas(page: Solution) -> list[Formula]:
    """The formulas of an argument."""
    groups = [g for step in page.sections for g in step.items if isinstance(g, Group) and g.detail == "page"]
    lines = [line for group in groups for line in group.lines]
    found: list[Formula] = [answer.shown for answer in page.answers.values() if answer.shown is not None]
    for line in lines:
        if isinstance(line, Identity):
            found += [line.lhs, line.rhs, *[link.formula for link in line.links]]
        elif isinstance(line, Let):
            found.append(line.formula)
        elif isinstance(line, Form):
            found += [link.formula for link in line.links]
    return found


def test_sums_on_a_page_are_written_one_way(pages: list[Solution]) -> None:
    for page in pages:
        text = page.to("plain", width=140)
        lines = re.search(r"(Σ|max)\[\w+ = ", text)
        raised = re.search(r"(Σ|max)[ₐ-ₜᵢᵣᵤᵥⱼ]+₌", text)
        assert not (lines and raised), text


@pytest.mark.parametrize("groups", [(2, 2, 2), (2, 4, 2), (4, 2, 2), ("C", "C", "C"), ("C", 2, 2), (4, "M", 2)])
@pytest.mark.parametrize("kind", ["conv1d", "conv_transpose1d"])
def test_groups_of_one_channel_leave_nothing_to_fold(kind: str, groups: tuple[object, ...]) -> None:
    into, out, n = groups
    layer = {kind: {"out_channels": out, "kernel_size": "K", "groups": n, "bias": False}}
    page = hwsolve.solve({"kind": "convolution", "layer": layer, "input": [into, "N"]})
    for f in formulas(page):
        if any(isinstance(part, Call) and part.name in ("delta", "if") for part in walk(f)):
            continue  # the gradient of the weights of a transposed convolution, whose indices are not solved for
        for part in walk(f):
            if isinstance(part, Call) and part.name in ("floor", "ceil"):
                assert "/" in plain(part.args[0]), plain(f)
            assert not (isinstance(part, Call) and part.name == "/" and part.args[1] == Number(1)), plain(f)
            assert not (isinstance(part, BigOperator) and part.low == part.high), plain(f)
            assert not (isinstance(part, Call) and part.name == "*" and part.args[0] == Number(1)), plain(f)


def test_the_full_correlation_is_defined_by_a_line() -> None:
    """Of a map of one channel, whatever the kernel: every line is evaluated when it is made, and by the reader."""
    for stride, dilation, flip in ((1, 1, False), ("S", 1, False), (1, "D", False), (2, 2, True)):
        layer = {"out_channels": 1, "kernel_size": "K", "stride": stride, "dilation": dilation, "bias": False}
        page = hwsolve.solve({"kind": "convolution", "layer": {"conv1d": layer}, "flip": flip})
        heads = [plain(f) for f in formulas(page) if isinstance(f, Call) and f.name == "element"]
        assert any(head.startswith("full(") for head in heads)
        assert any(head.startswith("rot180(") for head in heads) is not flip
        assert "Σ" in next(row for row in page.to("plain", width=140).splitlines() if "⋆" in row and "= Σ" in row)


def test_a_line_that_is_wrong_shows_the_cells_that_tell() -> None:
    stated = "Sum(Sum(x[S*(p-1)+u,S*(q-1)+v], v, 1, K), u, 1, K)/K**3"
    page = hwsolve.solve(POOLING | {"published": {"y": {"stated": stated, "source": "key"}}})
    why = str(page.published[0].why)
    assert re.search(r"K = 2\b", why) and len(re.findall(r"x[₁₂][₁₂] = [01]\b", why)) == 4
    assert not re.search(r"\b[uv] = ", why)


def test_the_mark_of_a_maximum_is_said_once_and_an_empty_sum_is_0() -> None:
    for ties in ("first", "all", "split"):
        text = " ".join(hwsolve.solve(POOLING | {"ties": ties}).to("plain", width=400).split())
        assert "that has its largest value" not in text
        assert len(re.findall(r"m\[p, q, i, j\] is 1 ", text)) == 1
        assert "the sum is empty, and an empty sum is 0" in text
        assert "its derivative m[p, q, i, j] with respect to xᵢⱼ" in text.partition("∂y[p, q]/∂xᵢⱼ = m")[0]


def test_the_numbers_of_a_case_are_on_the_page() -> None:
    page = hwsolve.solve(POOLING)
    text = page.to("plain")
    for given in page.given:
        assert given.quantity is not None and given.quantity.text.replace("-", "−") in text.partition("Tried on")[2]
    assert "Both ways give" in text.partition("Tried on")[2]


def test_names_of_an_initialization_are_said_before_they_are_read() -> None:
    text = hwsolve.solve({"kind": "initialization", "layer": {"linear": "M1"}, "input": "M0", "activation": "tanh",
                          "mode": "average", "gain": "linear"}).to("plain", width=400)  # fmt: skip
    before = text.partition("aⱼ = ")[0]
    assert "M₀ values come into the layer, M₁ go out of it" in before
    assert all(f"{name}⁽{layer}⁾" in before for name in "zδ" for layer in ("ˡ", "ˡ⁻¹")) and "z′" not in before


LAYERS_OF_MAPS: list[tuple[str, dict[str, object]]] = [
    ("conv1d", {"out_channels": 1, "kernel_size": "K", "bias": False}),
    ("conv2d", {"out_channels": 1, "kernel_size": ["K", 3], "padding": 1, "bias": False}),
    ("conv2d", {"out_channels": 1, "kernel_size": 2, "stride": "S", "bias": False}),
    ("conv_transpose1d", {"out_channels": 1, "kernel_size": "K", "stride": 2, "bias": False}),
    ("avg_pool1d", {"kernel_size": "K", "stride": "S"}),
    ("avg_pool2d", {"kernel_size": "K"}),
    ("max_pool1d", {"kernel_size": "K"}),
    ("max_pool2d", {"kernel_size": 2, "stride": 1}),
]


@pytest.mark.parametrize("front", ["", "f", "tanh"])
@pytest.mark.parametrize(("layer", "settings"), LAYERS_OF_MAPS)
def test_a_tried_case_shows_what_is_read_and_what_comes_of_it(
    layer: str, settings: dict[str, object], front: str
) -> None:
    """Of any layer: the arrays that the formulas read, no other, and the gradients, worked out anew by PyTorch."""
    torch = pytest.importorskip("torch")
    pools = "pool" in layer
    spec = {"kind": "pooling" if pools else "convolution", "layer": {layer: settings}}
    page = hwsolve.solve(spec | ({"activation": front} if front else {}))
    shown = dict(arrays_of(page))
    z = shown.get("z" if front else "x")
    assert ("dL_dx" if not front else "dL_dz") in shown and "dL_dy" in shown
    assert (z is not None) == (bool(front) or layer.startswith("max")), "what the gradient does not read is left out"
    if front:
        many = 2 * torch.tensor(z).numel() > MOST  # then the page has no room for what is not asked
        assert ("dL_da" in shown) != many and 0 not in torch.tensor(z)
    if z is None:
        axes = int(layer[-2])
        x = torch.zeros([*torch.tensor(shown["dL_dx"]).shape[-axes:]], dtype=torch.float64)
    else:
        x = torch.tensor(z, dtype=torch.float64)
    x.requires_grad_(True)
    a = {"": lambda t: t, "f": torch.relu, "tanh": torch.tanh}[front](x)
    numbers = dict(re.findall(r"(\w+) = (\d+)", page.to("plain").partition("Tried on")[2].partition("map")[0]))
    sides = {k: put(v, numbers) for k, v in settings.items() if k in ("kernel_size", "stride", "padding")}
    if pools:
        y = getattr(torch.nn.functional, layer)(a[None, None], **sides)
    else:
        w = torch.tensor(shown["w"], dtype=torch.float64)[None, None]
        sides.pop("kernel_size")
        y = getattr(torch.nn.functional, layer)(a[None, None], w, **sides)
    y.backward(torch.tensor(shown["dL_dy"], dtype=torch.float64).reshape(y.shape))
    name = "dL_dz" if front else "dL_dx"
    found = torch.tensor(shown[name], dtype=torch.float64)
    assert torch.allclose(found, x.grad, rtol=1e-4, atol=1e-5)
    cells = [line.links for line in worked_lines(page) if line.links[0].formula.name == name]
    assert len(cells) == 1 + (not front)  # by the formula, and, of what the layer reads, by the definition
    at = tuple([i.numerator - 1 for i in cells[0][0].formula.indices])
    put_in = [
        link.formula for cell in cells for link in cell if not list(references(link.formula))
    ]  # and what comes out
    assert put_in and all(number(f) == pytest.approx(float(x.grad[at]), rel=1e-4, abs=1e-4) for f in put_in)


def number(f: Formula) -> float:
    """The value of a formula without names."""
    value: Any = evaluate(f, no_names)
    return float(value.p) / float(value.q) if hasattr(value, "q") else float(value)


def worked_lines(page: Solution) -> Iterator[Any]:
    """The lines of the cell that is worked: which windows cover it, and what comes of them."""
    for item in page.sections[-1].items:
        for line in item.lines if isinstance(item, Group) else ():
            if not (isinstance(line.links[-1].formula, Call) and line.links[-1].formula.name in ("[]", "tuple")):
                yield line


@pytest.mark.parametrize("layer", ["avg_pool2d", "max_pool2d", "max_pool1d", "avg_pool3d"])
@pytest.mark.parametrize("sizes", [{"kernel_size": "K", "stride": "S"}, {"kernel_size": "K"}, {"kernel_size": 3}])
def test_the_windows_of_the_worked_cell_are_those_that_cover_it(layer: str, sizes: dict[str, Any]) -> None:
    """By counting loops: the first and the last place of each axis, with the sizes that the page takes."""
    page = hwsolve.solve({"kind": "pooling", "layer": {layer: sizes}})
    numbers = dict(re.findall(r"(\w+) = (\d+)", page.to("plain").partition("Tried on")[2].partition("map")[0]))
    k = int(numbers.get("K", 3))
    s = int(numbers.get("S", k))
    lines = list(worked_lines(page))
    cell = [i.numerator for i in lines[-1].links[0].formula.indices]
    ends = {line.links[0].formula.name: evaluate(line.links[-1].formula, no_names) for line in lines[:-1]}
    for letter, i in zip("pqr", cell, strict=False):
        covering = [p for p in range(-20, 40) if s * (p - 1) < i <= s * (p - 1) + k]
        first, last = ends[f"{letter}0"], ends.get(f"{letter}1", ends[f"{letter}0"])
        assert covering == list(range(first, last + 1))


def put(size: Any, numbers: dict[str, str]) -> Any:
    """A size with its number; of several axes each."""
    return [put(n, numbers) for n in size] if isinstance(size, list) else int(numbers.get(str(size), size))


def arrays_of(page: Solution) -> Iterator[tuple[str, Any]]:
    """The arrays of the tried case, by their names."""
    for item in page.sections[-1].items:
        for line in item.lines if isinstance(item, Group) else ():
            key, values = (line.links[0].formula, line.links[-1].formula)
            if len(line.links) == 1 or not (isinstance(values, Call) and values.name in ("[]", "tuple")):
                continue  # of the cell that is worked
            yield plain(key).removeprefix("whole(").rstrip(")").strip("'"), nested(values)


def nested(f: Formula) -> Any:
    """An array as nested lists."""
    if isinstance(f, Number):
        return f.numerator / f.denominator
    assert isinstance(f, Call)
    return -nested(f.args[0]) if f.name == "neg" else [nested(part) for part in f.args]


@pytest.mark.parametrize("layer", ["conv1d", "conv2d", "conv3d", "conv_transpose2d", "max_pool2d", "avg_pool1d"])
def test_a_page_says_with_respect_to_and_of_what_outputs_depend_on(layer: str) -> None:
    pools = "pool" in layer
    settings: dict[str, object] = {"kernel_size": "K"} | ({} if pools else {"out_channels": 1})
    text = hwsolve.solve({"kind": "pooling" if pools else "convolution", "layer": {layer: settings}}).to(
        "plain", width=300
    )
    assert not re.search(r"\breads?\b|\breaders?\b|derivative of \S+ by\b|turned round", text), text
    assert "with respect to" in text and ("Which outputs depend on" in text) is not pools


@pytest.mark.parametrize("activation", ["f", "relu", {"elu": 0.5}])
@pytest.mark.parametrize("layer", ["conv1d", "conv2d"])
def test_the_output_of_a_numbered_layer_is_what_the_next_activation_reads(layer: str, activation: Any) -> None:
    spec = {"kind": "convolution", "layer": {layer: {"out_channels": 1, "kernel_size": "K"}}, "activation": activation}
    text = hwsolve.solve(spec | {"notation": {"layers": "l"}}).to("plain", width=300)
    assert "Asked: ∂L/∂z⁽ˡ⁾ as a formula in ∂L/∂z⁽ˡ⁺¹⁾." in text and "y⁽" not in text
    assert "y" in hwsolve.solve(spec).to("plain", width=300).partition("Asked")[2]


@pytest.mark.parametrize(("layer", "zeros"), [
    ({"kernel_size": "K"}, "K − 1 on every side"), ({"kernel_size": 3}, "2 on every side"),
    ({"kernel_size": "K", "dilation": 2}, "2K − 2 on every side"), ({"kernel_size": 3, "dilation": "D"}, "2D on every side"),
])  # fmt: skip
def test_a_full_correlation_says_how_many_zeros_it_adds(layer: dict[str, Any], zeros: str) -> None:
    spec = {"kind": "convolution", "layer": {"conv2d": layer | {"out_channels": 1, "bias": False}}}
    assert zeros in hwsolve.solve(spec).to("plain", width=300)


def initialization(**settings: Any) -> Solution:
    return hwsolve.solve({"kind": "initialization", "layer": {"linear": "m"}, "input": "n"} | settings)


@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", {"leaky_relu": "s"}, "sin(x)"])
@pytest.mark.parametrize("mode", ["fan_in", "fan_out", "average"])
def test_an_initialization_page_has_what_was_asked_and_no_more(activation: Any, mode: str) -> None:
    page = initialization(activation=activation, mode=mode)
    text = page.to("plain", width=300)
    assert not any("PyTorch" in str(note.text) for note in page.notes)
    if mode != "average":
        assert "every such layer" not in text and "δ" in text
        assert "The gain is √(n Var W)" in text or "The gain is √(m Var W)" in text
    assert "fan_" not in text and "as large as" not in text and "′⁽" not in text
    assert not re.search(r"[zδ]′", text), "a prime is a derivative"


@pytest.mark.parametrize(("activation", "said"), [
    ({"prelu": {"init": "s"}}, "f is PReLU. s is its slope for negative z; it is learned, and here its initial value counts."),
    ({"leaky_relu": 0.2}, "f is LeakyReLU. α is its slope for negative z."), ("relu6", "f is ReLU6."),
    ({"elu": "s"}, "f is ELU."),
])  # fmt: skip
def test_an_activation_that_has_a_letter_is_named(activation: Any, said: str) -> None:
    text = initialization(activation=activation).to("plain", width=300)
    assert said in text.partition("f(z) = ")[0]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid", "sin(x)", "softsign"])
def test_the_slope_that_falls_away_is_said_to_be_that_at_zero(activation: str) -> None:
    text = initialization(activation=activation, mode="fan_out", gain="linear").to("plain", width=300)
    steps = text.partition("Backward")[2]
    assert re.search(r"′\(z⁽ˡ⁻¹⁾\) ≈ \w+′\(0\)", steps.partition("Var δ⁽ˡ⁻¹⁾")[0])


@pytest.mark.parametrize(("slope", "known"), [(0, "ReLU"), (1, ""), (-0.5, "")])
def test_a_special_case_is_a_line_each(slope: float, known: str) -> None:
    """Var W and the gain from E f² = (1 + s²)/2."""
    page = initialization(activation={"prelu": {"init": "s"}}, at={"s": slope})
    half = (1 + slope**2) / 2
    f, gain = page.answers["variance.at"].value, page.answers["gain.at"].value
    assert float(evaluate(f, lambda name, _: 7)) == pytest.approx(1 / (7 * half))
    assert float(gain.text) == pytest.approx(half**-0.5, rel=1e-5)
    assert (f"f is {known}:" in page.to("plain")) is bool(known)
    assert "s" in plain(page.answers["variance"].value)


@pytest.mark.parametrize(("at", "why"), [({"t": 0}, "no name in the activation"), ({"s": 0}, "0 everywhere")])
def test_a_special_case_that_is_none_is_refused(at: dict[str, int], why: str) -> None:
    with pytest.raises(SpecFailure, match=why):
        initialization(activation="s*x", at=at)


NET = """
kind: backprop
network: {input: 2, layers: [{linear: {out_features: 3, weight: [[1, 2], [3, 4], [5, 6]], bias: false}}, relu,
          {linear: {out_features: 2, weight: [[1, 2, 3], [4, 5, 6]], bias: false}}]}
input: [1, 2]
loss: {half_squared_error: {target: [1, 2]}}
optimizer: {sgd: {lr: 1}}
steps: 1
"""


def test_a_sum_has_another_letter_than_what_is_derived_by() -> None:
    solution = hwsolve.solve(yaml.safe_load(NET))
    met = 0
    for step in solution.sections:
        for item in step.items:
            values = getattr(item, "reason", "") and getattr(item.reason, "values", {})
            form = values.get("formula") if values else None
            if not (isinstance(form, Call) and form.name == "form") or not isinstance(item.lines[0], Form):
                continue
            free = {i.name for i in getattr(item.lines[0].links[0].formula, "indices", ()) if hasattr(i, "name")}
            bound = {part.index for part in walk(form) if isinstance(part, BigOperator)}
            met += bool(bound)
            assert not free & bound
    assert met
