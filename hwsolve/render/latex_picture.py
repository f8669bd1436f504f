"""A curve in LaTeX's own `picture`: straight pieces, two axes, their ends."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

from hwsolve.figures import Curve
from hwsolve.formula.notation.tex_text import escaped
from hwsolve.render.curves import scaled
from hwsolve.solution import Text

ACROSS, DOWN = 110.0, 45.0  # millimetres
DOTS = ("", "[8]", "[3]", "[5]")  # of a piece: how series are told apart


def picture(curve: Curve, words: Callable[[Text], str]) -> str:
    """The curve; nothing where no point can be drawn."""
    drawn = scaled(curve)
    if drawn is None:
        return ""
    below = 8 + 4 * len(curve.series) * (len(curve.series) > 1)
    rows = ["\\setlength{\\unitlength}{1mm}"]
    rows.append(f"\\begin{{picture}}({ACROSS:.0f},{DOWN + 6 + below:.0f})(-18,{-below})")
    rows.append(f"\\put(0,0){{\\line(1,0){{{ACROSS:.0f}}}}}\\put(0,0){{\\line(0,1){{{DOWN:.0f}}}}}")
    for n, points in enumerate(drawn.series):
        rows += [segment(a, b, DOTS[n % len(DOTS)]) for a, b in pairwise(points)]
    rows += [label(-1.5, y, "[r]", text) for y, text in zip((0.0, DOWN), drawn.y, strict=True)]
    rows += [label(x, -3, "", text) for x, text in zip((0.0, ACROSS), drawn.x, strict=True)]
    rows += [label(ACROSS / 2, -3, "", words(curve.x_label)), label(0, DOWN + 4, "[l]", words(curve.y_label))]
    if len(curve.series) > 1:
        for n, (name, _) in enumerate(curve.series):
            y = -9 - 4 * n
            rows.append(segment((0.0, y / DOWN), (0.08, y / DOWN), DOTS[n % len(DOTS)]))
            rows.append(label(0.1 * ACROSS, y, "[l]", words(name)))
    return "\n".join([*rows, "\\end{picture}\\par"])


def label(x: float, y: float, side: str, text: str) -> str:
    """A text at a place."""
    return f"\\put({x:.1f},{y:.1f}){{\\makebox(0,0){side}{{\\footnotesize {escaped(text)}}}}}"


def segment(a: tuple[float, float], b: tuple[float, float], dots: str) -> str:
    """A straight piece: a curve whose middle lies between its ends."""
    middle = ((a[0] + b[0]) / 2, (a[1] + b[1]) / 2)
    return f"\\qbezier{dots}" + "".join(f"({x * ACROSS:.2f},{y * DOWN:.2f})" for x, y in (a, middle, b))
