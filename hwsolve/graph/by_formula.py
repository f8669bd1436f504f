"""An operation that is nothing but its formula: what has no array code of its own is made of these."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from hwsolve.formula.definition import Definition
from hwsolve.formula.notation.plain import plain
from hwsolve.formula.tree import BigOperator, Formula, Ref, rebuild
from hwsolve.formula.tree import children as parts_of
from hwsolve.graph.operation import Array, Operation, Sizes


class ByFormula(Operation, frozen=True):
    """y[at] = function, over the inputs `names`; those in `data` take the leading axes of the data.

    `extents`: how far the indices of y run, where the formula alone does not say it.  `whole` are forms over whole
    arrays (see `Operation.matrix`), `slopes` gradients as a textbook writes them.  `numbers`: those behind its capital
    letters beside the sizes, by which operations that differ in them alone share one formula.
    """

    function: str
    names: tuple[str, ...]
    data: tuple[str, ...]
    at: tuple[str, ...] = ()
    extents: tuple[int, ...] = ()
    whole: tuple[tuple[str, str], ...] = ()  # the forms over whole arrays
    constants: tuple[int, ...] = ()  # the inputs that get no gradient
    numbers: tuple[tuple[str, int], ...] = ()
    slopes: tuple[tuple[str, str], ...] = ()
    shares = True

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the formula that are quantities, in the order in which they are given."""
        return self.names

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of them that have the axes of the data in front."""
        return self.data

    def forward(self, *arrays: Array) -> Array:
        """The output, by the formula: of what it reads at one place alone, that place is all that the code sees."""
        one, places = at_places(self)
        return Operation.forward(one, *self.taken(arrays, places))

    def backward(self, slot: int, g: Array, y: Array, *arrays: Array) -> Array:
        """The gradient of an input, in the same way; of what is read at one place, by the whole formula."""
        one, places = at_places(self)
        if slot in places:
            return Operation.backward(self, slot, g, y, *arrays)
        return Operation.backward(one, slot, g, y, *self.taken(arrays, places))

    def taken(self, arrays: tuple[Array, ...], places: dict[int, tuple[int, int]]) -> list[Array]:
        """The inputs, those that are read at one place cut down to it."""
        return [
            a[(..., places[k][0] - 1, *(slice(None),) * places[k][1])] if k in places else a
            for k, a in enumerate(arrays)
        ]

    def output_indices(self) -> tuple[str, ...]:
        """The index variables of an element, without those of leading axes."""
        return self.at

    def text(self) -> str:
        """The formula."""
        return self.function

    def matrix(self, *shapes: Sizes) -> dict[str, str]:
        """Those that are stated."""
        return dict(self.whole)

    def ranges(self, *shapes: Sizes) -> dict[str, int]:
        """How far each index runs."""
        return super().ranges(*shapes) | dict(zip(self.at, self.extents, strict=False))

    def sizes(self, *shapes: Sizes) -> dict[str, Any]:
        """The numbers behind the capital letters."""
        return super().sizes(*shapes) | dict(self.numbers)

    def gradients(self) -> dict[str, str]:
        """Those that are stated."""
        return dict(self.slopes)

    def fixed(self) -> tuple[int, ...]:
        """Those that get no gradient."""
        return self.constants


@lru_cache(maxsize=4096)
def at_places(operation: ByFormula) -> tuple[ByFormula, dict[int, tuple[int, int]]]:
    """The operation without letters that only say which row of an input it reads, and these rows by input.

    So all steps of a sequence run by one code: behind a row stands the number of axes that are left.
    """
    text, places, numbers = operation.function, {}, dict(operation.numbers)
    for letter, place in operation.numbers:
        read = {*re.findall(rf"(\w+)\[{letter},([^\]]*)\]", text)}
        names = {name for name, _ in read}
        if len(names) != 1 or len(re.findall(rf"\b{letter}\b", text)) != len(re.findall(rf"\w+\[{letter},", text)):
            continue
        (name,) = names
        if len(re.findall(rf"\b{name}\b", text)) == len(re.findall(rf"\b{name}\[{letter},", text)):
            places[operation.names.index(name)] = (place, min(rest.count(",") + 1 for _, rest in read))
            text = text.replace(f"{name}[{letter},", f"{name}[")
            del numbers[letter]
    if not places:
        return operation, places
    return msgspec.structs.replace(operation, function=text, numbers=tuple(numbers.items())), places


def of_definition(
    d: Definition, data: frozenset[str] | None = None, constants: frozenset[str] = frozenset()
) -> ByFormula:
    """The operation of a definition: its inputs are what it reads, in order; all of them are data, or those named.

    Within the operation they have names that no index has.
    """
    own = {name: f"x{k}" for k, name in enumerate(d.reads, 1)}
    taken = tuple(own[name] for name in d.reads if data is None or name in data)
    fixed = tuple(k for k, name in enumerate(d.reads) if name in constants)
    text = plain(renamed(d.formula, own))
    forms = () if taken else tuple((name, plain(f)) for name, f in d.forms.items())  # typed for one sample
    return ByFormula(text, tuple(own.values()), taken, d.indices, d.shape, forms, fixed)


def renamed(f: Formula, names: Mapping[str, str]) -> Formula:
    """Other names for quantities, never for letters of indices."""
    if isinstance(f, Ref):
        return Ref(names.get(f.name, f.name), f.indices)
    if isinstance(f, BigOperator):
        return BigOperator(f.op, renamed(f.body, names), f.index, f.low, f.high)
    parts = parts_of(f)
    return rebuild(f, tuple(renamed(p, names) for p in parts)) if parts else f
