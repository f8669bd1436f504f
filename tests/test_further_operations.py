"""Operations of layers that have no formulas: beside loops that count, whose numbers are those of torch."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.tree import Formula
from hwsolve.pipeline import read, work_out
from tests.counting_loops import Index, Map, Num, Tally, add_up, exp, log, scattered, sqrt

torch = pytest.importorskip("torch")


def solved(layer: dict[str, Any], size: list[Any]) -> Any:
    network = {"input": size, "layers": [layer]}
    spec = {"kind": "complexity", "network": network, "count": {"input_gradient": True}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return work_out(problem)


def counted(layer: dict[str, Any], size: list[Any]) -> dict[str, dict[str, int]]:
    """By phase what a layer takes."""
    solution = solved(layer, size)
    assert not solution.partial
    found: dict[str, dict[str, int]] = {}
    for key, answer in solution.answers.items():
        phase, _, kind = key.partition(".")
        if phase in ("forward", "error", "gradient") and "." not in kind and (n := int(answer.value.value)):
            found.setdefault(phase, {})[kind] = n
    return found


def indices(shape: Any) -> list[Index]:
    axes = torch.meshgrid(*map(torch.arange, shape), indexing="ij")
    return [tuple(map(int, index)) for index in torch.stack(axes, -1).reshape(-1, len(shape))]


def numbers(tally: Tally, array: Any) -> Map:
    """The elements of an array as numbers that count."""
    return {index: tally.num(float(array[index])) for index in indices(array.shape)}


def alike(found: Map, array: Any) -> None:
    """Whether loops give the numbers of torch; where nothing is sent there is 0."""
    for index in indices(array.shape):
        assert (found[index].x if index in found else 0.0) == pytest.approx(float(array[index]), rel=1e-9, abs=1e-9)


def powered(d: Num, beta: float) -> Num:
    """d^β as products of square roots."""
    whole, rest = divmod(round(4 * beta), 4)
    factors = [d] * whole
    if rest:
        root = sqrt(d)
        factors += [root] if rest == 2 else [sqrt(root)] if rest == 1 else [root, sqrt(root)]
    found = factors[0]
    for factor in factors[1:]:
        found = found * factor
    return found


@pytest.mark.parametrize("beta", [0.75, 0.5, 1.0, 1.25, 2.0, 0.25])
@pytest.mark.parametrize("size", [1, 3, 4])
def test_local_response_norm(beta: float, size: int) -> None:
    torch.manual_seed(1)
    x = torch.randn(5, 2, 2, dtype=torch.float64, requires_grad=True)
    y = torch.nn.LocalResponseNorm(size, 0.3, beta, 1.5)(x[None])[0]
    g = torch.randn_like(y)
    y.backward(g)
    tally = Tally()
    a, zero = numbers(tally, x), tally.num(0)

    def around(values: Map, index: Index, before: int) -> Num:
        """The sum over the channels around one; those beyond the ends are zeros."""
        c, *rest = index
        return add_up(values.get((k, *rest), zero) for k in range(c - before, c - before + size))

    squares = {i: n * n for i, n in a.items()}
    d = {i: around(squares, i, size // 2) * (0.3 / size) + 1.5 for i in a}
    q = {i: powered(n, beta) for i, n in d.items()}
    out = {i: n / q[i] for i, n in a.items()}
    forward = tally.taken()
    alike(out, y)
    e = numbers(tally, g)
    shares = {i: e[i] * (out[i] / d[i]) for i in a}
    back = {i: e[i] / q[i] - a[i] * around(shares, i, (size - 1) // 2) * (2 * beta * 0.3 / size) for i in a}
    alike(back, x.grad)
    layer = {"local_response_norm": {"size": size, "alpha": 0.3, "beta": beta, "k": 1.5}}
    assert counted(layer, [5, 2, 2]) == {"forward": forward, "error": tally.taken()}


@pytest.mark.parametrize("p", [1, 2, 3, 1.5])
@pytest.mark.parametrize(("kernel", "stride"), [(2, 2), (3, 1), (3, 2), (1, 1), (2, 3)])
def test_power_pooling(p: float, kernel: int, stride: int) -> None:
    torch.manual_seed(2)
    x = (torch.rand(2, 7, 6, dtype=torch.float64) + 0.5).requires_grad_()
    y = torch.nn.LPPool2d(p, kernel, stride)(x[None])[0]
    g = torch.randn_like(y)
    y.backward(g)
    tally = Tally()
    a = numbers(tally, x)
    windows = {
        (c, i, j): [(c, i * stride + u, j * stride + v) for u in range(kernel) for v in range(kernel)]
        for c, i, j in indices(y.shape)
    }
    read_ = {cell for window in windows.values() for cell in window}
    lower: Map = {}  # x^(p − 1)
    powers: Map = {}
    for cell in read_:
        if p == 1.5:
            powers[cell] = exp(log(a[cell]) * p)
        else:
            lower[cell] = a[cell] * a[cell] if p == 3 else a[cell]
            powers[cell] = a[cell] if p == 1 else lower[cell] * a[cell]
    sums = {at: add_up(powers[cell] for cell in window) for at, window in windows.items()}
    out = {at: n if p == 1 else sqrt(n) if p == 2 else exp(log(n) * (1 / p)) for at, n in sums.items()}
    forward = tally.taken()
    alike(out, y)
    e = numbers(tally, g)
    if p == 1:
        back = scattered((cell, e[at]) for at, window in windows.items() for cell in window)
    else:
        lower = lower or {cell: powers[cell] / a[cell] for cell in read_}
        share = {at: e[at] / (out[at] if p == 2 else sums[at] / out[at]) for at in windows}
        back = scattered((cell, share[at] * lower[cell]) for at, window in windows.items() for cell in window)
    alike(back, x.grad)
    found = counted({"lp_pool2d": {"norm_type": p, "kernel_size": kernel, "stride": stride}}, [2, 7, 6])
    assert found == {phase: n for phase, n in (("forward", forward), ("error", tally.taken())) if n}


def folds() -> list[tuple[dict[str, Any], list[int]]]:
    draw = random.Random(4)
    made: list[tuple[dict[str, Any], list[int]]] = []
    ranges = (("kernel_size", 1, 3), ("stride", 1, 3), ("dilation", 1, 2))
    while len(made) < 25:
        settings = {name: [draw.randint(low, high) for _ in range(2)] for name, low, high in ranges}
        sides = [draw.randint(4, 8), draw.randint(4, 8)]
        if all(d * (k - 1) < n for n, k, d in zip(sides, settings["kernel_size"], settings["dilation"], strict=True)):
            made.append((settings, [draw.randint(1, 2), *sides]))
    return made


@pytest.mark.parametrize("padding", [0, 1])
def test_unfold_and_fold(padding: int) -> None:
    """Copies of a cell that come back are added; those of the padding too."""
    for settings, size in folds():
        whole = settings | {"padding": padding}
        zeros = torch.randn(size, dtype=torch.float64)
        padded = torch.nn.functional.pad(zeros, [padding] * 4).requires_grad_()
        columns = torch.nn.Unfold(**settings)(padded[None])[0]
        g = torch.randn_like(columns)
        columns.backward(g)
        tally = Tally()
        e, places = numbers(tally, g), torch.arange(padded.numel(), dtype=torch.float64).reshape(padded.shape)
        cells = torch.nn.Unfold(**settings)(places[None])[0]
        back, every = scattered(((int(cells[at]),), e[at]) for at in e), indices(padded.shape)
        alike({every[n]: value for (n,), value in back.items()}, padded.grad)
        taken = tally.taken()
        assert counted({"unfold": whole}, size) == ({"error": taken} if taken else {})
        fold = {"fold": whole | {"output_size": size[1:]}}
        assert counted(fold, list(columns.shape)) == ({"forward": taken} if taken else {})


@pytest.mark.parametrize("mode", ["sum", "mean", "max", "weighed"])
def test_embedding_bag(mode: str) -> None:
    """All indices pick one row, and so all bags send their errors to it."""
    for bags, picked in ((1, 4), (3, 2), (2, 1)):
        tally = Tally()
        table = {(j,): tally.num(j + 0.5) for j in range(5)}
        for j in [*range(5)] * bags:
            values = [table[j,] * 2 if mode == "weighed" else table[j,] for _ in range(picked)]
            if mode == "max":
                best = values[0]
                for value in values[1:]:
                    best = value if value > best else best
            else:
                total = add_up(values)
                _ = total / picked if mode == "mean" else total
        forward = tally.taken()
        sent: list[tuple[Index, Num]] = []
        for j in [*range(5)] * bags:
            g = tally.num(1) / picked if mode == "mean" else tally.num(1)
            parts = [g * 2 if mode == "weighed" else g for _ in range(1 if mode == "max" else picked)]
            sent += [((j,), part) for part in parts]
        scattered(sent)
        how = {"mode": mode} if mode != "weighed" else {"mode": "sum", "per_sample_weights": [[2] * picked] * bags}
        found = counted({"embedding_bag": {"num_embeddings": 7, "embedding_dim": 5, **how}}, [bags, picked])
        assert found.get("forward", {}) == forward and found.get("gradient", {}) == tally.taken()


def test_average_pooling_that_is_trained() -> None:
    tally = Tally()
    weights, biases = ({c: tally.num(0.5) for c in range(2)} for _ in range(2))
    x = {index: tally.num(1) for index in indices((2, 6, 6))}
    means: Map = {}
    for c, i, j in indices((2, 2, 2)):
        means[c, i, j] = add_up(x[c, 3 * i + u, 3 * j + v] for u in range(3) for v in range(3)) / 9
        _ = means[c, i, j] * weights[c] + biases[c]
    forward = tally.taken()
    g = {at: tally.num(1) for at in means}
    for at in means:
        _ = g[at] * weights[at[0]] / 9
    error = tally.taken()
    scattered(((at[0],), g[at] * means[at]) for at in means)
    scattered(((at[0],), g[at]) for at in means)
    found = counted({"avg_pool2d": {"kernel_size": 3, "trainable": True}}, [2, 6, 6])
    assert found == {"forward": forward, "error": error, "gradient": tally.taken()}


@pytest.mark.parametrize(("places", "known"), [(5, False), (4, True)])
def test_what_is_drawn_is_named(places: int, known: bool) -> None:
    """Of fractional pooling the way back, where windows may overlap; where they cannot it takes nothing."""
    solution = solved({"fractional_max_pool2d": {"kernel_size": 2, "output_size": places}}, [3, 8, 8])
    said = " ".join(str(note.text) for note in solution.notes)
    assert known != ("which of its windows overlap is drawn" in said)
    assert known != ("backward.add" in solution.partial) and "forward.mul" not in solution.partial


@pytest.mark.parametrize("kind", ["adaptive_avg_pool2d", "adaptive_max_pool2d"])
def test_adaptive_windows_of_named_sizes(kind: str) -> None:
    """Side by side they are counted as with numbers; where it is not known how they overlap, the layer is named."""
    whole = solved({kind: 3}, [2, "3*m", 6])
    for m in (1, 2, 5):
        for key, answer in solved({kind: 3}, [2, 3 * m, 6]).answers.items():
            known = whole.answers[key].value
            found = evaluate(known, lambda _, __, m=m: m) if isinstance(known, Formula) else known.value
            assert found == answer.value.value, key
    said = " ".join(str(note.text) for note in solved({kind: 3}, [2, "H", 6]).notes)
    assert "its windows are counted where the sizes are numbers" in said and "adaptive" in said
