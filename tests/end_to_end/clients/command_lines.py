"""The real command-line clients, Claude Code and Codex, run headless in an empty home with plano as their vendor."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

#: What npm installs: package, version. Pinned, so that a new release is looked at before tests depend on it.
PACKAGES: Mapping[str, str] = {"@anthropic-ai/claude-code": "2.1.197", "@openai/codex": "0.169.0"}
TIMEOUT_S = 120
_KEPT = ("PATH", "LANG", "LC_ALL", "TMPDIR")


class Ran(NamedTuple):
    """How a client ended: its exit status, its last text, everything it printed."""

    code: int
    text: str
    printed: str


def claude(program: Path, base_url: str, model: str, task: str, work: Path) -> Ran:
    """`claude -p` in the folder `work`; it may read and edit there."""
    home = work.parent / "claude_home"
    home.mkdir(exist_ok=True)
    environ = {
        "HOME": str(home),
        "CLAUDE_CONFIG_DIR": str(home / ".claude"),
        "ANTHROPIC_BASE_URL": base_url,
        "ANTHROPIC_AUTH_TOKEN": "any-text",
        "ANTHROPIC_MODEL": model,
        "ANTHROPIC_DEFAULT_HAIKU_MODEL": model,
        "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        "DISABLE_AUTOUPDATER": "1",
    }
    options = ["--output-format", "json", "--allowedTools", "Read,Edit", "--max-turns", "6"]
    done = _run([str(program), "-p", task, *options], environ, work)
    try:
        text = str(json.loads(done.stdout).get("result", ""))
    except ValueError:
        text = ""
    return Ran(done.returncode, text, done.stdout + done.stderr)


def codex(program: Path, base_url: str, model: str, task: str, work: Path) -> Ran:
    """`codex exec` in the folder `work`, which it may write to."""
    home = work.parent / "codex_home"
    home.mkdir(exist_ok=True)
    config = f"""
model = "{model}"
model_provider = "plano"
check_for_update_on_startup = false

[analytics]
enabled = false

[model_providers.plano]
name = "plano"
base_url = "{base_url}/v1"
env_key = "PLANO_KEY"
wire_api = "responses"
request_max_retries = 0
stream_max_retries = 0
"""
    (home / "config.toml").write_text(config)
    environ = {"HOME": str(home), "CODEX_HOME": str(home), "PLANO_KEY": "any-text"}
    # There is no sandbox to be had in many containers; the folder is a test's own.
    options = ["--json", "--skip-git-repo-check", "--dangerously-bypass-approvals-and-sandbox"]
    done = _run([str(program), "exec", *options, task], environ, work)
    events = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
    return Ran(done.returncode, _last_message(events), done.stdout + done.stderr)


def _last_message(events: list[Any]) -> str:
    items = [event["item"] for event in events if event.get("type") == "item.completed"]
    texts = [str(item.get("text", "")) for item in items if item.get("type") == "agent_message"]
    return texts[-1] if texts else ""


def _run(command: list[str], environ: Mapping[str, str], work: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    return subprocess.run(
        command,
        env={**kept, **environ},
        cwd=work,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
