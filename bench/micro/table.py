"""`python -m bench.micro.table [--seconds 0.5]`: every case on both builds, as a Markdown table.

Microseconds per operation, the best of many rounds taken in turns. Compare ratios between machines, never times.
"""

from __future__ import annotations

import argparse
import platform
import sys

from bench.micro.cases import all_cases, measured
from plano._speedups import WANTED


def rows(seconds: float) -> list[str]:
    lines = ["| operation | Python µs | compiled µs | ratio |", "|---|---:|---:|---:|"]
    for case in all_cases():
        took = measured(case, seconds)
        if len(took) == 2:
            python, compiled = took
            lines.append(f"| {case.operation} | {python:.2f} | {compiled:.2f} | {python / compiled:.1f} |")
        else:
            lines.append(f"| {case.operation} | {took[0]:.2f} | | |")
    return lines


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.micro.table", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="per case (default: 0.5)")
    options = parser.parse_args()
    if not WANTED:
        print("PLANO_NO_SPEEDUPS is set: there is nothing to compare with", file=sys.stderr)
        return 2
    print("\n".join(rows(options.seconds)))
    print(f"\nPython {platform.python_version()}, {platform.system()} {platform.machine()}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
