"""docs/reference.md, made from the records that read specs: `python -m tests.reference` (or `make reference`).

Its texts are those of `hwsolve list`: what a name is, its equation, its arguments; beside them stand the mappings within
arguments, as the JSON Schema knows them, and the keys that shipped problems answer.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec

from hwsolve.commands import keys
from hwsolve.commands.entries import Argument, Entry, record_arguments
from hwsolve.commands.listing import SUBJECTS
from hwsolve.kinds import KINDS, about, record, work
from hwsolve.language import use
from hwsolve.pipeline import read
from hwsolve.spec.records import form_of, plain
from tests.conftest import PROBLEMS, ROOT

REFERENCE = ROOT / "docs" / "reference.md"
HEAD = """# Reference

Everything that can be written in a spec, made by `make reference` from the records that read it. `hwsolve list` shows the same in
the terminal, and in Chinese; `hwsolve schema` gives it to an editor. How things go together is told in [guide.md](guide.md).
"""
WORDS = ("kinds", "done", "takes", "target")  # the facts that are sentences; the others are formulas, or commands
LISTED = ("layers", "losses", "optimizers", "initializers", "arrays")  # what is described by itself, wherever it stands
FURTHER = {
    "convolution": ("textbook/d2l-convolution.yaml",),
    "derivative": ("textbook/quadratic-form.yaml", "textbook/cross-entropy-gradient.yaml"),
    "backprop": ("language/backprop-epoch-of-logistic-batches.yaml",),
    "optimize": ("language/optimize-adam-given-gradients.yaml",),
    "perceptron": ("textbook/perceptron-threshold.yaml",),
}  # problems with keys that the example of their kind does not have

FAMILY = re.compile(r"(?<=@)\d+|(?<=[a-z_]{2})\d+(?=\.|$)")  # the updates behind a key, and the number of a layer in it


def reference() -> str:
    """The whole page."""
    use("en")
    parts = [
        *kinds(),
        *mappings(),
        *(text for subject in ("layers", "losses", "optimizers", "initializers") for text in section(subject)),
        *functions(),
        *section("arrays"),
    ]
    body = "\n\n".join(parts) + "\n"
    return f"{HEAD}\n{contents(body)}\n\n{body}"


# ---------------------------------------------------------------- entries


def entries(subject: str) -> list[Entry]:
    """What a list has, in its order."""
    return [SUBJECTS[subject].entry(name) for name in SUBJECTS[subject].names()]


def shared(found: Sequence[Entry]) -> list[Argument]:
    """The arguments that more than half of the entries take in the same way; they are described once."""
    counts = Counter(argument for entry in found for argument in entry.arguments)
    return [argument for argument, n in counts.items() if len(found) > 2 and n > len(found) / 2]


def section(subject: str) -> Iterator[str]:
    """A list with all its entries."""
    found = entries(subject)
    common = shared(found)
    yield from opening(subject, common)
    for entry in found:
        yield from described(entry, subject, common)


def opening(subject: str, common: Sequence[Argument]) -> Iterator[str]:
    """The heading of a list, and the arguments that most of its entries take."""
    yield f"## {subject.capitalize()}\n\n{prose(str(SUBJECTS[subject].about))}"
    if common:
        yield f"Most {subject} take these:\n\n{table_of(common)}"


def described(entry: Entry, subject: str, common: Sequence[Argument]) -> Iterator[str]:
    """An entry: what it is, its facts, its arguments, how it is typed."""
    yield f"### `{entry.name}`\n\n" + "\n\n".join(prose(text) for text in (entry.about, *entry.more) if text)
    if formulas := [f"{fact.label}\n" + indented(fact.text) for fact in entry.facts if fact.key not in WORDS]:
        yield fenced("\n".join(formulas))
    if said := [f"- {fact.label}: {prose(fact.text)}" for fact in entry.facts if fact.key in WORDS]:
        yield "\n".join(said)
    if own := [argument for argument in entry.arguments if argument not in common]:
        yield table_of(own)
    if also := [f"`{argument.name}`" for argument in entry.arguments if argument in common]:
        yield f"Also {', '.join(also)}, as [most {subject}](#{subject})."
    if entry.example:
        yield fenced(entry.example, "yaml")


def functions() -> Iterator[str]:
    """Functions as one table, as each is a line."""
    yield f"## Functions\n\n{prose(str(SUBJECTS['functions'].about))}"
    found = entries("functions")
    labels = {fact.key: fact.label for entry in found for fact in entry.facts}
    rows = []
    for entry in found:
        told = {fact.key: fact.text for fact in entry.facts}
        facts = ["<br>".join(code(row) for row in told.get(key, "").split("\n") if row) for key in labels]
        rows.append([code(entry.name), cell(entry.about), *facts])
    yield table(["Name", "What it is", *labels.values()], rows)


def table_of(arguments: Sequence[Argument]) -> str:
    """Arguments with what they take, their defaults and meanings."""
    heads = ["Argument", "Meaning", "Takes", "Default"]
    rows = [
        [code(a.name), cell(a.meaning), cell(a.takes), code(a.default) if a.default else "required"] for a in arguments
    ]
    return table(heads, [[*row[:3], "none" if row[3] == "`none`" else row[3]] for row in rows])


# ---------------------------------------------------------------- kinds, their mappings and keys


def kinds() -> Iterator[str]:
    """Every kind with its fields, and the keys that it answers."""
    found = entries("kinds")
    common = shared(found)
    yield from opening("kinds", common)
    yield (
        "Of keys that differ only in the number of a layer, or of updates (`w@1` is `w` after one), the tables show the first. An"
        " element is `w[1,2]`, a row `w[1,:]`; `dL_dw` is the gradient of L by w. `hwsolve list keys SPEC` has all keys of a spec."
    )
    for entry in found:
        yield from described(entry, "kinds", common)
        for name in (about(entry.name).EXAMPLE, *FURTHER.get(entry.name, ())):
            yield f"Keys of [{name.removesuffix('.yaml')}](../problems/{name}):\n\n{answered(name)}"


def answered(name: str) -> str:
    """The keys that a shipped problem answers, the first of every family."""
    families: dict[str, list[str]] = {}
    for problem in read((PROBLEMS / name).read_text(encoding="utf-8"), name):
        for key, sign, sides, what in keys.rows(work(problem.kind).solve(problem)):
            shown = "" if sign == key else code(sign)
            families.setdefault(FAMILY.sub("", key), [code(key), shown, keys.said(sides, what)])
    return table(["Key", "Symbol", "Shape"], families.values())


def mappings() -> Iterator[str]:
    """The mappings that stand within arguments, each with the places where it does."""
    yield "## Mappings\n\nWhat an argument takes that is a mapping of its own."
    listed = {name for subject in LISTED for name in SUBJECTS[subject].names()}
    places: dict[str, list[str]] = {}
    for owner, cls in owners():
        for key, (_, field) in form_of(cls).fields.items():
            for inner in within(plain(field).schema(), listed):
                if (text := mapping(inner)) and f"`{key}` of {owner}" not in places.setdefault(text, []):
                    places[text].append(f"`{key}` of {owner}")
    for text, names in places.items():
        heads = dict.fromkeys(name.partition(" of ")[0] for name in names)
        by = dict.fromkeys(name.partition(" of ")[2] for name in names)
        yield f"### {', '.join(heads)}\n\nIn {', '.join(by)}.\n\n{text}"


def owners() -> Iterator[tuple[str, type[msgspec.Struct]]]:
    """The records in which mappings may stand, with the words for them."""
    from hwsolve.layers import LAYERS, layer_class
    from hwsolve.layers.packaged import PACKAGED, packaged_class
    from hwsolve.losses import LOSSES
    from hwsolve.optimizers import OPTIMIZERS

    yield from ((f"`{kind}`", record(kind)) for kind in KINDS)
    yield from (("layers", layer_class(name)) for name in LAYERS)
    yield from (("layers", packaged_class(name)) for name in PACKAGED)
    yield from (("losses", cls) for cls in LOSSES.values())
    yield from (("optimizers", cls) for cls in OPTIMIZERS.values())


def within(schema: Any, listed: set[str]) -> Iterator[dict[str, Any]]:
    """The mappings in a schema with keys that are described, but for what is listed by itself."""
    if isinstance(schema, list):
        for part in schema:
            yield from within(part, listed)
    elif isinstance(schema, dict):
        own = schema.get("properties", {})
        if own and next(iter(own)) not in listed and any("description" in part for part in own.values()):
            yield schema
        for part in (own if own else schema).items():
            if part[0] not in listed:
                yield from within(part[1], listed)


def mapping(schema: dict[str, Any]) -> str:
    """The keys of a mapping: as its record has them, or as the schema describes them."""
    own = schema["properties"]
    for cls in structs(msgspec.Struct):
        if cls.__name__.lstrip("_") == schema.get("title") and form_of(cls).fields.keys() == own.keys():
            return table_of(record_arguments(cls))
    return table(["Key", "Meaning"], [[code(key), cell(part.get("description", ""))] for key, part in own.items()])


def structs(cls: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    """All records that derive from one."""
    for derived in cls.__subclasses__():
        yield derived
        yield from structs(derived)


# ---------------------------------------------------------------- Markdown


def contents(body: str) -> str:
    """The headings as links, those of a section on one line."""
    rows: list[str] = []
    seen: Counter[str] = Counter()
    for level, text in re.findall(r"^(##+) (.+)$", body, re.M):
        name = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        link = f"[{text.replace('`', '')}](#{name}{f'-{seen[name]}' if seen[name] else ''})"
        seen[name] += 1
        if level == "##":
            rows.append(f"- **{link}**")
        else:
            rows[-1] += f" · {link}"
    return "\n".join(rows)


def prose(text: str) -> str:
    """Text in which only what is in backticks is code."""
    parts = re.split(r"(`[^`]*`)", text)
    return "".join(part if n % 2 else re.sub(r"([*<|])", r"\\\1", part) for n, part in enumerate(parts))


def cell(text: str) -> str:
    """Text in a table, where a bar in code has to be marked too."""
    return re.sub(r"(?<!\\)\|", r"\\|", prose(text))


def code(text: str) -> str:
    """Code in a table."""
    return f"`{text}`".replace("|", r"\|")


def indented(text: str) -> str:
    """Rows set in."""
    return "\n".join(f"  {row}" for row in text.split("\n"))


def fenced(text: str, language: str = "text") -> str:
    """Rows as they are."""
    return f"```{language}\n{text}\n```"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table; columns that hold nothing are left out."""
    rows = list(rows)
    kept = [n for n in range(len(heads)) if any(row[n] for row in rows)]
    lines = [[heads[n] for n in kept], ["---"] * len(kept), *([row[n] for n in kept] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def main() -> None:
    """Write the reference anew."""
    REFERENCE.write_text(reference(), encoding="utf-8")


if __name__ == "__main__":
    main()
