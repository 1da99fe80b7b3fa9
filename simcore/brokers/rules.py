"""Rules: a broker and its instruments, written as the one record the compiled account reads.

Everything a name, a date or a zone stands for is looked up here, once, before the run: time zones become tables of
offsets, calendars become sessions, currencies become paths through quoted crosses. What the account cannot model is
refused by name.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simcore.brokers import conversion
from simcore.brokers.broker import Broker
from simcore.brokers.conditions import condition_terms
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument, MarginRates
from simcore.brokers.layout import Layout, Plan, lay_out, size_class
from simcore.brokers.regimes import leverage_of, regulated
from simcore.brokers.sessions import sessions
from simcore.brokers.settled import (
    gate_terms,
    limit_terms,
    limits_of,
    most_margin,
    volatility_terms,
    with_volatility,
)
from simcore.brokers.terms import LatencyTable
from simcore.brokers.windows import margin_windows
from simcore.brokers.zones import DAY, SECOND, Int64s, parse_clock, transitions
from simcore.kernel import schema
from simcore.kernel.enums import CalcMode, FreeMargin, LeverRange, Mode, ProfitConversion, SwapMode, Valuation
from simcore.market.keys import key_of

Buffer = npt.NDArray[np.uint8]

_MILLISECOND: Final = 1_000_000
_NO_MAXIMUM: Final = 1e12  # qty increments; the kernel counts them in an integer
_NEVER: Final = -1e18  # an amount of equity nobody reaches
_MARGIN: Final = 10 * DAY  # sessions known before and after the run
_TYPES: Final = tuple(MarginRates.model_fields)  # in the kernel's order of order types
_PENDING: Final = slice(2, None)
_EPOCH: Final = dt.date(1970, 1, 1)


def make_rules(broker: Broker, instruments: Sequence[Instrument], plan: Plan | None = None) -> Buffer:
    """The Rules buffer of a run: uint8, 8-byte aligned; kernel.schema.RULES stands at its start.

    Raises ConfigError for a missing cross, an unknown calendar, or a rule that is not modelled.
    """
    broker = regulated(broker, _last_day(plan))
    resolved = _resolved(broker, instruments)
    plan = with_volatility(plan or Plan(), broker, resolved)
    refuse_unmodelled(broker, resolved)
    calendar = _sessions(broker, plan)
    holidays = sorted((day - _EPOCH).days for day in set(broker.swap_holidays))
    levers = () if broker.dynamic_leverage is None else broker.dynamic_leverage.rules
    windows = margin_windows(broker, resolved, plan.span)
    layout = lay_out(len(resolved), plan, len(calendar[0]), len(holidays), len(levers), len(windows))
    buffer: Buffer = np.zeros(layout.rules_bytes // 8, dtype=np.int64).view(np.uint8)
    _write_head(head(buffer), broker, plan, layout)
    for k, row in enumerate(_rows(terms(buffer))):
        _write_terms(row, broker, resolved, k)
        row["print_quotes"] = k in plan.prints_only
        row["n_sessions"], row["sessions_at"] = len(calendar[0]), layout.sessions_at
        _write_series(row, layout, k)
    series = buffer[layout.series_terms_at : layout.sessions_at].view(schema.SERIES_TERMS)
    for row, one, at in zip(_rows(series), layout.series, layout.bars_at, strict=True):
        for name, value in one._asdict().items():
            row[name] = value
        row["bars_at"] = at
    table = buffer[layout.sessions_at : layout.holidays_at].view(schema.SESSION)
    table["open"], table["close"] = calendar
    buffer[layout.holidays_at : layout.levers_at].view(schema.HOLIDAY)["day"] = holidays
    _write_levers(buffer[layout.levers_at : layout.windows_at].view(schema.LEVER), terms(buffer), broker, resolved)
    buffer[layout.windows_at :].view(schema.MARGIN_WINDOW)[:] = windows
    return buffer


def _last_day(plan: Plan | None) -> dt.date | None:
    """The day on which the data end."""
    span = plan.span if plan is not None else None
    return _EPOCH + dt.timedelta(days=span[1] // DAY) if span is not None else None


def head(buffer: Buffer) -> npt.NDArray[Any]:
    """The RULES record of a buffer, as an array of one that writes through."""
    return buffer[: schema.RULES.itemsize].view(schema.RULES)


def terms(buffer: Buffer) -> npt.NDArray[Any]:
    """The TERMS of every instrument, as an array that writes through."""
    first, n = int(head(buffer)["terms_at"][0]), int(head(buffer)["n_instruments"][0])
    return buffer[first : first + n * schema.TERMS.itemsize].view(schema.TERMS)


def refuse_unmodelled(broker: Broker, instruments: Sequence[Instrument]) -> None:
    """Raise ConfigError, naming the field, for a rule that was asked for and would not be kept."""
    for name, value in _asked_for(broker):
        raise ConfigError(f"Broker: {name} = {value!r} is not modelled; leave it out")
    for i in instruments:
        wrong = None
        if str(i.calc_mode).upper() not in CalcMode.__members__:
            wrong = f"calc_mode = {i.calc_mode!r} is not modelled; use one of {_lower(CalcMode)}"
        elif i.swap_mode.upper() not in SwapMode.__members__:
            wrong = f"swap_mode = {i.swap_mode!r} is not modelled; use one of {_lower(SwapMode)}"
        elif i.leverage_tiers:
            wrong = "leverage_tiers are not modelled; leave them out"
        elif i.calc_mode == "futures" and not i.initial_margin:
            wrong = "initial_margin = 0: a future's margin is money per contract; give initial_margin"
        if wrong:
            raise ConfigError(f"Instrument {i.symbol}: {wrong}")


def _asked_for(broker: Broker) -> Iterator[tuple[str, object]]:
    """Fields of rules that are not modelled, where they ask for something."""
    if broker.valuation == "mark":
        yield "valuation", broker.valuation


def _lower(codes: type[CalcMode] | type[SwapMode]) -> str:
    return ", ".join(name.lower() for name in codes.__members__)


def _resolved(broker: Broker, instruments: Sequence[Instrument]) -> list[Instrument]:
    if not instruments:
        raise ConfigError("no instruments; give at least one, such as Instrument.fx('EURUSD')")
    symbols = [i.symbol for i in instruments]
    twice = next((s for s in symbols if symbols.count(s) > 1), None)
    if twice is not None:
        raise ConfigError(f"Instrument {twice}: is given twice; give each symbol once")
    return [i.resolved(broker.currency, exchange=broker.mode == "exchange") for i in instruments]


def _sessions(broker: Broker, plan: Plan) -> tuple[Int64s, Int64s]:
    """Sessions of the run and of ten days around it; none where the market is always open."""
    none = np.zeros(0, dtype=np.int64)
    if broker.calendar is None:
        return none, none
    if plan.span is None:
        raise ConfigError(f"Broker: calendar = {broker.calendar!r} needs the first and last time of the data")
    return sessions(broker.calendar, plan.span[0] - _MARGIN, plan.span[1] + _MARGIN) or (none, none)


def _rows(table: npt.NDArray[Any]) -> Iterator[npt.NDArray[Any]]:
    """Each row as an array of one: fields of it, nested ones too, are views."""
    return (table[k : k + 1] for k in range(len(table)))


def _write_head(rules: npt.NDArray[Any], broker: Broker, plan: Plan, layout: Layout) -> None:
    in_money = broker.stop_out_mode == "money"
    off = _NEVER if in_money else 0.0  # in the kernel no margin level is at or below 0
    constant, table, seed = _latency(broker)
    call, stop = broker.margin_call_level, broker.stop_out_level
    fields = {
        "venue": plan.venue,
        "mode": Mode[broker.mode.upper()],
        "size": schema.SIZES.index(size_class(plan.size)),
        "money_scale": float(10**broker.money_digits),
        "margin_call_level": off if call is None else call,
        "stop_out_level": off if stop is None else stop,
        "stop_out_money": in_money,
        **gate_terms(broker),
        **limit_terms(broker),
        **volatility_terms(broker),
        "stop_out_all": broker.stop_out_closes == "all",
        "stop_out_splits": broker.stop_out_splits,
        "stop_out_hedged": broker.stop_out_fully_hedged,
        "stop_out_target": broker.stop_out_target or 0.0,
        "negative_balance_protection": broker.negative_balance_protection,
        "withdraws_credit": broker.withdraw_credit,
        "fifo_close": broker.fifo_close,
        "hedge_prohibited": not broker.hedge_allowed,
        "limit_orders": broker.limit_orders,
        "limit_positions": broker.limit_positions,
        "limit_improve": broker.limit_fill == "improve",
        "intrabar_path": broker.intrabar == "path",
        "changes_when_closed": broker.changes_when_closed,
        "marketable_reject": broker.marketable_limit == "reject",
        "convert_mid": broker.conversion == "mid",
        "profit_conversion": ProfitConversion[broker.profit_conversion.upper()],
        "valuation": Valuation[broker.valuation.upper()],
        "margin_current": broker.margin_basis == "current",
        "latency": constant,
        "n_latency": len(table),
        "latency_seed": seed,
        "hears": plan.hears,
        "warmup": plan.warmup,
        "sample_every": plan.sample_every,
        "track": plan.track,
        "state_bytes": layout.state_bytes,
        "series_terms_at": layout.series_terms_at,
        "terms_at": layout.terms_at,
        "rules_bytes": layout.rules_bytes,
        "margin_moves": broker.margin_basis == "current" or broker.mode == "exchange" or by_notional(broker),
        "n_holidays": (layout.levers_at - layout.holidays_at) // schema.HOLIDAY.itemsize,
        "holidays_at": layout.holidays_at,
        "n_levers": (layout.windows_at - layout.levers_at) // schema.LEVER.itemsize,
        "levers_at": layout.levers_at,
        "n_windows": (layout.rules_bytes - layout.windows_at) // schema.MARGIN_WINDOW.itemsize,
        "windows_at": layout.windows_at,
        "free_margin_mode": FreeMargin[broker.free_margin_mode.upper()],
        "margin_rates_daily": broker.margin_rate_update == "daily",
    }
    for name, value in (fields | layout.capacities | layout.offsets).items():
        rules[name] = value
    rules["latency_table"][0, : len(table)] = table
    for name, text in (("rollover", broker.rollover), ("day", broker.day_start)):
        clock = parse_clock(text)
        rules[f"{name}_time"] = clock.seconds * SECOND
        _write_zone(rules[f"{name}_zone"], clock.zone)
    _write_zone(rules["zone"], broker.timezone)


def _write_series(row: npt.NDArray[Any], layout: Layout, k: int) -> None:
    """Which series are of instrument k: those that are heard, and behind them those that are not."""
    own = [(number, one) for number, one in enumerate(layout.series) if one.instrument == k]
    hidden = [number for number, one in own if one.hidden]
    row["first_series"], row["n_series"], row["n_hidden"] = own[0][0] if own else 0, len(own) - len(hidden), len(hidden)
    row["volatility"] = hidden[0] + 1 if hidden else 0


def _write_zone(record: npt.NDArray[Any], name: str) -> None:
    at, offset = transitions(name)
    record["n"] = len(at)
    record["at"][0, : len(at)], record["offset"][0, : len(at)] = at, offset


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


def _write_terms(row: npt.NDArray[Any], broker: Broker, instruments: Sequence[Instrument], k: int) -> None:
    i = instruments[k]
    scale = float(10**i.price_digits)
    fields = {
        "key": key_of(i.symbol),
        "contract_size": i.contract_size,
        "price_scale": scale,
        "price_step": float(round(i.price_increment * scale)),
        "tick_value": i.tick_value or 0.0,
        "tick_size": i.price_increment,
        "qty_min": i.qty_min,
        "qty_max": _NO_MAXIMUM * i.qty_increment if i.qty_max is None else i.qty_max,
        "qty_increment": i.qty_increment,
        "calc_mode": CalcMode[str(i.calc_mode).upper().removesuffix("_MOEX")],
        "leverage": leverage_of(broker, i),
        "initial_margin": i.initial_margin,
        "maintenance_margin": i.maintenance_margin,
        "hedged_margin": i.hedged_margin * broker.hedged_sides,
        "hedged_use_leg": i.hedged_use_leg,
        "swap_mode": SwapMode[i.swap_mode.upper()],
        "swap_long": i.swap_long,
        "swap_short": i.swap_short,
        "swap_days": i.swap_days,
        "swap_year": i.swap_year,
        "face_value": i.face_value,
        "accrued_interest": i.accrued_interest,
        "liquidity_rate": i.liquidity_rate,
        "settlement_price": i.settlement_price or 0.0,
        "initial_margin_sell": i.initial_margin_sell,
        "margin_currency_rate": i.margin_currency_rate,
        "stops_level": i.stops_level * i.price_increment,
        "freeze_level": i.freeze_level * i.price_increment,
        **condition_terms(i),
        **limits_of(broker, i),
        "most_margin": most_margin(broker, i),
    }
    for name, value in fields.items():
        row[name] = value
    rates = np.array([getattr(i.margin_rates, name) for name in _TYPES])
    if not broker.pending_margin:
        rates[_PENDING] = 0.0
    row["margin_initial_rate"], row["margin_maintenance_rate"] = rates[:, 0], rates[:, 1]
    _write_path(row["profit_path"], str(i.quote), broker, instruments, f"Instrument {i.symbol}")
    _write_path(row["margin_path"], str(i.margin_currency), broker, instruments, f"Instrument {i.symbol}")
    _write_costs(row, broker, instruments, i)


def by_notional(broker: Broker) -> bool:
    """Whether some floating-leverage rule counts money, which moves with its crosses."""
    rules = () if broker.dynamic_leverage is None else broker.dynamic_leverage.rules
    return any(rule.range.startswith("notional") for rule in rules)


def _write_levers(
    table: npt.NDArray[Any], rows: npt.NDArray[Any], broker: Broker, instruments: Sequence[Instrument]
) -> None:
    """The floating-leverage rules, and which of them holds for each instrument: the first that names it."""
    rules = () if broker.dynamic_leverage is None else broker.dynamic_leverage.rules
    for row, rule in zip(_rows(table), rules, strict=True):
        row["range"], row["n"] = LeverRange[rule.range.upper()], len(rule.tiers)
        for at, tier in enumerate(rule.tiers):
            row["up_to"][0, at] = np.inf if tier.up_to is None else tier.up_to
            row["initial"][0, at] = tier.initial
            row["maintenance"][0, at] = tier.initial if tier.maintenance is None else tier.maintenance
    for row, i in zip(_rows(rows), instruments, strict=True):
        named = [n for n, rule in enumerate(rules) if any(fnmatchcase(i.symbol, one) for one in rule.symbols)]
        if named:
            row["lever"] = named[0] + 1
            counted_in = rules[named[0]].currency or broker.currency
            held_in = str(i.margin_currency if i.calc_mode in ("forex", "forex_no_leverage") else i.quote)
            _write_path(row["lever_path"], held_in, broker, instruments, f"Instrument {i.symbol}", counted_in)


def _write_costs(
    row: npt.NDArray[Any], broker: Broker, instruments: Sequence[Instrument], instrument: Instrument
) -> None:
    commission = row["commission"]
    for name, value in broker.commission.model_dump(exclude={"currency"}).items():
        commission[name] = 0.0 if value is None else value
    commission["per_share"] *= instrument.contract_size  # the kernel counts qty, a share is a unit of the contract
    currency = broker.commission.currency or broker.currency
    _write_path(commission["path"], currency, broker, instruments, "Broker: commission.currency")
    for name, value in broker.slippage.model_dump().items():
        row["slippage"][name] = value


def _write_path(
    record: npt.NDArray[Any], currency: str, broker: Broker, instruments: Sequence[Instrument], needs: str,
    to: str | None = None,
) -> None:  # fmt: skip
    try:
        steps = conversion.path(currency, to or broker.currency, instruments)
    except ConfigError as error:
        raise ConfigError(f"{needs}: {error}") from None
    record["n"] = len(steps)
    for place, step in zip(("first", "second"), steps, strict=False):
        record[place], record[f"{place}_inverse"] = step.cross, step.inverse
