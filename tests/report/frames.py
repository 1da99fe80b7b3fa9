"""A made-up run of realistic size: a million quotes, 5,000 equity samples, 300 trades, one stop-out.

Everything hangs together: trades happen at quotes of the path, the balance is the cash plus what the trades made, and
equity adds what is open at the sample. One position at a time, 1 EURUSD lot = 100,000, leverage 100.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from tests.times import SECOND

START = 1_704_153_600 * SECOND  # 2024-01-02T00:00:00Z
TIME = pl.Datetime("ns", "UTC")
CASH, SPREAD, LOT, FEE = 10_000.0, 0.00008, 100_000.0, 3.5
EVENT = {
    "ts": TIME,
    "type": pl.String,
    "symbol": pl.String,
    "order": pl.Int64,
    "position": pl.Int64,
    "reason": pl.String,
    "sentence": pl.String,
    "a": pl.Float64,
    "b": pl.Float64,
    "c": pl.Float64,
    "d": pl.Float64,
}


@dataclass(frozen=True)
class MadeRun:
    """The frames of a run, and the facts beside them."""

    prices: pl.DataFrame
    equity: pl.DataFrame
    trades: pl.DataFrame
    fills: pl.DataFrame
    orders: pl.DataFrame
    events: pl.DataFrame
    start_ns: int
    end_ns: int

    def frames(self) -> dict[str, pl.DataFrame]:
        return {n: getattr(self, n) for n in ("equity", "trades", "fills", "orders", "events")}


def times(ns: object) -> pl.Series:
    """int64 ns UTC as a column of times."""
    return pl.Series(np.asarray(ns, dtype=np.int64)).cast(TIME)


def no_events() -> pl.DataFrame:
    return pl.DataFrame(schema=EVENT)


def made_run(n_quotes: int = 1_000_000, n_trades: int = 300, n_samples: int = 5_000, seed: int = 7) -> MadeRun:
    """The run; the same seed gives the same run."""
    rng = np.random.default_rng(seed)
    ts, bid = _path(rng, n_quotes)
    trades = _trades(rng, ts, bid, n_trades)
    equity = _equity(ts, bid, trades, n_samples)
    events = _events(trades, equity)
    prices = pl.DataFrame({"ts": times(ts), "bid": bid, "ask": np.round(bid + SPREAD, 5)})
    orders = _orders(trades, rng)
    return MadeRun(prices, equity, trades, _fills(trades), orders, events, int(ts[0]), int(ts[-1]))


def _path(rng: np.random.Generator, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Quotes of half a year, silent from Friday 22:00 to Sunday 22:00; with a million of them, seconds apart."""
    ts = START + np.cumsum(rng.integers(1, 23, n)) * (1_000_000 * SECOND // n)
    week, open_part = 7 * 86_400 * SECOND, 5 * 86_400 * SECOND
    since_monday = ts - START + 86_400 * SECOND + 2 * 3_600 * SECOND
    ts = ts + since_monday // open_part * (week - open_part)
    bid = np.round(1.10 + np.cumsum(rng.standard_t(4, n)) * 3e-5 * np.sqrt(1e6 / n), 5)
    return ts, bid


def _plan(rng: np.random.Generator, bid: np.ndarray, n: int) -> tuple[np.ndarray, ...]:
    """Rows of entry and exit, side and size of each trade; and which one ends in the stop-out."""
    cuts = np.sort(rng.choice(np.arange(100, bid.size - 100), 2 * n, replace=False))
    entry, leave = cuts[0::2], cuts[1::2]
    side = rng.choice([-1, 1], n)
    loses = side * (bid[leave] - bid[entry]) < 0
    side = np.where(loses & (rng.random(n) < 0.22), -side, side)  # a strategy with some edge
    qty = np.round(rng.uniform(0.05, 0.3, n), 2)
    stopped = int(np.argmax(np.abs(bid[leave] - bid[entry])))
    side[stopped] = -1 if bid[leave[stopped]] > bid[entry[stopped]] else 1
    # it ends with equity at half its margin: cash - move * LOT * qty = 0.5 * qty * LOT * price / 100
    move, price = abs(bid[leave[stopped]] - bid[entry[stopped]]), bid[entry[stopped]]
    qty[stopped] = np.round(CASH / (move * LOT + 0.005 * LOT * price), 2)
    return entry, leave, side, qty, np.array(stopped)


def _trades(rng: np.random.Generator, ts: np.ndarray, bid: np.ndarray, n: int) -> pl.DataFrame:
    entry, leave, side, qty, stopped = _plan(rng, bid, n)
    bought, sold = np.round(bid + SPREAD, 5), bid
    entry_price = np.where(side > 0, bought[entry], sold[entry])
    exit_price = np.where(side > 0, sold[leave], bought[leave])
    pnl = np.round(side * (exit_price - entry_price) * LOT * qty, 2)
    nights = (ts[leave] // (86_400 * SECOND) - ts[entry] // (86_400 * SECOND)).astype(float)
    swap, commission = np.round(-2.1 * nights * qty, 2), np.round(2 * FEE * qty, 2)
    net = np.round(pnl + swap - commission, 2)
    low, high = np.quantile(pnl, 0.2), np.quantile(pnl, 0.85)
    why = [("take_profit" if x > high else "stop_loss" if x < low else "order") for x in pnl]
    why[int(stopped)] = "stop_out"
    return pl.DataFrame(
        {
            "position": np.arange(1, n + 1) * 2 - 1,
            "symbol": ["EURUSD"] * n,
            "side": side,
            "qty": qty,
            "entry_time": times(ts[entry]),
            "entry_price": entry_price,
            "exit_time": times(ts[leave]),
            "exit_price": exit_price,
            "pnl": pnl,
            "swap": swap,
            "commission": commission,
            "net": net,
            "return_pct": 100.0 * net / (entry_price * LOT * qty),
            "duration": pl.Series(ts[leave] - ts[entry]).cast(pl.Duration("ns")),
            "why": pl.Series(why, dtype=pl.String),
            "tag": pl.Series([None if i % 3 else "breakout" for i in range(n)], dtype=pl.String),
            "sl": entry_price - side * 0.004,
            "tp": entry_price + side * 0.006,
            "entry_order": np.arange(1, n + 1) * 2 - 1,
            "exit_order": [2 * i + 2 if w == "order" else 0 for i, w in enumerate(why)],
        }
    )


def _equity(ts: np.ndarray, bid: np.ndarray, trades: pl.DataFrame, n: int) -> pl.DataFrame:
    rows = np.linspace(0, ts.size - 1, n).astype(int)
    at = ts[rows]
    begin, end = (trades[c].cast(pl.Int64).to_numpy() for c in ("entry_time", "exit_time"))
    closed = np.searchsorted(end, at, side="right")
    balance = CASH + np.append(0.0, np.cumsum(trades["net"].to_numpy()))[closed]
    i = np.minimum(closed, trades.height - 1)
    held = (begin[i] <= at) & (at < end[i])
    side, qty, price = (trades[c].to_numpy()[i] for c in ("side", "qty", "entry_price"))
    mark = np.where(side > 0, bid[rows], bid[rows] + SPREAD)
    equity = balance + np.where(held, side * (mark - price) * LOT * qty, 0.0)
    used = np.where(held, qty * LOT * price / 100.0, 0.0)
    level = np.divide(equity, used, out=np.full(n, np.inf), where=used > 0.0)
    columns = {"balance": balance, "equity": equity, "used_margin": used, "free_margin": equity - used}
    return pl.DataFrame({"ts": times(at), **{k: np.round(v, 2) for k, v in columns.items()}, "margin_level": level})


def _fills(trades: pl.DataFrame) -> pl.DataFrame:
    t = trades
    balance = CASH + t["net"].cum_sum()
    none = pl.lit(0.0)
    opened = t.select(
        ts="entry_time", order="entry_order", position="position", symbol="symbol", side="side", qty="qty",
        price="entry_price", commission=pl.col("commission") / 2, pnl=none, swap=none, slippage=none,
        why=pl.lit("order"), tag="tag", maker=pl.lit(False), balance=balance - t["net"],
    )  # fmt: skip
    closed = t.select(
        ts="exit_time", order="exit_order", position="position", symbol="symbol", side=-pl.col("side"), qty="qty",
        price="exit_price", commission=pl.col("commission") / 2, pnl="pnl", swap="swap", slippage=none,
        why="why", tag="tag", maker=pl.lit(False), balance=balance,
    )  # fmt: skip
    return pl.concat([opened, closed]).sort("ts", maintain_order=True)


def _orders(trades: pl.DataFrame, rng: np.random.Generator) -> pl.DataFrame:
    n, nan = trades.height, float("nan")
    rows = [
        (2 * i + 1, ts, "EURUSD", side, "market", qty, qty, price, nan, nan, sl, tp, "gtc", "FILLED", None, None, tag)
        for i, (ts, side, qty, price, sl, tp, tag) in enumerate(
            trades.select("entry_time", "side", "qty", "entry_price", "sl", "tp", "tag").iter_rows()
        )
    ]
    for k in range(14):
        qty = float(np.round(rng.uniform(9, 30), 2))
        need, free = qty * 1_100.0, 10_412.55
        why = f"needs {need:,.2f} USD of margin for {qty:g} lots, free margin is {free:,.2f} USD"
        ts = trades["entry_time"][int(k * n / 14)]
        rows.append((2 * n + k + 1, ts, "EURUSD", 1, "market", qty, 0.0, nan, nan, nan, nan, nan, "gtc", "REJECTED",
                     "NO_MONEY", why, None))  # fmt: skip
    why = "sl 1.10010 is 0.1 pips from the bid 1.10011; the broker's stops level is 10 points"
    rows.append((2 * n + 20, trades["entry_time"][5], "EURUSD", -1, "limit", 0.5, 0.0, nan, 1.1032, nan, 1.1001, nan,
                 "day", "REJECTED", "STOPS_TOO_CLOSE", why, "<b>grid</b>"))  # fmt: skip
    names = ("id", "ts", "symbol", "side", "type", "qty", "filled", "avg_price", "limit", "stop", "sl", "tp", "tif",
             "status", "reason", "sentence", "tag")  # fmt: skip
    kinds = {"ts": TIME, "reason": pl.String, "sentence": pl.String, "tag": pl.String}
    return pl.DataFrame(rows, schema=list(names), orient="row", schema_overrides=kinds)


def _events(trades: pl.DataFrame, equity: pl.DataFrame) -> pl.DataFrame:
    rows = []
    for ts, position, swap in trades.select("exit_time", "position", "swap").iter_rows():
        if swap:
            rows.append((ts, "swap", "EURUSD", 0, position, None, f"swap {swap:.2f} USD", swap, 1.0, swap, 0.0))
    end = trades.filter(pl.col("why") == "stop_out")
    ts, qty, price, net, position = end.select("exit_time", "qty", "entry_price", "net", "position").row(0)
    used = qty * LOT * price / 100.0
    for kind, share, words in (
        ("margin_call", 1.0, "margin level fell to 100.0 %, the margin call level"),
        (
            "stop_out",
            0.5,
            "margin level 49.9 % is at or below 50 %: position closed at market, it had the largest loss",
        ),
    ):
        level = share - 0.001
        rows.append((ts, kind, "EURUSD", 0, position, None, words, level * used, used, level, net))
    return pl.DataFrame(rows, schema=EVENT, orient="row").sort("ts", maintain_order=True)
