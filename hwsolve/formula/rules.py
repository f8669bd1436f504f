"""The rules of differentiation, one function each: what d/dx of a node is in terms of its parts.

A rule returns its name, the form it gives with `diff` for what is still to do, and the derivative itself.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, Protocol

from hwsolve.formula.functions import Function, function
from hwsolve.formula.indices import Range, fresh, names_in, put
from hwsolve.formula.meaning import applied, with_defaults
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import big, choice, equal_indices, tidy
from hwsolve.formula.simplify.terms import difference, integer, mentions, negative, power, product, quotient, total
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Number, Ref, children
from hwsolve.language import Explained, Message, say


class NoRule(Explained, ValueError):
    """A step that no rule covers."""


class Differentiation(Protocol):
    """What a rule needs: the derivative of a part, how it is written, and the sum over an index."""

    wrt: Ref
    shares: bool

    def of(self, f: Formula) -> Formula:
        """The derivative of a part."""

    def asked(self, f: Formula) -> Formula:
        """The derivative of a part, still to be done."""

    def apart(self, f: Formula, wrt: Ref) -> Formula:
        """The derivative of another formula, off the record."""

    def depends(self, f: Formula) -> bool:
        """Whether a part depends on the variable."""

    def summed(self, body: Formula, over: Range) -> Formula:
        """Σ body over the range, by the index rule."""


class Result(NamedTuple):
    """A rule's name, its form with `diff`, and the derivative."""

    rule: Message
    form: Formula
    derivative: Formula


def reference(f: Ref, task: Differentiation) -> Result:
    """∂x[i]/∂x[k] = δ(i,k), one δ per axis."""
    wrt = task.wrt
    if len(f.indices) != len(wrt.indices):
        raise NoRule(say("{a} and {b} have different numbers of indices.", a=shown(f), b=shown(wrt)))
    deltas = []
    for i, k in zip(f.indices, wrt.indices, strict=True):
        same = equal_indices(i, k)
        deltas.append(Call("delta", (i, k)) if same is None else ONE if same else ZERO)
    result = product(*deltas) if deltas else ONE
    return Result(say("index rule") if result not in (ZERO, ONE) else say("variable"), result, result)


def shown(f: Formula) -> str:
    """A formula for a message."""
    from hwsolve.formula.notation import plain

    return plain(f)


def sums(f: Call, task: Differentiation) -> Result:
    """(u + v)' = u' + v', (u - v)' = u' - v', (-u)' = -u'."""
    form = tidy(Call(f.name, tuple(task.asked(a) for a in f.args)))
    parts = tuple(task.of(a) for a in f.args)
    rule = say("constant factor") if f.name == "neg" else say("sum rule")
    return Result(rule, form, tidy(Call(f.name, parts)))


def products(f: Call, task: Differentiation) -> Result:
    """(u v)' = u' v + u v'; what does not depend on x is a constant factor."""
    constants = tuple(a for a in f.args if not task.depends(a))
    rest = tuple(a for a in f.args if task.depends(a))
    if constants:
        inner = rest[0] if len(rest) == 1 else Call("*", rest)
        front = product(*constants)
        return Result(say("constant factor"), product(front, task.asked(inner)), product(front, task.of(inner)))
    others = [tuple(b for b in rest[:k] + rest[k + 1 :]) for k in range(len(rest))]
    form = total(*(product(task.asked(a), *other) for a, other in zip(rest, others, strict=True)))
    result = total(*(product(task.of(a), *other) for a, other in zip(rest, others, strict=True)))
    return Result(say("product rule"), form, result)


def quotients(f: Call, task: Differentiation) -> Result:
    """(u/v)' = (u' v - u v')/v², and (u/wⁿ)' = (u' w - n u w')/wⁿ⁺¹; with a constant above, -n u w'/wⁿ⁺¹."""
    u, v = f.args
    if not task.depends(v):
        return Result(say("constant factor"), quotient(task.asked(u), v), quotient(task.of(u), v))
    match v:
        case Call("**", (w, n)) if (whole := integer(n)) is not None and whole > 1:
            times, below = n, power(w, Number(whole + 1))
        case _:
            w, times, below = v, ONE, power(v, Number(2))
    if not task.depends(u):
        form = negative(quotient(product(times, u, task.asked(w)), below))
        return Result(say("reciprocal rule"), form, negative(quotient(product(times, u, task.of(w)), below)))
    form = quotient(difference(product(task.asked(u), w), product(times, u, task.asked(w))), below)
    result = quotient(difference(product(task.of(u), w), product(times, u, task.of(w))), below)
    return Result(say("quotient rule"), form, result)


def powers(f: Call, task: Differentiation) -> Result:
    """(u**n)' = n u**(n-1) u'; (a**v)' = a**v ln a v'; (u**v)' = u**v (v' ln u + v u'/u)."""
    u, v = f.args
    if not task.depends(v):
        outer = product(v, power(u, total(v, Number(-1))))
        rule = say("power rule") if u == task.wrt else say("power rule and chain rule")
        return Result(rule, product(outer, task.asked(u)), product(outer, task.of(u)))
    base = ONE if u == Ref("e") else Call("log", (u,))
    if not task.depends(u):
        rule = say("exponential rule") if v == task.wrt else say("exponential rule and chain rule")
        return Result(rule, product(f, base, task.asked(v)), product(f, base, task.of(v)))
    form = product(f, total(product(task.asked(v), base), quotient(product(v, task.asked(u)), u)))
    result = product(f, total(product(task.of(v), base), quotient(product(v, task.of(u)), u)))
    return Result(say("power of a function to a function"), form, result)


def branches(f: Call, task: Differentiation) -> Result:
    """A function of cases is differentiated case by case, away from the borders; on them too where a note tells it."""
    condition, a, b = f.args
    isolated = isinstance(condition, Call) and condition.name == "==" and task.depends(condition)
    if isolated and not task.shares and (task.depends(a) or task.depends(b)):
        raise NoRule(
            say("A case that holds only where {where} cannot be differentiated by itself.", where=shown(condition))
        )
    form = choice(condition, task.asked(a), task.asked(b))
    return Result(say("case by case"), form, choice(condition, task.of(a), task.of(b)))


def constants(f: Call, task: Differentiation) -> Result:
    """A function that only jumps has the derivative 0 between its jumps."""
    return Result(say("constant between its jumps"), ZERO, ZERO)


def functions(f: Call, task: Differentiation) -> Result:
    """f(u)' = f'(u) u', with the derivative of f from the table of functions."""
    known = function(f.name)
    if known is None:
        raise NoRule(say("There is no function “{name}” to differentiate.", name=f.name))
    args = with_defaults(f, known)
    if task.shares and known.many and (shared := among_equals(f, task)) is not None:
        return shared
    if known.many and len(args) > 2:
        nested = Call(f.name, (args[0], Call(f.name, args[1:])))
        return functions(nested, task)
    if known.many and not task.depends(args[0]):
        args = args[::-1]  # max(0, x) as max(x, 0), with the slope 0 at x = 0 as relu(x) has it
    if len(args) != len(known.parameters):
        raise NoRule(say("“{name}” takes {n} arguments.", name=f.name, n=len(known.parameters)))
    outers: list[Formula] = []
    asked: list[Formula] = []
    found: list[Formula] = []
    for parameter, argument in zip(known.parameters, args, strict=True):
        if task.depends(argument):
            outers.append(partial(known, parameter, args, task))
            asked.append(task.asked(argument))
            found.append(task.of(argument))
    chained = any(task.depends(a) and a != task.wrt for a in args)
    name = known.shown or known.name
    rule = say("chain rule, derivative of {f}", f=name) if chained else say("derivative of {f}", f=name)
    return Result(rule, weighted(outers, asked), weighted(outers, found))


def among_equals(f: Call, task: Differentiation) -> Result | None:
    """(max(u, v))' = u' where u > v, and half of each where both are equal, as of torch.maximum; None of one argument.

    What does not change, as a number, takes its share too.
    """
    if len(args := f.args) < 2:
        return None
    if len(args) == 2:
        u, v = args if not isinstance(args[0], Number) else args[::-1]
        greater = ">" if f.name == "max" else "<"
        halves = quotient(total(task.of(u), task.of(v)), Number(2))
        beside = choice(Call(greater, (u, v)), task.of(u), task.of(v))
        found = choice(Call("==", (u, v)), halves, beside)
    else:
        wins = [choice(Call("==", (a, f)), ONE, ZERO) for a in args]
        found = quotient(total(*(product(w, task.of(a)) for w, a in zip(wins, args, strict=True))), total(*wins))
    return Result(say("derivative at the winner"), found, found)


def weighted(outers: list[Formula], inners: list[Formula]) -> Formula:
    """Σ outer·inner; where all the outer ones are cases of one condition, the cases of the sum."""
    conditions = {o.args[0] if isinstance(o, Call) and o.name == "if" else None for o in outers}
    condition = conditions.pop() if len(conditions) == 1 and len(outers) > 1 else None
    if condition is not None:
        pairs = list(zip(map(children, outers), inners, strict=True))
        then, other = (total(*(product(cases[k], inner) for cases, inner in pairs)) for k in (1, 2))
        return choice(condition, then, other)
    return total(*(product(o, i) for o, i in zip(outers, inners, strict=True)))


def softmax_elements(f: Call, task: Differentiation) -> Result:
    """∂softmax(x)[i]/∂x[k] = softmax(x)[i]·(δ(i,k) - softmax(x)[k])."""
    match f.args:
        case (Call("softmax", (Ref(name, ()),) as vector), index) if task.wrt == Ref(name, task.wrt.indices[:1]):
            own, k = f, task.wrt.indices[0]
            other = Call("element", (Call("softmax", vector), k))
            same = equal_indices(index, k)
            delta = Call("delta", (index, k)) if same is None else ONE if same else ZERO
            result = product(own, difference(delta, other))
            return Result(say("derivative of {f}", f="softmax"), result, result)
    raise NoRule(say("No rule gives the derivative of an element of this vector."))


def partial(known: Function, parameter: str, args: tuple[Formula, ...], task: Differentiation) -> Formula:
    """The derivative of a known function by one of its parameters, at the arguments."""
    text = known.derivative if parameter == known.parameters[0] else known.partials.get(parameter)
    if text is not None:
        return applied(parse(text), known, args)
    meaning = known.definition or known.cases
    if meaning is None or known.name == "delta":
        raise NoRule(say("No rule gives the derivative of “{name}”.", name=known.name))
    return applied(task.apart(parse(meaning), Ref(parameter)), known, args)


def big_sums(f: BigOperator, task: Differentiation) -> Result:
    """(Σ u)' = Σ u', then the δ leaves one term."""
    form = big("Sum", task.asked(f.body), f.index, f.low, f.high)
    return Result(
        say("derivative of a sum, term by term"), form, task.summed(task.of(f.body), Range(f.index, f.low, f.high))
    )


def big_products(f: BigOperator, task: Differentiation) -> Result:
    """(Π u[j])' = Σ u'[j] Π u[l] over l ≠ j."""
    other = fresh("l", names_in(f, task.wrt))
    same = Call("==", (Ref(other), Ref(f.index)))
    rest = BigOperator("Prod", choice(same, ONE, put(f.body, f.index, Ref(other))), other, f.low, f.high)
    over = Range(f.index, f.low, f.high)
    form = big("Sum", product(task.asked(f.body), rest), *over)
    return Result(say("product over an index"), form, task.summed(product(task.of(f.body), rest), over))


def extremes(f: BigOperator, task: Differentiation) -> Result:
    """(max u[j])' = u' at the winner: Σ [u[j] is the maximum] u'[j], over how many have it (of elements x[j]: one)."""
    ranges, body = [Range(f.index, f.low, f.high)], f.body
    while isinstance(body, BigOperator) and body.op == f.op:
        ranges.append(Range(body.index, body.low, body.high))
        body = body.body
    wins = choice(Call("==", (body, f)), ONE, ZERO)
    form: Formula = product(wins, task.asked(body))
    result, winners = product(wins, task.of(body)), wins
    for over in reversed(ranges):
        form = big("Sum", form, *over)
        result = task.summed(result, over)
        winners = big("Sum", winners, *over)
    if task.shares or not isinstance(body, Ref):
        form, result = quotient(form, winners), quotient(result, winners)
    return Result(say("derivative at the winner"), form, result)


ARITHMETIC: dict[str, Callable[[Call, Differentiation], Result]] = {
    "+": sums,
    "-": sums,
    "neg": sums,
    "*": products,
    "/": quotients,
    "**": powers,
    "if": branches,
    "floor": constants,
    "ceil": constants,
    "sign": constants,
    "step": constants,
    "step0": constants,
    "element": softmax_elements,
}

BIG: dict[str, Callable[[BigOperator, Differentiation], Result]] = {
    "Sum": big_sums, "Prod": big_products, "Max": extremes, "Min": extremes,
}  # fmt: skip


def apply(f: Formula, task: Differentiation) -> Result:
    """The rule for a node, applied."""
    match f:
        case Ref():
            return reference(f, task)
        case Call(name, _):
            return (constants if name == "delta" and task.shares else ARITHMETIC.get(name, functions))(f, task)
        case BigOperator(op, _, _, low, high):
            if mentions(low, task.wrt.name) or mentions(high, task.wrt.name):
                raise NoRule(say("The bounds of a sum depend on what it is differentiated by."))
            return BIG[op](f, task)
    raise NoRule(say("No rule covers this step."))
