"""Instrument: what each kind is by default, what follows from what, and one clear line for every mistake."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.brokers.currencies import coin_pair, fx_pair, money_digits
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument, decimals, is_multiple

# instrument: base, quote, margin currency, contract size, digits, increment, qty min, max, increment, formula
DEFAULTS = [
    (Instrument.fx("EURUSD"), "EUR", "USD", "EUR", 100_000.0, 5, 0.00001, 0.01, 1000.0, 0.01, "forex"),
    (Instrument.fx("USDJPY"), "USD", "JPY", "USD", 100_000.0, 3, 0.001, 0.01, 1000.0, 0.01, "forex"),
    (Instrument.fx("EUR/CHF.m"), "EUR", "CHF", "EUR", 100_000.0, 5, 0.00001, 0.01, 1000.0, 0.01, "forex"),
    (Instrument.cfd("DE40"), None, None, None, 1.0, 2, 0.01, 0.01, 1000.0, 0.01, "cfd_leverage"),
    (Instrument.stock("GOOG"), None, None, None, 1.0, 2, 0.01, 1.0, None, 1.0, None),
    (Instrument.future("ES"), None, None, None, 1.0, 2, 0.01, 1.0, None, 1.0, "futures"),
    (Instrument.perpetual("BTCUSDT"), "BTC", "USDT", "USDT", 1.0, 2, 0.01, 0.001, None, 0.001, "cfd_leverage"),
    (Instrument.spot("BTC/EUR"), "BTC", "EUR", "EUR", 1.0, 2, 0.01, 0.00001, None, 0.00001, "exch_stocks"),
]


@pytest.mark.parametrize("row", DEFAULTS, ids=lambda row: row[0].symbol)
def test_defaults_of_each_kind(row: tuple[Any, ...]) -> None:
    i, *expected = row
    got = [
        i.base,
        i.quote,
        i.margin_currency,
        i.contract_size,
        i.price_digits,
        i.price_increment,
        i.qty_min,
        i.qty_max,
        i.qty_increment,
        i.calc_mode,
    ]
    assert got == expected
    assert i.hedged_margin == i.contract_size
    assert i.swap_days == (1, 1, 3, 1, 1, 0, 0)
    assert (i.swap_long, i.swap_short, i.stops_level, i.freeze_level) == (0.0, 0.0, 0, 0)
    assert i.margin_rates.buy == i.margin_rates.sell_stop_limit == (1.0, 1.0)


def test_what_follows_from_what() -> None:
    gold = Instrument.cfd("XAUUSD", contract_size=100)
    assert gold.hedged_margin == 100.0
    assert gold.replace(contract_size=10).hedged_margin == 10.0
    assert gold.replace(hedged_margin=0).replace(contract_size=10).hedged_margin == 0.0  # stated: stays
    assert Instrument.fx("EURUSD", price_digits=4).price_increment == 0.0001
    assert Instrument.stock("GOOG", price_increment=0.25).price_digits == 2
    assert Instrument.fx("EURUSD", qty_increment=1).qty_min == 1.0
    assert Instrument.stock("GOOG", qty_min=0.001).qty_increment == 0.001
    assert Instrument.cfd("XAUUSD", qty_min=5000).qty_max is None  # the usual 1000 would allow nothing
    # price in the formula: the amount is in the quote currency
    assert Instrument.fx("EURUSD", calc_mode="cfd_leverage").margin_currency == "USD"


def test_a_future_by_its_tick_value() -> None:
    # 12.50 dollars a tick of 0.25 points is 50 dollars a point
    assert Instrument.future("ES", price_increment=0.25, tick_value=12.5).contract_size == 50.0


def test_margin_rates_are_one_number_or_two() -> None:
    rates = Instrument.fx("EURUSD", margin_rates={"buy": 2, "sell": [1, 0.5]}).margin_rates
    assert (rates.buy, rates.sell, rates.buy_limit) == ((2.0, 2.0), (1.0, 0.5), (1.0, 1.0))


def test_resolved_against_an_account() -> None:
    index = Instrument.cfd("DE40").resolved("EUR")
    assert (index.quote, index.margin_currency, index.calc_mode) == ("EUR", "EUR", "cfd_leverage")
    share = Instrument.stock("SAP", quote="EUR")
    assert share.resolved("USD").margin_currency == "EUR"
    assert share.resolved("USD").calc_mode == "cfd_leverage"
    assert share.resolved("USD", exchange=True).calc_mode == "exch_stocks"
    assert Instrument.fx("EURUSD").resolved("JPY") == Instrument.fx("EURUSD")


def test_of_a_symbol() -> None:
    assert Instrument.of("EURUSD") == Instrument.fx("EURUSD")
    assert Instrument.of("XAUUSD", kind="cfd", contract_size=100) == Instrument.cfd("XAUUSD", contract_size=100)
    assert Instrument.of(symbol="EURUSD", kind="fx") == Instrument.fx("EURUSD")


def test_a_copy_from_what_was_given() -> None:
    instrument = Instrument.cfd("XAUUSD", contract_size=100, margin_rates={"buy": 0.5}, leverage_tiers=TIERS)
    assert Instrument(**instrument.given()) == instrument


TIERS = [
    {"floor": 0, "maintenance": 0.004, "max_leverage": 125},
    {"floor": 50_000, "maintenance": 0.005, "max_leverage": 100},
]

MISTAKES: list[tuple[str, str, dict[str, Any], str]] = [
    ("fx", "XAUUSD", {}, "Instrument XAUUSD: a metal is not fx; use kind=cfd: Instrument.cfd('XAUUSD', "),
    ("fx", "GOOG", {}, "Instrument GOOG: symbol is not two currencies; give base and quote, or another kind"),
    ("fx", "USDUSD", {}, "Instrument USDUSD: symbol is not two currencies"),
    ("fx", "GOLD", {"base": "XAU", "quote": "USD"}, "a metal is not fx"),
    ("fx", "EURUSD", {"qty_mn": 1}, "Instrument EURUSD: unknown field 'qty_mn' = 1; did you mean 'qty_min'?"),
    ("fx", "EURUSD", {"contract_size": 0}, "Instrument EURUSD: contract_size = 0: must be greater than 0"),
    ("fx", "EURUSD", {"contract_size": "big"}, "Instrument EURUSD: contract_size = 'big': must be a number"),
    ("fx", "EURUSD", {"price_digits": 13}, "Instrument EURUSD: price_digits = 13: must be at most 12"),
    ("fx", "EURUSD", {"price_digits": 3, "price_increment": 0.0003}, "must be a multiple of the last of price_digits"),
    ("fx", "EURUSD", {"qty_min": 0.015, "qty_increment": 0.01}, "qty_min = 0.015: must be a multiple of qty_incr"),
    ("stock", "GOOG", {"qty_max": 0.5}, "Instrument GOOG: qty_max = 0.5: must not be below qty_min = 1"),
    ("cfd", "XAUUSD", {"calc_mode": "cfd_leverag"}, "did you mean 'cfd_leverage'?"),
    ("fx", "EURUSD", {"swap_mode": "pips"}, "swap_mode = 'pips': must be one of disabled, points, "),
    ("fx", "EURUSD", {"swap_days": [1, 1]}, "Instrument EURUSD: swap_days = [1, 1]: must have at least 7 entries"),
    ("fx", "EURUSD", {"stops_level": -1}, "Instrument EURUSD: stops_level = -1: must be at least 0"),
    ("fx", "EURUSD", {"margin_rates": {"buys": 1}}, "unknown field 'margin_rates.buys' = 1; did you mean 'buy'?"),
    ("fx", "EURUSD", {"margin_rates": {"buy": [1, 2, 3]}}, "margin_rates.buy = [1, 2, 3]: must have at most 2 entries"),
    ("fx", "EURUSD", {"margin_rates": {"buy": -1}}, "Instrument EURUSD: margin_rates.buy.0 = -1: must be at least 0"),
    ("cfd", "X", {"quote": "US Dollar"}, "Instrument X: quote = 'US Dollar': must be a code such as USD or BTC"),
    ("cfd", "two words", {}, "symbol = 'two words': must not be empty or contain spaces"),
    ("perpetual", "BTCUSDT", {"leverage_tiers": TIERS[::-1]}, "leverage_tiers must start at floor 0 and ascend"),
    (
        "cdf",
        "X",
        {},
        "Instrument X: kind = 'cdf': must be one of fx, cfd, stock, future, perpetual, spot; did you mean 'c",
    ),
]


@pytest.mark.parametrize(("kind", "symbol", "over", "message"), MISTAKES, ids=lambda value: str(value)[:30])
def test_a_mistake_is_one_clear_line(kind: Any, symbol: str, over: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        Instrument.of(symbol, kind=kind, **over)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("symbol", ["GOOG", "XAUUSD", "BTCUSDT"])
def test_a_symbol_that_is_not_two_currencies_needs_its_kind(symbol: str) -> None:
    with pytest.raises(ConfigError, match="state its kind: fx, cfd, stock, future, perpetual, spot"):
        Instrument.of(symbol)


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("EURUSD", ("EUR", "USD")),
        ("eurusd", ("EUR", "USD")),
        ("EUR_USD", ("EUR", "USD")),
        ("EUR/USD", ("EUR", "USD")),
        ("EURUSD.pro", ("EUR", "USD")),
        ("USDCNH", ("USD", "CNH")),
        ("EURUSDT", None),
        ("XAUUSD", None),
        ("USDXAG", None),
        ("EUREUR", None),
        ("EURUS", None),
        ("BTCUSD", None),
        ("", None),
    ],
)
def test_two_currencies(symbol: str, pair: tuple[str, str] | None) -> None:
    assert fx_pair(symbol) == pair


@pytest.mark.parametrize(
    ("symbol", "pair"),
    [
        ("BTCUSDT", ("BTC", "USDT")),
        ("ETH/BTC", ("ETH", "BTC")),
        ("SOL-USD", ("SOL", "USD")),
        ("BTCFDUSD", ("BTC", "FDUSD")),
        ("BTC/USDT:USDT", ("BTC", "USDT")),
        ("BTC-PERP", None),
        ("USDT", None),
        ("GOOG", None),
    ],
)
def test_two_coins(symbol: str, pair: tuple[str, str] | None) -> None:
    assert coin_pair(symbol) == pair


@pytest.mark.parametrize(("currency", "digits"), [("USD", 2), ("JPY", 0), ("KWD", 3), ("USDT", 8), ("ISK", 0)])
def test_decimals_of_money(currency: str, digits: int) -> None:
    assert money_digits(currency) == digits


def test_a_grid_that_floats_miss_by_a_hair() -> None:
    assert decimals(3 * 0.1) == 1  # 0.30000000000000004
    assert is_multiple(47 * 0.01, 0.01)  # 0.47000000000000003
    assert not is_multiple(0.475, 0.01)


@given(digits=st.integers(0, 12), steps=st.integers(1, 9))
def test_decimals_of_a_grid(digits: int, steps: int) -> None:
    increment = float(f"{steps}e-{digits}")
    assert decimals(increment) == digits
    assert is_multiple(increment, float(f"1e-{digits}"))


@given(
    digits=st.integers(0, 8),
    steps=st.integers(1, 500),
    units=st.integers(1, 10**6),
    lots=st.integers(1, 1000),
)
def test_any_grid_in_order_makes_an_instrument_that_copies_equal(
    digits: int, steps: int, units: int, lots: int
) -> None:
    increment = float(f"{steps}e-{digits}")
    made = Instrument.cfd("X", price_increment=increment, contract_size=units, qty_increment=0.01, qty_min=lots * 0.01)
    assert made.replace() == made
    assert is_multiple(made.price_increment, float(f"1e-{made.price_digits}"))
