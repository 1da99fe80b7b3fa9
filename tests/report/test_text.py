"""Words and the terminal."""

from __future__ import annotations

import io
import math

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from simcore.report import display
from simcore.report.stats import stats
from simcore.report.text import BLOCKS, spark, spark_line, stats_table
from tests.report.frames import CASH, made_run


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("Return [%]", -12.345, "−12.35 %"),
        ("Return [%]", -0.0001, "0.00 %"),
        ("Equity Final [$]", 51422.99, "51,422.99 USD"),
        ("Sharpe Ratio", 0.580623, "0.581"),
        ("# Trades", 1066, "1,066"),
        ("Ticks", 20_000_000, "20,000,000"),
        ("Sharpe Ratio", float("nan"), "–"),
        ("Profit Factor", math.inf, "∞"),
        ("Max. Trade Duration", pd.NaT, "–"),
        ("Duration", pd.Timedelta(days=3116), "3,116 d"),
        ("Start", pd.Timestamp("2024-01-02 10:00:01", tz="UTC"), "2024-01-02 10:00"),
        ("Currency", "EUR", "EUR"),
        ("_strategy", "", "–"),
    ],
)
def test_a_value_in_words(key: str, value: object, expected: str) -> None:
    assert display.value_text(key, value, "USD") == expected


@pytest.mark.parametrize(
    ("seconds", "expected"),
    [
        (0.0015, "0.0015 s"),
        (59.0, "59 s"),
        (60.0, "1 min"),
        (750.0, "12 min 30 s"),
        (3_600.0, "1 h"),
        (14_820.0, "4 h 07 min"),
        (86_400.0 * 2 + 3 * 3_600, "2 d 03 h"),
        (86_400.0 * 45.4, "45 d"),
    ],
)
def test_a_duration_in_its_two_largest_units(seconds: float, expected: str) -> None:
    assert display.duration_text(seconds) == expected


def test_the_digits_are_those_the_prices_need() -> None:
    assert display.digits_of([1.1, 1.10234, 1.2]) == 5
    assert display.digits_of([156.25, 156.125]) == 3
    assert display.digits_of([]) == 2
    assert display.price_text(1.1, 5) == "1.10000"
    assert display.price_text(float("nan"), 5) == "–"


def test_spark_runs_from_the_lowest_to_the_highest() -> None:
    assert spark([1.0, 2, 3, 4, 5, 6, 7, 8]) == BLOCKS
    assert spark([5.0, 5.0]) == "▄▄"
    assert spark([]) == spark([float("nan")]) == ""
    assert spark_line([100.0, 50.0], "EUR") == "100.00 █▁ 50.00 EUR"
    assert spark_line([], "EUR") == ""


@given(st.lists(st.floats(-1e9, 1e9), min_size=1, max_size=300), st.integers(1, 80))
def test_spark_is_never_wider_than_asked(values: list[float], width: int) -> None:
    line = spark(values, width)
    assert len(line) == min(width, len(values))
    assert set(line) <= set(BLOCKS)


@pytest.mark.parametrize("width", [60, 120])
def test_the_table_holds_every_known_key_and_fits_the_terminal(width: int) -> None:
    run = made_run(5_000, 20, 200)
    s = stats(**run.frames(), start_ns=run.start_ns, end_ns=run.end_ns, cash=CASH, currency="USD", ticks=5_000)
    out = io.StringIO()
    Console(file=out, width=width, color_system=None).print(stats_table(s, run.equity, title="EmaCross"))
    lines = out.getvalue().splitlines()
    assert max(len(line.rstrip()) for line in lines) <= width
    unknown = [key for key, value in s.items() if display.value_text(key, value) == display.NONE]
    assert "Buy & Hold Return [%]" in unknown, "no prices were given"
    for key in s.index.drop(unknown):
        assert display.label(key) in out.getvalue(), key
    assert display.label("Buy & Hold Return [%]") not in out.getvalue()
    assert lines[-1].strip() == f"{len(unknown)} figures without a value in this run are left out"
    assert lines[0].strip() == "EmaCross"
    assert lines[1].startswith(f"{CASH:,.2f} ")
    assert lines[1].rstrip().endswith(f" {run.equity['equity'][-1]:,.2f} USD")
