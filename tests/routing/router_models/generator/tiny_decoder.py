"""A decoder of a few thousand random weights with a tokenizer of its own, in the shape of Qwen2, as CTranslate2 has it.

It knows nothing, but it is real: what a test asks of it goes the way of a model of billions.
"""

from __future__ import annotations

from pathlib import Path

import ctranslate2
import numpy as np
from ctranslate2.specs import common_spec, transformer_spec
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

CHATML = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
LLAMA3 = ("<|begin_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>")
_WIDTH = 16
_INNER = 32
_HEADS = 2


def tiny_tokenizer(special: tuple[str, ...] = CHATML, *, words: str = "system user assistant none") -> Tokenizer:
    """A byte-level BPE: every byte is a token, words that were seen have some more."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=[AddedToken(token, special=True) for token in special],
    )
    tokenizer.train_from_iterator([words], trainer)
    return tokenizer


def make_tiny_decoder(folder: Path, tokenizer: Tokenizer | None = None, *, seed: int = 0) -> Path:
    """The converted decoder in `folder`, which is made."""
    tokenizer = tokenizer or tiny_tokenizer()
    vocabulary = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]
    spec = transformer_spec.TransformerDecoderModelSpec.from_config(
        2,
        _HEADS,
        activation=common_spec.Activation.SWISH,
        ffn_glu=True,
        rms_norm=True,
        rotary_dim=0,
        rotary_interleave=False,
    )
    _fill(spec.decoder, len(vocabulary), np.random.default_rng(seed))
    spec.register_vocabulary(vocabulary)
    spec.config.bos_token = spec.config.eos_token = vocabulary[0]
    spec.config.unk_token = vocabulary[0]
    spec.config.layer_norm_epsilon = 1e-6
    spec.validate()
    spec.optimize(quantization="int8")
    folder.mkdir(parents=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    return folder


def make_tiny_encoder(folder: Path) -> Path:
    """A model of another kind: it understands, and says nothing."""
    spec = transformer_spec.TransformerEncoderModelSpec(transformer_spec.TransformerEncoderSpec(1, 1))
    width = np.zeros((4, 4), np.float32)
    line = np.zeros(4, np.float32)
    spec.encoder.embeddings[0].weight = width
    spec.encoder.position_encodings.encodings = width
    for norm in (spec.encoder.layer_norm, spec.encoder.layer[0].self_attention.layer_norm):
        norm.gamma, norm.beta = line, line
    layer = spec.encoder.layer[0]
    layer.ffn.layer_norm.gamma, layer.ffn.layer_norm.beta = line, line
    linears = (*layer.self_attention.linear, layer.ffn.linear_0, layer.ffn.linear_1)
    for linear, rows in zip(linears, (12, 4, 4, 4), strict=True):
        linear.weight, linear.bias = np.zeros((rows, 4), np.float32), np.zeros(rows, np.float32)
    spec.register_vocabulary(["a", "b", "c", "d"])
    spec.config.bos_token = spec.config.eos_token = spec.config.unk_token = "a"
    spec.validate()
    folder.mkdir(parents=True)
    spec.save(str(folder))
    return folder


def _fill(decoder: transformer_spec.TransformerDecoderSpec, words: int, chance: np.random.Generator) -> None:
    def weights(*shape: int) -> np.ndarray:
        return chance.normal(0, 0.5, shape).astype(np.float32)

    decoder.scale_embeddings = False
    decoder.embeddings.weight = weights(words, _WIDTH)
    decoder.projection.weight = weights(words, _WIDTH)
    decoder.layer_norm.gamma = np.ones(_WIDTH, np.float32)
    for layer in decoder.layer:
        layer.self_attention.layer_norm.gamma = np.ones(_WIDTH, np.float32)
        layer.self_attention.linear[0].weight = weights(3 * _WIDTH, _WIDTH)
        layer.self_attention.linear[1].weight = weights(_WIDTH, _WIDTH)
        layer.ffn.layer_norm.gamma = np.ones(_WIDTH, np.float32)
        layer.ffn.linear_0.weight = weights(_INNER, _WIDTH)
        layer.ffn.linear_0_noact.weight = weights(_INNER, _WIDTH)
        layer.ffn.linear_1.weight = weights(_WIDTH, _INNER)


def vocabulary_logits(folder: Path, tokens: list[str]) -> np.ndarray:
    """What the model thinks comes after `tokens`, read in one go: shape (vocabulary,)."""
    generator = ctranslate2.Generator(str(folder))
    return np.array(generator.forward_batch([tokens]))[0, -1]
