"""Conversion of profit, margin and costs into the account's currency, through quoted instruments.

A path is at most two quoted legs, chosen before the run (brokers.conversion; a missing cross refuses to start).
Sided conversion, as MetaTrader 5 documents it ("Conversion", "Profit Calculation", read 2026-11-21): margin of a buy at
Ask, of a sell at Bid; profit of Forex instruments at Ask for longs and Bid for shorts ("by deal"), so that a pair that
converts itself uses its own exit price; profit of anything else at the worse side: a gain at Bid, a loss at Ask. An
inverse pair is read as the symbol written the other way round: its ask is 1 / bid. `conversion = "mid"`: always mid.
Results have options of their own: by market (a gain at Bid, a loss at Ask, Forex too), at mid, or MetaTrader 4's
(Forex: buys at Bid, sells at Ask; anything else at Bid; reference section B).
"""

from simcore.kernel.enums import CalcMode, ProfitConversion
from simcore.kernel.jit import kernel
from simcore.kernel.schema import instrument, terms

FOREX, FOREX_NO_LEVERAGE = int(CalcMode.FOREX), int(CalcMode.FOREX_NO_LEVERAGE)
DEAL, MARKET = int(ProfitConversion.DEAL), int(ProfitConversion.MARKET)
MID, MT4 = int(ProfitConversion.MID), int(ProfitConversion.MT4)


@kernel
def leg(state, j, inverse, ask_side, at_mid, own, exit_price):
    """One leg's rate; 0 without a quote. `own` = the traded instrument, whose exit price stands for its quote."""
    s = instrument(state, j)
    bid = s.bid
    ask = s.ask
    if j == own:
        bid = exit_price
        ask = exit_price
    if not (bid > 0.0 and ask > 0.0):
        return 0.0
    if at_mid:
        mid = (bid + ask) * 0.5
        return 1.0 / mid if inverse == 1 else mid
    if inverse == 1:
        return 1.0 / bid if ask_side else 1.0 / ask
    return ask if ask_side else bid


@kernel
def path_rate(state, path, ask_side, at_mid, own, exit_price):
    """Units of account currency for one unit at the start of the path; 0 where a quote is missing."""
    if path.n == 0:
        return 1.0
    r = leg(state, path.first, path.first_inverse, ask_side, at_mid, own, exit_price)
    if path.n == 2:
        r *= leg(state, path.second, path.second_inverse, ask_side, at_mid, own, exit_price)
    return r


@kernel
def rate(state, rules, path, ask_side, own, exit_price):
    """The same as the broker converts margin and costs."""
    return path_rate(state, path, ask_side, rules.convert_mid == 1, own, exit_price)


@kernel
def is_forex(t):
    return t.calc_mode == FOREX or t.calc_mode == FOREX_NO_LEVERAGE


@kernel
def profit_rate(state, rules, k, side, amount, exit_price):
    """Quote currency -> account, for a result of `amount` of a long (side 1) or short (-1) ended at exit_price."""
    t = terms(rules, k)
    how = rules.profit_conversion
    ask_side = amount < 0.0
    if how == MT4:
        ask_side = is_forex(t) and side < 0
    elif how == DEAL and is_forex(t):
        ask_side = side > 0
    return path_rate(state, t.profit_path, ask_side, how == MID, k, exit_price)


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
