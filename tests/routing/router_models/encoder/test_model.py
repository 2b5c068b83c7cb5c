"""Texts in, vectors out: the conversion computes what the weights say, whatever else is in the batch."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from plano.routing.router_models.encoder.folder import DamagedWeights
from plano.routing.router_models.encoder.model import MOST_TOKENS, Model
from tests.routing.router_models.encoder import tiny

TEXTS = ["hello", "write code", "translate this long text to german, please: fix the bug in a function?", "soup"]


def bert(ids: list[int]) -> Any:
    """The same in plain numpy, from the paper: embeddings, attention, inner layer, mean."""
    told = tiny.weights()
    erf = np.vectorize(math.erf)

    def dense(x: Any, name: str) -> Any:
        return x @ told[f"encoder.layer.0.{name}.weight"].T + told[f"encoder.layer.0.{name}.bias"]

    def norm(x: Any) -> Any:
        return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-12)

    x = told["embeddings.word_embeddings.weight"][ids] + told["embeddings.position_embeddings.weight"][: len(ids)]
    x = norm(x + told["embeddings.token_type_embeddings.weight"][0])
    heads = tiny.SHAPE.heads
    q, k, v = (
        dense(x, f"attention.self.{part}").reshape(len(ids), heads, -1).swapaxes(0, 1)
        for part in ("query", "key", "value")
    )
    weights = np.exp(q @ k.swapaxes(1, 2) / math.sqrt(tiny.WIDTH / heads))
    seen = (weights / weights.sum(-1, keepdims=True) @ v).swapaxes(0, 1).reshape(len(ids), -1)
    x = norm(x + dense(seen, "attention.output.dense"))
    inner = dense(x, "intermediate.dense")
    x = norm(x + dense(inner * 0.5 * (1 + erf(inner / math.sqrt(2))), "output.dense"))
    mean = x.mean(0)
    return mean / np.linalg.norm(mean)


def test_converted_weights_say_what_the_original_says(folder: Path) -> None:
    model = Model(folder)
    wanted = np.stack([bert(model.ids(text)) for text in TEXTS])
    assert (model.vectors(TEXTS) * wanted).sum(1).min() > 0.999  # In int8; `bench.routing.faithful` tells of float32.


def test_a_batch_gives_what_each_text_gives_alone(folder: Path) -> None:
    model = Model(folder)
    alone = np.concatenate([model.vectors([text]) for text in TEXTS])
    together = model.vectors(TEXTS)
    assert np.linalg.norm(together, axis=1) == pytest.approx(1.0, abs=1e-5)
    assert (alone * together).sum(1).min() > 0.998


def test_of_a_long_text_the_beginning_and_the_end_are_read(folder: Path) -> None:
    model = Model(folder)
    ids = model.ids("hello " * 500 + "soup " * 500)
    hello, soup = tiny.TOKENS.index("hello"), tiny.TOKENS.index("soup")
    assert len(ids) == MOST_TOKENS
    assert (ids.count(hello), ids.count(soup)) == (63, 63)


def test_more_texts_than_fit_one_call_keep_their_order(folder: Path) -> None:
    model = Model(folder)
    texts = [" ".join(["hello", *["soup"] * (number % 60)]) for number in range(70)]
    found = model.vectors(texts)
    assert (found[[3, 63]] * model.vectors([texts[3], texts[63]])).sum(1).min() > 0.998


def test_what_is_no_model_is_damaged(folder: Path, tmp_path: Path) -> None:
    for path in folder.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    (tmp_path / "model.bin").write_bytes(b"no model")
    with pytest.raises(DamagedWeights, match="cannot be loaded"):
        Model(tmp_path)
