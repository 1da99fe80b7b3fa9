"""What goes wrong between a bot and its broker, made to happen: after each the account is the broker's, to the cent.

`desk.check` holds the invariants: fills sum to the position, each trade is booked once, at most one order an intent,
money and margin equal the broker's, and every order left while LIVE.
"""

from __future__ import annotations

import pytest

import simcore as sc
from bridges.emulators.mt5 import Fault, Faults
from bridges.mt5 import Mt5Bridge
from simcore.live.bridge import BridgeError
from simcore.live.errors import SessionError
from simcore.live.watching import Stage
from tests.bridges.emulators.floor import START, quotes, terminal
from tests.bridges.live.desk import check, faulty, ledger, ledger_of, notes, opened, play, quiet, status

WALK = [(round(1.1 + 0.0001 * (n % 7), 5), round(1.1002 + 0.0001 * (n % 7), 5)) for n in range(40)]


class Once(sc.Strategy):
    """Buys on the third quote, and says nothing more."""

    qty: float = 0.1
    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            ctx.buy(self.qty)


class Pending(sc.Strategy):
    """Leaves a limit order far away, and cancels it on the tenth quote."""

    _n: int = 0
    _id: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            self._id = ctx.buy(0.1, limit=1.05)
        if self._n == 10:
            ctx.cancel(self._id)


class InAndOut(sc.Strategy):
    """In on every fifth quote, out two later."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n % 5 == 3:
            ctx.buy(0.1)
        if self._n % 5 == 0:
            ctx.close()


def start(strategy, tmp_path, *plan, **fields):
    t = terminal(*WALK, **{key: fields.pop(key) for key in ("broker", "execution") if key in fields})
    at = opened(t, strategy, tmp_path / "s", **fields)
    faulty(t, *plan)
    return t, at


def test_1_a_lost_reply_is_unknown_found_and_never_sent_again(tmp_path):
    t, at = start(Once(), tmp_path, Fault(what="lost_reply", function="order_send"))
    play(at, t)
    assert [note["order"] for note in notes(at, "unknown")] == [1]
    assert [note["status"] for note in notes(at, "found")] == ["FILLED"]
    assert status(at, 1) == "FILLED"
    assert at.runtime.stage is Stage.LIVE
    check(at, t)


def test_1b_a_request_that_never_arrived_is_rejected_after_the_grace(tmp_path):
    t, at = start(Once(), tmp_path, Fault(what="lost_request", function="order_send"))
    play(at, t)
    assert notes(at, "never arrived")
    assert status(at, 1) == "REJECTED"
    stages = [note["stage"] for note in notes(at, "stage")]
    assert stages[-2:] == ["DEGRADED", "LIVE"]  # nothing new left while its fate was open
    check(at, t)


def test_3_ids_are_never_used_twice(tmp_path):
    t, at = start(InAndOut(), tmp_path)
    play(at, t)
    named = [o.comment for o in t.books.orders]
    assert len(named) > 10
    assert len(set(named)) == len(named)
    check(at, t)


class Two(sc.Strategy):
    """Two orders on the third quote and one on the sixth; out on the tenth."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 3:
            ctx.buy(0.1)
            ctx.sell(0.2)
        if self._n == 6:
            ctx.buy(0.1, sl=1.05)
        if self._n == 10:
            ctx.close()


@pytest.mark.parametrize("mode", ["hedging", "netting"])
@pytest.mark.parametrize("keep", [0, 5, 9])
def test_4_a_comment_the_server_cut_or_dropped_still_names_the_order(keep, mode, tmp_path):
    lost = Fault(what="lost_reply", function="order_send", times=3)
    t, at = start(Two(), tmp_path, Fault(what="cut", keep=keep), lost, broker=sc.Broker.preset(f"mt5-{mode}"))
    play(at, t)
    assert t.books.orders[-1].comment == at.runtime.who.client_id(1)[:keep]
    assert [status(at, number) for number in (1, 2, 3)] == ["FILLED"] * 3
    assert notes(at, "adopted") == []
    check(at, t)


def test_4b_a_cut_comment_never_names_another_order_of_ours(tmp_path):
    class Wait(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n in (3, 6):
                ctx.buy(0.1, limit=1.05)

    lost = Fault(what="lost_request", function="order_send", call=2)
    t, at = start(Wait(), tmp_path, Fault(what="cut", keep=9), lost)
    play(at, t)
    assert [status(at, number) for number in (1, 2)] == ["ACCEPTED", "REJECTED"]  # the second never arrived
    check(at, t)


def test_5_fills_while_away_are_booked_once_on_return(tmp_path):
    t = terminal(*WALK)
    at = opened(t, Pending(), tmp_path / "s")
    play(at, t, 5)
    faulty(t, Fault(what="disconnected", function="*", call=1, times=12))
    ticket = t.books.working()[0].ticket
    number = t.books.ids[ticket]
    t.venue.modify(number, limit=1.1003)  # the market comes to it while nobody looks
    play(at, t)
    assert "CONNECTING" in [note["stage"] for note in notes(at, "stage")]
    assert status(at, 1) == "FILLED"
    check(at, t)


@pytest.mark.parametrize("what", ["doubled", "reversed", "hidden"])
def test_6_and_10_events_twice_backwards_or_late(what, tmp_path):
    t, at = start(InAndOut(), tmp_path, Fault(what=what, function="history_deals_get", call=0))
    if what == "hidden":
        names = ("history_deals_get", "orders_get", "positions_get", "history_orders_get")
        t.faults = Faults([Fault(what=what, function=name, call=1, times=25) for name in names])
    play(at, t)
    check(at, t)
    assert len(t.books.deals) > 10


def test_7_no_price_for_long_stops_orders_until_prices_come(tmp_path):
    t = terminal(*WALK[:6], every=1)
    at = opened(t, InAndOut(), tmp_path / "s", guards=quiet(stale=5.0))
    play(at, t)
    at.runtime.clock = lambda: t.venue.now + 10_000_000_000
    at.runtime.cycle()
    assert at.runtime.stage is Stage.DEGRADED
    assert "no price for 1" in notes(at, "stage")[-1]["why"]


def test_8_a_restart_takes_up_working_orders_and_positions(tmp_path):
    t = terminal(*WALK)
    at = opened(t, Pending(), tmp_path / "s")
    play(at, t, 5)
    at.leave()
    again = opened(t, Pending(), tmp_path / "s")
    assert again.began.resumed
    assert again.runtime.who.tickets == {1: str(t.books.working()[0].ticket)}
    play(again, t)  # the tenth quote cancels it
    assert t.books.working() == []
    assert status(again, 1) == "CANCELED"
    check(again, t)


def test_9_a_part_fills_and_the_rest_is_canceled(tmp_path):
    import pandas as pd

    from bridges.emulators.mt5 import Terminal

    rows = pd.DataFrame({
        "ts": [(START + n) * 10**9 for n in range(8)], "bid": 1.1, "ask": 1.1002, "bid_size": 0.04, "ask_size": 0.04,
    })  # fmt: skip
    t = Terminal({"EURUSD": rows})

    class Ioc(Once):
        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                ctx.buy(self.qty, tif="ioc")

    at = opened(t, Ioc(), tmp_path / "s")
    play(at, t)
    assert at.began.desk.engine.net_qty(0) == 0.04
    assert status(at, 1) == "CANCELED"
    check(at, t)


def test_11_quantities_off_the_grid_are_refused_not_sent_rounded(tmp_path):
    class Half(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                ctx.buy(0.03 / 2)

    with pytest.raises(SessionError, match=r"EURUSD takes 0\.01 to .* by 0\.01, not 0\.015"):  # known before it starts
        start(Once(qty=0.015), tmp_path)
    t, at = start(Half(), tmp_path)
    play(at, t)
    assert status(at, 1) == "REJECTED"
    assert t.books.deals[1:] == []
    check(at, t)


def test_12_too_many_requests_is_a_refusal_the_strategy_hears(tmp_path):
    t, at = start(Once(), tmp_path, Fault(what="refused", function="order_send", retcode=10024))
    play(at, t)
    assert "TOO_MANY_REQUESTS" in notes(at, "rejected")[0]["text"]
    check(at, t)


def test_12b_a_requote_is_asked_again_at_the_new_price(tmp_path):
    t, at = start(Once(), tmp_path, Fault(what="refused", function="order_send", retcode=10004, times=2))
    play(at, t)
    assert status(at, 1) == "FILLED"
    assert len(t.books.deals) == 2
    check(at, t)


def test_13_the_servers_zone_is_measured_and_taken_off(tmp_path):
    t = terminal(*WALK, zone="+03:00")
    from bridges.emulators.mt5 import module_of

    bridge = Mt5Bridge(module_of(t), clock=lambda: t.venue.now + 700_000_000)
    bridge.connect()
    bridge.instruments(["EURUSD"])
    assert bridge.server_offset == 3 * 3600 * 10**9
    bridge.subscribe(["EURUSD"], {})
    assert bridge.poll()[0].ts_event == START * 10**9


def test_13b_a_clock_days_away_cannot_be_measured(tmp_path):
    from bridges.emulators.mt5 import module_of

    bridge = Mt5Bridge(module_of(terminal(*WALK)), clock=lambda: (START + 3 * 86_400) * 10**9)
    bridge.connect()
    bridge.instruments(["EURUSD"])
    with pytest.raises(BridgeError, match=r"72 hours away from this clock.*give offset_hours"):
        bridge.subscribe(["EURUSD"], {})


def test_14_autotrading_off_refuses_and_is_heard(tmp_path):
    t, at = start(Once(), tmp_path, Fault(what="no_trading", function="order_send"))
    play(at, t)
    assert "CLIENT_DISABLES_AT" in notes(at, "rejected")[0]["text"]
    check(at, t)


def test_14b_a_terminal_that_was_restarted_is_connected_again(tmp_path):
    t, at = start(InAndOut(), tmp_path, Fault(what="restarted", function="copy_ticks_from", call=7))
    play(at, t)
    stages = [note["stage"] for note in notes(at, "stage")]
    assert stages[-3:] == ["CONNECTING", "SYNCING", "LIVE"]
    check(at, t)


@pytest.mark.parametrize("act", ["close", "deposit"])
def test_15_somebody_else_at_the_account_is_seen_and_booked(act, tmp_path):
    t, at = start(Once(), tmp_path, Fault(what="outside", function="orders_get", call=12, act=act, amount=250.0))
    play(at, t)
    assert at.began.desk.engine.net_qty(0) == (0.0 if act == "close" else 0.1)
    check(at, t)


def test_15b_stops_changed_by_hand_are_seen(tmp_path):
    t, at = start(Once(), tmp_path)
    play(at, t, 8)
    t.venue.modify(1, sl=1.05)
    play(at, t, 2)
    held = at.began.desk.engine.state.positions[0]
    assert held["sl"] == 1.05
    check(at, t)


def test_a_foreign_position_at_the_start_is_adopted_ignored_or_halts(tmp_path):
    for policy, net in (("adopt", 0.3), ("ignore", 0.0)):
        t = terminal(*WALK)
        t.venue.submit("EURUSD", side=1, qty=0.3)
        t.step()
        at = opened(t, Pending(), tmp_path / policy, policy=policy)
        assert at.began.desk.engine.net_qty(0) == net
    t = terminal(*WALK)
    t.venue.submit("EURUSD", side=1, qty=0.3)
    t.step()
    at = opened(t, Pending(), tmp_path / "halt", policy="halt", connect=False)
    assert not at.runtime.connect()
    assert at.runtime.stage is Stage.HALTED
    assert "the broker holds +0.3 EURUSD (ticket 100000001), none of ours" in notes(at, "stage")[-1]["why"]


def test_the_loss_limit_closes_everything_and_halts(tmp_path):
    fall = [(round(1.1 - 0.001 * n, 5), round(1.1002 - 0.001 * n, 5)) for n in range(12)]
    t = terminal(*fall)
    at = opened(t, Once(qty=1.0), tmp_path / "s", max_loss=300.0)
    play(at, t)
    assert at.runtime.stage is Stage.HALTED
    assert "the loss limit of 300.00 is reached" in notes(at, "stage")[-1]["why"]
    assert t.books.positions() == []
    check(at, t)


def test_nothing_leaves_unless_live(tmp_path):
    t, at = start(Once(), tmp_path)
    at.runtime.enter(Stage.DEGRADED, "for the test")
    at.runtime.guard = lambda: None
    play(at, t)
    assert status(at, 1) == "DENIED"
    assert t.books.deals[1:] == []


def test_a_position_that_turned_round_is_changed_and_closed_as_before(tmp_path):
    class Turn(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                ctx.buy(0.1)
            if self._n in (6, 18):
                ctx.sell(0.3) if self._n == 6 else ctx.buy(0.3)
            if self._n in (9, 21):
                far = 0.1 if self._n == 9 else -0.1
                ctx.modify(ctx.positions[0].id, sl=ctx.bid + far, tp=ctx.bid - far)
            if self._n in (12, 24):
                ctx.close(0.1 if self._n == 12 else None)

    broker = sc.Broker.preset("mt5-netting")
    t, at = start(Turn(), tmp_path, broker=broker)
    play(at, t, 20)
    (held,) = t.books.positions()
    # MQL5 Reference: the identifier is that of the order that opened it, the ticket that of the one that turned it
    opened, _, _, again = [d.order for d in t.books.deals[1:]]
    assert (held.identifier, held.ticket) == (opened, again)
    assert {d.position_id for d in t.books.deals[1:]} == {opened}
    assert (held.sl, held.tp) != (0.0, 0.0)
    play(at, t)
    assert notes(at, "refused") == notes(at, "rejected") == []
    check(at, t)
    assert ledger(t) == ledger_of(sc.backtest(Turn(), {"EURUSD": quotes(*WALK)}, broker=broker))
