"""What stands on the tape for a bridge, whose broker is elsewhere, and what its word changes."""

from __future__ import annotations

from simcore.brokers.broker import Broker
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Reason, Status, Venue
from simcore.kernel.schema import CANCEL, CLOSE_BY, MODIFY, POST_CHANGE, POST_FILL, POST_ORDER

from .cases import T


def test_an_order_of_a_bar_waits_for_its_own_quote_at_a_broker_elsewhere_too() -> None:
    """Then the tape, which a bridge reads, tells of it a second time, and it leaves."""
    broker = Broker.preset("mt5-hedging")
    book = [Instrument.fx("EURUSD"), Instrument.fx("GBPUSD")]
    engine = Engine(make_rules(broker, book, Plan(venue=Venue.EXTERNAL)), 10_000.0)
    engine.quote(T, 0, 1.1, 1.1)
    engine.quote(T, 1, 1.3, 1.3)
    engine.state.head["bar_end"] = T + 1  # as in on_bar of a bar that ended when neither had ticked again
    first, second = (engine.submit(instrument=k, side=1, qty=1.0) for k in (0, 1))
    engine.state.head["bar_end"] = 0
    told = engine.tape.drain()["changes"]["order"]
    assert [(int(o["id"]), int(o["waits"])) for o in told] == [(first, 1), (second, 1)]
    engine.quote(T + 2, 1, 1.3, 1.3)
    told = engine.tape.drain()["changes"]["order"]
    assert [(int(o["id"]), int(o["waits"])) for o in told] == [(second, 0)]
    engine.post(T + 2, POST_ORDER, order=first, status=int(Status.CANCELED))  # it never left
    engine.quote(T + 3, 0, 1.1, 1.1)
    told = engine.tape.drain()["changes"]["order"]
    assert [(int(o["id"]), int(o["status"])) for o in told] == [(first, int(Status.CANCELED))]
    assert engine.state.instruments["n_waits"].tolist() == [0, 0]


def test_what_the_broker_must_hear_stands_on_the_tape_and_its_word_changes_the_order() -> None:
    broker = Broker.preset("mt5-hedging")
    engine = Engine(make_rules(broker, [Instrument.fx("EURUSD")], Plan(venue=Venue.EXTERNAL)), 10_000.0)
    engine.quote(T, 0, 1.1, 1.1)
    order = engine.submit(instrument=0, side=1, qty=1.0, limit=1.09)
    engine.post(T + 1, POST_ORDER, order=order, status=int(Status.ACCEPTED))
    engine.modify(order, limit=1.08, sl=1.05)
    engine.cancel(order)
    asks = engine.tape.drain()["asks"]
    assert asks["action"].tolist() == [MODIFY, CANCEL]
    assert asks["id"].tolist() == [order, order]
    assert (asks[0]["limit"], asks[0]["sl"], asks[0]["tp"] == asks[0]["tp"]) == (1.08, 1.05, False)
    assert engine.state.orders[0]["limit"] == 1.09  # until the broker says so
    engine.post(T + 2, POST_CHANGE, order=order, limit=1.08, sl=1.05)
    assert (engine.state.orders[0]["limit"], engine.state.orders[0]["sl"]) == (1.08, 1.05)
    assert engine.figures()["used_margin"] == 1080.0  # 1,000 EUR at its own price, as before at 1.09
    engine.post(T + 3, POST_FILL, order=order, qty=1.0, price=1.08)
    engine.post(T + 4, POST_CHANGE, order=order, sl=0.0, tp=1.2)
    held = engine.state.positions[0]
    assert (held["sl"] == held["sl"], held["tp"]) == (False, 1.2)
    engine.close_by(order, order + 1)
    asks = engine.tape.drain()["asks"]
    assert (asks["action"].tolist(), asks["other"].tolist()) == ([CLOSE_BY], [order + 1])
    engine.post(T + 5, POST_CHANGE, order=99, sl=1.0)
    assert engine.tape.drain()["events"]["reason"].tolist() == [int(Reason.UNKNOWN_ORDER)]
