"""A tiny encoder made from random weights, in the format of the shipped one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

from bench.routing.convert import Shape, convert
from plano.routing.router_models.encoder.folder import BACKGROUND, write_facts

WORDS = """write code fix the bug in a function translate this text to german greetings small talk hello how are you
poem about sea cook soup what is 1 2 3 and ? . , : ; short long more please explain logs error"""
TOKENS = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *WORDS.split()]
WIDTH, INNER, PLACES = 32, 64, 256
SHAPE = Shape(layers=1, heads=4)


def tokenizer() -> Tokenizer:
    made = Tokenizer(models.WordPiece({token: place for place, token in enumerate(TOKENS)}, unk_token="[UNK]"))
    made.normalizer = normalizers.BertNormalizer()
    made.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    made.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return made


def weights() -> dict[str, Any]:
    """Random, but always the same; names as in Hugging Face's BERT."""
    chance = np.random.default_rng(7)
    found: dict[str, Any] = {}

    def matrix(name: str, *shape: int, scale: float = 0.3) -> None:
        found[name] = (chance.standard_normal(shape) * scale).astype(np.float32)

    def norm(name: str) -> None:
        found[f"{name}.weight"] = np.ones(WIDTH, np.float32)
        found[f"{name}.bias"] = np.zeros(WIDTH, np.float32)

    matrix("embeddings.word_embeddings.weight", len(TOKENS), WIDTH, scale=1.0)
    matrix("embeddings.position_embeddings.weight", PLACES, WIDTH, scale=0.02)
    matrix("embeddings.token_type_embeddings.weight", 2, WIDTH, scale=0.02)
    norm("embeddings.LayerNorm")
    for part in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense"):
        matrix(f"encoder.layer.0.{part}.weight", WIDTH, WIDTH)
        matrix(f"encoder.layer.0.{part}.bias", WIDTH)
    norm("encoder.layer.0.attention.output.LayerNorm")
    matrix("encoder.layer.0.intermediate.dense.weight", INNER, WIDTH)
    matrix("encoder.layer.0.intermediate.dense.bias", INNER)
    matrix("encoder.layer.0.output.dense.weight", WIDTH, INNER, scale=0.1)
    matrix("encoder.layer.0.output.dense.bias", WIDTH, scale=0.1)
    norm("encoder.layer.0.output.LayerNorm")
    return found


def make(folder: Path) -> Path:
    """A folder like the shipped one; its background is that of nobody in particular."""
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer().save(str(folder / "tokenizer.json"))
    convert(weights(), folder / "tokenizer.json", folder, shape=SHAPE)
    background = np.random.default_rng(8).standard_normal((20, WIDTH))
    background /= np.linalg.norm(background, axis=1, keepdims=True)
    np.save(folder / BACKGROUND, background.astype(np.float16))
    write_facts(folder, {"version": "tiny"})
    return folder
