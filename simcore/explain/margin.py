"""The margin of an instrument as arithmetic: each term's factors, whose product is the figure the account has.

The figures are the account's own (`kernel.whatif`); the factors are written only where their product is that figure, so
that no line can say what the account does not do. Rules with tiers show the figure alone.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, Final

from simcore.kernel.enums import CalcMode, Mode
from simcore.kernel.whatif import SIDES

CLOSE: Final = 0.6  # of the last digit of money: a term is rounded once
MANY: Final = 1e6  # lots asked for where a rate is wanted to more digits than money has


def number(value: float, digits: int = 8) -> str:
    """12,345.6 without the zeros that say nothing."""
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def factors(
    t: Any, qty: float, price: float, digits: int, share: float, *, fixed: float, contract: float
) -> tuple[float, str]:
    """Margin of `qty` before conversion, and its factors; as kernel.margin.formulas has them."""
    mode = CalcMode(int(t["calc_mode"]))
    value, text = qty, number(qty)
    if fixed > 0.0 or mode in (CalcMode.FUTURES, CalcMode.EXCH_FUTURES):
        value, text = value * fixed, f"{text} × {number(fixed)} a lot"
    else:
        value, text = value * contract, f"{text} × {number(contract)}"
        if mode not in (CalcMode.FOREX, CalcMode.FOREX_NO_LEVERAGE):
            value, text = value * price, f"{text} × {price:.{digits}f}"
    if mode in (CalcMode.FOREX, CalcMode.CFD_LEVERAGE):
        value, text = value / t["leverage"], f"{text} / {number(t['leverage'])}"
    if share != 1.0:
        value, text = value * share, f"{text} × {number(share)} (margin rate)"
    return float(value), text


def term(value: float, plain: float, text: str, conversion: float, scale: float) -> str | None:
    """The factors with their conversion, where their product is `value`; scale: of money, 100 = two digits."""
    if conversion != 1.0:
        text += f" × {number(conversion)} (conversion)"
    return text if abs(plain * conversion - value) * scale < CLOSE else None


def fixed_of(t: Any, *, held: bool) -> float:
    """Money per lot that replaces the formula, 0 = none."""
    if held and t["initial_margin"] > 0.0 and t["maintenance_margin"] > 0.0:
        return float(t["maintenance_margin"])
    return float(t["initial_margin"])


def margin_terms(
    engine: Any, rules: Any, t: Any, k: int, positions: Sequence[Any], orders: Sequence[Any], digits: int
) -> dict[str, Any]:
    """What instrument k needs, and the terms it is the sum of; qty in its unit, money in account currency.

    positions and orders: the rows of State that belong to it.
    """
    ask, scale = engine.call["sides_of"], float(rules["money_scale"])
    sides = {name: float(ask(*engine.pointers[:2], k, n)) for n, name in enumerate(SIDES)}
    state = engine.state.instruments[k]
    terms: list[dict[str, Any]] = []
    both_legs = sides["covered_qty"] > 0.0
    if both_legs and t["hedged_use_leg"]:
        money = round(math.log10(scale))
        buys, sells = (f"{sides[name]:,.{money}f}" for name in ("buy_margin", "sell_margin"))
        text = f"the larger of buys {buys} and sells {sells}"
        terms.append({"what": "larger leg", "margin": sides["held_margin"], "factors": text})
    elif positions:
        terms += _held(rules, t, sides, positions, digits)
    for o in orders:
        terms.append({"what": f"order {int(o['id'])} reserves", "margin": float(o["margin"]), "factors": None})
    reserved = sum(float(o["margin"]) for o in orders)
    if abs(reserved - sides["order_margin"]) * scale >= CLOSE:  # netting: one side covers the other
        terms.append(
            {"what": "of the orders counts", "margin": sides["order_margin"], "factors": "only the larger side does"}
        )
    return {"margin": float(state["margin"]), "more": float(state["margin_more"]), "sides": sides, "terms": terms}


def _held(rules: Any, t: Any, sides: dict[str, float], positions: Sequence[Any], digits: int) -> list[dict[str, Any]]:
    """The lots that nothing covers, and those that cover one another."""
    larger = 1 if sides["long_qty"] >= sides["short_qty"] else -1
    own = [p for p in positions if p["side"] == larger]
    netting, scale = rules["mode"] != Mode.HEDGING, float(rules["money_scale"])
    found = []
    if sides["uncovered_qty"] > 0.0 or netting:
        plain, text = factors(
            t, sides["uncovered_qty"], sides["uncovered_price"], digits, sides["uncovered_rate"],
            fixed=fixed_of(t, held=True), contract=float(t["contract_size"]),
        )  # fmt: skip
        value = sides["uncovered_margin"]
        found.append({"what": "uncovered" if sides["covered_qty"] else "held", "qty": sides["uncovered_qty"],
                      "margin": value, "factors": term(value, plain, text, _conversion(own), scale)})  # fmt: skip
    if sides["covered_qty"] > 0.0:
        value = sides["covered_margin"]
        hedged = float(t["hedged_margin"])
        plain, text = factors(
            t, sides["covered_qty"], sides["covered_price"], digits, sides["covered_rate"],
            fixed=hedged if t["initial_margin"] > 0.0 else 0.0, contract=hedged,
        )  # fmt: skip
        found.append({"what": "covered", "qty": sides["covered_qty"], "margin": value,
                      "factors": term(value, plain, text, _conversion(positions), scale)})  # fmt: skip
    return found


def _conversion(positions: Sequence[Any]) -> float:
    """Average of the positions' frozen conversions, by qty."""
    qty = sum(float(p["qty"]) for p in positions)
    return sum(float(p["qty"]) * float(p["margin_rate"]) for p in positions) / qty if qty else 1.0


def order_alone(
    engine: Any, rules: Any, t: Any, k: int, o: dict[str, Any], price: float, digits: int
) -> dict[str, Any]:
    """Margin of one order as if nothing else were held; o: side, type number, qty and row of the margin rates."""

    def alone(qty: float) -> float:
        return float(engine.call["margin_alone"](*engine.pointers[:2], k, o["side"], o["type"], qty, price))

    value, share = alone(o["qty"]), float(t["margin_initial_rate"][o["rate_row"]])
    contract, fixed = float(t["contract_size"]), fixed_of(t, held=False)
    many, _ = factors(t, o["qty"] * MANY, price, digits, share, fixed=fixed, contract=contract)
    plain, text = factors(t, o["qty"], price, digits, share, fixed=fixed, contract=contract)
    conversion = round(alone(o["qty"] * MANY) / many, 8) if many else 1.0
    return {"margin": value, "factors": term(value, plain, text, conversion, float(rules["money_scale"]))}
