"""Read every YAML file of a folder with PyYAML's C loader: what a batch is measured against."""

import os
import sys

import yaml


def composed(folder: str) -> None:
    """Nodes, and nothing made of them."""
    for entry in os.scandir(folder):
        with open(entry.path, encoding="utf-8") as file:
            yaml.compose(file, Loader=yaml.CSafeLoader)


if __name__ == "__main__":
    composed(sys.argv[1])
