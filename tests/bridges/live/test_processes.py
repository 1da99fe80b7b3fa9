"""Sessions in processes of their own, at an emulator behind a socket: the kill switch, the loss limit, Ctrl-C."""

from __future__ import annotations

import json
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridges.emulators.mt5 import Terminal
from bridges.emulators.mt5.server import Server
from bridges.emulators.mt5.wire import VARIABLE, site
from tests.bridges.emulators.floor import quotes
from tests.cli.run import process

FALL = [(round(1.1 - 0.0001 * n, 5), round(1.1002 - 0.0001 * n, 5)) for n in range(400)]
HANG = '''import time

import simcore as sc


class Hang(sc.Strategy):
    """An order, a position, and an endless loop."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            ctx.buy(0.1, limit=1.05)
            ctx.buy(0.2)
        if self._n == 6:
            while True:
                time.sleep(1)


class Hold(sc.Strategy):
    """In at once, and never out."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            ctx.buy(1.0)
'''


@pytest.fixture
def terminal() -> Terminal:
    return Terminal({"EURUSD": quotes(*FALL)}, speed="max")


@pytest.fixture
def at(terminal: Terminal, tmp_path: Path) -> Iterator[dict[str, Any]]:
    """How a process is started so that its MetaTrader 5 is the emulator here."""
    (tmp_path / "bot.py").write_text(HANG, encoding="utf-8")
    with Server(terminal) as server:
        server.connection(tmp_path / "wire.json")
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        path = os.pathsep.join([str(site()), *filter(None, [os.environ.get("PYTHONPATH")])])
        yield {"cwd": tmp_path, "env": os.environ | {VARIABLE: str(tmp_path / "wire.json"), "PYTHONPATH": path}}
        server.close()


def session(name: str, *more: object) -> tuple[object, ...]:
    bridge = ("--bridge", "bridges.mt5:Mt5Bridge", "--bridge-set", "offset_hours=0", "--drift", "0")
    return ("live", f"bot.py:{name}", "--symbol", "EURUSD", "--session", "s", *bridge, *more)


def test_the_kill_switch_closes_everything_while_the_strategy_hangs(terminal, at, tmp_path):
    step, far = terminal.venue.step, threading.Event()

    def stepping() -> bool:
        went = step()
        if len(terminal.venue.positions()):
            far.set()  # a quote or two more, and it hangs
        return went

    terminal.venue.step = stepping  # type: ignore[method-assign]
    child = process(*session("Hang", "--live", "--max-loss", "5000"), **at)
    try:
        assert far.wait(60), child.poll()
        assert (len(terminal.books.working()), len(terminal.books.positions())) == (1, 1)
        done = process("halt", "s", "--flatten", "--json", **at)
        out, err = done.communicate(timeout=60)
        assert done.returncode == 0, err
        told = json.loads(out)
        assert (len(told["canceled"]), len(told["closed"]), told["refused"]) == (1, 1, [])
        assert terminal.books.working() == []
        assert terminal.books.positions() == []
        assert child.poll() is None  # it hangs on, and can do no harm
        child.send_signal(signal.SIGINT)
        child.send_signal(signal.SIGINT)  # the second one does not ask
    finally:
        child.kill()
        child.communicate()
    again = process(*session("Hang", "--live", "--max-loss", "5000", "--json"), **at)  # no price is heard: no hanging
    out, err = again.communicate(timeout=60)
    assert (again.returncode, err) == (1, "")
    told = json.loads(out)
    assert (told["stage"], told["account"]["balance"]) == ("HALTED", terminal.venue.figures["balance"])
    assert len(terminal.books.deals) == 1 + 2  # the first money, in, out: nothing since
    proof = process("verify", "s", "--json", **at)
    out, err = proof.communicate(timeout=60)
    assert (proof.returncode, json.loads(out)["same"]) == (0, True), err


@pytest.mark.slow
def test_the_loss_limit_ends_a_process_with_everything_closed(terminal, at, tmp_path):
    child = process(*session("Hold", "--live", "--max-loss", "300", "--json"), **at)
    out, err = child.communicate(timeout=60)
    assert child.returncode == 1, err
    assert json.loads(out)["stage"] == "HALTED"
    assert terminal.books.positions() == []
    # 10 a point of 0.0001 and lot: the spread is 20, the limit of 300 is reached 28 quotes later, and one is looked at
    # before anything is closed
    assert -320.0 <= terminal.venue.figures["balance"] - 10_000.0 <= -300.0


@pytest.mark.slow
def test_no_process_trades_without_being_asked_for_real_orders_and_a_limit(terminal, at, tmp_path):
    for more, why in (((), "add --live"), (("--live",), "needs --max-loss"), (("--max-loss", "5"), "add --live")):
        child = process(*session("Hold", *more), **at)
        out, err = child.communicate(timeout=60)
        assert (child.returncode, out) == (2, "")
        assert why in err
        assert len(err.splitlines()) == 1
    assert not (tmp_path / "s").exists()
    assert len(terminal.books.deals) == 1
