"""Figures of an encoder on development sets: accuracy in scope, with `none` at one threshold, and AUROC of none."""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import torch
import yaml
from torch import Tensor

from bench.routing import lexical
from bench.routing.encoder import Encoder, Texts, encoded, load
from bench.routing.scoring import Route, scores, texts_of
from plano.routing.router_models.encoder.asked_text import asked_text


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
    asked = encoded(encoder, texts, [asked_text(text) for text in one.prompts])
    return scores(asked, encoded(encoder, texts, said), places)


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

    highest = max(1.0, float(best.max()))
    top = max((step / 200 * highest for step in range(200)), key=accuracy)
    return Figures(in_scope, auroc, accuracy(threshold), accuracy(top), top)


def _auroc(inside: Tensor, outside: Tensor) -> float:
    if not len(inside) or not len(outside):
        return float("nan")
    greater = (inside[:, None] > outside[None, :]).float() + 0.5 * (inside[:, None] == outside[None, :]).float()
    return greater.mean().item()


def report(found: list[tuple[DevSet, Tensor]], threshold: float) -> str:
    """A line per set. `at`: right with `none` at `threshold`; `best`: at the threshold that suits the set best."""
    lines = [f"{'set':34} {'n':>5} {'scope':>6} {'auroc':>6} {'at':>6} {'best':>6} {'thr':>6}"]
    for one, scored in found:
        told = figures(scored, one.labels, threshold)
        lines.append(
            f"{one.name:34} {len(one.prompts):5} {told.in_scope:6.3f} {told.auroc:6.3f} {told.at:6.3f} "
            f"{told.best:6.3f} {told.best_threshold:6.3f}"
        )
    return "\n".join(lines)


def by_kind(found: list[tuple[DevSet, Tensor]], threshold: float) -> str:
    """For each kind of prompt: how many, the share in scope whose best route is right, the share right with `none`."""
    seen: dict[str, list[tuple[bool, bool, bool]]] = {}
    for one, scored in found:
        best, place = scored.max(1)
        for top, at, label, kind in zip(best.tolist(), place.tolist(), one.labels, one.kinds, strict=True):
            told = at if top >= threshold else -1
            seen.setdefault(kind, []).append((label >= 0, at == label, told == label))
    lines = []
    for kind, said in sorted(seen.items()):
        inside = [right for scope, right, _ in said if scope]
        scope = sum(inside) / max(1, len(inside))
        lines.append(f"  {kind:16} {len(said):4} {scope:6.3f} {sum(told for *_, told in said) / len(said):6.3f}")
    return "\n".join(lines)


def failures(found: list[tuple[DevSet, Tensor]], threshold: float) -> str:
    """Every prompt that gets the wrong route, or one where none is right, or none where one is."""
    lines = []
    for one, scored in found:
        names = [*(route.name for route in one.routes), "none"]
        for text, label, kind, row in zip(one.prompts, one.labels, one.kinds, scored.tolist(), strict=True):
            top = max(row)
            told = row.index(top) if top >= threshold else -1
            if told != label:
                said = " ".join(asked_text(text).split())[:140]
                lines.append(f"{one.name}\t{kind}\t{names[label]} -> {names[told]}\t{top:.2f}\t{said}")
    return "\n".join(lines)


def all_of_one_kind(name: str, sets: list[tuple[DevSet, Tensor]], threshold: float) -> str:
    """The mean of figures over sets of one kind, such as draws of seven intents."""
    told = [figures(scored, one.labels, threshold) for one, scored in sets]
    means = [sum(column) / len(told) for column in zip(*told, strict=True)]
    count = sum(len(one.prompts) for one, _ in sets)
    return f"{name:34} {count:5} " + " ".join(f"{mean:6.3f}" for mean in means)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--weights", type=Path, help="safetensors; without, `--lexical` only")
    parser.add_argument("--tokenizer", type=Path)
    parser.add_argument("--shared", type=Path, help="folder of development sets")
    parser.add_argument("--writers", type=Path, nargs="*", default=[])
    parser.add_argument("--threshold", type=float, default=0.45)
    parser.add_argument("--lexical", action="store_true", help="also what counting words gets")
    parser.add_argument("--failures", action="store_true", help="list what goes wrong")
    options = parser.parse_args()
    torch.set_num_threads(1)
    sets = dev_sets(options.shared, options.writers)
    draws = [] if options.shared is None else episodes7(options.shared)
    ways: list[tuple[str, Callable[[DevSet], Tensor]]] = []
    if options.weights is not None:
        encoder, texts = load(options.weights).eval(), Texts(options.tokenizer)
        ways.append((str(options.weights), lambda one: scored(encoder, texts, one)))
    if options.lexical:
        ways.append(("BM25", lambda one: lexical.bm25([asked_text(text) for text in one.prompts], one.routes)))
        ways.append(("TF-IDF", lambda one: lexical.tf_idf([asked_text(text) for text in one.prompts], one.routes)))
    for name, way in ways:
        found = [(one, way(one)) for one in sets]
        print(f"{name}\n{report(found, options.threshold)}")
        if draws:
            print(all_of_one_kind("clincA_episodes7", [(one, way(one)) for one in draws], options.threshold))
        for one, told in found:
            if any(one.kinds):
                print(f"{one.name}\n{by_kind([(one, told)], options.threshold)}", flush=True)
        if options.failures:
            print(failures([pair for pair in found if any(pair[0].kinds)], options.threshold))


if __name__ == "__main__":
    main()
