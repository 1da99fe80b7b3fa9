"""hftbacktest: its Rust order book, driven by a compiled strategy that wakes once a quote.

A quote is four depth events: each side's old level goes, its new level comes. The fastest it offers throughout: depth
in a vector around the price, no partial fills, constant latency, events from memory, the next quote by `elapse`.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np
from hftbacktest import (
    BUY_EVENT,
    DEPTH_EVENT,
    EXCH_EVENT,
    GTC,
    LOCAL_EVENT,
    MARKET,
    SELL_EVENT,
    BacktestAsset,
    ROIVectorMarketDepthBacktest,
)
from hftbacktest.types import event_dtype
from numba import njit

from benchmarks.peers.rules import FAST, POINT, QTY, SLOW, TICK, Outcome, Prices

EVENTS = 4
SIZE = 1e9  # behind every price


@njit
def cross(hbt, tick, fast_share, slow_share, wait, qty):  # type: ignore[no-untyped-def]
    """The rules, one call of elapse a quote."""
    fast = slow = 0.0
    seen = side = turns = 0
    step = 1  # the first quote stands at the very start
    while hbt.elapse(step) == 0:
        step = tick
        depth = hbt.depth(0)
        bid, ask = depth.best_bid, depth.best_ask
        mid = (bid + ask) * 0.5
        seen += 1
        if seen == 1:
            fast = slow = mid
        fast += (mid - fast) * fast_share
        slow += (mid - slow) * slow_share
        wanted = 1 if fast > slow else -1
        if wanted != side and seen >= wait and fast != slow:
            size = qty if side == 0 else 2.0 * qty
            side = wanted
            turns += 1
            hbt.clear_inactive_orders(0)
            if wanted > 0:
                hbt.submit_buy_order(0, turns, ask, size, GTC, MARKET, False)
            else:
                hbt.submit_sell_order(0, turns, bid, size, GTC, MARKET, False)
    return seen, turns


def events(prices: Prices) -> np.ndarray:  # type: ignore[type-arg]
    """Four depth events a quote."""
    rows = np.zeros(EVENTS * len(prices.ts), event_dtype)
    rows["exch_ts"] = rows["local_ts"] = np.repeat(prices.ts, EVENTS)
    flags = DEPTH_EVENT | EXCH_EVENT | LOCAL_EVENT
    for side, flag, values in ((0, BUY_EVENT, prices.bid), (2, SELL_EVENT, prices.ask)):
        old, new = rows[side::EVENTS], rows[side + 1 :: EVENTS]
        old["ev"] = new["ev"] = flags | flag
        old["px"][0], old["px"][1:] = values[0], values[:-1]
        new["px"], new["qty"] = values, SIZE
    return rows


def prepare(prices: Prices, form: str) -> Callable[[], Outcome]:
    """A run of the compiled strategy; building the market around the events is outside the time."""
    rows = events(prices)
    low, high = float(prices.bid.min()) - 0.01, float(prices.ask.max()) + 0.01

    def run() -> Outcome:
        asset = (
            BacktestAsset()
            .data(rows)
            .linear_asset(1.0)
            .constant_order_latency(1, 1)
            .risk_adverse_queue_model()
            .no_partial_fill_exchange()
            .trading_value_fee_model(0.0, 0.0)
            .tick_size(POINT)
            .lot_size(1.0)
            .roi_lb(low)
            .roi_ub(high)
            .last_trades_capacity(0)
        )
        hbt = ROIVectorMarketDepthBacktest([asset])
        began = time.perf_counter()
        seen, turns = cross(hbt, TICK, 2.0 / (FAST + 1), 2.0 / (SLOW + 1), SLOW, float(QTY))
        seconds = time.perf_counter() - began
        state = hbt.state_values(0)
        assert seen >= len(prices.ts) - 1, (seen, len(prices.ts))
        trades, position = int(state.num_trades), float(state.position)
        hbt.close()
        assert trades == turns
        assert abs(position) == QTY
        return Outcome(seconds, trades)

    return run
