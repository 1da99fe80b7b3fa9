"""`sc.backtest` itself: what it takes, what each option does, and one clear error for a malformed call."""

from __future__ import annotations

import math
from typing import Any

import pandas as pd
import polars as pl
import pytest

import simcore as sc
from strategies.momentum import EmaCross
from tests.times import SECOND

START = 1_704_189_600 * SECOND  # 2024-01-02 10:00 UTC


def frame(n: int = 4, bid: float = 1.1) -> pl.DataFrame:
    ts = [START + k * SECOND for k in range(n)]
    return pl.DataFrame({"ts": ts, "bid": [bid] * n, "ask": [round(bid + 0.0001, 5)] * n})


class Buys(sc.Strategy):
    """Buys one lot at the first quote and holds it."""

    _done: bool = False

    def on_quote(self, ctx: sc.Context) -> None:
        if not self._done:
            ctx.buy(1.0)
            self._done = True


EURUSD = sc.Instrument.fx("EURUSD")
USD = sc.Broker.preset("mt5-hedging", currency="USD")

# arguments of backtest, and the one line that must come of them
MALFORMED: dict[str, tuple[tuple[Any, Any], dict[str, Any], str]] = {
    "a class": ((EmaCross, frame()), {}, r"strategy must be an instance: write EmaCross\(\)"),
    "no strategy": ((42, frame()), {}, r"strategy must be an instance of a class that grows from sc\.Strategy, was 42"),
    "no broker": ((Buys(), frame()), {"broker": 42}, r"broker must be a Broker, such as .* was 42"),
    "no preset's name": (
        (Buys(), frame()),
        {"broker": "mt5-hedge"},
        r"unknown preset 'mt5-hedge'; did you mean 'mt5-hedging'\?",
    ),
    "no table": ((Buys(), frame()), {"instruments": "mt5"}, r"instruments = 'mt5': is no table of instruments; known"),
    "one instrument": ((Buys(), frame()), {"instruments": EURUSD}, r"instruments must be a list: .* with EURUSD in it"),
    "a symbol": ((Buys(), frame()), {"instruments": ["EURUSD"]}, r"instruments must hold Instrument.* not 'EURUSD'"),
    "an instrument without data": (
        (Buys(), frame()),
        {"instruments": [sc.Instrument.fx("EURUSDX", base="EUR", quote="USD")]},
        r"instruments: EURUSDX has no data; the data hold EURUSD \(did you mean 'EURUSD'\?\)",
    ),
    "no rows": ((Buys(), frame().head(0)), {}, r'data\["EURUSD"\]: .*no rows; check the file, or the filter'),
    "no rows of quotes": (
        (Buys(), sc.read_quotes(frame(), symbol="EURUSD").slice(0, 0)),
        {},
        r'data\["EURUSD"\]: no rows; check the file, or the filter that left none',
    ),
    "text for cash": ((Buys(), frame()), {"cash": "much"}, r"cash must be a number, an amount of USD, was 'much'"),
    "a debt": ((Buys(), frame()), {"cash": -5}, r"cash must be a positive amount of USD, was -5"),
    "no number": ((Buys(), frame()), {"cash": math.nan}, r"cash must be a positive amount of USD, was nan"),
    "size": ((Buys(), frame()), {"size": "XL"}, r"unknown size 'XL'; did you mean 'L'\?"),
    "sample": ((Buys(), frame()), {"sample": "1x"}, r'unknown timeframe "1x"'),
    "currency without a cross": (
        (Buys(), frame()),
        {"broker": sc.Broker.preset("mt5-hedging", currency="JPY")},
        r"Instrument EURUSD: no quotes to convert USD to JPY: USDJPY is missing; add quotes of USDJPY",
    ),
}


@pytest.mark.parametrize(("given", "options", "said"), MALFORMED.values(), ids=[n.replace(" ", "-") for n in MALFORMED])
def test_a_malformed_call_is_one_line(given: tuple[Any, Any], options: dict[str, Any], said: str) -> None:
    strategy, data = given
    data = {"EURUSD": data} if isinstance(data, pl.DataFrame) else data
    with pytest.raises((sc.ConfigError, sc.DataError), match=said) as caught:
        sc.backtest(strategy, data, **options)
    assert "\n" not in str(caught.value)


def test_a_frame_alone_does_not_say_what_it_is() -> None:
    with pytest.raises(sc.ConfigError, match=r'data must map symbols to quotes, such as \{"EURUSD": quotes\}'):
        sc.backtest(Buys(), frame())  # type: ignore[arg-type]


def test_every_form_of_the_same_quotes_is_the_same_run() -> None:
    stamps = pd.to_datetime(frame()["ts"].to_list(), utc=True)
    pandas = pd.DataFrame({"Bid": frame()["bid"].to_list(), "Ask": frame()["ask"].to_list()}, index=stamps)
    naive = pandas.set_axis(stamps.tz_localize(None), axis=0)
    forms: list[Any] = [frame(), frame().to_arrow(), pandas, naive, sc.read_quotes(frame(), symbol="EURUSD")]
    assert len({sc.backtest(Buys(), {"EURUSD": form}).fingerprint for form in forms}) == 1


def test_what_is_open_at_the_end_stays_open_unless_asked() -> None:
    """Bought at 1.10010, worth 1.10000: -10.00, open or closed; closed there is no margin any more."""
    held = sc.backtest(Buys(), {"EURUSD": frame()}, broker=USD)
    assert (held.account["balance"], held.account["equity"], held.account["used_margin"]) == (10_000, 9_990, 1_100.10)
    assert held.trades.is_empty()
    closed = sc.backtest(Buys(), {"EURUSD": frame()}, broker=USD, finalize_trades=True)
    assert (closed.account["balance"], closed.account["equity"], closed.account["used_margin"]) == (9_990, 9_990, 0)
    assert closed.trades.select("exit_price", "pnl", "why").rows() == [(1.1, -10.0, "end")]


def test_equity_is_sampled_as_often_as_asked() -> None:
    """Twelve quotes, a second apart: every whole five seconds after the first, and the end."""
    often = sc.backtest(Buys(), {"EURUSD": frame(12)}, sample="5s").equity
    assert [one.second for one in often["ts"]] == [5, 10, 11]


def test_progress_hears_rows() -> None:
    heard: list[tuple[int, int]] = []
    sc.backtest(Buys(), {"EURUSD": frame(7)}, progress=lambda done, of: heard.append((done, of)))
    assert heard == [(7, 7)]


def test_the_fingerprint_knows_inputs_rules_and_outcome() -> None:
    runs = [
        sc.backtest(Buys(), {"EURUSD": frame()}),
        sc.backtest(Buys(), {"EURUSD": frame(bid=1.2)}),
        sc.backtest(Buys(), {"EURUSD": frame()}, cash=20_000),
        sc.backtest(Buys(), {"EURUSD": frame()}, broker=USD.replace(stop_out_level=0.3)),
        sc.backtest(EmaCross(), {"EURUSD": frame()}),
        sc.backtest(EmaCross(fast=10), {"EURUSD": frame()}),
    ]
    assert len({run.fingerprint for run in runs}) == len(runs)
    assert sc.backtest(Buys(), {"EURUSD": frame()}).fingerprint == runs[0].fingerprint


def test_a_fall_between_two_samples_is_seen_where_ticks_are_tracked() -> None:
    """Bought at 1.10010 with a margin of 1,100.10; the bid is 1.09000 for one tick, 1.10000 before and at the end.

    There equity is 10,000 + (1.09000 - 1.10010) * 100,000 = 8,990: a fall of 1,010, a level of 8,990 / 1,100.10.
    """
    rows = frame(5).with_columns(bid=pl.Series([1.1, 1.1, 1.09, 1.1, 1.1]), ask=pl.Series([1.1001] * 5))
    blind, seeing = (sc.backtest(Buys(), {"EURUSD": rows}, broker=USD, sample="1h", track=t) for t in (False, True))
    assert seeing.stats["Max. Drawdown [$]"] == -1_010.0
    assert seeing.stats["Min. Margin Level [%]"] == pytest.approx(100 * 8_990 / 1_100.10, rel=1e-12)
    assert blind.stats["Min. Margin Level [%]"] == pytest.approx(100 * 9_990 / 1_100.10, rel=1e-12)
    assert "Max. Drawdown [$]" not in blind.stats
    assert seeing.account == blind.account


class Often(sc.Strategy):
    """A market order at every quote."""

    def on_quote(self, ctx: sc.Context) -> None:
        ctx.buy(0.01)


def delays(seed: int, latency: float = 0.0) -> list[float]:
    """How many ms each order of a run was under way."""
    broker = USD.replace(latency_ms={"table": [10, 20, 60], "seed": seed}, feed_latency_ms=latency)
    result = sc.backtest(Often(), {"EURUSD": frame(400)}, broker=broker)
    sent = dict(result.orders.select("id", "ts").rows())
    return [(ts - sent[order]).total_seconds() * 1e3 for ts, order in result.fills.select("ts", "order").rows()]


def test_latency_is_drawn_from_the_table_by_its_seed() -> None:
    """399 orders, the last is still under way. A third each is 133, give or take four deviations of 9.4 (38)."""
    drawn = delays(1)
    assert len(drawn) == 399
    assert set(drawn) == {10.0, 20.0, 60.0}
    assert all(abs(drawn.count(one) - 133) < 38 for one in set(drawn))
    assert delays(1) == drawn
    assert delays(2) != drawn
    assert delays(1, latency=5.0) == [one + 5.0 for one in drawn]
