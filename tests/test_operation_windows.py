"""Operations of layers with windows against loops: overlaps, gaps, padding, dilation, groups, and names for sizes."""

from __future__ import annotations

import json
import random
from fractions import Fraction
from itertools import combinations, product
from math import floor, prod
from typing import Any

import pytest

from hwsolve.pipeline import read, work_out
from hwsolve.spec.report import SpecFailure
from tests import counting_loops as loops
from tests.test_complexity import Counts, at, check, solved, updated

Sides = tuple[int, ...]


def some(dice: random.Random, n: int, low: int, high: int) -> list[int]:
    return [dice.randint(low, high) for _ in range(n)]


# ---------------------------------------------------------------- convolutions


def convolution_counts(sizes: dict[str, Any], bias: bool) -> Counts:
    tally = loops.Tally()
    share = sizes["in"] // sizes["groups"]
    w = loops.tensor(tally, (sizes["out"], share, *sizes["kernel"]))
    b = loops.tensor(tally, (sizes["out"],)) if bias else None
    x = loops.tensor(tally, (sizes["in"], *sizes["padded"]))
    found: Counts = {}
    y = loops.convolution(w, b, x, sizes)
    found["forward"] = tally.taken()
    loops.convolution_error(w, y, sizes)
    found["error"] = tally.taken()
    loops.convolution_gradient(y, x, sizes, bias)
    found["gradient"] = tally.taken()
    return found | {"update": updated(tally, len(w) + sizes["out"] * bias)}


def draw_convolution(dice: random.Random) -> tuple[dict[str, Any], dict[str, Any], list[int], int]:
    n = dice.choice([1, 1, 2, 2, 3])
    groups = dice.choice([1, 1, 2])
    top = {1: 9, 2: 6, 3: 3}[n]
    settings = {
        "out_channels": groups * dice.randint(1, 2), "kernel_size": some(dice, n, 1, 3), "stride": some(dice, n, 1, 4),
        "padding": some(dice, n, 0, 2), "dilation": [dice.choice([1, 1, 2, 3]) for _ in range(n)], "groups": groups,
        "bias": dice.random() < 0.5, "padding_mode": dice.choice(["zeros"] * 3 + ["reflect", "replicate", "circular"]),
    }  # fmt: skip
    shape = [groups * dice.randint(1, 2), *some(dice, n, 1, top)]
    padded = [side + 2 * p for side, p in zip(shape[1:], settings["padding"], strict=True)]
    steps = zip(padded, settings["kernel_size"], settings["stride"], settings["dilation"], strict=True)
    places = [(side - d * (k - 1) - 1) // s + 1 for side, k, s, d in steps]
    sizes = {
        "in": shape[0], "out": settings["out_channels"], "groups": groups, "kernel": tuple(settings["kernel_size"]),
        "stride": tuple(settings["stride"]), "dilation": tuple(settings["dilation"]), "padded": tuple(padded),
        "places": tuple(places), "mode": settings["padding_mode"], "map": tuple(shape[1:]),
        "before": tuple(settings["padding"]),
    }  # fmt: skip
    return settings, sizes, shape, n


def test_convolutions() -> None:
    dice, done = random.Random("convolutions"), 0
    while done < 150:
        settings, sizes, shape, n = draw_convolution(dice)
        try:
            solution = solved([{f"conv{n}d": settings}], shape)
        except SpecFailure as refused:
            message = str(refused)
            assert min(sizes["places"]) < 1 or "padding of an axis" in message, message
            continue
        check(solution, convolution_counts(sizes, settings["bias"]))
        done += 1


# a layer with names for sizes, and the numbers that are drawn for them
NAMED_CONVOLUTIONS: list[tuple[dict[str, Any], dict[str, tuple[int, int]]]] = [
    ({"kernel_size": "K", "padding": 1}, {"K": (1, 3)}),
    ({"kernel_size": "K", "stride": "S"}, {"K": (1, 4), "S": (1, 5)}),
    ({"kernel_size": "K", "stride": "K"}, {"K": (1, 4)}),
    ({"kernel_size": 2, "stride": "S", "padding": "P"}, {"S": (1, 4), "P": (0, 2)}),
    ({"kernel_size": 3, "dilation": "D"}, {"D": (1, 3)}),
    ({"kernel_size": "K", "stride": "S", "dilation": "S"}, {"K": (1, 3), "S": (1, 3)}),
    ({"kernel_size": "K", "stride": 4, "dilation": 2}, {"K": (1, 4)}),
    ({"kernel_size": "K", "stride": 2, "dilation": 3}, {"K": (1, 4)}),
    ({"kernel_size": [1, 3], "stride": ["S", 1], "dilation": ["D", 2]}, {"S": (1, 3), "D": (1, 3)}),
    ({"kernel_size": 3, "padding_mode": "circular", "padding": 1}, {}),
]


def put_in(setting: Any, names: dict[str, int]) -> Any:
    if isinstance(setting, list):
        return [put_in(part, names) for part in setting]
    return names.get(setting, setting) if isinstance(setting, str) else setting


def drawn(dice: random.Random, ranges: dict[str, tuple[int, int]]) -> dict[str, int]:
    return {name: dice.randint(*both) for name, both in ranges.items()}


@pytest.mark.parametrize("case", NAMED_CONVOLUTIONS, ids=str)
def test_convolutions_with_names(case: tuple[dict[str, Any], dict[str, tuple[int, int]]]) -> None:
    settings, ranges = case
    solution = solved([{"conv2d": {"out_channels": "O", **settings}}], ["C", "H", "W"])
    dice = random.Random(str(case))
    done = 0
    while done < 12:
        names = drawn(dice, ranges | {"C": (1, 2), "O": (1, 2), "H": (1, 9), "W": (1, 9)})
        known = {key: put_in(value, names) for key, value in settings.items()}
        both = {k: tuple(v) if isinstance(v, list) else (v, v) for k, v in known.items() if k != "padding_mode"}
        kernel, stride = both["kernel_size"], both.get("stride", (1, 1))
        dilation, before = both.get("dilation", (1, 1)), both.get("padding", (0, 0))
        padded = (names["H"] + 2 * before[0], names["W"] + 2 * before[1])
        steps = zip(padded, kernel, stride, dilation, strict=True)
        places = tuple((side - d * (k - 1) - 1) // s + 1 for side, k, s, d in steps)
        if min(places) < 1:
            continue
        sizes = {
            "in": names["C"], "out": names["O"], "groups": 1, "kernel": kernel, "stride": stride, "dilation": dilation,
            "padded": padded, "places": places, "mode": known.get("padding_mode", "zeros"),
            "map": (names["H"], names["W"]), "before": before,
        }  # fmt: skip
        check(solution, convolution_counts(sizes, True), names)
        done += 1


# ---------------------------------------------------------------- transposed convolutions


def transposed_counts(sizes: dict[str, Any], after: Sides, bias: bool) -> Counts:
    tally = loops.Tally()
    share = sizes["out"] // sizes["groups"]
    w = loops.tensor(tally, (sizes["in"], share, *sizes["kernel"]))
    found: Counts = {}
    loops.transposed(tally, w, loops.tensor(tally, (sizes["in"], *sizes["places"])), sizes, after, bias)
    found["forward"] = tally.taken()
    loops.transposed_error(tally, sizes)
    found["error"] = tally.taken()
    loops.transposed_gradient(tally, sizes, after, bias)
    found["gradient"] = tally.taken()
    return found | {"update": updated(tally, len(w) + sizes["out"] * bias)}


def sides_after(sides: Any, sizes: dict[str, Any]) -> Sides:
    settings = (sides, sizes["kernel"], sizes["stride"], sizes["padding"], sizes["dilation"], sizes["extra"])
    return tuple((n - 1) * s - 2 * p + d * (k - 1) + e + 1 for n, k, s, p, d, e in zip(*settings, strict=True))


def test_transposed_convolutions() -> None:
    dice, done = random.Random("transposed"), 0
    while done < 150:
        n, groups = dice.choice([1, 1, 1, 2, 2, 3]), dice.choice([1, 2])
        stride, dilation = some(dice, n, 1, 4), [dice.choice([1, 1, 2, 3]) for _ in range(n)]
        settings = {
            "out_channels": groups * dice.randint(1, 2), "kernel_size": some(dice, n, 1, 3), "stride": stride,
            "padding": some(dice, n, 0, 3), "dilation": dilation, "groups": groups, "bias": dice.random() < 0.7,
            "output_padding": [dice.randint(0, max(s, d) - 1) for s, d in zip(stride, dilation, strict=True)],
        }  # fmt: skip
        shape = [groups * dice.randint(1, 2), *some(dice, n, 1, 4 if n < 3 else 2)]
        sizes = {
            "in": shape[0], "out": settings["out_channels"], "groups": groups, "places": tuple(shape[1:]),
            "kernel": tuple(settings["kernel_size"]), "stride": tuple(stride), "dilation": tuple(dilation),
            "padding": tuple(settings["padding"]), "extra": tuple(settings["output_padding"]),
        }  # fmt: skip
        after = sides_after(shape[1:], sizes)
        if min(after) < 1:
            continue
        solution = solved([{f"conv_transpose{n}d": settings}], shape)
        check(solution, transposed_counts(sizes, after, settings["bias"]))
        done += 1


NAMED_TRANSPOSED: list[tuple[dict[str, Any], dict[str, tuple[int, int]]]] = [
    ({"kernel_size": 2, "stride": 2}, {}),
    ({"kernel_size": "K", "stride": "S", "padding": "P"}, {"K": (1, 4), "S": (1, 4), "P": (0, 3)}),
    ({"kernel_size": 2, "stride": 3, "padding": "P", "output_padding": 2}, {"P": (0, 3)}),
    ({"kernel_size": "K", "stride": 5, "padding": 1, "output_padding": 3}, {"K": (1, 6)}),
    ({"kernel_size": 3, "stride": 2, "padding": 1, "output_padding": 1}, {}),
    ({"kernel_size": "K", "stride": "K"}, {"K": (1, 4)}),
    ({"kernel_size": "K", "dilation": "D"}, {"K": (1, 3), "D": (1, 3)}),
]


@pytest.mark.parametrize("case", NAMED_TRANSPOSED, ids=str)
def test_transposed_convolutions_with_names(case: tuple[dict[str, Any], dict[str, tuple[int, int]]]) -> None:
    settings, ranges = case
    solution = solved([{"conv_transpose1d": {"out_channels": "O", **settings}}], ["C", "N"])
    dice, done = random.Random(str(case)), 0
    while done < 25:
        names = drawn(dice, ranges | {"C": (1, 2), "O": (1, 2), "N": (1, 6)})
        known = {key: put_in(value, names) for key, value in settings.items()}
        sizes = {
            "in": names["C"], "out": names["O"], "groups": 1, "places": (names["N"],), "kernel": (known["kernel_size"],),
            "stride": (known.get("stride", 1),), "dilation": (known.get("dilation", 1),),
            "padding": (known.get("padding", 0),), "extra": (known.get("output_padding", 0),),
        }  # fmt: skip
        after = sides_after((names["N"],), sizes)
        if min(after) < 1:
            continue
        check(solution, transposed_counts(sizes, after, True), names)
        done += 1


# ---------------------------------------------------------------- one network, three layers


@pytest.mark.parametrize("multiply_add", [1, 2])
def test_a_linear_layer_is_a_convolution_of_one_cell(multiply_add: int) -> None:
    count = {"multiply_add": multiply_add}
    kernels = [{"conv2d": {"kernel_size": 1}}, {"conv_transpose2d": {"kernel_size": 1}}, {"conv1d": {"kernel_size": 1}}]
    for sizes in ([4, 2], [1, 1], [5, 3, 1], [1, 6, 2]):
        linear = solved([{"linear": n} for n in sizes], 3, count)
        for kernel in kernels:
            ((name, settings),) = kernel.items()
            shape = [3, 1] if name == "conv1d" else [3, 1, 1]
            same = solved([{name: settings | {"out_channels": n}} for n in sizes], shape, count)
            for phase, kind in product(("forward", "error", "gradient", "backward", "update"), ("mul", "add")):
                assert at(same, f"{phase}.{kind}") == at(linear, f"{phase}.{kind}"), (name, sizes, phase, kind)


# ---------------------------------------------------------------- pooling


def most(tally: loops.Tally, windows: list[list[loops.Index]], cells: list[loops.Index]) -> dict[str, int]:
    """The error of a maximum, for the numbers for which it takes the most: some cells are larger than the others."""
    found: dict[str, int] = {}
    for number in range(len(cells) + 1):
        for large in combinations(cells, number):
            loops.maximum_error(tally, windows, {cell: k + 100 * (cell in large) for k, cell in enumerate(cells)})
            found = max(found, tally.taken(), key=lambda taken: taken.get("add", 0))
        if number and len(cells) > 9 and number > 4:
            break  # more large cells share no less
    return found


def pool_counts(kind: str, windows: list[list[loops.Index]], sides: Sides, channels: int) -> Counts:
    tally, found = loops.Tally(), Counts()
    loops.pool(tally, kind, windows)
    found["forward"] = tally.taken()
    if kind == "avg":
        loops.average_error(tally, windows)
        error = tally.taken()
    else:
        error = most(tally, windows, list(loops.cells(sides)))
    one = found | {"error": error}
    return {phase: {k: channels * n for k, n in counts.items()} for phase, counts in one.items()}


def sliding(places: Any, kernel: Any, stride: Any, before: Any, dilation: Any) -> list[list[loops.Index]]:
    """The cells of every window, in a map that counts from 0 behind its padding."""
    return [
        [
            tuple(s * p + d * u - b for p, u, s, d, b in zip(place, cell, stride, dilation, before, strict=True))
            for cell in loops.cells(kernel)
        ]
        for place in loops.cells(places)
    ]


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling(kind: str) -> None:
    dice, done = random.Random(kind), 0
    while done < 80:
        n = dice.choice([1, 1, 1, 2, 2, 3])
        kernel, stride = some(dice, n, 1, 4 if n == 1 else 3), some(dice, n, 1, 3)
        padding = [dice.randint(0, k // 2) for k in kernel]
        settings = {"kernel_size": kernel, "stride": stride, "padding": padding, "ceil_mode": dice.random() < 0.4}
        dilation = [dice.choice([1, 1, 2]) if kind == "max" else 1 for _ in range(n)]
        if kind == "max":
            settings["dilation"] = dilation
        top = {1: 10, 2: 4, 3: 2}[n]
        shape = [dice.randint(1, 3), *some(dice, n, 1, top)]
        try:
            solution = solved([{f"{kind}_pool{n}d": settings}], shape)
        except SpecFailure as refused:
            assert "spans" in str(refused) or "alone" in str(refused), refused
            continue
        places = after({f"{kind}_pool{n}d": settings}, shape)
        windows = sliding(places, kernel, stride, padding, dilation)
        if not all(set(window) & set(loops.cells(shape[1:])) for window in windows):
            continue  # a window in the padding alone has no maximum
        check(solution, pool_counts(kind, windows, tuple(shape[1:]), shape[0]))
        done += 1


def after(layer: dict[str, Any], shape: list[int]) -> list[int]:
    """The sides that come out."""
    (problem,) = read(json.dumps({"kind": "count-params", "network": {"input": shape, "layers": [layer]}}), "test.yaml")
    (made,) = [
        a.value for key, a in work_out(problem).answers.items() if key.startswith("shape.") and key != "shape.input"
    ]
    return [size.value for size in made[1:]]


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_pooling_with_names(kind: str) -> None:
    dice = random.Random(kind)
    cases: list[dict[str, Any]] = [
        {"kernel_size": "K"},
        {"kernel_size": "K", "stride": "S"},
        {"kernel_size": 3, "stride": 2},
    ]
    for settings in cases:
        solution, done = solved([{f"{kind}_pool1d": settings}], ["C", "N"]), 0
        while done < 12:
            names = drawn(dice, {"K": (1, 4), "S": (1, 4), "N": (1, 9), "C": (1, 3)})
            kernel = put_in(settings["kernel_size"], names)
            stride = put_in(settings.get("stride", kernel), names)
            places = (names["N"] - kernel) // stride + 1
            if places < 1:
                continue
            windows = sliding([places], [kernel], [stride], [0], [1])
            check(solution, pool_counts(kind, windows, (names["N"],), names["C"]), names)
            done += 1


@pytest.mark.parametrize("kind", ["max", "avg"])
def test_adaptive_pooling(kind: str) -> None:
    dice = random.Random(kind)
    for _ in range(50):
        n = dice.choice([1, 1, 1, 2, 2, 3])
        wanted = some(dice, n, 1, 9 if n == 1 else 4)
        shape = [dice.randint(1, 3), *some(dice, n, 1, {1: 10, 2: 4, 3: 2}[n])]
        windows = []
        for place in loops.cells(wanted):
            rows = [
                [i for i in range(side) if p * side // q <= i < -(-(p + 1) * side // q)]
                for p, side, q in zip(place, shape[1:], wanted, strict=True)
            ]
            windows.append(list(product(*rows)))
        solution = solved([{f"adaptive_{kind}_pool{n}d": {"output_size": wanted}}], shape)
        check(solution, pool_counts(kind, windows, tuple(shape[1:]), shape[0]))


def test_what_max_pooling_takes_for_granted_is_said() -> None:
    overlapping = solved([{"max_pool2d": {"kernel_size": 3, "stride": 2}}], [1, 7, 7])
    assert any(
        "as few cells as they can" in note["text"] and "max_pool1" in note["text"] for note in overlapping["notes"]
    )
    apart = solved([{"max_pool2d": 2}, {"adaptive_max_pool2d": 1}, {"avg_pool2d": 1}], [1, 8, 8])
    assert not any("as few cells" in note["text"] for note in apart["notes"])


# ---------------------------------------------------------------- upsampling


def neighbours(mode: str, k: int, n: int, m: int, scale: Fraction | None, corners: bool) -> list[int]:
    """The cells of a row of n that the k-th of m new values is made of."""
    ratio = Fraction(n, m) if scale is None else 1 / scale
    if "nearest" in mode:
        return [floor((k + Fraction(mode == "nearest-exact", 2)) * ratio)]
    if corners:
        at = Fraction(k * (n - 1), m - 1) if m > 1 else Fraction(0)
    else:
        at = (k + Fraction(1, 2)) * ratio - Fraction(1, 2)
        at = at if mode == "bicubic" else max(at, Fraction(0))
    around = range(-1, 3) if mode == "bicubic" else range(2)
    return [min(max(floor(at) + u, 0), n - 1) for u in around]


NEAREST = ("nearest", "nearest-exact")
AXES = {"linear": 1, "bilinear": 2, "bicubic": 2, "trilinear": 3}


def test_upsampling() -> None:
    dice = random.Random("upsampling")
    for _ in range(120):
        mode = dice.choice([*NEAREST, *AXES])
        n = AXES.get(mode) or dice.randint(1, 3)
        shape = [dice.randint(1, 2), *some(dice, n, 1, 4)]
        corners = mode not in NEAREST and dice.random() < 0.4
        scales: list[Any] = [None] * n
        if dice.random() < 0.5:
            sides = some(dice, n, 1, 6)
            settings: dict[str, Any] = {"size": sides}
        else:
            scales = [Fraction(dice.choice(["1", "2", "3", "1/2", "5/4", "3/2", "7/3"])) for _ in range(n)]
            sides = [floor(side * f) for side, f in zip(shape[1:], scales, strict=True)]
            settings = {"scale_factor": [str(f) for f in scales]}
        if min(sides) < 1:
            continue
        solution = solved([{"upsample": settings | {"mode": mode, "align_corners": corners}}], shape)
        tally, found = loops.Tally(), Counts()
        made = []
        for cell in loops.cells(sides):
            axes = zip(cell, shape[1:], sides, scales, strict=True)
            made.append(list(product(*(neighbours(mode, k, a, b, f, corners) for k, a, b, f in axes))))
        for _channel in range(shape[0]):
            for cells in made if mode not in NEAREST else ():
                loops.add_up(tally.num(1) * 0.5 for _ in cells)
        found["forward"] = tally.taken()
        for _channel in range(shape[0]):
            half = 0.5 if mode not in NEAREST else None
            loops.scattered(
                (cell, tally.num(1) if half is None else tally.num(1) * half) for cells in made for cell in cells
            )
        check(solution, found | {"error": tally.taken()})


@pytest.mark.parametrize("mode", NEAREST)
def test_where_a_nearest_neighbour_is_read_is_where_pytorch_reads_it(mode: str) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the peer of this test")
    for n, m in product(range(1, 9), range(1, 17)):
        cells = torch.arange(n, dtype=torch.float64)[None, None]
        read = torch.nn.functional.interpolate(cells, size=m, mode=mode)[0, 0].tolist()
        assert [int(i) for i in read] == [neighbours(mode, k, n, m, None, False)[0] for k in range(m)]


def test_upsampling_with_names() -> None:
    by_two = solved([{"upsample": {"scale_factor": 2}}], ["C", "H", "W"])
    to_size = solved([{"upsample": {"size": ["M", "N"]}}], ["C", "H", "W"])
    smooth = solved([{"upsample": {"scale_factor": "3/2", "mode": "bilinear"}}], ["C", "H", "W"])
    for c, h, w, m, n in [(1, 3, 2, 5, 1), (2, 4, 4, 4, 9), (3, 2, 5, 1, 7)]:
        names = {"C": c, "H": h, "W": w, "M": m, "N": n}
        assert at(by_two, "error.add", names) == 4 * c * h * w - c * h * w
        assert at(to_size, "error.add", names) == c * m * n - c * min(h, m) * min(w, n)
        assert at(smooth, "error.add", names) == c * (4 * (3 * h // 2) * (3 * w // 2) - h * w)


def test_large_maps_are_counted_from_their_sizes() -> None:
    layers = [
        {"conv2d": {"out_channels": 10**6, "kernel_size": 10**9, "stride": 3}},
        {"max_pool2d": {"kernel_size": 10**7, "stride": 11}},
        {"adaptive_avg_pool2d": 10**8 + 7},
        {"upsample": {"scale_factor": 10**9}},
    ]
    solution = solved(layers, [3, 10**12, 10**12])
    assert at(solution, "forward.mul.conv1") == prod((10**9, 10**9, 3, 10**6)) * ((10**12 - 10**9) // 3 + 1) ** 2


@pytest.mark.parametrize("mode", AXES)
def test_a_mode_that_is_not_for_so_many_axes_is_refused(mode: str) -> None:
    for axes in (1, 2, 3):
        layer = {"upsample": {"scale_factor": 2, "mode": mode}}
        if axes == AXES[mode]:
            solved([layer], [1] * (axes + 1))
        else:
            with pytest.raises(SpecFailure, match=mode):
                solved([layer], [1] * (axes + 1))
