"""Messages in another language: the catalogue is whole where pages are concerned, and costs nothing in English."""

from __future__ import annotations

import gettext
import re
import subprocess
import sys
import warnings
from collections.abc import Iterator

import pytest

from hwsolve import language
from hwsolve.language import Message, say, translate, use
from hwsolve.locale import catalogue
from hwsolve.render import Options, render
from hwsolve.render.measure import width
from tests.conftest import ROOT
from tests.render_samples import counting, homework

CHINESE = re.compile("[\u4e00-\u9fff]")
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


def test_the_catalogue_has_every_text_of_the_program_and_no_other() -> None:
    """A warning here, an error in `make check`: who adds a sentence need not know Chinese to see the tests pass."""
    found = catalogue.entries()
    for name, texts in (("missing", found.keys() - ZH.keys()), ("stale", ZH.keys() - found.keys())):
        if texts:
            warnings.warn(f"{name} in the Chinese catalogue: {sorted(texts)}", stacklevel=1)


def test_the_gate_refuses_a_missing_and_a_stale_entry(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "catalogue zh --check" in (ROOT / "Makefile").read_text(encoding="utf-8")
    entries = {text: [] for text in ZH}
    monkeypatch.setattr(catalogue, "entries", lambda: entries)
    assert catalogue.main("zh", "--check") == 0
    del entries["Answers"]
    entries["A new sentence."] = []
    assert catalogue.main("zh", "--check") == 1
    assert capsys.readouterr().out.splitlines()[1:] == [
        "missing: A new sentence.",
        "stale: Answers",
        "zh: 2 entries to mend",
    ]


def test_a_missing_and_a_stale_entry_would_be_seen() -> None:
    entries = catalogue.entries()
    assert len(entries) > 800
    assert {"Answers", "Backpropagation by hand: forward pass, loss, every gradient, updates."} <= entries.keys()
    assert "Softsign: y = x/(1 + |x|)." in entries and "Learning rate." in entries and "or false" in entries


def test_no_translation_is_empty_and_each_is_chinese() -> None:
    """All but those that are places and symbols alone."""
    words = {t for t in ZH if re.search("[A-Za-z]{2,}", re.sub(r"`[^`]*`|\{\w+\}", "", t))}
    assert {t for t in words if not CHINESE.search(ZH[t])} == {
        "tanh",
        "erf",
        "hwsolve: {message}",
        "linear, conv1d … conv3d, conv_transpose1d …",
        "sgd, adagrad, rmsprop, adadelta, adam, adamw, nadam, radam, adamax",
    }


def test_chinese_punctuation_stands_beside_chinese() -> None:
    for template, text in ZH.items():
        assert not re.search(f"{CHINESE.pattern}[,;:?!.](?!/)|[,;?!]{CHINESE.pattern}", text), text
        assert not re.search(f"{CHINESE.pattern} {CHINESE.pattern}", text), text
        if template.endswith((".", "?", ":")) and " " in template:
            assert text.endswith(("。", "？", "：")) or not CHINESE.search(text), text


def test_a_translation_has_the_same_places() -> None:
    places = re.compile(r"\{\w+\}")
    for template, text in ZH.items():
        assert sorted(places.findall(text)) == sorted(places.findall(template)), template
        assert text.count("`") == template.count("`"), template
        assert code(template) - {"hwsolve solve THIS-FILE"} <= code(text), template


def code(text: str) -> set[str]:
    """What stands between backticks, but for places and braces."""
    return {part for part in text.split("`")[1::2] if "{" not in part}


def test_messages_within_messages() -> None:
    message = say("{layer}: {warning}", layer="conv1", warning=say("frozen"))
    assert translate(message, "zh") == "conv1：冻结"
    assert translate(say("Expected {expected}, got {got}.", expected=say("a number"), got="`x`"), "zh") == (
        "应为数，实为 `x`。"
    )
    assert translate(message, "en") == str(message) == "conv1: frozen"
    assert translate(message, "tlh") == "conv1: frozen"


@pytest.mark.parametrize(
    ("template", "values", "text"),
    [
        ("{n} channels can't be split into {m} groups.", {"n": 1, "m": 2}, "1 channel can't be split into 2 groups."),
        ("{n} rows, {m} more places, there are {k} axes", {"n": "1", "m": 1, "k": 1}, "1 row, 1 more place, there is 1 axis"),
        ("{n} channels", {"n": "11"}, "11 channels"),
        ("{n} channels", {"n": True}, "True channels"),
    ],
)  # fmt: skip
def test_one_thing_is_said_in_the_singular(template: str, values: dict[str, object], text: str) -> None:
    assert str(Message(template, values)) == text


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
    assert "已知\n────\n" in text and "注：The" in text
    table = render([counting()], "plain", Options(language="zh", width=140)).splitlines()
    rows = [row for row in table if (row.startswith("  linear") and "160" in row) or row.startswith("  层 ")]
    assert len({width(row) for row in rows}) == 1


def test_languages_have_a_catalogue() -> None:
    assert all(catalogue.folder(name).is_dir() for name in language.LANGUAGES if name != "en")


def test_chinese_signs_have_no_blanks_beside_them() -> None:
    """Of the places of a template too: a sentence that ends in a full stop, and one that begins with a name."""
    from hwsolve.language import say, translate

    two = say("{first} {second}", first="偏置为零，b = 0。", second="a 的各个值独立。")
    assert translate(two, "zh") == "偏置为零，b = 0。a 的各个值独立。"
    assert translate(say("Not trained: {names}.", names="w1, b1"), "zh").count(" ") == 1
