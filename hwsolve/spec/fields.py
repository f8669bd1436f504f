"""The fields that records are declared with.

class Conv2d(Layer, frozen=True, kw_only=True):
    out_channels: Size
    kernel_size: Annotated[tuple[int, int], PerAxis(2, Size)]
    padding: Annotated[Any, OneOf(Choice("same", "valid"), PerAxis(2, SizeOrZero))] = (0, 0)
"""

from __future__ import annotations

from hwsolve.spec.amounts import AnyFormula, Decimal, DecimalField, Size, SizeField, SizeOrZero
from hwsolve.spec.arrays import Array, ArrayField, is_array_form
from hwsolve.spec.collections import EachAxis, ListOf, MapOf, Nested, OneOf, PerAxis, Raw, TupleOf
from hwsolve.spec.field import INVALID, Field, describe, field_of
from hwsolve.spec.records import RecordField, read_record, record_schema
from hwsolve.spec.scalars import (
    Choice,
    Convention,
    Count,
    CountField,
    Flag,
    FlagField,
    Text,
    TextField,
    Word,
    WordField,
    unknown_name,
)

__all__ = [
    "INVALID", "AnyFormula", "Array", "ArrayField", "Choice", "Convention", "Count", "CountField", "Decimal",
    "DecimalField", "EachAxis", "Field", "Flag", "FlagField", "ListOf", "MapOf", "Nested", "OneOf", "PerAxis", "Raw",
    "RecordField", "Size", "SizeField", "SizeOrZero", "Text", "TextField", "TupleOf", "Word", "WordField", "describe",
    "field_of", "is_array_form", "read_record", "record_schema", "unknown_name",
]  # fmt: skip
