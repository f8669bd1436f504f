"""The settings of a configuration: each is asked for by name, with the default of its architecture."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from hwsolve.importing.document import Document
from hwsolve.importing.fields import MOST, Fields, is_size
from hwsolve.language import say
from hwsolve.spec.report import clip, suggest


class Config(Fields):
    """Reads settings, and keeps what is wrong with them until `finish`; `taken` are defaults that stand for sizes."""

    def __init__(self, document: Document, architecture: str | None = None) -> None:
        self.chosen, self.notes = architecture, list[str]()
        super().__init__(document, document.data)
        self.data, self.source = document.data, document.source
        self.taken: dict[str, int] = {}

    def size(self, key: str, default: int | None = None, least: int = 1, most: int = MOST) -> int:
        """A whole number of at least 1; without a value that of `transformers`."""
        if default is not None and not self.given(key):
            self.taken[key] = default
        return super().size(key, default, least, most)

    def optional(self, name: str, default: int) -> int:
        """A size that null leaves at a default, which other sizes give."""
        return super().size(name) if self.given(name) else default

    def meaning(self, name: str, default: str, known: dict[str, Any]) -> Any:
        """What one of the known words stands for."""
        return known[self.word(name, known, default)]

    def without(self, name: str) -> None:
        """Refuse a flag that would bring layers which are not written."""
        if self.flag(name, False):
            self.document.add(self.data, name, say("`{name}` is not known here but as false.", name=name))

    def divided(self, name: str, by: str, whole: int, parts: int) -> None:
        """Refuse a size that is no multiple of another one."""
        if is_size(self.data.get(name, whole)) and is_size(self.data.get(by, parts)) and whole % parts:
            key = by if by in self.data or name not in self.data else name
            self.document.add(
                self.data,
                key,
                say("`{name}` must be a multiple of `{by}`: {whole} is no multiple of {parts}.",
                    name=name, by=by, whole=whole, parts=parts),
            )  # fmt: skip

    def rotated(self, across: int, name: str) -> None:
        """Refuse heads whose numbers can't be rotated in pairs; `name` is the setting that their width follows from."""
        if not self.document.wrong and across % 2:
            key = "head_dim" if self.given("head_dim") else name
            said = say("The numbers of a head are rotated in pairs: there must be an even number of them, not {n}.",
                       n=across)  # fmt: skip
            self.document.add(self.data, key, said)

    def ending(self, prefix: str, known: Iterable[str], default: str, instead: Iterable[str] = ()) -> str:
        """The end of the first architecture's name, behind that of its family; one that is not known is refused.

        In place of those that are `instead` stands the default, unless the call names them.
        """
        endings, named = tuple(known), [self.chosen] if self.chosen is not None else self.data.get("architectures")
        if not named:
            return default
        if not isinstance(named, list) or not isinstance(named[0], str):
            self.refuse("architectures", say("a list of names"))
            return default
        end = named[0].rpartition(prefix)[2]
        if end in instead and not self.chosen:
            self.notes.append(f"As {prefix}{default}, without the head of {named[0]}: --architecture {named[0]} has it")
            return default
        if end in endings:
            return end
        near = suggest(prefix + end, tuple(prefix + one for one in endings))
        all_known = say("Known are {known}.", known=", ".join(prefix + one for one in endings))
        said = say("There is no importer for the architecture {name}.", name=clip(named[0]) or '""')
        hint = say("Did you mean `{near}`? {known}", near=near, known=all_known) if near else all_known
        if self.chosen is not None:
            self.document.add(self.data, "architectures", said, hint)
        else:
            self.document.add(named, 0, said, hint)
        return default

    def labels(self) -> int:
        """How many labels a classifier knows: their number, or that of their names."""
        names = self.data.get("id2label")
        counted = isinstance(names, dict) and names and not self.given("num_labels")
        return len(names) if counted else self.size("num_labels", 2)

    def by_default(self) -> tuple[str, ...]:
        """Says which sizes the configuration leaves to `transformers`."""
        if not self.taken:
            return ()
        sizes = ", ".join(f"{name} {size}" for name, size in self.taken.items())
        return (f"Not in {self.source.rpartition('/')[2]}, so by default: {sizes}",)
