"""The check of what a feed holds is that of the data it was made from."""

from __future__ import annotations

import numpy as np
import pytest

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.feed import merge
from simcore.market.quality import Quality, check
from simcore.market.quality.replayed import check_replayed
from tests.times import SECOND

N = 3_000
RANDOM = np.random.default_rng(5)
TS = 1_704_708_000 * SECOND + np.cumsum(RANDOM.choice([0, 1, 60, 9000], N, p=[0.1, 0.5, 0.39, 0.01])) * SECOND
PRICE = 1.0 + 0.001 * RANDOM.integers(0, 3, N) + (RANDOM.random(N) < 0.01)
SPREAD = 0.001 * RANDOM.integers(-1, 3, N)


def data() -> dict[str, Quotes | Prints | Bars]:
    starts = np.unique(TS // (60 * SECOND)) * 60 * SECOND
    own = PRICE[: starts.size]
    path = {"open": own, "low": own - 0.01, "high": own + 0.01, "close": own}
    asks = {f"ask_{name}": values + SPREAD[: starts.size] for name, values in path.items()}
    return {
        "Q": Quotes("Q", TS, PRICE, PRICE + SPREAD),
        "S": Quotes("S", TS, PRICE, PRICE + SPREAD, bid_size=np.ones(N), ask_size=PRICE),
        "P": Prints("P", TS, PRICE, size=np.ones(N)),
        "B": Bars("B", "1min", starts, **path, **asks),
        "O": Bars("O", "1min", starts, **path),
    }


@pytest.mark.parametrize("path", ["ohlc", "dense"])
@pytest.mark.parametrize("symbols", ["Q", "S", "P", "B", "O", "QSPBO"])
def test_counts_are_those_of_the_data(path, symbols):
    rows = {symbol: data()[symbol] for symbol in symbols}
    feed = merge(rows, path)
    found = check_replayed(feed.blocks(), feed.symbols, feed.timeframes, feed.prints_only, "fx")
    for symbol, one in rows.items():
        expected = check(one, calendar="fx")
        assert sum(expected.faults.values()) > 10
        assert found[symbol].total == expected.total
        assert found[symbol].verdict == expected.verdict
        assert found[symbol].frame.equals(expected.frame)


def test_json_and_back():
    quality = check(data()["Q"])
    again = Quality.from_dict(quality.to_dict())
    assert (again.verdict, again.total) == (quality.verdict, quality.total)
    assert again.frame.equals(quality.frame)
