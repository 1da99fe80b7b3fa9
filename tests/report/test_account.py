"""What the broker did and took, streaks and sides: by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from simcore.report import account, trips
from tests.report.frames import EVENT, times


def told(*rows: tuple[int, str, float, float, float]) -> pl.DataFrame:
    """Events: ts in us, type, a, b, c."""
    found = [{"ts": times([1_000 * ts])[0], "type": kind, "a": a, "b": b, "c": c} for ts, kind, a, b, c in rows]
    return pl.DataFrame(found, schema=EVENT)


def samples(used: list[float], level: list[float]) -> pl.DataFrame:
    return pl.DataFrame({"used_margin": used, "margin_level": level})


def margin(events: pl.DataFrame) -> dict[str, Any]:
    return account.of_margin(samples([10.0, 50.0], [9.0, 2.0]), events, (0, 1_000_000))


def test_time_under_a_margin_call_ends_with_its_clearing_or_with_the_run() -> None:
    calls = told(
        (100, "margin_call", 90.0, 100.0, 0.9),
        (150, "margin_call_cleared", 110.0, 100.0, 1.1),
        (160, "margin_call_cleared", 110.0, 100.0, 1.1),  # of no call
        (900, "margin_call", 80.0, 100.0, 0.8),
    )
    m = margin(calls)
    assert m["Margin Calls"] == 2
    # 50 + (1,000 - 900) of 1,000 us
    assert m["Margin Call Duration"] == 150_000
    assert m["Margin Call Time [%]"] == pytest.approx(15.0)
    # between the samples the call saw 80 %, and 100 of margin used
    assert m["Min. Margin Level [%]"] == pytest.approx(80.0)
    assert m["Max. Used Margin [$]"] == 100.0


def test_without_a_call_the_samples_say_it() -> None:
    m = margin(told())
    assert (m["Min. Margin Level [%]"], m["Max. Used Margin [$]"], m["Margin Call Duration"]) == (200.0, 50.0, 0)


def test_costs_add_up_and_swap_has_the_sign_of_the_account() -> None:
    fills = pl.DataFrame(
        {"commission": [1.0, 2.0], "slippage": [0.5, 0.0], "spread": [0.25, 0.25], "value": [100.0, 120.0], "swap": 0.0}
    )
    c = account.of_costs(fills, told((1, "swap", -3.0, 1.0, 0.0), (2, "swap", 1.0, 1.0, 0.0)))
    assert (c["Swap [$]"], c["Slippage [$]"], c["Spread Cost [$]"]) == (-2.0, 0.5, 0.5)
    # 3 commission + 0.5 + 0.5 + 2 of swap paid
    assert c["Cost of Trading [$]"] == 6.0
    assert c["Turnover [$]"] == 220.0


def test_what_a_frame_does_not_hold_is_nan() -> None:
    c = account.of_costs(pl.DataFrame({"commission": [1.0], "swap": [0.0]}), told())
    assert np.isnan([c["Spread Cost [$]"], c["Cost of Trading [$]"], c["Turnover [$]"]]).all()
    assert np.isnan(account.of_exposure(None)["Max. Gross Exposure [%]"])


def test_gross_exposure_over_equity() -> None:
    e = account.of_exposure(pl.DataFrame({"gross_pct": [0.0, 150.0, float("nan"), 30.0]}))
    assert (e["Max. Gross Exposure [%]"], e["Avg. Gross Exposure [%]"]) == (150.0, 60.0)


def test_streaks_by_hand() -> None:
    # + + - - - 0 - + : two wins of 30, three losses of 6; the zero ends the losses
    s = trips.streaks(np.array([10.0, 20.0, -1.0, -2.0, -3.0, 0.0, -5.0, 25.0]))
    assert s == {
        "Max. Consecutive Wins": 2,
        "Max. Consecutive Profit [$]": 30.0,
        "Max. Consecutive Losses": 3,
        "Max. Consecutive Loss [$]": -6.0,
    }
    assert trips.streaks(np.empty(0)) == dict.fromkeys(s, 0)


def test_the_largest_streak_of_money_need_not_be_the_longest() -> None:
    s = trips.streaks(np.array([1.0, 1.0, 1.0, -1.0, 50.0]))
    assert (s["Max. Consecutive Wins"], s["Max. Consecutive Profit [$]"]) == (3, 50.0)


def test_sides_money_and_excursions() -> None:
    trades = pl.DataFrame(
        {
            "net": [10.0, -4.0, 6.0, 0.0],
            "side": [1, 1, -1, -1],
            "mae": [-2.0, -8.0, 0.0, -2.0],
            "mfe": [12.0, 1.0, 7.0, 0.0],
            "mae_pct": [-0.2, -0.8, 0.0, -0.2],
            "mfe_pct": [1.2, 0.1, 0.7, 0.4],
        }
    )
    m = trips.of_money(trades)
    assert (m["Net Profit [$]"], m["Gross Profit [$]"], m["Gross Loss [$]"]) == (12.0, 16.0, -4.0)
    assert (m["Profit Factor (Money)"], m["Expectancy [$]"], m["Payoff Ratio"]) == (4.0, 3.0, 2.0)
    assert (m["Long Trades"], m["Short Trades"], m["Long Win Rate [%]"], m["Short Win Rate [%]"]) == (2, 2, 50.0, 50.0)
    assert (m["Avg. MAE [$]"], m["Max. MAE [$]"], m["Avg. MFE [$]"], m["Max. MFE [$]"]) == (-3.0, -8.0, 5.0, 12.0)
    assert m["Edge Ratio"] == pytest.approx(0.6 / 0.3)
