"""How requests are paced, and what a server says about when to come again."""

from __future__ import annotations

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import httpx
import pytest

from simcore.market.download import fetch as fetching
from simcore.market.download.fetch import Pace, _may_pass
from simcore.market.download.plan import Remote


def test_requests_are_never_closer_than_asked():
    now, waited = [100.0], []

    def sleep(seconds: float) -> None:
        waited.append(seconds)
        now[0] += seconds

    pace = Pace(4.0, lambda: now[0], sleep)
    times = []
    for took in (0.0, 0.1, 0.0, 3.0, 0.0):  # seconds that each request takes
        pace.wait()
        times.append(now[0])
        now[0] += took
    assert times == pytest.approx([100.0, 100.25, 100.5, 100.75, 103.75])
    assert waited == pytest.approx([0.25, 0.15, 0.25])  # after three seconds nothing is saved up for a burst


def test_every_request_is_paced_retries_and_checksums_too(tmp_path, dukascopy):
    waits = []
    pace = Pace(1.0, lambda: 0.0, waits.append)
    path = "EURUSD/2019/01/04/00h_ticks.bi5"
    dukascopy.faults[path] = [503, 503]
    fetch = fetching.Fetch(dukascopy.address, tmp_path, pace)
    assert fetch.fetch(Remote(path, 0, lambda file: None, checksum=True), tmp_path / "x") is not None
    fetch.close()
    assert len(dukascopy.asked) == 4
    assert waits == [1.0, 2.0, 3.0]


def answer(status: int, **headers: str) -> httpx.HTTPStatusError:
    request = httpx.Request("GET", "http://x")
    return httpx.HTTPStatusError("", request=request, response=httpx.Response(status, headers=headers, request=request))


def test_what_is_tried_again_and_when():
    assert [_may_pass(answer(status)) for status in (408, 429, 500, 503, 504)] == [True] * 5
    assert [_may_pass(answer(status)) for status in (400, 401, 403, 410)] == [False] * 4
    assert _may_pass(httpx.ReadTimeout("")) is True
    assert _may_pass(httpx.ConnectError("")) is True
    assert _may_pass(ValueError()) is False
    header = "Retry-After"
    assert _may_pass(answer(429, **{header: "17"})) == 17.0
    assert _may_pass(answer(503, **{header: "86400"})) == 300.0  # a day is not waited for
    assert _may_pass(answer(503, **{header: "soon"})) is True
    past = format_datetime(datetime.now(UTC) - timedelta(hours=1), usegmt=True)
    assert _may_pass(answer(503, **{header: past})) == 0.0
    far = format_datetime(datetime.now(UTC) + timedelta(days=1), usegmt=True)
    assert _may_pass(answer(503, **{header: far})) == 300.0


def test_a_proxy_is_not_asked_for_this_machine(tmp_path, dukascopy, monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    fetch = fetching.Fetch(dukascopy.address, tmp_path, Pace(1e9), tries=1)
    path = "EURUSD/2019/01/04/00h_ticks.bi5"
    assert fetch.fetch(Remote(path, 0, lambda file: None), tmp_path / "x") == len(dukascopy.content(path))
    fetch.close()


def test_an_address_that_is_none(tmp_path):
    with pytest.raises(fetching.DataError, match="address 'nowhere' must begin with http:// or https://"):
        fetching.Fetch("nowhere", tmp_path, Pace(1e9))


def test_a_server_there_is_not(tmp_path):
    fetch = fetching.Fetch("http://127.0.0.1:9", tmp_path, Pace(1e9), tries=2)
    with pytest.raises(fetching.DataError, match=r"http://127\.0\.0\.1:9/x: .*refused.*run this again to go on"):
        fetch.fetch(Remote("x", 0, lambda file: None), tmp_path / "x")
    fetch.close()


def test_retries_say_nothing_on_stderr():
    assert any(isinstance(handler, logging.NullHandler) for handler in logging.getLogger("stamina").handlers)
