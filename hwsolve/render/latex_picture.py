"""A curve in LaTeX's own `picture`: straight pieces, a frame, the ends of the axes."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hwsolve.figures import Curve
from hwsolve.formula.notation.tex_text import escaped
from hwsolve.render.plot import ends, reachable, tick
from hwsolve.solution import Text

ACROSS, DOWN = 110.0, 45.0  # millimetres
POINTS = 120  # of a series
DOTS = ("", "[8]", "[3]", "[5]")  # of a piece: how series are told apart


def picture(curve: Curve, words: Callable[[Text], str]) -> str:
    """The curve; nothing where no point can be drawn."""
    series = [reachable(curve, ys) for _, ys in curve.series]
    points = [p for one in series for p in one]
    if not points:
        return ""
    left, right = ends([x for x, _ in points])
    low, high = ends([y for _, y in points])

    def place(point: tuple[float, float]) -> tuple[float, float]:
        return (point[0] - left) / (right - left) * ACROSS, (point[1] - low) / (high - low) * DOWN

    rows = ["\\setlength{\\unitlength}{1mm}", f"\\begin{{picture}}({ACROSS:.0f},{DOWN + 12:.0f})(-18,-8)"]
    rows.append(f"\\put(0,0){{\\line(1,0){{{ACROSS:.0f}}}}}\\put(0,0){{\\line(0,1){{{DOWN:.0f}}}}}")
    for n, one in enumerate(series):
        step = max(1, len(one) // POINTS)
        kept = [*one[:-1:step], one[-1]] if one else []
        rows += [segment(place(a), place(b), DOTS[n % len(DOTS)]) for a, b in pairwise(kept)]
    ticks = [10**value if curve.log else value for value in (low, high)]
    for value, y in zip(ticks, (0.0, DOWN), strict=True):
        rows.append(f"\\put(-1.5,{y:.1f}){{\\makebox(0,0)[r]{{\\footnotesize {escaped(tick(value))}}}}}")
    for value, x in ((left, 0.0), (right, ACROSS)):
        rows.append(f"\\put({x:.1f},-3){{\\makebox(0,0){{\\footnotesize {escaped(tick(value))}}}}}")
    rows.append(f"\\put({ACROSS / 2:.1f},-3){{\\makebox(0,0){{\\footnotesize {escaped(words(curve.x_label))}}}}}")
    rows.append(f"\\put(0,{DOWN + 3:.1f}){{\\makebox(0,0)[l]{{\\footnotesize {escaped(words(curve.y_label))}}}}}")
    return "\n".join([*rows, "\\end{picture}\\par"])


def segment(a: tuple[float, float], b: tuple[float, float], dots: str) -> str:
    """A straight piece: a curve whose middle lies between its ends."""
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    return f"\\qbezier{dots}" + "".join(f"({x:.2f},{y:.2f})" for x, y in (a, middle, b))
