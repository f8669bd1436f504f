"""A model is counted from its sizes, whatever it and its file are called; and by other sizes it is another one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hwsolve.importing.settings import Settings
from hwsolve.importing.source import imported
from tests.test_import_files import CONFIGS, counted

HUGGING_FACE = ["gpt2", "gpt2-xl", "llama-7b", "llama-3-70b", "bert-base", "t5-small", "vit-base", "mixtral-8x7b"]
DEPTH = ("n_layer", "num_hidden_layers", "num_layers")


def network(text: str) -> str:
    """A spec without its title and its comments."""
    return "\n".join(line for line in text.splitlines() if not line.startswith(("#", "title:")))


@pytest.mark.parametrize("name", HUGGING_FACE)
def test_a_renamed_model_is_the_same(name: str, tmp_path: Path) -> None:
    config = json.loads((CONFIGS / f"{name}.json").read_text(encoding="utf-8"))
    known = imported(str(CONFIGS / f"{name}.json"))
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(config | {"_name_or_path": "someone/gpt2-medium", "name": "bert-large"}))
    assert network(imported(str(path))) == network(known)
    depth = next(key for key in DEPTH if key in config)
    path = tmp_path / f"{name}.json"
    path.write_text(json.dumps(config | {depth: 1}))
    assert counted(imported(str(path))) < counted(known)


@pytest.mark.parametrize("name", ["keras-sequential", "keras-functional", "keras-words"])
def test_a_renamed_model_of_keras_is_the_same(name: str, tmp_path: Path) -> None:
    model = json.loads((CONFIGS / f"{name}.json").read_text(encoding="utf-8"))
    model["config"]["name"] = "resnet50"
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(model))
    same = Settings(tokens=12 if name == "keras-words" else None)
    assert network(imported(str(path), same)) == network(imported(str(CONFIGS / f"{name}.json"), same))
