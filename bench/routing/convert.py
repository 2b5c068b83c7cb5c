"""From trained weights to the folder plano ships: `python -m bench.routing.convert WEIGHTS TOKENIZER OUT_DIR`.

`WEIGHTS`: safetensors with the names of Hugging Face's BERT (`bench/routing/encoder.py`). What comes out is in
CTranslate2's format, in int8, with the tokenizer and `router.json`, which names the files' sums. Needs no torch.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from ctranslate2.specs import common_spec, transformer_spec
from tokenizers import Tokenizer

from plano.routing.router_models.encoder.folder import write_facts

#: Prompts are cut to 128 tokens: the places behind are of no use.
MOST_TOKENS = 256
_TYPES = {"F32": np.float32, "F16": np.float16}


class Shape(NamedTuple):
    """How big a BERT is; its width and inner width are read off its weights."""

    layers: int = 6
    heads: int = 12


MINILM = Shape()

NOTICE = """\
The weights in this folder are those of sentence-transformers/all-MiniLM-L6-v2 (Apache License 2.0), fine-tuned by the
authors of plano and quantized to int8. They are under the Apache License 2.0. Beside prompts written for plano, they
were trained on:
- CLINC150, by Larson et al. 2019, https://github.com/clinc/oos-eval, CC BY 3.0
- BANKING77, by Casanueva et al. 2020, https://github.com/PolyAI-LDN/task-specific-datasets, CC BY 4.0
- HWU64, by Liu et al. 2019, https://github.com/xliuhw/NLU-Evaluation-Data, CC BY 4.0
- the seed tasks of Self-Instruct, by Wang et al. 2022, https://github.com/yizhongw/self-instruct, Apache License 2.0
The data sets were changed: intents were described in words, and prompts were varied.
"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("weights", type=Path)
    parser.add_argument("tokenizer", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--quantization", default="int8", help="int8 or float32")
    parser.add_argument("--version", default="0", help="what `router.json` says these weights are")
    options = parser.parse_args()
    convert(read_safetensors(options.weights), options.tokenizer, options.out, quantization=options.quantization)
    (options.out / "NOTICE").write_text(NOTICE, encoding="utf-8")
    write_facts(options.out, {"version": options.version})


def read_safetensors(path: Path) -> dict[str, Any]:
    """Name -> array. The format: a length, a JSON head with types, shapes and places, the bytes."""
    raw = path.read_bytes()
    start = 8 + int.from_bytes(raw[:8], "little")
    head = json.loads(raw[8:start])
    head.pop("__metadata__", None)
    found = {}
    for name, told in head.items():
        if told["dtype"] not in _TYPES:
            continue  # Place numbers, which nobody trains.
        first, last = told["data_offsets"]
        values = np.frombuffer(raw[start + first : start + last], _TYPES[told["dtype"]])
        found[name] = values.reshape(told["shape"]).astype(np.float32)
    return found


def convert(
    weights: dict[str, Any], tokenizer: Path, out: Path, *, shape: Shape = MINILM, quantization: str = "int8"
) -> None:
    """Write `model.bin`, `config.json`, `vocabulary.json` and `tokenizer.json` to a folder."""
    out.mkdir(parents=True, exist_ok=True)
    spec = _spec(weights, shape)
    tokens = _tokenizer(tokenizer)
    vocabulary = tokens.get_vocab()
    spec.register_vocabulary(sorted(vocabulary, key=vocabulary.__getitem__))
    spec.config.unk_token = "[UNK]"
    spec.config.layer_norm_epsilon = 1e-12
    spec.validate()
    spec.optimize(quantization=quantization)
    spec.save(str(out))
    tokens.save(str(out / "tokenizer.json"), pretty=False)


def _tokenizer(path: Path) -> Tokenizer:
    tokens = Tokenizer.from_file(str(path))
    tokens.no_padding()
    tokens.no_truncation()
    return tokens


def _spec(weights: dict[str, Any], shape: Shape) -> Any:
    encoder = transformer_spec.TransformerEncoderSpec(
        shape.layers,
        shape.heads,
        pre_norm=False,
        activation=common_spec.Activation.GELU,
        layernorm_embedding=True,
    )
    encoder.scale_embeddings = False
    encoder.embeddings[0].weight = weights["embeddings.word_embeddings.weight"]
    # There is one kind of token: its vector is added to every place once and for all.
    kind = weights["embeddings.token_type_embeddings.weight"][0]
    encoder.position_encodings.encodings = weights["embeddings.position_embeddings.weight"][:MOST_TOKENS] + kind
    _norm(encoder.layernorm_embedding, weights, "embeddings.LayerNorm")
    for number, layer in enumerate(encoder.layer):
        _layer(layer, weights, f"encoder.layer.{number}")
    return transformer_spec.TransformerEncoderModelSpec(encoder, pooling_layer=False)


def _layer(layer: Any, weights: dict[str, Any], name: str) -> None:
    fused = layer.self_attention.linear[0]
    three = [f"{name}.attention.self.{part}" for part in ("query", "key", "value")]
    fused.weight = np.concatenate([weights[f"{one}.weight"] for one in three])
    fused.bias = np.concatenate([weights[f"{one}.bias"] for one in three])
    _linear(layer.self_attention.linear[1], weights, f"{name}.attention.output.dense")
    _norm(layer.self_attention.layer_norm, weights, f"{name}.attention.output.LayerNorm")
    _linear(layer.ffn.linear_0, weights, f"{name}.intermediate.dense")
    _linear(layer.ffn.linear_1, weights, f"{name}.output.dense")
    _norm(layer.ffn.layer_norm, weights, f"{name}.output.LayerNorm")


def _linear(spec: Any, weights: dict[str, Any], name: str) -> None:
    spec.weight, spec.bias = weights[f"{name}.weight"], weights[f"{name}.bias"]


def _norm(spec: Any, weights: dict[str, Any], name: str) -> None:
    spec.gamma, spec.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]


if __name__ == "__main__":
    main()
