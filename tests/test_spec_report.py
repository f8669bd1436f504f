"""How errors are shown: order, places, carets, hints, and what a terminal must not be given."""

from __future__ import annotations

import unicodedata

import pytest

from hwsolve.language import Message, say
from hwsolve.spec.nodes import Scalar
from hwsolve.spec.report import MOST, ROOT, Full, Path, Report, SpecFailure, excerpt, suggest


def at(line: int, column: int) -> Scalar:
    return Scalar(line, column, "")


def test_errors_stand_in_the_order_of_their_places() -> None:
    report = Report("a.yaml", "first: 1\nsecond: 2\n")
    report.add(at(2, 9), ROOT / "second", say("Wrong {what}.", what="number"), say("Write 3."))
    report.add(at(1, 1), "", say("Unknown key."))
    assert report.render() == (
        "a.yaml:1:1: Unknown key.\n"
        "  1 | first: 1\n"
        "    | ^\n"
        "a.yaml:2:9: Wrong number.\n"
        "  at second\n"
        "  2 | second: 2\n"
        "    |         ^\n"
        "  hint: Write 3."
    )
    assert str(SpecFailure(report)) == report.render()
    assert not report.ok and report.where(at(2, 9)) == "a.yaml:2:9"


def test_a_mistake_that_is_met_twice_is_shown_once() -> None:
    report = Report("a.yaml", "x: 1\n")
    for _ in range(2):
        report.add(at(1, 4), ROOT / "x", say("Wrong."))
    assert report.render().count("Wrong.") == 1


def test_a_report_gets_full() -> None:
    report = Report("a.yaml", "x: 1\n")
    with pytest.raises(Full):
        for column in range(MOST + 1):
            report.add(at(1, column), "", say("Wrong."))
    assert len(report.errors) == MOST
    assert report.render().endswith(f"There are more errors; these are the first {MOST} that were found.")


def test_paths_count_from_1() -> None:
    assert str(ROOT / "network" / "layers" / 3 / "kernel_size") == "network.layers[3].kernel_size"
    assert str(ROOT / "expect" / "w@1") == "expect.w@1"
    assert str(Path()) == ""


def columns(text: str) -> int:
    """An independent count of terminal columns."""
    wide = sum(unicodedata.east_asian_width(c) in ("W", "F") for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) > 0 for c in text)


@pytest.mark.parametrize(
    "line, mark",
    [
        ("a: 5", "5"),
        ("标题: 反向传播 X", "X"),
        ("e\u0301te\u0301: X", "X"),
        ("a:\tX", "X"),
        ("\t\tX", "X"),
        ("ＡＢＣ X", "X"),
        ("a: " + "x" * 500 + "X" + "y" * 500, "X"),
        ("标" * 500 + "X" + "y" * 500, "X"),
    ],
)
def test_the_caret_stands_below_its_character(line: str, mark: str) -> None:
    shown, caret = excerpt(line, line.index(mark) + 1)
    before = shown[: shown.index(mark)]
    assert columns(before) == caret
    assert len(shown) <= 100 + 4 + 3 * line.count("\t")


def test_a_caret_behind_the_line_stands_at_its_end() -> None:
    assert excerpt("abc", 50) == ("abc", 3)


def test_control_characters_do_not_reach_the_terminal() -> None:
    report = Report("a.yaml", "x: \x1b[31mred\x07\u202e\n")
    report.add(at(1, 4), "", say("Wrong."))
    assert not any(ord(c) < 32 and c != "\n" for c in report.render())
    assert "\u202e" not in report.render()


def test_messages_go_through_the_language() -> None:
    report = Report("a.yaml", "x: 1\n")
    report.add(at(1, 4), "x", say("Wrong."), say("Right."))
    catalogue = {"Wrong.": "错了。", "hint: {hint}": "提示：{hint}", "Right.": "对了。", "at {path}": "在 {path}"}

    def chinese(message: Message) -> str:
        template = catalogue.get(message.template, message.template)
        values = {k: chinese(v) if isinstance(v, Message) else v for k, v in message.values.items()}
        return template.format(**values)

    assert report.render(chinese) == "a.yaml:1:4: 错了。\n  在 x\n  1 | x: 1\n    |    ^\n  提示：对了。"


@pytest.mark.parametrize(
    "word, known, near",
    [
        ("kernal_size", ["kernel_size", "stride"], "kernel_size"),
        ("Conv2D", ["conv1d", "conv2d"], "conv2d"),
        ("maxpool2d", ["max_pool2d", "avg_pool2d"], "max_pool2d"),
        ("batch-norm2d", ["batch_norm2d"], "batch_norm2d"),
        ("dense", ["conv2d", "linear"], "linear"),
        ("learning_rate", ["lr", "momentum"], "lr"),
        (
            "BCEWithLogitsLoss",
            ["binary_cross_entropy", "binary_cross_entropy_with_logits"],
            "binary_cross_entropy_with_logits",
        ),
        ("ln", ["exp", "log"], "log"),
        ("xyzzy", ["linear", "relu"], None),
        ("x" * 100_000, ["linear"], None),
    ],
)
def test_the_nearest_name(word: str, known: list[str], near: str | None) -> None:
    assert suggest(word, known) == near
