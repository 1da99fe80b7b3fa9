"""Margins that change by themselves: weekends and holidays, sessions and news, volatility.

What the clock knows ahead comes as a table of instants (brokers.windows): from each on, an instrument's margin is
multiplied so. It holds from that very instant, on the quote that stands, whether its instrument ticks or not.
Volatility is the mean true range of the last closed bars over that of many; where it is above a threshold, leverage
falls to 1 - slope * ratio of what it is, and no further than to a floor (spec 000, 12.3.2, corrected: its factor turns
negative at a ratio of 3.3). Only bars that have closed count. Leverage is what falls, so margins without leverage (paid
in full, money per lot) do not follow sessions, news and volatility; weekends and holidays multiply every margin.
Positions and pending orders alike; margin call and stop-out follow at once.
"""

import math

from simcore.kernel import tell
from simcore.kernel.enums import EventKind, MarginCause
from simcore.kernel.jit import kernel
from simcore.kernel.margin import refresh_margin
from simcore.kernel.schema import bar, instrument, margin_window, series, terms

CHANGED, VOLATILITY = int(EventKind.MARGIN_CHANGED), int(MarginCause.VOLATILITY)


@kernel
def multiple(t, s):
    """How many times its plain margin an instrument needs now."""
    lower = (1.0 + s.margin_clock) * (1.0 + s.margin_spike)
    return (1.0 + s.margin_shut) * min(lower, t.most_margin) if t.most_margin > 0.0 else 1.0 + s.margin_shut


@kernel
def follow(state, rules, tape, k):
    """Instrument k's margin anew where its multiple is another than before."""
    s = instrument(state, k)
    before = 1.0 + s.margin_more
    more = multiple(terms(rules, k), s) - 1.0
    if more != s.margin_more:
        s.margin_more = more
        refresh_margin(state, rules, k)
        state.margin_moved = 1
        used = state.account.used_margin
        tell.event(state, tape, CHANGED, 0, 0, 0, k, before, 1.0 + more, used, float(s.margin_cause))


@kernel
def by_clock(state, rules, tape):
    """Windows that begin or end at or before now."""
    first = state.window
    while state.window < rules.n_windows and margin_window(rules, state.window).at <= state.now:
        row = margin_window(rules, state.window)
        s = instrument(state, row.instrument)
        s.margin_shut = row.shut - 1.0
        s.margin_clock = row.leverage - 1.0
        s.margin_cause = row.cause | (s.margin_cause & VOLATILITY)
        state.window += 1
    if state.window > first:
        for k in range(rules.n_instruments):
            follow(state, rules, tape, k)


@kernel
def true_range(state, rules, i, number):
    """Of closed bar `number` of series i, from the close before it; in the units of its price, not rounded."""
    b = bar(state, rules, i, number)
    last = bar(state, rules, i, number - 1).close
    return max(b.high, last) - min(b.low, last)


@kernel
def range_sum(state, rules, t, i, n):
    """Sum of the true ranges of the last n closed bars of series i, in price increments: whole, so exact."""
    total = 0.0
    count = series(state, rules, i).count
    for number in range(count - n, count):
        total += math.floor(true_range(state, rules, i, number) * t.price_scale / t.price_step + 0.5)
    return total


@kernel
def spike(state, rules, k):
    """How many times its margin instrument k's volatility asks for."""
    t = terms(rules, k)
    i = t.volatility - 1
    s = instrument(state, k)
    if series(state, rules, i).count - s.spike_from <= rules.spike_slow:
        return 1.0
    slow = range_sum(state, rules, t, i, rules.spike_slow) * rules.spike_fast
    if slow <= 0.0:
        return 1.0
    ratio = range_sum(state, rules, t, i, rules.spike_fast) * rules.spike_slow / slow
    if ratio <= rules.spike_threshold:
        return 1.0
    return 1.0 / max(rules.spike_floor, 1.0 - rules.spike_slope * ratio)


@kernel
def by_volatility(state, rules, tape):
    """Instruments whose volatility is told anew by a bar that closed now."""
    for k in range(rules.n_instruments):
        s = instrument(state, k)
        i = terms(rules, k).volatility
        if i > 0 and series(state, rules, i - 1).count != s.spike_bars:
            s.spike_bars = series(state, rules, i - 1).count
            s.margin_spike = spike(state, rules, k) - 1.0
            s.margin_cause &= ~VOLATILITY
            if s.margin_spike > 0.0:
                s.margin_cause |= VOLATILITY
            follow(state, rules, tape, k)
