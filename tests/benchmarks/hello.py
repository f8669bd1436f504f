"""The smallest Typer program that prints a rich table: what a cold start is measured against."""

import typer
from rich.console import Console
from rich.table import Table


def hello(name: str = "world") -> None:
    """Greet."""
    table = Table("word", "name")
    table.add_row("hello", name)
    Console().print(table)


if __name__ == "__main__":
    typer.run(hello)
