"""Rows by another route than the readers': the standard library alone, one line at a time."""

from __future__ import annotations

import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo


def zip_rows(path: Path, member: str | None = None) -> list[list[str]]:
    """The cells of every line of a zip's file."""
    with zipfile.ZipFile(path) as archive:
        text = archive.read(member or archive.namelist()[0]).decode()
    return [line.strip().split(",") for line in text.splitlines() if line.strip()]


def ns(year: int, month: int, day: int, milliseconds: float = 0.0, zone: str = "UTC") -> int:
    """ns UTC of so many milliseconds after midnight on the wall clock of `zone`."""
    wall = datetime(year, month, day) + timedelta(microseconds=round(milliseconds * 1000))
    since = wall.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000 + since.microseconds * 1000


def text(ts: int) -> str:
    """A time as text, UTC, to the millisecond."""
    return (datetime(1970, 1, 1) + timedelta(microseconds=int(ts) // 1000)).isoformat(" ", "milliseconds")
