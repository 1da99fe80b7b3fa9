"""What a file holds, quotes, prints or bars, without reading it: by its format, its name and its first line."""

from __future__ import annotations

from pathlib import Path

from simcore.market.errors import DataError
from simcore.market.readers import binance, histdata, lean, metatrader, names
from simcore.market.readers.columnar import feather_table, parquet_table
from simcore.market.readers.delimited import cells, separator_of
from simcore.market.readers.formats import format_of, head_of
from simcore.market.readers.request import BARS, PRINTS, QUOTES, Kind, Request
from simcore.market.readers.sources import files_of, kinds_by_name
from simcore.market.readers.text import Content

_ALL = (QUOTES, BARS, PRINTS)  # in this order where several fit


def kind_of_file(path: Path, request: Request) -> Kind:
    """Quotes, bars or prints; the request's own kind where nothing tells, so that reading says what is wrong.

    A folder holds what the first of its files holds. Raises DataError for a file whose format cannot be told.
    """
    if path.is_dir():
        found = files_of(path)
        return kind_of_file(found[0], request) if found else request.kind
    named = kinds_by_name(path.name)
    if len(named) == 1:
        return named[0]
    format_ = format_of(path, request)
    if format_ in ("parquet", "feather"):
        table = parquet_table(path) if format_ == "parquet" else feather_table(path)
        return _by_names(table.names, request) or request.kind
    head, members = head_of(path)
    content = Content(path, next((name for name in members if name.lower().endswith(".csv")), ""), head, str(path))
    if format_ == "binance-stream":
        return _of_messages(head)
    found_kind = _of_lean(content, request) if format_ == "lean" else _of_text(content, format_, request)
    return found_kind or request.kind


def _of_lean(content: Content, request: Request) -> Kind | None:
    try:
        return _by_names(lean.fields_of(content, request), request)
    except DataError:  # reading says so
        return None


def _of_messages(head: bytes) -> Kind:
    if b"bookTicker" in head:
        return QUOTES
    return PRINTS if b'"e":"trade"' in head or b'"e":"aggTrade"' in head else BARS


def _of_text(content: Content, format_: str, request: Request) -> Kind | None:
    head = content.data
    line = head[: head.find(b"\n") + 1 or None].decode("utf-8", "replace").strip("\r\n")
    columns = cells(line, request.options.get("separator") or separator_of(line)) if line else []
    if format_ == "histdata":
        return QUOTES if histdata.TICK.match(head) else BARS
    if format_ == "metatrader" and not metatrader.HEADER.match(head):
        return BARS
    if format_ == "binance" and not binance.HEADER.match(head):
        columns = list(binance.headless(content.place, columns))
    return _by_names(request.options.get("names") or columns, request)


def _by_names(columns: object, request: Request) -> Kind | None:
    """The first kind whose fields are there, or are mapped by columns=."""
    there = [str(name) for name in columns]  # type: ignore[attr-defined]
    given = set(request.options.get("columns") or ())
    for kind in _ALL:
        try:
            if all(field in given or names.find(field, there) is not None for field in kind.required):
                return kind
        except DataError:  # two columns could be one field: reading says so, and of which file
            return kind
    return None
