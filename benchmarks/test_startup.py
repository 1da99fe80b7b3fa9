"""Start: from nothing to the first result, with the kernel cached, and the very first time."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import simcore as sc
from benchmarks import answers
from benchmarks.account import CASH
from benchmarks.conftest import ROUNDS
from benchmarks.markets import ROOT
from simcore.market.sample import SYMBOL, sample_path


def starter(cache: Path | None = None) -> Callable[[], None]:
    """A call that starts a process and waits for its first result, which must be right; `cache` replaces the user's."""
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL)
    answer = answers.cross(SYMBOL, quotes.ts, quotes.bid, quotes.ask)
    environment = os.environ | ({"SIMCORE_CACHE": str(cache)} if cache else {})
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # Python keeps its own bytecode, as it does by default

    def start() -> None:
        command = [sys.executable, "-m", "benchmarks.first_result"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=ROOT, env=environment, text=True) as process:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
        assert process.returncode == 0
        assert told["fills"] == answer.fills
        assert round((told["balance"] - CASH) * 100.0, 6) == answer.booked
        assert round((told["equity"] - CASH) * 100.0, 6) == answer.gained

    return start


def test_first_compile(benchmark: Any, tmp_path: Path) -> None:
    """An empty cache folder: the whole kernel and the strategy are compiled."""
    benchmark.pedantic(starter(tmp_path), rounds=1)
    assert any(tmp_path.rglob("*.nbi"))


def test_cached_start(benchmark: Any) -> None:
    """The second process and those after it, with the user's own cache folder."""
    start = starter()
    start()
    benchmark.pedantic(start, rounds=ROUNDS)
