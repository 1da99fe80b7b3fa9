"""Dukascopy's .bi5 files: LZMA around big-endian records.

Ticks (`10h_ticks.bi5`) are 20 bytes: ms, ask, bid, ask size, bid size. Candles (`BID_candles_min_1.bi5`) are 24: s,
open, close, low, high, volume. Times count from the hour, day, month or year that the folders name, in UTC; a folder's
month counts from 00, so `2019/01/04` is 4 February. Prices are whole numbers: 114457 is 1.14457 for EURUSD. Sizes are
in millions of units; of FX pairs they are given in lots of 100,000 (2.06 is 20.6), which is what `Instrument.fx` trades
in and the account fills by; of anything else as they are, see size_scale=. An empty file is an hour without ticks.
Candles of a closed market are flat and without volume; they are kept.
Layout: Dukascopy's data feed as public downloaders describe it (dukascopy-node), checked against its own candles.
"""

from __future__ import annotations

import calendar
import hashlib
import lzma
import re
from datetime import datetime, timedelta
from typing import Any, Final, NamedTuple

import numpy as np

from simcore.market.errors import DataError
from simcore.market.readers.request import Piece, Request
from simcore.market.readers.text import Content
from simcore.market.readers.times import start_of
from simcore.market.timeframe import DAY, HOUR, Timeframe, parse_timeframe

_TICK: Final = np.dtype([("t", ">u4"), ("ask", ">u4"), ("bid", ">u4"), ("ask_size", ">f4"), ("bid_size", ">f4")])
_CANDLE: Final = np.dtype(
    [("t", ">u4"), *((name, ">u4") for name in ("open", "close", "low", "high")), ("volume", ">f4")]
)
_NAME: Final = re.compile(r"(?:(\d+)h_ticks|(?:(BID|ASK)_)?candles_(min|hour|day)_(\d+))\.bi5$", re.IGNORECASE)
_PAIR: Final = re.compile(r"([A-Z]{3})[^A-Z0-9]?([A-Z]{3})(?![A-Z0-9])")
_LOTS_IN_A_MILLION: Final = 10.0
_UNITS: Final = {"min": "min", "hour": "h", "day": "D"}
# Decimals of the stored prices (dukascopy-node's table of instruments, July 2026): pairs have 5, indices and
# commodities 3, and these are the exceptions.
_MONEY: Final = frozenset(
    {
        *("AED", "AUD", "CAD", "CHF", "CNH", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY", "MXN", "NOK"),
        *("NZD", "PLN", "RON", "RUB", "SAR", "SEK", "SGD", "TRY", "USD", "ZAR"),
    }
)
_COINS: Final = ("BTC", "ETH", "LTC", "BCH")  # 1
_MANY_PER_OUNCE: Final = ("CZK", "HUF", "JPY", "MXN", "THB", "TRY", "ZAR")
_DIGITS_OF_QUOTE: Final = {"JPY": 3, "HUF": 3, "CZK": 4, "RUB": 3}
_UNKNOWN: Final = ("USDCZK", "USDILS", "XAUXAG")
_DIGITS: Final = {
    **dict.fromkeys(("DKKJPY", "HKDJPY", "MXNJPY", "NOKJPY", "SEKJPY", "JPYHUF"), 5),
    **dict.fromkeys(("CZKHUF", "CZKJPY", "MXNHUF", "COPPERCMDUSD", "GASCMDUSD"), 4),
    **dict.fromkeys(("CZKTRY", "MXNCZK"), 6),
    **dict.fromkeys(("SOAIDXZAR", "VOLIDXUSD"), 2),
    "NZDHKD": 3,
}


class _Name(NamedTuple):
    """What a file's name says: the hour of ticks, or the side and timeframe of candles."""

    hour: int | None
    side: str | None
    timeframe: Timeframe | None


def read_dukascopy(content: Content, request: Request) -> Piece:
    """Read one file. Raises DataError for a damaged file, an unknown layout, or times outside of its hour or day."""
    place = content.place
    request.no_table(place, "Dukascopy's .bi5")
    if not content.data:
        nothing = np.empty(0)
        return Piece(place, nothing.astype(np.int64), dict.fromkeys(request.kind.required, nothing))
    name = _name(content)
    start, length = _period(content, name, request)
    records = np.frombuffer(_decompressed(content), _TICK if name.timeframe is None else _CANDLE)
    unit = 1_000_000 if name.timeframe is None else 1_000_000_000
    since = records["t"].astype(np.int64) * unit
    if since.size and since.max() >= length:
        row = int((since >= length).argmax())
        raise DataError(
            f"{place}, row {row + 1}: {records['t'][row]:,} {'ms' if unit == 1_000_000 else 's'} lies beyond the "
            f"{_length(length)} the file is named for; it holds another time than its name says: fetch it again"
        )
    scale = 10.0 ** _digits(content, request)
    values = {
        field: records[field] / scale if records[field].dtype.kind == "u" else records[field].astype(float)
        for field in records.dtype.names or ()
        if field != "t"
    }
    holds = "ticks" if name.timeframe is None else "bars"
    piece = Piece(place, start + since, request.pick(place, holds, values), name.timeframe, name.side)
    lots = request.options.get("size_scale") is None and is_pair(request.symbol)
    return piece.scaled(_LOTS_IN_A_MILLION) if lots else piece


def _name(content: Content) -> _Name:
    match = _NAME.search(content.path.name)
    if match is None:
        raise DataError(
            f"{content.place}: the name does not say what is inside; name it as Dukascopy does, 10h_ticks.bi5 or "
            f"BID_candles_min_1.bi5"
        )
    if match[1]:
        if int(match[1]) > 23:
            raise DataError(f"{content.place}: there is no hour {match[1]}; name the file by an hour from 00 to 23")
        return _Name(int(match[1]), None, None)
    return _Name(None, match[2] and match[2].lower(), parse_timeframe(match[4] + _UNITS[match[3].lower()]))


def _period(content: Content, name: _Name, request: Request) -> tuple[int, int]:
    """Start (ns UTC) and length (ns) of what the file's times count within."""
    given = request.options.get("start")
    parts = 3 if name.timeframe is None or name.timeframe.ns < HOUR else 2 if name.timeframe.ns < DAY else 1
    if given is not None:
        start = start_of(given)
        if name.hour is not None and start.hour != name.hour:
            raise DataError(
                f'{content.place}: named for hour {name.hour:02}, but start="{given}"; one of them is wrong'
            )
    else:
        start = _from_folders(content, parts) + timedelta(hours=name.hour or 0)
    if name.hour is not None:
        return _ns(start), HOUR
    days = (1, calendar.monthrange(start.year, start.month)[1], 366 if calendar.isleap(start.year) else 365)[3 - parts]
    return _ns(start), days * DAY


def _from_folders(content: Content, parts: int) -> datetime:
    """The date in `EURUSD/2019/01/04/10h_ticks.bi5`, or in `EURUSD_2019_01_04_10h_ticks.bi5`."""
    path = content.path.absolute().as_posix()
    match = re.search(r"(?<!\d)(\d{4})" + r"[/_-](\d{2})" * (parts - 1) + r"[/_-]$", _NAME.sub("", path))
    if match is None:
        shown = ("2019", "2019/01", "2019/01/04")[parts - 1]
        raise DataError(
            f"{content.place}: the folders do not say from when it is; keep it in {shown}/ as Dukascopy does (months "
            f'count from 00), or pass start="2019-02-04 10:00"'
        )
    year, month, day = (*(int(text) for text in match.groups()), *(0, 1)[parts - 1 :])
    try:
        return datetime(year, month + 1, day)
    except ValueError as error:
        raise DataError(
            f"{content.place}: there is no {'/'.join(match.groups())}; Dukascopy's month folders count from 00 "
            f"(January) to 11: put the file where it belongs"
        ) from error


def _ns(start: datetime) -> int:
    since = start - datetime(1970, 1, 1)
    return (since.days * 86_400 + since.seconds) * 1_000_000_000


def _decompressed(content: Content) -> bytes:
    size = (_TICK if "ticks" in content.path.name else _CANDLE).itemsize
    try:
        data = lzma.decompress(content.data)
    except (lzma.LZMAError, EOFError) as error:
        raise DataError(f"{content.place}: damaged or cut short ({error}); fetch it again") from error
    if len(data) % size:
        raise DataError(
            f"{content.place}: {len(data):,} bytes are no whole number of records of {size}; it is cut short or holds "
            f"something else than its name says: fetch it again"
        )
    return data


def _digits(content: Content, request: Request) -> int:
    """Decimals of the stored prices: as given, or by the symbol, or by the folder's symbol."""
    given = request.options.get("price_digits")
    if given is not None:
        return given
    for text in (request.symbol, *reversed(content.path.absolute().parts[:-1])):
        digits = digits_of(text)
        if digits is not None:
            return digits
    raise DataError(
        f"{content.place}: how many decimals the prices of {request.symbol} have is not known; pass price_digits=, "
        f"such as 3 where 1234567 means 1234.567"
    )


def digits_of(symbol: str) -> int | None:
    """Decimals of Dukascopy's stored prices of a symbol; None where that is not known."""
    letters = re.sub(r"[^A-Z0-9]", "", symbol.upper())
    if "IDX" in letters or "CMD" in letters:
        return _DIGITS.get(letters, 3)
    match = _PAIR.match(symbol.upper())
    if match is None or match[1] + match[2] in _UNKNOWN:
        return None
    base, quote = match.groups()
    if base in _COINS:
        return 1
    if base == "XAU" or base == "XAG":
        return 1 if base == "XAU" and quote in _MANY_PER_OUNCE else 3
    if base not in _MONEY or quote not in _MONEY:
        return None
    return _DIGITS.get(base + quote) or _DIGITS_OF_QUOTE.get(quote, 5)


def is_pair(symbol: str) -> bool:
    """Whether a symbol is two currencies that Dukascopy pairs."""
    match = _PAIR.match(symbol.upper())
    return match is not None and match[1] in _MONEY and match[2] in _MONEY


def _length(ns: int) -> str:
    return "hour" if ns == HOUR else f"{ns // DAY} day(s)"


def same_ticks(pieces: list[Piece]) -> None:
    """Refuse two files of unlike hours that hold the very same ticks: one of them is in the wrong place."""
    seen: dict[str, Piece] = {}
    for piece in pieces:
        held = ticks_of(piece.ts, piece.columns.get("bid"))
        other = seen.setdefault(held, piece) if held else piece
        if other is not piece and other.ts[0] != piece.ts[0]:
            raise wrong_hour(piece.place, other.place)


def ticks_of(ts: Any, bid: Any) -> str:
    """What tells a file's ticks from those of another, whatever hour they are put in; "" for fewer than two."""
    if ts.size < 2 or bid is None:
        return ""
    return hashlib.sha256(np.diff(ts).tobytes() + bid.tobytes()).hexdigest()


def wrong_hour(place: str, other: str) -> DataError:
    """The error for two files with the same ticks."""
    return DataError(
        f"{place} holds the very ticks of {other}; one of them is of another hour than its name says: fetch it again"
    )
