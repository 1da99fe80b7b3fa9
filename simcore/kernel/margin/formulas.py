"""Basic margin of a quantity, by calculation mode.

Forex: the margin currency is the base currency, the price counts not. A fixed initial margin replaces the formula; for
Forex and CFD-leverage it is still divided by leverage. Futures: money per lot. Options: money per lot, or their price
where none is set. Bonds: their price, per cent of face value. Collateral: nothing. The result is in account currency,
before margin rates. A regime's share of the value bounds money per lot from below, whatever the broker takes (reference
G).
Source: MQL5 Reference, ENUM_SYMBOL_CALC_MODE, and MetaTrader 5 help, "Basic Margin Calculation" (reference A3, A3b;
read 2026-11-21).
"""

from simcore.kernel.enums import CalcMode
from simcore.kernel.jit import kernel

FOREX, FUTURES, CFD_LEVERAGE = int(CalcMode.FOREX), int(CalcMode.FUTURES), int(CalcMode.CFD_LEVERAGE)
CFD_INDEX, EXCH_FUTURES, BONDS = int(CalcMode.CFD_INDEX), int(CalcMode.EXCH_FUTURES), int(CalcMode.EXCH_BONDS)
FOREX_NO_LEVERAGE, COLLATERAL = int(CalcMode.FOREX_NO_LEVERAGE), int(CalcMode.SERV_COLLATERAL)


@kernel
def value(t, qty, price, contract_size):
    """What `qty` at `price` is worth in the margin currency, as the formulas without leverage have it."""
    if t.calc_mode == FOREX or t.calc_mode == FOREX_NO_LEVERAGE:
        return qty * contract_size
    if t.calc_mode == CFD_INDEX and t.tick_value > 0.0 and t.tick_size > 0.0:
        return qty * contract_size * price * t.tick_value / t.tick_size
    if t.calc_mode == FUTURES and t.tick_value > 0.0 and t.tick_size > 0.0:
        return qty * price * t.tick_value / t.tick_size
    if t.calc_mode == BONDS:
        return qty * contract_size * t.face_value * price / 100.0
    if t.calc_mode == COLLATERAL:
        return 0.0
    return qty * contract_size * price


@kernel
def basic(t, qty, price, rate, contract_size, fixed):
    """Margin of `qty` at `price`, converted by `rate`; `fixed` = margin per lot that replaces the formula, or 0."""
    if fixed > 0.0 or t.calc_mode == FUTURES or t.calc_mode == EXCH_FUTURES:
        amount = qty * fixed
    else:
        amount = value(t, qty, price, contract_size)
    if t.calc_mode == FOREX or t.calc_mode == CFD_LEVERAGE:
        amount /= t.leverage
    return amount * rate


@kernel
def of_lots(t, qty, price, rate, fixed, share):
    """Margin of `qty` at `share`, a margin rate; money per lot is no less than what a regime asks of its value."""
    amount = basic(t, qty, price, rate, t.contract_size, fixed) * share
    if t.least_margin > 0.0:
        amount = max(amount, value(t, qty, price, t.contract_size) * t.least_margin * rate)
    return amount


@kernel
def forts(t, side, qty, price):
    """FORTS: the exchange's margin of a buy or a sell, and how far its price stands from yesterday's settlement."""
    move = (price - t.settlement_price) * t.tick_value / t.tick_size * (1.0 + 0.01 * t.margin_currency_rate)
    return qty * (t.initial_margin + move) if side > 0 else qty * (t.initial_margin_sell - move)


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
