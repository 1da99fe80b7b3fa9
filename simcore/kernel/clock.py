"""Local time inside the kernel: when the broker's day ends, when it rolls positions over, which hour it is.

A zone is its list of transitions (instant, offset) from 1970 to 2100, made by brokers.zones from the tz database; the
kernel itself reads no clock.
"""

from simcore.kernel.jit import kernel

HOUR = 3_600_000_000_000
DAY = 24 * HOUR
WEEK = 7 * DAY
MONDAY = 4 * DAY  # 1970-01-05


@kernel
def offset_at(zone, ts):
    """Local minus UTC at instant ts, ns."""
    low = 0
    high = zone.n
    while low < high:
        middle = (low + high) // 2
        if zone.at[middle] <= ts:
            low = middle + 1
        else:
            high = middle
    return zone.offset[low - 1] if low > 0 else 0


@kernel
def next_local(zone, time_of_day, ts):
    """The first instant after ts at which the local clock shows time_of_day (ns after midnight)."""
    local = ts + offset_at(zone, ts)
    wanted = ((local - time_of_day) // DAY + 1) * DAY + time_of_day
    guess = wanted - offset_at(zone, ts)
    found = wanted - offset_at(zone, guess)
    if found <= ts:
        wanted += DAY
        found = wanted - offset_at(zone, found + DAY)
    return found


@kernel
def day_before(zone, ts):
    """The local day that ends at ts, as days since 1970-01-01, a Thursday: weekday = (day + 3) % 7, Monday 0."""
    return (ts - 1 + offset_at(zone, ts - 1)) // DAY
