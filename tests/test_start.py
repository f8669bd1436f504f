"""What a start loads, and what it leaves as it was."""

from __future__ import annotations

from tests.test_architecture import loaded_by

START = "from hwsolve.__main__ import main\nmain()"
SPEC = "problems/models/resnet18.yaml"


def test_a_short_call_loads_nothing_that_only_others_need() -> None:
    loaded = loaded_by(START, "count-params", SPEC)
    assert not loaded & {"typing_extensions", "inspect", "typer", "rich", "numpy", "traceback", "hwsolve.asking"}
    assert {"msgspec", "hwsolve.kinds.count_params.page"} <= loaded


def test_what_was_held_back_can_be_loaded_afterwards() -> None:
    code = "from hwsolve.__main__ import load_records\nload_records()\nimport typing_extensions, msgspec\n"
    assert {"typing_extensions", "inspect", "typer"} <= loaded_by(f"{code}{START}", "count-params", SPEC, "--full")


def test_what_is_there_already_stays() -> None:
    code = "import sys, typing_extensions as t\nfrom hwsolve.__main__ import load_records\nload_records()\n"
    assert "typing_extensions" in loaded_by(f"{code}assert sys.modules['typing_extensions'] is t\n{START}", "--version")
