"""One form for equal formulas: what they are made of brought to a few functions, and quotients over these as atoms.

Exponentials of sums are products, roots and logarithms of surely positive products are taken apart, indices of sums are
renamed and begin at 1.  Equal forms are a proof; different ones are none.
"""

from __future__ import annotations

from fractions import Fraction

from hwsolve.formula.equality import form_parts
from hwsolve.formula.equality.form_parts import negative, renamed
from hwsolve.formula.equality.quotients import ARITHMETIC, Field, TooLong, Undefined, product, split, written
from hwsolve.formula.simplify.terms import mentions
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, substitute, walk

ODD = frozenset({"sin", "erf", "asin", "atan"})
POSITIVE = frozenset({"positive", "unit", "size", "index"})
TURNED = {"<": ">", ">": "<", "==": "=="}


class Forms:
    """Normal forms, where names range over these domains; with `brackets`, of which some have no value to compare."""

    def __init__(self, domains: dict[str, str], brackets: bool = False) -> None:
        self.domains, self.brackets = domains, brackets
        self.known: dict[Formula, Formula] = {}

    def normal(self, f: Formula) -> Formula:
        """The form of a formula."""
        if f not in self.known:
            made = self.prepared(f)
            self.known[f] = Field(made).formula(made)
        return self.known[f]

    def is_zero(self, f: Formula) -> bool:
        """Whether the form of a formula is 0."""
        made = self.prepared(f)
        return Field(made).is_zero(made)

    def irreducible(self, form: Formula) -> tuple[int, list[tuple[Formula, int]]]:
        """The sign of a form's coefficient, and its factors above and below the line with their powers."""
        field = Field(form)
        value = field.value(form)
        if value.above == 0:
            return 0, []
        sign, found = 1, []
        for side in value:
            c, factors = side.factor()
            sign = sign if c > 0 else -sign
            for f, n in factors:
                part = written(field.terms(f))
                simpler = self.same_sign(part)
                if simpler is None:
                    found.append((part, int(n)))
                    continue
                inner, more = self.irreducible(simpler)
                sign *= inner ** int(n)
                found += [(g, m * int(n)) for g, m in more]
        return sign, found

    def same_sign(self, form: Formula) -> Formula | None:
        """A simpler form of the same sign: u - v for exp(u) - exp(v), and v - 1 for log(v)."""
        match form:
            case Call("log", (v,)):
                return self.normal(Call("-", (v, ONE)))
        terms, _ = split(form)
        if len(terms) != 2 or terms[0][0] + terms[1][0] != 0:
            return None
        sides = [form_parts.exponent(factors) for _, factors in terms]
        first, second = sides if terms[0][0] > 0 else reversed(sides)
        return None if first is None or second is None else self.normal(Call("-", (first, second)))

    def prepared(self, f: Formula) -> Formula:
        """A formula of + - * / and powers over atoms in normal form."""
        match f:
            case Number(p, q):
                return Number(p, q)
            case Ref("e", ()) if "e" not in self.domains:
                return self.exponential(ONE)
            case Ref(name, indices):
                return Ref(name, tuple(self.normal(i) for i in indices))
            case BigOperator():
                return self.big(f)
            case Call("**", (a, b)):
                return self.power(a, self.normal(b))
            case Call(name, args) if name in ARITHMETIC:
                return Call(name, tuple(self.prepared(a) for a in args))
            case Call("if", (condition, then, other)):
                return self.conditional(condition, then, other)
            case Call(name, args):
                return self.function(name, tuple(self.normal(a) for a in args))
        raise TooLong

    def function(self, name: str, args: tuple[Formula, ...]) -> Formula:
        """A function of arguments in normal form."""
        match name, args:
            case "exp", (u,):
                return self.exponential(u)
            case "log", (u,):
                return self.logarithm(u)
            case "sqrt", (u,):
                return self.root(u, Fraction(1, 2))
            case "ceil", (u,):
                return Call("neg", (self.function("floor", (self.normal(Call("neg", (u,))),)),))
            case "floor", (u,):
                return self.floor(u)
        if len(args) == 1 and (name in ODD or name == "cos") and negative(args[0]):
            turned = Call(name, (self.normal(Call("neg", args)),))
            return turned if name == "cos" else Call("neg", (turned,))
        return (
            ZERO if name in ODD and args == (ZERO,) else ONE if name == "cos" and args == (ZERO,) else Call(name, args)
        )

    def floor(self, u: Formula) -> Formula:
        """A floor without the whole part of a number that is added."""
        terms, below = split(u)
        added = sum((c for c, factors in terms if not factors), Fraction(0)) if below == ONE else Fraction(0)
        whole = Number(added.numerator // added.denominator)
        rest = self.normal(Call("-", (u, whole)))
        return whole if rest == ZERO or isinstance(rest, Number) else Call("+", (Call("floor", (rest,)), whole))

    def conditional(self, condition: Formula, then: Formula, other: Formula) -> Formula:
        """A choice whose condition compares a form with 0: `>` or `==`, or `<`."""
        match condition:
            case Call(">=", (a, b)):
                return self.conditional(Call("<", (a, b)), other, then)
            case Call("<=", (a, b)):
                return self.conditional(Call(">", (a, b)), other, then)
            case Call(sign, (a, b)) if sign in TURNED:
                apart = self.normal(Call("-", (a, b)))
                if negative(apart):
                    apart = self.normal(Call("neg", (apart,)))
                    sign = TURNED[sign]
                terms, _ = split(apart)
                scale = abs(terms[0][0]) if terms else Fraction(1)
                apart = self.normal(Call("/", (apart, Number(*scale.as_integer_ratio()))))
                try:
                    branches = self.normal(then), self.normal(other)
                except Undefined:  # only one of them may be
                    raise TooLong from None
                if sign == "<" and self.meet(apart, *branches):
                    sign, branches = ">", (branches[1], branches[0])
                return form_parts.choice(Call(sign, (apart, ZERO)), *branches, self.brackets)
        raise TooLong

    def meet(self, border: Formula, a: Formula, b: Formula) -> bool:
        """Whether two branches are equal where a form is 0."""
        put = form_parts.solved(border)
        return put is not None and self.is_zero(form_parts.at_border(Call("-", (a, b)), put))

    # powers, exponentials, logarithms

    def power(self, a: Formula, exponent: Formula) -> Formula:
        """a to a power in normal form."""
        if isinstance(exponent, Number):
            if exponent.denominator == 1:
                return Call("**", (self.prepared(a), exponent))
            return self.root(self.normal(a), Fraction(exponent.numerator, exponent.denominator))
        return self.exponential(self.normal(Call("*", (exponent, Call("log", (a,))))))

    def exponential(self, u: Formula) -> Formula:
        """exp of a sum as a product; exp(c*log(v)) is a power of v."""
        parts: list[Formula] = []
        for c, unit in self.units(u):
            match unit:
                case Call("log", (v,)):
                    parts.append(self.root(v, c))
                case _:
                    parts.append(Call("**", (Call("exp", (unit,)), Number(*c.as_integer_ratio()))))
        return Call("*", tuple(parts)) if parts else ONE

    def units(self, u: Formula) -> list[tuple[Fraction, Formula]]:
        """A form as a sum of coefficients times units: of a quotient, what divides and what is left."""
        terms, below = split(u)
        if below == ONE:
            return [(c, product(Fraction(1), factors)) for c, factors in terms]
        field = Field(u)
        value = field.value(u)
        whole, rest = divmod(value.above, value.below)
        found = [(c, product(Fraction(1), factors)) for c, factors in field.terms(whole)]
        for c, factors in field.terms(rest):
            unit = self.normal(Call("/", (product(Fraction(1), factors), below)))
            over, _ = split(unit)
            if len(over) != 1:
                raise TooLong
            more = over[0][0]
            found.append((c * more, self.normal(Call("/", (unit, Number(*more.as_integer_ratio()))))))
        return found

    def root(self, u: Formula, e: Fraction) -> Formula:
        """u**e with u in normal form, taken apart where its parts are surely positive."""
        if e.denominator == 1:
            return Call("**", (u, Number(e.numerator)))
        if u == ZERO:
            return ZERO if e > 0 else Call("/", (ONE, ZERO))
        parts: list[Formula] = []
        if self.sign(u) < 2:  # only the size of its first coefficient is taken out
            scale = abs(split(u)[0][0][0])
            rest = self.normal(Call("/", (u, Number(*scale.as_integer_ratio()))))
            if isinstance(rest, Number) and rest.numerator < 0:
                raise TooLong
            parts += [form_parts.prime_root(Number(p), n * e) for p, n in form_parts.primes(scale)]
            return Call("*", (Call("**", (Call("root", (rest, Number(e.denominator))), Number(e.numerator))), *parts))
        for base, n in self.factors(u):
            match base:
                case Call("exp", _):
                    parts.append(Call("**", (base, Number(*(n * e).as_integer_ratio()))))
                case Call("root", (inner, Number(q, 1))) if n.denominator == 1:
                    parts.append(self.root(inner, n * e / q))
                case _:
                    parts.append(form_parts.prime_root(base, n * e))
        return Call("*", tuple(parts))

    def logarithm(self, u: Formula) -> Formula:
        """The logarithm of a surely positive product as a sum."""
        if self.sign(u) < 2:
            return Call("log", (u,))
        parts: list[Formula] = []
        for base, n in self.factors(u):
            match base:
                case Call("exp", (inner,)):
                    parts.append(Call("*", (Number(*n.as_integer_ratio()), inner)))
                case Call("root", (inner, Number(q, 1))):
                    parts.append(Call("*", (Number(*(n / q).as_integer_ratio()), self.logarithm(inner))))
                case _:
                    parts.append(Call("*", (Number(*n.as_integer_ratio()), Call("log", (base,)))))
        return Call("+", tuple(parts)) if parts else ZERO

    def factors(self, u: Formula) -> list[tuple[Formula, Fraction]]:
        """Positive factors of a positive form, with their powers: primes, atoms, and what is left of its two sums."""
        found: list[tuple[Formula, Fraction]] = []
        above, below = (u.args[0], u.args[1]) if isinstance(u, Call) and u.name == "/" else (u, ONE)
        for side, sign in ((above, 1), (below, -1)):
            terms, _ = split(side)
            shared = [b for b in form_parts.bases(terms[0][1]) if self.sign(b) == 2]
            common = {b: min(form_parts.bases(factors).get(b, Fraction(0)) for _, factors in terms) for b in shared}
            scale = terms[0][0] if len(terms) == 1 or all(c > 0 for c, _ in terms) else Fraction(1)
            taken = [Call("**", (b, Number(*(-n).as_integer_ratio()))) for b, n in common.items() if n]
            scaled = Call("/", (side, Number(*scale.as_integer_ratio())))
            rest = self.normal(Call("*", (scaled, *taken))) if taken or scale != 1 else side
            found += [(b, sign * n) for b, n in common.items() if n]
            found += [(Number(p), Fraction(sign * n)) for p, n in form_parts.primes(scale)]
            if rest != ONE:
                found.append((rest, Fraction(sign)))
        return found

    def at_least(self, f: Formula, least: int) -> bool:
        """Whether a bound is surely so large, as every size is at least 1."""
        names = [r for r in walk(f) if isinstance(r, Ref) and self.domains.get(r.name) == "size"]
        sizes: dict[str, Formula] = {r.name: Call("+", (r, ONE)) for r in names}
        return self.sign(self.normal(Call("-", (substitute(f, sizes), Number(least))))) > 0

    def sign(self, f: Formula) -> int:
        """2 where a form is surely positive, 1 where it is surely not negative, else 0."""
        match f:
            case Number(p, _):
                return 2 if p > 0 else 1 if p == 0 else 0
            case Ref(name, indices):
                known = self.domains.get(name) in POSITIVE or name.startswith("#") or (name == "pi" and not indices)
                return 2 if known else 0
            case Call("exp", _):
                return 2
            case Call("root", (inner, _)):
                return max(self.sign(inner), 1)
            case Call("**", (base, Number(p, q))):
                return max(self.sign(base) if self.sign(base) == 2 else 0, int(q == 1 and p % 2 == 0))
            case Call("*" | "/", args):
                return min(self.sign(a) for a in args)
            case Call("+", args):
                signs = [self.sign(a) for a in args]
                return max(signs) if min(signs) else 0
            case BigOperator(op, body, _, _, high):
                return self.sign(body) if op == "Prod" or self.at_least(high, 1) else min(self.sign(body), 1)
        return 0

    def big(self, f: BigOperator) -> Formula:
        """A big operator from 1 on; of a sum, every term by itself, and what is free of the index taken out."""
        low, high = self.normal(f.low), self.normal(f.high)
        body, index = f.body, f.index
        if low != ONE:
            shift = Call("-", (Call("+", (Ref(index), low)), ONE))
            body, high = substitute(body, {index: shift}), self.normal(Call("+", (Call("-", (high, low)), ONE)))
        body = self.normal(body)
        if f.op != "Sum":
            return renamed(BigOperator(f.op, body, index, ONE, high))
        terms, below = split(body)
        fixed = not mentions(below, index)
        parts: list[Formula] = []
        for c, factors in terms:
            outside = tuple(x for x in factors if not mentions(x, index))
            inside = product(Fraction(1), tuple(x for x in factors if mentions(x, index)))
            if not fixed:
                inside = self.normal(Call("/", (inside, below)))
            counted = inside == ONE and self.at_least(high, 0)
            summed = high if counted else renamed(BigOperator("Sum", inside, index, ONE, high))
            parts.append(Call("*", (product(c, outside), summed)))
        whole = Call("+", tuple(parts)) if parts else ZERO
        return Call("/", (whole, below)) if fixed and below != ONE else whole
