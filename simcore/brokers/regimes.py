"""Leverage limits of regulators, as the margin they ask for at opening; dated.

A regime caps the leverage of each instrument by its class, and where it protects retail clients it closes an account
at half the margin and forgives debt; professional clients have what their broker gives. Caps are initial margin at
opening, not a bound on the account's gearing: the least share of the notional, whatever leverage, margin rates and
money per lot (`initial_margin`) make of it. Futures and the exchange's own instruments are no CFDs and are left alone,
and so is what an exchange account pays in full; a CFD on a future (kind cfd) has the cap of its class (ESMA's question
1984). A regime has versions, each from a day on; which one holds follows from the broker's `as_of`, or from the data.
What nobody could confirm is in UNVERIFIED.

Read 2026-11-21: reference section G; ESMA's majors and major indices as Capital.com and FXGM list them; the FCA's ban
in City A.M. (2020-10-06), MAS in Finance Magnates (2019-10-08), CFTC and NFA in Futures Magazine (2010-08-31), Japan's
coins in Coinpedia.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from simcore.brokers import presets
from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument

MAJORS: Final = frozenset({"USD", "EUR", "JPY", "GBP", "CAD", "CHF"})
NFA_MAJORS: Final = frozenset({"GBP", "CHF", "CAD", "JPY", "EUR", "AUD", "NZD", "SEK", "NOK", "DKK", "USD"})
UNVERIFIED: Final = (
    "that professional clients have no cap anywhere; NFA's 2 % for GBP before 2021; the caps of what is no currency "
    "under NFA (where retail clients have no CFDs at all), Japan (but for coins since May 2020) and MAS; regulators' "
    "own texts but for ESMA's question 1984: the others were read as brokers and papers repeat them"
)
_NO_CAP: Final = math.inf
_LEVERED: Final = ("forex", "cfd_leverage")
_PAID: Final = ("forex_no_leverage", "cfd", "cfd_index", "exch_stocks", "exch_stocks_moex", "exch_bonds",
                "exch_bonds_moex")  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Regime:
    """What a regulator asks from a day on: leverage by class, and how retail clients are protected."""

    since: dt.date
    source: str
    fx_major: float
    fx_minor: float
    other: float
    classes: Mapping[str, float] = field(default_factory=dict)
    majors: frozenset[str] = MAJORS
    currencies: Mapping[str, float] = field(default_factory=dict)  # pairs of a currency with a cap of its own
    close_out: float | None = None  # at this share of the required margin
    protects: bool = False  # from a negative balance
    banned: tuple[str, ...] = ()
    hedging: bool = True


_CFD: Final = {"gold": 20.0, "index_major": 20.0, "metal": 10.0, "commodity": 10.0, "index_minor": 10.0, "stock": 5.0,
               "bond": 5.0, "crypto": 2.0}  # fmt: skip


def _retail(since: dt.date, source: str, **more: Any) -> Regime:
    """The caps of ESMA, which the FCA and ASIC took over: 30, 20, 10, 5 and 2; half the margin; no debt."""
    caps: dict[str, Any] = {"fx_major": 30.0, "fx_minor": 20.0, "other": 5.0, "classes": _CFD}
    return Regime(since=since, source=source, close_out=0.5, protects=True, **caps | more)


def _flat(since: dt.date, source: str, cap: float, **more: Any) -> Regime:
    """One cap for everything."""
    return Regime(since=since, source=source, **{"fx_major": cap, "fx_minor": cap, "other": cap} | more)


def _nfa(since: dt.date, source: str, **more: Any) -> Regime:
    return _flat(since, source, 20.0, fx_major=50.0, majors=NFA_MAJORS, hedging=False, **more)


# Each regime's versions, oldest first; one holds until the next.
REGIMES: Final[Mapping[str, tuple[Regime, ...]]] = {
    "esma-retail": (_retail(dt.date(2018, 8, 1), "ESMA Decision (EU) 2018/796, now national law"),),
    "esma-professional": (_flat(dt.date(2018, 8, 1), "ESMA Decision (EU) 2018/796 is of retail clients", _NO_CAP),),
    "fca-retail": (
        _retail(dt.date(2019, 8, 1), "FCA COBS 22.5"),
        _retail(dt.date(2021, 1, 6), "FCA COBS 22.5, 22.6", banned=("crypto",)),
    ),
    "fca-professional": (_flat(dt.date(2019, 8, 1), "FCA COBS 22.5 is of retail clients", _NO_CAP),),
    "asic-retail": (
        _retail(dt.date(2021, 3, 29), "ASIC Corporations Instrument 2020/986", majors=MAJORS | {"AUD"}),
    ),
    "asic-professional": (
        _flat(dt.date(2021, 3, 29), "ASIC Corporations Instrument 2020/986 is of retail clients", _NO_CAP),
    ),
    "nfa": (
        _nfa(dt.date(2010, 10, 18), "NFA Financial Requirements Section 12"),
        _nfa(dt.date(2021, 8, 10), "NFA Financial Requirements Section 12; GBP 3 % by Notice I-21-27",
             currencies={"GBP": 1.0 / 0.03}),
    ),
    "japan": (
        _flat(dt.date(2010, 8, 1), "FSA Japan, 2 % of the position", 50.0),
        _flat(dt.date(2011, 8, 1), "FSA Japan, 4 % of the position", 25.0),
        _flat(dt.date(2020, 5, 1), "FSA Japan, 4 % of the position; coins 50 %", 25.0, classes={"crypto": 2.0}),
    ),
    "mas": (_flat(dt.date(2019, 10, 8), "MAS, 5 % of the position", 20.0),),
    "mas-accredited": (_flat(dt.date(2019, 10, 8), "MAS, accredited investors 2 %", 50.0),),
}  # fmt: skip


def in_force(regime: str, day: dt.date | None) -> Regime:
    """The version that holds on a day; None: the latest. Raises ConfigError for a day before the first."""
    versions = [rule for rule in REGIMES[regime] if day is None or rule.since <= day]
    if not versions:
        others = [name for name, rules in REGIMES.items() if day and rules[0].since <= day]
        since = REGIMES[regime][0].since
        raise ConfigError(
            f"Broker: regime = {regime!r} holds since {since}, the rules are those of {day}; "
            f"use one that held: {', '.join(['none', *others])}"
        )
    return versions[-1]


def max_leverage(regime: str, instrument: Instrument, day: dt.date | None = None) -> float:
    """The leverage a regime allows an instrument at opening; inf without a cap. Raises ConfigError for a banned one."""
    rule = in_force(regime, day)
    if instrument.asset_class in rule.banned:
        raise ConfigError(
            f"Instrument {instrument.symbol}: {regime} bans {instrument.asset_class} ({rule.source}); leave it out"
        )
    if instrument.asset_class != "fx":
        return rule.classes.get(str(instrument.asset_class), rule.other)
    pair = {str(instrument.base), str(instrument.quote)}
    own = [cap for currency, cap in rule.currencies.items() if currency in pair]
    return min([*own, rule.fx_major if pair <= rule.majors else rule.fx_minor])


def regulated(broker: Broker, last: dt.date | None = None) -> Broker:
    """The broker as its regime binds it on its day: closed out no later, retail clients protected from debt.

    That day is `as_of` where it was chosen, else `last`, the last day of the data. Raises ConfigError where the regime
    did not hold yet, forbids how positions are booked, or where `as_of` was chosen after the data.
    """
    chosen = as_of_chosen(broker)
    if chosen is not None and last is not None and chosen > last:
        raise ConfigError(f"Broker: as_of = {chosen} is after the data, which end {last}; give a day up to that one")
    if broker.regime == "none":
        return broker
    day = chosen or last or broker.as_of
    rule = in_force(broker.regime, day)
    if broker.mode == "hedging" and not rule.hedging and not (broker.fifo_close and not broker.hedge_allowed):
        hint = "use mode = 'netting', or fifo_close = true with hedge_allowed = false"
        raise ConfigError(f"Broker: mode = 'hedging' is not allowed under {broker.regime!r}; {hint}")
    over: dict[str, object] = {"as_of": day}
    if rule.close_out is not None and broker.stop_out_mode == "money":
        raise ConfigError(
            f"Broker: stop_out_mode = 'money' is not allowed under {broker.regime!r}, which closes an account at "
            f"{rule.close_out:.0%} of its margin; use stop_out_mode = 'percent'"
        )
    if rule.close_out is not None:
        over["stop_out_level"] = max(rule.close_out, broker.stop_out_level or 0.0)
    if rule.protects:
        over["negative_balance_protection"] = True
    return broker.replace(**over)


def as_of_chosen(broker: Broker) -> dt.date | None:
    """The day the user chose, in a preset file of one's own too; None where it is when a preset's pages were read."""
    packaged = broker.preset_name in presets.names()
    read = presets.load(str(broker.preset_name)).fields["as_of"] if packaged else None
    return None if broker.as_of == read else broker.as_of


def leverage_of(broker: Broker, instrument: Instrument) -> float:
    """The leverage that holds for an instrument: the account's, its own or the regime's, whichever is lowest."""
    return min(_own_leverage(broker, instrument), _cap(broker, instrument))


def _own_leverage(broker: Broker, instrument: Instrument) -> float:
    return min(broker.leverage, instrument.max_leverage or _NO_CAP)


def _cap(broker: Broker, instrument: Instrument) -> float:
    return _NO_CAP if broker.regime == "none" else max_leverage(broker.regime, instrument, broker.as_of)


def rates_of(broker: Broker, instrument: Instrument, rates: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Margin rates, [order type, (initial, maintenance)], that go with `leverage_of`: none below the regime's margin.

    A rate of 0 keeps its meaning, but for what a buy or a sell opens. Rows are in the order of enums.OrderType's rates,
    buy and sell first.
    """
    if not _is_capped(broker, instrument):
        return rates
    _refuse_cheaper_tiers(broker, instrument)
    levered = instrument.calc_mode in _LEVERED
    leverage = leverage_of(broker, instrument) if levered else 1.0
    kept = rates * (leverage / _own_leverage(broker, instrument)) if levered else rates
    if _is_per_lot(instrument):
        return kept
    charged = rates > 0.0
    charged[:2, 0] = True
    least = leverage / _cap(broker, instrument)
    floored: npt.NDArray[np.float64] = np.where(charged, np.maximum(kept, least), 0.0)
    return floored


def least_margin(broker: Broker, instrument: Instrument) -> float:
    """The share of its value that a regime asks of an instrument whose margin is money per lot; 0: none."""
    per_lot = _is_capped(broker, instrument) and _is_per_lot(instrument)
    return 1.0 / _cap(broker, instrument) if per_lot else 0.0


def _is_capped(broker: Broker, instrument: Instrument) -> bool:
    """Whether a regime has a say in what an instrument needs."""
    levered, mode = instrument.calc_mode in _LEVERED, instrument.calc_mode
    cfd = levered or mode in _PAID or (mode == "futures" and instrument.kind != "future")
    return cfd and _cap(broker, instrument) < _NO_CAP and (levered or broker.mode != "exchange")


def _is_per_lot(instrument: Instrument) -> bool:
    return instrument.initial_margin > 0.0 or instrument.calc_mode == "futures"


def _refuse_cheaper_tiers(broker: Broker, instrument: Instrument) -> None:
    """Tiers multiply the margin, so that one below 1 would undercut the regime."""
    for number, rule in enumerate(broker.dynamic_leverage.rules if broker.dynamic_leverage else (), 1):
        if any(fnmatchcase(instrument.symbol, pattern) for pattern in rule.symbols):
            least = min(min(t.initial, t.initial if t.maintenance is None else t.maintenance) for t in rule.tiers)
            if least < 1.0:
                raise ConfigError(
                    f"Broker: dynamic_leverage.rules: rule {number} charges {least:g} of the margin of "
                    f"{instrument.symbol}, which {broker.regime!r} asks for in full; use tiers from 1"
                )
            return
