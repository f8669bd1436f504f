"""Finding the functions of the table in what was written out: 1/(1+exp(-2*x)) is sigmoid(2*x).

`unify` matches a pattern in one wildcard, whatever the order of factors and terms.
"""

from __future__ import annotations

from functools import cache
from itertools import combinations, permutations

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.meaning import by_definition
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.terms import Term, addends, merge, negative, rational, term_of, written
from hwsolve.formula.tree import Call, Formula, Number, Ref, transform

WILDCARD = Ref("x")
PATTERNS = (  # in this order: what is found stands where its parts were
    ("e**x", "exp(x)"),
    ("exp(x)/(1 + exp(x))", "sigmoid(x)"),
    *((str(FUNCTIONS[name].definition), f"{name}(x)") for name in ("sigmoid", "softplus", "tanh", "softsign", "tan")),
)
PRIMITIVE = ("sqrt", "sign", "step", "step0", "floor", "ceil", "delta")  # whose definitions tell nothing
MOST_PARTS = 4  # terms or factors that are tried in every order


def defined(f: Formula) -> Formula:
    """A function of the table at a plain name, by its definition: relu(x) is if(x > 0, x, 0), gelu(x) is x·Φ(x)."""
    if not isinstance(f, Call) or not f.args or not isinstance(f.args[0], Ref) or f.name in PRIMITIVE:
        return f
    known = function(f.name)
    return f if known is None or known.many else by_definition(f) or f


@cache
def patterns() -> tuple[tuple[Call, Formula], ...]:
    """What is looked for, and what it is."""
    return tuple((p, parse(b)) for a, b in PATTERNS if isinstance(p := parse(a), Call))


def recognised(f: Formula) -> Formula:
    """The formula with every function of the table that it writes out by its name."""
    return transform(f, _node)


def _node(f: Formula) -> Formula:
    for pattern, name in patterns():
        found: dict[Formula, Formula] = {}
        if isinstance(f, Call) and unify(pattern, f, found):
            return put_in(name, found)
        if isinstance(f, Call) and f.name in ("*", "/") and pattern.name in ("*", "/"):
            f = _within(f, term_of(pattern), name)
    return f


def put_in(name: Formula, found: dict[Formula, Formula]) -> Formula:
    """The name of what was found, at its argument."""
    return transform(name, lambda node: found.get(node, node))


def _within(f: Call, pattern: Term, name: Formula) -> Call:
    """A product with some of its factors recognised, as in 3*x/(1+exp(-x))."""
    term = term_of(f)
    for chosen in combinations(term.factors, len(pattern.factors)):
        found: dict[Formula, Formula] = {}
        if _products(pattern, Term(pattern.coefficient, chosen), found):
            value = put_in(name, found)
            rest = tuple(x for x in term.factors if x not in chosen)
            product = written(merge((Term(term.coefficient / pattern.coefficient, rest), term_of(value))))
            return product if isinstance(product, Call) else f
    return f


def unify(pattern: Formula, f: Formula, found: dict[Formula, Formula]) -> bool:
    """Whether f is the pattern with the wildcard's value, which is noted in `found`."""
    if pattern == WILDCARD:
        return found.setdefault(pattern, f) == f
    match pattern:
        case Number():
            return rational(f) == rational(pattern)
        case Call("neg", (inner,)):
            return unify(inner, negative(f), found)
        case Call("+" | "-"):
            return (
                isinstance(f, Call)
                and f.name in ("+", "-")
                and _parts([written(t) for t in addends(pattern)], [written(t) for t in addends(f)], found)
            )
        case Call("*" | "/"):
            return isinstance(f, Call) and f.name in ("*", "/") and _products(term_of(pattern), term_of(f), found)
        case Call(name, args):
            return (
                isinstance(f, Call)
                and f.name == name
                and len(f.args) == len(args)
                and all(unify(a, b, found) for a, b in zip(args, f.args, strict=True))
            )
    return pattern == f


def _products(pattern: Term, term: Term, found: dict[Formula, Formula]) -> bool:
    """Coefficients alike, and each factor with its exponent."""
    if pattern.coefficient != term.coefficient:
        return False
    own = [Call("**", x) for x in pattern.factors]
    return _parts(list(own), [Call("**", x) for x in term.factors], found)


def _parts(pattern: list[Formula], parts: list[Formula], found: dict[Formula, Formula]) -> bool:
    """Each part of the pattern with one of f, in some order."""
    if len(pattern) != len(parts) or len(parts) > MOST_PARTS:
        return False
    for order in permutations(parts):
        trial = dict(found)
        if all(unify(a, b, trial) for a, b in zip(pattern, order, strict=True)):
            found.update(trial)
            return True
    return False
