"""The loss of a problem: one, or a list of terms that add up, each of an output of its own and with a factor."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import msgspec

from hwsolve.formula.tree import Formula
from hwsolve.kinds.backprop.target import TargetField
from hwsolve.language import Message, say
from hwsolve.losses import LOSSES
from hwsolve.losses.loss import Loss
from hwsolve.losses.penalty import PENALTIES, Penalty
from hwsolve.spec.defining import EquationField, Stated
from hwsolve.spec.fields import INVALID, CountField, Decimal, Field, ListOf, WordField, read_record, record_schema
from hwsolve.spec.named import NamedField, named
from hwsolve.spec.names import same_spelling
from hwsolve.spec.nodes import Mapping, Node, Scalar, Sequence
from hwsolve.spec.report import Path, Report, did_you_mean
from hwsolve.spec.terms import LOSS

FORMULA = "formula"
ITSELF = say("A formula says itself what it reads.")
PLAIN = {  # why a formula, or a penalty, has no `of` or `target`, and no `steps`
    (True, False): ITSELF,
    (True, True): ITSELF,
    (False, False): say("A penalty compares with nothing."),
    (False, True): say("A penalty is of parameters, which have no steps."),
}


class Beside(msgspec.Struct, frozen=True):
    """What stands beside the settings of a loss in a list."""

    of: Annotated[tuple[str, ...], ListOf(WordField(dotted=True), minimum=1, single=True)] = ()
    target: Annotated[Any, TargetField()] = None
    factor: Decimal | None = None
    steps: Annotated[tuple[int, ...], ListOf(CountField(0, 1), minimum=1)] = ()

    MEANINGS: ClassVar[dict[str, Message]] = {
        "of": say("the output that the loss is of, by its name; of a penalty the parameters, as `w1` or `fc.weight`"),
        "target": say("what that output is compared with"),
        "steps": say("which steps of a sequence count, as `{form}`; all unless given", form="[0, 1, 1]"),
        "factor": say("what this loss is multiplied by in the sum, 1 unless given"),
    }


class Term(msgspec.Struct, frozen=True):
    """A loss, a penalty or a formula, with what stands beside it; `node` is where it stands, at `path`.

    `beside` are the places of what stands beside it.
    """

    loss: Loss | Penalty | Stated
    of: tuple[str, ...]
    target: Any
    factor: Formula | None
    node: Node
    path: Path
    steps: tuple[int, ...] = ()
    beside: Mapping | None = None

    def place(self, key: str, nth: int = 0) -> tuple[Node, Path]:
        """Where something of it stands: what is beside it, one of a list there, or itself."""
        if self.beside is None or key not in self.beside.entries:
            return self.node, self.path
        found = self.beside.entries[key][1]
        if nth and isinstance(found, Sequence):
            return found.items[nth - 1], self.path / key / nth
        return found, self.path / key


class Terms(msgspec.Struct, frozen=True):
    """The terms whose sum is the loss."""

    terms: tuple[Term, ...]

    @property
    def domain(self) -> Message | None:
        """What the logarithms of the first term that has some need of its output."""
        found = (t.loss.domain for t in self.terms if isinstance(t.loss, Loss) and t.loss.domain is not None)
        return next(found, None)


def spelled(node: Node) -> tuple[str, Node, Node] | None:
    """What is named, a loss by its name here however it is spelled."""
    found = named(node)
    return found and (same_spelling(found[0], LOSSES) or found[0], *found[1:])


class LossField(Field):
    """A loss by its name, or a list of them."""

    forms = (Scalar, Mapping, Sequence)
    one = NamedField(LOSS, LOSSES)
    expected = one.expected
    beside = tuple(Beside.__struct_fields__)

    def read(self, node: Node, report: Report, path: Path) -> Any:
        """A Loss, Terms, or INVALID."""
        if isinstance(node, Sequence):
            if not node.items:
                return self.wrong(node, report, path)
            found = [self.term(item, report, path / k) for k, item in enumerate(node.items, 1)]
            return INVALID if INVALID in found else Terms(tuple(found))
        known = spelled(node)
        entries = known[2].entries if known is not None and isinstance(known[2], Mapping) else {}
        listed = known is not None and (known[0] in (*PENALTIES, FORMULA) or joint(known[0]))
        if listed or any(key in entries for key in self.beside):
            term = self.term(node, report, path)
            return INVALID if term is INVALID else Terms((term,))
        return self.one.read(node, report, path) if known else self.wrong(node, report, path, self.within(node))

    def term(self, node: Node, report: Report, path: Path) -> Any:
        """One of a list."""
        found = spelled(node)
        if found is None:
            return self.wrong(node, report, path, self.within(node))
        name, head, arguments = found
        at = path / name
        if name == FORMULA and not isinstance(arguments, Mapping):
            stated = EquationField().read(arguments, report, at)
            return INVALID if stated is INVALID else Term(stated, (), None, None, head, at)
        own, rest = parted(arguments, self.beside)
        if not self.known(name, own, report, at):
            return INVALID
        beside = read_record(Beside, rest, report, at)
        if name == FORMULA:
            value = own.entries.get("value") if isinstance(own, Mapping) else None
            if value is None:
                report.add(head, at, say("`{key}` is missing in `{name}`.", key="value", name=name))
                return INVALID
            loss = EquationField().read(value[1], report, at / "value")
        elif name in PENALTIES:
            loss = read_record(PENALTIES[name], own, report, at)
        else:
            loss = self.one.read(Mapping(node.line, node.column, {name: (head, own)}), report, path)  # type: ignore[dict-item]
        if INVALID in (loss, beside):
            return INVALID
        for key in () if name in LOSSES else ("target", "steps") if name in PENALTIES else ("of", "steps"):
            if key in rest.entries:
                message = PLAIN[name == FORMULA, key == "steps"]
                report.add(rest.entries[key][0], at / key, message, say("Leave `{key}` out.", key=key))
                return INVALID
        return Term(loss, beside.of, beside.target, beside.factor, head, at, beside.steps, rest)

    def within(self, node: Node) -> Message | None:
        """Where what stands beside the name of a loss belongs."""
        keys = list(node.entries) if isinstance(node, Mapping) else []
        names = [key for key in keys if key in (*LOSSES, *PENALTIES, FORMULA)]
        if len(names) != 1 or not set(keys) - set(names) <= set(self.beside):
            return None
        inner = [f"{key}: …" for key in (*(["value"] if names[0] == FORMULA else []), *keys) if key != names[0]]
        form = f"{names[0]}: {{{', '.join(inner)}}}"
        return say("What is said of `{name}` stands in it: `{form}`.", name=names[0], form=form)

    def known(self, name: str, own: Node, report: Report, path: Path) -> bool:
        """Whether all keys of a term are known: its own and those beside them."""
        if not isinstance(own, Mapping) or name not in (*LOSSES, *PENALTIES, FORMULA):
            return True
        settings = ("value",) if name == FORMULA else () if name in PENALTIES else LOSSES[name].__struct_encode_fields__
        before, known = len(report.errors), (*settings, *self.beside)
        for key, (head, _) in own.entries.items():
            if key not in settings:
                report.add(head, path / key, say("Unknown key `{key}`.", key=key), did_you_mean(key, known))
        return len(report.errors) == before

    def schema(self) -> dict[str, Any]:
        """One, or a list."""
        beside = record_schema(Beside)["properties"]
        penalty = {"type": "object", "properties": beside, "additionalProperties": False}
        value = {"type": "string", "description": str(say("the formula, of outputs, parameters and the target `t`"))}
        long = {"type": "object", "properties": {"value": value} | beside, "required": ["value"]}
        formula = {"anyOf": [{"type": "string"}, long | {"additionalProperties": False}]}
        whole: list[Any] = []
        for name, cls in LOSSES.items():
            own = record_schema(cls)
            own["properties"] |= beside
            whole.append(only(name, {"anyOf": [own, {"type": "null"}]}))
        whole += [only(name, penalty) for name in PENALTIES] + [only(FORMULA, formula)]
        one = {"anyOf": [{"enum": list(LOSSES)}, *whole]}
        return {"anyOf": [*one["anyOf"], {"type": "array", "items": one, "minItems": 1}]}


def joint(name: str) -> bool:
    """Whether a loss is of several outputs together."""
    return name in LOSSES and len(LOSSES[name].OUTPUTS) > 1


def only(name: str, arguments: dict[str, Any]) -> dict[str, Any]:
    """A mapping of one name."""
    return {"type": "object", "properties": {name: arguments}, "required": [name], "additionalProperties": False}


def parted(node: Node, beside: tuple[str, ...]) -> tuple[Node, Mapping]:
    """The settings of a loss, and what stands beside them."""
    if not isinstance(node, Mapping):
        return node, Mapping(node.line, node.column, {})
    rest = {key: entry for key, entry in node.entries.items() if key in beside}
    own = {key: entry for key, entry in node.entries.items() if key not in beside}
    settings: Node = Mapping(node.line, node.column, own) if own else Scalar(node.line, node.column, "null")
    return settings, Mapping(node.line, node.column, rest)
