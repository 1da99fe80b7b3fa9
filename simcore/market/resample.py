"""Bars made from quotes.

A bar holds the quotes with start <= ts < start + timeframe, bid and ask each with their own open, high, low and close;
its volume is the number of quotes. A bar exists only where quotes exist: a silent minute has none. Seconds to hours are
counted from midnight UTC. A day begins at `day_start` ("17:00 America/New_York"), or at midnight UTC; a week begins
with Monday's day. Crossed quotes count like any other, as they do in the bars that LEAN and Dukascopy publish.
"""

import numpy as np
import numpy.typing as npt

from simcore.market.checks import Float64, Int64
from simcore.market.columns import ASK_PATH, BID_PATH, Bars, Quotes, column
from simcore.market.jit import compiled
from simcore.market.timeframe import DAY, WEEK, parse_timeframe
from simcore.market.zones import day_edges, parse_day_start

_EPOCH_MONDAY = 4 * DAY  # 1970-01-01 was a Thursday


def bars_from_quotes(quotes: Quotes, timeframe: str, day_start: str | None = None) -> Bars:
    """Return the `timeframe` bars of `quotes`, bid and ask, in one compiled pass.

    `day_start` bounds bars of whole days and weeks only; None is midnight UTC. Raises DataError for an unknown
    timeframe, zone or day start.
    """
    length = parse_timeframe(timeframe)
    day = parse_day_start(day_start) if day_start is not None else None
    edges = np.empty(0, np.int64)
    if day is not None and length.ns % DAY == 0 and len(quotes):
        edges = day_edges(day, int(quotes.ts[0]), int(quotes.ts[-1]), length.ns // DAY)
    # not more bars than quotes, nor than fit into the period
    fitting = edges.size or (int(quotes.ts[-1] - quotes.ts[0]) // length.ns + 2 if len(quotes) else 0)
    rows = min(len(quotes), fitting)
    starts, paths = np.empty(rows, np.int64), np.empty((9, rows))
    anchor = _EPOCH_MONDAY if length.ns % WEEK == 0 else 0
    made = int(aggregate(quotes.ts, quotes.bid, quotes.ask, length.ns, anchor, column(edges, np.int64), starts, paths))
    values = dict(zip((*BID_PATH, *ASK_PATH, "volume"), (path[:made].copy() for path in paths), strict=True))
    return Bars(quotes.symbol, length.text, starts[:made].copy(), **values, checked=True)


@compiled
def aggregate(
    ts: Int64,
    bid: Float64,
    ask: Float64,
    length: int,
    anchor: int,
    edges: Int64,
    starts: Int64,
    paths: npt.NDArray[np.float64],
) -> int:
    """Write the bars into `starts` (m,) and `paths` (9, m: bid OHLC, ask OHLC, volume) and return how many there are.

    A bar starts at the last of `edges` (from before the first quote to past the last) or, where there are none, at
    `anchor` plus a whole number of `length`.
    """
    made, edge, row = 0, 0, 0
    while row < ts.size:
        if edges.size:
            while edges[edge + 1] <= ts[row]:
                edge += 1
            start, end = edges[edge], edges[edge + 1]
        else:
            start = ts[row] - (ts[row] - anchor) % length
            end = start + length
        first = row
        bid_high, bid_low, ask_high, ask_low = bid[row], bid[row], ask[row], ask[row]
        while row < ts.size and ts[row] < end:
            bid_high, bid_low = max(bid_high, bid[row]), min(bid_low, bid[row])
            ask_high, ask_low = max(ask_high, ask[row]), min(ask_low, ask[row])
            row += 1
        starts[made] = start
        paths[0, made], paths[1, made], paths[2, made], paths[3, made] = bid[first], bid_high, bid_low, bid[row - 1]
        paths[4, made], paths[5, made], paths[6, made], paths[7, made] = ask[first], ask_high, ask_low, ask[row - 1]
        paths[8, made] = row - first
        made += 1
    return made
