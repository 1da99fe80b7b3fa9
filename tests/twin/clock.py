"""Local clocks: when a day ends, when financing is charged, when a market is open.

Times are int64 nanoseconds UTC. Zones come from the standard library.
"""

from __future__ import annotations

import datetime as dt
from zoneinfo import ZoneInfo

SECOND = 1_000_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
UNITS = {"s": 1, "min": 60, "h": 3600, "D": 86400}


def timeframe_ns(text: str) -> int:
    """ "1min" as nanoseconds."""
    digits = "".join(c for c in text if c.isdigit())
    return int(digits) * UNITS[text[len(digits) :]] * SECOND


def to_ns(moment: dt.datetime) -> int:
    delta = moment - EPOCH
    return (delta.days * 86400 + delta.seconds) * SECOND


class Clock:
    """A time of day in a zone, once a day: "17:00 America/New_York"."""

    def __init__(self, text: str) -> None:
        time, zone = text.split()
        hour, minute = time.split(":")
        self.time, self.zone = dt.time(int(hour), int(minute)), ZoneInfo(zone)

    def local(self, ts: int) -> dt.datetime:
        return (EPOCH + dt.timedelta(seconds=ts // SECOND)).astimezone(self.zone)

    def after(self, ts: int) -> int:
        """The first such instant later than ts."""
        day = self.local(ts).date()
        for ahead in range(-1, 4):
            date = day + dt.timedelta(days=ahead)
            instant = to_ns(dt.datetime.combine(date, self.time, self.zone))
            if instant > ts:
                return instant
        raise AssertionError("a day has an end")

    def day(self, ts: int) -> dt.date:
        """The day that ends at ts."""
        return self.local(ts - 1).date()

    def on(self, day: dt.date) -> int:
        """The moment on a day."""
        return to_ns(dt.datetime.combine(day, self.time, self.zone))


class Sessions:
    """When instruments trade: None always, "fx" from Sunday 17:00 to Friday 17:00 New York."""

    def __init__(self, calendar: str | None) -> None:
        if calendar not in (None, "24/7", "fx"):
            raise ValueError(f"the twin knows no calendar {calendar!r}")
        self.always = calendar != "fx"
        self.clock = Clock("17:00 America/New_York")

    def open_at(self, ts: int) -> bool:
        if self.always:
            return True
        local = self.clock.local(ts)
        minutes = local.hour * 60 + local.minute
        if local.weekday() == 4:  # Friday
            return minutes < 17 * 60
        if local.weekday() == 6:  # Sunday
            return minutes >= 17 * 60
        return local.weekday() != 5

    def change_after(self, ts: int) -> int | None:
        """The next opening or closing later than ts."""
        if self.always:
            return None
        at = self.clock.after(ts)
        while self.open_at(at) == self.open_at(at - 1):
            at = self.clock.after(at)
        return at
