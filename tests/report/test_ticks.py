"""What is read off the ticks: against the slow way of looking at every row, however the rows are cut into blocks."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from simcore.report import ticks
from simcore.report.places import places
from simcore.report.ticks import BarStarts, Excursions, First, Standing, extremes, sweep


@dataclass
class Rows:
    ts: Any
    bid: Any
    ask: Any
    instrument: Any = None
    kind: Any = None

    def cut(self, *places: int) -> list[Rows]:
        edges = [0, *sorted(places), len(self.ts)]
        columns = (self.ts, self.bid, self.ask, self.instrument, self.kind)
        return [Rows(*(None if c is None else c[a:b] for c in columns)) for a, b in itertools.pairwise(edges)]


def market(rng: np.random.Generator, n: int, instruments: int = 1) -> Rows:
    """n quotes, some at equal times; several instruments in any order."""
    bid = rng.normal(100.0, 1.0, n)
    mixed = rng.integers(0, instruments, n).astype(np.uint8) if instruments > 1 else None
    return Rows(np.sort(rng.integers(0, 2 * n, n)), bid, bid + rng.uniform(0.0, 0.5, n), mixed)


def slow_excursions(rows: Rows, k: int, side: int, entry: int, leave: int, out: float) -> tuple[float, float]:
    own = [i for i in range(len(rows.ts)) if rows.instrument is None or rows.instrument[i] == k]
    before = [i for i in own if rows.ts[i] <= entry]
    looked = before[-1:] + [i for i in own if entry < rows.ts[i] < leave]
    prices = [float((rows.bid if side > 0 else rows.ask)[i]) for i in looked if rows.ts[i] < leave]
    return min([out, *prices]), max([out, *prices])


@pytest.mark.parametrize("seed", range(20))
def test_the_pass_sees_what_looking_at_every_row_sees(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "STEP", 8)
    rng = np.random.default_rng(seed)
    n, m = int(rng.integers(2, 400)), 25
    rows = market(rng, n, instruments=1 + seed % 3)
    k = seed % 3 % (1 + seed % 3)
    own = rows.ts if rows.instrument is None else rows.ts[rows.instrument == k]
    if own.size == 0:
        return
    entry = rng.integers(own[0], own[-1] + 1, m)
    leave, side, out = entry + rng.integers(0, n, m), rng.choice([-1, 1], m), rng.normal(100.0, 1.0, m)
    walk, times = Excursions(k, side, entry, leave, out), np.sort(rng.integers(-5, 2 * n + 5, m))
    stood, first = Standing(k, times), First(k)
    sweep(rows.cut(*rng.integers(0, n + 1, seed % 6)), [walk, stood, first])
    for i in range(m):
        low, high = slow_excursions(rows, k, side[i], entry[i], leave[i], out[i])
        assert (walk.low[i], walk.high[i]) == (low, high)
        seen = [
            (rows.bid[j], rows.ask[j])
            for j in range(n)
            if rows.ts[j] <= times[i] and (rows.instrument is None or rows.instrument[j] == k)
        ]
        expected = seen[-1] if seen else (np.nan, np.nan)
        assert np.array_equal((stood.bid[i], stood.ask[i]), expected, equal_nan=True)
    assert first.ts == own[0]


@pytest.mark.parametrize("size", [1, 7, 8, 9, 64, 65, 200])
def test_extremes_of_every_range(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ticks, "STEP", 8)
    values = np.random.default_rng(size).normal(size=size)
    pairs = np.array([(a, b) for a in range(size) for b in range(a + 1, size + 1)])
    low, high = extremes(values, pairs[:, 0], pairs[:, 1])
    assert low.tolist() == [values[a:b].min() for a, b in pairs]
    assert high.tolist() == [values[a:b].max() for a, b in pairs]


@pytest.mark.parametrize("cut", [1, 3, 4, 7, 8])
def test_bars_are_known_by_their_first_row_and_begin_to_count_at_their_first_close(cut: int) -> None:
    kind = np.array([2, 3, 4, 5] * 2, np.uint8)
    path = np.array([10.0, 9.0, 12.0, 11.0, 11.0, 10.0, 13.0, 12.5])
    rows = Rows(np.arange(8) * 10, path, path + 0.5, None, kind)
    starts, first = BarStarts(0), First(0)
    sweep(rows.cut(cut), [starts, first])
    assert starts.starts.tolist() == [0, 40]
    assert (first.ts, first.price) == (30, 11.25)  # close 11.0 and 11.5


def test_nobody_asks_for_an_instrument_that_never_ticked() -> None:
    rows = Rows(np.array([1, 2]), np.array([1.0, 2.0]), np.array([1.1, 2.1]), np.array([0, 0], np.uint8))
    stood, first, starts = Standing(1, np.array([1, 5])), First(1), BarStarts(1)
    sweep([rows], [stood, first, starts])
    assert np.isnan(stood.bid).all()
    assert np.isnan(first.price)
    assert starts.starts.size == 0


@pytest.mark.parametrize("n", [0, 1, 63, 64, 65, 129, 5_000])
@pytest.mark.parametrize("span", [4, 15_000, 10**18])
def test_places_are_those_of_a_search_whatever_the_gaps_and_the_order(n: int, span: int) -> None:
    rng = np.random.default_rng(n)
    ts = np.sort(rng.integers(0, span, n))
    asked = [
        np.sort(rng.integers(-5, span + 9, 300)),
        rng.integers(-5, span, 300),
        ts[::3],
        np.array([10**18, -(10**18)]),
    ]
    for times, after in itertools.product(asked, (False, True)):
        assert (places(ts, times, after=after) == np.searchsorted(ts, times, side="right" if after else "left")).all()
