"""How a formula changes along a direction, by the rules for a sum, a product and a function alone.

Each quantity x that moves has a change `d x` with the same indices: d(x[i]·y[j]) = d x[i]·y[j] + x[i]·d y[j].  No index
is solved for and no sum is rearranged.  (Forward mode; Griewank, Walther 2008, "Evaluating Derivatives", chapter 3.)
"""

from __future__ import annotations

from functools import lru_cache

from hwsolve.formula.functions import function
from hwsolve.formula.meaning import applied, with_defaults
from hwsolve.formula.parse import parse
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, call, substitute, walk

JUMPS = ("==", "<", ">", "<=", ">=", "delta", "floor", "ceil", "sign", "step", "step0")
EXTREMES = ("max", "min")


def direction(name: str) -> str:
    """What the change of a quantity is called; no text can say it."""
    return f"d {name}"


@lru_cache(maxsize=1024)
def along(f: Formula, moving: frozenset[str]) -> Formula:
    """The change of a formula, where the quantities `moving` change.

    Where several arguments of a maximum are equal it has no value: it is divided by 0.
    """
    if not any(isinstance(node, Ref) and node.name in moving for node in walk(f)):
        return ZERO
    match f:
        case Ref(name, indices):
            return Ref(direction(name), indices)
        case BigOperator():
            return of_big(f, moving)
        case Call("if", (condition, then, other)):
            return Call("if", (condition, along(then, moving), along(other, moving)))
        case Call(name, args):
            return of_call(name, args, [along(a, moving) for a in args])
    raise ValueError(f"no change of {f}")


def of_call(name: str, args: tuple[Formula, ...], changes: list[Formula]) -> Formula:
    """The change of an operator or function of arguments that change so."""
    if name in JUMPS:
        return ZERO
    if name in ("+", "neg"):
        terms = [c for c in changes if c != ZERO]
        return terms[0] if name == "+" and len(terms) == 1 else Call(name, tuple(terms))
    if name == "-":
        return changes[0] if changes[1] == ZERO else Call("-", tuple(changes))
    if name in EXTREMES and len(args) == 2:
        first = call(">" if name == "max" else "<", *args)
        return Call("/", (Call("if", (first, *changes)), call("if", call("==", *args), 0, 1)))
    if name in EXTREMES:
        rest = (args[0], Call(name, args[1:]))
        return of_call(name, rest, [changes[0], of_call(name, args[1:], changes[1:])])
    return sum_of([product(slope, c) for slope, c in zip(slopes(name, args, changes), changes, strict=True)])


def slopes(name: str, args: tuple[Formula, ...], changes: list[Formula]) -> list[Formula]:
    """The partial derivative by each argument that changes."""
    match name, args:
        case "*", _:
            others = [args[:k] + args[k + 1 :] for k in range(len(args))]
            return [o[0] if len(o) == 1 else Call("*", o) for o in others]
        case "/", (a, b):
            return [call("/", 1, b), call("neg", call("/", a, call("**", b, 2)))]
        case "**", (a, Number(2)):
            return [call("*", 2, a), ZERO]
        case "**", (a, b):
            return [call("*", b, call("**", a, call("-", b, 1))), call("*", call("**", a, b), call("log", a))]
    known = function(name)
    if known is None:
        raise ValueError(f"no derivative of {name}")
    given = with_defaults(Call(name, args), known)
    texts = [None, *(known.partials.get(p) for p in known.parameters[1:])]
    return [
        Call(f"d_{name}", given) if text is None else applied(parse(text), known, given)
        for text, _ in zip(texts, changes, strict=False)
    ]


def of_big(f: BigOperator, moving: frozenset[str]) -> Formula:
    """The change of a big operator: that of every term; of a maximum, that of the term which has it."""
    if f.op == "Sum":
        change = along(f.body, moving)
        terms = change.args if isinstance(change, Call) and change.name == "+" else (change,)
        return sum_of([BigOperator("Sum", term, f.index, f.low, f.high) for term in terms])
    if f.op == "Prod":
        other = f"other {f.index}"  # no text can say it
        rest = call("if", call("==", Ref(other), Ref(f.index)), 1, substitute(f.body, {f.index: Ref(other)}))
        change = product(BigOperator("Prod", rest, other, f.low, f.high), along(f.body, moving))
        return BigOperator("Sum", change, f.index, f.low, f.high)
    body: Formula = f
    operators: list[BigOperator] = []
    while isinstance(body, BigOperator) and body.op == f.op:
        operators.append(body)
        body = body.body
    wins = call("if", call("==", body, f), 1, 0)
    winner: Formula = product(wins, along(body, moving))
    winners: Formula = wins
    for big in reversed(operators):
        winner, winners = (BigOperator("Sum", part, big.index, big.low, big.high) for part in (winner, winners))
    return call("/", winner, call("if", call("==", winners, 1), 1, 0))


def product(slope: Formula, change: Formula) -> Formula:
    """slope · change."""
    if ZERO in (slope, change):
        return ZERO
    return change if slope == ONE else Call("*", (slope, change))


def sum_of(terms: list[Formula]) -> Formula:
    """The sum of what is not 0."""
    there = [t for t in terms if t != ZERO]
    return ZERO if not there else there[0] if len(there) == 1 else Call("+", tuple(there))
