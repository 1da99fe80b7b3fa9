"""The records: State (what changes), Rules (what never changes in a run), Tape (what the engine tells).

Assumes: money in the account's currency, prices in the instrument's quote currency, qty in the instrument's own unit
(lots, contracts, shares, coins), times int64 ns UTC, rates and levels as ratios (1.0 = 100 %). nan = not given.
Every integer field is int64, so that no call in the kernel is compiled twice for another width.

State is one buffer: HEAD, then tables of fixed capacity, then the strategy's memory. The tables' offsets and
capacities stand in Rules, so one compiled kernel serves every size class and snapshot = copy of the bytes.
An all-zero State is valid: id 0 = free row, list index 0 = none (lists are 1-based), and an all-zero price bound
means "always look", which the first look replaces.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba import from_dtype, types

from simcore.kernel.jit import inline, record_at

N_TRANSITIONS = 320  # of one time zone, 1970 to 2100
N_ORDER_TYPES = 8  # margin rates: buy sell buy_limit sell_limit buy_stop sell_stop buy_stop_limit sell_stop_limit
N_ROUNDS = 8  # rounds of handlers one event may cause


def record(**fields: object) -> np.dtype:  # type: ignore[type-arg]
    """A C-aligned dtype; a field is "f8", "i8", a dtype, or (dtype, count)."""
    spec: list[tuple[object, ...]] = []
    for name, kind in fields.items():
        spec.append((name, *kind) if isinstance(kind, tuple) else (name, kind))
    return np.dtype(spec, align=True)  # type: ignore[arg-type]


# ---------------------------------------------------------------------------------------------------------- State

ACCOUNT = record(
    balance="f8",
    credit="f8",
    used_margin="f8",  # re-summed over instruments at every change, never accumulated
    in_call="i8",  # 1 while the margin level is at or below the margin call level
    last_order_id="i8",
    n_positions="i8",
    n_orders="i8",
    n_fills="i8",
    n_margin_calls="i8",
    n_stop_outs="i8",
    realized="f8",  # sums over the run, for the statistics only
    commission="f8",
    swap="f8",
    slippage="f8",
    deposits="f8",
    peak_equity="f8",  # with rules.track: highest equity, deepest fall from it, lowest margin level, per tick
    max_drawdown="f8",
    min_margin_level="f8",
)

ORDER = record(
    id="i8",  # 0 = free row
    ts="i8",  # submitted
    due="i8",  # arrives at the venue; 0 = has arrived
    waits="i8",  # 1 = arrives with its instrument's next quote
    status="i8",
    reason="i8",
    instrument="i8",
    side="i8",
    type="i8",
    tif="i8",
    next="i8",  # list of the instrument's orders, oldest first, 1-based
    prev="i8",
    qty="f8",
    filled="f8",
    value="f8",  # sum of qty * price filled: average price = value / filled
    limit="f8",
    stop="f8",
    trail="f8",
    extreme="f8",  # best price seen since a trailing stop started
    sl="f8",
    tp="f8",
    expires="i8",  # 0 = never
    oco="i8",
    parent="i8",
    allowed="f8",  # a child may fill this much (what its parent filled); inf without a parent
    held="i8",  # 1 = waits for its parent
    triggered="i8",  # 1 = a stop-limit whose stop was reached
    post_only="i8",
    reduce_only="i8",
    display_qty="f8",  # 0 = all of it
    position="i8",  # ticket it closes
    closing="i8",  # 1 = made by close(): reduces whatever is there
    tag="i8",
    margin="f8",  # reserved while it waits
    margin_rate="f8",  # conversion of its margin, frozen
    commission="f8",  # charged so far
)

POSITION = record(
    id="i8",  # the order that opened it; 0 = free row
    last_order="i8",  # the order that last added to it (netting)
    ts="i8",
    instrument="i8",
    side="i8",
    next="i8",
    prev="i8",
    tag="i8",
    qty="f8",
    price="f8",  # average open price
    margin_rate="f8",  # margin currency -> account currency, frozen at opening (MetaTrader 5)
    sl="f8",
    tp="f8",
    trail="f8",  # distance of a trailing stop loss; 0 = none
    extreme="f8",
    swap="f8",  # accrued, booked in proportion at closing
    commission="f8",  # of the entry, what is left of it
)

INSTRUMENT = record(
    bid="f8",
    ask="f8",
    lo_bid="f8",  # nearest prices at which anything happens; see bounds.py
    hi_bid="f8",
    lo_ask="f8",
    hi_ask="f8",
    ts="i8",  # of the standing quote; 0 = none yet
    bid_size="f8",  # what is left of the quoted size; nan = not given, without limit
    ask_size="f8",
    last="f8",  # last print
    last_size="f8",
    n_series="i8",  # copies of the rules', beside the quote for the hot tick
    first_series="i8",
    range_low_bid="f8",  # of the bar being played
    range_high_bid="f8",
    range_low_ask="f8",
    range_high_ask="f8",
    trigger_lo_bid="f8",  # bounds set by orders and positions alone
    trigger_hi_bid="f8",
    trigger_lo_ask="f8",
    trigger_hi_ask="f8",
    first_position="i8",  # 1-based
    last_position="i8",
    first_order="i8",
    last_order="i8",
    n_positions="i8",
    n_orders="i8",
    n_waits="i8",
    long_qty="f8",
    short_qty="f8",
    long_value="f8",  # sum of qty * open price
    short_value="f8",
    margin="f8",  # requirement of positions and orders, rounded to money
    closed="i8",  # 1 = outside its session
    session="i8",  # index of the session that comes next or runs
    bars="i8",  # closed bars of its first series: warm-up
)

SERIES = record(  # the bar being built
    start="i8",
    end="i8",  # 0 = none
    open="f8",
    high="f8",
    low="f8",
    close="f8",
    volume="f8",
    count="i8",  # bars closed so far; bar number n stands in ring row n % capacity
    pending="i8",  # 1 = closed, not heard yet
    closed_at="i8",  # end of the bar not heard yet
)

BAR = record(ts="i8", open="f8", high="f8", low="f8", close="f8", volume="f8")

REQUEST = record(  # a modify, cancel or close-by under way to the venue
    due="i8",  # 0 = free row
    action="i8",
    id="i8",
    other="i8",
    qty="f8",
    limit="f8",
    stop="f8",
    trail="f8",
    sl="f8",
    tp="f8",
    expires="i8",
)
MODIFY, CANCEL, CLOSE_BY = 1, 2, 3

NOTICE = record(  # a fill or an order change, to be heard by the strategy
    call="i8",
    ts="i8",
    order="i8",
    position="i8",
    instrument="i8",
    side="i8",
    qty="f8",
    price="f8",
    commission="f8",
    pnl="f8",
    swap="f8",
    why="i8",
    status="i8",
    reason="i8",
    tag="i8",
)

HEAD = record(
    now="i8",
    next_due="i8",  # earliest time at which anything happens by itself
    tick_ts="i8",
    tick_k="i8",  # instrument of the row being played
    k="i8",  # instrument the running handler is about
    call="i8",  # the running handler
    wake="i8",  # bits (1 << Call) of handlers to call before the next row; 0 on almost every tick
    series="i8",  # series of the running on_bar
    bar_end="i8",  # end of the bars being heard: an order waits if its instrument has not ticked since; 0 = none
    rounds="i8",
    heard_bars="i8",  # 1 = on_bar was called for bar_end, so on_bars follows
    notice_first="i8",
    notice_batch="i8",
    notice_last="i8",
    walking="i8",  # > 0: a list is being walked, finished orders stay linked
    n_dead="i8",
    high_orders="i8",  # rows ever used: the high-water marks
    high_positions="i8",
    high_requests="i8",
    high_timers="i8",
    next_rollover="i8",
    next_day="i8",
    next_sample="i8",
    next_session="i8",
    account=ACCOUNT,
    draft=ORDER,  # arguments of submit and modify
    notice=NOTICE,  # what the running on_fill or on_order is about
)

# ---------------------------------------------------------------------------------------------------------- Rules

ZONE = record(n="i8", at=("i8", (N_TRANSITIONS,)), offset=("i8", (N_TRANSITIONS,)))

PATH = record(  # a conversion: up to two quoted instruments
    n="i8",
    first="i8",
    first_inverse="i8",
    second="i8",
    second_inverse="i8",
)

COMMISSION = record(per_lot="f8", per_share="f8", rate="f8", maker="f8", taker="f8", min="f8", max_rate="f8", path=PATH)

SLIPPAGE = record(
    fixed="f8",  # a price distance
    spread_share="f8",
    volume_share="f8",  # price * volume_share * sqrt(qty / quoted size)
)

TERMS = record(  # an instrument's rules
    key="i8",  # hash of the symbol: what a compiled strategy compares
    contract_size="f8",
    price_scale="f8",  # 10 ** digits, exact
    price_step="f8",  # increment in units of 1 / price_scale, an integer
    tick_value="f8",
    tick_size="f8",
    qty_min="f8",
    qty_max="f8",
    qty_increment="f8",
    calc_mode="i8",
    leverage="f8",
    margin_initial_rate=("f8", (N_ORDER_TYPES,)),
    margin_maintenance_rate=("f8", (N_ORDER_TYPES,)),
    initial_margin="f8",  # fixed, per lot; 0 = by formula
    maintenance_margin="f8",
    hedged_margin="f8",
    hedged_use_leg="i8",
    swap_mode="i8",
    swap_long="f8",
    swap_short="f8",
    swap_days=("f8", (7,)),  # Monday first
    stops_level="f8",  # a price distance
    freeze_level="f8",
    profit_path=PATH,  # quote currency -> account
    margin_path=PATH,  # margin currency -> account
    commission=COMMISSION,
    slippage=SLIPPAGE,
    n_sessions="i8",  # 0 = open whenever it ticks
    sessions_at="i8",  # byte offset in Rules of (open, close) pairs
    first_series="i8",
    n_series="i8",
    print_quotes="i8",  # 1 = it has no quotes: a print is bid and ask at once
)

SERIES_TERMS = record(
    instrument="i8",
    timeframe="i8",  # ns
    daily="i8",  # 1 = bounded by day_start
    passthrough="i8",  # 1 = the data are bars of this very timeframe
    capacity="i8",
    bars_at="i8",  # byte offset in State of the ring
)

SESSION = record(open="i8", close="i8")

RULES = record(
    venue="i8",
    mode="i8",
    size="i8",  # size class, for the sentence of a full book
    money_scale="f8",
    margin_call_level="f8",
    stop_out_level="f8",
    stop_out_money="i8",  # 1 = the two levels are amounts of equity
    negative_balance_protection="i8",
    limit_improve="i8",
    intrabar_path="i8",
    marketable_reject="i8",  # 1 = a marketable limit is refused (MetaTrader)
    convert_mid="i8",  # 1 = convert at mid, 0 = at the side MetaTrader 5 takes
    latency="i8",  # ns, order + feed
    n_latency="i8",  # > 0: drawn from the table
    latency_seed="i8",
    latency_table=("i8", (1024,)),
    rollover_time="i8",  # ns after local midnight
    day_time="i8",
    rollover_zone=ZONE,
    day_zone=ZONE,
    zone=ZONE,  # hour and weekday of ctx
    hears="i8",
    warmup="i8",
    sample_every="i8",  # ns between equity samples; 0 = at the close of every bar of bar data
    track="i8",  # 1 = peak, drawdown and lowest margin level on every tick
    n_instruments="i8",
    n_series="i8",
    n_positions="i8",  # capacities
    n_orders="i8",
    n_requests="i8",
    n_notices="i8",
    n_timers="i8",
    series_at="i8",  # byte offsets in State
    timers_at="i8",
    positions_at="i8",
    orders_at="i8",
    requests_at="i8",
    notices_at="i8",
    memory_at="i8",
    state_bytes="i8",
    series_terms_at="i8",  # byte offset in Rules
    terms_at="i8",
    rules_bytes="i8",
)

# ----------------------------------------------------------------------------------------------------------- Tape

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
    capacity="i8",  # of each table
    reserve="i8",  # rows one event may write
    fills_at="i8",
    trades_at="i8",
    changes_at="i8",
    events_at="i8",
    samples_at="i8",
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
    reason="i8",
    position="i8",
    qty="f8",
    price="f8",
    commission="f8",
    swap="f8",
    amount="f8",
)
POST_FILL, POST_ORDER, POST_CASH, POST_CREDIT = 1, 2, 3, 4


class Size(NamedTuple):
    """A size class: how many positions and orders an account can hold."""

    name: str
    positions: int
    orders: int


SIZES = (Size("S", 64, 256), Size("M", 1024, 2048), Size("L", 16384, 16384))

# ----------------------------------------------------------------------------------- how the kernel reaches a row

State = from_dtype(HEAD)
Rules = from_dtype(RULES)
Tape = from_dtype(TAPE)
Feed = from_dtype(FEED)
Post = from_dtype(POST)
Handler = types.FunctionType(types.void(State, Rules, Tape))

INSTRUMENTS_AT = HEAD.itemsize


def _rows(dtype: np.dtype) -> tuple[object, int]:  # type: ignore[type-arg]
    return record_at(from_dtype(dtype)), dtype.itemsize


_instrument, _INSTRUMENT = _rows(INSTRUMENT)
_position, _POSITION = _rows(POSITION)
_order, _ORDER = _rows(ORDER)
_series, _SERIES = _rows(SERIES)
_bar, _BAR = _rows(BAR)
_request, _REQUEST = _rows(REQUEST)
_notice, _NOTICE = _rows(NOTICE)
_timer, _TIMER = _rows(record(at="i8"))
_terms, _TERMS = _rows(TERMS)
_series_terms, _SERIES_TERMS = _rows(SERIES_TERMS)
_session, _SESSION = _rows(SESSION)
_fill, _FILL = _rows(FILL)
_trade, _TRADE = _rows(TRADE)
_change, _CHANGE = _rows(CHANGE)
_event, _EVENT = _rows(EVENT)
_sample, _SAMPLE = _rows(SAMPLE)


@inline
def instrument(state, k):
    return _instrument(state, INSTRUMENTS_AT + k * _INSTRUMENT)


@inline
def terms(rules, k):
    return _terms(rules, rules.terms_at + k * _TERMS)


@inline
def position(state, rules, i):
    """Row i, 1-based."""
    return _position(state, rules.positions_at + (i - 1) * _POSITION)


@inline
def order(state, rules, i):
    """Row i, 1-based."""
    return _order(state, rules.orders_at + (i - 1) * _ORDER)


@inline
def series(state, rules, i):
    return _series(state, rules.series_at + i * _SERIES)


@inline
def series_terms(rules, i):
    return _series_terms(rules, rules.series_terms_at + i * _SERIES_TERMS)


@inline
def bar(state, rules, i, number):
    """Closed bar `number` (0 = the first ever) of series i; valid for the last `capacity` of them."""
    t = series_terms(rules, i)
    return _bar(state, t.bars_at + (number % t.capacity) * _BAR)


@inline
def request(state, rules, i):
    return _request(state, rules.requests_at + i * _REQUEST)


@inline
def notice(state, rules, number):
    return _notice(state, rules.notices_at + (number % rules.n_notices) * _NOTICE)


@inline
def timer(state, rules, i):
    return _timer(state, rules.timers_at + i * _TIMER)


@inline
def session(rules, t, i):
    return _session(rules, t.sessions_at + i * _SESSION)


@inline
def fill_row(tape, i):
    return _fill(tape, tape.fills_at + i * _FILL)


@inline
def trade_row(tape, i):
    return _trade(tape, tape.trades_at + i * _TRADE)


@inline
def change_row(tape, i):
    return _change(tape, tape.changes_at + i * _CHANGE)


@inline
def event_row(tape, i):
    return _event(tape, tape.events_at + i * _EVENT)


@inline
def sample_row(tape, i):
    return _sample(tape, tape.samples_at + i * _SAMPLE)


__all__ = [name for name in globals() if not name.startswith("_") and name not in {"annotations", "np"}]
