"""Moments against plain Python's own sums, and where numbers are few, equal or none."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.report.moments import moments

amounts = st.lists(st.integers(-10_000_000, 10_000_000).map(lambda cents: cents / 100.0), min_size=2, max_size=60)


@given(amounts)
def test_they_are_those_of_plain_python(values: list[float]) -> None:
    m, won, lost = moments(np.array(values)), [v for v in values if v > 0], [v for v in values if v < 0]
    assert (m.n, m.low, m.high, m.gains, m.losses) == (len(values), min(values), max(values), len(won), len(lost))
    assert (m.total, m.gained, m.lost) == tuple(math.fsum(some) for some in (values, won, lost))  # compensated: exact
    assert m.spread == pytest.approx(statistics.stdev(values), rel=1e-9, abs=1e-9)
    assert m.below == pytest.approx(math.fsum(v * v for v in lost))


def test_a_shape_by_hand() -> None:
    # 1, 1, 4 around 2: squares 1, 1, 4, cubes -1, -1, 8, fourth powers 1, 1, 16; skew 2 / 2^1.5, kurtosis 6 / 4
    m = moments(np.array([1.0, 1.0, 4.0]))
    assert (m.mean, m.second, m.third, m.fourth) == (2.0, 6.0, 6.0, 18.0)
    assert (m.skew, m.kurtosis, m.variance) == pytest.approx((2.0 / 2.0**1.5, 1.5, 3.0))


def test_nothing_one_and_equals() -> None:
    none, one, equal, odd = (moments(np.array(v)) for v in ([], [5.0], [0.1] * 3, [1.0, math.nan]))
    assert (none.total, none.n) == (0.0, 0)
    assert (one.mean, equal.spread) == (5.0, 0.0)
    unknown = [none.mean, none.spread, none.gains_over_losses, one.spread, one.average_loss, equal.skew]
    assert all(math.isnan(x) for x in (*unknown, odd.total, odd.low, odd.high, odd.mean, odd.spread, odd.skew))
