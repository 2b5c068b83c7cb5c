"""Fit the probabilities, write them to the weights' folder, and judge: `python -m bench.routing.calibrate FOLDER ...`.

Fits on the writers' route sets as they are, with few routes, and with short descriptions, and on public intents; only
writers' sets that the weights were trained without (`--held-out`, `--unseen`) keep probabilities modest. Judges on
development sets. Reads texts, scores and probabilities by the modules that serve. No torch.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import yaml
from numpy.typing import NDArray

from plano.routing.router_models.encoder import calibration
from plano.routing.router_models.encoder.asked_text import asked_text
from plano.routing.router_models.encoder.folder import BACKGROUND, write_facts
from plano.routing.router_models.encoder.model import Model
from plano.routing.router_models.encoder.question import is_readable, question
from plano.routing.router_models.encoder.route_texts import route_texts
from plano.routing.router_models.encoder.scoring import RouteVectors, blended, texts_in_order

Array = NDArray[Any]
NONE = -1


class Turn(NamedTuple):
    role: str
    text: str


class Prompts(NamedTuple):
    """A set of routes with labelled prompts; `labels` are places in `routes`, or `NONE`."""

    name: str
    routes: list[dict[str, Any]]
    said: list[list[Turn]]
    labels: Array
    kinds: list[str]


class Scored(NamedTuple):
    """Of each prompt: its best score, the probability of being in scope, and its route; (prompts,)."""

    name: str
    best: Array
    told: Array
    route: Array
    labels: Array
    kinds: list[str]
    features: Array


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="what bench.routing.convert wrote")
    parser.add_argument("--background", type=Path, required=True, help="prompts that are nobody's, a JSON list")
    parser.add_argument("--writers", type=Path, nargs="+", required=True, help="labelled route sets to fit on")
    parser.add_argument("--intents", type=Path, help="public intents to fit on: a JSON list of source, name, ...")
    parser.add_argument("--held-out", type=int, required=True, help="sets of each writer the training has not seen")
    parser.add_argument("--unseen", type=Path, nargs="*", default=[], help="writers it has seen nothing of")
    parser.add_argument("--dev", type=Path, help="folder with dev/ and routes/ to judge on")
    parser.add_argument("--dev-writers", type=Path, nargs="*", default=[])
    options = parser.parse_args()
    model = Model(options.folder)
    background = model.vectors([asked_text(text) for text in json.loads(options.background.read_text("utf-8"))])
    np.save(options.folder / BACKGROUND, background.astype(np.float16))
    chance = random.Random(1)
    written = [one for path in options.writers for one in by_writer(path)[-options.held_out :]]
    written += [one for path in options.unseen for one in by_writer(path)]
    known = [*written, *(fewer_routes(one, chance) for one in written), *map(shorter, written)]
    known += intents(options.intents, chance) if options.intents else []
    fitted = fit([scored(model, one, background) for one in known])
    write_facts(options.folder, {"calibration": {name: round(value, 4) for name, value in fitted._asdict().items()}})
    dev = public_sets(options.dev) if options.dev else []
    dev += [one for path in options.dev_writers for one in by_writer(path)]
    print(fitted)
    print(report([scored(model, one, background, fitted) for one in dev]))


def by_writer(path: Path) -> list[Prompts]:
    told = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
    return [prompts(f"{path.stem}:{one['set']}", one["routes"], one["prompts"]) for one in told]


def public_sets(folder: Path) -> list[Prompts]:
    found = []
    for path in sorted((folder / "dev").glob("*.jsonl")):
        routes = yaml.safe_load((folder / "routes" / f"{path.stem}.yaml").read_text("utf-8"))["routing_preferences"]
        found.append(prompts(path.stem, routes, [json.loads(line) for line in path.read_text("utf-8").splitlines()]))
    return found


def intents(path: Path, chance: random.Random, count: int = 40) -> list[Prompts]:
    """Some intents of a source as routes; the prompts of others, near to them, are nobody's."""
    known: dict[str, dict[str, tuple[str, list[str]]]] = {}
    for source, name, description, prompt in json.loads(path.read_text("utf-8")):
        known.setdefault(source, {}).setdefault(name, (description, []))[1].append(prompt)
    found = []
    for number in range(count):
        source = known[chance.choice(list(known))]
        names = chance.sample(list(source), min(len(source), chance.randint(8, 40)))
        used = names[: chance.randint(3, len(names) * 2 // 3 + 1)]
        rows = [
            {"text": text, "label": name if name in used else "none"}
            for name in names
            for text in chance.sample(source[name][1], min(4 if name in used else 2, len(source[name][1])))
        ]
        found.append(prompts(f"intents {number}", [{"name": n, "description": source[n][0]} for n in used], rows))
    return found


def fewer_routes(one: Prompts, chance: random.Random) -> Prompts:
    """Two to four of the routes, their prompts, and half as many that are nobody's."""
    chosen = sorted(chance.sample(range(len(one.routes)), min(chance.choice((2, 2, 3, 4)), len(one.routes))))
    inside = [place for place, label in enumerate(one.labels) if label in chosen]
    outside = [place for place, label in enumerate(one.labels) if label == NONE]
    kept = inside + outside[: max(3, len(inside) // 2)]
    labels = [chosen.index(one.labels[place]) if place in inside else NONE for place in kept]
    routes = [one.routes[place] for place in chosen]
    return Prompts(one.name, routes, [one.said[p] for p in kept], np.array(labels), [one.kinds[p] for p in kept])


def shorter(one: Prompts) -> Prompts:
    """Every description cut to the first half of its parts."""
    routes = []
    for route in one.routes:
        parts = route["description"].split(", ")
        routes.append({**route, "description": ", ".join(parts[: max(1, len(parts) // 2)])})
    return one._replace(routes=routes)


def prompts(name: str, routes: list[dict[str, Any]], rows: list[dict[str, Any]]) -> Prompts:
    places = {route["name"]: place for place, route in enumerate(routes)}
    labels = np.array([places.get(row["label"], NONE) for row in rows])
    return Prompts(name, routes, [_said(row) for row in rows], labels, [row.get("kind", "") for row in rows])


def _said(row: dict[str, Any]) -> list[Turn]:
    if "messages" in row:
        return [Turn(message["role"], message["content"]) for message in row["messages"]]
    return [Turn("user", row["text"])]


def scored(
    model: Model, one: Prompts, background: Array, fitted: calibration.Coefficients = calibration.UNCALIBRATED
) -> Scored:
    told = [route_texts(route["name"], route["description"], route.get("examples", ())) for route in one.routes]
    routes = RouteVectors(told, model.vectors(texts_in_order(told)))
    scale = calibration.Scale(routes, background, fitted)
    asked = [found for said in one.said if (found := question(said)) is not None]
    newest = model.vectors([found.newest for found in asked])
    vectors = np.stack(
        [
            blended(vector, model.vectors([found.earlier])[0]) if found.earlier else vector
            for found, vector in zip(asked, newest, strict=True)
        ]
    )
    scores = routes.scores(vectors)
    best = scores.max(1)
    told = [
        scale.in_scope(score) if is_readable(found.newest) else 0.0
        for score, found in zip(best.tolist(), asked, strict=True)
    ]
    features = np.array([scale.features(score) for score in best.tolist()])
    return Scored(one.name, best, np.array(told), scores.argmax(1), one.labels, one.kinds, features)


def fit(sets: list[Scored], ridge: float = 10.0) -> calibration.Coefficients:
    """Logistic regression of being in scope, by Newton's method; every set counts the same."""
    rows = np.concatenate([one.features for one in sets])
    truth = np.concatenate([one.labels != NONE for one in sets]).astype(float)
    counts = np.concatenate([np.full(len(one.best), 60 / len(one.best)) for one in sets])
    middle, spread = rows.mean(0), rows.std(0) + 1e-9
    inputs = np.column_stack([np.ones(len(rows)), (rows - middle) / spread])
    found = np.zeros(inputs.shape[1])
    penalty = ridge * np.diag([0.0] + [1.0] * rows.shape[1])
    for _ in range(40):
        told = 1 / (1 + np.exp(-inputs @ found))
        slope = inputs.T @ (counts * (truth - told)) - penalty @ found
        curve = (inputs * (counts * told * (1 - told))[:, None]).T @ inputs + penalty
        found = found + np.linalg.solve(curve, slope)
    weights = found[1:] / spread
    return calibration.Coefficients(*map(float, (found[0] - weights @ middle, *weights)))


def accuracy(one: Scored, told: Array, threshold: float) -> float:
    return float(np.mean(np.where(told >= threshold, one.route, NONE) == one.labels))


def auroc(inside: Array, outside: Array) -> float:
    if not len(inside) or not len(outside):
        return float("nan")
    ordered = np.sort(outside)
    below = np.searchsorted(ordered, inside, "left") + np.searchsorted(ordered, inside, "right")
    return float(below.mean() / 2 / len(outside))


def report(sets: list[Scored]) -> str:
    """Accuracy with `none` at the shipped threshold, at one constant score, and at each set's own best threshold."""
    tried = np.arange(0, 1, 0.01)
    constant = max(tried, key=lambda at: np.mean([accuracy(one, one.best, at) for one in sets]))
    heads = ("scope", "auroc", "0.5", f">{constant:.2f}", "best", "brier")
    lines = [f"{'set':24} {'n':>4} " + " ".join(f"{head:>6}" for head in heads)]
    rows = []
    for one in sets:
        told, inside = one.told, one.labels != NONE
        rows.append(
            (
                float(np.mean((one.route == one.labels)[inside])),
                auroc(told[inside], told[~inside]),
                accuracy(one, told, 0.5),
                accuracy(one, one.best, constant),
                max(accuracy(one, told, at) for at in tried),
                float(np.mean((told - inside) ** 2)),
            )
        )
        lines.append(f"{one.name:24} {len(one.best):4} " + " ".join(f"{value:6.3f}" for value in rows[-1]))
    lines.append(f"{'mean':29} " + " ".join(f"{value:6.3f}" for value in np.nanmean(rows, 0)))
    return "\n".join([*lines, *_by_kind(sets)])


def _by_kind(sets: list[Scored]) -> list[str]:
    seen: dict[str, list[bool]] = {}
    for one in sets:
        told = np.where(one.told >= 0.5, one.route, NONE) == one.labels
        for kind, right in zip(one.kinds, told, strict=True):
            seen.setdefault(kind, []).append(bool(right))
    return [f"  {kind or '-':22} {len(right):4} {np.mean(right):6.3f}" for kind, right in sorted(seen.items())]


if __name__ == "__main__":
    main()
