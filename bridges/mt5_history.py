"""What a MetaTrader 5 terminal remembers of prices: recorded quotes, and one-minute bars asked for in pieces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import polars as pl

from bridges.mt5_clock import moment

if TYPE_CHECKING:
    from bridges.mt5 import Mt5Bridge

SECOND: Final = 1_000_000_000
MILLI: Final = 1_000_000
PIECE: Final = 30 * 86_400  # s; a terminal refuses more than its "Max bars in chart", 65,000 minutes where it is small
BARS: Final = ("ts", "open", "high", "low", "close", "volume", "spread")


class History:
    """The history of the terminal at the other end of a bridge, by times in ns UTC."""

    def __init__(self, bridge: Mt5Bridge) -> None:
        self.bridge, self.mt5 = bridge, bridge.mt5

    def quotes(self, symbol: str, start: int, end: int) -> pl.DataFrame:
        """Recorded quotes from `start` to before `end`: ts, bid, ask."""
        at = self.bridge.server_clock
        first, last = moment(at.local(start)), moment(at.local(end) + 1)
        ticks = self.mt5.copy_ticks_range(symbol, first, last, self.mt5.COPY_TICKS_INFO)
        ticks = self.bridge.need(ticks, "copy_ticks_range")
        ts = at.utcs(ticks["time_msc"] * MILLI)
        inside = (ts >= start) & (ts < end)
        return pl.DataFrame({"ts": ts[inside], "bid": ticks["bid"][inside], "ask": ticks["ask"][inside]})

    def bars(self, symbol: str, start: int, end: int, point: float) -> pl.DataFrame:
        """One-minute bars that began from `start` to before `end`: ts, bids, volume, spread as a price."""
        first, last = self.bridge.server_clock.local(start), self.bridge.server_clock.local(end)
        pieces = [self._minutes(symbol, at, min(at + PIECE, last)) for at in range(first, last, PIECE)]
        frames = [one for one in pieces if one is not None and len(one)]
        if not frames:
            return pl.DataFrame(schema=dict.fromkeys(BARS, pl.Float64) | {"ts": pl.Int64})
        rates = np.unique(np.concatenate(frames))  # a bar that begins where two pieces meet is in both
        ts = self.bridge.server_clock.utcs(rates["time"] * SECOND)
        inside = (ts >= start) & (ts < end)
        prices = {name: rates[name][inside] for name in ("open", "high", "low", "close")}
        more = {"volume": rates["tick_volume"][inside].astype(float), "spread": rates["spread"][inside] * point}
        return pl.DataFrame({"ts": ts[inside], **prices, **more})

    def _minutes(self, symbol: str, first: int, last: int) -> Any:
        """The minutes of a stretch the terminal answers in one; None where it has no history so far back."""
        rates = self.mt5.copy_rates_range(symbol, self.mt5.TIMEFRAME_M1, moment(first), moment(last))
        if rates is None and self.mt5.last_error()[0] == self.mt5.RES_E_NOT_FOUND:
            return None
        return self.bridge.need(rates, "copy_rates_range")
