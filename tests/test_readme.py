"""What README and guide show is what the program prints."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hwsolve.kinds import KINDS
from tests.readme import FENCE, PAGES, README, refreshed, timeless

PAGE = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)


@PAGE
def test_the_blocks_are_what_the_program_prints(page: Path) -> None:
    """When this fails, look at the difference, and write it with `make readme`."""
    text = page.read_text(encoding="utf-8")
    before = "" if page == README else README.read_text(encoding="utf-8")
    assert timeless(refreshed(text, before)) == timeless(text)


def test_a_changed_block_is_found() -> None:
    text = "```console\n$ hwsolve --version\nhwsolve 9.9.9\n```\n"
    assert "9.9.9" not in refreshed(text)


def test_a_file_of_the_page_before_is_there() -> None:
    spec = "```yaml\n# given.yaml\nkind: worksheet\ndefine: {x: 1}\n```\n"
    shown = "```console\n$ cat given.yaml\n```\n"
    assert "kind: worksheet" in refreshed(shown, spec + shown)
    assert "kind: worksheet" not in refreshed(shown)


def headings(page: Path) -> set[str]:
    """The headings of a page as GitHub names them in links."""
    text = FENCE.sub("", page.read_text(encoding="utf-8"))
    return {re.sub(r"[^\w\- ]", "", head.lower()).replace(" ", "-") for head in re.findall(r"^#+ (.+)$", text, re.M)}


@PAGE
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!http)([^)]+)\)", page.read_text(encoding="utf-8")):
        name, _, head = target.partition("#")
        found = page.parent / name if name else page
        assert found.exists(), target
        assert not head or head in headings(found), target


def test_every_kind_is_shown_by_an_example() -> None:
    text = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert all(f"$ hwsolve {kind} " in text for kind in KINDS)


def test_the_first_page_is_short() -> None:
    assert len(README.read_text(encoding="utf-8").splitlines()) <= 300
