"""The account's margin: the sum over its instruments, or floating leverage, which charges more as volume grows.

A floating-leverage rule (MetaTrader 5, "Leverages") applies to some instruments and counts what they hold in lots or
in notional, of each symbol or of all together. Its tiers multiply the plain margin: what stands below the first bound
at the first tier's rate, the next part at the second's, and so on; positions first, at the maintenance rate, then
pending orders in the range above, at the initial rate. A rate of 0 charges nothing; beyond the last bound the last
tier goes on. Covered lots of a hedging account count at hedged margin / contract size. Lots share the plain margin
evenly, cut to money digits as the published example is (reference A8, read 2026-11-21);
notional counts at the opening price and today's conversion. Of a netting account's orders those that add margin count.
"""

import math

from simcore.kernel.convert import is_forex, path_rate
from simcore.kernel.enums import LeverRange, Mode, OrderType
from simcore.kernel.jit import kernel
from simcore.kernel.margin.account import NO_RESERVE, margin_of, parts, refresh_instrument
from simcore.kernel.margin.sides import NO_FILL, legs
from simcore.kernel.money import money
from simcore.kernel.schema import instrument, lever, order, terms

HEDGING, LIMIT = int(Mode.HEDGING), int(OrderType.LIMIT)
VOLUME, NOTIONAL = int(LeverRange.VOLUME), int(LeverRange.NOTIONAL)
VOLUME_SYMBOL = int(LeverRange.VOLUME_SYMBOL)
SLACK = 1e-6  # of a quantity increment


@kernel
def held_lots(state, rules, k, fill):
    """(lots that count, their average opening price) of what is held; covered lots at hedged margin / contract."""
    t = terms(rules, k)
    longs, shorts = legs(state, rules, k, fill[0], fill[1], fill[2], fill[3])
    larger = longs if longs[0] >= shorts[0] - SLACK * t.qty_increment else shorts  # 0.2 + 0.7 is as much as 0.9
    if larger[0] <= 0.0:
        return 0.0, 0.0
    lots = larger[0]
    if rules.mode == HEDGING and t.hedged_use_leg == 0:
        covered = min(longs[0], shorts[0])
        lots = larger[0] - covered + covered * t.hedged_margin / t.contract_size
    return lots, larger[1] / larger[0]


@kernel
def order_lots(state, rules, k, skip, extra):
    """(lots, sum of lots * price) of the pending orders that reserve margin."""
    lots = value = 0.0
    if extra[2] > 0.0:
        lots += extra[3]
        value += extra[3] * extra[4]
    i = instrument(state, k).first_order
    while i > 0:
        o = order(state, rules, i)
        if i != skip and o.margin > 0.0:
            left = o.qty - o.filled
            lots += left
            price = o.stop if o.limit != o.limit else o.limit
            if price != price:  # a trailing stop that a broker elsewhere has: at the quote, as its reserve
                price = instrument(state, k).ask if o.side > 0 else instrument(state, k).bid
            value += left * price
        i = o.next
    return lots, value


@kernel
def counted(state, rules, k, rule, lots, price):
    """`lots` at `price` in what the rule counts: lots, or money of its currency."""
    if rule.range == VOLUME or rule.range == VOLUME_SYMBOL:
        return lots
    t = terms(rules, k)
    amount = lots * t.contract_size
    if not is_forex(t):
        amount *= price
    return amount * path_rate(state, t.lever_path, True, rules.convert_mid == 1, k, price)


@kernel
def per_unit(rules, rule, margin, amount):
    """Plain margin of one unit of what the rule counts."""
    each = margin / amount
    if rule.range == VOLUME or rule.range == VOLUME_SYMBOL:
        each = math.floor(each * rules.money_scale + 1e-6) / rules.money_scale
    return each


@kernel
def charge(rules, rule, start, amount, margin, held):
    """Plain `margin` of `amount`, which stands above `start` in the rule's range, at the rates of its tiers."""
    if amount <= 0.0:
        return 0.0
    each = per_unit(rules, rule, margin, amount)
    total = low = 0.0
    for i in range(rule.n):
        high = math.inf if i == rule.n - 1 else rule.up_to[i]
        part = min(high, start + amount) - max(low, start)
        if part > 0.0:
            total += each * part * (rule.maintenance[i] if held else rule.initial[i])
        low = high
    return total


@kernel
def sums(state, rules, j, k, fill, skip, extra):
    """(held margin, order margin, held lots, held price, order lots, order value) of instrument j; k is asked about."""
    if j != k:
        fill, skip, extra = NO_FILL, 0, NO_RESERVE
    held, orders = parts(state, rules, j, fill, skip, extra)
    more = 1.0 + instrument(state, j).margin_more
    lots, price = held_lots(state, rules, j, fill)
    waiting, value = order_lots(state, rules, j, skip, extra)
    return held * more, orders * more, lots, price, waiting, value


@kernel
def under_rule(state, rules, r, k, fill, skip, extra):
    """Margin of every instrument of rule r."""
    rule = lever(rules, r)
    together = rule.range == VOLUME or rule.range == NOTIONAL
    total = held = orders = amount = more = 0.0
    for j in range(rules.n_instruments):
        if terms(rules, j).lever == r + 1:
            margin, reserved, lots, price, waiting, value = sums(state, rules, j, k, fill, skip, extra)
            part = counted(state, rules, j, rule, lots, price)
            rest = counted(state, rules, j, rule, waiting, value / waiting) if reserved > 0.0 and waiting > 0.0 else 0.0
            if together:
                held += margin
                orders += reserved
                amount += part
                more += rest
            else:
                total += charge(rules, rule, 0.0, part, margin, True)
                total += charge(rules, rule, part, rest, reserved, False)
    total += charge(rules, rule, 0.0, amount, held, True) + charge(rules, rule, amount, more, orders, False)
    return total


@kernel
def rule_sums(state, rules, number):
    """(plain margin, lots) of what the instruments of a rule (1-based) hold."""
    held = lots = 0.0
    for j in range(rules.n_instruments):
        if terms(rules, j).lever == number:
            held += parts(state, rules, j, NO_FILL, 0, NO_RESERVE)[0]
            lots += held_lots(state, rules, j, NO_FILL)[0]
    return held, lots


@kernel
def used_after(state, rules, k, fill, skip, extra):
    """used_margin of the account if something were otherwise with instrument k; see margin.account."""
    total = 0.0
    for j in range(rules.n_instruments):
        if terms(rules, j).lever == 0:
            total += instrument(state, j).margin if j != k else margin_of(state, rules, k, fill, skip, extra)
    for r in range(rules.n_levers):
        total += under_rule(state, rules, r, k, fill, skip, extra)
    return money(rules, total)


@kernel
def refresh_margin(state, rules, k):
    """Instrument k changed: its margin anew, and the account's as the sum over instruments."""
    refresh_instrument(state, rules, k)
    state.account.used_margin = used_after(state, rules, -1, NO_FILL, 0, NO_RESERVE)


@kernel
def revalue_margin(state, rules):
    """Margin that follows today's prices, anew: every instrument that holds something or has it on order."""
    for k in range(rules.n_instruments):
        if instrument(state, k).n_positions + instrument(state, k).n_orders > 0:
            refresh_instrument(state, rules, k)
    state.account.used_margin = used_after(state, rules, -1, NO_FILL, 0, NO_RESERVE)
