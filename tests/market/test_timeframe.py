"""Timeframes: what is read, how it is named, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.timeframe import DAY, HOUR, MINUTE, SECOND, WEEK, infer_timeframe, parse_timeframe


@pytest.mark.parametrize(
    ("text", "ns", "canonical"),
    [
        ("1m", MINUTE, "1min"),
        ("1min", MINUTE, "1min"),
        ("5min", 5 * MINUTE, "5min"),
        ("60s", MINUTE, "1min"),
        ("90s", 90 * SECOND, "90s"),
        ("1h", HOUR, "1h"),
        ("4H", 4 * HOUR, "4h"),
        ("60min", HOUR, "1h"),
        ("90min", 90 * MINUTE, "90min"),
        ("1D", DAY, "1D"),
        ("1d", DAY, "1D"),
        ("24h", DAY, "1D"),
        ("1W", WEEK, "1W"),
        ("7D", WEEK, "1W"),
        ("1 hour", HOUR, "1h"),
        ("500ms", SECOND // 2, "500ms"),
    ],
)
def test_reads_and_names(text, ns, canonical):
    assert parse_timeframe(text) == (ns, canonical)
    assert parse_timeframe(canonical) == (ns, canonical)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("1mn", 'Did you mean "1min"'),
        ("M1", 'Did you mean "1min"'),
        ("H4", 'Did you mean "4h"'),
        ("1M", "no fixed length"),
        ("1month", "no fixed length"),
        ("0min", "number and one of"),
        ("min", "number and one of"),
        ("1.5h", "number and one of"),
        ("", "number and one of"),
        (60, "must be text, was 60"),
    ],
)
def test_refuses(text, says):
    with pytest.raises(DataError, match=says):
        parse_timeframe(text)


def test_infers_the_commonest_positive_spacing():
    # spacings in hours: 1, 1, 0 (a repeated row), 63 (a weekend), 1
    ts = np.array([0, 1, 2, 2, 65, 66]) * HOUR
    assert infer_timeframe(ts).text == "1h"
    # two of each: the shorter
    assert infer_timeframe(np.array([0, 1, 2, 4, 6]) * MINUTE).text == "1min"


@pytest.mark.parametrize("ts", [[], [5], [5, 5]])
def test_does_not_infer_from_one_time(ts):
    with pytest.raises(DataError, match=r"GOOG\.csv: the timeframe cannot be told.*pass timeframe="):
        infer_timeframe(np.array(ts, np.int64), "GOOG.csv")
