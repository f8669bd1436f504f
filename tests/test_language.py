"""Messages in another language: the catalogue is whole where pages are concerned, and costs nothing in English."""

from __future__ import annotations

import gettext
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from hwsolve import language
from hwsolve.language import Message, say, translate, use
from hwsolve.render import Options, render
from hwsolve.render.measure import width
from tests.conftest import ROOT
from tests.render_samples import counting, homework
from tools import catalogue

ZH = catalogue.read((catalogue.folder("zh") / "hwsolve.po").read_text(encoding="utf-8"))


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    use("en")


def test_the_compiled_catalogue_is_that_of_the_text() -> None:
    """By gettext's own reader."""
    with (catalogue.folder("zh") / "hwsolve.mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    assert {template: compiled.gettext(template) for template in ZH} == ZH
    assert len(ZH) > 100


def test_every_sentence_of_the_printers_is_translated() -> None:
    own = [t for t, places in catalogue.templates().items() if any(p.startswith("hwsolve/render/") for p in places)]
    assert [t for t in own if t not in ZH] == []


@pytest.mark.parametrize("template", ZH)
def test_a_translation_has_the_same_places(template: str) -> None:
    places = re.compile(r"\{\w+\}")
    assert sorted(places.findall(ZH[template])) == sorted(places.findall(template))
    assert ZH[template].count("`") == template.count("`")


def test_messages_within_messages() -> None:
    message = say("{layer}: {warning}", layer="conv1", warning=say("frozen"))
    assert translate(message, "zh") == "conv1：冻结"
    assert translate(message, "en") == str(message) == "conv1: frozen"
    assert translate(message, "tlh") == "conv1: frozen"


def test_the_language_that_is_used() -> None:
    use("zh")
    assert str(say("Answers")) == "答案"
    use("nonsense")
    assert str(say("Answers")) == "Answers"


def test_templates_may_hold_braces_when_nothing_stands_in_them() -> None:
    assert str(Message("{x: {size: n}}")) == "{x: {size: n}}"
    assert translate(Message(""), "zh") == ""


def test_english_does_not_load_gettext() -> None:
    code = "import sys; from hwsolve.language import say; str(say('Answers')); print('gettext' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.strip() == "False"


def test_a_page_in_chinese() -> None:
    text = render([homework()], "plain", Options(language="zh"))
    assert text.startswith("习题 2.1：反向传播\n")
    assert "已知\n----\n" in text and "注：The" in text
    table = render([counting()], "plain", Options(language="zh", width=140)).splitlines()
    rows = [row for row in table if (row.startswith("  linear") and "160" in row) or row.startswith("  层")]
    assert len({width(row) for row in rows}) == 1


def test_languages_have_a_catalogue() -> None:
    assert all(catalogue.folder(name).is_dir() for name in language.LANGUAGES if name != "en")
