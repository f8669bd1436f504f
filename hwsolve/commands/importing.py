"""`hwsolve import`: what people have, as the text of a spec."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from hwsolve.commands.options import FILE, Common, whole_number
from hwsolve.errors import CallError
from hwsolve.language import say, use

if TYPE_CHECKING:
    from hwsolve.importing.settings import Settings

MOST_AXES = 8

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A config.json, a Keras or ONNX file, or module:name.")]
Shapes = Annotated[
    list[str] | None, typer.Option("--shape", metavar="3,224,224", help="The shape that comes in, without the batch.")
]
Tokens = whole_number(1, 10**9, "--tokens", "How long a sequence is, in place of a name.")
Output = Annotated[str | None, typer.Option("--output", "-o", **FILE)]


def import_(
    source: Source, shape: Shapes = None, tokens: int | None = Tokens, output: Output = None, *, common: Common
) -> None:
    """Write the spec of a model that another program describes."""
    from hwsolve.commands.solving import as_spec, emit
    from hwsolve.importing.source import imported
    from hwsolve.pipeline import read

    use(common.language())
    text = imported(source, settings(shape, tokens))
    read(text, as_spec(source))  # what does not hold as a spec is not written
    emit(text, output)


def settings(shapes: list[str] | None, tokens: int | None) -> Settings:
    """What is said of a source."""
    from hwsolve.importing.settings import Settings

    return Settings(tuple([shape_of(text) for text in shapes or []]), tokens)


def shape_of(text: str) -> tuple[int, ...]:
    """A shape as it is typed: `3,224,224`."""
    sizes = [part.strip() for part in text.replace("x", ",").split(",")]
    if not all(size.isdecimal() and len(size) < 10 and int(size) for size in sizes) or len(sizes) > MOST_AXES:
        raise CallError(say("A shape is whole numbers with commas, as in 3,224,224; got {text}.", text=text))
    return tuple(map(int, sizes))
