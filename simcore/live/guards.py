"""Guards: what must hold for orders to leave. Each is a number; 0 switches it off, but for the loss limit."""

from __future__ import annotations

from dataclasses import dataclass

SECOND = 1_000_000_000


@dataclass
class Guards:
    """Limits of one session, seconds and account currency.

    stale: no price for so long; drift: how far a new price's time may be from ours, either way; audit: between
    comparisons with the broker; grace: for an order whose answer was lost, and for one that opens late after a
    restart; interval: between polls that found nothing; heartbeat: between looks at the connection, and whether
    time passes without prices; lag: how long a heartbeat waits for prices on their way; max_loss: by trading, since
    the session began.
    """

    max_loss: float = float("inf")
    stale: float = 60.0
    drift: float = 5.0
    audit: float = 60.0
    grace: float = 5.0
    interval: float = 0.05
    heartbeat: float = 1.0
    lag: float = 1.0
    late: int = 0  # ns the last price came after its time

    def __post_init__(self) -> None:
        self._priced = self._audited = 0

    def begin(self, now: int) -> None:
        """The session is live from now on."""
        self._priced = self._audited = now

    def priced(self, now: int) -> None:
        """A price came."""
        self._priced = now

    def look(self, now: int) -> str:
        """What is wrong; "" where nothing is."""
        if self.stale and now - self._priced > self.stale * SECOND:
            return f"no price for {(now - self._priced) / SECOND:,.0f} s"
        return self.late_why()

    def late_why(self) -> str:
        """How late prices come, where that is too late."""
        if not self.drift or self.late <= self.drift * SECOND:
            return ""
        return (
            f"the last price came {self.late / SECOND:,.1f} s after its time, more than --drift {self.drift:g} allows "
            "(0 switches this off, for a broker on recorded time)"
        )

    def audit_due(self, now: int) -> bool:
        """Whether it is time to compare the account with the broker's again."""
        if not self.audit or now - self._audited < self.audit * SECOND:
            return False
        self._audited = now
        return True
