"""Models by configuration have the head that `architectures` names: parameters and products as transformers builds them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from hwsolve.importing.document import Document
from hwsolve.importing.huggingface import imported
from hwsolve.importing.settings import Settings
from hwsolve.importing.source import imported as of_file
from hwsolve.pipeline import read, work_out
from hwsolve.spec.report import SpecFailure

TOKENS = 7
DECODER = ("Model", "ForCausalLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering")
HEADS = {
    "bert": ("Model", "ForMaskedLM", "LMHeadModel", "ForPreTraining", "ForNextSentencePrediction", "ForMultipleChoice",
             "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering"),
    "roberta": ("Model", "ForMaskedLM", "ForCausalLM", "ForMultipleChoice", "ForSequenceClassification",
                "ForTokenClassification", "ForQuestionAnswering"),
    "gpt2": ("Model", "LMHeadModel", "DoubleHeadsModel", *DECODER[2:]),
    "llama": DECODER, "mistral": DECODER, "mixtral": DECODER, "qwen2": DECODER, "gemma": DECODER[:-1], "phi": DECODER[:-1],
    "t5": ("Model", "ForConditionalGeneration", "EncoderModel", "ForSequenceClassification", "ForTokenClassification",
           "ForQuestionAnswering"),
    "vit": ("Model", "ForImageClassification"),
}  # fmt: skip
CLASSES = {"gpt2": "GPT2", "t5": "T5", "vit": "ViT"}
NAMES = {f"{CLASSES.get(kind, kind.capitalize())}{head}": kind for kind, heads in HEADS.items() for head in heads}

RUN = {"attn_implementation": "eager", "experts_implementation": "eager", "pad_token_id": 0, "eos_token_id": 1,
       "decoder_start_token_id": 0}  # fmt: skip


def sizes(kind: str, rng: random.Random) -> dict[str, Any]:
    """A small configuration, without what only some heads read."""
    heads, depth, words = rng.choice([2, 4]), rng.randint(1, 3), rng.randint(50, 99)
    width, inner = heads * rng.choice([4, 8]), rng.randint(20, 60)
    if kind == "gpt2":
        return {"n_embd": width, "n_head": heads, "n_layer": depth, "vocab_size": words, "n_positions": 32,
                "tie_word_embeddings": rng.random() < 0.5}  # fmt: skip
    if kind == "t5":
        return {"d_model": width, "num_heads": heads, "num_layers": depth, "d_kv": rng.choice([4, 8]), "d_ff": inner,
                "vocab_size": words, "num_decoder_layers": rng.randint(1, 3),
                "feed_forward_proj": rng.choice(["relu", "gated-gelu"])}  # fmt: skip
    made = {"hidden_size": width, "num_attention_heads": heads, "num_hidden_layers": depth, "intermediate_size": inner}
    if kind == "vit":
        return made | {"image_size": 32, "patch_size": rng.choice([8, 16]), "qkv_bias": rng.choice([True, False]),
                       "pooler_output_size": rng.randint(3, 9)}  # fmt: skip
    made |= {"vocab_size": words, "tie_word_embeddings": rng.random() < 0.5}
    if kind in ("bert", "roberta"):
        return made | {"type_vocab_size": rng.randint(1, 3), "max_position_embeddings": 40}
    made |= {"num_key_value_heads": rng.choice([1, heads])}
    if kind == "mixtral":
        return made | {"num_local_experts": rng.randint(2, 4)}
    return made | ({"head_dim": rng.choice([2, 8])} if kind == "gemma" else {})


def test_a_name_of_no_letters_is_no_architecture() -> None:
    """It is not the one that stands in the file."""
    with pytest.raises(SpecFailure, match='no importer for the architecture ""'):
        counted({"model_type": "bert", "architectures": ["BertForMaskedLM"]}, 4, architecture="")


def counted(config: dict[str, Any], tokens: int | None = None, architecture: str | None = None) -> dict[str, int]:
    """What the spec of a configuration counts, read as an architecture."""
    text = imported(Document(config, "config.json"), Settings(tokens=tokens, architecture=architecture))
    answers = work_out(read(text, "net.yaml", None, None)[0]).answers
    return {key: int(answers[key].value.exact) for key in ("params", "macs")}


def products(model: Any, kind: str) -> int:
    """The multiply-adds of all products of matrices, but those that make the angles of rotations."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    words = torch.ones((1, TOKENS), dtype=torch.long)
    given: dict[str, Any] = {"input_ids": words[None] if "MultipleChoice" in type(model).__name__ else words}
    if kind == "vit":
        given = {"pixel_values": torch.zeros((1, 3, 32, 32))}
    if kind == "t5" and model.config.is_encoder_decoder and hasattr(model, "decoder"):
        given["decoder_input_ids"] = words
    counter = FlopCounterMode(display=False)
    with torch.no_grad(), counter:
        model(**given)
    whole = sum(counter.get_flop_counts()["Global"].values())
    angles = sum(sum(n.values()) for name, n in counter.get_flop_counts().items() if name.endswith("rotary_emb"))
    return (whole - angles) // 2


def unread(model: Any) -> int:
    """A second bias of a table of words that is not shared, which no line of transformers reads."""
    known = dict(model.named_parameters())
    pairs = (("cls.predictions.bias", "cls.predictions.decoder.bias"), ("lm_head.bias", "lm_head.decoder.bias"))
    return sum(known[first].numel() for first, second in pairs if second in known and first in known)


@pytest.mark.parametrize("name", NAMES)
def test_a_head_has_the_parameters_and_the_products_of_transformers(name: str) -> None:
    transformers = pytest.importorskip(
        "transformers", reason="transformers builds the models of these tests: pip install transformers"
    )
    kind, rng = NAMES[name], random.Random(name)
    for _ in range(2):
        config, labels = sizes(kind, rng), 2 if name.endswith("Answering") else rng.randint(3, 6)
        said = rng.choice([{"num_labels": labels}, {"id2label": {str(k): f"label {k}" for k in range(labels)}}, {}])
        own = transformers.AutoConfig.for_model(kind, **config, **said, **RUN)
        model = getattr(transformers, name)(own).eval()
        config |= said | {"model_type": kind, "architectures": [name]}
        found = counted(config, None if kind == "vit" else TOKENS, name)
        assert found["params"] == sum(p.numel() for p in model.parameters()) - unread(model)
        assert found["macs"] == products(model, kind)


SMALL = {"model_type": "llama", "vocab_size": 100, "hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4,
         "intermediate_size": 128}  # fmt: skip
TRUNK = 2 * (4 * 64**2 + 3 * 64 * 128 + 2 * 64) + 64 + 6400


def written(folder: Path, config: dict[str, Any]) -> str:
    """The path of a configuration."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    return str(path)


@pytest.mark.parametrize(
    ("named", "head"),
    [
        (["LlamaForCausalLM"], 6400), (["LlamaModel"], 0), (["LlamaForTokenClassification"], 2 * 65),
        (["LlamaForSequenceClassification"], 2 * 64), (["LlamaForQuestionAnswering"], 2 * 65),
        ([], 6400), (None, 6400), (["MyLlamaForCausalLM", "Other"], 6400),
    ],
)  # fmt: skip
def test_a_model_has_the_head_that_its_architecture_names(named: Any, head: int) -> None:
    """Two layers of 4·64² + 3·64·128 + 2·64, a norm and a table of words, and what the head has."""
    config = SMALL | {"architectures": named} if named is not None else SMALL
    assert counted(config, TOKENS)["params"] == TRUNK + head


def test_bert_has_its_pooler_where_no_other_head_is_named() -> None:
    """As counted by most: the paper's 110 M are those of a model with all heads, 110,106,428."""
    base = json.loads((Path(__file__).parent / "importing_configs" / "bert-base.json").read_text())
    for named, count in (("Model", 109_482_240), ("ForMaskedLM", 109_514_298), ("ForPreTraining", 110_106_428)):
        assert counted(base, TOKENS, f"Bert{named}")["params"] == count
        assert counted(base | {"architectures": [f"Bert{named}"]}, TOKENS)["params"] == 109_482_240


def test_an_encoder_is_read_without_the_head_of_its_training_and_says_so() -> None:
    text = of_file(str(Path(__file__).parent / "importing_configs" / "bert-base.json"))
    assert "# As BertModel, without the head of BertForMaskedLM: --architecture BertForMaskedLM has it" in text
    assert 'title: "BERT (BertModel)"' in text


@pytest.mark.parametrize(("tied", "table"), [({}, 0), ({"tie_word_embeddings": False}, 50 * 16)])
def test_the_last_layer_of_t5_is_the_table_of_words_or_one_of_its_own(tied: dict[str, bool], table: int) -> None:
    """Untied it is as in arXiv 2002.05202: transformers 5 ties it all the same until the weights are read."""
    config = {"model_type": "t5", "d_model": 16, "num_layers": 1, "num_heads": 2, "d_kv": 8, "d_ff": 20}
    assert counted(config | tied | {"vocab_size": 50}, TOKENS)["params"] == 5392 + table


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"architectures": ["LlamaForTokenClasification"]}, "Did you mean `LlamaForTokenClassification`?"),
        ({"architectures": ["LlamaForImages"]}, "There is no importer for the architecture LlamaForImages."),
        ({"architectures": ["Sphinx"]}, "Known are LlamaModel, LlamaForCausalLM"),
        ({"architectures": "LlamaModel"}, "`architectures` must be a list of names"),
        ({"architectures": [3]}, "`architectures` must be a list of names"),
        ({"architectures": ["LlamaForTokenClassification"], "num_labels": "two"}, "`num_labels` must be"),
        ({"model_type": "gpt2", "architectures": ["GPT2FancyHeadsModel"]}, "GPT2FancyHeadsModel"),
        ({"model_type": ["llama"]}, "`model_type` must be the architecture"),
        ({"hidden_size": "64"}, 'from 1 to 1,000,000,000, got "64"'),
        ({"num_hidden_layers": 2 * 10**9}, "from 1 to 1,000,000,000"),
        ({"model_type": "bert", "position_embedding_type": "relative_key"}, "position_embedding_type"),
        ({"model_type": "gpt2", "add_cross_attention": True}, "add_cross_attention"),
    ],
)
def test_a_setting_that_is_not_followed_is_refused(tmp_path: Path, change: dict[str, Any], said: str) -> None:
    with pytest.raises(SpecFailure) as raised:
        of_file(written(tmp_path, SMALL | change))
    assert said in str(raised.value)
