"""A drawing as PNG, by way of Typst, which the extra `hwsolve[pdf]` installs."""

from __future__ import annotations

import re
from importlib import import_module
from importlib.util import find_spec
from tempfile import TemporaryDirectory
from typing import Any

from hwsolve.errors import CallError
from hwsolve.language import say

CHINESE = re.compile("[\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]")
FAMILIES = ("Noto Sans CJK SC", "Source Han Sans SC", "Noto Serif CJK SC", "PingFang SC", "Microsoft YaHei", "SimHei")
RESOLUTION = 192  # dots per inch
SOURCE = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes(sys.inputs.svg), format: "svg")\n'


def demand() -> None:
    """A wrong call where Typst is not installed."""
    if find_spec("typst") is None:
        raise CallError(say("PNG needs the package typst: pip install 'hwsolve[pdf]'. -f svg works without it."))


def png(svg: str) -> bytes:
    """The drawing; without a font for Chinese characters they would be left out without a word."""
    typst: Any = import_module("typst")
    if CHINESE.search(svg) and not set(FAMILIES) & set(typst.Fonts().families()):
        some = ", ".join(FAMILIES[:3])
        raise CallError(
            say("No font with Chinese characters is installed; one of these would do: {fonts}.", fonts=some)
        )
    with TemporaryDirectory() as empty:  # what the source could read
        made = typst.compile(
            SOURCE.encode(), root=empty, format="png", ppi=RESOLUTION, sys_inputs={"svg": svg}, timestamp=0
        )
    return bytes(made)
