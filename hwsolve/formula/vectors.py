"""Functions of vectors in terms of elements: softmax(x)[i] = exp(x[i])/Σ exp(x[j]), norm(x) = sqrt(Σ x[j]²).

A vector is a name that has a size, a function from the table below, or either of them inside an elementwise expression.
`Elements` writes each element out; `compact` finds softmax again in what was written out.
"""

from __future__ import annotations

from collections.abc import Iterable, Set

from hwsolve.formula.functions import FUNCTIONS, function
from hwsolve.formula.indices import fresh, names_in, put
from hwsolve.formula.notation.names import GREEK
from hwsolve.formula.parse import BIG_OPERATORS, parse
from hwsolve.formula.simplify.terms import Term, mentions, merge, term_of, written
from hwsolve.formula.tree import ONE, BigOperator, Call, Formula, Number, Ref, children, rebuild, transform, walk
from hwsolve.language import Explained, say

VECTORS = {  # element i of a function of a vector x with n elements
    "softmax": "exp(x[i])/Sum(exp(x[j]), j, 1, n)",
    "softmin": "exp(-x[i])/Sum(exp(-x[j]), j, 1, n)",
    "log_softmax": "log(exp(x[i])/Sum(exp(x[j]), j, 1, n))",
}
NUMBERS = {  # a number that belongs to a vector x, or to two
    "logsumexp": "log(Sum(exp(x[j]), j, 1, n))",
    "norm": "sqrt(Sum(x[j]**2, j, 1, n))",
    "sum": "Sum(x[j], j, 1, n)",
    "mean": "Sum(x[j], j, 1, n)/n",
    "dot": "Sum(x[j]*y[j], j, 1, n)",
}
PRODUCT = "matmul"  # of a matrix and a vector
ARGUMENTS = {"dot": ("x", "y"), PRODUCT: ("W", "x")}  # of those that take more than x

CALLED = (*FUNCTIONS, *VECTORS, *NUMBERS, PRODUCT, *BIG_OPERATORS)  # all that can stand in front of “(”

Shapes = dict[str, tuple[Formula, ...]]


class NoElement(Explained, ValueError):
    """A vector where a number belongs, or a number where a vector does."""


class Elements:
    """Writes out the elements of vectors whose sizes are known."""

    def __init__(self, shapes: Shapes) -> None:
        self.shapes = shapes

    def is_vector(self, f: Formula) -> bool:
        """Whether a formula stands for a list of numbers."""
        match f:
            case Ref(name, ()):
                return len(self.shapes.get(name, ())) == 1
            case Call(name, args):
                if name in VECTORS or name == PRODUCT:
                    return True
                return name != "element" and name not in NUMBERS and any(self.is_vector(a) for a in args)
        return False

    def length(self, f: Formula) -> Formula:
        """How many elements a vector has."""
        if isinstance(f, Call) and f.name == PRODUCT and isinstance(f.args[0], Ref):
            return self.shapes[f.args[0].name][0]
        for node in walk(f):
            if isinstance(node, Ref) and not node.indices and len(self.shapes.get(node.name, ())) == 1:
                return self.shapes[node.name][0]
        raise NoElement(say("A vector needs a size."))

    def element(self, f: Formula, index: Formula) -> Formula:
        """Element `index` of a vector; a number is the same for every index."""
        match f:
            case Ref(name, ()) if self.is_vector(f):
                return Ref(name, (index,))
            case Call(name, args) if name in VECTORS:
                return self._from_table(VECTORS[name], args, index)
            case Call(name, (Ref(matrix, ()), vector)) if name == PRODUCT:
                return self._row(matrix, vector, index)
            case Call(name, args) if self.is_vector(f):
                return Call(name, tuple(self.element(a, index) for a in args))
        return self.number(f)

    def number(self, f: Formula) -> Formula:
        """A formula without vectors: each of their elements written out."""
        match f:
            case Call("element", (vector, index)):
                if not self.is_vector(vector):
                    raise NoElement(say("Only a vector has elements."))
                return self.element(vector, self.number(index))
            case Call(name, args) if name in NUMBERS:
                return self._from_table(NUMBERS[name], args, ONE)
            case Ref(name, ()) if name in self.shapes:
                raise NoElement(say("“{name}” has {n} indices here.", name=name, n=len(self.shapes[name])))
        if self.is_vector(f):
            raise NoElement(say("A vector stands where a number belongs."))
        parts = children(f)
        return rebuild(f, tuple(self.number(p) for p in parts)) if parts else f

    def _from_table(self, text: str, args: tuple[Formula, ...], index: Formula) -> Formula:
        """A definition with the elements of its arguments put in."""
        definition = parse(text)
        n = self.length(args[0]) if all(self.is_vector(a) for a in args) and args else None
        if n is None or len(args) != (2 if mentions(definition, "y") else 1):
            raise NoElement(say("This function takes a vector: a name that has a size."))
        bound = fresh("j", names_in(index, n, *args))
        places = {"i": index, "j": Ref(bound)}
        vectors = dict(zip(("x", "y"), args, strict=False))

        def change(node: Formula) -> Formula:
            match node:
                case Ref("n", ()):
                    return n
                case Ref(name, (Ref(place, ()),)) if name in vectors:
                    return self.element(vectors[name], places[place])
                case BigOperator(op, body, _, low, high):
                    return BigOperator(op, body, bound, low, high)
            return node

        return transform_references_last(definition, change)

    def _row(self, matrix: str, vector: Formula, index: Formula) -> Formula:
        """Σ W[i,j]·x[j]."""
        if len(self.shapes.get(matrix, ())) != 2:
            raise NoElement(say("“{name}” is no matrix: give it two sizes.", name=matrix))
        bound = fresh("j", names_in(index, vector))
        body = Call("*", (Ref(matrix, (index, Ref(bound))), self.element(vector, Ref(bound))))
        return BigOperator("Sum", body, bound, ONE, self.shapes[matrix][1])


def transform_references_last(f: Formula, change) -> Formula:  # type: ignore[no-untyped-def]
    """`change` on every node, where a reference that changes is not looked into again."""
    if isinstance(f, Ref):
        return change(f)  # type: ignore[no-any-return]
    parts = tuple(transform_references_last(p, change) for p in children(f))
    return change(rebuild(f, parts) if parts else f)  # type: ignore[no-any-return]


def compact(f: Formula) -> Formula:
    """exp(x[i])/Σ exp(x[j]) as softmax(x)[i], wherever it stands in a product."""
    return transform(f, _compact_node)


def _compact_node(f: Formula) -> Formula:
    if not (isinstance(f, Call) and f.name in ("*", "/", "neg")):
        return f
    term = term_of(f)
    while (found := _softmax_in(term)) is not None:
        term = found
        f = written(term)
    return f


def _softmax_in(term: Term) -> Term | None:
    """The term with one softmax(x)[i] in place of its two factors."""
    for below, power in term.factors:
        match below:
            case BigOperator("Sum", Call("exp", (inner,)), bound, low, _) if _negative(power) and low == ONE:
                for above, exponent in term.factors:
                    element = _element_of(above, inner, bound) if _positive(exponent) else None
                    if element is not None:
                        inverse = ((below, ONE), (above, Number(-1)), (element, ONE))
                        return merge((term, Term(term.coefficient / term.coefficient, inverse)))
    return None


def _element_of(above: Formula, inner: Formula, bound: str) -> Formula | None:
    """softmax(x)[i] if exp(x[i]) is the numerator and exp(x[bound]) is summed up."""
    if not (isinstance(above, Call) and above.name == "exp"):
        return None
    vector = stripped(inner, bound)
    if vector is None:
        return None
    for index in {i for node in walk(above) if isinstance(node, Ref) for i in node.indices}:
        if put(inner, bound, index) == above.args[0]:
            return Call("element", (Call("softmax", (vector,)), index))
    return None


def stripped(f: Formula, index: str) -> Formula | None:
    """A formula of elements x[j] as one of vectors x, if j stands in no other way."""

    def change(node: Formula) -> Formula:
        return Ref(node.name) if isinstance(node, Ref) and node.indices == (Ref(index),) else node

    out = transform(f, change)
    return None if mentions(out, index) or out == f else out


def _negative(f: Formula) -> bool:
    return isinstance(f, Number) and f.numerator < 0


def _positive(f: Formula) -> bool:
    return isinstance(f, Number) and f.numerator > 0 and f.denominator == 1


def vector_names(formulas: Iterable[Formula], numbers: Set[str] = frozenset()) -> set[str]:
    """Names that stand whole inside a function of vectors: they must be vectors, but for `numbers` beside others."""
    found: set[str] = set()
    for f in formulas:
        for node in walk(f):
            if isinstance(node, Call) and (node.name in VECTORS or node.name in NUMBERS):
                for arg in node.args:
                    names = {n.name for n in walk(arg) if isinstance(n, Ref) and not n.indices}
                    found |= names - numbers or names
    return found


def lone_function(formulas: Iterable[Formula], declared: Iterable[str] = ()) -> tuple[str, str] | None:
    """A function's name that stands without arguments, and how it is called: (`sin`, `sin(x)`).

    A name that is declared, that an operator binds or that is a letter of the alphabet, such as `gamma`, is a variable.
    """
    variables = {*declared, *GREEK}
    for f in formulas:
        bound = {node.index for node in walk(f) if isinstance(node, BigOperator)}
        for node in walk(f):
            if isinstance(node, Ref) and node.name not in variables | bound and node.name in CALLED:
                return node.name, called(node.name)
    return None


def called(name: str) -> str:
    """A function with its arguments, as `leaky_relu(x, a)`."""
    if name in BIG_OPERATORS:
        return f"{name}(x[i], i, 1, n)"
    known = function(name)
    parameters = known.parameters if known else ARGUMENTS.get(name, ("x",))
    return f"{name}({', '.join(parameters)})"
