"""Specs that nobody would write: good ones damaged, random YAML, random bytes.  Each is made from a seed alone."""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any

import yaml

from tests.plausible import plausible

ROOT = Path(__file__).parent.parent
SMALL = 6_000  # bytes of a file that is worth damaging
NUMBERS = (
    "0", "-1", "1", "2", "3", "7", "0.1", "-0.5", "1/3", "1/0", "1e-3", "1e999", "1e-999", "1e9999999", ".nan", ".inf", "010",
    "1_000", "1__0", "0x10", "1:30", "12345678901234567890", "9" * 400, "9" * 1200, "9**9**9", "2**0.5", "sqrt(2)", "sqrt(-1)",
    "log(0)", "exp(1000)", "n", "3*n", "n/2", "n-n", "w[1]", "x", "true", "no", "~", "''", "[]", "{}", "[1, 2]", "[[1, 2], [3]]",
    "{zeros: 3}", "{class: 1}", "{index: 0}", "{ones: [2, 2]}", "{linspace: [0, 1], shape: [2, 2]}", "$channels", "same", "none",
)  # fmt: skip
WORDS = tuple(re.findall(r"\S+", """
linear conv1d conv2d conv3d max_pool2d avg_pool2d adaptive_avg_pool2d batch_norm1d batch_norm2d layer_norm relu
leaky_relu prelu sigmoid tanh softplus softmax identity gelu elu dropout flatten embedding residual concat multiply
repeat blocks body shortcut zero_pad times arguments name weight bias symbols output trainable shared rows inputs
outputs values value init seed kernel_size stride padding dilation groups ceil_mode out_features out_channels
features channels size network input layers target loss upstream optimizer sgd lr momentum nesterov weight_decay
steps reduction sum mean batchmean mse_loss l1_loss cross_entropy nll_loss binary_cross_entropy
binary_cross_entropy_with_logits half_squared_error expect published stated source tolerance numbers exact float64
digits title kind count-params backprop derivative function wrt order at count activations macs dtype xavier_uniform
uniform normal params params.weight w@1 E y z1 a1 dE_dv
"""))  # fmt: skip
SIGNS = (*"[]{}:,-#&*!|>'\"%@`?~$^()=<>\t\n \\/\0\x1b\ufeff\u2028é界\x85", "---\n", "<<: ", "- ", ": ", "...")


def corpus() -> list[str]:
    """The shipped specs, the starters, and the wrong specs that are texts; those that take long are left out."""
    from hwsolve.kinds import KINDS, about

    texts = [about(kind).STARTER for kind in KINDS]
    for path in sorted([*ROOT.glob("problems/**/*.yaml"), *ROOT.glob("tests/bad/*.yaml")]):
        data = path.read_bytes()
        if len(data) <= SMALL and b"10000" not in data:
            texts.append(data.decode("utf-8", "replace"))
    return texts


def case(seed: int, texts: list[str]) -> bytes:
    """The spec of a seed."""
    rng = random.Random(seed)
    kind = rng.random()
    if kind < 0.03:
        return rng.randbytes(rng.randint(0, 3000))
    if kind < 0.08:
        return random_yaml(rng).encode("utf-8", "surrogatepass")
    text = rng.choice(texts)
    if kind > 0.4:
        text = yaml.safe_dump(plausible(rng), default_flow_style=rng.choice((None, False)), sort_keys=False, width=200)
    if 0.2 < kind < 0.7:
        text = regrown(rng, text)
    for _ in range(rng.choice((0, 1, 1, 2, 3, 8) if kind < 0.4 else (0, 0, 0, 1))):
        text = rng.choice(DAMAGES)(rng, text, texts)
    data = bytearray(tame(text).encode("utf-8", "surrogatepass"))
    if rng.random() < 0.05:
        for _ in range(rng.randint(1, 5)):
            data.insert(rng.randint(0, len(data)), rng.randrange(256))
    return bytes(data)


def tame(text: str) -> str:
    """No number of steps that would rightly take minutes."""
    rows = text.split("\n")
    return "\n".join("steps: 3" if row.strip().startswith("steps:") and len(row) > 11 else row for row in rows)


# Damages: text to text.


def cut(rng: random.Random, text: str, texts: list[str]) -> str:
    """Some characters less."""
    at = rng.randint(0, len(text))
    return text[:at] + text[at + rng.randint(1, 30) :]


def insert(rng: random.Random, text: str, texts: list[str]) -> str:
    """A sign, a word or a number more."""
    at = rng.randint(0, len(text))
    return text[:at] + rng.choice(rng.choice((SIGNS, WORDS, NUMBERS))) + text[at:]


def row(rng: random.Random, text: str, texts: list[str]) -> str:
    """A line left out, doubled, moved or set in."""
    rows = text.split("\n")
    at = rng.randrange(len(rows))
    what = rng.randrange(4)
    if what == 0:
        del rows[at]
    elif what == 1:
        rows.insert(at, rows[at])
    elif what == 2:
        rows.insert(rng.randrange(len(rows)), rows.pop(at))
    else:
        rows[at] = rng.choice((" ", "  ", "\t", "- ", "")) + rows[at].lstrip(rng.choice((" ", "- ", "")))
    return "\n".join(rows)


def swap(rng: random.Random, text: str, texts: list[str]) -> str:
    """One word or number for another."""
    words = [
        w for w in text.replace("[", " ").replace("]", " ").replace("{", " ").replace("}", " ").split() if len(w) < 30
    ]
    if not words:
        return text
    return text.replace(rng.choice(words).strip(",:"), rng.choice(rng.choice((WORDS, NUMBERS))), rng.choice((1, 1, -1)))


def graft(rng: random.Random, text: str, texts: list[str]) -> str:
    """The end of another spec."""
    other = rng.choice(texts)
    return text[: rng.randint(0, len(text))] + other[rng.randint(0, len(other)) :]


DAMAGES = (cut, insert, row, swap, swap, graft)


# Damages of the data, written out again as right YAML.


def regrown(rng: random.Random, text: str) -> str:
    """The data of a spec with some parts exchanged, renamed, doubled or lost."""
    try:
        documents = list(yaml.safe_load_all(text))
    except (yaml.YAMLError, ValueError, RecursionError):
        return text
    for _ in range(rng.choice((1, 1, 2, 4))):
        documents = [changed(rng, document, 0) for document in documents]
    style = rng.choice((None, True, False))
    return yaml.safe_dump_all(documents, default_flow_style=style, allow_unicode=True, sort_keys=False)


def changed(rng: random.Random, data: Any, depth: int) -> Any:
    """Data with one part changed, somewhere in it."""
    if isinstance(data, dict) and data and rng.random() < 0.9:
        key = rng.choice(list(data))
        what = rng.random()
        if what < 0.08:
            return {k: v for k, v in data.items() if k != key}
        if what < 0.16:
            return {(rng.choice(WORDS) if k == key else k): v for k, v in data.items()}
        if what < 0.24:
            return data | {rng.choice(WORDS): rng.choice((value(rng, 2), data[key]))}
        return data | {key: changed(rng, data[key], depth + 1)}
    if isinstance(data, list) and data and rng.random() < 0.9:
        at = rng.randrange(len(data))
        what = rng.random()
        if what < 0.1:
            return data[:at] + data[at + 1 :]
        if what < 0.25:
            return [*data[:at], data[rng.randrange(len(data))], *data[at:]]
        return [changed(rng, part, depth + 1) if k == at else part for k, part in enumerate(data)]
    return rng.choice((value(rng, 2), [data], {rng.choice(WORDS): data}, data))


def value(rng: random.Random, depth: int) -> Any:
    """Random data in the words of specs."""
    what = rng.random()
    if depth == 0 or what < 0.5:
        text = rng.choice(NUMBERS + WORDS)
        try:
            return yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):
            return text
    if what < 0.75:
        return [value(rng, depth - 1) for _ in range(rng.randint(0, 4))]
    return {rng.choice(WORDS): value(rng, depth - 1) for _ in range(rng.randint(0, 4))}


def random_yaml(rng: random.Random) -> str:
    """YAML of random data, half the time with a kind."""
    data = value(rng, 5)
    if isinstance(data, dict) and rng.random() < 0.7:
        data = {"kind": rng.choice(("count-params", "backprop", "derivative"))} | data
    if rng.random() < 0.3:
        return json.dumps(data, default=str)
    return yaml.safe_dump(data, allow_unicode=True, default_flow_style=rng.choice((None, True, False)))
