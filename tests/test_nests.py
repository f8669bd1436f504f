"""Bodies that stand several times count what they count written out, however they stand within each other."""

from __future__ import annotations

import json
from typing import Any

import pytest

from hwsolve.language import translate
from hwsolve.pipeline import read, work_out
from hwsolve.solution import Sentence, Solution
from hwsolve.spec.report import SpecFailure
from tests.line_check import wrong_lines
from tests.often import often
from tests.random_nests import BLOCKS, Nest
from tests.scalar_lines import executed
from tests.test_complexity import KINDS, PHASES
from tests.test_complexity_formulas import DRAWN, ZEROS
from tests.test_count_keys import number

Spec = Any
QUICK = ("linear", "linear", "linear", "use", "use", "repeat", "repeat", "merge", "residual", "named", "two", "forked")


def counted(kind: str, shape: list[int], layers: list[Spec], lines: bool = False, **more: Any) -> Solution:
    """The solution, its lines checked where they are asked for."""
    spec = {"kind": kind, "blocks": BLOCKS, "network": {"input": shape, "layers": layers}, **more}
    (problem,) = read(json.dumps(spec), "test.yaml")
    solution = work_out(problem)
    if lines:
        from hwsolve.render import render
        from hwsolve.render.options import Options

        assert wrong_lines(json.loads(render([solution], "json", Options()))) == []
    return solution


def operations(nest: Nest, layers: list[Spec], count: dict[str, Any], lines: bool) -> dict[str, int]:
    """The operations of each phase, with numbers for the names of repeats."""
    solution = counted("complexity", nest.shape, layers, lines, count=count)
    keys = [f"{phase}.{kind}" for phase in (*PHASES, "backward") for kind in KINDS]
    return {key: int(number(solution, key, nest.times)) for key in keys if key in solution.answers}


def same(a: dict[str, int], b: dict[str, int]) -> bool:
    return all(a.get(key, 0) == b.get(key, 0) for key in {*a, *b})


KEYS = (
    "params",
    "params.trainable",
    "activations",
    "macs",
    "macs.backward",
    "macs.training",
    "flops",
    "flops.training",
)


def counts(nest: Nest, layers: list[Spec], count: dict[str, Any], lines: bool) -> dict[str, Any]:
    """What count-params answers, with numbers for the names of repeats; None where no number is known."""
    try:
        solution = counted("count-params", nest.shape, layers, lines, count=count, ask=KEYS)
    except SpecFailure:  # the way back of a formula is not known
        solution = counted("count-params", nest.shape, layers, lines, count=count)
    return {key: number(solution, key, nest.times) if key in solution.answers else None for key in KEYS}


@pytest.mark.parametrize("part", range(often(4)))
@pytest.mark.parametrize("stored", ["outputs", "saved", "peak"])
def test_counts_of_nests_are_those_of_the_network_written_out(part: int, stored: str) -> None:
    for seed in range(10 * part, 10 * part + 10):
        nest = Nest(seed)
        if stored == "peak":  # by a name, that of several copies
            nest.times = dict.fromkeys(nest.times, 2 + seed % 3)
        count = {"activations": stored, "macs": "all" if seed % 2 else "matmul"}
        try:
            written = counts(nest, nest.written(), count, False)
            for layers in (nest.numeric(), nest.layers):
                folded = counts(nest, layers, count, seed % 5 == 0)
                assert folded == written, (folded, written)
        except Exception as error:
            raise AssertionError(json.dumps([seed, nest.layers, nest.times])) from error


@pytest.mark.parametrize("part", range(often(4)))
def test_the_peak_of_one_copy_is_at_most_that_of_several(part: int) -> None:
    """Exact where 1 stands in the spec; a bound, which a sentence calls so, where it is put in for a name."""
    for seed in range(10 * part, 10 * part + 10):
        nest = Nest(seed)
        nest.times = dict.fromkeys(nest.times, 1)
        count = {"activations": "peak"}
        written, numeric, named = (
            counts(nest, layers, count, False)["activations"]
            for layers in (nest.written(), nest.numeric(), nest.layers)
        )
        assert written == numeric <= named, (seed, nest.layers)
        statement, *_ = counted("count-params", nest.shape, nest.layers, count=count).sections
        said = [translate(item.text, "en") for item in statement.items if isinstance(item, Sentence)]
        assert bool(nest.times) == any("fewer values may live" in text for text in said)


def test_what_comes_in_lives_beside_what_copies_give() -> None:
    """The stream of a repeat that is read behind it: the second copy holds it too, and what the first one gave."""
    wide = {"residual": {"body": [{"linear": 100}, {"linear": 4}]}}
    for times, most in ((1, 108), (2, 112), (5, 112)):
        layers = [{"residual": {"body": [{"repeat": {"times": times, "body": [wide]}}]}}]
        assert number(counted("count-params", [4], layers, count={"activations": "peak"}), "activations") == most


@pytest.mark.parametrize("part", range(often(5)))
@pytest.mark.parametrize("kinds", [(), QUICK], ids=["all", "wires"])
def test_operations_of_nests_are_those_of_the_network_written_out(part: int, kinds: tuple[str, ...]) -> None:
    for seed in range(10 * part, 10 * part + 10):
        nest = Nest(seed, kinds)
        count = {"activations": True, "input_gradient": seed % 3 == 0, "multiply_add": 1 + seed % 2}
        try:
            written = operations(nest, nest.written(), count, False)
            for layers in (nest.numeric(), nest.layers):
                folded = operations(nest, layers, count, seed % 5 == 0)
                assert same(folded, written), (folded, written)
        except Exception as error:
            raise AssertionError(json.dumps([seed, nest.layers, nest.times])) from error


LINES = ("linear", "linear", "linear", "use", "residual", "merge", "repeat", "repeat", "repeat", "forked", "two", "named",
         "plain", "early", "sigmoid", "relu")  # fmt: skip


def with_numbers(spec: Spec) -> Spec:
    """Every linear layer with numbers of its own."""
    if isinstance(spec, list):
        return [with_numbers(one) for one in spec]
    if not isinstance(spec, dict):
        return spec
    found = {}
    for key, value in spec.items():
        if key == "linear":
            own = (
                {k: v for k, v in value.items() if k != "trainable"}
                if isinstance(value, dict)
                else {"out_features": value}
            )
            found[key] = {"weight": DRAWN, "bias": ZEROS} | own
        else:
            found[key] = with_numbers(value)
    return found


def has_three_factors(spec: Spec) -> bool:
    """Whether the products of two factors may be the same product."""
    if isinstance(spec, dict):
        return len(spec.get("multiply", ())) > 2 or any(map(has_three_factors, spec.values()))
    return isinstance(spec, list) and any(map(has_three_factors, spec))


@pytest.mark.parametrize("part", range(often(2)))
def test_nests_against_lines_that_are_executed(part: int) -> None:
    compared = 0
    for seed in range(15 * part, 15 * part + 15):
        nest, blocks = Nest(seed, LINES), with_numbers(BLOCKS)
        layers = with_numbers(nest.numeric())
        if nest.shape != [2, 3] or has_three_factors(layers):
            continue
        found = executed(layers, {"x": (3,)}, (3,), blocks)
        if found is None:
            continue
        compared += 1
        nest.shape = [3]
        taken = operations(nest, layers, {"activations": True, "input_gradient": True}, False)
        own = {f"{phase}.{kind}": n for phase, each in found.items() for kind, n in each.items()}
        assert same(own, {key: n for key, n in taken.items() if key.partition(".")[0] in found}), json.dumps(layers)
    assert compared >= 8
