"""The whole program in Chinese: no English sentence is left on a page, in an error or at the command line."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import msgspec
import pytest

from hwsolve import start
from hwsolve.commands import reference
from hwsolve.commands.listing import SUBJECTS, listing
from hwsolve.formula.functions import FUNCTIONS
from hwsolve.kinds import KINDS
from hwsolve.language import translate, use
from hwsolve.layers import LAYERS
from hwsolve.locale import catalogue
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.render.measure import width
from hwsolve.solution import Sentence, Solution
from tests.conftest import ROOT, Run
from tests.test_bad import FOLDER, verdict
from tests.test_bad import SPECS as BAD
from tests.test_exercises import SPECS
from tests.test_language import CHINESE, ZH

# a sentence without a translation is a warning of tests/test_language.py and an error of `make check`
pytestmark = pytest.mark.skipif(
    bool(catalogue.entries().keys() - ZH.keys()), reason="the Chinese catalogue lacks sentences: make translations"
)

TWO_WORDS = re.compile(r"(?<![\w.`'/∂])([A-Za-z]{2,}) ([A-Za-z]{2,})(?![\w./])")
SYMBOLS = {"dx", "dz", "du", "dw", "exp", "softmax", "log", "leaky", "relu", "Var", "in", "out", "fan", "else"}
SLOW = "problems/textbook/mazur-2-2-2-10000-steps.yaml"

FORMAL = r"(?m)^  .*[{=].*|^  hwsolve .*|`[^`]*`|\([^)]*\)|torch\.\S+|^  \w+ "  # formulas, commands, names

Speak = Callable[..., tuple[int, str, str]]


@pytest.fixture(autouse=True)
def _chinese() -> Iterator[None]:
    use("zh")
    yield
    use("en")


def english(text: str) -> list[str]:
    """Pairs of English words of which at least one is no symbol, function or layer."""
    known = SYMBOLS | set(FUNCTIONS) | set(LAYERS)
    return [found[0] for found in TWO_WORDS.finditer(text) if not {found[1], found[2]} <= known]


def test_english_would_be_seen() -> None:
    assert (
        english("  α₁ = 2 (chain rule through relu1)") and english("注：The loss fell.") and english("Expected numbers")
    )
    assert not english("  ∂L/∂a = exp(2) 经过 linear1 的链式法则 `sgd: {lr: 1}` a = relu(z)，d/dx exp(x)")


@cache
def solved(spec: str) -> list[Solution]:
    """Solved in Chinese; the name of a source in English alone is the author's own words."""
    use("zh")
    solutions = [work_out(problem) for problem in read((ROOT / spec).read_bytes(), spec)]
    for solution in solutions:
        assert isinstance(solution.title, dict) and CHINESE.search(solution.title["zh"]), "a title in both languages"
        solution.published = tuple(
            p if isinstance(p.source, dict) else msgspec.structs.replace(p, source="出处") for p in solution.published
        )
    return solutions


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec != SLOW])
def test_no_english_is_left_in_a_solution(spec: str) -> None:
    for form in ("plain", "terminal", "markdown", "json"):
        text = render(solved(spec), form, Options(language="zh", width=200, color=False, full=form == "json"))
        if form == "markdown":
            text = re.sub(r"\\[A-Za-z]+", "", text)
        if form == "json":
            text = "\n".join(re.findall(r'"(?:title|rule|shown|text)": (".*")', text))
        assert english(text) == [], form


HAN = "\u4e00-\u9fff"
HALF = re.compile(
    f"[{HAN}]\\s*[,;:?!](?!\\d)|[,;?!]\\s*[{HAN}]|\\([^()（）]*[{HAN}][^()（）]*\\)|（[^()（）]*\\)|\\([^()（）]*）"
)
WORD = re.compile(r"(?<![\w.`'/@\-])[A-Za-z]{3,}(?![\w.(\[@])")
QUOTED = re.compile(r"`[^`]*`|calculate_gain\('\w*'\)|--\w+")
KNOWN = {w for text in ZH.values() for w in re.findall("[A-Za-z]+", text)} | SYMBOLS | set(FUNCTIONS) | set(LAYERS)
KNOWN |= {f.shown for f in FUNCTIONS.values()} | {"crop"}


def told(value: object) -> Iterator[str]:
    """All texts of a JSON document that have Chinese in them, whole."""
    if isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from told(part)
    elif isinstance(value, str) and CHINESE.search(value):
        yield QUOTED.sub("", value)


def test_signs_and_words_of_the_other_language_would_be_seen() -> None:
    wrong = ("求：甲, 乙。", "求(甲)。", "（见 x)", "(见 x）", "甲;乙", "注:甲", "x = 1, 否则为零")
    assert all(HALF.search(text) for text in wrong)
    right = ("（f(x) = 0，因为 x > 0）", "当 x = (1, 2) 时", "甲、乙，丙：见 f(1, 2)。", "时刻 3:4")
    assert not any(HALF.search(text) for text in right)
    assert WORD.findall("作业 answers 3，见 f(x) 与 dL_dx") == ["answers"]


@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec != SLOW])
def test_sentences_are_chinese_to_their_signs(spec: str) -> None:
    """One width of brackets and commas in a sentence, no word left over, and no sentence that ends in the air."""
    own = set(re.findall("[A-Za-z]+", (ROOT / spec).read_text(encoding="utf-8")))
    document = json.loads(render(solved(spec), "json", Options(language="zh", full=True)))
    rows = render(solved(spec), "plain", Options(language="zh", width=400)).splitlines()
    for text in (*told(document), *map(QUOTED.sub, [""] * len(rows), rows)):
        assert not HALF.search(text), text
    for text in told(document):
        assert set(WORD.findall(text)) <= KNOWN | own, text
    for solution in solved(spec):
        sentences = [item.text for step in solution.sections for item in step.items if isinstance(item, Sentence)]
        ends = [translate(text, "zh", str)[-1] for text in sentences]
        assert all(end in "。：？！）" for end in ends), [
            s for s, e in zip(sentences, ends, strict=True) if e not in "。："
        ]


@pytest.mark.parametrize("columns", [80, 140])
@pytest.mark.parametrize("spec", [spec for spec in SPECS if spec != SLOW])
def test_wide_characters_keep_to_the_columns(spec: str, columns: int) -> None:
    for form in ("plain", "terminal"):
        text = render(solved(spec), form, Options(language="zh", width=columns, color=False))
        assert max(map(width, text.splitlines())) <= columns
    boxes = re.findall(r"(?m)^╭─+┬.*\n(?:[│├].*\n)+╰.*$", text)
    assert all(len({width(row) for row in box.splitlines()}) == 1 for box in boxes)
    for rule in re.finditer(
        r"(?m)^(  .*)\n  (-+)$", render(solved(spec), "plain", Options(language="zh", width=columns))
    ):
        assert width(rule[1]) <= len(rule[2]) + 2


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.stem)
def test_every_mistake_is_told_in_chinese(path: Path) -> None:
    message, _ = verdict(path)
    rows = [row for row in message.splitlines() if not re.match(r"  \d* *\|", row)]
    for row in rows:
        sentence = re.sub(r"`[^`]*`|^\S+?: |“[^”]*”", "", row)
        assert CHINESE.search(row) and english(sentence) == [], row
    assert re.sub(r"[^:\d]", "", rows[0])[:8], "the place stays"


# ---------------------------------------------------------------- the command line


@pytest.fixture
def speak(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Speak:
    """Run the command line here, in the language of the environment."""

    def run(*args: str, lang: str = "zh_CN.UTF-8") -> tuple[int, str, str]:
        monkeypatch.setenv("LANG", lang)
        monkeypatch.setattr(sys, "argv", ["hwsolve", *args])
        with pytest.raises(SystemExit) as ended:
            start.main()
        done = capsys.readouterr()
        return int(ended.value.code or 0), done.out, done.err

    return run


@pytest.mark.parametrize(
    "command", ["", *KINDS, "solve", "validate", "batch", "list", "kinds", "layers", "new", "examples"]
)
def test_help_is_chinese(command: str, speak: Speak) -> None:
    status, text, _ = speak(*([command] if command else []), "--help")
    assert status == 0 and text.startswith("用法：hwsolve")
    assert english(re.sub(r"hwsolve .*OPTIONS.*|[A-Z]{2,}\S*|--?[a-z-]+|'[^']*'", "", text)) == []


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (["batch"], "缺少 FOLDER"),
        (["batch", "x", "-j", "0"], "--jobs / -j：应为 1 到 256 的整数，实为 `0`。"),
        (["backprop", "--steps", "q"], "--steps：应为 1 到 1000000 的整数，实为 `q`。"),
        (["batch", "x", "--timeout", "q"], "--timeout 应为数，而不是 q。"),
        (["slove"], "没有命令 `slove`。是否想写 `solve`？"),
        (["qqqq"], "没有命令 `qqqq`。"),
        (["kinds", "--nope"], "没有选项 --nope。"),
        (["solve", "x", "--foramt", "json"], "没有选项 --foramt。是否想写 "),
        (["solve", "x", "--format"], "选项 --format 需要一个值。"),
        (["batch", "x", "--strict=3"], "选项 --strict 不接受值。"),
        (["list", "kinds", "more", "still"], "多余的参数：still。"),
        (["kinds", "more"], "未知的题型 `more`。"),
        (["solve", "none.yaml"], "没有文件 none.yaml。"),
        (["new", "bckprop"], "未知的题型 `bckprop`。是否想写 `backprop`？"),
        (["layers", "conv9"], "未知的层 `conv9`。"),
        (["layers", "capsule"], "层 `capsule` 尚未提供。"),
        (["examples", "2.1-backprp"], "没有示例 `2.1-backprp`。是否想写 "),
        (["solve", "x", "--lang", "fr"], "没有语言 `fr`；可用的有 en, zh。"),
    ],
)
def test_a_wrong_call(call: list[str], told: str, speak: Speak) -> None:
    status, out, err = speak(*call)
    assert (status, out) == (2, "")
    assert told in err
    assert english(re.sub(r"hwsolve .*OPTIONS.*|`hwsolve .*?`", "", err)) == []


def test_the_language_may_stand_before_the_command_or_behind_it(speak: Speak) -> None:
    for call in (["--lang", "zh", "kinds"], ["kinds", "--lang", "zh"], ["kinds", "--lang=zh"]):
        assert "手算反向传播" in speak(*call, lang="C")[1]
    assert "手算反向传播" in speak("kinds")[1]
    assert "手算" not in speak("kinds", "--lang", "en")[1]
    assert speak("--lang", "zh", "--help", lang="C")[1].startswith("用法")
    assert speak("--help", lang="C")[1].startswith("Usage")


def test_exit_statuses_are_the_same(speak: Speak) -> None:
    spec = str(ROOT / "problems/homework-1/1.1-fully-connected.yaml")
    assert speak("solve", spec, "--quiet")[0] == 0
    status, _, err = speak("solve", spec, "--quiet", "--set", "expect.params=3")
    assert status == 1 and "params 为 6480242100，预期 3" in err
    assert speak("validate", str(FOLDER / "steps.yaml"))[0] == 2
    assert speak()[0] == 2


def test_a_bug_report(speak: Speak, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr("hwsolve.pipeline.read_each", broken)
    status, _, err = speak("solve", str(FOLDER / "steps.yaml"))
    assert status == 3 and err.startswith("hwsolve 自身出错") and "加 --debug 可显示调用栈。" in err


def test_layers_and_their_arguments(speak: Speak) -> None:
    listed = speak("layers")[1].partition("\n\n")[0]
    rows = re.sub(r"\n +", " ", listed).splitlines()  # what is folded on a narrow screen
    named = [row.split()[0] for row in rows]
    assert set(LAYERS) <= set(named) and all(CHINESE.search(row) for row in rows)
    for layer in named:
        text = speak("layers", layer)[1]
        assert english(re.sub(FORMAL, "", text)) == [], layer


@pytest.mark.parametrize("subject", [subject for subject in SUBJECTS if subject != "examples"])
def test_every_list_and_entry(subject: str) -> None:
    rows, _, legend = listing(subject, None, "plain").partition("\n\n")
    assert english(legend) == []
    rows = rows.splitlines()
    assert all(CHINESE.search(row) for row in rows)
    for row in rows:
        text = listing(subject, row.split()[0], "plain")
        told = re.sub(FORMAL, "", text)
        assert english(told) == [], (row, english(told))


@pytest.mark.parametrize("kind", KINDS)
def test_a_starter_is_right_and_its_words_are_chinese(kind: str, speak: Speak) -> None:
    text = speak("new", kind)[1]
    assert english(re.sub(r"`[^`]*`|\{[^}]*\}", "", "\n".join(re.findall(r"(?m)# (.*)$|^title: (.*)$", text)[0]))) == []
    assert all(work_out(problem).answers for problem in read(text, "starter.yaml"))
    use("en")
    assert [row.partition("#")[0] for row in reference.starter(kind).splitlines() if not row.startswith("title")] == [
        row.partition("#")[0] for row in text.splitlines() if not row.startswith("title")
    ]


def test_the_summary_of_a_batch(hwsolve: Run) -> None:
    done = hwsolve("batch", ROOT / "problems/homework-1", FOLDER / "steps.yaml", "--jobs", "2", LANG="zh_CN.UTF-8")
    head, rule, *rows = done.stdout.splitlines()
    assert head.split() == ["题目", "题型", "符合预期", "与公布一致", "警告", "结果"]
    column = width(head[: head.index("符合预期")])
    assert {width(head.rstrip()), len(rule)} and rule.split(" ")[0] == "─" * rule.index(" ")
    assert all(width(row.split("count-params")[0]) == width(head.split("题型")[0]) for row in rows[:2])
    assert column < len(rule)
    assert rows[-1].startswith("3 个文件，3 道题：2 道正确，1 道题目有误；用时 ")
    assert "应为 1 到 1000000 的整数，实为 `0`。" in done.stderr
