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


Hours = tuple[tuple[str, str], ...]  # of a day, one after the other
NEW_YEAR, EASTER = ("12-25", "01-01"), ("03-29", "04-01")  # of the half year to which the random programs keep
# zone, hours, holidays, and the days that close early: hours of exchanges as they print them
EXCHANGES: dict[str, tuple[str, Hours, tuple[str, ...], dict[str, str]]] = {
    "XNYS": (
        "America/New_York",
        (("09:30", "16:00"),),
        (*NEW_YEAR, "01-15", "02-19", "03-29", "05-27", "06-19", "07-04"),
        {"07-03": "13:00"},
    ),
    "XLON": (
        "Europe/London",
        (("08:00", "16:30"),),
        ("12-26", *NEW_YEAR, *EASTER, "05-06", "05-27"),
        {"12-22": "12:30", "12-29": "12:30"},
    ),
    "XTKS": (
        "Asia/Tokyo",
        (("09:00", "11:30"), ("12:30", "15:00")),
        ("01-01", "01-02", "01-03", "01-08", "02-12", "02-23", "03-20", "04-29", "05-03", "05-06", "07-15"),
        {},
    ),
}
FIRST, LAST = dt.date(2023, 12, 18), dt.date(2024, 7, 20)


def days() -> list[dt.date]:
    return [FIRST + dt.timedelta(days=n) for n in range((LAST - FIRST).days)]


def week() -> list[tuple[int, int]]:
    """The FX week: from Sunday to Friday, 17:00 New York."""
    clock = Clock("17:00 America/New_York")
    return [(clock.on(day), clock.on(day + dt.timedelta(days=5))) for day in days() if day.isoweekday() == 7]


def exchange_days(name: str) -> list[tuple[int, int]]:
    zone, hours, holidays, early = EXCHANGES[name]
    found = []
    for day in days():
        if day.isoweekday() <= 5 and f"{day:%m-%d}" not in holidays:
            for opens, closes in hours:
                closes = early.get(f"{day:%m-%d}", closes)
                found.append((Clock(f"{opens} {zone}").on(day), Clock(f"{closes} {zone}").on(day)))
    return found


class Sessions:
    """When instruments trade: None always, "fx" in its week, an exchange in its hours."""

    def __init__(self, calendar: str | None) -> None:
        self.always = calendar in (None, "24/7")
        self.all: list[tuple[int, int]] = []
        if not self.always:
            self.all = week() if calendar == "fx" else exchange_days(str(calendar))

    def open_at(self, ts: int) -> bool:
        return self.always or any(opens <= ts < closes for opens, closes in self.all)

    def change_after(self, ts: int) -> int | None:
        """The next opening or closing later than ts."""
        return min((edge for session in self.all for edge in session if edge > ts), default=None)

    def shut(self) -> list[tuple[int, int]]:
        """From each close to the next opening."""
        return [(close, opens) for (_, close), (opens, _) in zip(self.all, self.all[1:], strict=False)]


def whole_days(start: int, end: int) -> list[dt.date]:
    """The UTC days that lie within [start, end) from midnight to midnight."""
    day = (EPOCH + dt.timedelta(seconds=start // SECOND)).date() - dt.timedelta(days=1)
    found = []
    while to_ns(dt.datetime.combine(day, dt.time(), dt.UTC)) < end:
        midnight = to_ns(dt.datetime.combine(day, dt.time(), dt.UTC))
        if start <= midnight and midnight + 86_400 * SECOND <= end:
            found.append(day)
        day += dt.timedelta(days=1)
    return found
