"""PDF by way of Typst, which the extra `hwsolve[pdf]` installs: the same bytes for the same solution."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any

from hwsolve.errors import CallError
from hwsolve.language import say
from hwsolve.render import typst as source
from hwsolve.render.options import Options
from hwsolve.solution import Solution

CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef\U00020000-\U0003ffff]")
ELSEWHERE = re.compile("[^\0-\u052f\u1e00-\u2bff]")  # letters that the fonts of Typst may not have
FAMILIES = (
    *("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "SimSun", "STSong", "FandolSong"),
    *("Noto Sans CJK SC", "Source Han Sans SC", "Noto Sans SC", "PingFang SC", "Microsoft YaHei", "SimHei"),
    *("WenQuanYi Micro Hei", "WenQuanYi Zen Hei", "Droid Sans Fallback"),
)
NAMED = 4  # families that a message names


def demand() -> None:
    """A wrong call where Typst is not installed."""
    if find_spec("typst") is None:
        raise CallError(
            say("PDF needs the package typst: pip install 'hwsolve[pdf]'. --format typst writes the source without it.")
        )


def render(solutions: Sequence[Solution], options: Options) -> bytes:
    """The pages as a PDF."""
    return compiled(source.render(solutions, options), "pdf")[0]


def compiled(text: str, format: str, resolution: int = 144) -> list[bytes]:
    """A source as a PDF, or as pictures of its pages (png, svg); what Typst warns of is an error."""
    typst: Any = import_module("typst")

    chinese = CHINESE.search(text) is not None
    fonts = [family(typst.Fonts().families())] if chinese else []
    with TemporaryDirectory() as empty:  # what the source could read
        made, warnings = typst.compile_with_warnings(
            text.encode(),
            root=empty,
            format=format,
            ppi=resolution,
            ignore_system_fonts=ELSEWHERE.search(text) is None,
            sys_inputs={"fonts": ",".join(fonts)},
            timestamp=0,
        )
    if warnings:
        raise RuntimeError(f"typst: {warnings[0]}")
    return [made] if isinstance(made, bytes) else list(made or ())


def family(installed: Iterable[str]) -> str:
    """A font that has Chinese characters; without one they would be left out without a word."""
    there = set(installed)
    found = next((name for name in FAMILIES if name in there), None)
    if found is None:
        some = ", ".join(FAMILIES[:NAMED])
        raise CallError(
            say("No font with Chinese characters is installed; one of these would do: {fonts}.", fonts=some)
        )
    return found
