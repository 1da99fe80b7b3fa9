"""The 32 functions of the package by name, over a terminal of this process."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from bridges.emulators.mt5 import account, checking, listing, rates, requests, symbols

FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    one.__name__: one
    for one in (
        account.initialize, account.login, account.shutdown, account.version, account.last_error,
        account.terminal_info, account.account_info, account.order_calc_margin, account.order_calc_profit,
        symbols.symbols_total, symbols.symbols_get, symbols.symbol_info, symbols.symbol_info_tick,
        symbols.symbol_select, symbols.market_book_add, symbols.market_book_get, symbols.market_book_release,
        rates.copy_rates_from, rates.copy_rates_from_pos, rates.copy_rates_range, rates.copy_ticks_from,
        rates.copy_ticks_range, checking.order_check, requests.order_send, listing.orders_total, listing.orders_get,
        listing.positions_total, listing.positions_get, listing.history_orders_total, listing.history_orders_get,
        listing.history_deals_total, listing.history_deals_get,
    )
}  # fmt: skip
