"""Warming compiles every compiled pass there is."""

from __future__ import annotations

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
        if hasattr(value, "nopython_signatures")
    ]
    assert len(dispatchers) == 23
    # one signature each: read-only and writable columns do not compile twice
    assert [d.__name__ for d in dispatchers if len(d.nopython_signatures) != 1] == []
