"""The JSON Schema of specs: every field says what it takes and means; it takes right specs and refuses wrong shapes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from hwsolve.kinds import KINDS, about
from hwsolve.schema import spec_schema
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.read import documents
from hwsolve.spec.report import Report
from tests.conftest import PROBLEMS
from tests.test_bad import SPECS as BAD

TYPED = {"type", "enum", "const", "anyOf", "oneOf", "allOf", "$ref"}
CONSTANTS = {"true": True, "false": False, "null": None, "~": None, "": None}

# Of tests/bad, what is wrong in its keys, choices, types or lengths, and not in what they mean together.
SHAPES = [
    "class-zero",
    "classes-in-a-list",
    "complexity-count",
    "count-conventions",
    "digits",
    "everything-at-once",
    "expect",
    "initialization-mode",
    "input-form",
    "input-missing",
    "input-negative",
    "input-without-numbers-rule",
    "kernel-three-sizes",
    "key-is-a-list",
    "key-mistyped",
    "key-unknown",
    "kind-called-type",
    "kind-is-a-list",
    "kind-missing",
    "kind-unknown",
    "layer-argument-missing",
    "layer-empty",
    "layer-key-unknown",
    "layer-with-two-names",
    "layers-missing",
    "layers-not-a-list",
    "list-at-top",
    "loss-reduction",
    "loss-unknown",
    "network-is-a-list",
    "network-missing",
    "notation-values",
    "optimizer-unknown",
    "optimizer",
    "repeat",
    "residual-keys",
    "size-fraction",
    "steps",
    "symbol-is-no-name",
    "text-at-top",
    "title-language",
    "weight-and-value",
]


@cache
def validator(kind: str | None = None) -> Draft202012Validator:
    made = spec_schema(kind)
    Draft202012Validator.check_schema(made)
    return Draft202012Validator(made)


def data(node: Node) -> Any:
    """A node as an editor reads it: by the core schema of YAML 1.2."""
    if isinstance(node, Mapping):
        return {key: data(value) for key, (_, value) in node.entries.items()}
    if isinstance(node, Sequence):
        return [data(item) for item in node.items]
    assert isinstance(node, Scalar)
    if not node.plain:
        return node.text
    if node.text.lower() in CONSTANTS:
        return CONSTANTS[node.text.lower()]
    for number in (int, float):
        try:
            return number(node.text.replace("_", "?"))
        except ValueError:
            continue
    return node.text


def specs(text: str) -> list[Any]:
    return [data(node) for _, node in documents(Report(text=text))]


def schemas(part: Any, path: str = "") -> Iterator[tuple[str, Any]]:
    """Every schema within a schema, with its path."""
    if not isinstance(part, dict):
        return
    yield path, part
    for key in ("properties", "$defs"):
        for name, inner in part.get(key, {}).items():
            yield from schemas(inner, f"{path}/{name}")
    for key in ("items", "additionalProperties", "if", "then"):
        yield from schemas(part.get(key), f"{path}/{key}")
    for key in ("anyOf", "allOf"):
        for n, inner in enumerate(part.get(key, ())):
            yield from schemas(inner, f"{path}/{key}{n}")


@pytest.mark.parametrize("kind", [None, *KINDS])
def test_every_field_has_a_type_and_a_description(kind: str | None) -> None:
    made = spec_schema(kind)
    fields = 0
    for path, part in schemas(made):
        if path.endswith("/if") or not path:
            continue
        assert part.keys() & (TYPED | {"then"}), f"{path} takes anything: {part}"
        if part.get("type") == "array":
            assert part.get("items"), f"{path} has items of no type"
        for name, field in part.get("properties", {}).items():
            fields += 1
            if "/if" not in path and path.rpartition("/")[2] not in ("layer",) and not is_choice(part):
                assert field.get("description"), f"{path}: {name} has no description"
    assert fields > 20


def is_choice(part: Any) -> bool:
    """Whether a mapping has one key of many, a name: what it means is told by what stands behind it."""
    return part.get("maxProperties") == 1 or part.get("required") == list(part["properties"])[:1]


def test_a_field_without_a_type_would_be_seen() -> None:
    assert [path for path, part in schemas({"properties": {"a": {"items": {}}}}) if not part] == ["/a/items"]


@pytest.mark.parametrize("path", sorted(PROBLEMS.rglob("*.yaml")), ids=lambda path: path.stem)
def test_every_shipped_problem_is_right(path: Any) -> None:
    for document in specs(path.read_text(encoding="utf-8")):
        for kind in (None, document["kind"]):
            assert [e.message for e in validator(kind).iter_errors(document)] == []


@pytest.mark.parametrize("kind", KINDS)
def test_every_starter_is_right(kind: str) -> None:
    (document,) = specs(about(kind).STARTER)
    assert [e.message for e in validator().iter_errors(document)] == []


@pytest.mark.parametrize("name", SHAPES)
def test_a_wrong_shape_is_refused(name: str) -> None:
    (path,) = (path for path in BAD if path.stem == name)
    documents = specs(path.read_text(encoding="utf-8"))
    assert documents and all(list(validator().iter_errors(document)) for document in documents)


@pytest.mark.parametrize("field", ["input", "target", "expect", "published", "network", "loss", "optimizer", "steps"])
def test_a_field_of_another_form_is_refused(field: str) -> None:
    """A right spec with one field replaced by a form that it never takes."""
    (document,) = specs(about("backprop").STARTER)
    for wrong in ({"nothing": 1}, [[{"nothing": 1}]], True):
        if field in ("target", "input") and wrong is True:
            continue  # a text, which the schema cannot tell from a formula
        if field in ("expect", "published", "input") and wrong == {"nothing": 1}:
            continue  # a key of an answer, the name of an input
        assert list(validator().iter_errors(document | {field: wrong})), wrong
