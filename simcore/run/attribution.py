"""What earned and what it cost: the result of a run parted by instrument, by time, or by the regime of the market.

Every part obeys one identity, to the cent: net = gross - spread - slippage - commission + swap + dividends. net is what
the equity gained (or, of an instrument, what its positions did), cash paid in or out aside; gross is what the same
trades would have made at the middle of bid and ask and at no cost. spread and slippage are above zero where they were
paid, a swap that was received is above zero.

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
from simcore.run.exposure import values
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
REGIMES: Final = tuple(ORDERS)
KEYS: Final = ("symbol", *REGIMES, *CALENDAR)
COSTS: Final = ("spread", "slippage", "commission", "swap", "dividends")
SHARES: Final = ("time_pct", "return_pct", "market_pct", "trades", "win_rate_pct")
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


def attribution(result: Frames, by: str) -> pl.DataFrame:
    """One row a part: gross, each cost, net, turnover and fills; by symbol also the margin it used, mean and most."""
    _check("attribution", by, KEYS)
    if by == "symbol":
        return _by_symbol(result)
    stretches = Stretches.of(result)
    labels = labels_of(result, by, stretches, None)
    return _parts(by, labels, _sums(result, stretches, labels))


def regimes(result: Frames, by: str, symbol: str | None = None) -> pl.DataFrame:
    """One row a regime: its share of the time, what was earned and what the market did in it, trades, costs.

    symbol: whose prices tell volatility and trend; default the first instrument.
    """
    _check("regimes", by, REGIMES)
    stretches = Stretches.of(result)
    labels = labels_of(result, by, stretches, symbol)
    sums = _sums(result, stretches, labels)
    span = (stretches.end - stretches.begin).astype(np.float64)
    price = _price(result, stretches, symbol)
    trades = result.trades
    entered = labels[stretches.at(nanoseconds(trades["entry_time"]))]
    won = trades["net"].to_numpy() > 0.0
    more: dict[str, list[Any]] = {name: [] for name in SHARES}
    for label in _ordered(by, labels):
        own = labels == label
        mine = entered == label
        more["time_pct"].append(100.0 * span[own].sum() / max(span.sum(), 1.0))
        more["return_pct"].append(100.0 * (float(np.prod(stretches.growth[own])) - 1.0))
        more["market_pct"].append(100.0 * (float(np.prod(price[own])) - 1.0))
        more["trades"].append(int(mine.sum()))
        more["win_rate_pct"].append(100.0 * float(won[mine].mean()) if mine.any() else None)
    frame = _parts(by, labels, sums)
    return pl.concat([frame.select(by), pl.DataFrame(more), frame.drop(by)], how="horizontal")


def _check(what: str, by: str, known: Sequence[str]) -> None:
    if by not in known:
        raise ConfigError(f"Result.{what}: unknown key {by!r}; {did_you_mean(by, known)}")


# ---- what belongs to which part


def labels_of(result: Frames, by: str, stretches: Stretches, symbol: str | None) -> Any:
    """The part each stretch belongs to, by name. Raises ConfigError where the samples are too far apart for it."""
    if by in CALENDAR:
        return (stretches.end - 1).astype("datetime64[ns]").astype(CALENDAR[by]).astype(str)
    if by == "weekday":
        return np.array(WEEKDAYS)[weekday(trading_days(stretches.end))]
    if by == "session":
        return _sessions(stretches)
    moves = np.log(_price(result, stretches, symbol))
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


def _price(result: Frames, stretches: Stretches, symbol: str | None) -> Float64:
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


def _ordered(by: str, labels: Any) -> list[str]:
    found = set(labels.tolist())
    return [name for name in ORDERS[by] if name in found] if by in ORDERS else sorted(found)


# ---- sums


def _sums(result: Frames, stretches: Stretches, labels: Any) -> dict[str, dict[str, float]]:
    """Part -> net, costs, turnover, fills."""
    fills, events = result.fills, result.run.tables["events"]
    of_fills = labels[stretches.at(nanoseconds(fills["ts"]))]
    of_events = labels[stretches.at(events["ts"])]
    found = {}
    for label in set(labels.tolist()):
        own = fills.filter(of_fills == label)
        found[label] = {
            "net": float(stretches.gained[labels == label].sum()),
            **_costs(own, events[of_events == label]),
        }
    return found


def _costs(fills: pl.DataFrame, events: Any) -> dict[str, float]:
    paid = {name: float(fills[name].sum()) for name in ("spread", "slippage", "commission")}
    booked = {
        name: float(events["a"][events["kind"] == kind].sum())
        for name, kind in (("swap", EventKind.SWAP), ("dividends", EventKind.DIVIDEND))
    }
    return {**paid, **booked, "turnover": float(fills["value"].sum()), "fills": fills.height}


def _parts(by: str, labels: Any, sums: Mapping[str, Mapping[str, float]]) -> pl.DataFrame:
    """The frame of all parts, gross worked out by the identity."""
    rows = []
    for label in _ordered(by, labels):
        one = sums[label]
        gross = one["net"] + one["spread"] + one["slippage"] + one["commission"] - one["swap"] - one["dividends"]
        money = {name: round(value, 8) + 0.0 for name, value in {"gross": gross, **one}.items()}
        rows.append(
            {by: label, **{name: money[name] for name in ("gross", *COSTS, "net", "turnover")}, "fills": one["fills"]}
        )
    return pl.DataFrame(rows)


def _by_symbol(result: Frames) -> pl.DataFrame:
    """By instrument: realised results, and what is open at the close it would have; the margin is shared by value."""
    run, fills, events = result.run, result.fills, result.run.tables["events"]
    symbols = [s for s in run.feed.symbols if s in set(fills["symbol"].to_list())]
    unrealized = _unrealized(result)
    sums = {}
    for symbol in symbols:
        own, k = fills.filter(pl.col("symbol") == symbol), run.feed.symbols.index(symbol)
        costs = _costs(own, events[events["instrument"] == k])
        made = float(own["pnl"].sum()) + unrealized.get(k, 0.0)
        sums[symbol] = {"net": made - costs["commission"] + costs["swap"] + costs["dividends"], **costs}
    if not sums:
        return pl.DataFrame(schema=["symbol", "gross", *COSTS, "net", "turnover", "fills", "margin_mean", "margin_max"])
    frame = _parts("symbol", np.array(sorted(symbols), dtype=object), sums)
    margin = _margin(result)
    mean, most = ([margin[s][n] for s in frame["symbol"]] for n in (0, 1))
    return frame.with_columns(margin_mean=pl.Series(mean), margin_max=pl.Series(most))


def _unrealized(result: Frames) -> dict[int, float]:
    """Instrument -> what its open positions have made by the price, the account's total shared by what each shows."""
    run, seen = result.run, result.seen
    fills = run.tables["fills"]
    realised = float(fills["pnl"].sum() - fills["commission"].sum())
    events = run.tables["events"]
    booked = sum(
        float(events["a"][events["kind"] == kind].sum())
        for kind in (EventKind.SWAP, EventKind.DIVIDEND, EventKind.DEPOSIT)
    )
    total = run.account["equity"] - run.cash - realised - booked
    traded = np.unique(fills["instrument"]).tolist()
    if len(traded) == 1:
        return {traded[0]: total}
    end = np.array([looked(nanoseconds(result.equity["ts"]), run.sample_every)[-1]])
    shown = {}
    for k, (long, short) in values(fills, seen, end).items():
        own = fills[fills["instrument"] == k]
        paid = float((own["side"] * own["price"] * own["qty"]).sum()) * float(
            seen.terms.points[k] * seen.rate(k, end)[0]
        )
        shown[k] = float(long[0] - short[0]) - paid - float(own["pnl"].sum())
    apart = total - sum(shown.values())
    weight = sum(abs(value) for value in shown.values())
    return {k: value + (apart * abs(value) / weight if weight else 0.0) for k, value in shown.items()}


def _margin(result: Frames) -> dict[str, tuple[float, float]]:
    """Symbol -> mean and most of the used margin at the samples, shared among instruments by the value held."""
    run = result.run
    ts = looked(nanoseconds(result.equity["ts"]), run.sample_every)
    used = result.equity["used_margin"].to_numpy()
    held = {k: long + short for k, (long, short) in values(run.tables["fills"], result.seen, ts).items()}
    together = np.sum(list(held.values()), axis=0)
    found = {}
    for k, worth in held.items():
        own = used * np.divide(worth, together, out=np.zeros(ts.size), where=together > 0.0)
        found[run.feed.symbols[k]] = (float(own.mean()), float(own.max()))
    return found
