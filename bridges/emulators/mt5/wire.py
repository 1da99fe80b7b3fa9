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
from datetime import datetime
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

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
        return value.timestamp()  # a naive one means the caller's local time, so it is read there
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
    data = json.dumps(message).encode()
    to.sendall(len(data).to_bytes(4, "big") + data)


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
    """Answers the module's functions from the other end of a socket."""

    def __init__(self, address: str, token: str) -> None:
        host, _, port = address.rpartition(":")
        try:
            self._socket = socket.create_connection((host, int(port)))
            send(self._socket, {"proof": proof_of(token, receive(self._socket)["challenge"])})
            welcome = receive(self._socket)["welcome"]
        except OSError as error:
            raise WireError(
                f"no emulator answers at {address}: {error.strerror}; is `simcore serve` running?"
            ) from None
        if not welcome:
            self.close()
            raise WireError(f"the emulator at {address} does not take this token; use the file it wrote last")

    def __call__(self, name: str, given: tuple[Any, ...], named: dict[str, Any]) -> Any:
        send(self._socket, [name, encode(given), encode(named)])
        return decode(receive(self._socket))

    def step(self) -> bool:
        """Play the next recorded tick where time is the owner's; False where there is none."""
        send(self._socket, [STEP, None, None])
        return bool(receive(self._socket))

    def now(self) -> int:
        """The terminal's time, ns UTC."""
        send(self._socket, [NOW, None, None])
        return int(receive(self._socket))

    def close(self) -> None:
        self._socket.close()

    def __del__(self) -> None:
        if hasattr(self, "_socket"):  # the bot that forgot its module is gone
            self.close()


def attach(path: str | Path | None = None) -> ModuleType:
    """The module over the emulator whose connection file is `path`, or the one SIMCORE_MT5 names."""
    path = path if path is not None else os.environ.get(VARIABLE)
    if not path:
        raise WireError(f"{VARIABLE} is not set: name the connection file that `simcore serve` wrote")
    try:
        found = json.loads(Path(path).read_text())
        return make_module(Wire(found["address"], found["token"]))
    except OSError as error:
        raise WireError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, KeyError):
        raise WireError(f"{path}: is no connection file; `simcore serve` writes one") from None


def site() -> Path:
    """The folder that makes `import MetaTrader5` attach, for PYTHONPATH."""
    return Path(__file__).with_name("site")
