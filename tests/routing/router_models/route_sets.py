"""Routes for the tests of router models."""

from __future__ import annotations

from plano.intent import Route, RouteSet


def route_set(*names: str) -> RouteSet:
    """Routes of these names, described in some words each."""
    return RouteSet(tuple(Route(name, f"all that is about {name}") for name in names))


SEED = RouteSet(
    (
        Route("complex_reasoning", "complex reasoning tasks, multi-step analysis"),
        Route("code_generation", "generating new code, writing functions"),
    )
)
