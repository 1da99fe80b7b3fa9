"""Symbols and their prices: what a bot may trade, what it costs now, and the best of the book."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Any, Final

from bridges.emulators.mt5 import constants as c
from bridges.emulators.mt5.errors import Failure
from bridges.emulators.mt5.rates import today
from bridges.emulators.mt5.structs import BookInfo, Struct, SymbolInfo, Tick
from bridges.emulators.mt5.terminal import Terminal
from simcore.brokers.conditions import EXPIRATIONS, FILLINGS, GTC_MODES, ORDERS, total
from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import CalcMode, SwapMode

EXECUTIONS: Final = {
    "instant": c.SYMBOL_TRADE_EXECUTION_INSTANT,
    "market": c.SYMBOL_TRADE_EXECUTION_MARKET,
    "exchange": c.SYMBOL_TRADE_EXECUTION_EXCHANGE,
}
FOK, IOC, BOC = FILLINGS["fok"], FILLINGS["ioc"], FILLINGS["boc"]  # not the numbers of ORDER_FILLING_*
TRIPLE: Final = (1, 2, 3, 4, 5, 6, 0)  # Monday to Sunday as DAY_OF_WEEK_*
PATHS: Final = {"fx": "Forex", "gold": "Metals", "metal": "Metals", "crypto": "Crypto", "stock": "Stocks"}


def symbols_total(terminal: Terminal) -> int:
    """How many symbols there are."""
    return len(terminal.venue.instruments)


def symbols_get(terminal: Terminal, group: str = "*") -> tuple[Struct, ...]:
    """Every symbol, or those a filter such as "*USD*, !*JPY*" lets through."""
    return tuple(symbol_info(terminal, name) for name in chosen(terminal.venue.numbers, group))


def chosen(names: Iterable[str], group: str) -> list[str]:
    """The names a filter lets through: conditions one after the other; "!" takes out, "!EUR" all that have EUR."""
    names = list(names)
    kept: list[str] = []
    for condition in (one.strip() for one in group.split(",")):
        if condition.startswith("!"):
            mask = condition[1:] if "*" in condition else f"*{condition[1:]}*"
            kept = [name for name in kept if not fnmatchcase(name, mask)]
        else:
            kept += [name for name in names if name not in kept and fnmatchcase(name, condition)]
    return [name for name in names if name in kept]


def symbol_select(terminal: Terminal, symbol: str, enable: bool = True, /) -> bool:
    """Put a symbol into the market watch, or take it out (not while something of it is held)."""
    k = terminal.number(symbol, c.RES_E_FAIL)
    if enable:
        terminal.watched.add(symbol)
        return True
    s = terminal.venue.engine.state.instruments[k]
    if s["n_positions"] or s["n_orders"]:
        raise Failure(c.RES_E_FAIL)
    terminal.watched.discard(symbol)
    return True


def symbol_info_tick(terminal: Terminal, symbol: str, /) -> Struct:
    """The last tick of a symbol."""
    terminal.number(symbol)
    if symbol not in terminal.watched:
        raise Failure(c.RES_E_NOT_FOUND)
    terminal.look()
    ts, bid, ask = terminal.venue.quote(symbol)
    flags = c.TICK_FLAG_BID | c.TICK_FLAG_ASK if ts else 0
    stamps = terminal.time.seconds(ts), terminal.time.milliseconds(ts)
    return Tick((stamps[0], bid, ask, 0.0, 0, stamps[1], flags, 0.0))


def symbol_info(terminal: Terminal, symbol: str, /) -> Struct:
    """Everything about a symbol: its contract and its prices now."""
    k = terminal.number(symbol)
    i = terminal.venue.instruments[k]
    values: dict[str, Any] = dict.fromkeys(SymbolInfo.__match_args__, 0.0)
    values |= dict.fromkeys(_WHOLE, 0) | dict.fromkeys(_TEXT, "")
    values |= _contract(terminal, i) | _prices(terminal, k, i)
    return SymbolInfo(values.values())


_TEXT: Final = (
    "basis", "category", "currency_base", "currency_profit", "currency_margin", "bank", "description", "exchange",
    "formula", "isin", "name", "page", "path",
)  # fmt: skip
_WHOLE: Final = SymbolInfo.__match_args__[: SymbolInfo.__match_args__.index("bid")]


def _contract(terminal: Terminal, i: Instrument) -> dict[str, Any]:
    triple = max(range(7), key=lambda day: i.swap_days[day])
    return {
        **_listed(i, i.symbol in terminal.watched),
        "digits": i.price_digits,
        "spread_float": True,
        "trade_calc_mode": int(CalcMode[str(i.calc_mode).upper()]),
        "trade_mode": TRADE_MODES[i.trade_mode],
        "trade_stops_level": i.stops_level,
        "trade_freeze_level": i.freeze_level,
        "trade_exemode": EXECUTIONS[terminal.execution],
        "swap_mode": int(SwapMode[i.swap_mode.upper()]),
        "swap_rollover3days": TRIPLE[triple],
        "margin_hedged_use_leg": i.hedged_use_leg,
        "expiration_mode": total(i.expiration_mode, EXPIRATIONS),
        "filling_mode": filling_mode(i),
        "order_mode": total(i.order_mode, ORDERS),
        "order_gtc_mode": GTC_MODES.index(i.order_gtc_mode),
        "point": i.price_increment,
        "trade_tick_size": i.price_increment,
        "trade_contract_size": i.contract_size,
        "trade_face_value": i.face_value if i.calc_mode == "exch_bonds" else 0.0,
        "trade_liquidity_rate": i.liquidity_rate,
        "volume_min": i.qty_min,
        "volume_max": i.qty_max if i.qty_max is not None else 1e9,
        "volume_step": i.qty_increment,
        "volume_limit": i.volume_limit,
        "swap_long": i.swap_long,
        "swap_short": i.swap_short,
        "margin_initial": i.initial_margin,
        "margin_maintenance": i.maintenance_margin,
        "margin_hedged": i.hedged_margin,
    }


def _listed(i: Instrument, selected: bool) -> dict[str, Any]:
    return {
        "custom": False,
        "select": selected,
        "visible": selected,
        "name": i.symbol,
        "description": i.symbol,
        "path": f"{PATHS.get(str(i.asset_class), 'CFD')}\\{i.symbol}",
        "currency_base": i.base or i.margin_currency or i.quote,
        "currency_profit": i.quote,
        "currency_margin": i.margin_currency,
    }


TRADE_MODES: Final = {
    "disabled": c.SYMBOL_TRADE_MODE_DISABLED,
    "long_only": c.SYMBOL_TRADE_MODE_LONGONLY,
    "short_only": c.SYMBOL_TRADE_MODE_SHORTONLY,
    "close_only": c.SYMBOL_TRADE_MODE_CLOSEONLY,
    "full": c.SYMBOL_TRADE_MODE_FULL,
}


def filling_mode(i: Instrument) -> int:
    """The bits of what may be asked for; by default a market by quotes alone takes all or what is there."""
    return FOK | IOC if i.filling_mode is None else total(i.filling_mode, FILLINGS)


def _prices(terminal: Terminal, k: int, i: Instrument) -> dict[str, Any]:
    ts, bid, ask = terminal.venue.quote(i.symbol)
    values: dict[str, Any] = {"time": terminal.time.seconds(ts), "bid": bid, "ask": ask}
    if ts:
        values["spread"] = round((ask - bid) / i.price_increment)
        values |= dict(
            zip(("trade_tick_value_profit", "trade_tick_value_loss"), _tick_values(terminal, k), strict=True)
        )
        values["trade_tick_value"] = values["trade_tick_value_profit"]
        values |= today(terminal, i.symbol)
    return values


def _tick_values(terminal: Terminal, k: int) -> list[float]:
    """What one point of 1.0 lots earns and loses, account currency; 0 where a cross has no quote yet."""
    ask = terminal.venue.ask
    worth = float(ask("financing_of", k, 1, 1.0, 0.0, 2))
    values = [worth * float(ask("rate_of", k, 0, loss)) for loss in (0, 1)]
    return [value if value == value else 0.0 for value in values]


def market_book_add(terminal: Terminal, symbol: str, /) -> bool:
    """Ask for the depth of market of a symbol."""
    terminal.number(symbol)
    terminal.depth.add(symbol)
    return True


def market_book_get(terminal: Terminal, symbol: str, /) -> tuple[Struct, ...]:
    """The best offer and the best bid, with their sizes where the data have them."""
    k = terminal.number(symbol)
    if symbol not in terminal.depth:
        raise Failure(c.RES_E_NOT_FOUND)
    terminal.look()
    s = terminal.venue.engine.state.instruments[k]
    rows = ((c.BOOK_TYPE_SELL, s["ask"], s["ask_size"]), (c.BOOK_TYPE_BUY, s["bid"], s["bid_size"]))
    sized = [(kind, float(price), float(size) if size == size else 0.0) for kind, price, size in rows]
    return tuple(BookInfo((kind, price, round(size), size)) for kind, price, size in sized) if s["ts"] else ()


def market_book_release(terminal: Terminal, symbol: str, /) -> bool:
    """No more depth of market of a symbol."""
    terminal.number(symbol)
    terminal.depth.discard(symbol)
    return True
