"""Walk-forward: windows by hand, nothing of a test before it, one account stitched of all."""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np
import polars as pl
import pytest

import simcore as sc
from simcore.account import Conditions
from simcore.market.columns import Quotes
from simcore.research.sliced import sliced
from simcore.research.windows import Window
from tests.research.bots import SECOND, BarCross, FastBarCross, FastCross, quotes

DAY = 86_400 * SECOND
GRID: dict[str, Any] = {"fast": [20, 50], "slow": [100, 300]}
GIVEN: dict[str, Any] = {"params": GRID, "training": "4D", "testing": "2D", "objective": "Return [%]"}


@pytest.fixture(scope="module")
def data() -> Quotes:
    """Fourteen days of quotes a minute apart, from midnight on."""
    q = quotes(14 * 1_440, every=60 * SECOND)
    return Quotes("EURUSD", 19_737 * DAY + np.arange(len(q)) * 60 * SECOND, q.bid, q.ask)  # 2024-01-15, a Monday


def days(start: int, end: int) -> pl.DataFrame:
    """Daily bars of the weekdays."""
    ts = [d * DAY for d in range(start, end) if (d + 3) % 7 < 5]
    price = 1.1 + 0.001 * np.sin(np.arange(len(ts)))
    return pl.DataFrame({"ts": ts, "open": price, "high": price + 0.001, "low": price - 0.001, "close": price})


def feed_of(data: Any) -> Any:
    return Conditions.of(data).feed


# -------------------------------------------------------------------------------------------------------------- windows


def test_the_figures_of_the_manual_are_trading_days():
    """Training 252, testing 63, step 21: on four years of weekdays, 1,043 days from 2020-01-01, a Wednesday."""
    frame = days(18_262, 18_262 + 1_461)
    assert frame.height == 1_043
    bars = sc.read_bars(frame, symbol="EURUSD", timeframe="1D")
    found = sc.WalkForward(training="252D", testing="63D", step="21D").windows(feed_of(bars))
    assert len(found) == (1_043 - 252 - 63) // 21 + 1 == 35
    ts = frame["ts"].to_numpy()
    for n, window in enumerate(found):
        first = 21 * n
        ends = [ts[first + k] if first + k < ts.size else window.test_end for k in (0, 252, 252, 315)]
        assert list(window[1:5]) == ends
        assert window.kept_end == (ts[first + 252 + 21] if n < 34 else window.test_end)


@pytest.mark.parametrize(
    ("given", "expected"),  # days of: train_start, train_end, test_start, test_end
    [
        ({"training": 4, "testing": 2}, [(0, 4, 4, 6), (2, 6, 6, 8), (4, 8, 8, 10), (6, 10, 10, 12), (8, 12, 12, 14)]),
        (
            {"training": "4D", "testing": "2D", "anchored": True},
            [(0, 4 + 2 * n, 4 + 2 * n, 6 + 2 * n) for n in range(5)],
        ),
        (
            {"training": "4D", "testing": "2D", "gap": "1D"},
            [(2 * n, 4 + 2 * n, 5 + 2 * n, 7 + 2 * n) for n in range(4)],
        ),
        ({"training": "4D", "testing": "6D", "step": "4D"}, [(0, 4, 4, 10), (4, 8, 8, 14)]),
        # the second training would begin on day 6, where the first test ended: a day later
        ({"training": "4D", "testing": "2D", "step": "6D", "embargo": "1D"}, [(0, 4, 4, 6), (7, 10, 10, 12)]),
        ({"training": "96h", "testing": "48h", "step": "8D"}, [(0, 4, 4, 6), (8, 12, 12, 14)]),
    ],
)
def test_windows_are_cut_by_hand(data, given, expected):
    found = sc.WalkForward(**given).windows(feed_of(data))
    first = int(data.ts[0])
    told = [tuple(round((one - first) / DAY, 6) for one in window[1:5]) for window in found]
    last = (data.ts[-1] + 1 - first) / DAY  # the data end with their last row
    assert [tuple(min(v, last) for v in row) for row in told] == [tuple(min(v, last) for v in row) for row in expected]


def test_months_end_with_the_month():
    frame = days(19_723, 19_723 + 200)  # from 2024-01-01
    found = sc.WalkForward("2M", "1M").windows(feed_of(sc.read_bars(frame, symbol="EURUSD", timeframe="1D")))
    starts = [str(np.datetime64(window.test_start, "ns"))[:10] for window in found]
    assert starts == ["2024-03-01", "2024-04-01", "2024-05-01", "2024-06-01"]


def test_a_slice_of_bars_keeps_bars_whole(data):
    feed = feed_of(sc.resample(data, "1h"))
    part = sliced(feed, feed.start + DAY + 100, feed.start + 2 * DAY + 100)  # inside a bar: that belongs to the former
    assert len(part) == 24 * 4
    assert part.kind[0] == 2
    assert part.start == feed.start + DAY + 3_600 * SECOND


# ----------------------------------------------------------------------------------------------------- one window's run


def test_each_window_takes_the_best_of_its_training_and_nothing_else(data):
    found = sc.walk_forward(FastCross, data, **GIVEN, where="fast < slow")
    assert found.windows.height == 5
    for row, table in zip(found.windows.iter_rows(named=True), found.trainings, strict=True):
        best = table.sort("Return [%]", descending=True).row(0, named=True)
        assert (row["fast"], row["slow"]) == (best["fast"], best["slow"])
        assert row["train objective"] == best["Return [%]"]
    first, last = (int(v.timestamp()) * SECOND for v in found.windows.row(2)[1:3])
    alone = data.slice(int(np.searchsorted(data.ts, first)), int(np.searchsorted(data.ts, last)))
    again = sc.sweep(FastCross, alone, params=GRID, where="fast < slow")
    assert found.trainings[2].write_json() == again.write_json()


@pytest.mark.parametrize("positions", ["flat", "carry"])
def test_nothing_of_a_test_is_used_before_it(data, positions):
    """Other prices from the fourth test on change nothing of the three before, their choices included."""
    whole = sc.walk_forward(FastCross, data, **GIVEN, positions=positions)
    cut = int(whole.windows["test_start"].to_physical()[3])
    row = int(np.searchsorted(data.ts, cut))
    bid, ask = data.bid.copy(), data.ask.copy()
    bid[row:], ask[row:] = np.round(bid[row:] * 1.01, 5), np.round(ask[row:] * 1.01, 5)
    other = sc.walk_forward(FastCross, Quotes("EURUSD", data.ts, bid, ask), **GIVEN, positions=positions)
    assert whole.windows.head(3).drop("test_end").write_json() == other.windows.head(3).drop("test_end").write_json()
    assert whole.windows["train Return [%]"][3] == other.windows["train Return [%]"][3]
    for name in ("fills", "trades"):
        a, b = (getattr(one.stitched, name) for one in (whole, other))
        at = "ts" if name == "fills" else "exit_time"
        # flat: what is open is closed at the last quote before the next test; carried: later
        before = [frame.filter(pl.col(at).to_physical() < cut).write_json() for frame in (a, b)]
        assert before[0] == before[1]
        assert a.write_json() != b.write_json()
    truncated = sc.walk_forward(FastCross, data.slice(0, row), **GIVEN, positions=positions)
    assert truncated.windows.height == 3
    assert truncated.windows[["fast", "slow"]].equals(whole.windows[["fast", "slow"]].head(3))


def test_testing_is_warm_and_orders_wait_for_its_first_row(data):
    """The stitched account's first order comes at once: averages of 300 minutes are ready, nothing was sent before."""
    found = sc.walk_forward(FastCross, data, **GIVEN)
    start = found.windows["test_start"][0]
    orders = found.stitched.orders
    assert orders["ts"].min() >= start
    assert (orders["ts"].min() - start).total_seconds() < 300 * 60
    assert orders.filter(pl.col("reason") == "NOT_WARM").is_empty()
    assert orders["id"].is_unique().all()
    # by hand: a strategy that saw the training with its orders refused, then the test
    chosen = {name: found.windows[name][0] for name in ("fast", "slow")}
    window = [int(v) for v in found.windows.select(pl.col("^t.*_(start|end)$").to_physical()).row(0)]
    rows = data.slice(int(np.searchsorted(data.ts, window[0])), int(np.searchsorted(data.ts, window[3])))
    whole = sc.backtest(FastCross(**chosen), rows, finalize_trades=True)
    side = whole.fills.filter(pl.col("ts") >= start)["side"]
    # what held a position then is flat now: the first order goes to the side the averages stand on
    assert orders["side"][0] in side.unique().to_list()


def test_bars_and_their_warm_up_come_from_the_training(data):
    """BarCross counts 30 hourly bars before its first order: in testing these lie before it."""
    found = sc.walk_forward(FastBarCross, data, **{**GIVEN, "params": {"fast": [3], "slow": [10, 20]}})
    start = found.windows["test_start"][0]
    first = found.stitched.orders["ts"].min()
    assert (first - start).total_seconds() < 30 * 3_600


def test_flat_closes_at_each_end_and_carry_goes_on(data):
    flat = sc.walk_forward(FastCross, data, **GIVEN)
    carry = sc.walk_forward(FastCross, data, **GIVEN, positions="carry")
    ends = flat.windows["test_end"].to_physical().to_list()
    closed = flat.stitched.trades.filter(pl.col("why") == "end")["exit_time"].to_physical().to_list()
    assert len(closed) == 5
    assert all(0 < end - at <= 60 * SECOND for at, end in zip(closed, ends, strict=True))
    assert carry.stitched.trades.filter(pl.col("why") == "end").is_empty()
    for found in (flat, carry):
        trades, account = found.stitched.trades, found.stitched.account
        assert account["balance"] == pytest.approx(10_000.0 + trades["net"].sum())
        assert found.equity["equity"][-1] == account["equity"]
        assert found.equity["ts"].is_sorted()
    assert flat.stats["# Trades"] == flat.stitched.trades.height


def test_carrying_the_same_parameters_is_one_backtest(data):
    """One combination, carried, is the very account of a single run that began to trade with the first test."""
    given = {**GIVEN, "params": {"fast": [20], "slow": [100]}}
    found = sc.walk_forward(FastCross, data, **given, positions="carry")
    one = sc.walk_forward(FastCross, data, **{**given, "testing": "10D"}, positions="carry")
    assert one.windows.height == 1
    assert found.windows.height == 5
    columns = ("ts", "side", "qty", "price", "balance")
    assert found.stitched.fills.select(columns).equals(one.stitched.fills.select(columns))
    assert found.stitched.account == one.stitched.account


def test_overlapping_tests_are_stitched_step_by_step(data):
    found = sc.walk_forward(FastCross, data, **{**GIVEN, "testing": "4D"}, step="2D")
    assert found.windows.height == 4
    assert found.windows["kept_end"][0] == found.windows["test_start"][1]
    assert found.windows["kept_end"][3] == found.windows["test_end"][3]
    assert found.stitched.run.feed.start == found.windows["test_start"].to_physical()[0]


def test_efficiency_and_stability_by_hand(data):
    found = sc.walk_forward(FastCross, data, **GIVEN)
    w = found.windows
    train, test = w["train Return [%]"].sum() / (5 * 4), w["test Return [%]"].sum() / (5 * 2)
    expected = test / train if train > 0 else math.nan
    assert found.efficiency == pytest.approx(expected, nan_ok=True, rel=1e-3)
    row = found.stability.row(0, named=True)
    values = w["fast"].to_list()
    assert row["values"] == len(set(values))
    assert row["share"] == max(values.count(v) for v in values) / 5
    assert found.chart().count("<circle") == 10


@pytest.mark.parametrize("objective", ["Max. Drawdown [%]", lambda row: row["Return [%]"] / max(row["# Trades"], 1)])
def test_any_objective_is_looked_for(data, objective):
    found = sc.walk_forward(FastCross, data, **{**GIVEN, "objective": objective})
    for row, table in zip(found.windows.iter_rows(named=True), found.trainings, strict=True):
        values = [objective(one) if callable(objective) else one[objective] for one in table.iter_rows(named=True)]
        assert row["train objective"] == max(values)


def test_optuna_chooses_as_well(data):
    given = {**GIVEN, "params": {"fast": (10, 60), "slow": (80, 400)}}
    found = sc.walk_forward(FastCross, data, **given, optimizer="optuna", trials=6, seed=1)
    again = sc.walk_forward(FastCross, data, **given, optimizer="optuna", trials=6, seed=1, workers=1)
    assert found.windows.write_json() == again.windows.write_json()
    assert all(table.height == 6 for table in found.trainings)


def test_every_run_is_a_trial(data, tmp_path):
    place = tmp_path / "trials.sqlite"
    sc.walk_forward(FastCross, data, **GIVEN, ledger=place)
    rows = sc.Ledger(place).frame()
    assert rows["kind"].unique().to_list() == ["walk_forward"]
    assert rows.height == 5 * (4 + 1)
    assert rows["trial"].n_unique() == 4  # combinations, however many windows


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"training": "20D"}, "training 20D and testing 2D are longer than the data: 14 trading days"),
        ({"training": "x"}, "training must be trading days such as"),
        ({"testing": "0D"}, "testing must be longer than nothing, was '0D'"),
        ({"objective": "Sharp Ratio"}, "objective 'Sharp Ratio' is not a statistic; did you mean 'Sharpe Ratio'?"),
        ({"objective": 5}, "objective must be a statistic's name or a function"),
        ({"positions": "cary"}, "positions = 'cary'; did you mean 'carry'?"),
        ({"params": {"fats": [1]}}, "did you mean 'fast'?"),
        ({"positions": "carry", "step": "3D"}, "testing leaves gaps that nobody would trade"),
        (
            {"objective": "Alpha [%]", "params": {"fast": [0], "slow": [0]}},
            "is nan for all 1 combinations; the first failed",
        ),
    ],
)
def test_bad_input_is_one_line(data, given, told):
    with pytest.raises(sc.ConfigError, match=re.escape(told)):
        sc.walk_forward(FastCross, data, **{**GIVEN, **given})


def test_a_window_is_what_it_says():
    assert Window._fields[1:] == ("train_start", "train_end", "test_start", "test_end", "kept_end")
    assert BarCross.warmup == 30
