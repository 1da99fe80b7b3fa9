"""Changes of orders and positions, each worked out by hand and run on both accounts."""

from __future__ import annotations

from typing import Any

from .cases import CFD, EURUSD, SECOND, USDJPY, T, refusals, status, used
from .engine import Twin


def triggered(kind: Any, **broker: Any) -> tuple[Any, int]:
    """A sell stop-limit at 1.1000 / 1.1010 whose stop was jumped over: from then on a limit at 1.1010, bid 1.0990."""
    a = kind(broker, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1005, 1.1006)
    order = a.submit("EURUSD", "sell", 0.5, type="stop_limit", stop=1.1, limit=1.101)
    a.quote(T + SECOND, "EURUSD", 1.099, 1.0991)
    assert status(a, order) == ("ACCEPTED", "NONE")
    return a, order


def test_a_triggered_stop_limit_is_changed_as_a_limit(kind: Any) -> None:
    a, order = triggered(kind)
    a.modify(order, sl=1.1005)  # a sell's stop loss is above its price, 1.1010
    a.modify(order, stop=1.2)  # its stop is history: nothing to check, nothing changed
    assert refusals(a) == ["SL_WRONG_SIDE"]
    a.modify(order, sl=1.1015, limit=1.1008)
    a.quote(T + 2 * SECOND, "EURUSD", 1.1008, 1.1009)
    assert status(a, order)[0] == "FILLED"
    assert [(float(f["price"]), int(f["maker"])) for f in a.fills] == [(1.1008, 1)]


def test_a_triggered_stop_limit_moved_across_the_quote_takes_it(kind: Any) -> None:
    a, order = triggered(kind)
    a.modify(order, limit=1.095)
    assert status(a, order)[0] == "FILLED"
    assert [(float(f["price"]), int(f["maker"])) for f in a.fills] == [(1.099, 0)]


def test_a_triggered_stop_limit_moved_across_the_quote_is_refused_where_the_broker_does(kind: Any) -> None:
    a, order = triggered(kind, marketable_limit="reject")
    a.modify(order, limit=1.095)
    assert refusals(a) == ["PRICE_WRONG_SIDE"]
    assert status(a, order) == ("ACCEPTED", "NONE")
    assert used(a) == 550.5  # 0.5 * 1,000 * 1.101, its own price


def iceberg(kind: Any) -> tuple[Any, int]:
    """A buy limit of 0.5 at the ask that shows 0.1 at a time; its first 0.1 has filled at 1.1."""
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.5, type="limit", limit=1.1, display_qty=0.1)
    assert float(a.order(order)["filled_qty"]) == 0.1
    return a, order


def test_a_change_that_does_not_move_the_limit_does_not_trade(kind: Any) -> None:
    a, order = iceberg(kind)
    a.modify(order, sl=1.09)
    a.modify(order, qty=0.6)
    a.modify(order, limit=1.1)  # where it is already
    assert float(a.order(order)["filled_qty"]) == 0.1
    assert used(a) == 660.0  # 0.1 held and 0.5 reserved, at 1,000 * 1.1 a lot


def test_a_moved_limit_has_no_more_of_a_quote_than_it_shows(kind: Any) -> None:
    a, order = iceberg(kind)
    a.modify(order, limit=1.102)
    assert float(a.order(order)["filled_qty"]) == 0.1
    assert used(a) == 550.8  # 0.1 held at 1.1: 110.00; 0.4 left, reserved at its own 1.102: 440.80
    a.quote(T + SECOND, "EURUSD", 1.1, 1.1)
    assert float(a.order(order)["filled_qty"]) == 0.2


def test_what_an_iceberg_has_shown_is_forgotten_with_the_next_quote(kind: Any) -> None:
    a, order = iceberg(kind)
    a.quote(T + SECOND, "EURUSD", 1.12, 1.12)  # beyond its limit
    a.modify(order, limit=1.13)
    assert [float(f["price"]) for f in a.fills] == [1.1, 1.12]
    a.modify(order, limit=1.14)  # 0.1 of this quote is all it shows
    assert float(a.order(order)["filled_qty"]) == 0.2


def test_a_quote_of_another_instrument_shows_no_more_of_an_iceberg(kind: Any) -> None:
    a = kind({}, [EURUSD, USDJPY], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.5, type="limit", limit=1.1, display_qty=0.1)
    a.quote(T, "USDJPY", 150.0, 150.0)
    a.modify(order, limit=1.11)
    assert float(a.order(order)["filled_qty"]) == 0.1


def test_a_crossing_limit_without_size_keeps_its_reserve_when_changed(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1, ask_size=0)
    order = a.submit("EURUSD", "buy", 0.5, type="limit", limit=1.1)
    a.modify(order, sl=1.09)
    a.modify(order, limit=1.15)  # moved across, and nothing is there
    assert status(a, order) == ("ACCEPTED", "NONE")
    assert used(a) == 575.0  # 0.5 * 1,000 * 1.15, its new price


def test_a_moved_limit_takes_the_size_there_is_and_reserves_the_rest(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1, ask_size=0.2)
    order = a.submit("EURUSD", "buy", 0.5, type="limit", limit=1.05)
    a.modify(order, limit=1.1)
    assert float(a.order(order)["filled_qty"]) == 0.2
    assert used(a) == 550.0  # 0.2 held, 0.3 reserved


def test_a_woken_child_keeps_its_reserve_when_its_stop_loss_is_changed(kind: Any) -> None:
    a = kind({}, [EURUSD, USDJPY], 10_000)
    a.quote(T, "USDJPY", 150.0, 150.0)
    a.quote(T, "EURUSD", 1.1, 1.1)
    parent = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09)
    child = a.submit("USDJPY", "buy", 0.1, type="limit", limit=151.0, parent=parent)
    a.quote(T + SECOND, "EURUSD", 1.09, 1.09)  # 109 for the parent; the child works from now on: 100
    a.modify(child, sl=149.0)
    assert (status(a, child)[0], used(a)) == ("ACCEPTED", 209.0)
    a.quote(T + 2 * SECOND, "USDJPY", 150.0, 150.0)
    assert status(a, child)[0] == "FILLED"


def test_no_change_trades_while_the_market_is_closed(kind: Any) -> None:
    saturday = T + 4 * 24 * 3600 * SECOND
    a = kind({"calendar": "fx"}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05)
    a.advance_to(saturday)
    a.modify(order, limit=1.2)
    assert status(a, order) == ("ACCEPTED", "NONE")
    a.quote(saturday + 2 * 24 * 3600 * SECOND, "EURUSD", 1.1, 1.1)  # Monday
    assert status(a, order)[0] == "FILLED"


def test_a_change_is_checked_in_the_order_of_a_new_order(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="stop", stop=1.11)
    a.modify(order, qty=0, expires=T)
    a.modify(order, qty=0.001, expires=T, stop=-1.0)
    a.modify(order, qty=0.001, stop=-1.0, sl=1.2)
    a.modify(order, qty=0.001, stop=1.05, sl=1.2)
    a.modify(order, qty=0.001, sl=1.2)
    a.modify(order, qty=0.001)
    a.modify(order, qty=20)
    wanted = ["QTY_NOT_POSITIVE", "EXPIRES_IN_PAST", "PRICE_NOT_POSITIVE", "PRICE_WRONG_SIDE", "SL_WRONG_SIDE"]
    assert refusals(a) == [*wanted, "QTY_BELOW_MIN", "NO_MONEY"]
    assert status(a, order) == ("ACCEPTED", "NONE")
    assert used(a) == 111.0  # 0.1 * 1,000 * 1.11, its own price


def test_a_new_order_is_checked_for_its_expiry_before_its_prices(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    late = {"type": "limit", "limit": 1.2, "sl": 1.3, "tif": "gtd", "expires": T}
    assert status(a, a.submit("EURUSD", "buy", 0.1, **late)) == ("REJECTED", "EXPIRES_IN_PAST")


def test_an_expiry_makes_an_order_good_till_then(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05)
    day = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, tif="day")
    for id in (order, day):
        a.modify(id, expires=T + 60 * SECOND)
    a.advance_to(T + 60 * SECOND)
    assert status(a, order) == ("EXPIRED", "TIME")
    assert status(a, day)[0] == "ACCEPTED"  # it ends with the day, whatever is given


def test_a_new_trail_sets_the_stop_at_its_distance_from_the_best_price(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "sell", 0.1, type="trailing_stop", trail=0.002)
    a.quote(T + SECOND, "EURUSD", 1.105, 1.105)  # best price; the stop follows to 1.103
    a.quote(T + 2 * SECOND, "EURUSD", 1.104, 1.104)
    a.modify(order, trail=0.0005)  # 1.1045 is above the bid of 1.104
    a.modify(order, trail=0.004)  # 1.101
    assert refusals(a) == ["PRICE_WRONG_SIDE"]
    a.quote(T + 3 * SECOND, "EURUSD", 1.1015, 1.1015)
    assert status(a, order)[0] == "ACCEPTED"
    a.quote(T + 4 * SECOND, "EURUSD", 1.101, 1.101)
    assert status(a, order)[0] == "FILLED"


def test_a_trail_given_to_a_position_sets_its_stop_loss_at_once(kind: Any) -> None:
    a = kind({}, [{**EURUSD, "stops_level": 20}], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1)
    a.modify(order, trail=0.0001)  # nearer than stops_level, 0.0002
    a.modify(order, trail=0.002)
    assert refusals(a) == ["STOPS_TOO_CLOSE"]
    assert float(a.positions()[0]["sl"]) == 1.098
    a.modify(order, trail=0.005)  # never further away
    assert float(a.positions()[0]["sl"]) == 1.098
    a.quote(T + SECOND, "EURUSD", 1.104, 1.104)  # 1.099
    a.modify(order, trail=0)
    a.quote(T + 2 * SECOND, "EURUSD", 1.12, 1.12)
    assert float(a.positions()[0]["sl"]) == 1.099


def test_a_trailing_stop_that_triggered_does_not_move_any_more(kind: Any) -> None:
    a = kind({}, [CFD], 10_000)
    a.quote(T, "DE40", 1000.0, 1000.0)
    order = a.submit("DE40", "sell", 0.3, type="trailing_stop", trail=5)  # stop 995
    a.quote(T + SECOND, "DE40", 990.0, 990.0, bid_size=0.1)
    a.modify(order, stop=900.0, trail=1)  # it is a market order by now
    a.quote(T + 2 * SECOND, "DE40", 1020.0, 1020.0, bid_size=0.1)
    stop: Any = a.venue.orders[order].stop if isinstance(a, Twin) else a.engine.state.orders[0]["stop"]
    assert (float(stop), refusals(a)) == (995.0, [])
    assert [float(f["price"]) for f in a.fills] == [990.0, 1020.0]


def test_a_frozen_order_is_neither_changed_nor_canceled(kind: Any) -> None:
    a = kind({}, [{**EURUSD, "freeze_level": 10}], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.0998)
    a.quote(T + SECOND, "EURUSD", 1.0999, 1.0999)  # 0.0001 away
    a.modify(order, limit=1.05)
    a.cancel(order)
    assert refusals(a) == ["FROZEN", "FROZEN"]
    a.quote(T + 2 * SECOND, "EURUSD", 1.1, 1.09991)  # 0.00011
    a.cancel(order)
    assert status(a, order) == ("CANCELED", "BY_REQUEST")


def frozen_pair(kind: Any) -> tuple[Any, int, int]:
    """Long 0.3 with a stop loss 0.0001 below the bid, where a freeze level of 10 points holds it; short 0.1 beside."""
    a = kind({"mode": "hedging"}, [{**EURUSD, "freeze_level": 10}], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    long = a.submit("EURUSD", "buy", 0.3, sl=1.098)
    short = a.submit("EURUSD", "sell", 0.1)
    a.quote(T + SECOND, "EURUSD", 1.0981, 1.0982)
    return a, long, short


def test_a_position_near_its_stop_loss_is_not_closed_by_its_trader(kind: Any) -> None:
    a, long, short = frozen_pair(kind)
    closing = a.submit("EURUSD", "sell", 0.1, position=long)
    a.close_by(short, long)
    assert (status(a, closing), refusals(a)) == (("REJECTED", "FROZEN"), ["FROZEN"])
    a.quote(T + 2 * SECOND, "EURUSD", 1.09811, 1.0982)  # 0.00011 away
    closing = a.submit("EURUSD", "sell", 0.1, position=long)
    a.close_by(short, long)
    assert (status(a, closing)[0], refusals(a)) == ("FILLED", ["FROZEN"])
    # 0.3 less 0.1 sold less 0.1 closed by the short, which is gone
    assert [(p["id"], float(p["qty"])) for p in a.positions()] == [(long, 0.1)]


def test_an_order_that_names_no_position_trades_beside_a_frozen_one(kind: Any) -> None:
    a, long, _ = frozen_pair(kind)
    a.quote(T + 2 * SECOND, "EURUSD", 1.098, 1.0981)  # the stop loss is not the trader: it closes at 1.098
    assert long not in [p["id"] for p in a.positions()]
    assert status(a, a.submit("EURUSD", "buy", 0.1))[0] == "FILLED"


def closed_market(kind: Any, **broker: Any) -> tuple[Any, int, int, int]:
    """On Saturday: an order, a ticket with a stop loss, and an order for the opening."""
    a = kind({"calendar": "fx", "mode": "hedging", **broker}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    ids = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05), a.submit("EURUSD", "buy", 0.1, sl=1.05)
    a.submit("EURUSD", "sell", 0.1)
    a.advance_to(T + 4 * 24 * 3600 * SECOND)
    return a, *ids, a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.05, tif="opg")


def test_nothing_is_changed_while_the_market_is_closed_where_the_broker_says_so(kind: Any) -> None:
    a, order, ticket, opening = closed_market(kind, changes_when_closed=False)
    a.modify(order, limit=1.06)
    a.modify(ticket, sl=1.06)
    a.cancel(order)
    a.close_by(ticket, ticket + 1)
    assert refusals(a) == ["MARKET_CLOSED"] * 4
    a.modify(opening, limit=1.06)  # it may be sent, so it may be changed
    a.cancel(opening)
    assert (status(a, opening)[0], len(refusals(a))) == ("CANCELED", 4)


def test_all_is_changed_while_the_market_is_closed_elsewhere(kind: Any) -> None:
    a, order, ticket, _ = closed_market(kind)
    a.modify(order, limit=1.06)
    a.modify(ticket, sl=1.06)
    a.cancel(order)
    a.close_by(ticket, ticket + 1)
    assert (refusals(a), status(a, order)[0], len(list(a.positions()))) == ([], "CANCELED", 0)


def test_a_waiting_order_is_changed_and_checked_when_it_arrives(kind: Any) -> None:
    a = kind({}, [EURUSD], 10_000)
    a.quote(T, "EURUSD", 1.1, 1.1)
    order = a.submit("EURUSD", "buy", 0.1, type="limit", limit=1.09, waits=True)
    a.modify(order, limit=1.05, qty=0.001)
    assert (status(a, order)[0], used(a), refusals(a)) == ("SUBMITTED", 0.0, [])
    a.quote(T + SECOND, "EURUSD", 1.1, 1.1)
    assert status(a, order) == ("REJECTED", "QTY_BELOW_MIN")
