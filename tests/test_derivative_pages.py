"""How derivatives read: random functions, whose pages hold no key of the JSON, no braces, and only what is checked."""

from __future__ import annotations

import json
import re

import pytest

from hwsolve.formula.tree import Call, Formula
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.render.chain import links_of
from hwsolve.solution import Group, Identity, Let, Solution, Value
from tests.line_check import wrong_lines
from tests.often import often
from tests.random_functions import spec

PRIVATE = re.compile(r"\{|_at|\bd[₀-₉]+\b|\bd\d|Call\(|Ref\(|\b\w+\.\w+\.\w+\b| × 1\b(?![.,]\d)|/1\b(?![\d.,])")


def solved(text: str) -> Solution:
    (problem,) = read(text, "test.yaml")
    return work_out(problem)


@pytest.mark.parametrize("seed", range(often(40)))
def test_a_page_of_any_function(seed: int) -> None:
    solution = solved(spec(seed))
    for width in (80, 140):
        page = render([solution], "plain", Options(width=width, color=False))
        steps = page.partition("\n1 ")[2] or page
        assert not PRIVATE.search(re.sub(r"[\d.,−]+ × [\d.,]+", "", steps.partition("At ")[0])), spec(seed)
        assert "{" not in page and "_at" not in page
        assert all(len(row) <= width for row in page.splitlines())
    assert wrong_lines(json.loads(render([solution], "json", Options()))) == []


@pytest.mark.parametrize("seed", range(often(40)))
def test_a_left_side_begins_every_group(seed: int) -> None:
    solution = solved(spec(seed))
    groups = [item for step in solution.sections for item in step.items if isinstance(item, Group)]
    assert groups
    for group in groups:
        line = group.lines[group.head or 0]
        assert isinstance(line, Identity | Let | Value)
        first, *rest = links_of(line)
        assert first[0] == "" and rest and is_left_side(first[1]), spec(seed)


def is_left_side(f: Formula) -> bool:
    """A name, a call of a function, or a derivative: nothing that is to be worked out."""
    if isinstance(f, Call):
        return f.name not in ("+", "-", "*", "/", "**", "neg", "if")
    return True


def test_a_tampered_form_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every link of a chain is evaluated when its line is made, not the last one alone."""
    from hwsolve.derivation.lines import Disagreement
    from hwsolve.kinds.derivative.chains import Chains

    right = Chains.links
    for n in range(2):

        def links(self: Chains, step: object, n: int = n) -> object:
            for m, (form, reason, free) in enumerate(right(self, step)):  # type: ignore[arg-type]
                yield (form + 1 if m == n else form), reason, free

        monkeypatch.setattr(Chains, "links", links)
        with pytest.raises(Disagreement):
            solved('{"kind": "derivative", "function": "1/(1 + exp(-x))"}')
