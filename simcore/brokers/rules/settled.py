"""Gates, limits and volatility as numbers of the account's rules; 0 where they are off."""

from __future__ import annotations

from dataclasses import replace

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.instrument import Instrument
from simcore.brokers.regimes import leverage_of
from simcore.brokers.rules.layout import Plan, Series
from simcore.brokers.zones import DAY, SECOND
from simcore.market.timeframe import parse_timeframe

_LEVERED = ("forex", "cfd_leverage")


def gate_terms(broker: Broker) -> dict[str, float]:
    """Fields of RULES: the gates and the watch."""
    gates = broker.gates
    return {
        "gate_level": gates.margin_level or 0.0,
        "gate_factor": gates.free_margin_factor or 0.0,
        "gate_legs": gates.legs,
        "gate_warn": gates.warn_level or 0.0,
        "gate_close": gates.close_level or 0.0,
        "gate_every": round((gates.watch_seconds or 0.0) * SECOND),
    }


def limit_terms(broker: Broker) -> dict[str, float]:
    """Fields of RULES: limits on the whole account."""
    limits = broker.limits
    names = ("max_leverage", "max_notional", "max_margin", "max_orders", "max_positions")
    found = {name: getattr(limits, name) or 0.0 for name in names}
    adjusts = limits.action == "adjust"
    return found | {"limits": broker.has_limits or adjusts, "limits_adjust": adjusts}


def limits_of(broker: Broker, i: Instrument) -> dict[str, float]:
    """Fields of TERMS: limits on an instrument and on its class."""
    own = broker.limits.of_symbol(i.symbol)
    classes = list(broker.limits.classes)
    group = broker.limits.classes.get(i.asset_class)
    return {
        "max_position_leverage": own.max_leverage or 0.0,
        "max_position_notional": own.max_notional or 0.0,
        "max_position_qty": own.max_qty or 0.0,
        "limit_class": classes.index(i.asset_class) + 1 if group else 0,
        "max_class_leverage": (group.max_leverage or 0.0) if group else 0.0,
        "max_class_notional": (group.max_notional or 0.0) if group else 0.0,
    }


def most_margin(broker: Broker, i: Instrument) -> float:
    """How many times its margin an instrument may need at most because leverage falls; 0: it knows no leverage."""
    dynamic = broker.dynamic_leverage
    if dynamic is None or i.calc_mode not in _LEVERED:
        return 0.0
    return max(1.0, leverage_of(broker, i) / dynamic.min_leverage)


def volatility_terms(broker: Broker) -> dict[str, float]:
    """Fields of RULES: how volatility is measured and what it does."""
    rule = broker.dynamic_leverage.volatility if broker.dynamic_leverage else None
    if rule is None:
        return {"spike_fast": 0}
    names = ("fast", "slow", "threshold", "slope", "floor")
    return {f"spike_{name}": getattr(rule, name) for name in names}


def with_volatility(plan: Plan, broker: Broker, instruments: list[Instrument]) -> Plan:
    """The plan with the bars that volatility is measured on: of every instrument the rule is about."""
    rule = broker.dynamic_leverage.volatility if broker.dynamic_leverage else None
    if rule is None:
        return plan
    named = [k for k, i in enumerate(instruments) if rule.holds_for(i.symbol, str(i.asset_class))]
    if not named:
        hint = did_you_mean(rule.symbols[0], [i.symbol for i in instruments])
        raise ConfigError(f"Broker: dynamic_leverage.volatility.symbols = {rule.symbols}: names no instrument; {hint}")
    ns = parse_timeframe(rule.timeframe).ns
    own = [Series(k, ns, rule.slow + 1, daily=ns == DAY, hidden=True) for k in named]
    return replace(plan, series=(*plan.series, *own))
