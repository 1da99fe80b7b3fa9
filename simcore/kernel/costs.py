"""Commission and slippage.

Commission is counted per order, so that a minimum is charged once and a fill in parts costs what one fill costs:
per_lot * qty + per_share * qty + (rate + maker or taker) * notional, at least `min` if there is one, at most `max_rate`
of notional (Interactive Brokers' shape). Amounts are in the commission's currency, converted at the worse side: a cost
as a loss is, a rebate (a negative amount) as a gain is. Slippage is always against the trader, on market and stop
orders only: a fixed price distance, a share of the spread, and a square-root impact
price * volume_share * sqrt(qty / quoted size) (Almgren et al. 2005 give the exponent as about 0.6; a half is the usual
rule) that is nothing where quotes carry no sizes.
"""

import math

from simcore.kernel.convert import worse_rate
from simcore.kernel.jit import kernel
from simcore.kernel.money import money, on_grid
from simcore.kernel.schema import instrument, terms


@kernel
def rate_cost(rules, k, value, maker):
    """The share of notional that a fill of `value` = qty * price owes, quote currency."""
    t = terms(rules, k)
    c = t.commission
    return (c.rate + (c.maker if maker == 1 else c.taker)) * value * t.contract_size


@kernel
def cost_of(state, rules, path, amount):
    """A cost (negative: a rebate) in account currency."""
    return amount * worse_rate(state, rules, path, -amount)


@kernel
def commission_total(state, rules, k, qty, value, share):
    """Commission of an order that filled `qty` for `value` = sum of qty * price and owes `share`; account currency."""
    t = terms(rules, k)
    c = t.commission
    notional = value * t.contract_size
    total = cost_of(state, rules, c.path, (c.per_lot + c.per_share) * qty)
    total += cost_of(state, rules, t.profit_path, share)
    least = cost_of(state, rules, c.path, c.min)
    if least > 0.0 and total < least:
        total = least
    if c.max_rate > 0.0:
        total = min(total, cost_of(state, rules, t.profit_path, c.max_rate * notional))
    return money(rules, total)


@kernel
def slipped(state, rules, k, side, qty, price, size):
    """The price a market or stop order gets where `price` was quoted with `size` (nan = not given)."""
    t = terms(rules, k)
    c = t.slippage
    if c.fixed == 0.0 and c.spread_share == 0.0 and c.volume_share == 0.0:
        return price
    s = instrument(state, k)
    worse = c.fixed + c.spread_share * (s.ask - s.bid)
    if c.volume_share > 0.0 and size > 0.0:
        worse += price * c.volume_share * math.sqrt(qty / size)
    moved = on_grid(t, price + side * worse)
    return moved if moved > 0.0 else price
