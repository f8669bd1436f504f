"""The entries of kinds, optimizers, initializations, functions and rules for arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.commands.entries import Argument, Entry, as_yaml, fact, record_arguments, sentence
from hwsolve.language import Message, localised, say

if TYPE_CHECKING:
    pass

COMMON = ("title", "expect", "published", "numbers", "digits")  # the keys of every kind

# ---------------------------------------------------------------- kinds


def kind_brief(kind: str) -> str:
    """A kind in a line."""
    from hwsolve.commands.reference import summary_of_kind

    return localised(summary_of_kind(kind))


def kind_entry(kind: str) -> Entry:
    """A kind with the keys of its problems."""
    from hwsolve.kinds import about, record

    example = about(kind).EXAMPLE.removesuffix(".yaml")
    facts = (
        *fact("command", say("Command"), f"hwsolve {kind} SPEC"),
        *fact("starter", say("A spec to begin with"), f"hwsolve new {kind}"),
        *fact("shipped", say("Shipped example"), f"hwsolve examples {example}"),
    )
    own = tuple(a for a in record_arguments(record(kind), COMMON) if a.name != "kind")
    return Entry(kind, kind_brief(kind), facts=facts, arguments=own)


# ---------------------------------------------------------------- optimizers


def optimizer_entry(name: str) -> Entry:
    """An optimizer with its rule, what it keeps, and its arguments."""
    from hwsolve.formula.tree import Ref
    from hwsolve.optimizers import OPTIMIZERS
    from hwsolve.optimizers.optimizer import Optimizer

    cls: Any = OPTIMIZERS[name]
    plain = cls(lr=Ref("lr"))
    facts = fact("rule", say("Rule"), rule_text(plain))
    if "momentum" in cls.__struct_fields__:
        moving = msgspec.structs.replace(plain, momentum=Ref("momentum"))
        facts += fact("momentum", say("With momentum"), rule_text(moving))
        if "nesterov" in cls.__struct_fields__:
            ahead = msgspec.structs.replace(moving, nesterov=True)
            facts += fact("nesterov", say("With nesterov"), rule_text(ahead))
        if "average" in cls.__struct_fields__:
            facts += fact("average", say("With average"), rule_text(msgspec.structs.replace(moving, average=True)))
        plain = moving
    if "amsgrad" in cls.__struct_fields__:
        facts += fact("amsgrad", say("With amsgrad"), rule_text(msgspec.structs.replace(plain, amsgrad=True)))
    facts += fact("state", say("Keeps"), ", ".join(plain.starts()))
    arguments = sorted(record_arguments(cls), key=lambda a: a.name in Optimizer.__struct_fields__)  # its own first
    return Entry(name, sentence(cls.__doc__), facts=facts, arguments=tuple(arguments))


def rule_text(optimizer: Any) -> str:
    """The lines of an optimizer, with decay where it has one unasked; g is the gradient, t counts updates, ← renews."""
    from hwsolve.formula.notation import symbol, unicode
    from hwsolve.formula.parse import parse
    from hwsolve.formula.tree import ZERO

    made = []
    for name, text in optimizer.plain() if getattr(optimizer, "weight_decay", ZERO) == ZERO else optimizer.decayed():
        sign = "←" if name.endswith("'") else "="
        made.append(f"{symbol(name.removesuffix(chr(39)))} {sign} {unicode(parse(text.replace(chr(39), '')))}")
    return "\n".join(made)


# ---------------------------------------------------------------- initializations


def initializer_entry(name: str) -> Entry:
    """An initialization with its arguments."""
    from hwsolve.initializers import INITIALIZERS

    arguments = record_arguments(INITIALIZERS[name])
    given = ", ".join(f"{a.name}: {a.default or '1/2'}" for a in arguments)
    init = f"{{{name}: {{{given}}}}}" if given else name
    return Entry(
        name, sentence(INITIALIZERS[name].__doc__), arguments=arguments, example=f"weight: {{init: {init}, seed: 7}}"
    )


# ---------------------------------------------------------------- functions


def function_names() -> list[str]:
    """All that can be called in a formula, and the constants."""
    from hwsolve.formula.array_words import WORDS
    from hwsolve.formula.parse import BIG_OPERATORS
    from hwsolve.formula.vectors import CALLED
    from hwsolve.spec.amounts import CONSTANTS

    called = [name for name in CALLED if name not in BIG_OPERATORS]
    return [*dict.fromkeys((*called, *WORDS)), "if", *BIG_OPERATORS, *sorted(CONSTANTS)]


def function_brief(name: str) -> str:
    """A function in a line."""
    from hwsolve.formula.function_words import about

    return str(about(name))


def function_entry(name: str) -> Entry:
    """A function: how it is called, what it is, its derivative, and where it has none."""
    from hwsolve.formula.array_words import FORMS
    from hwsolve.formula.functions import function
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.parse import parse
    from hwsolve.formula.vectors import CALLED, NUMBERS, VECTORS, called
    from hwsolve.spec.amounts import CONSTANTS

    if name in CONSTANTS:
        return Entry(name, function_brief(name))
    known = function(name)
    if known is None:
        text = VECTORS.get(name, NUMBERS.get(name, ""))
        form = "if(x > 0, x, 0)" if name == "if" else called(name) if name in CALLED else FORMS[name]
        in_worksheets = FORMS.get(name, "") if name in CALLED else ""
        facts = (
            *fact("form", say("Form"), form),
            *fact("arrays", say("Of whole arrays"), in_worksheets),
            *fact("definition", say("Definition"), shown(text)),
        )
        return Entry(name, function_brief(name), facts=facts)
    defined = known.cases if known.cases and not known.cases.startswith(f"{name}(") else known.definition
    slopes = {known.parameters[0]: known.derivative} | known.partials
    rows = [f"∂/∂{by} = {written_out(text)}" for by, text in slopes.items() if text] if known.partials else []
    one = written_out(known.derivative) if known.derivative and not rows else ""
    facts = (
        *fact("form", say("Form"), called(name)),
        *fact("definition", say("Definition"), shown(defined or "")),
        *fact("derivative", say("Derivative"), "\n".join(rows) or one),
        *fact("kinks", say("No derivative at"), ", ".join(f"x = {unicode(parse(k))}" for k in known.kinks)),
    )
    return Entry(name, function_brief(name), facts=facts)


def written_out(text: str) -> str:
    """A derivative, and its pieces where it is a function of its own."""
    from hwsolve.formula.functions import function
    from hwsolve.formula.parse import parse
    from hwsolve.formula.tree import Call

    f = parse(text)
    known = function(f.name) if isinstance(f, Call) else None
    apart = known is not None and known.name.startswith("d_") and known.cases
    return f"{shown(text)} = {shown(known.cases)}" if known is not None and known.cases and apart else shown(text)


def shown(text: str) -> str:
    """A formula of the table as a reader sees it."""
    from hwsolve.formula.notation import unicode
    from hwsolve.formula.parse import parse

    return unicode(parse(text)) if text else ""


# ---------------------------------------------------------------- arrays

ARRAYS: dict[str, tuple[Message, str]] = {
    "linspace": (
        say("Evenly spaced numbers, the first and the last included."),
        "{linspace: [-0.1, 0.5], shape: [2, 3]}",
    ),
    "arange": (say("Numbers a step apart."), "{arange: 6, start: 1, step: 1/2, shape: [2, 3]}"),
    "zeros": (say("An array of zeros."), "{zeros: [2, 3]}"),
    "ones": (say("An array of ones."), "{ones: 4}"),
    "eye": (say("Ones on the diagonal, zeros elsewhere."), "{eye: 3}"),
    "full": (say("One number everywhere."), "{full: [2, 2], value: 0.1}"),
}


def array_brief(name: str) -> str:
    """A rule for an array in a line."""
    return str(ARRAYS[name][0])


def array_entry(name: str) -> Entry:
    """A rule for an array with its keys."""
    from hwsolve.spec.arrays import KEYS, MEANINGS, form_of_rule

    form = form_of_rule(name)
    fields = {name: form.argument} | {key: KEYS[key] for key in form.takes}
    defaults = {"start": "0", "step": "1", "shape": as_yaml(None)}
    arguments = tuple(
        Argument(
            key,
            str(field.expected),
            "" if key == name or key in form.needs else defaults.get(key, ""),
            str(MEANINGS[key]),
        )
        for key, field in fields.items()
    )
    return Entry(name, array_brief(name), arguments=arguments, example=f"input: {ARRAYS[name][1]}")
