"""The catalogues of translations: `python -m hwsolve.locale.catalogue zh` collects every `say("…")` of the program, the
help of its commands, kinds and layers, and the comments of its starters into zh/LC_MESSAGES/hwsolve.po, keeps what is
translated there, and compiles it to the .mo beside it."""

from __future__ import annotations

import ast
import re
import struct
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PACKAGE = Path(__file__).resolve().parent.parent
HEADER = "Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: 8bit\nLanguage: {language}\n"


def folder(language: str) -> Path:
    """Where gettext looks."""
    return PACKAGE / "locale" / language / "LC_MESSAGES"


def entries() -> dict[str, list[str]]:
    """Every text to translate with where it stands."""
    found = templates()
    for text, place in described():
        places = found.setdefault(text, [])
        if place not in places:
            places.append(place)
    return found


def described() -> Iterator[tuple[str, str]]:
    """What the program says of itself by docstrings, help and starters."""
    from typer.main import get_command

    from hwsolve.cli import app
    from hwsolve.commands import reference
    from hwsolve.commands.layer_entries import paragraphs
    from hwsolve.files import REASONS
    from hwsolve.initializers import INITIALIZERS
    from hwsolve.kinds import KINDS
    from hwsolve.layers import LAYERS, layer_class
    from hwsolve.layers.packaged import PACKAGED, packaged_class
    from hwsolve.losses import LOSSES
    from hwsolve.losses.penalty import PENALTIES
    from hwsolve.optimizers import OPTIMIZERS

    yield from ((reason, "hwsolve/files.py") for reason in REASONS)
    program: Any = get_command(app)
    for command in [program, *program.commands.values()]:
        if command.name not in KINDS:
            yield command.help, "hwsolve/cli.py"
        yield from ((p.help, "hwsolve/cli.py") for p in command.params if getattr(p, "help", None))
    for kind in KINDS:
        place = KINDS[kind].replace(".", "/") + ".py"
        yield reference.summary_of_kind(kind), place
        for found in reference.WORDS_OF_STARTER.finditer(reference.starter(kind).removeprefix(reference.EDITOR)):
            if found[1] != "# " or not re.match(r"[a-z]\w*: ", found[2]):  # else a line of the spec, commented out
                yield found[2], place
    for cls in (*map(layer_class, LAYERS), *map(packaged_class, PACKAGED)):
        yield from ((text, cls.__module__.replace(".", "/") + ".py") for text in paragraphs(cls.__doc__))
    for made in (*LOSSES.values(), *PENALTIES.values(), *OPTIMIZERS.values(), *INITIALIZERS.values()):
        yield paragraphs(made.__doc__)[0], made.__module__.replace(".", "/") + ".py"


def templates() -> dict[str, list[str]]:
    """Every template with the modules it stands in, in the order of the modules."""
    found: dict[str, list[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        module = path.relative_to(PACKAGE.parent).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                template = node.args[0]
                if not isinstance(template, ast.Constant) or not isinstance(template.value, str):
                    raise ValueError(f"{module}:{node.lineno}: say() takes a literal")
                places = found.setdefault(template.value, [])
                if module not in places:
                    places.append(module)
    return found


def read(text: str) -> dict[str, str]:
    """The entries of a .po: template to translation, those without one left out."""
    entries: dict[str, str] = {}
    parts = {"msgid": "", "msgstr": ""}
    part = ""
    for line in [*text.splitlines(), 'msgid ""']:
        if line.startswith("msgid "):
            if parts["msgid"] and parts["msgstr"]:
                entries[parts["msgid"]] = parts["msgstr"]
            parts = {"msgid": "", "msgstr": ""}
        for name in parts:
            if line.startswith(name + " "):
                part, line = name, line.removeprefix(name + " ")
        if line.startswith('"'):
            parts[part] += ast.literal_eval(line)
    return entries


def quoted(text: str) -> str:
    """A string of a .po."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def written(language: str, found: dict[str, list[str]], known: dict[str, str]) -> str:
    """The .po."""
    head = f'msgid ""\nmsgstr {quoted(HEADER.format(language=language))}\n'
    entries = [
        f"#: {' '.join(places)}\nmsgid {quoted(template)}\nmsgstr {quoted(known.get(template, ''))}\n"
        for template, places in found.items()
    ]
    return "\n".join([head, *entries])


def compiled(language: str, known: dict[str, str]) -> bytes:
    """The .mo: a table of the templates in order, and one of their translations."""
    entries = sorted({"": HEADER.format(language=language), **known}.items(), key=lambda e: e[0].encode())
    keys = [k.encode() for k, _ in entries]
    values = [v.encode() for _, v in entries]
    at = 28 + 16 * len(entries)
    tables, data = b"", b""
    for texts in (keys, values):
        for text in texts:
            tables += struct.pack("<II", len(text), at + len(data))
            data += text + b"\0"
    return struct.pack("<7I", 0x950412DE, 0, len(entries), 28, 28 + 8 * len(entries), 0, at) + tables + data


def main(language: str, *options: str) -> int:
    """Bring the catalogue of a language up to date; with `--check`, only say what is missing or stale."""
    place = folder(language)
    place.mkdir(parents=True, exist_ok=True)
    po = place / "hwsolve.po"
    found = entries()
    known = read(po.read_text(encoding="utf-8")) if po.exists() else {}
    if "--check" in options:
        wrong = [f"missing: {t}" for t in found if t not in known] + [f"stale: {t}" for t in known if t not in found]
        print("\n".join([*wrong, f"{language}: {len(wrong)} entries to mend"] if wrong else [f"{language}: whole"]))
        return len(wrong) > 0
    known = {template: text for template, text in known.items() if template in found}
    po.write_text(written(language, found, known), encoding="utf-8")
    (place / "hwsolve.mo").write_bytes(compiled(language, known))
    print(f"{language}: {len(known)} of {len(found)} templates are translated")
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
