"""A strategy that sends thousands of orders in one call: what it hears is right, and what cannot be told is refused."""

from __future__ import annotations

import pytest

import simcore as sc
from tests.strategy.forms import both, quotes


class Flood(sc.Strategy):
    """Sends a limit and cancels it `n` times in one call: two changes each."""

    n: int = 3000
    _quotes: int = 0
    _heard: int = 0
    _wrong: int = 0
    _denied: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._quotes += 1
        if self._quotes == 1:
            for _ in range(self.n):
                ctx.cancel(ctx.buy(0.01, limit=1.0))

    def on_order(self, ctx: sc.Context) -> None:
        self._heard += 1
        if ctx.change.order != (self._heard + 1) // 2:
            self._wrong += 1
        if ctx.change.status == sc.Status.DENIED:
            self._denied += 1


def test_what_is_not_heard_yet_bounds_what_may_be_sent() -> None:
    # 4,096 changes may wait: 2,048 orders and their cancellations; the other 952 are refused, and so are their cancels
    result, memory = both(Flood, {"EURUSD": quotes([1.1] * 3)})
    assert (memory._heard, memory._wrong, memory._denied) == (4096, 0, 0)
    assert result.orders["status"].value_counts(sort=True).rows() == [("CANCELED", 2048), ("DENIED", 952)]
    assert result.orders["reason"].to_list()[2048:] == ["UNHEARD_FULL"] * 952
    assert result.events["reason"].to_list() == ["UNHEARD_FULL"] * (2 * 952)


class Deaf(sc.Strategy):
    """Sends `n` orders that are refused, in one call, and listens to nothing."""

    n: int = 80_000
    _quotes: int = 0

    def on_quote(self, ctx: sc.Context) -> None:
        self._quotes += 1
        if self._quotes == 1:
            for _ in range(self.n):
                ctx.buy(0.0)


def test_tens_of_thousands_of_orders_in_one_call_are_all_told() -> None:
    result = sc.backtest(sc.compiled(Deaf)(n=20_000), {"EURUSD": quotes([1.1] * 3)})
    assert result.orders["reason"].to_list() == ["QTY_NOT_POSITIVE"] * 20_000


@pytest.mark.parametrize("form", [lambda cls: cls, sc.compiled], ids=["plain", "compiled"])
def test_more_than_can_be_told_stops_the_run(form) -> None:
    # 8,192 rows before a drain, 65,536 a call, and what one row of a feed may cause: 4 * (64 + 256) + 64
    with pytest.raises(sc.StrategyError, match=r"^Deaf\.on_quote: caused more in one call.* 4,928 .* beside 75,072 of"):
        sc.backtest(form(Deaf)(), {"EURUSD": quotes([1.1] * 3)}, size="S")
