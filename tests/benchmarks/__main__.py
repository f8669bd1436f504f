"""`make bench`: every figure as a ratio in one run, beside the figure to reach."""

from __future__ import annotations

from importlib.util import find_spec
from tempfile import TemporaryDirectory

from tests.benchmarks import architectures, engine, growth, mazur, measure, small_specs
from tests.conftest import ROOT

COUNT = ["-m", "hwsolve", "count-params", "problems/models/resnet18.yaml"]
HELLO = [str(ROOT / "tests/benchmarks/hello.py")]
SYMPY = ["-c", "import sympy"]
TORCHINFO = [str(ROOT / "tests/benchmarks/resnet18_torchinfo.py")]


def row(what: str, reached: float, goal: float) -> None:
    """A line of the report."""
    print(f"{what:<78} {reached:8.3f}   reach {goal:g} or less   {'yes' if reached <= goal else 'NO'}", flush=True)


def starts() -> None:
    """Cold commands."""
    row("cold count-params of ResNet-18 / hello world in Typer with a rich table", measure.ratio(COUNT, HELLO), 1.6)
    if has_torchinfo():
        ((of_time, of_memory),) = measure.over([COUNT], [TORCHINFO], runs=5)[0]
        row("cold count-params of ResNet-18 / torchinfo's summary of it, time", of_time, 1 / 20)
        row("cold count-params of ResNet-18 / torchinfo's summary of it, memory", of_memory, 1 / 10)


def has_torchinfo() -> bool:
    """Whether there is something to compare with."""
    there = find_spec("torchinfo") is not None and find_spec("torch") is not None
    if not there:
        print("torchinfo or torch is not installed: no comparison with it")
    return there


def large() -> None:
    """Large architectures, cold."""
    with TemporaryDirectory() as folder:
        nets = {
            "Llama-3-70B": architectures.LLAMA,
            "ResNet-152": architectures.resnet152(folder),
            "1,000 layers": architectures.stack(folder),
            "1,000 different layers": architectures.stack(folder, different=True),
        }
        for what, ((of_time, _),) in zip(nets, measure.over([*nets.values()], [HELLO]), strict=True):
            row(f"cold count-params of {what} / hello world in Typer", of_time, 2)
        row("2,000 different layers / 1,000, start-up left out", architectures.doubled(folder), 2.1)
        for what, name in {"ResNet-152": "resnet152", "1,000 layers": "thousand"}.items() if has_torchinfo() else ():
            devices = {"": "cpu", " on meta": "meta"}
            others = [architectures.by_torchinfo(name, device) for device in devices.values()]
            for where, (of_time, of_memory) in zip(devices, measure.over([nets[what]], others)[0], strict=True):
                row(f"cold count-params of {what} / torchinfo's summary of it{where}, time", of_time, 1 / 12)
                row(f"cold count-params of {what} / torchinfo's summary of it{where}, memory", of_memory, 1 / 10)


def kinds() -> None:
    """The shipped example of every kind, cold, beside what importing SymPy alone takes."""
    from hwsolve.kinds import KINDS, about

    for kind in KINDS:
        command = ["-m", "hwsolve", "solve", f"problems/{about(kind).EXAMPLE}"]
        row(f"cold {kind} of its example / python -c 'import sympy'", measure.ratio(command, SYMPY, runs=5), 1.5)


def formats() -> None:
    """A page in a file beside the page in the terminal, cold."""
    page = ["-m", "hwsolve", "solve", "problems/homework-2/2.1-backprop.yaml"]
    row("2.1 to HTML / to the terminal, cold", measure.ratio([*page, "--format", "html"], page), 1.6)
    if find_spec("typst") is None:
        print("typst is not installed: no comparison with a PDF")
        return
    with TemporaryDirectory() as folder:
        paper = [*page, "--format", "pdf", "--output", f"{folder}/page.pdf"]
        row("2.1 to PDF / to the terminal, cold", measure.ratio(paper, page), 3)


def training() -> None:
    """Mazur's net for 10,000 steps."""
    assert abs(mazur.by_hwsolve("float64") - mazur.by_hand()) < 1e-12
    by_hand = measure.seconds(mazur.by_hand, 10)
    in_float = measure.seconds(lambda: mazur.by_hwsolve("float64"), 10)
    certified = measure.seconds(lambda: mazur.by_hwsolve("exact"), 5)
    row("10,000 steps of Mazur's net in float64 / the loop by hand in NumPy", in_float / by_hand, 1.5)
    row("10,000 steps of Mazur's net certified / in float64", certified / in_float, 4)


if __name__ == "__main__":
    measure.as_installed()
    starts()
    large()
    kinds()
    formats()
    row("1,000 small specs in one batch to JSON / yaml.compose with the C loader", small_specs.ratio(), 12)
    training()
    for figure in engine.figures():
        row(*figure)
    row("100,000 linear layers in a repeat / 100 in a repeat", growth.repeated(), 1.1)
    row("100,000 linear layers written out / 10,000 written out", growth.written_out(), 11)
