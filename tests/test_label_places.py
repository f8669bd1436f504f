"""Places of labels: the raster misses nothing that meets, and spares most comparisons."""

from __future__ import annotations

import random
from math import log
from typing import Any

import pytest

from hwsolve.render.cells import Cells
from hwsolve.render.drawing import laid_out
from hwsolve.render.places import AGAIN, APART, WEIGHED, Box, Path, Round, Wanted, placed
from tests.test_diagrams import diagram, net, words


def some_shape(dice: random.Random) -> Box | Round:
    x, y = dice.uniform(-50, 800), dice.uniform(-50, 500)
    return (
        Round(x, y, dice.uniform(5, 60))
        if dice.random() < 0.5
        else Box(x, y, dice.uniform(2, 300), dice.choice((17, 90)))
    )


def some_path(dice: random.Random) -> Path:
    points = [(dice.uniform(0, 800), dice.uniform(0, 500)) for _ in range(dice.choice((2, 2, 5)))]
    if dice.random() < 0.3:
        points[1] = (points[1][0], points[0][1])  # level
    return Path(tuple(points))


def plainly_placed(
    labels: list[Wanted], shapes: list[Box | Round], paths: list[Path], across: float, down: float
) -> Any:
    """What `placed` does, with every pair compared."""

    def crossing(box: Box, line: int) -> int:
        return sum(any(box.crossed(a, b) for a, b in path.pieces()) for k, path in enumerate(paths) if k != line)

    tried = [[Box(x, y, label.wide, label.high) for x, y in label.tries] for label in labels]
    free = [
        [b for b in boxes if b.within(across, down) and not any(s.meets(b, APART) for s in shapes)] for boxes in tried
    ]
    order = list(range(len(labels)))
    for _ in range(AGAIN):
        found: dict[int, Box] = {}
        for k in order:
            left = [b for b in free[k] if not any(b.meets(other, APART) for other in found.values())][:WEIGHED]
            if not left:
                order.insert(0, order.pop(order.index(k)))
                break
            found[k] = left[0] if labels[k].line < 0 else min(left, key=lambda b: crossing(b, labels[k].line))
        else:
            return [found[k] for k in range(len(labels))]
    return None


@pytest.mark.parametrize("seed", range(60))
def test_the_raster_misses_nothing(seed: int) -> None:
    dice = random.Random(seed)
    shapes, paths = [some_shape(dice) for _ in range(dice.randint(0, 8))], [some_path(dice) for _ in range(12)]
    labels = []
    for k in range(dice.randint(1, 12)):
        tries = tuple((dice.uniform(0, 800), dice.uniform(0, 500)) for _ in range(dice.choice((2, 3, 40))))
        labels.append(Wanted(dice.uniform(20, 150), dice.choice((17, 34)), tries, k if dice.random() < 0.9 else -1))
    assert placed(labels, shapes, paths, 800, 500) == plainly_placed(labels, shapes, paths, 800, 500)


@pytest.mark.parametrize("seed", range(20))
def test_a_line_finds_all_that_it_runs_through(seed: int) -> None:
    dice = random.Random(seed)
    shapes, held = [some_shape(dice) for _ in range(30)], Cells[Any]()
    for shape in shapes:
        held.put(shape, shape.x, shape.y, shape.wide, shape.high)
    for path in [some_path(dice) for _ in range(20)]:
        for a, b in path.pieces():
            assert {s for s in shapes if s.crossed(a, b)} <= set(held.beside(a, b))


def test_comparisons_grow_with_the_network_not_with_its_square(monkeypatch: pytest.MonkeyPatch) -> None:
    """A network twice as long has twice the labels, and about twice the comparisons."""
    made = 0

    def counted(kind: type, name: str) -> None:
        plain = getattr(kind, name)

        def compare(*args: Any) -> Any:
            nonlocal made
            made += 1
            return plain(*args)

        monkeypatch.setattr(kind, name, compare)

    for kind in (Box, Round):
        counted(kind, "meets")
        counted(kind, "crossed")
    cost: list[tuple[int, int]] = []
    for columns in (3, 6):
        made = 0
        found = diagram(net([4] * columns, random.Random(1)))
        laid_out(found, words)
        cost.append((len(found.edges), made))
    (few, less), (many, more) = cost
    assert 0 < log(more / less) < 1.4 * log(many / few), cost
