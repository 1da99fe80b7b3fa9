"""Broker: defaults, presets, overrides, and one clear line for every mistake."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pydantic import ValidationError

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError


def test_defaults_charge_nothing_and_delay_nothing() -> None:
    broker = Broker()
    assert broker.commission.model_dump() == {
        "per_lot": 0.0,
        "per_share": 0.0,
        "rate": 0.0,
        "maker": 0.0,
        "taker": 0.0,
        "min": 0.0,
        "max_rate": None,
        "currency": None,
    }
    assert broker.slippage.model_dump() == {"fixed": 0.0, "spread_share": 0.0, "volume_share": 0.0}
    assert (broker.latency_ms, broker.feed_latency_ms) == (0.0, 0.0)
    assert (broker.limit_fill, broker.intrabar, broker.calendar) == ("limit", "worst", None)
    assert all(value is None for value in broker.gates.model_dump(exclude={"legs"}).values())


def test_it_is_frozen() -> None:
    with pytest.raises(ValidationError):
        Broker().leverage = 5.0  # type: ignore[misc]


def test_a_preset_takes_overrides_and_remembers_where_it_came_from() -> None:
    broker = Broker.preset("mt5-hedging", currency="USD", leverage=30)
    assert (broker.preset_name, broker.mode, broker.leverage) == ("mt5-hedging", "hedging", 30.0)
    assert broker.as_of == dt.date(2026, 11, 21)


def test_preset_as_a_field_is_the_preset_as_a_constructor() -> None:
    assert Broker(preset="mt5-hedging", leverage=30) == Broker.preset("mt5-hedging", leverage=30)


def test_tables_merge_and_dots_name_a_field_inside() -> None:
    broker = Broker.preset("generic", commission={"per_lot": 3.5, "min": 1.0}).replace(**{"commission.per_lot": 4})
    assert (broker.commission.per_lot, broker.commission.min) == (4.0, 1.0)
    assert Broker(**{"commission.per_lot": 1, "commission.min": 2}).commission.min == 2.0


def test_replace_leaves_the_original_and_derives_anew() -> None:
    yen = Broker.preset("mt5-netting", currency="JPY")
    assert (yen.money_digits, yen.day_start) == (0, "17:00 America/New_York")
    other = yen.replace(currency="usd", rollover="00:00 +02:00")
    assert (other.currency, other.money_digits, other.day_start) == ("USD", 2, "00:00 +02:00")
    assert (yen.currency, yen.money_digits) == ("JPY", 0)
    assert other.replace(currency="JPY", money_digits=2).money_digits == 2  # stated: not derived


def test_given_makes_an_equal_copy() -> None:
    broker = Broker.preset("cash", currency="EUR", latency_ms={"table": [1, 2], "seed": 7})
    assert Broker(**broker.given()) == broker
    assert hash(Broker(**broker.given())) == hash(broker)


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_none_and_nan_mean_not_given(nothing: float | None) -> None:
    assert Broker(leverage=nothing, money_digits=nothing) == Broker()


@pytest.mark.parametrize("never", [None, "none", "off", float("nan")])
def test_levels_may_be_never(never: object) -> None:
    assert Broker(stop_out_level=never).stop_out_level is None


def test_a_level_of_zero_is_not_never() -> None:
    assert Broker(stop_out_level=0).stop_out_level == 0.0


@pytest.mark.parametrize(("given", "kept"), [(25, 25.0), ("25", 25.0)])
def test_latency_is_a_number(given: object, kept: float) -> None:
    assert Broker(latency_ms=given).latency_ms == kept


def test_latency_is_a_table() -> None:
    latency = Broker(latency_ms={"table": [10, 20, 60], "seed": 3}).latency_ms
    assert not isinstance(latency, float)
    assert (latency.table, latency.seed) == ((10.0, 20.0, 60.0), 3)


def test_levels_in_money_are_not_taken_for_per_cent() -> None:
    assert Broker(stop_out_mode="money", stop_out_level=500, margin_call_level=1000).stop_out_level == 500.0


def test_leverage_rules_ascend() -> None:
    tiers = [{"up_to": 10, "initial": 1}, {"up_to": "inf", "initial": 2}]
    leverage = Broker(dynamic_leverage={"rules": [{"tiers": tiers}]}).dynamic_leverage
    assert leverage is not None
    assert [t.up_to for t in leverage.rules[0].tiers] == [10.0, None]


DESCENDING = {"rules": [{"tiers": [{"up_to": 5, "initial": 1}, {"up_to": 2, "initial": 2}, {"initial": 3}]}]}
UNBOUNDED_TWICE = {"rules": [{"tiers": [{"initial": 1}, {"initial": 2}]}]}

MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"levrage": 5}, "Broker: unknown field 'levrage' = 5; did you mean 'leverage'?"),
    ({"zzz": 5}, "Broker: unknown field 'zzz' = 5; known: as_of, calendar, "),
    ({"leverage": -1}, "Broker: leverage = -1: must be at least 1"),
    ({"leverage": 0.5}, "Broker: leverage = 0.5: must be at least 1"),
    ({"leverage": "a lot"}, "Broker: leverage = 'a lot': must be a number"),
    ({"leverage": True}, "Broker: leverage = True: must be a number"),
    ({"leverage": float("inf")}, "Broker: leverage = inf: must be a finite number"),
    ({"leverage": []}, "Broker: leverage = []: must be a number"),
    ({"mode": "hedge"}, "Broker: mode = 'hedge': must be one of netting, hedging, exchange; did you mean 'hedging'?"),
    ({"mode": "xx"}, "Broker: mode = 'xx': must be one of netting, hedging, exchange"),
    ({"regime": "esma"}, "Broker: regime = 'esma': must be one of none, esma-retail, "),
    ({"currency": "EURO"}, "Broker: currency = 'EURO': is no currency; did you mean 'EUR'?"),
    ({"currency": "UDS"}, "Broker: currency = 'UDS': is no currency; did you mean 'USD'?"),
    ({"currency": 5}, "Broker: currency = 5: must be a text"),
    ({"stop_out_level": 50}, "Broker: stop_out_level = 50: must be a ratio; write 50 % as 0.5"),
    ({"margin_call_level": -1}, "Broker: margin_call_level = -1: must be at least 0"),
    ({"money_digits": 2.5}, "Broker: money_digits = 2.5: must be a whole number"),
    ({"as_of": "2026-13-01"}, "Broker: as_of = '2026-13-01': must be a date like 2026-11-21"),
    ({"negative_balance_protection": "maybe"}, "Broker: negative_balance_protection = 'maybe': must be true or false"),
    ({"commission": 3}, "Broker: commission = 3: must be a table of fields"),
    ({"commission": {"per_lott": 3}}, "Broker: unknown field 'commission.per_lott' = 3; did you mean 'per_lot'?"),
    ({"commission.per_lot": -3}, "Broker: commission.per_lot = -3: must be at least 0"),
    ({"commission": {"rate": 0.001, "maker": 0.001}}, "give either rate, or maker and taker"),
    ({"slippage": {"fixed": "x"}}, "Broker: slippage.fixed = 'x': must be a number"),
    ({"latency_ms": -1}, "Broker: latency_ms = -1: must be at least 0"),
    ({"latency_ms": {"table": []}}, "Broker: latency_ms.table = []: must have at least 1 entries"),
    ({"latency_ms": {"table": [1, -2]}}, "Broker: latency_ms.table.1 = -2: must be at least 0"),
    ({"latency_ms": {"tabel": [1]}}, "Broker: unknown field 'latency_ms.tabel' = [1]; did you mean 'table'?"),
    ({"rollover": "5pm"}, "Broker: rollover = '5pm': '5pm' is not a time of day and a zone; write it like '17:00 "),
    ({"rollover": "17:00 America/NewYork"}, "unknown time zone 'America/NewYork'; did you mean 'America/New_York'?"),
    ({"day_start": "25:00 UTC"}, "Broker: day_start = '25:00 UTC': '25:00 UTC' is no time of day"),
    ({"timezone": "New York"}, "unknown time zone 'New York'; did you mean 'America/New_York'?"),
    ({"dynamic_leverage": DESCENDING}, "tier 2 ends at 2 and tier 1 at 5: they overlap; tiers must ascend by up_to"),
    ({"dynamic_leverage": UNBOUNDED_TWICE}, "tier 1 has no up_to; tiers must ascend by up_to, only the last may be"),
    ({"preset": "mt5-hedgin"}, "unknown preset 'mt5-hedgin'; did you mean 'mt5-hedging'?"),
    ({"leverage": -1, "mode": "x"}, "Broker: leverage = -1: must be at least 1 (wrong too: mode)"),
]


@pytest.mark.parametrize(("fields", "message"), MISTAKES, ids=lambda value: str(value)[:40])
def test_a_mistake_is_one_clear_line(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Broker(**fields)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("fields", "message"), MISTAKES[:5], ids=lambda value: str(value)[:40])
def test_replace_checks_as_the_constructor_does(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Broker.preset("mt5-hedging").replace(**fields)
    assert message in str(caught.value)


def test_another_preset_is_another_start() -> None:
    with pytest.raises(ConfigError, match=r"start anew with Broker.preset\('cash'\)"):
        Broker.preset("mt5-hedging").replace(preset="cash")
