"""Basic margin of a quantity, by calculation mode.

Source: MQL5 Reference, ENUM_SYMBOL_CALC_MODE, and MetaTrader 5 help, "Basic Margin Calculation" (read 2026-11-21).
Forex has no price in it: the margin currency is the base currency. A fixed initial margin replaces the formula; for
Forex and CFD-leverage it is still divided by leverage. The result is in account currency, before margin rates.
"""

from simcore.kernel.enums import CalcMode
from simcore.kernel.jit import kernel

FOREX, FUTURES, CFD_LEVERAGE = int(CalcMode.FOREX), int(CalcMode.FUTURES), int(CalcMode.CFD_LEVERAGE)
CFD_INDEX = int(CalcMode.CFD_INDEX)
FOREX_NO_LEVERAGE = int(CalcMode.FOREX_NO_LEVERAGE)


@kernel
def basic(t, qty, price, rate, contract_size, fixed):
    """Margin of `qty` at `price`, converted by `rate`; `fixed` = margin per lot that replaces the formula, or 0."""
    levered = t.calc_mode == FOREX or t.calc_mode == CFD_LEVERAGE
    if fixed > 0.0 or t.calc_mode == FUTURES:
        amount = qty * fixed
    elif t.calc_mode == FOREX or t.calc_mode == FOREX_NO_LEVERAGE:
        amount = qty * contract_size
    elif t.calc_mode == CFD_INDEX and t.tick_value > 0.0 and t.tick_size > 0.0:
        amount = qty * contract_size * price * t.tick_value / t.tick_size
    else:
        amount = qty * contract_size * price
    if levered:
        amount /= t.leverage
    return amount * rate


@kernel
def position_rate(t, side):
    """Margin rate of an open position: maintenance of its side, or the initial one where that is 0."""
    i = 0 if side > 0 else 1
    kept = t.margin_maintenance_rate[i]
    return kept if kept > 0.0 else t.margin_initial_rate[i]


@kernel
def opening_rate(t, side):
    """Margin rate of what is about to be opened: the initial one."""
    return t.margin_initial_rate[0 if side > 0 else 1]


@kernel
def fixed_margin(t):
    """Fixed margin per lot of an open position; 0 = by formula."""
    if t.initial_margin > 0.0 and t.maintenance_margin > 0.0:
        return t.maintenance_margin
    return t.initial_margin
