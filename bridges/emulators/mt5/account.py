"""Connection, terminal and account: the first functions a bot calls."""

from __future__ import annotations

from typing import Any, Final

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.errors import Failure
from bridges.emulators.mt5.structs import AccountInfo, Struct, TerminalInfo
from bridges.emulators.mt5.terminal import MAX_BARS, Terminal

BUILD: Final = 5000  # of the terminal that answers like this
MODES: Final = {
    "netting": c.ACCOUNT_MARGIN_MODE_RETAIL_NETTING,
    "exchange": c.ACCOUNT_MARGIN_MODE_EXCHANGE,
    "hedging": c.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING,
}
MOST_ORDERS: Final = 200


def initialize(
    terminal: Terminal,
    path: str = "",
    login: int | None = None,
    password: str | None = None,
    server: str | None = None,
    timeout: int = 60_000,
    portable: bool = False,
) -> bool:
    """Connect to the terminal; True where it worked."""
    if not isinstance(path, str):  # None too, so measured: who has no path leaves it out
        raise Failure(c.RES_E_INVALID_PARAMS, 'Invalid "path" argument')
    terminal.connect(login, password, server)
    return True


def login(
    terminal: Terminal,
    login: int,
    password: str | None = None,
    server: str | None = None,
    timeout: int = 60_000,
) -> bool:
    """Connect to an account."""
    terminal.connect(login, password, server)
    return True


def shutdown(terminal: Terminal) -> bool:
    """Close the connection; True, by what programs in use make of the answer (documented as None)."""
    terminal.link.start = 0
    return True


def version(terminal: Terminal) -> tuple[int, int, str]:
    """Version, build and its date."""
    return (500, BUILD, "27 Sep 2026")


def last_error(terminal: Terminal) -> tuple[int, str]:
    """What went wrong with the last call; (1, "Success") where nothing did."""
    return terminal.link.error


def terminal_info(terminal: Terminal) -> Struct:
    """The terminal's state and settings."""
    return TerminalInfo(
        (
            False, False, True, False, terminal.trade_allowed, False, False, False, False, False, BUILD, MAX_BARS, 0,
            0, 0.0, 0.0, "simcore", "simcore emulator of MetaTrader 5", "English", "", "", "",
        )
    )  # fmt: skip


def account_info(terminal: Terminal) -> Struct:
    """The account's settings and figures; levels in per cent."""
    broker, f = terminal.broker, terminal.venue.figures
    used, money = f["used_margin"], broker.stop_out_mode == "money"
    levels = [0.0 if level is None else level * (1.0 if money else 100.0) for level in
              (broker.margin_call_level, broker.stop_out_level)]  # fmt: skip
    stop_out = c.ACCOUNT_STOPOUT_MODE_MONEY if money else c.ACCOUNT_STOPOUT_MODE_PERCENT
    standing = [f.get(name, 0.0) for name in ("initial_margin", "maintenance_margin", "assets", "liabilities")]
    profit = round(f["equity"] - f["balance"] - f["credit"], broker.money_digits)
    return AccountInfo(
        (
            terminal.login, c.ACCOUNT_TRADE_MODE_DEMO, round(broker.leverage), broker.limit_orders or MOST_ORDERS,
            stop_out, terminal.trade_allowed, terminal.trade_allowed, MODES[broker.mode], broker.money_digits,
            broker.fifo_close, f["balance"], f["credit"], profit, f["equity"], used, f["free_margin"],
            100.0 * f["margin_level"] if used > 0.0 else 0.0, *levels, *standing, 0.0,
            "simcore", terminal.server, broker.currency, "simcore",
        )
    )  # fmt: skip


def order_calc_margin(terminal: Terminal, action: int, symbol: str, volume: float, price: float, /) -> float:
    """Margin of an order as if nothing else were held, account currency."""
    from bridges.emulators.mt5.requests import KINDS

    k = terminal.number(symbol)
    if action not in KINDS or not volume > 0.0 or not price > 0.0:
        raise Failure(c.RES_E_INVALID_PARAMS)
    kind, side = KINDS[action]
    return _money(terminal, terminal.venue.ask("margin_alone", k, side, int(kind), float(volume), float(price)))


def order_calc_profit(
    terminal: Terminal, action: int, symbol: str, volume: float, price_open: float, price_close: float, /
) -> float:
    """Result of a deal and its closing, account currency, at the conversion rates of now."""
    k = terminal.number(symbol)
    if action not in (c.ORDER_TYPE_BUY, c.ORDER_TYPE_SELL) or not volume > 0.0 or not price_open > 0.0:
        raise Failure(c.RES_E_INVALID_PARAMS)
    side = 1 if action == c.ORDER_TYPE_BUY else -1
    asked = terminal.venue.ask("profit", k, side, float(price_open), float(price_close), float(volume))
    return _money(terminal, asked)


def _money(terminal: Terminal, amount: Any) -> float:
    if amount != amount:
        raise Failure(c.RES_E_FAIL)  # a cross it converts through has no quote yet
    return round(float(amount), terminal.broker.money_digits)
