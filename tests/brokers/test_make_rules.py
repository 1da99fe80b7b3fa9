"""Rules: every number of a broker and its instruments arrives in the record the compiled account reads."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import head, make_rules, terms
from simcore.brokers.rules.layout import Plan, Series
from simcore.brokers.zones import transitions
from simcore.kernel import schema
from simcore.kernel.enums import CalcMode, Mode, SwapMode, Venue
from simcore.market.keys import key_of
from tests.times import DAY, MINUTE, ns

EURUSD, USDJPY, EURGBP = Instrument.fx("EURUSD"), Instrument.fx("USDJPY"), Instrument.fx("EURGBP")
GOLD = Instrument.cfd("XAUUSD", contract_size=100)
MT5 = Broker.preset("mt5-hedging")


def path_of(row: Any) -> list[tuple[int, int]]:
    both = [(int(row["first"]), int(row["first_inverse"])), (int(row["second"]), int(row["second_inverse"]))]
    return both[: int(row["n"])]


def test_the_account() -> None:
    broker = MT5.replace(leverage=30, stop_out_level=0.3, rollover="00:00 +02:00", day_start="08:30 UTC")
    rules = head(make_rules(broker, [EURUSD]))[0]
    assert (rules["venue"], rules["mode"]) == (Venue.SIMULATED, Mode.HEDGING)
    assert (rules["margin_call_level"], rules["stop_out_level"], rules["stop_out_money"]) == (1.0, 0.3, 0)
    assert rules["money_scale"] == 100.0
    assert (rules["marketable_reject"], rules["limit_improve"], rules["intrabar_path"]) == (1, 0, 0)
    assert (rules["convert_mid"], rules["negative_balance_protection"]) == (0, 0)
    assert (rules["latency"], rules["n_latency"]) == (0, 0)
    assert (rules["rollover_time"], rules["day_time"]) == (0, 8 * 3600 * 10**9 + 30 * MINUTE)
    assert (rules["rollover_zone"]["n"], rules["rollover_zone"]["offset"][0]) == (1, 2 * 3600 * 10**9)


def test_the_other_side_of_every_switch() -> None:
    broker = Broker.preset(
        "generic",
        currency="JPY",
        limit_fill="improve",
        intrabar="path",
        conversion="mid",
        negative_balance_protection=True,
        stop_out_mode="money",
        stop_out_level=50_000,
        margin_call_level=80_000,
    )
    plan = Plan(venue=Venue.EXTERNAL, size="L", hears=6, warmup=50, sample_every=DAY, track=True)
    rules = head(make_rules(broker, [USDJPY], plan))[0]
    assert (rules["venue"], rules["mode"], rules["size"]) == (Venue.EXTERNAL, Mode.NETTING, 2)
    assert rules["money_scale"] == 1.0  # yen have no decimals
    assert (rules["marketable_reject"], rules["limit_improve"], rules["intrabar_path"]) == (0, 1, 1)
    assert (rules["convert_mid"], rules["negative_balance_protection"]) == (1, 1)
    assert (rules["margin_call_level"], rules["stop_out_level"], rules["stop_out_money"]) == (80_000.0, 50_000.0, 1)
    assert (rules["hears"], rules["warmup"], rules["sample_every"], rules["track"]) == (6, 50, DAY, 1)


def test_never_called_and_never_stopped_out() -> None:
    assert head(make_rules(Broker.preset("cash"), [EURUSD]))["stop_out_level"] == -1e18  # no level is as low
    in_money = Broker(stop_out_mode="money", stop_out_level=None, margin_call_level=None)
    assert head(make_rules(in_money, [EURUSD]))["stop_out_level"] < -1e15


def test_an_instrument() -> None:
    instrument = Instrument.fx(
        "EURUSD",
        hedged_margin=0,
        hedged_use_leg=True,
        swap_mode="currency_deposit",
        swap_long=-5.1,
        swap_short=1.2,
        swap_days=[1, 1, 1, 1, 3, 0, 0],
        stops_level=10,
        freeze_level=4,
        margin_rates={"buy": [1, 0.5], "sell_stop_limit": 2},
    )
    row = terms(make_rules(MT5.replace(leverage=30), [instrument]))[0]
    assert row["key"] == key_of("EURUSD")
    assert (row["contract_size"], row["leverage"], row["calc_mode"]) == (100_000.0, 30.0, CalcMode.FOREX)
    assert (row["price_scale"], row["price_step"], row["tick_size"], row["tick_value"]) == (100_000.0, 1.0, 1e-5, 0.0)
    assert (row["qty_min"], row["qty_max"], row["qty_increment"]) == (0.01, 1000.0, 0.01)
    assert row["margin_initial_rate"].tolist() == [1, 1, 1, 1, 1, 1, 1, 2]
    assert row["margin_maintenance_rate"].tolist() == [0.5, 1, 1, 1, 1, 1, 1, 2]
    assert (row["hedged_margin"], row["hedged_use_leg"]) == (0.0, 1)
    assert (row["swap_mode"], row["swap_long"], row["swap_short"]) == (SwapMode.CURRENCY_DEPOSIT, -5.1, 1.2)
    assert row["swap_days"].tolist() == [1, 1, 1, 1, 3, 0, 0]
    assert row["stops_level"] == pytest.approx(0.0001)  # 10 points of 0.00001
    assert row["freeze_level"] == pytest.approx(0.00004)
    assert (row["n_sessions"], row["n_series"], row["print_quotes"]) == (0, 0, 0)


@pytest.mark.parametrize(
    ("instrument", "scale", "step"),
    [
        (USDJPY, 1000.0, 1.0),
        (Instrument.future("ES", price_increment=0.25, tick_value=12.5, initial_margin=15_000), 100.0, 25.0),
        (Instrument.stock("GOOG", price_increment=0.5), 10.0, 5.0),
    ],
)
def test_prices_are_whole_increments_of_a_power_of_ten(instrument: Instrument, scale: float, step: float) -> None:
    row = terms(make_rules(Broker(), [instrument]))[0]
    assert (row["price_scale"], row["price_step"]) == (scale, step)


def test_no_maximum_is_far_away_and_still_countable() -> None:
    row = terms(make_rules(Broker(), [Instrument.stock("GOOG"), Instrument.spot("BTC/USD")]))
    assert row["qty_max"][0] == 1e12
    assert (row["qty_max"] / row["qty_increment"] < 2**53).all()


def test_metatrader_4_reserves_nothing_for_pending_orders() -> None:
    row = terms(make_rules(Broker.preset("mt4-hedging"), [EURUSD]))[0]
    assert row["margin_initial_rate"].tolist() == [1, 1, 0, 0, 0, 0, 0, 0]


def test_stocks_follow_the_account() -> None:
    stock = Instrument.stock("GOOG")
    assert terms(make_rules(Broker(), [stock]))["calc_mode"] == CalcMode.CFD_LEVERAGE


def test_conversion_paths() -> None:
    # EURGBP on a dollar account: profit GBP -> USD by GBPUSD, margin EUR -> USD by EURUSD
    rows = terms(make_rules(MT5, [EURGBP, Instrument.fx("GBPUSD"), EURUSD, GOLD]))
    assert path_of(rows[0]["profit_path"]) == [(1, 0)]
    assert path_of(rows[0]["margin_path"]) == [(2, 0)]
    assert path_of(rows[2]["profit_path"]) == []  # dollars already
    assert path_of(rows[2]["margin_path"]) == [(2, 0)]  # the pair converts itself
    assert path_of(rows[3]["profit_path"]) == path_of(rows[3]["margin_path"]) == []


def test_conversion_in_two_steps_and_inverted() -> None:
    # EURJPY on a sterling account: JPY -> USD by USDJPY inverted, USD -> GBP by GBPUSD inverted
    rows = terms(make_rules(MT5.replace(currency="GBP"), [Instrument.fx("EURJPY"), USDJPY, EURGBP, CABLE]))
    assert path_of(rows[0]["profit_path"]) == [(1, 1), (3, 1)]
    assert path_of(rows[0]["margin_path"]) == [(2, 0)]


CABLE = Instrument.fx("GBPUSD")


def test_commission_and_slippage() -> None:
    broker = MT5.replace(
        commission={"per_lot": 3.5, "per_share": 0.005, "min": 1, "max_rate": 0.01, "currency": "EUR"},
        slippage={"fixed": 0.0001, "spread_share": 0.5, "volume_share": 0.1},
    )
    row = terms(make_rules(broker, [GOLD, EURUSD]))[0]
    costs = row["commission"]
    assert (costs["per_lot"], costs["min"], costs["max_rate"]) == (3.5, 1.0, 0.01)
    assert costs["per_share"] == 0.5  # 0.005 for each of the 100 ounces of a lot
    assert path_of(costs["path"]) == [(1, 0)]  # euros to dollars
    assert row["slippage"].tolist() == (0.0001, 0.5, 0.1)
    free = terms(make_rules(MT5, [GOLD]))[0]["commission"]
    assert [free[n] for n in ("per_lot", "per_share", "rate", "maker", "taker", "min", "max_rate")] == [0.0] * 7


@pytest.mark.parametrize(
    ("order", "feed", "constant", "table"),
    [
        (20, 0.5, 20.5, []),
        ({"table": [10, 30], "seed": 7}, 5, 5, [10, 30]),
        (5, {"table": [10, 30], "seed": 7}, 5, [10, 30]),
        ({"table": [10, 30], "seed": 7}, {"table": [1, 2]}, 0, [11, 12, 31, 32]),  # every sum, equally likely
    ],
)
def test_latency(order: object, feed: object, constant: float, table: list[int]) -> None:
    rules = head(make_rules(MT5.replace(latency_ms=order, feed_latency_ms=feed), [EURUSD]))[0]
    assert rules["latency"] == round(constant * 10**6)
    assert rules["n_latency"] == len(table)
    assert rules["latency_table"][: len(table)].tolist() == [t * 10**6 for t in table]
    assert rules["latency_seed"] == (7 if table else 0)


def test_zones_are_the_tables_of_the_database() -> None:
    rules = head(make_rules(MT5.replace(timezone="Europe/Athens"), [EURUSD]))[0]
    for name, zone in (("rollover_zone", "America/New_York"), ("zone", "Europe/Athens")):
        at, offset = transitions(zone)
        n = rules[name]["n"]
        assert n == len(at) <= schema.N_TRANSITIONS
        assert (rules[name]["at"][:n] == at).all()
        assert (rules[name]["offset"][:n] == offset).all()


def test_sessions_cover_the_run() -> None:
    span = (ns("2024-03-09"), ns("2024-03-09T12:00"))  # a Saturday: closed all along
    buffer = make_rules(MT5.replace(calendar="fx"), [EURUSD, USDJPY], Plan(span=span))
    rows = terms(buffer)
    assert (rows["n_sessions"] > 0).all()
    assert rows["sessions_at"][0] == rows["sessions_at"][1]
    table = buffer[int(rows["sessions_at"][0]) :].view(schema.SESSION)
    assert len(table) == rows["n_sessions"][0]
    assert (table["open"] < table["close"]).all()
    assert (table["open"] < span[0]).any()  # the first week is not taken for an always-open market
    assert (table["open"] > span[1]).any()
    assert ns("2024-03-10T21:00") in table["open"]


def test_always_open_has_no_sessions() -> None:
    assert terms(make_rules(MT5.replace(calendar="24/7"), [EURUSD], Plan(span=(0, 1))))["n_sessions"] == 0


def test_series_lie_together_by_instrument() -> None:
    plan = Plan(series=[Series(1, MINUTE, 50), Series(0, MINUTE, 10, passthrough=True), Series(1, DAY, 5, daily=True)])
    buffer = make_rules(MT5, [EURUSD, USDJPY], plan)
    rules, rows = head(buffer)[0], terms(buffer)
    assert rows["first_series"].tolist() == [0, 1]
    assert rows["n_series"].tolist() == [1, 2]
    at = int(rules["series_terms_at"])
    series = buffer[at : at + 3 * schema.SERIES_TERMS.itemsize].view(schema.SERIES_TERMS)
    assert series["instrument"].tolist() == [0, 1, 1]
    assert series["timeframe"].tolist() == [MINUTE, MINUTE, DAY]
    assert series["capacity"].tolist() == [10, 50, 5]
    assert (series["daily"].tolist(), series["passthrough"].tolist()) == ([0, 0, 1], [1, 0, 0])
    assert np.diff(series["bars_at"]).tolist() == [10 * schema.BAR.itemsize, 50 * schema.BAR.itemsize]


@pytest.mark.parametrize("size", ["S", "M", "L"])
def test_tables_follow_each_other_without_overlap(size: str) -> None:
    plan = Plan(size=size, memory_bytes=100, series=[Series(0, MINUTE, 50)])
    buffer = make_rules(MT5, [EURUSD, USDJPY], plan)
    rules = head(buffer)[0]
    instruments_end = schema.INSTRUMENTS_AT + 2 * schema.INSTRUMENT.itemsize
    names = ["series", "timers", "positions", "orders", "requests", "notices"]
    starts = [int(rules[f"{name}_at"]) for name in names]
    series_at = int(rules["series_terms_at"])
    ring = int(buffer[series_at : series_at + schema.SERIES_TERMS.itemsize].view(schema.SERIES_TERMS)["bars_at"][0])
    widths = [
        int(rules["n_series"]) * schema.SERIES.itemsize,
        int(rules["n_timers"]) * 8,
        int(rules["n_positions"]) * schema.POSITION.itemsize,
        int(rules["n_orders"]) * schema.ORDER.itemsize,
        int(rules["n_requests"]) * schema.REQUEST.itemsize,
        int(rules["n_notices"]) * schema.NOTICE.itemsize,
    ]
    assert starts[0] == instruments_end
    assert [b - a for a, b in pairwise([*starts, ring])] == widths
    assert rules["memory_at"] >= ring + 50 * schema.BAR.itemsize
    assert rules["memory_at"] % 64 == 0
    assert rules["state_bytes"] == rules["memory_at"] + 104  # 100 bytes, up to a whole word
    assert rules["rules_bytes"] == len(buffer)
    expected = {s.name: (s.positions, s.orders) for s in schema.SIZES}[size]
    assert (rules["n_positions"], rules["n_orders"]) == expected


def test_equal_settings_make_equal_bytes() -> None:
    first, second = (make_rules(Broker.preset("mt5-netting"), [EURUSD, GOLD]) for _ in range(2))
    assert first.tobytes() == second.tobytes()
    assert first.tobytes() != make_rules(Broker.preset("mt5-netting", leverage=99), [EURUSD, GOLD]).tobytes()


@pytest.mark.parametrize("name", Broker.presets())
def test_every_preset_becomes_rules(name: str) -> None:
    broker = Broker.preset(name)
    rules = head(make_rules(broker, [EURUSD]))[0]
    assert rules["mode"] == Mode[broker.mode.upper()]
    if broker.stop_out_level is not None and broker.regime == "none":
        assert rules["stop_out_level"] == broker.stop_out_level


BRACKETS = [{"floor": 0, "maintenance": 0.004, "max_leverage": 125}]

REFUSED: list[tuple[dict[str, Any], list[Instrument], str]] = [
    ({}, [], "no instruments; give at least one"),
    ({}, [EURUSD, EURUSD], "Instrument EURUSD: is given twice"),
    ({}, [EURGBP], "Instrument EURGBP: no quotes to convert GBP to USD: GBPUSD is missing; add quotes of GBPUSD"),
    ({}, [Instrument.cfd("DE40", quote="EUR")], "Instrument DE40: no quotes to convert EUR to USD: EURUSD is missing"),
    ({"commission.currency": "CHF"}, [EURUSD], "Broker: commission.currency: no quotes to convert CHF to USD"),
    ({"valuation": "mark"}, [EURUSD], "Broker: valuation = 'mark' is not modelled"),
    ({"weekend_margin": 2}, [EURUSD], "Broker: margin by the clock (weekend_margin, holiday_margin, sessions, news) "),
    ({"dynamic_leverage": {"volatility": {"symbols": ["GBP*"]}}}, [EURUSD], "Broker: dynamic_leverage.volatility.sym"),
    ({}, [Instrument.perpetual("BTC/USD", leverage_tiers=BRACKETS)], "Instrument BTC/USD: leverage_tiers are not"),
    ({}, [Instrument.future("ES")], "Instrument ES: initial_margin = 0: a future's margin is money per contract"),
    ({"calendar": "fx"}, [EURUSD], "Broker: calendar = 'fx' needs the first and last time of the data"),
    (
        {"latency_ms": {"table": [1.0] * 1025}},
        [EURUSD],
        "Broker: latency tables hold 1025 delays together; give at most",
    ),
]


@pytest.mark.parametrize(("over", "instruments", "message"), REFUSED, ids=lambda value: str(value)[:40])
def test_what_cannot_be_kept_is_refused_in_one_line(
    over: dict[str, Any], instruments: list[Instrument], message: str
) -> None:
    with pytest.raises(ConfigError) as caught:
        make_rules(MT5.replace(**over), instruments)
    assert str(caught.value).startswith(message)
    assert "\n" not in str(caught.value)


def test_an_unknown_calendar_or_size() -> None:
    with pytest.raises(ConfigError, match=r"unknown calendar .XNYX.\. Did you mean .XNYS.\?"):
        make_rules(MT5.replace(calendar="XNYX"), [EURUSD], Plan(span=(0, 1)))
    with pytest.raises(ConfigError, match="unknown size 'huge'; known: L, M, S"):
        make_rules(MT5, [EURUSD], Plan(size="huge"))
    with pytest.raises(ConfigError, match="does not fit 1 instruments"):
        make_rules(MT5, [EURUSD], Plan(series=[Series(1, MINUTE, 5)]))


@pytest.mark.parametrize(
    ("currency", "rule", "moves"),
    [
        ("USD", {"range": "notional"}, 0),  # EURUSD converts itself, at its opening price
        ("USD", {"range": "notional", "currency": "EUR"}, 0),
        ("USD", {"range": "volume"}, 0),
        ("USD", {"range": "notional_symbol", "currency": "GBP"}, 1),  # over GBPUSD, which moves
    ],
)
def test_margin_moves_where_another_instrument_converts_what_tiers_count(
    currency: str, rule: dict[str, Any], moves: int
) -> None:
    tiers = {"rules": [{**rule, "symbols": ["EURUSD"], "tiers": [{"up_to": 5, "initial": 1}, {"initial": 2}]}]}
    broker = Broker(currency=currency, dynamic_leverage=tiers)
    rules = make_rules(broker, [Instrument.fx("EURUSD"), Instrument.fx("GBPUSD")])
    assert int(head(rules)["margin_moves"][0]) == moves
