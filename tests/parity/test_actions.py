"""Splits and dividends in a backtest: what the account books, what the result tells, and that prices adjusted agree."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import simcore as sc
from simcore.market.columns import Bars, Prints, Quotes
from tests.times import DAY

STOCK = [sc.Instrument.stock("X", price_digits=2)]
CASH = sc.Broker.preset("cash", currency="USD", day_start="00:00 UTC")


class Hold(sc.Strategy):
    """Buys once, on the first bar."""

    bars = "1D"
    qty: float = 101.0

    def on_bar(self, ctx):  # type: ignore[no-untyped-def]
        if ctx.position == 0.0 and not ctx.orders:
            ctx.buy(self.qty)


def daily(close: list[float]) -> Bars:
    price = np.array(close)
    return Bars("X", "1D", np.arange(price.size) * DAY, price, price, price, price)


def run(form: Any, close: list[float], actions: Any, **given: Any) -> Any:
    data = {"X": daily(close)}
    return sc.backtest(form(**given), data, broker=CASH, instruments=STOCK, cash=10_000, actions={"X": actions})


FORMS = pytest.mark.parametrize("form", [Hold, sc.compiled(Hold)], ids=["plain", "compiled"])
# ex on day 3: 0.50 a share; on day 4: 3 for 2
ACTIONS = sc.Actions("X", [3 * DAY, 4 * DAY], [1.0, 1.5], [0.5, 0.0])


@FORMS
def test_the_account_books_them(form: Any) -> None:
    # bought on day 1's open: 101 at 60. Dividend 50.50. 151.5 shares at 40: half a share paid at 59.40 / 1.5 = 39.60:
    # 0.5 * (39.60 - 40) = -0.20. At the end 151 * 42 - 151 * 40 = 302
    result = run(form, [60, 60, 60, 59.4, 39.6, 42], ACTIONS)
    assert result.account["balance"] == 10_000 + 50.50 - 0.20
    assert result.account["equity"] == 10_000 + 50.50 - 0.20 + 302
    assert result.stats["Dividends [$]"] == 50.50
    told = result.events.filter(result.events["type"].is_in(["split", "dividend"]))
    assert told["sentence"].to_list() == [
        "X pays a dividend of 0.5 a share on 101: 50.50 USD received",
        "X splits 3 for 2: 101 become 151, 0.5 in cash",
    ]
    fills = result.fills
    assert fills["why"].to_list() == ["order", "cash_in_lieu"]
    assert fills["qty"].to_list() == [101, 0.5]


@FORMS
def test_what_is_derived_counts_in_the_same_shares(form: Any) -> None:
    result = run(form, [60, 60, 60, 59.4, 39.6, 42], ACTIONS)
    assert result.exposure["long"].to_list()[-1] == 151 * 42
    assert result.exposure["long"].to_list()[2] == 101 * 60
    assert result.round_trips.height == 0  # still open
    assert result.stats["Buy & Hold Return [%]"] == pytest.approx(100 * (42 * 1.5 / 60 - 1))
    # half a share, from 60 / 1.5 = 40: it stood at 39.60 at the worst, never above
    trade = result.trades.row(0, named=True)
    assert (trade["mae"], trade["mfe"]) == (pytest.approx(-0.20), 0.0)


def test_adjusted_prices_earn_what_the_account_earns() -> None:
    """Splits alone move nothing: the same return on raw prices with a split and on adjusted ones."""
    close = [60, 60, 66, 60, 33, 36]
    split = sc.Actions("X", [4 * DAY], [2.0], [0.0])
    raw = run(Hold, close, split, qty=100.0)
    data = {"X": sc.adjust(daily(close), split)}
    adjusted = sc.backtest(Hold(qty=200.0), data, broker=CASH, instruments=STOCK, cash=10_000)
    assert raw.account["equity"] == adjusted.account["equity"] == 10_000 + 200 * (36 - 30)
    assert raw.equity["equity"].to_list() == adjusted.equity["equity"].to_list()


def test_a_split_between_closing_orders_and_the_next_open() -> None:
    """What fills at the close of the day before, at the very time of the split, is in old shares."""

    class Close(sc.Strategy):
        bars = "1D"
        _done: int = 0

        def on_bar(self, ctx):  # type: ignore[no-untyped-def]
            self._done += 1
            if self._done == 1:
                ctx.buy(10, tif="cls")
            if self._done == 4:
                ctx.close()

    result = run(Close, [60, 60, 30, 30, 33, 33], sc.Actions("X", [2 * DAY], [2.0], [0.0]))
    assert result.fills["qty"].to_list() == [10, 20]
    assert result.fills["ts"].dt.epoch("ns").to_list() == [2 * DAY, 4 * DAY]
    assert result.round_trips.height == 1
    assert result.account["balance"] == 10_000 + 20 * (33 - 30)


def test_actions_outside_the_data_are_left_out() -> None:
    outside = sc.Actions("X", [-DAY, 99 * DAY], [2.0, 2.0], [0.0, 0.0])
    result = run(Hold, [60, 60, 60, 60], outside)
    assert result.events.filter(result.events["type"] == "split").height == 0


def test_actions_are_part_of_the_fingerprint() -> None:
    with_them = run(Hold, [60, 60, 60, 59.4, 39.6, 42], ACTIONS)
    without = run(Hold, [60, 60, 60, 59.4, 39.6, 42], sc.Actions("X", [], [], []))
    assert with_them.fingerprint != without.fingerprint
    assert with_them.fingerprint == run(Hold, [60, 60, 60, 59.4, 39.6, 42], ACTIONS).fingerprint


@pytest.mark.parametrize(
    ("actions", "message"),
    [({"Y": ACTIONS}, "actions: Y has no data; the data hold X"), ({"X": 7}, r"actions\[\"X\"\] is int")],
)
def test_refuses(actions: Any, message: str) -> None:
    with pytest.raises((sc.ConfigError, sc.DataError), match=message):
        sc.backtest(Hold(), {"X": daily([1, 2, 3])}, broker=CASH, instruments=STOCK, actions=actions)


def test_currencies_do_not_split() -> None:
    bars = Bars("EURUSD", "1D", np.arange(3) * DAY, *([1.1] * 3 for _ in range(4)))
    with pytest.raises(sc.ConfigError, match="EURUSD is of kind fx; only stocks and CFDs"):
        sc.backtest(Hold(), {"EURUSD": bars}, actions={"EURUSD": sc.Actions("EURUSD", [1], [2.0], [0.0])})


# Quotes and prints of one instrument.


class Once(sc.Strategy):
    """Buys with the first quote."""

    _heard: int = 0

    def on_quote(self, ctx):  # type: ignore[no-untyped-def]
        if ctx.position == 0.0:
            ctx.buy(10)

    def on_print(self, ctx):  # type: ignore[no-untyped-def]
        self._heard += 1


def test_prints_beside_quotes_mark_the_account() -> None:
    # bought at the ask 101; quotes end at 103 / 104, the last print is 103.50: 10 * (103.5 - 101)
    quotes = Quotes("X", [1, 10, 20], [100.0, 102.0, 103.0], [101.0, 103.0, 104.0])
    prints = Prints("X", [5, 20], [100.5, 103.5], [7.0, 7.0])
    marked = CASH.replace(valuation="last")
    for broker, pnl in ((CASH, 20.0), (marked, 25.0)):
        result = sc.backtest(Once(), {"X": [quotes, prints]}, broker=broker, instruments=STOCK, cash=10_000)
        assert result.account["unrealized_pnl"] == pnl
        assert result.fills["price"].to_list() == [101.0]
        assert result.prices("X").height == 3


def test_one_instrument_has_one_set_of_quotes() -> None:
    quotes = Quotes("X", [0], [1.0], [1.0])
    with pytest.raises(sc.DataError, match="holds quotes, quotes; give one of quotes, bars and prints"):
        sc.backtest(Once(), {"X": [quotes, quotes]}, instruments=STOCK)
