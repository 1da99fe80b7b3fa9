"""State: the account, what it holds, and what is under way. Everything that changes, and nothing else.

Ids are those of orders; 0 means a free row. Lists are 1-based and oldest first. Prices are nan where not given.
"""

from simcore.kernel.schema.record import record

N_ROUNDS = 8  # rounds of handlers one event may cause

ACCOUNT = record(
    balance="f8",
    credit="f8",
    used_margin="f8",  # re-summed over instruments at every change, never accumulated
    in_call="i8",  # 1 while the margin level is at or below the margin call level
    last_order_id="i8",
    n_positions="i8",
    n_orders="i8",
    n_arrived="i8",  # orders that reached the venue: the age of the last
    n_fills="i8",
    n_margin_calls="i8",
    n_stop_outs="i8",
    realized="f8",  # sums over the run, for the statistics only
    commission="f8",
    swap="f8",
    slippage="f8",
    deposits="f8",
    dividends="f8",
    peak_equity="f8",  # with rules.track: highest equity, deepest fall from it, lowest margin level, per tick
    max_drawdown="f8",
    min_margin_level="f8",
)

ORDER = record(
    id="i8",  # 0 = free row
    ts="i8",  # submitted
    due="i8",  # arrives at the venue; 0 = has arrived
    waits="i8",  # 1 = arrives with its instrument's next quote
    age="i8",  # 1 = the first order that reached the venue; 0 = has not arrived
    status="i8",
    reason="i8",
    instrument="i8",
    side="i8",
    type="i8",
    tif="i8",
    next="i8",  # list of the instrument's orders, first arrival first, 1-based
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
    held="i8",  # waits for: 1 its parent, 2 the opening, 3 the close
    triggered="i8",  # 1 = its stop was reached: see book.acts_as
    post_only="i8",
    reduce_only="i8",
    display_qty="f8",  # 0 = all of it
    shown="f8",  # of display_qty, filled on the standing quote
    position="i8",  # ticket it closes
    closing="i8",  # 1 = made by close(): reduces whatever is there
    tag="i8",
    margin="f8",  # reserved while it waits
    margin_rate="f8",  # conversion of its margin, frozen
    rate_cost="f8",  # share of notional owed so far, quote currency: maker and taker parts each at their rate
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
    cost="f8",  # exchange accounts: what was paid for it (received for a short); 0 elsewhere
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
    margin_more="f8",  # margin counts 1 + this many times: what the next three come to
    margin_shut="f8",  # weekend, holiday: 1 + this
    margin_clock="f8",  # leverage by the clock (sessions, news): margin 1 + this many times
    margin_spike="f8",  # leverage by volatility, alike
    margin_cause="i8",  # bits of MarginCause
    spike_bars="i8",  # closed bars of its volatility series at the last look, and where counting begins
    spike_from="i8",
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
    number="i8",  # asked for in this order
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
    next_gate="i8",  # the watch looks again
    window="i8",  # margin windows that have begun or ended
    margin_moved="i8",  # 1 = margins changed by themselves: look before anything else
    gate_ts="i8",  # instant of the order being sent, and how many of its legs were
    gate_legs="i8",
    gate_denied="i8",  # 1 = a leg of the order that is being sent was denied
    gate_warned="i8",
    account=ACCOUNT,
    draft=ORDER,  # arguments of submit and modify
    notice=NOTICE,  # what the running on_fill or on_order is about
)
