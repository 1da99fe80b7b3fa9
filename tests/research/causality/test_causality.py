"""The check finds a planted leak of every sort, and none where there is none."""

from __future__ import annotations

from types import ModuleType
from typing import Any

import numpy as np
import pandas as pd
import polars as pl
import pytest

import simcore as sc
from simcore.market.columns import Quotes
from strategies.momentum import EmaCross
from strategies.pairs import PairReversion

N = 1_200
START = 1_704_067_200_000_000_000


def walk(seed: int, symbol: str = "EURUSD", level: float = 1.1) -> Quotes:
    """Twelve quotes a minute."""
    price = level * np.exp(np.cumsum(np.random.default_rng(seed).standard_normal(N) * 2e-4))
    bid = np.round(price, 5)
    return Quotes(symbol, START + np.arange(N) * 5_000_000_000, bid, np.round(bid + 1e-4, 5))


QUOTES = walk(1)
BARS = sc.resample(QUOTES, "1min")
FRAME = BARS.to_pandas()
CLOSES = BARS.close
ROUNDED = [round(float(close), 5) for close in BARS.close]
SLOPES = np.sign(np.diff(BARS.close, append=BARS.close[-1]))


class Cross(EmaCross):
    fast: int = 3
    slow: int = 8


def peeking(read: Any) -> type[sc.Strategy]:
    """Trades by what `read` says of a bar's number."""

    class Peek(sc.Strategy):
        bars = "1min"
        _n: int = -1

        def on_bar(self, ctx: sc.Context) -> None:
            self._n += 1
            if read(self._n, ctx.bar.close) and ctx.position == 0.0:
                ctx.buy(0.1)
            elif ctx.position > 0.0:
                ctx.close()

    return Peek


# ------------------------------------------------------------------------------------------------------ nothing to find


@pytest.mark.parametrize("data", [QUOTES, BARS], ids=["ticks", "bars"])
@pytest.mark.parametrize("form", [Cross, sc.compiled(Cross)], ids=["plain", "compiled"])
def test_a_strategy_that_knows_the_past_alone_is_causal(data: Any, form: Any) -> None:
    found = sc.causality(form(), data, instants=6)
    assert found
    assert found.leaks == ()
    assert found.decisions > 20
    assert "Cross does not look ahead" in found.text


def test_several_instruments(monkeypatch: pytest.MonkeyPatch) -> None:
    data = {"EURUSD": QUOTES, "GBPUSD": sc.resample(walk(2, "GBPUSD", 1.3), "1min")}
    strategy = PairReversion()
    assert sc.causality(strategy, data, instants=4).causal


def test_signals_that_know_the_past_alone_are_causal() -> None:
    def signals(frame: pd.DataFrame) -> pd.Series:
        return frame["close"].rolling(3).mean() > frame["close"].rolling(9).mean()

    assert sc.causality(signals, FRAME, instants=10).causal
    ended = {"label": "right", "closed": "left"}  # the close of a quarter, known from its end
    assert sc.causality(lambda frame: frame["close"].resample("15min", **ended).last().reindex(frame.index), FRAME)
    assert sc.causality(lambda frame: frame.select(pl.col("close").ewm_mean(span=5)), BARS.to_polars()).causal
    assert sc.causality(lambda bars: np.maximum.accumulate(bars.high), BARS).causal
    assert sc.causality(lambda data: data["EURUSD"]["close"].diff(), {"EURUSD": FRAME}).causal


# -------------------------------------------------------------------------------------------------------- planted leaks


def centred(frame: pd.DataFrame) -> Any:
    return frame["close"].rolling(5, center=True).mean()


def tomorrow(frame: pd.DataFrame) -> Any:
    return frame["close"].shift(-1) > frame["close"]


def whole_sample(frame: pd.DataFrame) -> Any:
    return (frame["close"] - frame["close"].mean()) / frame["close"].std()


def resampled(frame: pd.DataFrame) -> Any:
    """The close of each quarter of an hour, known from its beginning."""
    return frame["close"].resample("15min").last().reindex(frame.index, method="ffill")


def merged(frame: pd.DataFrame) -> Any:
    """The bars of a quarter of an hour beside those of a minute, by the time they begin."""
    longer = frame["close"].resample("15min", label="left").last().rename("longer")
    return pd.merge_asof(frame[["close"]], longer, left_index=True, right_index=True)["longer"]


def filled_back(frame: pd.DataFrame) -> Any:
    return frame["close"].where(np.arange(len(frame)) % 3 == 2).bfill()


def two_columns(frame: pd.DataFrame) -> Any:
    return {"sma": frame["close"].rolling(3).mean(), "highest": frame["high"][::-1].cummax()[::-1]}


@pytest.mark.parametrize("leak", [centred, tomorrow, whole_sample, resampled, merged, filled_back, two_columns])
def test_a_leak_in_a_frame_is_found_and_named(leak: Any) -> None:
    found = sc.causality(leak, FRAME)
    assert not found
    first = found.leaks[0]
    assert first.what.startswith("the answer at row ")
    assert first.place.startswith("row ")
    assert "2024-01-01 00:" in first.place
    assert f"{leak.__name__} looks ahead" in found.text
    if leak is two_columns:
        assert all(", highest " in one.what for one in found.leaks)


@pytest.mark.parametrize("data", [QUOTES, BARS], ids=["ticks", "bars"])
@pytest.mark.parametrize(
    "read",
    [
        lambda n, close: CLOSES[min(n + 1, len(CLOSES) - 1)] > close,
        lambda n, close: FRAME["close"].iloc[min(n + 1, len(CLOSES) - 1)] > close,
        lambda n, close: BARS.high[min(n + 2, len(CLOSES) - 1)] > close + 2e-4,
        lambda n, close: ROUNDED[min(n + 1, len(CLOSES) - 1)] > close,
    ],
    ids=["array", "frame", "bars", "list"],
)
def test_a_strategy_that_reads_prices_ahead_is_found(read: Any, data: Any) -> None:
    found = sc.causality(peeking(read)(), data, instants=8)
    assert not found
    assert found.leaks[0].what.startswith("order ")
    assert "0.1 EURUSD market, sent 2024-01-01 00:" in found.leaks[0].what
    assert ("bar " if data is BARS else "tick ") in found.leaks[0].place


class Prices:
    """Prices as people keep them."""

    close = BARS.close


BY_NAME = {"close": BARS.close}
BY_TIME = dict(zip(BARS.ts.tolist(), SLOPES.tolist(), strict=True))
MODULE = ModuleType("prices")
MODULE.close = BARS.close  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    "read",
    [
        lambda n, close: BY_NAME["close"][min(n + 1, 99)] > close,
        lambda n, close: Prices.close[min(n + 1, 99)] > close,
        lambda n, close: MODULE.close[min(n + 1, 99)] > close,
    ],
    ids=["dict", "class", "module"],
)
def test_prices_in_a_dict_an_object_or_a_module_are_found(read: Any) -> None:
    assert not sc.causality(peeking(read)(), BARS, instants=8)
    assert BY_NAME["close"] is BARS.close
    assert Prices.close is BARS.close


def test_decisions_by_their_time_are_told_as_unchecked() -> None:
    found = sc.causality(peeking(lambda n, close: BY_TIME[int(BARS.ts[n])] > 0.0)(), BARS, instants=3)
    assert any("BY_TIME, which its code reads: nobody can say" in one for one in found.unchecked)


def test_a_strategy_that_reads_the_same_prices_of_the_past_is_causal() -> None:
    found = sc.causality(peeking(lambda n, close: CLOSES[max(n - 1, 0)] > close)(), BARS, instants=8)
    assert found, found.text
    assert found.unchecked == ()


def test_machine_code_that_holds_prices_is_looked_through() -> None:
    class Peek(sc.Strategy):
        bars = "1min"
        _n: int = -1

        def on_bar(self, ctx: sc.Context) -> None:
            self._n += 1
            if self._n + 1 < 100 and CLOSES[self._n + 1] > ctx.bar.close and ctx.position == 0.0:
                ctx.buy(0.1)
            elif ctx.position > 0.0:
                ctx.close()

    assert not sc.causality(sc.compiled(Peek)(), BARS, instants=6)


def test_an_indicator_of_ones_own_that_reads_ahead_is_found() -> None:
    class Oracle(sc.Indicator):
        parameters = ("ahead",)
        ahead: int
        _n: int = -1

        def update(self, price: float) -> float:
            self._n += 1
            return CLOSES[min(self._n + self.ahead, 99)] - price

    class Believer(sc.Strategy):
        bars = "1min"
        _oracle = Oracle(1)

        def on_bar(self, ctx: sc.Context) -> None:
            rises = self._oracle.update(ctx.bar.close) > 0.0
            if rises and ctx.position == 0.0:
                ctx.buy(0.1)
            elif not rises:
                ctx.close()

    assert not sc.causality(Believer(), BARS, instants=6)


def test_what_was_worked_out_beforehand_is_told_as_unchecked() -> None:
    found = sc.causality(peeking(lambda n, close: SLOPES[n] > 0.0)(), BARS, instants=4)
    assert any("SLOPES, which its code reads, was worked out before the run" in one for one in found.unchecked)
    with pytest.raises(sc.ConfigError, match=r"was given its decisions beforehand.*lambda data: sc\.from_signals"):
        sc.causality(sc.from_signals(SLOPES > 0.0, SLOPES < 0.0, bars="1min"), BARS)


def test_a_run_that_cannot_be_repeated_is_found() -> None:
    heard: list[float] = []

    class Remembers(sc.Strategy):
        bars = "1min"

        def on_bar(self, ctx: sc.Context) -> None:
            heard.append(ctx.bar.close)
            if len(heard) % 7 == 0:
                ctx.buy(0.01)

    found = sc.causality(Remembers(), BARS, instants=3)
    assert not found


def test_no_order_proves_nothing() -> None:
    found = sc.causality(peeking(lambda n, close: False)(), BARS, instants=3)
    assert "it sent no order" in found.text


def test_the_answer_is_plain_values_for_machines() -> None:
    told = sc.causality(tomorrow, FRAME, instants=4).to_dict()
    assert told["causal"] is False
    assert set(told["leaks"][0]) == {"ts", "at", "place", "what", "way", "text"}


# ------------------------------------------------------------------------------------------------------------ bad input


@pytest.mark.parametrize(
    ("subject", "data", "given", "words"),
    [
        (Cross, BARS, {}, r"write Cross\(\), with its parameters"),
        (3, BARS, {}, "must be a strategy or a function of the data, was 3"),
        (Cross(), BARS, {"instants": 0}, "instants must be a whole number of at least 1, was 0"),
        (lambda frame: 5, FRAME, {}, "must answer with one value a row"),
        (lambda frame: frame["close"][:5], FRAME, {}, r"for 100 rows it gave Series of shape \(5,\)"),
        (lambda data: 5, {"EURUSD": QUOTES, "GBPUSD": QUOTES}, {}, "must make a strategy or a result of several"),
        (Cross(), 7, {}, "data must map symbols to quotes"),
    ],
)
def test_what_makes_no_sense_is_one_line(subject: Any, data: Any, given: dict[str, Any], words: str) -> None:
    with pytest.raises(sc.ConfigError, match=words) as error:
        sc.causality(subject, data, **given)
    assert "\n" not in str(error.value)
