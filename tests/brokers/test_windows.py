"""Margins by the clock and by volatility: the table of instants, the news calendar, and an account that asks."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any

import pandas as pd
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.news import read_news
from simcore.brokers.rules.windows import margin_windows
from simcore.brokers.whatif import Account
from simcore.market.instants import ns_of

EURUSD = Instrument.fx("EURUSD")
GBPUSD = Instrument.fx("GBPUSD")
GOLD = Instrument.cfd("XAUUSD", contract_size=100.0, quote="USD", asset_class="gold")
ACME = Instrument.stock("ACME", quote="USD")
MT5 = Broker.preset("mt5-hedging")
SATURDAY, TUESDAY = "2024-01-06T12:00", "2024-01-02T10:00"


def rows(broker: Broker, first: str, last: str, *instruments: Instrument) -> list[tuple[str, int, float, float]]:
    """(instant, instrument, times by shut, times by leverage)."""
    chosen = [i.resolved("USD") for i in instruments or (EURUSD,)]
    table = margin_windows(broker, chosen, (ns_of(first, ""), ns_of(last, "")))
    told = [str(pd.Timestamp(int(at)).strftime("%m-%d %H:%M")) for at in table["at"]]
    return list(
        zip(told, table["instrument"].tolist(), table["shut"].tolist(), table["leverage"].tolist(), strict=True)
    )


def test_nothing_by_the_clock_is_no_table() -> None:
    assert rows(MT5, "2024-01-01", "2024-02-01") == []


def test_weekends_follow_new_york_through_a_change_of_clocks() -> None:
    # New York goes to summer time on Sunday 2024-03-10: Friday's close is 22:00 UTC, Sunday's opening 21:00
    found = rows(MT5.replace(weekend_margin=2), "2024-03-05", "2024-03-09")
    assert found[:4] == [("03-08 22:00", 0, 2.0, 1.0), ("03-10 21:00", 0, 1.0, 1.0),
                         ("03-15 21:00", 0, 2.0, 1.0), ("03-17 21:00", 0, 1.0, 1.0)]  # fmt: skip


def test_a_run_that_begins_on_a_weekend_begins_with_its_margin() -> None:
    assert rows(MT5.replace(weekend_margin=2), SATURDAY, "2024-01-07")[0] == ("01-06 12:00", 0, 2.0, 1.0)


def test_classes_and_symbols() -> None:
    broker = MT5.replace(weekend_margin={"factor": 1.5, "classes": {"gold": 4}, "symbols": {"GBP*": 3}})
    found = rows(broker, "2024-01-02", "2024-01-03", EURUSD, GBPUSD, GOLD)
    assert {(k, shut) for at, k, shut, _ in found if at == "01-05 22:00"} == {(0, 1.5), (1, 3.0), (2, 4.0)}


def test_an_exchange_s_holidays_and_weekends() -> None:
    # Thanksgiving, Thursday 2023-11-23: closed from Wednesday 21:00 to Friday 14:30 UTC, when it closes early at 18:00
    broker = MT5.replace(weekend_margin=2, holiday_margin=3, calendar="XNYS")
    found = [row for row in rows(broker, "2023-11-20T15:00", "2023-11-26", ACME) if row[0] < "11-28"]
    assert found == [("11-22 21:00", 0, 3.0, 1.0), ("11-24 14:30", 0, 1.0, 1.0),
                     ("11-24 18:00", 0, 2.0, 1.0), ("11-27 14:30", 0, 1.0, 1.0)]  # fmt: skip


def test_a_long_weekend_takes_the_larger_factor() -> None:
    # Good Friday, 2024-03-29: Thursday 20:00 to Monday 13:30 UTC
    broker = MT5.replace(weekend_margin=2, holiday_margin=3, calendar="XNYS")
    found = [row for row in rows(broker, "2024-03-27T15:00", "2024-03-30", ACME) if "03-28" <= row[0] < "04-02"]
    assert found == [("03-28 20:00", 0, 3.0, 1.0), ("04-01 13:30", 0, 1.0, 1.0)]


def test_sessions_and_news_leave_shares_of_leverage() -> None:
    news = {"calendar": [{"ts": "2024-01-05T13:30", "currency": "USD"}], "before_minutes": 15, "after_minutes": 5}
    broker = MT5.replace(dynamic_leverage={"sessions": {"factor": 0.8}, "news": {"factor": 0.5, **news}})
    found = [row for row in rows(broker, "2024-01-05", "2024-01-05T20:00") if row[0] < "01-06"]
    assert found == [("01-05 13:00", 0, 1.0, 1.25), ("01-05 13:15", 0, 1.0, 2.5),
                     ("01-05 13:35", 0, 1.0, 1.25), ("01-05 17:00", 0, 1.0, 1.0)]  # fmt: skip


EVENTS = [
    {"Time": "2024-01-05 13:30", "Currency": "usd", "Impact": "High", "Title": "Payrolls", "Actual": 1},
    {"Time": "2024-01-04 10:00", "Currency": "", "Impact": "low", "Title": "", "Actual": 2},
]


@pytest.mark.parametrize("form", ["csv", "json", "parquet", "polars", "pandas", "indexed", "list"])
def test_a_news_calendar_in_every_form(form: str, tmp_path: Path) -> None:
    frame, path = pl.DataFrame(EVENTS), tmp_path / f"news.{form}"
    if form in ("csv", "json", "parquet"):
        getattr(frame, f"write_{form}")(path)
    pandas = frame.to_pandas()
    source: Any = {"polars": frame, "pandas": pandas, "indexed": pandas.set_index("Time"), "list": EVENTS}.get(form)
    found = read_news(str(path) if source is None else source)
    assert [(e.currency, e.impact, e.event) for e in found] == [(None, "low", ""), ("USD", "high", "Payrolls")]
    assert found[1].ts == ns_of("2024-01-05T13:30", "")


BAD_NEWS = [
    (5, "must be a file, a frame or a list of events, was 5"),
    ("nowhere.csv", "nowhere.csv: cannot be read"),
    ("news.xls", "news.xls: a news calendar is a .csv, .json, .parquet file"),
    ([{"when": "2024-01-05"}], "the list, row 1: needs a column ts"),
    ([{"ts": "soon"}], "the list, row 1: ts must be a time such as 2024-01-02"),
    ([{"ts": "2024-01-05"}, {"ts": "2024-01-06", "currency": "DOLLAR"}], "the list, row 2: currency = 'DOLLAR': must"),
]


@pytest.mark.parametrize(("source", "message"), BAD_NEWS, ids=str)
def test_a_bad_calendar_is_one_line_with_its_row(source: Any, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Broker(dynamic_leverage={"news": {"calendar": source}})
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


MISTAKES: list[tuple[dict[str, Any], str]] = [
    ({"weekend_margin": 0.5}, "weekend_margin.factor = 0.5: must be at least 1"),
    ({"weekend_margin": "much"}, "weekend_margin.factor = 'much': must be a number"),
    ({"weekend_margin": {"fctor": 2}}, "unknown field 'weekend_margin.fctor' = 2; did you mean 'factor'?"),
    ({"weekend_margin": {"classes": {"forex": 2}}}, "weekend_margin.classes.forex"),
    ({"holiday_margin": {"days": ["1 May"]}}, "holiday_margin.days.0 = '1 May': must be a date like 2026-11-21"),
    ({"dynamic_leverage": {}}, "give at least one of rules, volatility, sessions, news"),
    ({"dynamic_leverage": {"sessions": {"factor": 1.5}}}, "sessions.factor = 1.5: must be at most 1"),
    ({"dynamic_leverage": {"sessions": {"at_least": 3}}}, "at_least = 3: there are only 2 sessions"),
    ({"dynamic_leverage": {"volatility": {"fast": 20, "slow": 10}}}, "fast = 20: must be less than slow = 10"),
    ({"dynamic_leverage": {"volatility": {"timeframe": "1x"}}}, 'unknown timeframe "1x"'),
    ({"dynamic_leverage": {"news": {}}}, "dynamic_leverage.news.calendar is required"),
    ({"free_margin_mode": "some"}, "must be one of all, none, profit, loss"),
    ({"margin_rate_update": "hourly"}, "must be one of open, daily"),
    ({"limits": {"max_levrage": 5}}, "unknown field 'limits.max_levrage' = 5; did you mean 'max_leverage'?"),
    ({"limits": {"max_orders": 0}}, "limits.max_orders = 0: must be at least 1"),
    ({"limits": {"max_leverage": -5}}, "limits.max_leverage = -5: must be greater than 0"),
    ({"limits": {"action": "cut"}}, "limits.action = 'cut': must be one of reject, adjust"),
    ({"gates": {"margin_levl": 1.5}}, "unknown field 'gates.margin_levl' = 1.5; did you mean 'margin_level'?"),
]


@pytest.mark.parametrize(("fields", "message"), MISTAKES, ids=lambda value: str(value)[:50])
def test_a_mistake_is_one_line_naming_the_field(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Broker(**fields)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


# --------------------------------------------------------------------------------------------------- questions


def test_margin_depends_on_when_it_is_asked_for() -> None:
    broker = MT5.replace(weekend_margin=3)
    assert broker.margin(EURUSD, "buy", 1.0, 1.1) == 1100.0
    assert broker.margin(EURUSD, "buy", 1.0, 1.1, at=TUESDAY) == 1100.0
    assert broker.margin(EURUSD, "buy", 1.0, 1.1, at=SATURDAY) == 3300.0
    assert broker.max_qty(EURUSD, 1000.0, price=1.1, at=SATURDAY) == 0.24  # 800 / 3,300
    assert broker.check(EURUSD, "buy", 1.0, 1.1, 2000.0, at=SATURDAY).reason == "NO_MONEY"
    # closed at equity 1,650 of 4,000: a loss of 2,350 = 0.02350
    assert broker.liquidation_price(EURUSD, "buy", 1.0, 1.1, 4000.0, at=SATURDAY) == 1.0765


def held(broker: Broker, side: int, qty: float, price: float, balance: float, at: str) -> Account:
    account = broker.account([EURUSD], balance, start=ns_of(at, ""))
    account.quote("EURUSD", price)
    account.open("EURUSD", side, qty, price)
    return account


TIERS = [{"up_to": 1, "initial": 1}, {"up_to": 5, "initial": 2}, {"initial": 4, "maintenance": 3}]
NOTIONAL = [{"up_to": 100_000, "initial": 1}, {"up_to": 500_000, "initial": 2}, {"initial": 3}]
HOUSES = (
    {"weekend_margin": 3},
    {"dynamic_leverage": {"rules": [{"range": "volume", "tiers": TIERS}]}, "weekend_margin": 1.5},
    {"dynamic_leverage": {"rules": [{"range": "notional", "tiers": NOTIONAL}]}},
    {"dynamic_leverage": {"sessions": {"factor": 0.4}}, "margin_basis": "current", "valuation": "mid"},
)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(
    over=st.sampled_from(HOUSES),
    at=st.sampled_from([SATURDAY, TUESDAY, "2024-01-03T15:00"]),
    price=st.integers(50_000, 200_000).map(lambda n: n / 100_000),
    qty=st.integers(1, 1_000).map(lambda n: n / 100),
    side=st.sampled_from([1, -1]),
    spare=st.floats(1.05, 20.0),
)
def test_the_engine_liquidates_where_it_was_said(
    over: dict[str, Any], at: str, price: float, qty: float, side: int, spare: float
) -> None:
    """Under windows and tiers too: on the tick of liquidation_price the position goes, one increment before it does
    not."""
    broker = MT5.replace(**over)
    flat = broker.account([EURUSD], 1e9, start=ns_of(at, ""))
    flat.quote("EURUSD", price)
    flat.open("EURUSD", side, qty, price)
    balance = round(flat.figures["used_margin"] * spare, 2)
    told = held(broker, side, qty, price, balance, at).liquidation_price("EURUSD")
    if told != told:
        return
    account = held(broker, side, qty, price, balance, at)
    account.quote("EURUSD", round(told + side * EURUSD.price_increment, 5))
    assert len(account.positions()) == 1
    account.quote("EURUSD", told)
    assert account.positions() == []


def test_volatility_counts_closed_bars_only() -> None:
    """Bars of a minute, fast 1, slow 4; each bar's true range in points of 0.00001: 10, 10, 10, 10, 30."""
    rule = {"timeframe": "1min", "fast": 1, "slow": 4, "threshold": 1.5, "slope": 0.3, "floor": 0.25}
    account = MT5.replace(dynamic_leverage={"volatility": rule}).account([EURUSD], 10_000.0, start=ns_of(TUESDAY, ""))
    second = 10**9

    def minute(n: int, low: float, high: float) -> None:
        account.now = ns_of(TUESDAY, "") + n * 60 * second
        account.quote("EURUSD", low)
        account.quote("EURUSD", high)

    for n in range(5):
        minute(n, 1.1, 1.1001)
    account.open("EURUSD", "buy", 1.0, 1.1)
    minute(5, 1.1, 1.1003)
    # bars 0 to 4 are closed: ratio 10 / 10 = 1; the tall one is being built and counts not
    assert account.figures["used_margin"] == 1100.0
    account.pass_time(60.0)
    # (30 / 1) / ((10 + 10 + 10 + 30) / 4 = 15) = 2: 1 - 0.3 * 2 = 0.4 of the leverage is left
    assert account.figures["used_margin"] == 2750.0
    told = [e for e in account.events if e["type"] == "margin_changed"]
    assert [(e["before"], e["multiple"], e["used_margin"]) for e in told] == [(1.0, 2.5, 2750.0)]
    minute(7, 1.1003, 1.1004)
    account.pass_time(60.0)
    # the bar that closes is 10 tall: 10 / ((10 + 10 + 30 + 10) / 4 = 15) is below the threshold
    assert account.figures["used_margin"] == 1100.0


def test_a_verdict_lists_every_limit_that_is_broken() -> None:
    limits = {"max_leverage": 10, "max_notional": 50_000, "max_margin": 0.05}
    broker = MT5.replace(limits=limits)
    verdict = broker.check(EURUSD, "buy", 1.0, 1.1, 10_000.0)
    assert (verdict.allowed, verdict.reason, verdict.qty) == (False, "LIMIT_LEVERAGE", 0.0)
    assert verdict.violations == (
        "limit: leverage would be 11 (notional 110,000.00 USD on equity 10,000.00 USD), the most is 10",
        "limit: notional would be 110,000.00 USD, the most is 50,000.00 USD",
        "limit: used margin would be 11.00 % of equity (1,100.00 USD of 10,000.00 USD), the most is 5.00 %",
    )
    cut = broker.replace(**{"limits.action": "adjust"}).check(EURUSD, "buy", 1.0, 1.1, 10_000.0)
    assert (cut.allowed, cut.qty, len(cut.violations)) == (True, 0.45, 3)  # 50,000 / 110,000 = 0.4545
    assert broker.max_qty(EURUSD, 10_000.0, 1.0, price=1.1) == 0.45


def test_max_qty_keeps_the_gates() -> None:
    # gate 1: 10,000 / 1.5 = 6,666.67 of margin, 1,100 a lot = 6.06 lots; the broker alone would take 9.09
    assert MT5.replace(gates={"margin_level": 1.5}).max_qty(EURUSD, 10_000.0, 1.0, price=1.1) == 6.06
    assert MT5.max_qty(EURUSD, 10_000.0, 1.0, price=1.1) == 9.09


# ----------------------------------------------------------------------------------------------------- regimes


def regime_margin(name: str, instrument: Instrument, at: str, price: float = 1.0, **over: Any) -> float:
    """Margin of 1.0 at 1:500 under a regime."""
    broker = Broker.preset("mt5-netting", leverage=500, regime=name, **over)
    return broker.margin(instrument, "buy", 1.0, price, at=at)


def test_regimes_have_dates_and_classes() -> None:
    bitcoin = Instrument.cfd("BTCUSD", quote="USD", asset_class="crypto")
    assert regime_margin("esma-retail", EURUSD, "2020-01-07") == 3333.33  # 30:1
    assert regime_margin("esma-professional", EURUSD, "2020-01-07") == 200.0  # the broker's 500:1
    assert regime_margin("fca-retail", bitcoin, "2020-01-07", 20_000.0) == 10_000.0  # 2:1
    with pytest.raises(ConfigError, match="fca-retail bans crypto"):
        regime_margin("fca-retail", bitcoin, "2022-01-04", 20_000.0)
    assert regime_margin("fca-professional", bitcoin, "2022-01-04", 20_000.0) == 40.0
    assert regime_margin("nfa", GBPUSD, "2020-01-07") == 2000.0  # 50:1
    assert regime_margin("nfa", GBPUSD, "2022-01-04") == 3000.0  # 3 %
    usdjpy = Instrument.fx("USDJPY")
    assert regime_margin("japan", usdjpy, "2011-01-04", 80.0) == 2000.0  # 50:1
    assert regime_margin("japan", usdjpy, "2012-01-03", 80.0) == 4000.0  # 25:1
    assert regime_margin("asic-professional", GOLD, "2022-01-04", 1800.0) == 360.0  # 180,000 / 500


def test_a_regime_that_did_not_hold_yet() -> None:
    with pytest.raises(ConfigError) as caught:
        regime_margin("mas", EURUSD, "2015-01-06")
    text = "Broker: regime = 'mas' holds since 2019-10-08, the rules are those of 2015-02-05; use one that held: none, "
    assert str(caught.value).startswith(text)
    assert str(caught.value).endswith("nfa, japan")


def test_rules_of_a_day_after_the_data() -> None:
    broker = Broker.preset("mt5-hedging", as_of=dt.date(2030, 1, 1))
    with pytest.raises(ConfigError, match="as_of = 2030-01-01 is after the data, which end 2024-02-01"):
        broker.margin(EURUSD, "buy", 1.0, 1.1)
    assert Broker.preset("mt5-hedging", as_of=dt.date(2020, 1, 1)).margin(EURUSD, "buy", 1.0, 1.1) == 1100.0
