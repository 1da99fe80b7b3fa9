"""The compiled parser of times against Python's own."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.readers.clock import OTHER_ZONE, UNREADABLE, can_parse, parse

FORMS = {
    "%Y-%m-%d %H:%M:%S%.f": "%Y-%m-%d %H:%M:%S.%f",
    "%d.%m.%Y %H:%M:%S": "%d.%m.%Y %H:%M:%S",
    "%Y%m%d %H%M%S": "%Y%m%d %H%M%S",
    "%Y/%m/%dT%H:%M": "%Y/%m/%dT%H:%M",
    "%m-%d-%Y": "%m-%d-%Y",
    "%d.%m.%Y %H:%M:%S,%f": "%d.%m.%Y %H:%M:%S,%f",  # Python's own form, not that of strptime in Rust
    "%Y%m%d%H%M%S%f": "%Y%m%d%H%M%S%f",
}
TIMES = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1))


def ns_of(when):
    since = when.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1_000


@given(st.lists(TIMES, min_size=1, max_size=20), st.sampled_from(sorted(FORMS)), st.booleans())
def test_it_reads_what_python_writes(times, form, short):
    texts = [when.strftime(FORMS[form]) for when in times]
    if short and form == "%Y-%m-%d %H:%M:%S%.f":  # days and months without their zero are read too
        texts = [t.replace("-0", "-") for t in texts]
    parsed = parse(pl.Series(texts), form)
    assert (parsed.row, parsed.offset) == (-1, None)
    assert parsed.ns.tolist() == [ns_of(datetime.strptime(when.strftime(FORMS[form]), FORMS[form])) for when in times]


@given(TIMES, st.integers(-14 * 60, 14 * 60), st.sampled_from(["{:02}:{:02}", "{:02}{:02}", " {:02}:{:02}"]))
def test_it_reads_offsets(when, minutes, form):
    sign = "-" if minutes < 0 else "+"
    offset = form.format(*divmod(abs(minutes), 60))
    offset = offset.replace(" ", " " + sign) if " " in offset else sign + offset
    parsed = parse(pl.Series([when.strftime("%Y-%m-%d %H:%M:%S.%f") + offset]), "%Y-%m-%d %H:%M:%S%.f")
    assert (parsed.row, parsed.offset, parsed.ns[0]) == (-1, minutes * 60, ns_of(when))


@pytest.mark.parametrize("text", ["2024-01-02 12:00:00Z", "2024-01-02 12:00:00 UTC", "2024-01-02 12:00:00+00"])
def test_utc_is_an_offset_of_zero(text):
    assert parse(pl.Series([text]), "%Y-%m-%d %H:%M:%S%.f").offset == 0


BAD = [
    *("2024-02-30 12:00:00", "2023-02-29 12:00:00", "2024-13-01 12:00:00", "2024-00-01 12:00:00"),
    *("2024-01-01 24:00:00", "2024-01-01 12:60:00", "2024-01-01 12:00:60", "2024-01-01 12:00:0x"),
    *("2024-01-01 12:00:00.", "2024-01-01 12:00:00.12x", "2024-01-01 12:00:00+", "2024-01-01 12:00:00+1:00"),
    *("2024-01-01", "", "  ", "2024-01-01 12:00:00 noon", "1600-01-01 12:00:00", "2300-01-01 12:00:00"),
]


@pytest.mark.parametrize("text", BAD)
@pytest.mark.parametrize("at", [0, 1])
def test_what_is_no_time_is_told_by_row(text, at):
    texts = ["2024-01-01 11:59:59.12"] * at + [text]
    parsed = parse(pl.Series(texts), "%Y-%m-%d %H:%M:%S%.f")
    assert (parsed.row, parsed.fault) == (at, UNREADABLE)


def test_another_zone_is_told_by_row():
    texts = ["2024-01-01 12:00:00+02:00", "2024-01-01 12:00:00+03:00"]
    assert parse(pl.Series(texts), "%Y-%m-%d %H:%M:%S%.f")[2:] == (1, OTHER_ZONE)
    assert parse(pl.Series([texts[0], "2024-01-01 12:00:00"]), "%Y-%m-%d %H:%M:%S%.f")[2:] == (1, OTHER_ZONE)


def test_nanoseconds_and_a_sliced_column():
    texts = pl.Series(["x", "2024-01-01 12:00:00.123456789", "2024-01-01 12:00:00.1"])[1:]
    noon = ns_of(datetime(2024, 1, 1, 12))
    assert parse(texts, "%Y-%m-%d %H:%M:%S%.f").ns.tolist() == [noon + 123_456_789, noon + 100_000_000]


def test_forms_it_leaves_to_strptime():
    assert can_parse("%Y.%m.%d %H:%M:%S%.f")
    assert not any(can_parse(form) for form in ("%d-%b-%y", "%y%m%d", "%Y-%m-%d %I:%M %p", "%H:%M", "%Y-%j"))


@given(st.integers(0, 200 * 365))
def test_every_day_of_two_centuries(days):
    day = datetime(1900, 1, 1) + timedelta(days=days)
    assert parse(pl.Series([day.strftime("%Y%m%d")]), "%Y%m%d").ns[0] == ns_of(day)
