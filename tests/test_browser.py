"""Pages in a browser, where there is one: nothing runs out of its block, on a wide and on a narrow screen."""

from __future__ import annotations

import html
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

import hwsolve
from hwsolve.render import Options, render
from tests.conftest import PROBLEMS

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SPECS = [
    *("homework-1/1.1-fully-connected.yaml", "homework-2/2.1-backprop.yaml", "homework-2/2.2-log-softmax.yaml"),
    *("homework-2/2.2-sigmoid.yaml", "homework-3/3.1-xavier.yaml", "homework-3/3.2-prelu.yaml"),
    "textbook/triplet-loss.yaml",  # a reason that is one long formula
]
MEASURE = """
<script>
addEventListener("load", () => {
  const found = [], frames = document.querySelectorAll("iframe");
  for (const frame of frames) {
    const inside = frame.contentDocument, root = inside.documentElement;
    for (const d of inside.querySelectorAll("details")) d.open = true;
    if (root.scrollWidth > root.clientWidth) found.push([frame.title, "page", root.scrollWidth]);
    for (const e of inside.querySelectorAll("p,.link,.lhs,.rhs,.line,.quantity,.why,h1,h2,h3,summary,figure"))
      if (e.clientWidth > 0 && e.scrollWidth > e.clientWidth + 1)
        found.push([frame.title, e.className || e.tagName, e.textContent.slice(0, 60)]);
    const set = [...inside.querySelectorAll("math")].filter((m) => m.getBoundingClientRect().height > 5);
    if (set.length < 4) found.push([frame.title, "mathematics", set.length]);
  }
  document.querySelector("pre").textContent = JSON.stringify({ pages: frames.length, found });
});
</script>
"""


def test_nothing_runs_out_of_its_block(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        pytest.skip(f"there is no browser: none of {', '.join(BROWSERS)}")
    frames = []
    for spec in SPECS:
        page = render(hwsolve.solve_all(PROBLEMS / spec), "html", Options())
        inner = html.escape(re.sub(r"<meta http-equiv[^>]*>", "", page))
        for width in (832, 420):
            style = f"width:{width}px;height:600px;border:0"
            frames.append(f'<iframe title="{spec} {width}" style="{style}" srcdoc="{inner}"></iframe>')
    file = tmp_path / "pages.html"
    file.write_text(f"<!doctype html><meta charset=utf-8><pre></pre>{''.join(frames)}{MEASURE}", encoding="utf-8")
    flags = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}"]
    flags += ["--virtual-time-budget=20000", "--dump-dom"]
    done = subprocess.run(
        [browser, *flags, file.as_uri()], capture_output=True, encoding="utf-8", timeout=180, check=False
    )
    shown = re.search(r"<pre>(.*?)</pre>", done.stdout, re.S)
    if shown is None or not shown[1]:
        pytest.skip(f"the browser does not run here: {done.stderr[-300:]}")
    result = json.loads(html.unescape(shown[1]))
    assert result == {"pages": 2 * len(SPECS), "found": []}
