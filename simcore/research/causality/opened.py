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

CODE: Final = (".py", ".pyc", ".pyi", ".so", ".pyd", ".dll", ".toml")
_listening = threading.local()


@contextmanager
def opened() -> Iterator[list[str]]:
    """The names of the files that are opened for reading while the block runs, each once."""
    _install()
    before, _listening.found = getattr(_listening, "found", None), []
    try:
        yield _listening.found
    finally:
        _listening.found = before


@cache
def _install() -> None:
    """Python asks its audit hooks at every open(); one cannot be taken away, so there is one for good."""
    sys.addaudithook(_hear)


def _hear(event: str, arguments: tuple[Any, ...]) -> None:
    found = getattr(_listening, "found", None)
    if event != "open" or found is None:
        return
    path, mode = arguments[0], arguments[1]
    if isinstance(path, str | bytes | os.PathLike) and (mode is None or "r" in mode or "+" in mode):
        name = os.path.abspath(os.fsdecode(path))
        if name not in found and not name.endswith(CODE) and not name.startswith(_of_libraries()):
            found += [name] if os.path.isfile(name) else []


@cache
def _of_libraries() -> tuple[str, ...]:
    installed = (sysconfig.get_path("purelib"), sysconfig.get_path("stdlib"), "/usr/share/zoneinfo", "/proc", "/sys")
    own = Path(simcore.kernel.__file__).parents[1]
    return tuple(f"{one}{os.sep}" for one in (*installed, own, own.parent / "data", cache_folder().parent))
