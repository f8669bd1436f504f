"""What is said of names that are not known, values without a key, losses behind another layer, and options."""

from __future__ import annotations

import ast
import inspect
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.formula.notation.names import GREEK
from hwsolve.formula.vectors import CALLED, NUMBERS, VECTORS
from hwsolve.initializers import INITIALIZERS
from hwsolve.layers import LAYERS, layer_class
from hwsolve.layers.composed import COMPOSITES
from hwsolve.layers.packaged import PACKAGED
from hwsolve.losses import LOSSES
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.pipeline import read, work_out
from hwsolve.spec import terms
from hwsolve.spec.names import ELSEWHERE, bare
from hwsolve.spec.report import SpecFailure
from tests.conftest import ROOT, Run

NOT_YET = "is not there yet."
KNOWN: dict[str, tuple[terms.Terms, list[str]]] = {
    "layer": (terms.LAYER, [*LAYERS, *PACKAGED, *COMPOSITES]),
    "loss": (terms.LOSS, list(LOSSES)),
    "optimizer": (terms.OPTIMIZER, list(OPTIMIZERS)),
    "initialization": (terms.INITIALIZATION, list(INITIALIZERS)),
    "function": (terms.FUNCTION, [*CALLED, "**"]),
}


def told(kind: str, name: str) -> str:
    """The message and the hint for a name of a kind."""
    where, known = KNOWN[kind]
    return " ".join(map(str, where.unknown(name, known)))


def errors(text: str) -> str:
    with pytest.raises(SpecFailure) as failure:
        for problem in read(text, "x"):
            work_out(problem)
    return str(failure.value)


def warnings(text: str) -> list[str]:
    (problem,) = read(text, "x")
    return [str(note.text) for note in work_out(problem).notes if note.level == "warning"]


# ---------------------------------------------------------------- what is not there yet

torch_only = pytest.mark.skipif(
    "not __import__('importlib').util.find_spec('torch')", reason="PyTorch is not installed"
)
NO_LAYERS = {"Module", "Container", "Parameter", "Buffer", "ModuleDict", "ParameterDict", "ParameterList"}  # of no term
NO_LAYERS |= {"UninitializedParameter", "UninitializedBuffer", "LinearCrossEntropyOptions", "DataParallel"}


def torch_names(module: str) -> list[str]:
    """Every public class of a module of PyTorch; none without PyTorch."""
    try:
        found = __import__("importlib").import_module(module)
    except ImportError:
        return []
    return sorted(name for name, thing in vars(found).items() if inspect.isclass(thing) and name not in NO_LAYERS)


@pytest.mark.parametrize("name", torch_names("torch.nn"))
def test_every_term_of_torch_nn_is_there_or_said_to_be_not_there_yet(name: str) -> None:
    kind = "loss" if "Loss" in name and name != "AdaptiveLogSoftmaxWithLoss" else "layer"
    snake = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    for spelling in (name, snake, f"nn.{name}", f"torch.nn.{name}"):
        text = told(kind, spelling)
        plain = bare(name).removeprefix("lazy")
        meant = re.search(r"Did you mean `(\w+)`\?", text)
        if NOT_YET in text:
            assert meant is None and bare(name) not in map(bare, KNOWN[kind][1])
        elif here := re.search(r"Here it is `(\w+)", text):
            assert here[1] in KNOWN[kind][1] and plain not in map(bare, KNOWN[kind][1])
        else:
            assert meant and (bare(meant[1]) == plain or plain in map(bare, ELSEWHERE[meant[1]])), text


@pytest.mark.parametrize("name", [n for n in torch_names("torch.optim") if n != "Optimizer"])
def test_every_optimizer_of_torch_is_there_or_not_there_yet(name: str) -> None:
    assert bare(name) in map(bare, OPTIMIZERS) or NOT_YET in told("optimizer", name)


def test_every_initialization_and_loss_of_torch_is_there_or_not_there_yet() -> None:
    torch = pytest.importorskip("torch")
    for name in (n.rstrip("_") for n in dir(torch.nn.init) if n.endswith("_") and not n.startswith("_")):
        assert name in INITIALIZERS or NOT_YET in told("initialization", name), name
    functional = [n for n in dir(torch.nn.functional) if re.fullmatch(r"[a-z]\w*(_loss|entropy\w*|kl_div)", n)]
    assert len(functional) > 15
    for name in functional:
        assert name in LOSSES or NOT_YET in told("loss", name), name


@pytest.mark.parametrize("kind", KNOWN)
def test_a_term_that_is_there_is_never_said_not_to_be(kind: str) -> None:
    where, known = KNOWN[kind]
    assert not {bare(n) for n in known} & {bare(n) for n in where.field}
    others = {bare(other) for name in known for other in ELSEWHERE.get(name, ())}
    assert not others & {bare(n) for n in where.field}
    for name in known:
        assert not where.absent(name, known)


@pytest.mark.parametrize("kind", KNOWN)
def test_an_absent_term_is_not_taken_for_a_slip(kind: str) -> None:
    for name in KNOWN[kind][0].field:
        text = told(kind, name)
        assert f"The {kind} `{name}` {NOT_YET}" in text and "Did you mean" not in text


SPECS = {
    "layer": "kind: count-params\nnetwork: {{input: 4, layers: [{}: 3]}}\n",
    "loss": "kind: backprop\nnetwork: {{input: 1, layers: [relu]}}\ninput: [1]\ntarget: [1]\nloss: {}\n",
    "optimizer": "kind: backprop\nnetwork: {{input: 1, layers: [relu]}}\ninput: [1]\noptimizer: {{{}: {{lr: 1}}}}\n",
    "initialization": "kind: backprop\nnetwork: {{input: 1, layers: [linear: {{out_features: 1, weight: {{init: {}}}}}]}}\ninput: [1]\n",
    "function": "kind: derivative\nfunction: {}(x)\n",
}  # fmt: skip


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *(
            ("layer", n)
            for n in (
                "gaussian_noise",
                "conv_lstm",
                "peephole_lstm",
                "Highway",
                "nn.RoiPool",
            )
        ),
        *(("loss", n) for n in ("focal_loss", "DiceLoss", "info_nce")),
        *(("optimizer", n) for n in ("lion", "Adafactor", "shampoo", "lbfgs")),
        *(("initialization", n) for n in ("lecun_normal", "variance_scaling")),
        *(("function", n) for n in ("asinh", "erfc", "argmax", "glu")),
    ],
)
def test_in_a_spec(kind: str, name: str) -> None:
    text = errors(SPECS[kind].format(name))
    listed = {"layer": "layers", "loss": "losses", "initialization": "initializers"}.get(kind, f"{kind}s")
    assert f"The {kind} `{name}` {NOT_YET}" in text and f"hint: `hwsolve list {listed}` shows what there is." in text


def test_a_slip_of_an_absent_term_names_it() -> None:
    assert "hint: The layer `capsule` is not there yet." in errors(SPECS["layer"].format("capsul"))
    assert "hint: The optimizer `adabound` is not there yet." in errors(SPECS["optimizer"].format("adaboundd"))


def test_a_kind_and_a_window_that_are_not_there_yet() -> None:
    assert "The kind `attention` is not there yet." in errors("kind: attention\n")
    assert "The pooling layer `roi_pool` is not there yet." in errors("kind: pooling\nlayer: {roi_pool: 2}\n")
    spec = "kind: initialization\nlayer: {linear: 3}\ninput: 3\nactivation: maxout\n"
    assert "The activation `maxout` is not there yet." in errors(spec)


# ---------------------------------------------------------------- other names


@pytest.mark.parametrize(
    ("kind", "names", "meant"),
    [
        ("layer", "swish Swish nn.SiLU SiLU", "silu"),
        ("layer", "dense fc Dense fully_connected FullyConnected", "linear"),
        ("layer", "conv Conv2D convolution", "conv2d"),
        ("layer", "maxpool MaxPooling2D max_pool", "max_pool2d"),
        ("layer", "AveragePooling2D avgpool", "avg_pool2d"),
        ("layer", "GlobalAveragePooling2D gap", "adaptive_avg_pool2d"),
        ("layer", "batchnorm BatchNormalization bn", "batch_norm2d"),
        ("layer", "LayerNormalization layernorm", "layer_norm"),
        ("layer", "Conv2DTranspose deconv", "conv_transpose2d"),
        ("layer", "hardtanh Hardtanh", "hard_tanh"),
        ("layer", "UpSampling2D", "upsample"),
        ("layer", "Concatenate cat", "concat"),
        ("layer", "View", "reshape"),
        ("loss", "bce BCELoss BinaryCrossentropy", "binary_cross_entropy"),
        ("loss", "crossentropy CrossEntropyLoss CategoricalCrossentropy", "cross_entropy"),
        ("loss", "mse MSELoss MeanSquaredError", "mse_loss"),
        ("loss", "mae L1Loss", "l1_loss"),
        ("loss", "nll NLLLoss", "nll_loss"),
        ("loss", "BCEWithLogitsLoss", "binary_cross_entropy_with_logits"),
        ("optimizer", "gradient_descent SGD GD momentum", "sgd"),
        ("initialization", "he kaiming HeNormal kaiming_normal_", "kaiming_normal"),
        ("initialization", "he_uniform HeUniform", "kaiming_uniform"),
        ("initialization", "xavier glorot GlorotUniform", "xavier_uniform"),
        ("initialization", "TruncatedNormal", "trunc_normal"),
        ("function", "swish", "silu"),
        ("function", "ln", "log"),
        ("function", "arctan", "atan"),
        ("function", "sgn signum", "sign"),
        ("function", "heaviside", "step"),
        ("function", "pow", "**"),
    ],
)
def test_other_names_are_found(kind: str, names: str, meant: str) -> None:
    for name in names.split():
        assert told(kind, name).endswith(f"Did you mean `{meant}`?"), name


def test_no_name_stands_for_two_of_one_kind() -> None:
    for kind, (_, known) in KNOWN.items():
        others = [bare(other) for name in known for other in {*map(bare, ELSEWHERE.get(name, ()))}]
        assert len(others) == len(set(others)), kind
        assert not set(others) & set(map(bare, known)), kind


def test_every_other_name_is_of_something() -> None:
    keys = {"out_features", "out_channels", "kernel_size", "lr", "weight", "bias", "input", "target", "steps", "times"}
    keys |= {"float64", "float32", "float16", "bfloat16"}  # types of numbers
    from hwsolve.kinds import KINDS

    assert set(ELSEWHERE) <= keys | {"**"} | set(KINDS) | {name for _, known in KNOWN.values() for name in known}


def test_a_loss_among_the_layers() -> None:
    text = errors("kind: count-params\nnetwork: {input: 4, layers: [MSELoss, cross_entropy, focal_loss]}\n")
    assert "hint: `mse_loss` is a loss: it stands under `loss`." in text
    assert "hint: `cross_entropy` is a loss: it stands under `loss`." in text
    assert "hint: The loss `focal_loss` is not there yet." in text


# ---------------------------------------------------------------- functions without arguments


@pytest.mark.parametrize("name", [name for name in CALLED if name not in GREEK])
def test_a_function_without_its_argument_is_asked_about(name: str, hwsolve: Run) -> None:
    for formula in (name, f"x*{name}", f"{name} + exp(x)"):
        text = errors(f"kind: derivative\nfunction: {formula}\nwrt: x\n")
        assert f"`{name}` is a function.\n" in text and f"Did you mean `{name}(" in text
    assert f"`{name}` is a function." in errors(f"kind: derivative\nfunction: x**2\nwrt: {name}\n")
    (problem,) = read(f"kind: derivative\nfunction: x*{name}\nwrt: x\nvariables: {{{name}: real}}\n", "x")
    assert str(work_out(problem).answers["d1"].value.name) == name


@pytest.mark.parametrize("name", [*FUNCTIONS, *VECTORS, *NUMBERS])
def test_the_call_that_is_offered_can_be_differentiated(name: str) -> None:
    if name in GREEK or name.startswith("d_"):
        return
    call = re.search(r"`(\w+\(.*?\))`", errors(f"kind: derivative\nfunction: {name}\nwrt: x\n"))
    assert call
    if name not in ("gamma", "gelu_tanh"):  # whose derivative has no name
        assert read(f"kind: derivative\nfunction: '{call[1]}'\nwrt: x\n", "x")


def test_letters_of_the_alphabet_are_variables() -> None:
    (problem,) = read("kind: derivative\nfunction: gamma*x + delta\nwrt: x\n", "x")
    assert work_out(problem).answers["d1"].value.name == "gamma"


@pytest.mark.parametrize(("activation", "call"), [("sin", "sin(x)"), ("x*tanh", "tanh(x)"), ("erf", "erf(x)")])
def test_a_function_without_its_argument_as_an_activation(activation: str, call: str) -> None:
    text = errors(f"kind: initialization\nlayer: {{linear: 3}}\ninput: 3\nactivation: {activation}\n")
    assert f"hint: Did you mean `{call}`?" in text


def test_derivative_of_a_bare_name_on_the_command_line(hwsolve: Run) -> None:
    done = hwsolve("derivative", "sin")
    assert (done.returncode, done.stdout) == (2, "") and "Did you mean `sin(x)`?" in done.stderr


# ---------------------------------------------------------------- numbers of a parameter

LINEAR = "kind: backprop\nnetwork: {{input: 3, layers: [linear: {{out_features: 2, {}}}]}}\ninput: [1, 2, 3]\n"
FORM = re.compile(r"`((?:weight|bias): .*?)`(?=[,;. ])")


@pytest.mark.parametrize(("which", "other"), [("bias", "weight: {ones: [2, 3]}"), ("weight", "bias: [0, 0]")])
def test_every_form_that_a_hint_offers_is_taken(which: str, other: str) -> None:
    text = errors(LINEAR.format(other))
    assert f"`linear1` needs numbers for its {which}" in text
    offered = FORM.findall(text.partition("hint: ")[2])
    assert len(offered) >= 2 and (which == "weight" or "bias: false" in offered)
    for form in offered:
        form = form.replace(", …", ", 0")
        (problem,) = read(LINEAR.format(f"{other}, {form}"), "x")
        assert work_out(problem).answers["z1"]


@pytest.mark.parametrize("init", ["constant", "{constant: {}}", "sparse", "{sparse: {std: 1}}"])
def test_an_argument_of_an_initialization_that_must_be_given(init: str) -> None:
    text = errors(LINEAR.format(f"bias: false, weight: {{init: {init}}}"))
    assert "is missing in `" in text
    form = re.search(r"hint: As `(.*)`\.", text)
    assert form and read(LINEAR.format(f"bias: false, weight: {{init: {form[1]}}}"), "x")


@pytest.mark.parametrize("argument", ["mode: fan_inn", "nonlinearity: relU", "mode: both", "nonlinearity: gelu"])
def test_a_word_of_an_initialization_that_is_none(argument: str) -> None:
    text = errors(LINEAR.format(f"bias: false, weight: {{init: {{kaiming_uniform: {{{argument}}}}}}}"))
    assert "Expected one of `" in text


# ---------------------------------------------------------------- PReLU's slope


@pytest.mark.parametrize("slope", ["0.25", "1/3", "-0.5", "1e-2", "0", "2.5"])
def test_a_number_behind_prelu_is_its_slope(slope: str) -> None:
    spec = f"kind: backprop\nnetwork: {{input: 1, layers: [prelu: {slope}]}}\ninput: [-3]\n"
    long = spec.replace(f"prelu: {slope}", f"prelu: {{init: {slope}}}")
    short, whole = (work_out(read(text, "x")[0]).answers["a0"] for text in (spec, long))
    assert short == whole
    for text in (f"{{prelu: {slope}}}", f"{{prelu: {{init: {slope}}}}}"):
        problem = f"kind: initialization\nlayer: {{linear: 3}}\ninput: 3\nactivation: {text}\n"
        moment = work_out(read(problem, "x")[0]).answers["moment"].value
    fraction = eval(slope)
    assert float(moment.value) == pytest.approx((1 + fraction**2) / 2)


def test_a_count_behind_prelu_is_that_of_torch() -> None:
    network = "kind: count-params\nnetwork: {{input: [{0}, 5], layers: [prelu: {0}]}}\n"
    for n in ("3", "C"):
        answer = work_out(read(network.format(n), "x")[0]).answers["params"].value
        assert str(getattr(answer, "text", getattr(answer, "name", ""))) == n


def test_an_override_of_prelus_slope() -> None:
    from hwsolve.pipeline import Request

    spec = "kind: backprop\nnetwork: {input: 1, layers: [prelu: 0.25]}\ninput: [-4]\n"
    (problem,) = read(spec, "x", Request({"network.layers[1].symbols": "{output: q}"}))
    assert work_out(problem).answers["q"].value[0].text == "-1"


# ---------------------------------------------------------------- losses and the last layer

TAKES = {  # of a loss: what may stand last, by torch's documentation
    "cross_entropy": {"linear", "relu", "tanh", "identity", "gelu"},
    "binary_cross_entropy_with_logits": {"linear", "relu", "tanh", "identity", "gelu"},
    "nll_loss": {"log_softmax", "identity"},
    "binary_cross_entropy": {"sigmoid", "hard_sigmoid", "identity"},
    "kl_div": {"log_softmax", "identity"},
    "multilabel_soft_margin_loss": {"linear", "relu", "tanh", "identity", "gelu"},
}
LAST = sorted({"softmax", "log_sigmoid"}.union(*TAKES.values()))


def ending(layers: str, loss: str) -> str:
    target = "{class: 1}" if loss in ("cross_entropy", "nll_loss", "multi_margin_loss") else "[0, 1]"
    target = "[1, -1]" if LOSSES[loss].signs else target
    return f"kind: backprop\nnetwork: {{input: 2, layers: [{layers}]}}\ninput: [0.2, 0.4]\ntarget: {target}\nloss: {loss}\n"


def written(layer: str) -> str:
    return "linear: {out_features: 2, weight: {eye: 2}, bias: false}" if layer == "linear" else layer


@pytest.mark.parametrize("loss", [n for n in LOSSES if len(LOSSES[n].OUTPUTS) == 1 and not LOSSES[n].sequence])
@pytest.mark.parametrize("layer", LAST)
def test_a_loss_behind_a_layer_that_it_does_not_expect(layer: str, loss: str) -> None:
    for layers in (
        written(layer),
        f"{written(layer)}, {{dropout: {{mode: eval}}}}, identity",
        f"{{repeat: {{times: 1, body: [{written(layer)}]}}}}",
    ):
        try:
            said = warnings(ending(layers, loss))
        except SpecFailure as failure:  # logarithms of negative numbers
            assert loss == "binary_cross_entropy" and layer.startswith("log_") and "`sigmoid`" in str(failure)
            continue
        wrong = loss in TAKES and layer not in TAKES[loss]
        assert any(f"ends in `{layer}`" in text and f"`{loss}`" in text for text in said) is wrong, (layers, said)


def test_a_sum_of_branches_is_no_last_layer() -> None:
    assert warnings(ending("{residual: {body: [softmax]}}", "cross_entropy")) == []


def test_every_loss_with_an_expectation_says_it() -> None:
    gives = {layer_class(name).GIVES for name in LAYERS}
    for name, loss in LOSSES.items():
        assert (loss.wants is None) == (not loss.takes), name
        assert loss.takes <= gives, name


# ---------------------------------------------------------------- options


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (["derivative", "x", "--order", "two"], "Expected a whole number from 1 to 12, got `two`."),
        (["derivative", "x", "--order", "0"], "Expected a whole number from 1 to 12, got `0`."),
        (["derivative", "x", "--order", "13"], "Expected a whole number from 1 to 12, got `13`."),
        (["derivative", "x", "--order", "1.5"], "Expected a whole number from 1 to 12, got `1.5`."),
        (["backprop", "--steps", "-1"], "Expected a whole number from 1 to 1000000, got `-1`."),
        (["backprop", "--digits", "many"], "Expected a whole number from 1 to 2000, got `many`."),
        (["batch", ".", "--jobs", "0"], "Expected a whole number from 1 to 256, got `0`."),
    ],
)
def test_an_option_says_what_it_takes(call: list[str], said: str, hwsolve: Run) -> None:
    done = hwsolve(*call)
    assert (done.returncode, done.stdout) == (2, "")
    assert said in done.stderr and call[-2] in done.stderr


def test_options_and_fields_have_the_same_range() -> None:
    import typer

    from hwsolve import cli
    from hwsolve.kinds.backprop.problem import Problem as Backprop
    from hwsolve.kinds.derivative.problem import Problem as Derivative
    from hwsolve.spec.records import form_of, plain

    program: Any = typer.main.get_command(cli.app)
    for command, option, cls in (
        ("derivative", "order", Derivative),
        ("backprop", "steps", Backprop),
        ("backprop", "digits", Backprop),
    ):
        (found,) = (p for p in program.commands[command].params if p.name == option)
        field: Any = plain(form_of(cls).fields[option][1])
        assert (found.type.func.least, found.type.func.most) == (field.minimum, field.maximum)


def test_what_is_not_computed_is_said_in_sentences() -> None:
    """Every message of `NotComputed` in the source begins as a sentence does, and has its full stop."""
    said = []
    for file in (ROOT / "hwsolve").rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotComputed":
                said += [n.value for n in ast.walk(node) if isinstance(n, ast.Constant)][:1]  # none where it has a name
    assert len(said) > 4
    assert [m for m in said if not m.endswith(".") or m[0].islower()] == []


@pytest.mark.parametrize(
    "layer",
    ["{linear: n}", "{bilinear: {out_features: n, inputs: [x, x]}}", "{conv1d: {out_channels: n, kernel_size: 1}}"],
)
def test_a_name_for_a_size_is_no_number(layer: str) -> None:
    size, data = ("[1, 2]", "[[1, 2]]") if "conv" in layer else ("2", "[1, 2]")
    with pytest.raises(SpecFailure, match="has sizes that are names: a computation needs numbers"):
        hwsolve.solve(f"kind: backprop\nnetwork: {{input: {size}, layers: [{layer}]}}\ninput: {data}\n")


def test_numbers_that_no_parameter_takes_are_refused() -> None:
    layers = [
        "rms_norm: {elementwise_affine: false, weight: [1, 2]}",
        "layer_norm: {bias: [1, 2], elementwise_affine: false}",
    ]
    for layer in layers:
        with pytest.raises(SpecFailure, match="With these settings the layer has no `"):
            hwsolve.solve(f"kind: count-params\nnetwork: {{input: 2, layers: [{layer}]}}\n")


def test_an_optimizer_that_has_nothing_to_train_says_so() -> None:
    layer = "{out_features: 1, weight: [[2]], bias: false, trainable: false}"
    found = hwsolve.solve(
        f"kind: backprop\nnetwork: {{input: 1, layers: [linear: {layer}]}}\ninput: [1]\ntarget: [1]\nloss: mse_loss\n"
        "optimizer: {adam: {lr: 0.1}}\nsteps: 3\n"
    )
    assert [str(n.text) for n in found.notes if n.level == "warning"] == [
        "Nothing is trained: the optimizer changes no parameter."
    ]


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("fp16", "float16"), ("half", "float16"), ("bf16", "bfloat16"), ("fp32", "float32"), ("float", "float32"),
     ("double", "float64")],
)  # fmt: skip
def test_a_type_of_numbers_by_another_name(typed: str, meant: str) -> None:
    spec = f"kind: count-params\nnetwork: {{input: 3, layers: [linear: 3]}}\ncount: {{dtype: {typed}}}\n"
    with pytest.raises(SpecFailure, match=f"Did you mean `{meant}`"):
        read(spec, "a.yaml")
