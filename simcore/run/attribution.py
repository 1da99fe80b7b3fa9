"""What earned and what it cost: the result of a run parted by instrument, by time, or by the regime of the market.

Every part obeys one identity, to the cent: net = gross - spread - slippage - commission + swap + dividends. net is what
the equity gained (or, of an instrument, what its positions did), cash paid in or out aside; gross is what the same
trades would have made at the middle of bid and ask and at no cost. spread and slippage are above zero where they were
paid, a swap that was received is above zero.

What a part is, and a regime, `run.stretches` says.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import polars as pl

from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.kernel.enums import EventKind
from simcore.report.sheet import nanoseconds
from simcore.run.exposure import values
from simcore.run.frames import Frames
from simcore.run.seen import looked
from simcore.run.stretches import CALENDAR, ORDERS, Stretches, labels_of, market_growth, ordered

REGIMES: Final = tuple(ORDERS)
KEYS: Final = ("symbol", *REGIMES, *CALENDAR)
COSTS: Final = ("spread", "slippage", "commission", "swap", "dividends")
SHARES: Final = ("time_pct", "return_pct", "market_pct", "trades", "win_rate_pct")


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
    price = market_growth(result, stretches, symbol)
    trades = result.trades
    entered = labels[stretches.at(nanoseconds(trades["entry_time"]))]
    won = trades["net"].to_numpy() > 0.0
    more: dict[str, list[Any]] = {name: [] for name in SHARES}
    for label in ordered(by, labels):
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
    for label in ordered(by, labels):
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
