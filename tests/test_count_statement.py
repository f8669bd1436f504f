"""What a count says before its table: padding, shortcuts of zeros, blocks, and stated sizes that fit no map."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

from hwsolve.formula.notation import plain
from hwsolve.pipeline import read, work_out
from hwsolve.render import render
from hwsolve.render.options import Options
from hwsolve.solution import Solution
from hwsolve.spec.report import SpecFailure

torch = pytest.importorskip("torch")


def solved(layers: list[Any], shape: Any, **more: Any) -> Solution:
    (problem,) = read(json.dumps({"kind": "count-params", "network": {"input": shape, "layers": layers}, **more}), "t")
    return work_out(problem)


def page(solution: Solution, **options: Any) -> str:
    """The plain page, its line breaks undone."""
    return " ".join(render([solution], "plain", Options(**{"width": 1000, **options})).split())


@pytest.mark.parametrize("seed", range(12))
def test_sizes_under_a_padding_are_those_of_torch(seed: int) -> None:
    dice = random.Random(seed)
    k, s, d, n = dice.choice((3, 5, 7)), dice.randint(1, 3), dice.randint(1, 2), dice.randint(20, 40)
    p = dice.randint(1, k // 2)
    layer = {"out_channels": 4, "kernel_size": k, "stride": s, "padding": p, "dilation": d}
    m = torch.nn.Conv2d(3, 4, k, s, p, d)(torch.zeros(3, n, n)).shape[-1]
    said = page(solved([{"conv2d": layer}, "flatten", {"linear": 2}], [3, n, n]))
    assert f"padding {p} ({n} → {m})" in said
    assert f"{n} → {m}" not in page(solved([{"conv2d": layer}], [3, n, n]), questions=True)


@pytest.mark.parametrize("k", range(2, 9))
@pytest.mark.parametrize("d", [1, 2])
def test_same_pads_as_torch_does(k: int, d: int) -> None:
    conv = torch.nn.Conv2d(1, 1, k, padding="same", dilation=d)
    behind, before = conv._reversed_padding_repeated_twice[1], conv._reversed_padding_repeated_twice[0]
    layer = {"out_channels": 1, "kernel_size": k, "padding": "same", "dilation": d}
    said = page(solved([{"conv2d": layer}], [1, 20, 20], columns=["params", "activations"]))
    assert (f"{before} on either side" if before == behind else f"{before} before and {behind} behind") in said


@pytest.mark.parametrize("padding", ["same", 1, 2])
@pytest.mark.parametrize(
    "end", [["flatten", {"linear": 2}], [{"adaptive_avg_pool2d": 1}, "flatten", {"linear": 2}], []]
)
@pytest.mark.parametrize("columns", [["params"], ["params", "activations"], ["params", "macs"]])
def test_padding_is_explained_where_a_count_depends_on_the_sides(
    padding: Any, end: list[Any], columns: list[str]
) -> None:
    """Counted again with maps that are one cell longer: a padding that changes nothing that is asked is not told."""

    def counts(side: int) -> list[Any]:
        conv = {"conv2d": {"out_channels": 4, "kernel_size": 3, "padding": padding}}
        found = solved([conv, *end], [3, side, side], columns=columns)
        return [found, [found.answers[key].value.value for key in columns]]

    solution, before = counts(8)
    assert ("adding" in page(solution)) == (before != counts(9)[1])


def test_without_padding_nothing_is_said_of_it() -> None:
    assert "adding" not in page(solved([{"conv2d": {"out_channels": 4, "kernel_size": 3}}], [3, 8, 8]))


@pytest.mark.parametrize(("channels", "stride", "side"), [(4, 1, 9), (6, 1, 9), (6, 2, 9), (8, 3, 10), (4, 2, 8)])
def test_a_shortcut_of_zeros_is_explained_by_its_shapes(channels: int, stride: int, side: int) -> None:
    body = [{"conv2d": {"out_channels": channels, "kernel_size": 3, "stride": stride, "padding": 1}}]
    said = page(solved([{"residual": {"body": body, "shortcut": "zero_pad"}}], [4, side, side]))
    if (channels, stride) == (4, 1):
        assert "has no parameters: it passes on what comes in." in said
        return
    assert (f"one cell in {stride} along each axis" in said) == (stride > 1)
    assert ("; the missing channels are filled with zeros." in said) == (channels > 4)
    assert said.index("A shortcut padded with zeros") > said.index("Total")  # what costs nothing comes last


def test_a_block_that_rows_name_is_written_out_once() -> None:
    blocks = {"twice": {"arguments": ["c"], "body": [{"linear": "$c"}, "relu", {"linear": "$c"}]}}
    said = page(solved([{"twice": 5}, {"twice": 7}], 3, blocks=blocks))
    assert said.count("Block twice: c") == 1


def stated(features: list[int], out: int) -> list[Any]:
    """Convolutions of 3 maps that keep their size, each with a pooling of a stated size, and a dense layer."""
    conv = {"conv2d": {"out_channels": 3, "kernel_size": 5, "padding": "same"}}
    return [part for n in features for part in (conv, {"max_pool2d": {"features": n}})] + [{"linear": out}]


@pytest.mark.parametrize("columns", [["params"], ["params", "activations"], ["params", "macs"]])
@pytest.mark.parametrize("seed", range(4))
def test_what_is_said_to_depend_on_a_stated_size_does(columns: list[str], seed: int) -> None:
    dice = random.Random(seed)
    sizes, out = [300 * n + 3 * dice.randint(1, 50) + 1 for n in (3, 2, 1)], dice.randint(2, 9)

    def counts(features: list[int]) -> dict[str, Any]:
        answers = solved(stated(features, out), {"channels": 1, "features": 10_000}, columns=columns).answers
        own = [k for k in answers if k.partition(".")[0] in columns and k.count(".") == 1 and k[-1].isdigit()]
        return {key: answers[key].value.value for key in own}

    said = page(solved(stated(sizes, out), {"channels": 1, "features": 10_000}, columns=columns))
    before = counts(sizes)
    for n in range(3):
        after = counts([size + 3 * (k == n) for k, size in enumerate(sizes)])
        (sentence,) = re.findall(
            rf"max pool {n + 1}: .*?(?:does not depend on these|are taken as stated in .*?\.)", said
        )
        others = [key for key, count in before.items() if after.get(key) != count]
        called = [key.partition(".")[2].replace("max_pool", "max pool ") for key in others]
        assert all(name.replace("linear1", "the dense layer") in sentence for name in called)
        assert ("does not depend" in sentence) == (not others)


def test_a_stated_size_that_fits_no_map_is_told_once_and_behind_the_table() -> None:
    said = page(solved(stated([400], 100), {"channels": 1, "features": 900}, expect={"params": 3}))
    assert said.count("is not divisible by 3") == 1
    assert said.index("The 400 values are taken as stated in the parameters of the dense layer.") > said.index("Total")
    assert "max pool 3 channels, 400 values (as stated)" in said


@pytest.mark.parametrize("seed", range(6))
def test_what_the_other_reading_of_a_stated_size_gives_is_counted_so(seed: int) -> None:
    """A square number of values that no map of so many channels has: each channel may have had such a map."""
    dice = random.Random(seed)
    n, out = dice.choice([4, 5, 7, 8, 10, 11]) ** 2, dice.randint(2, 9)
    said = page(solved(stated([n], out), {"channels": 1, "features": 900}))
    total = solved(stated([3 * n], out), {"channels": 1, "features": 900}).answers["params"].value.value
    dense = LINEAR(3 * n, out)
    own = sum(p.numel() for p in dense.parameters())
    if_meant = f"If the {n} are meant per map, the dense layer reads 3 × {n} = {3 * n:,} values and has"
    assert f"{if_meant} ({3 * n:,} + 1) × {out} = {own:,} parameters, all layers together {total:,}." in said


def test_layers_are_called_by_words_where_they_are_judged() -> None:
    body = [{"residual": {"body": [{"linear": 3}], "shortcut": []}}]
    blocks = {"block": {"body": body}}
    keys = {"params.block1.residual1.linear1": 12, "params.block1 + params.linear1": 20, "params": 20}
    said = page(solved(["block", {"linear": 2}], 3, blocks=blocks, expect=keys), checks=True)
    assert "parameters of linear1 in block1" in said and "parameters of block1 and the dense layer" in said
    assert "params." not in said


def test_layers_that_words_would_confuse_keep_their_paths() -> None:
    two = [{"residual": {"body": [{"linear": 3}]}}, {"residual": {"body": [{"linear": 3}]}}]
    keys = {"params.residual1.linear1": 12, "params.residual2.linear1": 12}
    said = page(solved(two, 3, expect=keys), checks=True)
    assert "residual1.linear1" in said and "residual2.linear1" in said


LINEAR, CONV = torch.nn.Linear, torch.nn.Conv2d


@pytest.mark.parametrize("seed", range(20))
def test_a_counting_rule_gives_what_torch_counts(seed: int) -> None:
    """The product that a sentence states, evaluated for the sizes of the one layer of its kind, is torch's count."""
    dice = random.Random(seed)
    m, n, k, g = 6, dice.choice((6, 12)), dice.choice((1, 3, 5)), dice.choice((1, 2, 3))
    of_conv, of_linear = dice.random() < 0.5, dice.random() < 0.5
    conv = {"out_channels": n, "kernel_size": k, "groups": g, "bias": of_conv}
    layers = [{"conv2d": conv}, "flatten", {"linear": {"out_features": 7, "bias": of_linear}}]
    said = [item.text for item in solved(layers, [m, 9, 9]).sections[0].items]
    values = {"m": m, "n": n, "k": k, "g": g}
    inner = n * (10 - k) ** 2
    for word, own, peer, bias in (
        ("convolution", values, CONV(m, n, k, groups=g, bias=of_conv), of_conv),
        ("dense", {"m": inner, "n": 7}, LINEAR(inner, 7, bias=of_linear), of_linear),
    ):
        (text,) = [text for text in said if f"Parameters of a {word}" in str(text)]
        sentence = str(text)
        product = plain(text.values["counts"].values["count"])
        assert eval(product, {}, own) == sum(p.numel() for p in peer.parameters())
        assert ("the 1 for the bias" in sentence) == bias
        assert word == "dense" or ("groups" in sentence) == (g > 1)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("shortcut", [None, "zero_pad", [{"conv2d": {"out_channels": 4, "kernel_size": 1}}]])
def test_what_a_residual_network_has_not_is_said(norm: bool, shortcut: Any) -> None:
    body = [{"conv2d": {"out_channels": 4, "kernel_size": 3, "padding": 1}}, *["batch_norm2d"] * norm]
    residual = {"body": body} | ({} if shortcut is None else {"shortcut": shortcut})
    said = page(solved([{"residual": residual}], [4, 8, 8]))
    assert ("without batch normalization" in said) == (not norm)
    assert ("shortcuts without parameters" in said) == (not isinstance(shortcut, list))


def test_a_page_shows_no_total_that_nobody_asked_for() -> None:
    """Neither folded nor by a key of the program; a machine reads all of them."""
    solution = solved([{"conv2d": {"out_channels": 4, "kernel_size": 3}}, "flatten", {"linear": 2}], [3, 8, 8])
    shown = render([solution], "html", Options())
    assert "params.weight" not in shown and "<details" not in shown
    assert {"params.weight", "params.bias", "macs", "flops", "activations.bytes"} <= solution.answers.keys()
    assert "params.weight" in render([solution], "json", Options())


def test_arguments_of_a_block_stand_as_letters() -> None:
    body = [{"conv2d": {"out_channels": "$channels", "kernel_size": 3, "stride": "$stride", "padding": 1}}]
    body.append({"conv2d": {"out_channels": "$scale", "kernel_size": 1}})
    blocks = {"unit": {"arguments": ["channels", "stride", "scale"], "body": body}}
    said = page(solved([{"unit": {"channels": 4, "stride": 2, "scale": 1}}], [3, 8, 8], blocks=blocks))
    assert "Block unit: c channels, stride s, scale a" in said  # `s` and `c` are those of others
    assert "c output channels, window 3×3, stride s, padding 1" in said


def test_layers_of_a_stage_are_called_as_its_rows_are() -> None:
    conv = {"conv2d": {"out_channels": "$c", "kernel_size": 3, "stride": "$s", "padding": 1}}
    again = {"conv2d": {"out_channels": "$c", "kernel_size": 3, "padding": 1}}
    blocks = {"unit": {"arguments": ["c", "s"], "body": [{"residual": {"body": [conv, "relu", again],
                                                                      "shortcut": "zero_pad"}}]}}  # fmt: skip
    uses = [{"unit": {"c": c, "s": s}} for c, s in ((4, 1), (4, 1), (8, 2), (8, 1))]
    keys = {"params.unit1.residual1.conv1": 0, "params.unit3.residual1.conv1": 0, "params.unit4.residual1.conv2": 0}
    said = page(solved(uses, [4, 8, 8], blocks=blocks, expect=keys))
    for name in ("one conv 3×3 in stage 1", "conv 3×3, stride 2 in stage 2", "one conv 3×3 in stage 2"):
        assert f"parameters of {name}" in said


def test_the_rule_of_a_convolution_has_no_exponent_one() -> None:
    layer = {"out_channels": 4, "kernel_size": 3}
    assert "side k: (km + 1)n, the 1" in page(solved([{"conv1d": layer}], [3, 20]))
    assert "side k: (k²m + 1)n, the 1" in page(solved([{"conv2d": layer}], [3, 20, 20]))
    assert "side k: (k³m + 1)n, the 1" in page(solved([{"conv3d": layer}], [3, 20, 20, 20]))


@pytest.mark.parametrize("seed", range(8))
def test_heads_times_their_width_is_the_width_of_all(seed: int) -> None:
    """In counts of named sizes nothing is multiplied and divided by at once, and numbers put in give PyTorch's count."""
    from hwsolve.formula.tree import Number, substitute
    from hwsolve.layers.sizes import simplified

    dice = random.Random(seed)
    heads, width, length, bias = dice.randint(1, 5), dice.randint(1, 6), dice.randint(2, 9), dice.random() < 0.5
    made = solved([{"multihead_attention": {"embed_dim": "d", "num_heads": "h", "bias": bias}}], ["L", "d"])
    found = plain(made.answers["params"].value)
    assert "/" not in found and "/" not in plain(made.answers["macs"].value)
    module = torch.nn.MultiheadAttention(heads * width, heads, bias=bias)
    sizes = {"d": Number(heads * width), "h": Number(heads), "L": Number(length)}
    counted = simplified(substitute(made.answers["params"].value, sizes))
    assert counted == sum(p.numel() for p in module.parameters())


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_single_values_are_not_normalised(axes: int) -> None:
    """PyTorch refuses to train an instance normalisation whose channels have one value each."""
    module = getattr(torch.nn, f"InstanceNorm{axes}d")(3)
    with pytest.raises(ValueError, match="Expected more than 1 spatial element"):
        module(torch.zeros(2, 3, *(1,) * axes))
    notes = solved([f"instance_norm{axes}d"], [3, *(1,) * axes]).notes
    assert any("its own mean" in str(note.text) for note in notes)
    assert not solved([f"instance_norm{axes}d"], [3, 2, *(1,) * (axes - 1)]).notes
    spec = {"kind": "backprop", "network": {"input": [3, *(1,) * axes], "layers": [f"instance_norm{axes}d", "flatten"]},
            "input": torch.ones(3, *(1,) * axes).int().tolist(), "target": [0, 0, 0], "loss": "mse_loss"}  # fmt: skip
    with pytest.raises(SpecFailure, match="more than one value of each channel"):
        read(json.dumps(spec), "t")
