"""A test that tries the network fails, and so does a process that it starts."""

from __future__ import annotations

import socket
import subprocess
import sys

import pytest

ELSEWHERE = ("192.0.2.1", 9)  # TEST-NET-1, which nobody has
TRY = f"import socket; socket.create_connection({ELSEWHERE}, 1)"


def test_a_connection_that_leaves_this_machine_fails_the_test():
    with socket.socket() as one, pytest.raises(AssertionError, match=r"tried to connect to .*192\.0\.2\.1"):
        one.connect(ELSEWHERE)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one:
        with pytest.raises(AssertionError, match="loopback only"):
            one.connect_ex(ELSEWHERE)
        with pytest.raises(AssertionError, match="loopback only"):
            one.sendto(b"x", ELSEWHERE)


def test_so_it_does_in_a_process_that_a_test_starts():
    done = subprocess.run([sys.executable, "-c", TRY], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AssertionError: a test tried to connect to ('192.0.2.1', 9); tests use loopback only" in done.stderr


def test_the_client_library_of_postgresql_gets_no_further_than_loopback():
    psycopg = pytest.importorskip("psycopg", reason="needs the extra postgres")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(psycopg.OperationalError, match=r"server at .*127\.0\.0\.1.* refused"):
        psycopg.connect(f"host={ELSEWHERE[0]} port={port} dbname=none connect_timeout=2")


def test_this_machine_is_allowed():
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        socket.create_connection(server.getsockname(), 5).close()
