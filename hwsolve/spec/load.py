"""A spec's text to the records of its problems, or every error at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from collections.abc import Mapping as Dict
from contextlib import suppress
from typing import Any

from hwsolve.language import say
from hwsolve.spec.field import INVALID, describe
from hwsolve.spec.nodes import Mapping, Node, Scalar
from hwsolve.spec.notation import of_use
from hwsolve.spec.override import Data, Override
from hwsolve.spec.problem import Problem
from hwsolve.spec.read import decoded, documents
from hwsolve.spec.records import read_record
from hwsolve.spec.report import ROOT, Full, Report, SpecFailure, clip, did_you_mean
from hwsolve.spec.terms import KIND

Kinds = Callable[[str], type[Problem] | None]
Check = Callable[[Problem, Report], Any]


def load_each(
    text: str | bytes,
    source: str,
    kinds: Kinds,
    names: Iterable[str] = (),
    overrides: Dict[str, str] | None = None,
    kind: str | None = None,
    instead: Dict[str, str] | None = None,
    check: Check | None = None,
    data: Dict[str, tuple[str, Node]] | None = None,
    option: str = "--set ",
) -> list[Problem | SpecFailure]:
    """The problem of each document of a text, checked, or the SpecFailure with all that is wrong with it.

    `source` is the file's name as errors show it; `kinds` finds the record class of a kind and `names` are the known
    kinds; `overrides` maps paths to values that replace the file's; `kind` is that of a document which states none,
    and where given no document may state another.  Where a document has no key of `instead` at its top, that is added,
    and takes the place of the overrides below the key.  `check` notes what is wrong with a problem as a whole, beyond
    the single fields (shapes, names), and gives what its solution starts from.  `data` are numbers for givens by their
    names, with where they come from.  `option` stands before an override in errors, as it was typed.
    """
    whole = Report(source)
    changes = [Override(path, value, whole, option) for path, value in (overrides or {}).items()]
    additions = {key: Override(key, value, whole) for key, value in (instead or {}).items()}
    numbers = [Data(name, source, value, whole) for name, (source, value) in (data or {}).items()]
    decoded_text = decoded(text, whole) if isinstance(text, bytes) else text
    if decoded_text is None:
        return [SpecFailure(whole)]
    whole.text = decoded_text
    known = list(names)
    found: list[Problem | SpecFailure] = []
    for report, node in documents(whole):
        problem = None
        with suppress(Full):
            if node is not None:
                for change in fitted(changes, additions, node):
                    change.apply(node, report)
                problem = _problem(node, report, kinds, known, kind, check, numbers)
        found.append(problem if problem is not None and report.ok else SpecFailure(report))
    if not found:
        whole.add(Scalar(0, 0, ""), ROOT, say("The text is empty: it holds no problem."))
        return [SpecFailure(whole)]
    return found


def fitted(changes: list[Override], additions: dict[str, Override], node: Node) -> list[Override]:
    """The changes for a document, depending on the keys it has."""
    present = node.entries if isinstance(node, Mapping) else {}
    lacking = [change for key, change in additions.items() if key not in present]
    tops = {change.steps[0] for change in lacking if change.steps}
    return [change for change in changes if not change.steps or change.steps[0] not in tops] + lacking


def load(text: str | bytes, source: str, kinds: Kinds, names: Iterable[str] = (), **more: Any) -> list[Problem]:
    """The problems of a text, or all that is wrong with any of its documents; `more` as for `load_each`."""
    return all_right(load_each(text, source, kinds, names, **more))


def all_right(found: list[Problem | SpecFailure]) -> list[Problem]:
    """The problems of a text, or one SpecFailure with the errors of all its documents."""
    wrong = [one.report for one in found if isinstance(one, SpecFailure)]
    if wrong:
        raise SpecFailure(wrong[0] if len(wrong) == 1 else Report(wrong[0].source, wrong[0].text).take(wrong))
    return [one for one in found if not isinstance(one, SpecFailure)]


def _problem(
    node: Node,
    report: Report,
    kinds: Kinds,
    names: list[str],
    wanted: str | None,
    check: Check | None,
    data: list[Data],
) -> Problem | None:
    """The record of one document, or None after a note."""
    if type(node) is not Mapping:
        report.add(node, ROOT, say("Expected a mapping that begins with `kind`, got {got}.", got=describe(node)))
        return None
    kind = _kind(node, report, names, wanted)
    if kind is None:
        return None
    cls = kinds(kind)
    if cls is None:
        at = node.entries["kind"][1] if "kind" in node.entries else node
        report.add(at, ROOT / "kind", *KIND.unknown(kind, names))
        return None
    before = len(report.errors)
    for one in data:
        one.apply(node, cls.DATA, report)
    if len(report.errors) > before:
        return None
    report.document = node
    problem = read_record(cls, node, report, ROOT)
    if problem is INVALID:
        return None
    problem.kind, problem.node, problem.source, problem.report = kind, node, report.source, report
    of_use(node, cls.NOTATION, report)
    if check is not None and len(report.errors) == before:
        problem.prepared = check(problem, report)
    return problem


def _kind(node: Mapping, report: Report, names: list[str], wanted: str | None) -> str | None:
    """The kind of a document, or None after a note."""
    if "kind" not in node.entries:
        if wanted is not None:
            return wanted
        key = next((key for key in node.entries if key.lower() in ("kind", "type", "kinds")), None)
        hint = did_you_mean("", names) if key is None else say("`{key}` is called `kind` here.", key=key)
        report.add(node, ROOT, say("`kind` is missing: it says what is to be solved."), hint)
        return None
    stated = node.entries["kind"][1]
    if type(stated) is not Scalar or not stated.text:
        report.add(stated, ROOT / "kind", say("Expected the name of a kind, got {got}.", got=describe(stated)))
        return None
    if wanted is not None and stated.text != wanted:
        message = say("This problem is of the kind `{kind}`, not `{wanted}`.", kind=clip(stated.text), wanted=wanted)
        report.add(stated, ROOT / "kind", message, say("`hwsolve solve` takes any kind."))
        return None
    return stated.text


def as_text(data: Any) -> str:
    """A spec that is Python data (a dict, or a list of them for several) as text that can be loaded."""
    import json

    several = data if isinstance(data, list) else [data]
    return "\n---\n".join(json.dumps(one, indent=2, ensure_ascii=False, default=_plain) for one in several) + "\n"


def as_row(data: Any) -> str:
    """Python data as text in one row."""
    import json

    return json.dumps(data, ensure_ascii=False, default=_plain)


def _plain(value: Any) -> Any:
    """Data of other libraries: arrays as lists, the rest as its text."""
    return value.tolist() if hasattr(value, "tolist") else str(value)
