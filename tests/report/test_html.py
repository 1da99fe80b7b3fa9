"""The page: what is on it, that it needs nothing else, and that a million quotes are no burden."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from simcore.report.charts import Levels
from simcore.report.glossary import MEANINGS, meaning
from simcore.report.html import text
from tests.report.frames import MadeRun, made_run
from tests.report.pages import page_of, with_frames, written
from tests.report.unpacked import Carried

N = 1_000_000


@pytest.fixture(scope="module")
def run() -> MadeRun:
    return made_run(N)


@pytest.fixture(scope="module")
def page(run: MadeRun) -> str:
    return text(page_of(run))


@pytest.fixture(scope="module")
def carried(page: str) -> Carried:
    return Carried(page)


@pytest.fixture(scope="module")
def small() -> MadeRun:
    return made_run(2_000, 12, 50)


def test_it_stands_alone(page: str) -> None:
    assert "http" not in page.replace("http-equiv", "").replace("http://www.w3.org/2000/svg", "")
    assert not re.search(r"\b(src|href)=(?!\"#)|@import|url\((?!#)", page)
    assert "default-src 'none'" in page


def test_the_same_run_is_the_same_file(small: MadeRun) -> None:
    assert text(page_of(small)) == text(page_of(small))


def test_a_million_quotes_become_a_small_page_that_keeps_the_extremes(
    page: str, carried: Carried, run: MadeRun
) -> None:
    assert len(page) < 2_500_000
    price = carried.layer("chart-price0", "Bid / ask")
    bid, ask = price["bid"], price["ask"]
    assert bid.size < 0.45 * N
    assert (bid.min(), bid.max()) == (run.prices["bid"].min(), run.prices["bid"].max())
    assert (ask.min(), ask.max()) == (run.prices["ask"].min(), run.prices["ask"].max())
    assert f"The file holds {bid.size:,} of 1,000,000 quotes" in page


def test_equity_and_drawdown_keep_their_extremes(carried: Carried, run: MadeRun) -> None:
    value = run.equity["equity"].to_numpy()
    drawn = carried.layer("chart-equity", "Equity")["y"]
    assert (drawn.min(), drawn.max()) == (value.min(), value.max())
    deepest = -100 * (1 - value / np.maximum.accumulate(value)).max()
    assert carried.layer("chart-drawdown", "From the peak")["y"].min() == pytest.approx(deepest, abs=0.005)


def test_cash_paid_out_is_no_drawdown(small: MadeRun) -> None:
    at, level = small.equity["ts"][25], small.equity["equity"]
    paid = pl.DataFrame([{"ts": at, "type": "deposit", "a": -5_000.0, "b": 5_000.0}], schema=small.events.schema)
    row = pl.int_range(pl.len())
    less = small.equity.with_columns(equity=pl.when(row >= 25).then(level - 5_000.0).otherwise(level))
    pages = [
        Carried(text(page_of(with_frames(small, equity=equity, events=events))))
        for equity, events in ((small.equity, paid.clear()), (less, paid))
    ]
    drawn = [page.layer("chart-drawdown", "From the peak")["y"][:26] for page in pages]
    assert list(drawn[0]) == list(drawn[1])
    assert list(pages[1].layer("chart-equity", "Cash in or out")["y"]) == [5_000.0]


def test_what_it_is_compared_with_is_drawn_beside_the_equity(small: MadeRun) -> None:
    ts = np.array([small.start_ns, small.end_ns])
    page = Carried(text(page_of(small, held=("Buy and hold", ts, np.array([10_000.0, 10_750.5])))))
    assert list(page.layer("chart-equity", "Buy and hold")["y"]) == [10_000.0, 10_750.5]
    assert list(page.layer("chart-equity", "Buy and hold")["x"]) == [t // 1_000_000 for t in ts]


def test_every_kind_of_fill_is_marked_where_it_happened(carried: Carried, run: MadeRun) -> None:
    price = carried.layer("chart-price0", "Bid / ask")
    quotes = set(zip(price["x"], price["bid"], strict=True)) | set(zip(price["x"], price["ask"], strict=True))
    results = carried.field(carried.data["records"]["fills"], "Result")
    for name, why, side in (
        ("Buy", "order", 1),
        ("Sell", "order", -1),
        ("Stop loss", "stop_loss", None),
        ("Take profit", "take_profit", None),
        ("Stop-out", "stop_out", None),
    ):
        some = run.fills.filter(pl.col("why") == why)
        some = some if side is None else some.filter(pl.col("side") == side)
        mark = carried.layer("chart-price0", name)
        assert list(mark["y"]) == some["price"].to_list(), name
        assert list(mark["x"]) == [t // 1_000_000 for t in some["ts"].cast(pl.Int64).to_list()], name
        assert all(point in quotes for point in zip(mark["x"], mark["y"], strict=True)), "a mark lies on its quote"
        assert [results[int(row)] for row in mark["rows"]] == some["pnl"].to_list()


def test_trades_are_joined_from_entry_to_exit_with_their_stops(carried: Carried, run: MadeRun) -> None:
    won, lost = (run.trades.filter(keep) for keep in (pl.col("net") > 0.0, pl.col("net") <= 0.0))
    for name, some in (("Winning trade", won), ("Losing trade", lost)):
        line = carried.layer("chart-price0", name)
        assert list(line["y"]) == some["entry_price"].to_list()
        assert list(line["y1"]) == some["exit_price"].to_list()
    stops = carried.layer("chart-price0", "SL")
    assert list(stops["y"]) == list(stops["y1"]) == [round(p, 5) for p in run.trades["sl"]]


def test_the_margin_charts_have_the_levels_and_the_moments(carried: Carried, run: MadeRun) -> None:
    lines = {name: carried.layer("chart-level", name) for name in ("Margin call line", "Stop-out line")}
    assert [line["y"] for line in lines.values()] == [100.0, 50.0]
    assert [line["words"] for line in lines.values()] == ["Margin call at 100 %", "Stop-out at 50 %"]
    assert carried.charts["chart-level"]["scale"] == "log"
    assert list(carried.layer("chart-level", "Stop-out")["y"]) == [49.9]
    assert np.isnan(carried.layer("chart-level", "Level")["y"]).any(), "no line where no margin is used"
    used = carried.layer("chart-margin", "Used")["y"]
    assert used.max() == run.equity["used_margin"].max()


def test_levels_in_money_are_drawn_against_equity(small: MadeRun) -> None:
    page = Carried(text(page_of(small, levels=Levels(call=5_000.0, stop=2_000.0, are="equity"))))
    assert page.layer("chart-level", "Stop-out line")["words"] == "Stop-out at 2,000 USD"
    assert "scale" not in page.charts["chart-level"]
    assert page.layer("chart-level", "Equity")["y"].min() == small.equity["equity"].min()


def test_the_figures_are_on_it_in_words(page: str, carried: Carried) -> None:
    for words in ("EmaCross on EURUSD", "Sharpe Ratio", "1,000,000 ticks", "15 of 315 orders were refused (4.8 %)"):
        assert words in page
    refused = carried.tables["table-refused"]["fields"]
    assert "needs 29,942.00 USD of margin for 27.22 lots, free margin is 10,412.55 USD" in carried.field(refused, "Why")
    assert carried.field(refused, "Reason").count("NO_MONEY") == 14
    events = carried.tables["table-events"]["fields"]
    assert any("closed at market, it had the largest loss" in words for words in carried.field(events, "What happened"))
    assert '<th scope="row">slippage</th><td>none</td><td class="source">default</td>' in page
    assert 'leverage <span class="mark"' in page


def test_a_statistic_says_what_it_means(page: str) -> None:
    assert 'data-words="The deepest fall of the equity from a peak, between samples of the equity."' in page


def test_what_came_from_outside_cannot_become_markup(small: MadeRun) -> None:
    bad = "</script><script>alert(1)</script>"
    tagged = with_frames(small, trades=small.trades.with_columns(tag=pl.lit(bad)))
    page = text(page_of(tagged, bad, title=bad, prices={bad: small.prices}, quality={bad: bad}))
    assert "alert(1)" in page
    assert "<script>alert" not in page
    assert page.count("</script>") == 2


def test_bars_are_drawn_as_candles(run: MadeRun) -> None:
    ohlc = (pl.col("bid").first().alias("Open"), pl.col("bid").max().alias("High"), pl.col("bid").min().alias("Low"))
    bars = run.prices.group_by_dynamic("ts", every="1h").agg(*ohlc, pl.col("bid").last().alias("Close"))
    candles = Carried(text(page_of(run, prices={"EURUSD": bars}))).layer("chart-price0", "Price")
    assert (candles["kind"], candles["step"]) == ("candles", 3_600_000.0)
    assert list(candles["open"]) == bars["Open"].to_list()
    assert list(candles["high"]) == bars["High"].to_list()


def test_several_instruments_get_a_panel_each(small: MadeRun) -> None:
    page = text(page_of(small, prices={"EURUSD": small.prices, "GBPUSD": small.prices}))
    assert re.findall(r'role="tab" data-symbol="(\w+)"', page) == ["EURUSD", "GBPUSD"]
    assert Carried(page).names("chart-price1") == ["Bid / ask"], "no fills of EURUSD on GBPUSD"
    many = {f"S{n}": small.prices for n in range(9)}
    assert re.search(
        r'<select id="symbols"><option>S0</option>.*<option>EURUSD</option>', text(page_of(small, prices=many))
    )


def test_very_many_fills_are_thinned_and_it_says_so() -> None:
    run = made_run(100_000, 25_000, 500)
    page = text(page_of(run))
    shown = re.search(r"The file holds ([\d,]+) of 50,000 fills", page)
    assert shown is not None
    carried = Carried(page)
    kinds = [
        name for name in carried.names("chart-price0") if name not in ("Bid / ask", "SL", "TP") and "trade" not in name
    ]
    assert int(shown[1].replace(",", "")) == sum(carried.layer("chart-price0", name)["x"].size for name in kinds)
    assert carried.layer("chart-price0", "Stop-out")["x"].size == 1


def test_a_run_in_which_nothing_happened(small: MadeRun) -> None:
    empty = {name: frame.clear() for name, frame in small.frames().items()}
    page = text(page_of(with_frames(small, **empty)))
    for words in ("No trade was closed.", "No order was refused.", "No sample of the equity", "No order was filled."):
        assert words in page
    assert list(Carried(page).charts) == ["chart-price0"]


def test_prices_without_their_columns_are_refused(small: MadeRun, tmp_path: Path) -> None:
    words = "prices of EURUSD have bid, ts; give ts with bid and ask, or ts with open, high, low and close"
    with pytest.raises(ValueError, match=words):
        written(small, tmp_path / "x.html", prices={"EURUSD": small.prices.drop("ask")})
    assert list(tmp_path.iterdir()) == []


def test_every_statistic_of_a_run_is_explained(small: MadeRun) -> None:
    told = {**page_of(small).stats, "Max. Drawdown [$]": 0.0}
    assert [key for key in told if not meaning(str(key))] == []
    assert sorted(MEANINGS.keys() - {str(key) for key in told}) == []
