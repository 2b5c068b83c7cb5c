"""The files a reader copies into production: checked by the programs that read them, where those are at hand."""

from __future__ import annotations

import re
import shutil
import subprocess
from configparser import RawConfigParser
from pathlib import Path
from typing import Any

import pytest
import yaml

from plano.config.engines import unavailable_sections
from plano.config.load import load_text
from tests.readme.conftest import ROOT

FOLDER = ROOT / "docs" / "deployment"
MANIFESTS: list[dict[str, Any]] = list(yaml.safe_load_all((FOLDER / "kubernetes.yaml").read_text("utf-8")))
#: What a drain may take beyond delay and grace: last words, the supervisor's own end.
ROOM_S = 5.0


def manifest(kind: str, name: str = "plano") -> dict[str, Any]:
    [found] = [one for one in MANIFESTS if (one["kind"], one["metadata"]["name"]) == (kind, name)]
    return found


@pytest.fixture(scope="module")
def pod() -> dict[str, Any]:
    return manifest("Deployment")["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def gateway(pod: dict[str, Any]) -> dict[str, Any]:
    [container] = [one for one in pod["containers"] if one["name"] == "plano"]
    return container


@pytest.fixture(scope="module")
def unit() -> RawConfigParser:
    parser = RawConfigParser(strict=False)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    parser.read(FOLDER / "plano.service", "utf-8")
    return parser


def drain_s(text: str = "version: v0.4.0\nlisteners: [{type: model, name: llm}]\n") -> float:
    """How long a drain may take with this config."""
    names = re.findall(r"\$([A-Z_]+)", text)
    config = load_text(text, name="config.yaml", environ=dict.fromkeys(names, "k")).config
    return float(config.shutdown_delay) + float(config.shutdown_grace)


def test_the_config_in_the_manifests_starts_as_it_is() -> None:
    text = manifest("ConfigMap")["data"]["config.yaml"]
    keys = manifest("Secret", "plano-provider-keys")["stringData"]
    loaded = load_text(text, name="config.yaml", environ=keys)
    assert (loaded.notices, loaded.missing_variables) == ((), ())
    assert unavailable_sections(loaded.config) == ()
    [listener] = loaded.config.listeners
    assert [key.file for key in listener.api_keys] == ["/keys/client-key"]


def test_kubernetes_waits_longer_than_a_drain_takes(pod: dict[str, Any]) -> None:
    text = manifest("ConfigMap")["data"]["config.yaml"]
    assert pod["terminationGracePeriodSeconds"] >= drain_s(text) + ROOM_S
    config = load_text(text, name="config.yaml", environ={"OPENAI_API_KEY": "k", "ANTHROPIC_API_KEY": "k"}).config
    assert float(config.shutdown_delay) == 10.0


def test_the_probes_ask_what_they_should(gateway: dict[str, Any]) -> None:
    paths = {name: gateway[f"{name}Probe"]["httpGet"] for name in ("startup", "readiness", "liveness")}
    assert {name: asked["path"] for name, asked in paths.items()} == {
        "startup": "/healthz",
        "readiness": "/readyz",
        "liveness": "/healthz",
    }
    assert {asked["port"] for asked in paths.values()} == {"http"}
    assert gateway["ports"] == [{"name": "http", "containerPort": 12000}]
    assert "lifecycle" not in gateway


def test_a_pod_stops_being_sent_requests_before_it_stops_taking_them(gateway: dict[str, Any]) -> None:
    probe = gateway["readinessProbe"]
    assert probe["periodSeconds"] * probe["failureThreshold"] * 2 <= 10


def test_every_container_is_locked_up(pod: dict[str, Any]) -> None:
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    for container in pod["containers"]:
        assert container["securityContext"] == {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        }
        assert "memory" in container["resources"]["limits"]


def test_what_is_mounted_is_there_and_what_is_written_is_writable(pod: dict[str, Any], gateway: dict[str, Any]) -> None:
    volumes = {volume["name"]: volume for volume in pod["volumes"]}
    mounts = {mount["mountPath"]: mount for mount in gateway["volumeMounts"]}
    assert {mount["name"] for mount in mounts.values()} == set(volumes)
    assert volumes["config"]["configMap"]["name"] == manifest("ConfigMap")["metadata"]["name"]
    assert volumes["client-keys"]["secret"]["secretName"] == "plano-client-keys"
    assert "client-key" in manifest("Secret", "plano-client-keys")["stringData"]
    assert [path for path, mount in mounts.items() if not mount.get("readOnly")] == ["/state"]
    assert not any("subPath" in mount for mount in mounts.values())  # A file so mounted never changes.
    [home] = [one["value"] for one in gateway["env"] if one["name"] == "PLANO_HOME"]
    assert home.startswith("/state/")


def test_everything_selects_the_pods_there_are() -> None:
    labels = manifest("Deployment")["spec"]["template"]["metadata"]["labels"]
    assert manifest("Deployment")["spec"]["selector"]["matchLabels"] == labels
    assert manifest("Service")["spec"]["selector"] == labels
    assert manifest("PodDisruptionBudget")["spec"]["selector"]["matchLabels"] == labels
    scaled = manifest("HorizontalPodAutoscaler")["spec"]
    assert scaled["scaleTargetRef"] == {"apiVersion": "apps/v1", "kind": "Deployment", "name": "plano"}
    assert scaled["minReplicas"] >= 2
    assert "replicas" not in manifest("Deployment")["spec"]  # Every apply would undo the autoscaler's work.


def test_the_image_and_the_manifests_agree(pod: dict[str, Any], gateway: dict[str, Any]) -> None:
    dockerfile = (ROOT / "Dockerfile").read_text("utf-8")
    user = pod["securityContext"]["runAsUser"]
    assert f"--uid {user}" in dockerfile
    assert f"uid={user}" in (FOLDER / "compose.yaml").read_text("utf-8")
    [command] = re.findall(r"^CMD \[(.+)\]$", dockerfile, re.M)
    assert gateway["args"][:4] == command.replace('"', "").split(", ")


def test_compose_waits_longer_than_a_drain_takes_and_writes_to_memory_alone() -> None:
    compose = yaml.safe_load((FOLDER / "compose.yaml").read_text("utf-8"))
    plano = compose["services"]["plano"]
    assert float(plano["stop_grace_period"].removesuffix("s")) >= drain_s() + ROOM_S
    assert plano["read_only"] is True
    assert plano["cap_drop"] == ["ALL"]
    assert [volume for volume in plano["volumes"] if not volume.endswith(":ro")] == ["state:/state"]
    assert compose["volumes"]["state"]["driver_opts"]["type"] == "tmpfs"
    assert plano["environment"]["PLANO_HOME"].startswith("/state/")
    assert (FOLDER / plano["build"]).resolve() == ROOT


def test_the_unit_waits_longer_than_a_drain_takes(unit: RawConfigParser) -> None:
    assert float(unit["Service"]["TimeoutStopSec"].removesuffix("s")) >= drain_s() + ROOM_S
    assert (unit["Service"]["Type"], unit["Service"]["NotifyAccess"]) == ("notify", "all")
    assert unit["Service"]["KillMode"] == "mixed"  # A second SIGTERM would cut what is served.


def test_the_unit_gives_plano_a_home_it_may_write_to(unit: RawConfigParser) -> None:
    home = unit["Service"]["Environment"].removeprefix("PLANO_HOME=")
    assert home == f"/var/lib/{unit['Service']['StateDirectory']}"
    assert unit["Service"]["ProtectSystem"] == "strict"
    assert int(unit["Service"]["LimitNOFILE"]) >= 65536


def test_systemd_understands_the_unit(tmp_path: Path) -> None:
    analyze = shutil.which("systemd-analyze")
    if analyze is None:  # Too much to install for one test: the tests above hold what matters.
        return
    program = shutil.which("true")
    text = (FOLDER / "plano.service").read_text("utf-8")
    (tmp_path / "plano.service").write_text(text.replace("/opt/plano/bin/planoai", str(program)), "utf-8")
    verified = subprocess.run(
        [analyze, "verify", "--man=no", "plano.service"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert [line for line in verified.stderr.splitlines() if "plano.service" in line] == []
    # In tenths, from 0 (locked up) to 100; a service without any of these lines has 96.
    command = [analyze, "security", "--offline=true", "--threshold=20", "--no-pager", "plano.service"]
    judged = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert judged.returncode == 0, judged.stdout[-300:]


def test_logrotate_moves_the_logs_and_leaves_the_links_alone(tmp_path: Path) -> None:
    logrotate = found("logrotate")
    logs = tmp_path / "logs"
    logs.mkdir(mode=0o700)
    for name in ("access_llm.log", "plano.log"):
        (logs / name).write_text("a line\n")
    (logs / "envoy.log").symlink_to("plano.log")
    config = tmp_path / "plano"
    text = (FOLDER / "logrotate.conf").read_text("utf-8")
    config.write_text(text.replace("/var/lib/plano/run/logs", str(logs)), "utf-8")
    config.chmod(0o644)
    state = tmp_path / "state"
    told = subprocess.run(
        [logrotate, "--verbose", "--force", "--state", state, config], capture_output=True, text=True, check=False
    )
    assert (told.returncode, [line for line in told.stderr.splitlines() if "error" in line]) == (0, [])
    assert sorted(path.name for path in logs.iterdir()) == ["access_llm.log.1", "envoy.log", "plano.log.1"]


def test_logrotate_is_told_of_every_log_plano_writes() -> None:
    named = re.findall(r"^/var/lib/plano/run/logs/(\S+)$", (FOLDER / "logrotate.conf").read_text("utf-8"), re.M)
    assert named == ["access_llm.log", "access_agent.log", "access_prompt.log", "plano.log"]


def found(program: str) -> str:
    """Where a program is; those of the administrator are not in everybody's PATH."""
    path = shutil.which(program) or shutil.which(program, path="/usr/sbin:/usr/local/sbin")
    assert path, f"{program} is needed: apt-get install {program} (tests/run.sh does)"
    return path
