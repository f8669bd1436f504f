"""A bar chart in characters, in LaTeX and in Typst: a row for each bar, its name, the bar, and its number."""

from __future__ import annotations

from collections.abc import Callable
from math import ceil

from hwsolve.figures import Bars
from hwsolve.formula.notation.typst import quoted
from hwsolve.render.measure import left, right, width
from hwsolve.solution import Text

EIGHTHS = " ▏▎▍▌▋▊▉"
WIDEST, LEAST = 40, 10  # columns of the longest bar
CENTIMETRES = 6


def shares(figure: Bars) -> list[float]:
    """How long each bar is, of the longest."""
    most = max([value for _, value in figure.bars], default=0)
    return [value / most if most else 0.0 for _, value in figure.bars]


def bar_rows(figure: Bars, columns: int, words: Callable[[Text], str], ascii: bool) -> list[str]:
    """Rows of text."""
    names = [words(name) for name, _ in figure.bars]
    numbers = [f"{value:,}" for _, value in figure.bars]
    if not names:
        return []
    wide, last = max(map(width, names)), max(map(width, numbers))
    room = min(max(columns - wide - last - 4, LEAST), WIDEST)
    rows = [
        f"{left(name, wide)}  {left(bar(share, room, ascii), room)}  {right(number, last)}"
        for name, share, number in zip(names, shares(figure), numbers, strict=True)
    ]
    return [row.rstrip() for row in rows]


def bar(share: float, room: int, ascii: bool) -> str:
    """A bar; one of a number above 0 is seen."""
    if ascii:
        return "#" * max(round(share * room), int(share > 0))
    eighths = max(round(share * room * 8), int(share > 0))
    return "█" * (eighths // 8) + EIGHTHS[eighths % 8].strip()


def latex_bars(figure: Bars, content: Callable[[Text], str]) -> str:
    """A table with a rule in each row."""
    rows = [
        f"{content(name)} & \\rule{{{share * CENTIMETRES:.2f}cm}}{{1.2ex}} & {value:,} \\\\"
        for (name, value), share in zip(figure.bars, shares(figure), strict=True)
    ]
    return "\\begin{tabular}{llr}\n" + "\n".join(rows) + "\n\\end{tabular}" if rows else ""


def typst_bars(figure: Bars, words: Callable[[Text], str]) -> str:
    """A grid with a box in each row."""
    rows = [
        f"text({quoted(words(name))}), rect(width: {share * CENTIMETRES:.2f}cm, height: .8em, fill: soft), "
        f"text({quoted(f'{value:,}')})"
        for (name, value), share in zip(figure.bars, shares(figure), strict=True)
    ]
    return f"grid(columns: 3, gutter: 6pt, align: (left, left, right), {', '.join(rows)})" if rows else ""


def svg_bars(
    figure: Bars, words: Callable[[Text], str], label: Callable[[float, float, str, str], str]
) -> tuple[str, int, int, str]:
    """Rectangles under each other; the inside, the size, and all values as they are read out."""
    names = [words(name) for name, _ in figure.bars]
    if not names:
        return "", 0, 0, ""
    numbers = [f"{value:,}" for _, value in figure.bars]
    start = 12 + ceil(7.4 * max(map(width, names)))
    end = 12 + ceil(7.8 * max(map(width, numbers)))
    across, line = 640, 24
    longest = max(across - start - end, 120)
    parts = []
    for n, (name, number, share) in enumerate(zip(names, numbers, shares(figure), strict=True)):
        top, long = n * line, max(share * longest, 1.0 if share else 0.0)
        parts.append(label(start - 8, top + 16, name, "end"))
        parts.append(f'<rect class="bar" x="{start}" y="{top + 4}" width="{long:.1f}" height="{line - 8}"/>')
        parts.append(label(start + long + 8, top + 16, number, "start"))
    read = "; ".join([f"{name}: {number}" for name, number in zip(names, numbers, strict=True)])
    return "".join(parts), start + longest + end, len(names) * line, read
