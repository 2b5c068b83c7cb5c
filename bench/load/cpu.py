"""What a proxy costs: CPU time and memory of a process and all its children, from /proc."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

_TICK_S = 1 / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Seconds since the processes began, all threads together.

    `total_s` counts nanoseconds; `user_s` of it is known to a tick (10 ms). `waited_s` was spent ready to run
    while
    somebody else had the core: much of it means a noisy machine or a full core.
    """

    total_s: float
    user_s: float
    waited_s: float

    @property
    def system_s(self) -> float:
        return max(0.0, self.total_s - self.user_s)

    def __sub__(self, earlier: CpuTime) -> CpuTime:
        return CpuTime(
            self.total_s - earlier.total_s, self.user_s - earlier.user_s, self.waited_s - earlier.waited_s
        )


def family(pid: int) -> list[int]:
    """`pid` and all its living descendants."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat(int(entry.name))
            if fields:
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found, todo = [], [pid]
    while todo:
        found.append(todo.pop())
        todo += parents.get(found[-1], [])
    return found


def cpu_time(pids: list[int]) -> CpuTime:
    """CPU time of `pids`: the scheduler's own count (proc(5), schedstat), split as utime and stime say."""
    user_ticks = ran_ns = waited_ns = 0
    for pid in pids:
        fields = _stat(pid)
        user_ticks += int(fields[11]) if fields else 0
        for thread in _threads(pid):
            ran, waited = _schedstat(thread)
            ran_ns, waited_ns = ran_ns + ran, waited_ns + waited
    return CpuTime(ran_ns / 1e9, user_ticks * _TICK_S, waited_ns / 1e9)


def resident_mib(pids: list[int]) -> float:
    """Resident memory in MiB; pages that several of them share count once (Pss)."""
    kib = 0
    for pid in pids:
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        kib += next(int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:"))
    return kib / 1024


def _threads(pid: int) -> list[Path]:
    try:
        return list(Path(f"/proc/{pid}/task").iterdir())
    except OSError:
        return []


def _schedstat(thread: Path) -> tuple[int, int]:
    """Nanoseconds run and nanoseconds waited."""
    try:
        ran, waited, _ = (thread / "schedstat").read_text().split()
    except OSError:
        return 0, 0
    return int(ran), int(waited)


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, the state first; empty when the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
