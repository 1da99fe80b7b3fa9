"""The tables of a run as frames: fills, trades, orders, events, equity, round trips.

Frames are polars (`.to_pandas()` works), times are UTC, money is in the account's currency, qty in the instrument's own
unit. An order filled at one price is one fill; a trade is one exit of a position, so a position closed in two parts is
two trades; a round trip goes from flat to flat. Each frame is made when it is first asked for.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import polars as pl

from simcore.brokers.words import Words
from simcore.kernel.enums import EventKind, OrderType, Reason, Status, TimeInForce, Why
from simcore.report.curve import Float64, Int64, last_of_each
from simcore.report.line import Line, line_of
from simcore.report.round_trips import round_trips
from simcore.report.sheet import Coded, Columns, Sheet
from simcore.run import Run, Table
from simcore.run.codes import NAMES, named
from simcore.run.exposure import shares
from simcore.run.made import made, paid
from simcore.run.seen import Look, Seen, looked, see_together

TIME = pl.Datetime("ns", "UTC")
REFUSED = (int(Status.REJECTED), int(Status.DENIED))


class Frames:
    """The frames of one run."""

    run: Run

    @cached_property
    def seen(self) -> Seen:
        """What the ticks say about fills, trades and samples; they are read for it once."""
        return see_together(self.run.feed.market, [self.look])[0]

    @property
    def look(self) -> Look:
        """What there is to see in the ticks."""
        return Look(self.run.tables, self.run.rules, self.run.sample_every)

    @cached_property
    def fills(self) -> pl.DataFrame:
        """One row an execution; in money: slippage paid against the quote, half of the spread, the value traded."""
        t = self.run.tables["fills"]
        return pl.DataFrame(
            {
                "ts": time_column(t["ts"]),
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
                **self._paid,
                "closed_qty": t["closed_qty"],
                "why": named(Why, t["why"]),
                "maker": t["maker"].astype(bool),
                "tag": self._tags(t["tag"]),
                "balance": t["balance"],
            }
        )

    @cached_property
    def trades(self) -> pl.DataFrame:
        """One row an exit; pnl is gross, net = pnl + swap - commission, return_pct = net over entry notional.

        mae and mfe: the most it was down and up while held, in money at the exit's conversion and before costs; their
        _pct are of the entry price. See `report.ticks` for what is looked at.
        """
        t, own = self.run.tables["trades"], self._made
        return pl.DataFrame(
            {
                "position": t["position"],
                "symbol": self._symbols(t["instrument"]),
                "side": t["side"],
                "qty": t["qty"],
                "entry_time": time_column(t["entry_ts"]),
                "entry_price": t["entry_price"],
                "exit_time": time_column(t["exit_ts"]),
                "exit_price": t["exit_price"],
                "pnl": t["pnl"],
                "swap": t["swap"],
                "commission": t["commission"],
                "net": own["net"],
                "return_pct": own["return_pct"],
                "duration": pl.Series(t["exit_ts"] - t["entry_ts"]).cast(pl.Duration("ns")),
                **{name: own[name] for name in ("mae", "mfe", "mae_pct", "mfe_pct")},
                "why": named(Why, t["why"]),
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
        changes = self._last_changes
        o = changes["order"]
        filled = o["filled"]
        return pl.DataFrame(
            {
                "id": o["id"],
                "ts": time_column(o["ts"]),
                "symbol": self._symbols(o["instrument"]),
                "side": o["side"],
                "type": named(OrderType, o["type"]),
                "tif": named(TimeInForce, o["tif"]),
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
                "sentence": [self._words.refusal(c) for c in changes],
                "commission": o["commission"],
                "parent": o["parent"],
                "oco": o["oco"],
                "tag": self._tags(o["tag"]),
                "changed": time_column(changes["at"]),
            },
            strict=False,
        ).with_columns(pl.col("status", "reason", "sentence").cast(pl.String))

    @property
    def counted(self) -> dict[str, Sheet]:
        """What statistics are made of: numbers, without a name or a sentence."""
        trades, fills, events, changes = (self.run.tables[n] for n in ("trades", "fills", "events", "changes"))
        times = {"entry_time": trades["entry_ts"], "exit_time": trades["exit_ts"]}
        costs = {name: fills[name] for name in ("commission", "swap", "slippage")}
        told = {"ts": events["ts"], "type": Coded(events["kind"], NAMES[EventKind])}
        status = changes["order"]["status"][_last_of(changes["order"]["id"])]
        return {
            "equity": Sheet(self.sampled),
            "trades": Sheet({"side": trades["side"], **times, **self._made}),
            "fills": Sheet({**costs, **self._paid}),
            "events": Sheet({**told, **{name: events[name] for name in "abcd"}}),
            "orders": Sheet({"status": Coded(status, NAMES[Status])}),
            "exposure": Sheet(self._exposure),
        }

    @cached_property
    def _made(self) -> Columns:
        return made(self.run, self.seen)

    @cached_property
    def _paid(self) -> Columns:
        return paid(self.run, self.seen)

    @cached_property
    def _last_changes(self) -> Table:
        """Each order's last change, by its id."""
        changes = self.run.tables["changes"]
        return changes[_last_of(changes["order"]["id"])]

    @cached_property
    def events(self) -> pl.DataFrame:
        """Margin calls, stop-outs, swaps, deposits, refusals: what happened to the account, in order.

        An order's refusal stands behind what else happened at its instant; a to d are the numbers of the sentence.
        """
        t, changes = self.run.tables["events"], self.run.tables["changes"]
        refused = changes[np.isin(changes["order"]["status"], REFUSED)]
        told = [self._words.event(row) for row in t]
        told += [f"order {c['order']['id']} refused: {self._words.refusal(c)}" for c in refused]
        t = np.concatenate([t, _as_events(refused, t.dtype)])
        in_time = np.argsort(t["ts"], kind="stable")
        t = t[in_time]
        return pl.DataFrame(
            {
                "ts": time_column(t["ts"]),
                "type": named(EventKind, t["kind"]),
                "symbol": self._symbols(t["instrument"]),
                "order": t["order"],
                "position": t["position"],
                "reason": [Reason(int(r)).name if r else None for r in t["reason"]],
                "sentence": [told[i] for i in in_time],
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
        columns = dict(self.sampled)
        free = np.round(self._free_equity(columns) - columns["used_margin"], self.run.broker.money_digits)
        level, ts = columns.pop("margin_level"), columns.pop("ts")
        return pl.DataFrame({"ts": time_column(ts), **columns, "free_margin": free, "margin_level": level})

    @cached_property
    def sampled(self) -> Columns:
        """What the samples say, of several at one time the last."""
        t = self.run.tables["samples"]
        keep = np.ones(len(t), bool)
        if len(t) > 1:
            keep[:-1] = t["ts"][1:] != t["ts"][:-1]
        found = {name: t[name][keep] for name in ("ts", "balance", "equity", "used_margin")}
        used = found["used_margin"]
        level = np.divide(found["equity"], used, out=np.full(used.size, np.inf), where=used > 0.0)
        return {**found, "margin_level": level}

    @cached_property
    def line(self) -> Line:
        """The equity samples as statistics need them."""
        return self.line_in(self.seen.bars)

    def line_in(self, bars: Int64 | None) -> Line:
        """The same where these are the starts of the data's bars."""
        paid = self.run.tables["events"]
        paid = paid[paid["kind"] == EventKind.DEPOSIT]
        deposits = {"ts": paid["ts"], "type": Coded(paid["kind"], NAMES[EventKind]), "a": paid["a"]}
        return line_of(self.sampled, deposits, self.run.feed.start, self.run.cash, bars)

    def _free_equity(self, t: Columns) -> Float64:
        """Equity at the samples as free margin counts it (Broker.free_margin_mode)."""
        mode = self.run.broker.free_margin_mode
        if mode == "all":
            return np.asarray(t["equity"])
        paid = self.run.tables["events"]
        paid = paid[paid["kind"] == EventKind.DEPOSIT]
        credit = np.concatenate(([0.0], paid["c"]))[np.searchsorted(paid["ts"], t["ts"], "right")]
        settled = t["balance"] + credit
        bounds = {"none": (0.0, 0.0), "profit": (0.0, np.inf), "loss": (-np.inf, 0.0)}[mode]
        return np.asarray(settled + np.clip(t["equity"] - settled, *bounds))

    @cached_property
    def exposure(self) -> pl.DataFrame:
        """One row a sample: what was held long and short, in money, gross, net, and gross over equity in per cent."""
        return pl.DataFrame({"ts": time_column(self.sampled["ts"]), **self._exposure})

    @cached_property
    def _exposure(self) -> Columns:
        samples = self.sampled
        ts = looked(samples["ts"], self.run.sample_every)
        return shares(samples["equity"], ts, self.run.tables["fills"], self.seen)

    @cached_property
    def round_trips(self) -> pl.DataFrame:
        """One row from flat to flat an instrument: what was made between being out of the market twice.

        Flat means that nothing is open: opposite tickets of a hedging account are one trip until the last is closed.
        A reversal ends one trip and begins the next, each with its share of that fill's commission.
        """
        shares = self.seen.splits.shares(self.run.tables["fills"])
        quantities = [pl.Series(name, shares[name]) for name in ("qty", "closed_qty")]
        return round_trips(self.fills.with_columns(quantities), self.run.broker.money_digits)

    # ---- how rows become names

    def _symbols(self, k: Table) -> pl.Series:
        names = np.array([*self.run.feed.symbols], dtype=object)
        return pl.Series(names[k] if len(k) else [], dtype=pl.String)

    def _tags(self, tag: Table) -> pl.Series:
        return pl.Series([self.run.tags.get(int(t), str(t)) if t else None for t in tag], dtype=pl.String)

    @cached_property
    def _words(self) -> Words:
        return Words(self.run.broker, self.run.instruments)


def _as_events(changes: Table, dtype: Any) -> Table:
    """Changes of refused orders as rows of the tape's events table."""
    rows = np.zeros(len(changes), dtype)
    rows["ts"], rows["kind"] = changes["at"], int(EventKind.ORDER_REFUSED)
    rows["order"], rows["instrument"], rows["reason"] = (changes["order"][n] for n in ("id", "instrument", "reason"))
    for name in "abcd":
        rows[name] = changes[name]
    return rows


def time_column(ns: Table) -> pl.Series:
    return pl.Series(np.ascontiguousarray(ns), dtype=pl.Int64).cast(TIME)


def see_results(runs: Sequence[Frames]) -> None:
    """Let many runs on the same ticks see them in one pass."""
    if runs:
        for one, seen in zip(runs, see_together(runs[0].run.feed.market, [one.look for one in runs]), strict=True):
            one.seen = seen


def _last_of(numbers: Table) -> Table:
    """The last row of each number, in the order of the numbers."""
    order = np.argsort(numbers, kind="stable")
    return order[last_of_each(numbers[order])]
