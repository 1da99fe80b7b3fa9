"""How often a broker may be asked, and what waits meanwhile: nothing is lost, nothing leaves twice."""

from __future__ import annotations

import pytest

import simcore as sc
from simcore.brokers.errors import ConfigError
from simcore.live.capabilities import Rate
from simcore.live.journal import Journal
from simcore.live.rates import Budget
from simcore.live.verify import verify
from tests.bridges.emulators.floor import terminal
from tests.bridges.live.desk import check, notes, opened, play, quiet, status
from tests.bridges.live.test_faults import WALK

SECOND = 10**9


class Many(sc.Strategy):
    """Five limits on one quote; two quotes later it cancels the last of them and closes nothing."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            for k in range(5):
                ctx.buy(0.1, limit=1.05 + 0.001 * k)
        if self._n == 5:
            ctx.cancel(5)


def load(spec, parameters, compiled):
    return Many()


def test_a_budget_fills_evenly_up_to_its_burst():
    now = [0]
    budget = Budget([Rate(2, 1.0, burst=3)], lambda: now[0])
    assert [budget.take() for _ in range(4)] == [True, True, True, False]
    assert budget.wait() == pytest.approx(0.5)  # two a second: the next token takes half of one
    now[0] += SECOND // 2
    assert budget.take()
    assert not budget.take()
    now[0] += 3600 * SECOND
    assert sum(budget.take() for _ in range(10)) == 3


def test_of_several_rates_the_tightest_counts():
    now = [0]
    budget = Budget([Rate(10, 1.0), Rate(12, 60.0)], lambda: now[0])
    went = 0
    for _ in range(600):  # a minute, ten looks a second
        went += budget.take()
        now[0] += SECOND // 10
    assert went == 12 + 11  # the burst of the minute, and what came in meanwhile: one every five seconds


@pytest.mark.parametrize(("text", "rate"), [
    ("10/s", Rate(10, 1.0)), ("120/min", Rate(120, 60.0)), ("50/10s", Rate(50, 10.0)), ("10/s:3", Rate(10, 1.0, 3)),
])  # fmt: skip
def test_rates_are_written_as_people_say_them(text, rate):
    assert Rate.read(text) == rate


@pytest.mark.parametrize("text", ["", "10", "0/s", "10/day", "10/s:0", "-1/s"])
def test_what_is_no_rate_is_one_line(text):
    with pytest.raises(ConfigError, match=r"--rate .*write requests per time, such as 10/s"):
        Rate.read(text)


def test_orders_wait_for_room_and_the_journal_says_so(tmp_path):
    t = terminal(*WALK)  # a quote a second
    at = opened(t, Many(), tmp_path / "s", rates=(Rate(1, 2.0, burst=2),))
    play(at, t, 3)
    assert len(t.books.working()) == 2  # the burst
    assert [(note["order"], note["seconds"]) for note in notes(at, "queued")] == [(3, 2.0), (4, 2.0), (5, 2.0)]
    left = []
    for _ in range(8):
        play(at, t, 1)
        left.append(len(t.books.working()))
    # asked for at 10:00:02, one more every two seconds: at :04 and :06; the fifth was taken back while it waited
    assert left == [3, 3, 4, 4, 4, 4, 4, 4]
    assert status(at, 5) == "CANCELED"
    check(at, t)
    at.close()
    assert verify(tmp_path / "s", load).same


def test_cancels_go_before_orders_that_wait(tmp_path):
    class Rush(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                for k in range(4):
                    ctx.buy(0.1, limit=1.05 + 0.001 * k)
            if self._n == 4:
                ctx.cancel(1)

    t = terminal(*WALK)
    at = opened(t, Rush(), tmp_path / "s", rates=(Rate(1, 5.0, burst=1),))
    play(at, t, 4)
    assert [o.price_open for o in t.books.working()] == [1.05]
    play(at, t, 4)  # the first token after five seconds is the cancel's
    assert t.books.working() == []
    play(at, t, 5)
    assert [o.price_open for o in t.books.working()] == [1.051]


def test_what_waits_is_denied_when_the_session_may_not_send_any_more(tmp_path):
    t = terminal(*WALK)
    at = opened(t, Many(), tmp_path / "s", rates=(Rate(1, 3600.0, burst=2),))
    play(at, t, 3)
    (tmp_path / "s" / "halt.json").write_text("{}")
    play(at, t, 2)
    assert [status(at, k) for k in (3, 4, 5)] == ["DENIED"] * 3
    assert t.books.working() == []  # and what worked was canceled, rate or no rate


@pytest.mark.parametrize("die_after", [2, 3, 4, 6, 9])
def test_killed_between_two_orders_of_one_quote_each_leaves_once(die_after, tmp_path):
    """The first order's way to the disk takes the second one's birth with it; the second has not left yet."""
    t = terminal(*WALK)
    at = opened(t, Many(), tmp_path / "s")
    play(at, t, 2)
    at.leave()
    flush, left = Journal.flush, [die_after]

    class Died(BaseException):
        pass

    def dying(self):
        flush(self)
        left[0] -= 1
        if not left[0]:
            self.release()
            raise Died

    Journal.flush = dying
    try:
        at = opened(t, Many(), tmp_path / "s")
        play(at, t, 3)
        at.began.desk.journal.release()
    except Died:
        pass
    finally:
        Journal.flush = flush
    again = opened(t, Many(), tmp_path / "s")
    play(again, t, 8)
    assert [status(again, k) for k in range(1, 6)] == ["ACCEPTED"] * 4 + ["CANCELED"]
    assert len(t.books.working()) == 4
    check(again, t)
    again.close()
    assert verify(tmp_path / "s", load).same


class Both(sc.Strategy):
    """Five orders on one quote: rest, open, open with a stop, leave, rest; two quotes later the last is taken back."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 2:
            ctx.buy(0.1)
        if self._n == 3:
            ctx.buy(0.1, limit=1.05)
            ctx.buy(0.2)
            ctx.sell(0.1, sl=1.2)
            ctx.close(0.1, position=1)
            ctx.buy(0.1, limit=1.051)
        if self._n == 5:
            ctx.cancel(6)


@pytest.mark.parametrize(("every", "late"), [(3, True), (1, False)])
def test_what_never_left_leaves_after_a_restart_but_for_what_would_open_late(every, late, tmp_path):
    """Six quotes on it is eighteen seconds, or six, which `grace` still allows; the strategy hears them all."""
    t = terminal(*WALK, every=every)
    guards = quiet(grace=6.0)
    at = opened(t, Both(), tmp_path / "s", rates=(Rate(1, 3600.0, burst=1),), guards=guards)
    play(at, t, 3)
    assert [d.volume for d in t.books.deals if d.symbol] == [0.1]
    at.leave()  # five orders wait
    for _ in range(5):
        t.step()
    again = opened(t, Both(), tmp_path / "s", guards=guards)
    told = {k: status(again, k) for k in range(2, 7)}
    assert told == {2: "ACCEPTED", 3: "DENIED", 4: "DENIED", 5: "FILLED", 6: "CANCELED"} if late else {
        2: "ACCEPTED", 3: "FILLED", 4: "FILLED", 5: "FILLED", 6: "CANCELED"
    }  # fmt: skip
    assert [(note["order"], note["seconds"]) for note in notes(again, "too late")] == [(3, 18.0), (4, 18.0)] * late
    assert [o.price_open for o in t.books.working()] == [1.05]
    check(again, t)
    again.close()
    assert verify(tmp_path / "s", lambda spec, parameters, compiled: Both()).same
