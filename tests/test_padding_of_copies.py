"""A convolution over a map with copies of its own cells around it: against PyTorch, and what its page says."""

from __future__ import annotations

import json
import random
from typing import Any

import numpy as np
import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import often

MODES = ("reflect", "replicate", "circular")


def numbers(dice: random.Random, *shape: int) -> Any:
    """Small numbers, none of them 0."""
    if not shape:
        return dice.choice([-1, 1]) * dice.randint(1, 9) / 4
    return [numbers(dice, *shape[1:]) for _ in range(shape[0])]


def drawn(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any]]:
    """A layer without numbers, and the shapes of its map and kernel."""
    axes, groups = dice.choice([1, 2, 2, 2, 3]), dice.choice([1, 1, 1, 2])
    channels, out = (groups * dice.randint(1, 2) for _ in range(2)) if axes < 3 else (groups, groups)
    sides = [dice.randint(3, 4) for _ in range(axes)]
    kernel = [dice.randint(1, 3 if axes < 3 else 2) for _ in range(axes)]
    padding: Any = [dice.randint(0, 2 if axes < 3 else 1) for _ in range(axes)]
    settings: dict[str, Any] = {"padding_mode": dice.choice(MODES), "groups": groups, "padding": padding}
    settings["dilation"] = [dice.choice([1, 1, 2]) for _ in range(axes)]
    if dice.random() < 0.25:
        settings["padding"] = "same"
        settings["dilation"] = [1] * axes
    else:
        settings["stride"] = [dice.randint(1, 2) for _ in range(axes)]
    layer = settings | {"out_channels": out, "kernel_size": kernel}
    return layer, {"axes": axes, "in": channels, "sides": sides, "kernel": [out, channels // groups, *kernel]}


def value(solution: Any, key: str) -> Any:
    def plain(entry: Any) -> Any:
        return [plain(part) for part in entry] if isinstance(entry, tuple) else float(entry.text)

    return plain(solution.answers[key].value)


@pytest.mark.parametrize("seed", range(often(8)))
def test_against_pytorch(seed: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    dice = random.Random(seed)
    layer, shapes = drawn(dice)
    axes, batch = shapes["axes"], dice.choice([1, 1, 2])
    x = numbers(dice, batch, shapes["in"], *shapes["sides"])
    w, b = numbers(dice, *shapes["kernel"]), numbers(dice, shapes["kernel"][0])
    f = dice.choice([None, "relu", "sigmoid"])
    flip = dice.random() < 0.3
    tensors = [torch.tensor(a, dtype=torch.float64, requires_grad=True) for a in (x, w, b)]
    settings = {k: v for k, v in layer.items() if k not in ("out_channels", "kernel_size")}
    made = getattr(torch.nn, f"Conv{axes}d")
    try:
        peer = made(shapes["in"], layer["out_channels"], layer["kernel_size"], dtype=torch.float64, **settings)
        kernel = torch.flip(tensors[1], tuple(range(-axes, 0))) if flip else tensors[1]
        a = tensors[0] if f is None else getattr(torch, f)(tensors[0])
        parameters = {"weight": kernel, "bias": tensors[2]}
        y = torch.func.functional_call(peer, parameters, (a,))
    except (RuntimeError, AssertionError):
        pytest.skip("PyTorch refuses this layer")
    g = numbers(dice, *y.shape)
    y.backward(torch.tensor(g, dtype=torch.float64))
    bare = batch == 1 and dice.random() < 0.7
    spec = {
        "kind": "convolution",
        "layer": {f"conv{axes}d": layer | {"weight": w, "bias": b}},
        "input": x[0] if bare else x,
        "upstream": g[0] if bare else g,
        "digits": 9,
    }
    spec |= {"flip": True} if flip else {}
    spec |= {"activation": f} if f else {}
    found = hwsolve.solve(spec)
    assert wrong_lines(json.loads(found.to("json"))) == []
    read = "dL_dz" if f else "dL_dx"
    for key, tensor in (("y", y), (read, tensors[0].grad), ("dL_dw", tensors[1].grad), ("dL_db", tensors[2].grad)):
        want = tensor.tolist()
        want = want[0] if bare and key in ("y", read) else want
        assert np.array(value(found, key)) == pytest.approx(np.array(want), abs=1e-6), (key, spec)


def small(mode: str, **more: Any) -> dict[str, Any]:
    """A map without channels."""
    kernel = {"out_channels": 1, "kernel_size": 2, "padding": 1, "padding_mode": mode, "weight": [[0, 1], [2, 3]]}
    spec = {
        "kind": "convolution",
        "layer": {"conv2d": kernel | {"bias": False}},
        "input": [[0, 1, 2], [3, 4, 5]],
        "upstream": [[1, 0, 1, 2], [0, 1, 3, 1], [1, -1, 0, 1]],
    }
    return spec | more


@pytest.mark.parametrize(
    ("mode", "map_with_copies"),
    [
        ("reflect", [[4, 3, 4, 5, 4], [1, 0, 1, 2, 1], [4, 3, 4, 5, 4], [1, 0, 1, 2, 1]]),
        ("replicate", [[0, 0, 1, 2, 2], [0, 0, 1, 2, 2], [3, 3, 4, 5, 5], [3, 3, 4, 5, 5]]),
        ("circular", [[5, 3, 4, 5, 3], [2, 0, 1, 2, 0], [5, 3, 4, 5, 3], [2, 0, 1, 2, 0]]),
    ],
)
def test_the_map_that_the_windows_slide_over(mode: str, map_with_copies: list[list[int]]) -> None:
    found = hwsolve.solve(small(mode, ask=["xp", "y", "dL_dx"]))
    assert value(found, "xp") == map_with_copies
    page = found.to("plain")
    assert "x ─padding→ xp ─w→ y → L" in page or "x -padding-> xp -w-> y -> L" in page
    said = {"reflect": "mirror image", "replicate": "is repeated", "circular": "at its other end"}
    assert [words in page for words in said.values()] == [one == mode for one in said]


def test_a_cell_gets_the_errors_of_its_copies() -> None:
    found = hwsolve.solve(small("replicate"))
    page = found.to("plain")
    assert "The error of a cell of x is the sum of the errors of the cells of xp" in page
    padded = value(found, "dL_dxp")
    assert value(found, "dL_dx")[0][0] == sum(padded[i][j] for i in (0, 1) for j in (0, 1))


def test_no_padding_is_no_copy() -> None:
    """A mode without cells that it could fill changes nothing."""
    layer = {"out_channels": 1, "kernel_size": 2, "weight": [[0, 1], [2, 3]], "bias": False}
    pages = []
    for more in ({}, {"padding_mode": "reflect"}):
        spec = small("reflect", layer={"conv2d": layer | more}, upstream=[[1, 2]])
        pages.append(hwsolve.solve(spec).to("plain"))
    assert pages[0] == pages[1]


@pytest.mark.parametrize("change", [{"input": None}, {"kernel_size": "K"}])
def test_sizes_with_names_are_refused(change: dict[str, Any]) -> None:
    spec = small("circular")
    if "kernel_size" in change:
        spec["layer"]["conv2d"] |= change
        del spec["layer"]["conv2d"]["weight"]
    else:
        del spec["input"], spec["upstream"]
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve(spec)
    assert "With names for sizes" in str(failure.value)


def test_layers_have_numbers_on_the_way() -> None:
    upstream = [[1, 0, 1, 2], [0, 1, 3, 1], [1, -1, 0, 1]]
    page = hwsolve.solve(
        small("reflect", activation="relu", upstream=upstream, notation={"layers": "l", "gradients": "delta"})
    ).to("plain")
    assert "xp⁽ˡ⁾: a⁽ˡ⁾ with copies" in page
    assert "δ⁽ˡ⁾ =" in page


@pytest.mark.parametrize("kind", ["reflection", "replication", "circular", "zero"])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_a_border_of_its_own_is_called_as_its_output_says(kind: str, axes: int) -> None:
    shape = [1, *[3] * axes]
    layer = {f"{kind}_pad{axes}d": {"padding": 1, "output": "u"}}
    spec = {"kind": "backprop", "network": {"input": shape, "layers": [layer, "relu"]}}
    solution = hwsolve.solve(spec | {"input": {"arange": 3**axes, "shape": shape}})
    assert "u" in solution.answers and not any(key.startswith("xp") for key in solution.answers)
