"""`planoai plugins`, and what plugins add to the command line, with distributions as pip leaves them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest
import yaml

from plano.cli.plugin_files import names_of
from plano.plugins.inspection import HOOKS
from tests.cli.conftest import ROOT, CommandLine, config_text
from tests.plugins.support import fresh_interpreter, install

SHOUT = '''
from __future__ import annotations
import click
from msgspec import Struct
from plano.plugin_api import Duration, Exchange, ProviderVendor, Secret, hookimpl

class Settings(Struct, frozen=True, forbid_unknown_fields=True):
    word: str = "please"
    key: Secret | None = None
    wait: Duration = Duration(1)
    depth: int = 3

class Shout:
    @hookimpl
    def config_section(self) -> type[Settings]:
        return Settings
    @hookimpl
    def filter(self, exchange: Exchange) -> None:
        exchange.set_header("x-shout", "1")
    @hookimpl
    def providers(self) -> list[ProviderVendor]:
        return [ProviderVendor(name="aviary", base_url="http://127.0.0.1:9", needs_key=False)]
    @hookimpl
    def commands(self) -> list[click.Command]:
        return [
            click.Command("shout", callback=lambda: click.echo("HELLO"), help="Say hello."),
            click.Command("up", callback=lambda: click.echo("mine")),
        ]
'''
OPT_IN = SHOUT.replace("class Shout:", "class Jailbreak:\n    opt_in = True")


class Site:
    """A folder with distributions, beside plano."""

    def __init__(self, root: Path, planoai: CommandLine) -> None:
        self.root = root
        self.planoai = planoai

    def add(self, name: str, code: str) -> None:
        module = f"plano_{name}"
        info = self.root / f"{module}-1.2.dist-info"
        info.mkdir(parents=True)
        (self.root / f"{module}.py").write_text(code)
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: plano-{name}\nVersion: 1.2\n")
        target = f"{module}:{name.capitalize()}" if "class " in code else module
        (info / "entry_points.txt").write_text(f"[plano]\n{name} = {target}\n")

    def __call__(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return self.planoai(*arguments, PYTHONPATH=f"{ROOT}:{self.root}")


@pytest.fixture
def site(tmp_path: Path, planoai: CommandLine) -> Site:
    return Site(tmp_path / "site", planoai)


def rows(output: str) -> list[list[str]]:
    return [line.split() for line in output.splitlines() if line]


def test_without_plugins_it_says_so(planoai: CommandLine) -> None:
    result = planoai("plugins")
    assert (result.returncode, result.stdout, result.stderr) == (0, "No plugins are installed\n", "")


def test_it_shows_what_is_installed_and_why_some_cannot_be_loaded(site: Site) -> None:
    site.add("shout", SHOUT)
    site.add("broken", "raise RuntimeError('no luck today')\n")
    site.add("quiet", SHOUT.replace("Shout", "Quiet").replace("aviary", "cages"))
    site.planoai.write("config.yaml", config_text(8001, extra="plugins: {quiet: {enabled: false}}\n"))
    result = site("plugins")
    assert result.returncode == 1
    assert rows(result.stdout)[1:] == [
        ["broken", "plano-broken", "1.2", "in", "trouble", "-"],
        ["quiet", "plano-quiet", "1.2", "no", "-"],
        ["shout", "plano-shout", "1.2", "yes", "config_section,", "providers,", "commands,", "filter"],
    ]
    told = "⚠ broken of plano-broken 1.2 cannot be loaded:\n  could not be loaded: RuntimeError: no luck today\n"
    assert result.stderr == told


@pytest.mark.parametrize(
    ("extra", "told"),
    [
        ("", "waits"),
        ("plugins: {jailbreak: {}}\n", "yes"),
        ("plugins: {jailbreak: {enabled: false}}\n", "no"),
        ("prompt_guards: {input_guards: {jailbreak: {}}}\n", "yes"),
    ],
)
def test_a_plugin_waits_until_the_config_asks_for_it(site: Site, extra: str, told: str) -> None:
    site.add("jailbreak", OPT_IN)
    site.planoai.write("config.yaml", config_text(8001, extra=extra))
    result = site("plugins")
    assert (result.returncode, rows(result.stdout)[1][3]) == (0, told), result.stderr


def test_a_plugin_that_a_chain_names_need_not_wait(site: Site) -> None:
    site.add("jailbreak", OPT_IN)
    rest = config_text(8001).replace("    port: 8001\n", "    port: 8001\n    input_filters: [jailbreak]\n")
    site.planoai.write("config.yaml", rest)
    result = site("plugins")
    assert (result.returncode, rows(result.stdout)[1][3]) == (0, "yes"), result.stderr


def test_settings_that_do_not_fit_are_trouble(site: Site) -> None:
    site.add("shout", SHOUT)
    path = site.planoai.write("mine.yaml", config_text(8001, extra="plugins: {shout: {wort: hello}}\n"))
    result = site("plugins", "--file", str(path))
    assert result.returncode == 1
    assert "plugins.shout: Object contains unknown field `wort`" in result.stderr


def test_a_plugin_that_cannot_be_loaded_does_not_cost_the_running_instance(site: Site, free_port: int) -> None:
    path = site.planoai.write("config.yaml", config_text(free_port))
    assert site("up", str(path)).returncode == 0
    site.add("broken", "raise RuntimeError('no luck today')\n")
    again = site("up", str(path))
    assert again.returncode == 1
    assert "The plugins cannot be loaded" in again.stderr
    assert "plugin 'broken' of plano-broken 1.2: could not be loaded: RuntimeError: no luck today" in again.stderr
    assert "Traceback" not in again.stderr
    assert "is running" in site("status").stdout


def test_a_check_tells_of_plugins_that_cannot_be_loaded(site: Site) -> None:
    site.add("shout", SHOUT)
    path = site.planoai.write("mine.yaml", config_text(8001))
    assert (site("check", str(path), "--strict").returncode, site("check", str(path)).stderr) == (0, "")
    site.add("broken", "raise RuntimeError('no luck today')\n")
    told = "⚠ plugin 'broken' of plano-broken 1.2: could not be loaded: RuntimeError: no luck today\n"
    assert (site("check", str(path)).returncode, site("check", str(path)).stderr) == (0, told)
    assert site("check", str(path), "--strict").returncode == 1


def test_a_setting_that_a_plugin_does_not_know_is_no_valid_config(site: Site) -> None:
    site.add("shout", SHOUT)
    path = site.planoai.write("mine.yaml", config_text(8001, extra="plugins: {shout: {wort: hello}}\n"))
    result = site("check", str(path))
    assert (result.returncode, result.stdout) == (1, "")
    assert "plugins.shout: Object contains unknown field `wort`" in result.stderr


def test_a_chain_that_names_a_plugin_which_is_switched_off_is_told_so(site: Site) -> None:
    site.add("shout", SHOUT)
    text = config_text(8001, extra="plugins: {shout: {enabled: false}}\n")
    text = text.replace("    port: 8001\n", "    port: 8001\n    input_filters: [shout]\n")
    path = site.planoai.write("mine.yaml", text)
    result = site("check", str(path))
    assert result.returncode == 1
    assert "input_filters[0]: the plugin `shout` is switched off (`plugins.shout.enabled`)" in result.stderr


def test_costs_can_be_measured_on_the_spot(site: Site) -> None:
    site.add("shout", SHOUT)
    told = json.loads(site("plugins", "--measure", "--json").stdout)
    (plugin,) = told["plugins"]
    assert (plugin["name"], plugin["distribution"], plugin["enabled"]) == ("shout", "plano-shout", True)
    (cost,) = plugin["costs"]
    assert (cost["hook"], cost["calls"], cost["failures"]) == ("filter", 200, 0)
    assert 0 < cost["total_s"] / 200 <= cost["worst_s"] < 1
    table = site("plugins", "--measure").stdout
    assert [row[:3] for row in rows(table)[-2:]] == [["COST", "HOOK", "CALLS"], ["shout", "filter", "200"]]


def test_a_vendor_of_a_plugin_can_be_named_in_a_config(site: Site) -> None:
    rest = config_text(8001).replace("mock/hello\n    base_url: http://127.0.0.1:9", "aviary/owl")
    site.planoai.write("config.yaml", rest)
    assert "`aviary` is not a known provider" in site("check").stderr
    site.add("shout", SHOUT)
    assert (site("check").returncode, site("check").stderr) == (0, "")
    site.planoai.write("config.yaml", rest.replace("aviary", "aviari"))
    assert "did you mean `aviary`?" in site("check").stderr


def test_commands_of_plugins_are_run_and_listed(site: Site) -> None:
    site.add("shout", SHOUT)
    result = site("shout")
    assert (result.returncode, result.stdout) == (0, "HELLO\n")
    told = site("--help")
    assert "Commands of plugins:\n  shout  Say hello." in told.stdout
    assert "the command 'up' needs another name: plano has that one" in told.stderr
    assert "mine" not in site("up", "--help").stdout


def test_a_plugin_that_fails_breaks_no_command(site: Site) -> None:
    site.add("broken", "raise SystemExit('no luck today')\n")
    site.planoai.write("config.yaml", config_text(8001))
    told = "⚠ plugin 'broken' of plano-broken 1.2: could not be loaded: SystemExit: no luck today\n"
    assert (site("check").returncode, site("check").stderr) == (0, told)
    told = site("--help")
    assert told.returncode == 0
    assert "plugin 'broken' of plano-broken 1.2: could not be loaded: SystemExit: no luck today" in told.stderr
    unknown = site("chekc")
    assert unknown.returncode == 2
    assert "Did you mean 'check'?" in unknown.stderr


def test_the_schema_knows_the_settings_of_plugins(site: Site) -> None:
    site.add("shout", SHOUT)
    site.add("plain", "from plano.plugin_api import hookimpl\n@hookimpl\ndef pre_route() -> None: ...\n")
    site.add("broken", "raise RuntimeError('no luck today')\n")
    result = site("config", "schema", "--with-plugins")
    assert result.returncode == 0
    assert "no luck today" in result.stderr
    schema = json.loads(result.stdout)
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    good = [
        "shout: {word: hello, enabled: false, key: $KEY, wait: 2s, depth: $DEPTH}",
        "shout:",
        "plain: {on_fault: open, timeout: 250ms}",
        "plain:",
        "broken: {anything: 1}",
    ]
    bad = ["shout: {wort: hello}", "shout: {depth: deep}", "plain: {word: x}", "plain: {on_fault: ajar}", "shoot: {}"]
    for entry, is_good in ((text, text in good) for text in (*good, *bad)):
        config = yaml.safe_load(config_text(8001) + f"plugins:\n  {entry}\n")
        assert validator.is_valid(config) == is_good, entry


# A new one.


def test_a_new_plugin_installs_loads_and_passes_its_own_checks(tmp_path: Path, planoai: CommandLine) -> None:
    every = [word for hook in HOOKS for word in ("--hook", hook)]
    made = planoai("plugins", "new", "Sing_along", "--to", "made", *every)
    assert (made.returncode, made.stderr) == (0, "")
    folder = tmp_path / "made"
    installed = install(folder, tmp_path / "wheelhouse")
    options = ["-q", "-p", "no:cacheprovider", "-c", "/dev/null"]
    out = fresh_interpreter(installed, "-m", "pytest", *options, str(folder / "tests"))
    assert "11 passed" in out
    told = json.loads(planoai("plugins", "--json", PYTHONPATH=f"{ROOT}:{installed}").stdout)
    assert [(one["name"], one["trouble"]) for one in told["plugins"]] == [("sing-along", [])]
    assert set(told["plugins"][0]["hooks"]) == set(HOOKS)
    assert planoai("sing-along", PYTHONPATH=f"{ROOT}:{installed}").stdout == "hello from plano-sing-along\n"


@pytest.mark.parametrize("hooks", [(), *((hook,) for hook in HOOKS)])
def test_ruff_has_nothing_to_say_about_a_new_plugin(
    hooks: tuple[str, ...], tmp_path: Path, planoai: CommandLine
) -> None:
    pytest.importorskip("ruff", reason="ruff is not installed")
    asked = (word for hook in hooks for word in ("--hook", hook))
    assert planoai("plugins", "new", "x", "--to", "made", *asked).returncode == 0
    ruff = [sys.executable, "-m", "ruff", "check", "--no-cache", "."]
    done = subprocess.run(ruff, cwd=tmp_path / "made", capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_mypy_has_nothing_to_say_about_a_new_plugin_with_all_hooks(tmp_path: Path, planoai: CommandLine) -> None:
    pytest.importorskip("mypy", reason="mypy is not installed")
    planoai("plugins", "new", "x", "--to", "made", *(word for hook in HOOKS for word in ("--hook", hook)))
    command = [sys.executable, "-m", "mypy", "--cache-dir", str(ROOT / ".mypy_cache"), "--follow-imports", "silent"]
    environ = planoai.environ | {"MYPYPATH": str(ROOT)}
    done = subprocess.run(
        command, cwd=tmp_path / "made", env=environ, capture_output=True, text=True, check=False, timeout=300
    )
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("written", "name", "distribution", "module", "class_name"),
    [
        ("shout", "shout", "plano-shout", "plano_shout", "Shout"),
        ("plano-Shout", "shout", "plano-shout", "plano_shout", "Shout"),
        ("a__b.C", "a-b-c", "plano-a-b-c", "plano_a_b_c", "ABC"),
        ("7up", "7up", "plano-7up", "plano_7up", "Plugin7up"),
        ("settings", "settings", "plano-settings", "plano_settings", "PluginSettings"),
    ],
)
def test_names_are_normalised(written: str, name: str, distribution: str, module: str, class_name: str) -> None:
    assert names_of(written) == (name, distribution, module, class_name)


@pytest.mark.parametrize("written", ["-a", "a-", "ä", "a/b", "../a", "a b", "", "plano", "x" * 41, "a;b"])
def test_what_no_distribution_can_be_called_is_refused(written: str, planoai: CommandLine) -> None:
    with pytest.raises(ValueError, match="name"):
        names_of(written)
    if written == "../a":
        assert planoai("plugins", "new", written).returncode == 2
        assert list(planoai.directory.iterdir()) == []


def test_nothing_is_overwritten(planoai: CommandLine) -> None:
    kept = planoai.write("plano-shout/notes.txt", "mine")
    result = planoai("plugins", "new", "shout")
    assert (result.returncode, result.stderr) == (1, "✗ plano-shout is there already: nothing was written\n")
    assert [path.name for path in kept.parent.iterdir()] == ["notes.txt"]


def test_a_name_that_is_installed_is_taken(site: Site) -> None:
    site.add("shout", SHOUT)
    assert "The name 'shout' is taken by plano-shout 1.2" in site("plugins", "new", "shout").stderr


def test_an_unknown_hook_is_a_usage_error(planoai: CommandLine) -> None:
    result = planoai("plugins", "new", "shout", "--hook", "fliter")
    assert result.returncode == 2
    assert "there is no hook 'fliter' (did you mean 'filter'?)" in result.stderr
