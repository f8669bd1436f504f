"""What is asked of a solution: answers by their keys, elements and parts of arrays, and expressions of them.

`ask` decides what the page leads to, never which answers there are.  An expression, named by `define` or by its own
text, is an answer with a line of its own in a last step; what nothing asked depends on is left to the full page.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.answers import BadKey, Place, look_up, sizes_of, unrolled
from hwsolve.array_expressions import by_elements, element_key, given_arrays, nested
from hwsolve.asked_numbers import stages
from hwsolve.asked_parts import elements_of, running
from hwsolve.asked_places import with_places
from hwsolve.derivation.lines import identity_line, value_line
from hwsolve.formula.misfits import sizes
from hwsolve.formula.notation import plain
from hwsolve.formula.parse import FormulaError, parse
from hwsolve.formula.simplify.simplify import simplify
from hwsolve.formula.tree import ONE, Call, Formula, Ref, references, transform
from hwsolve.language import Message, say
from hwsolve.pruning import pruned
from hwsolve.quantities import put_in, quantity
from hwsolve.selection import Selection, by_steps, fitting, selection
from hwsolve.solution import Answer, Carried, Group, Line, Quantity, Sentence, Solution, Step, Value
from hwsolve.spec.limits import excessive

if TYPE_CHECKING:
    from hwsolve.spec.asked import Ask
    from hwsolve.spec.problem import Problem

FEW = 12  # elements of an expression that a page writes out
MOST_NAMED = 8  # answers in the sentence that says what is asked


def answered(problem: Problem, solution: Solution) -> Solution:
    """The solution with what its problem asks; a key that is no answer is an error of the spec."""
    return Asking(problem, solution).solution()


class Asking:
    """Adds to a solution what is asked of it."""

    def __init__(self, problem: Problem, solution: Solution) -> None:
        self.problem, self.given = problem, solution
        self.sizes = sizes_of(solution)
        self.known = self.sizes | solution.answers | single_values(solution)
        self.arrays = given_arrays(solution.given)  # which expressions may read, and nobody asks for
        self.answers = dict(solution.answers)
        self.lines: list[Line] = []
        self.symbols = dict(solution.symbols)
        self.expressions: dict[str, Formula] = {}  # those that have a line, by name
        self.failed: set[str] = set()  # names whose definitions have an error already

    def solution(self) -> Solution:
        """With the expressions as lines, and the rest of the page set back."""
        for name, definition in self.problem.expressions.items():
            if name in self.known:
                taken = say("`{key}` is a size of the problem already.", key=name) if name in self.sizes else None
                taken = taken or say("`{key}` is the key of an answer already.", key=name)
                self.wrong(definition, BadKey(taken), "define")
            elif not self.express(name, definition.formula, definition, "define"):
                self.failed.add(name)
        keys: list[str] = []
        for ask in self.problem.ask:
            keys += self.keys(ask)
        keys = by_steps(keys)
        title = say("What is asked")
        steps = [
            *(self.restated(keys) if keys else self.given.sections),
            *([Step(title, (Group(tuple(self.lines)),), 1, "asked")] if self.lines else []),
        ]
        found = msgspec.structs.replace(
            self.given,
            sections=tuple(steps),
            answers=self.answers,
            symbols=self.symbols,
            asked=tuple(dict.fromkeys(keys)),
        )
        return pruned(found, self.expressions.values()) if keys else found

    def restated(self, keys: list[str]) -> Iterator[Step]:
        """The steps, with what is asked in place of what the kind asks, which is the first sentence of a statement."""
        said = False
        for step in self.given.sections:
            first, *rest = step.items or (None,)
            if step.part == "statement" and isinstance(first, Sentence) and not said:
                said = True
                yield msgspec.structs.replace(step, items=(Sentence(self.question(keys)), *rest))
            else:
                yield step

    def question(self, keys: list[str]) -> Message:
        """What is asked, in the order of the spec."""
        names = list(dict.fromkeys(keys))
        items = [self.named(key) for key in names[:MOST_NAMED]]
        if len(names) > MOST_NAMED:
            items.append(say("{n} more", n=f"{len(names) - MOST_NAMED:,}"))
        said = items[0]
        for item in items[1:]:
            said = say("{first}, {second}", first=said, second=item)
        return say("Asked: {items}.", items=said)

    def named(self, key: str) -> Message:
        """An answer by its symbol; one that the spec defines with its formula."""
        definition = self.problem.expressions.get(key)
        if definition is not None:
            return say("{name} ({formula})", name=Ref(key), formula=self.whole(definition.formula))
        known = self.symbols.get(key, as_key(key))
        if isinstance(known, Ref) and not known.indices and isinstance(look_up(key, self.answers), tuple):
            known = Call("whole", (known,))
        return Message("{name}", {"name": known})

    def keys(self, ask: Ask) -> list[str]:
        """The answers that one entry asks for."""
        text = ask.text
        if text in self.failed:
            return []
        try:
            if text in self.answers:
                return self.spelled(self.printed(text, ask))
            if ":" in text and (part := selection(text)):
                sides = self.sides(part.name)
                value, inside = self.part(part, text, sides), elements_of(part, sides)
                if part.name not in self.symbols and inside and self.symbols.keys() >= set(inside):
                    return inside
                self.answers[text] = Answer(value, main=True)
                self.symbols[text] = running(part, sides)
                return [text]
            f = parse(text, True)
            if isinstance(f, Ref):
                self.answers[text] = Answer(look_up(text, self.known), main=True)
                return [text]
        except BadKey as bad:
            return self.wrong(ask, bad)
        except FormulaError as bad:
            nothing = say("`{key}` meets nothing.", key=text) if "*" in text else bad.message
            return ("*" in text and self.matching(text)) or self.wrong(ask, BadKey(nothing))
        return self.express(text, f, ask)

    def sides(self, name: str) -> list[int]:
        """How long the axes of an array are."""
        sides, inner = [], look_up(name, self.known)
        while isinstance(inner, tuple) and inner:
            sides.append(len(inner))
            inner = inner[0]
        return sides

    def part(self, part: Selection, key: str, sides: list[int]) -> Any:
        """A part of an array; one that lies outside is none."""
        if len(part.ranges) > len(sides) or any(
            not 1 <= a <= (n if b is None else b) <= n for (a, b), n in zip(part.ranges, sides, strict=False)
        ):
            shape = sizes(tuple(sides))
            raise BadKey(
                say("`{key}` is outside {name}, which has the shape {shape}.", key=key, name=part.name, shape=shape)
            )
        return part.part(look_up(part.name, self.known))

    def matching(self, pattern: str) -> list[str]:
        """The answers whose keys fit a pattern, in which * stands for any part."""
        return list(filter(fitting(pattern), self.answers))

    def spelled(self, key: str) -> list[str]:
        """The elements of an answer without a symbol, where all of them have one; else the answer itself."""
        value = self.answers[key].value
        inside = [f"{key}[{n}]" for n in range(1, len(value) + 1)] if isinstance(value, tuple) else []
        alone = key in self.symbols or not inside or len(inside) > MOST_NAMED
        return [key] if alone or not all(k in self.symbols for k in inside) else inside

    def printed(self, key: str, ask: Ask) -> str:
        """The key, its value at the digits that are asked for."""
        if ask.digits is not None:
            answer = self.answers[key]
            value = with_digits(answer.value, ask.digits)
            self.answers[key] = msgspec.structs.replace(answer, value=value, digits=ask.digits)
        return key

    def express(self, name: str, f: Formula, at: Any, where: str = "ask") -> list[str]:
        """An expression as an answer with a line."""
        self.expressions[name] = f
        digits = at.digits or self.problem.digits or 6
        try:
            whole, f = f, with_places(f, self.arrays | self.known)
            elements = by_elements(f, self.arrays | self.known) if excessive(f) is None else None
            if elements is not None:
                return self.express_array(name, f, elements, digits)
            f = unrolled(f) if excessive(f) is None else f
            value = look_up(plain(f), self.known, digits)
        except BadKey as bad:
            return self.wrong(at, bad, where)
        if isinstance(value, Quantity):
            if plain(whole) == plain_name(name) and (f == whole or "argmax" in name):
                self.symbols[name] = self.whole(whole)
            shown = stages(self.known, f, value) if "argmax" not in plain(whole) else ()
            self.lines.append(value_line(Ref(name), f, value, shown, origin=("asked", name, "formula")))
        elif isinstance(value, Formula):
            whole, value = transform(f, self.formula), simplify(value)
            free = {ref.name: "size" for side in (whole, value) for ref in references(side)}
            same = plain(whole) == plain(value)
            left = Call("*", (ONE, value)) if same else whole
            self.lines.append(identity_line(left, value, free, key=Ref(name), shown=(value,) if same else ()))
        self.answers[name] = self.known[name] = Answer(value, main=True, digits=digits)
        return [name]

    def express_array(self, name: str, f: Formula, elements: dict[Place, Formula], digits: int) -> list[str]:
        """An expression over whole arrays: a line for each element."""
        found = {place: look_up(plain(one), self.known, digits) for place, one in elements.items()}
        if plain(f) == plain_name(name):
            self.symbols[name] = self.whole(f)
        for n, (place, value) in enumerate(found.items()):
            one, key = elements[place], element_key(name, place)
            numbers, aside = stages(self.known, one, value), len(found) > FEW and n > 0
            self.lines.append(value_line(key, one, value, numbers, origin=("asked", name, "formula"), aside=aside))
        self.answers[name] = self.known[name] = Answer(nested(found), main=True, digits=digits)
        return [name]

    def whole(self, f: Formula) -> Formula:
        """A formula in which arrays are marked as wholes: a number in such a name is that of its layer."""
        return transform(f, lambda node: Call("whole", (node,)) if self.is_array(node) else node)

    def is_array(self, node: Formula) -> bool:
        """Whether a formula is a whole array by its key."""
        if not isinstance(node, Ref) or node.indices:
            return False
        known = self.known.get(node.name) or self.arrays.get(node.name)
        return known is not None and isinstance(known.value, tuple)

    def formula(self, node: Formula) -> Formula:
        """A reference as the formula or the number that it stands for."""
        if not isinstance(node, Ref):
            return node
        value = look_up(plain(node), self.known)
        return put_in(value) if isinstance(value, Quantity) else value if isinstance(value, Formula) else node

    def wrong(self, at: Any, bad: BadKey, where: str = "ask") -> list[str]:
        """Report what names no answer, where it stands."""
        report = self.problem.report
        if report is None or at.node is None:
            from hwsolve.errors import CallError

            raise CallError(bad.message)
        listed = say("`hwsolve list keys SPEC` lists all that can be asked.")
        message, hint = bad.message, bad.hint or listed
        if bad.hint is not None and where == "ask":
            hint = say("{first} {second}", first=bad.hint, second=listed)
        twice = re.search(r"(\w+@\d+)@\d+", getattr(at, "text", ""))
        if twice is not None:
            message = say("`{key}` counts updates twice; once, it is `{form}`.", key=twice[0], form=twice[1])
        elif message.values.get("name") in {one.key.name for one in self.given.given}:
            message = say("`{name}` is given, and no answer.", name=message.values["name"])
        report.add(at.node, where, message, hint)
        return []


def as_key(name: str) -> Formula:
    """A key as a formula; one that is none as a word."""
    try:
        return parse(name, True)
    except FormulaError:
        return Ref(name)


def plain_name(name: str) -> str:
    """A name that is an expression, as text that can be compared."""
    try:
        return plain(parse(name, True))
    except FormulaError:
        return ""


def single_values(solution: Solution) -> dict[str, Answer]:
    """What is given and what lines define, by key."""
    found = {plain(g.key): Answer(g.quantity) for g in solution.given if g.quantity is not None}
    for line in solution.lines:
        if isinstance(line, Value | Carried):
            found[plain(line.key)] = Answer(line.quantity)
    return found


def with_digits(value: Any, digits: int) -> Any:
    """Nested quantities with so many digits."""
    if isinstance(value, tuple):
        return tuple(with_digits(v, digits) for v in value)
    return quantity(value.value, digits) if isinstance(value, Quantity) else value
