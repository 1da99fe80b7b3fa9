"""What holds for the whole account, written into the head of its Rules: the broker's habits, latency and clocks.

What a name stands for is settled here: modes become numbers, milliseconds ns, time zones tables of offsets.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy.typing as npt

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.rules.layout import Layout, Plan, size_class
from simcore.brokers.rules.settled import gate_terms, limit_terms, volatility_terms
from simcore.brokers.terms import LatencyTable
from simcore.brokers.zones import SECOND, parse_clock, transitions
from simcore.kernel import schema
from simcore.kernel.enums import FreeMargin, Mode, ProfitConversion, StopOutMoney, Valuation

Record = npt.NDArray[Any]  # one row of a table: fields of it, nested ones too, are views

_MILLISECOND: Final = 1_000_000
_NEVER: Final = -1e18  # a level nobody reaches


def write_account(rules: Record, broker: Broker, plan: Plan, layout: Layout) -> None:
    """Fill the head of the Rules, an array of one record. Raises ConfigError for latency tables that are too long."""
    constant, table, seed = _latency(broker)
    fields = {
        **_run_terms(plan),
        **_liquidation_terms(broker),
        **_book_terms(broker),
        **_value_terms(broker),
        **gate_terms(broker),
        **limit_terms(broker),
        **volatility_terms(broker),
        **_places(layout),
        "latency": constant,
        "n_latency": len(table),
        "latency_seed": seed,
    }
    for name, value in fields.items():
        rules[name] = value
    rules["latency_table"][0, : len(table)] = table
    for name, text in (("rollover", broker.rollover), ("day", broker.day_start)):
        clock = parse_clock(text)
        rules[f"{name}_time"] = clock.seconds * SECOND
        _write_zone(rules[f"{name}_zone"], clock.zone)
    _write_zone(rules["zone"], broker.timezone)


def rows_of(table: npt.NDArray[Any]) -> Iterator[Record]:
    """Each row of a table."""
    return (table[k : k + 1] for k in range(len(table)))


def _run_terms(plan: Plan) -> dict[str, Any]:
    return {
        "venue": plan.venue,
        "size": schema.SIZES.index(size_class(plan.size)),
        "hears": plan.hears,
        "warmup": plan.warmup,
        "sample_every": plan.sample_every,
        "track": plan.track,
    }


def _liquidation_terms(broker: Broker) -> dict[str, Any]:
    levels = broker.levels_are.replace("percent", "per_cent")
    call, stop = broker.margin_call_level, broker.stop_out_level
    return {
        "margin_call_level": _NEVER if call is None else call,
        "stop_out_level": _NEVER if stop is None else stop,
        "stop_out_money": StopOutMoney[levels.upper()],
        "stop_out_all": broker.stop_out_closes == "all",
        "stop_out_splits": broker.stop_out_splits,
        "stop_out_hedged": broker.stop_out_fully_hedged,
        "stop_out_target": broker.stop_out_target or 0.0,
        "negative_balance_protection": broker.negative_balance_protection,
        "withdraws_credit": broker.withdraw_credit,
    }


def _book_terms(broker: Broker) -> dict[str, Any]:
    """How orders and positions are kept."""
    return {
        "mode": Mode[broker.mode.upper()],
        "fifo_close": broker.fifo_close,
        "hedge_prohibited": not broker.hedge_allowed,
        "limit_orders": broker.limit_orders,
        "limit_positions": broker.limit_positions,
        "limit_improve": broker.limit_fill == "improve",
        "intrabar_path": broker.intrabar == "path",
        "changes_when_closed": broker.changes_when_closed,
        "marketable_reject": broker.marketable_limit == "reject",
    }


def _value_terms(broker: Broker) -> dict[str, Any]:
    """How money is counted."""
    current = broker.margin_basis == "current"
    return {
        "money_scale": float(10**broker.money_digits),
        "convert_mid": broker.conversion == "mid",
        "profit_conversion": ProfitConversion[broker.profit_conversion.upper()],
        "valuation": Valuation[broker.valuation.upper()],
        "free_margin_mode": FreeMargin[broker.free_margin_mode.upper()],
        "margin_current": current,
        "margin_moves": current or broker.mode == "exchange",
        "margin_rates_daily": broker.margin_rate_update == "daily",
    }


def _places(layout: Layout) -> dict[str, int]:
    """Where the tables behind the head lie, and how long they are."""
    return {
        "state_bytes": layout.state_bytes,
        "series_terms_at": layout.series_terms_at,
        "terms_at": layout.terms_at,
        "rules_bytes": layout.rules_bytes,
        "n_holidays": (layout.levers_at - layout.holidays_at) // schema.HOLIDAY.itemsize,
        "holidays_at": layout.holidays_at,
        "n_levers": (layout.windows_at - layout.levers_at) // schema.LEVER.itemsize,
        "levers_at": layout.levers_at,
        "n_windows": (layout.rules_bytes - layout.windows_at) // schema.MARGIN_WINDOW.itemsize,
        "windows_at": layout.windows_at,
        **layout.capacities,
        **layout.offsets,
    }


def _latency(broker: Broker) -> tuple[int, list[int], int]:
    """Constant part, table to draw from (ns), seed. Two tables become one of every sum: the same distribution."""
    constant, table, seed = 0, [0], 0
    drawn = False
    for latency in (broker.latency_ms, broker.feed_latency_ms):
        if isinstance(latency, LatencyTable):
            drawn = True
            seed ^= latency.seed
            table = [a + round(b * _MILLISECOND) for a in table for b in latency.table]
        else:
            constant += round(latency * _MILLISECOND)
    room = schema.RULES["latency_table"].shape[0]
    if len(table) > room:
        raise ConfigError(f"Broker: latency tables hold {len(table)} delays together; give at most {room}")
    return constant, table if drawn else [], seed


def _write_zone(record: Record, name: str) -> None:
    at, offset = transitions(name)
    record["n"] = len(at)
    record["at"][0, : len(at)], record["offset"][0, : len(at)] = at, offset
