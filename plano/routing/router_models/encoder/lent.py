"""The encoder for whoever else has texts to compare: the router's own where that has the same weights, or one more."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Final

from plano.errors import PlanoError, RouterUnusable
from plano.intent import RouterTools
from plano.routing.router_models.panel import Unjudged

from .folder import NEEDED, SHIPPED
from .router import EncoderRouter, EncoderSettings

_LIBRARIES: Final = ("ctranslate2", "tokenizers", "numpy")
#: Texts that are read at a time, so that the router's questions come between.
_PIECE: Final = 4


class LentEncoder:
    """Implements `plano.plugins.tools.Encoder`. One per process; weights are loaded when the first text comes.

    `share` is told of each router model that comes into use.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._tools = RouterTools(_nobody, monotonic_s)
        self._shared: EncoderRouter | None = None
        self._own: EncoderRouter | None = None

    def share(self, model: object) -> None:
        """Use this router model from now on, if it reads as this encoder does."""
        self._shared = model if isinstance(model, EncoderRouter) and model.is_shipped else None

    async def encode(self, texts: Sequence[str]) -> Sequence[Sequence[float]]:
        reader = self._reader()
        found: list[Sequence[float]] = []
        try:
            await reader.start()
            for start in range(0, len(texts), _PIECE):
                found += await reader.vectors(texts[start : start + _PIECE])
        except (PlanoError, Unjudged) as error:
            raise RouterUnusable(f"the encoder cannot be used: {error}") from error
        return found

    async def stop(self) -> None:
        """Let go of the weights, unless they are a router's."""
        own, self._own = self._own, None
        if own is not None:
            await own.stop()

    def _reader(self) -> EncoderRouter:
        if self._shared is not None:
            return self._shared
        if self._own is None:
            self._own = EncoderRouter(EncoderSettings(), self._tools)
        return self._own


def can_lend() -> bool:
    """Whether the weights and what reads them are installed; loads nothing."""
    return all(find_spec(name) for name in _LIBRARIES) and all((SHIPPED / name).is_file() for name in NEEDED)


async def _nobody(model: str, body: bytes, timeout_s: float) -> bytes:
    raise RouterUnusable("an encoder asks nobody")
