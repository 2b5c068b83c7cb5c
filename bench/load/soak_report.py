"""What a soak comes to: a verdict with its reasons, a Markdown report, the numbers as JSON, a plot."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

from bench.load.driver import percentile
from bench.load.report import host_facts
from bench.load.soak import Result, Sample

#: The share of a run that is warm-up: caches and pools fill, arenas grow to what the traffic needs.
WARM_SHARE: Final = 1 / 3
#: MiB a minute that one worker may seem to grow by; over a short run noise alone makes a slope.
STEEPEST: Final = 0.5
NOISE_MIB: Final = 3.0


@dataclasses.dataclass(frozen=True, slots=True)
class Check:
    """One question and its answer."""

    name: str
    found: str
    is_fine: bool


def warm(result: Result) -> list[Sample]:
    return [sample for sample in result.samples if sample.at_s >= result.seconds * WARM_SHARE]


def slope(points: Sequence[tuple[float, float]]) -> float:
    """Least squares: units of y per unit of x; 0 for fewer than three points."""
    if len(points) < 3:
        return 0.0
    mean_x = sum(x for x, _ in points) / len(points)
    mean_y = sum(y for _, y in points) / len(points)
    spread = sum((x - mean_x) ** 2 for x, _ in points)
    return sum((x - mean_x) * (y - mean_y) for x, y in points) / spread if spread else 0.0


def rise(points: Sequence[tuple[float, float]]) -> float:
    """How much the least of the later half is above the least of the earlier: units of y per unit of x.

    For what comes and goes within a sample's time, connections that are being opened for one: it makes peaks, which a
    slope takes for growth, but what leaks is never given back.
    """
    half = len(points) // 2
    if not half:
        return 0.0
    earlier, later = points[:half], points[-half:]
    return (min(y for _, y in later) - min(y for _, y in earlier)) / (later[0][0] - earlier[0][0])


def checks(result: Result) -> list[Check]:
    """Everything that must hold."""
    before, after, judged = result.before, result.after, warm(result)
    assert before is not None
    assert after is not None
    minutes = max((judged[-1].at_s - judged[0].at_s) / 60, 0.01) if judged else 0.01
    allowed = (STEEPEST + NOISE_MIB / minutes) * result.workers
    growth = slope([(sample.at_s / 60, sample.resident_mib) for sample in judged])
    files = rise([(sample.at_s / 60, float(sample.descriptors)) for sample in judged])
    tasks = rise([(sample.at_s / 60, float(sample.tasks)) for sample in judged])
    wrong = sum(result.wrong.values())
    total = sum(result.done.values())
    return [
        Check("clients that got what they had to", f"{total - wrong} of {total}", wrong == 0 and total > 0),
        Check("every kind of client was there", f"{len(result.done)}", min(result.done.values(), default=0) > 0),
        Check("memory after warm-up", f"{growth:+.2f} MiB/min (allowed {allowed:.2f})", growth <= allowed),
        Check("descriptors beside connections", f"{files:+.2f} a minute", files <= max(1.0, 8 / minutes)),
        Check("tasks", f"{tasks:+.2f} a minute", tasks <= max(1.0, 8 / minutes)),
        Check("exchanges left", str(after.running), after.running == 0),
        Check("client connections left", str(after.connections), after.connections == 0),
        Check("provider connections in a call left", str(after.busy), after.busy == 0),
        Check(
            "descriptors back at the start value",
            f"{before.descriptors} -> {after.descriptors}",
            after.descriptors <= before.descriptors,
        ),
        Check("tasks back at the start value", f"{before.tasks} -> {after.tasks}", after.tasks <= before.tasks),
        Check("workers that had to be started again", str(result.restarts), result.restarts == 0),
        Check("defects in the logs", "; ".join(result.logged) or "none", not result.logged),
        Check(
            "reloads",
            f"{result.reloads}, {len(result.refused_reloads)} refused {' '.join(result.refused_reloads[:2])}",
            not result.refused_reloads,
        ),
    ]


def text(result: Result, load_average: tuple[float, ...]) -> str:
    """The report in Markdown."""
    facts = host_facts({"plano": result.version}, load_average)
    facts["set-up"] = f"{result.workers} worker(s) under a supervisor, nothing pinned, {result.seconds:g} s"
    judged = checks(result)
    verdict = "flat, nothing lost" if all(check.is_fine for check in judged) else "NOT fine"
    lines = ["# Soak", "", *[f"- {name}: {value}" for name, value in facts.items()], ""]
    lines += [f"Verdict: **{verdict}**", "", "| | | |", "|---|---|---|"]
    lines += [f"| {check.name} | {check.found} | {'yes' if check.is_fine else '**NO**'} |" for check in judged]
    lines += ["", *_kinds(result), "", *_samples(result), ""]
    lines += [f"- {told}" for told in result.told]
    return "\n".join(lines)


def _kinds(result: Result) -> list[str]:
    lines = ["| clients that are | times | wrong | p50 ms | p99 ms |", "|---|---:|---:|---:|---:|"]
    for kind, done in result.done.items():
        took = result.latencies_s[kind]
        p50, p99 = percentile(took, 0.5) * 1000, percentile(took, 0.99) * 1000
        lines.append(f"| {kind} | {done} | {result.wrong[kind]} | {p50:.1f} | {p99:.1f} |")
    return lines


def _samples(result: Result) -> list[str]:
    assert result.before is not None
    assert result.after is not None
    step = max(1, len(result.samples) // 10)
    shown = [result.before, *result.samples[step - 1 :: step], result.after]
    lines = ["| s | MiB | descriptors | open files | tasks | exchanges | clients | busy/idle | served | CPU s |"]
    lines += ["|---:" * 10 + "|"]
    for one in shown:
        cells = [f"{one.at_s:.0f}", f"{one.resident_mib:.1f}", one.descriptors, one.open_files, one.tasks, one.running]
        cells += [one.connections, f"{one.busy}/{one.idle}", one.served, f"{one.cpu_s:.1f}"]
        lines.append("| " + " | ".join(map(str, cells)) + " |")
    return [*lines, "", "First line: before any client. Last: when all had left."]


def write(directory: Path, result: Result, load_average: tuple[float, ...]) -> Path:
    """`soak.md`, `soak.json` and `soak.png`; returns the first."""
    directory.mkdir(parents=True, exist_ok=True)
    told = {name: getattr(result, name) for name in ("seconds", "workers", "version", "reloads", "told", "restarts")}
    told |= {"done": result.done, "wrong": result.wrong}
    told["samples"] = [dataclasses.asdict(sample) for sample in result.samples]
    (directory / "soak.json").write_text(json.dumps(told, indent=1))
    lines = text(result, load_average)
    if _plot(directory / "soak.png", result):
        lines += "\n![memory, descriptors and tasks over time](soak.png)\n"
    path = directory / "soak.md"
    path.write_text(lines)
    return path


def directory_for(base: Path) -> Path:
    return base / datetime.now().strftime("%Y%m%d-%H%M%S-soak")


def _plot(path: Path, result: Result) -> bool:
    """Memory, descriptors and tasks over time; False where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        return False
    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 4, figsize=(16, 3.2))
    at = [sample.at_s for sample in result.samples]
    for axis, name in zip(axes, ("resident_mib", "descriptors", "tasks", "connections"), strict=True):
        axis.plot(at, [getattr(sample, name) for sample in result.samples], color="#c2410c")
        axis.axvline(result.seconds * WARM_SHARE, color="#64748b", linestyle=":")
        axis.set_ylim(bottom=0)
        axis.set_title(name.replace("_", " "), fontsize=10)
        axis.set_xlabel("s", fontsize=8)
        axis.spines[["top", "right"]].set_visible(False)
    figure.tight_layout()
    figure.savefig(path, dpi=120)
    pyplot.close(figure)
    return True
