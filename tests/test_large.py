"""Problems that are too large for a page end soon and in little memory: with a sentence, or with the lines that fit."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

SECONDS, MEGABYTES = 10, 300  # twice what is needed on a machine that does nothing else
# in a small process, whose own memory is not counted as that of its child
LAUNCH = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[3:], stdout=open(sys.argv[1], "w"), stderr=open(sys.argv[2], "w"))
_, status, usage = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), usage.ru_utime + usage.ru_stime, usage.ru_maxrss)
"""


# times as long and as much, where all lines of a training step are written, each made and calculated again
LONGER, LARGER = 8, 2


def run(problem: dict[str, Any], folder: Path, *options: str, all_lines: bool = False) -> tuple[int, str, str]:
    """Status, output and messages of `hwsolve solve` in a process of its own, whose time and memory are bounded."""
    spec = folder / "spec.yaml"
    spec.write_text(json.dumps(problem))
    files = [folder / "out", folder / "err"]
    command = [sys.executable, "-c", LAUNCH, *files, sys.executable, "-m", "hwsolve", "solve", spec, *options]
    status, seconds, kilobytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    assert float(seconds) < SECONDS * (LONGER if all_lines else 1)
    assert int(kilobytes) < MEGABYTES * 1024 * (LARGER if all_lines else 1)
    return int(status), files[0].read_text(), files[1].read_text()


def dense(n: int, m: int | None = None, **more: Any) -> dict[str, Any]:
    m = m or n
    layer = {"linear": {"out_features": m, "weight": {"init": "xavier_uniform", "seed": 7}, "bias": False}}
    return {"kind": "backprop", "network": {"input": n, "layers": [layer]}, "input": {"ones": n}} | more


@pytest.mark.parametrize("options", [(), ("--full", "--format", "json")])
def test_a_network_of_millions_of_weights_is_refused_with_a_sentence(tmp_path: Path, options: tuple[str, ...]) -> None:
    status, out, err = run(dense(1900, upstream={"ones": 1900}), tmp_path, *options)
    assert (status, out) == (2, "")
    assert "more than 500,000 numbers" in err and "count-params" in err


TABLE = {"num_embeddings": 10**8, "embedding_dim": 1}


@pytest.mark.parametrize(
    ("layer", "given", "shape"),
    [
        ({"embedding": TABLE}, {"index": [1, 2]}, [2]),
        ({"embedding_bag": TABLE}, {"index": [1, 2]}, [2]),
        ({"linear": 10**9}, {"ones": 2}, [2]),
        ({"attention": {"mask": "causal"}}, {"ones": [10_000, 1]}, [10_000, 1]),
    ],
)
def test_what_picks_or_hides_is_not_made_before_its_numbers_are_counted(
    tmp_path: Path, layer: Any, given: Any, shape: list[int]
) -> None:
    problem = {"kind": "backprop", "network": {"input": shape, "layers": [layer]}, "input": given}
    status, out, err = run(problem | {"upstream": [1]}, tmp_path)
    assert (status, out) == (2, "")
    assert "more than 500,000 numbers" in err and "count-params" in err


@pytest.mark.parametrize("size", [300_000, 10**9])
def test_a_response_over_many_channels_adds_up_those_that_there_are(tmp_path: Path, size: int) -> None:
    layer = {"local_response_norm": {"size": size, "alpha": size, "beta": 1, "k": 0, "output": "y"}}
    problem = {"kind": "backprop", "network": {"input": [2, 1], "layers": [layer]}, "input": [[1], [2]]}
    status, out, err = run(problem | {"upstream": [[1], [0]]}, tmp_path, "--format", "json")
    assert (status, err) == (0, "")
    assert json.loads(out)["answers"]["y"]["value"] == [[0.2], [0.4]]


TRAINED = {"loss": "mse_loss", "optimizer": {"sgd": {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}}}


@pytest.mark.parametrize("options", [(), ("--full",), ("--full", "--format", "json")])
@pytest.mark.parametrize("problem", [dense(600, upstream={"ones": 600}), dense(60, 80, target={"ones": 80}, **TRAINED)])
def test_what_there_is_no_room_for_is_left_out(tmp_path: Path, problem: Any, options: tuple[str, ...]) -> None:
    fits = "--full" in options and problem["network"]["input"] == 60
    status, out, err = run(problem, tmp_path, *options, all_lines=fits)
    assert (status, err) == (0, "")
    left_out = ("written at once",) if "--full" in options else ("other elements: --full)", "numbers; --full shows all")
    assert all((text in out.replace("\n      ", " ")) == (not fits) for text in left_out)
    said = "There are 361,200 lines in all, more than are written at once" in out.replace("\n      ", " ")
    assert said == ("--full" in options and not fits)


def ones(*shape: int) -> Any:
    return [ones(*shape[1:]) for _ in range(shape[0])] if shape else 1


@pytest.mark.parametrize("pool", [2, 3, {"kernel_size": 2, "stride": 1}, {"kernel_size": 2, "stride": 1, "padding": 1}])
def test_volumes_are_convolved_and_pooled_soon(tmp_path: Path, pool: Any) -> None:
    convolution = {"out_channels": 1, "kernel_size": 2, "padding": 1, "weight": 0.5, "bias": False}
    network = {"input": [1, 2, 2, 2], "layers": [{"conv3d": convolution}, {"max_pool3d": pool}, "flatten"]}
    problem = {"kind": "backprop", "network": network, "input": [[[[1, 2], [3, 4]], [[5, 6], [7, 8]]]]}
    cells = {2: 1, 3: 1}.get(pool, 0) if isinstance(pool, int) else 64 if "padding" in pool else 8
    status, _, err = run(problem | {"upstream": {"ones": cells}}, tmp_path)
    assert (status, err) == (0, "")


@pytest.mark.parametrize("ties", ["first", "split"])
def test_a_window_of_equal_cells(tmp_path: Path, ties: str) -> None:
    problem = {"kind": "pooling", "layer": {"max_pool2d": 8}, "ties": ties, "input": ones(8, 8), "upstream": [[1]]}
    assert run(problem, tmp_path, "--full")[0] == 0


def test_on_request_all_lines_are_written(tmp_path: Path) -> None:
    status, out, _ = run(dense(30, upstream={"ones": 30}), tmp_path, "--full")
    assert status == 0
    assert "∂L/∂w⁽¹⁾₃₀,₃₀" in out and "--full" not in out and " + … + " not in out
