"""What the README shows is what the program prints."""

from __future__ import annotations

import re

from tests.conftest import ROOT
from tests.readme import README, refreshed, timeless


def test_the_blocks_are_what_the_program_prints() -> None:
    """When this fails, look at the difference, and write it with `make readme`."""
    text = README.read_text(encoding="utf-8")
    assert timeless(refreshed(text)) == timeless(text)


def test_a_changed_block_is_found() -> None:
    text = "```console\n$ hwsolve --version\nhwsolve 9.9.9\n```\n"
    assert "9.9.9" not in refreshed(text)


def test_links_lead_somewhere() -> None:
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", README.read_text(encoding="utf-8")):
        assert (ROOT / target).exists(), target
