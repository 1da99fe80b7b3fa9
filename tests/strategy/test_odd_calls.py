"""What nobody means to send: each is refused with its reason or told in one sentence, alike in both forms."""

from __future__ import annotations

import math

import pytest

import simcore as sc
from tests.strategy.forms import START, both, quotes


class Odd(sc.Strategy):
    """Sends one odd order after the other."""

    _n: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._n += 1
        if self._n != 2:
            return
        ctx.buy(0.1, limit=math.inf)
        ctx.buy(0.1, limit=1e300)
        ctx.sell(0.1, limit=1e300)
        ctx.buy(0.1, stop=math.inf)
        ctx.buy(0.1, sl=math.inf)
        ctx.buy(1e300)
        ctx.buy(math.nan)
        ctx.buy(0.1, limit=1.0, display_qty=-1.0)
        ctx.buy(0.1, limit=1.0, display_qty=0.001)
        ctx.buy(0.1, limit=1.0, expires=-5)
        ctx.buy(0.1, position=-7)
        ctx.buy(0.1, parent=-7)
        ctx.buy(0.1, limit=1.0, oco=-7)
        ctx.buy(0.1, post_only=True)
        ctx.buy(0.1, stop=1.2, post_only=True)
        ctx.set_timer(ctx.ts)  # nobody hears it


SAID = [
    ("PRICE_WRONG_SIDE", "a buy limit must be below the ask 1.10010, was inf"),
    ("PRICE_WRONG_SIDE", None),
    ("NO_MONEY", None),  # it converts its own margin, at its own price
    ("NO_MONEY", None),
    ("SL_WRONG_SIDE", "the stop loss of a buy must be below 1.10000, was inf"),
    ("QTY_ABOVE_MAX", "quantity 1e+300 is above 1,000, the most of EURUSD in one order"),
    ("QTY_NOT_POSITIVE", "quantity must be above zero, was not given"),
    ("QTY_NOT_POSITIVE", "quantity must be above zero, was -1"),
    ("QTY_OFF_GRID", "quantity 0.001 is not a multiple of 0.01, the step of EURUSD"),
    ("EXPIRES_IN_PAST", None),
    ("UNKNOWN_POSITION", "position -7 is not open"),
    ("PARENT_ENDED", "its parent, order -7, has ended and left no position"),
    ("OCO_ENDED", "its OCO twin, order -7, has ended already"),
    ("POST_ONLY_CROSSES", "post-only is for limit and stop-limit orders; any other takes what is there"),
    ("POST_ONLY_CROSSES", "post-only is for limit and stop-limit orders; any other takes what is there"),
]


def test_odd_orders_have_a_reason_and_a_sentence() -> None:
    result, _ = both(Odd, {"EURUSD": quotes([1.1] * 4)})
    got = result.orders.select("reason", "sentence").rows()
    assert [reason for reason, _ in got] == [reason for reason, _ in SAID]
    assert [(mine, said) for (_, mine), (_, said) in zip(got, SAID, strict=True) if said and mine != said] == []
    assert result.fills.is_empty()


def test_a_misspelled_name_of_ctx_is_told_with_the_right_one() -> None:
    class Misspelled(sc.Strategy):
        _x: float = 0.0

        def on_quote(self, ctx: sc.Context) -> None:
            self._x = ctx.balanc  # type: ignore[attr-defined]

    data = {"EURUSD": quotes([1.1], start=START)}
    with pytest.raises(sc.StrategyError, match=r"""ctx has no attribute 'balanc'. Did you mean "balance"\?"""):
        sc.backtest(Misspelled(), data)
