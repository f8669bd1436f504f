"""Sentences as data: an English template and its values, put into the reader's language when it is shown.

`say("The loss fell from {before} to {after}.", before=…, after=…)` makes a `Message`.  The template is always a literal, so
that every sentence of the program can be found in its source.  Values are strings, numbers or messages.
"""

from __future__ import annotations

from typing import Any

import msgspec


class Message(msgspec.Struct, frozen=True):
    """A template in English with `{name}` places, and what stands in them."""

    template: str
    values: dict[str, Any] = {}

    def __str__(self) -> str:
        return self.template.format(**{k: str(v) for k, v in self.values.items()}) if self.values else self.template


def say(template: str, **values: Any) -> Message:
    """A message that can be shown in any language there is a catalogue for."""
    return Message(template, values)
