"""Local clocks: published clock changes, and the table against the zone database day by day."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from simcore.brokers.errors import ConfigError
from simcore.brokers.zones import parse_clock, transitions
from tests.times import HOUR, ns


def test_new_york_2024() -> None:
    # 2024: clocks forward on Sunday 10 March 02:00 EST = 07:00 UTC, back on Sunday 3 November 02:00 EDT = 06:00 UTC
    at, offset = transitions("America/New_York", 2024, 2025)
    assert at.tolist() == [ns("2024-01-01"), ns("2024-03-10T07:00"), ns("2024-11-03T06:00")]
    assert (offset // HOUR).tolist() == [-5, -4, -5]


def test_brussels_2024() -> None:
    # the European Union changes at 01:00 UTC: 31 March and 27 October
    at, offset = transitions("Europe/Brussels", 2024, 2025)
    assert at.tolist() == [ns("2024-01-01"), ns("2024-03-31T01:00"), ns("2024-10-27T01:00")]
    assert (offset // HOUR).tolist() == [1, 2, 1]


def test_a_change_off_the_quarter_hour_is_found_to_the_second() -> None:
    # Liberia left its offset of -0:44:30 on 7 January 1972 at local midnight, 00:44:30 UTC
    at, offset = transitions("Africa/Monrovia", 1970, 1980)
    assert at.tolist() == [ns("1970-01-01"), ns("1972-01-07T00:44:30")]
    assert offset.tolist() == [-(44 * 60 + 30) * 10**9, 0]


@pytest.mark.parametrize(
    ("zone", "hours"), [("UTC", 0), ("+02:00", 2), ("-05:00", -5), ("+0530", 5.5), ("-3", -3), ("Asia/Tokyo", 9)]
)
def test_a_zone_without_changes(zone: str, hours: float) -> None:
    at, offset = transitions(zone)
    assert at.tolist() == [0]
    assert offset.tolist() == [round(hours * HOUR)]


@pytest.mark.parametrize(
    "zone", ["America/New_York", "Europe/Athens", "Africa/Casablanca", "Asia/Hebron", "Australia/Lord_Howe"]
)
def test_the_table_is_the_database(zone: str) -> None:
    # Casablanca leaves and returns within a month; Lord Howe moves by half an hour
    at, offset = transitions(zone)
    days = np.arange(0, ns("2040-01-01") // 10**9, 86_400 * 3 + 3600 * 7)
    table = offset[np.searchsorted(at, days * 10**9, side="right") - 1]
    for second, found in zip(days.tolist(), (table // 10**9).tolist(), strict=True):
        expected = datetime.fromtimestamp(second, ZoneInfo(zone)).utcoffset()
        assert expected is not None
        assert found == expected.total_seconds(), datetime.fromtimestamp(second, UTC)


def test_the_arrays_are_shared_and_cannot_be_written() -> None:
    at, offset = transitions("Europe/London")
    assert at is transitions("Europe/London")[0]
    assert at.dtype == offset.dtype == np.int64
    with pytest.raises(ValueError, match="read-only"):
        at[0] = 1
    assert (np.diff(at) > 0).all()
    assert (np.diff(offset) != 0).all()


@pytest.mark.parametrize(
    ("text", "seconds", "zone"),
    [
        ("17:00 America/New_York", 61_200, "America/New_York"),
        ("0:00 UTC", 0, "UTC"),
        ("23:59:59 +02:00", 86_399, "+02:00"),
    ],
)
def test_a_clock(text: str, seconds: int, zone: str) -> None:
    assert parse_clock(text) == (seconds, zone)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("17:00", "'17:00' is not a time of day and a zone; write it like '17:00 America/New_York'"),
        ("24:00 UTC", "'24:00 UTC' is no time of day; hours go to 23, minutes and seconds to 59"),
        ("17:00 Newyork", "unknown time zone 'Newyork'"),
        ("17:00 Europe/Amsterdm", "unknown time zone 'Europe/Amsterdm'; did you mean 'Europe/Amsterdam'?"),
        (
            "17:00 Zzz",
            "unknown time zone 'Zzz'; use an IANA name such as America/New_York, or an offset such as +02:00",
        ),
        ("17:00 +20:00", "unknown time zone '+20:00'"),
    ],
)
def test_a_mistake_is_one_clear_line(text: str, message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_clock(text)
    assert str(caught.value).startswith(message)


def test_an_unknown_zone_has_no_table() -> None:
    with pytest.raises(ConfigError, match=r"did you mean 'America/New_York'\?"):
        transitions("US/New_York")
