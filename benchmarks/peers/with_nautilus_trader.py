"""nautilus_trader: a Python strategy on its Cython and Rust engine, quotes prepared, a netting margin account."""

from __future__ import annotations

import time
from collections.abc import Callable
from decimal import Decimal

import pandas as pd
from nautilus_trader.backtest.engine import BacktestEngine, BacktestEngineConfig
from nautilus_trader.config import LoggingConfig, StrategyConfig
from nautilus_trader.indicators import ExponentialMovingAverage
from nautilus_trader.model import InstrumentId, Money, QuoteTick, Venue
from nautilus_trader.model.currencies import USD
from nautilus_trader.model.enums import AccountType, OmsType, OrderSide, PriceType
from nautilus_trader.persistence.wranglers import QuoteTickDataWrangler
from nautilus_trader.test_kit.providers import TestInstrumentProvider
from nautilus_trader.trading.strategy import Strategy

from benchmarks.peers.rules import CASH, FAST, QTY, SLOW, Outcome, Prices


class CrossConfig(StrategyConfig, frozen=True):  # type: ignore[call-arg,misc]
    """What the strategy trades."""

    instrument_id: InstrumentId


class Cross(Strategy):  # type: ignore[misc]
    """The rules, over nautilus_trader's own averages."""

    def __init__(self, config: CrossConfig) -> None:
        super().__init__(config)
        self.fast = ExponentialMovingAverage(FAST, PriceType.MID)
        self.slow = ExponentialMovingAverage(SLOW, PriceType.MID)
        self.side = self.turns = 0

    def on_start(self) -> None:
        self.instrument = self.cache.instrument(self.config.instrument_id)
        self.register_indicator_for_quote_ticks(self.config.instrument_id, self.fast)
        self.register_indicator_for_quote_ticks(self.config.instrument_id, self.slow)
        self.subscribe_quote_ticks(self.config.instrument_id)

    def on_quote_tick(self, tick: QuoteTick) -> None:
        fast, slow = self.fast.value, self.slow.value
        side = 1 if fast > slow else -1
        if side == self.side or not self.slow.initialized or fast == slow:
            return
        qty = QTY if self.side == 0 else 2 * QTY
        self.side = side
        order = self.order_factory.market(
            self.config.instrument_id, OrderSide.BUY if side > 0 else OrderSide.SELL, self.instrument.make_qty(qty)
        )
        self.submit_order(order)

    def on_order_filled(self, event: object) -> None:
        self.turns += 1

    def on_reset(self) -> None:
        self.fast.reset()
        self.slow.reset()
        self.side = self.turns = 0


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run of the engine alone: quotes were made into its objects and added before."""
    engine = BacktestEngine(BacktestEngineConfig(logging=LoggingConfig(bypass_logging=True), run_analysis=False))
    engine.add_venue(
        venue=Venue("SIM"),
        oms_type=OmsType.NETTING,
        account_type=AccountType.MARGIN,
        base_currency=USD,
        starting_balances=[Money(CASH, USD)],
        default_leverage=Decimal(100),
    )
    instrument = TestInstrumentProvider.default_fx_ccy("EUR/USD")
    engine.add_instrument(instrument)
    index = pd.DatetimeIndex(prices.ts, tz="UTC")
    frame = pd.DataFrame({"bid_price": prices.bid, "ask_price": prices.ask}, index=index)
    engine.add_data(QuoteTickDataWrangler(instrument).process(frame, default_volume=1e9))
    strategy = Cross(CrossConfig(instrument_id=instrument.id))
    engine.add_strategy(strategy)

    def run() -> Outcome:
        engine.reset()
        began = time.perf_counter()
        engine.run()
        seconds = time.perf_counter() - began
        return Outcome(seconds, strategy.turns)

    return run
