"""The adapter's own words: fillings, return codes, requotes, suffixes, and ticks each once."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import bridges.mt5_polling as polling
import simcore as sc
from bridges.emulators.mt5 import Fault, Faults, Terminal, module_of
from bridges.emulators.mt5 import constants as c
from bridges.mt5 import Mt5Bridge
from simcore.kernel.enums import OrderType, Reason, TimeInForce
from simcore.live.bridge import Ack, BridgeError, Intent, Quote, Rejected, Unknown
from tests.bridges.emulators.floor import START, quotes, terminal
from tests.bridges.live.desk import check, opened, play, status
from tests.bridges.live.test_faults import WALK, Once


def bridged(t: Terminal, **fields: Any) -> tuple[Mt5Bridge, list[dict[str, Any]]]:
    """An adapter that is connected, and every request it sends."""
    module, seen = module_of(t), list[dict[str, Any]]()
    send = module.order_send
    module.order_send = lambda request: seen.append(dict(request)) or send(request)
    bridge = Mt5Bridge(module, offset_hours=0.0, clock=lambda: t.venue.now, **fields)
    bridge.connect()
    return bridge, seen


def market(**fields: Any) -> Intent:
    given_ = {"order": 1, "client_id": "sc-1", "symbol": "EURUSD", "side": 1, "qty": 0.1, "type": OrderType.MARKET}
    return Intent(**given_ | fields)


@pytest.mark.parametrize(
    ("mask", "execution", "tif", "wanted"),
    [
        # the mask has FOK 1 and IOC 2, the request FOK 0, IOC 1 and RETURN 2: the same number is never right
        (["fok"], "market", "GTC", c.ORDER_FILLING_FOK),
        (["ioc"], "market", "GTC", c.ORDER_FILLING_IOC),
        (["fok", "ioc"], "market", "GTC", c.ORDER_FILLING_FOK),
        (["fok", "ioc"], "market", "IOC", c.ORDER_FILLING_IOC),
        ([], "exchange", "GTC", c.ORDER_FILLING_RETURN),
    ],
)
def test_the_filling_is_one_the_symbols_mask_has(mask, execution, tif, wanted):
    contract = sc.Instrument.fx("EURUSD", filling_mode=mask)
    t = Terminal({"EURUSD": quotes((1.1, 1.1002))}, instruments=[contract], execution=execution)
    bridge, seen = bridged(t)
    assert isinstance(bridge.submit(market(tif=TimeInForce[tif])), Ack)
    assert seen[0]["type_filling"] == wanted


@pytest.mark.parametrize(
    ("retcode", "kind", "reason"),
    [
        (10006, Rejected, Reason.NONE),
        (10014, Rejected, Reason.QTY_OFF_GRID),
        (10016, Rejected, Reason.STOPS_TOO_CLOSE),
        (10018, Rejected, Reason.MARKET_CLOSED),
        (10019, Rejected, Reason.NO_MONEY),
        (10024, Rejected, Reason.NONE),
        (10027, Rejected, Reason.NONE),
        (10030, Rejected, Reason.NONE),
        (10011, Unknown, None),
        (10012, Unknown, None),
        (10031, Unknown, None),
        (10025, Ack, None),
    ],
)
def test_a_return_code_is_final_or_unknown_by_the_table(retcode, kind, reason):
    t = terminal(*WALK[:3])
    bridge, seen = bridged(t)
    t.faults = Faults([Fault(what="refused", function="order_send", retcode=retcode)])
    outcome = bridge.submit(market())
    assert type(outcome) is kind
    assert len(seen) == 1  # never again
    if reason is not None and reason is not Reason.NONE:
        assert outcome.reason == reason
    if kind is Rejected:
        assert f"({retcode})" in outcome.text


def test_a_requote_is_asked_three_times_with_the_deviation_it_was_given():
    t = terminal(*WALK[:3])
    bridge, seen = bridged(t, deviation=7)
    t.faults = Faults([Fault(what="refused", function="order_send", retcode=10004, times=9)])
    outcome = bridge.submit(market())
    assert isinstance(outcome, Rejected)
    assert "REQUOTE" in outcome.text
    assert [request["deviation"] for request in seen] == [7, 7, 7]
    assert {request["price"] for request in seen} == {1.1002}


def test_a_symbol_with_a_suffix_is_named_and_traded(tmp_path):
    t = terminal(*WALK, symbol="EURUSD.m")
    bridge, _ = bridged(t)
    with pytest.raises(BridgeError, match=r"there is no symbol 'EURUSD'; did you mean 'EURUSD\.m'"):
        bridge.instruments(["EURUSD"])
    at = opened(t, Once(), tmp_path / "s")
    play(at, t)
    assert status(at, 1) == "FILLED"
    assert {deal.symbol for deal in t.books.deals} == {"", "EURUSD.m"}
    check(at, t)


@settings(max_examples=25, deadline=None)
@given(
    st.lists(st.sampled_from([0, 0, 1, 3, 250, 999, 1_000]), min_size=2, max_size=40),
    st.lists(st.integers(1, 9), min_size=1, max_size=20),
    st.integers(1, 12),
)
def test_every_tick_is_heard_once_and_in_order(gaps, steps, batch):
    ms = pd.Series(gaps).cumsum() + START * 1_000
    bids = [1.1 + n / 1e5 for n in range(len(gaps))]
    rows = pd.DataFrame({"ts": ms * 1_000_000, "bid": bids, "ask": [bid + 0.0001 for bid in bids]})
    t = Terminal({"EURUSD": rows})
    bridge, _ = bridged(t)
    kept, polling.BATCH = polling.BATCH, batch  # fewer than a second may have
    try:
        bridge.subscribe(["EURUSD"], {})
        heard = bridge.poll()
        for n in range(len(gaps)):
            for _ in range(steps[n % len(steps)]):
                t.step()
            heard += bridge.poll()
    finally:
        polling.BATCH = kept
    found = [event for event in heard if isinstance(event, Quote)]
    assert [event.bid for event in found] == pytest.approx(bids)
    assert [event.ts_event for event in found] == rows["ts"].tolist()


@pytest.mark.parametrize("last", ["orders_get", "positions_get", "history_deals_get"])
def test_a_poll_that_breaks_off_loses_nothing(last):
    t = terminal(*WALK)
    bridge, _ = bridged(t)
    bridge.subscribe(["EURUSD"], {})
    bridge.poll()
    bridge.submit(market())
    t.step()
    t.faults = Faults([Fault(what="disconnected", function=last)])
    with pytest.raises(BridgeError, match=last):
        bridge.poll()
    heard = bridge.poll()
    assert [type(event).__name__ for event in heard] == ["OrderUpdate", "Fill", "Quote"]
    assert bridge.poll() == []


class Remote:
    """As mt5linux has it: arguments travel as text, times only as datetimes, and a lost connection raises."""

    def __init__(self, module: Any) -> None:
        self._module, self.gone = module, False

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._module, name)

        def call(*given: Any, **named: Any) -> Any:
            if self.gone:
                raise EOFError("connection closed by peer")
            if name.startswith("copy_"):
                assert any(isinstance(one, datetime) for one in given)
            return found(*(one if isinstance(one, datetime) else eval(repr(one)) for one in given), **named)

        return call if callable(found) else found


def test_an_object_at_the_end_of_a_network_with_the_packages_functions():
    t = terminal(*WALK)
    remote = Remote(module_of(t))
    bridge = Mt5Bridge(remote, offset_hours=0, magic=7, clock=lambda: t.venue.now)
    bridge.connect()
    bridge.subscribe(["EURUSD"], {})
    assert isinstance(bridge.poll()[0], Quote)
    assert isinstance(bridge.submit(market()), Ack)
    assert bridge.history("EURUSD", START * 10**9, (START + 9) * 10**9).height == 1
    assert bridge.bars("EURUSD", START * 10**9, (START + 90) * 10**9).height == 1
    remote.gone = True
    outcome = bridge.submit(market(order=2))
    assert isinstance(outcome, Rejected)  # it had no price, so nothing was sent
    assert isinstance(bridge.cancel("1", "EURUSD"), Unknown)
    assert not bridge.is_connected
    with pytest.raises(BridgeError, match=r"copy_ticks_from failed: EOFError: connection closed by peer \(-10005\)"):
        bridge.poll()
