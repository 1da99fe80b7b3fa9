"""Sessions: the FX week across clock changes, and exchanges with early closes, holidays and lunch."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.brokers.errors import ConfigError
from simcore.brokers.sessions import sessions
from tests.times import ns

WEEK = 7 * 86_400 * 10**9


def spans(calendar: str, start: str, stop: str) -> list[tuple[str, str]]:
    found = sessions(calendar, ns(start), ns(stop))
    assert found is not None
    pairs = zip(*(column.astype("datetime64[ns]").astype("datetime64[m]").astype(str) for column in found), strict=True)
    return [(str(a), str(b)) for a, b in pairs]


def test_always_open() -> None:
    assert sessions("24/7", 0, 1) is None
    assert sessions(None, 0, 1) is None


def test_the_fx_week_moves_with_new_york() -> None:
    # New York is UTC-5 until 10 March 2024, then UTC-4: 17:00 there is 22:00, then 21:00 UTC
    assert spans("fx", "2024-03-05", "2024-03-12") == [
        ("2024-03-03T22:00", "2024-03-08T22:00"),
        ("2024-03-10T21:00", "2024-03-15T21:00"),
    ]


def test_a_session_counts_if_it_touches_the_span() -> None:
    friday_close = "2024-03-08T22:00"
    assert spans("fx", friday_close, "2024-03-10T21:00") == []  # the close itself trades no more
    assert len(spans("fx", "2024-03-08T21:59", "2024-03-10T21:00")) == 1
    assert len(spans("fx", friday_close, "2024-03-10T21:01")) == 1


@given(st.integers(0, ns("2090-01-01") // WEEK))
def test_an_fx_week_lasts_five_days_give_or_take_the_clock_change(week: int) -> None:
    found = sessions("fx", week * WEEK, (week + 2) * WEEK)
    assert found is not None
    opens, closes = found
    assert set(((closes - opens) // (3600 * 10**9)).tolist()) <= {119, 120, 121}
    assert (opens[1:] > closes[:-1]).all()


def test_new_york_stock_exchange_in_thanksgiving_week() -> None:
    # 2023-11-23 closed, 2023-11-24 closes at 13:00 New York = 18:00 UTC
    assert spans("XNYS", "2023-11-22", "2023-11-27") == [
        ("2023-11-22T14:30", "2023-11-22T21:00"),
        ("2023-11-24T14:30", "2023-11-24T18:00"),
    ]


def test_hong_kong_lunches() -> None:
    # 09:30-12:00 and 13:00-16:00 at UTC+8
    assert spans("XHKG", "2024-03-07", "2024-03-08") == [
        ("2024-03-07T01:30", "2024-03-07T04:00"),
        ("2024-03-07T05:00", "2024-03-07T08:00"),
    ]


@pytest.mark.parametrize(("calendar", "nearest"), [("XNYX", "XNYS"), ("FX", "fx")])
def test_an_unknown_calendar(calendar: str, nearest: str) -> None:
    with pytest.raises(ConfigError) as caught:
        sessions(calendar, 0, 1)
    assert str(caught.value) == f'unknown calendar {calendar!r}. Did you mean "{nearest}"?'


def test_years_a_calendar_does_not_cover() -> None:
    with pytest.raises(ConfigError, match="calendar 'XKRX' does not cover 2024-12-22 to 2060-01-11"):
        sessions("XKRX", ns("2025-01-01"), ns("2060-01-01"))
