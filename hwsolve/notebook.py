"""The Python API: a spec in, a solution out that shows itself in a notebook."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from contextlib import suppress
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import msgspec

from hwsolve import solution
from hwsolve.errors import CallError
from hwsolve.files import read_spec
from hwsolve.formula.tree import Formula, Number, references
from hwsolve.language import say
from hwsolve.pipeline import Request, read, work_out

if TYPE_CHECKING:
    from hwsolve.spec.problem import Problem

USUAL = ("params", "macs")  # columns of a summary
Spec = str | os.PathLike[str] | Mapping[str, Any]


class Solution(solution.Solution, kw_only=True):
    """A worked solution.  `print` shows it as plain text, a notebook as Markdown with formulas.

    `problem` is what it is of: the lines of a key that `only` names are made when they are asked for.
    """

    problem: Problem | None = None
    demanded: dict[str, solution.Answer] = msgspec.field(default_factory=dict)  # worked out when they were asked for

    def __getitem__(self, key: str) -> Any:
        """The number of a key, an element or an expression over keys: `solution["w@1"]`, `solution["E - E@1"]`.

        An int, a Fraction, or a float where the value is no rational; nested lists of an array, with None for what has
        no value; a formula as its text, where sizes have names: `"16*n"`.  What stands at a step that is not written
        out is worked out when it is asked for.  KeyError where nothing has that key.
        """
        from hwsolve.answers import BadKey, look_up

        try:
            return number(look_up(key, self.answers | self.demanded))
        except BadKey as error:
            try:
                return number(look_up(key, self._found_alone(key)))
            except BadKey:
                raise KeyError(" ".join([str(part) for part in (error.message, error.hint) if part])) from None

    def _found_alone(self, key: str) -> dict[str, solution.Answer]:
        """What there is where a key is asked for."""
        if self.problem is None:
            return {}
        asked = msgspec.structs.replace(self.problem, only=key, every=True, expect={}, published={})
        self.demanded |= work_out(asked).answers
        return self.answers | self.demanded

    def to(self, format: str, **options: Any) -> str | bytes:
        """The solution as `plain`, `markdown`, `json` …, as bytes where that is no text; `options` as `full=True`."""
        from hwsolve.render import FORMATS, Options, demand, render

        if format not in FORMATS:
            raise CallError(
                say("There is no format `{name}`; there are {known}.", name=format, known=", ".join(FORMATS))
            )
        demand(format)
        asked, found = Options(**options), self
        if asked.only is not None and self.problem is not None:
            found = _dressed(work_out(msgspec.structs.replace(self.problem, only=asked.only)))
        return render([found], format, asked)

    def __str__(self) -> str:
        return str(self.to("plain"))

    def __repr__(self) -> str:
        return f"<hwsolve.Solution of {self.kind}: {len(self.lines)} lines, {len(self.answers)} answers>"

    def _repr_markdown_(self) -> str:
        return str(self.to("markdown"))


def solve(spec: Spec, **overrides: Any) -> Solution:
    """The solution of a spec: a file's path, its text, or a dict.  `solve("a.yaml", steps=3)` changes a field,
    `solve("a.yaml", ask=["params", "macs / params"])` what the page leads to.

    A wrong spec is a SpecFailure that says where; one that holds several problems is for `solve_all`.
    """
    return one_of(solve_all(spec, **overrides))


def summary(
    model: Any,
    *shapes: Sequence[int] | int,
    input_size: Any = None,
    input_data: Any = None,
    tokens: int | None = None,
    **overrides: Any,
) -> Solution:
    """Parameters, output shapes and multiply-adds of a network, layer by layer, as a solution with all formulas.

    `model`: a PyTorch module or Keras model, a configuration of the Hugging Face hub, a spec, or what `hwsolve import`
    reads by its name.  `shapes` are those of a module's inputs, without the batch: `summary(model, (3, 224, 224))`;
    `input_size=(1, 3, 224, 224)` and `input_data=` are with it, as in torchinfo.  One sample is counted.  `tokens` is
    the length of a sequence.  `columns=("params", "activations")` chooses columns; other overrides change fields of the
    spec.  Raises CallError where the model is nothing of that, or has a layer that is not known.
    """
    from hwsolve.importing.settings import Settings
    from hwsolve.importing.shapes import Shapes, of_other_tools, stated, with_batch, without_batch
    from hwsolve.importing.source import KNOWN, in_place_of, spec_of

    for name in overrides:
        if (why := of_other_tools(name)) is not None:
            raise CallError(why)
    named = isinstance(model, str | os.PathLike)

    def read(known: Shapes) -> str | bytes | None:
        settings = Settings(known, tokens)
        return in_place_of(os.fspath(model), settings) if named else spec_of(model, settings)

    told = stated(shapes), with_batch(input_size, input_data)
    if all(told):
        raise CallError(say("`{a}` and `{b}` can't both be given.", a="shapes", b="input_size"))
    found, batch = (None, None) if is_text(model) else without_batch(read, *told)
    if found is None and not named and not isinstance(model, Mapping):
        raise CallError(
            say("{source} is nothing that can be imported. {known}", source=type(model).__name__, known=KNOWN)
        )
    changed = {"columns": USUAL} | overrides
    if found is None:
        return solve(model, **changed)
    made = one_of(_solve(found, str(model) if named else f"<{type(model).__name__}>", changed))
    notes = (*made.notes, *((solution.Note("info", batch),) if batch else ()))
    return msgspec.structs.replace(made, notes=notes)


def one_of(solutions: list[Solution]) -> Solution:
    """The only solution of a spec."""
    if len(solutions) != 1:
        raise CallError(say("This spec holds {n} problems: use solve_all.", n=len(solutions)))
    return solutions[0]


def number(value: Any) -> Any:
    """An answer as Python has it."""
    if isinstance(value, tuple):
        return [number(part) for part in value]
    if isinstance(value, solution.Missing):
        return None
    if isinstance(value, Formula):
        return of_formula(value)
    if not isinstance(value, solution.Quantity):
        return value
    if value.exact is None:
        return float(value.value)
    return whole(Fraction(value.exact))


def of_formula(f: Formula) -> Any:
    """A formula as Python has it: its number, where nothing in it has a name, else its text as a spec writes it."""
    from hwsolve.answers import CONSTANTS, plain_text
    from hwsolve.formula.evaluate import evaluate, no_names
    from hwsolve.formula.operators import NoValue
    from hwsolve.numbers import NotFinite

    if isinstance(f, Number):
        return whole(Fraction(f.numerator, f.denominator))
    if all(ref.name in CONSTANTS for ref in references(f)):
        with suppress(NoValue, NotFinite, TypeError, ValueError):
            return float(evaluate(f, no_names))
    return plain_text(f)


def whole(exact: Fraction) -> int | Fraction:
    """An int where it is one."""
    return int(exact) if exact.denominator == 1 else exact


def solve_all(spec: Spec, **overrides: Any) -> list[Solution]:
    """The solutions of every problem in a spec."""
    from hwsolve.spec.load import as_text

    if isinstance(spec, Mapping):
        text, source = as_text(dict(spec)), "<dict>"
    elif is_text(spec):
        text, source = str(spec), "<text>"
    else:
        data, source = read_spec(os.fspath(spec))
        return _solve(data, source, overrides)
    return _solve(text, source, overrides)


def is_text(spec: Any) -> bool:
    """Whether a string is a spec's own text rather than the path of its file."""
    if not isinstance(spec, str) or not ("\n" in spec or ": " in spec):
        return False
    return not os.path.isfile(spec.partition("\n")[0])  # False too of a text that is too long for the name of a file


def _solve(text: str | bytes, source: str, overrides: dict[str, Any]) -> list[Solution]:
    from hwsolve.spec.load import as_row

    wishes = Request({path: as_row(value) for path, value in overrides.items()}, option="")
    problems = read(text, source, wishes)
    return [_dressed(work_out(problem), problem) for problem in problems]


def _dressed(plain: solution.Solution, problem: Problem | None = None) -> Solution:
    return Solution(**{name: getattr(plain, name) for name in plain.__struct_fields__}, problem=problem)
