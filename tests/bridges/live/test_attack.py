"""Faults at random calls, in any order, under a strategy that asks for anything: the account ends as the broker's.

Hypothesis draws the plan of faults and the seed of what the strategy does; whatever came of it, `desk.check` holds once
the faults are over: fills sum to the position, each trade booked once, one order an intent, money and margin equal the
broker's. And nothing that opens or changes was sent unless the session was LIVE.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import simcore as sc
from bridges.emulators.mt5 import Fault, Faults, module_of
from bridges.emulators.mt5 import constants as c
from simcore.live.runtime import Stage
from tests.bridges.emulators.floor import terminal
from tests.bridges.live.desk import check, opened, play, quiet

QUOTES = 90
LISTS = ("history_deals_get", "history_orders_get", "orders_get", "positions_get")
LOST = (10012, 10031)  # retcodes after which nobody knows


class Any_(sc.Strategy):
    """Asks for anything, as its seed says, while quotes 3 to 60 come; then closes and is silent."""

    seed: int = 0
    _n: int = 0

    def on_quote(self, ctx):
        self._n += 1
        roll = (self.seed * 7_919 + self._n * 104_729) % 1_000_003
        act, far = roll % 23, (roll % 7 + 1) * 0.0002
        if 3 <= self._n <= 60:
            if act == 0:
                ctx.buy(0.1, sl=ctx.bid - 5 * far, tp=ctx.bid + 5 * far)
            elif act == 1:
                ctx.sell(0.2)
            elif act == 2:
                ctx.buy(0.1, limit=ctx.ask - far)
            elif act == 3:
                ctx.sell(0.1, stop=ctx.bid - far, sl=ctx.ask + 5 * far)
            elif act == 4:
                ctx.close()
            elif act == 5:
                ctx.cancel_all()
            elif act == 6 and len(ctx.orders):
                ctx.modify(ctx.orders[0].id, limit=ctx.ask - 2 * far)
            elif act == 7 and len(ctx.positions):
                ctx.modify(ctx.positions[0].id, trail=2 * far)
            elif act == 8:
                low = ctx.buy(0.1, limit=ctx.ask - far)
                ctx.buy(0.1, stop=ctx.ask + far, oco=low)
            elif act == 9:
                first = ctx.buy(0.1, limit=ctx.ask - far / 2)
                ctx.sell(0.1, limit=ctx.ask + far, parent=first)
        elif self._n == 70:
            ctx.cancel_all()
            ctx.close()


def fault() -> st.SearchStrategy[Fault]:
    calls, times = st.integers(1, 400), st.integers(1, 8)
    sends = st.integers(1, 25)
    return st.one_of(
        st.builds(Fault, what=st.sampled_from(["lost_reply", "lost_request"]), function=st.just("order_send"),
                  call=sends),
        st.builds(Fault, what=st.just("refused"), function=st.just("order_send"), call=sends, times=st.integers(1, 4),
                  retcode=st.sampled_from([10004, 10006, 10021, 10024, 10027])),
        st.builds(Fault, what=st.just("disconnected"), call=calls, times=st.integers(1, 20)),
        st.builds(Fault, what=st.just("restarted"), call=calls),
        st.builds(Fault, what=st.just("hidden"), function=st.sampled_from(LISTS), call=calls, times=times),
        st.builds(Fault, what=st.sampled_from(["doubled", "reversed"]), function=st.just("history_deals_get"),
                  call=calls, times=times),
        st.builds(Fault, what=st.just("cut"), call=calls, keep=st.integers(0, 12)),
        st.builds(Fault, what=st.just("mute"), call=calls, times=times),
        st.builds(Fault, what=st.just("outside"), function=st.just("orders_get"), call=calls,
                  act=st.sampled_from(["close", "cancel", "deposit"]), amount=st.just(100.0)),
    )  # fmt: skip


def walk(seed: int) -> list[tuple[float, float]]:
    chance, points = random.Random(seed), 110_000
    rows = []
    for _ in range(QUOTES):
        points += chance.choice((-40, -15, -5, 0, 5, 15, 40))
        rows.append((points / 1e5, (points + 2) / 1e5))
    return rows


def watched(module: Any, stage: Callable[[], Stage], seen: list[Stage]) -> None:
    """Notes the session's stage whenever something that opens or changes is sent."""
    send = module.order_send

    class Send:
        def __call__(self, request: Any) -> Any:
            if request["action"] != c.TRADE_ACTION_REMOVE:
                seen.append(stage())
            return send(request)

    module.order_send = Send()


def attack(seed: int, plan: list[Fault], mode: str, execution: str) -> None:
    t = terminal(*walk(seed), broker=sc.Broker.preset(f"mt5-{mode}"), execution=execution)
    module, seen = module_of(t), list[Stage]()
    with TemporaryDirectory() as folder:
        at = opened(t, Any_(seed=seed), Path(folder) / "s", module=module, guards=quiet(audit=10.0, grace=2.0))
        watched(module, lambda: at.runtime.stage, seen)
        t.faults = Faults(plan)
        play(at, t, QUOTES - 12)
        t.faults = Faults()
        play(at, t, 11)  # the last audit and the last look at what was unknown
        if at.runtime.stage is Stage.CONNECTING:
            at.runtime.connect()
        at.runtime.cycle()
        assert at.runtime.stage is Stage.LIVE
        check(at, t)
        assert set(seen) <= {Stage.LIVE}
        at.began.desk.journal.close()


@settings(max_examples=8, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 10_000), st.lists(fault(), max_size=6), st.sampled_from(["hedging", "netting"]),
       st.sampled_from(["market", "instant"]))  # fmt: skip
def test_whatever_goes_wrong_the_account_is_the_brokers(seed, plan, mode, execution):
    attack(seed, plan, mode, execution)


@pytest.mark.slow
@settings(max_examples=400, deadline=None, phases=[Phase.explicit, Phase.generate])
@given(st.integers(0, 10_000), st.lists(fault(), max_size=10), st.sampled_from(["hedging", "netting"]),
       st.sampled_from(["market", "instant"]))  # fmt: skip
def test_whatever_goes_wrong_many_times(seed, plan, mode, execution):
    attack(seed, plan, mode, execution)
