"""Questions to a broker, by hand, and laws that hold whatever the numbers are."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simcore.brokers.broker import Broker
from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.whatif import Account

EURUSD = Instrument.fx("EURUSD")
GOLD = Instrument.cfd("XAUUSD", contract_size=100.0, quote="USD")
MT5 = Broker.preset("mt5-hedging")
FEW = settings(max_examples=40, deadline=None, derandomize=True)
PRICES = st.integers(50_000, 200_000).map(lambda n: n / 100_000)
LOTS = st.integers(1, 5_000).map(lambda n: n / 100)


def test_the_gold_account_of_the_margin_guide() -> None:
    # 0.1 lot * 100 oz * 4,067.00 / 500 = 81.34; a lot is ten times that
    broker = Broker.preset("mt5-gold-500")
    assert broker.margin(GOLD, "buy", 0.1, 4067.0) == 81.34
    assert broker.margin(GOLD, "buy", 1.0, 4067.0) == 813.40


def test_margin_in_another_currency() -> None:
    # 100,000 GBP / 100 = 1,000 GBP; a buy converts at the ask of GBPUSD 1.2502
    eurgbp = Instrument.fx("GBPJPY")
    quotes = {"GBPUSD": (1.25, 1.2502), "USDJPY": (150.0, 150.01)}
    assert MT5.margin(eurgbp, "buy", 1.0, 187.5, quotes) == 1250.20
    assert MT5.margin(eurgbp, "sell", 1.0, 187.5, quotes) == 1250.00
    with pytest.raises(ConfigError, match="no quotes to convert"):
        MT5.margin(eurgbp, "buy", 1.0, 187.5, {})


def test_margin_of_an_account_in_bitcoin() -> None:
    bitcoin = Broker.preset("mt5-netting", currency="BTC", leverage=50)
    # 0.41 lots: 820 EUR at 1.0833 USD, and a dollar is 1 / 60,000 bitcoin: 0.01480510
    assert bitcoin.margin("EURUSD", "buy", 0.41, (1.0831, 1.0833), {"BTCUSD": (60_000, 60_010)}) == 0.0148051
    listed = [Instrument.of(symbol, broker=bitcoin) for symbol in ("EURUSD", "BTCUSD")]
    with pytest.raises(ConfigError, match=r"BTCUSD is missing.*BTCUSD is a CFD.*Instrument.spot\('BTCUSD'\)"):
        bitcoin.account(listed)


def test_collateral_needs_no_margin_and_a_cfd_index_earns_by_contract_size() -> None:
    broker = Broker.preset("mt5-netting")
    held = Instrument.cfd("BOND", calc_mode="serv_collateral", contract_size=10)
    assert broker.margin(held, "buy", 3.0, 101.0) == 0.0
    index = Instrument.cfd("IDX", calc_mode="cfd_index", contract_size=2, price_increment=0.5, tick_value=5)
    account = broker.account([index])
    assert account.profit("IDX", "sell", 3.0, 1_000.0, 990.5) == 57.0  # 3 x 2 x 9.5, whatever a tick is worth
    assert account.margin("IDX", "buy", 3.0, 1_000.0) == 60_000.0  # 3 x 2 x 1,000 x 5 / 0.5


def test_a_check_says_what_the_account_would_be() -> None:
    taken = MT5.check(EURUSD, "buy", 0.5, 1.1, 1000.0)
    assert (taken.allowed, taken.needed, taken.used_margin, taken.free_margin) == (True, 550.0, 550.0, 450.0)
    refused = MT5.check(EURUSD, "buy", 1.0, 1.1, 1000.0)
    assert (refused.allowed, refused.reason, refused.used_margin) == (False, "NO_MONEY", 0.0)
    assert refused.sentence.startswith("not enough money: buying 1 EURUSD needs 1,100.00 USD of margin")


def test_the_largest_quantity() -> None:
    # 0.8 * 1,000 = 800 / 1,100 a lot = 0.727: 0.72 on the grid
    assert MT5.max_qty(EURUSD, 1000.0, price=1.1) == 0.72
    assert MT5.max_qty("EURUSD", 1000.0, safety=1.0, price=1.1) == 0.90


def test_the_liquidation_price_by_hand() -> None:
    # 1 lot at 1.1 uses 1,100; closed at equity 550: a loss of 1,450 of 2,000 = 0.01450
    assert MT5.liquidation_price(EURUSD, "buy", 1.0, 1.1, 2000.0) == 1.0855
    assert MT5.liquidation_price(EURUSD, "sell", 1.0, 1.1, 2000.0) == 1.1145
    assert math.isnan(Broker.preset("cash").liquidation_price(EURUSD, "buy", 0.01, 1.1, 2000.0))


@FEW
@given(price=PRICES, qty=LOTS, side=st.sampled_from([1, -1]), spare=st.floats(1.05, 20.0))
def test_the_engine_liquidates_where_it_was_said(price: float, qty: float, side: int, spare: float) -> None:
    """On the tick of liquidation_price the position goes, one increment before it does not."""
    balance = MT5.margin(EURUSD, side, qty, price) * spare
    at = MT5.liquidation_price(EURUSD, side, qty, price, balance)
    if math.isnan(at):
        return
    held = MT5.account([EURUSD], balance)
    held.quote("EURUSD", price)
    held.open("EURUSD", side, qty, price)
    held.quote("EURUSD", round(at + side * EURUSD.price_increment, 5))
    assert len(held.positions()) == 1
    held.quote("EURUSD", at)
    assert held.positions() == []


@FEW
@given(price=PRICES, qty=LOTS, low=st.integers(1, 500), more=st.integers(1, 500))
def test_more_leverage_never_needs_more_margin(price: float, qty: float, low: int, more: int) -> None:
    margins = [MT5.replace(leverage=n).margin(EURUSD, "buy", qty, price) for n in (low, low + more)]
    assert margins[1] <= margins[0]


@FEW
@given(open=PRICES, move=st.integers(-40_000, 40_000), qty=LOTS)
def test_mirrored_prices_and_sides_mirror_profit(open: float, move: int, qty: float) -> None:
    held = Account(MT5, [GOLD])
    held.quote("XAUUSD", 2000.0)
    up, down = 2000.0 + move / 100, 2000.0 - move / 100
    assert held.profit("XAUUSD", "buy", qty, 2000.0, up) == held.profit("XAUUSD", "sell", qty, 2000.0, down)


@FEW
@given(swap=st.integers(-2_000, 2_000).map(lambda n: n / 100), start=st.integers(0, 6), qty=LOTS)
def test_a_week_of_rollovers_charges_seven_days(swap: float, start: int, qty: float) -> None:
    """Whatever day it begins on: five nights are charged, one of them three times."""
    instrument = EURUSD.replace(swap_long=swap, swap_mode="currency_deposit")
    day = 86_400 * 10**9
    held = Account(
        MT5.replace(stop_out_level=None), [instrument], balance=1e9, start=1_704_189_600 * 10**9 + start * day
    )
    held.quote("EURUSD", 1.1)
    held.open("EURUSD", "buy", qty, 1.1)
    for _ in range(7):
        held.pass_time(86_400.0)
    nights = [round(swap * qty * days, 2) for days in (1, 1, 3, 1, 1)]
    assert held.figures["unrealized_pnl"] == pytest.approx(sum(nights), abs=0.03)
    assert held.figures["unrealized_pnl"] == pytest.approx(7 * swap * qty, abs=0.03)


def test_what_is_malformed() -> None:
    held = Account(MT5, [EURUSD])
    with pytest.raises(ConfigError, match="unknown symbol 'EURUDS'; did you mean 'EURUSD'"):
        held.quote("EURUDS", 1.1)
    with pytest.raises(ConfigError, match="side = 'long': must be 'buy' or 'sell'"):
        held.margin("EURUSD", "long", 1.0, 1.1)
