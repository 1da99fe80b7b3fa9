"""Paper on the prices of a bridge: the account of a backtest on what the broker quotes, and nothing sent there."""

from __future__ import annotations

import json

import pytest

import simcore as sc
from bridges.emulators.mt5 import Fault, Faults, Terminal, install, module_of, uninstall
from bridges.mt5 import Mt5Bridge
from simcore.live.errors import SessionError
from simcore.live.paper_at import paper_at
from simcore.live.verify import is_live, verify
from simcore.live.watching import Stage
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.emulators.floor import terminal
from tests.bridges.live.desk import notes, play, quiet
from tests.bridges.live.test_command import BRIDGE
from tests.bridges.live.test_faults import WALK
from tests.bridges.live.test_parity import Script, load
from tests.bridges.live.test_time import Warm
from tests.cli.run import good, parsed, refused

QUOTES = 1_500


@pytest.fixture(scope="module")
def quotes():
    return sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, QUOTES)


def opened(t, strategy, folder, **fields):
    bridge = Mt5Bridge(module_of(t), offset_hours=0.0, clock=lambda: t.venue.now)
    bridge.connect()
    fields = {"spec": type(strategy).__name__, "guards": quiet(heartbeat=0.0)} | fields
    return paper_at(strategy, bridge, [SYMBOL], session=folder, clock=lambda: t.venue.now, **fields)


def test_it_is_the_backtest_of_what_the_broker_quoted(quotes, tmp_path):
    t = Terminal({SYMBOL: quotes})
    at = opened(t, Script(), tmp_path / "s")
    assert at.runtime.connect()
    play(at, t)
    at.close()
    result = sc.backtest(Script(), {SYMBOL: quotes}, instruments=at.runtime.bridge.instruments([SYMBOL]))
    figures = at.began.desk.engine.figures()
    assert result.fills.height >= 3
    assert figures["balance"] == result.account["balance"]
    assert figures["equity"] == result.account["equity"]
    assert t.books.orders == []  # nothing was sent
    assert len(t.books.deals) == 1
    assert not is_live(tmp_path / "s")
    assert verify(tmp_path / "s", load).same


def test_it_is_left_loses_its_connection_and_goes_on_without_losing_a_price(quotes, tmp_path):
    t = Terminal({SYMBOL: quotes})
    at = opened(t, Script(), tmp_path / "s")
    at.runtime.connect()
    play(at, t, 400)
    at.leave()
    for _ in range(50):
        t.step()  # the broker goes on quoting
    at = opened(t, Script(), tmp_path / "s")
    at.runtime.connect()
    t.faults = Faults([Fault(what="disconnected", call=200, times=40)])
    play(at, t)
    at.runtime.connect()
    assert [note["stage"] for note in notes(at, "stage")].count("CONNECTING") >= 1
    result = sc.backtest(Script(), {SYMBOL: quotes}, instruments=at.runtime.bridge.instruments([SYMBOL]))
    assert at.began.desk.journal.count == QUOTES
    assert at.began.desk.engine.figures()["balance"] == result.account["balance"]
    at.close()
    assert verify(tmp_path / "s", load).same


def test_its_warm_up_trades_nothing_and_then_it_trades(tmp_path):
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 4_500)
    t = Terminal({SYMBOL: quotes})
    for _ in range(4_000):
        t.step()
    at = opened(t, Warm(), tmp_path / "s")
    at.runtime.connect()
    assert at.began.desk.engine.state.instruments["bars"][0] >= 30
    assert at.began.desk.engine.net_qty(0) == 0.0
    play(at, t)
    assert at.began.desk.engine.net_qty(0) > 0.0
    at.close()
    assert verify(tmp_path / "s", lambda *given: Warm()).same


def test_a_swap_is_booked_by_the_clock_where_no_price_comes(tmp_path):
    """The rollover comes at 22:00 UTC (17:00 in New York, in winter): a heartbeat takes the account there."""

    class Hold(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 2:
                ctx.buy(1.0)

    t = terminal(*WALK[:4])
    late = [0]
    eurusd = sc.Instrument.fx("EURUSD", swap_mode="points", swap_long=-7.0, swap_short=1.0)
    bridge = Mt5Bridge(module_of(t), offset_hours=0.0, clock=lambda: t.venue.now + late[0])
    bridge.connect()
    at = paper_at(
        Hold(), bridge, [SYMBOL], session=tmp_path / "s", spec="Hold", instruments=[eurusd], guards=quiet(),
        clock=lambda: t.venue.now + late[0],
    )  # fmt: skip
    at.runtime.connect()
    play(at, t)
    assert at.began.desk.engine.state.positions[0]["swap"] == 0.0
    late[0] = 13 * 3_600 * 10**9  # 10:00 to 23:00 on a Tuesday
    at.runtime.cycle()
    # 7 points of 0.00001 on 100,000: 7.00 a lot
    assert at.began.desk.engine.state.positions[0]["swap"] == -7.0
    at.close()
    assert verify(tmp_path / "s", lambda *given: Hold()).same


def test_without_a_price_there_is_nothing_to_begin_with(tmp_path):
    t = terminal(*WALK)
    bridge = Mt5Bridge(module_of(t), offset_hours=0.0, clock=lambda: t.venue.now)
    bridge.connect()
    with pytest.raises(SessionError, match="there is no symbol 'EURUSX'"):
        paper_at(Script(), bridge, ["EURUSX"], session=tmp_path / "s", spec="Script")
    assert not (tmp_path / "s").exists()


def test_from_the_command_line(quotes, tmp_path):
    t = Terminal({SYMBOL: quotes}, speed="max", login=7)
    install(t)
    try:
        args = (
            "paper",
            "ema-cross",
            "-p",
            "fast=2",
            "slow=4",
            "--symbol",
            SYMBOL,
            "--session",
            tmp_path / "s",
            *BRIDGE,
        )
        told = parsed(*args, "--cash", "5000", "--seconds", "1")
        assert told["stage"] == Stage.LIVE
        assert {"stats", "account", "fills"} <= set(told)
        assert t.books.orders == []
        assert "was begun with another cash" in refused(*args, "--seconds", "1")
        ended = json.loads(good(*args, "--cash", "5000", "--seconds", "0.3", "--end-session", "--json"))
        assert ended["events_journaled"] >= told["events_journaled"]
    finally:
        uninstall()
    assert parsed("verify", tmp_path / "s")["same"]
