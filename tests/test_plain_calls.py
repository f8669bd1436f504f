"""A call without options is answered without their parser, and asks what it would ask through that."""

from __future__ import annotations

import sys
from typing import Any

import pytest

from hwsolve import cli
from hwsolve.commands import calls, typed_function
from hwsolve.kinds import KINDS
from tests.test_architecture import RUN, loaded_by

SPECS = ["problems/models/resnet18.yaml"]
PLAIN = [*[[kind] for kind in KINDS], *[[kind, *SPECS] for kind in KINDS], ["solve", *SPECS], ["solve", "a.yaml", "b"]]
TYPED = ["derivative", "x^2"]


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """What is run in place of solving."""
    found: list[Any] = []

    def run(*args: Any, **more: Any) -> int:
        found.append((args, more))
        return len(found) + 40

    monkeypatch.setattr(calls, "run", run)
    monkeypatch.setattr("hwsolve.commands.solving.run", run)
    monkeypatch.setattr(typed_function, "run_function", run)
    return found


@pytest.mark.parametrize("call", [*PLAIN, TYPED], ids=" ".join)
def test_a_plain_call_asks_what_the_parser_asks(
    call: list[str], runs: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert calls.is_plain(call)
    assert calls.plain(call) == 41
    monkeypatch.setattr(sys, "argv", ["hwsolve", *call])
    assert cli.called(call) == 42
    assert runs[0] == runs[1]


@pytest.mark.parametrize(
    "call",
    [
        [], ["solve"], ["--help"], ["count-params", "a.yaml", "b.yaml"], ["count-params", "a.yaml", "--full"],
        ["solve", "-"], ["batch", "problems"], ["list"], ["nothing"], ["nothing", "a.yaml"],
    ],
    ids=" ".join,
)  # fmt: skip
def test_all_else_is_left_to_the_parser(call: list[str]) -> None:
    assert not calls.is_plain(call)


def test_nothing_of_the_parser_is_loaded_by_a_plain_call() -> None:
    assert "typer" not in loaded_by(RUN, "count-params", *SPECS)
    assert "typer" in loaded_by(RUN, "count-params", *SPECS, "--full")
