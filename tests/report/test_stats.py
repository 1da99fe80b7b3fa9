"""The statistics as a whole: keys, the account's own figures, edges, bad input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

from simcore.report import trips
from simcore.report.curve import DAY
from simcore.report.stats import stats
from tests.report.frames import CASH, EVENT, START, MadeRun, made_run, times

BACKTESTING_PY = [
    "Start", "End", "Duration", "Exposure Time [%]", "Equity Final [$]", "Equity Peak [$]", "Commissions [$]",
    "Return [%]", "Buy & Hold Return [%]", "Return (Ann.) [%]", "Volatility (Ann.) [%]", "CAGR [%]", "Sharpe Ratio",
    "Sortino Ratio", "Calmar Ratio", "Alpha [%]", "Beta", "Max. Drawdown [%]", "Avg. Drawdown [%]",
    "Max. Drawdown Duration", "Avg. Drawdown Duration", "# Trades", "Win Rate [%]", "Best Trade [%]",
    "Worst Trade [%]", "Avg. Trade [%]", "Max. Trade Duration", "Avg. Trade Duration", "Profit Factor",
    "Expectancy [%]", "SQN", "Kelly Criterion", "_strategy",
]  # fmt: skip


@pytest.fixture(scope="module")
def run() -> MadeRun:
    return made_run(20_000, 60, 800)


def of(run: MadeRun, **given: Any) -> pd.Series:
    facts = {"start_ns": run.start_ns, "end_ns": run.end_ns, "cash": CASH, "currency": "USD", "ticks": 20_000}
    return stats(**{**run.frames(), **facts, **given})  # type: ignore[arg-type]


def small(equity: list[float], used: list[float] | None = None, **frames: pl.DataFrame) -> pd.Series:
    """Stats of samples a day apart, from Monday 2024-01-02 on, cash 100."""
    n = len(equity)
    used = used or [0.0] * n
    level = [e / u if u else float("inf") for e, u in zip(equity, used, strict=True)]
    ts = times([START + i * DAY + DAY // 2 for i in range(n)])
    columns = {"ts": ts, "balance": equity, "equity": equity, "used_margin": used, "margin_level": level}
    empty = made_run(1_000, 10, 10)
    given = {n: frames.get(n, getattr(empty, n).clear()) for n in ("trades", "fills", "orders", "events")}
    facts = {"start_ns": START, "end_ns": START + n * DAY, "cash": 100.0, "currency": "EUR", "ticks": n}
    return stats(equity=pl.DataFrame(columns), **given, **facts)  # type: ignore[arg-type]


def event(kind: str, day: float, a: float = 0.0, c: float = 0.0) -> dict[str, Any]:
    return {"ts": times([START + int(day * DAY)])[0], "type": kind, "a": a, "c": c}


def test_their_keys_come_first_and_in_their_order(run: MadeRun) -> None:
    assert list(of(run).index[: len(BACKTESTING_PY)]) == BACKTESTING_PY


def test_the_account_says_what_the_broker_did(run: MadeRun) -> None:
    s = of(run)
    assert (s["Margin Calls"], s["Stop Outs"], s["Ticks"], s["Currency"]) == (1, 1, 20_000, "USD")
    assert (s["Orders"], s["Rejections"], s["Denials"], s["Fills"]) == (60 + 15, 15, 0, 120)
    assert s["Swap [$]"] == pytest.approx(sum(run.trades["swap"]), abs=1e-6)
    assert s["Commissions [$]"] == pytest.approx(sum(run.trades["commission"]), abs=1e-6)
    assert s["Equity Final [$]"] == run.equity["equity"][-1]


def test_the_lowest_margin_level_is_found_between_samples_too() -> None:
    calls = pl.DataFrame(
        [event("margin_call", 1.2, a=40.0, c=0.8), event("stop_out", 1.3, a=20.0, c=0.4)], schema=EVENT
    )
    # samples: 100 / 50 = 200 %, 90 / 60 = 150 %, flat; the stop-out in between acted at 40 %
    s = small([100.0, 90.0, 30.0], [50.0, 60.0, 0.0], events=calls)
    assert s["Min. Margin Level [%]"] == pytest.approx(40.0)
    assert s["Max. Used Margin [$]"] == 60.0
    assert np.isnan(small([100.0, 100.0])["Min. Margin Level [%]"])


def test_return_and_drawdown_start_from_the_cash() -> None:
    # cash 100, first sample 80, last 90: -10 %; the deepest fall is from the cash, 20 %
    s = small([80.0, 85.0, 90.0])
    assert s["Return [%]"] == pytest.approx(-10.0)
    assert s["Max. Drawdown [%]"] == pytest.approx(-20.0)
    assert s["Equity Peak [$]"] == 100.0


def test_a_deposit_is_told_and_kept_out_of_the_return() -> None:
    # 100 -> 110 is +10 %; 90 come in; 200 -> 220 is +10 % again: together +21 %, with no fall
    paid = pl.DataFrame([event("deposit", 1.0, a=90.0)], schema=EVENT)
    s = small([110.0, 200.0, 220.0], events=paid)
    assert s["Deposits [$]"] == 90.0
    assert s["Return [%]"] == pytest.approx(21.0)
    assert s["Max. Drawdown [%]"] == 0.0
    assert s["Equity Final [$]"] == 220.0


def test_the_risk_free_rate_and_the_basis_may_be_given(run: MadeRun) -> None:
    plain, other = of(run), of(run, risk_free_rate=0.05, periods_per_year=260.0)
    assert other["Annualisation"] == "daily returns, 260 a year, a Sunday evening counting as a day"
    assert other["Daily Basis"].endswith(" daily returns, 260 a year")
    assert other["Risk-Free Rate [%]"] == 5.0
    assert other["Return (Ann.) [%]"] != plain["Return (Ann.) [%]"]
    expected = (other["Return (Ann.) [%]"] - 5.0) / other["Volatility (Ann.) [%]"]
    assert other["Sharpe Ratio"] == pytest.approx(expected)


def test_a_benchmark_that_is_the_curve_itself_has_beta_one() -> None:
    run = made_run(20_000, 60, 800)
    own = run.equity.select("ts", price="equity")
    s = of(run, benchmark=own)
    assert s["Beta"] == pytest.approx(1.0)
    # alpha = R - beta * B: zero but for the cash the curve starts from, which here is its first sample
    assert s["Alpha [%]"] == pytest.approx(0.0, abs=1e-9)


def test_extra_overrides_and_adds(run: MadeRun) -> None:
    s = of(run, extra={"Equity Peak [$]": 12_345.0, "Trials": 7})
    assert s["Equity Peak [$]"] == 12_345.0
    assert s.index[-1] == "Trials"


def test_a_run_in_which_nothing_happened_has_no_ratios() -> None:
    s = small([100.0] * 3)
    for key in ("Win Rate [%]", "Profit Factor", "SQN", "Kelly Criterion", "Sharpe Ratio", "Sortino Ratio", "Beta"):
        assert np.isnan(s[key]), key
    assert s["Max. Trade Duration"] is pd.NaT
    assert s["Max. Drawdown Duration"] is pd.NaT
    assert (s["# Trades"], s["Return [%]"], s["Max. Drawdown [%]"], s["Exposure Time [%]"]) == (0, 0.0, 0.0, 0.0)


def test_no_sample_at_all_is_the_cash() -> None:
    s = small([])
    assert s["Equity Final [$]"] == 100.0
    assert np.isnan(s["Return (Ann.) [%]"])


def test_an_account_that_is_lost_has_no_sharpe_ratio() -> None:
    s = small([100.0, 50.0, 10.0, 1.0, 0.5])
    assert s["Return (Ann.) [%]"] == pytest.approx(-100.0)
    assert np.isnan(s["Sharpe Ratio"])
    assert small([100.0, 50.0, -20.0])["CAGR [%]"] == -100.0


def test_trades_by_hand() -> None:
    # net 30, -10, 20, 0 of 1,000 each: two of four win; 50 won against 10 lost
    trades = pl.DataFrame(
        {
            "net": [30.0, -10.0, 20.0, 0.0],
            "return_pct": [3.0, -1.0, 2.0, 0.0],
            "entry_time": times([0, DAY, 2 * DAY, 3 * DAY]),
            "exit_time": times([DAY, 3 * DAY, 3 * DAY, 4 * DAY]),
        }
    )
    t = trips.of_trades(trades)
    assert (t["# Trades"], t["Win Rate [%]"], t["Best Trade [%]"], t["Worst Trade [%]"]) == (4, 50.0, 3.0, -1.0)
    assert t["Profit Factor"] == pytest.approx(5.0)
    assert t["Expectancy [%]"] == pytest.approx(1.0)
    assert t["Avg. Trade [%]"] == pytest.approx(100 * ((1.03 * 0.99 * 1.02) ** 0.25 - 1))
    # mean 10; squared distances 400, 400, 100, 100 over n - 1 = 3: sqrt(1000/3) = 18.257; sqrt(4) * 10 / 18.257
    assert t["SQN"] == pytest.approx(1.0954451)
    # W = 1/2, R = mean win 25 over mean loss 10 = 2.5: 1/2 - (1/2) / 2.5 = 0.3
    assert t["Kelly Criterion"] == pytest.approx(0.3)
    # 1, 2, 1 and 1 days: mean 1.25, up to whole days as all times are days
    assert (t["Max. Trade Duration"], t["Avg. Trade Duration"]) == (2 * DAY, 2 * DAY)


def test_exposure_counts_samples_with_a_position_since_the_one_before() -> None:
    ts = np.array([10, 20, 30, 40, 50])
    trades = pl.DataFrame({"entry_time": times([12]), "exit_time": times([21])})
    # held from 12 to 21: seen by the samples at 20 and 30; and margin is used at 50
    assert trips.exposure(ts, np.array([0.0, 0, 0, 0, 1.0]), trades) == pytest.approx(3 / 5)
    inside = pl.DataFrame({"entry_time": times([41, 60]), "exit_time": times([42, 70])})
    assert trips.exposure(ts, np.zeros(5), inside) == pytest.approx(1 / 5)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"cash": 0.0}, "cash must be a positive amount of USD, was 0.0"),
        ({"cash": float("nan")}, "was nan"),
        ({"risk_free_rate": float("inf")}, "risk_free_rate must be a yearly rate like 0.02, was inf"),
        ({"risk_free_rate": "2%"}, "risk_free_rate must be a yearly rate like 0.02, was '2%'"),
        ({"periods_per_year": "252"}, "periods_per_year must be a positive number like 252, was '252'"),
        ({"periods_per_year": 0.0}, "periods_per_year must be a positive number like 252, was 0.0"),
        (
            {"benchmark": pl.DataFrame({"ts": times([1]), "x": [1.0]})},
            "needs price, close, or bid and ask; it has ts, x",
        ),
    ],
)
def test_bad_input_is_one_clear_error(run: MadeRun, given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        of(run, **given)
