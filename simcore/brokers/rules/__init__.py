"""Rules: a broker and its instruments, written as the one record the compiled account reads.

Everything a name, a date or a zone stands for is looked up here, once, before the run: time zones become tables of
offsets, calendars become sessions, currencies become paths through quoted crosses. What the account cannot model is
refused by name. `layout` says where everything lies, `account` and `contracts` write it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.regimes import regulated
from simcore.brokers.rules.account import Record, rows_of, write_account
from simcore.brokers.rules.contracts import tiers_move, write_levers, write_terms
from simcore.brokers.rules.layout import Layout, Plan, lay_out
from simcore.brokers.rules.settled import with_volatility
from simcore.brokers.rules.windows import margin_windows
from simcore.brokers.sessions import sessions
from simcore.brokers.zones import DAY, Int64s
from simcore.kernel import schema
from simcore.kernel.enums import CalcMode, SwapMode, Venue

Buffer = npt.NDArray[np.uint8]

Calendars = dict[str | None, tuple[Int64s, Int64s]]

_MARGIN: Final = 10 * DAY  # sessions known before and after the run
_EPOCH: Final = dt.date(1970, 1, 1)


def make_rules(broker: Broker, instruments: Sequence[Instrument], plan: Plan | None = None) -> Buffer:
    """The Rules buffer of a run: uint8, 8-byte aligned; kernel.schema.RULES stands at its start.

    Raises ConfigError for a missing cross, an unknown calendar, or a rule that is not modelled.
    """
    broker = regulated(broker, _last_day(plan))
    resolved = _resolved(broker, instruments)
    plan = with_volatility(plan or Plan(), broker, resolved)
    refuse_unmodelled(broker, resolved)
    calendars = _sessions(broker, resolved, plan)
    holidays = sorted((day - _EPOCH).days for day in set(broker.swap_holidays))
    levers = () if broker.dynamic_leverage is None else broker.dynamic_leverage.rules
    windows = margin_windows(broker, resolved, plan.span)
    layout = lay_out(
        len(resolved), plan, sum(len(one[0]) for one in calendars.values()), len(holidays), len(levers), len(windows)
    )
    buffer: Buffer = np.zeros(layout.rules_bytes // 8, dtype=np.int64).view(np.uint8)
    write_account(head(buffer), broker, plan, layout)
    for k, row in enumerate(rows_of(terms(buffer))):
        write_terms(row, broker, resolved, k)
        row["print_quotes"] = k in plan.prints_only
        _write_series(row, layout, k)
    series = buffer[layout.series_terms_at : layout.sessions_at].view(schema.SERIES_TERMS)
    for row, one, at in zip(rows_of(series), layout.series, layout.bars_at, strict=True):
        for name, value in one._asdict().items():
            row[name] = value
        row["bars_at"] = at
    _write_sessions(buffer, layout, [i.calendar or broker.calendar for i in resolved], calendars)
    buffer[layout.holidays_at : layout.levers_at].view(schema.HOLIDAY)["day"] = holidays
    tiers = buffer[layout.levers_at : layout.windows_at].view(schema.LEVER)
    write_levers(tiers, terms(buffer), broker, resolved)
    if tiers_move(tiers, terms(buffer), elsewhere=plan.venue == Venue.EXTERNAL):
        head(buffer)["margin_moves"] = 1
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
    if broker.valuation == "mark":
        raise ConfigError("Broker: valuation = 'mark' is not modelled; leave it out")
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


def _lower(codes: type[CalcMode] | type[SwapMode]) -> str:
    return ", ".join(name.lower() for name in codes.__members__)


def _resolved(broker: Broker, instruments: Sequence[Instrument]) -> list[Instrument]:
    if not instruments:
        raise ConfigError("no instruments; give at least one, such as Instrument.fx('EURUSD')")
    symbols = [i.symbol for i in instruments]
    twice = next((s for s in symbols if symbols.count(s) > 1), None)
    if twice is not None:
        raise ConfigError(f"Instrument {twice}: is given twice; give each symbol once")
    return resolved_by(broker, instruments)


def resolved_by(broker: Broker, instruments: Sequence[Instrument]) -> list[Instrument]:
    """The instruments with what follows from a broker's account."""
    return [i.resolved(broker.currency, exchange=broker.mode == "exchange") for i in instruments]


def _sessions(broker: Broker, instruments: Sequence[Instrument], plan: Plan) -> Calendars:
    """Sessions of the run and of ten days around it, by calendar; none where the market is always open."""
    none = np.zeros(0, dtype=np.int64)
    found: Calendars = {None: (none, none)}
    for i in instruments:
        calendar = i.calendar or broker.calendar
        if calendar in found:
            continue
        if plan.span is None:
            whose = f"Instrument {i.symbol}" if i.calendar else "Broker"
            raise ConfigError(f"{whose}: calendar = {calendar!r} needs the first and last time of the data")
        found[calendar] = sessions(calendar, plan.span[0] - _MARGIN, plan.span[1] + _MARGIN) or (none, none)
    return found


def _write_sessions(buffer: Buffer, layout: Layout, own: Sequence[str | None], calendars: Calendars) -> None:
    """The sessions of every calendar, one behind the other, and which of them are each instrument's."""
    table = buffer[layout.sessions_at : layout.holidays_at].view(schema.SESSION)
    at = 0
    for calendar, (opens, closes) in calendars.items():
        table["open"][at : at + len(opens)], table["close"][at : at + len(opens)] = opens, closes
        for row in (row for row, one in zip(rows_of(terms(buffer)), own, strict=True) if one == calendar):
            row["n_sessions"] = len(opens)
            row["sessions_at"] = layout.sessions_at + at * schema.SESSION.itemsize
        at += len(opens)


def _write_series(row: Record, layout: Layout, k: int) -> None:
    """Which series are of instrument k: those that are heard, and behind them those that are not."""
    own = [(number, one) for number, one in enumerate(layout.series) if one.instrument == k]
    hidden = [number for number, one in own if one.hidden]
    row["first_series"], row["n_series"], row["n_hidden"] = own[0][0] if own else 0, len(own) - len(hidden), len(hidden)
    row["volatility"] = hidden[0] + 1 if hidden else 0
