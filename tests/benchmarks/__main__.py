"""`make bench`: every figure as a ratio in one run, beside the figure to reach."""

from __future__ import annotations

from tests.benchmarks import mazur, measure, small_specs
from tests.conftest import ROOT

COUNT = ["-m", "hwsolve", "count-params", "problems/models/resnet18.yaml"]
HELLO = [str(ROOT / "tests/benchmarks/hello.py")]
TORCHINFO = [str(ROOT / "tests/benchmarks/resnet18_torchinfo.py")]


def row(what: str, reached: float, goal: float) -> None:
    """A line of the report."""
    print(f"{what:<78} {reached:8.3f}   reach {goal:g} or less   {'yes' if reached <= goal else 'NO'}", flush=True)


def starts() -> None:
    """Cold commands."""
    ours, hello = measure.cold(COUNT, HELLO)
    row("cold count-params of ResNet-18 / hello world in Typer with a rich table", ours / hello, 1.6)
    try:
        (info,) = measure.cold(TORCHINFO, runs=3)
    except Exception:
        print("torchinfo or torch is not installed: no comparison with it")
        return
    row("cold count-params of ResNet-18 / torchinfo's summary of it, time", ours / info, 1 / 20)
    row(
        "cold count-params of ResNet-18 / torchinfo's summary of it, memory",
        measure.memory(COUNT) / measure.memory(TORCHINFO),
        1 / 10,
    )


def kinds() -> None:
    """The shipped example of every kind, cold, beside what importing SymPy alone takes."""
    from hwsolve.solvers import KINDS, solver

    commands = [["-m", "hwsolve", "solve", f"problems/{solver(kind).EXAMPLE}"] for kind in KINDS]
    *ours, sympy = measure.cold(*commands, ["-c", "import sympy"], runs=7)
    for kind, time in zip(KINDS, ours, strict=True):
        row(f"cold {kind} of its example / python -c 'import sympy'", time / sympy, 1.5)


def training() -> None:
    """Mazur's net for 10,000 steps."""
    assert abs(mazur.by_hwsolve("float64") - mazur.by_hand()) < 1e-12
    by_hand = measure.seconds(mazur.by_hand, 5)
    in_float = measure.seconds(lambda: mazur.by_hwsolve("float64"), 5)
    certified = measure.seconds(lambda: mazur.by_hwsolve("exact"), 3)
    row("10,000 steps of Mazur's net in float64 / the loop by hand in NumPy", in_float / by_hand, 1.5)
    row("10,000 steps of Mazur's net certified / in float64", certified / in_float, 4)


def growth() -> None:
    """Linear layers, repeated and written out: ten times as many take about ten times as long."""

    def count(n: int, repeated: bool) -> None:
        from hwsolve.pipeline import read, work_out

        body = f"  - repeat: {{times: {n}, body: [linear: 7]}}\n" if repeated else "  - linear: 7\n" * n
        (problem,) = read(f"kind: count-params\nnetwork:\n  input: 7\n  layers:\n{body}", "<bench>")
        assert work_out(problem).answers["params"].value.value == 56 * n

    repeated = measure.seconds(lambda: count(100_000, True), 3) / measure.seconds(lambda: count(100, True), 3)
    row("100,000 linear layers in a repeat / 100 in a repeat", repeated, 2)
    out = measure.seconds(lambda: count(100_000, False), 1) / measure.seconds(lambda: count(10_000, False), 1)
    row("100,000 linear layers written out / 10,000 written out", out, 13)


if __name__ == "__main__":
    measure.compiled()
    starts()
    kinds()
    row("1,000 small specs in one batch to JSON / yaml.compose with the C loader", small_specs.ratio(), 12)
    training()
    growth()
