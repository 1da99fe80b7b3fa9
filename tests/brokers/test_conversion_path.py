"""The way from one currency to another through what is quoted."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simcore.brokers.errors import ConfigError
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules.conversion import path

# from, to, quoted, steps as (index, inverse)
CASES = [
    ("USD", "USD", [], []),
    ("EUR", "USD", ["EURUSD"], [(0, False)]),
    ("USD", "EUR", ["EURUSD"], [(0, True)]),
    ("JPY", "EUR", ["USDJPY", "EURUSD", "EURJPY"], [(2, True)]),  # the pair itself goes before two steps
    ("JPY", "EUR", ["USDJPY", "EURUSD"], [(0, True), (1, True)]),  # JPY / USDJPY = USD; USD / EURUSD = EUR
    ("EUR", "JPY", ["USDJPY", "EURUSD"], [(1, False), (0, False)]),
    ("AUD", "CHF", ["AUDCAD", "CADCHF", "AUDUSD", "USDCHF"], [(2, False), (3, False)]),  # USD before CAD
    ("AUD", "CHF", ["NZDCHF", "AUDNZD", "AUDCAD", "CADCHF"], [(2, False), (3, False)]),  # CAD before NZD
    ("EUR", "USD", ["USDEUR", "EURUSD"], [(1, False)]),  # as written, before inverted
    ("EUR", "USD", ["EURUSD", "EURUSD.m"], [(0, False)]),  # the first of two names of one pair
]


@pytest.mark.parametrize(("start", "end", "quoted", "steps"), CASES)
def test_the_way(start: str, end: str, quoted: list[str], steps: list[tuple[int, bool]]) -> None:
    assert list(path(start, end, [Instrument.fx(symbol) for symbol in quoted])) == steps


def test_spot_pairs_count_and_other_kinds_do_not() -> None:
    quoted = [
        Instrument.cfd("EURUSD", base="EUR", quote="USD"),
        Instrument.spot("BTC/USDT"),
        Instrument.spot("BTC/USD"),
    ]
    assert list(path("USDT", "USD", quoted)) == [(1, True), (2, False)]
    with pytest.raises(ConfigError, match="EURUSD is missing"):
        path("EUR", "USD", quoted)


@pytest.mark.parametrize(
    ("start", "end", "quoted", "message"),
    [
        ("JPY", "USD", [], "no quotes to convert JPY to USD: USDJPY is missing; add quotes of USDJPY"),
        (
            "JPY",
            "GBP",
            ["USDJPY"],
            "no quotes to convert JPY to GBP: GBPJPY is missing; add quotes of GBPJPY, or of GBPUSD to go over USD",
        ),
        (
            "SEK",
            "CHF",
            [],
            "no quotes to convert SEK to CHF: CHFSEK is missing; "
            "add quotes of CHFSEK, or of USDSEK and USDCHF to go over USD",
        ),
    ],
)
def test_a_missing_cross_is_named(start: str, end: str, quoted: list[str], message: str) -> None:
    with pytest.raises(ConfigError) as caught:
        path(start, end, [Instrument.fx(symbol) for symbol in quoted])
    assert str(caught.value) == message


MONEY = ["EUR", "USD", "JPY", "GBP", "CHF"]
PAIRS = [a + b for a, b in product(MONEY, MONEY) if a != b]


@given(st.sampled_from(MONEY), st.sampled_from(MONEY), st.lists(st.sampled_from(PAIRS), unique=True))
def test_the_steps_lead_from_start_to_end(start: str, end: str, quoted: list[str]) -> None:
    instruments = [Instrument.fx(symbol) for symbol in quoted]
    try:
        steps = path(start, end, instruments)
    except ConfigError:
        assert f"{start}{end}" not in quoted
        assert f"{end}{start}" not in quoted
        return
    here = start
    for cross, inverse in steps:
        base, quote = instruments[cross].base, instruments[cross].quote
        assert here == (quote if inverse else base)
        here = str(base if inverse else quote)
    assert here == end
    assert len(steps) <= 2
