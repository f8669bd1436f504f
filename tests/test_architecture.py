"""The house stands as it is drawn: which part may import which, what is registered, what is documented, what stays out."""

from __future__ import annotations

import ast
import importlib
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from hwsolve import cli
from hwsolve.kinds import KINDS, about, record, work
from hwsolve.layers import LAYERS, layer_class
from hwsolve.render import FORMATS
from tests.conftest import ROOT
from tests.readme import PAGES

PACKAGE = ROOT / "hwsolve"
MODULES = sorted(p for p in PACKAGE.rglob("*.py") if "problems" not in p.parts)

# A part may import from those behind it, and from itself.  What is not named here is judged by its folder.
BELOW: dict[str, set[str]] = {
    "language": set(),
    "locale": {
        *("cli", "commands", "files", "kinds", "initializers", "losses", "optimizers", "layers", "spec", "language"),
        "render",
    },
    "numbers": {"language"},
    "formula": {"numbers", "language"},
    "figures": {"formula", "language"},
    "counting": {"formula"},
    "solution": {"formula", "language", "figures", "counting"},
    "readings": {"language", "solution"},
    "sections": {"solution", "figures"},
    "quantities": {"solution", "numbers", "formula"},
    "spec": {"formula", "language", "counting"},
    "derivation": {"formula", "numbers", "language", "solution", "figures", "sections", "quantities"},
    "graph": {"selection", "derivation", "formula", "numbers", "language", "solution", "figures", "quantities"},
    "registry": set(),
    "initializers": {"formula", "language", "spec", "registry"},
    "optimizers": {"graph", "formula", "language", "spec", "registry"},
    # a loss begins with the softmax of a layer; layers know losses by name, to say where one of them belongs
    "losses": {"layers", "graph", "formula", "numbers", "language", "spec", "registry"},
    "layers": {"figures", "graph", "formula", "numbers", "language", "spec", "registry", "losses", "initializers"},
    "proof": {"numbers", "language", "solution", "spec"},
    "kinds": {
        *("proof", "derivation", "initializers", "losses", "optimizers", "layers", "graph", "formula", "numbers"),
        *("language", "spec", "solution", "figures", "sections", "quantities", "errors", "selection", "counting"),
        *("registry", "readings"),
    },
    "selection": {"formula"},
    "trace": {"selection", "solution", "quantities", "formula", "language", "errors"},
    "render": {
        *("solution", "figures", "formula", "numbers", "language", "trace", "quantities", "errors", "hwsolve"),
        "ascii",
        "counting",
        "selection",
    },
    "errors": {"language"},
    "files": {"errors", "language"},
    "data_files": {"errors", "files", "language", "spec"},
    "ascii": set(),
    "streams": {"ascii", "files", "language"},
    "examples": {"errors", "language", "spec"},
    "failure": {"errors", "language", "spec", "hwsolve"},
    "answers": {"solution", "formula", "numbers", "language", "spec", "quantities"},
    "typed": set(),
    "compare": {"solution", "typed", "formula", "numbers", "language", "answers"},
    "otherwise": {"answers", "compare", "readings", "solution", "formula", "language"},
    "totals_stated": {"compare", "typed", "solution", "formula", "numbers", "language"},
    "checks": {
        *("answers", "compare", "otherwise", "totals_stated", "typed", "solution", "formula", "language"),
        *("spec", "errors"),
    },
    "array_expressions": {"answers", "solution", "formula", "language", "spec"},
    "asked_numbers": {"answers", "derivation", "graph", "solution", "formula", "quantities"},
    "pruning": {"trace", "solution", "formula", "language"},
    "asked_parts": {"selection", "formula"},
    "asked_places": {"answers", "array_expressions", "solution", "formula", "language"},
    "asking": {
        "asked_parts",
        "asked_places",
        "answers",
        "array_expressions",
        "asked_numbers",
        "pruning",
        "selection",
        "derivation",
        "solution",
        "formula",
        "language",
        "quantities",
        "spec",
        "errors",
    },
    "pipeline": {"data_files", "asking", "kinds", "spec", "checks", "solution", "numbers"},
    "schema": {"spec", "kinds", "layers"},
    "importing": {"layers", "spec", "files", "errors", "language"},
    "workers": set(),
    "batch": {"pipeline", "checks", "render", "files", "failure", "workers", "errors", "language", "solution", "spec"},
    "junit": {"batch", "language"},
    "notebook": {
        "importing",
        "answers",
        "pipeline",
        "render",
        "solution",
        "spec",
        "files",
        "errors",
        "language",
        "hwsolve",
        "formula",
        "numbers",
    },
}
TOP = {"cli", "start", "commands", "hwsolve", "__main__"}  # may import everything


def part_of(name: str) -> str:
    """`hwsolve.spec.read` is of the part `spec`."""
    pieces = name.split(".")
    return pieces[1] if len(pieces) > 1 else "hwsolve"


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def imports(path: Path) -> set[str]:
    """The parts of hwsolve that a module imports, anywhere in it, except for type checking alone."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found: set[str] = set()
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "hwsolve":
            if node.module == "hwsolve":
                found |= {
                    a.name if (PACKAGE / f"{a.name}.py").exists() or (PACKAGE / a.name).is_dir() else "hwsolve"
                    for a in node.names
                }
            else:
                found.add(part_of(str(node.module)))
        elif isinstance(node, ast.Import):
            found |= {part_of(a.name) for a in node.names if a.name.split(".")[0] == "hwsolve"}
    return found


FILES = {module_name(path): path for path in MODULES}


@cache
def modules_read(path: Path) -> set[str]:
    """The modules that a module imports anywhere in it, inside functions and for type checking too."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            inner = {f"{node.module}.{a.name}" for a in node.names}
            found |= {m if m in FILES else str(node.module) for m in inner}
        elif isinstance(node, ast.Import):
            found |= {a.name for a in node.names}
    return (found & FILES.keys()) - {module_name(path)}


def test_there_is_no_circle_of_files() -> None:
    try:
        TopologicalSorter({name: modules_read(path) for name, path in FILES.items()}).prepare()
    except CycleError as found:
        pytest.fail(" -> ".join(found.args[1]))


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_imports_go_one_way(path: Path) -> None:
    part = part_of(module_name(path))
    if part in TOP:
        return
    assert part in BELOW, f"{part} has no place in the house yet"
    assert imports(path) - {part} <= BELOW[part]


def test_kinds_and_printers_do_not_see_each_other() -> None:
    reach: dict[str, set[str]] = {}
    for path in MODULES:
        reach.setdefault(part_of(module_name(path)), set()).update(imports(path))
    assert "render" not in reach["kinds"]
    assert not {"kinds", "layers", "graph", "spec"} & reach["render"]


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_every_module_says_what_it_is(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), "a module without a docstring"
    for node in tree.body:
        public = isinstance(node, ast.FunctionDef | ast.ClassDef) and not node.name.startswith("_")
        if public and not any(isinstance(d, ast.Name) and d.id == "overload" for d in node.decorator_list):
            assert ast.get_docstring(node), f"{node.name} without a docstring"


@pytest.mark.parametrize("path", MODULES, ids=module_name)
def test_modules_are_of_a_size_to_be_read(path: Path) -> None:
    assert len(path.read_text(encoding="utf-8").splitlines()) <= 300


def test_random_points_are_drawn_in_one_module() -> None:
    """Python's dice; NumPy's draw weights and simulate layers, which are answers."""
    rolling = [
        module_name(p)
        for p in MODULES
        if re.search(r"^\s*import random\b|^\s*from random\b", p.read_text("utf-8"), re.M)
    ]
    assert rolling == ["hwsolve.formula.random_points"]


# ---------------------------------------------------------------- registries


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_is_a_module_with_its_parts(kind: str) -> None:
    assert record(kind).__doc__ and callable(work(kind).check) and callable(work(kind).solve)
    assert about(kind).__doc__ and "kind:" in about(kind).STARTER
    assert (ROOT / "problems" / about(kind).EXAMPLE).is_file()


@pytest.mark.parametrize("kind", KINDS)
def test_the_record_of_a_kind_knows_nothing_of_its_work(kind: str) -> None:
    path = PACKAGE / KINDS[kind].removeprefix("hwsolve.").replace(".", "/") / "problem.py"
    reached, new = set(), {module_name(path)}
    while new:
        reached |= new
        new = {m for one in new for m in modules_read(FILES[one])} - reached
    assert not {m for m in reached if m.endswith((".work", ".page", ".build"))}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_is_a_record_with_a_docstring(name: str) -> None:
    doc = layer_class(name).__doc__ or ""
    assert 10 < len(doc.strip().splitlines()[0]) <= 120


@pytest.mark.parametrize("name", FORMATS)
def test_a_format_is_a_module_with_a_renderer(name: str) -> None:
    assert callable(importlib.import_module(FORMATS[name]).render)


def test_every_layer_class_is_registered() -> None:
    from hwsolve.layers.base import Layer

    def below(cls: type) -> set[type]:
        return {cls}.union(*(below(c) for c in cls.__subclasses__()))

    registered = {layer_class(name) for name in LAYERS}
    public = {c for c in below(Layer) if not c.__name__.startswith("_") and not c.__subclasses__()}
    in_modules = {c for c in public if c.__module__ in {spec.partition(":")[0] for spec in LAYERS.values()}}
    assert {c.__name__ for c in in_modules - registered} == set()


# ---------------------------------------------------------------- arithmetic in its place

BANNED = {
    "maximum",
    "minimum",
    "argmax",
    "argmin",
    "max",
    "min",
    "sort",
    "argsort",
    "sign",
    "clip",
    "isnan",
    "exp",
    "log",
    "sqrt",
    "tanh",
}


@pytest.mark.parametrize(
    "path",
    [p for p in MODULES if part_of(module_name(p)) in ("layers", "losses", "optimizers", "graph")],
    ids=module_name,
)
def test_layers_and_graph_leave_functions_and_decisions_to_numbers(path: Path) -> None:
    """NumPy's fail on rationals, compare balls in silence, and a float literal would be a binary fraction."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and node.value.id in ("np", "numpy", "math")
        ):
            assert node.attr not in BANNED, f"line {node.lineno}: {node.value.id}.{node.attr}"
        if isinstance(node, ast.Constant):
            assert not isinstance(node.value, float), f"line {node.lineno}: the float {node.value}"


# ---------------------------------------------------------------- lazy imports

STRICT = ("numpy", "flint", "sympy", "rich", "mpmath")


def loaded_by(code: str, *args: str) -> set[str]:
    """The modules in memory after a command ran, piped."""
    program = (
        "import sys, atexit\n"
        "atexit.register(lambda: print('\\n@@', *sys.modules, file=sys.stderr))\n"
        f"sys.argv = {['hwsolve', *args]!r}\n{code}"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, cwd=ROOT, timeout=60)
    assert "@@" in done.stderr, done.stderr
    return set(done.stderr.rpartition("@@")[2].split())


RUN = "from hwsolve.start import main; main()"


@pytest.mark.parametrize(
    "args",
    [
        ["count-params", "problems/models/resnet18.yaml"],
        ["solve", "problems/homework-1/1.1-fully-connected.yaml", "--format", "json"],
    ],
)
def test_count_params_needs_neither_numpy_nor_flint(args: list[str]) -> None:
    assert not loaded_by(RUN, *args) & set(STRICT)


@pytest.mark.parametrize("args", [["--help"], ["backprop", "--help"], ["kinds"], ["--version"]])
def test_help_imports_nothing_heavy(args: list[str]) -> None:
    assert not loaded_by(RUN, *args) & {*STRICT, "yaml", "rich.markdown"}


def test_sympy_is_not_imported_by_backprop() -> None:
    assert "sympy" not in loaded_by(RUN, "backprop", "problems/homework-2/2.1-backprop.yaml")


def test_typst_is_imported_by_pdf_alone() -> None:
    for format in ("typst", "latex", "markdown"):
        spec = "problems/homework-2/2.2-sigmoid.yaml"
        assert "typst" not in loaded_by(RUN, "derivative", spec, "--format", format)


def test_the_test_of_lazy_imports_can_fail() -> None:
    assert {"numpy", "rich"} <= loaded_by(f"import numpy, rich; {RUN}", "--version")


# ---------------------------------------------------------------- documentation


def commands() -> list[str]:
    import typer

    return list(typer.main.get_command(cli.app).commands)  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", commands())
def test_every_command_is_documented(name: str) -> None:
    assert any(f"hwsolve {name}" in page.read_text(encoding="utf-8") for page in PAGES)


@pytest.mark.parametrize("name", commands())
def test_every_command_and_option_has_help(name: str) -> None:
    import typer

    command = typer.main.get_command(cli.app).commands[name]  # type: ignore[attr-defined]
    assert command.get_short_help_str()
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{name}: {parameter.name}"


def test_sentences_are_literal() -> None:
    """`say` takes its template as a literal, so that a catalogue can be made of the source."""
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                template = node.args[0]
                assert isinstance(template, ast.Constant) and isinstance(template.value, str), f"{path}:{node.lineno}"
                places = set(re.findall(r"{(\w+)}", template.value))
                given = {k.arg for k in node.keywords}
                assert None in given or places == given, f"{path}:{node.lineno}: {places ^ given}"
