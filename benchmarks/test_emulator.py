"""The MetaTrader 5 emulator as a bot meets it: the time of one call, in its process and over the socket of `serve`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from benchmarks.account import CASH, broker, instruments
from benchmarks.conftest import ROUNDS
from benchmarks.markets import START, TICK, scaled
from bridges.emulators.mt5 import Terminal, module_of
from bridges.emulators.mt5.server import Server
from bridges.emulators.mt5.wire import attach

CALLS = scaled(2_000)
QUOTES = 10_000


@pytest.fixture(params=["process", "socket"])
def mt5(request: Any, tmp_path: Path) -> Iterator[Any]:
    """The module over one terminal, whose time stands still."""
    bids = 1.1 + 0.0001 * (np.arange(QUOTES) % 7)
    quotes = pl.DataFrame({"ts": START + TICK * np.arange(QUOTES), "bid": bids, "ask": bids + 0.0002})
    terminal = Terminal({"EURUSD": quotes}, broker=broker(), instruments=instruments(["EURUSD"]), cash=CASH)
    terminal.advance(int(quotes["ts"][-1]))
    if request.param == "process":
        module = module_of(terminal)
        assert module.initialize()
        yield module
        return
    with Server(terminal) as server:
        threading.Thread(target=server.serve, daemon=True).start()
        server.connection(tmp_path / "mt5.json")
        module = attach(tmp_path / "mt5.json")
        assert module.initialize()
        yield module
        server.close()


def test_tick(benchmark: Any, mt5: Any) -> None:
    """The call a polling bot makes most."""

    def calls() -> None:
        for _ in range(CALLS):
            assert mt5.symbol_info_tick("EURUSD").ask > 1.1

    benchmark.pedantic(calls, rounds=ROUNDS, warmup_rounds=1)
    benchmark.extra_info["rows"] = CALLS


def test_deal(benchmark: Any, mt5: Any) -> None:
    """A market order in, and one that closes it."""

    def calls() -> None:
        for _ in range(CALLS // 2):
            request = {"action": mt5.TRADE_ACTION_DEAL, "symbol": "EURUSD", "volume": 0.1, "type": mt5.ORDER_TYPE_BUY}
            done = mt5.order_send(request)
            done = mt5.order_send(request | {"type": mt5.ORDER_TYPE_SELL, "position": done.order})
            assert done.retcode == mt5.TRADE_RETCODE_DONE

    benchmark.pedantic(calls, rounds=ROUNDS, warmup_rounds=1)
    assert mt5.positions_total() == 0
    benchmark.extra_info["rows"] = CALLS // 2 * 2
