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
    from simcore.live.live import Live

EVERY: Final = 0.25  # seconds
LAST: Final = 6  # events


class Status:
    """Draws a session a few times a second; nothing where it is quiet."""

    def __init__(self, held: Live, *, quiet: bool) -> None:
        self._held, self._quiet, self._next = held, quiet, 0.0
        self._events: deque[str] = deque(maxlen=LAST)
        self._screen = Screen(auto_refresh=False, transient=False)
        told = held.runtime.told

        def hear(stage: Any, why: str) -> None:
            self._events.append(f"{time.strftime('%H:%M:%S')} {stage.value} {why}".rstrip())
            told(stage, why)

        held.runtime.told = hear

    def __enter__(self) -> Self:
        if not self._quiet:
            self._screen.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if not self._quiet:
            self._screen.update(self.drawn(), refresh=True)
            self._screen.stop()

    def show(self) -> None:
        """Draw, if it is time."""
        if not self._quiet and time.monotonic() >= self._next:
            self._next = time.monotonic() + EVERY
            self._screen.update(self.drawn(), refresh=True)

    def drawn(self) -> Group:
        """The picture: what a trader looks at first stands on top."""
        runtime = self._held.runtime
        engine = runtime.desk.engine
        f = engine.figures()
        head = Table(title=f"{self._held.folder.name}  {runtime.stage.value}", title_justify="left")
        for name in ("balance", "equity", "used margin", "free margin", "margin level", "journaled", "latency"):
            head.add_column(name, justify="right")
        level = f"{100 * f['margin_level']:,.0f} %" if f["used_margin"] > 0.0 else "-"
        money = [f"{f[name]:,.2f}" for name in ("balance", "equity", "used_margin", "free_margin")]
        head.add_row(*money, level, f"{runtime.desk.journal.count:,}", f"{runtime.latency / 1e6:,.1f} ms")
        return Group(head, self._positions(), self._orders(), *self._events)

    def _positions(self) -> Table:
        runtime = self._held.runtime
        table = Table("position", "side", "qty", "price", "SL", "TP")
        for p in runtime.desk.engine.state.positions:
            if p["id"]:
                symbol = runtime.symbols[int(p["instrument"])]
                table.add_row(symbol, _side(p), f"{p['qty']:g}", *(_price(p[name]) for name in ("price", "sl", "tp")))
        return table

    def _orders(self) -> Table:
        from simcore.kernel.enums import OrderType
        from simcore.kernel.enums import Status as OrderStatus

        runtime = self._held.runtime
        table = Table("order", "type", "side", "qty", "price", "status")
        for o in runtime.desk.engine.state.orders:
            if o["id"]:
                price = o["limit"] if o["limit"] == o["limit"] else o["stop"]
                kind, status = OrderType(int(o["type"])).name.lower(), OrderStatus(int(o["status"])).name
                symbol = runtime.symbols[int(o["instrument"])]
                table.add_row(f"{o['id']} {symbol}", kind, _side(o), f"{o['qty']:g}", _price(price), status)
        return table


def _side(row: Any) -> str:
    return "buy" if row["side"] > 0 else "sell"


def _price(value: float) -> str:
    return f"{value:g}" if value == value else "-"
