"""The tiny encoder, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.routing.router_models.encoder import tiny


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny.make(tmp_path_factory.mktemp("encoder"))
