"""`python -m benchmarks`: run every benchmark in a process of its own and write RESULTS.md.

A process a benchmark, so that its peak memory is its own. `--quick` runs a twentieth of the rows and only prints.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from benchmarks import machine
from benchmarks.rows import ROWS, Timed, middle_and_best

FOLDER = Path(__file__).resolve().parent
RESULTS = FOLDER / "RESULTS.md"
SKIPPED = "SKIPPED "


class Outcome(NamedTuple):
    """What one benchmark left: its timings (None: it failed or was skipped), peak memory in MB, and why."""

    timed: Timed | None
    peak: float
    why: str


def run(test: str, quick: bool) -> Outcome:
    """Run one benchmark in a process of its own."""
    with tempfile.TemporaryDirectory() as folder:
        told, said = Path(folder, "timed.json"), Path(folder, "said.txt")
        command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-rs", "--durations=0", "--no-header"]
        # a skipped benchmark leaves nothing to save, which pytest-benchmark warns about
        command += ["-W", "ignore:Not saving anything", f"--benchmark-json={told}", f"{FOLDER}/{test}"]
        environment = os.environ | ({"SIMCORE_BENCH": "quick"} if quick else {})
        with said.open("w") as out:
            where = {"file_actions": [(os.POSIX_SPAWN_DUP2, out.fileno(), 1), (os.POSIX_SPAWN_DUP2, out.fileno(), 2)]}
            child = os.posix_spawn(sys.executable, command, environment, **where)
            _, status, usage = os.wait4(child, 0)
        text = said.read_text()
        peak = usage.ru_maxrss / (1024 if sys.platform != "darwin" else 1024 * 1024)
        if os.waitstatus_to_exitcode(status) != 0:
            return Outcome(None, peak, text)
        timed = json.loads(told.read_text())["benchmarks"] if told.exists() and told.stat().st_size else []
        if not timed:
            skipped = [line for line in text.splitlines() if line.startswith(SKIPPED)]
            return Outcome(None, peak, SKIPPED + skipped[0].rpartition(": ")[2] if skipped else text)
        return Outcome(timed[0], peak, "")


def warm(tests: list[str]) -> None:
    """Run the benchmarks small once, so that no measured process has to compile: that would count as its memory."""
    print("compiling ...", flush=True)
    for file in dict.fromkeys(test.partition("::")[0] for test in tests):
        if "startup" not in file:
            run(file, quick=True)


def table(outcomes: dict[str, Outcome]) -> list[str]:
    """The table's lines."""
    lines = ["| what | median | best | goal | | runs | peak memory |", "|---|---|---|---|---|---|---|"]
    for row in ROWS:
        outcome = outcomes.get(row.test)
        if outcome is None:
            continue
        if outcome.timed is None:
            why = outcome.why.removeprefix(SKIPPED) if outcome.why.startswith(SKIPPED) else "it failed"
            lines.append(f"| {row.what} | not measured: {why} | | {goal(row.goal, row.unit)} | | | |")
            continue
        middle, best = middle_and_best(row, outcome.timed)
        met = row.met(middle)
        said = "" if met is None else "met" if met else "**missed**"
        peak = "" if row.what.startswith("—") else f"{outcome.peak:,.0f} MB"
        runs = outcome.timed["stats"]["rounds"]
        lines.append(
            f"| {row.what} | {figure(middle)} {row.unit} | {figure(best)} | {goal(row.goal, row.unit)} | {said} "
            f"| {runs} | {peak} |"
        )
    return lines


def figure(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def goal(value: float | None, unit: str) -> str:
    """A goal as text, or nothing."""
    return "" if value is None else f"{figure(value)} {unit}"


def page(outcomes: dict[str, Outcome], load: float, seconds: float) -> str:
    """RESULTS.md."""
    lines = [
        "# Results",
        "",
        "Written by `make bench`; what the rows mean is in [README.md](README.md). On one core, but for the store, "
        "which decodes ahead on the other.",
        "",
        f"- machine: {machine.processor()}; load when it began {load:.2f}",
        f"- commit: {machine.commit()}",
        f"- versions: {machine.versions('simcore', 'numba', 'numpy', 'polars')}",
        f"- measured: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, in {seconds:.0f} s",
        "",
        *table(outcomes),
    ]
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run what was asked for; exit 1 where an answer was wrong. A missed goal is no failure."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a twentieth of the rows; prints, and writes nothing")
    parser.add_argument("tests", nargs="*", help="only benchmarks whose name holds one of these; writes nothing")
    options = parser.parse_args()
    tests = [
        t for t in dict.fromkeys(row.test for row in ROWS) if not options.tests or any(o in t for o in options.tests)
    ]
    load, began, outcomes = machine.load(), time.monotonic(), {}
    if not options.quick:
        warm(tests)
    for test in tests:
        print(f"{test} ...", end=" ", flush=True)
        at = time.monotonic()
        outcome = outcomes[test] = run(test, options.quick)
        print(f"measured in {time.monotonic() - at:.0f} s" if outcome.timed else outcome.why, flush=True)
    text = page(outcomes, load, time.monotonic() - began)
    print("", text, sep="\n")
    failed = any(outcome.timed is None and not outcome.why.startswith(SKIPPED) for outcome in outcomes.values())
    if not failed and not options.quick and not options.tests:
        RESULTS.write_text(text)
        print(f"written to {RESULTS.relative_to(Path.cwd()) if RESULTS.is_relative_to(Path.cwd()) else RESULTS}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
