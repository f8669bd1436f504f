"""What a problem calls its quantities: any names give the same numbers, or are refused; never other numbers."""

from __future__ import annotations

import itertools
import json
import random
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.notation import latex, unicode
from hwsolve.formula.notation.mathml import mathml
from hwsolve.formula.notation.names import derivative
from hwsolve.formula.notation.typst import typst
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import BigOperator, Ref, references, walk
from hwsolve.solution import Form
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import often

# names that the program gives, or that stand in its formulas
OWN = [
    "lr",
    "momentum",
    "weight_decay",
    "velocity_w1",
    "velocity_Qc",
    "weight_decay_w1",
    "dL_dx",
    "dL_dz1",
    "dL_dw1",
    "dL_dQd",
    "L",
    "t",
    "x",
    "p",
    "z1",
    "a1",
    "a1_2",
    "w1",
    "b1",
    "w2",
    "b2",
    "i",
    "j",
    "k",
    "n",
    "m",
    "m1",
    "m2",
    "n2",
    "o",
    "c",
    "q",
    "J",
    "C",
    "A",
    "g",
    "y",
    "u",
    "size_i",
    "lambda",
    "eta",
    "η",
    "e",
    "pi",
    "inf",
    "x1",
    "x_1",
    "x2",
    "x1_2",
    "x_t",
    "x_i",
    "w11",
    "w1_1",
    "alpha",
    "α",
    "z_i",
    "exp",
    "max",
    "Sum",
    "if",
    "relu",
    "delta",
    "E",
    "N",
    "h",
    "s",
    "b",
    "w",
    "d_relu",
    "µ",
    "μ",
    "Σ",
]
REFUSED = ("Two quantities are called `", "are both written", "and a constant in a number of this problem")
NEUTRAL = ("Qa", "Qb", "Qc", "Qd", "Qf", "Qg", "Qh")


def problem(names: tuple[str, ...], batch: bool, momentum: bool) -> dict[str, Any]:
    """A network that names its input, weights, single weights, biases, outputs, its loss and its probabilities."""
    x, w, b, z, slope, first, second = names
    linear = {
        "out_features": 2,
        "weight": [[0.5, -1], [2, 0.25]],
        "bias": {"value": 0.5, "shared": True},
        "symbols": {"weight": w, "bias": b, "output": z},
    }
    last = {"out_features": 1, "weight": {"values": [[1.5, -0.5]], "symbols": [[first, second]]}, "bias": [0.125]}
    sgd: dict[str, Any] = {"lr": 0.1, "weight_decay": 0.5} | ({"momentum": 0.25} if momentum else {})
    return {
        "kind": "backprop",
        "network": {
            "input": {"size": 2, "symbols": x},
            "layers": [{"linear": linear}, {"prelu": {"weight": {"value": 0.25, "symbols": slope}}}, {"linear": last}],
        },
        "input": [[1, -2], [3, 0.5]] if batch else [1, -2],
        "target": [[1], [2]] if batch else [1],
        "loss": "mse_loss",
        "optimizer": {"sgd": sgd},
    }


def answers(solution: Any) -> dict[str, str]:
    """The printed answers by key."""
    return {key: repr(answer["value"]) for key, answer in json.loads(solution.to("json"))["answers"].items()}


def renamed(key: str, names: dict[str, str]) -> str:
    """A key of the neutral problem as the other names write it."""
    loss = next(letter for letter in "LEJC" if letter not in names.values())
    key = re.sub("^(d?)L(?=$|@|_d)", rf"\g<1>{loss}", key)
    return re.sub("Q[a-h]", lambda found: names[found[0]], key)


@pytest.mark.parametrize("seed", range(often(2)))
def test_names_of_the_programs_own_give_the_same_numbers_or_are_refused(seed: int) -> None:
    dice = random.Random(seed)
    solved = 0
    for _ in range(40):
        batch, momentum = dice.random() < 0.5, dice.random() < 0.5
        chosen = list(NEUTRAL)
        for place in dice.sample(range(len(NEUTRAL)), dice.randint(1, 3)):
            chosen[place] = dice.choice(OWN)
        names = dict(zip(NEUTRAL, chosen, strict=True))
        try:
            found = hwsolve.solve(problem(tuple(chosen), batch, momentum))
        except SpecFailure as refused:
            assert any(words in str(refused) for words in REFUSED), (chosen, str(refused))
            continue
        wanted = answers(hwsolve.solve(problem(NEUTRAL, batch, momentum)))
        assert answers(found) == {renamed(key, names): value for key, value in wanted.items()}, chosen
        assert wrong_lines(json.loads(found.to("json"))) == [], chosen
        solved += 1
    assert 5 < solved < 40  # both happen


CLASHES = {
    "dL_dx": "layers: [{linear: {out_features: 1, weight: [[2]], bias: [3], symbols: {output: dL_dx}}}]",
    "velocity_w1": "layers: [{linear: {out_features: 1, weight: [[2]], bias: [3], symbols: {bias: velocity_w1}}}]",
    "t": "layers: [{linear: {out_features: 1, weight: {values: [[2]], symbols: [[t]]}, bias: [3]}}]",
}


def refusal(layers: str, **more: Any) -> str:
    """What is said of a network with these layers, behind the name of the file."""
    text = "kind: backprop\nnetwork:\n  input: 1\n  " + layers + "\ninput: [1]\ntarget: [0]\nloss: mse_loss\n"
    with pytest.raises(SpecFailure) as refused:
        hwsolve.solve(text + "optimizer: {sgd: {lr: 0.1, momentum: 0.5}}\n")
    return str(refused.value)


@pytest.mark.parametrize("name", CLASHES)
def test_two_quantities_of_one_name_are_refused_where_the_problem_names_one(name: str) -> None:
    text = refusal(CLASHES[name])
    column = ("  " + CLASHES[name]).rindex(name) + 1
    assert f":4:{column}: Two quantities are called `{name}`." in text


WRITTEN = [
    ("x1", "weight: {values: [[2]], symbols: [[x1]]}, bias: [3]", "`x[1]` and `x1` are both written x₁."),
    ("α", "weight: {values: [[2]], symbols: [[alpha]]}, bias: {values: [3], symbols: [α]}", "are both written α."),
]


@pytest.mark.parametrize(("name", "arguments", "sentence"), WRITTEN)
def test_two_quantities_that_are_written_alike_are_refused(name: str, arguments: str, sentence: str) -> None:
    layers = f"layers: [{{linear: {{out_features: 1, {arguments}}}}}]"
    text = refusal(layers)
    assert sentence in text
    assert f":4:{('  ' + layers).rindex(name) + 1}: " in text


def test_a_name_that_is_a_constant_of_a_number_is_refused() -> None:
    layers = "layers: [{leaky_relu: {negative_slope: 1/e}}, {linear: {out_features: 1, weight: [[1]], bias: false, symbols: {output: e}}}]"
    assert "`e` is a quantity, and a constant in a number of this problem." in refusal(layers)


SIZES = [
    (
        "kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: NAME}}",
        "u",
        "`u` is an index of the formulas",
    ),
    ("kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: NAME}}", "H_in", "is a size of the formulas"),
    ("kind: convolution\nlayer: {conv2d: {out_channels: 1, kernel_size: NAME}}", "x", "Two quantities are called `x`."),
    ("kind: pooling\nlayer: {avg_pool1d: {kernel_size: NAME}}", "i", "`i` is an index of the formulas"),
    ("kind: convolution\nlayer: {conv1d: {out_channels: 2, kernel_size: α}}\ninput: [NAME, 7]", "alpha", "written α."),
    ("kind: count-params\nnetwork: {input: NAME, layers: [linear: n]}", "params", "`params` is a key of the answers"),
    ("kind: count-params\nnetwork: {input: NAME, layers: [linear: lr]}", "eta", "`eta` and `lr` are both written η."),
    ("kind: complexity\nnetwork: {input: NAME, layers: [linear: n]}", "forward", "`forward` is a key of the answers"),
    ("kind: derivative\nfunction: x[1]*NAME", "x1", "`x[1]` and `x1` are both written x₁."),
    ("kind: convolution\nlayer: {conv1d: {out_channels: 1, kernel_size: NAME}}", "recursion", "`recursion` is a key"),
    (
        "kind: derivative\nfunction: Sum(x[i]**2, i, 1, n)*NAME\nwrt: x[k]",
        "x_i",
        "`x[i]` and `x_i` are both written xᵢ.",
    ),
    (
        "kind: derivative\nfunction: erf(NAME*x)\nwrt: x\nvariables: {NAME: real}",
        "pi",
        "`pi` is a variable here, and a constant",
    ),
]


@pytest.mark.parametrize(("text", "name", "sentence"), SIZES, ids=[name for _, name, _ in SIZES])
def test_sizes_and_variables_that_mean_two_things_are_refused_and_others_are_taken(
    text: str, name: str, sentence: str
) -> None:
    with pytest.raises(SpecFailure) as refused:
        hwsolve.solve(text.replace("NAME", name))
    assert sentence in str(refused.value)
    assert wrong_lines(json.loads(hwsolve.solve(text.replace("NAME", "Q")).to("json"))) == []


FUNCTIONS = (
    "e*x**2 + pi",
    "exp(e*x)*sin(pi) + pi*log(e)",
    "e**x + pi**e",
    "sigmoid(e*x) - pi/e",
    "Sum(e**j*x, j, 1, 3)*pi",
)


@pytest.mark.parametrize("function", FUNCTIONS)
@pytest.mark.parametrize("wrt", ["x", "e"])
def test_declared_e_and_pi_are_variables(function: str, wrt: str) -> None:
    """The same as with other names, which no constant has."""

    def solved(e: str, pi: str) -> dict[str, str]:
        spec = {
            "kind": "derivative",
            "function": renamed_in(function, e, pi),
            "wrt": renamed_in(wrt, e, pi),
            "variables": {e: "positive", pi: "real"},
            "order": 2,
            "at": [{e: 2, pi: 1.5, "x": 0.25}],
        }
        found = json.loads(hwsolve.solve(spec).to("json"))
        assert wrong_lines(found) == []
        return {key: renamed_in(repr(answer.get("value")), "e", "pi") for key, answer in found["answers"].items()}

    assert solved("e", "pi")["d1_at"] == solved("qa", "qb")["d1_at"]
    assert solved("e", "pi")["d2_at"] == solved("qa", "qb")["d2_at"]


def renamed_in(text: str, e: str, pi: str) -> str:
    """The text with other names for e and pi."""
    return re.sub(r"\be\b", e, re.sub(r"\bpi\b", pi, text))


def test_e_that_nothing_declares_is_the_constant() -> None:
    assert hwsolve.solve("kind: derivative\nfunction: e**x\nwrt: x\nexpect: {d1: exp(x)}").checks[0].ok


LINES = {"batch": "[[1, -2], [3, 0.5]]", "one": "[1, -2]"}


@pytest.mark.parametrize("names", [*itertools.permutations("ijkn", 3)], ids="".join)
@pytest.mark.parametrize("data", LINES)
def test_no_index_of_a_formula_is_called_as_an_array_is(data: str, names: tuple[str, ...]) -> None:
    weight, bias, output = names
    found = hwsolve.solve({
        "kind": "backprop",
        "network": {
            "input": {"size": 2, "symbols": "m"},
            "layers": [
                {"linear": {"out_features": 2, "weight": [[0.5, -1], [2, 0.25]], "bias": [1, 2], "symbols": {
                    "weight": weight, "bias": bias, "output": output}}},
                "softmax",
            ],
        },
        "input": json.loads(LINES[data]),
        "target": [[1, 0], [0, 1]] if data == "batch" else [1, 0],
        "loss": "mse_loss",
    })  # fmt: skip
    lines = [line for s in found.sections for line in s.lines if isinstance(line, Form) and len(line.links) > 1]
    assert len(lines) > 3
    for line in lines:
        nodes = [node for stage in line.links for node in walk(stage.formula)]
        arrays = {base for r in nodes if isinstance(r, Ref) and r.indices for base in (derivative(r.name) or (r.name,))}
        indices = {ref.name for r in nodes if isinstance(r, Ref) for i in r.indices for ref in references(i)}
        indices |= {node.index for node in nodes if isinstance(node, BigOperator)}
        assert not indices & {*arrays, *names, "m"}, line
        assert all(len(index) == 1 for index in indices), line


LINEAR = "kind: backprop\nnetwork: {input: 2, layers: [{linear: {out_features: 2, weight: [[1, 2], [3, 4]], bias: false"
REST = "]}\ninput: [1, 0]\ntarget: [1, 0]\nloss: half_squared_error\n"
CONV = "kind: convolution\nlayer: {conv1d: {out_channels: 1, kernel_size: K, bias: false, symbols: {weight: NAME}}}"
# what has Kronecker's δ on its page, and the same without it
KRONECKER = [
    (LINEAR + ", symbols: {weight: NAME}}}, softmax" + REST, "delta"),
    (LINEAR + ", symbols: {output: NAME}}}, softmax" + REST, "δ"),
    (CONV, "delta"),
    ("kind: pooling\nlayer: {avg_pool1d: {kernel_size: NAME}}", "delta"),
    ("kind: derivative\nfunction: NAME*softmax(x)[i]", "delta"),
    ("kind: derivative\nfunction: NAME*softmax(x)[i]", "delta12"),
    ("kind: derivative\nfunction: NAME*x*Sum(delta(i, 2), i, 1, 3)\nwrt: x", "delta"),
]


@pytest.mark.parametrize(("text", "name"), KRONECKER)
def test_a_name_written_as_kroneckers_delta_is_refused_beside_it(text: str, name: str) -> None:
    with pytest.raises(SpecFailure) as refused:
        hwsolve.solve(text.replace("NAME", name))
    assert f"`{name}` is written as Kronecker's δ is" in str(refused.value)
    hwsolve.solve(text.replace("NAME", "Q"))


def test_delta_is_a_name_where_no_kronecker_delta_stands() -> None:
    net = LINEAR + ", symbols: {weight: delta}}}, sigmoid" + REST
    for text in (net, "kind: derivative\nfunction: delta*x**2 + delta12\nwrt: x"):
        assert "δ" in hwsolve.solve(text).to("plain")


KEYED = [
    ("{function: NAME*x**3, wrt: x, order: 2}", "d0 d1 d2"),
    ("{function: NAME*x**3, wrt: NAME}", "d0 d1"),
    ("{function: NAME*x, wrt: x, at: [{x: 2, NAME: 3}]}", "d0 d1 d0_at d1_at d0_at1 d1_at1"),
    ("{function: NAME*x*y, wrt: [x, y], order: 2}", "d0 gradient hessian"),
    ("{function: 'NAME*softmax(x)[i]', wrt: x}", "d0 jacobian"),
    ("{function: 'Sum(NAME[i]*x, i, 1, 3)', wrt: x}", "d0 d1"),
]


@pytest.mark.parametrize(("text", "names"), KEYED)
def test_a_variable_that_is_called_as_an_answer_is_refused(text: str, names: str) -> None:
    for name in names.split():
        with pytest.raises(SpecFailure) as refused:
            hwsolve.solve("{kind: derivative, " + text.replace("NAME", name)[1:])
        assert f"`{name}` is a key of the answers here." in str(refused.value)
    found = hwsolve.solve("{kind: derivative, " + text.replace("NAME", "d3")[1:])
    assert not {*names.split()} - found.answers.keys() - {f"d{n}_at1" for n in (0, 1)}


def names_of_cells() -> list[str]:
    """Every name that recurrent layers give: of gates, further layers, the other direction, and a second module."""
    bases = ["h", "c", "Wx", "Wh", "b_ih", "b_hh", *(f"a_{gate}" for gate in "ifgorzn")]
    layers, directions, modules = ["", "_l2", "_l3"], ["", "_reverse"], ["", "_2", "_3"]
    return [b + x + d + m for b in bases for x in layers for d in directions for m in modules] + ["h_both", "c_both_2"]


@pytest.mark.parametrize("indices", ["", "[1,2]"])
def test_names_of_recurrent_layers_are_symbols_that_differ(indices: str) -> None:
    names = names_of_cells()
    for write in (unicode, latex, mathml, typst):
        written = [write(parse(name + indices)) for name in names]
        assert len(set(written)) == len(names)
    for name in names:
        shown = unicode(parse(name + indices))
        assert "reverse" not in shown and shown.count("_") <= 1  # before a letter that Unicode cannot lower
        marked = [latex(parse(name + indices)), mathml(parse(name + indices)), typst(parse(name + indices))]
        assert not any("reverse" in text or "\\_" in text for text in marked)
        # the two numbers of a word that stands without an index are parted by a line: arrays are written otherwise
        assert not indices or not re.search(
            r"\\text\{[^}]*[-_]|<m[ion]>[^<]*[a-z]_[a-z]|\"[a-zA-Z]+_", " ".join(marked)
        ), marked


def test_a_name_of_two_words_that_no_layer_gives_stays_a_word() -> None:
    assert unicode(parse("x_a_b")) == "x_a_b" and unicode(parse("n_in")) == "nᵢₙ"
