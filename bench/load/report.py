"""Rounds become medians, medians become a Markdown report and a plot. The machine's facts stand on top."""

from __future__ import annotations

import json
import math
import os
import platform
import shlex
import statistics
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from bench.load.proxies import GUARDED
from bench.load.scenarios import SCENARIOS, Numbers, Scale

Rounds = dict[str, dict[str, list[Numbers]]]
"""scenario -> proxy -> one entry per round"""

_COLUMNS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "requests": (
        ("cpu_us", "CPU µs/request", ".1f"),
        ("user_us", "user", ".1f"),
        ("system_us", "system", ".1f"),
        ("per_s", "requests/s", ".0f"),
        ("core_share", "core busy", ".0%"),
        ("waited_share", "waited for core", ".0%"),
        ("resident_mib", "MiB", ".0f"),
    ),
    "latency": (
        ("p50_us", "p50 µs", ".0f"),
        ("p99_us", "p99 µs", ".0f"),
        ("p999_us", "p99.9 µs", ".0f"),
        ("per_s", "requests/s", ".0f"),
        ("cpu_us", "CPU µs/request", ".1f"),
        ("waited_share", "waited for core", ".0%"),
    ),
    "streams": (
        ("cpu_us", "CPU µs/event", ".1f"),
        ("user_us", "user", ".1f"),
        ("system_us", "system", ".1f"),
        ("per_s", "events/s", ".0f"),
        ("core_share", "core busy", ".0%"),
        ("waited_share", "waited for core", ".0%"),
        ("p50_us", "event p50 µs", ".0f"),
        ("p99_us", "p99", ".0f"),
        ("p999_us", "p99.9", ".0f"),
        ("first_p50_us", "first event p50 µs", ".0f"),
        ("resident_mib", "MiB", ".0f"),
    ),
    "idle": (("resident_mib", "MiB", ".1f"),),
    "idle-streams": (
        ("resident_mib", "MiB", ".0f"),
        ("kib_each", "KiB/stream", ".1f"),
        ("core_share", "core busy", ".1%"),
    ),
}
_COLUMNS["workers"] = _COLUMNS["policy"] = _COLUMNS["translated"] = _COLUMNS["requests"]
_COLUMNS["policy-streams"] = _COLUMNS["translated-streams"] = _COLUMNS["streams"]
_PEERS = ("envoy", "nginx", "haproxy")


def median_of(rounds: list[Numbers], name: str) -> float:
    values = [one[name] for one in rounds if not math.isnan(one[name])]
    return statistics.median(values) if values else float("nan")


def write(
    directory: Path, rounds: Rounds, versions: dict[str, str], scale: Scale, load_average: tuple[float, ...]
) -> Path:
    """`report.md`, `results.json` and `plot.png` in `directory`; returns the first."""
    directory.mkdir(parents=True, exist_ok=True)
    facts = host_facts(versions, load_average)
    told = {"facts": facts, "rounds": rounds}
    (directory / "results.json").write_text(json.dumps(told, indent=1, ensure_ascii=False))
    lines = ["# Load bench", "", *[f"- {name}: {value}" for name, value in facts.items()], ""]
    for name, by_proxy in rounds.items():
        lines += [*_section(name, by_proxy, scale), ""]
    has_plot = _plot(directory / "plot.png", rounds)
    if has_plot:
        lines += ["![headline numbers](plot.png)", ""]
    path = directory / "report.md"
    path.write_text("\n".join(lines))
    return path


def host_facts(versions: dict[str, str], load_average: tuple[float, ...]) -> dict[str, str]:
    """What somebody needs to judge or repeat the numbers."""
    libraries = ("uvloop", "httptools", "msgspec", "orjson")
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "machine": f"{_cpu_model()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}",
        "load average before": ", ".join(f"{value:.2f}" for value in load_average),
        "Python": f"{platform.python_version()}, " + ", ".join(f"{one} {_version(one)}" for one in libraries),
        "proxies": ", ".join(f"{name} {version}" for name, version in versions.items() if version),
        "set-up": "one worker thread each, on core 0, access log to a file; provider and driver on core 1",
        "command": "python -m bench.load " + shlex.join(sys.argv[1:]),
    }


def _section(name: str, by_proxy: dict[str, list[Numbers]], scale: Scale) -> list[str]:
    scenario = SCENARIOS[name]
    columns = (
        [column for column in _COLUMNS[name] if any(column[0] in one for one in by_proxy["direct"])]
        if ("direct" in by_proxy)
        else list(_COLUMNS[name])
    )
    count = max(map(len, by_proxy.values()))
    lines = [f"## {name}: {scenario.summary}", "", f"{_size(name, scale)} Median of {count} rounds.", ""]
    titles = ["", *[title for _, title, _ in columns], "spread", "errors", *_ratio_titles(by_proxy)]
    lines += ["| " + " | ".join(titles) + " |", "|---" * len(titles) + "|"]
    for proxy, found in by_proxy.items():
        cells = [proxy, *[_format(median_of(found, key), style) for key, _, style in columns]]
        values = [one[scenario.headline] for one in found]
        cells += [_range(values), str(int(sum(one["errors"] for one in found)))]
        cells += _ratios(by_proxy, proxy, scenario.headline)
        lines.append("| " + " | ".join(cells) + " |")
    lines += ["", f"*spread*: smallest and largest {scenario.headline} of the rounds."]
    if name in ("latency", "streams") and "direct" in by_proxy:
        lines += ["", *_added(by_proxy)]
    return lines


def _added(by_proxy: dict[str, list[Numbers]]) -> list[str]:
    """Latency added: through the proxy minus straight to the provider."""
    direct = by_proxy["direct"]
    lines = ["| added by | p50 µs | p99 µs |", "|---|---|---|"]
    for proxy, found in by_proxy.items():
        if proxy != "direct":
            cells = [median_of(found, key) - median_of(direct, key) for key in ("p50_us", "p99_us")]
            lines.append(f"| {proxy} | " + " | ".join(_format(cell, ".0f") for cell in cells) + " |")
    return lines


def _size(name: str, scale: Scale) -> str:
    return {
        "requests": f"{scale.connections} connections, {scale.seconds:g} s a round.",
        "policy": f"{scale.connections} connections, {scale.seconds:g} s a round.",
        "policy-streams": f"{scale.streams} streams, {scale.seconds:g} s a round.",
        "workers": f"{scale.connections} connections, {scale.seconds:g} s a round, nothing pinned but the load.",
        "latency": f"{scale.connections} connections, {scale.rate} requests/s, {scale.seconds:g} s a round.",
        "streams": f"{scale.streams} streams, {scale.seconds:g} s a round.",
        "idle-streams": f"{scale.idle_streams} streams.",
    }.get(name, "")


def _ratio_titles(by_proxy: dict[str, list[Numbers]]) -> list[str]:
    return [f"x {peer}" for peer in _peers(by_proxy)]


def _peers(by_proxy: dict[str, list[Numbers]]) -> Sequence[str]:
    """Whom a proxy is compared with: plano itself where only its own configurations were measured."""
    return GUARDED[:1] if tuple(by_proxy) == GUARDED else [peer for peer in _PEERS if peer in by_proxy]


def _ratios(by_proxy: dict[str, list[Numbers]], proxy: str, key: str) -> list[str]:
    own = median_of(by_proxy[proxy], key)
    peers = [median_of(by_proxy[peer], key) for peer in _peers(by_proxy)]
    return [_format(own / peer if proxy != "direct" and peer else float("nan"), ".2f") for peer in peers]


def _format(value: float, style: str) -> str:
    return "-" if math.isnan(value) else format(value, style)


def _range(values: Sequence[float]) -> str:
    known = [value for value in values if not math.isnan(value)]
    return f"{min(known):.1f} .. {max(known):.1f}" if known else "-"


def _plot(path: Path, rounds: Rounds) -> bool:
    """Bars of every scenario's headline number; False where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, len(rounds), figsize=(4.2 * len(rounds), 3.6), squeeze=False)
    for axis, (name, by_proxy) in zip(axes[0], rounds.items(), strict=True):
        scenario = SCENARIOS[name]
        medians = {proxy: median_of(found, scenario.headline) for proxy, found in by_proxy.items()}
        shown = {proxy: value for proxy, value in medians.items() if not math.isnan(value) and value > 0}
        colours = ["#c2410c" if proxy == "plano" else "#64748b" for proxy in shown]
        bars = axis.bar(list(shown), list(shown.values()), color=colours)
        axis.bar_label(bars, fmt="%.1f", fontsize=8)
        axis.set_title(f"{name} ({scenario.unit})", fontsize=10)
        axis.tick_params(axis="x", labelsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=130)
    pyplot.close(figure)
    return True


def _cpu_model() -> str:
    text = Path("/proc/cpuinfo").read_text()
    found = [line for line in text.splitlines() if line.startswith("model name")]
    return found[0].partition(":")[2].strip() if found else platform.machine()


def _version(name: str) -> str:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return "not installed"
