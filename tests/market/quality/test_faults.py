"""Each fault by rows made by hand, and each policy by what it leaves."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.market.columns import Bars, Prints, Quotes
from simcore.market.errors import DataError
from simcore.market.quality import check, clean
from simcore.market.quality.faults import Limits
from simcore.market.quality.scan import Scan
from tests.times import SECOND

MONDAY = int(np.datetime64("2024-01-08T10:00", "ns").astype(np.int64))
NAN = float("nan")


def quotes(rows, start=MONDAY):
    """Rows of (second, bid, ask) or (second, bid, ask, bid size, ask size), as a frame: nothing is refused."""
    names = ["ts", "bid", "ask", "bid_size", "ask_size"][: len(rows[0])]
    columns = dict(zip(names, zip(*rows, strict=True), strict=True))
    ts = np.array([start + round(s * SECOND) for s in columns.pop("ts")], np.int64)
    return pl.DataFrame({"ts": ts, **{name: np.array(values, float) for name, values in columns.items()}})


def found(data, **options):
    """What was counted, but nothing that is zero or not known."""
    quality = check(data, symbol="EURUSD", **options)
    return {name: count for name, count in quality.total.items() if count}


GOOD = [(0, 1.1, 1.2), (1, 1.1, 1.3), (2, 1.1, 1.2), (3, 1.1, 1.3), (4, 1.1, 1.2), (5, 1.1, 1.3)]


@pytest.mark.parametrize(
    ("rows", "counts"),
    [
        (GOOD, {}),
        ([*GOOD, (6, 1.2, 1.1999)], {"crossed": 1}),
        ([*GOOD, (6, 1.2, 1.2)], {"locked": 1}),
        ([*GOOD, (5, 1.1, 1.3)], {"duplicated": 1, "equal_times": 1}),
        # of three rows of a time the third is the first again
        ([*GOOD, (5, 1.1, 1.2), (5, 1.1, 1.3)], {"duplicated": 1, "equal_times": 2}),
        ([*GOOD, (4.5, 1.1, 1.25), (4.75, 1.1, 1.2), (6, 1.1, 1.2)], {"unordered": 2}),
        # a row that came before, again out of order
        ([*GOOD, (2, 1.1, 1.2)], {"unordered": 1, "duplicated": 1}),
        ([*GOOD, (5 + 7200, 1.1, 1.2)], {}),
        ([*GOOD, (5 + 7200.001, 1.1, 1.2)], {"gapped": 1}),
        ([*GOOD, (6, NAN, 1.2), (7, 1.1, 1.2)], {"invalid": 1}),
        ([*GOOD, (6, 0.0, 1.2)], {"invalid": 1, "outlying": 1}),
        ([*GOOD, (6, -1.0, 1.2)], {"invalid": 1, "outlying": 1}),
    ],
)
def test_rows_by_hand(rows, counts):
    assert found(quotes(rows), outlier=5.0) == counts


def test_a_duplicate_is_one_in_every_column():
    rows = [(0, 1.1, 1.2, 5, 5), (0, 1.1, 1.2, 5, 6), (0, 1.1, 1.2, NAN, 5), (0, 1.1, 1.2, NAN, 5), (0, 1.1, 1.2, 5, 5)]
    assert found(quotes(rows)) == {"duplicated": 2, "equal_times": 4}
    assert found(quotes([(0, 1.1, 1.2, 5, -1), (1, 1.1, 1.2, 5, 5)])) == {"invalid": 1}


def test_stale_after_an_hour_of_the_same_prices():
    # a row every ten minutes from 0:00 on; unchanged since 0:10: those of 1:20 and 1:30 are stale, 1:10 is just an hour
    rows = [(0, 1.1, 1.3)] + [(600 * k, 1.1, 1.2) for k in range(1, 10)] + [(6000, 1.1, 1.3)]
    assert found(quotes(rows)) == {"stale": 2}
    assert found(quotes(rows), stale="30min") == {"stale": 5}
    # a gap in between: the price may have moved and come back
    later = [(600 * k + 8000, 1.1, 1.2) for k in range(9, 12)]
    assert found(quotes(rows[:-1] + later)) == {"stale": 2, "gapped": 1}


def test_outlying_is_what_comes_back():
    calm = [1.1, 1.101, 1.1, 1.101, 1.1, 1.101, 1.1, 1.101]  # a usual move is 0.001 / 1.1: 20 of them are 1.8 %

    def counted(prices):
        return found(quotes([(k, p, p + 0.1) for k, p in enumerate(prices)]))

    assert counted([*calm, 1.2, *calm]) == {"outlying": 1}  # (0.1 + 0.05) / 1.15: 8.7 %
    assert counted([*calm, 1.2, 1.2, *calm]) == {"outlying": 2}
    assert counted([*calm, 1.2, 1.2, 1.2, *calm]) == {}  # three of five: the price was there
    assert counted([*calm, *(p + 0.1 for p in calm)]) == {}  # it moved and stayed
    assert counted([*calm, 1.11, *calm]) == {}  # 0.0095 / 1.15: 0.8 %
    assert counted([1.2, *calm]) == counted([*calm, 1.2]) == {"outlying": 1}


def test_weekend_is_no_gap_unless_saturdays_are_traded():
    friday = int(np.datetime64("2024-01-12T21:59", "ns").astype(np.int64))  # New York closes at 22:00 UTC
    rows = [(0, 1.1, 1.2), (48 * 3600 + 120, 1.1, 1.3)]
    assert found(quotes(rows, friday)) == {}
    assert found(quotes(rows, friday), calendar="24/7") == {"gapped": 1}
    assert found(quotes([rows[0], (3 * 3600, 1.1, 1.25), rows[1]], friday)) == {"gapped": 2}  # Saturday 00:59
    assert found(quotes([rows[0], (51 * 3600, 1.1, 1.3)], friday)) == {"gapped": 1}  # 2 h 59 min after the open
    assert found(quotes([rows[0], (3 * 3600, 1.1, 1.25), rows[1]], friday), calendar="fx") == {"out_of_session": 1}


def test_sessions_of_an_exchange():
    # New York opens at 14:30 and closes at 21:00 UTC in winter
    rows = [(4 * 3600 + offset, 1.1, 1.2 + offset / 1e6) for offset in (1799, 1800, 7000, 14000, 21000, 25199, 25200)]
    assert found(quotes(rows), calendar="XNYS") == {"out_of_session": 2}
    daily = Bars("X", "1D", np.array([MONDAY - 10 * 3600 * SECOND]), *(np.array([1.0]),) * 4)
    assert check(daily, calendar="XNYS").faults == {}  # stamped at midnight, it touches the session


def test_bars():
    n = 40
    ts = MONDAY + np.arange(n) * 60 * SECOND
    close = 1.1 + 0.001 * (np.arange(n) % 2)
    path = {"open": close, "low": close - 0.001, "high": close + 0.001, "close": close}
    assert check(Bars("X", "1min", ts, **path)).total["crossed"] is None  # one price
    assert check(Bars("X", "1min", ts, **path)).faults == {}
    spiked = path["high"].copy()
    spiked[20] = 2.0
    assert check(Bars("X", "1min", ts, **path | {"high": spiked})).faults == {"outlying": 1}
    asks = {f"ask_{name}": values + np.where(np.arange(n) == 7, -0.01, 0.01) for name, values in path.items()}
    assert check(Bars("X", "1min", ts, **path, **asks)).faults == {"crossed": 1}
    holes = ts.copy()
    holes[10:] += 7140 * SECOND  # 7200 s from one start to the next
    holes[20:] += 7200 * SECOND
    assert check(Bars("X", "1min", holes, **path)).faults == {"gapped": 1}
    flat = {name: np.full(n, 1.1) for name in path}
    assert check(Bars("X", "5min", MONDAY + np.arange(n) * 300 * SECOND, **flat)).faults == {"stale": 27}  # 13 to 39
    broken = pl.DataFrame({"ts": ts, **path, "low": close + 0.1})
    assert check(broken, symbol="X").faults["invalid"] == n


def test_prints_have_one_price():
    quality = check(Prints("X", MONDAY + np.arange(3) * SECOND, [1.0, 1.1, 1.2], side=[1, -1, 0]))
    assert (quality.kind, quality.faults, quality.total["locked"]) == ("prints", {}, None)


FAULTY = [
    (0, 1.1, 1.2),
    (1, 1.1, 1.3),
    (1, 1.1, 1.3),  # duplicated
    (3, 1.2, 1.1),  # crossed
    (2, 1.1, 1.2),  # unordered
    (4, 1.2, 1.2),  # locked
    (5, NAN, 1.2),  # invalid
    (6, 1.1, 1.25),
]


def test_policies():
    data = quotes(FAULTY)
    seconds = [(t - MONDAY) // SECOND for t in clean(data, symbol="X", policy="drop").ts]
    assert seconds == [0, 1, 4, 6]
    some = clean(data, symbol="X", policy="drop", faults=("invalid", "unordered"))
    assert [(t - MONDAY) // SECOND for t in some.ts] == [0, 1, 1, 3, 4, 6]
    kept = quotes([row for row in FAULTY if row[1] == row[1]])
    ordered = clean(kept, symbol="X", policy="sort")
    assert [(t - MONDAY) // SECOND for t in ordered.ts] == [0, 1, 1, 2, 3, 4, 6]
    assert ordered.ask.tolist() == [1.2, 1.3, 1.3, 1.2, 1.1, 1.2, 1.25]
    with pytest.raises(DataError, match=r"row 5: time 2024-01-08 10:00:02 is earlier"):
        clean(kept, symbol="X", policy="keep")
    with pytest.raises(
        DataError, match=r"^X, row 3, 2024-01-08 10:00:01: duplicated \(bid 1.1, ask 1.3\); X: 8 quotes"
    ):
        clean(data, symbol="X", policy="raise")
    with pytest.raises(DataError, match=r"^X, row 7, .*: invalid \(bid nan"):
        clean(data, symbol="X", policy="raise", faults="invalid")
    good = Quotes("X", MONDAY + np.arange(3) * SECOND, [1.1, 1.2, 1.1], [1.2, 1.3, 1.2])
    assert clean(good, policy="keep") is good
    for policy in ("drop", "raise", "sort"):
        assert clean(good, policy=policy).to_polars().equals(good.to_polars())


def test_verdict_and_frame():
    quality = check(quotes([*FAULTY, (86_400, 1.1, 1.2)]), symbol="X", policy="drop")
    assert quality.verdict == (
        "X: 9 quotes of 2 days, 1 invalid (11.1 %), 1 crossed (11.1 %), 1 locked (11.1 %), 1 duplicated (11.1 %), "
        "1 unordered (11.1 %), 1 gapped (11.1 %); policy drop: rows at fault are left out"
    )
    assert quality.frame["rows"].to_list() == [8, 1]
    assert quality.frame["gapped"].to_list() == [0, 1]
    assert quality.frame["out_of_session"].to_list() == [None, None]
    assert [str(day) for day in quality.frame["day"]] == ["2024-01-08", "2024-01-09"]
    assert check(quotes(GOOD), symbol="X").verdict == "X: 6 quotes of 1 day, no fault; policy keep"
    assert quality.facts()["verdict"] == quality.verdict


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"policy": "dorp"},
            r"policy must be one of 'keep', 'drop', 'raise', 'sort', was 'dorp'. Did you mean \"drop\"",
        ),
        ({"gap": "x"}, r"gap is 'x'; write a time"),
        ({"stale": 5}, r"stale is 5; write a time"),
        ({"outlier": 0}, r"outlier is 0; it must be a number above zero"),
        ({"outlier_least": NAN}, r"outlier_least is nan"),
        ({"calendar": "XNYZ"}, r"unknown calendar 'XNYZ'. Did you mean"),
        ({"symbol": None}, r'say what the data hold, as in symbol="EURUSD"'),
        ({"kind": "ticks"}, r"kind must be one of"),
        ({"span": ("2030-01-01", None)}, r"not one row from 2030-01-01"),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(DataError, match=message) as error:
        check(quotes(GOOD), **{"symbol": "X", **options})
    assert "\n" not in str(error.value)


def test_bad_data(tmp_path):
    for data, message in (
        ([], "list of sources is empty"),
        (5, "data is int; pass"),
        (pl.DataFrame({"ts": [1], "x": [1.0]}), "bid"),
        (tmp_path / "none.csv", "none.csv"),
    ):
        with pytest.raises(DataError, match=message) as error:
            check(data, symbol="X")
        assert "\n" not in str(error.value)
    with pytest.raises(DataError, match=r"unknown fault 'cross'; there are .* Did you mean \"crossed\""):
        clean(quotes(GOOD), symbol="X", policy="drop", faults=["cross"])
    with pytest.raises(DataError, match="leaves none of 2 rows"):
        clean(quotes([(0, 1.2, 1.1), (1, 1.2, 1.1)]), symbol="X", policy="drop")


steps = st.lists(st.tuples(st.integers(1, 3_000), st.integers(-3, 3), st.integers(1, 20)), min_size=1, max_size=60)


@given(steps)
def test_clean_data_have_no_fault(rows):
    seconds, moves, spreads = (np.array(one) for one in zip(*rows, strict=True))
    ts = MONDAY + np.cumsum(seconds) * SECOND
    bid = 1.1 + 1e-5 * (np.cumsum(moves) + np.arange(len(rows)) % 2 * 7)  # never twice the same
    data = Quotes("X", ts, bid, bid + 1e-5 * spreads)
    assert check(data, calendar="24/7").faults == {}


messy = st.lists(
    st.tuples(st.sampled_from([0, 0, 1, 600, 4000, 9000, 200_000]), st.sampled_from([1.0, 1.0, 1.0, 1.001, 3.0]),
              st.sampled_from([0.0, 0.1, -0.1])),
    min_size=40, max_size=150,
)  # fmt: skip


@given(messy, st.lists(st.integers(1, 149), max_size=4), st.sampled_from([None, "fx", "24/7"]))
def test_counts_do_not_hang_on_the_chunks(rows, cuts, calendar):
    seconds, bid, spread = (np.array(one) for one in zip(*rows, strict=True))
    columns = {"ts": MONDAY + np.cumsum(seconds) * SECOND, "bid": bid, "ask": bid + spread}
    limits = Limits.of("2h", "1h", 20.0, 0.005)
    whole = Scan(limits, calendar)
    whole.share = 0.005
    _, expected = whole.finish(columns)
    parts = Scan(limits, calendar)
    parts.share = 0.005
    edges = [0, *sorted({cut for cut in cuts if cut < len(rows)}), len(rows)]
    for first, last in pairwise(edges):
        parts.add({name: values[first:last] for name, values in columns.items()})
    _, got = parts.finish()
    assert got.keys() == expected.keys()
    for day, (count, faults) in expected.items():
        assert got[day][0] == count
        assert got[day][1].tolist() == faults.tolist()
