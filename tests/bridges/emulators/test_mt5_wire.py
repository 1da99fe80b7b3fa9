"""The socket: values survive the way, strangers stay out, and what is wrong is one sentence."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np
import pytest

from bridges.emulators.mt5 import module_of
from bridges.emulators.mt5.rates import RATE
from bridges.emulators.mt5.server import Server
from bridges.emulators.mt5.structs import Tick
from bridges.emulators.mt5.wire import Wire, WireError, attach, decode, encode, receive, send
from tests.bridges.emulators.floor import START, deal, terminal


@contextmanager
def serving(*prices, **fields) -> Iterator[Server]:
    with Server(terminal(*prices, **fields)) as server:
        thread = threading.Thread(target=server.serve, daemon=True)
        thread.start()
        yield server
        server.close()
        thread.join()


def test_every_value_survives_the_way():
    rows = np.zeros(2, RATE)
    rows["close"] = 1.5
    for value in (None, True, 3, 1.1, "a", (1, (2.0, None)), {"a": (1,)}, (), Tick(range(8))):
        again = decode(json.loads(json.dumps(encode(value))))
        assert again == value
        assert type(again) is type(value)
    again = decode(json.loads(json.dumps(encode(rows))))
    assert again.dtype == rows.dtype
    assert again.tobytes() == rows.tobytes()
    assert decode(encode(datetime(2024, 1, 2, tzinfo=UTC))) == 1_704_153_600.0


def test_a_module_at_the_end_of_a_socket_is_the_same(tmp_path):
    with serving((1.1, 1.1002), (1.1, 1.1002)) as server:
        server.connection(tmp_path / "mt5.json")
        assert stat.S_IMODE((tmp_path / "mt5.json").stat().st_mode) == 0o600
        mt5 = attach(tmp_path / "mt5.json")
        assert mt5.account_info() is None
        assert mt5.last_error() == (-10004, "No IPC connection")
        assert mt5.initialize()
        done = deal(mt5, mt5.ORDER_TYPE_BUY, 0.1, magic=5)
        assert (done.retcode, done.request.magic) == (10009, 5)
        assert mt5.positions_get()[0] == server.terminal.books.positions()[0]
        assert mt5.copy_ticks_from("EURUSD", datetime.fromtimestamp(START, UTC), 5, -1)["bid"].tolist() == [1.1]
        assert deal(mt5, 0, 0.1, volume="x") is None
        assert mt5.last_error() == (-2, 'Invalid "volume" argument')


def test_every_bot_has_a_connection_and_an_error_of_its_own(tmp_path):
    with serving((1.1, 1.1002)) as server:
        server.connection(tmp_path / "mt5.json")
        one, two = attach(tmp_path / "mt5.json"), attach(tmp_path / "mt5.json")
        assert one.initialize()
        assert two.account_info() is None
        assert two.last_error()[0] == -10004
        assert one.last_error() == (1, "Success")
        assert two.initialize()
        assert two.shutdown()
        assert one.account_info() is not None


def test_threads_of_a_bot_take_turns(tmp_path):
    with serving(*[(1.1, 1.1002)] * 3) as server:
        server.connection(tmp_path / "mt5.json")
        mt5 = attach(tmp_path / "mt5.json")
        assert mt5.initialize()
        asks = [lambda: len(mt5.copy_ticks_from("EURUSD", 0, 9, -1)), lambda: mt5.symbol_info("EURUSD").name] * 60
        with ThreadPoolExecutor(6) as pool:
            answers = list(pool.map(lambda ask: ask(), asks))
        assert answers == [1, "EURUSD"] * 60


@pytest.mark.parametrize("volume", [Decimal("0.1"), b"0.1", {0.1}, object(), "0.1", [0.1], float("nan")])
def test_what_is_no_number_is_refused_not_raised(volume, tmp_path):
    with serving((1.1, 1.1002)) as server:
        server.connection(tmp_path / "mt5.json")
        for mt5 in (attach(tmp_path / "mt5.json"), module_of(server.terminal)):
            assert mt5.initialize()
            assert deal(mt5, mt5.ORDER_TYPE_BUY, volume) is None
            assert mt5.last_error()[0] == mt5.RES_E_INVALID_PARAMS


def test_an_emulator_that_is_gone_is_a_terminal_that_was_closed(tmp_path):
    with serving((1.1, 1.1002)) as server:
        server.connection(tmp_path / "mt5.json")
        mt5 = attach(tmp_path / "mt5.json")
        assert mt5.initialize()
    assert mt5.symbol_info_tick("EURUSD") is None
    assert mt5.last_error()[0] in (-10001, -10002)  # send or receive failed
    assert mt5.symbol_info_tick("EURUSD") is None
    assert mt5.last_error() == (-10004, "No IPC connection")
    assert mt5.initialize() is False
    assert mt5.last_error()[0] == -10003
    with serving((1.2, 1.2002)) as another:
        another.connection(tmp_path / "mt5.json")
        assert mt5.initialize()
        assert mt5.symbol_info_tick("EURUSD").bid == 1.2


def test_who_does_not_know_the_token_stays_out():
    with serving((1.1, 1.1002)) as server:
        with pytest.raises(WireError, match="does not take this token"):
            Wire(lambda: (server.address, "guess"))
        host, port = server.address.split(":")
        with socket.create_connection((host, int(port))) as stranger:
            receive(stranger)
            send(stranger, ["account_info", {"tuple": []}, {"dict": {}}])
            assert receive(stranger) == {"welcome": False}
            with pytest.raises(WireError, match="closed"):
                receive(stranger)
        assert host == "127.0.0.1"


def test_what_is_wrong_with_a_connection_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("SIMCORE_MT5", raising=False)
    with pytest.raises(WireError, match="SIMCORE_MT5 is not set"):
        attach()
    with pytest.raises(WireError, match="cannot be read"):
        attach(tmp_path / "none.json")
    (tmp_path / "bad.json").write_text("{}")
    with pytest.raises(WireError, match="no connection file"):
        attach(tmp_path / "bad.json")
    with serving((1.1, 1.1002)) as server:
        address = server.address
    with pytest.raises(WireError, match="no emulator answers"):
        Wire(lambda: (address, "x"))
