"""What was judged, as tables: expectations of the spec, and what sources state, beside what came out."""

from __future__ import annotations

from hwsolve.formula.notation.decimals import parts as digits
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Formula
from hwsolve.language import Message, say
from hwsolve.solution import Check, Published, Solution, Table, Text

SURE = 12  # digits of an agreement that need not be mentioned


def checks_table(checks: tuple[Check, ...]) -> Table:
    """Expectations of the spec; how far one is missed is shown where one is."""
    missed = any(c.difference for c in checks)
    heads = (say("Key"), say("Expected"), say("Got"), say("Holds"), *([say("Difference")] if missed else []))
    rows = [
        (c.key, set_out(c.expected), set_out(c.brief or c.got), holds(c), *([c.difference] if missed else []))
        for c in checks
    ]
    return Table("", heads, tuple(rows))


def judged(s: Solution) -> Text:
    """How many expectations hold and how many published answers agree, in a sentence each."""
    held, agreeing = sum(c.ok for c in s.checks), sum(p.verdict == "agrees" for p in s.published)
    said: list[Text] = []
    if len(s.checks) == 1:
        said.append(say("{n} of 1 expectation holds.", n=held))
    elif s.checks:
        said.append(say("{n} of {all} expectations hold.", n=held, all=len(s.checks)))
    if len(s.published) == 1:
        said.append(say("{n} of 1 published answer agrees.", n=agreeing))
    elif s.published:
        said.append(say("{n} of {all} published answers agree.", n=agreeing, all=len(s.published)))
    return say("{first} {second}", first=said[0], second=said[1]) if len(said) > 1 else said[0] if said else ""


def missed(s: Solution) -> Table | None:
    """What does not hold or agree, or is not proven to: where it is stated, and what came out."""
    heads = (say("Key"), say("Stated"), say("Computed"), say("Verdict"), say("Where"))
    failed = [c for c in s.checks if not c.ok or unsure(c.how)]
    wrong = [p for p in s.published if p.verdict != "agrees" or unsure(p.how)]
    rows = [
        *[(c.key, set_out(c.expected), set_out(c.brief or c.got), c.how or say("does not hold"), c.at) for c in failed],
        *[(p.key, set_out(p.stated), set_out(p.brief or p.computed), agreement(p), p.source) for p in wrong],
    ]
    return Table("", heads, tuple(rows)) if rows else None


def unsure(how: Text) -> bool:
    """Whether an agreement rests on few digits, or on points alone."""
    return isinstance(how, Message) and how.values.get("digits", 0) < SURE


def holds(c: Check) -> Text:
    """A tick for what is proven; else what the agreement rests on."""
    return (c.how or "✓") if c.ok else "✗"


def published_table(published: tuple[Published, ...]) -> Table:
    """What sources state."""
    heads = (say("Key"), say("Stated"), say("Source"), say("Computed"), say("Agrees"))
    rows = [(p.key, set_out(p.stated), p.source, set_out(p.brief or p.computed), agreement(p)) for p in published]
    return Table("", heads, tuple(rows))


def agreement(p: Published) -> Text:
    """A tick or a cross; what is neither in words."""
    if p.verdict == "cut off":
        return say("cut off; rounded: {rounded}", rounded=p.rounded)
    if p.verdict == "not decided":
        return say("not decided")
    return (p.how or "✓") if p.agrees else "✗"


def set_out(text: str) -> str | Formula:
    """A formula as it is written by hand; a number, a list and what is no formula as text."""
    if not any(sign in text for sign in "+*/(") or text.startswith("["):
        return counted(text)
    try:
        return parse(text)
    except FormulaError:
        return text


def counted(text: str) -> str:
    """A result with commas between thousands where it is one number; lists and formulas stay as a spec has them."""
    return number_text(text) if digits(text) else text
