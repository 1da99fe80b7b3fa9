"""The .ticks files of squideyes' TickData: a zip of `Ticks.data`, one trading day of HistData's or another's quotes.

The data are a header of 64 bytes, whose last four count the ticks, and then 16 bytes a tick: .NET ticks (100 ns since
year 1), bid and ask (float32). Times are US Eastern as the name says (..._EST): New York's wall clock. Prices are put
back on the grid of five decimals (three for JPY), which float32 has lost.
Layout: read off the files.
"""

from __future__ import annotations

import struct
from typing import Final

import numpy as np

from simcore.market.errors import DataError
from simcore.market.readers.dukascopy import digits_of
from simcore.market.readers.request import Piece, Request
from simcore.market.readers.text import Content
from simcore.market.zones import to_utc

_HEADER: Final = 64
_TICK: Final = np.dtype([("t", "<i8"), ("bid", "<f4"), ("ask", "<f4")])
_YEAR_ONE: Final = 621_355_968_000_000_000  # .NET ticks of 1970-01-01
MEMBER: Final = "Ticks.data"


def read_ticks(content: Content, request: Request) -> Piece:
    """Read one file. Raises DataError if it is cut short or counts other ticks than it holds."""
    request.no_table(content.place, ".ticks")
    body = content.data[_HEADER:]
    count = struct.unpack_from("<i", content.data, _HEADER - 4)[0] if len(content.data) >= _HEADER else -1
    if count * _TICK.itemsize != len(body):
        raise DataError(
            f"{content.place}: the header counts {count:,} ticks, there are {len(body) / _TICK.itemsize:,.1f}; the "
            f"file is cut short or no .ticks file: fetch it again"
        )
    records = np.frombuffer(body, _TICK)
    given = request.options.get("price_digits")
    digits = given if given is not None else digits_of(request.symbol) or 5
    scale = 10.0**digits
    prices = {side: np.rint(records[side].astype(float) * scale) / scale for side in ("bid", "ask")}
    wall = (records["t"] - _YEAR_ONE) * 100
    ts = to_utc(wall, request.zone("America/New_York"), content.place)
    return Piece(content.place, ts, request.pick(content.place, "ticks", prices))
