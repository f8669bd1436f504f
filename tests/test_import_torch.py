"""Networks of PyTorch become specs: as many parameters, the same shape at the end, and text as a person would write it."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hwsolve.errors import CallError
from hwsolve.pipeline import read, work_out

torch = pytest.importorskip("torch")
nn = torch.nn
F = torch.nn.functional

from hwsolve.importing.assembled import assembled  # noqa: E402
from hwsolve.importing.torch import imported  # noqa: E402
from hwsolve.importing.torch.building import without_numbers  # noqa: E402
from hwsolve.importing.torch.passing import passed  # noqa: E402
from tests.often import often  # noqa: E402

NETS = often(60)  # random ones; 2,040 with HWSOLVE_TIMES=34


def text_of(module: Any, *shapes: tuple[int, ...]) -> str:
    return assembled("net", passed(without_numbers(module), shapes, "net"))


def counted(text: str) -> tuple[int, tuple[int, ...]]:
    """Parameters, and the shape at the end, of a spec."""
    problem: Any = read(text, "net.yaml", None, None)[0]
    return int(work_out(problem).answers["params"].value.exact), tuple(problem.network.output)


def held(module: Any) -> int:
    """Parameters as PyTorch lists them: shared ones once."""
    return sum(p.numel() for p in module.parameters())


def agrees(module: Any, *shapes: tuple[int, ...], whole: bool = False) -> str:
    """The text of a module, whose parameters and output are those of PyTorch."""
    xs = [torch.zeros((2, *shape), dtype=torch.int64 if whole else torch.float32) for shape in shapes]
    module.eval()
    out = module(*xs)
    out = out[0] if isinstance(out, tuple) else out
    expected = held(module), tuple(out.shape[1:])
    text = text_of(module, *shapes)
    assert counted(text) == expected, text
    return text


class Residual(nn.Module):
    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Any) -> Any:
        return F.relu(x + self.body(x))


class Branches(nn.Module):
    def __init__(self, *parts: Any) -> None:
        super().__init__()
        self.parts = nn.ModuleList(parts)

    def forward(self, x: Any) -> Any:
        return torch.cat([part(x) for part in self.parts], dim=1)


class Gated(nn.Module):
    """A product of two ways, one of them read again later: no nest of branches."""

    def __init__(self, c: int) -> None:
        super().__init__()
        self.a, self.b, self.c = (nn.Conv2d(c, c, 1) for _ in range(3))

    def forward(self, x: Any) -> Any:
        a = self.a(x)
        b = torch.sigmoid(self.b(a)) * a
        return self.c(b) + a * 2 + x


@st.composite
def maps(draw: Any, c: int, depth: int = 2) -> tuple[Any, int]:
    """A module over (c, 12, 12) maps, and its channels."""
    kinds = ["conv", "norm", "act", "pool"] + (["residual", "branches", "gated", "list"] if depth else [])
    kind = draw(st.sampled_from(kinds))
    if kind == "conv":
        out, k = draw(st.integers(1, 6)), draw(st.sampled_from([1, 3]))
        groups = draw(st.sampled_from([g for g in (1, c) if out % g == 0]))
        return nn.Conv2d(c, out, k, padding=k // 2, groups=groups, bias=draw(st.booleans())), out
    if kind == "norm":
        return draw(st.sampled_from([nn.BatchNorm2d(c), nn.GroupNorm(1, c), nn.InstanceNorm2d(c, affine=True)])), c
    if kind == "act":
        made = [nn.ReLU(), nn.SiLU(), nn.PReLU(), nn.PReLU(c), nn.LeakyReLU(0.2), nn.Hardtanh(0, 2), nn.Dropout2d(0.3)]
        return draw(st.sampled_from(made)), c
    if kind == "pool":
        return draw(st.sampled_from([nn.MaxPool2d(3, 1, 1), nn.AvgPool2d(3, 1, 1)])), c
    if kind == "gated":
        return Gated(c), c
    if kind == "residual":
        inner, out = draw(maps(c, depth - 1))
        return Residual(nn.Sequential(inner, nn.Conv2d(out, c, 1))), c
    made = [draw(maps(c, depth - 1)) for _ in range(draw(st.integers(2, 3)))] if kind == "branches" else []
    if kind == "branches":
        return Branches(*(m for m, _ in made)), sum(out for _, out in made)
    found, at = [], c
    for _ in range(draw(st.integers(1, 4))):
        module, at = draw(maps(at, depth - 1))
        found.append(module)
    return nn.Sequential(*found), at


@given(st.data())
@settings(max_examples=NETS, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_networks_have_the_parameters_and_shapes_of_pytorch(data: st.DataObject) -> None:
    found, c = [], 3
    for _ in range(data.draw(st.integers(1, 5))):
        module, c = data.draw(maps(c))
        found.append(module)
    agrees(nn.Sequential(*found, nn.AdaptiveAvgPool2d(2), nn.Flatten(), nn.Linear(4 * c, 5)), (3, 12, 12))


class Words(nn.Module):
    """A small decoder: tied words, learned positions, functions in place of modules."""

    def __init__(self, v: int = 11, t: int = 8, d: int = 8) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(v, d), nn.Embedding(t, d)
        self.blocks = nn.ModuleList([nn.TransformerEncoderLayer(d, 2, 16, batch_first=True) for _ in range(3)])
        self.head = nn.Linear(d, v, bias=False)
        self.head.weight = self.words.weight

    def forward(self, x: Any) -> Any:
        x = self.words(x) + self.places(torch.arange(x.shape[1], device=x.device))
        for block in self.blocks:
            x = block(x)
        return self.head(x)


def test_a_decoder_with_tied_words() -> None:
    text = agrees(Words(), (5,), whole=True)
    assert "repeat: {times: 3" in text and "tie: words" in text and "num_positions: 8" in text


class Heads(nn.Module):
    """Attention written out."""

    def __init__(self, d: int = 8, h: int = 2) -> None:
        super().__init__()
        self.h, self.qkv, self.out = h, nn.Linear(d, 3 * d), nn.Linear(d, d)

    def forward(self, x: Any) -> Any:
        b, t, d = x.shape
        q, k, v = self.qkv(x).chunk(3, dim=-1)
        q, k, v = (part.view(b, t, self.h, d // self.h).transpose(1, 2) for part in (q, k, v))
        e = (q @ k.transpose(-2, -1)) / 2
        return self.out((F.softmax(e, dim=-1) @ v).transpose(1, 2).reshape(b, t, d))


def test_attention_written_out() -> None:
    agrees(Heads(), (6, 8))


class Twins(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.f = nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 3))

    def forward(self, a: Any, b: Any) -> Any:
        return torch.cat([self.f(a), self.f(b)], dim=-1)


def test_a_module_that_is_called_twice_has_its_parameters_once() -> None:
    assert "use:" in agrees(Twins(), (4,), (4,))


class Tagger(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.words, self.lstm = nn.Embedding(20, 6), nn.LSTM(6, 7, bidirectional=True, batch_first=True)
        self.head = nn.Linear(14, 3)

    def forward(self, x: Any) -> Any:
        return self.head(self.lstm(self.words(x))[0])


def test_a_recurrent_tagger() -> None:
    agrees(Tagger(), (9,), whole=True)


class Own(nn.Module):
    """Parameters of its own, beside modules."""

    def __init__(self) -> None:
        super().__init__()
        self.W, self.b = nn.Parameter(torch.zeros(4, 6)), nn.Parameter(torch.zeros(6))
        self.unused = nn.Linear(3, 3)

    def forward(self, x: Any) -> Any:
        return (x @ self.W + self.b).clamp(min=0)


def test_parameters_that_stand_by_themselves_and_such_that_nothing_reads_are_counted() -> None:
    assert "unused_weight" in agrees(Own(), (4,))


class Net(nn.Module):
    """A U-net of two levels."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.mid = nn.Conv2d(1, 4, 3, padding=1), nn.Conv2d(4, 8, 3, padding=1)
        self.up, self.end = nn.ConvTranspose2d(8, 4, 2, 2), nn.Conv2d(8, 2, 1)

    def forward(self, x: Any) -> Any:
        skip = F.relu(self.down(x))
        x = F.relu(self.mid(F.max_pool2d(skip, 2)))
        return self.end(torch.cat([skip, self.up(x)], dim=1))


def test_a_skip_is_a_branch() -> None:
    assert "concat:" in agrees(Net(), (1, 8, 8))


def trained_and_frozen(text: str) -> tuple[int, int]:
    """How many parameters of a spec are trained, and how many are not."""
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    whole = int(answers["params"].value.exact)
    trained = int(answers["params.trainable"].value.exact) if "params.trainable" in answers else whole
    return trained, whole - trained


FREEZABLE: dict[str, Any] = {
    "dense": (lambda: nn.Sequential(nn.Linear(4, 5), nn.ReLU(), nn.Linear(5, 5), nn.ReLU(), nn.Linear(5, 3)), (4,)),
    "maps": (
        lambda: nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.PReLU(4), nn.ConvTranspose2d(4, 2, 2)),
        (3, 6, 6),
    ),
    "words": (lambda: nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), (5, 8)),
    "own": (Own, (4,)),
    "residual": (lambda: nn.Sequential(*(Residual(nn.Sequential(nn.Linear(4, 4))) for _ in range(3))), (4,)),
    "tied": (Words, (5,)),
}


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_parameters_without_a_gradient_are_not_trained(data: st.DataObject) -> None:
    """Any of the parameters, or all of a module, have `requires_grad=False`; an attention is one module."""
    made, shape = FREEZABLE[data.draw(st.sampled_from(sorted(FREEZABLE)))]
    module = made()
    places = dict.fromkeys(name[: name.index("attn") + 4] if "attn" in name else name
                           for name, _ in module.named_parameters())  # fmt: skip
    for place in places:
        if data.draw(st.booleans()):
            for name, p in module.named_parameters():
                p.requires_grad_(p.requires_grad and not name.startswith(place))
    trained = sum(p.numel() for p in module.parameters() if p.requires_grad)
    assert trained_and_frozen(text_of(module, shape)) == (trained, held(module) - trained)


def test_a_layer_of_which_a_part_is_frozen_that_has_no_name_is_refused() -> None:
    module = nn.LSTM(3, 4, batch_first=True)
    module.bias_hh_l0.requires_grad_(False)
    with pytest.raises(CallError, match="bias_hh_l0 is not trained, but others of its layer are"):
        text_of(module, (5, 3))
    module.requires_grad_(False)
    assert trained_and_frozen(text_of(module, (5, 3))) == (0, held(module))


class Products(nn.Module):
    """Products of quantities, means, maxima and numbers, as their letters say; with a square matrix read both ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.q, self.k, self.way = nn.Linear(6, 6), nn.Linear(6, 6, bias=False), way

    def forward(self, x: Any) -> Any:
        q, k = self.q(x), self.k(x)
        if self.way == "product":
            return F.softmax((q @ k.transpose(-2, -1)) / 6**0.5, -1) @ q
        if self.way == "letters":
            heads = [part.view(*part.shape[:2], 2, 3) for part in (q, k)]
            return torch.einsum("bthd,bshd->bhts", *heads)
        if self.way == "both":
            heads = [part.view(*part.shape[:2], 2, 3) for part in (q, k)]
            e = torch.einsum("bthd,bshd->bts", *heads)
            return e + q.sum((1, 2), keepdim=True) + q.mean(dim=(1, 2))[:, None, None]
        if self.way == "mean":
            return (q / 255).mean(1) * k.amax(dim=1) + k.max(1)[0] - k.min(dim=1).values
        if self.way == "sum":
            return (q * k).sum(-1) + torch.maximum(q, k).mean(-1)
        return F.linear(F.linear(q, self.k.weight.t()), self.k.weight) @ self.k.weight + torch.randn_like(x)


@pytest.mark.parametrize("way", ["product", "letters", "both", "mean", "sum", "turned"])
def test_formulas_have_the_multiply_adds_that_pytorch_counts(way: str) -> None:
    from torch.utils.flop_counter import FlopCounterMode

    module = Products(way)
    with FlopCounterMode(display=False) as counter:
        module(torch.zeros(1, 5, 6))
    text = agrees(module, (5, 6))
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    assert 2 * int(answers["macs"].value.exact) == counter.get_total_flops(), text


class Autoencoder(nn.Module):
    """A decoder that is the encoder turned round, called before it or behind it."""

    def __init__(self, first: bool, size: int) -> None:
        super().__init__()
        self.encoder, self.bias, self.first = nn.Linear(6, size), nn.Parameter(torch.zeros(6)), first

    def decoded(self, z: Any) -> Any:
        return F.linear(z, self.encoder.weight.t().contiguous(), self.bias)

    def forward(self, x: Any) -> Any:
        return self.encoder(self.decoded(x)) if self.first else self.decoded(F.relu(self.encoder(x)))


@pytest.mark.parametrize(("first", "size"), [(False, 4), (False, 6), (True, 6), (True, 4)])
def test_a_matrix_that_is_read_the_other_way_round(first: bool, size: int) -> None:
    text = agrees(Autoencoder(first, size), (size if first else 6,))
    assert "transposed: true" in text


class Strange(nn.Module):
    def forward(self, x: Any) -> Any:
        return torch.fft.fft(x).real


@pytest.mark.parametrize(
    ("module", "shape", "said"),
    [
        (Strange(), (4,), "there is no layer for the function fft_fft. Known are"),
        (nn.Sequential(nn.CosineSimilarity()), (4,), "CosineSimilarity"),
        (nn.Linear(3, 4), (5,), "fails at an input of 5"),
        (nn.Sequential(nn.Identity(), nn.Sequential(Strange())), (4,), "in the module `1.0`, there is no layer"),
        (nn.Sequential(nn.Sequential(nn.CosineSimilarity())), (4,), "in the module `0.0`, there is no layer"),
    ],
)
def test_what_is_not_known_is_named(module: Any, shape: tuple[int, ...], said: str) -> None:
    with pytest.raises(CallError) as raised:
        text_of(module, shape)
    assert said in str(raised.value)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("no_such_module:net", "can't be imported"),
        ("torch.nn:NoSuch", "has no NoSuch"),
        ("torch.nn:Linear", "Linear()"),
    ],
)
def test_a_name_that_stands_for_no_module(source: str, said: str) -> None:
    from hwsolve.importing.settings import Settings

    with pytest.raises(CallError) as raised:
        imported(source, Settings(((3,),)))
    assert said in str(raised.value)


def test_a_shape_must_be_given() -> None:
    with pytest.raises(CallError, match="--shape"):
        imported("torch.nn:ReLU")


PUBLISHED = Path(__file__).parent / "truth" / "torchvision_params.csv"


@pytest.mark.parametrize("row", list(csv.DictReader(PUBLISHED.open())), ids=lambda row: row["name"])
def test_torchvision(row: dict[str, str]) -> None:
    """Every model of torchvision has as many parameters as torchvision says."""
    models = pytest.importorskip("torchvision.models")
    from hwsolve.importing.torch import built

    name, _, option = row["name"].partition("[")
    more: dict[str, Any] = {"aux_logits": False} if option else {}
    more |= {"init_weights": False} if name in ("googlenet", "inception_v3") else {}
    module = built(lambda: getattr(models, name)(**more))
    side = (
        224 if name.startswith("vit_") else int(row["crop_size"])
    )  # a ViT is built for 224, whatever its weights are for
    assert counted(text_of(module, (3, side, side)))[0] == int(row["total_params"])
