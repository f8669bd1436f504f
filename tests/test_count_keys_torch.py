"""The keys of a count against PyTorch: what its own counter finds in a training step, what autograd saves, optimizers."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from hwsolve.formula.notation import plain
from hwsolve.language import translate
from hwsolve.layers.items import walk_items
from hwsolve.optimizers import OPTIMIZERS
from hwsolve.pipeline import read
from hwsolve.solution import Value
from tests.test_count_keys import number, solved

torch = pytest.importorskip("torch")
nn = torch.nn


def drawn(dice: random.Random) -> tuple[list[Any], list[int], Any]:
    """Convolutions, normalisations, functions and a skip, then dense layers; the same in PyTorch."""
    side, channels = dice.randint(6, 9), dice.randint(1, 3)
    shape, modules = [channels, side, side], []
    layers: list[Any] = []
    for _ in range(dice.randint(1, 3)):
        out, kernel = dice.randint(1, 4), dice.choice([1, 3])
        settings = {"out_channels": out, "kernel_size": kernel, "padding": kernel // 2, "bias": dice.random() < 0.5}
        layers.append({"conv2d": settings})
        modules.append(nn.Conv2d(channels, out, kernel, padding=kernel // 2, bias=settings["bias"]))
        channels = out
        if dice.random() < 0.5:
            layers.append("batch_norm2d")
            modules.append(nn.BatchNorm2d(out))
        name, module = dice.choice(FUNCTIONS)
        layers.append(name)
        modules.append(module())
        if dice.random() < 0.4:
            inner = nn.Conv2d(out, out, 3, padding=1)
            body = [{"conv2d": {"out_channels": out, "kernel_size": 3, "padding": 1}}, "tanh"]
            layers.append({"residual": {"body": body}})
            modules.append(Skip(nn.Sequential(inner, nn.Tanh())))
    if dice.random() < 0.5:
        layers += [{"max_pool2d": 2}]
        modules += [nn.MaxPool2d(2)]
        side //= 2
    layers += ["flatten", {"linear": 5}, "relu", {"linear": 2}]
    modules += [nn.Flatten(), nn.Linear(channels * side * side, 5), nn.ReLU(), nn.Linear(5, 2)]
    return layers, shape, nn.Sequential(*modules)


class Skip(nn.Module):  # type: ignore[misc, name-defined]
    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Any) -> Any:
        return x + self.body(x)


FUNCTIONS = [("relu", nn.ReLU), ("tanh", nn.Tanh), ("sigmoid", nn.Sigmoid), ("silu", nn.SiLU), ("gelu", nn.GELU)]


def hooked(model: Any, x: Any) -> int:
    """The multiply-adds of a forward pass by a loop over modules."""
    found = 0

    def count(module: Any, _: Any, y: Any) -> None:
        nonlocal found
        if isinstance(module, nn.Conv2d):
            kernel = module.kernel_size[0] * module.kernel_size[1]
            found += y.numel() * module.in_channels // module.groups * kernel
        elif isinstance(module, nn.Linear):
            found += y.numel() * module.in_features

    handles = [module.register_forward_hook(count) for module in model.modules()]
    model(x)
    for handle in handles:
        handle.remove()
    return found


def saved(model: Any, x: Any) -> int:
    """The bytes that autograd keeps beside parameters and running statistics; a storage once."""
    own = {t.untyped_storage().data_ptr() for t in (*model.parameters(), *model.buffers())}
    found: dict[int, Any] = {}

    def pack(t: Any) -> Any:
        found[t.untyped_storage().data_ptr()] = t  # kept, so that no other takes its place
        return t

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda t: t):
        model(x)
    return sum(t.untyped_storage().nbytes() for place, t in found.items() if place not in own)


@pytest.mark.parametrize("seed", range(40))
def test_random_networks(seed: int) -> None:
    """Parameters, multiply-adds of a forward pass and of a training step, and what is saved of a batch."""
    from torch.utils.flop_counter import FlopCounterMode

    dice = random.Random(seed)
    layers, shape, model = drawn(dice)
    batch = dice.randint(2, 3)
    count = {"activations": "saved", "batch": batch}
    ask = ("params", "macs", "macs.training", "activations.bytes")
    solution = solved(layers, shape, ask, count=count)
    assert number(solution, "params") == sum(p.numel() for p in model.parameters())
    x = torch.randn(1, *shape)
    with torch.no_grad():
        model.eval()
        assert number(solution, "macs") == hooked(model, x)
    model.train()
    many = torch.randn(batch, *shape)
    with FlopCounterMode(display=False) as counter:
        model(many).sum().backward()
    assert 2 * batch * number(solution, "macs.training") == counter.get_total_flops()
    channels = number(solution, "shape.max_pool1")[0] if "shape.max_pool1" in solution.answers else 0
    pooled = input_of_a_pooling(layers, shape, channels, batch)
    assert number(solution, "activations.bytes") + pooled == saved(model, many), json.dumps(layers)


def input_of_a_pooling(layers: list[Any], shape: list[int], channels: int, batch: int) -> int:
    """PyTorch keeps what comes into a max pooling too, where no gradient reads it; some functions keep it anyway."""
    if {"max_pool2d": 2} not in layers:
        return 0
    before = layers[layers.index({"max_pool2d": 2}) - 1]
    return 0 if before in ("relu", "tanh", "sigmoid") else 4 * batch * channels * shape[1] * shape[2]


@pytest.mark.parametrize("name", list(OPTIMIZERS))
def test_states_of_optimizers(name: str) -> None:
    """As many numbers as torch.optim keeps of each parameter, counters aside."""
    classes = {known.lower(): getattr(torch.optim, known) for known in dir(torch.optim)}
    for more in [{}, {"momentum": 0.9}] if name in ("sgd", "rmsprop") else [{}]:
        model = nn.Linear(7, 5)
        optimizer = classes[name](model.parameters(), lr=0.1, **more)
        model(torch.randn(2, 7)).sum().backward()
        optimizer.step()
        kept = sum(
            t.numel() for state in optimizer.state.values() for t in state.values() if torch.is_tensor(t) and t.dim()
        )
        solution = solved(
            [{"linear": 5}], 7, ("memory.optimizer",), count={"optimizer": {name: more} if more else name}
        )
        assert number(solution, "memory.optimizer") == 4 * kept


@pytest.mark.parametrize("seed", range(10))
def test_the_columns_of_a_convolution_are_those_of_unfold(seed: int) -> None:
    dice = random.Random(seed)
    channels, side, kernel, stride, padding = (dice.randint(low, 6) for low in (1, 6, 1, 1, 0))
    padding = min(padding, kernel)
    settings = {"out_channels": 2, "kernel_size": kernel, "stride": stride, "padding": padding}
    solution = solved([{"conv2d": settings}], [channels, side, side], ("im2col.conv1.columns",))
    columns = nn.functional.unfold(torch.zeros(1, channels, side, side), kernel, stride=stride, padding=padding)
    assert number(solution, "im2col.conv1.columns") == tuple(columns.shape[1:])


@pytest.mark.parametrize("seed", range(40))
def test_the_way_back_reads_nothing_else(seed: int) -> None:
    """Gradients stay what they are where PyTorch finds NaN in all it saves that is not counted here."""
    dice = random.Random(seed)
    torch.manual_seed(seed)
    layers, shape, model = drawn(dice)
    solution = solved(layers, shape, ("activations",), count={"activations": "saved"})
    x = torch.randn(2, *shape)
    y = model(x)
    upstream = torch.randn_like(y)
    y.backward(upstream)
    wanted = [p.grad.clone() for p in model.parameters()]
    kept, own = wires(solution, layers, shape, model, x), {place(t) for t in (*model.parameters(), *model.buffers())}

    def unpack(t: Any) -> Any:
        if not t.is_floating_point() or place(t) in own or place(t) in kept["places"] or t.dim() == 1:
            return t  # places of maxima are no floats; means and 1/σ have one axis
        return torch.full_like(t, float("nan"))

    model.zero_grad()
    with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
        hooks = kept["watch"]()
        model(x).backward(upstream)
        for hook in hooks:
            hook.remove()
    for p, grad in zip(model.parameters(), wanted, strict=True):
        assert torch.allclose(p.grad, grad, rtol=1e-4, atol=1e-6)


def place(t: Any) -> int:
    return int(t.untyped_storage().data_ptr())


def wires(solution: Any, layers: list[Any], shape: list[int], model: Any, x: Any) -> dict[str, Any]:
    """Where the quantities lie that the lines of a count say are stored, while the model runs."""
    said = [
        [translate(line.rule, "en") for step in solution.sections for line in step.lines
         if isinstance(line, Value) and plain(line.key) == f"activations.{path}"]
        for path in leaves(layers, shape)
    ]  # fmt: skip
    places: set[int] = set()
    alive: list[Any] = []

    def watch() -> list[Any]:
        modules = [m for m in model.modules() if not list(m.children())]
        return [m.register_forward_hook(noting(rules)) for m, rules in zip(modules, said, strict=True)]

    def noting(rules: list[str]) -> Any:
        def note(_: Any, read: Any, gave: Any) -> None:
            for words, t in (("what comes in", read[0]), ("what comes out", gave)):
                if any(words in rule for rule in rules):
                    places.add(place(t))
                    alive.append(t)

        return note

    return {"places": places, "watch": watch}


def leaves(layers: list[Any], shape: list[int]) -> list[str]:
    """The paths of single layers, in order."""
    problem: Any
    (problem,) = read(json.dumps({"kind": "count-params", "network": {"input": shape, "layers": layers}}), "test.yaml")
    return [item.path for item in walk_items(problem.network.items) if item.layer is not None]


# ---------------------------------------------------------------- what single kinds of layers keep

RECURRENT = [("rnn", nn.RNN), ("gru", nn.GRU), ("lstm", nn.LSTM)]
CELLS = [("rnn_cell", nn.RNNCell), ("gru_cell", nn.GRUCell), ("lstm_cell", nn.LSTMCell)]


@pytest.mark.parametrize("seed", range(30))
def test_what_recurrent_layers_keep(seed: int) -> None:
    """In double precision, where PyTorch works out step by step; stacked, both ways, projected, with frozen weights."""
    dice = random.Random(seed)
    name, made = RECURRENT[seed % 3]
    steps, come, hidden, batch = dice.randint(1, 4), dice.randint(1, 5), dice.randint(2, 5), dice.randint(1, 3)
    more: dict[str, Any] = {"num_layers": dice.randint(1, 3), "bidirectional": dice.random() < 0.5}
    more |= {"proj_size": dice.randint(1, hidden - 1)} if name == "lstm" and dice.random() < 0.5 else {}
    model = made(come, hidden, dtype=torch.double, **more)
    count = {"activations": "saved", "batch": batch, "dtype": "float64"}
    solution = solved([{name: {"hidden_size": hidden, **more}}], [steps, come], ("activations.bytes",), count=count)
    assert number(solution, "activations.bytes") == saved(model, torch.randn(steps, batch, come, dtype=torch.double))


class Starting(nn.Module):  # type: ignore[misc, name-defined]
    """A cell with the states that it starts from."""

    def __init__(self, cell: Any, states: Any) -> None:
        super().__init__()
        self.cell, self.states = cell, states

    def forward(self, x: Any) -> Any:
        return self.cell(x, self.states)


@pytest.mark.parametrize("which", range(3))
def test_what_a_recurrent_cell_keeps(which: int) -> None:
    name, made = CELLS[which]
    count = {"activations": "saved", "batch": 2}
    solution = solved([{name: 5}], [3], ("activations.bytes",), count=count)
    states = tuple(torch.zeros(2, 5) for _ in range(2 if name == "lstm_cell" else 1))
    cell = Starting(made(3, 5), states if len(states) > 1 else states[0])
    assert number(solution, "activations.bytes") == saved(cell, torch.randn(2, 3))


@pytest.mark.parametrize("name", ["rnn", "gru", "lstm"])
def test_with_frozen_weights_a_recurrent_layer_keeps_no_states_for_them(name: str) -> None:
    """Weights of the state that are not learned need no state; the gates are still kept."""
    model = dict(RECURRENT)[name](3, 4, batch_first=True, dtype=torch.double)
    model.weight_hh_l0.requires_grad_(False)
    layer = {name: {"hidden_size": 4, "weight_hh": {"init": "zeros", "trainable": False}}}
    solution = solved([layer], [5, 3], ("activations.bytes",), count={"activations": "saved", "dtype": "float64"})
    assert number(solution, "activations.bytes") == saved(model, torch.randn(1, 5, 3, dtype=torch.double))


class Part(nn.Module):  # type: ignore[misc, name-defined]
    """Some channels of a map."""

    def __init__(self, start: int, length: int, step: int) -> None:
        super().__init__()
        self.cut = slice(start - 1, start - 1 + length * step, step)

    def forward(self, x: Any) -> Any:
        return x[:, self.cut]


class Kept(nn.Module):  # type: ignore[misc, name-defined]
    """Layer scale, then stochastic depth as torchvision writes it."""

    def __init__(self, channels: int, p: float) -> None:
        super().__init__()
        self.gamma, self.p = nn.Parameter(torch.ones(channels, 1, 1)), p

    def forward(self, x: Any) -> Any:
        x = self.gamma * x
        return x * torch.empty(x.shape[0], 1, 1, 1).bernoulli_(1 - self.p).div_(1 - self.p) if self.p else x


@pytest.mark.parametrize("seed", range(20))
def test_parts_scales_and_dropped_branches(seed: int) -> None:
    """A part keeps the whole; γ keeps what it scales; of a branch that may be dropped the factor of each sample."""
    dice = random.Random(seed)
    channels, batch, step = dice.randint(4, 6), dice.randint(1, 3), dice.randint(1, 2)
    p, out = dice.choice([0, 0.2]), dice.randint(1, 3)
    length = dice.randint(1, channels // step - 1)
    cut = {"dim": 1, "start": dice.randint(1, channels - (length - 1) * step), "length": length, "step": step}
    layers = [
        {"conv2d": {"out_channels": channels, "kernel_size": 1}},
        *(["sigmoid"] if seed % 2 else []),  # what comes out of it is kept anyway
        {"narrow": cut}, {"conv2d": {"out_channels": out, "kernel_size": 1}}, "layer_scale", {"drop_path": p},
    ]  # fmt: skip
    model = nn.Sequential(
        nn.Conv2d(2, channels, 1), *([nn.Sigmoid()] if seed % 2 else []), Part(cut["start"], length, step),
        nn.Conv2d(length, out, 1), Kept(out, p),
    )  # fmt: skip
    count = {"activations": "saved", "batch": batch}
    solution = solved(layers, [2, 3, 4], ("activations.bytes",), count=count)
    assert number(solution, "activations.bytes") == saved(model, torch.randn(batch, 2, 3, 4))


class Attending(nn.Module):  # type: ignore[misc, name-defined]
    """Multi-head self-attention whose weights nobody asks for: one fused operation."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.inner = nn.MultiheadAttention(width, heads, batch_first=True)

    def forward(self, x: Any) -> Any:
        return self.inner(x, x, x, need_weights=False)[0]


@pytest.mark.parametrize("seed", range(12))
def test_fused_attention_keeps_no_weights(seed: int) -> None:
    """As PyTorch's, of one sample; the weights that are kept otherwise are as many as pairs in all heads."""
    dice = random.Random(seed)
    heads, width, rows = dice.randint(1, 3), 8 * dice.randint(1, 2), dice.randint(2, 5)
    layers, found = [{"multihead_attention": {"embed_dim": heads * width, "num_heads": heads}}], {}
    for attention in ("fused", "weights"):
        count = {"attention": attention}  # which is of what is saved, and says so alone
        found[attention] = number(
            solved(layers, [rows, heads * width], ("activations.bytes",), count=count), "activations.bytes"
        )
    assert found["fused"] == saved(Attending(heads * width, heads), torch.randn(1, rows, heads * width))
    assert found["weights"] - found["fused"] == 4 * heads * rows * (rows - 1)


def poisoned(made: Any, kept: list[tuple[int, ...]], x: Any) -> bool:
    """Whether the gradient stays what it is where all that is saved in other shapes than `kept` is NaN."""
    found = []
    for spoil in (False, True):
        leaf = x.clone().requires_grad_()

        def unpack(t: Any, spoil: bool = spoil) -> Any:
            return torch.full_like(t, float("nan")) if spoil and tuple(t.shape) not in kept else t

        with torch.autograd.graph.saved_tensors_hooks(lambda t: t, unpack):
            made(leaf * 1).square().sum().backward()
        found.append(leaf.grad)
    return bool(torch.equal(*found))


@pytest.mark.parametrize("p", [1, 2, 3])
def test_a_power_mean_keeps_what_comes_in_and_what_comes_out(p: int) -> None:
    """With p = 1 it is a sum, whose slope reads neither."""
    x = torch.rand(1, 4, 6, 6, dtype=torch.double) + 0.5
    y = nn.functional.lp_pool2d(x, p, 2)

    def pooled(x: Any) -> Any:
        return nn.functional.lp_pool2d(x, p, 2) if p > 1 else 4 * nn.functional.avg_pool2d(x, 2)

    assert poisoned(pooled, [tuple(x.shape), tuple(y.shape)], x)
    assert p == 1 or not poisoned(pooled, [tuple(y.shape)], x)
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 1}}
    layers = [conv, {"lp_pool2d": {"norm_type": p, "kernel_size": 2}}]
    solution = solved(layers, [3, 6, 6], ("activations",), count={"activations": "saved"})
    assert number(solution, "activations") == 3 * 36 + (x.numel() + y.numel() if p > 1 else 0)


def test_local_response_normalisation_keeps_what_comes_in_and_what_divides() -> None:
    """Whose power and whose padded squares follow from them."""
    x = torch.rand(1, 4, 6, 6, dtype=torch.double)

    def normalised(x: Any) -> Any:
        return nn.functional.local_response_norm(x, 3)

    assert poisoned(normalised, [tuple(x.shape)], x)
    conv = {"conv2d": {"out_channels": 4, "kernel_size": 1}}
    solution = solved([conv, {"local_response_norm": 3}], [3, 6, 6], ("activations",), count={"activations": "saved"})
    assert number(solution, "activations") == 3 * 36 + 2 * x.numel()


@pytest.mark.parametrize("drop", ["dropout", "alpha_dropout", "dropout1d"])
def test_dropout_that_drops_nothing_gives_what_it_reads(drop: str) -> None:
    """What a layer behind it keeps is kept already: PyTorch returns the same tensor."""
    layers: list[Any] = [{"linear": 4}, "relu", {drop: {"p": 0}}, {"linear": 2}]
    solution = solved(layers, [5, 3], ("activations.bytes",), count={"activations": "saved"})
    modules = {"dropout": nn.Dropout, "alpha_dropout": nn.AlphaDropout, "dropout1d": nn.Dropout1d}
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), modules[drop](0.0), nn.Linear(4, 2))
    assert number(solution, "activations.bytes") == saved(model, torch.randn(1, 5, 3))
