"""The rules of one account, read from a plain dict (with the field names and defaults of Broker) into Decimals."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from .terms import MILLISECOND, NEARLY, ONE, Terms, need, number


@dataclass(frozen=True)
class Rules:
    """The account's rules."""

    currency: str
    leverage: Decimal
    hedging: bool
    exchange: bool
    valuation: str
    margin_current: bool
    profit_conversion: str
    levers: tuple[Mapping[str, Any], ...]  # floating leverage
    pending_margin: bool
    call_level: Decimal | None
    stop_out_level: Decimal | None
    levels_are: str  # percent, or amounts of equity or free_margin
    stop_out_fully_hedged: bool
    stop_out_splits: bool
    stop_out_closes_all: bool
    stop_out_target: Decimal | None
    negative_balance_protection: bool
    withdraw_credit: bool
    fifo_close: bool
    hedge_allowed: bool
    limit_orders: int
    limit_positions: int
    money_digits: int
    at_mid: bool
    commission: Mapping[str, Any]
    slippage: Mapping[str, Decimal]
    latency: int  # ns, the constant part
    latencies: tuple[int, ...]  # ns, one of which is drawn on top
    latency_seed: int
    improve: bool
    reject_marketable: bool
    changes_when_closed: bool
    follows_path: bool
    rollover: str
    day_start: str
    calendar: str | None
    margin_rates_daily: bool
    free_margin: str  # which floating result counts: all, none, profit, loss
    holidays: tuple[dt.date, ...]  # of swaps
    weekend_margin: Mapping[str, Any]
    holiday_margin: Mapping[str, Any]
    dynamic: Mapping[str, Any]
    gates: Mapping[str, Any]
    limits: Mapping[str, Any]

    def leverage_of(self, t: Terms) -> Decimal:
        """The account's, or the instrument's own where that is lower."""
        return self.leverage if t.max_leverage is None else min(self.leverage, t.max_leverage)

    def latency_of(self, number: int) -> int:
        """ns under way: the constant part and the one of the table that a hash of the request's number picks."""
        if not self.latencies:
            return self.latency
        whole = (1 << 64) - 1
        x = (number * 0x9E3779B97F4A7C1 + self.latency_seed * 0x5851F42D4C957F2D) & whole
        x ^= x >> 31
        x = x * 0x14057B7EF767814F & whole
        x ^= x >> 29
        return self.latency + self.latencies[(x & ((1 << 47) - 1)) % len(self.latencies)]

    def money(self, amount: Decimal) -> Decimal:
        """Round half away from zero to the account's digits."""
        unit = ONE.scaleb(-self.money_digits)
        rounded = (abs(amount) + NEARLY * unit).quantize(unit, ROUND_HALF_UP)
        return rounded if amount >= 0 else -rounded


def read_rules(broker: Mapping[str, Any]) -> Rules:
    """Rules of a dict with the fields of Broker; fields left out take the design's defaults."""
    get = broker.get
    slippage = get("slippage") or {}
    rollover = get("rollover") or "17:00 America/New_York"
    currency = get("currency") or "USD"
    digits = get("money_digits")
    default_digits = 0 if currency == "JPY" else 2
    return Rules(
        currency=currency,
        leverage=need(get("leverage", 100)),
        hedging=get("mode", "netting") == "hedging",
        exchange=get("mode", "netting") == "exchange",
        valuation=get("valuation", "sided"),
        margin_current=get("margin_basis", "open") == "current",
        profit_conversion=get("profit_conversion") or ("mid" if get("conversion", "sided") == "mid" else "deal"),
        levers=tuple((get("dynamic_leverage") or {}).get("rules", ())),
        pending_margin=get("pending_margin", True),
        call_level=number(get("margin_call_level", 1)),
        stop_out_level=number(get("stop_out_level", 0.5)),
        levels_are=get("stop_out_money", "equity") if get("stop_out_mode", "percent") == "money" else "percent",
        stop_out_fully_hedged=get("stop_out_fully_hedged", False),
        stop_out_splits=get("stop_out_splits", False),
        stop_out_closes_all=get("stop_out_closes", "largest_loss") == "all",
        stop_out_target=number(get("stop_out_target")),
        negative_balance_protection=get("negative_balance_protection", False),
        withdraw_credit=get("withdraw_credit", False),
        fifo_close=get("fifo_close", False),
        hedge_allowed=get("hedge_allowed", True),
        limit_orders=get("limit_orders", 0),
        limit_positions=get("limit_positions", 0),
        money_digits=default_digits if digits is None else digits,
        at_mid=get("conversion", "sided") == "mid",
        commission=dict(get("commission") or {}),
        slippage={name: need(slippage.get(name, 0)) for name in ("fixed", "spread_share", "volume_share")},
        **_latencies([get("latency_ms") or 0, get("feed_latency_ms") or 0]),
        improve=get("limit_fill", "limit") == "improve",
        reject_marketable=get("marketable_limit", "fill") == "reject",
        changes_when_closed=get("changes_when_closed", True),
        follows_path=get("intrabar", "worst") == "path",
        rollover=rollover,
        day_start=get("day_start") or rollover,
        calendar=get("calendar"),
        margin_rates_daily=get("margin_rate_update", "open") == "daily",
        free_margin=get("free_margin_mode", "all"),
        holidays=tuple(dt.date.fromisoformat(day) for day in get("swap_holidays", ())),
        weekend_margin=_table(get("weekend_margin")),
        holiday_margin=_table(get("holiday_margin")),
        dynamic=get("dynamic_leverage") or {},
        gates=get("gates") or {},
        limits=get("limits") or {},
    )


def _table(margin: Any) -> Mapping[str, Any]:
    """What weekend or holiday margin says; a number is the factor of every class."""
    return {"factor": margin or 1} if margin is None or isinstance(margin, int | float) else margin


def _latencies(given: Sequence[Any]) -> dict[str, Any]:
    """The constant part, and every sum of the tables' delays, in the order of the first table."""
    constant, table, seed = 0, [0], 0
    for latency in given:
        if isinstance(latency, Mapping):
            seed ^= latency.get("seed", 0)
            table = [a + int(need(b) * MILLISECOND) for a in table for b in latency["table"]]
        else:
            constant += int(need(latency) * MILLISECOND)
    drawn = any(isinstance(latency, Mapping) for latency in given)
    return {"latency": constant, "latencies": tuple(table) if drawn else (), "latency_seed": seed}
