"""Time in a live session: heartbeats without prices, late prices, clocks that drift, warm-up, and connecting again."""

from __future__ import annotations

import random

import numpy as np
import pandas as pd
import pytest

import simcore as sc
from bridges.emulators.mt5 import Fault, Faults, Terminal, module_of
from bridges.mt5 import Mt5Bridge
from simcore.kernel.enums import Kind
from simcore.live.bridge import BridgeError
from simcore.live.records import ROWS
from simcore.live.verify import verify
from simcore.live.watching import LONGEST_PAUSE, Stage, seen_of
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.emulators.floor import START, terminal
from tests.bridges.live.desk import check, faulty, notes, opened, play, quiet, status
from tests.bridges.live.test_faults import WALK, InAndOut

SECOND = 10**9


class ByBars(sc.Strategy):
    """Buys on its second bar, wherever that is, and sets a timer."""

    bars = "1min"
    _n: int = 0
    _rang: int = 0

    def on_bar(self, ctx):
        self._n += 1
        if self._n == 1:
            ctx.set_timer(ctx.ts + 30_000_000_000)
        if self._n == 2:
            ctx.buy(0.1)

    def on_timer(self, ctx):
        self._rang = ctx.ts


class Warm(sc.Strategy):
    """Keeps the closes of its warm-up, and counts what it was denied and what it was let do."""

    bars = "1min"
    warmup = 30
    _slow = sc.SMA(30)
    _bars: int = 0
    _first: int = 0
    _denied: int = 0

    def on_bar(self, ctx):
        self._bars += 1
        self._slow.update(ctx.bar.close)
        order = ctx.buy(0.1)
        if self._first == 0:
            self._first = ctx.bar.ts
        ctx.cancel(order)

    def on_order(self, ctx):
        self._denied += 1


def load(spec, parameters, compiled):
    return {"ByBars": ByBars, "Warm": Warm}[spec](**parameters)


def rows(at):
    at.began.desk.journal.flush()
    return np.concatenate([chunk.rows for chunk in at.began.desk.journal.chunks(kinds=(ROWS,))])


def test_bars_close_timers_ring_and_orders_leave_though_no_price_comes(tmp_path):
    t = terminal(*WALK[:3])  # 10:00:00 to 10:00:02, then silence
    late = [0]
    at = opened(t, ByBars(), tmp_path / "s", now=lambda: t.venue.now + late[0])
    play(at, t)
    for late[0] in range(0, 200 * SECOND, SECOND):
        at.runtime.cycle()
    beats = rows(at)[rows(at)["kind"] == int(Kind.HEARTBEAT)]["ts_event"] // SECOND - START
    # the bar of 10:00 ends at 60 and a heartbeat is one second late: 60, not a second for every second of silence.
    # No bar opens without a price, so the second one never comes; the timer set at 60 rings at 90, samples at 120, 180
    assert list(beats) == [60, 90, 120, 180]
    memory = at.began.desk.engine.state.memory
    at.close()
    assert memory is not None
    verdict = verify(tmp_path / "s", load)
    assert verdict.same
    assert verdict.events == 3 + 4


def test_a_price_that_comes_late_is_met_at_the_accounts_time_and_never_twice(tmp_path):
    t = terminal(*WALK)
    at = opened(t, InAndOut(), tmp_path / "s")
    play(at, t, 4)
    desk = at.began.desk
    ahead = t.venue.now + 5 * SECOND
    desk.heartbeat(ahead, ahead)  # as if our clock were fast
    play(at, t, 3)
    found = rows(at)
    assert (np.diff(found["ts_event"]) >= 0).all()  # the account's time never runs back
    late = found[found["late"] == 1]
    assert len(late) == 3
    assert set(late["ts_event"]) == {ahead}
    assert late["ts_recv"][-1] == t.venue.now  # the venue's own time is kept
    assert seen_of(desk.journal, ["EURUSD"]) == at.runtime.seen
    play(at, t)
    check(at, t)


def test_prices_of_the_future_are_not_met_until_the_clocks_agree(tmp_path):
    t = terminal(*WALK)
    at = opened(t, InAndOut(), tmp_path / "s", guards=quiet(drift=5.0))
    play(at, t, 4)
    met = at.began.desk.now
    faulty(t, Fault(what="shifted", function="copy_ticks_from", call=1, seconds=3_600.0))
    play(at, t, 3)  # the server's clock is an hour ahead, as after a change to summer time nobody measured
    assert at.runtime.stage is Stage.CONNECTING
    assert "3,600.0 s ahead of this machine's" in notes(at, "stage")[-1]["why"]
    assert at.began.desk.now == met
    faulty(t, Fault(what="shifted", function="copy_ticks_from", call=1, seconds=0.0))
    play(at, t)
    assert at.runtime.stage is Stage.LIVE
    check(at, t)
    assert len(t.books.deals) > 5


def test_a_clock_off_by_less_than_the_guard_allows_trades_on(tmp_path):
    t = terminal(*WALK)
    at = opened(t, InAndOut(), tmp_path / "s", guards=quiet(drift=5.0))
    faulty(t, Fault(what="shifted", function="copy_ticks_from", call=1, seconds=3.0))
    play(at, t)
    assert at.runtime.stage is Stage.LIVE
    assert len(t.books.deals) > 5


def test_prices_that_come_late_stop_orders_until_they_are_fresh(tmp_path):
    t = terminal(*WALK)
    behind = [0]
    at = opened(t, InAndOut(), tmp_path / "s", guards=quiet(drift=5.0), now=lambda: t.venue.now + behind[0])
    behind[0] = 8 * SECOND
    play(at, t, 10)
    assert at.runtime.stage is Stage.DEGRADED
    assert "came 8.0 s after its time" in notes(at, "stage")[-1]["why"]
    assert t.books.deals[1:] == []
    assert status(at, 1) == "DENIED"
    behind[0] = 0
    play(at, t)
    assert at.runtime.stage is Stage.LIVE
    assert len(t.books.deals) > 3
    check(at, t)


@pytest.fixture
def quotes():
    return sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, 6_000)


def begun(quotes, strategy, folder, done=4_000):
    """A terminal that has played a while before the session begins."""
    t = Terminal({SYMBOL: quotes})
    for _ in range(done):
        t.step()
    return t, opened(t, strategy, folder)


def test_bars_and_indicators_are_warm_from_the_brokers_history(quotes, tmp_path):
    t, at = begun(quotes, Warm(), tmp_path / "s")
    began, state = t.venue.now, at.began.desk.engine.state
    assert at.runtime.stage is Stage.LIVE
    assert t.books.orders == []  # what it would have ordered in the past is no order now
    heard = notes(at, "warm")[0]["heard"]["EURUSD"]
    assert heard >= 30
    play(at, t, 1_500)
    made = int(state.instruments["bars"][0]) - heard
    assert len(t.books.orders) == made >= 5  # every bar since then: it was warm at once
    assert all(order.time_setup * SECOND >= began // SECOND * SECOND for order in t.books.orders)

    # what the account made of the broker's minutes is what a backtest makes of the ticks themselves
    class Look(Warm):
        _closes: sc.Array[64]

        def on_bar(self, ctx):
            self._closes[self._bars % 64] = ctx.bar.close
            self._bars += 1

    _, live = begun(quotes, Look(), tmp_path / "look")
    ran = sc.backtest(Look(), {SYMBOL: quotes.slice(0, 4_000)})
    closes = {
        round(float(x), 5) for x in np.frombuffer(live.began.desk.engine.state.memory, np.float64)[:64] if x > 0.5
    }
    tested = {round(float(x), 5) for x in np.frombuffer(ran.run.state, np.float64) if 1.0 < x < 1.3}
    assert len(closes) > 15
    assert closes <= tested


def test_the_warm_up_is_in_the_journal_and_comes_but_once(quotes, tmp_path):
    t, at = begun(quotes, Warm(), tmp_path / "s")
    play(at, t, 500)
    at.leave()
    again = opened(t, Warm(), tmp_path / "s")
    play(again, t, 500)
    assert len(notes(again, "warm-up")) == len(notes(again, "warm")) == 1
    check(again, t)
    again.close()
    assert verify(tmp_path / "s", load).same


def test_a_warm_up_that_a_crash_broke_off_is_finished(quotes, tmp_path, monkeypatch):
    from simcore.live import watching
    from simcore.live.desk import Desk

    whole, at = begun(quotes, Warm(), tmp_path / "whole")
    play(at, whole, 500)
    at.close()
    row, left = Desk.row, [60]

    def dying(self, *given, **named):
        left[0] -= 1
        if not left[0]:
            self.journal.flush()
            self.journal.release()
            raise KeyboardInterrupt
        row(self, *given, **named)

    monkeypatch.setattr(Desk, "row", dying)
    t = Terminal({SYMBOL: quotes})
    for _ in range(4_000):
        t.step()
    with pytest.raises(KeyboardInterrupt):
        opened(t, Warm(), tmp_path / "s")
    monkeypatch.setattr(Desk, "row", row)
    again = opened(t, Warm(), tmp_path / "s")
    assert watching.is_cold(again.began.desk) is False
    play(again, t, 500)
    again.close()
    assert len(t.books.orders) == len(whole.books.orders) > 0
    assert verify(tmp_path / "s", load).same


def test_a_broker_without_history_warms_as_bars_come(quotes, tmp_path):
    class Short(Warm):
        warmup = 4

    t = Terminal({SYMBOL: quotes})  # nothing was played yet
    at = opened(t, Short(), tmp_path / "s")
    while at.began.desk.engine.state.instruments["bars"][0] < 4:
        play(at, t, 1)
        assert len(t.books.orders) <= 1  # the fourth close lets it order, and that was just now
    assert status(at, 1) == "DENIED"
    assert status(at, 4) == "FILLED"
    check(at, t)


def test_connecting_again_waits_longer_each_time_and_not_when_others_do(tmp_path):
    t = terminal(*WALK)
    at = opened(t, InAndOut(), tmp_path / "s", jitter=random.Random(7), guards=quiet(drift=0.0))
    now = [t.venue.now]
    at.runtime.clock = lambda: now[0]
    at.runtime.pause = lambda seconds: None
    pauses = []
    t.faults = Faults([Fault(what="disconnected", call=1, times=10_000)])
    for _ in range(10):
        at.runtime.cycle() if at.runtime.stage is not Stage.CONNECTING else at.runtime.connect()
        pauses.append((at.runtime.retry_at - now[0]) / SECOND)
        now[0] = at.runtime.retry_at
    factors = [pause / min(0.5 * 2.0**n, LONGEST_PAUSE) for n, pause in enumerate(pauses)]
    assert all(0.8 <= factor <= 1.2 for factor in factors)
    assert len({round(factor, 6) for factor in factors}) == 10
    t.faults = Faults()
    assert at.runtime.connect()  # subscribed anew: prices come on, and the pauses begin small again
    play(at, t)
    assert len(t.books.deals) > 5
    check(at, t)
    at.runtime.lost(BridgeError("for the test"))
    assert at.runtime.retry_at - at.runtime.clock() <= 0.6 * SECOND


def test_a_server_that_left_the_terminal_is_noticed_though_it_answers(tmp_path):
    t = terminal(*WALK)
    gone = [False]
    at = opened(t, InAndOut(), tmp_path / "s")
    bridge = at.runtime.bridge
    monkey = type("Gone", (type(bridge),), {"is_connected": property(lambda self: not gone[0])})
    bridge.__class__ = monkey
    gone[0] = True
    play(at, t, 1)
    assert at.runtime.stage is Stage.CONNECTING
    assert "the connection to the broker is gone" in notes(at, "stage")[-1]["why"]


SUMMER = 1_710_054_000  # 2024-03-10 07:00 UTC: New York's clock goes from 2:00 to 3:00, a server's from 9:00 to 10:00
WINTER = 1_730_613_600  # 2024-11-03 06:00 UTC: back again


def over_the_change(at: int, closed: int = 0) -> Terminal:
    """A terminal with 20 quotes before its clock changes and 20 from so many seconds after it on."""
    ts = [(at - 20 + n + (n >= 20) * closed) * SECOND for n in range(40)]
    bids = [round(1.1 + 0.0001 * (n % 7), 5) for n in range(40)]
    frame = pd.DataFrame({"ts": ts, "bid": bids, "ask": [round(bid + 0.0002, 5) for bid in bids]})
    return Terminal({"EURUSD": frame}, zone="America/New_York+7")


@pytest.mark.parametrize(
    ("at", "closed", "way"), [(SUMMER, 0, "forward"), (SUMMER, 90_000, "forward"), (WINTER, 90_000, "back")]
)
def test_a_servers_clock_that_is_put_forward_or_back_is_measured_anew(at, closed, way, tmp_path):
    t = over_the_change(at, closed)
    session = opened(t, InAndOut(), tmp_path / "s", guards=quiet(drift=0.0), offset=None)
    play(session, t, 19)
    t.advance((at + closed - 1) * SECOND)
    session.runtime.cycle()  # nothing yet: the market is closed
    play(session, t)
    whys = [note["why"] for note in notes(session, "stage")]
    assert whys.count(f"the server's clock was put {way} by 1 hours: it is measured anew") == 1
    assert session.runtime.stage is Stage.LIVE
    found = rows(session)
    quotes = found[found["kind"] == int(Kind.QUOTE)]["ts_event"]
    assert list(quotes) == t.venue.ts.tolist()  # each once, at its time
    check(session, t)


def test_a_zone_knows_its_summer_time_also_in_history():
    t = over_the_change(SUMMER)
    t.advance((SUMMER + 20) * SECOND)
    bridge = Mt5Bridge(module_of(t), zone="America/New_York+7", clock=lambda: t.venue.now)
    bridge.connect()
    found = bridge.history("EURUSD", (SUMMER - 20) * SECOND, (SUMMER + 40) * SECOND)
    assert found["ts"].to_list() == t.venue.ts.tolist()
    bars = bridge.bars("EURUSD", (SUMMER - 60) * SECOND, (SUMMER + 60) * SECOND)
    assert bars["ts"].to_list() == [(SUMMER - 60) * SECOND, SUMMER * SECOND]
    assert bridge.server_offset == 3 * 3600 * SECOND
    with pytest.raises(BridgeError, match="offset_hours or zone, not both"):
        Mt5Bridge(module_of(t), zone="UTC", offset_hours=2)
