"""Who may import whom: a room imports from lower floors only, and rooms of one floor never meet."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from plano._speedups import TWINS
from tests.architecture.sources import ROOT, Import, all_imports, is_inside, module_names, sources

#: From the ground up. `docs/decisions/0001-exchange-above-dialects.md` says why the exchange has a floor of its own.
FLOORS: tuple[tuple[str, ...], ...] = (
    ("plano.errors", "plano.clock", "plano.hook_markers", "plano._speedups"),
    ("plano.http.wire", "plano.config"),
    ("plano.dialects", "plano.resilience"),
    ("plano.exchange", "plano.intent", "plano.filtering", "plano.storing"),
    (
        "plano.http.server",
        "plano.http.client",
        "plano.providers",
        "plano.state",
        "plano.limits",
        "plano.plugins",
    ),
    ("plano.routing", "plano.filters", "plano.telemetry"),
    ("plano.agents", "plano.prompt_targets"),
    ("plano.gateway",),
    ("plano.dashboard",),
    ("plano.run",),
    ("plano.cli",),
)
FLOOR_OF = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
#: The door for plugins shows what stands on these floors and below; nobody inside uses it.
HIGHEST_BEHIND_THE_DOOR = FLOOR_OF["plano.plugins"]
#: `plano` itself has a version and nothing else; `plano.http` is a folder of rooms; `plano.__main__` calls the cli.
OUTSIDE = {"plano", "plano.http", "plano.__main__"}


def room_of(module: str) -> str:
    """The room a module stands in; `plano.testing`, `plano.plugin_api` and `OUTSIDE` are names of their own."""
    if module in OUTSIDE:
        return module
    if is_inside(module, "plano.testing"):
        return "plano.testing"
    if module == "plano.plugin_api":
        return module
    if module == "plano._exchange":
        return "plano.exchange"
    for room in FLOOR_OF:
        if is_inside(module, room):
            return room
    raise AssertionError(f"{module} stands in no room: give it a floor in {Path(__file__).name}")


def judged(found: Import) -> str:
    """What is wrong with an import of plano by plano; empty when nothing is."""
    here, there = room_of(found.source.module), room_of(found.module)
    if here == there or there == "plano" or here in ("plano.testing", "plano.__main__"):
        return ""
    if there in ("plano.testing", "plano.plugin_api"):
        may = there == "plano.testing" and found.source.module == "plano.cli.mock_provider"
        return "" if may else f"{found}, which is not for plano's own rooms"
    if here == "plano.plugin_api":
        return "" if FLOOR_OF[there] <= HIGHEST_BEHIND_THE_DOOR else f"{found}, from above the door's floors"
    if here in OUTSIDE:
        return f"{found}, but {here} imports nothing"
    if FLOOR_OF[there] == FLOOR_OF[here]:
        return f"{found}: rooms of one floor never meet"
    return f"{found}: upwards" if FLOOR_OF[there] > FLOOR_OF[here] else ""


def own_imports() -> list[Import]:
    return [found for found in all_imports() if is_inside(found.module, "plano")]


def test_a_room_imports_only_from_lower_floors() -> None:
    assert list(filter(None, map(judged, own_imports()))) == []


def test_every_module_of_plano_stands_in_a_room() -> None:
    for module in module_names():
        room_of(module)


@pytest.mark.parametrize(
    ("source", "target", "verdict"),
    [
        ("plano.http.wire.sse", "plano.gateway.plan", "upwards"),
        ("plano.http.client.pool", "plano.http.server.listener", "never meet"),
        ("plano.run.app", "plano.testing.clock", "not for"),
        ("plano.gateway.plan", "plano.plugin_api", "not for"),
        ("plano.gateway.plan", "plano.http.wire.sse", ""),
    ],
)
def test_the_rules_themselves_tell_right_from_wrong(source: str, target: str, verdict: str) -> None:
    imagined = Import(next(known for known in sources() if known.module == source), 1, target, "")
    assert verdict in judged(imagined)
    assert bool(verdict) == bool(judged(imagined))


def test_no_import_of_plano_leads_nowhere() -> None:
    missing = [str(found) for found in own_imports() if found.module not in module_names() and "." in found.module]
    assert [line for line in missing if "plano._speedups" not in line] == []


def test_compiled_modules_are_chosen_by_pick_alone() -> None:
    direct = [str(found) for found in own_imports() if found.module.startswith("plano._speedups.")]
    assert direct == []


def test_a_source_with_two_builds_is_imported_by_its_choosing_module_alone() -> None:
    wrong = []
    for found in own_imports():
        folder, _, name = found.module.rpartition(".")
        if name.startswith("_") and not name.startswith("__") and found.module != "plano._speedups":
            chooser = f"{folder}.{name[1:]}"
            if found.source.module != chooser:
                wrong.append(f"{found}; {chooser} is the way")
    assert wrong == []


def cimports() -> list[tuple[Path, str, str]]:
    """(file, its compiled module, the compiled module it names) of every typed import."""
    wanted = re.compile(r"^from plano\._speedups\.(\w+) cimport |^from (plano\.[\w.]+) import ", re.MULTILINE)
    found = []
    for path in sorted((ROOT / "plano/_speedups").glob("*.p[xy][dx]")):
        for compiled, python in wanted.findall(path.read_text()):
            found.append((path, path.stem, TWINS[compiled] if compiled else python))
    return found


def test_a_compiled_module_has_the_floor_of_its_source() -> None:
    found = cimports()
    assert len(found) > 15
    wrong = []
    for path, name, target in found:
        here, there = room_of(TWINS[name]), room_of(target)
        # Types alone are shared below: what is typed is what the Python source is handed at run time.
        if here != there and FLOOR_OF[there] >= FLOOR_OF[here]:
            wrong.append(f"{path.name}: {name} ({here}) names {target} ({there})")
    assert wrong == []


def test_plugins_come_in_through_the_plugin_door_alone() -> None:
    found = [one for one in all_imports("plugins") if is_inside(one.module, "plano")]
    assert found
    wrong = [str(one) for one in found if one.module != "plano.plugin_api"]
    assert [line for line in wrong if "/tests/" not in line] == []
