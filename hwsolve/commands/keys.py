"""The keys that a problem answers, each with its symbol and its shape: what `expect`, `published` and `--only` name."""

from __future__ import annotations

from typing import Any

from hwsolve.commands.entries import as_json, two_columns
from hwsolve.errors import CallError
from hwsolve.language import say

HEADS = ("key", "symbol", "shape", "value")


def keys_of(spec: str | None, format: str) -> str:
    """The keys of every problem of a spec file or of the standard input, as text or as JSON."""
    from hwsolve.commands.solving import complain_of, read_all

    if spec is None:
        raise CallError(say("`hwsolve list keys` takes a spec file, or - for the standard input."))
    from hwsolve.kinds import work
    from hwsolve.pipeline import Request

    problems = read_all([spec], Request())
    if wrong := [(one, "") for one in problems if isinstance(one, Exception)]:
        import typer

        raise typer.Exit(complain_of(wrong))
    found = [(p, work(p.kind).solve(p)) for p in problems if not isinstance(p, Exception)]
    tables = [rows(solution.answers) for _, solution in found]
    if format == "json":
        keys = [[dict(zip(HEADS, row, strict=True)) for row in table] for table in tables]
        data = [{"kind": problem.kind, "keys": k} for (problem, _), k in zip(found, keys, strict=True)]
        return as_json(data[0] if len(data) == 1 else data)
    texts = list(map(written, tables))
    if len(texts) == 1:
        return texts[0]
    named = zip(found, texts, strict=True)
    return "\n\n".join(f"{n}. {problem.kind}\n{text}" for n, ((problem, _), text) in enumerate(named, 1))


def rows(answers: dict[str, Any]) -> list[tuple[str, str, list[int], str]]:
    """Every key with its symbol, its shape ([] for a single one), and whether it is a number or a formula."""
    from hwsolve.render.arrays import key_symbol

    found = []
    for key, answer in answers.items():
        sides = shape(answer.value)
        found.append((key, key_symbol(key, bool(sides)), sides, kind(answer.value)))
    return found


def written(table: list[tuple[str, str, list[int], str]]) -> str:
    """The rows aligned, under their heads."""
    heads = (str(say("Key")), str(say("Symbol")), str(say("Shape")))
    texts = [(key, sign, said(sides, what)) for key, sign, sides, what in table]
    inner = two_columns([heads[1:], *(row[1:] for row in texts)]).split("\n")
    return two_columns(list(zip([heads[0], *(row[0] for row in texts)], inner, strict=True)))


def said(sides: list[int], what: str) -> str:
    """A shape as a reader sees it; of a single one what it is."""
    if sides:
        return " × ".join(map(str, sides))
    return str(say("formula") if what == "formula" else say("number"))


def shape(value: Any) -> list[int]:
    """The lengths of nested tuples."""
    sides = []
    while isinstance(value, tuple):
        sides.append(len(value))
        value = value[0] if value else None
    return sides


def kind(value: Any) -> str:
    """Whether an answer is made of numbers or of formulas."""
    from hwsolve.formula.tree import Formula

    while isinstance(value, tuple) and value:
        value = value[0]
    return "formula" if isinstance(value, Formula) else "number"
