"""What there is: kinds, layers, starters, the schema, and the shipped examples."""

from __future__ import annotations

import inspect
import re
import textwrap
from typing import Any

from hwsolve import language
from hwsolve.errors import CallError
from hwsolve.language import Message, localised, say
from hwsolve.render.measure import fill, left, width

ROOM = 100  # columns of a paragraph


def summary_of_kind(kind: str) -> str:
    """The one-line help of a kind: the first line of its record's docstring, read without importing the solver."""
    import ast
    import importlib.util
    from pathlib import Path

    from hwsolve.solvers import KINDS

    found = importlib.util.find_spec(KINDS[kind])
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


def paragraphs(docstring: str | None) -> list[str]:
    """A docstring's paragraphs, each on one line."""
    return [" ".join(text.split("\n")) for text in re.split(r"\n\s*\n", inspect.cleandoc(docstring or ""))]


def two_columns(rows: list[tuple[str, str]]) -> str:
    """Names and what they are, aligned."""
    widest = max(width(name) for name, _ in rows)
    return "\n".join(f"{left(name, widest)}  {text}".rstrip() for name, text in rows)


def kinds() -> str:
    """Every kind of problem with its one-line help."""
    from hwsolve.solvers import KINDS

    return two_columns([(kind, localised(summary_of_kind(kind))) for kind in KINDS])


def layers(name: str | None) -> str:
    """Every layer with its one-line help, or one layer with its arguments."""
    from hwsolve.layers import LAYERS, layer_class

    if name is None:
        plain = [(known, localised(first_line(layer_class(known).__doc__))) for known in LAYERS]
        return two_columns([*plain, *((known, str(text)) for known, (text, _) in COMPOSED.items())])
    if name in COMPOSED:
        text, form = COMPOSED[name]
        return f"{name}\n  {text}\n\n{say('As typed')}\n{textwrap.indent(form, '  ')}"
    if name not in LAYERS:
        raise unknown(say("There is no layer `{name}`.", name=name), name, [*LAYERS, *COMPOSED])
    cls: Any = layer_class(name)
    rows = [(f"  {field}", default) for field, default in arguments(cls)]
    doc = "\n\n".join("\n".join(fill(localised(text), ROOM)) for text in paragraphs(cls.__doc__))
    return f"{name}\n{textwrap.indent(doc, '  ')}\n\n{say('Arguments')}\n{two_columns(rows)}"


def arguments(cls: Any) -> list[tuple[str, str]]:
    """The arguments of a layer, in order: what each takes, and its default."""
    import msgspec

    from hwsolve.spec.records import form_of

    defaults = {info.encode_name: info for info in msgspec.structs.fields(cls)}
    form = form_of(cls)
    own = [key for key in form.fields if key not in COMMON_ARGUMENTS]
    return [
        (key, str(say("{form}; {default}", form=form.fields[key][1].expected, default=default_of(defaults[key]))))
        for key in [*own, *(key for key in COMMON_ARGUMENTS if key in form.fields)]
    ]


COMPOSED: dict[str, tuple[Message, str]] = {
    "residual": (
        say("Residual: body(x) + shortcut(x); without a shortcut body(x) + x. A shortcut may be `zero_pad`."),
        "- residual:\n    body: [linear: 4, relu, linear: 4]\n    shortcut: [linear: 4]",
    ),
    "concat": (
        say("Concatenation of branches along the channels; `[]` is the input itself."),
        "- concat:\n    - []\n    - [linear: 4, relu]",
    ),
    "multiply": (
        say("Product of branches, element by element; `[]` is the input itself."),
        "- multiply:\n    - []\n    - [linear: 4, sigmoid]",
    ),
    "repeat": (
        say("A body that stands several times, each with weights of its own; `times` may be a name."),
        "- repeat:\n    times: 3\n    body: [linear: 4, relu]",
    ),
}  # the composites of layers/blocks.py, and what they are typed like

COMMON_ARGUMENTS = ("weight", "bias", "name", "trainable", "symbols")


def default_of(info: Any) -> Any:
    """`required`, or the default as it would be typed in a spec."""
    import msgspec

    if info.required:
        return say("required")
    value = info.default if info.default is not msgspec.NODEFAULT else info.default_factory()
    return say("default {value}", value=as_yaml(value))


def as_yaml(value: Any) -> Any:
    """A default as it would be typed in a spec."""
    from hwsolve.formula.tree import Formula

    if value is None or type(value).__name__ == "ParameterSpec" or type(value).__name__ == "Symbols":
        return say("none")
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, tuple | list):
        return "[" + ", ".join(str(as_yaml(item)) for item in value) + "]"
    if isinstance(value, Formula):
        from hwsolve.formula.notation import plain

        return plain(value)
    return str(value)


def starter(kind: str) -> str:
    """A commented spec to begin with, its title and comments in the language in use."""
    from hwsolve.solvers import solver

    text = textwrap.dedent(str(solver(known_kind(kind)).STARTER)).lstrip("\n")
    return WORDS_OF_STARTER.sub(lambda found: found[1] + localised(found[2]), text)


# A title, or a comment that ends its line: of `# ties: first  # or all`, the latter.
WORDS_OF_STARTER = re.compile(r"(^title: |^# (?!.* # )|[^#\n] # )(.+)$", re.MULTILINE)


def known_kind(kind: str) -> str:
    """The kind, or a wrong call that names the nearest one."""
    from hwsolve.solvers import KINDS

    if kind not in KINDS:
        raise unknown(say("There is no kind `{kind}`.", kind=kind), kind, list(KINDS))
    return kind


def unknown(message: Any, word: str, names: list[str]) -> CallError:
    """A wrong call, with what may have been meant."""
    from hwsolve.spec.report import did_you_mean

    hint = did_you_mean(word, names)
    return CallError(message if hint is None else say("{message} {hint}", message=message, hint=hint))


def schema(kind: str | None) -> str:
    """The JSON Schema of specs of a kind, or of any, for an editor."""
    import json

    from hwsolve.solvers import KINDS, solver
    from hwsolve.spec.schema import schema as schema_of

    kinds = [known_kind(kind)] if kind else list(KINDS)
    return json.dumps(schema_of({name: solver(name).Problem for name in kinds}), indent=2, ensure_ascii=False)


def examples() -> str:
    """Every shipped problem with its title."""
    from hwsolve.examples import names, root

    return two_columns([(name, title_of((root() / f"{name}.yaml").read_text(encoding="utf-8"))) for name in names()])


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
