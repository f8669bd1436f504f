"""Whether the numbers and names that a spec gives for parameters have the shapes that the layer gives them."""

from __future__ import annotations

from hwsolve.formula.misfits import sizes
from hwsolve.language import Message, say
from hwsolve.layers.base import Layer, Shape, ShapeError, shape_text
from hwsolve.layers.parameter import ParameterSpec


def check_numbers(layer: Layer, shapes: tuple[Shape, ...]) -> None:
    """Raise ShapeError where they have another shape; axes of length 1 may be left out, of names leading ones."""
    specs = {name: s for name, s in layer.specs().items() if s.values is not None or isinstance(s.symbols, tuple)}
    parameters = layer.parameters(*shapes) if specs else {}
    for name, spec in specs.items():
        if name not in parameters:
            raise ShapeError(say("With these settings the layer has no `{name}`.", name=name), name)
        wanted = parameters[name].shape
        if spec.rows == "inputs" and len(wanted) > 1:
            wanted = tuple(reversed(wanted[:2])) + wanted[2:]
        if spec.values is not None and not fits(spec.values.shape, wanted):
            got, need = sizes(spec.values.shape), shape_text(wanted) or "1"
            message = say("Expected numbers of the shape {wanted}, got {got}.", wanted=need, got=got)
            raise ShapeError(message, name, other_way_round(spec, wanted))
        if isinstance(spec.symbols, tuple) and not fits_behind(spec.names_shape(), wanted):
            got, need = sizes(spec.names_shape()), shape_text(wanted) or "1"
            raise ShapeError(say("Expected names in the shape {wanted}, got {got}.", wanted=need, got=got), name)


def other_way_round(spec: ParameterSpec, wanted: Shape) -> Message | None:
    """A hint where the rows that are given are columns: the inputs where they are the outputs, or the other way."""
    given = () if spec.values is None else spec.values.shape
    if len(wanted) != 2 or given != tuple(reversed(wanted)):
        return None
    if spec.rows == "inputs":
        return say(
            "A row for each input is expected because of `{rows}`; without it a row is an output.", rows="rows: inputs"
        )
    form = "{rows: inputs, values: …}"
    return say(
        "Each row is an output. Where each is an input, as in {formula}, write `{form}`.", formula="x @ W", form=form
    )


def fits(given: Shape, wanted: Shape) -> bool:
    """Whether a shape is the wanted one, without some axes of length 1."""
    rest = list(given)
    for n in wanted:
        if rest and rest[0] == n:
            rest.pop(0)
        elif n != 1:
            return False
    return not rest


def fits_behind(given: Shape, wanted: Shape) -> bool:
    """Whether a shape is the wanted one, without some leading axes of length 1."""
    missing = len(wanted) - len(given)
    return missing >= 0 and set(wanted[:missing]) <= {1} and wanted[missing:] == given
