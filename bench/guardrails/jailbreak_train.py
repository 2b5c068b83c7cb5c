"""Fits `plano_jailbreak/learned.json`: `python -m bench.guardrails.jailbreak_train --sources FOLDER [--write]`.

Texts of sources with a licence alone take part.

A logistic regression on the encoder's vector of each window and on what the rules say of its text. Classes weigh the
same, and a source weighs as the square root of its size. Every second window is held out for the figures this prints,
and to set the bias: of benign ones a share of `--false` reaches 0.5. Then all take part in the fit. What the
rules say counts as well, so the encoder alone has to be surer than where they hint at something.
"""

from __future__ import annotations

import argparse
import hashlib
import json
from pathlib import Path

import numpy as np
from plano_jailbreak.judging import Rules
from plano_jailbreak.learned import windows

from bench.guardrails.jailbreak_sources import TRAINING_ATTACKS, TRAINING_BENIGN, own, public_intents, routing_prompts
from plano.routing.router_models.encoder.folder import SHIPPED
from plano.routing.router_models.encoder.model import Model

WEIGHTS = Path(__file__).parents[2] / "plugins" / "plano-jailbreak" / "plano_jailbreak" / "learned.json"
MOST_WINDOWS = 2
#: Of one source so many texts, evenly.
MOST_TEXTS = 1600
_LEAST = 0.02


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sources", type=Path, required=True)
    parser.add_argument("--vectors", type=Path, help="a file to keep vectors in, for the next time")
    parser.add_argument("--decay", type=float, default=0.001)
    parser.add_argument("--false", type=float, default=0.002)
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    vectors, rules, labels, weights = gathered(options.sources, options.vectors)
    kept = np.arange(len(labels)) % 2 == 0
    fitted = fit(vectors[kept], rules[kept], labels[kept], weights[kept], options.decay)
    told = probabilities(fitted, vectors[~kept], rules[~kept])
    truth = labels[~kept] > 0
    wanted = float(np.quantile(told[~truth], 1 - options.false))
    print(f"held out: recall {np.mean(told[truth] >= 0.5):.3f}, false {np.mean(told[~truth] >= 0.5):.4f}")
    print(f"at {wanted:.3f}: recall {np.mean(told[truth] >= wanted):.3f}, false {np.mean(told[~truth] >= wanted):.4f}")
    alone = rules[~kept] >= 0
    print(f"rules alone: recall {np.mean(alone[truth]):.3f}, false {np.mean(alone[~truth]):.4f}")
    fitted = fit(vectors, rules, labels, weights, options.decay)
    fitted[-1] -= np.log(wanted / (1 - wanted))
    if options.write:
        write(fitted)


def gathered(folder: Path, kept: Path | None) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Windows of all sources: vectors, logits of the rules, labels, weights."""
    sets = [(source.name, True, source.read(folder)) for source in TRAINING_ATTACKS]
    sets += [(source.name, False, source.read(folder)) for source in TRAINING_BENIGN]
    sets += [("own attacks", True, own("attacks_own")), ("hard benign", False, own("benign_hard"))]
    sets += [("routing prompts", False, routing_prompts()), ("intents", False, public_intents())]
    sets = [(name, is_attack, texts[:: -(-len(texts) // MOST_TEXTS)]) for name, is_attack, texts in sets]
    read, judge = Vectors(kept), Rules()
    rows: list[tuple[np.ndarray, float, float, float]] = []
    for name, is_attack, texts in sets:
        pieces = [(piece, text) for text in dict.fromkeys(texts) for piece in windows(text, MOST_WINDOWS)]
        print(f"{name}: {len(texts)} texts, {len(pieces)} windows", flush=True)
        found = read([piece for piece, _ in pieces])
        weight = len(pieces) ** -0.5
        rows += [
            (vector, logit(judge.judge(text).probability), float(is_attack), weight)
            for vector, (_, text) in zip(found, pieces, strict=True)
        ]
    vectors, rules, labels, weights = (np.asarray(column) for column in zip(*rows, strict=True))
    for label in (0.0, 1.0):
        weights[labels == label] /= weights[labels == label].sum()
    return vectors.astype(np.float64), rules, labels, weights


class Vectors:
    """The encoder's, kept in a file from one time to the next."""

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._model = Model(SHIPPED)
        self._known: dict[str, np.ndarray] = {}
        if path is not None and path.exists():
            self._known = dict(np.load(path))

    def __call__(self, texts: list[str]) -> list[np.ndarray]:
        keys = [hashlib.sha256(text.encode()).hexdigest() for text in texts]
        unread = {key: text for key, text in zip(keys, texts, strict=True) if key not in self._known}
        self._known.update(zip(unread, self._model.vectors(list(unread.values())), strict=True))
        if self._path is not None and unread:
            np.savez(self._path, **self._known)
        return [self._known[key] for key in keys]


def logit(probability: float) -> float:
    bounded = min(max(probability, _LEAST), 1 - _LEAST)
    return float(np.log(bounded / (1 - bounded)))


def fit(vectors: np.ndarray, rules: np.ndarray, labels: np.ndarray, weights: np.ndarray, decay: float) -> np.ndarray:
    """Weights of the vector, of the rules, and the bias, by Newton's method."""
    data = np.column_stack([vectors, rules / 4, np.ones(len(labels))])
    penalty = np.full(data.shape[1], decay)
    penalty[-1] = 0.0
    fitted = np.zeros(data.shape[1])
    for _ in range(30):
        told = 1 / (1 + np.exp(-(data @ fitted)))
        slope = data.T @ (weights * (told - labels)) + penalty * fitted
        curve = (data * (weights * told * (1 - told))[:, None]).T @ data + np.diag(penalty) + 1e-9 * np.eye(len(fitted))
        step = np.linalg.solve(curve, slope)
        fitted -= step
        if np.abs(step).max() < 1e-6:
            break
    fitted[-2] /= 4
    return fitted


def probabilities(fitted: np.ndarray, vectors: np.ndarray, rules: np.ndarray) -> np.ndarray:
    told: np.ndarray = 1 / (1 + np.exp(-(vectors @ fitted[:-2] + rules * fitted[-2] + fitted[-1])))
    return told


def write(fitted: np.ndarray) -> None:
    document = {
        "about": "logistic regression on vectors of plano's encoder; see bench/guardrails",
        "rules": round(float(fitted[-2]), 4),
        "bias": round(float(fitted[-1]), 4),
        "vector": [round(float(weight), 3) for weight in fitted[:-2]],
    }
    WEIGHTS.write_text(json.dumps(document) + "\n", "utf-8")


if __name__ == "__main__":
    main()
