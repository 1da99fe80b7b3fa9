"""Compile the passes over market data ahead of their first use, into numba's cache: the data's part of warming up."""

import numpy as np
import polars as pl

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.feed import merge
from simcore.market.grid import fits, grid, snap
from simcore.market.quality import check_rows
from simcore.market.readers.clock import parse
from simcore.market.resample import resample
from simcore.market.store.digest import digest_of


def warm() -> None:
    """Run every compiled pass once on a few rows; a few seconds the first time, milliseconds from the cache."""
    parse(pl.Series(["2024-01-02 10:00:00"]), "%Y-%m-%d %H:%M:%S")
    ts, price = np.arange(4) * 1_000_000_000, np.full(4, 1.00001)
    quotes = Quotes("A", ts, price, price, bid_size=price)
    fits(quotes, grid(digits=5))
    snap(quotes, digits=2)
    check_rows(Quotes("A", np.arange(9) * 1_000_000_000, np.arange(1.0, 10.0), np.arange(1.0, 10.0)))
    resample(resample(quotes, "1s", volume="bid_size"), "2s")
    resample(quotes, "1D", day_start="17:00 America/New_York")
    for measure in ("2tick", "1vol", "1range", "1renko"):
        resample(Prints("A", ts, price + np.arange(4), size=price), measure)
    digest_of(bytes(100))
    merge({"A": quotes, "B": Bars("B", "1s", ts, price, price, price, price)}, path="dense")
