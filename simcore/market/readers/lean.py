"""LEAN's zips: one CSV without header inside each (futures and options: one for every contract, see `contract`).

Ticks are `ms,bid,ask` (FX, CFD), `ms,price,size,...` (trades) and `ms,bid,size,ask,size,...` (quotes); bars are
`t,open,high,low,close,volume` of trades and `t,bid open,high,low,close,size,ask open,high,low,close,size` of quotes.
Ticks, seconds and minutes count milliseconds (ticks with fractions) from midnight of the date in the file's name;
hours and days write `20140501 21:00`. Both are wall time of the data's own zone, which LEAN's market hours database
says (it is looked for above the file); without it New York for US shares and options, fixed UTC-05 for FXCM's FX, UTC
for everything else. Shares and options are stored in ten-thousandths and not adjusted.

A side that is 0 in a tick or empty in a bar did not change: the last one stands. Rows before both sides are known are
no quotes yet and are left out. Quote bars carry sizes of the last quote, no volume, so their volume is not given. Ticks
that the vendor flags as suspicious are kept; LEAN leaves them out of its own bars.
Layout: LEAN's documentation of its data folder.
"""

from __future__ import annotations

import re
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

import numpy as np

from simcore.market.checks import Float64, Int64
from simcore.market.errors import DataError, did_you_mean
from simcore.market.hours import data_zone
from simcore.market.readers.delimited import text_table
from simcore.market.readers.request import QUOTES, Piece, Request
from simcore.market.readers.tables import Column, numbers
from simcore.market.readers.text import Content, plain_text
from simcore.market.readers.times import TimeOptions, to_ns
from simcore.market.timeframe import DAY, Timeframe, parse_timeframe
from simcore.market.zones import Zone, parse_zone, to_utc

if TYPE_CHECKING:
    import polars as pl

SECURITIES: Final = ("equity", "forex", "cfd", "crypto", "cryptofuture", "future", "option", "index")
_OPTIONS: Final = ("futureoption", "indexoption")
_SCALED: Final = ("equity", "option", "indexoption")  # stored in ten-thousandths
_TIMEFRAMES: Final = {"second": "1s", "minute": "1min", "hour": "1h", "daily": "1D"}
_QUOTE_BAR: Final = ("open", "high", "low", "close", "", "ask_open", "ask_high", "ask_low", "ask_close", "")
_TRADE_BAR: Final = ("open", "high", "low", "close", "volume")
_BOOK: Final = ("bid", "bid_size", "ask", "ask_size")


class _Where(NamedTuple):
    """What the folders and names of a file say of it."""

    security: str | None
    market: str | None
    ticker: str
    resolution: str | None
    holds: str | None  # "quote", "trade" or "openinterest"


def read_lean(content: Content, request: Request) -> Piece:
    """Read one zip (or the CSV out of one). Raises DataError for an unknown layout or a missing date."""
    request.no_table(content.place, "LEAN")
    where = _where(content, request)
    rows = plain_text(content, request)
    if rows[: rows.find(b"\n") + 1].rstrip(b"\r\n").endswith(b" "):  # as Bitfinex's volumes do
        rows = rows.replace(b" \r\n", b"\n").replace(b" \n", b"\n")
    fields = _layout(content.place, where, rows)
    width = _width(rows)
    dated = b":" in rows[:20]
    names = [f"c{i}" for i in range(width)]
    table = text_table(content.place, rows, names)
    wanted = {field: f"c{i}" for i, field in enumerate(fields, 1) if field}
    found = table.read(["c0", *wanted.values()], [*wanted.values(), *(() if dated else ("c0",))])
    ts = _times(content, where, found["c0"], dated, _zone(content.path, where, request))
    values = {field: _cells(found[name], content.place, field) for field, name in wanted.items()}
    if where.security in _SCALED:
        sizes = ("volume", "size", "bid_size", "ask_size")
        values = {field: cells if field in sizes else cells / 10_000.0 for field, cells in values.items()}
    ticks = "bid" in values or "price" in values
    holds = "ticks" if "bid" in values else "trades" if ticks else "bars"
    piece = Piece(content.place, ts, request.pick(content.place, holds, values), None if ticks else _timeframe(where))
    return piece if where.holds == "trade" else _both_sides(piece, request)


def _where(content: Content, request: Request) -> _Where:
    """Read `equity/usa/minute/spy/20131007_trade.zip` and the name of the CSV inside."""
    parts = [part.lower() for part in content.path.parts[:-1]][-6:]
    known = (*SECURITIES, *_OPTIONS)
    at = next((n for n, part in enumerate(parts) if part in known), None)
    given = request.options.get("security")
    if given is not None and given.lower() not in known:
        hint = did_you_mean(given, known)
        raise DataError(f'security must be one of {", ".join(known)}, was "{given}".{hint}')
    words = re.split(r"[_.]", "_".join(content.names).lower()) + parts[::-1]
    resolution = next((word for word in words if word in ("tick", *_TIMEFRAMES)), None)
    holds = next((word for word in words if word in ("quote", "trade", "openinterest")), None)
    dated = re.match(r"\d{8}_", content.path.name)
    return _Where(
        security=given.lower() if given else None if at is None else parts[at],
        market=parts[at + 1] if at is not None and at + 1 < len(parts) else None,
        ticker=parts[-1] if dated and parts else re.split(r"[_.]", content.path.name.lower())[0],
        resolution=resolution,
        holds=holds,
    )


def fields_of(content: Content, request: Request) -> tuple[str, ...]:
    """The fields a file has, by its names and the first lines of its text. Raises DataError for an unknown layout."""
    return tuple(field for field in _layout(content.place, _where(content, request), content.data) if field)


def _width(rows: bytes) -> int:
    return rows[: rows.find(b"\n") + 1 or None].count(b",") + 1


def _layout(place: str, where: _Where, rows: bytes) -> tuple[str, ...]:
    """The fields of the columns after the time, "" for one that is not used. Raises DataError for an unknown layout."""
    width = _width(rows)
    if where.holds == "openinterest" or width == 2:
        raise DataError(f"{place}: holds open interest, which is neither quotes nor prints nor bars")
    first = rows[: rows.find(b"\n") + 1 or None].decode("utf-8", "replace").strip().split(",")
    letters = width > 3 and bool(re.fullmatch(r"[A-Za-z]*", first[3])) and first[3] != ""
    ticks = where.resolution == "tick" or width in (3, 5, 8) or letters
    quotes = where.holds == "quote" or (where.holds is None and where.security in (None, "forex", "cfd"))
    if where.security is None and b"." not in rows.split(b"\n", 1)[0].partition(b",")[2] and b"." not in rows[:100_000]:
        raise DataError(
            f"{place}: prices without decimals and no folder that says what it is; LEAN stores shares in "
            f'ten-thousandths: pass security="equity", or "forex", "crypto", "future" as it is'
        )
    if ticks and width == 3:
        return ("bid", "ask") if quotes else ("price", "size")
    if ticks and where.security not in ("forex", "cfd") and width in (4, 5, 6, 7, 8):
        return ("price", "size") if where.holds == "trade" else _BOOK
    if width in (6, 11):
        return _TRADE_BAR if width == 6 else _QUOTE_BAR
    raise DataError(f"{place}: {width} columns; LEAN has ticks of 3 to 8, bars of 6 (trades) or 11 (quotes)")


def _zone(path: Path, where: _Where, request: Request) -> Zone:
    given = request.options.get("timezone")
    return parse_zone(given or data_zone(path, where.security, where.market, where.ticker))


def _times(content: Content, where: _Where, times: Column, dated: bool, zone: Zone) -> Int64:
    if dated:
        return to_ns(times, TimeOptions(zone, time_format="%Y%m%d %H:%M"), content.place)
    since = numbers(times, content.place, "time")
    return to_utc(_midnight(content) + np.rint(since * 1e6).astype(np.int64), zone, content.place)


def _midnight(content: Content) -> int:
    match = re.match(r"(\d{8})_", content.path.name) or re.match(r"(\d{8})_", content.names[0])
    try:
        day = datetime.strptime(match[1], "%Y%m%d").date() if match else None
    except ValueError:
        day = None
    if day is None:
        raise DataError(
            f"{content.place}: the date of a LEAN file is in its name, as in 20140501_quote.zip; rename the file"
        )
    return (day - date(1970, 1, 1)).days * DAY


def _cells(cells: Column, place: str, field: str) -> Float64:
    """Numbers; an empty cell, which the parser gives as nan, is left for `_both_sides` to fill."""
    import polars as pl

    if isinstance(cells, pl.Series):
        cells = cells.fill_null("nan")
    return numbers(cells, place, field)


def _timeframe(where: _Where) -> Timeframe | None:
    return parse_timeframe(_TIMEFRAMES[where.resolution]) if where.resolution in _TIMEFRAMES else None


def _both_sides(piece: Piece, request: Request) -> Piece:
    """Let a side that a row leaves out stand as it was; begin where both sides are known."""
    import polars as pl

    frame = pl.DataFrame(piece.columns)
    fills = _tick_fills(frame) if request.kind is QUOTES else _bar_fills(frame)
    if not fills:
        return piece
    filled = frame.with_columns(fills)
    known = filled.select(pl.all_horizontal(pl.exclude("volume").is_not_null())).to_series().to_numpy()
    columns = {name: filled[name].to_numpy() for name in piece.columns}
    full = piece._replace(columns=columns)
    return full if known.all() else full.rows(known)


def _tick_fills(frame: pl.DataFrame) -> list[pl.Expr]:
    """Where a price is 0, it and its size are those of the row above."""
    import polars as pl

    if "bid_size" not in frame.columns:  # FX and CFD ticks always have both sides
        return []
    absent = {side: (pl.col(side) == 0) | pl.col(side).is_nan() for side in ("bid", "ask")}
    if not any(frame.select(**absent).sum().row(0)):
        return []
    named = [(name, name.partition("_")[0]) for name in frame.columns]
    return [pl.when(~absent[side]).then(pl.col(name)).forward_fill().alias(name) for name, side in named]


def _bar_fills(frame: pl.DataFrame) -> list[pl.Expr]:
    """Where a side is empty, all four of its prices are its close above."""
    import polars as pl

    fills: list[pl.Expr] = []
    for side in ("", "ask_"):
        close = side + "close"
        if close not in frame.columns or not frame[close].is_nan().any():
            continue
        last = pl.col(close).fill_nan(None).forward_fill()
        fills += [
            pl.when(pl.col(close).is_nan()).then(last).otherwise(pl.col(side + name)).alias(side + name)
            for name in ("open", "high", "low", "close")
        ]
    return fills
