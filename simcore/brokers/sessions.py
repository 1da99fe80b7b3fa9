"""When a broker's market is open, as instants: `simcore.market.sessions`, with the errors of a configuration."""

from __future__ import annotations

from simcore.brokers.errors import ConfigError
from simcore.brokers.zones import Int64s
from simcore.market import sessions as market
from simcore.market.errors import DataError


def sessions(calendar: str | None, start_ns: int, stop_ns: int) -> tuple[Int64s, Int64s] | None:
    """Every session that touches [start_ns, stop_ns), whole, as (open, close): int64 ns UTC, ascending.

    The market trades from an open up to, not including, its close. None means always open (calendar None or "24/7").
    Raises ConfigError for an unknown calendar, or years the calendar does not cover.
    """
    try:
        return market.sessions(calendar, start_ns, stop_ns)
    except DataError as error:
        raise ConfigError(str(error)) from error
