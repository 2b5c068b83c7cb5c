"""Fine-tune the encoder: `python -m bench.routing.train --base DIR --public DIR --writers FILE... --out FILE`.

Loss: a softmax over the routes of an episode and `none`, whose logit is a constant threshold, so that a score means the
same in every config.
"""

from __future__ import annotations

import argparse
import random
import time
from pathlib import Path

import torch
from torch.nn import functional as F

from bench.routing import judge
from bench.routing.encoder import Texts, load, save
from bench.routing.episodes import Sources
from bench.routing.scoring import scores, texts_of

TEMPERATURE = 0.05
THRESHOLD = 0.45


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--base", type=Path, required=True, help="folder with model.safetensors and tokenizer.json")
    parser.add_argument("--public", type=Path, required=True, help="the training part of the routing sets")
    parser.add_argument("--writers", type=Path, nargs="+", required=True)
    parser.add_argument("--payloads", type=Path, required=True, help="texts to paste, separated by lines of %%")
    parser.add_argument("--dev", type=Path, help="folder of development sets to report on")
    parser.add_argument("--dev-writers", type=Path, nargs="*", default=[])
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--rate", type=float, default=4e-5)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    options = parser.parse_args()
    torch.manual_seed(options.seed)
    torch.set_num_threads(options.threads)
    chance = random.Random(options.seed)
    texts = Texts(options.base / "tokenizer.json")
    encoder = load(options.base / "model.safetensors").train()
    payloads = [text.strip("\n") for text in options.payloads.read_text("utf-8").split("\n%%\n")]
    sources = Sources(options.public, options.writers, payloads)
    sets = [] if options.dev is None else judge.dev_sets(options.dev, options.dev_writers)
    if sets:
        print(judge.report(encoder.eval(), texts, sets, THRESHOLD), flush=True)
        encoder.train()
    for parameter in (encoder.words.weight, encoder.places.weight):
        parameter.requires_grad_(False)  # Words that no training text has must not be left behind.
    wanted = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(wanted, lr=options.rate, weight_decay=0.01)
    began, total = time.monotonic(), 0.0
    for step in range(1, options.steps + 1):
        rate = options.rate * min(1.0, step / 40) * max(0.05, 1 - step / options.steps)
        for group in optimizer.param_groups:
            group["lr"] = rate
        episode = sources.episode(chance)
        said, places = texts_of(episode.routes)
        told = encoder(*texts.batch(said))
        asked = encoder(*texts.batch(episode.prompts))
        logits = scores(asked, told, places) / TEMPERATURE
        none = torch.full((len(logits), 1), THRESHOLD / TEMPERATURE)
        labels = torch.tensor([label if label >= 0 else logits.shape[1] for label in episode.labels])
        loss = F.cross_entropy(torch.cat((logits, none), 1), labels, label_smoothing=0.05)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(wanted, 1.0)
        optimizer.step()
        total += loss.item()
        if step % 50 == 0:
            print(f"step {step} loss {total / 50:.4f} {time.monotonic() - began:.0f} s", flush=True)
            total = 0.0
        if step % 300 == 0 or step == options.steps:
            save(encoder, options.out)
            if sets:
                print(judge.report(encoder.eval(), texts, sets, THRESHOLD), flush=True)
                encoder.train()


if __name__ == "__main__":
    main()
