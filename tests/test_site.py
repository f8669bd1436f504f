"""A folder of specs as a folder of pages: the first leads to each, and says what came out."""

from __future__ import annotations

import re
import shutil
from html import unescape
from pathlib import Path
from urllib.parse import unquote

import pytest

from tests.conftest import PROBLEMS, Run
from tests.test_render_html import Page

COUNT = """kind: count-params
title: {title}
network: {{input: 3, layers: [linear: 2]}}
expect: {{params: {expected}}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    specs = tmp_path / "specs"
    (specs / "a b").mkdir(parents=True)
    shutil.copy(PROBLEMS / "homework-2/2.1-backprop.yaml", specs / "a b" / "back & prop.yaml")
    shutil.copy(PROBLEMS / "textbook/he-2015-relu-convolutions.yaml", specs / "two.yaml")
    (specs / "index.yaml").write_text(COUNT.format(title="<script>alert(1)</script>", expected=8), encoding="utf-8")
    (specs / "wrong.yaml").write_text("kind: count-params\nnetwork: 3\n", encoding="utf-8")
    (specs / "fails.yaml").write_text(COUNT.format(title="It fails", expected=9), encoding="utf-8")
    return tmp_path


def test_a_site_leads_to_every_page(folder: Path, hwsolve: Run) -> None:
    done = hwsolve("batch", "specs", "--output", "site", "--format", "html", cwd=folder)
    assert done.returncode == 2, done.stderr
    site = folder / "site"
    text = (site / "index.html").read_text(encoding="utf-8")
    page = Page(text)
    links = [unquote(a["href"]) for a in page.all("a")]
    pages = sorted(p.relative_to(site).as_posix() for p in site.rglob("*.html") if p.name != "index.html")
    assert sorted(links) == pages and len(pages) == 5
    for link in links:
        assert Page((site / link).read_text(encoding="utf-8")).all("h1")
    assert "<script" not in text and "url(" not in text and not re.search(r"http(?!-equiv)", text)
    shown = unescape(re.sub(r"<style>.*?</style>|<[^>]+>", "", text, flags=re.S))
    assert "<script>alert(1)</script>" in shown and "0.321245" in shown and "It fails" in shown
    results = [row for row in shown.splitlines() if ": " in row and ".yaml" in row]
    assert sum("right" in row for row in results) == 4
    assert any(row.startswith("fails.yaml: FAILS; 0 of 1") for row in results)
    assert any(row.startswith("wrong.yaml: wrong spec") for row in results)
    assert "Expected a mapping with `input` and `layers`" in shown


def test_other_formats_have_no_first_page(folder: Path, hwsolve: Run) -> None:
    hwsolve("batch", "specs", "--output", "pages", "--format", "markdown", cwd=folder)
    assert sorted(p.name for p in (folder / "pages").glob("index*")) == ["index.md"]


def test_a_site_of_exercises_tells_no_result(hwsolve: Run, tmp_path: Path) -> None:
    """Neither what an expectation that fails expected, nor whether one does."""
    spec = "kind: count-params\nnetwork: {input: 41, layers: [{linear: 7}]}\nexpect: {params: 295}\n"
    (tmp_path / "a.yaml").write_text(spec)
    hwsolve("batch", "a.yaml", "--questions", "--format", "html", "--output", "site")
    page = (tmp_path / "site" / "index.html").read_text().partition("</style>")[2]
    assert "a.yaml" in page and not any(text in page for text in ("294", "295", "expectation", "right", "FAILS"))
