"""Models by the `config.json` of the Hugging Face hub: the architecture's layers with the sizes of the configuration.

Each module writes the models of one family from their sizes.  Source of the names, their defaults and the layers:
`transformers`, `configuration_*.py` and `modeling_*.py` of each architecture.
"""

from __future__ import annotations

from importlib import import_module

from hwsolve.importing.document import Document
from hwsolve.importing.huggingface.config import Config
from hwsolve.importing.settings import NO_SETTINGS, Settings
from hwsolve.importing.spec_text import spec_text
from hwsolve.language import say
from hwsolve.spec.report import clip, suggest

FAMILIES = {
    "decoders": ("llama", "mistral", "mixtral", "qwen2", "gemma", "phi", "gpt2"),
    "encoders": ("bert", "roberta"),
    "vision": ("vit",),
    "encoder_decoders": ("t5",),
}
MODULES = {name: module for module, names in FAMILIES.items() for name in names}


KNOWN = ", ".join(sorted(MODULES))


def imported(document: Document, settings: Settings = NO_SETTINGS) -> str:
    """The spec text of a configuration; the length of the sequence has the name n where no number is set."""
    config = Config(document, settings.architecture)
    name = architecture(config)
    document.finish()
    module = import_module(f"{__name__}.{MODULES[name]}")
    spec = getattr(module, name)(config, settings.tokens or "n")
    document.finish()
    return spec_text(spec, (*config.by_default(), *config.notes))


def architecture(config: Config) -> str:
    """The architecture that a configuration names."""
    name = config.text("model_type", say("the architecture, one of {known}", known=KNOWN))
    if name not in MODULES and not config.document.wrong:
        near = suggest(name, tuple(MODULES))
        known = say("Known are {known}.", known=KNOWN)
        config.document.add(
            config.data,
            "model_type",
            say("There is no importer for the architecture {name}.", name=clip(name)),
            say("Did you mean `{near}`? {known}", near=near, known=known) if near else known,
        )
    return name
