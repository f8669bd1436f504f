"""Several gradients of a worksheet, and `detach` in its formulas, against PyTorch; hints for sums that work."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest

import hwsolve
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import each

VECTORS = ("w", "A @ {v}", "{v}*{v}", "sin({v})", "{s}*{v}", "detach({v})", "{v} + w")
SCALARS = ("x", "sum({v})", "{s}*{s}", "{s} + {s}", "tanh({s})", "detach({s})", "detach({s})*{s}", "x*{s}")


def drawn(dice: random.Random, kind: str, depth: int) -> str:
    """A formula of a number `s` or a vector `v`."""
    rules = {"s": SCALARS, "v": VECTORS}[kind]
    rule = dice.choice(rules) if depth else rules[0]
    return re.sub(r"\{([sv])\}", lambda found: f"({drawn(dice, found[1], depth - 1)})", rule)


def floats(value: Any) -> Any:
    return [floats(v) for v in value] if isinstance(value, (list, tuple)) else float(getattr(value, "value", value))


@pytest.mark.parametrize("seed", range(each(12, 200)))
def test_gradients_of_several_quantities_that_stop_at_detach(seed: int) -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    dice = random.Random(f"detach {seed}")
    given = {"x": dice.randint(-8, 8) / 4, "w": [0.5, dice.randint(-8, 8) / 4], "A": [[1, -0.25], [0.5, 2]]}
    texts = {"f": drawn(dice, "s", 3) + " + x", "g": drawn(dice, "s", 3) + " + detach(f)*f"}
    solution = hwsolve.solve({"kind": "worksheet", "given": given, "define": texts, "gradient_of": ["f", "g"]})
    assert seed > 3 or wrong_lines(json.loads(solution.to("json"))) == []
    names = {"sum": torch.sum, "sin": torch.sin, "tanh": torch.tanh, "detach": lambda t: t.detach()}
    own = {k: torch.tensor(v, dtype=torch.float64, requires_grad=True) for k, v in given.items()}
    values = dict(own)
    for name, text in texts.items():
        values[name] = eval(text, {"__builtins__": {}}, names | values)  # the formulas that are drawn above
        assert floats(solution.answers[name].value) == pytest.approx(values[name].item(), rel=1e-9, abs=1e-12), texts
    for top in texts:
        for name, slope in zip(
            own, torch.autograd.grad(values[top], list(own.values()), retain_graph=True, allow_unused=True), strict=True
        ):
            answer = solution.answers.get(f"d{top}_d{name}")
            wanted = torch.zeros_like(own[name]) if slope is None else slope
            if answer is None:
                assert not wanted.any(), (texts, top, name)
                continue
            found = torch.tensor(floats(answer.value), dtype=torch.float64)
            assert torch.allclose(found, wanted, rtol=1e-9, atol=1e-9 * max(1, float(wanted.abs().max()))), (texts, top)


def test_the_page_says_where_the_gradient_stops() -> None:
    page = hwsolve.solve(
        "{kind: worksheet, given: {x: 3}, define: {f: x*detach(x), g: detach(x)**2 + x}, gradient_of: [g, f]}"
    ).to("plain")
    assert page.count("the gradient stops there") == 1 and "x_sg = x = 3" in page.replace("ₛ", "_s")
    assert "The gradient of g, from the end back" in page and "The gradient of f, from the end back" in page
    assert "the gradients of g, f." in page


def test_a_gradient_that_is_cut_off_is_0_and_the_page_says_so() -> None:
    """Through copies of what is made of it too; not where it has another way, nor of what is not asked or not read."""
    spec = "{kind: worksheet, given: {x: 3, w: 2, v: 1}, define: {t: w*x, q: detach(x**2) + w, r: detach(t)*v}"
    page = hwsolve.solve(spec + ", gradient_of: [q, r]}").to("plain")
    said = [line for line in page.splitlines() if "in `detach(…)` alone" in line]
    assert [line.partition("Note: ")[2] for line in said] == [
        "∂q/∂x = 0: q reads x in `detach(…)` alone.",
        "∂r/∂x = 0: r reads x in `detach(…)` alone.",
        "∂r/∂w = 0: r reads w in `detach(…)` alone.",
    ]
    assert "alone" not in hwsolve.solve(spec + ", gradient_of: q, wrt: w}").to("plain")


@pytest.mark.parametrize("t", ["sum(detach(s)*log(s))", "3*sum(s)"])
def test_what_is_made_of_a_0_that_no_digits_prove_is_proven_by_none(t: str) -> None:
    """The gradient behind a softmax whose parts are all worth the same: 0, as irrational terms cancel, and so on."""
    given = {"A": [[1, 2], [3, 4]], "w": [0.5, -1]}
    spec = {"kind": "worksheet", "given": given, "define": {"s": "softmax(A @ w)", "t": t}, "gradient_of": "t"}
    found = json.loads(hwsolve.solve(spec).to("json"))
    assert wrong_lines(found) == []
    assert [found["answers"]["dt_dw"][k] for k in ("value", "exact", "system")] == [[0, 0], None, "certified"]


def test_a_copy_takes_a_name_that_is_free() -> None:
    """Neither one that is given nor one that is defined below."""
    torch = pytest.importorskip("torch", reason="PyTorch is the independent peer of this test: pip install torch")
    x, x_sg = torch.tensor(2.0, requires_grad=True), torch.tensor(5.0, requires_grad=True)
    y = x.detach() * x * x_sg + x_sg.detach()
    slopes = torch.autograd.grad(y, [x, x_sg])
    spec = "{kind: worksheet, given: {x: 2, x_sg: 5}, define: {y: detach(x)*x*x_sg + detach(x_sg), x_sg2: y + 1}"
    answers = hwsolve.solve(spec + ", gradient_of: y}").answers
    assert floats(answers["y"].value) == y.item() and floats(answers["x_sg2"].value) == y.item() + 1
    assert [floats(answers[f"dy_d{name}"].value) for name in ("x", "x_sg")] == [s.item() for s in slopes]


@pytest.mark.parametrize("text", ["Sum(k**2)", "Sum(k**2, k)", "Sum(k**2, k, 4)", "Sum(k**2, 4)", "Sum(k**2, k, 1, 4)"])
def test_the_hint_of_a_sum_leads_to_one_that_works(text: str) -> None:
    """Each form that is shown is typed as it stands, until one is solved."""
    spec, forms = f"kind: worksheet\ngiven: {{a: 2}}\ndefine:\n  s: {text}\n  t: a + s\n", 0
    while True:
        try:
            found = hwsolve.solve(spec)
            break
        except SpecFailure as failure:
            forms += 1
            assert forms <= 3, (spec, failure)
            said = " ".join(str(failure).split())
            stated = re.search(r"`given: \{(s: .*?)\}`", said)
            if stated is not None:
                spec = f"kind: worksheet\ngiven: {{a: 2, {stated[1]}}}\ndefine:\n  t: a + s\n"
                continue
            form = re.search(r"two bounds: (Sum\(.*?\))\.|`(Sum\([^`]*1, 3\))`", said)
            assert form is not None, said
            spec = f"kind: worksheet\ngiven: {{a: 2}}\ndefine:\n  s: {form[1] or form[2]}\n  t: a + s\n"
    upper = 4 if "4" in text else 3
    assert float(found.answers["t"].value.value) == 2 + sum(k * k for k in range(1, upper + 1))


def test_a_0_behind_a_root_of_a_square_is_proven_by_no_digits() -> None:
    """x/√(x²) is 1 or −1, and its slope 0."""
    layer = {"local_response_norm": {"size": 1, "alpha": 1, "beta": 0.5, "k": 0, "output": "y"}}
    spec = {"kind": "backprop", "network": {"input": [3, 1], "layers": [layer]}, "input": [[-0.31], [0.62], [0.97]]}
    found = json.loads(hwsolve.solve(spec | {"upstream": [[0.7], [0.3], [0.43]]}).to("json"))
    assert wrong_lines(found) == []
    assert [found["answers"]["dL_dx"][k] for k in ("exact", "system")] == [None, "certified"]
