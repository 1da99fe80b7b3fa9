"""How a live session stands, drawn on the terminal: account, margin, positions, orders, last events, latency."""

from __future__ import annotations

import time
from collections import deque
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from rich.console import Group
from rich.live import Live as Screen
from rich.table import Table

if TYPE_CHECKING:
    from simcore.live.desk import Desk

EVERY: Final = 0.25  # seconds
LAST: Final = 6  # events


class Status:
    """Draws a session a few times a second; nothing where it is quiet, plain lines where nobody watches."""

    def __init__(self, name: str, symbols: list[str], *, quiet: bool) -> None:
        self._name, self._symbols, self._quiet, self._next = name, symbols, quiet, 0.0
        self._desk: Desk | None = None
        self._events: deque[str] = deque(maxlen=LAST)
        self._screen = Screen(auto_refresh=False, transient=False)
        self._watched = self._screen.console.is_terminal

    def follow(self, desk: Desk) -> None:
        """Draw this account from now on."""
        self._desk = desk

    def hear(self, stage: Any, why: str) -> None:
        """Another stage, or a difference that was found."""
        line = f"{time.strftime('%H:%M:%S')} {stage.value} {why}".rstrip()
        self._events.append(line)
        if not self._quiet and not self._watched:
            self._screen.console.print(line, markup=False, highlight=False)

    def __enter__(self) -> Self:
        if not self._quiet and self._watched:
            self._screen.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._screen.stop()

    def show(self, stage: str, latency: int, *, now: bool = False) -> None:
        """Draw, if it is time. latency: ns from the last price to the end of what it caused."""
        if self._quiet or not self._watched or self._desk is None:
            return
        if now or time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self._screen.update(self.drawn(self._desk, stage, latency), refresh=True)

    def drawn(self, desk: Desk, stage: str, latency: int) -> Group:
        """The picture: what a trader looks at first stands on top."""
        f = desk.engine.figures()
        head = Table(title=f"{self._name}  {stage}", title_justify="left")
        for name in ("balance", "equity", "used margin", "free margin", "margin level", "journaled", "latency"):
            head.add_column(name, justify="right")
        level = f"{100 * f['margin_level']:,.0f} %" if f["used_margin"] > 0.0 else "-"
        money = [f"{f[name]:,.2f}" for name in ("balance", "equity", "used_margin", "free_margin")]
        head.add_row(*money, level, f"{desk.journal.count:,}", f"{latency / 1e6:,.1f} ms")
        return Group(head, self._positions(desk), self._orders(desk), *self._events)

    def _positions(self, desk: Desk) -> Table:
        table = Table("position", "side", "qty", "price", "SL", "TP")
        for p in desk.engine.state.positions:
            if p["id"]:
                symbol = self._symbols[int(p["instrument"])]
                table.add_row(symbol, _side(p), f"{p['qty']:g}", *(_price(p[name]) for name in ("price", "sl", "tp")))
        return table

    def _orders(self, desk: Desk) -> Table:
        from simcore.kernel.enums import OrderType
        from simcore.kernel.enums import Status as OrderStatus

        table = Table("order", "type", "side", "qty", "price", "status")
        for o in desk.engine.state.orders:
            if o["id"]:
                price = o["limit"] if o["limit"] == o["limit"] else o["stop"]
                kind, status = OrderType(int(o["type"])).name.lower(), OrderStatus(int(o["status"])).name
                symbol = self._symbols[int(o["instrument"])]
                table.add_row(f"{o['id']} {symbol}", kind, _side(o), f"{o['qty']:g}", _price(price), status)
        return table


def _side(row: Any) -> str:
    return "buy" if row["side"] > 0 else "sell"


def _price(value: float) -> str:
    return f"{value:g}" if value == value else "-"
