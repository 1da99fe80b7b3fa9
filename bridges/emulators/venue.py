"""A broker on recorded ticks: one account under a Broker's rules, and the books of what became of it.

Every emulator is a face of this. Time is the feed's: `advance` plays whatever was recorded up to an instant, `step` one
row; between two rows nothing happens but what falls due. Orders are checked and filled on the quote that stands, by the
very engine a backtest runs on, so that a bot sees margin calls, stop-outs, swaps and refusals as the rules have them.
The ticks are held in memory, because bots ask for history too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from simcore.brokers.broker import Broker
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.inputs import Data, Listed, open_data, rules_of
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call, Kind
from simcore.kernel.schema import POST_CASH, POST_CREDIT
from simcore.market.feed import COLUMNS

Table = NDArray[Any]


class News(NamedTuple):
    """What the account told since it was asked last: rows of the kernel's FILL, CHANGE and EVENT records."""

    fills: Table
    changes: Table
    events: Table


@dataclass(frozen=True)
class Ticks:
    """Every quote of one instrument (n,): `ts` ns UTC, `bid`, `ask`, and whether sizes stand beside them."""

    ts: NDArray[np.int64]
    bid: NDArray[np.float64]
    ask: NDArray[np.float64]


class Venue:
    """One account at one broker, playing `data` (as in backtest). `hear` gets the news after whatever made some."""

    def __init__(
        self,
        data: Data,
        *,
        broker: Broker | str | None = None,
        instruments: Listed = None,
        cash: float = 10_000.0,
        size: str = "M",
    ) -> None:
        self.broker, given = rules_of(broker, instruments)
        feed, chosen = open_data(data, given, table=self.broker.instruments)
        self.instruments = [i.resolved(self.broker.currency, exchange=self.broker.mode == "exchange") for i in chosen]
        self.numbers = {i.symbol: k for k, i in enumerate(self.instruments)}
        self.columns = _whole(feed)
        plan = Plan(size=size, span=(feed.start, feed.end), prints_only=feed.prints_only)
        self.engine = Engine(make_rules(self.broker, chosen, plan), cash)
        self.ts: NDArray[np.int64] = self.columns["ts"]
        self.played = 0  # rows of the feed
        self.now = int(self.ts[0])
        self.cash = cash
        self.hear: Callable[[News], None] = lambda news: None

    # ---- time

    @property
    def ended(self) -> bool:
        """Whether every recorded row was played."""
        return self.played == len(self.ts)

    def step(self) -> bool:
        """Play the next recorded row; False where there is none."""
        if self.ended:
            return False
        self._play(self.played + 1)
        return True

    def advance(self, until: int) -> None:
        """Play everything recorded up to `until` (ns UTC), and let time pass to it. Time never runs back."""
        until = max(until, self.now)
        self._play(int(np.searchsorted(self.ts, until, "right")))
        if until > self.now:
            self.now = until
            self.engine.row(until, 0, int(Kind.HEARTBEAT), 0.0, 0.0)
            self._run()

    def _play(self, stop: int) -> None:
        if stop <= self.played:
            return
        self.engine.load(self.columns)
        self.engine.feed["cursor"], self.engine.feed["n"] = self.played, stop
        self._run()
        self.played, self.now = stop, int(self.ts[stop - 1])

    def _run(self) -> None:
        while Call(self.engine.advance()) != Call.END:
            self._tell()
        self._tell()

    def _tell(self) -> None:
        tape = self.engine.tape.drain()
        news = News(tape["fills"], tape["changes"], tape["events"])
        if any(map(len, news)):
            self.hear(news)

    # ---- what is asked of the broker

    @property
    def next_id(self) -> int:
        """The id the next order gets, so that a face can note what it knows of it beforehand."""
        return int(self.engine.state.account["last_order_id"]) + 1

    def submit(self, symbol: str, **fields: float) -> int:
        """Send an order (fields as in Engine.submit); returns its id, refused or not."""
        number = self.engine.submit(instrument=self.numbers[symbol], **fields)
        self._run_idle()
        return number

    def modify(self, order: int, **fields: float) -> None:
        """Change a working order, or SL and TP of the position it opened."""
        self.engine.modify(order, **fields)
        self._run_idle()

    def cancel(self, order: int) -> None:
        """Take a working order out."""
        self.engine.cancel(order)
        self._run_idle()

    def close_by(self, ticket: int, by: int) -> None:
        """Close a ticket by the opposite one (hedging)."""
        self.engine.close_by(ticket, by)
        self._run_idle()

    def deposit(self, amount: float, *, credit: bool = False) -> None:
        """Put money in (below 0: take it out), account currency."""
        self.engine.post(self.now, POST_CREDIT if credit else POST_CASH, amount=amount)
        self._run_idle()

    def _run_idle(self) -> None:
        self.engine.feed["cursor"] = self.engine.feed["n"]  # no row: only what was asked for
        self._run()

    def fork(self) -> Venue:
        """The same account in other memory, to try an order on; nobody hears of it."""
        other = object.__new__(Venue)
        other.__dict__ = self.__dict__ | {"hear": lambda news: None, "engine": Engine(self.engine.rules)}
        other.engine.state.restore(self.engine.state.snapshot())
        return other

    # ---- what stands

    @property
    def figures(self) -> dict[str, float]:
        """balance, credit, equity, used_margin, free_margin, margin_level (a ratio), unrealized_pnl."""
        return self.engine.figures()

    def quote(self, symbol: str) -> tuple[int, float, float]:
        """Time, bid and ask of the standing quote; the time is 0 before the first."""
        s = self.engine.state.instruments[self.numbers[symbol]]
        return int(s["ts"]), float(s["bid"]), float(s["ask"])

    def positions(self) -> Table:
        """What is open: rows of the kernel's POSITION record, oldest ticket first."""
        table = self.engine.state.positions[: self.engine.state.head["high_positions"]]
        held = table[table["id"] > 0]
        return held[np.argsort(held["id"])]

    def working(self) -> Table:
        """Orders that have not ended: rows of the kernel's ORDER record, in order of their ids."""
        table = self.engine.state.orders[: self.engine.state.head["high_orders"]]
        held = table[table["id"] > 0]
        return held[np.argsort(held["id"])]

    def pnl(self, ticket: int) -> float:
        """Unrealised result of one position, its swap included."""
        row = int(np.flatnonzero(self.engine.state.positions["id"] == ticket)[0]) + 1
        return float(self.ask("position_pnl", row))

    def ask(self, what: str, *values: float) -> Any:
        """One of the kernel's questions: see Engine.call."""
        return self.engine.call[what](*self.engine.pointers[:2], *values)

    def ticks(self, symbol: str) -> Ticks:
        """Every recorded quote of an instrument, also what time has not reached."""
        k, kinds = self.numbers[symbol], self.columns["kind"]
        own = np.ones(len(self.ts), bool) if self.columns["instrument"] is None else self.columns["instrument"] == k
        if kinds is not None:
            own &= kinds != int(Kind.PRINT)
        return Ticks(*(self.columns[name][own] for name in ("ts", "bid", "ask")))


def _whole(feed: Any) -> dict[str, Any]:
    """The columns of a feed in one piece; None where no row has such a column."""
    blocks = list(feed.blocks())
    if len(blocks) == 1:
        return {name: getattr(blocks[0], name) for name in COLUMNS}
    columns: dict[str, Any] = {}
    for name in COLUMNS:
        parts = [getattr(block, name) for block in blocks]
        filler = np.float64(np.nan) if name in ("x", "y") else np.uint8(0)
        absent = all(part is None for part in parts)
        columns[name] = None if absent else np.concatenate(
            [np.full(len(b), filler) if part is None else part for b, part in zip(blocks, parts, strict=True)]
        )  # fmt: skip
    return columns
