"""Drawings: nothing meets a label, every number is that of the JSON, and the graph drawn is that of the network."""

from __future__ import annotations

import json
import random
import re
from fractions import Fraction
from itertools import pairwise
from math import exp, hypot, sin, tanh
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest

from hwsolve.errors import CallError
from hwsolve.figures import Diagram, Edge, Grid, Node
from hwsolve.formula.notation import unicode
from hwsolve.formula.tree import Call, Formula, Ref
from hwsolve.importing.settings import Settings
from hwsolve.importing.source import imported
from hwsolve.kinds.drawn import drawn
from hwsolve.language import translate
from hwsolve.pipeline import read, work_out
from hwsolve.render.json_figures import figure as as_data
from hwsolve.render.svg_file import svg_file
from hwsolve.solution import Solution, Text
from tests.conftest import PROBLEMS, Run
from tests.render_samples import section

CONFIGS = Path(__file__).parent / "importing_configs"
SVG = "{http://www.w3.org/2000/svg}"
CHARACTER, EPS = 7.2, 0.11  # units of a character; what rounding to a tenth may hide
NUMBER = re.compile(r"−?\d[\d,]*\.?\d*(?: × 10[⁻⁰¹²³⁴-⁹]+)?")


def words(text: Text) -> str:
    return translate(text, "en", lambda v: unicode(v) if isinstance(v, Formula) else v)


def figures(text: str | Path, name: str | None = None, values: bool = True, number: int = 0) -> tuple[Any, ...]:
    source = text.read_text("utf-8") if isinstance(text, Path) else text
    return drawn(read(source, "test.yaml")[number], name, values)


def diagram(text: str | Path, name: str | None = None, values: bool = True, number: int = 0) -> Diagram:
    (found,) = figures(text, name, values, number)
    assert isinstance(found, Diagram)
    return found


def net(sizes: list[int], dice: random.Random, digits: int = 8) -> str:
    """A spec of a network of random numbers."""

    def number() -> str:
        return f"{dice.uniform(-1, 1):.{digits}f}"

    def numbers(n: int) -> str:
        return "[" + ", ".join([number() for _ in range(n)]) + "]"

    rows = []
    for before, n in pairwise(sizes):
        weight = ", ".join([numbers(before) for _ in range(n)])
        bias = numbers(n) if dice.random() < 0.7 else "false"
        rows.append(f"    - linear: {{out_features: {n}, weight: [{weight}], bias: {bias}}}")
        if dice.random() < 0.8:
            rows.append(f"    - {dice.choice(['tanh', 'sigmoid', 'relu'])}")
    return "\n".join(
        [
            *("kind: backprop", "network:", f"  input: {sizes[0]}", "  layers:", *rows),
            *(f"input: {numbers(sizes[0])}", f"target: {numbers(sizes[-1])}", "loss: mse_loss", f"digits: {digits}"),
        ]
    )


# ---------------------------------------------------------------- what is drawn, read from the file


class Drawn:
    """The shapes and texts of an SVG file."""

    def __init__(self, text: str) -> None:
        root = ElementTree.fromstring(text)
        self.across, self.down = float(root.get("width", 0)), float(root.get("height", 0))
        (group,) = root.findall(f"{SVG}g")
        self.circles: list[tuple[float, float, float]] = []
        self.boxes: list[tuple[float, ...]] = []
        self.frames: list[tuple[float, ...]] = []
        self.labels: list[tuple[float, ...]] = []
        self.inner: list[tuple[float, float, str]] = []
        self.lines: list[list[tuple[float, float]]] = []
        self.stacked = next(root.iter(f"{SVG}tspan"), None) is None  # weight and gradient in rows of their own
        behind: tuple[float, ...] | None = None
        for e in group:
            number = {k: float(v) for k, v in e.attrib.items() if k in ("cx", "cy", "r", "x", "y", "width", "height")}
            if e.tag == f"{SVG}circle":
                self.circles.append((number["cx"], number["cy"], number["r"]))
            elif e.tag == f"{SVG}rect":
                place = (number["x"], number["y"], number["x"] + number["width"], number["y"] + number["height"])
                if e.get("rx") is None:
                    behind = place
                else:
                    (self.boxes if e.get("stroke-dasharray") is None else self.frames).append(place)
            elif e.tag == f"{SVG}path" and e.get("fill") == "none":
                self.lines.append(points(e.get("d", "")))
            elif e.tag == f"{SVG}text":
                shown = "".join(e.itertext())
                if behind is None:
                    self.inner.append((number["x"], number["y"], shown))
                    continue
                assert behind[2] - behind[0] >= CHARACTER * len(shown) - EPS, shown
                assert behind[0] < number["x"] < behind[2] and behind[1] < number["y"] < behind[3]
                self.labels.append(behind)
                behind = None

    def clashes(self) -> list[str]:
        """What meets a label, and text that is wider than its circle."""
        found = []
        for n, a in enumerate(self.labels):
            if a[0] < -EPS or a[1] < -EPS or a[2] > self.across + EPS or a[3] > self.down + EPS:
                found.append(f"label {a} and the border")
            found += [f"labels {a} {b}" for b in self.labels[n + 1 :] if overlap(a, b)]
            found += [f"label {a} and box {b}" for b in self.boxes if overlap(a, b)]
            held = [f for f in self.frames if overlap(a, f)]
            found += [f"label {a} and frame {f}" for f in held if not inside(a, f)]
            for x, y, r in self.circles:
                if hypot(max(a[0] - x, 0, x - a[2]), max(a[1] - y, 0, y - a[3])) < r - EPS:
                    found.append(f"label {a} and circle {x, y, r}")
        for x, y, text in self.inner:
            half = CHARACTER * len(text) / 2
            held = [c for c in self.circles if hypot(c[0] - x, c[1] - y) < c[2]]
            if any(hypot(half, y - c[1] - 4.5) > c[2] + EPS for c in held):
                found.append(f"{text} sticks out of its circle")
        for line in self.lines:
            for x, y in line:
                if any(hypot(c[0] - x, c[1] - y) < c[2] - 1 for c in self.circles):
                    found.append(f"a line through a circle at {x, y}")
                if any(b[0] + 1 < x < b[2] - 1 and b[1] + 1 < y < b[3] - 1 for b in self.boxes):
                    found.append(f"a line through a box at {x, y}")
        starts = [(n, line[0]) for n, line in enumerate(self.lines)]
        return found + [f"a line begins in mid-air at {at}" for n, at in starts if not self.held(n, *at)]

    def held(self, n: int, x: float, y: float) -> bool:
        """Whether the start of a line lies on the border of a shape, or on another line."""
        if any(abs(hypot(c[0] - x, c[1] - y) - c[2]) < 2 for c in self.circles):
            return True
        for left, top, right, bottom in self.boxes:
            if hypot(max(left - x, 0, x - right), max(top - y, 0, y - bottom)) < 2:
                return True
        others = [line for k, line in enumerate(self.lines) if k != n]
        pieces = [piece for line in others for piece in pairwise(line)]
        return any(
            hypot(x - a[0], y - a[1]) + hypot(x - b[0], y - b[1]) < hypot(a[0] - b[0], a[1] - b[1]) + 0.1
            for a, b in pieces
        )


def points(path: str) -> list[tuple[float, float]]:
    """Points along a path of straight pieces, bends and arcs, a few units apart."""
    found: list[tuple[float, float]] = []
    for command, text in re.findall(r"([A-Za-z])([^A-Za-z]*)", path):
        n = [float(v) for v in re.findall(r"-?[\d.]+", text)]
        if command == "M":
            found.append((n[0], n[1]))
            continue
        a = found[-1]
        ends = {"L": n, "H": [n[0], a[1]], "V": [a[0], n[0]]}.get(command, n[-2:])
        handles = n if command == "C" else [*a, *ends, *ends]
        for k in range(1, 41):
            t, u = k / 40, 1 - k / 40
            w = (u**3, 3 * u * u * t, 3 * u * t * t, t**3)
            x, y = [sum(p * q for p, q in zip(w, (a[d], *handles[d::2]), strict=True)) for d in (0, 1)]
            found.append((x, y))
    return found


def overlap(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Whether two rectangles share more than an edge."""
    return a[0] < b[2] - EPS and b[0] < a[2] - EPS and a[1] < b[3] - EPS and b[1] < a[3] - EPS


def inside(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    """Whether a rectangle holds another one."""
    return b[0] <= a[0] and b[1] <= a[1] and a[2] <= b[2] and a[3] <= b[3]


def test_the_reader_sees_labels_that_meet_something() -> None:
    """The check itself: a label moved onto a circle, another label or the border is found."""
    text = svg_file([diagram(PROBLEMS / "homework-2/2.1-backprop.yaml")], words)
    drawing = Drawn(text)
    assert len(drawing.labels) == 10 and len(drawing.circles) == 5 and not drawing.clashes()
    wide = drawing.labels[0][2] - drawing.labels[0][0]
    x, y, _ = drawing.circles[0]
    for place in ((x, y, x + wide, y + 9), drawing.labels[1], (-5, 50, wide - 5, 59), (*drawing.boxes[0],)):
        moved = Drawn(text)
        moved.labels[0] = place
        assert moved.clashes()


SIZES = [[1, 1], [2, 2, 1], [6, 6, 6], [6, 6], [3, 6, 2, 4], [1, 6, 1], [5, 4, 6], [2, 7, 3], [12, 9, 12]]


@pytest.mark.parametrize("seed", range(14))
def test_no_label_meets_anything(seed: int) -> None:
    dice = random.Random(seed)
    sizes = SIZES[seed] if seed < len(SIZES) else [dice.randint(1, 6) for _ in range(dice.choice((2, 3, 3, 4)))]
    found = diagram(net(sizes, dice))
    drawing = Drawn(svg_file([found], words))
    weights = [bool(e.label) + (e.gradient is not None) for e in found.edges]
    wanted = sum(weights) if drawing.stacked else sum(map(bool, weights))
    assert len(drawing.labels) == wanted + sum(n.gradient is not None for n in found.nodes)
    assert drawing.clashes() == []


@pytest.mark.parametrize("path", sorted(PROBLEMS.rglob("*.yaml")), ids=lambda p: p.stem)
def test_shipped_problems_are_drawn_without_a_clash(path: Path) -> None:
    for n, problem in enumerate(read(path.read_text("utf-8"), "test.yaml")):
        if problem.kind not in ("count-params", "complexity", "derivative", "backprop"):
            continue
        try:
            found = figures(path, None, problem.kind != "derivative", n)
        except CallError:
            assert path.stem in ("quadratic-form", "distillation")  # sums over an index are no circuit
            continue
        text = svg_file(found, words)
        assert Drawn(text).clashes() == []
        check_numbers(text, found)


def test_more_units_than_a_page_holds_are_drawn_as_boxes() -> None:
    assert diagram(net([6] * 8, random.Random(0)), values=False).flow == "right"
    assert diagram(net([6] * 9, random.Random(0)), values=False).flow == "down"
    layers = diagram(PROBLEMS / "textbook/transformer-decoder-layer.yaml")
    assert len(layers.nodes) < 12 and [str(frame.label) for frame in layers.frames] == ["transformer_decoder_layer"]


@pytest.mark.parametrize("path", sorted(CONFIGS.glob("*.json")), ids=lambda p: p.stem)
def test_imported_models_are_drawn_without_a_clash(path: Path) -> None:
    tokens = 12 if path.stem == "keras-words" else None  # its inputs have no length
    (problem,) = read(imported(str(path), Settings(tokens=tokens)), path.name)
    assert Drawn(svg_file(drawn(problem, None, False), words)).clashes() == []


@pytest.mark.parametrize("steps", [2, 3, 6])
def test_the_input_of_each_step_stands_beside_the_state_that_it_meets(steps: int) -> None:
    numbers = ", ".join([f"[{k + 1}]" for k in range(steps)])
    rnn = "rnn: {hidden_size: 1, weight_ih: [[0.5]], weight_hh: [[0.25]], bias: false, returns: last}"
    text = f"kind: backprop\nnetwork:\n  input: [{steps}, 1]\n  layers:\n    - {rnn}\ninput: [{numbers}]\n"
    found = diagram(text + "target: [1]\nloss: half_squared_error\n", values=False)
    ranks = {node.id: node.rank for node in found.nodes}
    inputs = [edge for edge in found.edges if edge.start.startswith("x")]
    assert len(inputs) == steps and all(ranks[e.end] == ranks[e.start] + 1 for e in inputs)
    assert len({ranks[e.start] for e in inputs}) == steps


def test_units_of_one_row_stand_below_each_other() -> None:
    ranks = {node.id: node.rank for node in diagram(PROBLEMS / "language/24-batch-norm.yaml", values=False).nodes}
    assert len({rank for name, rank in ranks.items() if name.startswith("x[")}) == 1


def test_copies_of_a_block_that_differ_in_sizes_are_one_box() -> None:
    labels = {str(node.label): str(node.size) for node in diagram(PROBLEMS / "models/densenet121.yaml").nodes}
    assert labels["5 × dense"] == "256 × 56 × 56" and labels["24 × dense"] == "1,024 × 14 × 14"


def test_a_mixture_says_how_many_experts_there_are_and_how_many_work() -> None:
    (problem,) = read(imported(str(CONFIGS / "mixtral-8x7b.json")), "mixtral.json")
    (found,) = drawn(problem, None, False)
    assert isinstance(found, Diagram) and "8 × swiglu" in [str(frame.label) for frame in found.frames]
    assert "mixture, 2 active" in [str(node.label) for node in found.nodes]


# ---------------------------------------------------------------- numbers, and what a file may hold


def check_numbers(text: str, found: tuple[Any, ...]) -> None:
    """Every number in a drawing stands in the JSON of its figures."""
    made = [as_data(f, words) for f in found]
    known: set[str] = set()
    for figure in made:
        for part in (*figure["nodes"], *figure["edges"], *figure.get("frames", ())):
            for key in (
                "value",
                "gradient",
                "label",
                "size",
                "slope",
                "formula",
                "values",
                "gradients",
                "sum",
                "sum_value",
            ):
                known |= {plain_number(n) for n in NUMBER.findall(in_signs(str(part.get(key, ""))))}
    root = ElementTree.fromstring(text)
    for element in root.iter(f"{SVG}text"):
        for part in element.itertext():
            assert {plain_number(n) for n in NUMBER.findall(part)} <= known, part


FUNCTION = {"tanh": tanh, "sigmoid": lambda x: 1 / (1 + exp(-x)), "relu": lambda x: max(x, 0.0)}


@pytest.mark.parametrize("seed", range(6))
def test_a_unit_of_a_page_shows_its_sum_and_its_function(seed: int) -> None:
    """What is in a unit is worked out again, and nothing on the page's drawing meets a label."""
    (solution,) = [work_out(p) for p in read(net([2, 3, 2], random.Random(seed)), "test.yaml")]
    items = [item for step in solution.sections for item in step.items]
    given, found = [item for item in items if isinstance(item, Diagram) and item.nodes]
    assert all(node.value is None or node.rank == 0 for node in given.nodes)
    assert all(part.gradient is None for part in (*given.nodes, *given.edges))
    text = svg_file([found], words)
    assert Drawn(text).clashes() == []
    check_numbers(text, (found,))
    for node in found.nodes:
        if node.sum:
            assert isinstance(node.formula, Call) and node.formula.args == (node.sum,) and node.slope
            taken = FUNCTION[node.formula.name](float(node.sum_value.text))
            assert float(node.value.text) == pytest.approx(taken, rel=1e-6)
    named = re.findall(r"- (tanh|sigmoid|relu)", net([2, 3, 2], random.Random(seed)))
    assert len({node.rank for node in found.nodes if node.sum}) == len(named)


def in_signs(text: str) -> str:
    """A text of the JSON with the signs of a page, `2e-7` as `2 × 10⁻⁷`."""
    raised = str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹")
    powers = re.sub(r"(?<=\d)e(-?\d+)", lambda m: " × 10" + str(int(m[1])).translate(raised), text)
    return powers.replace("-", "−")


def plain_number(text: str) -> str:
    """A printed number without signs for people; powers of ten written out."""
    front, times, power = text.replace(",", "").replace("−", "-").partition(" × 10")
    if times:
        front = str(float(f"{front}e{power.translate(str.maketrans('⁻⁰¹²³⁴⁵⁶⁷⁸⁹', '-0123456789'))}"))
    return str(Fraction(front))


@pytest.mark.parametrize("seed", range(5))
def test_numbers_of_a_drawing_are_those_of_the_json(seed: int) -> None:
    found = figures(net([3, 4, 2], random.Random(seed)))
    check_numbers(svg_file(found, words), found)


def test_a_drawing_without_values_has_only_numbers_of_the_spec() -> None:
    source = net([3, 4, 2], random.Random(5))
    stated = {plain_number(n) for n in NUMBER.findall(source.replace("-", "−"))}
    root = ElementTree.fromstring(svg_file(figures(source, values=False), words))
    texts = ["".join(e.itertext()).rpartition(" = ")[2] for e in root.iter(f"{SVG}text")]
    shown = {plain_number(t) for t in texts if NUMBER.fullmatch(t)} - {"1"}  # the unit in front of the biases
    assert shown <= stated and len(shown) > 20


TAGS = ("svg", "title", "desc", "g", "rect", "circle", "path", "polygon", "text", "tspan")
ATTACK = '<script>alert(1)</script>" onload=\'x\' class="axis"'


def test_a_file_asks_for_nothing_and_runs_nothing() -> None:
    nodes = (Node("a", ATTACK, 0), Node("b", ATTACK, 1, shape="box", size=ATTACK))
    hostile = Diagram(ATTACK, nodes, (Edge("a", "b", ATTACK),), ATTACK)
    for found in ((hostile,), (hostile, Grid(ATTACK, ((ATTACK,),))), figures(PROBLEMS / "models/resnet18.yaml")):
        text = svg_file(found, words)
        root = ElementTree.fromstring(text)
        for element in root.iter():
            assert element.tag in {SVG + tag for tag in TAGS}
            assert not {k for k in element.attrib if k.startswith("on") or "href" in k or k in ("class", "style")}
        assert "url(" not in text and re.findall(r"https?://[^\"]*", text) == ["http://www.w3.org/2000/svg"]
    assert "".join(ElementTree.fromstring(svg_file((hostile,), words)).find(f"{SVG}title").itertext()) == ATTACK


def test_the_description_reads_all_values() -> None:
    found = diagram(PROBLEMS / "homework-2/2.1-backprop.yaml")
    text = ElementTree.fromstring(svg_file([found], words)).findtext(f"{SVG}desc") or ""
    for part in (*found.nodes, *found.edges):
        for q in (part.value, part.gradient):
            assert q is None or q.text.replace("-", "−") in text


# ---------------------------------------------------------------- what the graph says


@pytest.mark.parametrize("seed", range(4))
def test_units_and_gradients_are_those_of_pytorch(seed: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    dice = random.Random(seed)
    w1, w2 = [[[round(dice.uniform(-1, 1), 3) for _ in range(n)] for _ in range(m)] for n, m in ((3, 4), (4, 2))]
    x, b, t = [[round(dice.uniform(-1, 1), 3) for _ in range(n)] for n in (3, 4, 2)]
    found = diagram(
        f"kind: backprop\nnetwork:\n  input: 3\n  layers:\n"
        f"    - linear: {{out_features: 4, weight: {w1}, bias: {b}}}\n    - tanh\n"
        f"    - linear: {{out_features: 2, weight: {w2}, bias: false}}\ninput: {x}\ntarget: {t}\nloss: mse_loss\n"
    )
    tensors = [torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (w1, b, w2)]
    z = tensors[0] @ torch.tensor(x, dtype=torch.float64) + tensors[1]
    z.retain_grad()
    a = torch.tanh(z)
    y = tensors[2] @ a
    y.retain_grad()
    loss = ((y - torch.tensor(t, dtype=torch.float64)) ** 2).mean()
    loss.backward()
    near = lambda q, v: q is not None and abs(float(q.text) - v.item()) < 2e-5 * max(1, abs(v.item()))  # noqa: E731
    nodes = {n.id: n for n in found.nodes}
    edges = {(e.start, e.end): e for e in found.edges}
    for i in range(4):
        assert near(nodes[f"a1[{i + 1}]"].value, a[i]) and near(nodes[f"a1[{i + 1}]"].gradient, z.grad[i])
        for j in range(3):
            edge = edges.pop((f"x[{j + 1}]", f"a1[{i + 1}]"))
            assert near(edge.value, tensors[0][i][j]) and near(edge.gradient, tensors[0].grad[i][j])
        for k in range(2):
            edge = edges.pop((f"a1[{i + 1}]", f"z2[{k + 1}]"))
            assert near(edge.value, tensors[2][k][i]) and near(edge.gradient, tensors[2].grad[k][i])
        (bias,) = [key for key in edges if key[1] == f"a1[{i + 1}]"]
        assert nodes[bias[0]].value is None and near(edges.pop(bias).gradient, tensors[1].grad[i])
    assert {end for _, end in edges} == {"L"} and near(nodes["L"].value, loss)


RESIDUAL = """
kind: backprop
network:
  input: 2
  layers:
    - residual:
        body: [linear: {out_features: 2, weight: [[1, 2], [3, 4]], bias: false}, relu]
input: [1, -1]
target: [0, 0]
loss: mse_loss
"""


def test_shortcuts_are_arrows_past_a_column() -> None:
    found = diagram(RESIDUAL)
    rank = {n.id: n.rank for n in found.nodes}
    past = [(e.start, e.end) for e in found.edges if rank[e.end] - rank[e.start] == 2 and e.end != "L"]
    assert sorted(start for start, _ in past) == ["x[1]", "x[2]"]
    assert Drawn(svg_file([found], words)).clashes() == []


def test_long_columns_are_folded() -> None:
    found = diagram(net([7, 2], random.Random(1)), values=False)
    column = [(n.id if n.shape != "fold" else "⋮") for n in found.nodes if n.rank == 0 and n.label != 1]
    assert column[:5] == ["x[1]", "x[2]", "x[3]", "⋮", "x[7]"]
    assert not {e.start for e in found.edges} & {"x[4]", "x[5]", "x[6]"}


def test_a_batch_has_no_values_of_one_sample() -> None:
    found = diagram(PROBLEMS / "textbook/two-layer-softmax-batch.yaml")
    assert all(n.value is None for n in found.nodes if n.shape == "circle")
    assert all(e.gradient is not None for e in found.edges if e.label)


def test_resnet_18_has_its_shortcuts_and_folds_equal_blocks() -> None:
    found = diagram(PROBLEMS / "models/resnet18.yaml")
    rank = {n.id: n.rank for n in found.nodes}
    assert [(f.label, len(f.nodes)) for f in found.frames] == [("2 × basic", 3), ("smaller", 3)]
    past = [e for e in found.edges if rank[e.end] - rank[e.start] > 1]
    assert [words(e.label) for e in past] == ["", "conv2d 1×1 stride 2, batch_norm2d"]
    shapes = [(words(n.label), words(n.size)) for n in found.nodes]
    assert shapes[9:14] == [
        ("basic", "128 × 28 × 28"),
        ("smaller", "256 × 14 × 14"),
        ("basic", "256 × 14 × 14"),
        ("smaller", "512 × 7 × 7"),
        ("basic", "512 × 7 × 7"),
    ]


def test_branches_stand_beside_each_other() -> None:
    found = diagram(PROBLEMS / "textbook/building-blocks.yaml", number=1)
    assert sorted(n.rank for n in found.nodes) == [0, 1, 1, 1, 1, 2, 2, 2, 3]
    assert len([e for e in found.edges if e.end == "concat1"]) == 4


def test_what_repeats_is_drawn_once() -> None:
    found = diagram(
        "kind: count-params\nnetwork:\n  input: 8\n  layers:\n"
        "    - repeat: {times: 5, body: [linear: 8, relu]}\n    - relu\n    - linear: 2\n"
    )
    assert [words(n.label) for n in found.nodes] == ["input", "linear, relu", "relu", "linear"]
    assert [(f.nodes, f.label) for f in found.frames] == [(("repeat1.linear1",), "5 ×")]


@pytest.mark.parametrize("seed", range(6))
def test_a_circuit_has_the_gradients_of_its_function(seed: int) -> None:
    dice = random.Random(seed)
    f = dice.choice(
        ["x*y + exp(-x)/(1 + y**2)", "sigmoid(x*y)*x - y", "(x + y)*max(x, 3) + sin(x*x)", "1/(1 + exp(-(x*y + 2)))"]
    )
    at = {name: round(dice.uniform(0.2, 2), 2) for name in "xy"}
    found = diagram(f"kind: derivative\nfunction: {f}\nwrt: [x, y]\nat: {{x: {at['x']}, y: {at['y']}}}\n")
    names = {"exp": exp, "sin": sin, "max": max, "sigmoid": lambda v: 1 / (1 + exp(-v))}
    value = lambda point: eval(f, {**names, **point})  # noqa: E731
    last = max(found.nodes, key=lambda n: n.rank)
    assert abs(float(last.value.text) - value(at)) < 1e-5 * abs(value(at))
    for name in "xy":
        (leaf,) = [n for n in found.nodes if n.label == Ref(name)]
        slope = (value(at | {name: at[name] + 1e-6}) - value(at | {name: at[name] - 1e-6})) / 2e-6
        assert abs(float(leaf.gradient.text) - slope) < 1e-4 * max(1, abs(slope))


@pytest.mark.parametrize("seed", range(6))
def test_a_circuit_over_arrays_shows_formulas_values_and_gradients(seed: int) -> None:
    """y = sigmoid(Wx + b), E = Σ (y − t)²/2 worked out with floats, and each gradient by the chain rule."""
    dice = random.Random(seed)
    n, m = dice.randint(2, 3), 2
    some = lambda k: [round(dice.uniform(-1, 1), 2) for _ in range(k)]  # noqa: E731
    x, w, b, t = some(n), [some(n) for _ in range(m)], some(m), some(m)
    linear = {"out_features": m, "weight": w, "bias": b, "symbols": {"weight": "W", "bias": "b"}, "output": "z"}
    spec = {
        "kind": "backprop",
        "network": {"input": {"size": n, "symbols": "x"}, "layers": [{"linear": linear}, {"sigmoid": {"output": "y"}}]},
        "input": x, "target": t, "loss": {"half_squared_error": {"symbols": {"output": "E"}}},
    }  # fmt: skip
    (found,) = figures(json.dumps(spec), "circuit", True)
    nodes = {unicode(node.label): node for node in found.nodes}
    z = [sum(a * c for a, c in zip(row, x, strict=True)) + d for row, d in zip(w, b, strict=True)]
    y = [1 / (1 + exp(-v)) for v in z]
    slopes = [(p - q) * p * (1 - p) for p, q in zip(y, t, strict=True)]
    made = {"x": x, "z": z, "y": y, "b": b, "t": t}
    assert unicode(nodes["z"].formula).replace(" ", "") == "Wx+b" and unicode(nodes["y"].formula) == "σ(z)"
    for name, values in made.items():
        (row,) = nodes[name].values
        assert [float(q.text) for q in row] == pytest.approx(values, rel=1e-5), name
    assert [float(q.text) for q in nodes["z"].gradients[0]] == pytest.approx(slopes, rel=1e-5)
    outer = [[s * v for v in x] for s in slopes]
    for row, wanted in zip(nodes["W"].gradients, outer, strict=True):
        assert [float(q.text) for q in row] == pytest.approx(wanted, rel=1e-5)
    text = svg_file([found], words)
    assert Drawn(text).clashes() == []
    check_numbers(text, (found,))


@pytest.mark.parametrize("path", sorted(PROBLEMS.rglob("*.yaml")), ids=lambda p: p.stem)
def test_circuits_of_shipped_problems_have_no_clash(path: Path) -> None:
    for n, problem in enumerate(read(path.read_text("utf-8"), "test.yaml")):
        if problem.kind != "backprop":
            continue
        try:
            found = figures(path, "circuit", True, n)
        except CallError:  # more quantities than a drawing has room for
            continue
        assert Drawn(svg_file(found, words)).clashes() == []


def test_windows_show_the_largest_values_only_on_request() -> None:
    path = PROBLEMS / "textbook/overlapping-max-pooling.yaml"
    asked, solved = figures(path, "windows", False), figures(path, "windows", True)
    assert [g.found for g in asked] == [False, False] and [g.found for g in solved] == [False, False, True]


@pytest.mark.parametrize("values", [False, True])
def test_a_layer_of_any_size_has_no_windows_to_draw(values: bool) -> None:
    with pytest.raises(CallError, match="There is nothing to draw as `windows`"):
        figures(PROBLEMS / "homework-2/2.5-max-pooling.yaml", "windows", values)


# ---------------------------------------------------------------- the command

HOMEWORK = PROBLEMS / "homework-2/2.1-backprop.yaml"


def test_the_command_draws(hwsolve: Run, tmp_path: Path) -> None:
    shown = hwsolve("draw", HOMEWORK, "--values")
    assert shown.returncode == 0 and "−0.226" in shown.stdout and not shown.stderr
    written = hwsolve("draw", HOMEWORK, "-o", tmp_path / "a.svg")
    assert written.returncode == 0 and not written.stdout
    text = (tmp_path / "a.svg").read_text("utf-8")
    assert "0.6" in text and "−0.226" not in text
    ElementTree.fromstring(text)


def test_the_command_writes_png(hwsolve: Run, tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="PNG is made by the package typst: pip install 'hwsolve[pdf]'")
    for name in ("a.png", "b.png"):
        done = hwsolve("draw", HOMEWORK, "-o", tmp_path / name)
        assert done.returncode == 0, done.stderr
    data = (tmp_path / "a.png").read_bytes()
    assert data.startswith(b"\x89PNG") and data == (tmp_path / "b.png").read_bytes()
    across, down = (int.from_bytes(data[at : at + 4], "big") for at in (16, 20))
    assert across > 1000 and 200 < down < across


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (["draw", "none.yaml"], "There is no file none.yaml."),
        (["draw", PROBLEMS / "textbook/perceptron-or.yaml"], "A problem of the kind perceptron has no drawing."),
        (["draw", HOMEWORK, "--figure", "tree"], "There is no drawing `tree`; there are network, circuit"),
        (["draw", HOMEWORK, "--figure", "windows"], "has no drawing `windows`; it has network, circuit, curve."),
        (["draw", HOMEWORK, "--figure", "curve"], "There is nothing to draw as `curve`"),
        (["draw", HOMEWORK, "-f", "gif"], "A drawing has no format `gif`; there are svg, png."),
        (["draw", HOMEWORK, "-o", "no/a.svg"], "there is no folder no."),
        (["draw", HOMEWORK, "--set", "network.input=3"], "Expected numbers of the shape 3 × 2, got 2 × 2."),
        (["draw", HOMEWORK, "--lang", "fr"], "There is no language `fr`"),
    ],
)
def test_wrong_calls_are_named(hwsolve: Run, args: list[Any], said: str) -> None:
    done = hwsolve(*args)
    assert done.returncode == 2 and said in done.stderr and not done.stdout, done.stderr


def test_a_spec_is_not_drawn_over(hwsolve: Run, tmp_path: Path) -> None:
    spec = tmp_path / "a.svg"
    spec.write_text(HOMEWORK.read_text("utf-8"), encoding="utf-8")
    done = hwsolve("draw", spec, "-o", spec)
    assert done.returncode == 2 and "it is the spec" in done.stderr
    assert spec.read_text("utf-8") == HOMEWORK.read_text("utf-8")


def test_png_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    from hwsolve.render import png

    monkeypatch.setattr(png, "find_spec", lambda name: None)
    with pytest.raises(CallError, match=r"pip install 'hwsolve\[pdf\]'"):
        png.demand()


def test_json_has_what_a_drawing_adds() -> None:
    made = as_data(diagram(HOMEWORK), words)
    assert json.dumps(made) and [n.get("slope") for n in made["nodes"]][2:5] == [
        "dE_dalpha[1]",
        "dE_dalpha[2]",
        "dE_dbeta",
    ]
    frames = as_data(diagram(PROBLEMS / "models/resnet18.yaml"), words)["frames"]
    assert [f["label"] for f in frames] == ["2 × basic", "smaller"]


def test_solutions_with_drawings_are_as_their_schema_says() -> None:
    from jsonschema import Draft202012Validator

    from hwsolve.render import render
    from hwsolve.render.json_schema import solution_schema

    drawings = (diagram(HOMEWORK), diagram(PROBLEMS / "models/resnet18.yaml"))
    step = section("Statement", figures=drawings)
    solution = Solution(kind="backprop", title="Two", source="", given=(), sections=(step,), answers={})
    Draft202012Validator(solution_schema()).validate(json.loads(render([solution], "json")))


def test_markdown_in_a_file_links_to_its_drawings(tmp_path: Path) -> None:
    from hwsolve.commands.solving import show_with_pictures
    from hwsolve.render import Options, render

    row = (("", Ref("x")), (Ref("w"), Ref("z")))
    with_row = msgspec.structs.replace(diagram(HOMEWORK), row=row)
    step = section("Statement", figures=(with_row, diagram(RESIDUAL)))
    solution = Solution(kind="backprop", title="Two", source="", given=(), sections=(step,), answers={})
    show_with_pictures([solution, solution], Options(), str(tmp_path / "my page.md"))
    names = sorted(path.name for path in tmp_path.iterdir())
    assert names == ["my page-1.svg", "my page-2.svg", "my page-3.svg", "my page-4.svg", "my page.md"]
    page = (tmp_path / "my page.md").read_text("utf-8")
    assert re.findall(r"!\[.*?\]\((.*?)\)", page) == [f"my%20page-{n}.svg" for n in (1, 2, 3, 4)]
    assert "─w→" not in page and "─w→" in render([solution], "markdown")
    assert "−0.226" in (tmp_path / "my page-1.svg").read_text("utf-8")
