"""Time zones and day starts."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.timeframe import DAY, HOUR, MINUTE
from simcore.market.zones import day_edges, parse_day_start, parse_zone, to_utc
from tests.times import ns


@pytest.mark.parametrize(
    ("text", "offset"),
    [
        (None, 0),
        ("UTC", 0),
        ("utc", 0),
        ("GMT", 0),
        ("UTC-05", -5 * HOUR),
        ("-05:00", -5 * HOUR),
        ("UTC+5:30", 5 * HOUR + 30 * MINUTE),
        ("+0530", 5 * HOUR + 30 * MINUTE),
        ("America/New_York", None),
    ],
)
def test_reads_zones(text, offset):
    assert parse_zone(text).offset == offset


def test_utc_times_are_not_copied():
    wall = np.array([ns("2024-07-01"), ns("2024-07-02")])
    assert to_utc(wall, parse_zone("UTC"), "here") is wall
    assert to_utc(wall, parse_zone("UTC-05"), "here").tolist() == [t + 5 * HOUR for t in wall]
    assert to_utc(wall, parse_zone("America/New_York"), "here").tolist() == [t + 4 * HOUR for t in wall]


def test_edges_are_never_empty_and_surround_the_period():
    day = parse_day_start("17:00 America/New_York")
    for first in ("2024-03-10T20:59:59", "2024-03-10T21:00", "2024-03-10T21:00:01", "1969-12-31T23:00"):
        edges = day_edges(day, ns(first), ns(first))
        assert edges[0] <= ns(first) < edges[1]
        assert edges.size == 2


def test_edges_of_fixed_zones_and_of_several_days():
    day = parse_day_start("22:00")
    edges = day_edges(day, ns("2024-01-02T00:00"), ns("2024-01-03T23:00"))
    assert edges.tolist() == [
        ns("2024-01-01T22:00"),
        ns("2024-01-02T22:00"),
        ns("2024-01-03T22:00"),
        ns("2024-01-04T22:00"),
    ]
    assert parse_day_start("17:00 UTC-05").zone.offset == -5 * HOUR
    pairs = day_edges(parse_day_start("00:00"), ns("2024-01-02"), ns("2024-01-08"), 2)
    assert (np.diff(pairs) == 2 * DAY).all()
    # counted from 1970-01-01, as bars without a day start are
    assert (pairs % (2 * DAY) == 0).all()


@pytest.mark.parametrize("text", ["America/NewYork", "Mars/Olympus", "", "UTC-5x"])
def test_refuses_unknown_zones(text):
    with pytest.raises(DataError, match="unknown time zone"):
        parse_zone(text)


def test_a_zone_with_hours_added_follows_the_daylight_saving_of_its_name():
    # midnight at New York + 7 hours is 17:00 in New York the day before: 22:00 UTC in January, 21:00 in July
    zone = parse_zone("America/New_York+7")
    walls = np.array(["2024-01-02", "2024-07-02"], "M8[ns]").astype(np.int64)
    shown = [str(t)[:16] for t in to_utc(walls, zone, "x").view("M8[ns]")]
    assert shown == ["2024-01-01T22:00", "2024-07-01T21:00"]
    edges = day_edges(parse_day_start("00:00 America/New_York+7"), int(walls[1]), int(walls[1]))
    assert str(edges.view("M8[ns]")[0])[:16] == "2024-07-01T21:00"
    assert parse_zone("Etc/GMT+5") == ("Etc/GMT+5", None, 0)  # a name of its own
    with pytest.raises(DataError, match=r'unknown time zone "Amerika/New_York\+7".*Did you mean "America/New_York"'):
        parse_zone("Amerika/New_York+7")
