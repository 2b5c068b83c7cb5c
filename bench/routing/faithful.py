"""How like the shipped vectors are to the trained ones: `python -m bench.routing.faithful WEIGHTS TOKENIZER TEXTS`.

`TEXTS`: one text per line. Prints the cosines between torch in float32 and CTranslate2, in float32 and in int8.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import ctranslate2
import numpy as np

from bench.routing.convert import convert, read_safetensors
from bench.routing.encoder import Texts, encoded, load


def main() -> None:
    weights, tokenizer, said = map(Path, sys.argv[1:])
    texts = Texts(tokenizer)
    lines = [line for line in said.read_text("utf-8").splitlines() if line.strip()][:300]
    wanted = encoded(load(weights).eval(), texts, lines).numpy()
    for quantization in ("float32", "int8"):
        with tempfile.TemporaryDirectory() as folder:
            convert(read_safetensors(weights), tokenizer, Path(folder), quantization=quantization)
            encoder = ctranslate2.Encoder(folder, compute_type=quantization, intra_threads=1)
            found = np.stack([_vector(encoder, texts.ids(line)) for line in lines])
        cosines = (wanted * found).sum(1)
        print(f"{quantization:8} mean {cosines.mean():.6f} least {cosines.min():.6f} of {len(lines)} texts")


def _vector(encoder: ctranslate2.Encoder, ids: list[int]) -> np.ndarray:
    told = np.asarray(encoder.forward_batch([ids]).last_hidden_state)[0].mean(0)
    return told / np.linalg.norm(told)


if __name__ == "__main__":
    main()
