"""How far trades went each way, and what the spread cost: by hand, on quotes and on bars."""

from __future__ import annotations

import polars as pl
import pytest

import simcore as sc
from tests.result.runs import play, quotes


def test_a_long_is_followed_at_the_bid_and_a_short_at_the_ask() -> None:
    rows = quotes(
        (0, 1.1000, 1.1002),  # buy 0.1 at 1.1002
        (1, 1.0990, 1.0994),  # long: -12 points of 0.0001 x 0.1 x 100,000 = -12 x 1 = -12.00
        (2, 1.1020, 1.1021),  # long: +18.00
        (3, 1.1010, 1.1012),  # close at 1.1010; sell 0.2 at 1.1010
        (4, 1.0985, 1.0995),  # short at the ask: 15 x 2 = +30.00
        (5, 1.1030, 1.1034),  # short: -24 x 2 = -48.00
        (6, 1.1000, 1.1002),  # close at 1.1002
        (7, 1.2000, 1.2002),  # after both
    )
    r = play({0: lambda c: c.buy(0.1), 3: lambda c: (c.close(), c.sell(0.2)), 6: lambda c: c.close()}, {"EURUSD": rows})
    trades = r.trades
    assert trades["mae"].to_list() == pytest.approx([-12.0, -48.0])
    assert trades["mfe"].to_list() == pytest.approx([18.0, 30.0])
    assert trades["mae_pct"].to_list() == pytest.approx([-0.12 / 1.1002, -0.24 / 1.1010])
    assert trades["mfe_pct"].to_list() == pytest.approx([0.18 / 1.1002, 0.15 / 1.1010])


def test_half_of_each_spread_is_its_cost() -> None:
    rows = quotes((0, 1.1000, 1.1002), (1, 1.0990, 1.0994))
    r = play({0: lambda c: c.buy(0.1), 1: lambda c: c.close()}, {"EURUSD": rows})
    # half of 2 points x 1 and half of 4 points x 1
    assert r.fills["spread"].to_list() == pytest.approx([1.0, 2.0])


def test_money_of_another_currency_is_converted() -> None:
    rows = {
        "USDJPY": quotes((0, 150.00, 150.02), (2, 149.50, 149.53), (4, 151.00, 151.02)),
    }
    r = play({0: lambda c: c.buy(1.0), 2: lambda c: c.close()}, rows)
    # down 150.02 - 149.50 = 0.52 x 100,000 = 52,000 JPY, at the exit's conversion 1 / 151.00
    assert r.trades["mae"][0] == pytest.approx(-52_000 / 151.0)
    # half spreads 0.01 x 100,000 = 1,000 JPY at the middle of each quote: 150.01 and 151.01
    assert r.fills["spread"].to_list() == pytest.approx([round(1_000 / 150.01, 2), round(1_000 / 151.01, 2)])


def test_what_happened_after_a_stop_loss_inside_a_bar_is_not_its_excursion() -> None:
    bars = pl.DataFrame(
        {
            "ts": [1_704_153_600_000_000_000 + i * 86_400_000_000_000 for i in range(4)],
            "open": [100.0, 100.0, 101.0, 100.0],
            "high": [101.0, 103.0, 102.0, 100.0],
            "low": [99.0, 99.5, 90.0, 100.0],
            "close": [100.0, 101.0, 95.0, 100.0],
        }
    )

    class OneLong(sc.Strategy):
        bars = "1D"
        _done: int = 0

        def on_bar(self, ctx: sc.Context) -> None:
            if not self._done:
                ctx.buy(1, sl=97.0)  # fills at the next open, 100
                self._done = 1

    stock = sc.Instrument.stock("X", price_digits=2)
    r = sc.backtest(OneLong(), {"X": bars}, instruments=[stock], broker=sc.Broker.preset("cash"))
    # bar 2: 99.5 to 103; bar 3 opens at 101, rises to 102 first, then falls through 97, where it is out; 90 came later
    assert r.trades["exit_price"].to_list() == [97.0]
    assert r.trades["mae"].to_list() == pytest.approx([-3.0])
    assert r.trades["mfe"].to_list() == pytest.approx([3.0])


def test_a_future_counts_in_ticks() -> None:
    rows = quotes((0, 4000.00, 4000.25), (1, 3990.00, 3990.25), (2, 4010.00, 4010.25))
    es = sc.Instrument.future(
        "ES", contract_size=1.0, price_increment=0.25, tick_value=12.5, initial_margin=1_000.0, quote="USD"
    )
    r = play({0: lambda c: c.buy(1), 2: lambda c: c.close()}, {"ES": rows}, [es], preset="mt5-netting", cash=100_000.0)
    # 4000.25 to 3990.00 is 41 ticks of 12.50; to 4010.00 it is 39
    assert r.trades["pnl"].to_list() == [487.5]
    assert r.trades["mae"].to_list() == pytest.approx([-41 * 12.5])
    # return on what was bought: 4000.25 / 0.25 x 12.5 = 200,012.50
    assert r.trades["return_pct"].to_list() == pytest.approx([100 * 487.5 / 200_012.5])
