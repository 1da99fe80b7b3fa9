"""A live session killed at any instant, started again, ends where the unbroken one ends; the broker never stops.

The emulator lives in this process and serves a socket; the session runs in a process of its own that kills itself with
SIGKILL when so many events were journaled, over and over, until it gets through.
"""

from __future__ import annotations

import os
import signal
import threading
import traceback
from collections.abc import Iterator
from pathlib import Path

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal
from bridges.emulators.mt5.module import make_module
from bridges.emulators.mt5.server import Server
from bridges.emulators.mt5.wire import Wire
from simcore.live import database
from simcore.live.folder import STATE
from simcore.live.journal import Journal
from simcore.live.verify import verify
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.live.desk import ledger, opened, quiet
from tests.bridges.live.test_parity import HOUR, Script, around, contracts, load

ROWS = 1_600
START = 2_400  # the busy minutes


@pytest.fixture(autouse=True)
def _processes_die_not_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    for level in ("FORCED", "WRITTEN"):
        monkeypatch.setattr(database, level, "OFF")


class Served:
    """An emulator of its own behind a socket, for one session."""

    def __init__(self, data: dict[str, sc.Quotes] | None = None, strategy: type[sc.Strategy] = Script, **given) -> None:
        quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(START, START + ROWS)
        self.strategy, self.given = strategy, given
        self.terminal = Terminal(data or {SYMBOL: quotes}, **given)
        self.server = Server(self.terminal)
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.close()
        self.thread.join()


@pytest.fixture
def served() -> Iterator[type[Served]]:
    made: list[Served] = []

    def make(*given, **named) -> Served:
        made.append(Served(*given, **named))
        return made[-1]

    yield make  # type: ignore[misc]
    for one in made:
        one.close()


def trade(at: Served, folder: Path, kill: int = 0) -> None:
    """Run the session to the end of the ticks; `kill`: die when the journal has so many events more."""
    counted = [0]

    def dying(write):
        def wrapped(*given, **named):
            write(*given, **named)
            counted[0] += 1
            if counted[0] == kill:
                os.kill(os.getpid(), signal.SIGKILL)

        return wrapped

    if kill:
        Journal.row, Journal.post, Journal.flush = map(dying, (Journal.row, Journal.post, Journal.flush))
    wire = Wire(lambda: (at.server.address, at.server.token))
    session = opened(
        at.terminal, at.strategy(), folder, module=make_module(wire), now=lambda: wire.now(),
        broker=at.given.get("broker"),
        guards=quiet(grace=0.0),  # the emulator's lists are complete at once: what is not there never arrived
    )  # fmt: skip
    session.runtime.cycle()
    while wire.step():
        session.runtime.cycle()
    session.close()
    wire.close()


def in_a_child(at: Served, folder: Path, kill: int) -> bool:
    """Whether it got to its end before it was killed."""
    child = os.fork()
    if child == 0:
        try:
            trade(at, folder, kill)
            os._exit(0)
        finally:
            traceback.print_exc()
            os._exit(3)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        assert os.WTERMSIG(status) == signal.SIGKILL
        return False
    assert os.WEXITSTATUS(status) == 0
    return True


@pytest.mark.parametrize("every", [347, pytest.param(7, marks=pytest.mark.slow)])
def test_killed_again_and_again_it_ends_like_the_unbroken_one(every, served, tmp_path):
    whole, broken = served(), served()
    trade(whole, tmp_path / "whole")
    kills = 0
    while not in_a_child(broken, tmp_path / "broken", every):
        kills += 1
        assert kills < 10_000 // every
    assert kills >= 3
    assert ledger(broken.terminal) == ledger(whole.terminal)
    assert (tmp_path / "broken" / STATE).read_bytes() == (tmp_path / "whole" / STATE).read_bytes()
    assert verify(tmp_path / "broken", load).same


class Everything(sc.Strategy):
    """Brackets, OCO, trailing orders and positions, timers, and orders for the other instrument from a bar's end."""

    bars = "1min"
    _n: int = 0
    _a: int = 0
    _t: int = 0

    def on_quote(self, ctx):
        self._n += 1
        n, far = self._n, ctx.ask * 0.0002
        if n == 3:
            ctx.set_timer(ctx.ts + 20_000_000_000)
        if n % 97 == 5:
            parent = ctx.buy(0.2, limit=ctx.ask - far / 4)
            ctx.sell(0.2, limit=ctx.ask + far, parent=parent)
            ctx.sell(0.2, stop=ctx.bid - far, parent=parent)
        if n % 131 == 7:
            ctx.sell(0.1, stop=ctx.bid - far, oco=ctx.buy(0.1, stop=ctx.ask + far))
        if n % 151 == 9:
            self._a = ctx.sell(0.1, sl=ctx.ask + 4 * far)
        if n % 151 == 20:
            ctx.modify(self._a, trail=far)
        if n % 173 == 11:
            ctx.buy(0.1, trail=far / 2)
        if n % 211 == 50:
            ctx.cancel_all()
        if n % 307 == 100:
            ctx.close()

    def on_bar(self, ctx):
        other = ctx["XAUUSD" if ctx.symbol == "EURUSD" else "EURUSD"]
        if self._n % 3 == 0:
            other.buy(0.1)
        if self._n % 5 == 0:
            other.close()

    def on_timer(self, ctx):
        self._t += 1
        ctx.set_timer(ctx.ts + 33_000_000_000)
        if self._t % 3 == 0:
            ctx.buy(0.1)


@pytest.mark.slow
@pytest.mark.parametrize(("mode", "every"), [("hedging", 139), ("hedging", 61), ("netting", 83)])
def test_everything_on_two_instruments_killed_again_and_again(mode, every, served, shared, tmp_path):
    data = around(shared, HOUR // 6, HOUR // 4)
    broker = sc.Broker.preset(f"mt5-{mode}", **{"commission.per_lot": 3.5})
    given = {"broker": broker, "instruments": contracts(), "cash": 50_000.0}
    whole, broken = (served(data, Everything, **given) for _ in range(2))
    trade(whole, tmp_path / "whole")
    kills = 0
    while not in_a_child(broken, tmp_path / "broken", every):
        kills += 1
    assert kills >= 5
    assert len(ledger(whole.terminal)) >= 40
    assert ledger(broken.terminal) == ledger(whole.terminal)
    assert (tmp_path / "broken" / STATE).read_bytes() == (tmp_path / "whole" / STATE).read_bytes()
    assert verify(tmp_path / "broken", lambda spec, parameters, compiled: Everything()).same
