"""Questions about an account that change nothing: what an order alone would need, what a move would earn.

The answers come from the functions the account itself runs on. `alone` = as if nothing else were held, which is how
MetaTrader's order_calc_margin and order_calc_profit answer (reference A15, read 2026-11-21).
"""

from simcore.kernel.convert import margin_rate, rate, worse_rate
from simcore.kernel.financing import lot_cost, point_value
from simcore.kernel.jit import kernel
from simcore.kernel.liquidation import is_stopped_out
from simcore.kernel.margin import NO_RESERVE, order_margin, revalue_margin, used_after
from simcore.kernel.margin.account import FORTS, forts_sides, parts, pending
from simcore.kernel.margin.floating import charge, counted, held_lots, per_unit, rule_sums
from simcore.kernel.margin.sides import NO_FILL, covered_margin, leg_margin, legs, position_rate
from simcore.kernel.money import money
from simcore.kernel.revalue import equity
from simcore.kernel.schema import instrument, lever, terms


@kernel
def margin_alone(state, rules, k, side, kind, qty, price):
    """Margin of one order of this type, account currency; 0 where a conversion has no quote.

    What a weekend, news or volatility multiply it by now is in it; tiers of floating leverage are not.
    """
    plain = order_margin(terms(rules, k), side, kind, qty, price, margin_rate(state, rules, k, side, price))
    return money(rules, plain * (1.0 + instrument(state, k).margin_more))


@kernel
def rate_of(state, rules, k, about, ask_side):
    """Conversion into the account's currency now: of profit (about 0), of margin (1). 0 without a quote."""
    t = terms(rules, k)
    return rate(state, rules, t.margin_path if about == 1 else t.profit_path, ask_side == 1, -1, 0.0)


@kernel
def financing_of(state, rules, k, side, qty, price, about):
    """What financing counts with: value of one point of qty in account currency (about 0) and in the quote currency
    (2), cost of one lot at price (1)."""
    t = terms(rules, k)
    if about == 2:
        return point_value(t, qty)
    if about == 0:
        rate_now = worse_rate(state, rules, t.profit_path, t.swap_long if side > 0 else t.swap_short)
        return money(rules, point_value(t, qty) * rate_now)
    return lot_cost(t, price)


@kernel
def used_with_fill(state, rules, k, side, qty, price):
    """Used margin of the account as it is checked before this fill."""
    fill = (side, qty, price, margin_rate(state, rules, k, side, price))
    return used_after(state, rules, k, fill, 0, NO_RESERVE)


@kernel
def formulas_of(state, rules, k, longs, shorts):
    """Margin of the buy and of the sell side, positions and pending orders."""
    t = terms(rules, k)
    buys, sells, buy_stops, sell_stops = pending(state, rules, k, 0, NO_RESERVE)
    if t.calc_mode == FORTS:
        return forts_sides(t, longs, shorts, buys + buy_stops, sells + sell_stops)
    return leg_margin(t, 1, longs) + buys + buy_stops, leg_margin(t, -1, shorts) + sells + sell_stops


@kernel
def sides_of(state, rules, k, what):
    """Terms of the margin held in instrument k: see SIDES."""
    t = terms(rules, k)
    longs, shorts = legs(state, rules, k, 1, 0.0, 0.0, 0.0)
    larger = longs if longs[0] >= shorts[0] else shorts
    both = longs[0] + shorts[0]
    covered = min(longs[0], shorts[0])
    held, orders = parts(state, rules, k, NO_FILL, 0, NO_RESERVE)
    buy, sell = formulas_of(state, rules, k, longs, shorts)
    if both <= 0.0:
        return buy if what == BUY else sell if what == SELL else orders if what == ORDERS else 0.0
    of_covered = covered_margin(t, covered, longs, shorts) if covered > 0.0 else 0.0
    found = (
        longs[0],
        shorts[0],
        longs[1] / longs[0] if longs[0] > 0.0 else 0.0,
        shorts[1] / shorts[0] if shorts[0] > 0.0 else 0.0,
        larger[0] - covered,
        covered,
        larger[1] / larger[0],
        (longs[1] + shorts[1]) / both,
        position_rate(t, 1 if longs[0] >= shorts[0] else -1),
        (position_rate(t, 1) + position_rate(t, -1)) * 0.5,
        held - of_covered,
        of_covered,
        held,
        orders,
        buy,
        sell,
    )
    return found[what]


SIDES = (
    "long_qty",
    "short_qty",
    "long_price",
    "short_price",
    "uncovered_qty",
    "covered_qty",
    "uncovered_price",
    "covered_price",
    "uncovered_rate",
    "covered_rate",
    "uncovered_margin",
    "covered_margin",
    "held_margin",
    "order_margin",
    "buy_margin",
    "sell_margin",
)
ORDERS, BUY, SELL = SIDES.index("order_margin"), SIDES.index("buy_margin"), SIDES.index("sell_margin")


@kernel
def tier_of(state, rules, k, tier):
    """Floating leverage of what instrument k holds: margin of one tier of its rule (from 0); -1: the amount counted;
    -2: plain margin of a lot, of all instruments of the rule."""
    rule = lever(rules, terms(rules, k).lever - 1)
    if tier == -2:
        held, lots = rule_sums(state, rules, terms(rules, k).lever)
        return per_unit(rules, rule, held, lots)
    lots, price = held_lots(state, rules, k, NO_FILL)
    amount = counted(state, rules, k, rule, lots, price)
    if tier < 0 or tier >= rule.n:
        return amount
    margin = parts(state, rules, k, NO_FILL, 0, NO_RESERVE)[0]
    low = rule.up_to[tier - 1] if tier > 0 else 0.0
    high = amount if tier == rule.n - 1 else min(amount, rule.up_to[tier])
    if high <= low:
        return 0.0
    share = margin / amount
    return charge(rules, rule, low, high - low, share * (high - low), True)


@kernel
def is_stopped_at(state, rules, k, bid, ask):
    """1 where the account would be at or below its stop-out level with instrument k quoted so; writes the quote."""
    s = instrument(state, k)
    s.bid = bid
    s.ask = ask
    if rules.margin_moves == 1:
        revalue_margin(state, rules)
    return 1 if is_stopped_out(state, rules, equity(state, rules)) else 0
