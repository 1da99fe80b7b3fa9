"""Conversion of profit, margin and costs into the account's currency, through quoted instruments.

A path is at most two quoted legs, chosen before the run (brokers.conversion; a missing cross refuses to start).
Sided conversion, as MetaTrader 5 documents it ("Conversion", "Profit Calculation", read 2026-11-21): margin of a buy at
Ask, of a sell at Bid; profit of Forex instruments at Ask for longs and Bid for shorts ("by deal"), so that a pair that
converts itself uses its own exit price; profit of anything else at the worse side: a gain at Bid, a loss at Ask. An
inverse pair is read as the symbol written the other way round: its ask is 1 / bid. `conversion = "mid"`: always mid.
"""

from simcore.kernel.enums import CalcMode
from simcore.kernel.jit import kernel
from simcore.kernel.schema import instrument, terms

FOREX, FOREX_NO_LEVERAGE = int(CalcMode.FOREX), int(CalcMode.FOREX_NO_LEVERAGE)


@kernel
def leg(state, rules, j, inverse, ask_side, own, exit_price):
    """One leg's rate; 0 without a quote. `own` = the traded instrument, whose exit price stands for its quote."""
    s = instrument(state, j)
    bid = s.bid
    ask = s.ask
    if j == own:
        bid = exit_price
        ask = exit_price
    if not (bid > 0.0 and ask > 0.0):
        return 0.0
    if rules.convert_mid == 1:
        mid = (s.bid + s.ask) * 0.5
        return 1.0 / mid if inverse == 1 else mid
    if inverse == 1:
        return 1.0 / bid if ask_side else 1.0 / ask
    return ask if ask_side else bid


@kernel
def rate(state, rules, path, ask_side, own, exit_price):
    """Units of account currency for one unit at the start of the path; 0 where a quote is missing."""
    if path.n == 0:
        return 1.0
    r = leg(state, rules, path.first, path.first_inverse, ask_side, own, exit_price)
    if path.n == 2:
        r *= leg(state, rules, path.second, path.second_inverse, ask_side, own, exit_price)
    return r


@kernel
def is_forex(t):
    return t.calc_mode == FOREX or t.calc_mode == FOREX_NO_LEVERAGE


@kernel
def profit_rate(state, rules, k, side, amount, exit_price):
    """Quote currency -> account, for a result of `amount` of a long (side 1) or short (-1) ended at exit_price."""
    t = terms(rules, k)
    ask_side = side > 0 if is_forex(t) else amount < 0.0
    return rate(state, rules, t.profit_path, ask_side, k, exit_price)


@kernel
def worse_rate(state, rules, path, amount):
    """For costs and financing: a gain at Bid, a loss at Ask."""
    return rate(state, rules, path, amount < 0.0, -1, 0.0)


@kernel
def margin_rate(state, rules, k, side, price):
    """Margin currency -> account now: Ask for a buy, Bid for a sell; where the pair converts itself, the deal's price.

    Frozen in what it is stored in.
    """
    return rate(state, rules, terms(rules, k).margin_path, side > 0, k, price)
