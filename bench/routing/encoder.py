"""MiniLM-L6 as a torch module: six BERT layers, mean pooling, vectors of length one (arXiv:2002.10957, 1908.10084)."""

from __future__ import annotations

from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch import Tensor, nn
from torch.nn import functional as F

LOST = 0.1  # Share of values left out in training.
LAYERS, HEADS, WIDTH, INNER, POSITIONS, WORDS = 6, 12, 384, 1536, 512, 30522


class Layer(nn.Module):
    """One block: attention, then the inner layer, each added and normalised."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.key, self.value, self.attended = (nn.Linear(WIDTH, WIDTH) for _ in range(4))
        self.norm_1, self.norm_2 = nn.LayerNorm(WIDTH, eps=1e-12), nn.LayerNorm(WIDTH, eps=1e-12)
        self.widen, self.narrow = nn.Linear(WIDTH, INNER), nn.Linear(INNER, WIDTH)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q, k, v = (
            part(x).view(batch, length, HEADS, WIDTH // HEADS).transpose(1, 2)
            for part in (self.query, self.key, self.value)
        )
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask)
        seen = self.attended(seen.transpose(1, 2).reshape(batch, length, WIDTH))
        x = self.norm_1(x + F.dropout(seen, LOST, self.training))
        return self.norm_2(x + F.dropout(self.narrow(F.gelu(self.widen(x))), LOST, self.training))


class Encoder(nn.Module):
    """Token ids and mask of shape (batch, length) to vectors of shape (batch, 384)."""

    def __init__(self) -> None:
        super().__init__()
        self.words, self.places = nn.Embedding(WORDS, WIDTH), nn.Embedding(POSITIONS, WIDTH)
        self.kinds = nn.Embedding(2, WIDTH)
        self.norm = nn.LayerNorm(WIDTH, eps=1e-12)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        places = torch.arange(ids.shape[1])
        x = self.norm(self.words(ids) + self.places(places) + self.kinds.weight[0])
        attend = mask[:, None, None, :].bool()
        for layer in self.layers:
            x = layer(x, attend)
        weights = mask[..., None].to(x.dtype)
        return F.normalize((x * weights).sum(1) / weights.sum(1), dim=-1)


def names() -> dict[str, str]:
    """Parameter here -> its name in Hugging Face's BERT."""
    found = {
        "words.weight": "embeddings.word_embeddings.weight",
        "places.weight": "embeddings.position_embeddings.weight",
        "kinds.weight": "embeddings.token_type_embeddings.weight",
        "norm.weight": "embeddings.LayerNorm.weight",
        "norm.bias": "embeddings.LayerNorm.bias",
    }
    parts = {
        "query": "attention.self.query",
        "key": "attention.self.key",
        "value": "attention.self.value",
        "attended": "attention.output.dense",
        "norm_1": "attention.output.LayerNorm",
        "widen": "intermediate.dense",
        "narrow": "output.dense",
        "norm_2": "output.LayerNorm",
    }
    for number in range(LAYERS):
        for ours, theirs in parts.items():
            for kind in ("weight", "bias"):
                found[f"layers.{number}.{ours}.{kind}"] = f"encoder.layer.{number}.{theirs}.{kind}"
    return found


def load(weights: Path) -> Encoder:
    tensors = load_file(weights)
    encoder = Encoder()
    encoder.load_state_dict({ours: tensors[theirs] for ours, theirs in names().items()})
    return encoder


def save(encoder: Encoder, weights: Path) -> None:
    state = encoder.state_dict()
    save_file({theirs: state[ours].contiguous() for ours, theirs in names().items()}, weights)


class Texts:
    """Texts as ids: the head and the tail of long ones."""

    def __init__(self, tokenizer: Path, longest: int = 128) -> None:
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        self._tokenizer.no_padding()
        self._tokenizer.no_truncation()
        self._longest = longest

    def ids(self, text: str) -> list[int]:
        ids: list[int] = self._tokenizer.encode(text).ids
        if len(ids) <= self._longest:
            return ids
        half = self._longest // 2
        return ids[:half] + ids[-half:]

    def batch(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        return padded([self.ids(text) for text in texts])


def padded(rows: list[list[int]]) -> tuple[Tensor, Tensor]:
    """Ids and mask."""
    length = max(map(len, rows))
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    mask = torch.zeros(len(rows), length, dtype=torch.long)
    for number, row in enumerate(rows):
        ids[number, : len(row)] = torch.tensor(row)
        mask[number, : len(row)] = 1
    return ids, mask


def learnt(encoder: Encoder, texts: Texts, said: list[str], size: int = 16) -> Tensor:
    """Vectors with gradients, in float32; half precision inside, and in batches of texts of like length."""
    rows = [texts.ids(text) for text in said]
    order = sorted(range(len(rows)), key=lambda one: len(rows[one]))
    batches = [[rows[place] for place in order[start : start + size]] for start in range(0, len(order), size)]
    with torch.autocast("cpu", torch.bfloat16):
        found = [encoder(*padded(batch)).float() for batch in batches]
    back = torch.empty(len(order), dtype=torch.long)
    back[torch.tensor(order)] = torch.arange(len(order))
    return torch.cat(found)[back]


def encoded(encoder: Encoder, texts: Texts, said: list[str], size: int = 32) -> Tensor:
    """Vectors without gradients, in batches of texts of like length."""
    order = sorted(range(len(said)), key=lambda one: len(said[one]))
    found = torch.zeros(len(said), WIDTH)
    with torch.inference_mode():
        for start in range(0, len(order), size):
            places = order[start : start + size]
            found[places] = encoder(*texts.batch([said[place] for place in places]))
    return found
