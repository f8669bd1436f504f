"""The independent reader of arguments: what is named and assumed, links, claims, E and Var over random laws.

It shares nothing with hwsolve: formulas are evaluated from their text (see line_check), every random name has a discrete
law that meets what is assumed, and all outcomes are worked out in fractions.
"""

from __future__ import annotations

import ast
import random
import re
from collections import ChainMap
from collections.abc import Callable, Mapping
from contextlib import suppress
from fractions import Fraction
from itertools import pairwise, product
from typing import Any

import mpmath
import numpy as np

from tests.line_check import (
    DOMAINS,
    MAPS,
    Arrays,
    Env,
    Reader,
    Wrong,
    check_printed,
    decode,
    mp,
    printed,
    rational,
    read,
)

COMPARED = {"=": lambda a, b: a == b, "<": lambda a, b: a < b, ">": lambda a, b: a > b}
COMPARED |= {"≤": lambda a, b: a <= b, "≥": lambda a, b: a >= b}
LIMIT = 600  # outcomes of one mean
LET = re.compile(r"([^\W\d][\w.]*)(?:([\[(])([^\])]*)[\])])?")
Tree = ast.expr
VECTORS = {  # an element of a function of a vector, from the vector and its element
    "softmax": lambda every, x: mpmath.exp(x) / mpmath.fsum(map(mpmath.exp, every)),
    "softmin": lambda every, x: mpmath.exp(-x) / mpmath.fsum(mpmath.exp(-y) for y in every),
    "log_softmax": lambda every, x: x - mpmath.log(mpmath.fsum(map(mpmath.exp, every))),
}


class Need(Wrong):
    """A random name without an outcome, which nothing but a mean may read."""


class TooMany(Exception):
    """More outcomes than are worth working out."""


class Document:
    """What has been named and assumed so far, and the formulas of value lines."""

    def __init__(self) -> None:
        self.lets: dict[str, tuple[list[str], Tree]] = {}
        self.functions: dict[str, tuple[list[str], Tree]] = {}
        self.means: dict[str, Fraction] = {}
        self.normal: set[str] = set()
        self.linear: set[str] = set()
        self.zero: set[str] = set()
        self.formulas: dict[str, Tree] = {}

    def let(self, line: dict[str, Any]) -> None:
        found = LET.fullmatch(line["key"])
        if not found:
            raise Wrong(f"no name: {line['key']}")
        name, bracket, inside = found.groups()
        letters = [letter.strip() for letter in (inside or "").split(",") if letter.strip()]
        (self.functions if bracket == "(" else self.lets)[name] = letters, read(line["formula"])

    def assume(self, line: dict[str, Any]) -> None:
        text = line["formula"].replace(" ", "")
        if found := re.fullmatch(r"E\((\w+)(?:\[.*\])?\)==(-?[\d./]+)", text):
            self.means[found[1]] = Fraction(found[2])
        elif found := re.fullmatch(r"(normal|linear)\((\w+)(?:\[.*\])?\)", text):
            (self.normal if found[1] == "normal" else self.linear).add(found[2])
        elif found := re.fullmatch(r"(\w+)(?:\[.*\])?==0", text):
            self.zero.add(found[1])
        else:
            raise Wrong(f"nothing that can be assumed: {line['formula']}")


class Laws:
    """Random discrete laws of random names."""

    def __init__(self, doc: Document, names: set[str], dice: random.Random) -> None:
        self.outcomes: dict[str, Any] = {}
        self.count = 0
        self.of = {name: self.drawn(doc, name, dice) for name in sorted(names)}

    @staticmethod
    def drawn(doc: Document, name: str, dice: random.Random) -> list[tuple[Fraction, Fraction]]:
        values = [Fraction(n, 3) for n in dice.sample([n for n in range(-11, 12) if n], 2)]
        chances = [Fraction(n) for n in dice.sample(range(1, 8), 2)]
        if name in doc.normal:
            values, chances = [values[0], values[1] + 9, -values[0], -values[1] - 9], chances * 2
        total = sum(chances)
        law = [(v, c / total) for v, c in zip(values, chances, strict=True)]
        if name in doc.means or name in doc.normal:
            off = doc.means.get(name, Fraction(0)) - sum(v * c for v, c in law)
            law = [(v + off, c) for v, c in law]
        return law


Side = Callable[[str, str], Fraction]
SHARES = (Fraction(0), Fraction(1), Fraction(1, 2), Fraction(1, 3), Fraction(1, 4))  # of what is above a kink
MANY_KINKS = 3  # of one link, up to which each may be shared
KINKED = mpmath.mpf(10) ** -6  # at a kink a link is compared with numbers as they are printed


class Arguing(Reader):
    """Evaluates formulas of arguments at one random point."""

    def __init__(self, known: Env, doc: Document, free: Mapping[str, Any], laws: Laws, point: Point, tangents: bool):
        super().__init__(known, None)
        self.doc, self.free, self.laws, self.point, self.tangents = doc, free, laws, point, tangents

    def inside(self, name: str, value: Any) -> Reader:
        return Arguing(ChainMap({name: value}, self.known), self.doc, self.free, self.laws, self.point, self.tangents)

    def value(self, key: str) -> Any:
        name, _, inside = key.partition("[")
        if key in self.known:
            return self.known[key]
        if name in self.doc.zero:
            return Fraction(0)
        if name in self.laws.of:
            if key not in self.laws.outcomes:
                raise Need(key)
            return self.laws.outcomes[key]
        places = [Fraction(i) for i in inside.rstrip("]").split(",")] if inside else []
        if name in self.doc.lets:
            letters, tree = self.doc.lets[name]
            bound = dict(zip(letters, places or [Fraction(1)] * len(letters), strict=True))
            return Arguing(
                ChainMap(bound, self.known),
                self.doc,
                self.free,
                self.laws,
                self.point,
                self.tangents,  # type: ignore[arg-type]
            )(tree)
        if name in self.free or places:
            return self.point(name, places, self)
        return super().value(key)

    def __call__(self, node: ast.expr) -> Any:
        match node:
            case ast.Subscript(value=ast.Call(func=ast.Name(id=f), args=[inner]), slice=index) if decode(f) in VECTORS:
                read_names = [decode(n.id) for n in ast.walk(inner) if isinstance(n, ast.Name)]
                name = next(n for n in read_names if isinstance(self.free.get(n), list))
                places = range(1, int(self(read(self.free[name][0]))) + 1)
                every = [mp(self.inside(name, self.value(f"{name}[{k}]"))(inner)) for k in places]
                return VECTORS[decode(f)](every, every[int(self(index)) - 1])
            case ast.Subscript(value=ast.Call(func=ast.Name(id=f)) as map_of, slice=index) if decode(f) in MAPS:
                found = Arrays(self.arrays(map_of))(map_of)
                at = [int(self(i)) for i in (index.elts if isinstance(index, ast.Tuple) else [index])]
                if not all(1 <= i <= n for i, n in zip(at, found.shape, strict=True)):
                    raise Wrong(f"{at} is outside an array of {found.shape}")
                return found[tuple(i - 1 for i in at)]
        return super().__call__(node)

    def arrays(self, tree: Tree) -> Env:
        """The arrays with bounds that a tree reads, element by element, and its settings."""
        found: dict[str, Any] = {}
        called = {id(n.func) for n in ast.walk(tree) if isinstance(n, ast.Call)}
        for name in {decode(n.id) for n in ast.walk(tree) if isinstance(n, ast.Name) and id(n) not in called}:
            if not isinstance(self.free.get(name), list):
                found[name] = self.value(name)
                continue
            sizes = [int(self(read(str(n)))) for n in self.free[name]]
            for at in np.ndindex(*sizes):
                places = [i + 1 for i in at]
                found[f"{name}[{','.join(map(str, places))}]"] = self.point(name, list(map(Fraction, places)), self)
        return found

    def function(self, name: str, args: list[ast.expr]) -> Any:
        if name in ("E", "Var", "P"):
            self.laws.count = 0
            mean = self.mean(args[0], 1)
            return mean if name != "Var" else self.mean(args[0], 2) - mean * mean
        base = name.removeprefix("d_")
        if base in self.doc.functions:
            letters, tree = self.doc.functions[base]
            x, *others = [self(a) for a in args]
            chain = ChainMap(dict(zip(letters[1:], others, strict=True)), self.known)
            rest = Arguing(chain, self.doc, self.free, self.laws, self.point, self.tangents)  # type: ignore[arg-type]
            inner = rest.inside(letters[0], x)
            return inner(tree) if base == name else mpmath.diff(lambda t: mp(rest.inside(letters[0], t)(tree)), mp(x))
        if self.free.get(base) == "function":
            return self.point.polynomial(base, self(args[0]), int(base != name))
        if self.tangents and base in self.doc.linear:
            zero = [read("0"), *args[1:]]
            slope = super().function(f"d_{base}", zero)
            return slope if base != name else super().function(base, zero) + slope * mp(self(args[0]))
        return super().function(name, args)

    def integral(self, f: ast.expr, variable: ast.expr, low: ast.expr, high: ast.expr) -> Any:
        """Links are compared to 12 digits."""
        with mpmath.workdps(18):
            return super().integral(f, variable, low, high)

    def mean(self, body: Tree, power: int) -> Any:
        self.laws.count += 1
        if self.laws.count > LIMIT:
            raise TooMany
        try:
            return self(body) ** power
        except Need as need:
            key = need.args[0]
        total: Any = Fraction(0)
        for value, chance in self.laws.of[key.partition("[")[0]]:
            self.laws.outcomes[key] = value
            term = self.mean(body, power)
            total = total + chance * term if rational(total, term) else mp(total) + mp(chance) * mp(term)
        del self.laws.outcomes[key]
        return total

    def derivative(self, f: ast.expr, variable: ast.expr, order: ast.expr | None = None) -> Any:
        key = self.key(variable)
        named = self.key(f) if isinstance(f, ast.Name | ast.Subscript) else ""
        tree = self.doc.formulas.get(named, f)
        known, seen = self.value(key), Seen()

        def at(x: Any) -> Any:
            seen[key] = x
            chain = ChainMap(seen, self.known)
            return Arguing(chain, self.doc, self.free, self.laws, self.point, self.tangents)(tree)

        middle = at(known)
        if not seen.read:
            return Fraction(0)
        ends = [at(known + d) for d in (-1, 1, Fraction(3, 7))] if rational(known) else []
        if rational(middle, *ends) and ends:
            low, high, near = (end - middle for end in ends)
            if low == -high and 7 * near == 3 * high:
                return high  # a straight line
        here = mp(known)
        step = mpmath.mpf(10) ** (-mpmath.mp.dps // 3)
        values = [mp(self.inside(key, here + d)(tree)) for d in (-step, 0, step)]
        left, right = (values[1] - values[0]) / step, (values[2] - values[1]) / step
        if abs(left - right) > mpmath.mpf(10) ** -8 * max(1, abs(left)):
            if self.point.side is None:
                raise Kink
            return left + (right - left) * self.point.side(named, key)
        return mpmath.diff(lambda t: mp(self.inside(key, t)(tree)), here, int(self(order)) if order else 1)


class Seen(dict[str, Any]):
    """A value, and whether it was read."""

    read = False

    def __getitem__(self, key: str) -> Any:
        self.read = True
        return super().__getitem__(key)


class Kink(Exception):
    """A slope that is not the same on both sides: nothing is said."""


class Point:
    """Random values of free names."""

    side: Side | None = None  # how far a slope at a kink is from the left to the right one; None: nothing is said

    def __init__(self, free: Mapping[str, Any], dice: random.Random, small: bool) -> None:
        self.free, self.dice, self.values = free, dice, dict[Any, Any]()
        bounded = any(isinstance(domain, list) for domain in free.values())  # sums over them are long
        sizes = [dice.randint(4, 5) for _ in free] if bounded else dice.sample(range(4, 12), 8)
        for name, domain in free.items():
            if domain == "size":
                self.values[name] = Fraction(dice.choice((1, 1, 2, 2, 3)) if small else sizes.pop())
            elif domain == "index" or isinstance(domain, int):
                last = domain if isinstance(domain, int) else 4
                self.values[name] = Fraction(1 if small else dice.randint(1, last))

    def __call__(self, name: str, places: list[Fraction], reader: Reader) -> Any:
        domain = self.free.get(name, "real")
        if isinstance(domain, list):
            bounds = [reader(read(str(n))) for n in domain]
            if any(not 1 <= i <= n for i, n in zip(places, bounds, strict=True)):
                return Fraction(0)
            domain = "real"
        key = (name, *places) if places else name
        if key not in self.values:
            low, high = DOMAINS[domain]
            self.values[key] = Fraction(self.dice.randint(int(low * 500), int(high * 500)), 501)
        return self.values[key]

    def polynomial(self, name: str, x: Any, order: int) -> Any:
        c = self.values.setdefault(("function", name), [Fraction(self.dice.randint(1, 9), 5) for _ in range(4)])
        x = x if rational(x) else mp(x)
        terms = [k * (c[k] * x ** (k - 1)) if order else c[k] * x**k for k in range(4) if k >= order]
        return sum(terms[1:], terms[0])


Link = tuple[str, str, str | None]


def links_of(line: dict[str, Any]) -> list[Link]:
    """The chain of an identity: its sides and its links."""
    links = [(link[0], link[1], link[2] if len(link) > 2 else None) for link in line.get("links", [])]
    if links and links[0][0] == "⟺":
        return [("", f"{line['lhs']} == {line['rhs']}", None), *links]
    return [("", line["lhs"], None), (line.get("relation", "="), line["rhs"], None), *links]


def check_chain(links: list[Link], free: Mapping[str, Any], known: Env, doc: Document, dice: random.Random) -> None:
    """Neighbours stand in their relation at random points."""
    trees = [read(text) for _, text, _ in links]
    dumps = [ast.dump(tree) for tree in trees]
    if any(a == b for a, b in pairwise(dumps)):
        raise Wrong("a link is repeated")
    said = {n for n, d in free.items() if str(d).startswith(("random", "normal"))}
    names = said | ((doc.means.keys() | doc.normal) - free.keys() - doc.lets.keys())
    moments = any("E(" in text or "Var(" in text for _, text, _ in links) or bool(said)
    held = 0
    for _ in range(12):
        point, laws = Point(free, dice, moments), Laws(doc, names, dice)
        try:
            for n in range(1, len(links)):
                relation, _, factor = links[n]
                reader = Arguing(ChainMap(point.values, known), doc, free, laws, point, relation in ("≈", "⟺"))
                compare(relation, trees[n - 1], trees[n], factor, reader)
        except (TooMany, Kink):
            continue
        held += 1
        if held == (2 if any("integral(" in text for _, text, _ in links) else 4):
            return
    if not held:
        raise Wrong("too many outcomes")


def compare(relation: str, before: Tree, after: Tree, factor: str | None, reader: Reader) -> None:
    """One link at one point."""
    if relation == "⟺":
        assert isinstance(before, ast.Compare) and isinstance(after, ast.Compare) and factor is not None
        by = reader(read(factor))
        if by == 0:
            raise Wrong("the factor of ⟺ is 0")
        a, b, c, d = map(reader, (before.left, before.comparators[0], after.left, after.comparators[0]))
        left, right = mp(a) - mp(b), mp(by) * (mp(c) - mp(d))
    else:
        left, right = reader(before), reader(after)
        if relation in COMPARED and relation != "=":
            if not COMPARED[relation](mp(left), mp(right)):
                raise Wrong(f"{left} {relation} {right}")
            return
        if rational(left, right):
            if left != right:
                raise Wrong(f"{left} is not {right}")
            return
        left, right = mp(left), mp(right)
    if abs(left - right) > mpmath.mpf(10) ** -12 * max(1, abs(left), abs(right)):
        raise Wrong(f"{mpmath.nstr(left, 18)} is not {mpmath.nstr(right, 18)}")


def check_links(line: dict[str, Any], value: Any, known: Env, doc: Document, dice: random.Random) -> None:
    """Each link of a value line gives the value; a rounded number `~1.23` stands for what it may be."""
    if isinstance(line["value"], list):
        value = Arrays(known)(read(line["formula"])) if line.get("links") else None
    for relation, text, *_ in line.get("links", []):
        if relation not in ("=", "≈"):
            raise Wrong(f"no relation of a value: {relation}")
        try:
            check_link(relation == "≈", text, value, known, doc, dice)
        except Kink:
            check_at_kinks(text, value, known, doc, dice)


def check_at_kinks(text: str, value: Any, known: Env, doc: Document, dice: random.Random) -> None:
    """A sum of products of slopes, where each slope at a kink is that of a side, or shares of ties between them."""
    met: dict[tuple[str, str], Fraction] = {}
    tree = read(text.replace("~", ""))

    def slopes(chosen: Mapping[tuple[str, str], Fraction]) -> Any:
        point = Point({}, dice, False)
        point.side = lambda f, x: chosen.get((f, x), met.setdefault((f, x), Fraction(0)))
        return mp(Arguing(known, doc, {}, Laws(doc, set(), dice), point, False)(tree))

    found = [slopes({})]
    ways = SHARES if len(met) <= MANY_KINKS else (SHARES[0], SHARES[1])
    if len(met) <= 2 * MANY_KINKS:
        found = [slopes(dict(zip(met, chosen, strict=True))) for chosen in product(ways, repeat=len(met))]
        if any(abs(each - mp(value)) <= KINKED * max(1, abs(mp(value))) for each in found):
            return
        raise Wrong(f"the link {text} is at its kinks one of {sorted({mpmath.nstr(each, 8) for each in found})[:5]}")
    found.append(slopes(dict.fromkeys(met, Fraction(1))))
    if not min(found) - KINKED <= mp(value) <= max(found) + KINKED:
        raise Wrong(f"the link {text} is between {min(found)} and {max(found)}")


def check_link(near: bool, text: str, value: Any, known: Env, doc: Document, dice: random.Random) -> None:
    """One link gives the value, or each element of it."""
    rounded = [m[0] for m in re.finditer(r"~[\d.]+(?:e-?\d+)?", text)]

    def at(shift: int, only: int) -> list[Any]:
        moved = text
        for n, token in enumerate(rounded):
            shown, half, _ = printed(token[1:])
            moved = moved.replace(token, f"({shown + shift * half * (n == only)})", 1)
        if "diff(" in text:
            return [Arguing(known, doc, {}, Laws(doc, set(), dice), Point({}, dice, False), near)(read(moved))]
        reader: Reader = Reader(known) if "integral(" in text else Arrays(known)
        return list(np.ravel(np.asarray(reader(read(moved)), dtype=object)))

    middle, wanted = at(0, -1), list(np.ravel(np.asarray(value, dtype=object)))
    if len(middle) != len(wanted):
        raise Wrong(f"the link {text} has {len(middle)} elements")
    slack = [mpmath.mpf(0)] * len(middle)
    for n in range(len(rounded)):
        ends = [at(-1, n), at(1, n)]
        moved = [max(abs(mp(low) - mp(m)), abs(mp(high) - mp(m))) for low, high, m in zip(*ends, middle, strict=True)]
        slack = [s + d for s, d in zip(slack, moved, strict=True)]
    for m, v, s in zip(middle, wanted, slack, strict=True):
        if abs(mp(m) - mp(v)) > s * 2 + mpmath.mpf(10) ** -12 * max(1, abs(mp(m))):
            raise Wrong(f"the link {text} gives {mpmath.nstr(mp(m), 18)}")


def check_mean(line: dict[str, Any], known: Env, doc: Document) -> None:
    """A value line E(…) of one name that is assumed to be normal, of mean 0 and variance 1."""
    (body,) = read(line["formula"]).args  # type: ignore[attr-defined]
    (name,) = doc.normal & set(re.findall(r"\w+", line["formula"]))
    reader = Arguing(known, doc, {}, Laws(doc, set(), random.Random(1)), Point({}, random.Random(1), False), False)
    with mpmath.workdps(20):
        points = [-mpmath.inf, *range(-9, 10), mpmath.inf]
        value = mpmath.quad(lambda t: mp(reader.inside(name, t)(body)) * mpmath.npdf(t), points)
    known[line["key"]] = value
    check_printed(line, value, line["value"])


def check_claim(claim: Any, known: Env, doc: Document, dice: random.Random) -> None:
    """A claim of a sentence is true; `key ≈ ~1.23` says what a number is rounded to."""
    text, free = (claim["formula"], claim.get("free", {})) if isinstance(claim, dict) else (claim, {})
    if "≈" in text:
        key, _, number = text.partition(" ≈ ")
        shown, half, digits = printed(number.replace("~", "").strip("()"))
        if digits < 3 or abs(mp(Reader(known)(read(key))) - mp(shown)) > mp(half) * (1 + mpmath.mpf(10) ** -12):
            raise Wrong(f"no such number: {text}")
        return
    tree = read(text)
    if not isinstance(tree, ast.Compare):
        raise Wrong(f"no claim: {text}")
    sign = {ast.Eq: "=", ast.Lt: "<", ast.Gt: ">", ast.LtE: "≤", ast.GtE: "≥"}[type(tree.ops[0])]
    said = {n for n, d in free.items() if str(d).startswith(("random", "normal"))}
    names = said | ((doc.means.keys() | doc.normal) - free.keys() - doc.lets.keys())
    for _ in range(4):
        point = Point({n: d for n, d in free.items() if n not in said}, dice, False)
        reader = Arguing(ChainMap(point.values, known), doc, free, Laws(doc, names, dice), point, False)
        with suppress(Kink):
            compare(sign, tree.left, tree.comparators[0], None, reader)
