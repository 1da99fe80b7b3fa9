"""Guards: what must hold for orders to leave. Each is a number; 0 switches it off, but for the loss limit."""

from __future__ import annotations

from dataclasses import dataclass

from simcore.live.desk import Desk

SECOND = 1_000_000_000


@dataclass
class Guards:
    """Limits of one session, seconds and account currency.

    stale: no price for so long; drift: how far a price's time may be from ours; audit: between comparisons with the
    broker; grace: for an order whose answer was lost; interval: between polls that found nothing; max_loss: of equity,
    since the session began.
    """

    max_loss: float = float("inf")
    stale: float = 60.0
    drift: float = 0.0
    audit: float = 60.0
    grace: float = 5.0
    interval: float = 0.05
    equity: float = float("nan")  # at the beginning

    def __post_init__(self) -> None:
        self._priced = self._audited = 0

    def begin(self, now: int) -> None:
        """The session is live from now on."""
        self._priced = self._audited = now

    def priced(self, now: int) -> None:
        """A price came."""
        self._priced = now

    def look(self, now: int, desk: Desk) -> str:
        """What is wrong; "" where nothing is."""
        if self.stale and now - self._priced > self.stale * SECOND:
            return f"no price for {(now - self._priced) / SECOND:,.0f} s"
        ahead = abs(now - int(desk.engine.state.head["now"]))
        if self.drift and ahead > self.drift * SECOND:
            return f"the broker's time and ours are {ahead / SECOND:,.1f} s apart"
        return ""

    def audit_due(self, now: int) -> bool:
        """Whether it is time to compare the account with the broker's again."""
        if not self.audit or now - self._audited < self.audit * SECOND:
            return False
        self._audited = now
        return True

    def too_much_lost(self, desk: Desk) -> bool:
        """Whether the session lost its limit."""
        equity = desk.engine.figures()["equity"]
        if self.equity != self.equity:
            self.equity = equity
        return self.equity - equity >= self.max_loss
