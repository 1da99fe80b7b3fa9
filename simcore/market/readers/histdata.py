"""HistData's ASCII files: ticks `20200101 170000065,1.121200,1.121720,0` and one-minute bars
`20120201 000000;1.306600;1.306600;1.306560;1.306560;0`, without a header, also in the zip they come in.

Times are Eastern Standard Time without daylight saving: fixed UTC-05. Bars have the bid side only, stamped by their
start. Volumes are always 0 and mean nothing, so none is given. The one-minute layout is NinjaTrader's too, whose times
are another zone's and the bars' ends: it is taken for HistData's by its name (DAT_ASCII_EURUSD_M1_...) only.
Layout: histdata.com, detailed file specification.
"""

from __future__ import annotations

import re
from typing import Final

from simcore.market.readers.delimited import text_table
from simcore.market.readers.request import Piece, Request
from simcore.market.readers.tables import numbers
from simcore.market.readers.text import Content, plain_text
from simcore.market.readers.times import TimeOptions, to_ns
from simcore.market.timeframe import parse_timeframe

ZONE: Final = "UTC-05"
TICK: Final = re.compile(rb"\d{8} \d{9},[\d.]+,[\d.]+")
BAR: Final = re.compile(rb"\d{8} \d{6};[\d.]+;[\d.]+;[\d.]+;[\d.]+;")
NAME: Final = re.compile(r"DAT_(ASCII|NT|MT)_|HISTDATA", re.IGNORECASE)


def read_histdata(content: Content, request: Request) -> Piece:
    """Read one file. Raises DataError for what is not laid out so."""
    request.no_table(content.place, "HistData's files")
    rows = plain_text(content, request)
    ticks = TICK.match(rows) is not None
    fields = ["bid", "ask"] if ticks else ["open", "high", "low", "close"]
    names = ["time", *fields, "volume"]
    table = text_table(content.place, rows, names, separator="," if ticks else ";")
    found = table.read(["time", *fields], fields)
    form = "%Y%m%d %H%M%S%3f" if ticks else "%Y%m%d %H%M%S"
    ts = to_ns(found["time"], TimeOptions(request.zone(ZONE), time_format=form), content.place)
    values = {field: numbers(found[field], content.place, field) for field in fields}
    columns = request.pick(content.place, "ticks" if ticks else "bars", values)
    return Piece(content.place, ts, columns, None if ticks else parse_timeframe("1min"))
