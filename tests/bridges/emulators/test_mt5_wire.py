"""The socket: values survive the way, strangers stay out, and what is wrong is one sentence."""

from __future__ import annotations

import json
import socket
import stat
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import numpy as np
import pytest

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


def test_who_does_not_know_the_token_stays_out():
    with serving((1.1, 1.1002)) as server:
        with pytest.raises(WireError, match="does not take this token"):
            Wire(server.address, "guess")
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
        Wire(address, "x")
