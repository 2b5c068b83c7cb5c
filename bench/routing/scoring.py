"""Scores of routes as they are trained: how like a prompt is to what a route says of itself."""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from plano.routing.router_models.encoder.route_texts import route_texts


class Route(NamedTuple):
    name: str
    description: str


def texts_of(routes: list[Route]) -> tuple[list[str], list[list[int]]]:
    """All texts of routes, and for each route the places of its texts: the whole first, then its phrases."""
    said: list[str] = []
    places: list[list[int]] = []
    for route in routes:
        texts = route_texts(route.name, route.description)
        own = (texts.whole, *texts.phrases)
        places.append(list(range(len(said), len(said) + len(own))))
        said.extend(own)
    return said, places


def scores(prompts: Tensor, told: Tensor, places: list[list[int]]) -> Tensor:
    """(prompts, routes): half the likeness to the whole, half the greatest to a phrase."""
    like = prompts @ told.T
    columns = [0.5 * like[:, own[0]] + 0.5 * like[:, own[1:]].max(1).values for own in places]
    return torch.stack(columns, 1)
