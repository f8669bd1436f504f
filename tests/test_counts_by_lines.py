"""Multiply-adds of every layer, of products of matrices, against its own lines: the products that are added up.

A layer whose count is 0 with a reason goes through the same loop: no line of its forward pass adds products up.
"""

from __future__ import annotations

import ast
import json
import random
from typing import Any

import pytest

import hwsolve
from hwsolve.layers import layer_class
from hwsolve.layers.base import Layer
from tests import further_peers, peers
from tests.often import often
from tests.test_further_values_torch import listed

torch = pytest.importorskip("torch", reason="the modules whose settings are drawn are PyTorch's")

CASES = often(3)
# counted as two products, A x₂ and x₁ times it, where a line has one sum over both; shares of cells, which are no
# products of matrices; branches that are multiplied
ELSEWHERE = {"bilinear", "upsample", "multiply", "squeeze_excitation", "residual", "add", "concat"}
LAYERS = sorted(
    name for name in {**peers.LAYERS, **further_peers.LAYERS}
    if name not in ELSEWHERE and (name.startswith(("depth", "separ")) or layer_class(name).build is not Layer.build)
)  # fmt: skip


def added(e: ast.expr) -> list[ast.expr]:
    """The terms of a sum."""
    match e:
        case ast.BinOp(left, ast.Add() | ast.Sub(), right):
            return [*added(left), *added(right)]
        case ast.UnaryOp(_, operand):
            return added(operand)
    return [e]


def multiplied(e: ast.expr) -> list[ast.expr]:
    """The factors of a product."""
    match e:
        case ast.BinOp(left, ast.Mult(), right):
            return [*multiplied(left), *multiplied(right)]
    return [e]


def products(e: ast.expr, lone: bool) -> int:
    """How many products of two quantities are added up; `lone`: a sum of one term is a sum too."""
    terms = added(e)
    quantities = [[f for f in multiplied(t) if any(isinstance(n, ast.Name) for n in ast.walk(f))] for t in terms]
    found = sum(len(names) > 1 for names in quantities)
    count = found if found > 1 or lone else 0
    inner = [f for t in terms for f in multiplied(t) if not isinstance(f, ast.Subscript | ast.Name | ast.Constant)]
    return count + sum(
        products(part, lone) for f in inner for part in ast.iter_child_nodes(f) if isinstance(part, ast.expr)
    )


def drawn(name: str, dice: random.Random) -> tuple[dict[str, Any], tuple[int, ...]] | None:
    """Settings with their numbers, and the shape of a sample; None where zeros around a map have no lines."""
    if name in further_peers.LAYERS and (name not in peers.LAYERS or dice.random() < 0.5):
        case = further_peers.LAYERS[name](dice, torch)
        settings, shape = listed(case.settings), case.shape
    else:
        one = peers.LAYERS[name](dice)
        numbers = {} if name == "prelu" else dict(one.module(torch).named_parameters())
        settings, shape = one.arguments | listed(numbers), one.shape
    pads = settings.get("padding", 0) if "conv" in name else 0
    return None if pads == "same" or any(pads if isinstance(pads, list) else [pads]) else (settings, shape)


def counted(name: str, settings: Any, shape: Any) -> tuple[int, int] | None:
    """What is declared, and what the lines have; None where not every line is written out."""
    network = {"input": list(shape), "layers": [{name: settings}]}
    asked = {"kind": "count-params", "network": network, "ask": ["macs"]}
    macs = int(hwsolve.solve(asked).answers["macs"].value.value)
    values = further_peers.eighths(random.Random(1), torch, *shape)
    values = values.abs() if name.startswith("lp_pool") else values  # no power of a negative number
    x = [0] * shape[0] if name == "embedding" else values.tolist()
    norm = {"running": {"mean": 0, "var": 1}} if "batch_norm" in name else {}
    network["layers"] = [{name: settings | norm}]
    spec = {"kind": "backprop", "mode": "eval", "network": network, "input": {"index": x} if name == "embedding" else x}
    lines = [line for section in json.loads(hwsolve.solve(spec).to("json"))["sections"] for line in section["lines"]]
    if any(line["kind"] == "carried" for line in lines):
        return None
    texts = [
        line["formula"].replace("if(", "cases(") for line in lines if line["kind"] == "value" and "[" in line["key"]
    ]
    return macs, sum(products(ast.parse(text, mode="eval").body, lone=macs > 0) for text in texts)


@pytest.mark.parametrize("name", LAYERS)
def test_multiply_adds_are_those_of_the_lines(name: str) -> None:
    dice = random.Random(f"counts {name}")
    for _ in range(CASES):
        if case := drawn(name, dice):
            found = counted(name, *case)
            assert found is None or found[0] == found[1], (found, case)


def test_some_layers_add_products_up() -> None:
    found = counted("linear", {"out_features": 2, "weight": [[1, 2, 3], [4, 5, 6]], "bias": [1, 1]}, (3,))
    assert found == (6, 6)
