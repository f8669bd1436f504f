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
ALONE: dict[str, Callable[[Message], Message]] = {  # the verdict on the only published answer
    "agrees": lambda answer: say("{answer} agrees.", answer=answer),
    "unproven": lambda answer: say("{answer} agrees without a proof.", answer=answer),
    "cut off": lambda answer: say("{answer} is truncated.", answer=answer),
    "wrong": lambda answer: say("{answer} differs.", answer=answer),
    "inexact": lambda answer: say("{answer} is inexact.", answer=answer),
    "lower": lambda answer: say("{answer} differs in lower terms alone.", answer=answer),
    "not decided": lambda answer: say("{answer} is not decided.", answer=answer),
}

SEEN: dict[str, tuple[Message, Callable[[int], Message]]] = {  # one, or several, that need a look
    "wrong": (say("one differs"), lambda n: say("{n} differ", n=n)),
    "lower": (say("one differs in lower terms alone"), lambda n: say("{n} differ in lower terms alone", n=n)),
    "inexact": (say("one is inexact"), lambda n: say("{n} are inexact", n=n)),
    "cut off": (say("one is truncated"), lambda n: say("{n} are truncated", n=n)),
    "not decided": (say("one is not decided"), lambda n: say("{n} are not decided", n=n)),
    "exchanged": (say("one is exchanged"), lambda n: say("{n} are exchanged", n=n)),
    "unproven": (
        say("one of those that agree is without a proof"),
        lambda n: say("{n} of those that agree are without a proof", n=n),
    ),
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
    missed = Counter(wrong=sum(not c.ok for c in s.checks), unproven=sum(c.ok and unsure(c.how) for c in s.checks))
    expected = parts(missed)
    found = [agreeing(s, named)] if not all(p.exchanged for p in s.published) else []
    if expected:
        first = say(
            "Compared with what the spec expects: {parts}; {n} in all.", parts=listed(expected), n=len(s.checks)
        )
        found = [say("{first} {second}", first=first, second=found[0]) if found else first]
    yield from found
    for source, cut in same_source("cut off", s.published):
        said = listed(list(facts(cut, names_of([p.key for p in cut], named))))
        yield say("Truncated, not rounded, in {source}: {answers}.", source=source, answers=said)
    for source, sums in same_source("inexact", s.published):
        names = names_of([p.key for p in sums], named)
        off = [say("{key}: {off}", key=name, off=far(p)) for name, p in zip(names, sums, strict=True)]
        yield say(
            "Inexact in {source}, as sums of stated parts, {how}: {answers}.",
            source=source, how=how(sums), answers=listed(list(facts(sums, off))),
        )  # fmt: skip
    yield from (in_lower_terms(p, named) for p in s.published if verdict(p) == "lower")
    yield from exchanges(s.published, named)


def in_lower_terms(p: Published, named: Named) -> Message:
    """A stated count whose leading part is right: what is different takes more words than a cell has room for."""
    return say(
        "Different in lower terms in {source}: {answer}, in the letters of this page; {why}.",
        source=source_in_text(p), answer=next(facts([p], names_of([p.key], named))), why=reason(p),
    )  # fmt: skip


def exchanges(published: tuple[Published, ...], named: Named) -> Iterator[Message]:
    """Which answers two sources, or two places of one, have in each other's place."""
    found: dict[str, list[Published]] = {}
    for p in published:
        if p.exchanged and p.verdict == "wrong":
            found.setdefault(repr((p.source, p.exchanged, p.why)), []).append(p)
    for first, *others in found.values():
        names = [say("{a}", a=named(p.key.strip("()"))) for p in (first, *others)]
        yield say(
            "Exchanged in {source} and in {other}: {keys}. What the first has is what belongs in the second ({why}), "
            "and conversely. Exchanged back, all agree.",
            keys=listed(names), source=source_in_text(first), other=say("{source}", source=first.exchanged),
            why=first.why,
        )  # fmt: skip


def facts(published: Sequence[Published], said: Sequence[Cell]) -> Iterator[Message]:
    """What is stated for what came out, each once, with what is said of every place where it is stated."""
    found: dict[tuple[str, str], list[Cell]] = {}
    for p, text in zip(published, said, strict=True):
        found.setdefault((p.stated, p.brief or p.computed), []).append(text)
    for (stated, computed), texts in found.items():
        places = listed([say("{symbol}", symbol=text) for text in texts])
        yield say("{stated} for {computed} ({key})", stated=set_out(stated), computed=set_out(computed), key=places)


def how(sums: list[Published]) -> Text:
    """In which way the parts of sums are not exact."""
    first, *others = {repr(p.inexact[0]): p.inexact[0] for p in sums if p.inexact}.values()
    return say("some of which are truncated or rounded") if others else first


def far(p: Published) -> Text:
    """How far a sum is off."""
    return p.inexact[1] if p.inexact else ""


def alone(s: Solution, named: Named) -> Message:
    """The only published answer, which is named where the box does not show it."""
    (key,) = {p.key for p in s.published}
    what = named(key)
    if key in s.asked or not isinstance(what, Formula):
        return say("The published answer")
    return say("The published answer for {what}", what=what)


def agreeing(s: Solution, named: Named) -> Message:
    """How many of all published answers agree, and what is to be seen of the others."""
    verdicts, of = Counter(map(verdict, s.published)), len(s.published)
    verdicts["unproven"] = sum(verdict(p) == "agrees" and unsure(p.how) for p in s.published)
    others, agree = parts(verdicts), verdicts["agrees"]
    if of == 1:
        return ALONE["unproven" if verdicts["unproven"] else verdict(s.published[0])](alone(s, named))
    if not others:
        return say("All {n} published answers agree.", n=of)
    if agree <= 1:
        number = say("one agrees") if agree else say("none agrees")
        return say("Of {of} published answers {agree}; {parts}.", of=of, agree=number, parts=listed(others))
    return say("Of {of} published answers {agree} agree; {parts}.", of=of, agree=agree, parts=listed(others))


def verdict(p: Published) -> str:
    """The verdict as a page has it: what is exchanged apart, milder for the sum of stated parts and for lower terms."""
    if p.exchanged:
        return "exchanged"
    return "inexact" if p.inexact else "lower" if p.lower else p.verdict


def parts(verdicts: Counter[str]) -> list[Text]:
    """How many of those compared need a look, by what is to be seen."""
    found = [(verdicts[what], one, many) for what, (one, many) in SEEN.items() if verdicts[what]]
    return [one if n == 1 else many(n) for n, one, many in found]


def same_source(what: str, published: tuple[Published, ...]) -> list[tuple[Message, list[Published]]]:
    """The answers of one source with a verdict, where there are several: a remark says it better than rows."""
    found: dict[str, list[Published]] = {}
    for p in published:
        if verdict(p) == what:
            found.setdefault(repr(p.source), []).append(p)
    return [(source_in_text(same[0]), same) for same in found.values() if len(same) > 1]


def missed(s: Solution, named: Named = str) -> Table | None:
    """What does not hold or agree, or is not proven to: where it is stated, and what came out."""
    remarked = [id(p) for what in ("cut off", "inexact") for _, same in same_source(what, s.published) for p in same]
    remarked += [id(p) for p in s.published if verdict(p) in ("exchanged", "lower")]
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
    results = [isinstance(set_out(p.got if isinstance(p, Check) else p.computed), Formula) for p in judged]
    defined = [is_formula and p.key.strip("()") in given for p, is_formula in zip(judged, results, strict=True)]
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
    return isinstance(how, Message) and ("n" in how.values or how.values.get("digits", SURE) < SURE)


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


def source_in_text(p: Published) -> Message:
    """The source within a sentence, which has to call it something."""
    return source_of(p) if p.source else say("what is published")


def agreement(p: Published) -> Text:
    """A tick, or a cross with what is different, ≈ where its leading part is not; what is neither in words."""
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
    if p.inexact:
        return say("inexact: {why}", why=reason(p))
    if p.lower:
        return say("≈ {why}", why=reason(p))
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
