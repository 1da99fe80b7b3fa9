"""Exchange accounts: shares and bonds are paid in full, and what is held is worth its price.

A purchase leaves the balance at once, a sale enters it; in between longs are assets, at their liquidity rate (what the
broker takes for collateral), and shorts are liabilities: equity = balance + assets - liabilities. A bond costs its
price in per cent of face value, and the interest accrued. Payments convert at the side of the deal: what is bought at
Ask, what is sold at Bid. Everything else on such an account (futures, Forex) earns and loses as on any account.
Source: MetaTrader 5 help, "Margin Calculation: Exchange Model" (reference A16; read 2026-11-21).
"""

from simcore.kernel.convert import path_rate
from simcore.kernel.enums import CalcMode, Mode, ProfitConversion
from simcore.kernel.jit import kernel
from simcore.kernel.money import money
from simcore.kernel.schema import terms

EXCHANGE, MID = int(Mode.EXCHANGE), int(ProfitConversion.MID)
STOCKS, BONDS = int(CalcMode.EXCH_STOCKS), int(CalcMode.EXCH_BONDS)


@kernel
def is_spot(rules, t):
    """True for what an exchange account pays in full."""
    return rules.mode == EXCHANGE and (t.calc_mode == STOCKS or t.calc_mode == BONDS)


@kernel
def unit_value(t, price):
    """Price of 1.0 of qty, quote currency: what margins and results count."""
    if t.calc_mode == BONDS:
        return price / 100.0 * t.face_value * t.contract_size
    return price * t.contract_size


@kernel
def deal_value(state, rules, k, side, qty, price):
    """What buying (side 1) costs or selling (-1) brings, account currency."""
    t = terms(rules, k)
    value = money(rules, (unit_value(t, price) + t.accrued_interest * t.contract_size) * qty)
    if t.profit_path.n == 0:
        return value
    at_mid = rules.profit_conversion == MID
    return money(rules, value * path_rate(state, t.profit_path, side > 0, at_mid, k, price))


@kernel
def worth(state, rules, k, side, qty, price):
    """What a position counts in equity: an asset at its liquidity rate, or a liability (below 0)."""
    if qty <= 0.0:
        return 0.0
    value = deal_value(state, rules, k, -side, qty, price)
    return money(rules, value * terms(rules, k).liquidity_rate) if side > 0 else -value
