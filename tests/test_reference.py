"""docs/reference.md is what is made from the records, and holds everything that can be written."""

from __future__ import annotations

import re

import pytest

from hwsolve.commands.listing import SUBJECTS
from hwsolve.kinds import KINDS, record
from hwsolve.spec.records import form_of
from tests.reference import REFERENCE, cell, code, reference, table


def page() -> str:
    return REFERENCE.read_text(encoding="utf-8")


def part(title: str, level: str, text: str) -> str:
    """What stands under a heading, to the next of its level."""
    return re.split(rf"^{level} ", text.partition(f"\n{level} {title}\n")[2], maxsplit=1, flags=re.M)[0]


def test_the_file_is_what_is_made() -> None:
    """When this fails, write it with `make reference`."""
    assert page() == reference()


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject != "examples"])
def test_everything_is_there_with_all_that_is_said_of_it(subject: str) -> None:
    whole = part(subject.capitalize(), "##", page())
    common = whole.partition("\n### ")[0]
    for name in SUBJECTS[subject].names():
        entry = SUBJECTS[subject].entry(name)
        if subject == "functions":
            (text,) = (row for row in whole.split("\n") if row.startswith(f"| `{name}` |"))
        else:
            text = part(f"`{name}`", "###", whole)
        assert cell(entry.about) in text.replace("|", r"\|") or cell(entry.about) in text
        for argument in entry.arguments:
            row = f"| {code(argument.name)} | {cell(argument.meaning)} | {cell(argument.takes)} |"
            assert row in text or (row in common and f"`{argument.name}`" in text), (name, argument.name)
        for fact in entry.facts:
            assert all(row.strip() in text.replace(r"\|", "|") for row in fact.text.split("\n")), (name, fact.key)


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_has_its_fields_and_keys(kind: str) -> None:
    kinds = part("Kinds", "##", page())
    text, common = part(f"`{kind}`", "###", kinds), kinds.partition("\n### ")[0]
    for field in form_of(record(kind)).fields:
        assert f"| `{field}` |" in text or f"| `{field}` |" in common or field == "kind"
    assert "| Key |" in text


def test_links_lead_to_headings() -> None:
    headings = [re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in re.findall(r"^#+ (.+)$", page(), re.M)]
    for name, number in re.findall(r"\(#([\w-]+?)(?:-(\d+))?\)", page()):
        assert headings.count(name) > int(number or 0), name
    for target in re.findall(r"\]\(((?!#)[^)]+)\)", page()):
        assert (REFERENCE.parent / target).exists(), target


def test_bars_do_not_end_a_cell() -> None:
    assert table(["A", "B"], [[code("|x|"), cell("a|b")]]).endswith("| `\\|x\\|` | a\\|b |")
    assert table(["A", "B"], [["a", ""]]) == "| A |\n| --- |\n| a |"
