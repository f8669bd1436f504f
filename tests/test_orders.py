"""An order that a source states is right where it grows alike, and what differs is named."""

from __future__ import annotations

import json
import random
from itertools import product
from typing import Any

import pytest

from hwsolve.formula.parse import parse
from hwsolve.formula.same_growth import NotKnown, unbounded
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render

DENSE = {"input": "M", "layers": [{"repeat": {"times": "L", "body": [{"linear": "M"}, "sigmoid"]}}]}


def stated(value: str, network: dict[str, Any] = DENSE, field: str = "published") -> Any:
    spec = {"kind": "complexity", "network": network, field: {"order.forward": value}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    return work_out(problem)


@pytest.mark.parametrize(
    "value", ["L*M**2", "2*L*M**2", "O(L*M**2)", "3*L*M**2 + 7*L*M - M", "L*M*(M + 1)/2", "L*M**2 + L*M*log(M)",
              "L*(M - 1)**2"],
)  # fmt: skip
def test_constant_factors_and_lower_terms_do_not_matter(value: str) -> None:
    """In what sources state and in what a spec expects."""
    assert stated(value).published[0].verdict == "agrees"
    assert stated(value, field="expect").checks[0].ok


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("L*M**3", "LM³ outgrows LM²"),
        ("L*M", "it is outgrown by LM²"),
        ("M**2", "it is outgrown by LM²"),
        ("L*M**2*log(M)", "ln(M) LM² outgrows LM²"),
        ("L**2 + L*M**2", "L² outgrows LM²"),
        ("L*m**2", "`m` is no name of this problem"),
    ],
)
def test_another_growth_is_named_by_a_term(value: str, why: str) -> None:
    solution = stated(value)
    assert solution.published[0].verdict == "wrong"
    assert why in " ".join(render([solution], "plain", Options(width=200)).split())


def test_the_page_says_what_was_compared() -> None:
    """Where it is not what was stated letter by letter; nothing needs a look then."""
    page = " ".join(render([stated("2*L*M**2")], "plain", Options(width=200, checks=True)).split())
    assert "the same growth: constant factors and terms that others outgrow do not matter" in page
    assert "The published answer agrees" in " ".join(render([stated("2*L*M**2")], "plain", Options(width=200)).split())
    assert "growth" not in render([stated("L*M**2")], "plain", Options(width=200, checks=True))


def test_a_count_is_still_compared_with_its_factor() -> None:
    spec = {"kind": "complexity", "network": DENSE, "published": {"forward.mul": "2*L*M**2"}}
    (problem,) = read(json.dumps(spec), "test.yaml")
    assert work_out(problem).published[0].verdict == "wrong"


def test_growth_against_numbers() -> None:
    """f is at most a constant times g, where it is so along all powers of one number that sizes may be."""
    draw, found = random.Random(7), {True: 0, False: 0}
    for _ in range(300):
        f, g = ([[draw.randint(0, 2) for _ in range(3)] for _ in range(draw.randint(1, 3))] for _ in range(2))
        texts = [" + ".join(f"{draw.randint(1, 9)}*a**{i}*b**{j}*c**{k}" for i, j, k in one) for one in (f, g)]
        bounded = unbounded(parse(texts[0]), parse(texts[1])) is None
        ratios = []
        for powers in product(range(9), repeat=3):
            sizes = [10 ** (4 * n) for n in powers]
            own, other = (sum(sizes[0] ** i * sizes[1] ** j * sizes[2] ** k for i, j, k in one) for one in (f, g))
            ratios.append(own / other)
        assert bounded == (max(ratios) < 100), texts
        found[bounded] += 1
    assert min(found.values()) > 50


@pytest.mark.parametrize("text", ["2**n", "n - m", "f(n)", "n/(n - m)", "-n"])
def test_what_is_not_known_is_not_judged(text: str) -> None:
    with pytest.raises(NotKnown):
        unbounded(parse(text), parse("n"))


@pytest.mark.parametrize(("sides", "order"), [(["n", "n"], "C*M*K**2*n**2"), (["H", "W"], "C*M*K**2*H*W")])
def test_a_window_is_no_larger_than_its_map(sides: list[str], order: str) -> None:
    """(n − K + 1)²K² is of the order n²K²: terms with K in place of n are no larger."""
    layer = {"conv2d": {"out_channels": "M", "kernel_size": "K", "bias": False}}
    solution = stated(order, {"input": ["C", *sides], "layers": [layer]})
    assert solution.published[0].verdict == "agrees"
    page = " ".join(render([solution], "plain", Options(width=300)).split())
    assert f"A window fits into its map: but for a constant, K is at most {sides[0]}" in page
    stride = {"conv2d": {"out_channels": "M", "kernel_size": 3, "stride": 2, "padding": 1}}
    assert stated(order.replace("K", "3"), {"input": ["C", *sides], "layers": [stride]}).published[0].agrees
