"""What MetaTrader 5 has not: brackets, OCO, trailing stops. Played by the session, to the ledger of the backtest."""

from __future__ import annotations

import pytest

import simcore as sc
from bridges.emulators.mt5 import Terminal
from simcore.live.errors import SessionError
from simcore.market.sample import SYMBOL, sample_path
from tests.bridges.emulators.floor import quotes, terminal
from tests.bridges.live.desk import check, ledger, ledger_of, notes, opened, play, status
from tests.bridges.live.test_faults import WALK


class Trailing(sc.Strategy):
    """In at the market, out by a trailing stop; by the clock, since a fill is heard after the tick that made it."""

    bars = "1min"
    _n: int = 0

    def on_bar(self, ctx):
        self._n += 1
        if self._n % 15 == 2:
            ctx.close()
            ctx.cancel_all()
            ctx.buy(0.1)
            ctx.sell(0.1, trail=0.0003, reduce_only=True)


class Bracket(sc.Strategy):
    """An entry with two children, one the other's twin."""

    bars = "1min"
    _n: int = 0

    def on_bar(self, ctx):
        self._n += 1
        if self._n in (2, 40):
            entry = ctx.buy(0.2, limit=ctx.ask - 0.0001)
            target = ctx.sell(0.2, limit=ctx.ask + 0.0004, parent=entry, reduce_only=True)
            ctx.sell(0.2, stop=ctx.bid - 0.0006, parent=entry, oco=target, reduce_only=True)


class Twins(sc.Strategy):
    """Two limits, one above and one below: whichever fills cancels the other."""

    bars = "1min"
    _n: int = 0

    def on_bar(self, ctx):
        self._n += 1
        if self._n == 2:
            low = ctx.buy(0.1, limit=ctx.ask - 0.0003)
            ctx.sell(0.1, limit=ctx.bid + 0.0003, oco=low)


class Follow(sc.Strategy):
    """In at the market every twenty minutes, and out by a stop loss that trails; tightened after five."""

    bars = "1min"
    _n: int = 0
    _id: int = 0

    def on_bar(self, ctx):
        self._n += 1
        at = self._n % 20
        if at == 2:
            ctx.close()
            self._id = ctx.buy(0.1) if self._n % 40 == 2 else ctx.sell(0.1)
        elif at == 3:
            ctx.modify(self._id, trail=0.0006, tp=ctx.bid + 0.002 * (1 if self._n % 40 == 3 else -1))
        elif at == 8:
            ctx.modify(self._id, trail=0.0003)


class Reducing(sc.Strategy):
    """Orders that only reduce: without a position, resting while there is one, and more than there is."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 2:
            ctx.sell(0.1, reduce_only=True)
        if self._n == 3:
            ctx.buy(0.1)
            ctx.sell(0.1, limit=1.2, reduce_only=True)
        if self._n == 6:
            ctx.sell(0.3, reduce_only=True)
        if self._n == 12:
            ctx.buy(0.2, limit=ctx.ask - 0.0001, reduce_only=True)


def test_what_only_reduces_never_opens(tmp_path):
    broker = sc.Broker.preset("mt5-netting")
    t = terminal(*WALK, broker=broker)
    at = opened(t, Reducing(), tmp_path / "s")
    play(at, t)
    # nothing there; the buy; canceled when its position is gone; cut to it; nothing there
    assert [status(at, n) for n in range(1, 6)] == ["REJECTED", "FILLED", "CANCELED", "FILLED", "REJECTED"]
    assert ledger(t) == ledger_of(sc.backtest(Reducing(), {"EURUSD": quotes(*WALK)}, broker=broker))
    check(at, t)
    with pytest.raises(SessionError, match=r"no orders that only reduce \(it hedges: close\(\) closes a ticket"):
        opened(terminal(*WALK), Reducing(), tmp_path / "hedging")


@pytest.mark.parametrize(("form", "rows"), [(Trailing, 3_000), (Bracket, 6_000), (Twins, 3_000), (Follow, 4_000)])
def test_the_ledger_is_the_backtests(form, rows, tmp_path):
    quotes = sc.read_quotes(sample_path(), symbol=SYMBOL).slice(0, rows)
    broker = sc.Broker.preset("mt5-netting")
    result = sc.backtest(form(), {SYMBOL: quotes}, broker=broker)
    t = Terminal({SYMBOL: quotes}, broker=broker)
    at = opened(t, form(), tmp_path / "s")
    play(at, t)
    assert result.fills.height >= 1
    assert ledger(t) == ledger_of(result)
    check(at, t)


def test_a_child_waits_over_a_restart(tmp_path):
    class Family(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 3:
                parent = ctx.buy(0.1, limit=1.1001)
                ctx.sell(0.1, limit=1.1005, parent=parent, reduce_only=True)

    t = terminal(*WALK[3:], broker=sc.Broker.preset("mt5-netting"))
    at = opened(t, Family(), tmp_path / "s")
    play(at, t, 3)
    assert len(t.books.working()) == 1  # the parent alone has left
    at.leave()
    again = opened(t, Family(), tmp_path / "s")
    t.venue.modify(t.books.ids[t.books.working()[0].ticket], limit=1.1003)
    play(again, t)
    assert status(again, 1) == "FILLED"
    assert status(again, 2) == "FILLED"
    check(again, t)


class Held(sc.Strategy):
    """Buys on the second quote; from the third on the stop trails 10 pips behind."""

    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        if self._n == 2:
            ctx.buy(0.1)
        if self._n == 3:
            ctx.modify(1, trail=0.0010)


def test_a_trail_of_a_position_goes_on_after_a_restart(tmp_path):
    up = [(round(1.1 + 0.0001 * n, 5), round(1.1002 + 0.0001 * n, 5)) for n in range(20)]
    t = terminal(*up, (1.1018, 1.1020), (1.1008, 1.1010), broker=sc.Broker.preset("mt5-hedging"))
    at = opened(t, Held(), tmp_path / "s")
    play(at, t, 6)
    # the bid of the seventh quote is 1.1006, its stop 0.0010 below
    assert t.books.positions()[0].sl == 1.0996
    at.leave()
    again = opened(t, Held(), tmp_path / "s")
    play(again, t, 13)
    assert t.books.positions()[0].sl == 1.1009
    play(again, t)  # 1.1018 moves nothing back, 1.1008 is below the stop
    assert t.books.positions() == []
    assert t.books.deals[-1].comment.startswith("[sl")
    check(again, t)


def test_two_quotes_of_one_poll_move_no_stop_back(tmp_path):
    t = terminal(*[(1.1, 1.1002)] * 6, (1.1030, 1.1032), (1.1025, 1.1027), (1.1025, 1.1027))
    at = opened(t, Held(), tmp_path / "s")
    play(at, t, 5)
    t.step(), t.step()
    at.runtime.cycle()  # hears of both
    assert t.books.positions()[0].sl == 1.1020
    assert sum(note["what"] == "trail" for note in notes(at, "trail")) == 1


def test_a_trail_that_is_taken_away_moves_nothing_more(tmp_path):
    class Freed(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 2:
                ctx.buy(0.1)
            if self._n in (4, 6):
                ctx.modify(1, trail=0.0010 if self._n == 4 else 0.0)

    t = terminal(*[(round(1.1 + 0.0001 * n, 5), round(1.1002 + 0.0001 * n, 5)) for n in range(20)])
    at = opened(t, Freed(), tmp_path / "s")
    play(at, t)
    # the sixth quote's bid is 1.1005, and it moves the stop before the strategy hears of it
    assert t.books.positions()[0].sl == 1.0995


def test_twins_and_a_trailing_stop_go_on_after_a_restart(tmp_path):
    class Mixed(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 2:
                low = ctx.buy(0.1, limit=1.0950)
                ctx.buy(0.1, stop=1.1030, oco=low)
                ctx.sell(0.1, trail=0.0010)

    rows = [(round(1.1 + 0.0001 * n, 5), round(1.1002 + 0.0001 * n, 5)) for n in range(40)]
    t = terminal(*rows, broker=sc.Broker.preset("mt5-hedging"))
    at = opened(t, Mixed(), tmp_path / "s")
    play(at, t, 5)
    at.leave()
    again = opened(t, Mixed(), tmp_path / "s")
    play(again, t)
    again.runtime.cycle()  # hears where the last quote moved the stop
    assert [status(again, n) for n in (1, 2)] == ["CANCELED", "FILLED"]
    (left,) = t.books.working()
    assert left.price_open == 1.1029  # 0.0010 below the last bid, 1.1039
    check(again, t)


def test_what_the_broker_has_not_is_denied_with_the_cause(tmp_path):
    class Hidden(sc.Strategy):
        _n: int = 0

        def on_quote(self, ctx):
            self._n += 1
            if self._n == 2:
                terms = {"display_qty": 0.1}  # what cannot be read before it starts
                ctx.buy(1.0, limit=1.05, **terms)

    t = terminal(*WALK)
    at = opened(t, Hidden(), tmp_path / "s")
    play(at, t)
    assert status(at, 1) == "DENIED"
    assert "no display_qty orders" in notes(at, "refused")[0]["text"]
    assert t.books.orders == []
