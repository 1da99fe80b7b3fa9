"""What other packages read: daily returns, positions, transactions, groups of trades, time held; by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pytest

import simcore as sc
from simcore.result import Result
from tests.result.runs import START, play, quotes

DAY = 86_400


@pytest.fixture(scope="module")
def run() -> Result:
    """Two days of EURUSD and USDJPY; 0.1 EURUSD bought and kept over night, 0.2 USDJPY sold and closed."""
    data = {
        "EURUSD": quotes((0, 1.1000, 1.1002), (60, 1.1010, 1.1012), (DAY, 1.1050, 1.1052), (DAY + 90, 1.1060, 1.1062)),
        "USDJPY": quotes((30, 150.00, 150.02), (DAY + 30, 149.00, 149.02), (DAY + 91, 148.00, 148.02)),
    }
    script = {
        0: lambda c: c.buy(0.1, tag="carry"),
        1: lambda c: c.sell(0.2),
        4: lambda c: c.close(),
        5: lambda c: c["EURUSD"].close(),
    }
    return play(script, data, sample="1min", **{"commission.per_lot": 5.0})


def test_returns_are_those_of_the_equity(run: Result) -> None:
    # Tuesday ends at EURUSD 1.1010 (+0.0008 x 10,000 = 8.00) and USDJPY at the ask 150.02
    # (-0.02 x 20,000 = -400 JPY / 150.02 = -2.67), commission 0.50 and 1.00: 10,003.83
    assert run.returns.tolist()[0] == pytest.approx(0.000383)
    assert [str(day.date()) for day in run.returns.index] == ["2024-01-02", "2024-01-03"]
    assert float(np.prod(1.0 + run.returns)) * 10_000.0 == pytest.approx(run.account["equity"])


def test_a_day_of_positions_adds_up_to_the_equity(run: Result) -> None:
    p = run.positions
    assert list(p.columns) == ["EURUSD", "USDJPY", "cash"]
    # 10,000 EUR at the middle 1.1011; 20,000 USD short are 20,000 USD
    assert p["EURUSD"].iloc[0] == pytest.approx(11_011.0)
    assert p["USDJPY"].iloc[0] == pytest.approx(-20_000.0)
    assert p.sum(axis=1).tolist() == pytest.approx([10_003.83, run.account["equity"]])
    assert p.iloc[1, :2].tolist() == [0.0, 0.0]
    assert p.index.tz is None


def test_transactions_are_in_units_and_in_the_account_s_money(run: Result) -> None:
    t = run.transactions
    assert list(t.columns) == ["symbol", "amount", "price", "txn_dollars"]
    assert t["amount"].tolist() == pytest.approx([10_000.0, -20_000.0, 20_000.0, -10_000.0])
    # USDJPY sold at 150.00 where the middle stood at 150.01
    assert t["price"].tolist()[:2] == pytest.approx([1.1002, 150.00 / 150.01], abs=1e-6)
    assert t["txn_dollars"].tolist() == pytest.approx((-t["amount"] * t["price"]).tolist())
    assert t.index[0] == pd.Timestamp(START)
    assert run.fills["value"].sum() == pytest.approx(run.stats["Turnover [$]"])


def test_exposure_counts_longs_and_shorts_apart(run: Result) -> None:
    e = run.exposure.filter(pl.col("ts").dt.day() == 2).tail(1)
    assert e["long"].to_list() == pytest.approx([11_011.0])
    assert e["short"].to_list() == pytest.approx([20_000.0])
    assert e["net"].to_list() == pytest.approx([-8_989.0])
    assert e["gross_pct"].to_list() == pytest.approx([100 * 31_011.0 / 10_003.83])
    assert run.exposure["gross"].to_list()[-1] == 0.0


def test_opposite_tickets_of_a_hedging_account_are_both_held() -> None:
    rows = {"EURUSD": quotes((0, 1.1, 1.1), (60, 1.2, 1.2), (120, 1.2, 1.2), (180, 1.3, 1.3))}
    script = {0: lambda c: c.buy(0.3), 1: lambda c: c.sell(0.1), 2: lambda c: c.close_by(1, 2)}
    r = play(script, rows, sample="1min")
    # a sample is taken before the quote of its time; the last one after it
    assert r.exposure["ts"].dt.second().to_list() == [0, 0, 0]
    assert r.exposure["long"].to_list() == pytest.approx([33_000.0, 36_000.0, 26_000.0])
    assert r.exposure["short"].to_list() == pytest.approx([0.0, 12_000.0, 0.0])
    assert r.equity["used_margin"].to_list()[0] == pytest.approx(330.0)
    assert len(r.transactions) == 2
    assert r.fills.filter(pl.col("why") == "close_by")["spread"].sum() == 0.0


def test_groups_of_trades(run: Result) -> None:
    g = run.by("symbol")
    assert g["symbol"].to_list() == ["USDJPY", "EURUSD"]  # by their exits
    assert g["trades"].to_list() == [1, 1]
    assert g["commission"].to_list() == [2.0, 1.0]
    assert g["fills"].to_list() == [2, 2]
    assert g["net"].sum() == pytest.approx(run.stats["Net Profit [$]"])
    assert run.by("side")["side"].to_list() == ["short", "long"]
    assert run.by("tag")["tag"].to_list() == [None, "carry"]
    both = run.by("weekday", "hour")
    assert both.select("weekday", "hour", "trades").rows() == [("Tuesday", 10, 2)]


def test_groups_by_hand() -> None:
    rows = {"EURUSD": quotes(*((60 * i, b, b) for i, b in enumerate((1.10, 1.11, 1.09, 1.08, 1.10, 1.13))))}
    flip = {i: lambda c: (c.close(), c.buy(0.1)) for i in range(5)}
    r = play({**flip, 5: lambda c: c.close()}, rows)
    # +100, -200, -100, +200, +300
    g = r.by("side")
    assert g["net"].to_list() == pytest.approx([300.0])
    assert g["win_rate_pct"].to_list() == pytest.approx([60.0])
    assert g["profit_factor"].to_list() == pytest.approx([2.0])
    assert g["payoff_ratio"].to_list() == pytest.approx([200.0 / 150.0])
    assert g["max_losses"].to_list() == [2]
    assert (g["best"][0], g["worst"][0]) == pytest.approx((300.0, -200.0))


@pytest.mark.parametrize(
    ("keys", "words"),
    [(("simbol",), "unknown key 'simbol'; did you mean 'symbol'?"), ((), "name a key; known: symbol, side, tag")],
)
def test_an_unknown_key_is_named(run: Result, keys: tuple[str, ...], words: str) -> None:
    with pytest.raises(sc.ConfigError, match="Result") as told:
        run.by(*keys)
    assert words in str(told.value)


def test_a_run_without_a_trade_has_empty_exports() -> None:
    r = play({}, {"EURUSD": quotes((0, 1.1, 1.1), (60, 1.1, 1.1))})
    assert r.transactions.empty
    assert list(r.positions.columns) == ["cash"]
    assert r.by("symbol").is_empty()
    assert r.returns.tolist() == [0.0]
    assert r.stats["Max. Gross Exposure [%]"] == 0.0


def test_frames_become_pandas(run: Result) -> None:
    for name in ("fills", "trades", "orders", "events", "equity", "round_trips", "exposure"):
        frame = getattr(run, name)
        assert list(frame.to_pandas().columns) == frame.columns, name


def test_pyfolio_s_tear_sheets_get_all_three_in_utc(run: Result) -> None:
    given = run.pyfolio()
    assert list(given) == ["returns", "positions", "transactions"]
    assert {str(one.index.tz) for one in given.values()} == {"UTC"}
    assert given["returns"].tolist() == run.returns.tolist()


def test_pyfolio_reads_them(run: Result) -> None:
    pyfolio = pytest.importorskip(
        "pyfolio", reason="needs pyfolio-reloaded (0.10.1 passed), which nothing here asks for"
    )
    given = run.pyfolio()
    turnover = pyfolio.txn.get_turnover(given["positions"], given["transactions"])
    assert (turnover > 0.0).all()
    perf = pyfolio.timeseries.perf_stats(**given)
    assert perf["Cumulative returns"] == pytest.approx(run.stats["Return [%]"] / 100.0)
    trips = pyfolio.round_trips.extract_round_trips(given["transactions"])
    assert len(trips) == 2
