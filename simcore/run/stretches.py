"""The stretches between two samples of the equity, and the part of a run that each belongs to.

Between two samples of the equity nothing is known, so a stretch between two samples belongs to one part as a whole. Its
regime is what was known when it began. volatility: the deviation of the market's last moves is in the lowest, middle
or highest third of the run's. trend: over as many moves the price went up or down by more than one deviation of such a
stretch, or sideways. session: who is at work, by the clocks of Tokyo, London and New York. weekday: of the trading day,
to which an FX Sunday evening belongs as Monday's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.kernel.enums import EventKind
from simcore.report.curve import DAY, Float64, Int64, weekday
from simcore.report.daily import trading_days
from simcore.report.sheet import nanoseconds
from simcore.run.frames import Frames
from simcore.run.seen import looked

HOUR: Final = 3_600_000_000_000
EARLY: Final = "too early"  # fewer moves than a regime is told by
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
LEVELS: Final = ("low", "medium", "high")
TRENDS: Final = ("up", "sideways", "down")
SESSIONS: Final = ("Tokyo", "London", "London and New York", "New York", "other")
OPENS: Final = {"Asia/Tokyo": (9, 18), "Europe/London": (8, 17), "America/New_York": (8, 17)}
ORDERS: Final[Mapping[str, Sequence[str]]] = {
    "volatility": (*LEVELS, EARLY),
    "trend": (*TRENDS, EARLY),
    "session": SESSIONS,
    "weekday": WEEKDAYS,
}
CALENDAR: Final = {"year": "datetime64[Y]", "month": "datetime64[M]", "day": "datetime64[D]"}
MOVES: Final = (10, 20)  # the fewest moves of a window, and the trading days it is long where the run allows


@dataclass(frozen=True)
class Stretches:
    """The stretches between samples: when each began and ended (ns), what the equity gained, as money and as factor."""

    begin: Int64
    end: Int64
    known: Int64  # the last moment each end knows of
    gained: Float64
    growth: Float64

    @classmethod
    def of(cls, result: Frames) -> Stretches:
        """Those of a run; the first begins with its data."""
        run = result.run
        ts, equity = nanoseconds(result.equity["ts"]), result.equity["equity"].to_numpy()
        begin = np.append(min(run.feed.start, int(ts[0])), ts[:-1])
        known = looked(ts, run.sample_every)
        before = np.append(run.cash, equity[:-1])
        paid = np.zeros(ts.size)
        events = run.tables["events"]
        own = events[events["kind"] == EventKind.DEPOSIT]
        np.add.at(paid, np.minimum(np.searchsorted(known, own["ts"]), ts.size - 1), own["a"])
        gained = equity - before - paid
        growth = np.divide(equity - paid, before, out=np.ones(ts.size), where=before > 0.0)
        return cls(begin, ts, known, gained, growth)

    def at(self, ts: Int64) -> Int64:
        """The stretch each time belongs to."""
        return np.minimum(np.searchsorted(self.known, ts), self.known.size - 1)


def labels_of(result: Frames, by: str, stretches: Stretches, symbol: str | None) -> Any:
    """The part each stretch belongs to, by name. Raises ConfigError where the samples are too far apart for it."""
    if by in CALENDAR:
        return (stretches.end - 1).astype("datetime64[ns]").astype(CALENDAR[by]).astype(str)
    if by == "weekday":
        return np.array(WEEKDAYS)[weekday(trading_days(stretches.end))]
    if by == "session":
        return _sessions(stretches)
    moves = np.log(market_growth(result, stretches, symbol))
    days = max(1, np.unique((stretches.end - 1) // DAY).size)
    window = max(MOVES[0], min(MOVES[1] * max(1, round(moves.size / days)), moves.size // 10))
    if moves.size <= window:
        return np.full(moves.size, EARLY, dtype=object)
    return _volatility(moves, window) if by == "volatility" else _trend(moves, window)


def _sessions(stretches: Stretches) -> Any:
    width = int(np.median(stretches.end - stretches.begin))
    if width > 2 * HOUR:
        raise ConfigError(
            f"regimes: the samples of the equity are {width / HOUR:.3g} hours apart, too far to tell sessions; run the "
            'backtest with sample="1h"'
        )
    middle = pl.Series(stretches.begin // 2 + stretches.end // 2).cast(pl.Datetime("ns", "UTC"))
    at_work = []
    for zone, (opens, closes) in OPENS.items():
        local = middle.dt.convert_time_zone(zone)
        hour = local.dt.hour().to_numpy()
        at_work.append((hour >= opens) & (hour < closes) & (local.dt.weekday().to_numpy() <= 5))
    tokyo, london, york = at_work
    return np.select(
        [london & york, london, york, tokyo], ["London and New York", "London", "New York", "Tokyo"], "other"
    )


def market_growth(result: Frames, stretches: Stretches, symbol: str | None) -> Float64:
    """How the market's price grew over each stretch; as it was where there was no price yet."""
    k = 0 if symbol is None else _index(result, symbol)
    seen = result.seen
    if k not in seen.quotes:
        raise ConfigError(f"regimes: {symbol} was not traded, and its prices are not kept; name one that was")
    ts = stretches.known
    price = seen.mid(k, ts) / seen.splits.after(k, ts)
    before = np.append(seen.first[1] / seen.splits.after(0, ts[:1]) if k == 0 else price[0], price[:-1])
    grown = np.divide(price, before, out=np.ones(price.size), where=np.isfinite(before) & (before > 0.0))
    return np.where(np.isfinite(grown), grown, 1.0)


def _index(result: Frames, symbol: str) -> int:
    symbols = result.run.feed.symbols
    if symbol not in symbols:
        raise ConfigError(f"regimes: no instrument {symbol!r}; {did_you_mean(symbol, symbols)}")
    return symbols.index(symbol)


def _volatility(moves: Float64, window: int) -> Any:
    total, square = (np.append(0.0, np.cumsum(x)) for x in (moves, moves**2))
    mean = (total[window:] - total[:-window]) / window
    spread = np.sqrt(np.maximum((square[window:] - square[:-window]) / window - mean**2, 0.0))[:-1]
    low, high = np.quantile(spread, [1 / 3, 2 / 3])
    return _after(window, np.select([spread <= low, spread <= high], LEVELS[:2], LEVELS[2]))


def _trend(moves: Float64, window: int) -> Any:
    total, square = (np.append(0.0, np.cumsum(x)) for x in (moves, moves**2))
    went = (total[window:] - total[:-window])[:-1]
    spread = np.sqrt(square[window:] - square[:-window])[:-1]  # of a walk of as many such moves
    return _after(window, np.select([went > spread, went < -spread], [TRENDS[0], TRENDS[2]], TRENDS[1]))


def _after(window: int, labels: Any) -> Any:
    return np.append(np.full(window, EARLY, dtype=object), labels.astype(object))


def ordered(by: str, labels: Any) -> list[str]:
    """The parts there are, in the order people name them in."""
    found = set(labels.tolist())
    return [name for name in ORDERS[by] if name in found] if by in ORDERS else sorted(found)
