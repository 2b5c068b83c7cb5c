from __future__ import annotations

from collections.abc import Iterator

import pytest

from plano.testing import ScriptedProvider


@pytest.fixture
def provider() -> Iterator[ScriptedProvider]:
    with ScriptedProvider.in_thread() as running:
        yield running
        assert running.failures == []
