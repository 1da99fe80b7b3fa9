"""What an account says before is what it does after: random books under every preset, asked and then acted upon."""

from __future__ import annotations

import math
from random import Random
from typing import Any

import pytest

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.statement import START
from simcore.brokers.whatif import Account

PRICES = {"EURUSD": 1.1, "USDJPY": 150.0, "GBPUSD": 1.25, "EURGBP": 0.88, "XAUUSD": 2000.0}
SATURDAY = 1_704_535_200 * 10**9  # 2024-01-06 10:00 UTC
TIERS = {"rules": [{"tiers": [{"up_to": 1, "initial": 1}, {"up_to": 4, "initial": 2}, {"initial": 3}]}]}
RULES: tuple[dict[str, Any], ...] = (
    {},
    {},
    {"weekend_margin": 2.5},
    {"dynamic_leverage": TIERS},
    {"commission": {"per_lot": 3.5}},
    {"limits": {"max_leverage": 12}},
    {"gates": {"margin_level": 1.5, "free_margin_factor": 1.2}},
    {"free_margin_mode": "loss"},
)
SEEDS = range(200)


def book(seed: int, pending: bool = True) -> Account:
    """Positions on both sides of several instruments, pending orders, prices that have moved since."""
    random = Random(seed)
    preset = Broker.presets()[seed % len(Broker.presets())]
    rules = random.choice(RULES)
    if "dynamic_leverage" in rules and preset == "mt5-exchange":
        rules = {}
    broker = Broker.preset(preset, currency=random.choice(("USD", "EUR", "GBP")), **rules)
    gold = Instrument.cfd("XAUUSD", contract_size=100, quote="USD", asset_class="gold")
    traded = [Instrument.fx(symbol) for symbol in PRICES if symbol != "XAUUSD"]
    start = SATURDAY if "weekend_margin" in rules else START
    held = Account(broker, [*traded, gold], balance=random.uniform(3_000, 60_000), start=start)
    for symbol, price in PRICES.items():
        quote(held, symbol, price, random.choice((0, 2, 20)))
    for _ in range(random.randint(1, 4)):
        submit(held, random)
    for _ in range(random.randint(0, 2) if pending else 0):
        symbol = random.choice(list(PRICES))
        held.submit(symbol, "buy", round(random.uniform(0.01, 1), 2), limit=0.95 * PRICES[symbol])
    for symbol, price in PRICES.items():
        quote(held, symbol, price * random.uniform(0.995, 1.005), random.choice((0, 2, 20)))
    return held


def submit(held: Account, random: Random) -> None:
    symbol = random.choice(list(PRICES))
    held.submit(symbol, random.choice(("buy", "sell")), round(random.uniform(0.01, 0.4 * held.max_qty(symbol)), 2))


def quote(held: Account, symbol: str, bid: float, spread: int = 0) -> None:
    one = next(i for i in held.instruments if i.symbol == symbol)
    bid = round(bid, one.price_digits)
    held.quote(symbol, bid, round(bid + spread * one.price_increment, one.price_digits))


def order_of(random: Random, held: Account) -> dict[str, Any]:
    symbol = random.choice(list(PRICES))
    side = random.choice(("buy", "sell"))
    order: dict[str, Any] = {"symbol": symbol, "side": side, "qty": round(random.uniform(0.01, 8), 2)}
    if random.random() < 0.4:
        away = 0.98 if side == "buy" else 1.02
        order |= {"type": "limit", "limit": round(PRICES[symbol] * away, 2)}
    return order


@pytest.mark.parametrize("seed", SEEDS)
def test_an_order_is_checked_as_it_is_taken(seed: int) -> None:
    held, random = book(seed), Random(-seed)
    for _ in range(3):
        order = order_of(random, held)
        said = held.check(order)
        assert said == held.check(order)  # asking changes nothing
        assert said == held.submit(order)
        fills = [event for event in held.events if event["type"] == "fill"]
        assert said.allowed or not fills or fills[-1]["order"] != held.engine.state.account["last_order_id"]


@pytest.mark.parametrize("seed", SEEDS)
def test_the_largest_quantity_is_taken_and_one_more_is_not(seed: int) -> None:
    held = book(seed)
    for symbol in PRICES:
        for side in ("buy", "sell"):
            most = held.max_qty(symbol, side)
            one = next(i for i in held.instruments if i.symbol == symbol)
            if most > 0.0:
                assert held.fork().submit(symbol, side, most).allowed
            if most < (one.qty_max or math.inf):
                more = held.check(symbol, side, round(most + one.qty_increment, 2))
                assert not more.allowed, (symbol, side, most)
                assert more.reason == "NO_MONEY" or more.retcode is None


@pytest.mark.parametrize("seed", SEEDS)
def test_the_engine_closes_at_the_liquidation_price(seed: int) -> None:
    """At that price something is closed, one increment before nothing is; the spread is the same."""
    held = book(seed, pending=False)
    for k, one in enumerate(held.instruments):
        if held.net_qty(one.symbol) == 0.0:
            continue
        at = held.liquidation_price(one.symbol)
        if math.isnan(at):
            continue
        s = held.engine.state.instruments[k]
        bid, spread = float(s["bid"]), float(s["ask"] - s["bid"])
        down = at < bid
        low = at if down else at - spread
        assert closed(held, one, low, spread), (one.symbol, at)
        before = low + one.price_increment if down else low - one.price_increment
        assert not closed(held, one, before, spread), (one.symbol, at)


def closed(held: Account, one: Instrument, bid: float, spread: float) -> bool:
    """Whether anything is closed once the instrument is quoted so."""
    trial = held.fork()
    trial.quote(one.symbol, round(bid, one.price_digits), round(bid + spread, one.price_digits))
    return any(event["type"] == "stop_out" for event in trial.events)


def test_pending_orders_go_before_anything_is_closed() -> None:
    """1 lot bought at 1.1 uses 1,100, and 1,045 are reserved for a limit at 1.045, which is deleted on the way.

    Without it: 2,500 - 1,950 = 550, half of 1,100, after a fall of 0.0195.
    """
    held = Account(Broker.preset("mt5-hedging"), [Instrument.fx("EURUSD")], balance=2500.0)
    held.quote("EURUSD", 1.1)
    held.submit("EURUSD", "buy", 1.0)
    assert held.submit("EURUSD", "buy", 1.0, limit=1.045).allowed
    assert held.liquidation_price("EURUSD") == 1.0805
    held.quote("EURUSD", 1.08051)
    assert [event["type"] for event in held.events if event["type"] != "fill"] == ["margin_call", "stop_out_order"]
    assert len(held.positions()) == 1
    held.quote("EURUSD", 1.0805)
    assert held.positions() == []
