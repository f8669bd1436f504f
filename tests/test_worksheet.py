"""Worksheets: whole ones against PyTorch's autograd, several points, ties, pages, and what ships."""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

pytest.importorskip("torch", reason="PyTorch is the independent peer of these tests: pip install torch")
import torch

import hwsolve
from hwsolve.pipeline import read, work_out
from hwsolve.render import Options, render
from hwsolve.solution import Solution
from hwsolve.spec.report import SpecFailure
from tests.conftest import PROBLEMS
from tests.line_check import wrong_lines
from tests.nearness import near
from tests.often import each
from tests.peers import in_doubles
from tests.worksheet_truth import TRUTH


@pytest.fixture(autouse=True)
def doubles() -> Iterator[None]:
    with in_doubles():
        yield


ELEMENTWISE = {
    "tanh({})": torch.tanh,
    "sigmoid({})": torch.sigmoid,
    "exp({}/4)": lambda a: torch.exp(a / 4),
    "{}**2": lambda a: a**2,
    "relu({})": torch.relu,
    "softplus({})": torch.nn.functional.softplus,
    "-{}": lambda a: -a,
    "1/(2 + {0}*{0})": lambda a: 1 / (2 + a * a),
    "if({0} > 0.3, {0}, 0.5*{0})": lambda a: torch.where(a > 0.3, a, 0.5 * a),
    "log(1 + abs({}))": lambda a: torch.log(1 + a.abs()),
}
ALONG = {
    "softmax({})": lambda a: torch.softmax(a, -1),
    "log_softmax({})": lambda a: torch.log_softmax(a, -1),
    "{0} - mean({0})": lambda a: a - a.mean(),
    "{0}/norm({0})": lambda a: a / torch.linalg.norm(a),
    "cumsum({})": lambda a: torch.cumsum(a, 0),
}
TO_NUMBERS = {
    "sum({})": torch.sum,
    "mean({})": torch.mean,
    "max({})": torch.max,
    "norm({})": torch.linalg.norm,
    "logsumexp({})": lambda a: torch.logsumexp(a.flatten(), 0),
}
PAIRS = {
    "{} + {}": torch.add,
    "{} - {}": torch.sub,
    "{}*{}": torch.mul,
    "max({}, {})": torch.maximum,
    "min({}, {})": torch.minimum,
}


def solved(text: str) -> Solution:
    """The solution of the only problem of a text."""
    (problem,) = read(text.encode(), "worksheet.yaml")
    return work_out(problem)


def document(solution: Solution) -> dict[str, Any]:
    """What the JSON says."""
    found: dict[str, Any] = json.loads(render([solution], "json", Options()))
    return found


def page(solution: Solution) -> str:
    """The plain page."""
    return render([solution], "plain", Options())


def decimal(rng: random.Random) -> float:
    """A number of one or two digits."""
    return rng.choice([-1, 1]) * rng.randint(1, 25) / 10


def drawn(rng: random.Random) -> tuple[str, dict[str, torch.Tensor]]:
    """A random worksheet, and PyTorch's values and gradients of the same by key."""
    n, m = rng.randint(2, 4), rng.randint(2, 3)
    shapes = {"x": [n], "y": [n], "W": [m, n], "b": [m], "s": [], "q": []}
    given = {
        name: torch.tensor([decimal(rng) for _ in range(torch.Size(shape).numel())]).reshape(shape).requires_grad_()
        for name, shape in shapes.items()
    }
    known, lines = dict(given), []
    for k in range(1, rng.randint(3, 6)):
        name, text = f"h{k}", ""
        kind = rng.choice(["elementwise", "along", "number", "pair", "product", "scaled"])
        vectors = [key for key, a in known.items() if a.ndim == 1]
        one = rng.choice(vectors)
        if kind == "elementwise":
            form, code = rng.choice(list(ELEMENTWISE.items()))
            text, found = form.format(one), code(known[one])
        elif kind == "along":
            form, code = rng.choice(list(ALONG.items()))
            text, found = form.format(one), code(known[one])
        elif kind == "number":
            form, code = rng.choice(list(TO_NUMBERS.items()))
            text, found = form.format(one), code(known[one])
        elif kind == "pair":
            other = rng.choice([key for key in vectors if known[key].shape == known[one].shape])
            form, code = rng.choice(list(PAIRS.items()))
            text, found = form.format(one, other), code(known[one], known[other])
        elif kind == "scaled":
            number = rng.choice([key for key, a in known.items() if a.ndim == 0])
            text, found = f"{number}*{one} + {number}", known[number] * known[one] + known[number]
        else:
            one = rng.choice([key for key in vectors if len(known[key]) == n])
            text, found = f"W @ {one} + b", known["W"] @ known[one] + known["b"]
        if not torch.isfinite(found).all() or found.abs().max() > 1e4:
            continue
        known[name] = found
        lines.append(f'  {name}: "{text}"')
    made = [key for key in known if key.startswith("h")] or ["x"]
    lines.append("  f: " + " + ".join(f"sum({key})" if known[key].ndim else key for key in made))
    known["f"] = torch.stack([known[key].sum() for key in made]).sum()
    known["f"].backward()
    stated = ", ".join(f"{name}: {given[name].tolist()}" for name in given)
    text = "\n".join(["kind: worksheet", f"given: {{{stated}}}", "define:", *lines, "gradient_of: f", ""])
    slopes = {f"df_d{name}": a.grad for name, a in given.items() if a.grad is not None}
    return text, {name: a.detach() for name, a in known.items() if name not in given} | slopes


def numbers(value: Any) -> Any:
    """Printed numbers as numbers."""
    return [numbers(part) for part in value] if isinstance(value, list) else float(value)


@pytest.mark.parametrize("seed", range(each(8)))
def test_random_worksheets_against_autograd(seed: int) -> None:
    text, wanted = drawn(random.Random(seed))
    solution = solved(text + "digits: 14\n")
    found = document(solution)
    answers = found["answers"]
    for key, value in wanted.items():
        if key in answers:
            near(numbers(answers[key]["value"]), value, f"{key} of\n{text}")
    assert {key for key in wanted if key.startswith("df_d")} <= answers.keys() | {"df_df"}
    assert wrong_lines(found) == [], text
    assert "{" not in page(solution), text


@pytest.mark.parametrize("name", TRUTH)
def test_a_shipped_worksheet_comes_to_what_others_find(name: str) -> None:
    """Every number that the independent computation gives is that of the worksheet, expected or not."""
    path = PROBLEMS / "textbook" / f"worksheet-{name}.yaml"
    found = document(solved(path.read_text(encoding="utf-8")))
    values: dict[str, Any] = {}
    for section in found["sections"]:
        for line in section["lines"]:
            if line["kind"] == "value":
                values[line["key"]] = numbers(line["value"])
    for key, wanted in TRUTH[name]().items():
        array = torch.tensor(numbers(wanted.tolist() if hasattr(wanted, "tolist") else wanted))
        for at in torch.cartesian_prod(*map(torch.arange, array.shape)).reshape(-1, array.ndim) if array.ndim else [()]:
            place = ",".join(str(int(i) + 1) for i in at)
            one = f"{key}[{place}]" if place else key
            if one in values:
                assert values[one] == pytest.approx(float(array[tuple(map(int, at))]), rel=2e-5, abs=1e-12), one
            else:
                assert key in values or key.endswith(f"_d{key[1]}"), one


# several points

FORMS = [
    "at: {truth_table: [a, b]}",
    "at: [{a: 0, b: 0}, {a: 0, b: 1}, {a: 1, b: 0}, {a: 1, b: 1}]",
    "at: {a: [0, 0, 1, 1], b: [0, 1, 0, 1]}",
]


@pytest.mark.parametrize("at", FORMS)
def test_points_can_be_stated_in_three_ways(at: str) -> None:
    text = 'kind: worksheet\ngiven: {w: [2, -1.5]}\ndefine: {z: "w[1]*a + w[2]*b", y: z + 1}\ngradient_of: y\n'
    found = document(solved(text + at + "\n"))
    values = {line["key"]: line["value"] for s in found["sections"] for line in s["lines"] if line["kind"] == "value"}
    assert [values[f"y[{k}]"] for k in range(1, 5)] == ["1", "-0.5", "3", "1.5"]
    assert values["dy_da[3]"] == "2" and values["dy_db[3]"] == "-1.5"


def test_every_cell_of_the_table_has_a_key_with_a_line() -> None:
    text = "kind: worksheet\ngiven: {W: [[1, 2], [0, 1]]}\ndefine:\n  z: W @ concat(a, b)\n  p: softmax(z)\n"
    text += "  f: -log(p[1])\ngradient_of: f\nat: {a: [0, 1, 2, -1], b: [1, 1.5, 0, 3]}\n"
    found = document(solved(text))
    lines = [line for s in found["sections"] for line in s["lines"] if line["kind"] == "value"]
    known = {line["key"]: (line["relation"], line["value"]) for line in lines}
    known |= {one["key"]: ("=", one["value"]) for one in found["given"]}
    (table,) = [table for s in found["sections"] for table in s["tables"]]
    heads = ["a", "b", "z[{},1]", "z[{},2]", "p[{},1]", "p[{},2]", "f", "df_db", "df_da"]
    assert len(table["columns"]) == len(heads)
    for k, row in enumerate(table["rows"], 1):
        for head, cell in zip(heads, row, strict=True):
            key = head.format(k) if "{" in head else f"{head}[{k}]"
            shown = cell["value"] if isinstance(cell, dict) else str(cell)
            assert float(known[key][1]) == pytest.approx(float(shown), rel=1e-5)
    assert wrong_lines(found) == []


def test_one_point_is_worked_out_and_the_table_is_the_answer() -> None:
    text = "kind: worksheet\ndefine: {y: 2*a + b}\nat: {truth_table: [a, b]}\n"
    shown = page(solved(text))
    assert "y₄ = 2a₄ + b₄ = 2 × 1 + 1 = 3" in shown
    assert "y₁ =" not in shown and "⎡" not in shown


# ties, kinks, cases


@pytest.mark.parametrize("name", ["max", "min"])
def test_equal_arguments_share_a_gradient_as_in_pytorch(name: str) -> None:
    text = f"kind: worksheet\ngiven: {{a: 2, b: 2, x: [3, 1, 3, 1]}}\ndefine:\n  m: {name}(a, b)\n  n: {name}(x)\n"
    solution = solved(text + "  f: 3*m + m*n\ngradient_of: f\n")
    a, b = torch.tensor(2.0, requires_grad=True), torch.tensor(2.0, requires_grad=True)
    x = torch.tensor([3.0, 1, 3, 1], requires_grad=True)
    m = (torch.maximum if name == "max" else torch.minimum)(a, b)
    n = x.max() if name == "max" else x.min()
    (3 * m + m * n).backward()
    answers = document(solution)["answers"]
    assert numbers(answers["df_da"]["value"]) == a.grad == b.grad == numbers(answers["df_db"]["value"])
    assert numbers(answers["df_dx"]["value"]) == x.grad.tolist()  # type: ignore[union-attr]
    assert "each gets the same share" in page(solution)


def test_cases_stand_in_rows_and_in_words() -> None:
    text = 'kind: worksheet\ngiven: {z: [1, -2], s: 0.1}\ndefine: {y: "if(z > 0, z, s*z)", f: sum(y)}\ngradient_of: f\n'
    shown = page(solved(text))
    assert "yᵢ = zᵢ" in shown and "yᵢ = szᵢ" in shown and "{" not in shown
    assert "z₁ = 1 > 0" in shown and "z₂ = −2 < 0" in shown


def test_matrix_lines_of_a_layer() -> None:
    text = (
        "kind: worksheet\ngiven: {W: [[1, -2], [3, 4]], x: [2, 1], b: [1, 0]}\ndefine: {z: W @ x + b, f: sum(z**2)}\n"
    )
    shown = page(solved(text + "gradient_of: f\n"))
    assert "z = W x + b" in shown and "∂f/∂x = Wᵀ ∂f/∂z" in shown and "∂f/∂W = ∂f/∂z xᵀ" in shown


def test_quantities_called_as_the_parts_of_an_operation_are() -> None:
    """`y`, `g` and `x1` are names like any other, in matrix lines too."""
    text = "kind: worksheet\ngiven: {y: [[1, 2], [3, 4]], g: [2, 1], x1: [1, 0], x2: 3}\ndefine:\n"
    solution = solved(text + "  x3: y @ g + x2*x1\n  m: dot(x3, g)\ngradient_of: m\n")
    answers = document(solution)["answers"]
    assert numbers(answers["dm_dy"]["value"]) == [[4, 2], [2, 1]]
    assert numbers(answers["dm_dg"]["value"]) == [12, 18]
    assert wrong_lines(document(solution)) == []


def test_what_is_worked_out_stays_where_there_is_no_room_for_all() -> None:
    """A matrix line that is too wide loses the numbers put in, not the elements that show the work."""
    text = "kind: worksheet\ngiven: {W: [[1, -2, 0.5], [0.3, 0.8, -1]], x: [0.2, -0.4, 1], b: [0.1, 0]}\n"
    solution = solved(text + "define: {z: W @ x + b}\n")
    for columns in (80, 90, 100):
        shown = render([solution], "plain", Options(width=columns))
        assert "1 × 0.2 + (−2) × (−0.4) + 0.5 × 1 + 0.1" in shown
        assert all(len(row) <= columns for row in shown.splitlines())


def test_the_drawing_of_a_question_has_no_number_that_was_found() -> None:
    solution = solved((PROBLEMS / "language" / "14-circuit.yaml").read_text(encoding="utf-8"))
    assert "0.0163025" in render([solution], "html", Options())
    assert "0.0163025" not in render([solution], "html", Options(questions=True))


@pytest.mark.parametrize("formula", ["log(x)", "x*y", "sin(x)*exp(y)", "x + c", "3*x"])
def test_the_slope_of_a_quantity_is_partial_whatever_it_reads(formula: str) -> None:
    spec = f"kind: worksheet\ngiven: {{x: 2, y: 5, c: 1}}\ndefine: {{v: {formula}, f: v**2 + x}}\ngradient_of: f\n"
    (problem,) = read(spec.encode(), "slope")
    page = str(render((work_out(problem),), "plain", Options()))
    assert "∂f/∂x" in page and not re.search(r"\bd\w+/d\w", page)


BESIDE = {  # f(x, y), the same by PyTorch, and whether cases meet at x = 2 without a derivative
    "if(x == 2, x**2, 0)": (lambda x, y: torch.where(x == 2, x**2, 0 * x), True),
    "if(x == 2, x*y, 3*y)": (lambda x, y: torch.where(x == 2, x * y, 3 * y), True),
    "if(x == 3, x*y, 3*x*y)": (lambda x, y: torch.where(x == 3, x * y, 3 * x * y), False),
    "if(x == 2, x**2 + 1, x**2 + 1)": (lambda x, y: x**2 + 1 + 0 * y, False),
    "if(x > 2, x**2, x*y)": (lambda x, y: torch.where(x > 2, x**2, x * y), True),
    "if(x >= 2, x**2, x*y)": (lambda x, y: torch.where(x >= 2, x**2, x * y), True),
    "if(x < 2, x**2/4, x - 1)": (lambda x, y: torch.where(x < 2, x**2 / 4, x - 1), False),
    "if(x < 2, x**2, 2*x)": (lambda x, y: torch.where(x < 2, x**2, 2 * x), True),
    "if(x < y, x**2, 4*x)": (lambda x, y: torch.where(x < y, x**2, 4 * x), False),
}


@pytest.mark.parametrize("text", BESIDE)
def test_cases_that_meet_have_the_slope_of_the_one_that_holds_and_a_note(text: str) -> None:
    peer, meets = BESIDE[text]
    x, y = (torch.tensor(v, requires_grad=True) for v in (2.0, 5.0))
    z = peer(x, y) * y
    z.backward()
    found = solved(f"{{kind: worksheet, given: {{x: 2, y: 5}}, define: {{u: '{text}', f: u*y}}, gradient_of: f}}")
    slopes = [found.answers[f"df_d{name}"].value.value for name in "xy"]
    assert [float(v) for v in slopes] == [float(v.grad) for v in (x, y)]
    h = 2.0**-20
    u = [float(peer(*map(torch.tensor, (2.0 + k * h, 5.0)))) for k in (-1, 0, 1)]
    sides = [(u[1] - u[0]) / h, (u[2] - u[1]) / h]
    assert meets is (abs(sides[0] - sides[1]) > 1e-3)
    said = [str(note.text) for note in found.notes]
    assert any("x = 2" in text for text in said) is meets


BY_INDEX = {
    "Prod(x[i], i)": lambda x: torch.prod(x),
    "Prod(x[i]*sin(x[i]) + 1, i)": lambda x: torch.prod(x * torch.sin(x) + 1),
    "Sum(x[i]**2, i, 1, n)": lambda x: torch.sum(x[:2] ** 2),
    "Sum(x[i]*delta(i, n), i)": lambda x: x[1],
    "Prod(x[i] + 1, i, 1, 2)": lambda x: torch.prod(x[:2] + 1),
    "Max(x[i]**2, i, 1, n)": lambda x: torch.amax(x[:2] ** 2),
    "Min(x[i], i, 2, 3)": lambda x: torch.amin(x[1:]),
    "Sum(x[i]*Sum(x[j], j, 1, i), i)": lambda x: torch.sum(x * torch.cumsum(x, 0)),
    "Sum(x[i]*x[i + 1], i, 1, n)": lambda x: torch.sum(x[:2] * x[1:]),
}


@pytest.mark.parametrize("text", BY_INDEX)
@pytest.mark.parametrize("values", [[1.5, -0.5, 2.0], [0.0, 3.0, 0.0], [-1.5, 1.5, 1.5]])
def test_products_and_bounds_by_a_given_number(text: str, values: list[float]) -> None:
    x = torch.tensor(values, requires_grad=True)
    y = BY_INDEX[text](x)
    y.backward()
    found = solved(f"{{kind: worksheet, given: {{n: 2, x: {values}}}, define: {{f: '{text}'}}, gradient_of: f}}")
    assert float(found.answers["f"].value.value) == pytest.approx(y.item(), abs=1e-12)
    assert [float(v.value) for v in found.answers["df_dx"].value] == pytest.approx(x.grad.tolist(), abs=1e-12)
    assert not wrong_lines(document(found))


def test_a_quantity_that_takes_the_name_of_a_constant_is_told() -> None:
    spec = {"kind": "worksheet", "given": {"a": [1, 2]}, "define": {"pi": "softmax(a)", "y": "sum(pi*a)"}}
    note = "π is the quantity of this name here; the number is `acos(-1)`."
    assert note in hwsolve.solve(spec).to("plain")
    assert "acos" not in hwsolve.solve({"kind": "worksheet", "given": {"a": 1}, "define": {"y": "a*pi"}}).to("plain")
    assert "acos" not in hwsolve.solve(spec | {"define": {"pi": "softmax(a)"}}).to("plain")


@pytest.mark.parametrize("word", ["pi", "mu", "nu", "xi", "eta", "rho", "tau", "phi", "chi", "psi"])
def test_a_greek_letter_below_is_not_cut_up_into_indices(word: str) -> None:
    """Of `a_pi` aₚᵢ would be an element of a."""
    page = hwsolve.solve({"kind": "worksheet", "given": {f"a_{word}": [1, 2]}, "define": {"y": f"a_{word}[2]*3"}})
    assert f"y = a_{word}₂ · 3 = 2 × 3 = 6" in page.to("plain")


@pytest.mark.parametrize("form", ["A/norm(A, 2)", "A - mean(A, 2)", "x*A"])
def test_the_hint_for_rows_is_what_works(form: str) -> None:
    given = {"A": [[1, 0], [0, 2], [3, 4]], "x": [1, 2, 3]}
    with pytest.raises(SpecFailure) as failure:
        hwsolve.solve({"kind": "worksheet", "given": given, "define": {"U": form}})
    hint = re.search(r"Row by row it is `(.+)`\.", str(failure.value))
    assert hint is not None
    found = hwsolve.solve({"kind": "worksheet", "given": given, "define": {"U": hint[1]}})["U"]
    A, x = torch.tensor(given["A"]).double(), torch.tensor(given["x"]).double()
    right = {
        "A/norm(A, 2)": A / A.norm(dim=1, keepdim=True),
        "A - mean(A, 2)": A - A.mean(1, keepdim=True),
        "x*A": A * x[:, None],
    }
    assert [[float(n) for n in row] for row in found] == [pytest.approx(row) for row in right[form].tolist()]


def test_a_quantity_at_points_has_one_symbol() -> None:
    spec = {
        "kind": "worksheet",
        "define": {"phi1": "x1 + x2", "phi2": "tanh(phi1)"},
        "at": {"truth_table": ["x1", "x2"]},
    }
    made = hwsolve.solve(spec)
    for page in (made.to("plain", width=100), made.to("plain", width=100, questions=True)):
        assert re.search("φ₁ |φ₁$", page, re.M) and re.search("x₂ |x₂$", page, re.M)
        assert not re.search("φ⁽|x⁽", page), page


@pytest.mark.parametrize(
    ("formula", "meaning"),
    [
        ("sigmoid(2*a)", "σ(z) = 1/(1 + e⁻ᶻ)"),
        ("relu(a) + 1", "ReLU(z) = max(0, z)"),
        ("softplus(a)", "softplus(z) = ln(1 + eᶻ)"),
    ],
)
def test_a_worksheet_says_what_its_functions_are(formula: str, meaning: str) -> None:
    made = hwsolve.solve({"kind": "worksheet", "given": {"a": 3}, "define": {"y": formula}})
    assert made.to("plain", width=100).count(meaning) == 1
    assert wrong_lines(json.loads(made.to("json"))) == []
    plain = hwsolve.solve({"kind": "worksheet", "given": {"a": 3}, "define": {"y": "a**2 + exp(a)"}})
    assert meaning.partition("(")[0] not in plain.to("plain", width=100)


GUARDED: dict[str, Callable[..., torch.Tensor]] = {
    "log(x)": torch.log,
    "sqrt(x)": torch.sqrt,
    "1/x": torch.reciprocal,
    "x**-0.5": torch.rsqrt,
}


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("text", GUARDED)
def test_what_a_condition_guards_is_guarded_in_the_gradient_too(text: str, whole: bool) -> None:
    xs, ws = [0.0, 2.0, -1.5, 0.25], [3.0, -1.0, 0.5, 2.0]
    if whole:
        formula = f"sum(if(x > 0, w*({text} - b)**2, 0))"
    else:
        formula = f"Sum(if(x[i] > 0, w[i]*({text.replace('x', 'x[i]')} - b)**2, 0), i, 1, 4)"
    found = solved(
        f"kind: worksheet\ngiven: {{x: {xs}, w: {ws}, b: 0.5}}\ndefine:\n  g: w*w\n  "
        f"J: {formula.replace('w', 'g')}\ngradient_of: J\n"
    )
    x, w, b = (torch.tensor(v, dtype=torch.float64, requires_grad=True) for v in (xs, ws, 0.5))
    there = x.detach() > 0
    value = (w[there] ** 2 * (GUARDED[text](x[there]) - b) ** 2).sum()
    value.backward()
    said = document(found)
    for name, tensor in (("x", x), ("w", w), ("b", b)):
        assert tensor.grad is not None
        assert numbers(said["answers"][f"dJ_d{name}"]["value"]) == pytest.approx(tensor.grad.tolist(), rel=1e-9), name
    assert wrong_lines(said) == []


def test_the_gradient_by_some_of_what_is_given() -> None:
    text = "kind: worksheet\ngiven: {W: [[1, 2]], x: [3, 4], r: 2}\ndefine: {z: W @ x, q: sum(z), L: (r - q)**2}\n"
    every, some = solved(text + "gradient_of: L\n"), solved(text + "gradient_of: L\nwrt: W\n")
    assert "dL_dx" in every.answers and "dL_dr" in every.answers
    slopes = {key for key in some.answers if key.startswith("dL_d")}
    assert slopes == {"dL_dq", "dL_dz", "dL_dW"}
    assert some.answers["dL_dW"] == every.answers["dL_dW"]
    assert "the gradient of L by W." in page(some)


@pytest.mark.parametrize(
    ("formula", "meant"),
    [
        ("A/sum(A, 2)", True),
        ("(A + 1)/norm(A + 1, 2)", True),
        ("A - mean(A, 2)", True),
        ("A/sum(A, 1)", False),
        ("T(T(A)/sum(A, 2))", False),
        ("A @ sum(A, 2)", False),
        ("x*sum(A, 2)", False),
    ],
)
def test_sums_of_rows_that_meet_columns_are_noted(formula: str, meant: bool) -> None:
    found = solved(f"kind: worksheet\ngiven: {{A: [[1, 2], [3, 4]], x: [1, 2]}}\ndefine:\n  P: {formula}\n")
    assert ("meets its columns" in "".join(str(note.text) for note in found.notes)) == meant


SOFTMAXES: dict[str, Callable[..., torch.Tensor]] = {
    "sum(r*softmax(W @ x))": lambda W, x, r: (r * (W @ x).softmax(-1)).sum(),
    "-log(softmax(W @ x + r)[2])": lambda W, x, r: -(W @ x + r).softmax(-1)[1].log(),
    "-log_softmax(W @ x)[1]": lambda W, x, r: -(W @ x).log_softmax(-1)[0],
    "logsumexp(W @ x)": lambda W, x, r: (W @ x).logsumexp(-1),
    "sum(softmax(W @ T(W), 1) @ W)*sum(x)*r[1]": lambda W, x, r: ((W @ W.T).softmax(0) @ W).sum() * x.sum() * r[0],
    "sum(softmax(W @ x)*log(softmax(W @ x - r)))": lambda W, x, r: (
        (W @ x).softmax(-1) * (W @ x - r).softmax(-1).log()
    ).sum(),
}


@pytest.mark.parametrize("z1", [True, False])
@pytest.mark.parametrize("text", SOFTMAXES)
def test_what_a_softmax_takes_has_a_line_of_its_own(text: str, z1: bool) -> None:
    given = {"W": [[0.5, -1.0], [0.25, 1.5], [-0.75, 0.5]], "x": [1.0, -2.0], "r": [0.5, 0.0, -1.0]}
    stated = ", ".join(f"{name}: {value}" for name, value in given.items()) + (", z1: 2" if z1 else "")
    found = solved(f"kind: worksheet\ngiven: {{{stated}}}\ndefine:\n  L: {text}\ngradient_of: L\n")
    tensors = [torch.tensor(value, dtype=torch.float64, requires_grad=True) for value in given.values()]
    value = SOFTMAXES[text](*tensors)
    value.backward()
    said = document(found)
    assert said["answers"]["L"]["value"] == pytest.approx(value.item(), rel=1e-9)
    for name, tensor in zip(given, tensors, strict=True):
        if tensor.grad is not None:
            assert torch.tensor(numbers(said["answers"][f"dL_d{name}"]["value"])).allclose(tensor.grad, rtol=1e-8)
    assert wrong_lines(said) == []
    assert not re.search(r"exp\(W|exp\(Σ", page(found))
    assert ("z" in said["answers"]) != z1  # z₁ stands for one number


@pytest.mark.parametrize(
    ("extreme", "rest", "word"), [("max", "less than", "largest"), ("min", "more than", "smallest")]
)
def test_elements_compared_with_their_extreme_are_said_in_words(extreme: str, rest: str, word: str) -> None:
    rows = "[[1, 2, 4], [3, 5, 0]]"
    found = solved(
        f"kind: worksheet\ngiven: {{A: {rows}, w: 2}}\ndefine:\n  Q: w*A\n"
        f"  L: {extreme}(Q[1])**2 + {extreme}(Q[2])\ngradient_of: L\n"
    )
    said = re.search(r"\((. of 6: [^:;]*); (.: [^:;)]*)\)", page(found))
    cases = {case.replace(" of 6", "") for case in said.groups()} if said else set()
    assert cases == {f"4: {rest} the {word}", f"2: the {word}"}


def test_a_long_sum_of_cases_is_that_of_its_own_terms() -> None:
    """Longer than what is written out: from a first index on, of numbers that are not 1, and one within another."""
    x = [(7 * k) % 20 for k in range(1, 21)]
    wanted = {
        "a": sum(v > 7 for v in x[3:]),
        "b": sum(1 if v > 7 else -3 for v in x[4:]) / 2,
        "c": sum(v > x[j] for j in range(2, 18) for v in x[1:]),
    }
    define = {
        "a": "Sum(if(x[i] > t, 1, 0), i, 4, 20)",
        "b": "Sum(if(x[i] > t, 1/2, -3/2), i, 5, 20)",
        "c": "Sum(Sum(if(x[i] > x[j], 1, 0), i, 2, 20), j, 3, 18)",
    }
    found = hwsolve.solve({"kind": "worksheet", "given": {"x": x, "t": 7}, "define": define})
    assert {name: float(found.answers[name].value.value) for name in wanted} == wanted
    assert wrong_lines(json.loads(found.to("json"))) == []
