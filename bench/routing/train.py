"""Fine-tune the encoder: `python -m bench.routing.train --base DIR --public DIR --writers FILE... --out FILE`.

Loss: a softmax over the routes of an episode and `none`, whose logit is a constant threshold, so that a score means the
same in every config.
"""

from __future__ import annotations

import argparse
import copy
import random
import time
from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor
from torch.nn import functional as F

from bench.routing import judge
from bench.routing.encoder import Encoder, Texts, learnt, load, save
from bench.routing.episodes import Episode, Sources
from bench.routing.scoring import scores, texts_of

TEMPERATURE = 0.05
THRESHOLD = 0.45
LONGEST = 80  # tokens, in training


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--public", type=Path, required=True, help="the training part of the routing sets")
    parser.add_argument("--writers", type=Path, nargs="+", required=True)
    parser.add_argument("--held-out", type=int, default=0, help="so many last sets of each writer are not trained on")
    parser.add_argument("--payloads", type=Path, required=True, help="texts to paste, separated by lines of %%")
    parser.add_argument("--words", type=Path, required=True, help="folder of tongues.txt, frames.txt and slots.txt")
    parser.add_argument("--dev", type=Path, help="folder of development sets to report on")
    parser.add_argument("--dev-writers", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--rate", type=float, default=4e-5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--episodes", type=int, default=1, help="episodes a step")
    parser.add_argument("--mean", type=float, default=0.98, help="how much of the mean of the weights a step keeps")
    parser.add_argument("--every", type=int, default=250, help="steps between two reports")
    parser.add_argument("--weights", type=Path, help="go on from these instead of the base's")
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    payloads = [text.strip("\n") for text in options.payloads.read_text("utf-8").split("\n%%\n")]
    sources = Sources(options.public, options.writers, payloads, options.words, options.held_out)
    sets = judge.dev_sets(options.dev, options.dev_writers)
    texts = Texts(options.base / "tokenizer.json")
    encoder = load(options.weights or options.base / "model.safetensors").train()
    learn(encoder, options, sources, lambda mean: _told(mean, texts, sets, options.out))


def learn(encoder: Encoder, options: argparse.Namespace, sources: Sources, told: Callable[[Encoder], None]) -> None:
    """Steps of one or more episodes; `told` gets the running mean of the weights now and then, and at the end."""
    chance = random.Random(options.seed)
    texts = Texts(options.base / "tokenizer.json", LONGEST)
    mean = copy.deepcopy(encoder).eval()
    for parameter in (encoder.words.weight, encoder.places.weight):
        parameter.requires_grad_(False)  # Words that no training text has must not be left behind.
    wanted = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(wanted, lr=options.rate, weight_decay=0.01)
    began, total = time.monotonic(), 0.0
    for step in range(1, options.steps + 1):
        rate = options.rate * min(1.0, step / 40) * max(0.05, 1 - step / options.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        optimizer.zero_grad()
        for _ in range(options.episodes):
            loss = _loss(encoder, texts, sources.episode(chance)) / options.episodes
            loss.backward()
            total += loss.item()
        torch.nn.utils.clip_grad_norm_(wanted, 1.0)
        optimizer.step()
        _follow(mean, encoder, min(options.mean, step / (step + 10)))
        if step % 50 == 0:
            print(f"step {step} loss {total / 50:.4f} {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0
        if step % options.every == 0 or step == options.steps:
            told(mean)


def _loss(encoder: Encoder, texts: Texts, episode: Episode) -> Tensor:
    said, places = texts_of(episode.routes)
    vectors = learnt(encoder, texts, [*said, *episode.prompts])
    logits = scores(vectors[len(said) :], vectors[: len(said)], places) / TEMPERATURE
    none = torch.full((len(logits), 1), THRESHOLD / TEMPERATURE)
    labels = torch.tensor([label if label >= 0 else logits.shape[1] for label in episode.labels])
    return F.cross_entropy(torch.cat((logits, none), 1), labels, label_smoothing=0.05)


@torch.no_grad()
def _follow(mean: Encoder, encoder: Encoder, share: float) -> None:
    for own, new in zip(mean.parameters(), encoder.parameters(), strict=True):
        own.lerp_(new, 1 - share)


def _told(mean: Encoder, texts: Texts, sets: list[judge.DevSet], out: Path) -> None:
    save(mean, out)
    found = [(one, judge.scored(mean, texts, one)) for one in sets]
    print(judge.report(found, THRESHOLD))
    print(judge.by_kind([pair for pair in found if any(pair[0].kinds)], THRESHOLD), flush=True)


if __name__ == "__main__":
    main()
