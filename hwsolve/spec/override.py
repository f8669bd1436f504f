"""Single values of a spec replaced from outside: `--set network.layers[1].out_features=3`.

The path is that of an error message.  A shorthand on the way is opened: `[1].out_features` reaches into `- linear: 2`
and `- linear: {out_features: 2}`, as `optimizer.lr` does into `optimizer: {sgd: {lr: 1}}`.
"""

from __future__ import annotations

import re
from contextlib import suppress

from hwsolve.language import say
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence, is_null
from hwsolve.spec.read import documents
from hwsolve.spec.records import POSITIONAL
from hwsolve.spec.report import ROOT, Report, clip, did_you_mean

NAMED = (["loss"], ["optimizer"])  # where a thing is chosen by its name, as an item of a list is
STEP = re.compile(r"\[(-?\d{1,9})\]|\.?([^.\[\]=]+(?:@\d+)?)")


class _NoPlace(Exception):
    """A path leads nowhere; it is already noted."""


class Override:
    """A value (YAML text) for a path, to be put into documents; the report on the whole text keeps what was typed."""

    def __init__(self, path: str, value: str, whole: Report, option: str = "--set ") -> None:
        whole.overrides.append((f"{option}{path}={value}", value))
        self.line = -len(whole.overrides)
        self.wrong = Report()
        self.steps = steps_of(path)
        if self.steps is None:
            message = say("`{path}` is not a path such as `network.layers[1].name`.", path=clip(path))
            self.wrong.add(Scalar(self.line, 1, ""), ROOT, message)
        self.value = _parsed(value, self.line, self.wrong)

    def apply(self, document: Node, report: Report) -> None:
        """Put the value into a document; mistakes go to the document's report."""
        report.take([self.wrong])
        if self.steps is not None and self.value is not None:
            with suppress(_NoPlace):
                _put(document, self.steps, self.value, self.line, report)


class Data:
    """Numbers from outside for a given quantity, by the name that a document has for it, or its path."""

    def __init__(self, name: str, source: str, value: Node, whole: Report) -> None:
        whole.overrides.append((f"--input {name}={source}", ""))
        self.name, self.value, self.line = name, value, -len(whole.overrides)
        _mark(value, self.line)

    def apply(self, document: Mapping, keys: tuple[str, ...], report: Report) -> None:
        """Put them below one of the keys of a kind that its givens stand under; a kind may have none."""
        steps = self.place(document, keys, report)
        if steps:
            with suppress(_NoPlace):
                _put(document, steps, self.value, self.line, report)

    def place(self, document: Mapping, keys: tuple[str, ...], report: Report) -> list[str | int]:
        """The path of the quantity, if its name is not one already; nothing after a note."""
        steps = steps_of(self.name) or []
        if len(steps) > 1 and steps[0] in document.entries:
            return steps
        if not keys:
            report.add(Scalar(self.line, 1, ""), ROOT, say("This kind of problem takes no numbers from a file."))
            return []
        return self.of_network(document, report) if keys == ("input",) else self.of_givens(document, keys, report)

    def of_network(self, document: Mapping, report: Report) -> list[str | int]:
        """The path of an input, of the target or of the gradient that comes in."""
        network = document.entries.get("network")
        inner = network[1].entries if network is not None and isinstance(network[1], Mapping) else {}
        named = inner["inputs"][1] if "inputs" in inner else None
        known = list(named.entries) if isinstance(named, Mapping) else ["x"]
        if self.name in known:
            return ["input", self.name] if isinstance(named, Mapping) else ["input"]
        if self.name in ("target", "upstream"):
            return [self.name]
        message = say(
            "There is no input `{name}`; other numbers have their path, as `network.layers[1].weight`.", name=self.name
        )
        report.add(Scalar(self.line, 1, ""), ROOT, message, did_you_mean(self.name, known))
        return []

    def of_givens(self, document: Mapping, keys: tuple[str, ...], report: Report) -> list[str | int]:
        """The path of a quantity: below the key it is written with or stated under, else the only possible one."""
        key, dot, name = self.name.partition(".")
        if dot and key in keys:
            return [key, name]
        here = {key: document.entries[key][1] for key in keys if key in document.entries}
        for key, stated in here.items():
            if isinstance(stated, Mapping) and self.name in stated.entries:
                return [key, self.name]
        possible = [key for key in keys if key in here] or list(keys)
        if len(possible) == 1:
            return [possible[0], self.name]
        known = ", ".join(f"`{key}.{self.name}`" for key in possible)
        message = say("`{name}` is not stated in this problem; say what it is: {known}.", name=self.name, known=known)
        report.add(Scalar(self.line, 1, ""), ROOT, message)
        return []


def steps_of(path: str) -> list[str | int] | None:
    """`network.layers[1].name` as its steps, or None."""
    steps: list[str | int] = []
    at = 0
    while at < len(path):
        match = STEP.match(path, at)
        if match is None or (at == 0 and path[0] in ".["):
            return None
        steps.append(int(match[1]) if match[1] else match[2])
        at = match.end()
    return steps or None


def _parsed(value: str, line: int, report: Report) -> Node | None:
    """The value's node, its places marked as an override's."""
    found = list(documents(Report(text=value)))
    errors = [error for inner, _ in found for error in inner.errors]
    for error in errors:
        report.add(Scalar(line, max(error.column, 1), ""), ROOT, error.message, error.hint)
    if len(found) > 1:
        report.add(Scalar(line, 1, ""), ROOT, say("Expected one value."))
    if errors or len(found) > 1:
        return None
    node = (found[0][1] if found else None) or Scalar(1, 1, value.strip())
    _mark(node, line)
    return node


def _mark(node: Node, line: int) -> None:
    node.line = line
    if isinstance(node, Sequence):
        for part in node.items:
            _mark(part, line)
    elif isinstance(node, Mapping):
        for key, part in node.entries.values():
            _mark(key, line)
            _mark(part, line)


def _put(node: Node, steps: list[str | int], value: Node, line: int, report: Report) -> None:
    """Walk the steps below a document and set the last."""
    for place, step in enumerate(steps):
        path = ROOT
        for done in steps[:place]:
            path = path / done
        last = value if place == len(steps) - 1 else None
        if isinstance(step, int):
            node = _item(node, step, last, line, report, path)
        else:
            inside = place > 0 and (isinstance(steps[place - 1], int) or steps[:place] in NAMED)
            if last is None and all(isinstance(s, str) for s in steps[place:]):
                _make(node, step, line)
            here = node
            node = _entry(here, step, last, line, report, path, inside)
            if last is None and steps[: place + 1] in NAMED and isinstance(here, Mapping):
                node = _opened(node)
                here.entries[step] = (here.entries[step][0], node)


def _make(node: Node, step: str, line: int) -> None:
    """A mapping at the top of a spec that it does not have yet, as `expect` for `expect.L`."""
    if isinstance(node, Mapping) and step not in node.entries and "kind" in node.entries:
        node.entries[step] = (Scalar(line, 1, step), Mapping(line, 1, {}))


def _item(node: Node, step: int, value: Node | None, line: int, report: Report, path: object) -> Node:
    """The item of a list, replaced by the value if there is one."""
    if not isinstance(node, Sequence) or not 0 < step <= len(node.items):
        n = len(node.items) if isinstance(node, Sequence) else 0
        message = say("There is no item [{step}] here: the list has {n}.", step=step, n=n)
        hint = say("Items are counted from 1.") if step == 0 and n else None
        report.add(Scalar(line, 1, ""), str(path), message, hint)
        raise _NoPlace
    node.items[step - 1] = value if value is not None else _opened(node.items[step - 1])
    return node.items[step - 1]


def _opened(node: Node) -> Node:
    """A name alone, as `relu`, as one with arguments, into which more can be put."""
    if not isinstance(node, Scalar) or is_null(node):
        return node
    key = Scalar(node.line, node.column, node.text, node.plain)
    return Mapping(node.line, node.column, {node.text: (key, Mapping(node.line, node.column, {}))})


def _entry(node: Node, step: str, value: Node | None, line: int, report: Report, path: object, in_list: bool) -> Node:
    """The value of a key, made or replaced by the value if there is one; a shorthand is opened."""
    if not isinstance(node, Mapping):
        known = Scalar(line, 1, "")
        report.add(known, str(path), say("There is no key `{step}` here: this is not a mapping.", step=step))
        raise _NoPlace
    if step not in node.entries and len(node.entries) == 1:
        key, (at, inner) = next(iter(node.entries.items()))
        opened = isinstance(inner, Mapping) and step in inner.entries
        if in_list or opened:
            if not isinstance(inner, Mapping):
                entries = {} if is_null(inner) else {POSITIONAL: (Scalar(inner.line, inner.column, ""), inner)}
                inner = Mapping(inner.line, inner.column, entries)
                node.entries[key] = (at, inner)
            node = inner
    if value is not None:
        node.entries[step] = (Scalar(line, 1, step), value)
    elif step not in node.entries:
        hint = did_you_mean(step, node.entries)
        report.add(Scalar(line, 1, ""), str(path), say("There is no key `{step}` here.", step=step), hint)
        raise _NoPlace
    return node.entries[step][1]
