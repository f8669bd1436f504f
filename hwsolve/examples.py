"""The shipped problems: specs that travel inside the wheel and, in a checkout, stand in `problems/`."""

from __future__ import annotations

from pathlib import Path

from hwsolve.errors import CallError
from hwsolve.language import say


def root() -> Path:
    """The folder of the shipped problems."""
    package = Path(__file__).resolve().parent
    inside = package / "problems"
    return inside if inside.is_dir() else package.parent / "problems"


def names() -> list[str]:
    """Every shipped problem as `homework-2/2.1-backprop`, in order."""
    top = root()
    return sorted(path.relative_to(top).with_suffix("").as_posix() for path in top.rglob("*.yaml"))


def find(name: str) -> Path:
    """The file of a shipped problem, by its name or by the last part of it."""
    wanted = name.removesuffix(".yaml").removeprefix("problems/")
    known = names()
    for candidate in known:
        if candidate == wanted or candidate.rpartition("/")[2] == wanted:
            return root() / f"{candidate}.yaml"
    from hwsolve.spec.report import suggest

    near = suggest(wanted, known) or suggest(wanted, [k.rpartition("/")[2] for k in known])
    if near:
        raise CallError(say("There is no example `{name}`. Did you mean `{near}`?", name=name, near=near))
    raise CallError(say("There is no example `{name}`; `hwsolve examples` lists them.", name=name))
