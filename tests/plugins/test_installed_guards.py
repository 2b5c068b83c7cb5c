"""The guards of this repository, installed by pip and loaded by a fresh interpreter; the configs of their READMEs."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.plugins.support import PLUGINS, fresh_interpreter, install

SCENE = """
import sys, yaml
from plano.config.load import load_text
from plano.plugins.guards import load_configured

BESIDES = '''
version: v0.4.0
listeners: [{type: model, name: x, port: 12000}]
model_providers: [{model: openai/gpt-4o, access_key: $KEY}]
'''
for text in ["", *sys.argv[1:]]:
    loaded = load_configured(load_text(BESIDES + text, name="c.yaml", environ={"KEY": "k"}).config)
    print([(facts.name, facts.enabled, *facts.hooks) for facts in loaded.facts if facts.distribution != "planoai"])
"""
ASKED = {
    "jailbreak": "('jailbreak', True, 'config_section', 'started', 'filter')",
    "moderation": "('moderation', True, 'config_section', 'started', 'filter', 'filter_answer')",
}


@pytest.mark.parametrize("name", ASKED)
def test_a_guard_waits_to_be_asked_for_and_the_configs_of_its_readme_do(name: str, tmp_path: Path) -> None:
    source = PLUGINS / f"plano-{name}"
    configs = re.findall(r"```yaml\n(.*?)```", (source / "README.md").read_text("utf-8"), re.S)
    assert configs
    printed = fresh_interpreter(install(source, tmp_path), "-c", SCENE, *configs).splitlines()
    waiting, *asked = (line for line in printed if name in line)
    assert f"('{name}', False)" in waiting
    assert len(asked) == len(configs)
    assert all(ASKED[name] in line for line in asked)


@pytest.mark.parametrize("name", ASKED)
def test_all_that_a_guard_needs_is_in_its_distribution(name: str, tmp_path: Path) -> None:
    installed = install(PLUGINS / f"plano-{name}", tmp_path)
    names = {path.name for path in (installed / f"plano_{name}").iterdir()}
    wanted = {path.name for path in (PLUGINS / f"plano-{name}" / f"plano_{name}").iterdir()}
    assert wanted - {"__pycache__"} <= names
