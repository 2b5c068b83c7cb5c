"""How many processors there are for us, for `workers: auto`."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Final

_CGROUP: Final = Path("/sys/fs/cgroup")


def usable_cpus(cgroup: Path = _CGROUP) -> int:
    """Those this process may run on, or fewer where a container's quota allows less; at least 1."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    quota = _quota(cgroup)
    return max(1, min(count, math.ceil(quota)) if quota else count)


def _quota(cgroup: Path) -> float:
    """Processors' worth of time a second that cgroup v2, or v1, grants; 0.0 for no limit."""
    try:
        granted, period = (cgroup / "cpu.max").read_text("ascii").split()
    except (OSError, ValueError):
        try:
            granted = (cgroup / "cpu" / "cpu.cfs_quota_us").read_text("ascii").strip()
            period = (cgroup / "cpu" / "cpu.cfs_period_us").read_text("ascii").strip()
        except OSError:
            return 0.0
    if not granted.isdigit() or not period.isdigit() or int(period) == 0:
        return 0.0
    return int(granted) / int(period)
