"""Somebody else's hands at the account, while the session is away and while it runs: explained, never invented."""

from __future__ import annotations

from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import simcore as sc
from bridges.emulators.mt5 import Fault, Terminal
from simcore.live.reconcile import PATIENCE, unexplained
from simcore.live.verify import verify
from simcore.live.watching import Stage
from tests.bridges.emulators.floor import START, terminal
from tests.bridges.live.desk import check, faulty, notes, opened, play, quiet, status
from tests.bridges.live.test_faults import WALK


class Both(sc.Strategy):
    """A position with a stop, and a limit far away."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            ctx.buy(0.2, sl=1.05)
            ctx.buy(0.1, limit=1.06)


def away(tmp_path, strategy=None, t=None, **fields):
    """A session that was left with a position and a working order, and its terminal."""
    t = t if t is not None else terminal(*WALK)
    at = opened(t, strategy or Both(), tmp_path / "s", **fields)
    play(at, t, 5)
    at.leave()
    return t


def back(t, tmp_path, strategy=None, **fields):
    told = []
    at = opened(t, strategy or Both(), tmp_path / "s", told=lambda stage, text: told.append(text), **fields)
    return at, told


def sealed(at, t, tmp_path, strategy=Both):
    """The rest of the day; both books agree, and the journal proves it."""
    play(at, t)
    check(at, t)
    at.close()
    assert verify(tmp_path / "s", lambda *given: strategy()).same


def test_a_position_closed_by_hand(tmp_path):
    t = away(tmp_path)
    t.venue.submit("EURUSD", side=-1, qty=0.2, position=1)
    at, told = back(t, tmp_path)
    assert any(
        "position 1 was closed by hand or by another program unheard: sell 0.2 EURUSD at" in text for text in told
    )
    assert at.began.desk.engine.net_qty(0) == 0.0
    sealed(at, t, tmp_path)


def test_a_position_closed_in_part_by_hand(tmp_path):
    t = away(tmp_path)
    t.venue.submit("EURUSD", side=-1, qty=0.05, position=1)
    at, told = back(t, tmp_path)
    assert any("sell 0.05 EURUSD" in text for text in told)
    assert at.began.desk.engine.net_qty(0) == pytest.approx(0.15)
    sealed(at, t, tmp_path)


def test_a_position_stopped_out_while_away(tmp_path):
    rows = [*WALK[:8], *[(1.04, 1.0402)] * 10]
    t = terminal(*rows)
    away(tmp_path, t=t)
    for _ in range(6):
        t.step()
    at, told = back(t, tmp_path)
    assert any("position 1 was closed by stop_loss unheard" in text for text in told)
    assert any("order 2 was filled and we did not hear it: buy 0.1 EURUSD" in text for text in told)
    sealed(at, t, tmp_path)


def test_an_order_changed_by_hand(tmp_path):
    t = away(tmp_path)
    t.venue.modify(2, limit=1.0555)
    at, told = back(t, tmp_path)
    assert "order 2 has other terms at the broker: limit 1.0555" in told
    assert at.runtime.booking.order(2)["limit"] == 1.0555
    sealed(at, t, tmp_path)


def test_an_order_canceled_by_hand(tmp_path):
    t = away(tmp_path)
    t.venue.cancel(2)
    at, told = back(t, tmp_path)
    assert "order 2 is CANCELED at the broker, here it was ACCEPTED" in told
    assert status(at, 2) == "CANCELED"
    sealed(at, t, tmp_path)


def test_a_stop_loss_moved_by_hand(tmp_path):
    t = away(tmp_path)
    t.venue.modify(1, sl=1.0777)
    at, told = back(t, tmp_path)
    assert "position 1 has other terms at the broker: sl 1.0777" in told
    sealed(at, t, tmp_path)


def test_an_order_filled_in_part_while_away(tmp_path):
    rows = pd.DataFrame({
        "ts": [(START + n) * 10**9 for n in range(30)], "bid": 1.1, "ask": [1.1002] * 6 + [1.0595] * 24,
        "bid_size": 0.04, "ask_size": [9.0] * 6 + [0.03] * 24,
    })  # fmt: skip
    rows["bid"] = rows["ask"] - 0.0002
    t = Terminal({"EURUSD": rows})

    class Limit(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                ctx.buy(0.1, limit=1.06)

    away(tmp_path, Limit(), t)
    t.step()
    t.step()  # 0.03 each
    at, _ = back(t, tmp_path, Limit())
    assert status(at, 1) == "PARTIALLY_FILLED"
    assert 0.0 < at.began.desk.engine.net_qty(0) < 0.1
    sealed(at, t, tmp_path, Limit)


@pytest.mark.parametrize("amount", [250.0, -250.0])
@pytest.mark.parametrize("policy", ["adopt", "ignore", "halt"])
def test_money_paid_in_or_out_is_booked_and_is_no_loss(amount, policy, tmp_path):
    t = away(tmp_path, max_loss=200.0)
    t.venue.deposit(amount)
    at, told = back(t, tmp_path, max_loss=200.0, policy=policy)
    way = "came in" if amount > 0 else "went out"
    assert any(f"250.00 of money {way} without a trade" in text for text in told)
    assert at.runtime.booking.lost() < 100.0
    sealed(at, t, tmp_path)
    assert notes(at, "stage")[-1]["why"] == "closed"


def test_a_loss_counts_from_the_beginning_over_restarts(tmp_path):
    fall = [(round(1.1 - 0.0005 * n, 5), round(1.1002 - 0.0005 * n, 5)) for n in range(20)]

    class Hold(Both):
        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                ctx.buy(1.0)

    t = terminal(*fall)
    away(tmp_path, Hold(), t, max_loss=300.0)  # 100,000 * 0.0005 = 50 a quote
    at, _ = back(t, tmp_path, Hold(), max_loss=300.0)
    before = at.runtime.booking.lost()
    assert before == pytest.approx(10_000.0 - t.venue.figures["equity"])
    assert before > 100.0
    play(at, t)
    assert at.runtime.stage is Stage.HALTED
    assert -400.0 < t.venue.figures["balance"] - 10_000.0 <= -300.0
    check(at, t)


def split(t, factor):
    """The broker multiplies a position of ours and divides its price: no trade tells of it."""
    rows = t.venue.engine.state.positions
    rows["qty"][rows["id"] == 1] *= factor
    rows["price"][rows["id"] == 1] /= factor


@pytest.mark.parametrize("policy", ["adopt", "ignore", "halt"])
def test_a_position_no_trade_explains_ends_the_session_in_words(policy, tmp_path):
    t = away(tmp_path, t=terminal(*WALK, every=4))
    split(t, 2.0)
    at, _ = back(t, tmp_path, policy=policy, connect=False)
    for _ in range(10):  # its lists may be late: it is looked at again, but not for ever
        at.runtime.connect()
        t.step()
    assert at.runtime.stage is Stage.HALTED
    why = notes(at, "stage")[-1]["why"]
    assert "the broker holds +0.2 EURUSD more than its trades explain" in why
    assert "nothing was made up" in why
    assert at.began.desk.engine.net_qty(0) == 0.2  # what its fills make it
    assert not t.books.orders[2:]  # and nothing was sent to repair it


def test_a_list_that_is_late_for_a_moment_ends_nothing(tmp_path):
    t = away(tmp_path)
    t.venue.submit("EURUSD", side=-1, qty=0.2, position=1)
    faulty(t, *(Fault(what="hidden", function="history_deals_get", call=1, times=n) for n in (4,)))
    at, _ = back(t, tmp_path, connect=False)
    stages = []
    for _ in range(6):
        at.runtime.connect()
        stages.append(at.runtime.stage)
        if at.runtime.stage is Stage.LIVE:
            break
    assert stages[0] is Stage.CONNECTING
    assert stages[-1] is Stage.LIVE
    sealed(at, t, tmp_path)


@pytest.mark.parametrize(("policy", "net", "stage"), [
    ("adopt", 0.5, Stage.LIVE), ("ignore", 0.2, Stage.LIVE), ("halt", 0.2, Stage.HALTED),
])  # fmt: skip
def test_somebody_elses_trade_while_it_runs(policy, net, stage, tmp_path):
    t = terminal(*WALK)
    told = []
    at = opened(t, Both(), tmp_path / "s", policy=policy, told=lambda stage, text: told.append(text),
                guards=quiet(audit=1.0))  # fmt: skip
    play(at, t, 5)
    t.venue.submit("EURUSD", side=1, qty=0.3)
    play(at, t, 5)
    assert at.runtime.stage is stage
    assert at.began.desk.engine.net_qty(0) == pytest.approx(net)
    words = {"adopt": "booked as the broker's own", "ignore": "left out", "halt": "is none of ours"}[policy]
    assert any("buy 0.3 EURUSD" in text and words in text for text in told), told
    assert sum("buy 0.3 EURUSD" in text for text in told) == 1
    assert len(t.books.orders) + len(t.books.working()) == 3 - (policy == "halt") * 0
    at.close()
    assert verify(tmp_path / "s", lambda *given: Both()).same


def test_what_was_ignored_stays_ignored_over_a_restart(tmp_path):
    t = away(tmp_path, policy="ignore")
    t.venue.submit("EURUSD", side=1, qty=0.3)
    for _ in range(2):
        at, told = back(t, tmp_path, policy="ignore")
        play(at, t, 3)
        assert at.began.desk.engine.net_qty(0) == 0.2
        at.leave()
    assert not any("left out" in text for text in told)  # said once
    assert np.isfinite(at.runtime.booking.lost())


def test_unexplained_is_a_question_of_time():
    class Booking:
        doubts: ClassVar[dict[str, int]] = {}

    class Sending:
        now = 100

        def clock(self):
            return self.now

    sending = Sending()
    from simcore.live.bridge import BridgeError
    from simcore.live.errors import Halted

    with pytest.raises(BridgeError, match="looking again"):
        unexplained(Booking, sending, "EURUSD", 0.1)
    sending.now += PATIENCE
    with pytest.raises(Halted, match=r"\+0\.1 EURUSD more than its trades explain"):
        unexplained(Booking, sending, "EURUSD", 0.1)
