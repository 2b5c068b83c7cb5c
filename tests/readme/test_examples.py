from __future__ import annotations

import re
from pathlib import Path

import pytest

from plano.config.engines import unavailable_sections
from plano.config.load import load_config
from tests.readme.conftest import ROOT

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.name)
def test_an_example_is_a_config_that_starts_as_it_is(path: Path) -> None:
    names = re.findall(r"\$\{?([A-Z_]+)", path.read_text("utf-8"))
    loaded = load_config(path, dict.fromkeys(names, "sk-test-0123456789"))
    assert (loaded.notices, loaded.missing_variables) == ((), ())
    assert unavailable_sections(loaded.config) == ()
