"""What a run leaves behind: frames, statistics, the final account, a fingerprint.

Nothing is computed until asked for: the call that ran the backtest returns after the replay. Frames are polars
(`.to_pandas()` works), times are UTC, money is in the account's currency, qty in the instrument's own unit. An order
filled at one price is one fill; a trade is one exit of a position, so a position closed in two parts is two trades.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.reasons import describe_event, sentence
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce, Why
from simcore.market.feed import Feed

if TYPE_CHECKING:
    import pandas as pd

Table = NDArray[Any]
TIME = pl.Datetime("ns", "UTC")


@dataclass(frozen=True, kw_only=True)
class Run:
    """The facts of one run, as the driver hands them over."""

    strategy: str  # its name
    parameters: Mapping[str, Any]
    broker: Broker
    instruments: Sequence[Instrument]
    cash: float
    feed: Feed
    tables: Mapping[str, Table]  # of the tape, whole
    account: Mapping[str, float]
    totals: Mapping[str, float]  # sums the account kept
    rules: bytes
    state: bytes
    sample_every: int
    seconds: float  # of the replay alone
    tags: Mapping[int, str] = field(default_factory=dict)


class Result:
    """A finished run; see the module's text. Made by `simcore.backtest`."""

    def __init__(self, run: Run) -> None:
        self.run = run

    def __repr__(self) -> str:
        a = self.account
        return (
            f"Result({self.run.strategy}, {len(self.run.feed):,} rows, {self.run.tables['trades'].size} trades, "
            f"equity {a['equity']:,.2f} {self.run.broker.currency})"
        )

    @property
    def account(self) -> dict[str, float]:
        """balance, credit, equity, used_margin, free_margin, margin_level, unrealized_pnl at the end."""
        return dict(self.run.account)

    @cached_property
    def fills(self) -> pl.DataFrame:
        """One row an execution."""
        t = self.run.tables["fills"]
        return pl.DataFrame(
            {
                "ts": _time(t["ts"]),
                "order": t["order"],
                "position": t["position"],
                "symbol": self._symbols(t["instrument"]),
                "side": t["side"],
                "qty": t["qty"],
                "price": t["price"],
                "commission": t["commission"],
                "pnl": t["pnl"],
                "swap": t["swap"],
                "slippage": t["slippage"],
                "closed_qty": t["closed_qty"],
                "why": _names(Why, t["why"]),
                "maker": t["maker"].astype(bool),
                "tag": self._tags(t["tag"]),
                "balance": t["balance"],
            }
        )

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row an exit; pnl is gross, net = pnl + swap - commission, return_pct = net over entry notional."""
        t = self.run.tables["trades"]
        net = t["pnl"] + t["swap"] - t["commission"]
        notional = self._notional(t)
        return pl.DataFrame(
            {
                "position": t["position"],
                "symbol": self._symbols(t["instrument"]),
                "side": t["side"],
                "qty": t["qty"],
                "entry_time": _time(t["entry_ts"]),
                "entry_price": t["entry_price"],
                "exit_time": _time(t["exit_ts"]),
                "exit_price": t["exit_price"],
                "pnl": t["pnl"],
                "swap": t["swap"],
                "commission": t["commission"],
                "net": np.round(net, self.run.broker.money_digits),
                "return_pct": np.divide(100.0 * net, notional, out=np.zeros_like(net), where=notional > 0.0),
                "duration": pl.Series(t["exit_ts"] - t["entry_ts"]).cast(pl.Duration("ns")),
                "why": _names(Why, t["why"]),
                "tag": self._tags(t["tag"]),
                "sl": t["sl"],
                "tp": t["tp"],
                "entry_order": t["entry_order"],
                "exit_order": t["exit_order"],
            }
        )

    @cached_property
    def orders(self) -> pl.DataFrame:
        """One row an order, as it stood last; refusals carry their sentence."""
        changes = self.run.tables["changes"]
        o = changes["order"]
        last = np.sort(len(o) - 1 - np.unique(o["id"][::-1], return_index=True)[1])
        changes, o = changes[last], o[last]
        by_id = np.argsort(o["id"], kind="stable")
        changes, o = changes[by_id], o[by_id]
        filled = o["filled"]
        return pl.DataFrame(
            {
                "id": o["id"],
                "ts": _time(o["ts"]),
                "symbol": self._symbols(o["instrument"]),
                "side": o["side"],
                "type": _names(OrderType, o["type"]),
                "tif": _names(TimeInForce, o["tif"]),
                "qty": o["qty"],
                "filled": filled,
                "avg_price": np.divide(o["value"], filled, out=np.full(len(o), np.nan), where=filled > 0.0),
                "limit": o["limit"],
                "stop": o["stop"],
                "trail": o["trail"],
                "sl": o["sl"],
                "tp": o["tp"],
                "status": [Status(int(s)).name for s in o["status"]],
                "reason": [Reason(int(r)).name if r else None for r in o["reason"]],
                "sentence": [self._sentence(c) for c in changes],
                "commission": o["commission"],
                "parent": o["parent"],
                "oco": o["oco"],
                "tag": self._tags(o["tag"]),
                "changed": _time(changes["at"]),
            },
            strict=False,
        ).with_columns(pl.col("reason", "sentence").cast(pl.String))

    @cached_property
    def events(self) -> pl.DataFrame:
        """Margin calls, stop-outs, swaps, deposits, refusals: what happened to the account, in order."""
        t = self.run.tables["events"]
        return pl.DataFrame(
            {
                "ts": _time(t["ts"]),
                "type": _names(EventKind, t["kind"]),
                "symbol": self._symbols(t["instrument"]),
                "order": t["order"],
                "position": t["position"],
                "reason": [Reason(int(r)).name if r else None for r in t["reason"]],
                "sentence": [self._describe(row) for row in t],
                "a": t["a"],
                "b": t["b"],
                "c": t["c"],
                "d": t["d"],
            },
            strict=False,
        ).with_columns(pl.col("reason", "sentence").cast(pl.String))

    @cached_property
    def equity(self) -> pl.DataFrame:
        """Samples of the account: at fixed times, or at every bar's close where the data are bars."""
        t = self.run.tables["samples"]
        keep = np.ones(len(t), bool)
        if len(t) > 1:
            keep[:-1] = t["ts"][1:] != t["ts"][:-1]
        t = t[keep]
        used = t["used_margin"]
        return pl.DataFrame(
            {
                "ts": _time(t["ts"]),
                "balance": t["balance"],
                "equity": t["equity"],
                "used_margin": used,
                "free_margin": np.round(t["equity"] - used, self.run.broker.money_digits),
                "margin_level": np.divide(t["equity"], used, out=np.full(len(t), np.inf), where=used > 0.0),
            }
        )

    @cached_property
    def round_trips(self) -> pl.DataFrame:
        """One row from flat to flat an instrument: what was made between being out of the market twice."""
        rows = []
        for symbol, fills in self.fills.partition_by("symbol", as_dict=True, maintain_order=True).items():
            rows += _round_trips(str(symbol[0]), fills)
        schema: dict[str, Any] = {
            "symbol": pl.String,
            "entry_time": TIME,
            "exit_time": TIME,
            "fills": pl.Int64,
            "net": pl.Float64,
        }
        return pl.DataFrame(rows, schema=schema, orient="row").sort("exit_time")

    @cached_property
    def stats(self) -> pd.Series:
        """backtesting.py's keys first, then ours; money in account currency."""
        from simcore.report.stats import stats

        feed = self.run.feed
        return stats(
            equity=self.equity,
            trades=self.trades,
            fills=self.fills,
            events=self.events,
            orders=self.orders,
            start_ns=int(feed.ts[0]),
            end_ns=int(feed.ts[-1]),
            cash=self.run.cash,
            currency=self.run.broker.currency,
            ticks=len(feed),
            benchmark=self.prices(feed.symbols[0]),
            strategy=self.run.strategy,
        )

    def prices(self, symbol: str) -> pl.DataFrame:
        """What the account saw of one instrument: ts, bid, ask, a row an event."""
        feed = self.run.feed
        columns = {"ts": feed.ts, "bid": feed.bid, "ask": feed.ask}
        if feed.instrument is not None:
            rows = feed.instrument == feed.symbols.index(symbol)
            columns = {name: column[rows] for name, column in columns.items()}
        return pl.DataFrame({**columns, "ts": _time(columns["ts"])})

    @cached_property
    def fingerprint(self) -> str:
        """sha256 over inputs, rules and final state: equal runs, equal fingerprints."""
        digest = hashlib.sha256()
        run = self.run
        digest.update(repr((run.strategy, sorted(run.parameters.items()), run.feed.symbols, run.cash)).encode())
        for column in (run.feed.ts, run.feed.bid, run.feed.ask, run.feed.instrument, run.feed.kind):
            if column is not None:
                digest.update(np.ascontiguousarray(column).data)
        digest.update(run.rules)
        digest.update(run.state)
        return digest.hexdigest()

    def report(self, path: str | os.PathLike[str]) -> Path:
        """Write the run as one HTML file that needs nothing else, whole or not at all, and return its path.

        Raises WriteError, an OSError of one line, where it cannot be written.
        """
        from simcore.report.html import report

        run = self.run
        return report(
            path,
            title=f"{run.strategy} on {', '.join(run.feed.symbols)}",
            stats=self.stats,
            equity=self.equity,
            trades=self.trades,
            fills=self.fills,
            orders=self.orders,
            events=self.events,
            prices={symbol: self.prices(symbol) for symbol in run.feed.symbols},
            margin_call_level=run.broker.margin_call_level,
            stop_out_level=run.broker.stop_out_level,
            stop_out_mode=run.broker.stop_out_mode,
            assumptions=self._assumptions(),
        )

    def _assumptions(self) -> dict[str, str]:
        run, broker = self.run, self.run.broker
        parameters = ", ".join(f"{name}={value}" for name, value in run.parameters.items())
        charged = broker.commission.model_dump(exclude_defaults=True, exclude_none=True)
        commission = ", ".join(f"{name} {value}" for name, value in charged.items())
        swaps = [i for i in run.instruments if i.swap_mode != "disabled" and (i.swap_long or i.swap_short)]
        return {
            "Parameters": parameters or "none",
            "Broker": f"{broker.preset_name or 'of your own'}, rules as of {broker.as_of or 'no date'}",
            "Account": f"{broker.mode}, {run.cash:,.2f} {broker.currency}, leverage {broker.leverage:g}",
            "Commission": commission or "none",
            "Swap": ", ".join(f"{i.symbol} {i.swap_long:g} long, {i.swap_short:g} short" for i in swaps) or "none",
            "Latency": f"{_delay(broker.latency_ms)} to the venue, {_delay(broker.feed_latency_ms)} from it",
            "Fills": "the fill assumptions of simcore.kernel.match; limits fill at their own price"
            + (" or better" if broker.limit_fill == "improve" else ""),
            "Fingerprint": self.fingerprint,
        }

    # ---- how rows become names

    def _symbols(self, k: Table) -> pl.Series:
        names = np.array([*self.run.feed.symbols], dtype=object)
        return pl.Series(names[k] if len(k) else [], dtype=pl.String)

    def _tags(self, tag: Table) -> pl.Series:
        return pl.Series([self.run.tags.get(int(t), str(t)) if t else None for t in tag], dtype=pl.String)

    def _notional(self, t: Table) -> NDArray[np.float64]:
        sizes = np.array([float(i.contract_size) for i in self.run.instruments])
        return np.abs(t["qty"] * t["entry_price"] * sizes[t["instrument"]]) if len(t) else np.zeros(0)

    def _sentence(self, change: Any) -> str | None:
        o = change["order"]
        if o["reason"] == 0:
            return None
        numbers = [float(change[n]) for n in "abcd"]
        return sentence(
            int(o["reason"]),
            *numbers,
            side=int(o["side"]),
            qty=float(o["qty"]),
            type=int(o["type"]),
            **self._words(int(o["instrument"])),
        )

    def _describe(self, row: Any) -> str:
        in_money = self.run.broker.stop_out_mode == "money"
        return describe_event(row, in_money=in_money, **self._words(int(row["instrument"])))

    def _words(self, k: int) -> dict[str, Any]:
        broker = self.run.broker
        words: dict[str, Any] = {"currency": broker.currency, "money_digits": broker.money_digits}
        if k < len(self.run.instruments):
            words |= {"symbol": self.run.instruments[k].symbol, "digits": self.run.instruments[k].price_digits}
        return words


def _delay(latency: Any) -> str:
    return f"{latency:g} ms" if isinstance(latency, int | float) else "drawn from a table"


def _time(ns: Table) -> pl.Series:
    return pl.Series(np.ascontiguousarray(ns), dtype=pl.Int64).cast(TIME)


def _names(codes: Any, values: Table) -> pl.Series:
    names = {int(code): code.name.lower() for code in codes}
    return pl.Series([names[int(v)] for v in values], dtype=pl.String)


def _round_trips(symbol: str, fills: pl.DataFrame) -> list[tuple[Any, ...]]:
    rows: list[tuple[Any, ...]] = []
    held, net, n, start = 0.0, 0.0, 0, None
    columns = ("ts", "side", "qty", "pnl", "swap", "commission")
    for ts, side, qty, pnl, swap, commission in fills.select(columns).iter_rows():
        before = held
        held = round(held + side * qty, 10)
        start = ts if n == 0 else start
        net, n = net + pnl + swap - commission, n + 1
        if held == 0.0 or before * held < 0.0:  # flat, or through it: a reversal ends one and begins the next
            rows.append((symbol, start, ts, n, round(net, 10)))
            net, n, start = 0.0, (0 if held == 0.0 else 1), ts
    return rows
