"""What a notebook defines for itself: comparison with printed digits, and arrays as nested lists."""

from __future__ import annotations

import re

HELPERS = {
    "holds": '''\
def holds(value, printed, exact):
    """Whether a value is what is printed: the number itself, or rounded to its last digit."""
    stated = Q(printed)
    if exact and isinstance(value, Q):
        return value == stated
    if exact:
        return abs(value - stated) - abs(stated) * Q(1, 10**30) - Q(1, 10**40) <= 0
    digits = re.fullmatch(r"-?\\d+(?:\\.(\\d+))?(?:[eE]([-+]?\\d+))?", printed)
    last = int(digits[2] or 0) - len(digits[1] or "")
    return 2*abs(value - stated) - Q(10)**last <= 0''',
    "all_hold": '''\
def all_hold(value, printed):
    """The same for arrays; a rounded number begins with ~."""
    if isinstance(printed, list):
        return len(value) == len(printed) and all(all_hold(v, p) for v, p in zip(value, printed))
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return holds(value, printed.lstrip("~"), exact=not printed.startswith("~"))''',
    "all_near": '''\
def all_near(value, printed):
    """The same for arrays."""
    if isinstance(printed, list):
        return len(value) == len(printed) and all(all_near(v, p) for v, p in zip(value, printed))
    while isinstance(value, list) and len(value) == 1:
        value = value[0]
    return near(value, printed.lstrip("~"))''',
    "store": '''\
def store(name, value, place=()):
    """The elements of an array, where they do not stand already."""
    for n, x in enumerate(value, 1):
        if isinstance(x, list):
            store(name, x, (*place, n))
        else:
            q.setdefault(f"{name}[{','.join(map(str, (*place, n)))}]", x)''',
    "near": '''\
def near(value, printed):
    """Whether a value is what float64 arithmetic printed, but for its rounding."""
    stated = Q(printed)
    return abs(value - stated) - abs(stated) * Q(1, 10**4) - Q(1, 10**9) <= 0''',
    "whole": '''\
def whole(name):
    """An array of its elements, which count from 1."""
    found = {}
    for key, value in q.items():
        if key.startswith(name + "["):
            place = tuple(map(int, key[len(name) + 1 : -1].split(",")))
            if 0 not in place:
                found[place] = value
    def nested(front):
        if front in found:
            return found[front]
        return [nested((*front, n)) for n in sorted({p[len(front)] for p in found if p[: len(front)] == front})]
    return nested(())''',
    "div": """\
def div(a, b):
    if isinstance(a, list) or isinstance(b, list):
        return both(div, a, b)
    a, b = (Q(x) if isinstance(x, int) else x for x in (a, b))
    return a / b if isinstance(a, Q) == isinstance(b, Q) else mp.mpmathify(a) / mp.mpmathify(b)""",
    "power": """\
def power(a, b):
    if isinstance(b, Q) and b.denominator == 1:
        return a ** int(b)
    return mp.power(mp.mpmathify(a), mp.mpmathify(b))""",
    "largest": """\
def largest(values):
    first, *rest = values
    for value in rest:
        first = value if -first + value > 0 else first
    return first""",
    "smallest": """\
def smallest(values):
    return -largest([-value for value in values])""",
    "each": """\
def each(f, a):
    return [each(f, x) for x in a] if isinstance(a, list) else f(a)""",
    "both": '''\
def both(f, a, b):
    """Element by element; a number, or a single row, goes with every one."""
    if isinstance(a, list) and isinstance(b, list):
        if len(a) == 1 < len(b):
            a = a * len(b)
        if len(b) == 1 < len(a):
            b = b * len(a)
        return [both(f, x, y) for x, y in zip(a, b, strict=True)]
    if isinstance(a, list):
        return [both(f, x, b) for x in a]
    return [both(f, a, y) for y in b] if isinstance(b, list) else f(a, b)''',
    "add": "def add(a, b):\n    return both(lambda x, y: x + y, a, b)",
    "sub": "def sub(a, b):\n    return both(lambda x, y: -y + x, a, b)",
    "mul": "def mul(a, b):\n    return both(lambda x, y: x * y, a, b)",
    "transposed": "def transposed(a):\n    return [list(row) for row in zip(*a)]",
    "dot": "def dot(u, v):\n    return sum((x * y for x, y in zip(u, v, strict=True)), Q(0))",
    "matmul": """\
def matmul(a, b):
    if not isinstance(a[0], list):
        return [dot(a, column) for column in transposed(b)] if isinstance(b[0], list) else dot(a, b)
    return [matmul(row, b) for row in a]""",
    "outer": "def outer(u, v):\n    return [[x * y for y in v] for x in u]",
    "diagonal": """\
def diagonal(u):
    return [[x if n == m else Q(0) for n, x in enumerate(u)] for m in range(len(u))]""",
    "row": "def row(u):\n    return [u]",
    "total": "def total(a):\n    return sum((total(x) for x in a), Q(0)) if isinstance(a, list) else a",
    "rot180": "def rot180(a):\n    return [rot180(x) for x in reversed(a)] if isinstance(a, list) else a",
    "zeros": "def zeros(n, *more):\n    return [zeros(*more) if more else Q(0) for _ in range(int(n))]",
    "sizes": "def sizes(a):\n    return [len(a), *sizes(a[0])] if isinstance(a, list) else []",
    "full": '''\
def full(w, g, step=1):
    """The full correlation of w, its cells a step apart, with g and zeros around it."""
    if not isinstance(w, list):
        return w * g
    k, n, d = len(w), len(g), int(step)
    made = [None] * (n + d * (k - 1))
    for u in range(k):
        for p in range(n):
            at, term = d * (k - 1 - u) + p, full(w[u], g[p], step)
            made[at] = term if made[at] is None else add(made[at], term)
    shape = sizes(next(x for x in made if x is not None))
    return [zeros(*shape) if x is None and shape else Q(0) if x is None else x for x in made]''',
    "stuffed": '''\
def stuffed(g, *steps):
    """Zeros between places."""
    if not isinstance(g, list):
        return g
    inner = [stuffed(x, *(steps[1:] or steps)) for x in g]
    shape, made = sizes(inner[0]), []
    for n, x in enumerate(inner):
        made += [zeros(*shape) if shape else Q(0) for _ in range(int(steps[0]) - 1)] if n else []
        made.append(x)
    return made''',
    "crop": '''\
def crop(a, *cuts):
    """Less at both ends of each axis; with sizes, less in front and zeros behind."""
    axes, cuts = len(sizes(a)), [int(c) for c in cuts]
    kept = cuts[-axes:] if len(cuts) > 1 else [n - 2 * cuts[0] for n in sizes(a)]
    front = cuts[:axes] if len(cuts) == 2 * axes and axes > 1 else [cuts[0]] * axes
    def cut(a, front, kept):
        part = a[front[0] : front[0] + kept[0]]
        part = [cut(x, front[1:], kept[1:]) for x in part] if len(front) > 1 else part
        return part + [zeros(*kept[1:]) if kept[1:] else Q(0) for _ in range(kept[0] - len(part))]
    return cut(a, front, kept)''',
}

ARRAY_HELPERS = {
    "@": "matmul", "T": "transposed", "odot": "mul", "outer": "outer", "diag": "diagonal", "rows": "row",
    "sum": "total", "rot180": "rot180", "full": "full", "stuffed": "stuffed", "crop": "crop",
}  # fmt: skip


def needed(name: str) -> list[str]:
    """A helper and those that it calls, these first."""
    found: list[str] = []
    for other in re.findall(r"\b([a-z_0-9]+)\(", HELPERS[name]):
        if other in HELPERS and other != name and other not in found:
            found += [each for each in needed(other) if each not in found]
    return [*found, name]
