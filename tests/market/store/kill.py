"""`python -m tests.market.store.kill FOLDER`: kill a change of a store at every instant, and look at what is left.

Each change runs again and again in a process that ends itself, without cleaning up, before its n-th call to the file
system, in the middle of its n-th write, or right after, until it gets through. Prints a line of JSON a change. It is a
process of its own because only one without threads may fork.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy as np

from simcore.market.errors import DataError
from simcore.market.store import disk
from simcore.market.store.change import changing
from simcore.market.store.job import Source, import_files
from simcore.market.store.manifest import load
from simcore.market.store.store import Store
from tests.market.store.rows import DAY, quotes

HELD = quotes([0, 5, 9, DAY, DAY + 7, 2 * DAY])
NEW = quotes([7, DAY + 3, 3 * DAY, 4 * DAY], bid=[2.0, 2.1, 2.2, 2.3])
FILES = {"a.csv": quotes([3 * DAY, 3 * DAY + 1]), "b.csv": quotes([3 * DAY + 1, 5 * DAY], bid=[3.0, 3.1])}

Change = Callable[[Path], Any]


def imported(folder: Path) -> None:
    """Two files that share a day and an instant, one of which is a day that is held."""
    sources = [Source("EURUSD", folder.parent / name) for name in FILES]
    for source in sources:
        source.path.touch()
    import_files(folder, sources, lambda source: [FILES[source.path.name]])


CHANGES: dict[str, Change] = {
    "first append": lambda folder: Store(folder).append(NEW),
    "append": lambda folder: Store(folder).append(quotes([9, 11, DAY - 1, 6 * DAY])),
    "replace": lambda folder: Store(folder).append(NEW, overlap="replace"),
    "prune": lambda folder: Store(folder).prune(
        "EURUSD", "2024-01-01T00:00:00.000000005", "2024-01-02T00:00:00.000000007"
    ),
    "import": imported,
}


def content(folder: Path) -> dict[str, Any] | None:
    """Every series of a store, as lists; None where there is no store."""
    held = load(folder)
    if held is None:
        return None
    store = Store(folder)
    return {str(key): {n: v.tolist() for n, v in store.quotes(key.symbol).given().items()} for key in held.series}


def strays(folder: Path) -> list[str]:
    """Files below a store's folder that it does not hold."""
    held = load(folder)
    files = {part.file for one in held.series.values() for part in one.parts} if held else set()
    known = {*files, "store.json", "store.lock"}
    found = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(set(found) - known)


@contextmanager
def watched(act: Callable[[str], None]) -> Iterator[None]:
    """Call `act` with a name before each call to the file system, amid each write, and after each rename."""
    real = {"fsync": os.fsync, "replace": os.replace, "link": os.link}
    paths = {name: getattr(Path, name) for name in ("mkdir", "unlink", "rmdir", "open")}

    def before(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **more: Any) -> Any:
            act(name)
            done = function(*args, **more)
            if name in ("replace", "link"):
                act(f"after {name}")
            return done

        return call

    def opened(path: Path, mode: str = "r", **more: Any) -> Any:
        if "w" not in mode:
            return paths["open"](path, mode, **more)
        act("open")
        file = paths["open"](path, mode, buffering=0, **more)
        return _Halves(file, act)

    try:
        for name, function in real.items():
            setattr(disk.os, name, before(name, function))
        for name in ("mkdir", "unlink", "rmdir"):
            setattr(Path, name, before(name, paths[name]))
        Path.open = opened  # type: ignore[assignment,method-assign]
        yield
    finally:
        for name, function in real.items():
            setattr(disk.os, name, function)
        for name, function in paths.items():
            setattr(Path, name, function)


class _Halves:
    """A file whose writes come in two halves, with an act in between."""

    def __init__(self, file: Any, act: Callable[[str], None]) -> None:
        self._file, self._act = file, act

    def write(self, content: Any) -> None:
        half = len(content) // 2
        whole = bytes(content)
        self._file.write(whole[:half])
        self._act("write")
        self._file.write(whole[half:])

    def __enter__(self) -> _Halves:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)


def killed_at(n: int, change: Change, folder: Path) -> str | None:
    """Run a change in a process that ends at its n-th act; returns what that was, None if it got through."""
    told, tell = os.pipe()
    child = os.fork()
    if child == 0:
        left = n

        def act(name: str) -> None:
            nonlocal left
            left -= 1
            if left < 0:
                os.write(tell, name.encode())
                os._exit(9)

        with suppress(DataError), watched(act):
            change(folder)
        os._exit(0)
    os.close(tell)
    _, status = os.waitpid(child, 0)
    name = os.read(told, 100).decode()
    os.close(told)
    assert os.waitstatus_to_exitcode(status) in (0, 9), status
    return name or None


def show(name: str, change: Change, place: Path) -> dict[str, Any]:
    """Kill one change at every instant: the store is as before or as after, and a second go mends it."""
    start, folder = place / "start", place / "now"
    if name != "first append":
        Store(start).append(HELD)
    else:
        start.mkdir(parents=True)
    shutil.copytree(start, folder)
    before = content(folder)
    change(folder)
    after = content(folder)
    assert before != after
    instants: list[str] = []
    befores = 0
    while True:
        shutil.rmtree(folder)
        shutil.copytree(start, folder)
        at = killed_at(len(instants), change, folder)
        now = content(folder)
        if at is None:
            assert now == after
            assert strays(folder) == []
            break
        instants.append(at)
        assert now in (before, after), (name, len(instants), at)
        befores += now == before
        if not (name == "prune" and now == after):  # what is pruned cannot be named again
            change(folder)
        assert content(folder) == after, (name, len(instants), at)
        with changing(folder):  # whoever writes next sweeps up
            pass
        assert strays(folder) == [], (name, len(instants), at)
    return {"change": name, "instants": len(instants), "as_before": befores, "acts": sorted({*instants})}


def too_large(place: Path) -> dict[str, Any]:
    """A file system that really refuses: no file may grow beyond 3,000 bytes."""
    folder = place / "limited"
    Store(folder).append(HELD)
    before = content(folder)
    child = os.fork()
    if child == 0:
        resource.setrlimit(resource.RLIMIT_FSIZE, (3_000, 3_000))
        try:
            Store(folder).append(quotes(3 * DAY + np.arange(10_000), bid=1.0 + np.arange(10_000)))
        except DataError as error:
            (place / "said").write_text(str(error))
            os._exit(1)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 1
    assert content(folder) == before
    assert strays(folder) == []
    return {"change": "too large", "said": (place / "said").read_text()}


def main() -> None:
    """Show every change, and a real limit."""
    place = Path(sys.argv[1])
    for n, (name, change) in enumerate(CHANGES.items()):
        print(json.dumps(show(name, change, place / str(n))), flush=True)
    print(json.dumps(too_large(place)), flush=True)


if __name__ == "__main__":
    main()
