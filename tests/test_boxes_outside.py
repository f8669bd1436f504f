"""What a block reads through its arguments has an arrow in the drawing, and no other box stands within its frame."""

from __future__ import annotations

from hwsolve.figures import Diagram
from hwsolve.layers.boxes import boxes
from hwsolve.pipeline import read
from tests.conftest import PROBLEMS

UP = """
kind: count-params
blocks:
  up:
    arguments: [across]
    body:
      - conv2d: {out_channels: 4, kernel_size: 3, padding: 1}
      - concat: [$across, []]
network:
  input: [1, 8, 8]
  layers:
    - conv2d: {name: one, out_channels: 2, kernel_size: 1, output: a}
    - conv2d: {name: two, out_channels: 2, kernel_size: 1, output: b}
    - conv2d: {name: three, out_channels: 2, kernel_size: 1}
    - up: b
    - up: LAST
"""


def drawn(text: str) -> Diagram:
    """The drawing of the network of a problem."""
    diagram = boxes(read(text, "test.yaml")[0].network)  # type: ignore[attr-defined]
    assert diagram is not None
    return diagram


def before(diagram: Diagram, name: str) -> set[str]:
    """The boxes from which arrows lead to one."""
    return {edge.start for edge in diagram.edges if edge.end == name}


def test_a_closed_block_has_an_arrow_from_each_thing_that_it_reads() -> None:
    """The second use of a block is one box: it reads the stream and what its argument names."""
    assert before(drawn(UP.replace("LAST", "a")), "up2") == {"up1.concat1", "one"}
    assert before(drawn(UP.replace("LAST", "b")), "up2") == {"up1.concat1", "two"}


def test_equal_blocks_that_read_different_things_are_two_boxes() -> None:
    """Two uses in a row that read one thing are one box, those that read two are not."""
    text = UP.replace("LAST", "a").replace("concat: [$across, []]", "add: {of: [[conv2d: {inputs: $across, "
        "out_channels: 4, kernel_size: 1}], []]}") + "    - up: {}\n"  # fmt: skip
    labels = [{str(node.label) for node in drawn(text.replace("{}", name)).nodes} for name in ("a", "b")]
    assert ["2 × up" in found for found in labels] == [True, False]


def test_all_four_maps_across_a_u_net_are_drawn() -> None:
    """Each up-step reads the map of its own size, and its frame holds its own boxes alone."""
    diagram = drawn((PROBLEMS / "models" / "unet.yaml").read_text())
    across = {"up1.concat1.crop1": "double4", "up2": "double3", "up3": "double2", "up4": "double1.conv2"}
    for name, start in across.items():
        assert start in before(diagram, name)
    rank = {node.id: node.rank for node in diagram.nodes}
    for frame in diagram.frames:
        low, high = (end(rank[name] for name in frame.nodes) for end in (min, max))
        assert {name for name in rank if low <= rank[name] <= high} == set(frame.nodes)
