"""MetaTrader's exports of ticks and bars, with tabs or commas, in UTF-8 or UTF-16.

Ticks are `<DATE> <TIME> <BID> <ASK> <LAST> <VOLUME> <FLAGS>`; an empty or zero price did not change with that tick.
`read_quotes` takes the ticks that tell a bid or an ask, once both are known; `read_prints` those that tell a trade
(<LAST> with its flag, 8 or 16, where there are flags), with its side (32 a buy, 64 a sell). Bars are
`<DATE> <TIME> <OPEN> <HIGH> <LOW> <CLOSE> <TICKVOL> <VOL> <SPREAD>` (days without <TIME>), or the same without a
header, as MetaTrader 4 and charts write them: `2014.01.02,00:00,open,high,low,close,tick volume`.

Bars are the bid's, stamped by their start; the ask is the bid plus the bar's <SPREAD>, in points, as MetaTrader's own
tester takes it (a point is the last decimal of the prices as they are written). Without <SPREAD> bars have one price.
<VOL> is the volume where any is above zero, else <TICKVOL>. Times are those of the broker's server, which the file does
not say: pass timezone= (of many FX brokers: "America/New_York+7", whose midnight is New York's 17:00, or
"Europe/Athens"), UTC if not given; HistData's own files of this layout (DAT_MT_...) are UTC-05.
Layout: MetaTrader 5 help (Symbols: export of bars and ticks), MQL5 reference (MqlTick, its flags).
"""

from __future__ import annotations

import re
from typing import Any, Final

import numpy as np

from simcore.market.columns import ASK_PATH, BID_PATH
from simcore.market.errors import DataError
from simcore.market.readers.delimited import cells, marks_of, separator_of, text_table
from simcore.market.readers.request import BARS, PRINTS, Piece, Request
from simcore.market.readers.tables import Column, Marks, Table, numbers
from simcore.market.readers.text import Content, plain_text
from simcore.market.readers.times import TimeOptions, to_ns

HEADER: Final = re.compile(
    rb"<DATE>[\t,;](<TIME>[\t,;])?(<BID>[\t,;]<ASK>[\t,;\s]\s*(<LAST>|<VOL|<FLAGS>|\d)|<OPEN>[\t,;]<HIGH>[\t,;]<LOW>)",
    re.IGNORECASE,
)
HEADLESS: Final = re.compile(rb"\d{4}\.\d\d\.\d\d[\t,; ]\s?\d\d:\d\d")
_TRADE, _BUY, _SELL = 8 | 16, 32, 64  # flags of a tick
_BAR: Final = ("open", "high", "low", "close", "tickvol", "vol", "spread")
_TRADED: Final = ("last", "volume", "flags")


def read_metatrader(content: Content, request: Request, prices: list[float] | None = None) -> Piece:
    """Read one export. Raises DataError for what is not laid out so.

    prices: bid and ask that stand before its ticks, nan where not known; it is given those that stand after them.
    """
    place = content.place
    rows = plain_text(content, request)
    head = rows[: rows.find(b"\n") + 1 or None].decode("utf-8", "replace").strip("\r\n")
    separator = request.options.get("separator") or separator_of(head)
    columns = cells(head, separator)
    header = HEADER.match(rows) is not None
    names = [cell.strip("<>").lower() for cell in columns] if header else _headless(place, columns)
    table = text_table(place, rows, names, separator=separator, header=header, marks=Marks("."))
    if "bid" in names and "ask" in names:
        return (
            _prints(table, request)
            if request.kind is PRINTS
            else _ticks(table, request, prices if prices is not None else [np.nan, np.nan])
        )
    if not set(_BAR[:4]) <= set(names):
        raise DataError(f"{place}: neither ticks (<BID>, <ASK>) nor bars (<OPEN> to <CLOSE>); there are {head}")
    return _bars(table, request)


def _headless(place: str, columns: list[str]) -> list[str]:
    """Names for an export without a header: date and time apart or in one, then open to close and volumes."""
    apart = [] if " " in columns[0].strip() else ["time"]
    names = ["date", *apart, *_BAR][: len(columns)]
    if len(columns) < len(apart) + 5 or len(columns) > len(apart) + 8:
        raise DataError(f"{place}: {len(columns)} columns; MetaTrader writes date, time, open to close and volumes")
    return names


def _times(table: Table, request: Request, found: Any) -> Any:
    import polars as pl

    apart = [found[name] for name in _stamps(table)]
    texts: Column = pl.select(pl.concat_str(apart, separator=" ")).to_series() if len(apart) == 2 else apart[0]
    default = "UTC-05" if "DAT_MT_" in table.place.upper() else None
    when = TimeOptions(request.zone(default), time_format=request.options.get("time_format"))
    return to_ns(texts, when, table.place)


def _stamps(table: Table) -> list[str]:
    return [name for name in ("date", "time") if name in table.names]


def _figures(table: Table, request: Request, names: tuple[str, ...]) -> tuple[Any, dict[str, Any]]:
    """Times (n,) and the named columns (n,) as numbers, nan where nothing is written."""
    import polars as pl

    given = [name for name in names if name in table.names]
    found = table.read([*_stamps(table), *given], given)
    marks = marks_of(request)
    values = {}
    for name in given:
        cell = found[name]
        if isinstance(cell, pl.Series):
            cell = pl.select(pl.when(cell.str.strip_chars() != "").then(cell).otherwise(pl.lit("nan"))).to_series()
        values[name] = numbers(cell, table.place, name, marks)
    return _times(table, request, found), values


def _ticks(table: Table, request: Request, prices: list[float]) -> Piece:
    import polars as pl

    ts, values = _figures(table, request, ("bid", "ask"))
    told = {side: ~np.isnan(values[side]) & (values[side] != 0.0) for side in ("bid", "ask")}
    any_told = told["bid"] | told["ask"]
    if not (told["bid"].all() and told["ask"].all()):
        for side, before in zip(told, prices, strict=True):
            known = pl.Series(np.append(before, np.where(told[side], values[side], np.nan)))
            values[side] = known.fill_nan(None).forward_fill().to_numpy()[1:]
        any_told &= ~(np.isnan(values["bid"]) | np.isnan(values["ask"]))
    prices[:] = [values[side][-1] for side in told]
    piece = Piece(table.place, ts, request.pick(table.place, "ticks", values))
    return piece if any_told.all() else piece.rows(any_told)


def _prints(table: Table, request: Request) -> Piece:
    ts, values = _figures(table, request, _TRADED)
    last = values.get("last", np.zeros(len(ts)))
    flags = np.nan_to_num(values["flags"]).astype(np.int64) if "flags" in values else np.full(len(ts), _TRADE)
    traded = (last > 0.0) & (flags & (_TRADE | _BUY | _SELL) != 0)
    if not traded.any():
        raise DataError(f"{table.place}: no tick tells a trade (<LAST>); read it with read_quotes")
    columns = {"price": last, "size": values.get("volume", np.full(len(ts), np.nan))}
    columns["side"] = np.where(flags & _BUY, 1, np.where(flags & _SELL, -1, 0)).astype(np.int8)
    return Piece(table.place, ts, columns).rows(traded)


def _bars(table: Table, request: Request) -> Piece:
    ts, values = _figures(table, request, _BAR)
    columns = {name: values[name] for name in BID_PATH}
    volume = values.get("vol")
    volume = values.get("tickvol") if volume is None or not (volume > 0).any() else volume
    if volume is not None:
        columns["volume"] = volume
    spread = values.get("spread")
    if spread is not None and (spread > 0).any() and request.kind is BARS:
        digits = _digits(table)
        scale = 10.0**digits
        for bid, ask in zip(BID_PATH, ASK_PATH, strict=True):
            columns[ask] = (np.rint(columns[bid] * scale) + spread) / scale
    return Piece(table.place, ts, request.pick(table.place, "bars", columns))


def _digits(table: Table) -> int:
    """The decimals prices are written with: those of the first thousand closes."""
    import polars as pl

    closes = table.read(["close"], ())["close"]
    texts = closes if isinstance(closes, pl.Series) else pl.Series(closes).cast(pl.String)
    return int(texts.head(1000).str.strip_chars().str.extract(r"[.,](\d+)$").str.len_chars().max() or 0)  # type: ignore[arg-type]
