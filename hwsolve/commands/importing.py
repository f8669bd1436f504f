"""`hwsolve import`: what people have, as the text of a spec."""

from __future__ import annotations

from typing import Annotated

import typer

from hwsolve.commands.common import Common
from hwsolve.commands.options import FILE, whole_number
from hwsolve.commands.shapes import settings
from hwsolve.language import use

Source = Annotated[str, typer.Argument(metavar="SOURCE", help="A config.json, a Keras or ONNX file, or module:name.")]
Shapes = Annotated[
    list[str] | None, typer.Option("--shape", metavar="3,224,224", help="The shape that comes in, without the batch.")
]
Tokens = whole_number(1, 10**9, "--tokens", "How long a sequence is, in place of a name.")
Architecture = Annotated[
    str | None, typer.Option("--architecture", metavar="NAME", help="The model of a config.json, as BertForMaskedLM.")
]
Output = Annotated[str | None, typer.Option("--output", "-o", **FILE)]


def import_(
    source: Source,
    shape: Shapes = None,
    tokens: int | None = Tokens,
    architecture: Architecture = None,
    output: Output = None,
    *,
    common: Common,
) -> None:
    """Write the spec of a model that another program describes."""
    from hwsolve.commands.solving import as_spec, emit
    from hwsolve.importing.source import imported
    from hwsolve.pipeline import read

    use(common.language())
    text = imported(source, settings(shape, tokens, architecture))
    read(text, as_spec(source))  # what does not hold as a spec is not written
    emit(text, output)
