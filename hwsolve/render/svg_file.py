"""Drawings as an SVG file of their own: it brings its styles along as attributes, and asks for nothing outside."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from hwsolve.figures import Diagram, Figure
from hwsolve.render.flow import Words
from hwsolve.render.measure import width
from hwsolve.render.places import CHARACTER, SIZE
from hwsolve.render.svg import DRAWN

INK, SOFT, RULE, PAPER = "#1f2328", "#57606a", "#8c959f", "#ffffff"
LINES = ("#0550ae", "#a8330b", "#1a7f37", "#6639ba", "#7d4e00", "#57606a")
DASHES = ("", ' stroke-dasharray="7 4"', ' stroke-dasharray="2 4"')
LOOKS = {
    "axis": 'fill="none" stroke="#d0d7de"',
    "point": f'fill="{LINES[0]}"',
    "cell": f'fill="none" stroke="{RULE}"',
    "cell marked": 'fill="#ddeeff" stroke="#0550ae" stroke-width="2"',
    "cell outside": f'fill="#f0f0f0" stroke="{RULE}" stroke-dasharray="3 3"',
    "cell marked outside": 'fill="#ddeeff" stroke="#0550ae" stroke-width="2" stroke-dasharray="3 3"',
    "bar": f'fill="{LINES[0]}"',
    "unit": f'fill="{PAPER}" stroke="{INK}" stroke-width="1.4"',
    "layer": f'fill="#f6f8fa" stroke="{INK}" stroke-width="1.2"',
    "frame": f'fill="none" stroke="{RULE}" stroke-dasharray="5 4"',
    "edge": f'fill="none" stroke="{RULE}" stroke-width="1.2"',
    "head": f'fill="{RULE}"',
    "behind": f'fill="{PAPER}"',
    "symbol": f'font-size="{SIZE - 1}" fill="{INK}"',
    "value": f'font-size="{SIZE - 1}" fill="#1a7f37"',
    "gradient": f'font-size="{SIZE - 1}" fill="#a8330b"',
    "size": f'font-size="{SIZE - 1}" fill="{SOFT}"',
} | {f"line{n}": f'fill="none" stroke="{c}" stroke-width="2"{DASHES[n % 3]}' for n, c in enumerate(LINES)}
CLASS = re.compile('class="([a-z0-9 ]+)"')
FONTS = (
    "Arial,'Liberation Sans','Noto Sans','DejaVu Sans','Noto Sans CJK SC','PingFang SC','Microsoft YaHei',sans-serif"
)
ROW, BETWEEN = 24, 18  # of a title or a caption; between two drawings


def svg_file(figures: Sequence[Figure], words: Words) -> str:
    """The drawings below each other, each with its title; "" where there is nothing to draw."""
    parts: list[str] = []
    read: list[str] = []
    y = across = 0.0
    named = len(figures) > 1
    for figure in figures:
        inner, wide, high, said = DRAWN[type(figure)](figure, words)
        if not inner:
            continue
        title = words(figure.title)
        lines = [title] if named or not isinstance(figure, Diagram) else []
        for line in lines:
            parts.append(row(line, y + ROW * 0.7))
            y += ROW
        parts.append(f'<g transform="translate(0 {y:g})">{inner}</g>')
        y += high
        caption = words(figure.caption) if isinstance(figure, Diagram) else ""
        if caption:
            parts.append(row(caption, y + ROW * 0.7))
            y += ROW
        across = max([across, wide, *[16 + CHARACTER * width(line) for line in (*lines, caption)]])
        y += BETWEEN
        read.append(f"{title}: {said}" if named else said)
    if not parts:
        return ""
    down = y - BETWEEN
    title = escape(words(figures[0].title))
    inside = CLASS.sub(lambda found: LOOKS[found[1]], "".join(parts))
    size = f'width="{across:g}" height="{down:g}" viewBox="0 0 {across:g} {down:g}"'
    font = f'font-family="{FONTS}" font-size="{SIZE}" fill="{INK}"'
    head = f'<svg xmlns="http://www.w3.org/2000/svg" {size} {font} role="img" aria-labelledby="title desc">'
    about = f'<title id="title">{title}</title><desc id="desc">{escape(" ".join(read))}</desc>'
    return f'{head}{about}<rect fill="{PAPER}" width="{across:g}" height="{down:g}"/>{inside}</svg>\n'


def row(text: str, y: float) -> str:
    """A title or a caption."""
    return f'<text class="size" x="8" y="{y:g}">{escape(text)}</text>'
