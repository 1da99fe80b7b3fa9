"""No connection leaves this machine: imported by the tests, and by every Python that a test starts (see conftest).

PostgreSQL's client library connects in C and does not come by Python's sockets; its environment sends it to loopback,
whatever host it is told. Any other library that connects in C (Ray's own, Arrow's cloud readers) is not seen here: no
test gives one an address but this machine's.
"""

from __future__ import annotations

import ipaddress
import os
import socket
from collections.abc import Callable
from typing import Any


def is_local(address: Any) -> bool:
    """Whether an address is on this machine; a Unix socket's path is."""
    if not isinstance(address, tuple):
        return True
    host = str(address[0])
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")


def guarded(call: Callable[..., Any]) -> Callable[..., Any]:
    """A method of sockets that refuses addresses elsewhere; the address is its last argument."""

    def checked(self: socket.socket, *given: Any) -> Any:
        if given and not is_local(given[-1]):
            raise AssertionError(f"a test tried to connect to {given[-1]}; tests use loopback only")
        return call(self, *given)

    return checked


os.environ["PGHOSTADDR"] = "127.0.0.1"
for name in ("connect", "connect_ex", "sendto"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name)))
