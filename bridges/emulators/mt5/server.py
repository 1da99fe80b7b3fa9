"""The emulator for bots in other processes: a socket of this machine, for who knows the token.

It listens on 127.0.0.1 alone. A client is sent a random challenge and answers with its HMAC under the token, which lies
in a file only the owner can read; then it asks, one call a frame (see wire).
"""

from __future__ import annotations

import hmac
import json
import os
import secrets
import socket
import socketserver
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from bridges.emulators.mt5.calls import Call
from bridges.emulators.mt5.module import NAMES
from bridges.emulators.mt5.terminal import Terminal
from bridges.emulators.mt5.wire import OWNER, STEP, WireError, decode, encode, proof_of, receive, send

HOST: Final = "127.0.0.1"
TIMEOUT: Final = 10.0  # seconds a stranger may take to say who it is


class Server:
    """Serves one terminal on this machine until closed; `address` says where, `connection` writes how to get in."""

    def __init__(self, terminal: Terminal, port: int = 0) -> None:
        self.terminal, self.token = terminal, secrets.token_hex(32)
        token, clients = self.token, set[socket.socket]()

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                clients.add(self.request)
                answer_all(self.request, token, Call(terminal))
                clients.discard(self.request)

        class Listener(socketserver.ThreadingTCPServer):
            daemon_threads, allow_reuse_address = True, True

        try:
            self._listener = Listener((HOST, port), Handler)
        except OSError as error:
            raise WireError(f"cannot listen on {HOST}:{port}: {error.strerror}; give another --port") from error
        self._clients = clients
        self.address = f"{HOST}:{self._listener.server_address[1]}"

    def connection(self, path: Path) -> None:
        """Write address and token to a file that only its owner can read."""
        path.unlink(missing_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
            json.dump({"address": self.address, "token": self.token}, file)

    def serve(self) -> None:
        """Answer until `close` is called from another thread."""
        self._listener.serve_forever(poll_interval=0.05)

    def close(self) -> None:
        """Answer nobody any more."""
        self._listener.shutdown()
        self._listener.server_close()
        for client in list(self._clients):
            with suppress(OSError):  # it went by itself
                client.shutdown(socket.SHUT_RDWR)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._listener.server_close()


def answer_all(client: socket.socket, token: str, call: Call) -> None:
    """Let one client in, if it knows the token, and answer it until it goes."""
    challenge = secrets.token_hex(16)
    client.settimeout(TIMEOUT)
    try:
        send(client, {"challenge": challenge})
        proof = receive(client)
        known = isinstance(proof, dict) and hmac.compare_digest(str(proof.get("proof")), proof_of(token, challenge))
        send(client, {"welcome": known})
        client.settimeout(None)
        while known:
            name, given, named = receive(client)
            if name in OWNER:
                send(client, call.terminal.step() if name == STEP else call.terminal.venue.now)
                continue
            if name not in NAMES:
                return
            send(client, encode(call(name, decode(given), decode(named))))
    except (WireError, OSError, ValueError):
        return  # it went, or speaks another language
