"""The operations of a formula over index letters: how often each of its parts is worked out.

A part is worked out once for every place of the letters in it, and never again: not for a letter that it does not
have, and not where it stands a second time.  So of exp(x[i,j])/Σₛ exp(x[i,s]) there are as many exponentials as places
(i, j), and as many sums as rows i.  Factors that were multiplied before are not multiplied again.  What lies outside an
array is absent: no operation is spent on it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import combinations
from typing import NamedTuple

from hwsolve.formula.meaning import by_definition
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, references, substitute
from hwsolve.kinds.complexity.alike import Known, Letters, is_activation, shift_of, size_of, softmax_of
from hwsolve.kinds.complexity.ranges import (
    PLACES,
    Box,
    Interval,
    NotKnown,
    at_least,
    hull,
    met,
    negative,
    union,
    up_to,
    volume,
)
from hwsolve.language import say
from hwsolve.layers.cost import FREE, FUNCTIONS, SIGNS
from hwsolve.layers.sizes import Size, product, total

Taken = dict[str, Counter[tuple[Size, ...]]]  # by kind: products of sizes, and how often each of them counts
COMPARED = ("<", ">", "<=", ">=", "==")  # made wherever they stand
WHOLE = say("a whole array stands in its formula")


class Part(NamedTuple):
    """A part of a formula: its letters, where they may run, and a text that is the same for the same part.

    `number`: whether it is a number that is known; `fixed`: letters that others decide, as m in δ(e(h), m);
    `sums`: whether products are added last, or it is one.
    """

    letters: frozenset[str]
    box: Box
    number: bool = False
    fixed: frozenset[str] = frozenset()
    sums: bool = False


NONE = Part(frozenset(), {}, True)


class Instances(Letters):
    """Counts formulas one after the other; what was worked out for one is there for the next."""

    def __init__(self, activations: bool) -> None:
        super().__init__()
        self.activations = activations  # whether what is inside of activation functions counts
        self.seen: set[str] = set()
        self.taken: Taken = {}

    def count(
        self, f: Formula, names: Mapping[str, Known], ranges: Mapping[str, Size], numbers: Mapping[str, Formula]
    ) -> tuple[Taken, dict[str, Interval], bool]:
        """What a formula takes beyond what is there; where its letters run in the end; whether products are added."""
        self.names, self.taken = names, {}
        self.ranges = {letter: up_to(size) for letter, size in ranges.items()}
        part = self.part(substitute(f, {k: v for k, v in numbers.items() if k not in names}))
        return self.taken, {i: self.interval(i, part.box) for i in ranges}, part.sums

    # parts

    def part(self, f: Formula) -> Part:
        """A part, counted unless it is known already."""
        if isinstance(f, Number):
            return NONE
        if isinstance(f, Ref):
            return self.reference(f)
        kept, self.taken = self.taken, {}
        found = self.worked(f)
        own, self.taken = self.taken, kept
        text = self.text(f, found.box)
        if text not in self.seen:
            for kind, terms in own.items():
                for sizes, often in terms.items():
                    self.add(kind, sizes, often)
        if not found.number and not (isinstance(f, Call) and f.name in COMPARED):
            self.seen.add(text)
        return found

    def worked(self, f: Formula) -> Part:
        """A part that is more than a number or a reference."""
        if isinstance(f, BigOperator):
            return self.big(f)
        assert isinstance(f, Call)
        if f.name == "*":
            return self.product(list(f.args))
        if f.name in ("+", "-"):
            return self.sum(f)
        if f.name == "delta":
            return self.product([f])
        if not self.activations and (inner := softmax_of(f)) is not None:
            return self.part(inner)
        if f.name == "if":
            return self.branches(f)
        return self.function(f)

    def reference(self, f: Ref) -> Part:
        """A quantity, a letter, or the name of a size."""
        known = self.names.get(f.name)
        if known is None:
            return NONE
        if len(f.indices) < len(known.shape):
            raise NotKnown(WHOLE)
        box: dict[str, Interval] = {}
        letters: set[str] = set()
        for index, size in zip(f.indices, known.shape, strict=True):
            own = {ref.name for ref in references(index) if ref.name in self.ranges}
            letters |= own
            if len(own) == 1 and (shift := shift_of(index)) is not None:
                (letter,) = own
                here = (
                    up_to(size) if shift == 0 else Interval(total((1, negative(shift))), total((size, negative(shift))))
                )
                if here != self.ranges[letter]:
                    box[letter] = met([box, {letter: here}])[letter]
        return Part(frozenset(letters), box, known.number, sums=False)

    def places(self, letters: Iterable[str], box: Box) -> list[Size]:
        """How many places the letters have, as factors."""
        return volume(self.interval(i, box) for i in sorted(letters))

    def add(self, kind: str, sizes: Iterable[Size], often: int = 1) -> None:
        """Count an operation for each place."""
        if often:
            key = tuple(sorted(sizes, key=lambda n: (isinstance(n, int), str(n))))
            self.taken.setdefault(kind, Counter())[key] += often

    # what is done with parts

    def product(self, written: list[Formula]) -> Part:
        """A product from left to right, but for factors that were multiplied before; known numbers are one factor."""
        factors: list[tuple[frozenset[str], tuple[Formula, ...]]] = []
        parts: list[Part] = []
        box: dict[str, Interval] = {}
        letters, fixed, numbers = set[str](), set[str](), list[Formula]()
        for f in written:
            if isinstance(f, Ref) and f.name in self.names and self.names[f.name].selects:
                continue
            if isinstance(f, Call) and f.name == "delta":
                here, decided, more = self.delta(f)
                box, fixed, letters = met([box, here]), fixed | decided, letters | more
                continue
            part = self.part(f)
            parts.append(part)
            if not part.number:
                factors.append((part.letters, (f,)))
            elif f not in (ONE, Number(-1)):
                numbers.append(f)
        box = met([box, *(part.box for part in parts)])
        letters = letters.union(*(part.letters for part in parts)) - fixed
        number = not factors
        if factors and numbers:
            factors.insert(0, (frozenset(), tuple(numbers)))
        while len(factors) > 1:
            pairs = [
                (one, other, self.text(Call("*", one[1] + other[1]), box)) for one, other in combinations(factors, 2)
            ]
            one, other, text = next((pair for pair in pairs if pair[2] in self.seen), pairs[0])
            whole = one[0] | other[0]
            if len(factors) == 2:  # whether all of it was worked out before is asked of the part
                self.add("mul", self.places(letters, box))
            elif text not in self.seen:
                self.add("mul", self.places(whole - fixed, box))
                self.seen.add(text)
            factors = [(whole, one[1] + other[1]), *(f for f in factors if f is not one and f is not other)]
        done = len(parts) > 1 or any(part.sums for part in parts)
        return Part(frozenset(letters), box, number, frozenset(fixed), not number and done)

    def delta(self, f: Call) -> tuple[dict[str, Interval], set[str], set[str]]:
        """What [a = b] says of letters: where one runs, which one is decided, and which ones decide it."""
        for one, other in (f.args, f.args[::-1]):
            if isinstance(one, Ref) and one.name in self.ranges:
                others = {ref.name for ref in references(other) if ref.name in self.ranges}
                if not others:
                    place = size_of(other)
                    return {one.name: Interval(place, place)}, set(), {one.name}
                return {}, {one.name}, others
        raise NotKnown(PLACES)

    def sum(self, f: Call) -> Part:
        """A sum or a difference: of two terms that are nowhere both, none is taken."""
        parts = [self.part(a) for a in f.args]
        if all(part.number for part in parts):
            return Part(frozenset().union(*(p.letters for p in parts)), met([p.box for p in parts]), True)
        letters = frozenset().union(*(part.letters for part in parts)) - frozenset().union(*(p.fixed for p in parts))
        boxes = [{i: self.interval(i, part.box) for i in letters} for part in parts]
        whole = union(boxes)
        products = sum(part.sums for part in parts)
        if all(box == boxes[0] for box in boxes):
            often, sizes = len(parts) - 1, volume(boxes[0][i] for i in sorted(letters))
            self.add("sum", sizes, min(products, often))
            self.add("add", sizes, often - min(products, often))
        elif len(whole) < len(boxes):
            kind = "sum" if products == len(parts) else "add"
            for box, sign_ in (*((box, 1) for box in boxes), *((box, -1) for box in whole)):
                self.add(kind, volume(box[i] for i in sorted(letters)), sign_)
        named = {i for part in parts for i in part.box}
        box = {i: interval for i, interval in hull(whole).items() if i in named}
        return Part(letters, box, sums=bool(products))

    def big(self, f: BigOperator) -> Part:
        """A sum over a letter: one addition less than it has terms, wherever they come from."""
        outer = self.ranges.get(f.index)
        self.ranges[f.index] = Interval(size_of(f.low), size_of(f.high))
        part = self.part(f.body)
        terms = self.places(part.letters | {f.index}, part.box)
        left = (part.letters | part.fixed) - {f.index}
        cells = self.places(left, part.box)
        box = {i: interval for i, interval in part.box.items() if i != f.index}
        kind = {"Sum": "sum" if part.sums else "add", "Prod": "mul"}.get(f.op, "cmp")
        if not part.number:
            self.less(kind, terms, cells)
        if outer is None:
            del self.ranges[f.index]
        else:
            self.ranges[f.index] = outer
        return Part(left, box, part.number, sums=part.sums and f.op == "Sum")

    def less(self, kind: str, terms: list[Size], cells: list[Size]) -> None:
        """Terms less cells, as (n − 1) for each cell where the terms are n for each."""
        rest = list(terms)
        for size in cells:
            if size not in rest:
                self.add(kind, terms)
                self.add(kind, cells, -1)
                return
            rest.remove(size)
        if (each := total((product(rest), -1))) != 0:
            self.add(kind, [each, *cells])

    def branches(self, f: Call) -> Part:
        """A condition and the costlier branch; a condition on letters alone is decided beforehand."""
        condition = self.part(f.args[0])
        kept, found, parts = self.taken, [], []
        for a in f.args[1:]:
            self.taken = {}
            parts.append(self.part(a))
            found.append(self.taken)
        self.taken = kept
        for kind in {*found[0], *found[1]}:
            one, two = (taken.get(kind, Counter()) for taken in found)
            if not at_least(value_of(one), value_of(two)):
                one = two
            for sizes, often in one.items():
                self.add(kind, sizes, often)
        every = [condition, *parts]
        letters = frozenset().union(*(p.letters for p in every))
        return Part(letters, met([condition.box]), all(p.number for p in every))

    def function(self, f: Call) -> Part:
        """A function, a quotient, a power or a comparison."""
        parts = [self.part(a) for a in f.args]
        letters = frozenset().union(*(part.letters for part in parts))
        box = met([part.box for part in parts])
        fixed = frozenset().union(*(part.fixed for part in parts))
        whole = Part(letters - fixed, box, all(part.number for part in parts), fixed)
        if whole.number or f.name in FREE or (not self.activations and is_activation(f.name)):
            return whole
        places = self.places(whole.letters | fixed if f.name == "/" else whole.letters, box)
        if f.name == "**":
            power = f.args[1]
            if power == Number(1, 2):
                self.add("sqrt", places)
            elif isinstance(power, Number) and power.denominator == 1 and power.numerator > 0:
                self.add("mul", places, power.numerator - 1)
            else:
                raise NotKnown(say("a power that is no whole number has no counting rule"))
        elif f.name in SIGNS:
            self.add(SIGNS[f.name], places, len(parts) - 1)
        elif f.name in FUNCTIONS:
            self.add(f.name, places)
        else:
            meaning = by_definition(f)
            if meaning is None:
                raise NotKnown(say("`{function}` has no counting rule", function=f.name))
            return self.part(meaning)
        return Part(whole.letters | (fixed if f.name == "/" else frozenset()), box)


def value_of(counts: Counter[tuple[Size, ...]]) -> Size:
    """The sum of products of sizes."""
    return total(product((often, *sizes)) for sizes, often in counts.items())
