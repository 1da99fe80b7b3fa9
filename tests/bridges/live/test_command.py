"""`simcore live` and `simcore halt`: what they ask for, what they do, and that no secret is ever written."""

from __future__ import annotations

import json
from io import StringIO

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal, install, module_of, uninstall
from bridges.mt5 import Mt5Bridge
from simcore.brokers.errors import ConfigError
from simcore.live.halting import halt
from simcore.live.watching import Stage
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.emulators.floor import terminal
from tests.bridges.live.desk import check, notes, opened, play
from tests.bridges.live.test_faults import WALK, Once, Pending
from tests.cli.run import good, refused, run

SECRET = "planted-Secret-8731"
BRIDGE = ("--bridge", "bridges.mt5:Mt5Bridge", "--bridge-set", "offset_hours=0", "--drift", "0")  # recorded time


@pytest.fixture
def emulated(monkeypatch):
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 4_000)
    t = Terminal({SYMBOL: quotes}, speed="max", login=7, password=SECRET)
    install(t)
    monkeypatch.setenv("SIMCORE_MT5_LOGIN", "7")
    monkeypatch.setenv("SIMCORE_MT5_PASSWORD", SECRET)
    yield t
    uninstall()


def test_real_orders_need_to_be_asked_for_and_limited(tmp_path):
    args = ("live", "ema-cross", "--symbol", "EURUSD", "--session", tmp_path / "s")
    assert "add --live" in refused(*args)
    assert "needs --max-loss" in refused(*args, "--live")
    assert "needs --max-loss" in refused(*args, "--live", "--max-loss", "0")
    assert "--policy guess: must be adopt" in refused(*args, "--live", "--max-loss", "5", "--policy", "guess")
    assert "secrets come from the environment" in refused(
        *args, "--live", "--max-loss", "5", "--bridge", "bridges.mt5:Mt5Bridge", "--bridge-set", "password=x"
    )
    assert "there is no such bridge" in refused(*args, "--live", "--max-loss", "5", "--bridge", "mt6")
    assert not (tmp_path / "s").exists()


AT_THE_CLOSE = """import simcore as sc


class AtTheClose(sc.Strategy):
    warmup = 3
    bars = "1min"
    qty: float = 0.005

    def on_bar(self, ctx):
        ctx.buy(self.qty, trail=0.001, tif="cls")
"""


def test_the_plan_is_shown_before_anything_starts_and_one_that_cannot_be_is_refused(emulated, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "close.py").write_text(AT_THE_CLOSE)
    plan = good("live", "ema-cross", "--symbol", "EURUSD", *BRIDGE, "--check")
    assert [line.split()[0] for line in plan.splitlines()] == ["account", "EURUSD", "gtc", "market", "sl"]
    assert "hedging" in plan
    assert "0.01 to 1000 by 0.01" in plan
    args = ("live", "close.py:AtTheClose", "--symbol", "EURUSD", *BRIDGE)
    why = "simcore: the broker cannot do what AtTheClose asks for: no cls orders (AtTheClose.on_bar, line 10); EURUSD "
    why += "takes 0.01 to 1000 by 0.01, not 0.005 (AtTheClose.on_bar, line 10)\n"
    shown = run(*args, "--check")
    assert (shown.exit_code, shown.stderr) == (2, why)
    assert "trailing_stop  this session" in shown.stdout
    assert "cls            MISSING" in shown.stdout
    assert json.loads(run(*args, "-p", "qty=0.1", "--check", "--json").stdout)["missing"] == [
        "no cls orders (AtTheClose.on_bar, line 10)"
    ]
    told = refused(*args, "--session", tmp_path / "s", "--live", "--max-loss", "5")
    assert told + "\n" == why
    assert not (tmp_path / "s").exists()
    assert len(emulated.books.deals) == 1  # its first money


def test_a_session_is_traded_left_and_gone_on_with(emulated, tmp_path):
    args = ("live", "ema-cross", "-p", "fast=2", "slow=4", "--symbol", "EURUSD", "--session", tmp_path / "s", *BRIDGE)
    args += ("--live", "--max-loss", "500", "--seconds", "1.5", "--json")
    first = json.loads(good(*args))
    assert first["stage"] == "LIVE"
    assert emulated.venue.played > 100
    again = json.loads(good(*args, "--end"))
    assert again["account"]["balance"] == emulated.venue.figures["balance"]
    assert again["account"]["used_margin"] == emulated.venue.figures["used_margin"]
    assert json.loads(good("verify", tmp_path / "s", "--json"))["same"]


def test_the_kill_switch_works_while_the_strategy_hangs(tmp_path):
    t = terminal(*WALK)
    at = opened(t, Pending(), tmp_path / "s")
    play(at, t, 5)
    assert len(t.books.working()) == 1
    other = Mt5Bridge(module_of(t), offset_hours=0.0, clock=lambda: t.venue.now)  # another process's
    other.connect()
    other.mark(at.runtime.bridge.magic)
    done = halt(tmp_path / "s", other, flatten=True)
    assert (len(done.canceled), done.refused) == (1, [])
    assert t.books.working() == []
    play(at, t, 2)
    assert at.runtime.stage is Stage.HALTED
    assert notes(at, "stage")[-1]["why"] == "by the kill switch"
    check(at, t)


def test_after_the_kill_switch_nothing_leaves(tmp_path):
    t = terminal(*WALK)
    at = opened(t, Once(), tmp_path / "s")
    (tmp_path / "s" / "halt.json").write_text("{}")
    play(at, t)
    assert t.books.deals[1:] == []
    assert at.runtime.stage is Stage.HALTED


def test_positions_are_closed_where_asked(tmp_path):
    t = terminal(*WALK)
    at = opened(t, Once(), tmp_path / "s")
    play(at, t, 6)
    done = halt(tmp_path / "s", at.runtime.bridge, flatten=True)
    assert len(done.closed) == 1
    assert t.books.positions() == []
    play(at, t, 2)
    check(at, t)


def test_halting_what_is_no_live_session_is_one_line(tmp_path):
    assert "cannot be read" in refused("halt", tmp_path)


def test_the_picture_of_a_session(tmp_path):
    from rich.console import Console

    from simcore.cli.status import Status

    t = terminal(*WALK)
    at = opened(t, Pending(), tmp_path / "s")
    play(at, t, 5)
    console = Console(width=120, record=True, file=StringIO())
    console.print(Status("s", ["EURUSD"], quiet=True).drawn(at.began.desk, "LIVE", 1_000_000))
    text = console.export_text()
    assert "LIVE" in text
    assert "10,000.00" in text
    assert "limit" in text
    assert "1.05" in text
    assert "ACCEPTED" in text


def test_bars_the_account_does_not_make_are_refused_before_anything_is_written(tmp_path):
    class Ticks(sc.Strategy):
        bars = "100ticks"

        def on_bar(self, ctx):
            ctx.buy(0.1)

    with pytest.raises(ConfigError, match="which the account does not make of ticks"):
        opened(terminal(*WALK), Ticks(), tmp_path / "s")
    assert not (tmp_path / "s").exists()
