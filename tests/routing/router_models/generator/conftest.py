"""A decoder that is made once for all tests of the generator."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.routing.router_models.generator.tiny_decoder import make_tiny_decoder


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a converted decoder of random weights."""
    return make_tiny_decoder(tmp_path_factory.mktemp("decoder") / "tiny")
