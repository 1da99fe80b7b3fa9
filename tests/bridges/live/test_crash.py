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
from tests.bridges.live.test_parity import Script, load

ROWS = 1_600
START = 2_400  # the busy minutes


@pytest.fixture(autouse=True)
def _processes_die_not_machines(monkeypatch: pytest.MonkeyPatch) -> None:
    for level in ("FORCED", "WRITTEN"):
        monkeypatch.setattr(database, level, "OFF")


class Served:
    """An emulator of its own behind a socket, for one session."""

    def __init__(self) -> None:
        quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(START, START + ROWS)
        self.terminal = Terminal({SYMBOL: quotes})
        self.server = Server(self.terminal)
        self.thread = threading.Thread(target=self.server.serve, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.server.close()
        self.thread.join()


@pytest.fixture
def served() -> Iterator[type[Served]]:
    made: list[Served] = []

    def make() -> Served:
        made.append(Served())
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
        at.terminal, Script(), folder, module=make_module(wire), now=lambda: wire.now(),
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
