"""Many files into the store at one instant, and a second go that begins where the first was interrupted.

The rows of each file are first put into a store of their own, `.import-...` inside the folder of the real one, which
nobody reads. When all files are there, they are taken over in one change. So an import that is interrupted leaves the
store as it was; the same import run again skips the files it has read, unless one of them has changed meanwhile.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from simcore.market.checks import text_of
from simcore.market.errors import DataError
from simcore.market.readers.dukascopy import ticks_of, wrong_hour
from simcore.market.store.append import Overlap, Tally, add_period, check_policy, clear, extend, insert, whole_periods
from simcore.market.store.change import changing, read_part
from simcore.market.store.disk import one_writer
from simcore.market.store.manifest import Key, Manifest, load
from simcore.market.store.parts import Rows, key_of

PREFIX: Final = ".import-"


class Source(NamedTuple):
    """A file, and whose rows it has."""

    symbol: str
    path: Path


Read = Callable[[Source], Iterable[Rows]]  # a file's rows: all, or one part later than the other


class _Read(NamedTuple):
    """A file that has been read: as it was then, and what it held."""

    path: str
    size: int
    changed: int  # ns, by the file system
    key: Key
    first: int
    last: int
    ticks: str = ""  # of a .bi5: what tells its ticks from another hour's


def import_files(
    folder: Path,
    sources: Sequence[Source],
    read: Read,
    *,
    overlap: Overlap = "refuse",
    options: str = "",
    tell: Callable[[int, int], None] = lambda done, of: None,
) -> tuple[Tally, int]:
    """Put the rows of all files into the store; returns how many were added, and how many files a first go had read.

    Files of one symbol may come in any order and must not overlap one another; `overlap` says what happens where the
    store holds other rows (see `append`). `read` gives a file's rows, all at once or some at a time, each part later
    than the one before. `options` is how they are read: with others, an interrupted import begins anew. `tell` hears
    (steps done, of). Raises DataError, and whatever `read` raises; the store is as it was then.
    """
    check_policy(overlap)
    staging = folder / f"{PREFIX}{_name(sources, options)}"
    with changing(folder):  # a store that cannot be written to is told before hours of reading
        pass
    if any(_stat(Path(one.path)) != (one.size, one.changed) for one in _notes(load(staging))):
        shutil.rmtree(staging)
    skipped = 0
    for n, source in enumerate(sources):
        tell(n, len(sources))
        if str(source.path.absolute()) in {one.path for one in _notes(load(staging))}:
            skipped += 1
        else:
            _stage(staging, source, read)
    tell(len(sources), len(sources))
    tally = _take_over(folder, staging, overlap)
    shutil.rmtree(staging, ignore_errors=True)
    return tally, skipped


def unfinished(folder: Path) -> list[Path]:
    """Return the interrupted imports of a store."""
    return sorted(folder.glob(f"{PREFIX}*"))


def discard(folder: Path) -> None:
    """Delete what interrupted imports left in a store."""
    for path in unfinished(folder):
        with one_writer(path):  # an import that is running holds it
            pass
        shutil.rmtree(path)


def _stage(staging: Path, source: Source, read: Read) -> None:
    """Read one file into the staging store and note that it is there."""
    size, changed = _stat(source.path)
    done = _notes(load(staging))
    now: _Read | None = None
    with changing(staging) as change:
        for rows in whole_periods(read(source)):
            first = now.first if now is not None else int(rows.ts[0])
            now = _Read(str(source.path.absolute()), size, changed, key_of(rows), first, int(rows.ts[-1]))
            own = [one for one in done if one.key == now.key]
            _refuse_overlap(now, own)
            now = _refuse_same_ticks(now, rows, own)
            if all(now.first >= one.last for one in own):
                extend(change, rows)
            else:
                insert(change, rows)
        change.commit({"sources": [*done, *([now] if now is not None else [])]})


def _refuse_overlap(now: _Read, others: Sequence[_Read]) -> None:
    apart = 1 if now.key.kind == "bars" else 0  # ticks of two files may share an instant, bars a start may not
    for one in others:
        if now.first < one.last + apart and now.last > one.first - apart:
            raise DataError(
                f"{now.path}: its rows from {text_of(now.first)} to {text_of(now.last)} overlap those of {one.path}, "
                f"from {text_of(one.first)} to {text_of(one.last)}; leave one of the files out"
            )


def _refuse_same_ticks(now: _Read, rows: Rows, others: Sequence[_Read]) -> _Read:
    """Dukascopy's hours are told by their names alone: two with the same ticks cannot both be right."""
    if now.key.kind != "quotes" or not now.path.endswith(".bi5"):
        return now
    now = now._replace(ticks=ticks_of(rows.ts, rows.given()["bid"]))
    for one in others:
        if now.ticks and one.ticks == now.ticks:
            raise wrong_hour(now.path, one.path)
    return now


def _take_over(folder: Path, staging: Path, overlap: Overlap) -> Tally:
    """Put all that is staged into the store, in one change."""
    staged = load(staging)
    assert staged is not None
    with changing(folder) as change:
        total = Tally()
        if overlap == "replace":
            gone = sum(clear(change, one.key, one.first, one.last) for one in _notes(staged))
            total = Tally(replaced=gone)
        for key, series in staged.series.items():
            for part in series.parts:
                if part.period in change.held(key):
                    rows = read_part(staging, key, series.columns, part)
                    total = total.plus(add_period(change, key, part.period, rows, overlap))
                else:
                    change.link(key, part, series.columns, staging)
                    total = total.plus(Tally(added=part.rows))
        if total.added or total.replaced:
            change.commit()
    return total


def _notes(manifest: Manifest | None) -> list[_Read]:
    noted = manifest.notes.get("sources", []) if manifest is not None else []
    return [_Read(path, size, changed, Key(*key), *rest) for path, size, changed, key, *rest in noted]


def _stat(path: Path) -> tuple[int, int]:
    """Size and time of change; (-1, -1) where there is no such file."""
    try:
        found = path.stat()
    except OSError:
        return -1, -1
    return found.st_size, found.st_mtime_ns


def _name(sources: Sequence[Source], options: str) -> str:
    told = repr((options, [(one.symbol, str(one.path.absolute())) for one in sources]))
    return hashlib.sha256(told.encode()).hexdigest()[:12]
