"""Orders, and what a broker checks before it takes one: in the order of the rules, margin last."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce

from .account import NoConversion, Position, Quote
from .conditions import kind_refusal, number_refusal, side_refusal, turn_refusal, volume_refusal
from .leverage import check_counted
from .terms import ZERO, Terms

if TYPE_CHECKING:
    from .venue import Venue

AT_ONCE = (TimeInForce.IOC, TimeInForce.FOK)
SCHEDULED = (TimeInForce.OPG, TimeInForce.CLS)
WORKING = (Status.SUBMITTED, Status.ACCEPTED, Status.PARTIALLY_FILLED, Status.UNKNOWN)
TOLERANCE = Decimal("0.000001")  # of a quantity increment


@dataclass
class Order:
    id: int
    symbol: str
    side: int
    type: OrderType
    qty: Decimal
    tif: TimeInForce = TimeInForce.GTC
    limit: Decimal | None = None
    stop: Decimal | None = None
    trail: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    expires: int = 0
    oco: int = 0
    parent: int = 0
    post_only: bool = False
    reduce_only: bool = False
    closing: bool = False  # made by close(): reduces whatever is there
    display_qty: Decimal = ZERO
    position: int = 0  # the ticket it closes
    tag: int = 0
    status: Status = Status.SUBMITTED
    reason: Reason = Reason.NONE
    due: int = 0  # arrives then; 0: has arrived
    waits: bool = False  # arrives with its instrument's next quote
    filled: Decimal = ZERO
    value: Decimal = ZERO  # sum of qty * price
    held: bool = False  # waits for its parent
    allowed: Decimal | None = None  # a child may fill this much
    triggered: bool = False  # its stop was reached
    opened: bool = False  # an at-open order whose market has opened
    extreme: Decimal | None = None  # best price seen by a trailing stop
    reserved: Decimal = ZERO  # margin for what is left of it, at the price and conversion of its acceptance
    flat: Decimal = ZERO  # commission so far, by part, in the commission's and the quote currency
    rated: Decimal = ZERO
    notional: Decimal = ZERO
    charged: Decimal = ZERO
    shown_on: Quote | None = None  # the quote on which an iceberg last filled, and how much
    shown_qty: Decimal = ZERO
    told: list[Status] = field(default_factory=list)  # every status it has had since it arrived

    def becomes(self, status: Status) -> None:
        self.status = status
        if status != Status.SUBMITTED and self.told[-1:] != [status]:
            self.told.append(status)

    @property
    def left(self) -> Decimal:
        return self.qty - self.filled

    @property
    def average(self) -> Decimal | None:
        return self.value / self.filled if self.filled else None

    @property
    def works(self) -> bool:
        return self.status in WORKING

    @property
    def reduces(self) -> bool:
        return self.closing or self.reduce_only or self.position > 0

    @property
    def acts_as(self) -> OrderType:
        """Its type by now: with its stop reached, a stop-limit is a limit, any other stop a market order."""
        if not self.triggered:
            return self.type
        return OrderType.LIMIT if self.type == OrderType.STOP_LIMIT else OrderType.MARKET

    @property
    def is_limit(self) -> bool:
        return self.acts_as == OrderType.LIMIT

    @property
    def arrived(self) -> bool:
        return self.due == 0 and not self.waits

    @property
    def acts_at(self) -> Decimal | None:
        """The price at which it acts, if it can act and waits for a price."""
        waits = self.held or self.tif == TimeInForce.CLS or (self.tif == TimeInForce.OPG and not self.opened)
        if waits or not self.arrived or self.acts_as == OrderType.MARKET:
            return None
        return self.limit if self.is_limit else self.stop

    @property
    def price(self) -> Decimal | None:
        """Its own price: the limit, or the stop where there is none."""
        return self.limit if self.type in (OrderType.LIMIT, OrderType.STOP_LIMIT) else self.stop


def marketable(order: Order, quote: Quote) -> bool:
    """Whether a limit could trade at once."""
    assert order.limit is not None
    return order.limit >= quote.ask if order.side > 0 else order.limit <= quote.bid


def refusal(venue: Venue, order: Order, now: int) -> Reason:
    """The first reason for which the broker refuses a new order, or NONE."""
    if order.qty <= 0:
        return Reason.QTY_NOT_POSITIVE
    if order.tif in SCHEDULED and order.type not in (OrderType.MARKET, OrderType.LIMIT):
        return Reason.TYPE_FORBIDDEN
    t = venue.account.terms[order.symbol]
    reason = kind_refusal(order, t)
    if reason:
        return reason
    if order.post_only and order.type not in (OrderType.LIMIT, OrderType.STOP_LIMIT):
        return Reason.POST_ONLY_CROSSES
    quote = venue.account.quotes.get(order.symbol)
    if quote is None:
        return Reason.NO_QUOTE
    if order.symbol in venue.shut and order.tif not in SCHEDULED:
        return Reason.MARKET_CLOSED
    if order.type == OrderType.TRAILING_STOP and not venue.would_be_held(order):
        start_trailing(order, quote, t)
    return (
        expiry_refusal(order, now)
        or _link_refusal(venue, order)
        or turn_refusal(venue, order)
        or (Reason.NONE if venue.would_be_held(order) else side_refusal(venue, order, order.qty))
        or price_refusal(venue, order, quote)
        or protection_refusal(order, quote, t)
        or qty_refusal(order, t)
        or number_refusal(venue, order)
        or (Reason.NONE if venue.would_be_held(order) else volume_refusal(venue, order))
        or venue.margin.refusal(order)
    )


def start_trailing(order: Order, quote: Quote, t: Terms) -> None:
    """A trailing stop begins at its distance from the quote, or at the stop it was given."""
    order.extreme = quote.opening(order.side)
    if order.stop is None and order.trail is not None and order.trail > 0:
        order.stop = t.on_grid(order.extreme + order.side * order.trail)


def price_refusal(venue: Venue, order: Order, quote: Quote) -> Reason:
    """Prices positive, on the right side of the quote, and far enough from it."""
    if order.type == OrderType.TRAILING_STOP and (order.trail is None or order.trail <= 0):
        return Reason.TRAIL_NOT_POSITIVE
    if any(p is not None and p <= 0 for p in (order.limit, order.stop, order.sl, order.tp)):
        return Reason.PRICE_NOT_POSITIVE
    if order.acts_as == OrderType.MARKET or order.tif in SCHEDULED or venue.would_be_held(order):
        return Reason.NONE
    market = quote.opening(order.side)
    if order.is_limit:
        assert order.limit is not None
        if marketable(order, quote):
            if order.post_only:
                return Reason.POST_ONLY_CROSSES
            return Reason.PRICE_WRONG_SIDE if venue.rules.reject_marketable else Reason.NONE
        distance = order.side * (market - order.limit)
    else:
        assert order.stop is not None
        distance = order.side * (order.stop - market)
        if distance <= 0:
            return Reason.PRICE_WRONG_SIDE
    return Reason.STOPS_TOO_CLOSE if distance < venue.account.terms[order.symbol].stops_distance else Reason.NONE


def protection_refusal(order: Order, quote: Quote, t: Terms) -> Reason:
    """SL and TP against the closing side of the quote (market), or against the order's own price (pending)."""
    own = order.price
    against = quote.closing(order.side) if order.acts_as == OrderType.MARKET or own is None else own
    return sides_refusal(order.side, against, order.sl, order.tp, t)


def sides_refusal(side: int, against: Decimal, sl: Decimal | None, tp: Decimal | None, t: Terms) -> Reason:
    for price, away, wrong in ((sl, -side, Reason.SL_WRONG_SIDE), (tp, side, Reason.TP_WRONG_SIDE)):
        if price is not None and away * (price - against) <= 0:
            return wrong
        if price is not None and away * (price - against) < t.stops_distance:
            return Reason.STOPS_TOO_CLOSE
    return Reason.NONE


def expiry_refusal(order: Order, now: int) -> Reason:
    late = order.tif == TimeInForce.GTD and order.expires <= now
    return Reason.EXPIRES_IN_PAST if late else Reason.NONE


def qty_refusal(order: Order, t: Terms) -> Reason:
    if order.qty < t.qty_min and not order.reduces:
        return Reason.QTY_BELOW_MIN
    if t.qty_max is not None and order.qty > t.qty_max:
        return Reason.QTY_ABOVE_MAX
    if order.display_qty < 0:
        return Reason.QTY_NOT_POSITIVE
    steps = (order.qty / t.qty_increment, order.display_qty / t.qty_increment)
    return Reason.QTY_OFF_GRID if any(abs(n - round(n)) > TOLERANCE for n in steps) else Reason.NONE


def _link_refusal(venue: Venue, order: Order) -> Reason:
    """The ticket, the position to reduce, the OCO partner and the parent must be there."""
    partner = venue.orders.get(order.oco)
    if order.oco and partner is not None and not partner.works:
        return Reason.OCO_ENDED
    if order.parent and not venue.parent_lives(order.parent):
        return Reason.PARENT_ENDED
    if order.position:
        ticket = venue.ticket(order.position)
        if ticket is None or ticket.symbol != order.symbol:
            return Reason.UNKNOWN_POSITION
        if ticket.side == order.side:
            return Reason.NOT_OPPOSITE
        if order.qty > ticket.qty and not order.closing:
            return Reason.CLOSE_QTY
        if order.type == OrderType.MARKET and order.tif not in SCHEDULED and is_frozen(venue, ticket):
            return Reason.FROZEN
    elif order.reduces and not order.parent and venue.reducible(order) == 0:
        return Reason.NOTHING_TO_REDUCE
    return Reason.NONE


def is_frozen(venue: Venue, p: Position) -> bool:
    """Whether the stop loss or take profit of a position is within the freeze level: it stays, and so do they."""
    market = venue.account.quotes[p.symbol].closing(p.side)
    return any(price is not None and venue.account.terms[p.symbol].freezes(market, price) for price in (p.sl, p.tp))


def can_convert(venue: Venue, symbol: str) -> bool:
    """Whether every currency the instrument may ask for can be turned into the account's now."""
    t = venue.account.terms[symbol]
    currencies = {t.quote, t.margin_currency, venue.rules.commission.get("currency") or venue.rules.currency}
    try:
        for currency in currencies:
            venue.account.rate(currency, "bid")
        check_counted(venue.account, symbol)
    except NoConversion:
        return False
    return True
