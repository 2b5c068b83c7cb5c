from __future__ import annotations

import subprocess

from tests.cli.conftest import CommandLine, config_text


def test_a_valid_config_is_said_to_be_valid(planoai: CommandLine) -> None:
    path = planoai.write("config.yaml", config_text(12000, key="$SOME_KEY"))
    result = planoai("check", SOME_KEY="sk-1")
    assert (result.returncode, result.stdout, result.stderr) == (0, f"✓ {path} is valid\n", "")
    assert planoai("check", "--strict", SOME_KEY="sk-1").returncode == 0


def test_an_invalid_config_is_exit_code_1_with_every_problem(planoai: CommandLine) -> None:
    path = planoai.write("config.yaml", config_text(12000, extra="unknown_key: 1\nmode: sideways\n"))
    result = planoai("check")
    assert result.returncode == 1
    assert f"{path}: invalid against schema" in result.stderr
    assert "unknown_key" in result.stderr
    assert "mode" in result.stderr


def test_a_missing_key_is_a_warning_and_strictly_a_failure(planoai: CommandLine) -> None:
    planoai.write("config.yaml", config_text(12000, key="$SOME_KEY"))
    result = planoai("check")
    assert (result.returncode, result.stderr) == (0, "⚠ Missing key: SOME_KEY not found\n")
    strict = planoai("check", "--strict")
    assert strict.returncode == 1
    assert "✗ 'planoai up' would not start with this config" in strict.stderr


def test_a_literal_key_is_noticed_and_never_shown(planoai: CommandLine) -> None:
    planoai.write("config.yaml", config_text(12000, key="sk-very-secret"))
    result = planoai("check")
    assert result.returncode == 0
    assert result.stderr.startswith("⚠ ")
    assert "sk-very-secret" not in result.stdout + result.stderr


def test_without_any_config_it_says_where_it_looked(planoai: CommandLine) -> None:
    result = planoai("check")
    assert result.returncode == 1
    assert result.stderr == (
        f"✗ No config file in {planoai.directory} (looked for config.yaml, plano_config.yaml)\n"
    )


def test_a_directory_to_look_in_can_be_named(planoai: CommandLine) -> None:
    path = planoai.write("deep/plano_config.yaml", config_text(12000, key="$SOME_KEY"))
    assert f"✓ {path} is valid" in planoai("check", "--path", "deep").stdout


def test_certificates_that_do_not_fit_are_found_before_anything_is_started(planoai: CommandLine) -> None:
    for name in ("one", "two"):
        command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        command += ["-days", "2", "-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"]
        subprocess.run(command, cwd=planoai.directory, check=True, capture_output=True)
    tls = "tls: {certificate: one.pem, private_key: KEY}"
    text = config_text(12000).replace("    port: 12000", f"    port: 12000\n    {tls}")
    planoai.write("config.yaml", text.replace("KEY", "two.key"))
    for command in (("check",), ("up",)):
        ended = planoai(*command)
        assert ended.returncode == 1
        assert "listeners[0].tls.private_key: two.key: is not the key of the certificate in one.pem" in ended.stderr
    planoai.write("config.yaml", text.replace("KEY", "one.key"))
    ended = planoai("check")
    assert ended.returncode == 0
    assert "⚠ The certificate one.pem expires soon" in ended.stderr


def test_a_proxy_that_cannot_be_used_is_found_and_its_password_is_not_shown(planoai: CommandLine) -> None:
    planoai.write("config.yaml", config_text(12000))
    ended = planoai("check", HTTPS_PROXY="socks5://user:proxy-secret-1@127.0.0.1:1080")
    assert ended.returncode == 1
    assert "HTTPS_PROXY" in ended.stderr
    assert "proxy-secret-1" not in ended.stderr + ended.stdout


def test_a_router_is_one_of_planos_or_of_a_plugin_that_is_installed(planoai: CommandLine) -> None:
    routing = "routing: {router: {type: dice, settings: {sides: 6}}}\n"
    config = planoai.write("config.yaml", config_text(12000, extra=routing))
    ended = planoai("check")
    assert ended.returncode == 1
    assert f"{config}:11: routing.router.type: `dice` is not a known router (there are `encoder`, " in ended.stderr
    planoai.write("plugins/dice-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: dice\nVersion: 1.0\n")
    planoai.write("plugins/dice-1.0.dist-info/entry_points.txt", "[plano]\ndice = dice\n")
    planoai.write("plugins/dice.py", DICE)
    path = f"{planoai.directory / 'plugins'}:{planoai.environ['PYTHONPATH']}"
    assert planoai("check", PYTHONPATH=path).returncode == 0
    planoai.write("config.yaml", config.read_text().replace("sides: 6", "side: 6"))
    told = planoai("check", PYTHONPATH=path)
    assert "routing.router.settings.side: is not a known key (did you mean `sides`?)" in told.stderr


DICE = """
from msgspec import Struct
from plano.plugin_api import RouterModelKind, hookimpl

class Settings(Struct, forbid_unknown_fields=True):
    sides: int

@hookimpl
def router_models():
    return [RouterModelKind("dice", lambda settings, tools: None, Settings)]
"""
