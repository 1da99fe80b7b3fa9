"""MetaTrader 5: the port over the MetaTrader5 package, or over any object with its functions.

The package lives on Windows beside a running terminal; mt5linux and our emulator have the same functions. There is no
stream: `poll` asks for ticks, deals, orders and positions and tells what is new, each deal and each tick once. Orders
carry two marks: `magic` is the session, the comment is our id (a server may cut it, or drop it). Times are those of the
server's clock (see mt5_clock), what a request's answer means is in mt5_requests.
Source: MQL5 Reference, "Python Integration".
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from typing import Any, Final

import polars as pl

from bridges.mt5_calls import Calls
from bridges.mt5_clock import ServerClock
from bridges.mt5_history import History
from bridges.mt5_polling import Polling
from bridges.mt5_requests import Requests, is_of
from bridges.mt5_words import Words, deal_of, instrument_of, position_of, update_of
from simcore.brokers.errors import did_you_mean
from simcore.brokers.instrument import Instrument
from simcore.kernel.enums import OrderType, TimeInForce
from simcore.live.bridge import (
    NAN,
    BridgeError,
    Cash,
    Change,
    Event,
    Fill,
    Intent,
    Money,
    OrderUpdate,
    Outcome,
    Position,
    closing,
)
from simcore.live.capabilities import Capabilities
from simcore.live.secrets import secret

DAY: Final = 86_400


class Mt5Bridge:
    """One account in one terminal.

    module: an object with the package's functions; None: the package itself. login, password, server, path: as
    initialize takes them; where not given, of SIMCORE_MT5_LOGIN, _PASSWORD, _SERVER, _PATH or the keyring, under the
    name of an `account` if there are several (see simcore.live.secrets). magic: the mark of this session. deviation:
    points a market order may be filled away. offset_hours or zone: the server's clock (see mt5_clock); None: measured.
    """

    def __init__(
        self,
        module: Any = None,
        *,
        login: int | None = None,
        password: str | None = None,
        server: str | None = None,
        path: str | None = None,
        account: str | None = None,
        magic: int = 0,
        deviation: int = 20,
        offset_hours: float | None = None,
        zone: str | None = None,
        clock: Callable[[], int] = time.time_ns,
    ) -> None:
        self.mt5: Any = Calls(module if module is not None else package())
        self._words = Words(self.mt5)
        self._login = login if login is not None else _number(secret("mt5", "login", account))
        self._password = password or secret("mt5", "password", account)
        self._server = server or secret("mt5", "server", account)
        self._path = path or secret("mt5", "path", account)
        self.magic, self.clock = magic, clock
        self._connected = False
        self._symbols: dict[str, Any] = {}  # symbol -> SymbolInfo
        self.server_clock = ServerClock(
            offset_hours, zone, clock, lambda: map(self.mt5.symbol_info_tick, self._symbols)
        )
        self._polling = Polling(self.mt5, self)
        self._requests = Requests(self, self._words, deviation)
        self.capabilities = Capabilities(
            order_types=frozenset((OrderType.MARKET, OrderType.LIMIT, OrderType.STOP, OrderType.STOP_LIMIT)),
            tifs=frozenset((TimeInForce.GTC, TimeInForce.DAY, TimeInForce.GTD, TimeInForce.IOC, TimeInForce.FOK)),
            hedging=False, margin=True, client_ids=True,
        )  # fmt: skip

    # ---- connection

    def connect(self) -> None:
        """Attach to the terminal; BridgeError says what last_error says."""
        named = {"login": self._login, "password": self._password, "server": self._server}
        given = {name: value for name, value in named.items() if value is not None}
        if not self.mt5.initialize(*([self._path] if self._path else []), **given):
            code, text = self.mt5.last_error()
            raise BridgeError(f"MetaTrader 5: initialize failed: {text} ({code}); is the terminal running, logged in?")
        self._connected = True
        account = self.need(self.mt5.account_info(), "account_info")
        hedging = account.margin_mode == self.mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING
        self.capabilities = Capabilities(**{**vars(self.capabilities), "hedging": hedging})

    def disconnect(self) -> None:
        self.mt5.shutdown()
        self._connected = False
        self.server_clock.forget()

    def mark(self, number: int) -> None:
        self.magic = self.magic or number

    @property
    def is_connected(self) -> bool:
        """Whether the terminal answers, and is connected to its server."""
        info = self.mt5.terminal_info() if self._connected else None
        return info is not None and bool(info.connected)

    @property
    def may_trade(self) -> bool:
        """Whether the AutoTrading button is on."""
        info = self.mt5.terminal_info()
        return info is not None and bool(info.trade_allowed)

    @property
    def server_offset(self) -> int:
        """ns the server's clock is ahead of UTC."""
        return self.server_clock.offset

    def time(self, symbols: Sequence[str]) -> int:
        ticks = [self.mt5.symbol_info_tick(symbol) for symbol in symbols if self._info(symbol)]
        newest = max((tick.time_msc for tick in ticks if tick is not None), default=0)
        return self.server_clock.utc(newest) if newest else 0

    def need(self, answer: Any, call: str) -> Any:
        """An answer that must be there."""
        if answer is None:
            code, text = self.mt5.last_error()
            raise BridgeError(f"MetaTrader 5: {call} failed: {text} ({code})")
        return answer

    # ---- what there is

    def instruments(self, symbols: Sequence[str]) -> list[Instrument]:
        return [instrument_of(self._info(symbol)) for symbol in symbols]

    def validate_symbol(self, symbol: str) -> str:
        try:
            mode = self._info(symbol).trade_mode
        except BridgeError as error:
            return str(error)
        if mode in (self.mt5.SYMBOL_TRADE_MODE_DISABLED, self.mt5.SYMBOL_TRADE_MODE_CLOSEONLY):
            return f"MetaTrader 5: {symbol} may not be traded here: its trade_mode is {mode}"
        return ""

    def _info(self, symbol: str) -> Any:
        if symbol not in self._symbols:
            info = self.mt5.symbol_info(symbol)
            if info is None:
                names = [one.name for one in self.mt5.symbols_get() or ()]
                near = [name for name in names if name.startswith(symbol[:6])] or names
                raise BridgeError(f"MetaTrader 5: there is no symbol {symbol!r}; {did_you_mean(symbol, near)}")
            if not info.select and not self.mt5.symbol_select(symbol, True):
                raise BridgeError(f"MetaTrader 5: {symbol} cannot be put into the market watch")
            self._symbols[symbol] = self.mt5.symbol_info(symbol)
        return self._symbols[symbol]

    def account(self) -> Money:
        a = self.need(self.mt5.account_info(), "account_info")
        return Money(
            currency=a.currency, balance=a.balance, equity=a.equity, used_margin=a.margin, free_margin=a.margin_free,
            credit=a.credit, leverage=float(a.leverage), login=str(a.login), server=a.server,
            hedging=a.margin_mode == self.mt5.ACCOUNT_MARGIN_MODE_RETAIL_HEDGING,
            demo=a.trade_mode == self.mt5.ACCOUNT_TRADE_MODE_DEMO,
            more={name: getattr(a, name) for name in ("margin_so_call", "margin_so_so", "margin_so_mode")},
        )  # fmt: skip

    def margin(self, symbol: str, side: int, qty: float, price: float) -> float | None:
        kind = self.mt5.ORDER_TYPE_BUY if side > 0 else self.mt5.ORDER_TYPE_SELL
        answer = self.mt5.order_calc_margin(kind, symbol, qty, price)
        return None if answer is None else float(answer)

    def margin_after(self, intent: Intent) -> float | None:
        info, tick = self._info(intent.symbol), self.mt5.symbol_info_tick(intent.symbol)
        if tick is None:
            return None
        answer = self.mt5.order_check(self._requests.of(intent, info, tick))
        return None if answer is None or answer.retcode != 0 else float(answer.margin)

    def positions(self) -> list[Position]:
        now = self.clock()
        return [self.position(row, now) for row in self.need(self.mt5.positions_get(), "positions_get")]

    def orders(self) -> list[OrderUpdate]:
        return [self.update(row) for row in self.need(self.mt5.orders_get(), "orders_get")]

    def fills(self, since: int) -> list[Fill | Cash]:
        return [
            told
            for told in map(self.told, self._polling.history(self.server_clock.local(since)))
            if told.ts_event >= since
        ]

    def history(self, symbol: str, start: int, end: int) -> pl.DataFrame:
        """Recorded quotes from `start` to before `end`: ts (ns UTC), bid, ask."""
        return History(self).quotes(symbol, start, end)

    def bars(self, symbol: str, start: int, end: int) -> pl.DataFrame:
        """One-minute bars that began from `start` to before `end`: ts (ns UTC), bids, volume, spread as a price."""
        return History(self).bars(symbol, start, end, self._info(symbol).point)

    # ---- orders

    def submit(self, intent: Intent) -> Outcome:
        return self._requests.submit(intent, self._info(intent.symbol))

    def modify(self, change: Change) -> Outcome:
        return self._requests.modify(change)

    def cancel(self, ticket: str, symbol: str) -> Outcome:
        return self._requests.cancel(ticket, symbol)

    def close(self, position: Position, qty: float = NAN, client_id: str = "") -> Outcome:
        return self.submit(closing(position, qty, client_id))

    def close_by(self, ticket: str, by: str) -> Outcome:
        return self._requests.close_by(ticket, by)

    def find(self, intent: Intent, taken: Collection[str] = ()) -> OrderUpdate | None:
        ends = max(self.server_clock.local(self.clock()), self._polling.since) + 2 * DAY
        rows = [
            *self.need(self.mt5.orders_get(symbol=intent.symbol), "orders_get"),
            *self.need(self.mt5.history_orders_get(self._polling.since - DAY, ends), "history_orders_get"),
        ]
        like = [row for row in rows if str(row.ticket) not in taken and is_of(self._words, row, intent, self.magic)]
        exact = [row for row in like if row.comment == intent.client_id]
        return self.update((exact or like)[0]) if like else None

    # ---- what happens

    def subscribe(self, symbols: Sequence[str], seen: Mapping[str, tuple[int, int]]) -> None:
        for symbol in symbols:
            self._info(symbol)
        self.server_clock.measure()
        self._polling.begin(symbols, seen)

    def poll(self, *, prices: bool = True) -> list[Event]:
        return self._polling.poll(prices=prices)

    def expect(self, ticket: int) -> None:
        """An order was placed: its end will be asked for, also if it is never listed."""
        self._polling.orders.setdefault(ticket, None)

    def told(self, deal: Any) -> Fill | Cash:
        return deal_of(self._words, deal, self.server_clock.utc, self.clock(), self.magic)

    def position(self, row: Any, now: int) -> Position:
        return position_of(self._words, row, self.server_clock.utc, now, self.magic)

    def update(self, row: Any) -> OrderUpdate:
        return update_of(self._words, row, self.server_clock.utc, self.clock(), self.magic)


def package() -> Any:
    """The MetaTrader5 package; BridgeError where it is not installed."""
    try:
        return import_module("MetaTrader5")
    except ImportError:
        raise BridgeError(
            "the MetaTrader5 package is not installed: pip install 'simcore[mt5]' (Windows, beside a terminal), or "
            "give module=, such as mt5linux's MetaTrader5(host=...)"
        ) from None


def _number(text: str | None) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise BridgeError("SIMCORE_MT5_LOGIN: must be the account's number")
    return int(text)
