"""What the store asks of the disk: whole files, in an order that survives a crash, and one writer at a time.

A file is written under a name nobody reads yet, forced to the disk, and only then named in the manifest; the manifest
itself is written aside and renamed. So at any instant a reader, or whoever comes after a crash, finds the store before
a change or after it.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, Final

from simcore.market.errors import DataError

LOCK: Final = "store.lock"


def write_new(path: Path, content: Any) -> None:
    """Write a new file and force it to the disk; its name is forced with `sync_folder`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # what a killed writer left may be a second name of somebody else's file
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def replace(path: Path, content: bytes) -> None:
    """Write a file aside, then rename it over the one that is there: the old one or the new one, never half of one."""
    aside = path.with_name(path.name + ".part")
    try:
        write_new(aside, content)
        os.replace(aside, path)
    except OSError:
        aside.unlink(missing_ok=True)
        raise
    with suppress(OSError):  # it has happened: whoever looks sees the new file
        sync_folder(path.parent)


@contextmanager
def whole_file(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that has its name only once the block has ended well and all of it is on the disk."""
    aside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with aside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise
    with suppress(OSError):
        sync_folder(path.parent)


def link_new(source: Path, path: Path) -> None:
    """Give a file that is on the disk already a second name; a copy where the file system has no hard links."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    try:
        os.link(source, path)
    except OSError:
        write_new(path, source.read_bytes())


def sync_folder(folder: Path) -> None:
    """Force a folder's names to the disk, where the system has a way to."""
    if os.name == "nt":
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # a file system without it
            raise
    finally:
        os.close(handle)


@contextmanager
def one_writer(folder: Path) -> Iterator[bool]:
    """Hold a folder's lock, which ends with the process however it ends; gives whether the last one was killed.

    Raises DataError where another process holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / LOCK).open("a+b") as file:
        try:
            _lock(file.fileno())
        except OSError as error:
            raise DataError(f"{folder}: another process is writing to it; run this again when it has ended") from error
        file.seek(0)
        killed = bool(file.read(1))
        file.write(b"writing\n")
        file.flush()
        try:
            yield killed
        finally:
            file.truncate(0)


if os.name == "nt":
    import msvcrt

    def _lock(handle: int) -> None:
        os.lseek(handle, 0, os.SEEK_SET)
        msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]

else:
    import fcntl

    def _lock(handle: int) -> None:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
