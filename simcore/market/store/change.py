"""A change of the store: all of it happens, or none.

New files get names that the manifest does not know yet; the change is made at the instant the new manifest takes the
place of the old one. What it no longer names is deleted afterwards. A writer that is killed leaves at most files that
nobody reads, and the next writer sweeps them up.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import quote

from simcore.market.errors import DataError
from simcore.market.store import disk
from simcore.market.store.digest import digest_of
from simcore.market.store.manifest import MANIFEST, Key, Manifest, Part, Series, load, save
from simcore.market.store.parts import KINDS, Rows, decoded, encoded, rows_of

_OURS = (disk.LOCK, ".import-", ".download")  # what may lie in a folder before its first manifest


class Change:
    """Parts put in and taken out, until `commit`. Made by `changing`, which holds the folder's lock."""

    def __init__(self, folder: Path) -> None:
        before = load(folder)
        if before is None:
            _refuse_strangers(folder)
        self.folder = folder
        self.before = before or Manifest()
        self.revision = self.before.revision + 1
        self._parts = {key: {p.period: p for p in one.parts} for key, one in self.before.series.items()}
        self._columns = {key: one.columns for key, one in self.before.series.items()}
        self._new: list[Path] = []

    def held(self, key: Key) -> dict[str, Part]:
        """Return the parts of a series by period, as they stand in this change."""
        return self._parts.get(key, {})

    def rows(self, key: Key, period: str) -> Rows | None:
        """Return what is held of a period."""
        part = self.held(key).get(period)
        return None if part is None else read_part(self.folder, key, self._columns[key], part)

    def put(self, key: Key, period: str, rows: Rows) -> None:
        """Hold these rows for a period, whatever was held before."""
        columns = rows.given()
        self.same_columns(key, tuple(columns))
        self._columns[key] = tuple(columns)
        content, groups = encoded(columns)
        path = self._path(key, period)
        disk.write_new(path, content)
        facts = (len(rows), int(rows.ts[0]), int(rows.ts[-1]), len(content), groups, digest_of(content))
        self._hold(key, period, path, *facts)

    def link(self, key: Key, part: Part, columns: tuple[str, ...], source: Path) -> None:
        """Hold a part that another folder of the same file system has written."""
        self.same_columns(key, columns)
        self._columns[key] = columns
        path = self._path(key, part.period)
        disk.link_new(source / part.file, path)
        self._hold(key, part.period, path, *part[2:])

    def drop(self, key: Key, period: str) -> None:
        """Hold nothing of a period any more."""
        del self._parts[key][period]

    def same_columns(self, key: Key, columns: tuple[str, ...]) -> None:
        """Raise DataError where new rows have other columns than those held."""
        held = self._columns[key] if self.held(key) else columns
        if held != columns:
            unlike = ", ".join(sorted({*held} ^ {*columns}))
            raise DataError(
                f"{self.folder}: the {key} held and the new ones differ in {unlike}; keep them in two stores"
            )

    def commit(self, notes: Mapping[str, Any] | None = None) -> None:
        """Make the change: from this instant on it is what the store holds."""
        series = {
            key: Series(self._columns[key], tuple(sorted(parts.values(), key=lambda part: part.first)))
            for key, parts in self._parts.items()
            if parts
        }
        for folder in {path.parent for path in self._new}:
            disk.sync_folder(folder)
        save(self.folder, Manifest(self.revision, series, dict(notes if notes is not None else self.before.notes)))
        self._new.clear()
        kept = {part.file for one in series.values() for part in one.parts}
        for one in self.before.series.values():
            _delete(self.folder / part.file for part in one.parts if part.file not in kept)

    def undo(self) -> None:
        """Delete what was written and is not held: all of it, unless the change was made."""
        now = load(self.folder) if self._new else None
        if now is None or now.revision != self.revision:
            _delete(self._new)
        self._new.clear()

    def _hold(self, key: Key, period: str, path: Path, *facts: int) -> None:
        file = path.relative_to(self.folder).as_posix()
        self._parts.setdefault(key, {})[period] = Part(period, file, *facts)

    def _path(self, key: Key, period: str) -> Path:
        path = self.folder / folder_of(key) / f"{period}.{self.revision}.parquet"
        self._new.append(path)
        return path


@contextmanager
def changing(folder: Path) -> Iterator[Change]:
    """Open a change; what is not committed when the block ends leaves no trace.

    Raises DataError where somebody else is writing, where the folder holds something that is no store, and where the
    disk refuses (full, no permission): the store is as it was then.
    """
    try:
        with disk.one_writer(folder) as killed:
            try:
                change = Change(folder)
                if killed:
                    _sweep(folder, change.before)
                try:
                    yield change
                finally:
                    change.undo()
            finally:
                _leave_if_empty(folder)
    except OSError as error:
        place, cause = error.filename or folder, (error.strerror or str(error)).lower()
        raise DataError(f"{place}: could not be written: {cause}. The store is as it was") from error


def folder_of(key: Key) -> str:
    """Return where the files of a series lie: `bars/1min/EURUSD`; letters that a file system minds are spelled %2F."""
    symbol = quote(key.symbol, safe="")
    middle = f"{key.timeframe}/" if key.timeframe else ""
    return f"{key.kind}/{middle}{symbol if symbol.strip('.') else symbol.replace('.', '%2E')}"


def read_part(folder: Path, key: Key, columns: tuple[str, ...], part: Part) -> Rows:
    """Return a whole part in memory."""
    import numpy as np

    groups = [decoded(folder, part, columns, group) for group in range(part.groups)]
    return rows_of(key, {name: np.concatenate([group[name] for group in groups]) for name in columns})


def _delete(paths: Any) -> None:
    for path in paths:
        with suppress(OSError):  # held open by a reader on Windows: the next writer deletes it
            path.unlink()


def _sweep(folder: Path, held: Manifest) -> None:
    """Delete the files that a writer who was killed had not yet, or no longer, in the manifest."""
    known = {part.file for one in held.series.values() for part in one.parts}
    found = (path for kind in KINDS for path in (folder / kind).rglob("*.parquet"))
    _delete(path for path in found if path.relative_to(folder).as_posix() not in known)


def _leave_if_empty(folder: Path) -> None:
    """Take away the lock and the folders of a store that was not made after all."""
    if (folder / MANIFEST).exists():
        return
    below = [path for kind in KINDS for path in (folder / kind).rglob("*")]
    for path in (*sorted(below, reverse=True), *(folder / kind for kind in KINDS)):
        with suppress(OSError):
            path.rmdir()
    _delete([folder / disk.LOCK])
    with suppress(OSError):
        folder.rmdir()


def _refuse_strangers(folder: Path) -> None:
    strangers = sorted(p.name for p in folder.iterdir() if not p.name.startswith((*_OURS, MANIFEST)))
    strangers = [name for name in strangers if name not in KINDS]
    if strangers:
        raise DataError(f"{folder}: not a store, and it holds {strangers[0]}; name a new or empty folder")
