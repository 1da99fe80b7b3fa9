"""`python -m benchmarks.peers`: make the environments, let the backtesters take turns, and write PEERS.md, GRID.md.

Every backtester runs in a process of its own that stays warm; in each round all run once, one after the other, and each
is compared with simcore's run of the same round. `--quick` runs fewer quotes and rounds and only prints.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

from benchmarks import machine
from benchmarks.markets import eurusd
from benchmarks.peers import environments, grid
from benchmarks.peers.backtesters import BACKTESTERS, GRIDS, Backtester
from benchmarks.peers.rules import Prices, save, turns

FOLDER = Path(__file__).resolve().parent.parent


class Failure(Exception):
    """A backtester that could not take part; the text says why."""


@dataclass
class Worker:
    """A backtester's process, and the seconds of its runs."""

    process: subprocess.Popen[str]
    said: Any  # its stderr
    turns: int
    rows: int
    runs: list[dict[str, Any]] = field(default_factory=list)

    def answer(self) -> dict[str, Any]:
        """The next line it writes."""
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            self.said.seek(0)
            said = self.said.read().strip().splitlines()
            raise Failure(said[-1] if said else f"ended with exit code {self.process.returncode}")
        return dict(json.loads(line))

    def run(self) -> None:
        """One round; its answer is checked."""
        assert self.process.stdin is not None
        self.process.stdin.write("run\n")
        self.process.stdin.flush()
        told = self.answer()
        if told["turns"] != self.turns:
            raise Failure(f"turned {told['turns']} times; the rules turn {self.turns} times")
        self.runs.append(told)

    def rates(self, part: str) -> list[float]:
        """Quotes a second of every round, in millions."""
        return [self.rows / (run["parts"][part] if part else run["seconds"]) / 1e6 for run in self.runs]

    def stop(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


Found = dict[Backtester, Worker | str]  # a text says why there is none
Expected = Callable[[Prices, Backtester], tuple[int, int]]


def start(backtester: Backtester, quotes: Path, quoted: int, rows: int, turned: int) -> Worker:
    """Start a process and wait until it is warm. quoted: how many quotes it reads; rows: what its rate counts."""
    why = environments.make(backtester.environment, backtester.requirements)
    if why:
        raise Failure(f"could not be installed: {why}")
    said = tempfile.TemporaryFile("w+")  # noqa: SIM115 - it lives as long as the process
    command = [str(environments.python(backtester.environment)), "-m", "benchmarks.peers.worker"]
    command += [backtester.module, backtester.form, str(quotes), str(quoted)]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True, cwd=machine.ROOT
    )
    worker = Worker(process, said, turned, rows)
    worker.answer()
    return worker


def measure(
    backtesters: Sequence[Backtester],
    rounds: int,
    scale: int,
    expected: Callable[[Prices, Backtester], tuple[int, int]],
) -> Found:
    """Every backtester's worker with its runs, or why it has none; expected: the rows of a run, and its turns."""
    workers: dict[Any, Worker | str] = {}
    columns = eurusd(max(one.rows for one in backtesters) // scale)
    prices = Prices(columns.ts, columns.bid, columns.ask)
    with tempfile.TemporaryDirectory() as folder:
        quotes = Path(folder, "quotes.npz")
        save(quotes, prices)
        for one in backtesters:
            if one.worker not in workers:
                print(f"starting {one.name}", flush=True)
                own = Prices(*(column[: one.rows // scale] for column in prices))
                try:
                    workers[one.worker] = start(one, quotes, own.ts.size, *expected(own, one))
                except Failure as failure:
                    workers[one.worker] = str(failure)
                    print(f"  {failure}", flush=True)
        take_turns(workers, rounds)
    return {one: workers[one.worker] for one in backtesters}


@cache
def all_turns() -> Any:
    """Where the rules turn on the most quotes that anybody gets."""
    columns = eurusd(max(one.rows for one in BACKTESTERS))
    return turns(Prices(columns.ts, columns.bid, columns.ask).mid)


def of_rules(prices: Prices, one: Backtester) -> tuple[int, int]:
    """Quotes of a single run, and its turns."""
    return prices.ts.size, int(np.searchsorted(all_turns(), prices.ts.size))


def of_grid(prices: Prices, one: Backtester) -> tuple[int, int]:
    """Bars times combinations of a grid, and the turns of all."""
    fast, slow = grid.values(one.form)
    return prices.ts.size // grid.EVERY * len(fast) * len(slow), grid.turns(grid.bars_of(prices).close, one.form)


def take_turns(workers: dict[Any, Worker | str], rounds: int) -> None:
    """Every round, each runs once; one that fails leaves."""
    for number in range(rounds):
        print(f"round {number + 1} of {rounds}", flush=True)
        for key, worker in workers.items():
            if isinstance(worker, str):
                continue
            try:
                worker.run()
            except Failure as failure:
                workers[key] = str(failure)
                print(f"  {key[1]}: {failure}", flush=True)
    for worker in workers.values():
        if isinstance(worker, Worker):
            worker.stop()


def table(found: Found, what: str) -> list[str]:
    """The table of rates; the first is whom the others are compared with."""
    lines = [f"| backtester | {what} | M {what}/s | simcore is | goal | | turns |", "|---|---|---|---|---|---|---|"]
    first = next(iter(found))
    ours = found[first]
    reference = ours.rates("") if isinstance(ours, Worker) else []
    for one, worker in found.items():
        if isinstance(worker, str):
            lines.append(f"| {one.name} | | not measured: {worker} | | | | |")
            continue
        rates = worker.rates(one.part)
        ratio = median([our / rate for our, rate in zip(reference, rates, strict=True)]) if reference else None
        times = "" if ratio is None or one is first else f"{figure(ratio)} times faster"
        goal = "" if one.goal is None else f"{one.goal:.0f} times"
        met = "" if one.goal is None or ratio is None else "met" if ratio >= one.goal else "**missed**"
        lines.append(
            f"| {one.name} | {worker.rows:,} | {figure(median(rates))} ({figure(min(rates))} to {figure(max(rates))}) "
            f"| {times} | {goal} | {met} | {worker.turns:,} |"
        )
    return lines


def figure(value: float) -> str:
    """Three digits."""
    return f"{value:.0f}" if value >= 100 else f"{value:.3g}"


def page(study: Study, found: Found, load: float, seconds: float) -> str:
    """The page of a study."""
    lines = [
        f"# {study.title}",
        "",
        "Written by `make bench-peers`; how it is measured is in [README.md](README.md). Rates compare round by round.",
        "",
        f"- machine: {machine.processor()}; load when it began {load:.2f}",
        f"- commit: {machine.commit()}",
        f"- versions: {machine.versions('simcore', 'numba', 'numpy', 'polars')}",
        f"- measured: {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, in {seconds:.0f} s",
        "",
        *table(found, study.what),
        "",
        "| backtester | made from | timed | models | does not |",
        "|---|---|---|---|---|",
    ]
    for one, worker in found.items():
        made = ", ".join(one.requirements) or "this checkout"
        if one.environment and isinstance(worker, Worker):
            made += f" ({environments.versions(one.environment)})"
        lines.append(f"| {one.name} | {made} | {one.timed} | {one.models} | {one.lacks} |")
    return "\n".join(lines) + "\n"


@dataclass(frozen=True)
class Study:
    """What is measured side by side, and where its page goes; what: what rates count."""

    title: str
    file: str
    what: str
    backtesters: Sequence[Backtester]
    expected: Expected
    rounds: int


STUDIES = {
    "runs": Study("Beside other backtesters", "PEERS.md", "quotes", BACKTESTERS, of_rules, 7),
    "grid": Study("A grid beside other optimisers", "GRID.md", "bars", GRIDS, of_grid, 5),
}


def run(study: Study, quick: bool) -> bool:
    """Measure a study and write its page; False where one that ran gave a wrong answer or simcore could not run."""
    load, began = machine.load(), time.monotonic()
    found = measure(study.backtesters, 2 if quick else study.rounds, 5 if quick else 1, study.expected)
    text = page(study, found, load, time.monotonic() - began)
    print("", text, sep="\n")
    failed = [one.name for one, worker in found.items() if isinstance(worker, str) and "installed" not in worker]
    if failed:
        print(f"failed: {', '.join(failed)}")
    elif not quick:
        (FOLDER / study.file).write_text(text)
        print(f"written to benchmarks/{study.file}")
    return not failed


def main() -> int:
    """Measure what was asked for, or all."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.peers", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a fifth of the quotes, two rounds; prints only")
    parser.add_argument("study", nargs="?", choices=STUDIES, help="default: all of them")
    options = parser.parse_args()
    failed = [name for name in ([options.study] if options.study else STUDIES) if not run(STUDIES[name], options.quick)]
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
