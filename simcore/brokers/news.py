"""A calendar of scheduled news, as the user has it: a CSV, JSON or Parquet file, a frame, or a list of events.

Columns, in any case and order: `ts` (also time, date, datetime; no zone is UTC, whole numbers are ns), `currency`
(empty: every instrument), `impact` (empty: high) and `event` (also name, title). Other columns are left alone.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

from simcore.brokers.errors import did_you_mean, shown
from simcore.brokers.settings import Settings
from simcore.market.errors import DataError
from simcore.market.instants import ns_of

_NAMES: Final[Mapping[str, tuple[str, ...]]] = {
    "ts": ("ts", "time", "date", "datetime", "timestamp"),
    "currency": ("currency", "country"),
    "impact": ("impact", "importance"),
    "event": ("event", "name", "title"),
}
_READERS: Final = {".csv": "read_csv", ".json": "read_json", ".parquet": "read_parquet"}


class NewsEvent(Settings):
    """One release: its instant (ns UTC), the currency it moves (None: all), how much, and its name."""

    ts: int
    currency: str | None = None
    impact: str = "high"
    event: str = ""


def read_news(source: Any) -> tuple[NewsEvent, ...]:
    """The events of a file, a frame or a list of tables, by time. Raises ValueError naming file and row."""
    if isinstance(source, str | Path):
        return _events(_of_file(Path(source)), f"{source}")
    if hasattr(source, "to_dicts"):
        return _events(source.to_dicts(), "the frame")
    if hasattr(source, "to_dict") and hasattr(source, "reset_index"):
        flat = source if {str(c).lower() for c in source.columns} & {*_NAMES["ts"]} else source.reset_index(names="ts")
        return _events(flat.to_dict("records"), "the frame")
    if not isinstance(source, Iterable) or isinstance(source, Mapping):
        raise ValueError(f"must be a file, a frame or a list of events, was {shown(source)}")
    return _events(source, "the list")


def _of_file(path: Path) -> list[dict[str, Any]]:
    import polars as pl

    if path.suffix.lower() not in _READERS:
        raise ValueError(f"{path}: a news calendar is a {', '.join(_READERS)} file")
    try:
        frame: pl.DataFrame = getattr(pl, _READERS[path.suffix.lower()])(path)
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ValueError(f"{path}: cannot be read: {str(error).splitlines()[0]}") from None
    return frame.to_dicts()


def _events(rows: Iterable[Any], place: str) -> tuple[NewsEvent, ...]:
    events = [
        row if isinstance(row, NewsEvent) else _event(row, f"{place}, row {number}")
        for number, row in enumerate(rows, 1)
    ]
    return tuple(sorted(events, key=lambda event: event.ts))


def _event(row: Any, place: str) -> NewsEvent:
    if not isinstance(row, Mapping):
        raise ValueError(f"{place}: must be a table such as {{ts, currency, impact}}, was {shown(row)}")
    lower = {str(name).strip().lower(): value for name, value in row.items()}
    found = {field: next((lower[name] for name in names if name in lower), None) for field, names in _NAMES.items()}
    if found["ts"] is None:
        raise ValueError(f"{place}: needs a column ts; {did_you_mean('ts', lower)}")
    try:
        at = ns_of(found["ts"], "ts")
    except DataError as error:
        raise ValueError(f"{place}: {error}") from None
    words = {name: str(found[name]).strip() for name in ("currency", "impact", "event") if _is_text(found[name])}
    currency = words.get("currency", "").upper()
    if currency and not (len(currency) == 3 and currency.isalpha()):
        raise ValueError(f"{place}: currency = {words['currency']!r}: must be three letters, or empty for all")
    impact = words.get("impact", "high").lower()
    return NewsEvent(ts=at, currency=currency or None, impact=impact, event=words.get("event", ""))


def _is_text(value: Any) -> bool:
    """Whether a cell holds something; nan and None are empty."""
    return isinstance(value, str) and bool(value.strip()) and not isinstance(value, dt.date)
