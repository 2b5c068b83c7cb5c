"""Which router model a config asks for: the newer key, or one of the older ones."""

from __future__ import annotations

from typing import Final

from .document import Config
from .model_list import ModelList

ENCODER: Final = "encoder"
GENERATOR: Final = "generator"
REMOTE: Final = "remote"
#: What the encoder goes by where nothing is said: its probabilities are made to suit it.
USUAL_THRESHOLD: Final = 0.5
#: What comes with plano; plugins may have others.
ROUTERS: Final = (ENCODER, GENERATOR, REMOTE)


def router_model(config: Config) -> str | None:
    """The model that a remote router asks, as written."""
    return config.routing.router.model or config.routing.model or config.overrides.llm_routing_model


def router_type(config: Config) -> str:
    """What kind of router decides: the one that is named, or what the older keys come to.

    Those name the original's own model by default, which is nobody's here: plano's encoder decides in its place.
    """
    if config.routing.router.type is not None:
        return config.routing.router.type
    model = router_model(config)
    return REMOTE if model is not None and ModelList(config, is_whole=True).has(model) else ENCODER


def router_threshold(config: Config) -> float | None:
    """How sure the router must be of a route; None for one that decides by itself."""
    threshold = config.routing.router.threshold
    return USUAL_THRESHOLD if threshold is None and router_type(config) == ENCODER else threshold
