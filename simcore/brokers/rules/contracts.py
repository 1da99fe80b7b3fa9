"""What holds for each instrument, written into its terms of the Rules: contract, margin, financing, costs, currencies.

Where a currency is not the account's, the path through quoted crosses that converts it is found here.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simcore.brokers.broker import Broker
from simcore.brokers.conditions import condition_terms
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument, MarginRates
from simcore.brokers.regimes import least_margin, leverage_of, rates_of
from simcore.brokers.rules import conversion
from simcore.brokers.rules.account import Record, rows_of
from simcore.brokers.rules.settled import limits_of, most_margin
from simcore.kernel.enums import CalcMode, LeverRange, SwapMode
from simcore.market.keys import key_of

_NO_MAXIMUM: Final = 1e12  # qty increments; the kernel counts them in an integer
_TYPES: Final = tuple(MarginRates.model_fields)  # in the kernel's order of order types
_PENDING: Final = slice(2, None)


def write_terms(row: Record, broker: Broker, instruments: Sequence[Instrument], k: int) -> None:
    """Fill the TERMS of instrument k. Raises ConfigError where a currency cannot be converted."""
    i = instruments[k]
    fields = {
        **_contract_terms(i),
        **_margin_terms(broker, i),
        **_swap_terms(i),
        **condition_terms(i),
        **limits_of(broker, i),
    }
    for name, value in fields.items():
        row[name] = value
    rates = rates_of(broker, i, np.array([getattr(i.margin_rates, name) for name in _TYPES]))
    if not broker.pending_margin:
        rates[_PENDING] = 0.0
    row["margin_initial_rate"], row["margin_maintenance_rate"] = rates[:, 0], rates[:, 1]
    _write_path(row["profit_path"], str(i.quote), broker, instruments, f"Instrument {i.symbol}")
    _write_path(row["margin_path"], str(i.margin_currency), broker, instruments, f"Instrument {i.symbol}")
    _write_path(row["swap_path"], _swap_currency(broker, i), broker, instruments, f"Instrument {i.symbol}: swap")
    _write_costs(row, broker, instruments, i)


def _contract_terms(i: Instrument) -> dict[str, Any]:
    scale = float(10**i.price_digits)
    return {
        "key": key_of(i.symbol),
        "contract_size": i.contract_size,
        "price_scale": scale,
        "price_step": float(round(i.price_increment * scale)),
        "tick_value": i.tick_value or 0.0,
        "tick_size": i.price_increment,
        "qty_min": i.qty_min,
        "qty_max": _NO_MAXIMUM * i.qty_increment if i.qty_max is None else i.qty_max,
        "qty_increment": i.qty_increment,
        "stops_level": i.stops_level * i.price_increment,
        "freeze_level": i.freeze_level * i.price_increment,
    }


def _margin_terms(broker: Broker, i: Instrument) -> dict[str, Any]:
    return {
        "calc_mode": CalcMode[str(i.calc_mode).upper().removesuffix("_MOEX")],
        "leverage": leverage_of(broker, i),
        "initial_margin": i.initial_margin,
        "initial_margin_sell": i.initial_margin_sell,
        "maintenance_margin": i.maintenance_margin,
        "most_margin": most_margin(broker, i),
        "least_margin": least_margin(broker, i),
        "hedged_margin": i.hedged_margin * broker.hedged_sides,
        "hedged_use_leg": i.hedged_use_leg,
        "margin_currency_rate": i.margin_currency_rate,
        "settlement_price": i.settlement_price or 0.0,
        "liquidity_rate": i.liquidity_rate,
        "face_value": i.face_value,
        "accrued_interest": i.accrued_interest,
    }


def _swap_terms(i: Instrument) -> dict[str, Any]:
    return {
        "swap_mode": SwapMode[i.swap_mode.upper()],
        "swap_long": i.swap_long,
        "swap_short": i.swap_short,
        "swap_days": i.swap_days,
        "swap_year": i.swap_year,
    }


def _swap_currency(broker: Broker, i: Instrument) -> str:
    """What swap_long and swap_short, or the interest they stand for, are counted in."""
    forex = i.calc_mode in ("forex", "forex_no_leverage")
    named = {
        "disabled": broker.currency,
        "currency_deposit": broker.currency,
        "currency_base": i.base or i.margin_currency,
        "currency_margin": i.margin_currency,
        "interest_current": i.margin_currency if forex else i.quote,
        "interest_open": i.margin_currency if forex else i.quote,
    }
    return str(named.get(i.swap_mode, i.quote))


def write_levers(
    table: npt.NDArray[Any], rows: npt.NDArray[Any], broker: Broker, instruments: Sequence[Instrument]
) -> None:
    """The floating-leverage rules, and which of them holds for each instrument: the first that names it."""
    rules = () if broker.dynamic_leverage is None else broker.dynamic_leverage.rules
    for row, rule in zip(rows_of(table), rules, strict=True):
        row["range"], row["n"] = LeverRange[rule.range.upper()], len(rule.tiers)
        for at, tier in enumerate(rule.tiers):
            row["up_to"][0, at] = np.inf if tier.up_to is None else tier.up_to
            row["initial"][0, at] = tier.initial
            row["maintenance"][0, at] = tier.initial if tier.maintenance is None else tier.maintenance
    for row, i in zip(rows_of(rows), instruments, strict=True):
        named = [n for n, rule in enumerate(rules) if any(fnmatchcase(i.symbol, one) for one in rule.symbols)]
        if named:
            row["lever"] = named[0] + 1
            counted_in = rules[named[0]].currency or broker.currency
            held_in = str(i.margin_currency if i.calc_mode in ("forex", "forex_no_leverage") else i.quote)
            _write_path(row["lever_path"], held_in, broker, instruments, f"Instrument {i.symbol}", counted_in)


def tiers_move(table: npt.NDArray[Any], rows: npt.NDArray[Any], *, elsewhere: bool) -> bool:
    """Whether what some floating-leverage rule counts moves with prices: money that another instrument converts.

    Notional counts at the opening price, so that an instrument which converts itself moves nothing; but where a broker
    is elsewhere, a trailing stop of its own counts at the quote.
    """
    for k, row in enumerate(rows):
        lever, path = int(row["lever"]), row["lever_path"]
        if lever and LeverRange(int(table[lever - 1]["range"])).name.startswith("NOTIONAL"):
            legs = (path["first"], path["second"])[: int(path["n"])]
            if elsewhere or any(leg != k for leg in legs):
                return True
    return False


def _write_costs(row: Record, broker: Broker, instruments: Sequence[Instrument], instrument: Instrument) -> None:
    commission = row["commission"]
    for name, value in broker.commission.model_dump(exclude={"currency"}).items():
        commission[name] = 0.0 if value is None else value
    commission["per_share"] *= instrument.contract_size  # the kernel counts qty, a share is a unit of the contract
    currency = broker.commission.currency or broker.currency
    _write_path(commission["path"], currency, broker, instruments, "Broker: commission.currency")
    for name, value in broker.slippage.model_dump().items():
        row["slippage"][name] = value


def _write_path(
    record: Record, currency: str, broker: Broker, instruments: Sequence[Instrument], needs: str,
    to: str | None = None,
) -> None:  # fmt: skip
    try:
        steps = conversion.path(currency, to or broker.currency, instruments)
    except ConfigError as error:
        raise ConfigError(f"{needs}: {error}") from None
    record["n"] = len(steps)
    for place, step in zip(("first", "second"), steps, strict=False):
        record[place], record[f"{place}_inverse"] = step.cross, step.inverse
