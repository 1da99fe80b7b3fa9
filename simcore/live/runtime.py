"""The runtime: bridge -> journal -> account -> strategy -> orders -> bridge, one event at a time.

Prices and what a broker says are the only inputs; each is in the journal before the account sees it. Our account does
not match or liquidate here (the broker does): its margin and its margin calls are predictions. The stages of a session
are those of watching.
"""

from __future__ import annotations

from dataclasses import dataclass

from simcore.live.booking import Booking
from simcore.live.bridge import BridgeError, Cash, Event, Fill, OrderUpdate, Position, Print, Quote, Session
from simcore.live.capabilities import Rate
from simcore.live.emulating import Emulation
from simcore.live.errors import Halted
from simcore.live.identity import Identity
from simcore.live.rates import Budget
from simcore.live.reconcile import Policy, reconcile
from simcore.live.sending import Sending
from simcore.live.watching import BY_SWITCH, Stage, Watch


@dataclass(kw_only=True)
class Runtime(Watch):
    """A session whose orders go to the broker. `first`: when it began; `rates`: in place of the bridge's own."""

    who: Identity
    first: int
    policy: Policy = "adopt"
    rates: tuple[Rate, ...] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        rates = self.bridge.capabilities.rates if self.rates is None else self.rates
        self.booking = Booking(self.desk, self.who, self.numbers, self.first, self.policy)
        self.sending = Sending(
            self.bridge, self.booking, self.symbols, self.clock, self.guards.grace, Budget(rates, self.clock)
        )
        self.emulation = Emulation(self.sending, self.bridge.capabilities)
        self.who.learn(self.desk.journal)
        self.booking.learn(self.desk.journal)
        self.sending.learn(self.desk.journal)
        self.emulation.trailing.learn(self.desk.journal)

    @property
    def may_send(self) -> bool:
        """Whether orders leave."""
        return self.stage is Stage.LIVE and not self.is_halt_asked

    def sync(self) -> None:
        """Missed prices first, then what became of orders meanwhile; then both accounts must agree."""
        left = self.desk.now
        self.booking.away = True
        super().sync()
        self.compare(left)
        self.sending.look()
        self.sending.begin()
        self.booking.begin()

    def quoted(self, k: int) -> None:
        """Trailing stops that are played here follow a price."""
        if self.stage is Stage.LIVE:
            self.emulation.trailing.move(k, lambda: self.may_send)

    def hear(self, event: Event) -> None:
        """What the broker says of orders and money."""
        if isinstance(event, Fill):
            self._find_whose(event)
            self.booking.fill(event)
        elif isinstance(event, OrderUpdate):
            self.booking.update(event)
        elif isinstance(event, Position):
            self.booking.position_terms(event)
        elif isinstance(event, Cash):
            self.booking.cash(event)
        elif isinstance(event, Session) and not event.open:
            self.enter(Stage.DEGRADED, event.text or "the broker closed the session")

    def _find_whose(self, fill: Fill) -> None:
        """Before a trade is somebody else's: whether it is of an order whose answer was lost, and its comment too."""
        who = self.who
        if self.sending.unknown and fill.trade not in who.trades and not who.known(fill.ticket, fill.client_id):
            try:
                self.sending.look()
            except BridgeError:
                self.queue.appendleft(fill)  # nothing was booked
                raise

    def act(self) -> None:
        """Send what was asked for, book what became of it at once, until nothing new is asked."""
        while True:
            before = self.sending.requests
            if self.sending.waiting:  # asked for before what follows from it
                self.sending.drain(self.may_send)
            self.emulation.links(lambda: self.may_send)
            changes, asks = self.desk.take()
            for row in changes:
                self.sending.order(row["order"], self.may_send, int(row["at"]))
            for row in asks:
                self.sending.ask(row, self.may_send)
            ended = self.emulation.orphans()
            if self.sending.unknown:
                self.enter(Stage.DEGRADED, "the answer to an order was lost")
            if self.sending.requests > before:
                self.hear_more()
                self.desk.journal.write()  # what became of it; the broker knows it too: no need to wait for the disk
            elif not (len(changes) or len(asks) or ended):
                return

    def hear_more(self) -> None:
        """What came of requests at once, behind what had happened before them and waits here up to the next price."""
        while self.queue and not isinstance(self.queue[0], Quote | Print):
            self.handle(self.queue.popleft(), act=False)
        for event in self.bridge.poll(prices=False):
            self.handle(event, act=False)

    def guard(self) -> None:
        """As for any session, and: answers that were lost, requests that wait, the audit, the loss limit."""
        if self.sending.unknown:
            self.sending.look()
            self.act()
        elif self.sending.waiting:
            self.act()
        super().guard()
        self.tell()
        if self.guards.audit_due(self.clock()):
            self.compare(self.desk.now)
            self.act()
        if self.booking.lost() >= self.guards.max_loss:
            self.halt(f"the loss limit of {self.guards.max_loss:,.2f} is reached", flatten=True)

    def wrong(self) -> str:
        """What is wrong; "" where nothing is."""
        return "the answer to an order was lost" if self.sending.unknown else super().wrong()

    def compare(self, since: int) -> None:
        """Bring our account to where the broker's is, and say what was found there that was not known here."""
        self.booking.away = True
        try:
            reconcile(self.bridge, self.booking, self.sending, since)
        finally:
            self.booking.away = False
            self.tell()

    def tell(self) -> None:
        """Say the differences that were found."""
        for sentence in self.booking.explained:
            self.told(self.stage, sentence)
        self.booking.explained.clear()

    # ---- the end

    def settle(self) -> None:
        """As for any session, and book what became of its orders: no price is heard, and nothing leaves."""
        why = BY_SWITCH
        try:
            if not self.bridge.is_connected:
                self.bridge.connect()
            self.compare(self.desk.now)
        except (BridgeError, Halted) as error:
            why = f"{BY_SWITCH}; not everything is booked: {error}"
        self.enter(Stage.HALTED, why)

    def halt(self, why: str, *, flatten: bool = False) -> None:
        """Cancel every order of ours, close every position where asked, and send nothing any more."""
        self.sending.budget = Budget((), self.clock)  # there is no time to wait
        self.sending.drain(may=False)
        for row in self.desk.engine.state.orders:
            ticket = self.who.tickets.get(int(row["id"]), "") if row["id"] else ""
            if ticket:
                self.sending.cancel(ticket, self.symbols[int(row["instrument"])])
        if flatten:
            self._flatten()
        for event in self.bridge.poll(prices=False):
            self.handle(event, act=False)
        left = int((self.desk.engine.state.positions["id"] > 0).sum()) if flatten else 0
        self.tell()
        self.enter(Stage.HALTED, f"{why}; {left} positions could not be closed: see the terminal" if left else why)

    def _flatten(self) -> None:
        held = [(int(p["instrument"]), int(p["id"])) for p in self.desk.engine.state.positions if p["id"]]
        for k, number in held:
            self.desk.engine.close(k, position=number)
        self.desk.driver.drain()
        changes, _ = self.desk.take()
        for row in changes:
            self.sending.order(row["order"], may=True)
