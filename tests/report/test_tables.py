"""The tables that need no script: returns by month, groups of trades, costs, notices, assumptions."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import polars as pl
import pytest

from simcore.report.breakdown import breakdown, by
from simcore.report.costs import costs_of, costs_tables
from simcore.report.months import returns_table
from simcore.report.notices import notices
from simcore.report.plots import plots, round_step
from simcore.report.quality import quality_section, verdict_of
from simcore.report.tables import Assumed, assumptions_tables
from tests.report.frames import made_run, no_events, times
from tests.report.pages import page_of

DAY, HOUR = 86_400_000_000_000, 3_600_000_000_000
JAN_2 = 19_724  # 2024-01-02, a Tuesday, in days since 1970


def cells(html: str) -> list[list[str]]:
    """The texts of a table, row by row."""
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", html, re.S)
    return [[re.sub(r"<[^>]*>", "", c) for c in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.S)] for row in rows]


def test_months_compound_their_days_and_years_their_months() -> None:
    # January 10 % and 10 % make 21 %; March -50 %; 1.21 * 0.5 = 0.605: -39.5 % for 2024; January 2025 1 %
    days = np.array([JAN_2, JAN_2 + 1, JAN_2 + 60, JAN_2 + 366])
    table = cells(returns_table(days, np.array([0.1, 0.1, -0.5, 0.01])))
    assert table[0] == [
        "Year",
        *["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"],
        "Total",
    ]
    assert table[1] == ["2024", "21.0", "", "−50.0", *[""] * 9, "−39.5"]
    assert table[2] == ["2025", "1.0", *[""] * 11, "1.0"]


def test_a_short_run_is_shown_by_days() -> None:
    days = np.array([JAN_2, JAN_2 + 2, JAN_2 + 6])  # Tuesday, Thursday, Monday
    table = cells(returns_table(days, np.array([0.02, -0.01, 0.005])))
    assert table[0] == ["Week of", "Mon", "Tue", "Wed", "Thu", "Fri", "Total"]
    assert table[1] == ["2024-01-01", "", "2.0", "", "−1.0", "", "1.0"]  # 1.02 * 0.99 = 1.0098
    assert table[2] == ["2024-01-08", "0.5", "", "", "", "", "0.5"]


def test_a_run_of_one_day_is_a_sentence() -> None:
    assert "it returned −3.20 %" in returns_table(np.array([JAN_2]), np.array([-0.032]))
    assert "No sample" in returns_table(np.empty(0, np.int64), np.empty(0))


def test_the_shade_of_a_cell_says_its_sign_and_size() -> None:
    html = returns_table(np.array([JAN_2, JAN_2 + 31, JAN_2 + 62]), np.array([0.1, -0.05, 0.0]))
    shades = re.findall(r"var\(--(\w+)\) (\d+)%", html)
    assert [tone for tone, _ in shades] == ["up", "down"]
    assert int(shades[0][1]) > int(shades[1][1])


def trades(**columns: Any) -> pl.DataFrame:
    n = len(columns["net"])
    given = {
        "symbol": ["EURUSD"] * n, "side": [1] * n, "why": ["order"] * n, "tag": [None] * n, "commission": [1.0] * n,
        "swap": [0.0] * n, "entry_time": times([0] * n), "exit_time": times([HOUR] * n), **columns,
    }  # fmt: skip
    return pl.DataFrame(given, schema_overrides={"tag": pl.String})


def test_groups_of_trades_by_hand() -> None:
    frame = trades(net=[30.0, -10.0, -5.0, 0.0], tag=["a", "a", "b", "b"])
    a, b = by(frame, "tag").iter_rows(named=True)
    assert (a["group"], a["trades"], a["won"], a["net"], a["average"], a["factor"]) == ("a", 2, 50.0, 20.0, 10.0, 3.0)
    assert (b["group"], b["won"], b["net"], b["best"], b["worst"], b["factor"]) == ("b", 0.0, -5.0, 0.0, -5.0, 0.0)
    assert (a["commission"], a["held"]) == (2.0, HOUR)


def test_only_what_parts_the_trades_is_shown() -> None:
    heads = [row[0] for row in cells(breakdown(trades(net=[1.0, 2.0]))) if row[1] == "Trades"]
    assert heads == ["Side"]
    two = trades(net=[1.0, 2.0], symbol=["EURUSD", "<b>"], tag=["x", None], why=["order", "stop_loss"])
    assert [row[0] for row in cells(breakdown(two)) if row[1] == "Trades"] == ["Side", "Instrument", "Closed by", "Tag"]
    assert "&lt;b&gt;" in breakdown(two)
    assert "No trade was closed" in breakdown(two.clear())


def fills(**columns: Any) -> pl.DataFrame:
    n = len(columns["symbol"])
    given = {"slippage": [0.5] * n, "commission": [2.0] * n, "swap": [0.0] * n, "spread": [4.0] * n, "value": [1e5] * n}
    return pl.DataFrame({**given, **columns})


def swaps(*paid: tuple[str, float]) -> pl.DataFrame:
    rows = [{"ts": None, "type": "swap", "symbol": symbol, "a": a} for symbol, a in paid]
    return pl.DataFrame(rows, schema=no_events().schema)


def test_costs_add_up_and_received_swap_is_below_zero() -> None:
    frame = fills(symbol=["EURUSD", "EURUSD", "GBPUSD"])
    costs = costs_of(frame, swaps(("EURUSD", -3.0), ("GBPUSD", 1.5)))
    # EURUSD: spread 8 + slippage 1 + commission 4 + swap 3 = 16; GBPUSD: 4 + 0.5 + 2 - 1.5 = 5
    assert {symbol: one.paid for symbol, one in costs.items()} == {"EURUSD": 16.0, "GBPUSD": 5.0}
    html = costs_tables(frame, swaps(("EURUSD", -3.0), ("GBPUSD", 1.5)), trades(net=[79.0]), "USD")
    # turnover 300,000 and 21 paid are 0.7 basis points; 79 and 21 are 100, of which 21 %
    assert cells(html)[-1] == ["All", "3", "300,000", "12.00", "1.50", "6.00", "1.50", "21.00", "7.00", "0.70 bp"]
    assert "would have been 100.00. The costs of 21.00, 21 % of it," in re.sub("<[^>]*>", "", html)


def test_costs_beyond_what_was_made_and_costs_of_nothing() -> None:
    html = costs_tables(fills(symbol=["EURUSD"]), swaps(), trades(net=[-1.0]), "USD")  # 6.5 paid, 5.5 made before
    assert "6.50, more than all of it," in html
    unknown = costs_tables(fills(symbol=["EURUSD"]).drop("spread", "value"), swaps(), trades(net=[-1.0]), "USD")
    assert "The spread is not known." in unknown
    assert cells(unknown)[1][2:4] == ["–", "–"]
    assert "nothing was paid" in costs_tables(fills(symbol=[]).clear(), swaps(), trades(net=[]), "USD")


def told(run: Any, **given: Any) -> list[tuple[str, str]]:
    page = page_of(run)
    frames = {"equity": page.equity, "orders": page.orders, "fills": page.fills, "events": page.events}
    found = notices(page.stats, **{**frames, **given}, assumed=page.assumptions)
    return [(notice.tone, notice.text) for notice in found]


def test_the_worst_is_said_first() -> None:
    run = made_run(2_000, 12, 50)
    said = told(run)
    assert said[0][1].startswith("The broker closed 1 position by stop-out; the margin level fell to 49.9 %.")
    assert [tone for tone, _ in said] == sorted((tone for tone, _ in said), key=["bad", "warn", "plain"].index)
    assert ("warn", "15 of 27 orders were refused (55.6 %), most for NO_MONEY (14).") in said
    assert ("warn", "12 trades: too few to tell skill from luck.") in said
    assert ("plain", "Rules not confirmed, or each broker's own choice: leverage.") in said


def test_what_is_open_and_what_was_free_of_charge() -> None:
    run = made_run(2_000, 40, 50)
    free = run.fills.with_columns(commission=pl.lit(0.0)).head(run.fills.height - 1)
    words = [text for _, text in told(run, fills=free)]
    assert "No commission and no slippage were charged: costs are the spread alone." in words
    last = run.fills.row(-1, named=True)  # its close is missing, so what it opened is open
    held = f"{'long' if last['side'] < 0 else 'short'} {last['qty']:g} EURUSD"
    made = run.equity["equity"][-1] - run.equity["balance"][-1]
    assert any(text.startswith(f"Still open at the end: {held}; {made:,.2f} USD".replace("-", "−")) for text in words)
    assert not any("too few" in text for text in words)


def test_a_source_and_a_mark_stand_beside_what_was_assumed() -> None:
    rows = [Assumed("Rules", "leverage", "100", "the broker's choice", True), Assumed("Run", "fast", "20")]
    html = assumptions_tables(rows)
    assert cells(html) == [["leverage *", "100", "the broker&#x27;s choice"], ["fast", "20"]]
    assert "not confirmed, or each broker's own choice" in html
    assert "not confirmed" not in assumptions_tables(rows[1:])


def test_many_contracts_are_one_table() -> None:
    rows = [
        Assumed(f"Contract {symbol}", "contract size", size) for symbol, size in (("A", "1"), ("<B>", "10"), ("C", "5"))
    ]
    assert len(cells(assumptions_tables(rows[:2]))) == 2
    html = assumptions_tables([*rows, Assumed("Contract C", "kind", "cfd")])
    assert cells(html) == [
        ["instrument", "contract size", "kind"],
        ["A", "1", ""],
        ["&lt;B&gt;", "10", ""],
        ["C", "5", "cfd"],
    ]


def test_the_check_of_the_data_is_shown_in_any_form() -> None:
    frame = pl.DataFrame({"day": ["2024-01-02"], "crossed": [3], "worst": [0.25]})
    assert cells(quality_section(frame, {}))[-1] == ["2024-01-02", "3", "0.2500"]
    html = quality_section({"verdict": "clean but for 3 rows", "policy": "drop", "by day": frame}, {})
    assert html.index("clean but for 3 rows") < html.index("policy") < html.index("crossed")
    assert verdict_of({"verdict": "clean but for 3 rows"}) == "clean but for 3 rows"
    assert verdict_of(frame) == verdict_of(None) == verdict_of({"policy": "drop"}) == ""
    said = told(made_run(2_000, 12, 50), verdict="clean but for 3 rows")
    assert ("plain", "Data: clean but for 3 rows") in said
    assert "found nothing" in quality_section(frame.clear(), {})
    assert "were not checked" in quality_section(None, {})


def test_the_bars_of_the_distribution_count_every_trade() -> None:
    rng = np.random.default_rng(3)
    net = np.round(rng.normal(5.0, 40.0, 500), 2)
    begin = rng.integers(0, 30 * DAY, 500)
    frame = trades(net=net, entry_time=times(begin), exit_time=times(begin + rng.integers(1, 2 * DAY, 500)))
    html = plots(frame, "USD")
    figures = html.split("<figure")[1:]
    assert sum(int(n) for n in re.findall(r": ([\d,]+) trades<", figures[0])) == 500
    won = sum(int(n) for n in re.findall(r": (\d+) won", figures[1]))
    lost = sum(int(n) for n in re.findall(r"won, (\d+) lost<", figures[1]))
    assert "NaN" not in html
    assert won <= 2 * (net > 0).sum()
    assert lost >= (net <= 0).sum()
    assert len(figures) == 4
    assert len(plots(frame.with_columns(mae=-1.0 * abs(pl.col("net")), mfe=2.0), "USD").split("<figure")) == 7


@pytest.mark.parametrize(("rough", "step"), [(0.9, 1), (1.0, 1), (1.1, 2), (2.1, 5), (7, 10), (0.03, 0.05)])
def test_steps_are_round(rough: float, step: float) -> None:
    assert round_step(rough) == pytest.approx(step)
