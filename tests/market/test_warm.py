"""Warming compiles every compiled pass there is."""

from __future__ import annotations

import os
import subprocess
import sys

from simcore.market import buckets, checks, dense, grid, kway
from simcore.market.quality import faults
from simcore.market.readers import clock
from simcore.market.warm import warm


def test_every_compiled_pass_is_compiled_once():
    warm()
    dispatchers = [
        value
        for module in (buckets, checks, clock, dense, faults, grid, kway)
        for value in vars(module).values()
        if hasattr(value, "nopython_signatures") and not value.targetoptions.get("forceinline")
    ]
    assert len(dispatchers) == 25
    # one signature each: read-only and writable columns do not compile twice
    assert [d.__name__ for d in dispatchers if len(d.nopython_signatures) != 1] == []


def test_what_is_kept_loads_without_the_compiler_and_counts_arrays(tmp_path):
    """The second process reads every pass from its file; a folder that cannot be made costs only the cache."""
    code = (
        "import numpy as np, sys\n"
        "from simcore.market.checks import check_times\n"
        "check_times('rows', np.arange(3))\n"
        "print('numba.np.linalg' in sys.modules)\n"
    )
    told = []
    for folder in (tmp_path / "cache", tmp_path / "cache", "/dev/null"):
        environment = {**os.environ, "SIMCORE_CACHE": str(folder)}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        told.append(done.stdout.split())
    assert told == [["True"], ["False"], ["True"]]
    assert any((tmp_path / "cache" / "market").glob("*.nbc"))
