"""From a result to its page: prices read from the feed, rules with their sources, what a benchmark would have made."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest
from rich.console import Console

import simcore as sc
from simcore.brokers.errors import ConfigError
from simcore.report.prices import Prices
from simcore.report.text import stats_table
from simcore.result import Result
from simcore.run.assumptions import assumptions
from simcore.run.reporting import contents_of, held, prices_of
from tests.report.unpacked import Carried
from tests.result.runs import play, quotes


@pytest.fixture(scope="module")
def run() -> Result:
    rows = [(60 * i, 1.1 + i * 1e-4, 1.1002 + i * 1e-4) for i in range(200)]
    data = {"EURUSD": quotes(*((s, round(b, 5), round(a, 5)) for s, b, a in rows))}
    return play({0: lambda c: c.buy(0.5), 3: lambda c: c.close()}, data, sample="1h")


def test_a_rule_stands_with_its_source_and_its_mark() -> None:
    broker = sc.Broker.preset("mt5-hedging", leverage=30)
    rows = {(one.group, one.name): one for one in assumptions(broker, [sc.Instrument.fx("EURUSD")], 5_000.0)}
    assert rows["Account", "preset"].source == f"rules as of {broker.as_of}"
    assert rows["Account", "cash"].value == "5,000.00 USD"
    own = rows["Account", "leverage"]
    assert (own.value, own.source, own.unverified) == ("30", "set for this run", False)
    level = rows["Margin and stop-out", "stop out level"]
    assert (level.value, level.unverified) == ("50 %", True)
    assert "ESMA" in level.source
    assert rows["Fills", "latency ms"].source == "default"
    assert rows["Contract EURUSD", "price increment"].value == "0.00001"
    assert ("Margin and stop-out", "limits") not in rows, "what is off needs no line"


def test_a_broker_of_ones_own_has_no_sources() -> None:
    rows = assumptions(sc.Broker(leverage=30, limits={"max_leverage": 5}), [], 1.0)
    assert not any(one.unverified for one in rows)
    assert next(one.value for one in rows if one.name == "limits") == "action reject, max leverage 5"


def test_bars_come_back_as_the_bars_they_were() -> None:
    rng = np.random.default_rng(1)
    o = np.round(1.1 + np.cumsum(rng.normal(0, 1e-3, 50)), 5)
    ts = 1_704_153_600_000_000_000 + np.arange(50) * 3_600_000_000_000
    path = {"Open": o, "High": o + 0.002, "Low": o - 0.003, "Close": o + 0.001}
    bars = pl.DataFrame({"ts": ts, **path, "Volume": np.ones(50)})
    result = play({}, {"EURUSD": bars})
    drawn = prices_of(result.run)["EURUSD"]
    assert drawn.is_bars
    for name in ("Open", "High", "Low", "Close"):
        assert drawn.columns[name.lower()].tolist() == pytest.approx(bars[name].to_list(), abs=1e-9)


def test_a_result_read_back_has_the_same_page(run: Result, tmp_path: Path) -> None:
    again = sc.load(run.save(tmp_path / "run.simcore"))
    assert again.report(tmp_path / "b.html").read_bytes() == run.report(tmp_path / "a.html").read_bytes()


def test_the_fingerprint_and_version_are_on_it(run: Result, tmp_path: Path) -> None:
    text = run.report(tmp_path / "a.html").read_text()
    assert run.fingerprint in text
    assert f"simcore {sc.__version__}" in text


def test_buying_and_holding_puts_all_cash_into_the_first_price(run: Result) -> None:
    name, ts, value = held("hold", prices_of(run.run), run.run)
    assert (name, ts[0], ts[-1]) == ("EURUSD held", run.run.feed.start, run.run.feed.end)
    # 10,000 at 1.1001 (the middle), 199 minutes later at 1.1200: 10,000 * 1.12 / 1.1001 = 10,180.89
    assert (value[0], value[-1]) == (10_000.0, pytest.approx(10_180.89, abs=0.005))


def test_a_series_begins_with_the_price_that_stood_when_the_run_did(run: Result, tmp_path: Path) -> None:
    start = pd.Timestamp(run.run.feed.start, tz="UTC")
    times = pd.DatetimeIndex(
        [start - pd.Timedelta(days=2), start - pd.Timedelta(days=1), start + pd.Timedelta(hours=1)]
    )
    given = pd.Series([50.0, 100.0, 105.0], index=times, name="Index")
    assert [column.tolist() for column in held(given, {}, run.run)[1:]] == [
        [run.run.feed.start, run.run.feed.start + 3_600_000_000_000], [10_000.0, 10_500.0]
    ]  # fmt: skip
    frame = pl.DataFrame({"ts": times.tz_localize(None), "close": given.to_numpy()})
    for other in (frame, frame.rename({"ts": "time"}), given.to_frame("close"), given.to_frame("Close").assign(x=1)):
        assert held(other, {}, run.run)[2].tolist() == [10_000.0, 10_500.0]
    page = Carried(run.report(tmp_path / "x.html", benchmark=given).read_text())
    assert list(page.layer("chart-equity", "Index")["y"]) == [10_000.0, 10_500.0]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("EURUSC", "no such instrument; did you mean 'EURUSD'"),
        (pl.DataFrame({"ts": [0], "x": [1.0]}), "needs price, close, or bid and ask"),
        (pl.DataFrame({"close": [1.0]}), "a frame needs ts"),
        (pd.Series([1.0]), "a pandas series by time, was Series"),
        (pd.Series([1.0], index=pd.DatetimeIndex(["2200-01-01"])), "no price above zero before the run ends"),
    ],
)
def test_a_benchmark_that_is_none_is_one_clear_error(run: Result, given: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(sc.ConfigError, match=words):
        run.report(tmp_path / "x.html", benchmark=given)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_prints_are_drawn_where_there_are_no_quotes_and_are_no_quotes_beside_them(tmp_path: Path) -> None:
    quoted = quotes(*((60 * i, 100.0 + i, 100.5 + i) for i in range(6)))
    prints = pl.DataFrame({"ts": quoted["ts"] + 1_000_000_000, "price": [90.0] * 6, "size": [1.0] * 6})
    alone = play({}, {"XYZ": sc.read_prints(prints, symbol="XYZ")}, instruments=[sc.Instrument.stock("XYZ")])
    page = Carried(alone.report(tmp_path / "a.html").read_text())
    assert list(page.layer("chart-price0", "Bid / ask")["bid"]) == [90.0] * 6
    together = [sc.read_quotes(quoted, symbol="XYZ"), sc.read_prints(prints, symbol="XYZ")]
    script = {1: lambda c: c.buy(1), 4: lambda c: c.close()}
    both = play(script, {"XYZ": together}, instruments=[sc.Instrument.stock("XYZ")])
    page = Carried(both.report(tmp_path / "b.html").read_text())
    assert list(page.layer("chart-price0", "Bid / ask")["bid"]) == [100.0, 101.0, 102.0, 103.0, 104.0, 105.0]
    # bought at 101.5, the bid 101 then: down 0.5 at most, not to the 90 of the prints; closed at 104. Spreads 2 * 0.25
    assert both.trades.select("mae", "mfe").row(0) == (-0.5, 2.5)
    assert both.stats["Spread Cost [$]"] == 0.5


def test_own_lines_lie_on_the_prices_or_in_a_chart_below(run: Result, tmp_path: Path) -> None:
    times = pd.DatetimeIndex(pd.to_datetime(run.run.feed.start) + pd.to_timedelta([0, 60, 120], unit="s"))
    mean = pd.Series([np.nan, 1.1, 1.100123], index=times)
    strength = pl.DataFrame({"ts": times, "rsi": [40.0, 55.5, 71.25]})
    page = Carried(run.report(tmp_path / "x.html", lines={"Mean": mean, "EURUSD": {"RSI": strength}}).read_text())
    assert page.names("chart-price0")[-1] == "Mean"
    drawn = page.layer("chart-price0", "Mean")
    assert list(drawn["y"][1:]) == [1.1, 1.100123]
    assert list(np.diff(drawn["x"])) == [60_000.0, 60_000.0]
    assert list(page.layer("chart-price0-line0", "RSI")["y"]) == [40.0, 55.5, 71.25]  # 71 is no price of EURUSD
    assert run.report(tmp_path / "y.html").read_text().count("chart-price0-line0") == 0


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"Mean": [1.1]}, r"lines\['Mean'\]: must be a pandas series by time or a polars frame, was list"),
        ({"GBPUSD": {"Mean": [1.1]}}, r"lines\['GBPUSD'\]: the run had EURUSD"),
        ({"Mean": pl.DataFrame({"ts": [0], "x": [1.1], "y": [2.0]})}, "needs ts and one column, it has ts, x, y"),
        ({"Mean": pd.Series([1.0, 2.0], index=pd.to_datetime(["2024-01-02", "2024-01-01"]))}, "must be in order"),
    ],
)
def test_a_line_that_is_none_is_one_clear_error(run: Result, given: object, words: str, tmp_path: Path) -> None:
    with pytest.raises(sc.ConfigError, match=words):
        run.report(tmp_path / "x.html", lines=given)  # type: ignore[arg-type]
    with pytest.raises(sc.ConfigError, match="the page of one run"):
        run.report(tmp_path / "x.html", lines=given, compare=run)  # type: ignore[arg-type]
    assert list(tmp_path.iterdir()) == []


def test_results_are_compared_by_letter_and_strategy(run: Result, tmp_path: Path) -> None:
    page = run.report(tmp_path / "x.html", compare=[run]).read_text()
    assert Carried(page).names("chart-growth") == [f"A {run.run.strategy}", f"B {run.run.strategy}"]


def test_a_check_of_the_data_is_shown(run: Result) -> None:
    quality = {"verdict": "2 crossed quotes dropped"}
    assert contents_of(run, quality=quality).quality == quality
    assert isinstance(prices_of(run.run)["EURUSD"], Prices)


def test_the_data_of_a_run_are_checked_and_kept_with_it(tmp_path: Path) -> None:
    rows = [(60 * i, 1.1 + i % 2 * 1e-4, 1.1002 + i % 2 * 1e-4) for i in range(50)]
    rows[20] = (1200, 1.1, 1.0999)  # crossed
    rows[30] = rows[29]  # duplicated
    result = play({}, {"EURUSD": quotes(*rows)}, sample="1h")
    verdict = (
        "EURUSD: 50 quotes of 1 day, 1 crossed (2.0 %), 1 duplicated (2.0 %); policy keep: every row is kept as it came"
    )
    assert result.quality["EURUSD"].verdict == verdict
    assert f"<b>{verdict}</b>" in result.report(tmp_path / "x.html").read_text()
    again = sc.load(result.save(tmp_path / "x.simcore"))
    assert again.quality["EURUSD"].verdict == verdict
    assert again.quality["EURUSD"].frame.equals(result.quality["EURUSD"].frame)
    assert f"<b>{verdict}</b>" in again.report(tmp_path / "y.html").read_text()


def test_money_of_an_account_in_yen_has_no_decimals(tmp_path: Path) -> None:
    rows = quotes((0, 150.003, 150.003), (1, 150.299, 150.301), (2, 150.1, 150.102))
    script = {0: lambda ctx: ctx.buy(0.37), 1: lambda ctx: ctx.close(0.1)}
    run = play(
        script, {"USDJPY": rows}, cash=1_000_000.0, currency="JPY", commission={"per_lot": 350, "currency": "JPY"}
    )
    for page in (run.report(tmp_path / "a.html"), run.report(tmp_path / "b.html", compare=[run])):
        text = page.read_text()
        assert f"{run.account['equity']:,.0f} JPY" in text
        assert re.findall(r"\d\.\d+(?:</b>|</span>)? JPY", text) == []
    shown = Console(record=True, width=160)
    shown.print(stats_table(run.stats, run.equity, digits=run.run.broker.money_digits))
    assert re.findall(r"\d\.\d+ JPY", shown.export_text()) == []


def test_what_a_report_cannot_take_is_one_line(run: Result, tmp_path: Path) -> None:
    for many in (-1, "all", True):
        with pytest.raises(ConfigError, match="report: explain is how many orders and events are explained, 0 or more"):
            run.report(tmp_path / "x.html", explain=many)  # type: ignore[arg-type]
    with pytest.raises(ConfigError, match=r"report: compare takes results, such as sc\.load gives, was str"):
        run.report(tmp_path / "x.html", compare=["fast.simcore"])  # type: ignore[list-item]
    alone = run.report(tmp_path / "a.html", compare=run)
    assert alone.read_bytes() == run.report(tmp_path / "b.html", compare=[run]).read_bytes()


def test_as_many_orders_are_explained_as_asked_for(run: Result, tmp_path: Path) -> None:
    for asked, there in ((0, 0), (1, 1), (None, 2)):
        text = run.report(tmp_path / "x.html", explain=asked).read_text()
        assert f"This page explains {there} orders and 0 instants." in text
