"""A derivative problem without its solution: the function by its name, and what is asked of it."""

from __future__ import annotations

from collections.abc import Iterator

from hwsolve.formula.domain import Names, domains
from hwsolve.formula.simplify.recognise import defined
from hwsolve.formula.tree import Call, Formula, Ref, call, transform
from hwsolve.formula.whole_arrays import whole
from hwsolve.kinds.derivative.asked import Question
from hwsolve.kinds.derivative.chains import Chains
from hwsolve.kinds.derivative.symbols import Symbols
from hwsolve.language import Message, say
from hwsolve.solution import Form, Free, Group, Item, Let, Sentence, Stage, Step


def posed(question: Question, symbols: Symbols, chains: Chains, order: int) -> Step:
    """What is asked, what the names stand for, and the function; the points are among the givens."""
    items: list[Item] = [Sentence(asked(question, symbols, order)), *map(Sentence, stated(question))]
    for n, f in enumerate(question.functions):
        if not symbols.named:
            items += naming(question, symbols.function(n), f, question.typed[n])
    if len(question.functions) == 1:
        f, symbol = question.functions[0], symbols.function()
        if symbols.named and question.typed[0] != symbol:
            chains.add(symbol, f, "", symbol)
        else:
            chains.add(f, defined(f), say("definition"), symbol)
        chains.add(defined(f), chains.start(f), say("rules of the logarithm"), symbol)
    return Step("", (*items, *chains.taken()), part="statement")


def naming(question: Question, key: Formula, f: Formula, typed: Formula) -> Iterator[Item]:
    """The name that a function has from here on: as it is typed, then written out.

    In words where a machine is not told what its names range over.
    """
    free = ranges(question, key, f)
    if free is None:
        yield Sentence(say("Let {name} be {function}.", name=key, function=typed))
        return
    said = transform(typed, spoken)
    if named := said != f and question.written_out(said) == f:
        yield Group((Form((Stage("", key), Stage("=", said))),))
    yield Group((Let(key, f, free),), say("written out") if named else "")


def spoken(node: Formula) -> Formula:
    """An element of log_softmax(x) as a reader writes it: ln(softmax(x)ᵢ)."""
    match node:
        case Call("element", (Call("log_softmax", args), *at)):
            return call("log", Call("element", (Call("softmax", args), *at)))
    return node


def ranges(question: Question, key: Formula, f: Formula) -> Free | None:
    """What the names of a function range over that are no arguments of it; None where a domain cannot be said."""
    names = Names((f,))
    found = domains((f,), question.scalars, question.elements)
    arguments = [a.name for a in key.args if isinstance(a, Ref)] if isinstance(key, Call) else []
    if found is None or any(found[0].get(a) == "negative" for a in arguments):
        return None
    free: Free = {name: domain for name, domain in found[0].items() if name not in arguments}
    free |= dict.fromkeys(names.indices, "index") | dict.fromkeys(names.sizes, "size")
    for name, domain in found[1].items():
        sizes = [n.name for n in question.shapes.get(name, ()) if isinstance(n, Ref)]
        if domain != "real" or not sizes or len(sizes) < len(question.shapes[name]):
            return None
        free |= {name: sizes} | dict.fromkeys(sizes, "size")
    return free


def stated(question: Question) -> Iterator[Message]:
    """What is said of the variables: their domains, sizes and sums."""
    for name, domain in (question.scalars | question.elements).items():
        shown = whole(name) if name in question.elements else Ref(name)
        if domain == "positive":
            yield say("{name} is positive.", name=shown)
        elif domain == "negative":
            yield say("{name} is negative.", name=shown)
        elif domain == "unit":
            yield say("{name} lies between 0 and 1.", name=shown)
    for name, shape in question.shapes.items():
        if name in question.assumed:
            continue
        if len(shape) == 1:
            yield say("{name} is a vector of {n} elements.", name=whole(name), n=shape[0])
        else:
            rows, columns = shape[:2]
            yield say("{name} has {rows} rows and {columns} columns.", name=whole(name), rows=rows, columns=columns)
    for name, total in question.sums.items():
        yield say("The elements of {name} add up to {sum}.", name=whole(name), sum=total)


def asked(question: Question, symbols: Symbols, order: int) -> Message:
    """What is to be worked out, by the symbols that it has."""
    gradient = tuple([symbols.derivative((t,)) for t in question.targets])
    if question.form == "jacobian":
        return say("Asked: the Jacobian {name} by {variables}.", name=symbols.jacobian, variables=variables(question))
    if question.form == "gradient":
        if order == 1:
            return say("Asked: the gradient {name}, which is {parts}.", name=symbols.gradient(), parts=gradient)
        return say(
            "Asked: the gradient {name}, which is {parts}, and the Hessian {hessian}.",
            name=symbols.gradient(), parts=gradient, hessian=symbols.hessian,
        )  # fmt: skip
    found = tuple([symbols.derivative((question.targets[0],) * n) for n in range(1, order + 1)])
    if order == 1:
        return say("Asked: the derivative {name}.", name=found)
    return say("Asked: the derivatives {names}.", names=found)


def variables(question: Question) -> tuple[Formula, ...]:
    """What is differentiated by, vectors as a whole."""
    return tuple([whole(t.name) if t.indices and question.columns else t for t in question.targets])
