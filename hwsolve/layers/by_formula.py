"""An operation that is nothing but its formula: what a layer with no array code of its own is made of."""

from __future__ import annotations

from hwsolve.graph.operation import Operation


class ByFormula(Operation, frozen=True):
    """y[at] = function, over the inputs `names`; those in `data` take the leading axes of the data."""

    function: str
    names: tuple[str, ...]
    data: tuple[str, ...]
    at: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:  # type: ignore[override]
        """The names of the formula that are quantities, in the order in which they are given."""
        return self.names

    @property
    def batched(self) -> tuple[str, ...]:  # type: ignore[override]
        """Those of them that have the axes of the data in front."""
        return self.data

    def output_indices(self) -> tuple[str, ...]:
        """The index variables of an element, without those of leading axes."""
        return self.at

    def text(self) -> str:
        """The formula."""
        return self.function
