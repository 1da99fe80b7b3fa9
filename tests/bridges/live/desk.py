"""A live session over the emulator, stepped by hand, and what must hold whatever happened."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import simcore as sc
from bridges.emulators.mt5 import Faults, Terminal, module_of
from bridges.emulators.mt5 import constants as c
from bridges.mt5 import Mt5Bridge
from simcore.live.guards import Guards
from simcore.live.journal import Journal
from simcore.live.live import Live, live
from simcore.live.records import NOTES
from simcore.live.watching import Stage

WHOLE = re.compile(r"sc\w{6}-\w+")  # a comment the server left as it was


def opened(
    terminal: Terminal, strategy: sc.Strategy, folder: Path, *, module: Any = None, connect: bool = True,
    now: Callable[[], int] | None = None, offset: float | None = 0.0, **fields: Any,
) -> Live:  # fmt: skip
    """A session over a terminal whose time is ours: our clock is the terminal's."""
    clock = now or (lambda: terminal.venue.now)
    bridge = Mt5Bridge(module or module_of(terminal), offset_hours=offset, clock=clock)
    bridge.connect()
    fields = {"max_loss": 1e9, "spec": type(strategy).__name__, "guards": quiet(), "pause": lambda s: None} | fields
    symbols = [i.symbol for i in terminal.venue.instruments]
    found = live(strategy, bridge, symbols, session=folder, clock=clock, **fields)
    if connect:
        assert found.runtime.connect(), found.runtime.stage
    return found


def quiet(**fields: Any) -> Guards:
    return Guards(**{"stale": 0.0, "audit": 0.0, "grace": 2.0} | fields)


def play(at: Live, terminal: Terminal, ticks: int = 1_000_000) -> None:
    """Tick by tick: the terminal's next one, then ours."""
    for _ in range(ticks):
        if not terminal.step() or at.runtime.stage is Stage.HALTED:
            return
        if at.runtime.stage is Stage.CONNECTING:
            at.runtime.connect()
        else:
            at.runtime.cycle()


def faulty(terminal: Terminal, *plan: Any) -> None:
    terminal.faults = Faults(list(plan))


def check(at: Live, terminal: Terminal) -> None:
    """The invariants: fills make the position, each is booked once, one order an intent, money as the broker has it."""
    engine, books = at.began.desk.engine, terminal.books
    ours, theirs = engine.figures(), terminal.venue.figures
    for name in ("balance", "equity", "used_margin"):
        assert ours[name] == pytest.approx(theirs[name], abs=1e-9), name
    net = sum(d.volume * (1 if d.type == c.DEAL_TYPE_BUY else -1) for d in books.deals if d.symbol)
    held = sum(int(p["side"]) * float(p["qty"]) for p in engine.state.positions if p["id"])
    assert held == pytest.approx(net, abs=1e-9)
    named = [o.comment for o in [*books.orders, *books.working()] if WHOLE.fullmatch(o.comment)]
    assert max(Counter(named).values(), default=1) == 1  # never sent twice
    trades = [trade for trade in at.runtime.who.trades if not trade.startswith(("cash", "position"))]
    assert set(trades) == {str(d.ticket) for d in books.deals if d.symbol}


def notes(at: Live, what: str) -> list[dict[str, Any]]:
    """What the journal says of one kind."""
    at.began.desk.journal.flush()
    return [
        note for chunk in at.began.desk.journal.chunks(kinds=(NOTES,)) for note in chunk.rows if note["what"] == what
    ]


def ledger(terminal: Terminal) -> list[tuple[Any, ...]]:
    """Every deal at the broker: when, side, how much, at what, and what it cost and made."""
    return [
        (d.time_msc, 1 if d.type == c.DEAL_TYPE_BUY else -1, d.volume, d.price, d.commission, d.swap, d.profit)
        for d in terminal.books.deals
        if d.symbol
    ]


def ledger_of(result: sc.Result) -> list[tuple[Any, ...]]:
    """The same of a backtest."""
    rows = result.run.tables["fills"]
    return [
        (int(r["ts"]) // 1_000_000, int(r["side"]), float(r["qty"]), float(r["price"]), 0.0 - float(r["commission"]),
         float(r["swap"]), float(r["pnl"]))
        for r in rows
    ]  # fmt: skip


def sent(journal: Journal) -> int:
    return sum(1 for chunk in journal.chunks(kinds=(NOTES,)) for note in chunk.rows if note["what"] == "intent")


def status(at: Live, number: int) -> str:
    """How far an order of ours has come, as the account told it last."""
    from simcore.kernel.enums import Status
    from simcore.live.records import CHANGES

    at.began.desk.journal.flush()
    found = [row["order"]["status"] for chunk in at.began.desk.journal.chunks(kinds=(CHANGES,)) for row in chunk.rows
             if row["order"]["id"] == number]  # fmt: skip
    return Status(int(np.array(found)[-1])).name
