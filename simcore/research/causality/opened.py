"""Files that a strategy's own code opens while it runs: what it reads there is no data of the check's to change.

Assumes that what the libraries open for themselves (code, time zones, broker presets, machine code) is no market data.
"""

from __future__ import annotations

import os
import sys
import sysconfig
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, Final

import simcore.kernel
from simcore.kernel.jit import cache_folder

NETWORK: Final = "the network"
CODE: Final = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".toml")
_listening = threading.local()


@contextmanager
def opened() -> Iterator[list[str]]:
    """The names of the files that are opened for reading while the block runs, each once; NETWORK for a connection."""
    _install()
    before, _listening.found = getattr(_listening, "found", None), []
    try:
        yield _listening.found
    finally:
        _listening.found = before


@contextmanager
def deaf() -> Iterator[None]:
    """Whatever is opened while the block runs is not heard."""
    before, _listening.found = getattr(_listening, "found", None), None
    try:
        yield
    finally:
        _listening.found = before


def unseen(file: str) -> str:
    """What a check says of a file that was opened."""
    return f"{file}, which it opens while it runs: what it reads there nobody can change; give it as data"


@cache
def _install() -> None:
    """Python asks its audit hooks at every open(); one cannot be taken away, so there is one for good."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    found = getattr(_listening, "found", None)
    if found is None or event not in ("open", "sqlite3.connect", "socket.connect"):
        return
    if event == "socket.connect":
        found += [NETWORK] if isinstance(arguments[1], tuple) and NETWORK not in found else []
        return
    path, mode = arguments[0], arguments[1] if event == "open" else None
    if event == "sqlite3.connect" and _of_ledger():
        return
    if isinstance(path, str | bytes | os.PathLike) and (mode is None or "r" in mode or "+" in mode) and is_data(path):
        name = os.path.abspath(os.fsdecode(path))
        found += [name] if name not in found else []


def is_data(path: str | bytes | os.PathLike[Any]) -> bool:
    """Whether it is a file that may hold data: no code, and none that a library has for itself."""
    name = os.path.abspath(os.fsdecode(path))
    return not name.endswith(CODE) and not name.startswith(_of_libraries()) and os.path.isfile(name)


def _of_ledger() -> bool:
    """Whether it is the trial ledger that opens a database."""
    frame = sys._getframe()
    while frame is not None and not str(frame.f_globals.get("__name__")).startswith("simcore.ledger"):
        frame = frame.f_back  # type: ignore[assignment]
    return frame is not None


@cache
def _of_libraries() -> tuple[str, ...]:
    installed = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), "/usr/share/zoneinfo", "/proc", "/sys")
    own = Path(simcore.kernel.__file__).parents[1]
    return tuple(f"{one}{os.sep}" for one in (*installed, own, own.parent / "data", cache_folder().parent))
