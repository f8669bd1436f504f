"""Random networks of rows, with bodies that stand several times within each other, and the same written out."""

from __future__ import annotations

import random
from typing import Any

Spec = Any
GIVES = ("output", "name")  # the keys that name something
READS = ("inputs", "of", "layer", "tie")  # and those that mean it
BLOCKS: dict[str, Any] = {
    "plain": {"body": [{"linear": 3}, "sigmoid", {"linear": 3}]},
    "named": {"inputs": "x", "body": ["tanh", {"linear": {"out_features": 3, "inputs": "x"}}]},
    "forked": {
        "inputs": ["a", "b"],
        "body": [{"linear": {"out_features": 3, "output": "c"}}, {"multiply": ["a", "c"]}, {"add": ["b", []]}],
    },
    "early": {"outputs": ["y"], "body": [{"linear": {"out_features": 3, "output": "y"}}, {"linear": 3}]},
    "two": {
        "inputs": ["x"],
        "outputs": ["y", "z"],
        "body": [
            {"linear": {"out_features": 3, "output": "y"}},
            {"linear": {"out_features": 3, "inputs": "x", "output": "z"}},
        ],
    },
    "packed": {"body": ["plain", {"residual": {"body": ["plain"]}}]},
}


class Nest:
    """Layers of three numbers a row; `times` says how often each repeated body stands, by its letter."""

    def __init__(self, seed: int, kinds: tuple[str, ...] = ()) -> None:
        self.dice, self.count = random.Random(seed), 0
        self.kinds = kinds or KINDS
        self.times: dict[str, int] = {}
        self.shape = [2, 4] if self.dice.random() < 0.2 else [2, 3]  # of other rows, which the first layer changes
        names = ["x"] if self.shape == [2, 3] else []
        self.layers = [] if names else [self.repeat([], [], 0)]
        self.layers += self.body(names, [], 0, 4)
        if not self.times:
            self.layers.append(self.repeat(names, [], 0))

    def name(self) -> str:
        self.count += 1
        return f"q{self.count}"

    def body(self, names: list[str], layers: list[str], depth: int, most: int) -> list[Spec]:
        """A list; names of quantities and of layers hold within it."""
        names, layers, made = list(names), list(layers), list[Spec]()
        if not names:
            names = [self.name()]
            made.append({"linear": {"out_features": 3, "output": names[0]}})
        for _ in range(self.dice.randint(1, most)):
            kind = self.dice.choice(self.kinds)
            if kind == "linear":
                name, output = self.name(), self.name()
                more: Spec = {"out_features": 3, "trainable": self.dice.random() < 0.7, "name": name, "output": output}
                if self.dice.random() < 0.3:
                    more["inputs"] = self.dice.choice(names)
                if layers and self.dice.random() < 0.2:
                    more["weight"] = {"tie": self.dice.choice(layers)}
                    del more["trainable"]
                made.append({"linear": more})
                layers.append(name)
                names.append(output)
            elif kind == "use" and layers:
                made.append({"use": {"layer": self.dice.choice(layers)}})
            elif kind == "residual" and depth < 3:
                made.append({"residual": {"body": self.body(names, layers, depth + 1, 2)}})
            elif kind == "merge" and depth < 3:
                inner: list[Spec] = [self.body(names, layers, depth + 1, 2), []]
                inner += self.dice.choices(names, k=self.dice.randint(0, 1))
                made.append({self.dice.choice(["add", "multiply"]): inner})
            elif kind == "repeat" and depth < 3 and len(self.times) < 7:
                made.append(self.repeat(names, layers, depth))
            elif kind == "forked":
                made.append({"forked": {"inputs": [self.dice.choice(names), self.dice.choice(names)]}})
            elif kind == "two":
                outputs = [self.name(), self.name()]
                made.append({"two": {"output": outputs}})
                names += outputs
            elif kind == "formula":
                own = {f"A{self.name()}": {"shape": [3, 3]}}
                value = f"{self.dice.choice(names)} @ {next(iter(own))} + {self.dice.choice(names)}"
                output = self.name()
                made.append({"formula": {"value": f"{output} = {value}", "parameters": own}})
                names.append(output)
            elif kind in SINGLE:
                made.append(SINGLE[kind])
        return made or ["tanh"]

    def repeat(self, names: list[str], layers: list[str], depth: int) -> Spec:
        letter = f"L{len(self.times) + 1}"
        self.times[letter] = self.dice.choice((1, 2, 2, 3))
        return {"repeat": {"times": letter, "body": self.body(names, layers, depth + 1, 3)}}

    def numeric(self) -> list[Spec]:
        """With numbers of copies."""
        return [replaced(one, self.times) for one in self.layers]

    def written(self) -> list[Spec]:
        """Without a repeat."""
        return [one for part in self.layers for one in self.out(part, {})]

    def out(self, part: Spec, new: dict[str, str]) -> list[Spec]:
        """What stands in place of a part, with new names."""
        if not isinstance(part, dict):
            return [part]
        (kind, value), *_ = part.items()
        if kind == "repeat":
            found: list[Spec] = []
            for k in range(self.times[value["times"]]):
                own = {name: f"{new.get(name, name)}_{k + 1}" for name in given(value["body"])}
                found += [one for inner in value["body"] for one in self.out(inner, new | own)]
            return found
        return [{kind: self.renamed(value, new)}]

    def renamed(self, value: Any, new: dict[str, str]) -> Any:
        if isinstance(value, str):
            return " ".join(new.get(word, word) for word in value.split())
        if isinstance(value, list):
            return [self.branch(inner, new) for inner in value]
        if isinstance(value, dict):
            return {
                new.get(key, key): self.branch(inner, new) if key == "body" else self.renamed(inner, new)
                for key, inner in value.items()
            }
        return value

    def branch(self, value: Spec, new: dict[str, str]) -> Spec:
        """A branch is a list of layers; anything else is renamed."""
        if isinstance(value, list):
            return [one for part in value for one in (self.out(part, new) if isinstance(part, dict) else [part])]
        return self.renamed(value, new)


SINGLE: dict[str, Spec] = {
    "sigmoid": "sigmoid",
    "relu": "relu",
    "norm": {"layer_norm": None},
    "plain": "plain",
    "named": "named",
    "early": "early",
    "packed": "packed",
    "encoder": {"transformer_encoder_layer": {"d_model": 3, "nhead": 1, "dim_feedforward": 2}},
    "attention": {"multihead_attention": {"embed_dim": 3, "num_heads": 1}},
    "rnn": {"rnn": {"hidden_size": 3}},
}
KINDS = (
    *("linear", "linear", "linear", "use", "residual", "merge", "merge", "repeat", "repeat", "repeat", "repeat"),
    *("forked", "two", "formula", "sigmoid", "relu", "norm", "plain", "named", "named", "early", "packed"),
    *("encoder", "attention", "rnn"),
)


def given(parts: list[Spec]) -> set[str]:
    """All names that are given in a body, those of bodies within it too."""
    found: set[str] = set()
    for part in parts:
        if isinstance(part, dict):
            for key, value in part.items():
                if key in GIVES:
                    found |= set(value if isinstance(value, list) else [value])
                elif key == "value":
                    found.add(value.partition(" ")[0])
                elif key == "parameters":
                    found |= set(value)
                elif isinstance(value, dict):
                    found |= given([value])
                elif isinstance(value, list):
                    found |= given(value) | {
                        name for inner in value if isinstance(inner, list) for name in given(inner)
                    }
    return found


def replaced(spec: Spec, times: dict[str, int]) -> Spec:
    """Numbers in place of the letters of repeats."""
    if isinstance(spec, dict):
        return {k: times[v] if k == "times" else replaced(v, times) for k, v in spec.items()}
    return [replaced(one, times) for one in spec] if isinstance(spec, list) else spec
