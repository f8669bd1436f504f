"""`hwsolve list`: everything that is registered is listed, described, and does what its entry says."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from hwsolve import layers as registry
from hwsolve.commands import layer_samples
from hwsolve.commands.entries import Entry, described
from hwsolve.commands.listing import SUBJECTS, listing
from hwsolve.examples import names as examples
from hwsolve.formula.array_words import WORDS
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.parse import BIG_OPERATORS
from hwsolve.formula.tree import ONE
from hwsolve.formula.vectors import NUMBERS, VECTORS
from hwsolve.initializers import INITIALIZERS
from hwsolve.kinds import KINDS
from hwsolve.language import use
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.composed import COMPOSITES
from hwsolve.layers.packaged import PACKAGED, packaged_class
from hwsolve.losses import LOSSES
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.pipeline import read, work_out
from hwsolve.spec.arrays import FORMS
from hwsolve.spec.fields import Flag
from hwsolve.spec.records import form_of, meanings
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS, Run

REGISTERED: dict[str, set[str]] = {
    "kinds": set(KINDS),
    "layers": {*LAYERS, *PACKAGED, *COMPOSITES},
    "losses": {*LOSSES, "l1", "l2", "formula"},
    "optimizers": set(OPTIMIZERS),
    "initializers": set(INITIALIZERS),
    "functions": {*FUNCTIONS, *VECTORS, *NUMBERS, *BIG_OPERATORS, *WORDS, "matmul", "if", "pi", "e"},
    "arrays": set(FORMS),
    "examples": set(examples()),
}
EVERYTHING = [(subject, name) for subject, names in REGISTERED.items() for name in sorted(names)]


@pytest.mark.parametrize("subject", REGISTERED)
def test_everything_registered_is_listed_with_a_description(subject: str) -> None:
    rows = json.loads(listing(subject, None, "json"))
    assert {row["name"] for row in rows} == REGISTERED[subject] and len(rows) == len(REGISTERED[subject])
    assert all(len(row["about"]) >= 4 for row in rows)
    text = listing(subject, None, "plain").partition("\n\n")[0].splitlines()
    assert [row.split()[0] for row in text] == [row["name"] for row in rows]
    assert all(row["about"] in line for row, line in zip(rows, text, strict=True))


def test_the_list_of_layers_says_what_is_counted_and_what_is_computed() -> None:
    for row, line in zip(
        json.loads(listing("layers", None, "json")), listing("layers", None, "plain").splitlines(), strict=False
    ):
        kinds = entry(row["name"])["kinds"].split(", ")
        assert row["counted"] == ("count-params" in kinds) and row["computed"] == ("backprop" in kinds)
        assert line.split()[1] == {(True, True): "both", (True, False): "counted"}[row["counted"], row["computed"]]


@pytest.mark.parametrize("columns", [60, 80])
def test_a_list_is_folded_to_the_columns_there_are(columns: int, hwsolve: Run) -> None:
    rows = hwsolve("layers", COLUMNS=str(columns)).stdout.splitlines()
    assert max(map(len, rows)) <= columns
    assert [row.split()[0] for row in rows if row[:1].strip()][: len(REGISTERED["layers"])] == list(
        SUBJECTS["layers"].names()
    )


def test_every_list_is_listed() -> None:
    assert set(SUBJECTS) == set(REGISTERED)
    assert [row.split()[0] for row in listing(None, None, "plain").splitlines()] == [*SUBJECTS, "keys"]


@pytest.mark.parametrize(("subject", "name"), [e for e in EVERYTHING if e[0] != "examples"])
def test_every_entry_says_what_each_argument_takes_and_means(subject: str, name: str) -> None:
    data = json.loads(listing(subject, name, "json"))
    assert data["name"] == name and data["about"]
    text = listing(subject, name, "plain")
    assert text.startswith(name) and all(len(row) <= 100 for row in text.splitlines() if "{" not in row)
    for argument in data.get("arguments", ()):
        assert argument["takes"] and len(argument["meaning"]) > 4 and "default" in argument, argument
        assert re.search(rf"(?m)^  {argument['name']} +\S", text)


def records() -> list[Any]:
    """Every record that a spec is read into, by its name, with those within them."""
    from hwsolve import kinds
    from hwsolve.layers.base import Symbols
    from hwsolve.layers.parameter import ParameterSpec
    from hwsolve.losses.loss import LossSymbols

    found = [layer_class(name) for name in LAYERS] + [Symbols, LossSymbols]
    found += [*LOSSES.values(), *OPTIMIZERS.values(), *INITIALIZERS.values()]
    return [*found, ParameterSpec, *(kinds.record(kind) for kind in KINDS)]


@pytest.mark.parametrize("cls", records(), ids=lambda cls: f"{cls.__module__.rpartition('.')[2]}.{cls.__name__}")
def test_every_field_has_a_meaning(cls: Any) -> None:
    assert set(form_of(cls).fields) <= set(meanings(cls))


def test_a_field_without_a_meaning_would_be_seen() -> None:
    from hwsolve.spec.problem import Problem

    class Odd(Problem, kw_only=True):
        odd: Flag = False

    assert set(form_of(Odd).fields) - set(meanings(Odd)) == {"odd"}


# ---------------------------------------------------------------- layers: what an entry says is so


def entry(name: str) -> dict[str, Any]:
    return json.loads(listing("layers", name, "json"))


SETTINGS: dict[str, str] = {
    "linear": "{out_features: 2, weight: {init: normal}, bias: false}",
    "bilinear": "{out_features: 2, weight: {init: normal}, bias: false, inputs: x}",
    "unflatten": "{dim: 1, unflattened_size: [1, 1, 4]}",
    "upsample": "{scale_factor: 2}",
    "pixel_shuffle": "1",
    "crop": "{size: 2}",
    "permute": "{dims: [1]}",
    "reshape": "{shape: [2, 2]}",
    "channel_shuffle": "1",
    "pixel_unshuffle": "1",
    "fractional_max_pool2d": "{kernel_size: 2, output_size: 2}",
    "fractional_max_pool3d": "{kernel_size: 2, output_size: 2}",
    "unfold": "2",
    "max_unpool1d": "{kernel_size: 2, indices: {arange: 4, shape: [1, 4]}}",
    "max_unpool2d": "{kernel_size: 2, indices: {arange: 16, shape: [1, 4, 4]}}",
    "max_unpool3d": "{kernel_size: 1, indices: {arange: 64, shape: [1, 4, 4, 4]}}",
    "select": "{dim: 1}",
    "narrow": "{dim: 1, start: 1, length: 1}",
    "fold": "{output_size: 3, kernel_size: 2}",
    "embedding_bag": "{num_embeddings: 5, embedding_dim: 3}",
    "local_response_norm": "2",
    "threshold": "{threshold: 0.1, value: 20}",
    "embedding": "{num_embeddings: 5, embedding_dim: 3}",
    "multihead_attention": "{embed_dim: 4, num_heads: 2, bias: false, in_proj_weight: {ones: [12, 4]}, weight: {out: 1}}",
} | dict.fromkeys(
    ("rnn", "lstm", "gru", "rnn_cell", "lstm_cell", "gru_cell"),
    "{hidden_size: 2, weight_ih: {init: normal}, weight_hh: {init: normal}, bias: false}",
)
SIDES = {"1d": [1, 4], "2d": [1, 4, 4], "3d": [1, 4, 4, 4]}


def settings(name: str) -> str:
    """Arguments with which a layer can be used."""
    if name.startswith("conv"):
        return "{out_channels: 1, kernel_size: 2, weight: {init: normal}, bias: false}"
    if "adaptive" in name:
        return "{output_size: 2}"
    if "lp_pool" in name or "_pad" in name:
        return "{norm_type: 2, kernel_size: 2}" if "lp_pool" in name else "{padding: 1}"
    return SETTINGS.get(name, "2" if "_pool" in name else "{}")


def sides(name: str) -> list[int]:
    """A shape that a layer reads."""
    if name in ("pixel_shuffle", "pixel_unshuffle", "crop", "unfold", "local_response_norm", "softmax2d"):
        return [1, 4, 4]
    if name in ("fold", "select"):
        return [4, 4]
    if name == "sync_batch_norm":
        return [1, 4]
    if name in ("upsample", "rnn", "lstm", "gru"):
        return [1, 4]
    if name in ("attention", "multihead_attention", "positional_encoding"):
        return [3, 4]
    return SIDES.get(name[-2:], [4]) if not name.startswith("dropout") else [4]


def ones(shape: list[int]) -> str:
    return f"{{ones: {shape}}}"


WIRED = {  # what has no input of its own, and is read by its name
    "parameter": "{parameter: {values: [1, 2], output: q}}, {add: q}",
    "constant": "{constant: {values: [1, 2], output: q}}, {add: q}",
    "formula": '{formula: "y = 2*input"}',
}


def tried(kind: str, name: str) -> str:
    """A problem of a kind with one layer, of which nothing is unusual."""
    layer = WIRED.get(name) or f"{{{name}: {settings(name)}}}"
    shape: Any = 2 if name in WIRED else sides(name)
    if kind == "initialization":
        symbolic = layer.replace("weight: {init: normal}, bias: false", "weight: {init: normal}")
        if issubclass(layer_class(name), registry.layer_class("relu").__mro__[1]):
            return f"kind: initialization\nlayer: {{linear: 3}}\ninput: 3\nactivation: {layer if name in SETTINGS else name}\n"
        return f"kind: initialization\nlayer: {symbolic}\ninput: {shape}\n"
    if kind in ("convolution", "pooling"):
        return f"kind: {kind}\nlayer: {layer}\ninput: {ones(shape)}\n"
    data = f"input: {ones(shape)}\n" if kind == "backprop" else ""
    if kind == "backprop" and name in ("embedding", "embedding_bag"):
        layer = f"{{{name}: {settings(name)[:-1]}, weight: {{init: normal}}}}}}"
        return f"kind: backprop\nnetwork: {{input: {shape}, layers: [{layer}]}}\ninput: {{class: [1, 2, 3, 1]}}\n"
    if kind == "backprop":
        data += "mode: eval\n" if "drop" in name or name == "rrelu" else "mode: train\n"
    return f"kind: {kind}\nnetwork: {{input: {shape}, layers: [relu, {layer}]}}\n{data}"


@pytest.mark.parametrize("name", LAYERS)
def test_the_kinds_of_an_entry_are_those_that_take_the_layer(name: str) -> None:
    said = entry(name)["kinds"].split(", ")
    for kind in ("count-params", "complexity", "backprop", "initialization", "convolution", "pooling"):
        try:
            answered = bool(work_out(read(tried(kind, name), "x")[0]).answers)
        except SpecFailure:
            answered = False
        if kind == "complexity" and kind not in said:
            continue  # taken, but its operations are not counted
        assert answered == (kind in said), (kind, said)
    done = entry(name)["done"]
    assert ("computed by hand" in done and "not yet" not in done) == ("backprop" in said)
    assert ("counted" in done and "not counted" not in done) == ("count-params" in said)


@pytest.mark.parametrize("name", LAYERS)
def test_the_counts_of_an_entry_are_those_of_the_program(name: str) -> None:
    """The parameters' formula of the entry, with numbers put in, against the program's count of a real layer."""
    layer, shapes = layer_samples.sample(layer_class(name))
    counts = layer.counts(*shapes)
    assert bool(counts) == ("parameters" in entry(name))
    if not counts:
        return
    values = {
        "C_in": 4,
        "C_out": 6,
        "K": 3,
        "S": 1,
        "P": 1,
        "D": 1,
        "out": 7,
        "n": 5,
        "n1": 2,
        "n2": 3,
        "n3": 6,
        "embed_dim": 8,
        "num_heads": 4,
        "V": 5,
        "d": 3,
        "G": 1,
        "C": 4,
        "hidden_size": 6,
        "T": 3,
    }
    values |= {f"{axis}{end}": 5 for axis in "LHWD" for end in ("", "_in", "_out")} | {"D": 1}
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.formula.parse import parse
    from hwsolve.formula.tree import Formula

    def number(size: Any) -> Any:
        return evaluate(size, lambda n, _: values[n]) if isinstance(size, Formula) else size

    inner = {key: number(size) for key, size in layer.sizes(*shapes).items()}
    total = evaluate(parse(counts["params"]), lambda n, _: inner[n])
    owned = 0
    for parameter in layer.parameters(*shapes).values():
        product = 1
        for size in parameter.shape:
            product *= number(size)
        owned += product
    assert total == owned


TORCH: dict[str, Callable[[Any], Any]] = {  # what PyTorch builds for the letters N, M = 2, d = 8, h = 2, f = 12
    "transformer_encoder_layer": lambda nn: nn.TransformerEncoderLayer(8, 2, 12),
    "transformer_decoder_layer": lambda nn: nn.TransformerDecoderLayer(8, 2, 12),
    "transformer_encoder": lambda nn: nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2, 12), 2),
    "transformer_decoder": lambda nn: nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2, 12), 2),
    "transformer": lambda nn: nn.Transformer(8, 2, 2, 2, 12),
    "lstm": lambda nn: nn.LSTM(8, 2),
    "gru": lambda nn: nn.GRU(8, 2),
    "rnn": lambda nn: nn.RNN(8, 2),
    "multihead_attention": lambda nn: nn.MultiheadAttention(8, 2),
}


@pytest.mark.parametrize("name", TORCH)
def test_the_parameters_of_an_entry_are_those_of_pytorch(name: str) -> None:
    nn = pytest.importorskip("torch").nn
    from hwsolve.formula.evaluate import evaluate
    from hwsolve.formula.tree import Formula

    if name in PACKAGED:
        inputs, typed = layer_samples.block(name)
        shapes = ", ".join(f"{port}: [{', '.join(sides)}]" for port, sides in inputs.items())
        text = f"kind: count-params\nnetwork: {{inputs: {{{shapes}}}, layers: [{{{typed}}}]}}\n"
        found = work_out(read(text, "x")[0]).answers["params"].value
        assert isinstance(found, Formula)
        count = evaluate(found, lambda n, _: {"N": 2, "M": 2, "d": 8, "h": 2, "f": 12, "T": 5, "S": 3}[n])
    else:
        letters = {"in": 8, "hidden": 2, "state": 2, "heads": 2, "kv": 2, "width": 4} | dict.fromkeys(
            ("embed", "key", "value"), 8
        )
        layer, sides = layer_samples.sample(layer_class(name))
        from hwsolve.formula.parse import parse

        count = evaluate(parse(layer.counts(*sides)["params"]), lambda n, _: letters[n])
    assert count == sum(p.numel() for p in TORCH[name](nn).parameters())


def test_multiply_adds_of_an_entry_are_those_of_its_steps() -> None:
    assert entry("lstm")["macs"] == "steps · (4 · hidden · in + 4 · hidden · hidden)"
    assert entry("gru_cell")["macs"] == "3 · hidden · in + 3 · hidden · hidden"
    assert entry("linear")["forward"] == "×  in · out\n+  (in − 1) · out + out"
    assert entry("swiglu")["macs"] == "3Tdh"
    assert entry("swiglu")["forward"].startswith("×  3Tdh + 2Th\n")  # that of SiLU, and that with the other projection


def test_the_equation_of_an_activation_is_its_value() -> None:
    for name, said in (
        ("silu", "y = SiLU(x) = x σ(x)"),
        ("leaky_relu", "else negative_slope · x}"),
        ("tanh", "tanh(x)"),
    ):
        assert said in entry(name)["equation"]
    assert entry("conv1d")["equation"].startswith(
        "yₒₚ = Σ[c = 1…Cᵢₙ] Σᵤ₌₁ᴷ w[o, c, u]x[c, S(p − 1) + D(u − 1) + 1 − P]"
    )
    assert entry("avg_pool2d")["sides"].splitlines()[1] == "W′ = ⌊(Wᵢₙ + 2P − K)/S⌋ + 1"


SINGLE = [name for name in LOSSES if len(LOSSES[name].OUTPUTS) == 1 and not LOSSES[name].sequence]


@pytest.mark.parametrize("name", SINGLE)
def test_the_equation_and_gradient_of_a_loss_against_torch(name: str) -> None:
    """The entry's formulas, evaluated, against PyTorch for one sample."""
    torch = pytest.importorskip("torch")
    from hwsolve.commands.loss_entries import loss_formulas
    from hwsolve.formula.evaluate import evaluate

    y, t = [0.3, 0.6, 0.1], [0.0, 1.0, 0.0]
    x = torch.tensor(y, dtype=torch.float64, requires_grad=True)
    if name == "half_squared_error":
        loss = ((x - torch.tensor(t)) ** 2).sum() / 2
    elif name == "hinge":
        t = [-1.0, 1.0, 1.0]
        loss = torch.relu(1 - torch.tensor(t) * x).mean()
    elif name == "hinge_embedding_loss":
        t = [-1.0, 1.0, -1.0]
        loss = torch.nn.functional.hinge_embedding_loss(x, torch.tensor(t))
    elif name == "soft_margin_loss":
        t = [-1.0, 1.0, -1.0]
        loss = torch.nn.functional.soft_margin_loss(x, torch.tensor(t))
    elif name == "multilabel_margin_loss":
        loss = torch.nn.functional.multilabel_margin_loss(x, torch.tensor([1, -1, -1]))
    elif name == "multilabel_soft_margin_loss":
        loss = torch.nn.functional.multilabel_soft_margin_loss(x[None], torch.tensor([t], dtype=torch.float64))
    elif name in ("cross_entropy", "nll_loss", "multi_margin_loss"):
        loss = getattr(torch.nn.functional, name)(x[None], torch.tensor([1]))
    else:
        loss = getattr(torch.nn.functional, name)(x, torch.tensor(t, dtype=torch.float64))
    loss.backward()
    letter, value, slope = loss_formulas(LOSSES[name]())
    arrays = {letter: y, "t": t, "p": torch.softmax(x.detach(), 0).tolist()}

    def lookup(name: str, indices: tuple[int, ...]) -> float:
        return (
            {"I": 3.0, "C": 3.0, "i": i, "delta": 1.0, "beta": 1.0, "margin": 1.0}[name]
            if not indices
            else arrays[name][indices[0] - 1]
        )

    i = 0
    assert float(evaluate(value, lookup)) == pytest.approx(loss.item())
    for i in (1, 2, 3):
        assert float(evaluate(slope, lookup)) == pytest.approx(float(x.grad[i - 1])), i


@pytest.mark.parametrize(
    ("name", "values", "target"),
    [
        ("margin_ranking_loss", [0.3, 0.5], 1),
        ("gaussian_nll_loss", [0.3, 0.5], 1.25),
        ("cosine_embedding_loss", [[0.3, 0.5], [1, 0.25]], -1),
        ("triplet_margin_loss", [[0.3, 0.5], [1, 0.25], [2, 1]], None),
    ],
)
def test_the_equations_of_a_loss_of_several_outputs_against_torch(name: str, values: list[Any], target: Any) -> None:
    torch = pytest.importorskip("torch")
    from hwsolve.commands.loss_entries import joint_formulas
    from hwsolve.formula.evaluate import evaluate

    known: dict[str, Any] = dict(zip(LOSSES[name].OUTPUTS, values, strict=True))
    xs = [torch.tensor([x] if isinstance(x, list) else x).double() for x in values]
    t = () if target is None else (torch.tensor([target] if isinstance(values[0], list) else target),)
    wanted = (
        torch.nn.functional.gaussian_nll_loss(xs[0], t[0], xs[1])
        if name == "gaussian_nll_loss"
        else getattr(torch.nn.functional, name)(*xs, *t)
    )
    known |= {"t": target, "I": 2, "margin": 1, "eps": 1e-6}

    def lookup(of: str, indices: tuple[int, ...]) -> Any:
        return known[of][indices[0] - 1] if indices else known[of]

    for of, f in joint_formulas(LOSSES[name]()):
        known[of] = float(evaluate(f, lookup))
    assert known["L"] == pytest.approx(wanted.item())


# ---------------------------------------------------------------- functions and rules


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_example_of_an_initialization_is_taken(name: str) -> None:
    example = json.loads(listing("initializers", name, "json"))["example"]
    shape, layer = (
        ("[2, 5]", "conv1d: {out_channels: 2, kernel_size: 3") if name == "dirac" else ("3", "linear: {out_features: 3")
    )
    spec = f"kind: backprop\nnetwork: {{input: {shape}, layers: [{layer}, bias: false, {example}}}]}}\ninput: {{ones: {shape}}}\n"
    (problem,) = read(spec, "x")
    assert work_out(problem).answers["z1"]


@pytest.mark.parametrize("name", FORMS)
def test_the_example_of_a_rule_is_taken(name: str) -> None:
    from hwsolve.spec.arrays import ArrayField
    from hwsolve.spec.nodes import Mapping
    from hwsolve.spec.read import documents
    from hwsolve.spec.report import ROOT, Report

    report = Report(text=json.loads(listing("arrays", name, "json"))["example"])
    ((_, node),) = documents(report)
    assert isinstance(node, Mapping)
    assert ArrayField().read(node.entries["input"][1], report, ROOT).values and report.ok


@pytest.mark.parametrize("name", PACKAGED)
def test_the_example_of_a_block_of_the_package_is_taken_and_its_settings_are_told(name: str) -> None:
    data = json.loads(listing("layers", name, "json"))
    text = "\n".join("    " + row for row in data["example"].splitlines())
    incoming = packaged_class(name).INPUT or "[3, 4]"
    assert read(f"kind: count-params\nnetwork:\n  input: {incoming}\n  layers:\n{text}\n", "x")
    assert all(argument["meaning"] for argument in data["arguments"])
    assert meanings(packaged_class(name)).keys() >= form_of(packaged_class(name)).fields.keys() - {"name"}


@pytest.mark.parametrize("name", COMPOSITES)
def test_the_example_of_a_composite_is_taken(name: str) -> None:
    example = json.loads(listing("layers", name, "json"))["example"]
    text = "\n".join("    " + row for row in example.splitlines())
    assert read(f"kind: count-params\nnetwork:\n  input: 4\n  layers:\n{text}\n", "x")


@pytest.mark.parametrize("name", [n for n, f in FUNCTIONS.items() if f.derivative])
def test_a_function_has_its_definition_and_derivative(name: str) -> None:
    data = json.loads(listing("functions", name, "json"))
    assert data["derivative"] and data["form"].startswith(f"{name}(")
    known = FUNCTIONS[name]
    assert bool(known.kinks) == ("kinks" in data)
    if known.definition:
        assert data["definition"]


# ---------------------------------------------------------------- keys


@pytest.mark.parametrize("spec", sorted(PROBLEMS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_the_keys_of_a_problem_are_its_answers(spec: Any) -> None:
    if "10000" in spec.stem or spec.parent.name == "models":
        return  # as the others, and long
    found = json.loads(listing("keys", str(spec), "json"))
    for table, problem in zip(found if isinstance(found, list) else [found], read(spec.read_bytes(), "x"), strict=True):
        problem.every = True
        answers = work_out(problem).answers
        assert [row["key"] for row in table["keys"]] == [key for key in answers if key not in problem.expressions]
        for row in table["keys"]:
            value: Any = answers[row["key"]].value
            for length in row["shape"]:
                assert len(value) == length
                value = value[0]
            assert not isinstance(value, tuple)
        known = {row["key"] for row in table["keys"]} | set(problem.expressions)
        for key in problem.expect:
            assert any(name in known for name in re.findall(r"[A-Za-z_][\w.]*(?:@\d+)?", key)), key


def test_keys_of_a_problem_whose_expectation_names_none(hwsolve: Run) -> None:
    spec = "kind: count-params\nnetwork: {input: 4, layers: [linear: 3]}\nexpect: {parms: 3}\n"
    done = hwsolve("list", "keys", "-", stdin=spec)
    assert done.returncode == 0 and done.stderr == ""
    assert re.search(r"(?m)^params +params +number$", done.stdout)
    assert re.search(r"(?m)^shape\.linear1 +shape\.linear1 +1$", done.stdout)


def test_keys_of_several_problems_and_symbols(hwsolve: Run) -> None:
    spec = "kind: derivative\nfunction: x**2\n---\nkind: backprop\nnetwork: {input: [2, 3], layers: [relu]}\ninput: [[1, 2, 3], [4, 5, 6]]\nupstream: [[1, 1, 1], [1, 1, 1]]\n"
    done = hwsolve("list", "keys", "-", stdin=spec)
    assert "1. derivative" in done.stdout and "2. backprop" in done.stdout
    assert re.search(r"(?m)^d1 +f′\(x\) +formula$", done.stdout)
    assert re.search(r"(?m)^dL_dx +∂L/∂x +2 × 3$", done.stdout)


# ---------------------------------------------------------------- the command


@pytest.mark.parametrize(
    ("call", "same"),
    [
        (["kinds"], ["list", "kinds"]),
        (["layers"], ["list", "layers"]),
        (["layers", "conv2d"], ["list", "layers", "conv2d"]),
        (["losses"], ["list", "losses"]),
        (["optimizers", "adam"], ["list", "optimizers", "adam"]),
        (["functions"], ["list", "functions"]),
        (["examples"], ["list", "examples"]),
        (["examples", "2.1-backprop"], ["list", "examples", "2.1-backprop"]),
        (["layers", "relu", "--format", "json"], ["list", "layers", "relu", "--format", "json"]),
    ],
)
def test_other_names_of_a_list(call: list[str], same: list[str], hwsolve: Run) -> None:
    one, other = hwsolve(*call), hwsolve(*same)
    assert one.returncode == 0 and one.stdout == other.stdout != ""


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["layer"], "Unknown list `layer`. Did you mean `layers`?"),
        (
            ["layers", "capsule"],
            "The layer `capsule` is not there yet. `hwsolve list layers` shows what there is.",
        ),
        (["layers", "swish"], "Unknown layer `swish`. Did you mean `silu`?"),
        (["losses", "focal_loss"], "The loss `focal_loss` is not there yet."),
        (["optimizers", "lion"], "The optimizer `lion` is not there yet."),
        (["functions", "ln"], "Did you mean `log`?"),
        (["arrays", "one"], "Did you mean `ones`?"),
        (["kinds", "backprp"], "Did you mean `backprop`?"),
        (["keys"], "`hwsolve list keys` takes a spec file"),
        (["keys", "nowhere.yaml"], "There is no file nowhere.yaml."),
        (["layers", "--format", "markdown"], "A list has the format plain or json."),
        (["layers", "--format", "docx"], "There is no format `docx`"),
    ],
)
def test_a_wrong_call_of_list(call: list[str], said: str, hwsolve: Run) -> None:
    done = hwsolve("list", *call)
    assert (done.returncode, done.stdout) == (2, "") and said in done.stderr and "bug" not in done.stderr


def test_an_entry_is_found_by_every_spelling() -> None:
    for subject, name, spelling in (("layers", "conv2d", "Conv2d"), ("losses", "mse_loss", "MSELoss")):
        assert listing(subject, spelling, "plain") == listing(subject, name, "plain")


def test_an_entry_without_arguments_is_a_page_too() -> None:
    use("en")
    assert described(Entry("a", "What a is.")) == "a\n  What a is."


def test_the_symbols_of_keys_are_those_of_the_page() -> None:
    from hwsolve.render import Options, render

    path = PROBLEMS / "textbook" / "mazur-2-2-2.yaml"
    (problem,) = read(path.read_bytes(), "x")
    page = render([work_out(problem)], "plain", Options(width=200, color=False))
    card = page.partition("╭")[2].partition("╰")[0]
    symbols = {row["key"]: row["symbol"] for row in json.loads(listing("keys", str(path), "json"))["keys"]}
    shown = set(re.findall(r"(\S+?)(?: [=≈] |: )", card)) - {"→"}
    assert len(shown) >= 5 and shown & set(symbols.values()) == shown


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_rule_of_an_optimizer_has_its_decay_where_it_decays_unasked(name: str) -> None:
    entry = json.loads(listing("optimizers", name, "json"))
    decay = getattr(OPTIMIZERS[name](lr=ONE), "weight_decay", None)
    last = entry["rule"].splitlines()[-2 if name == "asgd" else -1]
    assert ("ηλw" in last) == (decay is not None and bool(decay.numerator))


@pytest.mark.parametrize("name", LAYERS)
def test_multiply_adds_that_count_with_all_layers_alone_say_so(name: str) -> None:
    """An entry whose multiply-adds count-params leaves out by default names the convention that counts them."""
    if hasattr(layer_class(name), "COUNTED"):
        return
    layer, shapes = layer_samples.sample(layer_class(name))
    if not isinstance(layer.macs(*shapes), str):
        return
    said = entry(name)["macs"]
    text = tried("count-params", name)
    counted = []
    for more in ("", "count: {macs: all}\n"):
        try:
            answers = work_out(read(text + more, "x")[0]).answers
        except SpecFailure:
            return
        counted.append(str(getattr(answers.get("macs"), "value", "")))
    assert ("macs: all" in said) == (counted[0] != counted[1]), (said, counted)


def test_interpolation_says_what_its_modes_take() -> None:
    """As many as upsample counts of one new value."""
    said = entry("upsample")["macs"]
    for mode, rank in (("linear", 1), ("bilinear", 2), ("bicubic", 2), ("trilinear", 3)):
        layer = f"upsample: {{scale_factor: 2, mode: {mode}}}"
        spec = f"kind: count-params\nnetwork: {{input: {[1] + [2] * rank}, layers: [{layer}]}}\ncount: {{macs: all}}\n"
        found = int(work_out(read(spec, "x")[0]).answers["macs"].value.value)
        assert f"{mode}: {found // 4**rank}" in said


def test_operations_of_an_entry_are_all_that_are_counted() -> None:
    """A cell of an LSTM has three sigmoids and two tanh of each unit: exponentials and quotients too."""
    said = entry("lstm_cell")["forward"].split("\n")
    assert {line.split("  ")[0]: line.split("  ")[1] for line in said if line[0] not in "×+"} == {
        "÷": "3 · hidden", "exponentials": "3 · hidden", "tanh": "2 · hidden",
    }  # fmt: skip
    for name in ("gru", "swiglu", "squeeze_excitation", "transformer_encoder_layer"):
        assert "÷" in entry(name)["forward"] and "exponentials" in entry(name)["forward"], name


@pytest.mark.parametrize("name", ["layer_scale", "group_norm", "sync_batch_norm", "batch_norm1d"])
def test_operations_of_each_value_are_not_said_of_channels(name: str) -> None:
    """On maps a normalisation works on C·H·W values."""
    said = entry(name)
    assert said["forward"].split("\n")[0].endswith("values")
    assert "channels − channels" not in said["forward"]
