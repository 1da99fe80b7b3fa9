"""The page: what is on it, that it needs nothing else, and that a million quotes are no burden."""

from __future__ import annotations

import base64
import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from simcore.report import tables
from simcore.report.html import report
from simcore.report.stats import stats
from tests.report.frames import CASH, MadeRun, made_run

N = 1_000_000


@pytest.fixture(scope="module")
def run() -> MadeRun:
    return made_run(N)


@pytest.fixture(scope="module")
def page(run: MadeRun, tmp_path_factory: pytest.TempPathFactory) -> str:
    path = written(run, tmp_path_factory.mktemp("report") / "out.html", prices={"EURUSD": run.prices})
    return path.read_text(encoding="utf-8")


def written(run: MadeRun, path: Path, currency: str = "USD", **given: Any) -> Path:
    s = stats(
        **run.frames(),
        start_ns=run.start_ns,
        end_ns=run.end_ns,
        cash=CASH,
        currency=currency,
        ticks=run.prices.height,
        strategy="EmaCross",
    )
    asked: dict[str, Any] = {
        "title": "EmaCross on EURUSD",
        "margin_call_level": 1.0,
        "stop_out_level": 0.5,
        "assumptions": {"Broker": "mt5-hedging", "Slippage": "none"},
    }
    return report(path, stats=s, **run.frames(), **{**asked, **given})


def figures(page: str) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found is not None
    return dict(json.loads(found[1])["figures"])


def trace(figure: dict[str, Any], name: str) -> dict[str, Any]:
    return next(dict(t) for t in figure["data"] if t["name"] == name)


def column(packed: dict[str, str]) -> np.ndarray:
    return np.frombuffer(base64.b64decode(packed["bdata"]), "<f8")


def test_it_stands_alone(page: str) -> None:
    own = page.replace(re.findall(r"<script>(/\*\*.*?)</script>", page, re.S)[0], "")  # without plotly.js
    assert page.count("plotly.js v") == 1
    assert "http" not in own.replace("http-equiv", "")
    assert not re.search(r"\b(src|href)=|@import|url\(", own)
    assert "default-src 'none'" in own
    config = json.loads(re.findall(r'id="data">(.*?)</script>', page, re.S)[0])["config"]
    assert config["showSendToCloud"] is False


def test_a_million_quotes_become_a_small_page_that_keeps_the_extremes(page: str, run: MadeRun) -> None:
    plotly = len(re.findall(r"<script>(/\*\*.*?)</script>", page, re.S)[0])
    assert len(page) - plotly < 1_500_000
    price = figures(page)["price0"]
    bid, ask = column(trace(price, "Bid")["y"]), column(trace(price, "Ask")["y"])
    assert bid.size < N / 20
    assert (bid.min(), bid.max()) == (run.prices["bid"].min(), run.prices["bid"].max())
    assert (ask.min(), ask.max()) == (run.prices["ask"].min(), run.prices["ask"].max())
    assert f"{bid.size:,} of 1,000,000 quotes are drawn" in page


def test_equity_and_drawdown_keep_their_extremes(page: str, run: MadeRun) -> None:
    figure, value = figures(page)["equity"], run.equity["equity"].to_numpy()
    drawn = column(trace(figure, "Equity")["y"])
    assert (drawn.min(), drawn.max()) == (value.min(), value.max())
    deepest = -100 * (1 - value / np.maximum.accumulate(value)).max()
    assert column(trace(figure, "Drawdown")["y"]).min() == pytest.approx(deepest)


def test_cash_paid_out_is_no_drawdown(tmp_path: Path) -> None:
    run = made_run(2_000, 12, 50)
    at, level = run.equity["ts"][25], run.equity["equity"]
    paid = pl.DataFrame([{"ts": at, "type": "deposit", "a": -5_000.0}], schema=run.events.schema)
    row = pl.int_range(pl.len())
    less = run.equity.with_columns(equity=pl.when(row >= 25).then(level - 5_000.0).otherwise(level))
    drawn = []
    for equity, events in ((run.equity, paid.clear()), (less, paid)):
        frames = {**run.frames(), "equity": equity, "events": events}
        same = MadeRun(run.prices, start_ns=run.start_ns, end_ns=run.end_ns, **frames)
        figure = figures(written(same, tmp_path / "c.html").read_text())["equity"]
        drawn.append(column(trace(figure, "Drawdown")["y"])[:26])
    assert drawn[1] == pytest.approx(drawn[0])


def test_every_kind_of_fill_is_marked_where_it_happened(page: str, run: MadeRun) -> None:
    price = figures(page)["price0"]
    quotes = dict(zip(column(trace(price, "Bid")["x"]), column(trace(price, "Bid")["y"]), strict=True))
    for name, why, side in (
        ("Buy", "order", 1),
        ("Sell", "order", -1),
        ("Stop loss", "stop_loss", None),
        ("Take profit", "take_profit", None),
        ("Stop-out", "stop_out", None),
    ):
        some = run.fills.filter(pl.col("why") == why)
        some = some if side is None else some.filter(pl.col("side") == side)
        mark = trace(price, name)
        assert list(column(mark["y"])) == some["price"].to_list(), name
        assert list(column(mark["x"])) == [t / 1e6 for t in some["ts"].cast(pl.Int64).to_list()], name
        assert all(x in quotes for x in column(mark["x"])), "a mark lies on its quote"
    assert "result" in trace(price, "Stop-out")["text"][0]


def test_the_margin_chart_has_the_levels_and_the_moments(page: str) -> None:
    figure = figures(page)["margin"]
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [100.0, 50.0]
    assert [note["text"] for note in figure["layout"]["annotations"]] == ["Margin call 100 %", "Stop-out 50 %"]
    assert [note["y"] for note in figure["layout"]["annotations"]] == [2.0, pytest.approx(1.69897)]  # log10
    assert column(trace(figure, "Stop-out")["y"]) == pytest.approx([49.9])
    level = column(trace(figure, "Margin level")["y"])
    assert np.isnan(level).any(), "no line where no margin is used"


def test_levels_in_money_are_drawn_against_equity(run: MadeRun, tmp_path: Path) -> None:
    path = written(run, tmp_path / "m.html", margin_call_level=5_000.0, stop_out_level=2_000.0, stop_out_mode="money")
    figure = figures(path.read_text())["margin"]
    assert [shape["y0"] for shape in figure["layout"]["shapes"]] == [5_000.0, 2_000.0]
    assert figure["layout"]["yaxis"]["type"] == "linear"
    held = run.equity.filter(pl.col("used_margin") > 0)["equity"]
    drawn = column(trace(figure, "Equity while margin is used")["y"])
    assert np.nanmin(drawn) == held.min()


def test_the_figures_are_on_it_in_words(page: str) -> None:
    for words in ("EmaCross on EURUSD", "Sharpe Ratio", "Stop Outs", "1,000,000 ticks", "The last 50 of 300 trades"):
        assert words in page
    assert "needs 29,942.00 USD of margin for 27.22 lots" in page
    assert "<span>NO_MONEY <b>14</b></span>" in page
    assert "<dt>Slippage</dt><dd>none</dd>" in page
    assert "position closed at market, it had the largest loss" in page


def test_what_came_from_outside_cannot_become_markup(run: MadeRun, tmp_path: Path) -> None:
    bad = "</script><script>alert(1)</script>"
    small = made_run(2_000, 12, 50)
    tagged = {**small.frames(), "trades": small.trades.with_columns(tag=pl.lit(bad))}
    evil = MadeRun(small.prices, start_ns=small.start_ns, end_ns=small.end_ns, **tagged)
    path = written(evil, tmp_path / "x.html", bad, title=bad, prices={bad: small.prices}, assumptions={bad: bad})
    text = path.read_text()
    assert "alert(1)" in text
    assert "<script>alert" not in text
    assert text.count("</script>") == 3


def test_bars_are_drawn_as_candles(run: MadeRun, tmp_path: Path) -> None:
    ohlc = (pl.col("bid").first().alias("Open"), pl.col("bid").max().alias("High"), pl.col("bid").min().alias("Low"))
    bars = run.prices.group_by_dynamic("ts", every="1h").agg(*ohlc, pl.col("bid").last().alias("Close"))
    text = written(run, tmp_path / "b.html", prices={"EURUSD": bars}).read_text()
    candles = figures(text)["price0"]["data"][0]
    span = -(-bars.height // 600)
    assert candles["type"] == "candlestick"
    assert column(candles["x"]).size == -(-bars.height // span) <= 600
    assert (column(candles["low"]).min(), column(candles["high"]).max()) == (bars["Low"].min(), bars["High"].max())
    assert f"Each candle is {span} of {bars.height:,} bars." in text


def test_several_instruments_get_a_tab_each(run: MadeRun, tmp_path: Path) -> None:
    text = written(run, tmp_path / "t.html", prices={"EURUSD": run.prices, "GBPUSD": run.prices}).read_text()
    assert re.findall(r'aria-controls="panel\d">(\w+)<', text) == ["EURUSD", "GBPUSD"]
    assert not [t for t in figures(text)["price1"]["data"] if t["mode"] == "markers"], "no fills of EURUSD on GBPUSD"


def test_very_many_fills_are_thinned_and_it_says_so(tmp_path: Path) -> None:
    run = made_run(100_000, 8_000, 500)
    text = written(run, tmp_path / "f.html", prices={"EURUSD": run.prices}).read_text()
    shown = re.search(r"([\d,]+) of 16,000 fills are drawn", text)
    assert shown is not None
    assert int(shown[1].replace(",", "")) < 5_100  # at most 2 x 500 and 2 of five kinds
    assert "Lines join the 1,000 largest of 8,000 trades." in text


def test_a_run_in_which_nothing_happened(tmp_path: Path) -> None:
    run = made_run(1_000, 10, 20)
    empty = {name: frame.clear() for name, frame in run.frames().items()}
    quiet = MadeRun(run.prices, start_ns=run.start_ns, end_ns=run.end_ns, **empty)
    text = written(quiet, tmp_path / "e.html", prices={"EURUSD": run.prices}).read_text()
    for words in ("No trade was closed.", "Nothing was refused.", "No margin was used.", "No sample of the equity"):
        assert words in text
    assert list(figures(text)) == ["price0"]


def test_a_refused_change_is_listed_beside_refused_orders(run: MadeRun) -> None:
    change = {"ts": run.orders["ts"][3], "type": "order_refused", "symbol": "EURUSD", "order": 7, "reason": "FROZEN"}
    twice = {**change, "order": 601, "reason": "NO_MONEY"}  # the event of an order that the orders frame has
    events = pl.DataFrame([{**change, "sentence": "too near"}, {**twice, "sentence": "no"}], schema=run.events.schema)
    text = tables.refusals_table(run.orders, events)
    assert "<span>FROZEN <b>1</b></span>" in text
    assert "<span>NO_MONEY <b>14</b></span>" in text
    assert "change or cancel" in text


def test_an_unknown_mode_is_refused_before_anything_is_written(run: MadeRun, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="stop_out_mode must be percent or money, was 'cash'"):
        written(run, tmp_path / "x.html", stop_out_mode="cash")
    assert list(tmp_path.iterdir()) == []


def test_prices_without_their_columns_are_refused(run: MadeRun, tmp_path: Path) -> None:
    words = "prices of EURUSD have bid, ts; give ts with bid and ask, or ts with open, high, low and close"
    with pytest.raises(ValueError, match=words):
        written(run, tmp_path / "x.html", prices={"EURUSD": run.prices.drop("ask")})
    assert list(tmp_path.iterdir()) == []
