"""Leverage limits of regulators, as the margin they ask for at opening; dated.

A regime caps the leverage of each instrument by its class, and where it protects retail clients it closes an account
at half the margin and forgives debt. Caps are initial margin at opening, not a bound on the account's gearing
(reference section G, read 2026-11-21). What nobody could confirm is in UNVERIFIED.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument

MAJORS: Final = frozenset({"USD", "EUR", "JPY", "GBP", "CAD", "CHF"})
NFA_MAJORS: Final = frozenset({"GBP", "CHF", "CAD", "JPY", "EUR", "AUD", "NZD", "SEK", "NOK", "DKK", "USD"})
UNVERIFIED: Final = (
    "which currencies count as majors (ESMA); crypto banned for retail (FCA); Japan and MAS beyond the leverage itself"
)


@dataclass(frozen=True, kw_only=True)
class Regime:
    """What a regulator asks from a day on: leverage by class, and how retail clients are protected."""

    since: dt.date
    source: str
    fx_major: float
    fx_minor: float
    classes: Mapping[str, float]
    other: float
    majors: frozenset[str] = MAJORS
    close_out: float | None = None  # at this share of the required margin
    protects: bool = False  # from a negative balance
    banned: tuple[str, ...] = ()
    hedging: bool = True


_CFD: Final = {"gold": 20.0, "index_major": 20.0, "metal": 10.0, "commodity": 10.0, "index_minor": 10.0, "stock": 5.0,
               "bond": 5.0, "crypto": 2.0}  # fmt: skip
REGIMES: Final[Mapping[str, Regime]] = {
    "esma-retail": Regime(
        since=dt.date(2018, 8, 1), source="ESMA Decision (EU) 2018/796, now national law", fx_major=30.0, fx_minor=20.0,
        classes=_CFD, other=5.0, close_out=0.5, protects=True,
    ),
    "fca-retail": Regime(
        since=dt.date(2019, 8, 1), source="FCA COBS 22.5", fx_major=30.0, fx_minor=20.0, classes=_CFD, other=5.0,
        close_out=0.5, protects=True, banned=("crypto",),
    ),
    "asic-retail": Regime(
        since=dt.date(2021, 3, 29), source="ASIC Corporations Instrument 2020/986", fx_major=30.0, fx_minor=20.0,
        classes=_CFD, other=5.0, majors=MAJORS | {"AUD"}, close_out=0.5, protects=True,
    ),
    "nfa": Regime(
        since=dt.date(2010, 10, 18), source="NFA Financial Requirements Section 12; GBP 3 % by Notice I-21-27",
        fx_major=50.0, fx_minor=20.0, classes={}, other=20.0, majors=NFA_MAJORS, hedging=False,
    ),
    "japan": Regime(
        since=dt.date(2011, 8, 1), source="FSA Japan, 4 % of the position", fx_major=25.0, fx_minor=25.0, classes={},
        other=25.0,
    ),
    "mas": Regime(
        since=dt.date(2019, 10, 8), source="MAS, 5 % of the position", fx_major=20.0, fx_minor=20.0, classes={},
        other=20.0,
    ),
    "mas-accredited": Regime(
        since=dt.date(2019, 10, 8), source="MAS, accredited investors 2 %", fx_major=50.0, fx_minor=50.0, classes={},
        other=50.0,
    ),
}  # fmt: skip
_GBP_AT_NFA: Final = 1.0 / 0.03


def max_leverage(regime: str, instrument: Instrument) -> float:
    """The leverage a regime allows an instrument at opening. Raises ConfigError for one it bans."""
    rule = REGIMES[regime]
    if instrument.asset_class in rule.banned:
        raise ConfigError(
            f"Instrument {instrument.symbol}: {regime} bans {instrument.asset_class} ({rule.source}); leave it out"
        )
    if instrument.asset_class != "fx":
        return rule.classes.get(str(instrument.asset_class), rule.other)
    pair = {instrument.base, instrument.quote}
    if regime == "nfa" and "GBP" in pair:
        return _GBP_AT_NFA
    return rule.fx_major if pair <= rule.majors else rule.fx_minor


def regulated(broker: Broker) -> Broker:
    """The broker as its regime binds it: closed out no later, protected from debt where retail clients are.

    Raises ConfigError where the regime did not hold yet on the broker's `as_of`, or forbids how it books positions.
    """
    if broker.regime == "none":
        return broker
    rule = REGIMES[broker.regime]
    if broker.as_of is not None and broker.as_of < rule.since:
        raise ConfigError(
            f"Broker: regime = {broker.regime!r} holds since {rule.since}, as_of is {broker.as_of}; use regime = 'none'"
        )
    if broker.mode == "hedging" and not rule.hedging and not (broker.fifo_close and not broker.hedge_allowed):
        hint = "use mode = 'netting', or fifo_close = true with hedge_allowed = false"
        raise ConfigError(f"Broker: mode = 'hedging' is not allowed under {broker.regime!r}; {hint}")
    over: dict[str, object] = {}
    if rule.close_out is not None and broker.stop_out_mode == "percent":
        over["stop_out_level"] = max(rule.close_out, broker.stop_out_level or 0.0)
    if rule.protects:
        over["negative_balance_protection"] = True
    return broker.replace(**over) if over else broker


def leverage_of(broker: Broker, instrument: Instrument) -> float:
    """The leverage that holds for an instrument: the broker's, or the regime's where that is lower."""
    if broker.regime == "none":
        return broker.leverage
    return min(broker.leverage, max_leverage(broker.regime, instrument))
