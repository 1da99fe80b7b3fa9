"""What positions are worth: gross profit of a part, unrealised profit, equity.

Longs are valued at bid, shorts at ask, unless the broker values at mid (OANDA v20) or at the last print. Forex: each
leg is rounded to money before the difference is taken; anything else: the difference is rounded. Then converted and
rounded again. Futures and options count ticks where a tick value is given (of a CFD index the margin does, the profit
not); bonds are priced in per cent of face value, the accrued interest cancels; collateral is worth its price times its
liquidity rate, whatever was paid, and so is what an exchange account has paid for (spot.py), so that equity = balance +
credit + unrealised holds there too. Equity is computed when somebody asks, from the positions, in a fixed order: it is
never accumulated.
Source: MQL5 Reference, ENUM_SYMBOL_CALC_MODE; MetaTrader 5 Platform, "Profit Calculation" (reference A3, A4).
"""

from simcore.kernel.convert import is_forex, profit_rate
from simcore.kernel.enums import CalcMode, FreeMargin, Valuation
from simcore.kernel.jit import kernel
from simcore.kernel.money import money
from simcore.kernel.schema import instrument, position, terms
from simcore.kernel.spot import deal_value, is_spot, worth

FUTURES, EXCH_FUTURES = int(CalcMode.FUTURES), int(CalcMode.EXCH_FUTURES)
FORTS = int(CalcMode.EXCH_FUTURES_FORTS)
OPTIONS, BONDS = int(CalcMode.EXCH_OPTIONS), int(CalcMode.EXCH_BONDS)
COLLATERAL = int(CalcMode.SERV_COLLATERAL)
MID, LAST = int(Valuation.MID), int(Valuation.LAST)
NO_RESULT, GAINS, LOSSES = int(FreeMargin.NONE), int(FreeMargin.PROFIT), int(FreeMargin.LOSS)


@kernel
def is_by_tick(t):
    """True where a price move is counted in ticks of a given value."""
    by_tick = t.calc_mode == FUTURES or t.calc_mode == EXCH_FUTURES or t.calc_mode == FORTS
    return (by_tick or t.calc_mode == OPTIONS) and t.tick_value > 0.0 and t.tick_size > 0.0


@kernel
def gross(state, rules, k, side, open_price, close_price, qty):
    """Result of `qty` bought (side 1) or sold (-1) at open_price and ended at close_price, account currency."""
    t = terms(rules, k)
    if is_forex(t):
        raw = money(rules, close_price * t.contract_size * qty) - money(rules, open_price * t.contract_size * qty)
        raw = money(rules, side * raw)
    elif is_by_tick(t):
        raw = money(rules, side * (close_price - open_price) / t.tick_size * t.tick_value * qty)
    elif t.calc_mode == BONDS:
        raw = money(rules, side * (close_price - open_price) / 100.0 * t.face_value * t.contract_size * qty)
    elif t.calc_mode == COLLATERAL:
        raw = money(rules, side * close_price * t.contract_size * qty * t.liquidity_rate)
    else:
        raw = money(rules, side * (close_price - open_price) * t.contract_size * qty)
    if t.profit_path.n == 0:
        return raw
    return money(rules, raw * profit_rate(state, rules, k, side, raw, close_price))


@kernel
def result_at(state, rules, p, price):
    """What closing a position at `price` would bring, without swap and commission."""
    k = p.instrument
    if is_spot(rules, terms(rules, k)):
        return money(rules, p.side * (deal_value(state, rules, k, -p.side, p.qty, price) - p.cost))
    return gross(state, rules, k, p.side, p.price, price, p.qty)


@kernel
def closing_price(s, side):
    """Where a position of this side would be closed now."""
    return s.bid if side > 0 else s.ask


@kernel
def value_price(rules, s, side):
    """The price at which the broker values a position of this side."""
    if rules.valuation == MID:
        return (s.bid + s.ask) * 0.5
    if rules.valuation == LAST and s.last > 0.0:
        return s.last
    return s.bid if side > 0 else s.ask


@kernel
def floating(state, rules, k):
    """Unrealised profit of instrument k, swap included; of what an exchange account has paid for, its worth."""
    t = terms(rules, k)
    s = instrument(state, k)
    total = 0.0
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        price = value_price(rules, s, p.side)
        if is_spot(rules, t):
            total += worth(state, rules, k, p.side, p.qty, price) + p.swap
        else:
            total += gross(state, rules, k, p.side, p.price, price, p.qty) + p.swap
        i = p.next
    return total


@kernel
def held_value(state, rules, side):
    """Assets (side 1) or liabilities (-1): worth of shares, bonds and collateral of that side, account currency."""
    total = 0.0
    for i in range(1, state.high_positions + 1):
        p = position(state, rules, i)
        if p.id > 0 and p.side == side:
            k = p.instrument
            price = value_price(rules, instrument(state, k), side)
            if is_spot(rules, terms(rules, k)):
                total += side * worth(state, rules, k, side, p.qty, price)
            elif terms(rules, k).calc_mode == COLLATERAL:
                total += side * gross(state, rules, k, side, p.price, price, p.qty)
    return total


@kernel
def unrealized_pnl(state, rules):
    total = 0.0
    if state.account.n_positions > 0:
        for k in range(rules.n_instruments):
            if instrument(state, k).n_positions > 0:
                total += floating(state, rules, k)
    return total


@kernel
def equity(state, rules):
    """balance + credit + unrealised profit."""
    return money(rules, state.account.balance + state.account.credit + unrealized_pnl(state, rules))


@kernel
def free_equity(state, rules):
    """Equity as free margin counts it: with the floating result, or only with a gain, a loss, or nothing of it."""
    a = state.account
    result = unrealized_pnl(state, rules)
    how = rules.free_margin_mode
    if how == NO_RESULT or (how == GAINS and result < 0.0) or (how == LOSSES and result > 0.0):
        result = 0.0
    return money(rules, a.balance + a.credit + result)
