"""What positions are worth: gross profit of a part, unrealised profit, equity.

Longs are valued at bid, shorts at ask. Forex: each leg is rounded to money before the difference is taken (MQL5
Reference, ENUM_SYMBOL_CALC_MODE); everything else: the difference is rounded. Then converted and rounded again. Equity
is computed when somebody asks, from the positions, in a fixed order: it is never accumulated.
"""

from simcore.kernel.convert import is_forex, profit_rate
from simcore.kernel.enums import CalcMode
from simcore.kernel.jit import kernel
from simcore.kernel.money import money
from simcore.kernel.schema import instrument, position, terms

FUTURES, CFD_INDEX = int(CalcMode.FUTURES), int(CalcMode.CFD_INDEX)


@kernel
def gross(state, rules, k, side, open_price, close_price, qty):
    """Result of `qty` bought (side 1) or sold (-1) at open_price and ended at close_price, account currency."""
    t = terms(rules, k)
    if is_forex(t):
        raw = money(rules, close_price * t.contract_size * qty) - money(rules, open_price * t.contract_size * qty)
        raw = money(rules, side * raw)
    elif (t.calc_mode == FUTURES or t.calc_mode == CFD_INDEX) and t.tick_value > 0.0 and t.tick_size > 0.0:
        raw = money(rules, side * (close_price - open_price) / t.tick_size * t.tick_value * qty)
    else:
        raw = money(rules, side * (close_price - open_price) * t.contract_size * qty)
    if t.profit_path.n == 0:
        return raw
    return money(rules, raw * profit_rate(state, rules, k, side, raw, close_price))


@kernel
def closing_price(s, side):
    return s.bid if side > 0 else s.ask


@kernel
def floating(state, rules, k):
    """Unrealised profit of instrument k, swap included."""
    s = instrument(state, k)
    total = 0.0
    i = s.first_position
    while i > 0:
        p = position(state, rules, i)
        total += gross(state, rules, k, p.side, p.price, closing_price(s, p.side), p.qty) + p.swap
        i = p.next
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
