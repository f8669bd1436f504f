"""From text to nodes: positions, the traps of YAML, and texts that mean harm."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from hwsolve.spec import events
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.read import decoded, documents
from hwsolve.spec.report import Report


def nodes(text: str) -> list[Node]:
    found = list(documents(Report("t.yaml", text)))
    assert all(report.ok for report, _ in found), problems(text)
    return [node for _, node in found if node is not None]


def problems(text: str) -> str:
    whole = Report("t.yaml", text)
    return Report("t.yaml", text).take(report for report, _ in documents(whole)).render()


def plain(node: Node) -> object:
    """The texts of a node, without places."""
    if isinstance(node, Scalar):
        return node.text
    if isinstance(node, Sequence):
        return [plain(part) for part in node.items]
    assert isinstance(node, Mapping)
    return {key: plain(value) for key, (_, value) in node.entries.items()}


def places(node: Node) -> list[tuple[int, int]]:
    """(line, column) of every part, keys included."""
    found = [(node.line, node.column)]
    if isinstance(node, Sequence):
        for part in node.items:
            found += places(part)
    elif isinstance(node, Mapping):
        for key, value in node.entries.values():
            found += places(key) + places(value)
    return found


def composed(node: yaml.Node) -> tuple[object, list[tuple[int, int]]]:
    """The same two of PyYAML's own node tree."""
    mark = node.start_mark
    here = [(mark.line + 1, mark.column + 1)]
    if isinstance(node, yaml.ScalarNode):
        return node.value, here
    if isinstance(node, yaml.SequenceNode):
        parts = [composed(part) for part in node.value]
        return [value for value, _ in parts], here + [place for _, below in parts for place in below]
    pairs = [(composed(key), composed(value)) for key, value in node.value]
    texts = {key[0]: value[0] for key, value in pairs}
    return texts, here + [place for key, value in pairs for place in key[1] + value[1]]


KEYS = st.text("abcxyz_0123 é界-", min_size=1, max_size=8)
DATA = st.recursive(
    st.text(max_size=12) | st.integers() | st.floats(allow_nan=False) | st.booleans() | st.none(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=25,
)


@given(DATA, st.booleans())
@settings(max_examples=300, deadline=None)
def test_texts_and_places_are_those_of_pyyaml(data: object, flow: bool) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, allow_unicode=True)
    found = nodes(text)
    expected = yaml.compose(text, Loader=yaml.SafeLoader)
    assert expected is not None
    if not found:  # nothing at all
        assert composed(expected)[0] in ("null", "")
        return
    texts, where = composed(expected)
    assert plain(found[0]) == texts
    assert places(found[0]) == where


@given(DATA)
@settings(max_examples=50, deadline=None)
def test_the_loader_in_python_reads_the_same(data: object) -> None:
    text = yaml.safe_dump(data, allow_unicode=True)
    fast = nodes(text)
    kept = events.Parser
    events.Parser = events.SlowParser
    try:
        assert nodes(text) == fast
    finally:
        events.Parser = kept


def test_scalars_keep_their_text_and_whether_they_are_quoted() -> None:
    (node,) = nodes("a: no\nb: '1e-3'\nc: 010\nd: |\n  x\ne: 1:30\nf:\n")
    assert plain(node) == {"a": "no", "b": "1e-3", "c": "010", "d": "x\n", "e": "1:30", "f": ""}
    assert isinstance(node, Mapping)
    assert [value.plain for _, value in node.entries.values() if isinstance(value, Scalar)] == [
        True, False, True, False, True, True,
    ]  # fmt: skip


def test_several_documents_and_empty_ones() -> None:
    assert [plain(n) for n in nodes("a: 1\n---\n---\n# nothing\n---\nb: 2\n...\n")] == [{"a": "1"}, {"b": "2"}]
    assert nodes("") == nodes("# only a comment\n") == nodes("---\n") == []


@pytest.mark.parametrize("text", ["a: 1\r\nb: [1,\r\n 2]\r\n", "\ufeffa: 1\nb: [1,\n 2]\n", "a: 1\rb: [1,\r 2]\r"])
def test_line_ends_and_byte_order_mark(text: str) -> None:
    assert nodes(text) == nodes("a: 1\nb: [1,\n 2]\n")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_encodings(encoding: str) -> None:
    report = Report()
    assert decoded("title: 反向传播 é\n".encode(encoding), report) == "title: 反向传播 é\n"
    assert report.ok


def test_an_alias_is_the_anchored_part() -> None:
    (node,) = nodes("a: &x [1, 2]\nb: *x\nc: [*x, *x]\n")
    assert plain(node) == {"a": ["1", "2"], "b": ["1", "2"], "c": [["1", "2"], ["1", "2"]]}


def test_anchors_belong_to_their_document_and_can_be_given_anew() -> None:
    assert [plain(n) for n in nodes("[&a 1, *a, &a 2, *a]")] == [["1", "1", "2", "2"]]
    assert "no anchor `&a`" in problems("a: &a 1\n---\nb: *a\n")


def test_every_mistake_is_found_at_once() -> None:
    text = problems("a: 1\na: 2\n<<: 3\n[x]: 4\nb: !!int 5\nc: *nowhere\n")
    for part in (
        "2:1: The key `a` stands twice; the first is in line 1.",
        "3:1: Merge keys",
        "4:1: A key is a single",
        "5:4: Tags such as `!!int`",
        "6:4: There is no anchor `&nowhere`",
    ):
        assert part in text


@pytest.mark.parametrize("depth, fine", [(100, True), (101, False)])
@pytest.mark.parametrize("opening, closing", [("[", "]"), ("{a: ", "}")])
def test_depth(depth: int, fine: bool, opening: str, closing: str) -> None:
    text = opening * (depth - 1) + "1" + closing * (depth - 1)
    assert problems(text) == "" if fine else "nested more than 100 levels deep" in problems(text)


def test_depth_through_aliases() -> None:
    chain = "a0: &a0 1\n" + "".join(f"a{i + 1}: &a{i + 1} [*a{i}]\n" for i in range(120))
    assert "nested more than 100 levels deep" in problems(chain)
    assert problems("".join(chain.splitlines(keepends=True)[:98])) == ""


def test_values_are_counted_with_aliases_written_out() -> None:
    tens = "a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
    for name, before in zip("bcde", "abcd", strict=True):
        tens += f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n"
    assert problems(tens) == ""  # 111,111 and what stands above them
    assert "at most 500,000 values" in problems(tens + "f: [*e, *e, *e, *e]\n")


def test_the_place_of_a_byte_that_is_not_utf8() -> None:
    report = Report("t.yaml")
    assert decoded("a: 1\nbé: ".encode() + b"\xff\n", report) is None
    assert report.render().startswith("t.yaml:2:5: The byte ff here is not UTF-8.")


HOSTILE = {
    "brackets": '"[" * 9_999_999',
    "braces": '"{" * 9_999_999',
    "dashes": '"- " * 4_999_999',
    "questions": '"? " * 4_999_999',
    "indented": '"".join(" " * i + "a:\\n" for i in range(4000))',
    "an open quote": "\"'\" + 'a' * 9_999_990",
    "words": '"[" + "1," * 4_999_990 + "]"',
    "keys": '"".join(f"k{i}: {i}\\n" for i in range(600_000))',
    "unknown keys": '"kind: backprop\\n" + "".join(f"k{i}: {i}\\n" for i in range(249_000))',
    "tags": '"!a " * 3_300_000',
    "a long tag": '"!" * 9_999_999',
    "tag lines": '"".join(f"%TAG !a{i}! b\\n" for i in range(400_000))',
    "lines": '"a: |\\n" + " x\\n" * 3_000_000',
    "documents": '"---\\na\\n" * 499_000',
    "laughs": '"a: &a [1,1,1,1,1,1,1,1,1,1]\\n" + "".join(f"{chr(98+i)}: &{chr(98+i)} [{(chr(42)+chr(97+i)+chr(44))*10}]\\n"'
    " for i in range(12))",
    "aliases": '"a: &a 1\\nb: [" + "*a," * 900_000 + "]"',
    "unknown aliases": '"[" + "*a," * 490_000 + "]"',
    "one alias": '"a: &a [*a]"',
    "wrong numbers": '"kind: backprop\\ninput: [" + "x," * 499_000 + "]"',
    "a long number": '"kind: backprop\\nsteps: " + "9" * 9_000_000',
    "a long decimal": '"kind: backprop\\ninput: 0." + "9" * 9_000_000',
    "a high power": '"kind: backprop\\ninput: 9**9**9**9"',
    "a high exponent": '"kind: backprop\\ninput: 1e999999999"',
    "a long formula": '"kind: backprop\\ninput: " + "1+" * 4_000_000 + "1"',
    "a deep formula": '"kind: backprop\\ninput: " + "(" * 9000',
    "a big array": '"kind: backprop\\ninput: {zeros: [100000, 100000, 100000]}"',
    "ten megabytes": '"a" * 10_000_001',
    "nothing but spaces": '" " * 9_999_990 + "\\t"',
    "binary": "bytes(range(256)) * 39_000",
    "zeros": 'b"\\0" * 9_000_000',
}

CHILD = """
import sys, time
from pathlib import Path
from typing import Annotated
from hwsolve.spec.fields import Array, ArrayField, Count
from hwsolve.spec.load import load
from hwsolve.spec.problem import Problem
from hwsolve.spec.report import SpecFailure

class Plain(Problem, kw_only=True):
    input: Annotated[Array, ArrayField()] | None = None
    steps: Count = 1

def megabytes():  # the most memory that this process has held
    (peak,) = (line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(peak.split()[1]) / 1024

text = {text}
data = text if isinstance(text, bytes) else text.encode()
del text
start = time.process_time()
try:
    load(data, "t.yaml", lambda kind: Plain if kind == "backprop" else None, ["backprop"])
    print("no error")
except SpecFailure as failure:
    shown = failure.report.render()
    print(time.process_time() - start, megabytes(), len(shown), shown.splitlines()[0][:200])
"""


@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is read from /proc")
@pytest.mark.parametrize("name", HOSTILE)
def test_a_text_that_means_harm_is_refused_quickly(name: str) -> None:
    """In under a second and 200 MB, with a short message (a slow machine gets three times the time)."""
    child = textwrap.dedent(CHILD).replace("{text}", HOSTILE[name])
    ran = subprocess.run([sys.executable, "-c", child], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.strip() != "no error"
    seconds, memory, length, _ = ran.stdout.split(maxsplit=3)
    assert float(seconds) < 3
    assert float(memory) < 200
    assert int(length) < 500_000
