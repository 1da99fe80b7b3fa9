"""What the broker did against what we predicted, order by order, and where the difference comes from.

The journal's prices are played through our own model of the broker (the one the session was opened with), with the same
strategy; each fill there is set against the broker's. The difference in money is taken apart:

latency       how far the quote had moved between our decision and the broker's fill
slippage      how far the broker's price was from the quote that stood at its fill
fees          commission, theirs and ours
financing     swap, theirs and ours
Only fills of the same order and ticket are compared; what one side has alone is listed. The margin model is compared at
the end: used margin as the broker's positions make it here, and as the prediction has it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np

from simcore.kernel.buffers import Bytes
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Venue, Why
from simcore.kernel.schema import RULES
from simcore.live.journal import ROWS, Journal
from simcore.live.replay import play_chunks, play_rows
from simcore.live.session import journal_place
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

CAUSES: Final = ("latency", "slippage", "fees", "financing")


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


@dataclass(frozen=True)
class Against:
    """The broker's fills against the prediction's."""

    fills: list[Fill]
    only_broker: list[str]
    only_predicted: list[str]
    used_margin: tuple[float, float]  # the broker's positions, and the prediction's
    balance: tuple[float, float]
    totals: dict[str, float] = field(default_factory=dict)

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
    driver = Driver(actual, strategies[0], symbols, lambda tables: theirs.append(tables["fills"]))
    driver.start()
    play_chunks(chunks, actual, driver)
    driver.drain()
    model = simulated(actual.rules, float(about["cash"]))
    ours: list[Any] = []
    driver = Driver(model, strategies[1], symbols, lambda tables: ours.append(tables["fills"]))
    driver.start()
    rows = [chunk.rows for chunk in chunks if chunk.kind == ROWS]
    for part in rows:
        play_rows(part, model, driver)
    driver.drain()
    quotes = np.concatenate(rows) if rows else np.zeros(0)
    return compare(np.concatenate(theirs), np.concatenate(ours), quotes, symbols, actual, model)


def simulated(rules: Bytes, cash: float) -> Engine:
    """The session's account with our own model of its broker as the venue."""
    own = rules.copy()
    own[: RULES.itemsize].view(RULES)["venue"] = int(Venue.SIMULATED)
    return Engine(own, cash)


def compare(theirs: Any, ours: Any, quotes: Any, symbols: list[str], actual: Engine, model: Engine) -> Against:
    """Match fills by order (or by ticket and cause where the broker acted), in order of time."""
    waiting: dict[Any, list[Any]] = {}
    for row in ours:
        waiting.setdefault(_key(row), []).append(row)
    fills, alone = [], []
    for row in theirs:
        found = waiting.get(_key(row))
        if found:
            fills.append(_fill(row, found.pop(0), quotes, symbols, actual))
        else:
            alone.append(_named(row, symbols))
    left = [_named(row, symbols) for rows in waiting.values() for row in rows]
    figures = actual.figures(), model.figures()
    used, balance = (tuple(one[name] for one in figures) for name in ("used_margin", "balance"))
    return Against(fills, alone, left, used, balance)  # type: ignore[arg-type]


def _key(row: Any) -> tuple[int, ...]:
    order = int(row["order"])
    return (order,) if order else (0, int(row["position"]), int(row["side"]))


def _named(row: Any, symbols: list[str]) -> str:
    side = "buy" if row["side"] > 0 else "sell"
    what = f"order {row['order']}" if row["order"] else Why(int(row["why"])).name.lower()
    return f"{what}: {side} {row['qty']:g} {symbols[int(row['instrument'])]} at {row['price']:g}"


def _fill(row: Any, predicted: Any, quotes: Any, symbols: list[str], engine: Engine) -> Fill:
    k, side, qty = int(row["instrument"]), int(row["side"]), float(row["qty"])
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
