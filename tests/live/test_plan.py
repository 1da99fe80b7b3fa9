"""A plan a broker cannot do is refused before anything starts, in one line that names all of it."""

from __future__ import annotations

import pytest

import simcore as sc
from simcore.kernel.enums import OrderType, TimeInForce
from simcore.live.capabilities import Capabilities
from simcore.live.errors import SessionError
from simcore.live.plan import plan_of
from simcore.strategy.asked import asked_of

SMALL = 0.1


def enter(ctx, price):
    return ctx.sell(1.5, limit=price, tif="day", post_only=True)


class Everything(sc.Strategy):
    """One of each."""

    qty: float = 0.25
    resting: bool = False
    _id: int = 0

    def on_quote(self, ctx):
        self._id = ctx.buy(self.qty, tif="ioc", sl=ctx.bid - 0.01)
        ctx["GBPUSD"].sell(0.005, stop=ctx.bid, limit=ctx.bid if self.resting else None, parent=self._id)
        ctx.buy(qty=ctx.max_qty(), trail=0.001, oco=self._id)
        ctx.modify(self._id, trail=0.002)
        self.later(ctx)

    def later(self, ctx):
        terms = {"limit": 1.0}
        ctx.buy(SMALL, **terms)
        ctx.buy(0.1, limit=None, expires=ctx.ts + 5)
        ctx.close_by(self._id, enter(ctx, ctx.ask))


@pytest.mark.parametrize("form", [Everything, sc.compiled(Everything)], ids=["plain", "compiled"])
def test_what_a_strategy_asks_for_is_read_from_its_source(form):
    kinds = [(sorted(one.kinds), one.qty, one.symbol, one.unread) for one in asked_of(form(qty=0.5))]
    kinds = [(kinds, None if qty != qty else qty, symbol, unread) for kinds, qty, symbol, unread in kinds]
    assert sorted(kinds, key=str) == sorted([
        (["ioc", "market", "sl"], 0.5, "", ""),
        (["gtc", "parent", "stop", "stop_limit"], 0.005, "GBPUSD", ""),
        (["gtc", "oco", "trailing_stop"], None, "", ""),
        (["modify", "trail"], None, "", ""),
        (["gtc", "market"], 0.1, "", "**terms"),
        (["gtd", "market"], 0.1, "", ""),
        (["close_by"], None, "", ""),
        (["day", "limit", "post_only"], 1.5, "", ""),
    ], key=str)  # fmt: skip
    first = asked_of(form())[0].place
    line = Everything.on_quote.__code__.co_firstlineno + 1
    assert first == f"Everything.on_quote, line {line}"


def test_one_line_names_all_that_a_broker_cannot_do():
    can = Capabilities(
        order_types=frozenset((OrderType.MARKET, OrderType.LIMIT, OrderType.STOP)),
        tifs=frozenset((TimeInForce.GTC, TimeInForce.GTD, TimeInForce.DAY)), attached_stops=False,
    )  # fmt: skip
    plan = plan_of(Everything(), can, [sc.Instrument.fx("EURUSD"), sc.Instrument.fx("GBPUSD")])
    by = {line.what: line.by for line in plan.lines}
    assert (by["market"], by["oco"], by["parent"], by["trailing_stop"]) == ("the broker", *["this session"] * 3)
    with pytest.raises(SessionError) as caught:
        plan.check()
    told = str(caught.value)
    assert told.startswith("the broker cannot do what Everything asks for: ")
    for what in ("no ioc orders", "no stop_limit orders", "no post_only orders", "no close_by (it nets)",
                 "no a stop loss", "no trailing stops of positions"):  # fmt: skip
        assert told.count(what.replace("no a stop", "no stop")) == 1, told
    assert "GBPUSD takes 0.01 to 1000 by 0.01, not 0.005 (Everything.on_quote, line" in told
    assert "EURUSD takes" not in told
    assert plan.unread == [f"**terms (Everything.later, line {Everything.later.__code__.co_firstlineno + 2})"]


class Units(sc.Strategy):
    def on_quote(self, ctx):
        ctx.buy(0.1)


def test_a_quantity_that_one_of_the_contracts_takes_is_no_mistake():
    lots, units = sc.Instrument.fx("EURUSD"), sc.Instrument.fx("GBPUSD", contract_size=1, qty_min=1, qty_increment=1)
    assert plan_of(Units(), Capabilities(), [lots, units]).missing == []
    assert plan_of(Units(), Capabilities(), [units]).missing == [
        f"GBPUSD takes 1 to 1000 by 1, not 0.1 (Units.on_quote, line {Units.on_quote.__code__.co_firstlineno + 1})"
    ]
