"""Random specs of every kind: what holds of every page, whatever the problem is.

HWSOLVE_TIMES=200 pytest tests/test_random_specs.py        the sweep over 200 specs of each kind
"""

from __future__ import annotations

import json
import random
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

pytest.importorskip("torch", reason="some of the makers of specs have PyTorch as their peer")

import hwsolve
from hwsolve.formula.random_points import CONSTANTS
from hwsolve.formula.tree import BigOperator, Call, Number, Ref
from hwsolve.kinds.count_params.setting_words import COUNTED, NAMED, WITH
from hwsolve.language import Message
from hwsolve.layers import LAYERS, layer_class
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, blocks, render
from hwsolve.solution import Group, Note, Sentence, Solution, Table
from hwsolve.spec.report import SpecFailure
from tests.line_check import DIGITS, answers_without_line, wrong_at, wrong_lines
from tests.often import TIMES, often
from tests.random_specs import MAKERS
from tests.test_chinese import english
from tests.test_page_width import faults as faults_of_text
from tests.test_render_markdown import check_page

SEEDS = range(often(1))
FEW = 3  # checks of a spec in a short run
FORMULAS = {"key", "formula", "value", "lhs", "rhs", "links", "factor", "where", "claims", "exact", "full", "free"}
NUMBER = re.compile(r"\d[\d,]*(?:\.\d+)?")
PRIVATE = re.compile(r"\bCall\(|\bRef\(|\bMessage\(|\bQuantity\(|\bnan\b|\bNone\b|\w_at\b|\bd[₀-₉]|\bd\d\b")
UNMET = "Compared with what the spec expects"
SAME_WAY = re.compile(r"go(es)? the same way")  # of the lines in front of it


def solved(kind: str, seed: int) -> Solution | None:
    """The solution of a random spec; None where it is refused, which says why."""
    spec = MAKERS[kind](random.Random(f"{kind} {seed}"))
    try:
        return work_out(read(spec, "spec.yaml")[0]) if isinstance(spec, str) else hwsolve.solve(spec)
    except SpecFailure as refused:
        assert str(refused)
        return None


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("kind", MAKERS)
def test_what_holds_of_every_page(kind: str, seed: int) -> None:
    solution = solved(kind, seed)
    if solution is not None:
        assert list(faults(solution, random.Random(seed))) == []


def faults(solution: Solution, dice: random.Random) -> Iterator[tuple[str, Any]]:
    """What is wrong with the pages and the JSON of a solution; in a short run by some of the checks."""
    checks = (lines, tampered, widths, markdown, twice, introduced, questions, languages, templates, private)
    for check in dice.sample(checks, FEW) if TIMES == 1 else checks:
        for found in check(solution, dice):
            yield check.__name__, found


def page(solution: Solution, form: str = "plain", **options: Any) -> str:
    """A page of some format."""
    return render([solution], form, Options(**({"color": False} | options)))


def document(solution: Solution, **options: Any) -> dict[str, Any]:
    """What the JSON says."""
    found: dict[str, Any] = json.loads(page(solution, "json", **options))
    return found


def lines(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """Lines that do not hold, and answers that have none."""
    found = document(solution)
    yield from wrong_lines(found)
    if found["kind"] != "count-params":
        yield from answers_without_line(found)


def tampered(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """A value, a formula, a side, a link or a claim that can be changed without being noticed, one of each form."""
    found = document(solution) | {"answers": {}}
    places: dict[str, list[tuple[Any, Any, Any]]] = {}
    for section in found["sections"]:
        for line in section["lines"]:
            sides = {"value": ("formula", "value"), "identity": ("rhs",)}.get(line["kind"], ())
            holders = [(f"{line['kind']} {side}", line, side) for side in sides if isinstance(line[side], str)]
            holders += [(f"{line['kind']} link", link, 1) for link in line.get("links", ()) if len(link) == 2]
            for form, holder, key in holders if line.get("relation", "=") in "=≈" else ():
                places.setdefault(form, []).append((line, holder, key))
        for part in section["body"]:
            for n, claim in enumerate(part.get("claims", ())):
                if isinstance(claim, str):
                    places.setdefault("claim", []).append((claim, part["claims"], n))
    for form, every in places.items():
        line, holder, key = dice.choice(every)
        right = holder[key]
        holder[key] = damaged(right)
        if not wrong_at(without_others(found, line), 7, DIGITS):
            yield form, right, holder[key]
        holder[key] = right


def without_others(found: dict[str, Any], line: Any) -> dict[str, Any]:
    """A document without the identities and claims beside one, which define nothing."""
    sections = []
    for section in found["sections"]:
        kept = [x for x in section["lines"] if x is line or x["kind"] != "identity"]
        body = [part for part in section["body"] if part.get("claims") and isinstance(line, str)]
        sections.append(section | {"lines": kept, "body": body})
    return found | {"sections": sections}


def damaged(text: str) -> str:
    """A formula, an equation, an order or a number that says something else."""
    if (found := re.search(r"==|!=|<=|>=|<|>|≈", text)) and "if(" not in text:
        turned = {"<": ">=", ">": "<=", "<=": ">", ">=": "<", "!=": "=="}
        if found[0] in turned:
            return text[: found.start()] + turned[found[0]] + text[found.end() :]
        return f"{text[: found.end()]} 3*({text[found.end() :].strip()}) + 17/13"
    if re.fullmatch(r"-?\d+(\.\d+)?([eE][+-]?\d+)?", text):
        at = next((n for n, c in enumerate(text) if c in "123456789"), len(text) - 1)
        return text[:at] + str((int(text[at]) + 1) % 9 + 1) + text[at + 1 :]
    return f"[{text[1:-1]}, 7]" if text.startswith("[") else f"3*({text}) + 17/13"


def widths(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """Rows that are wider than the page, or torn."""
    for columns in (40, 60, 80):
        for options in ({}, {"full": True}, {"language": "zh"}):
            form = dice.choice(("plain", "terminal"))
            yield from (
                (form, columns, options, found)
                for found in faults_of_text(page(solution, form, width=columns, **options), columns)
            )


def markdown(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """Rows of mathematics that are cut off, and commands that are not known."""
    for options in ({}, {"full": True}):
        try:
            check_page(page(solution, "markdown", **options))
        except (AssertionError, ValueError) as wrong:
            yield str(wrong)[:300]


def twice(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """Lines and sentences that stand twice below one heading."""
    seen: Counter[str] = Counter()
    for block in blocks.Page(solution, Options()).blocks():
        if isinstance(block, blocks.Heading):
            seen = Counter()
        said: list[str] = []
        if isinstance(block, blocks.Equations):
            said = [f"{row.words} {row.links!r} {row.case and row.reason!r}" for row in block.rows if row.links]
        elif isinstance(block, blocks.Say | blocks.Status) and not SAME_WAY.search(str(block.text)):
            said = [str(block.text)]
        seen.update(said)
        yield from (text for text in said if seen[text] == 2)


def introduced(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """Names in the equations of a page that are given nowhere, on no left side, and in no sentence, table or statement.

    Where a part of a chain is an integral its letter is bound. What is shown at one step is known at any step k, and at
    the one before it, where the reason of a line says that k numbers the updates.
    """
    known = names([g.key for g in solution.given]) | set(CONSTANTS)
    known |= {str(name) for s in solution.sections if s.part == "statement" for i in s.items for name in names(i)}
    wanted: dict[str, Any] = {}
    for block in blocks.Page(solution, Options()).blocks():
        if not isinstance(block, blocks.Equations):
            known |= names(block)
            continue
        for row in block.rows:
            left, *rest = [f for _, f in row.links] or [None]
            known |= names(left) | names(row.words)
            known |= {"k"} if "number of the update" in str(row.reason) else set()
            wanted |= dict.fromkeys(names(rest), row.links)
    if "k" in known:
        known |= {f"{name.partition('@')[0]}@{any_step}" for name in known if "@" in name for any_step in ("k", "k-1")}
    for name, links in wanted.items():
        if name != "…" and not known & {name, name.partition("↓")[0]}:  # v↓w is v of w, of which the rule speaks
            yield name, repr(links)[:300]


def names(value: Any) -> set[str]:
    """The free names in formulas, wherever they stand."""
    if isinstance(value, BigOperator):
        return set().union(*map(names, (value.body, value.low, value.high))) - {value.index}
    if isinstance(value, Ref):
        return {value.name}.union(*map(names, value.indices))
    if isinstance(value, Call) and value.name == "integral":
        return names(value.args[0]) - names(value.args[1]) | names(value.args[2:]) - {"inf"}
    if isinstance(value, Call):
        return set().union(*map(names, value.args))
    if isinstance(value, Message):
        return names(list(value.values.values()))
    if isinstance(value, list | tuple):
        return set().union(*map(names, value)) if value else set()
    if isinstance(value, str):
        return set(re.findall(r"\w+", value))
    if isinstance(value, Number):
        return set()
    fields = getattr(value, "__struct_fields__", ())
    return set().union(*(names(getattr(value, f)) for f in fields)) if fields else set()


def questions(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """What a page of the problem alone says that the solution does not say, or that was found out; what --checks changes."""
    options: dict[str, Any] = {"width": 200}
    whole, asked = page(solution, **options), page(solution, questions=True, **options)
    found = {q for a in document(solution)["answers"].values() for q in decimals(a.get("value"))}
    stated = set(NUMBER.findall(json.dumps(document(solution)["given"])))
    said = set(re.findall(r"(?<![\w.])\d+\.\d{4,}", asked))
    yield from sorted(said & found - stated)
    checked = {" ".join(row.split()) for row in page(solution, checks=True, **options).splitlines()}
    rows = {
        " ".join(row.split()) for row in whole.partition(UNMET)[0].splitlines()
    }  # --checks sets its table otherwise
    yield from sorted(row for row in rows - checked if "hold" not in row and "agree" not in row and row.strip("─ "))[:3]


def decimals(value: Any) -> Iterator[str]:
    """The numbers of an answer as they are printed."""
    if isinstance(value, list):
        for part in value:
            yield from decimals(part)
    elif isinstance(value, float):
        yield str(value)


def languages(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """English that is left on a Chinese page, and what the JSON says otherwise in Chinese beside its texts."""
    import msgspec

    from hwsolve.language import use

    bare = msgspec.structs.replace(solution, title="")
    use("zh")
    try:
        for options in ({"full": True}, {"questions": True}, {"checks": True}):
            yield from english(page(bare, language="zh", width=200, **options))
        for text in texts(document(bare, language="zh")):
            yield from (pair for pair in english(text) if "if" not in pair.split())  # of a formula that was typed
    finally:
        use("en")
    one, other = values(document(solution)), values(document(solution, language="zh"))
    if one != other:
        yield "the JSON in Chinese has other values", next((a, b) for a, b in zip(one, other, strict=False) if a != b)


def texts(data: Any) -> Iterator[str]:
    """The sentences of a document."""
    if isinstance(data, dict):
        for key, value in data.items():
            if isinstance(value, str) and key in ("say", "reason", "rule", "title", "text"):
                yield value
            yield from texts(value)
    elif isinstance(data, list):
        for value in data:
            yield from texts(value)


def values(data: Any, at: str = "") -> list[tuple[str, Any]]:
    """The numbers and formulas of a document."""
    if isinstance(data, dict):
        return [v for key, value in data.items() for v in values(value, key)]
    if isinstance(data, list):
        return [v for value in data for v in values(value, at)]
    return [] if isinstance(data, str) and at not in FORMULAS else [(at, data)]


def templates(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """Sentences with a number above 1 or with mathematics of their own."""
    for message in messages([s.title for s in solution.sections] + [i for s in solution.sections for i in s.items]):
        bare = re.sub(r"\{\w+\}", "", message.template)
        if re.search(r"(?<![\w-])[2-9]", bare.replace("float64", "")) or set(bare) & set("=≈<>Σ∂∫⟺²√"):
            yield message.template


def messages(value: Any) -> Iterator[Message]:
    """Every template of parts of a document, those at places of others too."""
    if isinstance(value, Message):
        yield value
        yield from messages(list(value.values.values()))
    elif isinstance(value, Sentence | Note):
        yield from messages(value.text)
    elif isinstance(value, Group):
        yield from messages(value.reason)
    elif isinstance(value, Table):
        yield from messages([value.title, *value.columns])
    elif isinstance(value, list | tuple):
        for part in value:
            yield from messages(part)


def private(solution: Solution, dice: random.Random) -> Iterator[Any]:
    """What is of the program and not of the problem."""
    for row in page(solution, width=200).splitlines():
        if found := PRIVATE.search(row):
            yield found[0], row.strip()


MENDED = (
    ("backprop", 4, tampered), ("backprop", 5, markdown), ("backprop", 12, markdown), ("backprop", 14, languages),
    ("backprop-batches", 2, introduced), ("backprop-batches", 7, introduced), ("backprop-attention", 11, languages),
    ("initialization", 2, introduced), ("count-params", 9, questions),
)  # fmt: skip


@pytest.mark.parametrize(("kind", "seed", "check"), MENDED)
def test_what_a_sweep_found_does_not_come_back(kind: str, seed: int, check: Any) -> None:
    solution = solved(kind, seed)
    assert solution is not None and list(check(solution, random.Random(seed))) == []


def test_settings_of_layers_stand_in_words() -> None:
    every = {name for layer in LAYERS for name in layer_class(layer).__struct_fields__ if "_" in name}
    assert every <= {*NAMED, *COUNTED, *WITH}
