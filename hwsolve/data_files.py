"""Numbers from a file: `.npy` (exact float64 values), `.csv` and `.json` (the decimals that are typed there).

An array of truths is one of `true` and `false`, where these are read.
"""

from __future__ import annotations

import io
import json
from fractions import Fraction
from math import isfinite, prod
from pathlib import PurePath
from typing import Any

from hwsolve.errors import CallError
from hwsolve.files import read_bytes
from hwsolve.language import Message, say
from hwsolve.spec.arrays import too_many
from hwsolve.spec.collections import MOST_VALUES
from hwsolve.spec.nodes import Node, Scalar, Sequence
from hwsolve.spec.numerals import Excess, decimal

MOST_BYTES = 100_000_000


class _Typed(str):
    """A number as it is typed."""


def read_array(path: str) -> Node:
    """The numbers of a file, as lists of what was typed; what is wrong with them is a CallError."""
    readers = {".npy": of_npy, ".csv": of_csv, ".json": of_json}
    ending = PurePath(path).suffix.lower()
    if ending not in readers:
        raise CallError(say("{path}: numbers are read from files in {known}.", path=path, known=", ".join(readers)))
    data = read_bytes(path, MOST_BYTES)
    if len(data) > MOST_BYTES:
        raise CallError(say("{path} has more than {most} bytes.", path=path, most=f"{MOST_BYTES:,}"))
    return readers[ending](data, path)


def wrong(path: str, message: Message) -> CallError:
    """What is wrong with the numbers of a file."""
    return CallError(say("{path}: {message}", path=path, message=message))


def of_npy(data: bytes, path: str) -> Node:
    """The values of an array of whole or real numbers, exactly; Python objects are not loaded."""
    import numpy as np

    try:
        found = np.load(io.BytesIO(data), allow_pickle=False)
    except Exception as error:  # a header may hold anything
        if "allow_pickle" in str(error) and "Object arrays" in str(error):
            raise wrong(path, say("An array of Python objects is not loaded; save numbers.")) from None
        raise wrong(path, say("This is no whole `.npy` file.")) from None
    if found.dtype.kind not in "iufb":
        message = say("Expected an array of real numbers, got one of the type {type}.", type=str(found.dtype))
        raise wrong(path, message)
    if found.size > MOST_VALUES:
        raise wrong(path, too_many(found.size))
    return nested(found.tolist(), path)


def of_csv(data: bytes, path: str) -> Node:
    """A row for each line; a single line is a vector."""
    import csv

    text = decoded(data, path)
    rows: list[Node] = []
    for number, cells in enumerate(csv.reader(io.StringIO(text), skipinitialspace=True), 1):
        if not any(cell.strip() for cell in cells):
            continue
        for cell in cells:
            if (why := no_number(cell.strip())) is not None:
                raise wrong(path, say("Line {n}: {why}", n=number, why=why))
        row = Sequence(1, 1, [Scalar(1, 1, cell.strip()) for cell in cells])
        first = rows[0] if rows else row
        if isinstance(first, Sequence) and len(row.items) != len(first.items):
            shapes = {"n": number, "found": len(row.items), "wanted": len(first.items)}
            raise wrong(path, say("Line {n} has the length {found}; the first one has {wanted}.", **shapes))
        rows.append(row)
    if not rows:
        raise wrong(path, say("The file holds no numbers."))
    return counted(rows[0] if len(rows) == 1 else Sequence(1, 1, rows), path)


def of_json(data: bytes, path: str) -> Node:
    """A number, or lists of them."""
    try:
        found = json.loads(decoded(data, path), parse_int=_Typed, parse_float=_Typed, parse_constant=_Typed)
    except json.JSONDecodeError as error:
        place = {"line": error.lineno, "column": error.colno}
        raise wrong(path, say("This is no JSON: line {line}, column {column}.", **place)) from None
    except RecursionError:
        raise wrong(path, say("These lists are too deep.")) from None
    return counted(nested(found, path), path)


def decoded(data: bytes, path: str) -> str:
    """The text of a file."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise wrong(path, say("This is no text in UTF-8.")) from None


def nested(value: Any, path: str) -> Node:
    """Lists of numbers as parts of a spec."""
    if isinstance(value, list):
        return Sequence(1, 1, [nested(part, path) for part in value])
    if isinstance(value, bool):
        return Scalar(1, 1, str(value).lower())
    if not isinstance(value, _Typed | int | float):
        raise wrong(path, say("Expected numbers, and lists of them."))
    text = value if isinstance(value, _Typed) else exactly(value)
    if (why := no_number(text)) is not None:
        raise wrong(path, why)
    return Scalar(1, 1, str(text))


def exactly(value: float) -> str:
    """A number of an array as a fraction or a whole number; of a short decimal the decimal."""
    if not isfinite(value):
        return str(value)
    fraction = Fraction(value)
    return repr(value) if Fraction(repr(value)) == fraction else str(fraction)


def no_number(text: str) -> Message | None:
    """Why a text is no finite decimal."""
    if text.lower().lstrip("+-") in ("nan", "inf", "infinity"):
        return say("`{text}` is no finite number.", text=text)
    try:
        return None if decimal(text) is not None else say("`{text}` is no number.", text=text[:40])
    except Excess as excess:
        return excess.message


def counted(node: Node, path: str) -> Node:
    """The numbers, if they are not too many."""
    sizes, inner = [], node
    while isinstance(inner, Sequence) and inner.items:
        sizes.append(len(inner.items))
        inner = inner.items[0]
    if prod(sizes) > MOST_VALUES:
        raise wrong(path, too_many(prod(sizes)))
    return node
