"""What an instrument and an account take at all: kinds, fillings, expiries, sides, numbers, volumes, the oldest first.

Read straight from the words of the instrument. `adopt` comes before the checks: what an order leaves open, the
instrument decides.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import OrderType, Reason, TimeInForce

from .terms import ZERO, Terms

if TYPE_CHECKING:
    from .clock import Clock
    from .orders import Order
    from .venue import Venue

FILLS_OR_ENDS = {TimeInForce.IOC: "ioc", TimeInForce.FOK: "fok"}
SCHEDULED = (TimeInForce.OPG, TimeInForce.CLS)
KIND = {
    OrderType.MARKET: "market",
    OrderType.LIMIT: "limit",
    OrderType.STOP: "stop",
    OrderType.TRAILING_STOP: "stop",
    OrderType.STOP_LIMIT: "stop_limit",
}


def fillings(t: Terms, kind: OrderType) -> set[str]:
    """What may happen to what does not fill at once."""
    if t.execution is None and t.fillings is None:
        return {"fok", "ioc", "boc", "return"}
    flagged = {"fok", "ioc", "boc"} if t.fillings is None else set(t.fillings)
    if kind != OrderType.MARKET:
        return (flagged & {"boc"}) | {"return"}
    if t.execution in ("request", "instant"):
        return {"fok", "ioc", "return"}
    return (flagged - {"boc"}) | (set() if t.execution == "market" else {"return"})


def adopt(order: Order, t: Terms, day: Clock) -> None:
    """A filling where a market order may not rest, IOC first; the end of its day where no other expiry is taken."""
    plain = order.tif not in FILLS_OR_ENDS and order.tif not in SCHEDULED
    if order.type == OrderType.MARKET and plain and "return" not in fillings(t, order.type):
        order.tif = TimeInForce.IOC if "ioc" in fillings(t, order.type) else TimeInForce.FOK
    if order.tif == TimeInForce.GTD and "specified" not in t.lasting and "specified_day" in t.lasting:
        order.expires = day.after(order.expires - 1)


def kind_refusal(order: Order, t: Terms) -> Reason:
    """Whether such an order is taken at all."""
    if t.trade_mode == "disabled":
        return Reason.TRADE_DISABLED
    stops = [name for name, price in (("sl", order.sl), ("tp", order.tp)) if price is not None]
    if any(kind not in t.takes for kind in (KIND[order.type], *stops)):
        return Reason.INVALID_ORDER
    if order.tif in SCHEDULED:
        return Reason.NONE
    books = order.post_only and order.type in (OrderType.LIMIT, OrderType.STOP_LIMIT)
    if FILLS_OR_ENDS.get(order.tif, "boc" if books else "return") not in fillings(t, order.type):
        return Reason.INVALID_FILL
    lasts = {
        TimeInForce.GTC: {"gtc"},
        TimeInForce.DAY: {"day"},
        TimeInForce.GTD: {"specified", "specified_day"},
    }.get(order.tif)
    if order.type != OrderType.MARKET and lasts is not None and not lasts & set(t.lasting):
        return Reason.INVALID_EXPIRATION
    return Reason.NONE


def of_side(venue: Venue, symbol: str, side: int) -> Decimal:
    return sum((p.qty for p in venue.account.positions if p.symbol == symbol and p.side == side), ZERO)


def opens(venue: Venue, order: Order, qty: Decimal) -> Decimal:
    """How much of it opens, if it trades now."""
    if order.reduces:
        return ZERO
    return qty if venue.rules.hedging else max(ZERO, qty - of_side(venue, order.symbol, -order.side))


def side_refusal(venue: Venue, order: Order, qty: Decimal) -> Reason:
    t = venue.account.terms[order.symbol]
    if opens(venue, order, qty) <= 0:
        return Reason.NONE
    if t.trade_mode == "long_only" and order.side < 0:
        return Reason.LONG_ONLY
    if t.trade_mode == "short_only" and order.side > 0:
        return Reason.SHORT_ONLY
    if t.trade_mode in ("close_only", "disabled"):
        return Reason.CLOSE_ONLY
    if not venue.rules.hedge_allowed and of_side(venue, order.symbol, -order.side) > 0:
        return Reason.HEDGE_PROHIBITED
    return Reason.NONE


def turn_refusal(venue: Venue, order: Order) -> Reason:
    """First in, first out."""
    mine = [p for p in venue.account.positions if p.symbol == order.symbol]
    if venue.rules.fifo_close and order.position and order.position not in (mine[0].id, mine[0].last_order):
        return Reason.FIFO_CLOSE
    return Reason.NONE


def number_refusal(venue: Venue, order: Order) -> Reason:
    """How many pending orders there may be."""
    most = venue.rules.limit_orders
    pending = [o for o in venue.book if o.works and o is not order and o.type != OrderType.MARKET]
    full = most > 0 and order.type != OrderType.MARKET and len(pending) >= most
    return Reason.LIMIT_ORDERS if full else Reason.NONE


def volume_refusal(venue: Venue, order: Order) -> Reason:
    """How much may be held and wait on one side; then how many positions."""
    limit = venue.account.terms[order.symbol].volume_limit
    if limit > 0 and not order.reduces:
        now = order.type == OrderType.MARKET
        more = opens(venue, order, order.left) if now else order.left
        waiting = [o for o in _waiting(venue, order) if o.symbol == order.symbol and o.side == order.side]
        total = of_side(venue, order.symbol, order.side) + sum((o.left for o in waiting), ZERO) + more
        if (opens(venue, order, order.qty) > 0 or not now) and total > limit:
            return Reason.LIMIT_VOLUME
    return positions_refusal(venue, order)


def positions_refusal(venue: Venue, order: Order) -> Reason:
    """How many positions there may be; on a hedging account the orders that were there before it count too."""
    most, held = venue.rules.limit_positions, venue.account.positions
    if most == 0 or order.reduces or any(order.id in (p.id, p.last_order) for p in held):
        return Reason.NONE
    if not venue.rules.hedging and any(p.symbol == order.symbol for p in held):
        return Reason.NONE
    before = venue.book[: venue.book.index(order)] if order in venue.book else venue.book
    older = [o for o in _waiting(venue, order) if any(o is one for one in before)]
    count = len(held) + (len(older) if venue.rules.hedging else 0)
    return Reason.LIMIT_POSITIONS if count >= most else Reason.NONE


def _waiting(venue: Venue, order: Order) -> list[Order]:
    """The other orders that may open something later."""
    others = [o for o in venue.book if o.works and o is not order]
    return [o for o in others if o.type != OrderType.MARKET and not o.reduces and not o.held]
