"""Signals worked out in frames: by hand, against the rules written out slowly, and against vectorbt on real data."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import simcore as sc
from simcore.result import Result
from simcore.strategy.signals import from_signals
from tests.report.peer.runs import OWN, frame
from tests.result.runs import SECOND, START, quotes

DAY = 86_400 * SECOND
STOCK = sc.Instrument.stock("X", qty_min=0.01, qty_increment=0.01)


def bars(*closes: float) -> pd.DataFrame:
    """Daily bars that open where the last one closed, and reach one further to both sides."""
    close = np.array(closes)
    start = np.append(close[0], close[:-1])
    index = pd.date_range("2024-01-01", periods=close.size, freq="D")
    high, low = np.maximum(start, close) + 1.0, np.minimum(start, close) - 1.0
    return pd.DataFrame({"open": start, "high": high, "low": low, "close": close}, index=index)


def flags(n: int, *rows: int) -> np.ndarray:
    found = np.zeros(n, bool)
    found[list(rows)] = True
    return found


def run(data: Any, *arrays: Any, **given: Any) -> Result:
    broker = sc.Broker.preset("cash", leverage=10, mode="netting")
    options = {"broker": broker, "instruments": [STOCK], "cash": 10_000.0, **given}
    return sc.backtest_signals({"X": data}, *arrays, **options)


def fills(r: Result) -> list[tuple[float, float]]:
    """Signed qty and price of each fill."""
    return [(s * q, p) for s, q, p in r.fills.select("side", "qty", "price").rows()]


def test_a_bar_s_signal_fills_at_the_next_open() -> None:
    data = bars(100, 110, 120, 130, 140)
    r = run(data, flags(5, 1), flags(5, 3), qty=2)
    # known at the close of row 1 (110), which is the open of row 2; out at the open of row 4
    assert fills(r) == [(2, 110.0), (-2, 130.0)]
    assert [t.day for t in r.fills["ts"]] == [3, 5]


def test_at_the_close_it_fills_at_the_very_bar() -> None:
    data = bars(100, 110, 120, 130, 140)
    r = run(data, flags(5, 1), flags(5, 4), qty=2, price="close")
    assert fills(r) == [(2, 110.0), (-2, 140.0)]
    assert [t.day for t in r.fills["ts"]] == [2, 5]


def test_a_quote_s_signal_fills_on_it() -> None:
    rows = quotes((0, 10.0, 10.1), (1, 11.0, 11.1), (2, 12.0, 12.1), (3, 13.0, 13.1))
    r = run(rows, flags(4, 1), flags(4, 3), qty=1)
    assert fills(r) == [(1, 11.1), (-1, 13.0)]


def test_an_entry_of_the_same_side_is_ignored_and_of_the_other_reverses() -> None:
    data = bars(100, 101, 102, 103, 104, 105)
    r = run(data, flags(6, 0, 1), None, flags(6, 2, 3), None, qty=1)
    assert fills(r) == [(1, 100.0), (-1, 102.0), (-1, 102.0)]
    r = run(data, flags(6, 0, 1), flags(6, 3), qty=1, accumulate=True)
    assert fills(r) == [(1, 100.0), (1, 101.0), (-2, 103.0)]


def test_what_contradicts_itself_cancels_out() -> None:
    data = bars(100, 101, 102, 103, 104)
    assert fills(run(data, flags(5, 0), flags(5, 0))) == []  # in and out
    assert fills(run(data, flags(5, 0), None, flags(5, 0))) == []  # long and short
    # long in and out cancel out, so the short entry of that row stands
    assert fills(run(data, flags(5, 0), flags(5, 0), flags(5, 0))) == [(-1, 100.0)]


def test_stops_are_distances_or_shares_of_the_price() -> None:
    data = bars(100, 100, 110, 120, 90)
    r = run(data, flags(5, 0), qty=1, sl=5.0, tp=12.0)
    assert r.trades.select("exit_price", "why").rows() == [(112.0, "take_profit")]
    r = run(data, None, None, flags(5, 0), None, qty=1, sl_stop=0.05)
    assert r.trades.select("exit_price", "why").rows() == [(105.0, "stop_loss")]
    each = np.array([np.nan, 20.0, np.nan, np.nan, np.nan])
    r = run(data, flags(5, 0), sl=each)
    assert np.isnan(r.orders["sl"][0])  # not given on that row


def test_qty_may_differ_from_row_to_row_and_share_asks_the_margin() -> None:
    data = bars(100, 100, 100, 100, 100)
    r = run(data, flags(5, 0, 2), flags(5, 1, 3), qty=[3, 0.5, 4, 0.5, 1])
    assert [q for q, _ in fills(r)] == [3, -3, 4, -4]
    # 10,000 at leverage 10 carry 1,000 shares of 100; half of that is 500
    assert fills(run(data, flags(5, 0), share=0.5)) == [(500, 100.0)]


def test_times_may_leave_rows_out() -> None:
    data = bars(100, 101, 102, 103, 104)
    some = data.index[[1, 3]]
    r = run(data, pd.Series([True, False], some), pd.Series([False, True], some), bars="1D")
    assert fills(r) == [(1, 101.0), (-1, 103.0)]
    zoned = some.tz_localize("UTC").tz_convert("America/New_York")
    assert fills(run(data, pd.Series([True, False], zoned), pd.Series([False, True], zoned), bars="1D")) == fills(r)


def test_a_time_that_no_row_has_stops_the_run() -> None:
    data = bars(100, 101, 102, 103)
    odd = pd.Series([True, True], pd.DatetimeIndex(["2024-01-01 12:00", "2024-01-02"]))
    with pytest.raises(sc.StrategyError, match="a signal's time is that of no row of the data"):
        run(data, odd, bars="1D")


def test_signals_of_longer_bars_than_the_data() -> None:
    ts = [START // SECOND + 60 * i for i in range(240)]
    price = [100.0 + i for i in range(240)]
    ticks = pl.DataFrame({"ts": [t * SECOND for t in ts], "bid": price, "ask": price})
    # from 10:00 on; the bar of 11:00 is the second, and its signal fills with the tick of 12:00
    r = run(ticks, flags(4, 1), bars="1h")
    assert fills(r) == [(1, 220.0)]


def test_several_instruments_are_columns() -> None:
    data = {"A": bars(10, 11, 12, 13), "B": bars(20, 21, 22, 23)}
    entries = pd.DataFrame({"B": flags(4, 1), "A": flags(4, 0)})  # in any order
    r = sc.backtest_signals(
        data, entries, qty={"A": 1, "B": 2}, instruments=[sc.Instrument.stock("A"), sc.Instrument.stock("B")]
    )
    assert r.fills.select("symbol", "qty", "price").rows() == [("A", 1.0, 10.0), ("B", 2.0, 21.0)]


def test_a_tag_is_on_every_order() -> None:
    r = run(bars(11, 12, 13), flags(3, 0), flags(3, 1), tag="cross")
    assert r.trades["tag"].to_list() == ["cross"]


@pytest.mark.parametrize(
    "kind", [list, np.asarray, pd.Series, pl.Series, lambda x: pd.Series(x).shift(0).astype(float)]
)
def test_flags_come_in_any_form(kind: Any) -> None:
    data = bars(100, 101, 102, 103)
    assert fills(run(data, kind(flags(4, 1).tolist()))) == [(1, 101.0)]


def test_nan_is_no_signal() -> None:
    gone = pd.Series([True, False, False, False]).shift(1)  # nan first, as frames have it
    assert fills(run(bars(100, 101, 102, 103), gone.to_numpy())) == [(1, 101.0)]


def test_a_number_may_be_missing_where_nothing_is_entered() -> None:
    data = bars(100, 101, 102, 103)
    some = run(data, flags(4, 0), flags(4, 2), qty=[2, np.nan, np.nan, np.nan], sl=[np.nan, 1, 1, 1], sl_stop=0.5)
    assert fills(some) == [(2, 100.0), (-2, 102.0)]


def test_a_frame_for_the_data_is_named_in_few_words() -> None:
    with pytest.raises(sc.DataError, match=r'as in \{"EURUSD": quotes\}, was DataFrame$'):
        sc.backtest_signals(bars(11, 12, 13), flags(3, 1))  # type: ignore[arg-type]


def test_a_copy_is_the_same_strategy() -> None:
    data = bars(100, 101, 102, 103)
    strategy = from_signals(flags(4, 1), bars="1D")
    again = pickle.loads(pickle.dumps(strategy))
    made = [sc.backtest(one, {"X": data}, instruments=[STOCK]) for one in (strategy, again, strategy)]
    assert [fills(r) for r in made] == [[(1, 101.0)]] * 3
    assert len({r.fingerprint for r in made}) == 1


REFUSED: list[tuple[tuple[Any, ...], dict[str, Any], str]] = [
    ((), {}, "give entries or short_entries, one flag a row"),
    ((None, flags(3, 1)), {}, "give entries or short_entries, one flag a row"),
    ((flags(2, 1),), {}, "entries has 2 rows, the data of X 3; give one for each"),
    ((flags(3, 1), flags(4, 1)), {}, "exits has 4 rows, the data of X 3; give one for each"),
    (([0, 2, 1],), {}, "entries must hold True and False; row 1 is "),
    ((["a", "b", "c"],), {}, "entries must hold True and False"),
    ((np.zeros((3, 2)),), {}, r"entries must be one flag a row, has shape \(3, 2\)"),
    ((flags(3, 1),), {"price": "mid"}, 'price must be "open" or "close", was \'mid\''),
    ((flags(3, 1),), {"qty": 1, "share": 1.0}, "give qty or share, not both"),
    ((flags(3, 1),), {"qty": [1, 2]}, r"qty has shape \(2,\); give one number, or one for each of 3 rows"),
    ((flags(3, 1),), {"sl": -1.0}, "sl must be above zero, holds -1"),
    ((flags(3, 1),), {"sl": 1.0, "sl_stop": 0.01}, "row 1: sl and sl_stop are both given; give one of them"),
    ((flags(3, 1),), {"tp": [np.nan, 2.0, np.nan], "tp_stop": 0.01}, "row 1: tp and tp_stop are both given"),
    ((flags(3, 1),), {"qty": [1.0, np.nan, 1.0]}, "row 1: qty is nan, though something is entered"),
    ((flags(3, 1),), {"size": 10}, r"size is the class of the book \(S, M or L\); say qty=10"),
    (
        (pd.Series(flags(3, 1), pd.date_range("2024-01-01 12:00", periods=3)),),
        {},
        "entries has a signal at 2024-01-02T12:00:00, and the data of X no row of that time; they go from 2024-01-01",
    ),
    ((flags(3, 1),), {"price": "close", "path": "dense"}, 'price="close" needs path="ohlc"'),
    ((pd.DataFrame({"Y": flags(3, 1)}),), {}, "entries has a column 'Y', which the data have not"),
    (
        (pd.Series(flags(3, 1), pd.date_range("2024-01-02", periods=3)),),
        {"price": "close"},
        "row 0 of entries has another time than that of X",
    ),
]


@pytest.mark.parametrize(("arrays", "given", "words"), REFUSED)
def test_what_does_not_fit_is_named(arrays: tuple[Any, ...], given: dict[str, Any], words: str) -> None:
    with pytest.raises(sc.DataError, match=words):
        run(bars(11, 12, 13), *arrays, **given)


def test_columns_must_be_those_of_the_data() -> None:
    data = {"A": bars(10, 11, 12), "B": bars(20, 21, 22)}
    stocks = [sc.Instrument.stock("A"), sc.Instrument.stock("B")]
    with pytest.raises(sc.DataError, match="entries must have a column for each of A, B"):
        sc.backtest_signals(data, flags(3, 1), instruments=stocks)
    with pytest.raises(sc.DataError, match="entries has no column for B"):
        sc.backtest_signals(data, {"A": flags(3, 1)}, instruments=stocks)
    with pytest.raises(sc.DataError, match="exits has columns"):
        from_signals({"A": [True]}, {"B": [True]}, bars="1D")


def slow(closes: np.ndarray, signals: list[np.ndarray]) -> list[tuple[float, float]]:
    """The rules of the module's text, row by row."""
    held, made = 0, []
    for price, (buy, close_long, sell, close_short) in zip(closes, zip(*signals, strict=True), strict=True):
        if buy and close_long:
            buy = close_long = False
        if sell and close_short:
            sell = close_short = False
        if buy and sell:
            buy = sell = False
        if held and ((held > 0 and (close_long or sell)) or (held < 0 and (close_short or buy))):
            made.append((-held, price))
            held = 0
        if held == 0 and (buy or sell):
            held = 1 if buy else -1
            made.append((held, price))
    return made


@pytest.mark.parametrize("seed", range(10))
def test_random_signals_keep_the_rules(seed: int) -> None:
    rng = np.random.default_rng(seed)
    closes = np.round(100 + np.cumsum(rng.normal(0, 1, 300)), 2)
    signals = [rng.random(300) < share for share in (0.2, 0.15, 0.2, 0.15)]
    r = run(bars(*closes), *signals, qty=1, price="close", cash=1e6)
    assert fills(r) == slow(closes, signals)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", ["GOOG", "EURUSD"])
def test_vectorbt_trades_the_same(shared: Path, name: str) -> None:
    vectorbt = pytest.importorskip("vectorbt", reason="needs vectorbt: pip install 'simcore[vectorbt]'")
    root = shared / "market-data"
    if not (root / OWN / f"{name}.csv").is_file():
        pytest.skip(f"needs the shared data: there is no {root / OWN / name}.csv")
    data = frame(root, f"{OWN}{name}.csv")
    rng = np.random.default_rng(1)
    signals = [rng.random(len(data)) < share for share in (0.05, 0.05, 0.05, 0.05)]
    signals = [pd.Series(s, data.index) for s in signals]
    theirs = vectorbt.Portfolio.from_signals(
        data["Close"], *signals[:2], short_entries=signals[2], short_exits=signals[3], size=1.0, init_cash=1e6
    )
    contract = sc.Instrument.cfd("X", price_digits=5, qty_min=1, qty_increment=1)
    r = sc.backtest_signals(
        {"X": data}, *signals, price="close", cash=1e6, instruments=[contract],
        broker=sc.Broker.preset("cash", mode="netting", money_digits=10),
    )  # fmt: skip
    orders = theirs.orders.records_readable
    side = np.where(orders["Side"] == "Buy", 1.0, -1.0)
    at = pd.DatetimeIndex(orders["Timestamp"]).astype("datetime64[ns]").asi8
    # a reversal is one order there and two here
    ours = r.fills.group_by(pl.col("ts"), maintain_order=True).agg(
        (pl.col("side") * pl.col("qty")).sum(), pl.col("price").first()
    )
    assert ours["side"].to_list() == (side * orders["Size"]).tolist()
    assert ours["price"].to_list() == pytest.approx(orders["Price"].tolist())
    step = int(np.median(np.diff(data.index.astype("datetime64[ns]").asi8)))
    assert (ours["ts"].to_physical().to_numpy() - at <= step).all()
    assert r.account["equity"] == pytest.approx(float(theirs.final_value()))
