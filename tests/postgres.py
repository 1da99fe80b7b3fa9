"""A PostgreSQL server of its own for tests, on loopback: Debian's, where it is installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

USER = "postgres"  # whom Debian makes for it; the server refuses to run as root


def binaries() -> Path:
    """The folder of initdb and pg_ctl; skips where there is none."""
    found = [Path(one).resolve().parent for one in [shutil.which("initdb")] if one]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not found:
        pytest.skip("needs a PostgreSQL server: no initdb on the path nor below /usr/lib/postgresql")
    return found[-1]


@contextmanager
def server(folder: Path) -> Iterator[str]:
    """The URL of an empty database that lives as long as the block."""
    where = binaries()
    who: dict[str, Any] = {}
    if os.geteuid() == 0:
        try:
            shutil.chown(folder, USER)
        except LookupError:
            pytest.skip(f"needs a user {USER}: PostgreSQL does not run as root")
        who = {"user": USER, "cwd": folder}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    data = folder / "data"

    def run(*command: object) -> None:
        subprocess.run([str(part) for part in command], check=True, capture_output=True, **who)

    run(where / "initdb", "-D", data, "-U", USER, "-A", "trust", "--no-sync", "-E", "UTF8")
    options = f"-p {port} -h 127.0.0.1 -k '' -F"
    run(where / "pg_ctl", "-D", data, "-l", folder / "log", "-w", "-o", options, "start")
    try:
        yield f"postgresql://{USER}@127.0.0.1:{port}/postgres"
    finally:
        run(where / "pg_ctl", "-D", data, "-m", "immediate", "stop")
