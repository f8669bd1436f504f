"""The recursion for a whole map: the form that the operation states for the gradient of its input."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hwsolve.counting import At
from hwsolve.formula.evaluate import evaluate
from hwsolve.formula.parse import parse
from hwsolve.formula.simplify.simplify import expand
from hwsolve.formula.tree import ONE, ZERO, BigOperator, Call, Formula, Ref, call, formula, substitute, walk
from hwsolve.graph.operation import rename
from hwsolve.kinds.convolution.in_front import Before
from hwsolve.kinds.convolution.passing import SMALL, Passing
from hwsolve.kinds.convolution.readers import ordered
from hwsolve.kinds.convolution.recursion import Recursion
from hwsolve.kinds.convolution.wording import by, listing
from hwsolve.kinds.convolution.wording import each as same_or_each
from hwsolve.language import Message, say
from hwsolve.solution import Group

STUFFED = "stuffed_upstream"  # ∂L/∂y with zeros between its places


def operator(r: Recursion, before: Before | None) -> Formula | None:
    """The gradient of the whole map, through an activation; None where the operation states none."""
    text = r.operation.matrix().get("x")
    if text is None:
        return None
    f = rename(parse(text), r.called.names)
    return f if before is None else Call("odot", (substitute(before.slope, {"z": Ref("z")}), f))


def explained(p: Passing, *forms: Formula) -> Iterator[Message]:
    """What the operations on maps in some forms are."""
    calls = list(dict.fromkeys([n for f in forms for n in walk(f) if isinstance(n, Call)]))
    met = {n.name: n for n in calls}
    if "rot180" in met:
        kernel = met["rot180"].args[0]
        if len(p.axes) == 2:
            yield say("{name} is the kernel {w} rotated by {n}°.", name=met["rot180"], w=kernel, n=180)
        elif len(p.axes) == 1:
            yield say("{name} is the kernel {w} reversed.", name=met["rot180"], w=kernel)
        else:
            yield say("{name} is the kernel {w} reversed along every axis.", name=met["rot180"], w=kernel)
    for zeros in calls:
        if zeros.name == "stuffed":
            yield say(
                "{stuffed} is {g} with zeros between its cells, which are then {stride} apart.",
                stuffed=zeros, g=zeros.args[0], stride=each(zeros),
            )  # fmt: skip
    if "full" in met:
        kernel, over = met["full"].args
        yield say(
            "⋆ is the full correlation: the kernel {kernel} slides over {over}, padded with zeros, {zeros} on every "
            "side, and at every place the products of the cells that meet are added.",
            kernel=kernel, over=over, zeros=padding(p),
        )  # fmt: skip
    if (cut := met.get("crop")) is not None and len(cut.args) == 2:
        yield say("{name} cuts off a border of {width} on every side.", name="crop", width=cut.args[1])
    elif cut is not None and cut.args[1] != ZERO:
        yield say(
            "{name} cuts off a border of {width} in front, and what lies beyond a map of {sides}; what is missing "
            "there is {zero}.",
            name="crop", width=cut.args[1], sides=by(cut.args[2:]), zero=0,
        )  # fmt: skip
    elif cut is not None:
        yield say(
            "{name} cuts off what lies beyond a map of {sides}; what is missing there is {zero}.",
            name="crop", sides=by(cut.args[2:]), zero=0,
        )  # fmt: skip


def padding(p: Passing) -> Any:
    """How many zeros a full correlation adds on each side: all that a kernel spans but one cell."""
    zeros = [
        ordered(expand(call("*", formula(slide.dilation), call("-", a.high, ONE))))
        for a, slide in zip(p.axes, p.operation.slides(), strict=True)
    ]
    return same_or_each(zeros)


def stuffed(r: Recursion) -> Formula | None:
    """What the kernel slides over, where that has zeros between its places."""
    f = operator(r, None)
    full = next((n for n in walk(f) if isinstance(n, Call) and n.name == "full"), None) if f is not None else None
    return full.args[1] if full is not None and isinstance(full.args[1], Call) else None


def definitions(p: Passing) -> Iterator[Group]:
    """The kernel turned round, cell by cell, and the full correlation; where that is all, that it is the error."""
    f = operator(p.r, None)
    met = {n.name: n for n in walk(f) if isinstance(n, Call)} if f is not None else {}
    if "full" not in met or "real" in (p.bounds(p.called.w), p.bounds(p.called.g)):
        return
    cells, places = [Ref(a.cell) for a in p.axes], [Ref(a.index) for a in p.axes]
    w: Formula = Ref(p.called.w, tuple(cells))
    if "rot180" in met:
        back = [ordered(call("-", call("+", a.high, ONE), u)) for a, u in zip(p.axes, cells, strict=True)]
        w = element(met["rot180"], cells)
        yield Group((p.identity(w, Ref(p.called.w, tuple(back))),), turned(p))
    slides = p.operation.slides()
    reads = [
        ordered(call("-", i, call("*", formula(axis.dilation), call("-", a.high, u))))
        for a, axis, i, u in zip(p.axes, slides, places, cells, strict=True)
    ]
    g: Formula = Ref(p.called.g, tuple(reads))
    if stuffed(p.r) is not None:
        between = [
            call("+", call("/", call("-", i, ONE), formula(axis.stride)), ONE)
            for axis, i in zip(slides, places, strict=True)
        ]
        zeros = p.let(Ref(STUFFED, tuple(places)), p.between(Ref(p.called.g, tuple(between))))
        yield Group((zeros,), detail="data")
        g = Ref(STUFFED, tuple(reads))
    total: Formula = call("*", w, g)
    for a in reversed(p.axes):
        total = BigOperator("Sum", total, a.cell, ONE, a.high)
    whole, few = element(met["full"], places), last_places(p)
    yield Group((p.identity(whole, total, few=few),), say("the full correlation"))
    if "rot180" not in met or f is None:
        return
    put = [say("{u} → {back}", u=u, back=At(new)) for u, new in zip(cells, back, strict=True)]
    if f == met["full"]:
        yield Group((p.identity(whole, p.result(), few=few),), listing(put))
    elif "stuffed" in met or all(isinstance(axis.before, int) for axis in slides):  # else the cut may leave no place
        yield cut_out(p, element(f, places), put)


def cut_out(p: Passing, cut: Formula, put: list[Message]) -> Group:
    """What is left of the full correlation is the error: further in by the padding, and without what is 0."""
    moved = [
        say("{u} → {back}", u=Ref(a.index), back=At(ordered(expand(call("+", Ref(a.index), formula(axis.before))))))
        for a, axis in zip(p.axes, p.operation.slides(), strict=True)
        if axis.before != 0
    ]
    if stuffed(p.r) is not None:
        why = listing([*moved, say("without the zeros in between")])
        return Group((p.identity(cut, p.result(), few=last_places(p)),), why)
    return Group((p.identity(cut, p.result(), few=last_places(p, cut=True)),), listing([*moved, *put]))


def turned(p: Passing) -> Message:
    """What a kernel is whose cells are in the opposite order."""
    return say("the kernel rotated by {n}°", n=180) if len(p.axes) == 2 else say("the kernel reversed")


def last_places(p: Passing, cut: bool = False) -> dict[str, int]:
    """The last place of the full correlation along each axis that may have only a few; a size with a name has more.

    `cut`: without the border that the padding is.
    """
    found: dict[str, int] = {}
    for a, axis, n in zip(p.axes, p.operation.slides(), p.r.outputs[-len(p.axes) :], strict=True):
        spread = call("+", call("*", call("-", n, ONE), formula(axis.stride)), ONE)
        size = call("+", spread, call("*", formula(axis.dilation), call("-", a.high, ONE)))
        size = call("-", size, 2 * axis.before) if cut else size
        last: Any = evaluate(size, lambda name, _: SMALL)
        if last < SMALL:
            found[a.index] = min(int(last), p.few().get(a.index, SMALL))
    return found


def element(f: Formula, at: list[Ref]) -> Formula:
    """An element of an operation on whole maps."""
    return Call("element", (f, *at))


def each(f: Call) -> Formula | Message:
    """The strides of a map."""
    same = len(set(f.args[1:])) == 1
    return f.args[1] if same else say("{a}, {b}", a=f.args[1], b=f.args[2])
