"""What is printed as it is: starters, the schema, and the shipped examples; and what a kind is in a line."""

from __future__ import annotations

import re
import textwrap

from hwsolve import language
from hwsolve.language import localised


def summary_of_kind(kind: str) -> str:
    """The one-line help of a kind: the first line of its record's docstring, read without importing it."""
    import ast
    import importlib.util
    from pathlib import Path

    from hwsolve.kinds import KINDS

    found = importlib.util.find_spec(f"{KINDS[kind]}.problem")
    if found is None or found.origin is None:
        return ""
    tree = ast.parse(Path(found.origin).read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef) and node.name == "Problem":
            return first_line(ast.get_docstring(node))
    return ""


def first_line(docstring: str | None) -> str:
    """A docstring's first line, as a help text."""
    return (docstring or "").strip().partition("\n")[0]


def starter(kind: str) -> str:
    """A commented spec to begin with, its title and comments in the language in use."""
    from hwsolve.kinds import about

    text = textwrap.dedent(str(about(known_kind(kind)).STARTER)).lstrip("\n")
    return EDITOR + WORDS_OF_STARTER.sub(lambda found: found[1] + localised(found[2]), text)


# Editors check and complete a spec by a schema beside it: `hwsolve schema -o hwsolve.schema.json` writes that.
EDITOR = "# yaml-language-server: $schema=hwsolve.schema.json\n"

# A title, or a comment that ends its line: of `# ties: first  # or all`, the latter.
WORDS_OF_STARTER = re.compile(r"(^title: |^# (?!.* # )|[^#\n] # )(.+)$", re.MULTILINE)


def known_kind(kind: str) -> str:
    """The kind, or a wrong call that names the nearest one."""
    from hwsolve.commands.entries import call_error
    from hwsolve.errors import CallError
    from hwsolve.kinds import KINDS
    from hwsolve.language import say
    from hwsolve.spec.terms import KIND

    if not kind:
        raise CallError(say("Say of which kind it is to be: {kinds}.", kinds=", ".join(f"`{name}`" for name in KINDS)))
    if kind not in KINDS:
        raise call_error(*KIND.unknown(kind, list(KINDS)))
    return kind


def schema(kind: str | None) -> str:
    """The JSON Schema of specs of a kind, or of any, for an editor."""
    import json

    from hwsolve.kinds import KINDS, record
    from hwsolve.spec.schema import schema as schema_of

    kinds = [known_kind(kind)] if kind else list(KINDS)
    return json.dumps(schema_of({name: record(name) for name in kinds}), indent=2, ensure_ascii=False)


def solution_schema() -> str:
    """The JSON Schema of what `--format json` writes."""
    import json

    from hwsolve.render.json_schema import solution_schema as schema_of

    return json.dumps(schema_of(), indent=2, ensure_ascii=False)


def title_of(text: str) -> str:
    """The title of a spec's first problem, without solving it."""
    from hwsolve.spec.nodes import Mapping, Scalar
    from hwsolve.spec.read import documents
    from hwsolve.spec.report import Report

    _, first = next(documents(Report(text=text)), (None, None))
    title = first.entries["title"][1] if isinstance(first, Mapping) and "title" in first.entries else None
    if isinstance(title, Mapping):
        title = (title.entries.get(language.current) or title.entries["en"])[1]
    return title.text if isinstance(title, Scalar) else ""


def example(name: str) -> str:
    """The text of a shipped problem."""
    from hwsolve.examples import find

    return find(name).read_text(encoding="utf-8")
