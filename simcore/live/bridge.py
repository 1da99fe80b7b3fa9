"""The port: what every adapter to a broker fills, and the words both sides speak.

An adapter maps, it does not compute: quantities in the instrument's unit, prices as quoted, times in ns UTC, ids as
texts. It may block (MetaTrader5's calls do) but never retries a submit: `submit` ends as Ack, Rejected or Unknown, and
who got Unknown asks `find` until the broker knows. What happens comes through `poll`, in the order in which it
happened, each event with the venue's time and ours; the same event may come twice, ids tell it apart. What a broker
cannot do stands in `capabilities`, so that a plan is refused before it starts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, Protocol

from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import OrderType, Reason, Status, TimeInForce, Why
from simcore.live.capabilities import Capabilities

NAN: Final = float("nan")


# ---- what we ask for


class Intent(NamedTuple):
    """An order on its way out. `order` is ours, `client_id` what the broker is told; `position` is its ticket there."""

    order: int
    client_id: str
    symbol: str
    side: int
    qty: float
    type: OrderType
    limit: float = NAN
    stop: float = NAN
    sl: float = NAN
    tp: float = NAN
    tif: TimeInForce = TimeInForce.GTC
    expires: int = 0
    position: str = ""
    reduce_only: bool = False


@dataclass(frozen=True, kw_only=True)
class Change:
    """New terms of a working order, or of a position's stops; nan: as it is, sl and tp 0: none."""

    ticket: str
    symbol: str
    is_position: bool = False
    qty: float = NAN
    limit: float = NAN
    stop: float = NAN
    sl: float = NAN
    tp: float = NAN
    expires: int = 0


@dataclass(frozen=True)
class Ack:
    """The broker has it. `ticket` is its id there."""

    ticket: str


@dataclass(frozen=True)
class Rejected:
    """The broker said no; nothing was done."""

    text: str
    reason: Reason = Reason.NONE


@dataclass(frozen=True)
class Unknown:
    """The answer was lost: it may have been done."""

    text: str


Outcome = Ack | Rejected | Unknown


# ---- what happens


@dataclass(frozen=True, kw_only=True)
class Quote:
    symbol: str
    ts_event: int
    ts_recv: int
    bid: float
    ask: float
    bid_size: float = NAN
    ask_size: float = NAN


@dataclass(frozen=True, kw_only=True)
class Print:
    symbol: str
    ts_event: int
    ts_recv: int
    price: float
    size: float = NAN
    side: int = 0


@dataclass(frozen=True, kw_only=True)
class Fill:
    """An execution: `ticket` of the order, `position` of what it opened or closed; commission above 0 is a cost."""

    trade: str
    ticket: str
    symbol: str
    side: int
    qty: float
    price: float
    ts_event: int
    ts_recv: int
    commission: float = 0.0
    swap: float = 0.0
    position: str = ""
    client_id: str = ""
    closes: bool = False
    why: Why = Why.EXTERNAL  # what made the broker act by itself


@dataclass(frozen=True, kw_only=True)
class OrderUpdate:
    """An order as the broker has it now."""

    ticket: str
    symbol: str
    side: int
    type: OrderType
    status: Status
    qty: float
    filled: float
    ts_event: int
    ts_recv: int
    client_id: str = ""
    reason: Reason = Reason.NONE
    limit: float = NAN
    stop: float = NAN
    sl: float = NAN
    tp: float = NAN
    expires: int = 0


@dataclass(frozen=True, kw_only=True)
class Position:
    """A position as the broker has it: one row a ticket in hedging, one a symbol in netting."""

    ticket: str
    symbol: str
    side: int
    qty: float
    price: float
    ts_event: int
    ts_recv: int
    sl: float = NAN
    tp: float = NAN
    swap: float = 0.0
    client_id: str = ""


@dataclass(frozen=True, kw_only=True)
class Cash:
    """Money that came or went without a trade."""

    id: str
    amount: float
    ts_event: int
    ts_recv: int
    credit: bool = False
    text: str = ""


@dataclass(frozen=True, kw_only=True)
class Session:
    """Trading opened or closed: of a symbol, or of the whole connection ("")."""

    open: bool
    ts_event: int
    ts_recv: int
    symbol: str = ""
    text: str = ""


Event = Quote | Print | Fill | OrderUpdate | Position | Cash | Session


@dataclass(frozen=True, kw_only=True)
class Money:
    """The broker's own figures of the account."""

    currency: str
    balance: float
    equity: float
    used_margin: float
    free_margin: float
    credit: float = 0.0
    leverage: float = NAN
    login: str = ""
    server: str = ""
    hedging: bool = False
    demo: bool = True
    more: dict[str, Any] = field(default_factory=dict)


def closing(position: Position, qty: float = NAN, client_id: str = "") -> Intent:
    """The order that closes a position, or `qty` of it, at the market."""
    return Intent(
        order=0, client_id=client_id, symbol=position.symbol, side=-position.side,
        qty=qty if qty == qty else position.qty, type=OrderType.MARKET, position=position.ticket, reduce_only=True,
    )  # fmt: skip


class BridgeError(Exception):
    """The broker cannot be reached, or answers what cannot be understood; one sentence."""


class Bridge(Protocol):
    """One account at one broker. Every call may raise BridgeError where the connection is gone, but `submit`."""

    capabilities: Capabilities

    def connect(self) -> None:
        """Open the connection; BridgeError where it cannot be opened, never with a secret in its text."""

    def disconnect(self) -> None:
        """Close it; nothing happens where it is closed."""

    def mark(self, number: int) -> None:
        """Every order from now on belongs to this session: a number, for brokers that know such marks."""

    @property
    def is_connected(self) -> bool:
        """Whether calls are answered now."""

    @property
    def server_offset(self) -> int:
        """ns the broker's clock is ahead of UTC, as measured."""

    def time(self, symbols: Sequence[str]) -> int:
        """The broker's time, ns UTC, as its newest price tells it; 0 where there is none."""

    def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        """The contracts of symbols as the broker states them; BridgeError with the nearest name for one it has not."""

    def validate_symbol(self, symbol: str) -> str:
        """Why a symbol cannot be traded on this account, one sentence; "" where it can."""

    def account(self) -> Money:
        """Its figures now."""

    def margin(self, symbol: str, side: int, qty: float, price: float) -> float | None:
        """What it would ask for, account currency; None where it does not answer such questions."""

    def margin_after(self, intent: Intent) -> float | None:
        """What the account would use with an order, account currency; None where no such question is answered."""

    def positions(self) -> list[Position]:
        """What is open."""

    def orders(self) -> list[OrderUpdate]:
        """What works."""

    def fills(self, since: int) -> list[Fill | Cash]:
        """Every execution and every movement of money from an instant on, oldest first."""

    def find(self, intent: Intent, taken: Collection[str] = ()) -> OrderUpdate | None:
        """An order of ours whose answer was lost; None where the broker does not know it (yet).

        taken: tickets that are other orders', for brokers whose lists no longer say which of ours an order is.
        """

    def submit(self, intent: Intent) -> Outcome:
        """Send an order once."""

    def modify(self, change: Change) -> Outcome:
        """Change a working order or a position's stops."""

    def cancel(self, ticket: str, symbol: str) -> Outcome:
        """Take a working order out."""

    def close(self, position: Position, qty: float = NAN, client_id: str = "") -> Outcome:
        """Close a position, or `qty` of it, at the market; sent once, as `submit` is."""

    def close_by(self, ticket: str, by: str) -> Outcome:
        """Close a ticket by the opposite one (hedging)."""

    def subscribe(self, symbols: Sequence[str], seen: Mapping[str, tuple[int, int]]) -> None:
        """Ask for prices. `seen`: instant of the last quote known of a symbol, and how many quotes of that instant are;
        what the broker still knows after them comes first, so that none is missed and none comes twice."""

    def poll(self, *, prices: bool = True) -> list[Event]:
        """What happened since the last time; without `prices`, only what became of orders and money."""

    def history(self, symbol: str, start: int, end: int) -> Any:
        """Recorded quotes from `start` to before `end` as a frame with ts (ns UTC), bid, ask."""

    def bars(self, symbol: str, start: int, end: int) -> Any:
        """One-minute bars that began in that time as a frame with ts, open to close (bids), volume, spread (a price).

        Those there are: a broker keeps no bar for a minute without a price.
        """
