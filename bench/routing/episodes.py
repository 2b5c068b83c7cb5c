"""Training episodes: some routes, prompts that belong to them, and prompts that belong to none.

Three kinds of sources in turns: route sets by several writers, with their own descriptions and hard `none`; tasks, put
together to routes with composite descriptions; public intents. Payloads, typos and other casing are added at random.
"""

from __future__ import annotations

import json
import random
import re
from pathlib import Path
from typing import Any, NamedTuple

from bench.routing.scoring import Route
from plano.routing.router_models.encoder.asked_text import asked_text

_SLOT = re.compile(r"\{(\w+)\}")
_LEADS = ("", "", "", "can you ", "please ", "hey, ", "I need you to ", "pls ", "ok now ")


class Episode(NamedTuple):
    """`labels` are places in `routes`, -1 for none."""

    routes: list[Route]
    prompts: list[str]
    labels: list[int]


class _Shape(NamedTuple):
    """A route and the tasks in it."""

    route: Route
    members: list[str]


class Sources:
    """Everything there is to train on; the last `held_out` sets of each writer are not."""

    def __init__(
        self, public: Path, writers: list[Path], payloads: list[str], words: Path, held_out: int = 0
    ) -> None:
        self.sets: list[dict[str, Any]] = []
        for path in writers:
            told = [json.loads(line) for line in path.read_text("utf-8").splitlines() if line.strip()]
            self.sets += told[: len(told) - held_out]
        self.tasks = [json.loads(line) for line in (public / "own_tasks2_clean.jsonl").read_text().splitlines()]
        told = json.loads((public / "own_groups.json").read_text())
        self.groups = [{"names": [name], **group} for name, group in told.items()]
        self.groups += [json.loads(line) for line in (words / "groups.jsonl").read_text("utf-8").splitlines()]
        self.background: list[str] = json.loads((public / "background.json").read_text())
        self.intents: dict[tuple[str, str], dict[str, Any]] = {}
        for source, name, description, prompt in json.loads((public / "intents_train.json").read_text()):
            known = self.intents.setdefault((source, name), {"description": description, "prompts": []})
            known["prompts"].append(prompt)
        self.domains = [json.loads(line) for line in (words / "domains.jsonl").read_text("utf-8").splitlines()]
        self.payloads = payloads
        self.tongues, self.stories = self.words(words, "tongues"), self.words(words, "stories")
        self.frames, self.slots = self.words(words, "frames"), self.words(words, "slots")

    @staticmethod
    def words(folder: Path, name: str) -> dict[str, list[str]]:
        """Task -> its lines."""
        return _by_head((folder / f"{name}.txt").read_text("utf-8"))

    @staticmethod
    def filled(frame: str, slots: dict[str, list[str]], chance: random.Random) -> str:
        return _SLOT.sub(lambda found: chance.choice(slots.get(found[1], [found[0]])), frame)

    def episode(self, chance: random.Random) -> Episode:
        kind = chance.random()
        if kind < 0.58:
            return self._of_writer(chance)
        if kind < 0.82:
            return self._of_tasks(chance)
        return self._of_domains(chance) if kind < 0.91 else self._of_intents(chance)

    def _of_writer(self, chance: random.Random) -> Episode:
        told = chance.choice(self.sets)
        count = min(len(told["routes"]), chance.choice((3, 4, 5, 6, 7, 8, 9)))
        chosen = chance.sample(told["routes"], count)
        routes: list[Route] = []
        names: dict[str, int] = {}
        rest = list(chosen)
        while rest:
            two = len(rest) > 1 and count > 4 and chance.random() < 0.15
            own = [rest.pop() for _ in range(2 if two else 1)]
            description = ", ".join(self._description(route["description"].rstrip("."), chance) for route in own)
            names.update((route["name"], len(routes)) for route in own)
            name = " and ".join(route["name"] for route in own) if chance.random() < 0.3 else own[0]["name"]
            routes.append(Route(name, description))
        inside = [one for one in told["prompts"] if one["label"] in names]
        others = [one for one in told["prompts"] if one["label"] not in names]
        prompts = chance.sample(inside, min(len(inside), 30)) + chance.sample(others, min(len(others), 12))
        said = []
        for one in prompts:
            share = 0.0 if one["kind"] in ("payload", "long") else 0.2
            said.append((self._varied(one["text"], chance, share), names.get(one["label"], -1)))
        return self._made(routes, said, chance)

    def _of_tasks(self, chance: random.Random) -> Episode:
        tasks = {task["route"]: task for task in self.tasks}
        names = chance.sample(list(tasks), chance.randint(6, 14))
        used = names[: chance.randint(4, len(names) - 2)]
        shapes = self._groups(chance) if chance.random() < 0.5 else self._put_together(used, tasks, chance)
        inside = {name for shape in shapes for name in shape.members}
        routes = [shape.route for shape in shapes]
        said = [
            (prompt, place)
            for place, shape in enumerate(shapes)
            for prompt in self._prompts([tasks[name] for name in shape.members], 6, chance)
        ]
        outside = [tasks[name] for name in tasks if name not in inside and not self._is_near(name, inside)]
        count = max(6, len(said) // 3)
        none = self._prompts(outside, count, chance) + chance.sample(self.background, count // 3)
        said += [(prompt, -1) for prompt in none]
        return self._made(routes, [(self._varied(text, chance, 0.3), label) for text, label in said], chance)

    def _groups(self, chance: random.Random) -> list[_Shape]:
        """Groups of tasks as routes, told in their own words, and now and then in their members' too."""
        known = {task["route"]: task for task in self.tasks}
        wanted = chance.randint(3, 8)
        shapes: list[_Shape] = []
        taken: set[str] = set()
        for group in chance.sample(self.groups, len(self.groups)):
            members = group["members"]
            if len(shapes) == wanted or taken.intersection(members):
                continue
            taken.update(members)
            description = chance.choice(group["descriptions"])
            if chance.random() < 0.4:
                parts = [part for one in members for part in known[one]["descriptions"]]
                some = chance.sample(parts, chance.randint(1, min(4, len(parts))))
                description = ", ".join((description.rstrip("."), *some))
            name = chance.choice(group["names"])
            shapes.append(_Shape(Route(name.replace(" ", chance.choice((" ", "_", "-"))), description), members))
        return shapes

    def _put_together(self, used: list[str], tasks: dict[str, Any], chance: random.Random) -> list[_Shape]:
        """Tasks by themselves, in pairs and threes."""
        rest, shapes = list(used), []
        while rest:
            own = [rest.pop() for _ in range(min(len(rest), chance.choice((1, 1, 1, 2, 3))))]
            parts = [part for name in own for part in chance.sample((name, *tasks[name]["descriptions"]), 2)]
            chance.shuffle(parts)
            name = own[0] if len(own) == 1 or chance.random() < 0.5 else f"route {len(shapes) + 1}"
            route = Route(name.replace(" ", chance.choice((" ", "_", "-"))), ", ".join(dict.fromkeys(parts)))
            shapes.append(_Shape(route, own))
        return shapes

    def _is_near(self, name: str, inside: set[str]) -> bool:
        """Whether one of `inside` shares a group with it: whether it is in scope would then be a matter of taste."""
        return any(name in one["members"] and inside.intersection(one["members"]) for one in self.groups)

    def _prompts(self, tasks: list[dict[str, Any]], count: int, chance: random.Random) -> list[str]:
        """A quarter each of English prompts, those in other languages, longer ones, and frames about whatever."""
        found: list[str] = []
        for kind in (
            [prompt for task in tasks for prompt in task["prompts"]],
            [prompt for task in tasks for prompt in self.tongues.get(task["route"], ())],
            [prompt for task in tasks for prompt in self.stories.get(task["route"], ())],
            [frame for task in tasks for frame in self.frames.get(task["route"], ())],
        ):
            found += chance.sample(kind, min(len(kind), -(-count // 4)))
        return [self._filled(prompt, chance) for prompt in found]

    def _filled(self, frame: str, chance: random.Random) -> str:
        """All tasks speak of the same things, so that things tell nothing of tasks; some tell their story first."""
        text = self.filled(frame, self.slots, chance)
        if chance.random() < 0.1:
            stories = chance.sample(self.slots["story"], chance.randint(1, 4))
            stories.insert(chance.randint(1, len(stories)), text)
            text = " ".join(stories)
        return text

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

    def _of_domains(self, chance: random.Random) -> Episode:
        """Intents by the handful: broad routes, and what belongs to none of a service's."""
        source = chance.choice(("hwu64", "banking77", "clincA"))
        own = [one for one in self.domains if one["source"] == source]
        chosen = chance.sample(own, chance.randint(3, min(6, len(own) - 1)))
        routes = [Route(chance.choice(one["names"]), chance.choice(one["descriptions"])) for one in chosen]
        said = [(prompt, place) for place, one in enumerate(chosen) for prompt in self._asked(source, one, 6, chance)]
        others = [one for one in own if one not in chosen]
        if source != "clincA":  # The others' words: money there, the house here.
            others += [one for one in self.domains if one["source"] == ("banking77" if source == "hwu64" else "hwu64")]
        for one in chance.sample(others, min(len(others), 6)):
            said += [(prompt, -1) for prompt in self._asked(one["source"], one, 2, chance)]
        said += [(prompt, -1) for prompt in chance.sample(self.background, 4)]
        return self._made(routes, [(self._varied(text, chance, 0.0), label) for text, label in said], chance)

    def _asked(self, source: str, domain: dict[str, Any], count: int, chance: random.Random) -> list[str]:
        members = [(source, name) for name in domain["members"]]
        found = [chance.choice(self.intents[one]["prompts"]) for one in chance.choices(members, k=count)]
        return list(dict.fromkeys(found))

    def _made(self, routes: list[Route], said: list[tuple[str, int]], chance: random.Random) -> Episode:
        said = chance.sample(said, min(len(said), 40))
        asked = [asked_text(text) if chance.random() < 0.9 else text for text, _ in said]
        return Episode(routes, asked, [label for _, label in said])

    def _description(self, description: str, chance: random.Random) -> str:
        parts = description.split(", ")
        if len(parts) > 2 and chance.random() < 0.3:
            parts = chance.sample(parts, chance.randint(2, len(parts)))
        return ", ".join(parts)

    def _varied(self, text: str, chance: random.Random, payload: float) -> str:
        if chance.random() < 0.12:
            text = chance.choice(_LEADS) + text
        if chance.random() < 0.2:
            text = text.lower()
        if chance.random() < 0.12:
            text = _with_typos(text, chance)
        if chance.random() < payload:
            pasted = chance.choice(self.payloads)
            text = f"{text}\n\n{pasted}" if chance.random() < 0.6 else f"{pasted}\n\n{text}"
        return text


def _by_head(text: str) -> dict[str, list[str]]:
    """`## task`, then what belongs to it, a line each."""
    found: dict[str, list[str]] = {}
    for part in text.split("## ")[1:]:
        name, *lines = part.splitlines()
        found.setdefault(name.strip(), []).extend(line.replace("\\n", "\n") for line in lines if line.strip())
    return found


def _with_typos(text: str, chance: random.Random) -> str:
    letters = list(text)
    for _ in range(1 + len(letters) // 60):
        at = chance.randrange(max(1, len(letters) - 1))
        if chance.random() < 0.5 and at + 1 < len(letters):
            letters[at], letters[at + 1] = letters[at + 1], letters[at]
        elif letters[at].isalpha():
            letters[at] = ""
    return "".join(letters)
