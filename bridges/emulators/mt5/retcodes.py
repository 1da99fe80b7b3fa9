"""What a trade server says: its code for every reason the account refuses for, and the words beside the code.

Source: MQL5 Reference, "Trade Server Return Codes" (as of 2026). Where MetaTrader knows no such case, the nearest code
stands: an order that names something gone is invalid (10035, 10036), what a limit of ours denies is rejected (10006).
"""

from __future__ import annotations

from typing import Final

from bridges.emulators.mt5 import constants as c
from simcore.kernel.enums import Reason

_NAMED: Final = {
    Reason.QTY_NOT_POSITIVE: c.TRADE_RETCODE_INVALID_VOLUME,
    Reason.QTY_BELOW_MIN: c.TRADE_RETCODE_INVALID_VOLUME,
    Reason.QTY_ABOVE_MAX: c.TRADE_RETCODE_INVALID_VOLUME,
    Reason.QTY_OFF_GRID: c.TRADE_RETCODE_INVALID_VOLUME,
    Reason.NO_QUOTE: c.TRADE_RETCODE_PRICE_OFF,
    Reason.MARKET_CLOSED: c.TRADE_RETCODE_MARKET_CLOSED,
    Reason.PRICE_NOT_POSITIVE: c.TRADE_RETCODE_INVALID_PRICE,
    Reason.PRICE_WRONG_SIDE: c.TRADE_RETCODE_INVALID_PRICE,
    Reason.STOPS_TOO_CLOSE: c.TRADE_RETCODE_INVALID_STOPS,
    Reason.SL_WRONG_SIDE: c.TRADE_RETCODE_INVALID_STOPS,
    Reason.TP_WRONG_SIDE: c.TRADE_RETCODE_INVALID_STOPS,
    Reason.EXPIRES_IN_PAST: c.TRADE_RETCODE_INVALID_EXPIRATION,
    Reason.NO_MONEY: c.TRADE_RETCODE_NO_MONEY,
    Reason.NO_MONEY_AT_TRIGGER: c.TRADE_RETCODE_NO_MONEY,
    Reason.UNKNOWN_ORDER: c.TRADE_RETCODE_INVALID_ORDER,
    Reason.UNKNOWN_POSITION: c.TRADE_RETCODE_POSITION_CLOSED,
    Reason.CLOSE_QTY: c.TRADE_RETCODE_INVALID_CLOSE_VOLUME,
    Reason.FROZEN: c.TRADE_RETCODE_FROZEN,
    Reason.NO_CONVERSION: c.TRADE_RETCODE_PRICE_OFF,
    Reason.NOT_OPPOSITE: c.TRADE_RETCODE_INVALID,
    Reason.NOT_HEDGING: c.TRADE_RETCODE_INVALID,
    Reason.TYPE_FORBIDDEN: c.TRADE_RETCODE_INVALID,
    Reason.BOOK_FULL: c.TRADE_RETCODE_LIMIT_ORDERS,
    Reason.POSITIONS_FULL: c.TRADE_RETCODE_LIMIT_POSITIONS,
}
RETCODES: Final = {reason: _NAMED.get(reason, c.TRADE_RETCODE_REJECT) for reason in Reason}
COMMENTS: Final = {
    c.TRADE_RETCODE_REQUOTE: "Requote",
    c.TRADE_RETCODE_REJECT: "Request rejected",
    c.TRADE_RETCODE_PLACED: "Order placed",
    c.TRADE_RETCODE_DONE: "Request executed",
    c.TRADE_RETCODE_DONE_PARTIAL: "Request executed partially",
    c.TRADE_RETCODE_TIMEOUT: "Request timed out",
    c.TRADE_RETCODE_INVALID: "Invalid request",
    c.TRADE_RETCODE_INVALID_VOLUME: "Invalid volume",
    c.TRADE_RETCODE_INVALID_PRICE: "Invalid price",
    c.TRADE_RETCODE_INVALID_STOPS: "Invalid stops",
    c.TRADE_RETCODE_TRADE_DISABLED: "Trade disabled",
    c.TRADE_RETCODE_MARKET_CLOSED: "Market closed",
    c.TRADE_RETCODE_NO_MONEY: "No money",
    c.TRADE_RETCODE_PRICE_OFF: "No prices",
    c.TRADE_RETCODE_INVALID_EXPIRATION: "Invalid expiration",
    c.TRADE_RETCODE_TOO_MANY_REQUESTS: "Too many requests",
    c.TRADE_RETCODE_NO_CHANGES: "No changes",
    c.TRADE_RETCODE_CLIENT_DISABLES_AT: "AutoTrading disabled by client",
    c.TRADE_RETCODE_FROZEN: "Position or order frozen",
    c.TRADE_RETCODE_INVALID_FILL: "Unsupported filling mode",
    c.TRADE_RETCODE_CONNECTION: "No connection",
    c.TRADE_RETCODE_LIMIT_ORDERS: "Orders limit reached",
    c.TRADE_RETCODE_INVALID_ORDER: "Invalid order",
    c.TRADE_RETCODE_POSITION_CLOSED: "Position doesn't exist",
    c.TRADE_RETCODE_INVALID_CLOSE_VOLUME: "Invalid close volume",
    c.TRADE_RETCODE_LIMIT_POSITIONS: "Positions limit reached",
}
