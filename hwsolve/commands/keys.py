"""The keys that a problem answers, each with its symbol and its shape: what `expect`, `published` and `--only` name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hwsolve.commands.entries import as_json, two_columns
from hwsolve.errors import CallError
from hwsolve.language import say

if TYPE_CHECKING:
    from hwsolve.formula.tree import Formula
    from hwsolve.solution import Solution

MOST = 100  # steps whose keys are listed
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
    for problem in problems:
        problem.every = True  # type: ignore[union-attr]
    found = [(p, work(p.kind).solve(p)) for p in problems if not isinstance(p, Exception)]
    tables = [rows(solution) for _, solution in found]
    if format == "json":
        data = []
        for (problem, solution), table in zip(found, tables, strict=True):
            more = between(solution.answers, table)
            data.append({"kind": problem.kind, "keys": listed(table)} | ({"between": listed(more)} if more else {}))
        return as_json(data[0] if len(data) == 1 else data)
    texts = [written(t) + also(between(s.answers, t)) for (_, s), t in zip(found, tables, strict=True)]
    if len(texts) == 1:
        return texts[0]
    named = zip(found, texts, strict=True)
    return "\n\n".join(f"{n}. {problem.kind}\n{text}" for n, ((problem, _), text) in enumerate(named, 1))


KeyRow = tuple[str, str, list[int], str]


def rows(solution: Solution) -> list[KeyRow]:
    """Every key with its symbol, its shape ([] for a single one), and whether it is a number or a formula."""
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.tree import Call, Formula, Ref
    from hwsolve.render.arrays import key_symbol
    from hwsolve.render.symbols import Symbols

    symbols = Symbols({key: f for key, f in solution.symbols.items() if isinstance(f, Formula)}, "en")
    found = []
    for key, answer in solution.answers.items():
        sides = shape(answer.value)
        sign = key_symbol(key, bool(sides))
        if (name := named(key)) is not None and (known := symbols.formula(name)) != name:
            sign = unicode(Call("whole", (known,)) if sides and isinstance(known, Ref) and not known.indices else known)
        found.append((key, sign, sides, kind(answer.value)))
    return found


def named(key: str) -> Formula | None:
    """A key as a formula; None where it is none."""
    from hwsolve.formula.parse import FormulaError, parse

    try:
        return parse(key)
    except FormulaError:
        return None


def between(answers: dict[str, Any], table: list[KeyRow]) -> list[KeyRow]:
    """The keys at steps that are not written out, of what stands at steps before and behind."""
    steps: dict[str, list[int]] = {}
    for key in answers:
        stem, at, updates = key.partition("@")
        if not at or updates.isdecimal():
            steps.setdefault(stem, []).append(int(updates or 0))
    known = {row[0]: row for row in table}
    found = []
    for stem, there in steps.items():
        last = max(there)
        for step in sorted(set(range(min(there), min(last, min(there) + MOST))) - set(there)):
            _, sign, sides, what = known[f"{stem}@{last}"]
            found.append((f"{stem}@{step}", sign.replace(f"⟨{last}⟩", f"⟨{step}⟩"), sides, what))
    return found


def also(rows: list[KeyRow]) -> str:
    """That the keys stand at the steps between too, by those of one quantity."""
    if not rows:
        return ""
    stem = rows[-1][0].partition("@")[0]
    keys = [key for key, *_ in rows if key.partition("@")[0] == stem]
    return "\n" + str(say("And the same at every step between, as {first} … {last}.", first=keys[0], last=keys[-1]))


def listed(table: list[KeyRow]) -> list[dict[str, Any]]:
    """The rows for machines."""
    return [dict(zip(HEADS, row, strict=True)) for row in table]


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
