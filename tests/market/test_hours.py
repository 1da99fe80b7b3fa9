"""LEAN's market hours: sessions by hand from the database's own entries."""

from __future__ import annotations

import json
from datetime import date

import numpy as np
import pytest

from simcore.market.errors import DataError
from simcore.market.hours import DATABASE, market_hours
from simcore.market.sessions import sessions
from simcore.market.timeframe import DAY


def instants(*texts):
    return [int(np.datetime64(text, "ns").astype(np.int64)) for text in texts]


def shown(times):
    return [str(time)[:16] for time in times.view("M8[ns]")]


@pytest.fixture
def lean(shared):
    path = shared / "market-data" / "lean" / "Data"
    if not (path / DATABASE).is_file():
        pytest.skip(f"needs LEAN's market hours: there is no {path / DATABASE}")
    return path


def test_a_week_of_gold(lean):
    # Sunday 18:03 to Friday 16:58 New York with an hour and five minutes off each day; UTC-4 in May
    hours = market_hours(lean, "cfd", "oanda", "XAUUSD")
    opens, closes = hours.sessions(*instants("2014-05-04", "2014-05-10"))
    assert shown(opens) == [f"2014-05-0{day}T22:03" for day in (4, 5, 6, 7, 8)]
    assert shown(closes) == [f"2014-05-0{day}T20:58" for day in (5, 6, 7, 8, 9)]
    assert (hours.data_timezone, hours.zone.name) == ("UTC", "America/New_York")


def test_winter_and_summer(lean):
    hours = market_hours(lean, "forex", "fxcm")
    # 2014-03-09 the clocks go forward: Friday's close is 22:00 UTC before and 21:00 after
    _, closes = hours.sessions(*instants("2014-03-03", "2014-03-15"))
    assert shown(closes) == ["2014-03-07T22:00", "2014-03-14T21:00"]
    assert hours.data_timezone == "UTC-05"


def test_regular_and_extended_sessions_of_shares(lean):
    hours = market_hours(lean, "equity", "usa", "SPY")
    opens, closes = hours.sessions(*instants("2013-10-07", "2013-10-08"), extended=False)
    assert (shown(opens), shown(closes)) == (["2013-10-07T13:30"], ["2013-10-07T20:00"])
    opens, closes = hours.sessions(*instants("2013-10-07T12:00", "2013-10-08"))
    assert (shown(opens), shown(closes)) == (["2013-10-07T08:00"], ["2013-10-08T00:00"])


def test_holidays_early_closes_and_late_opens(lean):
    shares = market_hours(lean, "equity", "usa")
    # Thanksgiving 2013-11-28 closed, the day after until 13:00
    opens, closes = shares.sessions(*instants("2013-11-27T12:00", "2013-11-30"), extended=False)
    assert shown(opens) == ["2013-11-27T14:30", "2013-11-29T14:30"]
    assert shown(closes) == ["2013-11-27T21:00", "2013-11-29T18:00"]
    # 2009-01-19: the E-mini closes at 11:30 and opens again at 18:00, in one session with the next day
    emini = market_hours(lean, "future", "cme", "ES")
    assert [
        (s.start // DAY * 24 + s.start // (DAY // 24), s.stop // (DAY // 24)) for s in emini.day(date(2009, 1, 19))
    ] == [
        (0, 9),
        (9, 11),
        (18, 24),
    ]
    opens, closes = emini.sessions(*instants("2009-01-19T10:00", "2009-01-20T12:00"))
    assert shown(opens) == ["2009-01-18T23:00", "2009-01-19T23:00"]
    assert shown(closes) == ["2009-01-19T16:30", "2009-01-20T22:00"]


def test_a_market_that_never_closes(lean):
    hours = market_hours(lean, "crypto", "binance", "BTCUSDT")
    assert hours.always_open
    start, stop = instants("2024-01-01", "2024-02-01")
    opens, closes = hours.sessions(start, stop)
    assert (opens.tolist(), closes.tolist()) == ([start], [stop])


def test_every_entry_of_the_database_reads(lean):
    entries = json.loads((lean / DATABASE).read_text())["entries"]
    assert len(entries) == 549
    start, stop = instants("2024-01-01", "2024-01-15")
    for key in entries:
        kind, market, symbol = key.split("-", 2)
        hours = market_hours(lean, kind, market, symbol)
        opens, closes = hours.sessions(start, stop)
        assert hours.name == key
        assert (opens < closes).all()
        assert (opens[1:] > closes[:-1]).all()  # what meets is one session


def test_what_is_not_there(lean, tmp_path):
    with pytest.raises(DataError, match=r'no entry for "Forex-onda-EURUSD"\. Did you mean "Forex-oanda-'):
        market_hours(lean, "forex", "onda", "EURUSD")
    with pytest.raises(DataError, match=r"hours\.json: no such file; it is market-hours.*of LEAN's data folder"):
        market_hours(tmp_path / "hours.json", "forex", "oanda")
    (tmp_path / "hours.json").write_text("{}")
    with pytest.raises(DataError, match=r"not LEAN's market hours database"):
        market_hours(tmp_path / "hours.json", "forex", "oanda")
    (tmp_path / "other.json").write_text('{"entries": {"Forex-oanda-[*]": {}}}')
    with pytest.raises(DataError, match=r'the entry "Forex-oanda-\[\*\]" cannot be read'):
        market_hours(tmp_path / "other.json", "forex", "oanda")


def test_a_calendar_names_an_entry(lean):
    database = lean / DATABASE
    opens, closes = sessions(f"{database}#Cfd-oanda-XAUUSD", *instants("2014-05-05T12:00", "2014-05-05T23:00"))
    assert (shown(opens), shown(closes)) == (
        ["2014-05-04T22:03", "2014-05-05T22:03"],
        ["2014-05-05T20:58", "2014-05-06T20:58"],
    )
    # shares trade in their regular session, futures at night too
    opens, _ = sessions(f"{database}#Equity-usa-[*]", *instants("2013-10-07", "2013-10-08"))
    assert shown(opens) == ["2013-10-07T13:30"]
    opens, _ = sessions(f"{database}#Future-cme-ES", *instants("2013-10-07", "2013-10-08"))
    assert shown(opens) == ["2013-10-06T22:00", "2013-10-07T22:00"]
    assert sessions(f"{database}#Crypto-binance-[*]", 0, 1) is None
    with pytest.raises(DataError, match=r'no entry "Cfd-oanda-XAUUSX"\. Did you mean "Cfd-oanda-XAUUSD"'):
        sessions(f"{database}#Cfd-oanda-XAUUSX", 0, 1)
