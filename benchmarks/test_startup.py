"""Start: from nothing to the first result, with the kernel cached, and the very first time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH
from benchmarks.conftest import ROUNDS
from benchmarks.markets import ROOT
from simcore.market.sample import SYMBOL, sample_path


class Start:
    """A process that is started and waited for until its first result; `end` looks whether that is right."""

    def __init__(self, cache: Path | None = None) -> None:
        """cache: the cache folder to use, default the user's own."""
        quotes = sc.read_quotes(sample_path(), symbol=SYMBOL)
        self._answer = answers.cross(SYMBOL, quotes.ts, quotes.bid, quotes.ask)
        self._environment = os.environ | ({"SIMCORE_CACHE": str(cache)} if cache else {})
        self._environment.pop("PYTHONDONTWRITEBYTECODE", None)  # Python keeps its own bytecode, as it does by default

    def __call__(self) -> None:
        """From the start of the interpreter to the printed result."""
        command = [sys.executable, "-m", "benchmarks.first_result"]
        self._process = subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=self._environment, text=True)
        assert self._process.stdout is not None
        self._told = self._process.stdout.readline()

    def end(self) -> None:
        """Outside the time: the interpreter takes itself apart."""
        with self._process:
            told = json.loads(self._told)
        assert self._process.returncode == 0
        assert told["fills"] == self._answer.fills
        assert round((told["balance"] - CASH) * 100.0, 6) == self._answer.booked
        assert round((told["equity"] - CASH) * 100.0, 6) == self._answer.gained


def test_first_compile(benchmark: Any, tmp_path: Path) -> None:
    """An empty cache folder: the whole kernel and the strategy are compiled."""
    start = Start(tmp_path)
    benchmark.pedantic(start, teardown=start.end, rounds=1)
    assert any(tmp_path.rglob("*.nbi"))


def test_cached_start(benchmark: Any) -> None:
    """The second process and those after it, with the user's own cache folder."""
    start = Start()
    start()
    start.end()
    benchmark.pedantic(start, teardown=start.end, rounds=ROUNDS)
