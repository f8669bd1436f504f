"""Chains and branches of a graph as lists of layers, with names for what is read from afar."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from hwsolve.importing.nodes import MERGES, Items, Reading, Scoped, is_source

RESERVED = frozenset({"input", "e", "pi", "params", "macs", "flops", "memory", "activations", "y", "L"})


class Unit:
    """Layers one after the other, which read `inputs`; `at` is the place of the last one."""

    def __init__(self, at: int, inputs: Iterable[str], outputs: Iterable[str], items: Items, label: str) -> None:
        self.at, self.items, self.label = at, items, label
        self.inputs, self.outputs = list(inputs), list(outputs)
        self.head = items[0]  # the item that reads the inputs
        self.pending = ""  # the kind of merge whose branches are still apart

    @property
    def out(self) -> str:
        """What it passes on."""
        return self.outputs[0]


class Region:
    """A list of layers in the making: `given` are the names of quantities, `stream` what the last one passed on."""

    def __init__(
        self, sources: dict[str, str], units: list[Unit], first: tuple[str, ...], ends: tuple[str, ...],
        names: dict[str, str], entries: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        self.sources, self.first, self.ends = sources, first[0] if first else "", ends
        self.stream, self.last_label = self.first, ""
        self.given = dict(names)
        self.entries = set(entries)
        self.units = {unit.at: unit for unit in units}
        self.maker = {out: unit for unit in units for out in unit.outputs}
        self.uses = Counter(i for unit in units for i in unit.inputs)
        self.uses.update(ends)

    def named(self, value: str, label: str = "") -> str:
        """The name of a quantity, which it gets when it is first asked for."""
        if value not in self.given:
            unit = self.maker.get(value)
            plain = re.sub(r"\W", "_", label or (unit.label if unit else "x")) or "x"
            if plain in RESERVED or plain[0].isdigit():
                plain = f"v_{plain}" if plain != "input" else "x"
            taken, name, number = set(self.given.values()), plain, 1
            while name in taken:
                number += 1
                name = f"{plain}_{number}"
            self.given[value] = name
        return self.given[value]

    def items(self) -> Items:
        """The list of layers."""
        self.reduce()
        units = sorted(self.units.values(), key=lambda unit: unit.at)
        lone = [unit for unit in units if self.ends[:1] == (unit.out,) and self.uses[unit.out] == 1]
        units = [unit for unit in units if unit not in lone] + lone
        for unit in units:
            self.place(unit)
        if len(self.ends) > 1 or self.stream != self.ends[0]:
            for end in self.ends:
                self.named(end)
        for unit in units:
            self.name_outputs(unit)
        return [item for unit in units for item in unit.items]

    def reduce(self) -> None:
        """Join units until nothing changes."""
        work = sorted(self.units)
        while work:
            changed = False
            for at in work:
                unit = self.units.get(at)
                if unit is not None:
                    changed |= self.take_sources(unit) | self.take_branches(unit) | self.follow(unit)
            work = sorted(self.units) if changed else []

    def data(self, unit: Unit) -> list[str]:
        """The quantities that a unit reads, each once, without parameters and constants."""
        return list(dict.fromkeys(i for i in unit.inputs if i not in self.sources))

    def beside(self, unit: Unit) -> bool:
        """Whether a layer reads a parameter beside the stream, so that it must name what it reads."""
        named = isinstance(unit.head, dict) and not {"formula", *MERGES} & unit.head.keys()
        return named and len(set(unit.inputs)) > 1 and any(i in self.sources for i in unit.inputs)

    def take_sources(self, unit: Unit) -> bool:
        """A parameter that only one unit reads stands right before it."""
        found = False
        for name in unit.inputs:
            maker = self.maker.get(name)
            if name in self.sources and maker is not None and maker.at in self.units and self.uses[name] == 1:
                del self.units[maker.at]
                next(iter(maker.items[0].values()))["output"] = self.named(name)
                unit.items = maker.items + unit.items
                found = True
        return found

    def take_branches(self, unit: Unit) -> bool:
        """A merge whose branches all begin at one quantity takes them up."""
        if not unit.pending:
            return False
        starts = {self.start(i) for i in self.data(unit)}
        direct = {i for i in self.data(unit) if self.start(i) == i}
        if len(direct) == 1:
            starts = direct | {self.start(i) for i in self.data(unit)}
        if len(starts) != 1:
            return False
        fork = starts.pop()
        branches: Items = []
        for name in unit.inputs:
            if name in self.sources:
                branches.append(self.named(name))
            elif name == fork:
                branches.append([])
            else:
                maker = self.maker[name]
                self.fill(maker, {})
                branches.append(maker.items)
                del self.units[maker.at]
                self.uses[fork] -= 1
        self.uses[fork] += 1 - sum(name == fork for name in unit.inputs)
        unit.head[unit.pending]["of"] = branches
        unit.inputs, unit.pending = [fork], ""
        return True

    def start(self, name: str) -> str:
        """Where a branch begins that ends in a quantity: itself, unless nothing else reads it."""
        maker = self.maker.get(name)
        if (
            maker is None
            or self.uses[name] > 1
            or maker.pending
            or self.beside(maker)
            or maker.at not in self.units
            or name != maker.out
        ):
            return name
        read = self.data(maker)
        return read[0] if len(read) == 1 and not any(self.uses[o] for o in maker.outputs[1:]) else name

    def follow(self, unit: Unit) -> bool:
        """A unit that alone reads another one is appended to it."""
        read = self.data(unit)
        maker = self.maker.get(read[0]) if len(read) == 1 else None
        if (
            maker is None
            or unit.pending
            or self.beside(unit)
            or maker.pending
            or maker.at not in self.units
            or read[0] in self.sources
        ):
            return False
        once = self.uses[read[0]] == sum(i == read[0] for i in unit.inputs) and read[0] not in self.ends
        if not once or read[0] != maker.out or any(self.uses[o] for o in maker.outputs[1:]):
            return False
        self.fill(unit, {})
        del self.units[maker.at]
        unit.items, unit.inputs, unit.head = maker.items + unit.items, maker.inputs, maker.head
        return True

    def fill(self, unit: Unit, names: dict[str, str]) -> None:
        """Put what a formula reads into it: `input` for the stream."""
        settings = unit.head.get("formula") if isinstance(unit.head, dict) else None
        if settings is not None and isinstance(settings["value"], Reading):
            reading = settings["value"]
            words = [self.named(i) if i in self.sources else names.get(i, "input") for i in reading.inputs]
            text = reading.text
            out = self.named(reading.output, self.maker_label(reading.output)) if "{out}" in text else ""
            settings["value"] = text.format(*words, out=out)

    def maker_label(self, value: str) -> str:
        """What a quantity may be called."""
        unit = self.maker.get(value)
        return unit.label if unit is not None and unit.label != "formula" else "s"

    def place(self, unit: Unit) -> None:
        """Say what a unit reads, behind the ones that are placed."""
        read = self.data(unit)
        if not read and is_source(unit.head):
            if self.uses[unit.out]:
                self.named(unit.out)
            return
        if unit.pending:
            unit.head[unit.pending]["of"] = [[] if i == self.stream else self.named(i) for i in unit.inputs]
        elif isinstance(unit.head, dict) and "formula" in unit.head:
            self.fill(unit, {i: self.named(i) for i in read if i != self.stream})
        elif len(read) > 1 or not read or self.beside(unit):
            self.read_by_name(unit.head, [self.named(i) for i in unit.inputs])
        elif read and read[0] != self.stream:
            self.read_by_name(unit.head, [self.named(read[0])])
        self.stream, self.last_label = unit.out, unit.label

    def read_by_name(self, item: Any, names: list[str]) -> None:
        """Say in a layer what it reads."""
        if isinstance(item, Scoped):
            item.inputs = tuple(names)
        else:
            next(iter(item.values()))["inputs"] = names[0] if len(names) == 1 else names

    def name_outputs(self, unit: Unit) -> None:
        """Give a unit's outputs the names under which they are read."""
        last = max((k for k, o in enumerate(unit.outputs) if o in self.given), default=-1)
        if last < 0:
            return
        names = [self.named(o, f"{unit.label}_{k}" if k else "") for k, o in enumerate(unit.outputs[: last + 1])]
        item = unit.items[-1]
        if isinstance(item, Scoped):
            item.output = names[0]
        elif "formula" in item and "=" in str(item["formula"]["value"]):
            return
        else:
            next(iter(item.values()))["output"] = names[0] if len(names) == 1 else names
