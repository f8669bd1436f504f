"""The results of a batch as JUnit XML, which CI services read."""

from __future__ import annotations

import os
from collections.abc import Sequence
from xml.etree import ElementTree

from hwsolve.batch import FAILS, HOLDS, Row
from hwsolve.language import visible


def report(rows: list[Row], seconds: float) -> str:
    """A test case per problem; an expectation that fails is a failure, all else that is wrong an error.

    What was published and does not agree, and is no failure, stands in `system-out`.
    """
    failures = sum(row.status == FAILS for row in rows)
    errors = sum(row.status > FAILS for row in rows)
    suite = ElementTree.Element(
        "testsuite",
        name="hwsolve",
        tests=str(len(rows)),
        failures=str(failures),
        errors=str(errors),
        time=f"{seconds:.3f}",
    )
    for row in rows:
        folder, name = os.path.split(row.path)
        if row.count > 1:
            name += f" #{row.number}"
        case = ElementTree.SubElement(
            suite,
            "testcase",
            classname=visible(folder) or ".",
            name=visible(name),
            file=visible(row.path),
            time=f"{row.seconds:.3f}",
        )
        if row.status != HOLDS:
            text = _text(row.complaints)
            tag = "failure" if row.status == FAILS else "error"
            ElementTree.SubElement(case, tag, message=text.partition("\n")[0]).text = text
        if row.remarks:
            ElementTree.SubElement(case, "system-out").text = _text(row.remarks)
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _text(parts: Sequence[str]) -> str:
    """Texts below each other, without characters that XML has not."""
    return "\n".join(visible(line) for part in parts for line in part.split("\n"))
