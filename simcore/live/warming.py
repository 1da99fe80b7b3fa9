"""Warming: before a session at a bridge is live, its bars and indicators are filled from the bridge's history.

As far back as the strategy's `warmup` asks, one-minute bars (ticks, where it hears bars that minutes do not make, and
for the minute that is being made) are rows of the journal like any price, so that a restart and `verify` hear the same.
Until the history has ended every order is DENIED, NOT_WARM, however many bars have closed; afterwards as always, until
`warmup` bars have. Where a broker has less than was asked for, the rest comes live.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from typing import Any, Final

import numpy as np

from simcore.kernel.engine import Engine
from simcore.kernel.schema import RULES
from simcore.live.bridge import Bridge
from simcore.live.desk import Desk
from simcore.live.margins import terms_of
from simcore.live.rows import events
from simcore.market.columns import Bars, Quotes
from simcore.market.feed import merge
from simcore.market.grid import Grid, snapped
from simcore.strategy.strategy import timeframes, warmup_bars

MINUTE: Final = 60_000_000_000
FARTHEST: Final = 365 * 24 * 60 * MINUTE  # the account knows the zones so far back
BEGUN, DONE = "warm-up", "warm"  # notes of the journal
HELD: Final = 1_000_000_000  # bars nobody waits for: while it stands, nothing may be ordered


def hold(engine: Engine) -> None:
    """Deny every order from now on."""
    rules = engine.rules[: RULES.itemsize].view(RULES)
    rules["warmup"] += HELD


def release(engine: Engine) -> None:
    """Deny no more than `warmup` asks."""
    rules = engine.rules[: RULES.itemsize].view(RULES)
    rules["warmup"] -= HELD


def is_held(engine: Engine) -> bool:
    return bool(engine.rules[: RULES.itemsize].view(RULES)["warmup"][0] >= HELD)


def is_cold(desk: Desk) -> bool:
    """Whether the history is still to come, or was broken off by a crash."""
    met = desk.now
    return warmup_bars(desk.driver.strategy) > 0 and (not met or is_held(desk.engine))


def warm(desk: Desk, bridge: Bridge, symbols: Sequence[str], clock: Callable[[], int]) -> int:
    """Play the history up to the newest price: from that instant (ns UTC) on prices are to be asked for, 0: no history.

    BridgeError where it cannot be read: then nothing was played.
    """
    end = bridge.time(symbols) if bridge.capabilities.history else 0
    bars, ticks = _history(desk, bridge, symbols, end) if end else ({}, {})
    if not is_held(desk.engine):
        desk.journal.note(BEGUN, desk.now, bars=warmup_bars(desk.driver.strategy))
        hold(desk.engine)
    for block in (merge(one) for one in (bars, ticks) if one):
        numbers = [symbols.index(symbol) for symbol in block.symbols]
        for ts, k, kind, bid, ask, x, y in chain.from_iterable(map(events, block.blocks())):
            if ts > desk.now:
                desk.row(ts, numbers[k], kind, bid, ask, x, y, clock())
    desk.take()  # what it would have done then is no order now
    heard = [int(s["bars"]) for s in desk.engine.state.instruments]
    desk.journal.note(DONE, desk.now, heard=dict(zip(symbols, heard, strict=False)))
    release(desk.engine)
    desk.journal.flush()
    return end


def _history(desk: Desk, bridge: Bridge, symbols: Sequence[str], end: int) -> tuple[dict[str, Bars], dict[str, Quotes]]:
    """Closed minutes, and the ticks after them, of every symbol."""
    asked = timeframes(desk.driver.strategy)
    by_minutes = all(one.ns > 0 and one.ns % MINUTE == 0 for one in asked)
    split = end // MINUTE * MINUTE if by_minutes else 0
    bars: dict[str, Bars] = {}
    ticks: dict[str, Quotes] = {}
    for k, symbol in enumerate(symbols):
        increments = _grid(desk, k)
        if by_minutes:
            rows = _enough(partial(_minutes, bridge, symbol, split), split, desk)
            if len(rows["ts"]):
                bars[symbol] = snapped(_bars(symbol, rows), increments)
            now = _columns(bridge.history(symbol, split, end))
        else:
            now = _enough(partial(_ticks, bridge, symbol, end), end, desk)
        if len(now["ts"]):
            ticks[symbol] = snapped(Quotes(symbol, now["ts"], now["bid"], now["ask"]), increments)
    return bars, ticks


def _minutes(bridge: Bridge, symbol: str, end: int, start: int) -> Any:
    return bridge.bars(symbol, start, end)


def _ticks(bridge: Bridge, symbol: str, end: int, start: int) -> Any:
    return bridge.history(symbol, start, end)


def _enough(read: Callable[[int], Any], end: int, desk: Desk) -> dict[str, Any]:
    """So much history that `warmup` bars closed in it: more is read until they did, or there is no more."""
    first, wanted = timeframes(desk.driver.strategy)[0], warmup_bars(desk.driver.strategy)
    length = max(first.ns, MINUTE)
    span = (wanted + 1) * length
    while True:
        span = min(span, FARTHEST)
        rows = _columns(read(end - span))
        starts = np.unique(rows["ts"] // length) * length
        if len(starts) > wanted:
            kept = rows["ts"] >= starts[-wanted - 1]
            return {name: values[kept] for name, values in rows.items()}
        if span == FARTHEST:
            return rows
        span *= 4


def _columns(frame: Any) -> dict[str, Any]:
    return {name: frame[name].to_numpy() for name in frame.columns}


def _bars(symbol: str, rows: dict[str, Any]) -> Bars:
    bid = {name: rows[name] for name in ("open", "high", "low", "close")}
    ask = {f"ask_{name}": values + rows["spread"] for name, values in bid.items()}
    return Bars(symbol, "1min", rows["ts"], **bid, volume=rows["volume"], **ask)


def _grid(desk: Desk, k: int) -> Grid:
    """An instrument's grid, as the account's rules have it."""
    t = terms_of(desk, k)
    return Grid(float(t["price_step"]), float(t["price_scale"]))
