"""Buy, Sell and Close: the three shortcuts the package writes in Python, over its own functions.

A deal without a price is tried at the current one up to ten times while the server answers with a requote.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bridges.emulators.mt5 import constants as c

TRIES: Final = 10
DEVIATION: Final = 10
AGAIN: Final = (c.TRADE_RETCODE_REQUOTE, c.TRADE_RETCODE_PRICE_OFF)


def of(functions: Mapping[str, Callable[..., Any]]) -> dict[str, Callable[..., Any]]:
    """The three, bound to these functions of a module."""
    send, tick, held = (functions[name] for name in ("order_send", "symbol_info_tick", "positions_get"))

    def deal(kind: int, symbol: str, volume: float, price: float | None, comment: Any, ticket: Any) -> Any:
        answer = None
        for _ in range(TRIES if price is None else 1):
            now = tick(symbol) if price is None else None
            if price is None and now is None:
                return None
            at = price if now is None else now.ask if kind == c.ORDER_TYPE_BUY else now.bid
            request = {"action": c.TRADE_ACTION_DEAL, "symbol": symbol, "volume": volume, "type": kind, "price": at,
                       "deviation": DEVIATION}  # fmt: skip
            extra = {"comment": comment, "position": ticket}
            answer = send(request | {name: value for name, value in extra.items() if value is not None})
            if answer is None or answer.retcode not in AGAIN:
                break
        return answer

    def Buy(symbol: str, volume: float, price: float | None = None, *, comment: Any = None, ticket: Any = None) -> Any:
        return deal(c.ORDER_TYPE_BUY, symbol, volume, price, comment, ticket)

    def Sell(symbol: str, volume: float, price: float | None = None, *, comment: Any = None, ticket: Any = None) -> Any:
        return deal(c.ORDER_TYPE_SELL, symbol, volume, price, comment, ticket)

    def Close(symbol: str, *, comment: Any = None, ticket: Any = None) -> Any:
        open_now = held(ticket=ticket) if ticket is not None else held(symbol=symbol)
        answers = []
        for one in open_now:
            other = c.ORDER_TYPE_SELL if one.type == c.POSITION_TYPE_BUY else c.ORDER_TYPE_BUY
            answers.append(deal(other, symbol, one.volume, None, comment, one.ticket))
            if answers[-1] is None:
                return None
        done = sum(answer.retcode == c.TRADE_RETCODE_DONE for answer in answers)
        return done == len(answers) if done in (0, len(answers)) and answers else "Partially" if done else False

    return {"Buy": Buy, "Sell": Sell, "Close": Close}
