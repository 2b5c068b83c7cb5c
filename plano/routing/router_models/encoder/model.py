"""The encoder itself: texts in, vectors of length one out. CTranslate2 and tokenizers are named here alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import ctranslate2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from .folder import DamagedWeights

Array = NDArray[np.float32]

#: Of longer texts the first half and the last half of so many tokens are read.
MOST_TOKENS: Final = 128
#: Characters that hold half of that with all likelihood: nobody tokenises a whole log file.
_HALF_CHARACTERS: Final = 600
#: Tokens of one call, padding included; more would not be faster on one thread.
_MOST_AT_ONCE: Final = 512


class Model:
    """Loaded weights. `vectors` may be called on `threads` threads at a time; it lets go of the GIL."""

    def __init__(self, folder: Path, threads: int = 1) -> None:
        try:
            self._encoder = ctranslate2.Encoder(
                str(folder), device="cpu", compute_type="int8", inter_threads=threads, intra_threads=1
            )
            self._tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        except Exception as error:  # Each library has a kind of its own, and tokenizers a bare Exception.
            raise DamagedWeights(f"the encoder's weights in {folder} cannot be loaded: {error}") from error

    def ids(self, text: str) -> list[int]:
        """At most `MOST_TOKENS` token ids."""
        if len(text) > 2 * _HALF_CHARACTERS:
            text = f"{text[:_HALF_CHARACTERS]} {text[-_HALF_CHARACTERS:]}"
        if not text.isascii():
            text = text.encode("utf-8", "replace").decode()  # Half a surrogate pair would fail the whole batch.
        ids: list[int] = self._tokenizer.encode(text).ids
        half = MOST_TOKENS // 2
        return ids if len(ids) <= MOST_TOKENS else ids[:half] + ids[-half:]

    def vectors(self, texts: list[str]) -> Array:
        """(texts, width), float32."""
        rows = [self.ids(text) for text in texts]
        order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
        found: list[Any] = [None] * len(rows)
        while order:
            together = [order.pop()]
            longest = len(rows[together[0]])
            while order and (len(together) + 1) * longest <= _MOST_AT_ONCE:
                together.append(order.pop())
            output = self._encoder.forward_batch([rows[place] for place in together])
            states = np.asarray(output.last_hidden_state)
            for row, place in enumerate(together):
                mean = states[row, : len(rows[place])].mean(0)
                found[place] = mean / max(float(np.linalg.norm(mean)), 1e-12)
        return np.asarray(found, dtype=np.float32)
