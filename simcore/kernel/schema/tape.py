"""Tape, feed and posts: what goes out of the engine and what comes in."""

from simcore.kernel.schema.record import record
from simcore.kernel.schema.state import ORDER, REQUEST

FILL = record(
    ts="i8",
    order="i8",  # 0 = the broker's own action (SL, TP, stop-out)
    position="i8",
    instrument="i8",
    side="i8",
    why="i8",
    maker="i8",
    tag="i8",
    qty="f8",
    price="f8",
    commission="f8",
    pnl="f8",  # realised by the part that closed, before costs
    swap="f8",
    slippage="f8",  # cost against the quote, account currency
    closed_qty="f8",
    balance="f8",  # after it
)

TRADE = record(  # a closed part: one row per exit
    position="i8",
    entry_order="i8",
    exit_order="i8",
    instrument="i8",
    side="i8",
    why="i8",
    tag="i8",
    qty="f8",
    entry_ts="i8",
    entry_price="f8",
    exit_ts="i8",
    exit_price="f8",
    pnl="f8",
    swap="f8",
    commission="f8",  # its share of the entry's and the exit's
    rate="f8",  # quote currency -> account at the exit
    sl="f8",
    tp="f8",
)

CHANGE = record(  # an order as it stands after a change of its status
    at="i8",
    order=ORDER,
    a="f8",  # the numbers of the sentence; see brokers.reasons
    b="f8",
    c="f8",
    d="f8",
)

EVENT = record(
    ts="i8",
    kind="i8",
    reason="i8",
    order="i8",
    position="i8",
    instrument="i8",
    a="f8",
    b="f8",
    c="f8",
    d="f8",
)

SAMPLE = record(ts="i8", balance="f8", equity="f8", used_margin="f8")

TAPE = record(
    full="i8",  # 1 = drain before the next row
    lost="i8",  # rows that found no room: never happens while `full` is heeded
    n_fills="i8",
    n_trades="i8",
    n_changes="i8",
    n_events="i8",
    n_samples="i8",
    n_asks="i8",
    capacity="i8",  # of each table
    reserve="i8",  # rows one event may write
    fills_at="i8",
    trades_at="i8",
    changes_at="i8",
    events_at="i8",
    samples_at="i8",
    asks_at="i8",
)
ASK = (
    REQUEST  # EXTERNAL: a modify, cancel or close-by that a broker elsewhere has to hear; due is when it was asked for
)

# A session's feed: where the columns are and how far we are. Addresses, 0 = column absent.
FEED = record(
    state="i8",
    rules="i8",
    tape="i8",
    cursor="i8",
    n="i8",
    ts="i8",
    bid="i8",
    ask="i8",
    instrument="i8",
    kind="i8",
    x="i8",
    y="i8",
)

# What the broker tells in EXTERNAL, and cash in both: one record for `post`.
POST = record(
    ts="i8",
    kind="i8",
    order="i8",
    instrument="i8",
    side="i8",
    status="i8",
    reason="i8",  # of an order's end; of a fill of the broker's own: a Why
    position="i8",
    qty="f8",
    price="f8",
    commission="f8",
    swap="f8",  # of a fill: booked with what it closes; of a change: of the position so far, nan = as it is
    amount="f8",
    limit="f8",  # from here on: what an order or position was changed to, nan = as it is
    stop="f8",
    trail="f8",
    sl="f8",
    tp="f8",
    expires="i8",
)
POST_FILL, POST_ORDER, POST_CASH, POST_CREDIT, POST_CHANGE = 1, 2, 3, 4, 5
