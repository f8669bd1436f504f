"""What was judged, as tables: expectations of the spec, and what sources state, beside what came out."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from hwsolve.formula.notation.decimals import parts as digits
from hwsolve.formula.notation.unicode import number_text
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.tree import Formula, Ref, references
from hwsolve.language import Message, listed, say
from hwsolve.solution import Cell, Check, Let, Published, Solution, Table, Text

Named = Callable[[str], Cell]  # what a page calls a key
SURE = 12  # digits of an agreement that need not be mentioned
ALONE = {  # the verdict on the only published answer
    "agrees": say("The published answer agrees."),
    "unproven": say("The published answer agrees without a proof."),
    "cut off": say("The published answer is truncated."),
    "wrong": say("The published answer differs."),
    "not decided": say("Whether the published answer agrees is not decided."),
}


def checks_table(checks: tuple[Check, ...], named: Named) -> Table:
    """Expectations of the spec; where one is missed it says what is different."""
    heads = (say("Key"), say("Expected"), say("Got"), say("Holds"))
    names = names_of([c.key for c in checks], named)
    rows = [
        (name, set_out(c.expected), set_out(c.brief or c.got), holds(c)) for name, c in zip(names, checks, strict=True)
    ]
    return Table("", heads, tuple(rows))


def judged(s: Solution, named: Named = str) -> Iterator[Message]:
    """How many expectations are missed, if any are; how many published answers agree, and which one source cuts off."""
    failed = sum(not c.ok for c in s.checks)
    expected = parts(failed, 0, 0, sum(c.ok and unsure(c.how) for c in s.checks))
    found = [agreeing(s.published)] if not all(p.exchanged for p in s.published) else []
    if expected:
        first = say(
            "Compared with what the spec expects: {parts}; {n} in all.", parts=listed(expected), n=len(s.checks)
        )
        found = [say("{first} {second}", first=first, second=found[0]) if found else first]
    yield from found
    for source, cut in truncated(s.published):
        names = names_of([p.key for p in cut], named)
        said = [
            say(
                "{stated} for {computed} ({key})",
                stated=set_out(p.stated),
                computed=set_out(p.brief or p.computed),
                key=name,
            )
            for name, p in zip(names, cut, strict=True)
        ]
        yield say("Truncated, not rounded, in {source}: {answers}.", source=source, answers=listed(said))
    yield from exchanges(s.published, named)


def exchanges(published: tuple[Published, ...], named: Named) -> Iterator[Message]:
    """Which answers two sources, or two places of one, have in each other's place."""
    found: dict[str, list[Published]] = {}
    for p in published:
        if p.exchanged and p.verdict == "wrong":
            found.setdefault(repr((p.source, p.exchanged, p.why)), []).append(p)
    for first, *others in found.values():
        names = [say("{a}", a=named(p.key.strip("()"))) for p in (first, *others)]
        yield say(
            "Exchanged: {keys} in {source} and in {other}. What the first states belongs in the second ({why}), and "
            "conversely; with the two exchanged, all agree.",
            keys=listed(names), source=source_of(first), other=say("{source}", source=first.exchanged), why=first.why,
        )  # fmt: skip


def agreeing(published: tuple[Published, ...]) -> Message:
    """How many of all published answers agree, and what is to be seen of the others."""
    apart = [p for p in published if not p.exchanged]
    verdicts, of = Counter(p.verdict for p in apart), len(published)
    unproven = sum(p.verdict == "agrees" and unsure(p.how) for p in apart)
    others = parts(verdicts["wrong"], verdicts["cut off"], verdicts["not decided"], unproven, of - len(apart))
    agree = verdicts["agrees"]
    if of == 1:
        return ALONE["unproven" if unproven else published[0].verdict]
    if not others:
        return say("All {n} published answers agree.", n=of)
    if agree <= 1:
        number = say("one agrees") if agree else say("none agrees")
        return say("Of {of} published answers {agree}; {parts}.", of=of, agree=number, parts=listed(others))
    return say("Of {of} published answers {agree} agree; {parts}.", of=of, agree=agree, parts=listed(others))


def parts(differing: int, cut: int, undecided: int, unproven: int, exchanged: int = 0) -> list[Text]:
    """How many of those compared need a look, by what is to be seen."""
    found: list[Text] = []
    if differing:
        found.append(say("{n} differ", n=differing) if differing > 1 else say("one differs"))
    if cut:
        found.append(say("{n} are truncated", n=cut) if cut > 1 else say("one is truncated"))
    if undecided:
        found.append(say("{n} are not decided", n=undecided) if undecided > 1 else say("one is not decided"))
    if unproven:
        found.append(
            say("{n} agree without a proof", n=unproven) if unproven > 1 else say("one agrees without a proof")
        )
    if exchanged:
        found.append(say("{n} are exchanged", n=exchanged))
    return found


def truncated(published: tuple[Published, ...]) -> list[tuple[Message, list[Published]]]:
    """What one source cuts off, where that is more than one answer: a remark says it better than rows."""
    found: dict[str, list[Published]] = {}
    for p in published:
        if p.verdict == "cut off":
            found.setdefault(repr(p.source), []).append(p)
    return [(source_of(cut[0]), cut) for cut in found.values() if len(cut) > 1]


def missed(s: Solution, named: Named = str) -> Table | None:
    """What does not hold or agree, or is not proven to: where it is stated, and what came out."""
    remarked = [id(p) for _, cut in truncated(s.published) for p in cut]
    remarked += [id(p) for p in s.published if p.exchanged]
    failed = [c for c in s.checks if not c.ok or unsure(c.how)]
    wrong = [p for p in s.published if (p.verdict != "agrees" or unsure(p.how)) and id(p) not in remarked]
    heads = (say("Key"), stated_head(wrong), computed_head(s, [*failed, *wrong]), say("Verdict"), say("Where"))
    names = iter(names_of([*(c.key for c in failed), *(p.key for p in wrong)], named))
    rows: list[tuple[Cell, ...]] = [
        *[(next(names), set_out(c.expected), set_out(c.brief or c.got), c.how or reason(c), c.at) for c in failed],
        *[(next(names), set_out(p.stated), set_out(p.brief or p.computed), agreement(p), source_of(p)) for p in wrong],
    ]
    return Table("", heads, tuple(rows)) if rows else None


def stated_head(published: Sequence[Published]) -> Message:
    """What sources state; a formula is none of theirs, letter by letter."""
    formulas = (f for p in published if isinstance(f := set_out(p.stated), Formula))
    if any(True for f in formulas for _ in references(f)):
        return say("Stated, in the letters of this page")
    return say("Stated")


def computed_head(s: Solution, judged: Sequence[Check | Published]) -> Message:
    """What stands beside what is stated: a result, or a definition that the statement gives."""
    lets = [line.key for step in s.sections if step.part == "statement" for line in step.lines if isinstance(line, Let)]
    symbols = [s.symbols.get(key.name, key) for key in lets if isinstance(key, Ref)]
    given = {symbol.name for symbol in symbols if isinstance(symbol, Ref)}
    defined = [p.key.strip("()") in given for p in judged]
    if not any(defined):
        return say("Computed")
    return say("Given") if all(defined) else say("Given or computed")


def names_of(keys: Sequence[str], named: Named) -> list[Cell]:
    """What a page calls keys; those that it would call alike stay as they are."""
    cells = {key: named(key) for key in keys}
    alike = Counter(map(repr, cells.values()))
    return [cells[key] if alike[repr(cells[key])] == 1 else key for key in keys]


def unsure(how: Text) -> bool:
    """Whether an agreement rests on few digits, or on points alone."""
    return isinstance(how, Message) and how.values.get("digits", 0) < SURE


def holds(c: Check) -> Text:
    """A tick for what is proven; else what the agreement rests on, or what is different."""
    return (c.how or "✓") if c.ok else say("✗ {why}", why=reason(c))


def reason(judged: Check | Published) -> Text:
    """What is different."""
    return judged.why or say("does not hold")


def published_table(s: Solution, named: Named) -> Table:
    """What sources state."""
    heads = (say("Key"), stated_head(s.published), say("Source"), computed_head(s, s.published), say("Agrees"))
    published, names = s.published, names_of([p.key for p in s.published], named)
    rows = [
        (name, set_out(p.stated), source_of(p), set_out(p.brief or p.computed), agreement(p))
        for name, p in zip(names, published, strict=True)
    ]
    return Table("", heads, tuple(rows))


def source_of(p: Published) -> Message:
    """The source, in the reader's language where the spec names it so."""
    return say("{source}", source=p.source)


def agreement(p: Published) -> Text:
    """A tick, or a cross with what is different; what is neither in words."""
    if p.verdict == "cut off":
        return say("truncated; rounded it is {rounded}", rounded=counted(p.rounded))
    if p.verdict == "not decided":
        return say("not decided")
    if p.exchanged:
        other = say("{source}", source=p.exchanged)
        return (
            say("✓ but exchanged with {other}", other=other)
            if p.agrees
            else say("✗ {why}: exchanged with {other}", why=reason(p), other=other)
        )
    return (p.how or "✓") if p.agrees else say("✗ {why}", why=reason(p))


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
