"""The bot's end of the wire: calls and answers as JSON over a socket of this machine.

`SIMCORE_MT5` names the file in which the server wrote its address and its token; the folder `site()` on PYTHONPATH
makes an unmodified bot's `import MetaTrader5` attach to it. One frame is four bytes of length, then JSON; nothing that
arrives is ever run or unpickled. Nothing of the account is imported here, so that a bot starts as fast as without us.
"""

from __future__ import annotations

import base64
import hmac
import json
import os
import socket
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Final

import numpy as np

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.clock import seconds_of
from bridges.emulators.mt5.errors import TEXTS, Failure, unanswered
from bridges.emulators.mt5.module import make_module
from bridges.emulators.mt5.structs import STRUCTS, Struct

VARIABLE: Final = "SIMCORE_MT5"
STEP, NOW = OWNER = ("simcore.step", "simcore.now")  # the owner's: play the next recorded tick; what time it is
LARGEST: Final = 1 << 28  # bytes of one frame


class WireError(Exception):
    """A connection that cannot be made or was broken: one sentence."""


# ---- values


def encode(value: Any) -> Any:
    """A value of the API as JSON can hold it."""
    if isinstance(value, Struct):
        return {"struct": type(value).__name__, "values": [encode(one) for one in value]}
    if isinstance(value, np.ndarray):
        return {"dtype": value.dtype.descr, "rows": base64.b64encode(value.tobytes()).decode()}
    if isinstance(value, tuple | list):
        return {"tuple": [encode(one) for one in value]}
    if isinstance(value, dict):
        return {"dict": {str(name): encode(one) for name, one in value.items()}}
    if isinstance(value, datetime):
        return seconds_of(value)  # a naive one means the caller's local time, so it is read there
    return value.item() if isinstance(value, np.generic) else value


def decode(value: Any) -> Any:
    """What `encode` made, back again."""
    if not isinstance(value, dict):
        return value
    if "struct" in value:
        return STRUCTS[value["struct"]](decode(one) for one in value["values"])
    if "dtype" in value:
        dtype = np.dtype([tuple(one) for one in value["dtype"]])
        return np.frombuffer(bytearray(base64.b64decode(value["rows"])), dtype)
    if "tuple" in value:
        return tuple(decode(one) for one in value["tuple"])
    return {name: decode(one) for name, one in value["dict"].items()}


# ---- frames


def send(to: socket.socket, message: Any) -> None:
    """Write one frame."""
    to.sendall(frame_of(message))


def frame_of(message: Any) -> bytes:
    """A message as it travels; TypeError for what JSON cannot hold."""
    data = json.dumps(message).encode()
    return len(data).to_bytes(4, "big") + data


def receive(source: socket.socket) -> Any:
    """Read one frame; WireError where the other side is gone."""
    length = int.from_bytes(_exactly(source, 4), "big")
    if length > LARGEST:
        raise WireError(f"a frame of {length:,} bytes is none of ours")
    return json.loads(_exactly(source, length))


def _exactly(source: socket.socket, n: int) -> bytes:
    parts = bytearray()
    while len(parts) < n:
        piece = source.recv(n - len(parts))
        if not piece:
            raise WireError("the other side closed the connection")
        parts += piece
    return bytes(parts)


def proof_of(token: str, challenge: str) -> str:
    return hmac.new(token.encode(), challenge.encode(), "sha256").hexdigest()


# ---- the client


class Wire:
    """Answers the module's functions from the other end of a socket; one call at a time, like the package.

    door: address and token, asked for again by `initialize` once the emulator has gone.
    """

    def __init__(self, door: Callable[[], tuple[str, str]]) -> None:
        self._door, self._lock = door, RLock()
        self._error: tuple[int, str] | None = None  # of a call that never came to the emulator
        self._socket: socket.socket | None = None
        self._owner = 0  # the process that connected: one that it forked has no connection
        self._connect()

    def _connect(self) -> socket.socket:
        address, token = self._door()
        host, _, port = address.rpartition(":")
        made, welcome = None, False
        try:
            made = socket.create_connection((host, int(port)))
            send(made, {"proof": proof_of(token, receive(made)["challenge"])})
            welcome = receive(made)["welcome"]
        except (OSError, WireError) as error:
            why = getattr(error, "strerror", None) or error
            raise WireError(f"no emulator answers at {address}: {why}; is `simcore serve` running?") from None
        finally:
            if made is not None and not welcome:
                made.close()
        if not welcome:
            raise WireError(f"the emulator at {address} does not take this token; use the file it wrote last")
        self._socket, self._owner = made, os.getpid()
        return made

    def __call__(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        with self._lock:
            if name == "last_error" and self._error is not None:
                return self._error
            try:
                answer = decode(self._ask(name, given, named))
            except Failure as failure:
                self._error = failure.args
                return unanswered(name)
            self._error = None
            return answer

    def _ask(self, name: str, given: Any, named: Any) -> Any:
        """One question and its answer, as they travel; Failure where either does not."""
        try:
            asked = frame_of([name, encode(given), encode(named)])
        except TypeError:  # what JSON cannot hold is nothing the package takes
            raise Failure(c.RES_E_INVALID_PARAMS, "Invalid arguments") from None
        to = self._socket if self._owner == os.getpid() else None
        try:
            to = to or self._again(name)
            to.sendall(asked)
        except OSError:
            self.close()
            raise Failure(c.RES_E_INTERNAL_FAIL_SEND) from None
        try:
            return receive(to)
        except (OSError, WireError):
            self.close()
            raise Failure(c.RES_E_INTERNAL_FAIL_RECEIVE) from None

    def _again(self, name: str) -> socket.socket:
        """A new connection, for `initialize` alone."""
        if name != "initialize":
            raise Failure(c.RES_E_INTERNAL_FAIL_CONNECT)
        try:
            return self._connect()
        except WireError as error:
            raise Failure(c.RES_E_INTERNAL_FAIL_INIT, f"{TEXTS[c.RES_E_INTERNAL_FAIL_INIT]}, {error}") from None

    def step(self) -> bool:
        """Play the next recorded tick where time is the owner's; False where there is none."""
        with self._lock:
            return bool(self._ask(STEP, None, None))

    def now(self) -> int:
        """The terminal's time, ns UTC."""
        with self._lock:
            return int(self._ask(NOW, None, None))

    def close(self) -> None:
        if self._socket is not None:
            self._socket.close()
        self._socket = None

    def __del__(self) -> None:
        if hasattr(self, "_socket"):  # the bot that forgot its module is gone
            self.close()


def door_of(path: str | Path) -> tuple[str, str]:
    """Address and token, of the file a server wrote."""
    try:
        found = json.loads(Path(path).read_text())
        return found["address"], found["token"]
    except OSError as error:
        raise WireError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError):
        raise WireError(f"{path}: is no connection file; `simcore serve` writes one") from None


def attach(path: str | Path | None = None) -> ModuleType:
    """The module over the emulator whose connection file is `path`, or the one SIMCORE_MT5 names."""
    path = path if path is not None else os.environ.get(VARIABLE)
    if not path:
        raise WireError(f"{VARIABLE} is not set: name the connection file that `simcore serve` wrote")
    return make_module(Wire(lambda: door_of(path)))


def site() -> Path:
    """The folder that makes `import MetaTrader5` attach, for PYTHONPATH."""
    return Path(__file__).with_name("site")
