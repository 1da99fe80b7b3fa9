"""The store's manifest: what it holds, file by file, and the mark of the format it is written in.

`store.json` is the one file that says what belongs to the store; a Parquet file it does not name is not there. It is
replaced whole with every change, so a change of a thousand files happens at one instant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

from simcore.market.errors import DataError
from simcore.market.store import disk

MANIFEST: Final = "store.json"
FORMAT: Final = "simcore-store"
VERSION: Final = 1  # of the format: a change that older code would misread adds one


class Key(NamedTuple):
    """One series: quotes, prints, or bars of a timeframe, of one symbol."""

    kind: str
    symbol: str
    timeframe: str | None = None

    def __str__(self) -> str:
        return f"{self.symbol} {self.timeframe + ' ' if self.timeframe else ''}{self.kind}"


class Part(NamedTuple):
    """One file: the rows of one day (of one year, where bars last an hour or more)."""

    period: str  # "2024-01-02", "2024"
    file: str  # below the store's folder, with forward slashes
    rows: int
    first: int  # ns UTC of its first row
    last: int
    size: int  # bytes
    groups: int  # of rows, each decoded at once
    digest: int  # of its bytes


@dataclass(frozen=True)
class Series:
    """What the store holds of one key: its columns, `ts` first, and its parts in time order."""

    columns: tuple[str, ...]
    parts: tuple[Part, ...] = ()

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return sum(part.rows for part in self.parts)


@dataclass(frozen=True)
class Manifest:
    """Every series of a store. `revision` counts its changes, `notes` are an unfinished import's own."""

    revision: int = 0
    series: dict[Key, Series] = field(default_factory=dict)
    notes: dict[str, Any] = field(default_factory=dict)


def load(folder: Path) -> Manifest | None:
    """Read a store's manifest; None where there is no store.

    Raises DataError for a store of a newer format, and for a manifest that is damaged.
    """
    path = folder / MANIFEST
    try:
        told = json.loads(path.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise DataError(f"{path}: the store's manifest is damaged ({error}); restore it from a backup") from error
    except OSError as error:
        raise DataError(f"{path}: cannot be read ({error.strerror})") from error
    version = told.get("version") if isinstance(told, dict) and told.get("format") == FORMAT else None
    if not isinstance(version, int):
        raise DataError(f'{path}: not the manifest of a store, which has format "{FORMAT}" and a version')
    if version > VERSION:
        raise DataError(
            f"{folder}: the store was written by a newer simcore (store format {version}, this one reads up to "
            f"{VERSION}); upgrade simcore. The store is untouched"
        )
    try:
        return _parsed(told)
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{path}: the store's manifest is damaged ({error!r}); restore it from a backup") from error


def _parsed(told: dict[str, Any]) -> Manifest:
    series = {}
    for one in told["series"]:
        parts = tuple(Part(*part) for part in one["parts"])
        if any(a.last > b.first for a, b in pairwise(parts)):
            raise ValueError(f"{one['symbol']}: parts out of order")
        series[Key(one["kind"], one["symbol"], one["timeframe"])] = Series(tuple(one["columns"]), parts)
    return Manifest(int(told["revision"]), series, told.get("notes", {}))


def save(folder: Path, manifest: Manifest) -> None:
    """Put a manifest in the place of the one that is there: the instant at which a change happens."""
    series = [
        {**key._asdict(), "columns": one.columns, "parts": one.parts}
        for key, one in sorted(manifest.series.items(), key=_order)
    ]
    told = {"format": FORMAT, "version": VERSION, "revision": manifest.revision, "series": series}
    text = json.dumps(told | ({"notes": manifest.notes} if manifest.notes else {}), separators=(",", ":"))
    disk.replace(folder / MANIFEST, text.replace('{"kind"', '\n{"kind"').encode() + b"\n")


def _order(item: tuple[Key, Series]) -> tuple[str, str, str]:
    kind, symbol, timeframe = item[0]
    return symbol, kind, timeframe or ""
