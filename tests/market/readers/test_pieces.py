"""Several files at once: in time order, and what happens where they overlap."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import column
from simcore.market.errors import DataError
from simcore.market.readers import read_bars, read_quotes
from simcore.market.readers.pieces import in_order
from simcore.market.readers.request import QUOTES, Piece, Request
from tests.times import SECOND

NOON = 1_704_196_800


@pytest.fixture
def csv(write):
    def written(name, *seconds):
        rows = "".join(f"{NOON + s},{n + 1},{s + 2}\n" for n, s in enumerate(seconds))
        return write(name, "ts,bid,ask\n" + rows)

    return written


def offsets(quotes):
    return ((quotes.ts // SECOND) - NOON).tolist()


def test_files_are_put_in_time_order(csv, tmp_path):
    b, a = csv("b.csv", 0, 1), csv("a.csv", 2, 3)
    assert offsets(read_quotes([a, b], symbol="X")) == [0, 1, 2, 3]
    assert offsets(read_quotes(tmp_path, symbol="X")) == [0, 1, 2, 3]
    assert offsets(read_quotes(str(tmp_path / "*.csv"), symbol="X")) == [0, 1, 2, 3]
    assert offsets(read_quotes([tmp_path / "b*"], symbol="X")) == [0, 1]


def test_an_overlap_names_both_files_the_rows_and_the_range(csv):
    a, b = csv("a.csv", 0, 10, 20), csv("b.csv", 5, 15, 30)
    says = (
        r"b\.csv, rows 1 to 2 overlap .*a\.csv, from 2024-01-02 12:00:05 to 2024-01-02 12:00:20; pass one of them, "
        r'or overlap="first" or "last"'
    )
    with pytest.raises(DataError, match=says):
        read_quotes([a, b], symbol="X")
    with pytest.raises(DataError, match=says):
        read_quotes([b, a], symbol="X")


@pytest.mark.parametrize(
    ("policy", "kept"),
    [("first", [0, 10, 20, 30]), ("last", [0, 5, 15, 30]), ("sort", [0, 5, 10, 15, 20, 30])],
)
def test_policies_of_an_overlap(csv, policy, kept):
    a, b = csv("a.csv", 0, 10, 20), csv("b.csv", 5, 15, 30)
    assert offsets(read_quotes([a, b], symbol="X", overlap=policy)) == kept


def test_a_file_inside_another(csv):
    year, day = csv("year.csv", 0, 10, 20, 30), csv("day.csv", 10, 15, 20)
    assert offsets(read_quotes([year, day], symbol="X", overlap="first")) == [0, 10, 20, 30]
    assert offsets(read_quotes([year, day], symbol="X", overlap="last")) == [0, 10, 15, 20, 30]
    # the third begins inside the first, behind the second
    late = csv("late.csv", 25, 40)
    with pytest.raises(DataError, match=r"late\.csv, rows 1 to 1 overlap .*year\.csv"):
        read_quotes([csv("year.csv", 0, 10, 20, 30), csv("in.csv", 11), late][::2], symbol="X")
    assert offsets(read_quotes([year, day, late], symbol="X", overlap="last")) == [0, 10, 15, 20, 25, 40]


def test_one_instant_may_end_one_file_and_begin_the_next_but_no_bar_is_in_two(csv, write):
    assert offsets(read_quotes([csv("a.csv", 0, 1), csv("b.csv", 1, 2)], symbol="X")) == [0, 1, 1, 2]
    bars = [write(f"{n}.csv", f"ts,o,h,l,c\n{NOON + n},1,1,1,1\n{NOON + n + 1},1,1,1,1\n") for n in (0, 1)]
    with pytest.raises(DataError, match=r"1\.csv, rows 1 to 1 overlap .*0\.csv"):
        read_bars(bars, symbol="X")
    assert len(read_bars(bars, symbol="X", overlap="first")) == 3


def test_the_same_file_twice(csv):
    a = csv("a.csv", 0, 1)
    with pytest.raises(DataError, match=r"a\.csv: given twice; pass each file once"):
        read_quotes([a, str(a)], symbol="X")


def test_rows_in_disorder_are_refused_or_sorted(csv):
    a = csv("a.csv", 5, 0, 3)
    with pytest.raises(DataError, match=r'a\.csv, row 2: time .* earlier .*; sort .* or read it with unordered="sort"'):
        read_quotes(a, symbol="X")
    quotes = read_quotes(a, symbol="X", unordered="sort")
    assert (offsets(quotes), quotes.bid.tolist()) == ([0, 3, 5], [2.0, 3.0, 1.0])


def test_an_ask_side_that_lacks_a_bar(write):
    def bars(name, *seconds):
        return write(name, "ts,o,h,l,c\n" + "".join(f"{NOON + 60 * s},1,1,1,1\n" for s in seconds))

    with pytest.raises(
        DataError, match=r"bid\.csv: the bar of 2024-01-02 12:01:00 is not in .*ask\.csv \(1 bars have one side only\)"
    ):
        read_bars(bars("bid.csv", 0, 1, 2), ask=bars("ask.csv", 0, 2), symbol="X")


def test_a_fault_in_one_of_many_is_named_by_its_file_and_row(csv, write):
    bad = write("b.csv", f"ts,bid,ask\n{NOON + 10},1,1\n{NOON + 11},1,0\n")
    with pytest.raises(DataError, match=r"b\.csv, row 2: ask is 0"):
        read_quotes([csv("a.csv", 0, 1), bad, csv("c.csv", 20)], symbol="X")


def test_patterns_and_folders_without_files(tmp_path):
    with pytest.raises(DataError, match=r"\*\.csv: no file has such a name"):
        read_quotes(tmp_path / "*.csv", symbol="X")
    with pytest.raises(DataError, match=r"no file of quotes in this folder"):
        read_quotes(tmp_path, symbol="X")


@given(
    st.lists(st.lists(st.integers(0, 40), min_size=1, max_size=8), min_size=1, max_size=5),
    st.sampled_from(["first", "last", "sort"]),
)
def test_every_policy_leaves_rows_in_order_and_sort_leaves_all(files, policy):
    pieces = [
        Piece(str(n), column(np.array(sorted(rows)) + NOON, np.int64), {"file": np.full(len(rows), float(n))})
        for n, rows in enumerate(files)
    ]
    request = Request(QUOTES, "X", {"overlap": policy})
    found = in_order(pieces, request)
    ts = np.concatenate([piece.ts for piece in found])
    assert (np.diff(ts) >= 0).all()
    given_rows = sorted(t + NOON for rows in files for t in rows)
    if policy == "sort":
        assert ts.tolist() == given_rows
    else:
        assert set(ts.tolist()) <= set(given_rows)
        # the first and the last instant of all always stay
        assert (ts[0], ts[-1]) == (given_rows[0], given_rows[-1])
