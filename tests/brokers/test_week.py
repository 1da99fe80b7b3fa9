"""A week of rollovers charges seven days, whichever its mode, its triple night, its clock change, its holidays."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.whatif import Account
from simcore.market.instants import ns_of

WEDNESDAY = (1, 1, 3, 1, 1, 0, 0)
FRIDAY = (1, 1, 1, 1, 3, 0, 0)
EVERY_NIGHT = (1, 1, 1, 1, 1, 1, 1)
HOUR = 3600.0
# mode, swap, what one day costs 2 lots of EURUSD bought at 1.10000 and quoted there, USD
MODES: list[tuple[str, float, str]] = [
    ("points", -6.5, "-13.00"),  # a point of 2 lots is 2.00
    ("currency_deposit", -4.25, "-8.50"),
    ("currency_profit", -4.25, "-8.50"),
    ("currency_base", -5.0, "-11.00"),  # 10 EUR at 1.1
    ("currency_margin", -5.0, "-11.00"),
    ("interest_current", -3.6, "-22.00"),  # 200,000 EUR * 3.6 % / 360 = 20 EUR
    ("interest_open", -3.6, "-22.00"),
    ("reopen_current", -3.0, "-6.00"),  # 3 points dearer, at 2.00 a point
    ("reopen_bid", -3.0, "-6.00"),
    ("disabled", -3.0, "0.00"),
]
# Monday noon before: a plain week, New York's clocks forward, back, London's only, a leap day, New Year
WEEKS = ("2024-01-08", "2024-03-04", "2024-10-28", "2024-03-25", "2024-02-26", "2023-12-25")
ROLLOVERS = ("17:00 America/New_York", "00:00 Europe/London", "22:00 UTC", "00:00 Asia/Tokyo")


def held(monday: str, days: tuple[int, ...], mode: str, swap: float, **broker: Any) -> Account:
    """2 lots bought at noon of a Monday, with no room for anything but swaps."""
    one = Instrument.fx("EURUSD", swap_mode=mode, swap_long=swap, swap_days=days)
    rules = Broker(stop_out_level=None, margin_call_level=None, **broker)
    account = Account(rules, [one], balance=1e6, start=ns_of(f"{monday}T12:00", "start"))
    account.quote("EURUSD", 1.1)
    account.open("EURUSD", "buy", 2.0, 1.1)
    return account


def charged(account: Account, hours: int) -> Decimal:
    """What that many hours change in equity, an hour at a time, money."""
    before = account.figures["equity"]
    for _ in range(hours):
        account.pass_time(HOUR)
    return Decimal(str(round(account.figures["equity"] - before, 2))).quantize(Decimal("0.01"))


def sign_of(mode: str) -> int:
    """Points that reopen a position dearer are a cost where they are above 0."""
    return -1 if mode.startswith("reopen") else 1


@pytest.mark.parametrize(("mode", "swap", "day"), MODES, ids=[mode for mode, *_ in MODES])
@pytest.mark.parametrize("days", [WEDNESDAY, FRIDAY, EVERY_NIGHT], ids=["wednesday", "friday", "every night"])
def test_each_mode(mode: str, swap: float, day: str, days: tuple[int, ...]) -> None:
    assert charged(held("2024-01-08", days, mode, sign_of(mode) * swap), 7 * 24) == 7 * Decimal(day)


@pytest.mark.parametrize("monday", WEEKS)
@pytest.mark.parametrize("rollover", ROLLOVERS)
def test_each_clock(monday: str, rollover: str) -> None:
    assert charged(held(monday, WEDNESDAY, "points", -6.5, rollover=rollover), 7 * 24) == Decimal("-91.00")


@pytest.mark.parametrize("holiday", ["2024-01-09", "2024-01-10", "2024-01-12", "2024-01-13"])
@pytest.mark.parametrize("days", [WEDNESDAY, FRIDAY], ids=["wednesday", "friday"])
def test_a_holiday_moves_a_night_and_loses_none(days: tuple[int, ...], holiday: str) -> None:
    """Two in a row too: what they would charge is charged the night before."""
    first = dt.date.fromisoformat(holiday)
    for more in ((first,), (first, first + dt.timedelta(days=1))):
        assert charged(held("2024-01-08", days, "points", -6.5, swap_holidays=more), 7 * 24) == Decimal("-91.00")


def test_which_night_is_triple() -> None:
    """Rollovers at 17:00 New York, 22:00 UTC; a night bears the day that it ends."""
    account = held("2024-01-08", WEDNESDAY, "points", -6.5)
    assert [charged(account, 24) / -13 for _ in range(7)] == [1, 1, 3, 1, 1, 0, 0]
    assert [charged(account, 24) / -13 for _ in range(7)] == [1, 1, 3, 1, 1, 0, 0]


@pytest.mark.parametrize(("side", "sign"), [("buy", 1), ("sell", -1)])
@pytest.mark.parametrize("preset", Broker.presets())
def test_mirrored_prices_and_sides_mirror_profit(preset: str, side: str, sign: int) -> None:
    """A CFD at 1,000 that moves by x up for a long, or down for a short, earns the same under every preset."""
    for move in (-333.25, -0.01, 0.0, 0.01, 125.5):
        account = Account(Broker.preset(preset, currency="USD"), [Instrument.cfd("X", quote="USD")], balance=1e6)
        account.quote("X", 1000.0)
        account.open("X", side, 3.0, 1000.0)
        account.quote("X", 1000.0 + sign * move)
        worth = account.figures["unrealized_pnl"]
        assert worth == round(3.0 * move, 2)
        assert account.profit("X", side, 3.0, 1000.0, 1000.0 + sign * move) == worth


@pytest.mark.parametrize("regime", ["none", "esma-retail", "nfa", "mas"])
@pytest.mark.parametrize("mode", ["forex", "forex_no_leverage", "cfd", "cfd_leverage", "cfd_index"])
def test_more_leverage_never_needs_more_margin(regime: str, mode: str) -> None:
    kind = "fx" if mode.startswith("forex") else "cfd"
    for rates in ({}, {"buy": 0.02}, {"buy": [3, 1]}):
        one = Instrument.of("EURUSD", kind, quote="USD", calc_mode=mode, margin_rates=rates)
        margins = [
            Broker(leverage=leverage, regime=regime).margin(one, "buy", 1.0, 1.1)
            for leverage in (1, 1.5, 20, 29, 30, 31, 49, 50, 51, 100, 500, 3000)
        ]
        assert margins == sorted(margins, reverse=True)
