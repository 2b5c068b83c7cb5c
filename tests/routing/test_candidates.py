"""What a candidate carries into the attempt."""

from __future__ import annotations

import msgspec
import pytest

from plano.routing.candidates import Candidate

from ..providers.rows import provider


@pytest.mark.parametrize("model_id", ["gpt-4o", "openai/gpt-4o", 'odd"id\\', "модель", "a\nb"])
def test_the_id_is_ready_for_the_body(model_id: str) -> None:
    candidate = Candidate.of(provider("openrouter/*"), model_id)

    assert msgspec.json.decode(candidate.model_json) == model_id
    assert b"\n" not in candidate.model_json
    assert candidate.full_name == f"openrouter/{model_id}"
