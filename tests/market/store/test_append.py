"""Rows that meet rows: appended twice, before, after, in between, in part the same, different."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from simcore.market.columns import Bars
from simcore.market.errors import DataError
from simcore.market.store.store import Store
from tests.market.store.rows import DAY, HOUR, T0, equal, joined, quotes


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def bids(store: Store) -> list[float]:
    return store.quotes("EURUSD").bid.tolist()


def files(store: Store) -> dict[str, bytes]:
    return {str(path): path.read_bytes() for path in store.path.rglob("*") if path.is_file()}


def test_the_same_twice_changes_no_byte(store: Store) -> None:
    rows = quotes([0, 5, DAY, 2 * DAY])
    assert store.append(rows) == (4, 0, 0, 0)
    before = files(store)
    assert store.append(rows) == (0, 4, 0, 0)
    assert store.append(rows.slice(1, 3)) == (0, 2, 0, 0)
    assert files(store) == before


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (0, 2, 1), (1, 0, 2)])
def test_pieces_in_any_order(store: Store, order: tuple[int, ...]) -> None:
    rows = quotes([0, 5, HOUR, DAY - 1, DAY, DAY + 7])
    pieces = [rows.slice(0, 2), rows.slice(2, 4), rows.slice(4)]
    for i in order:
        store.append(pieces[i])
    assert equal(store.quotes("EURUSD"), rows)


def test_an_append_goes_on_at_the_very_instant_the_last_one_ended(store: Store) -> None:
    store.append(quotes([0, 5], bid=[1.0, 1.1]))
    assert store.append(quotes([5, 5, 6], bid=[1.2, 1.3, 1.4])) == (3, 0, 0, 0)
    assert bids(store) == [1.0, 1.1, 1.2, 1.3, 1.4]
    # repeated, although the first of its instant was another's
    assert store.append(quotes([5, 5, 6], bid=[1.2, 1.3, 1.4])) == (0, 3, 0, 0)
    assert bids(store) == [1.0, 1.1, 1.2, 1.3, 1.4]


def test_what_is_partly_held_is_completed(store: Store) -> None:
    rows = quotes([0, 5, 9, DAY, DAY + 1])
    store.append(rows.slice(1, 4))
    assert store.append(rows) == (2, 3, 0, 0)
    assert equal(store.quotes("EURUSD"), rows)


def test_refuse_is_the_default_and_leaves_the_store_as_it_was(store: Store) -> None:
    store.append(quotes([0, 5, 9]))
    before = files(store)
    new = quotes([-DAY, 5, DAY], bid=[2.0, 2.1, 2.2])
    held = "holds EURUSD quotes from 2024-01-01 to 2024-01-01 00:00:00.000000009, and the new rows from"
    with pytest.raises(DataError, match=re.escape(held)) as error:
        store.append(new)
    assert "overlap is refuse: keep leaves out" in str(error.value)
    assert files(store) == before


def test_keep_adds_around_what_is_held(store: Store) -> None:
    store.append(quotes([5, 9], bid=[1.0, 1.1]))
    new = quotes([0, 5, 7, 9, 12, DAY], bid=[2.0, 2.1, 2.2, 2.3, 2.4, 2.5])
    assert store.append(new, overlap="keep") == (3, 0, 3, 0)
    assert bids(store) == [2.0, 1.0, 1.1, 2.4, 2.5]


def test_replace_takes_out_all_between_first_and_last(store: Store) -> None:
    store.append(quotes([0, 5, 9, DAY, 2 * DAY, 2 * DAY + 9], bid=[1.0, 1.1, 1.2, 1.3, 1.4, 1.5]))
    # the second day gets no new row, and loses its own
    new = quotes([5, 7, 2 * DAY + 3], bid=[2.0, 2.1, 2.2])
    assert store.append(new, overlap="replace") == (3, 0, 0, 4)
    assert bids(store) == [1.0, 2.0, 2.1, 2.2, 1.5]
    # what it put out is gone from the disk too
    assert len(list(store.path.rglob("*.parquet"))) == 2


def test_a_policy_that_is_not_there(store: Store) -> None:
    with pytest.raises(DataError, match=r'was "replase"\. Did you mean "replace"'):
        store.append(quotes([0]), overlap="replase")  # type: ignore[arg-type]


def test_a_bar_held_half_made_is_no_second_bar(store: Store) -> None:
    def bars(*closes: float) -> Bars:
        ts = T0 + np.arange(len(closes)) * HOUR
        return Bars("GOOG", "1h", ts, np.ones(len(closes)), np.full(len(closes), 9.0), np.ones(len(closes)), closes)

    store.append(bars(2.0, 3.0))
    with pytest.raises(DataError, match="are not the same there"):
        store.append(bars(2.0, 3.5, 4.0))
    assert store.append(bars(2.0, 3.5, 4.0), overlap="replace") == (3, 0, 0, 2)
    assert store.bars("GOOG").close.tolist() == [2.0, 3.5, 4.0]


def test_other_columns_are_refused(store: Store) -> None:
    store.append(quotes([0]))
    for at in (1, DAY):
        with pytest.raises(DataError, match="differ in bid_size; keep them in two stores"):
            store.append(quotes([at], bid_size=np.ones(1)))
    store.prune("EURUSD")
    store.append(quotes([1], bid_size=np.ones(1)))
    assert store.quotes("EURUSD").bid_size.tolist() == [1.0]


def test_prune_by_range_symbol_and_kind(store: Store) -> None:
    rows = quotes([0, 5, DAY, 2 * DAY, 3 * DAY])
    store.append(rows)
    store.append(quotes([0, DAY], symbol="GBPUSD"))
    assert store.prune("EURUSD", "2024-01-02", "2024-01-03T00:00:00.000001") == {"EURUSD quotes": 2}
    assert equal(store.quotes("EURUSD"), joined([rows.slice(0, 2), rows.slice(4)]))
    assert store.prune(end="2024-01-02") == {"EURUSD quotes": 2, "GBPUSD quotes": 1}
    assert store.prune("EURUSD", end="2024-01-02") == {"EURUSD quotes": 0}
    assert store.prune("EURUSD") == {"EURUSD quotes": 1}
    assert store.symbols() == ["GBPUSD"]
    assert len(list(store.path.rglob("*.parquet"))) == 1
    with pytest.raises(DataError, match="holds no EURUSD"):
        store.prune("EURUSD")
