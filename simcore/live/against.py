"""What the broker did against what we predicted, order by order, and where the difference comes from.

The journal's prices are played through our own model of the broker (the one the session was opened with), with the same
strategy; each fill there is set against the broker's. The difference in money is taken apart:

latency       how far the quote had moved between our decision and the broker's fill
slippage      how far the broker's price was from the quote that stood at its fill
fees          commission, theirs and ours
financing     swap, theirs and ours
Only fills of the same order and ticket are compared; what one side has alone is listed. The margin model is compared
at the end (used margin as the broker's positions make it here, and as the prediction has it) and wherever the broker
was asked for its own figures.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.kernel.buffers import Bytes, joined
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Kind, Venue, Why
from simcore.kernel.schema import POST_FILL, RULES
from simcore.live.journal import Journal
from simcore.live.records import CHANGES, NOTES, POSTS, ROW, ROWS, Chunk
from simcore.live.replay import play_chunks
from simcore.live.session import journal_place
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

CAUSES: Final = ("latency", "slippage", "fees", "financing")


class Moments(NamedTuple):
    """ns UTC: of an order's decision by its id, of a fill's arrival here by its time, order and price."""

    decided: dict[int, int]
    heard: dict[tuple[int, int, float], int]


@dataclass(frozen=True)
class Fill:
    """One fill both sides have; money in the account's currency, above 0 is against us."""

    order: int
    symbol: str
    side: int
    qty: float
    predicted: float
    price: float
    latency: float
    slippage: float
    fees: float
    financing: float
    decided: int  # ns UTC: when the order was sent; 0 where the broker acted by itself
    filled: int  # at the broker
    heard: int  # here
    expected: int  # by the prediction


@dataclass(frozen=True)
class Against:
    """The broker's fills against the prediction's. `samples`: SAMPLE rows with the broker's fills, and predicted ones.

    figures: what the broker said of the account now and then, and our account at that moment, by `ts`.
    """

    fills: list[Fill]
    only_broker: list[str]
    only_predicted: list[str]
    used_margin: tuple[float, float]  # the broker's positions, and the prediction's
    balance: tuple[float, float]
    samples: tuple[Any, Any]
    figures: list[dict[str, Any]]
    totals: dict[str, float] = field(default_factory=dict)

    @property
    def margin_apart(self) -> float | None:
        """The used margin the broker named less ours, where they were furthest apart; None where it was never asked."""
        return max((one["used_margin"] - one["own_used_margin"] for one in self.figures), key=abs, default=None)

    @property
    def margins(self) -> list[dict[str, Any]]:
        """Margins the broker named, and our model's, of every comparison: see `margins`; `ts` beside them."""
        return [{"ts": one["ts"]} | asked for one in self.figures for asked in one["margins"]]

    def __post_init__(self) -> None:
        for cause in CAUSES:
            self.totals[cause] = round(sum(getattr(one, cause) for one in self.fills), 8)


def against(session: Path, about: Mapping[str, Any], strategies: tuple[Strategy, Strategy], actual: Engine) -> Against:
    """Set a closed live session against its prediction.

    strategies: two new instances, one for each replay. actual: a new account of the session.
    """
    journal = Journal.open(journal_place(session, about), read=True)
    chunks = list(journal.chunks())
    journal.release()
    symbols = list(about["symbols"])
    theirs: list[Any] = []
    driver = Driver(actual, strategies[0], symbols, theirs.append)
    driver.start()
    play_chunks(chunks, actual, driver)
    driver.drain()
    model = simulated(actual.rules, float(about["cash"]))
    ours: list[Any] = []
    driver = Driver(model, strategies[1], symbols, ours.append)
    driver.start()
    play_chunks((chunk for chunk in chunks if chunk.kind in (ROWS, NOTES)), model, driver)
    driver.drain()
    quotes = at_the_venue([chunk.rows for chunk in chunks if chunk.kind == ROWS])
    fills, samples = ([joined([part[name] for part in of]) for of in (theirs, ours)] for name in ("fills", "samples"))
    found = compare(fills[0], fills[1], quotes, symbols, actual, model, _moments(chunks))
    return replace(found, samples=(samples[0], samples[1]), figures=_figures(chunks))


def at_the_venue(parts: list[Any]) -> Any:
    """Rows of the market by the venue's time, also those that came late."""
    rows = np.concatenate([np.zeros(0, ROW), *parts])
    rows = rows[rows["kind"] != int(Kind.HEARTBEAT)]
    late = rows["late"] == 1
    rows["ts_event"][late] = rows["ts_recv"][late]
    return rows[np.argsort(rows["ts_event"], kind="stable")]


def _moments(chunks: list[Chunk]) -> Moments:
    moments = Moments({}, {})
    for chunk in chunks:
        if chunk.kind == CHANGES:
            for o in chunk.rows["order"]:
                moments.decided.setdefault(int(o["id"]), int(o["ts"]))
        elif chunk.kind == POSTS:
            for row in chunk.rows[chunk.rows["post"]["kind"] == POST_FILL]:
                post = row["post"]
                moments.heard[int(post["ts"]), int(post["order"]), float(post["price"])] = int(row["ts_recv"])
    return moments


def _figures(chunks: list[Chunk]) -> list[dict[str, Any]]:
    notes = (note for chunk in chunks if chunk.kind == NOTES for note in chunk.rows)
    return [note for note in notes if note["what"] == "account"]


def simulated(rules: Bytes, cash: float) -> Engine:
    """The session's account with our own model of its broker as the venue."""
    own = rules.copy()
    own[: RULES.itemsize].view(RULES)["venue"] = int(Venue.SIMULATED)
    return Engine(own, cash)


def compare(
    theirs: Any, ours: Any, quotes: Any, symbols: list[str], actual: Engine, model: Engine, moments: Moments
) -> Against:
    """Match fills by order (or by ticket and cause where the broker acted), in order of time."""
    waiting: dict[Any, list[Any]] = {}
    for row in ours:
        waiting.setdefault(_key(row), []).append(row)
    fills, alone = [], []
    for row in theirs:
        found = waiting.get(_key(row))
        if found:
            fills.append(_fill(row, found.pop(0), quotes, symbols, actual, moments))
        else:
            alone.append(_named(row, symbols))
    left = [_named(row, symbols) for rows in waiting.values() for row in rows]
    figures = actual.figures(), model.figures()
    used, balance = (tuple(one[name] for one in figures) for name in ("used_margin", "balance"))
    return Against(fills, alone, left, used, balance, (None, None), [])  # type: ignore[arg-type]


def _key(row: Any) -> tuple[int, ...]:
    order = int(row["order"])
    return (order,) if order else (0, int(row["position"]), int(row["side"]))


def _named(row: Any, symbols: list[str]) -> str:
    side = "buy" if row["side"] > 0 else "sell"
    what = f"order {row['order']}" if row["order"] else Why(int(row["why"])).name.lower()
    return f"{what}: {side} {row['qty']:g} {symbols[int(row['instrument'])]} at {row['price']:g}"


def _fill(row: Any, predicted: Any, quotes: Any, symbols: list[str], engine: Engine, moments: Moments) -> Fill:
    k, side, qty, ts = int(row["instrument"]), int(row["side"]), float(row["qty"]), int(row["ts"])
    mine = quotes[quotes["instrument"] == k]
    at = int(np.searchsorted(mine["ts_event"], row["ts"], "right")) - 1
    price, expected = float(row["price"]), float(predicted["price"])
    stood = float(mine[at]["ask" if side > 0 else "bid"]) if at >= 0 else expected
    resting = abs(price - expected) < abs(price - stood)  # a limit fills at its own price, not at the quote
    stood = expected if resting else stood
    money = _money(engine, k, side, qty)
    return Fill(
        order=int(row["order"]), symbol=symbols[k], side=side, qty=qty, predicted=expected, price=price,
        latency=money(stood - expected), slippage=money(price - stood),
        fees=float(row["commission"] - predicted["commission"]), financing=float(predicted["swap"] - row["swap"]),
        decided=moments.decided.get(int(row["order"]), 0), filled=ts,
        heard=moments.heard.get((ts, int(row["order"]), price), ts), expected=int(predicted["ts"]),
    )  # fmt: skip


def _money(engine: Engine, k: int, side: int, qty: float) -> Any:
    """What a difference in price costs, account currency: a worse price is above 0."""
    s = engine.state.instruments[k]
    at = float(s["bid"])

    def cost(difference: float) -> float:
        if difference == 0.0 or not at > 0.0:
            return 0.0
        asked = engine.call["profit"](*engine.pointers[:2], k, 1, at, at + difference, qty)
        return side * float(asked)

    return cost
