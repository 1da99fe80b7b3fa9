"""Every fault count that is known of real files (the second table of market-data/TRUTH.md), by the defaults."""

from __future__ import annotations

import pytest

from simcore.market.quality import check
from simcore.market.quality.faults import COUNTED
from tests.cli.run import parsed

LEAN = ("lean", "Data")


def found(quality):
    """What was counted, without what is nothing."""
    return {name: count for name, count in quality.total.items() if count}


@pytest.mark.parametrize(
    ("folder", "symbol", "rows", "days", "stated"),
    [
        (("cfd", "oanda"), "xauusd", 2_022_969, 13, {}),
        (("forex", "fxcm"), "eurusd", 1_144_807, 13, {"crossed": 116_871, "locked": 142_462}),
        (("forex", "oanda"), "eurusd", 532_903, 13, {"duplicated": 12, "equal_times": 4_494}),
        (("forex", "oanda"), "nzdusd", 457_699, 13, {"duplicated": 31, "equal_times": 7_043}),
    ],
)
def test_leans_ticks(market_data, folder, symbol, rows, days, stated):
    paths = sorted(market_data(*LEAN, *folder, "tick", symbol).glob("201405*_quote.zip"))
    quality = check(paths, symbol=symbol.upper())
    assert (quality.rows, len(paths)) == (rows, days)
    assert found(quality) == stated
    assert quality.frame["rows"].sum() == rows
    assert {name: quality.frame[name].sum() for name in stated} == stated


@pytest.mark.parametrize(
    ("path", "symbol", "rows"),
    [
        ("squideyes-tickdata/Source/TickData.Common.Tests/Resources/HISTDATA_EURUSD_20120104_17_24_EST.ticks",
         "EURUSD", 73_622),
        ("squideyes-tickdata/Source/TickData.Common.Tests/Resources/HISTDATA_USDJPY_20120104_17_24_EST.ticks",
         "USDJPY", 22_087),
        ("ninety47-dukascopy", "GBPJPY", 58_953),
    ],
)  # fmt: skip
@pytest.mark.parametrize("calendar", [None, "fx"])
def test_files_without_a_fault(market_data, path, symbol, rows, calendar):
    quality = check(market_data(*path.split("/")), symbol=symbol, calendar=calendar)
    assert (quality.rows, quality.faults) == (rows, {})
    assert set(quality.total) == set(COUNTED)
    assert (quality.total["out_of_session"] is None) == (calendar is None)


@pytest.mark.parametrize(
    ("symbol", "year", "rows", "crossed"), [("gbpusd", 2012, 30_117, 347), ("usdjpy", 2013, 28_761, 683)]
)
def test_bars_crossed_at_the_close(market_data, symbol, year, rows, crossed):
    from simcore.market.readers import read_bars

    folder = market_data("nautilus_trader", "tests", "test_data", "fxcm")
    bid, ask = (folder / f"{symbol}-m1-{side}-{year}.csv" for side in ("bid", "ask"))
    quality = check(read_bars(bid, symbol=symbol.upper(), ask=ask))
    assert (quality.rows, quality.total["crossed"]) == (rows, crossed)
    assert set(quality.faults) == {"crossed", "locked"}
    told = parsed("data", "check", bid, "--symbol", symbol.upper(), "--read", f"ask={ask}")
    assert (told["rows"], told["total"]["crossed"]) == (rows, crossed)
    assert told["total"] == quality.total
