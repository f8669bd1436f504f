"""Polynomials with whole coefficients by plain numbers: the form that the library for all polynomials gives."""

from __future__ import annotations

import json
import random
import subprocess
import sys

import pytest
import yaml

from hwsolve.formula.simplify.polynomial import Atoms
from hwsolve.formula.simplify.whole import MOST_TERMS, whole_form
from hwsolve.formula.tree import ONE, Call, Formula, Number, Ref
from tests.conftest import PROBLEMS, ROOT


def drawn(dice: random.Random, depth: int = 0) -> Formula:
    """Sums, differences, products and powers of names and numbers."""
    kind = dice.choice(["number", "name", "+", "+", "-", "neg", "*", "*", "**"] if depth < 4 else ["number", "name"])
    if kind == "number":
        return Number(dice.randint(-3, 9))
    if kind == "name":
        return Ref(dice.choice("nBL"))
    if kind == "**":
        return Call("**", (drawn(dice, depth + 1), Number(dice.randint(0, 3))))
    parts = {"neg": 1, "-": 2}.get(kind) or dice.randint(2, 3)
    return Call(kind, tuple([drawn(dice, depth + 1) for _ in range(parts)]))


@pytest.mark.parametrize("part", range(10))
def test_the_form_is_that_of_the_library(part: int) -> None:
    found = 0
    for seed in range(100 * part, 100 * part + 100):
        f = drawn(random.Random(seed))
        atoms, plain = Atoms(f), whole_form(f)
        if plain is not None:
            found += 1
            assert plain == atoms.formula(atoms.value(f)), f
    assert found > 90


@pytest.mark.parametrize(
    "f",
    [Call("/", (Ref("n"), Number(2))), Call("*", (Number(1, 2), Ref("n"))), Call("floor", (Ref("n"),)),
     Ref("n", (ONE,)), Call("**", (Ref("n"), Ref("k"))), Call("**", (Ref("n"), Number(1000))),
     Call("**", (Call("+", tuple([Ref(c) for c in "abcdefgh"])), Number(4)))],
)  # fmt: skip
def test_what_is_none_or_long_is_left_to_the_library(f: Formula) -> None:
    assert whole_form(f) is None


def test_terms_that_cancel_do_not_stand() -> None:
    n = Ref("n")
    assert whole_form(Call("-", (Call("*", (Number(2), n)), Call("+", (n, n))))) == Number(0)
    assert MOST_TERMS < 100


def test_a_model_with_a_name_for_its_length_needs_no_library_of_polynomials() -> None:
    """A cold start pays for what it reads; that of python-flint is a third of a start in Typer and rich."""
    code = (
        "import sys; from hwsolve.pipeline import read, work_out; "
        "s = work_out(read(sys.argv[1], 'test.yaml')[0]); print(s.answers['macs'].value, 'flint' in sys.modules)"
    )
    stated = yaml.safe_load((PROBLEMS / "models" / "llama_3_70b.yaml").read_text("utf-8"))
    kept = {key: stated[key] for key in ("kind", "blocks") if key in stated}
    spec = json.dumps(kept | {"network": stated["network"] | {"input": {"tokens": ["n"]}}, "count": {"macs": "matmul"}})
    done = subprocess.run([sys.executable, "-c", code, spec], capture_output=True, text=True, cwd=ROOT, check=True)
    count, loaded = done.stdout.rsplit(maxsplit=1)
    assert "n" in count
    assert loaded == "False"
