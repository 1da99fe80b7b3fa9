"""Questions of margin, asked of a broker and of our model of it at the same moment.

For every symbol the smallest order: what it alone would use, and what the account would use with it. They are written
down wherever the account is compared with the broker's, and shown by `verify`, so that a margin model that is another
than the broker's is seen before a large order finds out.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from simcore.kernel.enums import OrderType
from simcore.kernel.schema import RULES, TERMS
from simcore.live.bridge import Bridge, Intent
from simcore.live.desk import Desk


def rules_of(desk: Desk) -> Any:
    """The RULES record of the account."""
    return desk.engine.rules[: RULES.itemsize].view(RULES)[0]


def terms_of(desk: Desk, k: int) -> Any:
    """The TERMS record of an instrument, as the account's rules have it."""
    at = int(rules_of(desk)["terms_at"]) + k * TERMS.itemsize
    return desk.engine.rules[at : at + TERMS.itemsize].view(TERMS)[0]


def margins(bridge: Bridge, desk: Desk, symbols: Sequence[str]) -> list[dict[str, Any]]:
    """symbol, qty, and in account currency alone, own_alone, after, own_after; none for a symbol without an answer."""
    if not bridge.capabilities.margin:
        return []
    found = []
    for k, symbol in enumerate(symbols):
        s, qty = desk.engine.state.instruments[k], float(terms_of(desk, k)["qty_min"])
        price, ask = float(s["ask"]), desk.engine.call
        if not price > 0.0:
            continue
        intent = Intent(order=0, client_id="", symbol=symbol, side=1, qty=qty, type=OrderType.MARKET)
        alone, after = bridge.margin(symbol, 1, qty, price), bridge.margin_after(intent)
        if alone is not None and after is not None:
            pointers = desk.engine.pointers[:2]
            own = float(ask["margin_alone"](*pointers, k, 1, int(OrderType.MARKET), qty, price))
            own_after = float(ask["used_with_fill"](*pointers, k, 1, qty, price))
            told = {"symbol": symbol, "qty": qty, "alone": alone, "own_alone": own, "after": after}
            found.append(told | {"own_after": own_after})
    return [one for one in found if all(value == value for value in one.values())]
