"""From a derivative problem as it was written to its question: names, sizes, elements, and what is wrong with them."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve.formula.domain import Names
from hwsolve.formula.indices import fresh, names_in
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Ref, references, walk, written_name
from hwsolve.formula.tree import formula as as_formula
from hwsolve.formula.vectors import Elements, NoElement, Shapes, vector_names
from hwsolve.graph.spelling import KRONECKER, MANY, Named, clash
from hwsolve.kinds.derivative.asked import INDICES, ROOT, Question, declare, nested
from hwsolve.kinds.derivative.calls import miscalled, misnamed
from hwsolve.kinds.derivative.function_checks import wrong_parts
from hwsolve.kinds.derivative.point_checks import PointChecks
from hwsolve.language import Message, say
from hwsolve.spec.nodes import Node
from hwsolve.spec.report import Report, did_you_mean

if TYPE_CHECKING:
    from hwsolve.kinds.derivative.problem import Problem

MOST_ELEMENTS = 200  # of a quantity of stated size: each line is calculated with all of them
MOST_ORDERS = {"gradient": 2, "jacobian": 1}


def question_of(problem: Problem, report: Report) -> Question | None:
    """The question of a problem, or None with what is wrong in the report."""
    return Reading(problem, report).question()


class Reading:
    """Checks a problem part by part."""

    def __init__(self, problem: Problem, report: Report) -> None:
        self.problem, self.report = problem, report
        self.declared = declare(problem)
        self.shapes: Shapes = {
            name: tuple(as_formula(n) for n in v.size) for name, v in problem.variables.items() if v.size
        }
        self.assumed: list[str] = []

    def node(self, key: str) -> Node:
        """Where a field stands."""
        top = self.problem.node
        assert top is not None
        return top.entries[key][1] if key in top.entries else top

    def wrong(self, key: str, message: Message, hint: Message | None = None) -> None:
        """Note a mistake at a field."""
        self.report.add(self.node(key), ROOT / key, message, hint)

    def question(self) -> Question | None:
        """Everything that is asked, or None."""
        before = len(self.report.errors)
        for key in ("function", "wrt"):
            self.check_names(key)
            for f in getattr(self.problem, key):
                self.check_parts(key, f)
        self.check_sizes()
        if len(self.report.errors) > before:
            return None
        self.infer_shapes()
        try:
            return self.assembled(before)
        except NoElement as why:
            self.wrong("function", why.message, say("Give sizes under `variables`: {form}.", form="{x: {size: n}}"))
            return None

    def assembled(self, before: int) -> Question | None:
        """The question, when functions are known and shapes inferred."""
        typed, functions, rows = self.functions()
        targets = self.targets(functions)
        if targets is None:
            return None
        columns: tuple[str, ...] = ()
        elements: list[Ref] = []
        for target in targets:
            element, own = self.element_of(target, functions, rows + columns)
            elements.append(element)
            columns += own
        self.check_spelling(functions, elements)
        many = len(targets) > 1 or len(functions) > 1
        form = "derivative"
        if columns or many:
            form = "jacobian" if rows or len(functions) > 1 else "gradient"
        self.check_order(form)
        self.check_keys(form, functions, elements)
        declared = {n: v.domain for n, v in self.problem.variables.items()}
        question = Question(
            functions=functions,
            typed=typed,
            targets=tuple(elements),
            form=form,
            many=many,
            rows=rows,
            columns=columns,
            shapes=self.shapes,
            scalars={n: d for n, d in declared.items() if n not in self.shapes and d != "real"},
            elements={n: d for n, d in declared.items() if n in self.shapes and d != "real"},
            assumed=tuple(self.assumed),
            declared=self.declared,
            sums={n: v.sum for n, v in self.problem.variables.items() if v.sum is not None},
        )
        PointChecks(question, self.problem, self.report).run()
        self.write_out_expectations(question)
        return question if len(self.report.errors) == before else None

    # functions

    def check_names(self, key: str) -> None:
        """Every function is known, stands with its arguments, and takes as many."""
        formulas = getattr(self.problem, key)
        for message, hint in (*misnamed(formulas, self.problem.variables), *miscalled(formulas)):
            self.wrong(key, message, hint)

    def check_spelling(self, functions: tuple[Formula, ...], targets: list[Ref]) -> None:
        """No two names are written alike, as x1 and x[1] are; Kronecker's δ comes from ∂x[i]/∂x[k]."""
        names = Names(functions)
        ranks = dict.fromkeys((*names.scalars, *names.sizes), 0) | {n: len(sizes) for n, sizes in self.shapes.items()}
        ranks |= {r.name: len(r.indices) for f in functions for r in references(f) if r.indices}
        delta = any(t.indices for t in targets) or any(
            isinstance(p, Call) and p.name == "delta" for f in functions for p in walk(f)
        )
        named = [Named(n, n, (MANY,) * rank) for n, rank in ranks.items()]
        found = clash([KRONECKER, *named] if delta else named)
        if found is not None:
            hint = say("Choose another name.") if found.first is KRONECKER else say("Give one of them another name.")
            self.wrong("function", found.sentence(), hint)

    def check_keys(self, form: str, functions: tuple[Formula, ...], targets: list[Ref]) -> None:
        """No name is a key of the answers, which stands in front of their lines."""
        orders = range(1, self.problem.order + 1)
        keys = {f"d{n}" for n in orders} if form == "derivative" else {form, *("hessian" for n in orders if n > 1)}
        keys |= {"d0"} if len(functions) == 1 else set()
        ends = ("_at", *(f"_at{p}" for p, _ in enumerate(self.problem.at, 1))) if self.problem.at else ()
        keys |= {f"d{n}{end}" for n in (0, *orders) for end in ends}
        for name in sorted(keys & names_in(*functions, *targets)):
            self.wrong(
                "function", say("`{name}` is a key of the answers here.", name=name), say("Choose another name.")
            )

    def check_sizes(self) -> None:
        """Stated sizes are such that every line can be calculated."""
        for name, variable in self.problem.variables.items():
            elements = prod(n for n in variable.size if isinstance(n, int))
            if elements > MOST_ELEMENTS:
                message = say(
                    "`{name}` has {n} elements; at most {most} are worked out.",
                    name=written_name(name),
                    n=f"{elements:,}",
                    most=MOST_ELEMENTS,
                )
                self.wrong("variables", message, say("A name such as `n` stands for any size."))
            for part in (part for size in self.shapes.get(name, ()) for part in walk(size)):
                if isinstance(part, Ref) and part.name in self.shapes:
                    self.wrong("variables", say("`{name}` has elements: it is no size.", name=part.name))

    def check_parts(self, key: str, f: Formula) -> None:
        """No part is wrong whatever its names stand for."""
        for what in wrong_parts(f, self.shapes):
            self.wrong(key, what)

    def infer_shapes(self) -> None:
        """Sizes of vectors that are not stated: the bound of the sum over them, else n."""
        formulas = (*self.problem.function, *self.problem.wrt)
        numbers = self.problem.variables.keys() - self.shapes.keys()  # declared without a size, as a temperature is
        for name in sorted(vector_names(formulas, numbers) - self.shapes.keys()):
            self.shapes[name] = (self.new_size(),)
            self.assumed.append(name)
        for f in formulas:
            self.see_elements(f, {})

    def new_size(self) -> Formula:
        """A name for a size that is not stated."""
        return Ref(fresh("n", names_in(*self.problem.function) | set(self.problem.variables)))

    def see_elements(self, f: Formula, bounds: dict[str, Formula]) -> None:
        """Note the shape of a quantity from an index that a sum binds."""
        match f:
            case BigOperator(_, body, index, low, high):
                self.see_elements(body, bounds | ({index: high} if low == ONE else {}))
                return
            case Ref(name, indices) if indices and name not in self.shapes:
                sizes = [bounds.get(i.name) if isinstance(i, Ref) else None for i in indices]
                if all(s is not None for s in sizes):
                    self.shapes[name] = tuple(s for s in sizes if s is not None)
        parts = f.args if isinstance(f, Call) else f.indices if isinstance(f, Ref) else ()
        for part in parts:
            self.see_elements(part, bounds)

    def functions(self) -> tuple[tuple[Formula, ...], tuple[Formula, ...], tuple[str, ...]]:
        """As typed (an element of a vector-valued one), written out, and the index of its elements."""
        elements = Elements(self.shapes)
        typed: list[Formula] = []
        functions: list[Formula] = []
        rows: tuple[str, ...] = ()
        for f in self.problem.function:
            if elements.is_vector(f):
                row = fresh("i", names_in(*self.problem.function, *self.problem.wrt))
                rows = (row,)
                typed.append(f if isinstance(f, Ref) else Call("element", (f, Ref(row))))
                functions.append(elements.number(elements.element(f, Ref(row))))
                continue
            typed.append(f)
            functions.append(elements.number(f))
        if not rows and len(functions) == 1:
            rows = self.free_rows(functions[0])
        return tuple(typed), tuple(functions), rows

    def free_rows(self, f: Formula) -> tuple[str, ...]:
        """The free index of a function such as Σ W[i,j]·x[j], if it has one that no point and no variable gives."""
        known = set(self.problem.variables)
        for target in self.problem.wrt:
            known |= names_in(target)
        free = [i for i in Names([f]).indices if i not in known]
        return tuple(free[:1])

    # variables

    def targets(self, functions: tuple[Formula, ...]) -> list[Ref] | None:
        """What to differentiate by."""
        names = Names(functions)
        if self.problem.wrt:
            return self.stated_targets(names)
        found = [*names.scalars, *names.elements]
        free = [n for n in found if n not in self.problem.variables or self.problem.variables[n].domain != "index"]
        for likely in ("x", "z"):
            if likely in free:
                return [Ref(likely)]
        if len(free) == 1:
            return [Ref(free[0])]
        if not free:
            self.wrong("function", say("The function has no variable."))
        else:
            name = written_name(free[0])
            self.wrong("function", say("What is it to be differentiated by? Write `wrt: {name}`.", name=name))
        return None

    def stated_targets(self, names: Any) -> list[Ref] | None:
        """The variables of `wrt`, which the functions must depend on."""
        known = [*names.scalars, *names.elements]
        for target in self.problem.wrt:
            if not isinstance(target, Ref):
                self.wrong("wrt", say("`wrt` takes a name such as `x`, or an element such as `x[k]`."))
                return None
            if target.name not in known:
                message = say("The function does not depend on `{name}`.", name=written_name(target.name))
                self.wrong("wrt", message, did_you_mean(written_name(target.name), map(written_name, known)))
                return None
        return [t for t in self.problem.wrt if isinstance(t, Ref)]

    def element_of(
        self, target: Ref, functions: tuple[Formula, ...], taken: tuple[str, ...]
    ) -> tuple[Ref, tuple[str, ...]]:
        """A target as it is, or an element of the vector that it names, with the indices that this adds."""
        rank = max([len(r.indices) for f in functions for r in walk(f) if isinstance(r, Ref) and r.name == target.name])
        if target.indices:
            if len(target.indices) != rank:
                self.wrong("wrt", say("`{name}` has {n} indices.", name=written_name(target.name), n=rank))
            return target, ()
        used = names_in(*functions) | set(taken)
        own: list[str] = []
        for _ in range(rank):
            own.append(next(i for i in INDICES if i not in used and i not in own))
        return Ref(target.name, tuple(Ref(i) for i in own)), tuple(own)

    def check_order(self, form: str) -> None:
        """A gradient can be followed by a Hessian, a Jacobian by nothing."""
        most = MOST_ORDERS.get(form, 12)
        if self.problem.order > most:
            message = say("Derivatives by several variables have an order of at most {n} here.", n=most)
            self.wrong("order", message, say("Name one variable: `wrt: x[k]`."))

    def write_out_expectations(self, question: Question) -> None:
        """Vectors in expected and published formulas, as elements."""
        for field in ("expect", "published"):
            for key, stated in getattr(self.problem, field).items():
                try:
                    value = nested(stated.value, question.written_out)
                except NoElement as why:
                    self.report.add(stated.node, ROOT / field / key, why.message)
                    continue
                getattr(self.problem, field)[key] = msgspec.structs.replace(stated, value=value)
