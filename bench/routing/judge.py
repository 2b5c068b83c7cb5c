"""Figures of an encoder on development sets: accuracy in scope, with `none` at one threshold, and AUROC of none."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import NamedTuple

import torch
import yaml
from torch import Tensor

from bench.routing.asked_text import asked_text
from bench.routing.encoder import Encoder, Texts, encoded, load
from bench.routing.scoring import Route, scores, texts_of


class DevSet(NamedTuple):
    name: str
    routes: list[Route]
    prompts: list[str]
    labels: list[int]
    kinds: list[str]


class Figures(NamedTuple):
    in_scope: float
    auroc: float
    at: float
    best: float
    best_threshold: float


def dev_sets(shared: Path | None, writers: list[Path]) -> list[DevSet]:
    found = []
    for path in [] if shared is None else sorted((shared / "dev").glob("*.jsonl")):
        told = yaml.safe_load((shared / "routes" / f"{path.stem}.yaml").read_text())["routing_preferences"]
        rows = [json.loads(line) for line in path.read_text().splitlines()]
        found.append(_set(path.stem, told, rows))
    for path in writers:
        for line in path.read_text("utf-8").splitlines():
            if line.strip():
                one = json.loads(line)
                found.append(_set(f"{path.stem}:{one['set']}", one["routes"], one["prompts"]))
    return found


def episodes7(shared: Path) -> list[DevSet]:
    told = yaml.safe_load((shared / "routes" / "clincA_intents.yaml").read_text())["routing_preferences"]
    descriptions = {route["name"]: route["description"] for route in told}
    found = []
    for number, one in enumerate(json.loads((shared / "dev" / "clincA_episodes7.json").read_text())):
        routes = [{"name": name, "description": descriptions[name]} for name in one["routes"]]
        rows = [{"text": text, "label": label} for text, label in one["items"]]
        found.append(_set(f"episode {number}", routes, rows))
    return found


def _set(name: str, routes: list[dict[str, str]], rows: list[dict[str, str]]) -> DevSet:
    made = [Route(route["name"], route["description"]) for route in routes]
    places = {route.name: place for place, route in enumerate(made)}
    labels = [places.get(row["label"], -1) for row in rows]
    return DevSet(name, made, [row["text"] for row in rows], labels, [row.get("kind", "") for row in rows])


def scored(encoder: Encoder, texts: Texts, one: DevSet) -> Tensor:
    said, places = texts_of(one.routes)
    return scores(encoded(encoder, texts, [asked_text(text) for text in one.prompts]), encoded(encoder, texts, said), places)


def figures(found: Tensor, labels: list[int], threshold: float) -> Figures:
    truth = torch.tensor(labels)
    best, place = found.max(1)
    inside = truth >= 0
    right = (place == truth) & inside
    in_scope = right.sum().item() / max(1, inside.sum().item())
    auroc = _auroc(best[inside], best[~inside])

    def accuracy(at: float) -> float:
        told = torch.where(best >= at, place, torch.full_like(place, -1))
        return (told == truth).float().mean().item()

    tried = [step / 200 for step in range(200)]
    top = max(tried, key=accuracy)
    return Figures(in_scope, auroc, accuracy(threshold), accuracy(top), top)


def by_kind(encoder: Encoder, texts: Texts, sets: list[DevSet], threshold: float) -> str:
    """For each kind of prompt: how many, and the share that gets its label (in scope: the best route is right)."""
    seen: dict[str, list[tuple[bool, bool, bool]]] = {}
    for one in sets:
        best, place = scored(encoder, texts, one).max(1)
        for top, at, label, kind in zip(best.tolist(), place.tolist(), one.labels, one.kinds, strict=True):
            told = at if top >= threshold else -1
            seen.setdefault(kind, []).append((label >= 0, at == label, told == label))
    lines = []
    for kind, found in sorted(seen.items()):
        inside = [right for scope, right, _ in found if scope]
        scope = sum(inside) / max(1, len(inside))
        lines.append(f"  {kind:16} {len(found):4} {scope:6.3f} {sum(told for *_, told in found) / len(found):6.3f}")
    return "\n".join(lines)


def _auroc(inside: Tensor, outside: Tensor) -> float:
    if not len(inside) or not len(outside):
        return float("nan")
    greater = (inside[:, None] > outside[None, :]).float() + 0.5 * (inside[:, None] == outside[None, :]).float()
    return greater.mean().item()


def report(encoder: Encoder, texts: Texts, sets: list[DevSet], threshold: float) -> str:
    lines = [f"{'set':34} {'n':>5} {'scope':>6} {'auroc':>6} {'at':>6} {'best':>6} {'thr':>6}"]
    for one in sets:
        told = figures(scored(encoder, texts, one), one.labels, threshold)
        lines.append(
            f"{one.name:34} {len(one.prompts):5} {told.in_scope:6.3f} {told.auroc:6.3f} {told.at:6.3f} "
            f"{told.best:6.3f} {told.best_threshold:6.3f}"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    weights, tokenizer, shared, threshold, *writers = sys.argv[1:]
    torch.set_num_threads(1)
    made = load(Path(weights)).eval()
    sets = dev_sets(Path(shared), [Path(one) for one in writers])
    print(report(made, Texts(Path(tokenizer)), sets, float(threshold)))
