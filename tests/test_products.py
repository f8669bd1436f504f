"""Counts that follow from products of sizes, against what they are for sizes that are numbers."""

from __future__ import annotations

import random
from math import prod

import pytest

from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.layers import layer_class
from hwsolve.layers.parameter import ABSENT, DEFAULT
from hwsolve.layers.products import less, summed, sums_of_products, with_bias

NAMES = ("positions", "in", "out", "kernel", "height")


def value(text: str, sizes: dict[str, int]) -> int:
    found = evaluate(parse(text), lambda name, _: sizes[name])
    assert found == int(found)
    return int(found)


def some(dice: random.Random, names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dice.sample(names, dice.randint(1, len(names))))


@pytest.mark.parametrize("seed", range(40))
def test_differences_and_sums_are_those_of_the_products(seed: int) -> None:
    dice = random.Random(seed)
    sizes = {name: dice.randint(1, 9) for name in NAMES}
    whole, others = some(dice, NAMES), [some(dice, NAMES) for _ in range(dice.randint(0, 2))]
    for part in (some(dice, whole), some(dice, NAMES), ()):
        text = less("*".join(whole), "*".join(part) or "1")
        wanted = prod(sizes[n] for n in whole) - prod(sizes[n] for n in part)
        assert (value(text, sizes) if text else 0) == wanted
        assert text or set(whole) == set(part)
        assert not set(part) <= set(whole) or text.count("*") <= len(whole)  # what both have stands once
    products = [whole, *others]
    text = summed(tuple(["*".join(p) for p in products]))
    assert value(text, sizes) == sum(prod(sizes[n] for n in p) for p in products)
    for name in set.intersection(*map(set, products)):
        assert text.count(name) == 1


def test_they_are_written_as_in_a_textbook() -> None:
    assert less("positions*in*out", "positions*out") == "positions*(in - 1)*out"
    assert less("kernel*kernel*in*out*height", "in*(height + kernel - 1)") == (
        "kernel*kernel*in*out*height - in*(height + kernel - 1)"
    )
    assert summed(("kernel*in/groups*out", "out")) == "(kernel*in/groups + 1)*out"
    assert summed(("channels", "channels")) == "2*channels"
    assert summed(("in*out", "1")) == "in*out + 1"


def test_a_bias_is_added_where_there_is_one() -> None:
    without = sums_of_products("in*out", "out", "in*out", "in")
    assert "sum" not in without["gradient.weight"]
    assert with_bias(without, "out", "out", ABSENT) is without
    forward = with_bias(sums_of_products("in*out", "out", "in*out", "in"), "out", "out", DEFAULT)["forward"]
    assert value(forward["sum"], {"in": 5, "out": 3}) == 3 * 4 + 3


@pytest.mark.parametrize("name", ["conv3d", "conv_transpose3d", "max_pool3d", "avg_pool3d"])
def test_a_single_size_holds_for_every_axis(name: str) -> None:
    first = {} if "pool" in name else {"out_channels": 2}
    one = layer_class(name)(**first, kernel_size=(2,), stride=(3,), padding=(1,))
    assert one == layer_class(name)(**first, kernel_size=(2, 2, 2), stride=(3, 3, 3), padding=(1, 1, 1))
    assert one.output((4, 9, 9, 9))[1:] == ((4, 4, 4) if "transpose" not in name else (24, 24, 24))
