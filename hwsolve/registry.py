"""What a spec can name: classes by their names, each imported when it is asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any, TypeVar

C = TypeVar("C")


def load(place: str) -> Any:
    """What stands at a place `module:Class`."""
    module, _, attribute = place.partition(":")
    return getattr(import_module(module), attribute)


class Registry(Mapping[str, type[C]]):
    """Names in order with the places of their classes in a package, as `adam:Adam`; a class is loaded by its name."""

    def __init__(self, package: str, places: dict[str, str]) -> None:
        self.places = {name: f"{package}.{place}" for name, place in places.items()}
        self._loaded: dict[str, type[C]] = {}

    def __getitem__(self, name: str) -> type[C]:
        if name not in self._loaded:
            self._loaded[name] = load(self.places[name])
        return self._loaded[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)

    def __contains__(self, name: object) -> bool:
        return name in self.places

    def name_of(self, record: C) -> str:
        """The name under which a spec asks for a record."""
        cls = type(record)
        return next(name for name, place in self.places.items() if place == f"{cls.__module__}:{cls.__qualname__}")
