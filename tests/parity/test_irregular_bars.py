"""Bars of the data that are shorter than the others: each is heard as it is, whatever length the file is taken for."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

import simcore as sc

MONTHS = [f"2024-{month:02d}-01" for month in range(1, 13)]  # taken for 31 days; five of them are shorter
WEEKS = ["2024-01-01", "2024-01-08", "2024-01-15", "2024-01-19", "2024-01-29", "2024-02-05"]  # one of four days
HEARD: list[tuple[int, float]] = []


class Months(sc.Strategy):
    bars = "31D"

    def on_bar(self, ctx: Any) -> None:
        HEARD.append((ctx.bar.ts, ctx.bar.open))


class Weeks(sc.Strategy):
    bars = "1W"

    def on_bar(self, ctx: Any) -> None:
        HEARD.append((ctx.bar.ts, ctx.bar.open))


@pytest.mark.parametrize(("days", "strategy", "length"), [(MONTHS, Months, "31D"), (WEEKS, Weeks, "1W")])
def test_every_bar_is_heard_as_it_is(days: list[str], strategy: type[sc.Strategy], length: str) -> None:
    frame = pl.DataFrame({"ts": days}).with_columns(
        pl.col("ts").str.to_datetime(time_zone="UTC"), open=10.0 + pl.int_range(pl.len()),
        high=20.0 + pl.int_range(pl.len()), low=5.0, close=11.0,
    )  # fmt: skip
    bars = sc.read_bars(frame, symbol="X", timeframe=length)
    HEARD.clear()
    sc.backtest(strategy(), {"X": bars}, instruments=[sc.Instrument.cfd("X")], cash=10_000)
    data = list(zip(frame["ts"].dt.epoch("ns").to_list(), frame["open"].to_list(), strict=True))
    assert data[:-1] == HEARD  # the last one ends after the data
