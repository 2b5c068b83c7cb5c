"""Training episodes: some routes, prompts that belong to them, and prompts that belong to none.

Three kinds of sources in turns: route sets by several writers, with their own descriptions and hard `none`; tasks, put
together to routes with composite descriptions; public intents. Payloads, typos and other casing are added at random.
"""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any, NamedTuple

from bench.routing.scoring import Route

_LEADS = ("", "", "", "can you ", "please ", "hey, ", "I need you to ", "pls ", "ok now ")


class Episode(NamedTuple):
    """`labels` are places in `routes`, -1 for none."""

    routes: list[Route]
    prompts: list[str]
    labels: list[int]


class Sources:
    """Everything there is to train on."""

    def __init__(self, public: Path, writers: list[Path], payloads: list[str]) -> None:
        self.sets: list[dict[str, Any]] = [
            json.loads(line) for path in writers for line in path.read_text("utf-8").splitlines() if line.strip()
        ]
        self.tasks = [json.loads(line) for line in (public / "own_tasks2_clean.jsonl").read_text().splitlines()]
        self.groups = json.loads((public / "own_groups.json").read_text())
        self.background: list[str] = json.loads((public / "background.json").read_text())
        self.intents: dict[tuple[str, str], dict[str, Any]] = {}
        for source, name, description, prompt in json.loads((public / "intents_train.json").read_text()):
            known = self.intents.setdefault((source, name), {"description": description, "prompts": []})
            known["prompts"].append(prompt)
        self.payloads = payloads

    def episode(self, chance: random.Random) -> Episode:
        kind = chance.random()
        if kind < 0.55:
            return self._of_writer(chance)
        return self._of_tasks(chance) if kind < 0.8 else self._of_intents(chance)

    def _of_writer(self, chance: random.Random) -> Episode:
        told = chance.choice(self.sets)
        count = min(len(told["routes"]), chance.randint(3, 8))
        chosen = chance.sample(told["routes"], count)
        routes = [Route(route["name"], self._description(route["description"], chance)) for route in chosen]
        names = {route["name"]: place for place, route in enumerate(chosen)}
        prompts = chance.sample(told["prompts"], min(len(told["prompts"]), 36))
        said = [(self._varied(one["text"], chance, 0.15), names.get(one["label"], -1)) for one in prompts]
        return self._made(routes, said, chance)

    def _of_tasks(self, chance: random.Random) -> Episode:
        tasks = chance.sample(self.tasks, chance.randint(6, 12))
        used = tasks[: chance.randint(4, len(tasks) - 1)]
        routes: list[Route] = []
        said: list[tuple[str, int]] = []
        rest = list(used)
        while rest:
            own = [rest.pop() for _ in range(min(len(rest), chance.choice((1, 1, 1, 2, 3))))]
            parts = [part for task in own for part in (task["route"], *task["descriptions"])]
            chance.shuffle(parts)
            description = ", ".join(dict.fromkeys(parts[: chance.randint(1, 6)]))
            name = own[0]["route"] if len(own) == 1 or chance.random() < 0.5 else f"route {len(routes) + 1}"
            name = name.replace(" ", chance.choice((" ", "_", "-")))
            prompts = [prompt for task in own for prompt in task["prompts"]]
            said += [(prompt, len(routes)) for prompt in chance.sample(prompts, min(len(prompts), 6))]
            routes.append(Route(name, description))
        none = [prompt for task in tasks[len(used) :] for prompt in task["prompts"]] + chance.sample(self.background, 8)
        said += [(prompt, -1) for prompt in chance.sample(none, min(len(none), max(6, len(said) // 3)))]
        return self._made(routes, [(self._varied(text, chance, 0.35), label) for text, label in said], chance)

    def _of_intents(self, chance: random.Random) -> Episode:
        source = chance.choice([source for source, _ in self.intents])
        own = [one for one in self.intents if one[0] == source]
        chosen = chance.sample(own, min(len(own), chance.randint(6, 12)))
        used = chosen[: max(3, len(chosen) * 3 // 4)]
        routes = [Route(name, self.intents[source, name]["description"]) for source, name in used]
        said = [
            (prompt, place)
            for place, one in enumerate(used)
            for prompt in chance.sample(self.intents[one]["prompts"], min(4, len(self.intents[one]["prompts"])))
        ]
        said += [
            (prompt, -1)
            for one in chosen[len(used) :]
            for prompt in chance.sample(self.intents[one]["prompts"], min(4, len(self.intents[one]["prompts"])))
        ]
        return self._made(routes, [(self._varied(text, chance, 0.0), label) for text, label in said], chance)

    def _made(self, routes: list[Route], said: list[tuple[str, int]], chance: random.Random) -> Episode:
        said = chance.sample(said, min(len(said), 40))
        return Episode(routes, [text for text, _ in said], [label for _, label in said])

    def _description(self, description: str, chance: random.Random) -> str:
        parts = description.split(", ")
        if len(parts) > 2 and chance.random() < 0.3:
            parts = chance.sample(parts, chance.randint(2, len(parts)))
        return ", ".join(parts)

    def _varied(self, text: str, chance: random.Random, payload: float) -> str:
        if chance.random() < 0.25:
            text = chance.choice(_LEADS) + text
        if chance.random() < 0.2:
            text = text.lower()
        if chance.random() < 0.12:
            text = _with_typos(text, chance)
        if chance.random() < payload:
            pasted = chance.choice(self.payloads)
            text = f"{text}\n\n{pasted}" if chance.random() < 0.6 else f"{pasted}\n\n{text}"
        return text


def _with_typos(text: str, chance: random.Random) -> str:
    letters = list(text)
    for _ in range(1 + len(letters) // 60):
        at = chance.randrange(max(1, len(letters) - 1))
        if chance.random() < 0.5 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif letters[at].isalpha():
            letters[at] = ""
    return "".join(letters)
