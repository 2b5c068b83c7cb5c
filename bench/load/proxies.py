"""Everything that may stand between the driver and the provider, started alike: one thread, core 0, access
log on.

Each puts the provider's key into the request, keeps connections to it, and does not buffer answers.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

from bench.load import cpu

PROXY_CORE = 0
LOAD_CORE = 1
ROOT = Path(__file__).resolve().parents[2]
_START_S = 20.0
_UNUSED_POLICY = """\
    retry_policy: {fallback_models: [mock/hello], default_max_attempts: 3}
"""


class NotInstalled(Exception):
    """A proxy whose program is not on this machine."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How to start one: command, what to add to the environment, where its output goes, its version; `core` None: it
    may run on any.
    """

    command: list[str]
    version: str
    environ: Mapping[str, str] = field(default_factory=dict)
    output: str = "output.log"
    core: int | None = PROXY_CORE


@dataclass(frozen=True, slots=True)
class Running:
    """A proxy that answers on `port`. `pid` is None for "direct": there is nobody in between."""

    name: str
    port: int
    pid: int | None
    version: str

    def pids(self) -> list[int]:
        return cpu.family(self.pid) if self.pid is not None else []


def plan_nginx(port: int, upstream: int, directory: Path) -> Plan:
    program = _program("nginx")
    config = directory / "nginx.conf"
    config.write_text(
        f"""
worker_processes 1;
worker_rlimit_nofile 20000;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
daemon off;
events {{ worker_connections 16384; }}
http {{
  access_log {directory}/access.log;
  client_body_temp_path {directory}/body;
  proxy_temp_path {directory}/proxy;
  fastcgi_temp_path {directory}/fastcgi;
  uwsgi_temp_path {directory}/uwsgi;
  scgi_temp_path {directory}/scgi;
  tcp_nodelay on;
  keepalive_requests 1000000000;
  upstream provider {{ server 127.0.0.1:{upstream}; keepalive 1024; keepalive_requests 1000000000; }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://provider;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_set_header Authorization "Bearer provider-key";
      proxy_buffering off;
      proxy_read_timeout 300s;
    }}
  }}
}}
"""
    )
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stderr
    return Plan([program, "-c", str(config), "-e", f"{directory}/error.log"], told.strip().rpartition("/")[2])


def plan_haproxy(port: int, upstream: int, directory: Path) -> Plan:
    program = _program("haproxy")
    config = directory / "haproxy.cfg"
    config.write_text(
        f"""
global
  nbthread 1
  maxconn 9000
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  option http-keep-alive
  option http-no-delay
  http-reuse always
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend models
  bind 127.0.0.1:{port} backlog 4096
  default_backend provider
backend provider
  http-request set-header authorization "Bearer provider-key"
  server one 127.0.0.1:{upstream} pool-max-conn 2048
"""
    )
    told = subprocess.run([program, "-v"], capture_output=True, text=True, check=True).stdout
    return Plan([program, "-db", "-f", str(config)], told.split()[2], output="access.log")


def plan_envoy(port: int, upstream: int, directory: Path) -> Plan:
    program = _envoy_program()
    config = directory / "envoy.json"
    config.write_text(json.dumps(_envoy_config(port, upstream, directory)))
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout
    command = [program, "-c", str(config), "--concurrency", "1", "--disable-hot-restart", "-l", "warning"]
    return Plan(command, told.rpartition("version:")[2].split("/")[1])


def _envoy_config(port: int, upstream: int, directory: Path) -> dict[str, object]:
    types = "type.googleapis.com/envoy.extensions"
    router = {"@type": f"{types}.filters.http.router.v3.Router"}
    key = {"header": {"key": "authorization", "value": "Bearer provider-key"}}
    key["append_action"] = "OVERWRITE_IF_EXISTS_OR_ADD"  # type: ignore[assignment]
    route = {"match": {"prefix": "/"}, "route": {"cluster": "provider", "timeout": "0s"}}
    virtual = {"name": "all", "domains": ["*"], "routes": [route], "request_headers_to_add": [key]}
    log = {"@type": f"{types}.access_loggers.file.v3.FileAccessLog", "path": f"{directory}/access.log"}
    manager = {
        "@type": f"{types}.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "models",
        "generate_request_id": False,
        "access_log": [{"name": "file", "typed_config": log}],
        "route_config": {"virtual_hosts": [virtual]},
        "http_filters": [{"name": "router", "typed_config": router}],
    }
    listener = {
        "name": "models",
        "address": _envoy_address(port),
        "tcp_backlog_size": 4096,
        "filter_chains": [{"filters": [{"name": "http", "typed_config": manager}]}],
    }
    plenty = {"max_connections": 100000, "max_pending_requests": 100000, "max_requests": 100000}
    endpoint = {"endpoint": {"address": _envoy_address(upstream)}}
    cluster = {
        "name": "provider",
        "type": "STATIC",
        "connect_timeout": "5s",
        "circuit_breakers": {"thresholds": [plenty]},
        "load_assignment": {"cluster_name": "provider", "endpoints": [{"lb_endpoints": [endpoint]}]},
    }
    return {"static_resources": {"listeners": [listener], "clusters": [cluster]}}


def _envoy_address(port: int) -> dict[str, object]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def plan_sketch(port: int, upstream: int, directory: Path) -> Plan:
    words = ["--port", str(port), "--upstream-port", str(upstream), "--log", str(directory / "access.log")]
    return Plan([sys.executable, "-m", "bench.load.relay_sketch", *words], _python_version())


def plan_plano(port: int, upstream: int, directory: Path) -> Plan:
    config = _plano_config(port, upstream, directory)
    command = [sys.executable, "-m", "plano.run.worker", "--config", str(config), "--log-dir", str(directory)]
    return Plan(command, _plano_version(), {"BENCH_PROVIDER_KEY": "provider-key"})


def plan_workers(count: int, port: int, upstream: int, directory: Path) -> Plan:
    """A supervisor with `count` workers, wherever the kernel puts them."""
    config = _plano_config(port, upstream, directory)
    command = [sys.executable, "-m", "plano.run.supervisor", "--config", str(config), "--log-dir", str(directory)]
    command += ["--run-dir", str(directory), "--workers", str(count)]
    return Plan(command, _plano_version(), {"BENCH_PROVIDER_KEY": "provider-key"}, core=None)


def plan_guarded(port: int, upstream: int, directory: Path) -> Plan:
    """plano, ready to ask somebody else and never needing to."""
    plan = plan_plano(port, upstream, directory)
    _plano_config(port, upstream, directory, _UNUSED_POLICY)
    return plan


def plan_translating(interface: str, port: int, upstream: int, directory: Path) -> Plan:
    """plano in front of a provider that speaks another dialect than the client."""
    plan = plan_plano(port, upstream, directory)
    config = directory / "config.yaml"
    config.write_text(config.read_text().replace("provider_interface: openai", f"provider_interface: {interface}"))
    return plan


def _plano_config(port: int, upstream: int, directory: Path, more: str = "") -> Path:
    config = directory / "config.yaml"
    config.write_text(
        f"""
version: v0.4.0
listeners:
  - {{type: model, name: models, address: 127.0.0.1, port: {port}}}
model_providers:
  - model: mock/*
    base_url: http://127.0.0.1:{upstream}
    provider_interface: openai
    access_key: $BENCH_PROVIDER_KEY
{more}"""
    )
    return config


def _plano_version() -> str:
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], cwd=ROOT, capture_output=True, text=True)
    return commit.stdout.strip()


PLANS: dict[str, Callable[[int, int, Path], Plan]] = {
    "nginx": plan_nginx,
    "haproxy": plan_haproxy,
    "envoy": plan_envoy,
    "sketch": plan_sketch,
    "plano": plan_plano,
}
NAMES = ("direct", *PLANS)
#: plano with one worker and with two: not among the peers, for they are not pinned.
WORKERS = ("plano, 1 worker", "plano, 2 workers")
#: plano without and with a `retry_policy`.
GUARDED = ("plano", "plano, retry_policy")
PLANS[GUARDED[1]] = plan_guarded
#: A chat client, and a provider that speaks what stands behind the arrow; Envoy passes chat on to compare with.
TRANSLATING = ("envoy", "plano", "plano, chat → messages", "plano, chat → responses")
PLANS[TRANSLATING[2]] = partial(plan_translating, "anthropic")
PLANS[TRANSLATING[3]] = partial(plan_translating, "openai_responses")
PLANS |= {name: partial(plan_workers, count) for count, name in enumerate(WORKERS, 1)}


@contextmanager
def running(name: str, upstream: int) -> Iterator[Running]:
    """Start `name` in front of the provider on port `upstream`; end it afterwards."""
    if name == "direct":
        yield Running(name, upstream, None, "")
        return
    with tempfile.TemporaryDirectory(prefix="plano-bench-") as temporary:
        directory = Path(temporary)
        directory.chmod(0o755)  # nginx's worker runs as another user when root starts it.
        port = free_port()
        plan = PLANS[name](port, upstream, directory)
        with _process(plan.command, directory / plan.output, port, plan.core, plan.environ) as pid:
            yield Running(name, port, pid, plan.version)


@contextmanager
def running_provider(core: int | None = LOAD_CORE) -> Iterator[int]:
    """The scripted provider on the load's core, or on any; yields its port."""
    port = free_port()
    command = [sys.executable, "-m", "plano.testing.scripted_provider", "--port", str(port)]
    with (
        tempfile.TemporaryDirectory(prefix="plano-bench-provider-") as temporary,
        _process(command, Path(temporary) / "output.log", port, core, {}),
    ):
        yield port


@contextmanager
def _process(
    command: list[str], output: Path, port: int, core: int | None, environ: Mapping[str, str]
) -> Iterator[int]:
    pinned = command if core is None else ["taskset", "-c", str(core), *command]
    with output.open("wb") as file:
        process = subprocess.Popen(
            pinned, cwd=ROOT, env={**os.environ, **environ}, stdout=file, stderr=file, start_new_session=True
        )
    try:
        _wait_for_port(process, port, output)
        yield process.pid
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=3)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_for_port(process: subprocess.Popen[bytes], port: int, output: Path) -> None:
    give_up_s = time.monotonic() + _START_S
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > give_up_s:
            raise RuntimeError(f"{process.args!r} did not start: {output.read_text()[-2000:]}")
        time.sleep(0.02)


def free_port() -> int:
    """A port nobody listens on now, below the range the kernel gives to outgoing connections."""
    for port in range(15000 + os.getpid() % 5000, 32000):
        with socket.socket() as probe:
            if port not in _given and probe.connect_ex(("127.0.0.1", port)) != 0:
                _given.add(port)
                return port
    raise RuntimeError("no free port")


_given: set[int] = set()


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin")
    if found is None:
        raise NotInstalled(f"{name}: apt-get install {name}")
    return found


def _envoy_program() -> str:
    """The binary inside the wheel: the wheel's console script puts a Python process in front of it."""
    try:
        import envoy  # type: ignore[import-untyped]
    except ImportError:
        return _program("envoy")
    inside = Path(envoy.__file__).parent / "_bin" / "envoy"
    return str(inside) if inside.exists() else _program("envoy")


def _python_version() -> str:
    return f"Python {sys.version.split()[0]}"
