"""All functions of whole arrays by their names, and how each is called."""

from __future__ import annotations

from collections.abc import Mapping

from hwsolve.formula.array_functions import ALONG, Along
from hwsolve.formula.square_matrices import SQUARE
from hwsolve.formula.tree import Formula, Ref, walk

ARRAY_FUNCTIONS: dict[str, Along] = ALONG | SQUARE


def form_of(name: str) -> str:
    """How a function of arrays is called."""
    one = ARRAY_FUNCTIONS[name]
    if name == "@":
        return "A @ x"
    if name in ("element", "[]"):
        return {"element": "x[i]", "[]": "[a, b, …]"}[name]
    if one.most > 2:
        return f"{name}(a, b, …)"
    if one.least == 2:
        return f"{name}(a, b)"
    return f"{name}(x)" if one.most == 1 else f"{name}(x), {name}(x, axis)"


FORMS = {name: form_of(name) for name in ARRAY_FUNCTIONS} | {"detach": "detach(x)"}
# those that are called by name
WORDS = tuple(name for name in FORMS if name.isidentifier() and name != "element")

OVER_INDEX = {  # what is written with a capital over an index
    "sum": "Sum({}, {})", "mean": "Sum({}, {})/{}", "max": "Max({}, {})", "min": "Min({}, {})",
    "amax": "Max({}, {})", "amin": "Min({}, {})", "prod": "Prod({}, {})",
}  # fmt: skip


def extent(body: Formula, index: str, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """How far an index of a formula runs that is no quantity; 0 where there is none."""
    if index in shapes:
        return 0
    parts = (part for part in walk(body) if isinstance(part, Ref) and part.name in shapes)
    found = (n for part in parts for i, n in zip(part.indices, shapes[part.name], strict=False) if i == Ref(index))
    return next(found, 0)
