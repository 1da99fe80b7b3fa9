"""An account set up as a statement shows it: money, quotes, positions under a Broker's rules, and what then happens.

It is the engine itself, asked for one step at a time: what a quote triggers or time brings about is in `events`, in the
words of the tape. `whatif.Account` puts questions to it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from simcore.brokers.asked import number, quote_of, side_of
from simcore.brokers.errors import ConfigError, did_you_mean
from simcore.brokers.instrument import Instrument
from simcore.brokers.rules import make_rules
from simcore.brokers.rules.layout import Plan
from simcore.brokers.words import NUMBERS, Words
from simcore.brokers.zones import SECOND
from simcore.kernel.engine import Engine
from simcore.kernel.enums import Call, EventKind, Hears, Kind, Venue, Why
from simcore.kernel.schema import POST_CASH, POST_CREDIT, POST_FILL

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker

START: Final = 1_704_189_600 * SECOND  # Tuesday 2024-01-02 10:00 UTC: no weekend, no rollover near


class Statement:
    """An account under `broker`'s rules that trades `instruments`; quotes of crosses it converts through included.

    Raises ConfigError for a missing cross, an unknown symbol or a rule that is not modelled. Positions are booked as
    given, without a check, so that any statement can be set up; orders and questions pass every check. `acts=False`:
    the broker neither fills nor closes anything by itself. `events` is what happened: fills, the broker's actions.
    """

    def __init__(
        self, broker: Broker, instruments: Sequence[Instrument], *, balance: float = 0.0, credit: float = 0.0,
        start: int = START, span: int = 30 * 86_400 * SECOND, acts: bool = True,
    ) -> None:  # fmt: skip
        self.broker = broker
        self.instruments = list(instruments)
        self._words = Words(broker, self.instruments)
        self._at = {one.symbol: k for k, one in enumerate(self.instruments)}
        venue = Venue.SIMULATED if acts else Venue.EXTERNAL
        plan = Plan(hears=int(Hears.FILL | Hears.ORDER), span=(start, start + span), venue=venue)
        self.events: list[dict[str, Any]] = []
        self._violations: list[str] = []
        self.engine = Engine(make_rules(broker, self.instruments, plan), balance)
        self.now = start
        self._play(Kind.HEARTBEAT, 0)
        if credit:
            self.engine.post(self.now, POST_CREDIT, amount=credit)

    def quote(self, symbol: str, bid: float, ask: float | None = None) -> None:
        """The instrument's price now, one second after what was told before; what it triggers happens."""
        self.now += SECOND
        self._play(Kind.QUOTE, self._index(symbol), *quote_of("quote", bid if ask is None else (bid, ask)))

    def pass_time(self, seconds: float) -> None:
        """Let time pass: rollovers, expiries."""
        self.now += round(number("seconds", seconds, least=0.0) * SECOND)
        self._play(Kind.HEARTBEAT, 0)

    def open(self, symbol: str, side: str | int, qty: float, price: float | None = None) -> int:
        """Book a position at its opening price (None: at the quote), at today's conversion; returns its ticket."""
        k, number_of = self._index(symbol), side_of(side)
        price = self._price(k, number_of) if price is None else number("price", price, above=0.0)
        ticket = int(self.engine.state.account["last_order_id"]) + 1
        self.engine.state.account["last_order_id"] = ticket
        fields = {"order": ticket, "instrument": k, "side": number_of, "price": price}
        self.engine.post(self.now, POST_FILL, qty=number("qty", qty, above=0.0), **fields)
        self._drain()
        return ticket

    def withdraw(self, amount: float) -> None:
        """Take money out, account currency; what that triggers happens."""
        self.engine.post(self.now, POST_CASH, amount=-number("amount", amount))
        self._drain()

    def positions(self) -> list[dict[str, Any]]:
        """What is open, oldest ticket first: ticket, symbol, side, qty, price, swap, margin_rate."""
        table = self.engine.state.positions
        rows = sorted((row for row in table if row["id"] > 0), key=lambda row: int(row["id"]))
        names = ("side", "qty", "price", "swap", "margin_rate")
        return [
            {"ticket": int(row["id"]), "symbol": self.instruments[int(row["instrument"])].symbol}
            | {name: row[name].item() for name in names}
            for row in rows
        ]

    @property
    def figures(self) -> dict[str, float]:
        """balance, credit, equity, used_margin, free_margin, margin_level (a ratio), unrealized_pnl."""
        return self.engine.figures()

    def net_qty(self, symbol: str) -> float:
        """The signed position: longs minus shorts."""
        return self.engine.net_qty(self._index(symbol))

    # ---- inside

    def _index(self, symbol: str) -> int:
        symbol = getattr(symbol, "symbol", symbol)  # an Instrument stands for its symbol
        if symbol not in self._at:
            raise ConfigError(f"unknown symbol {symbol!r}; {did_you_mean(symbol, list(self._at))}")
        return self._at[symbol]

    def _price(self, k: int, side: int) -> float:
        s = self.engine.state.instruments[k]
        return float(s["ask"] if side > 0 else s["bid"])

    def _money(self, amount: float) -> float:
        return round(amount, self.broker.money_digits)

    def _play(self, kind: Kind, k: int, bid: float = 0.0, ask: float = 0.0) -> None:
        self.engine.row(self.now, k, int(kind), bid, ask)
        self._drain()

    def _drain(self) -> dict[int, Any]:
        """Hear what happened; the last change of every order, by id."""
        while Call(self.engine.advance()) > Call.NONE:
            pass
        tape = self.engine.tape.drain()
        events = tape["events"]
        self.events += [self._told(row) for row in events]
        self._violations += [self._words.event(row) for row in events[events["kind"] == EventKind.LIMIT_VIOLATED]]
        self.events += [self._about(row, "fill") | _fill(row) for row in tape["fills"]]
        return {int(row["order"]["id"]): row for row in tape["changes"]}

    def _told(self, row: Any) -> dict[str, Any]:
        kind = EventKind(int(row["kind"]))
        numbers = zip(NUMBERS[kind], "abcd", strict=False)
        return self._about(row, kind.name.lower()) | {name: float(row[code]) for name, code in numbers}

    def _about(self, row: Any, type: str) -> dict[str, Any]:
        symbol = self.instruments[int(row["instrument"])].symbol
        return {"type": type, "ts": int(row["ts"]), "symbol": symbol, "order": int(row["order"])}


def _fill(row: Any) -> dict[str, Any]:
    names = ("side", "qty", "price", "commission", "pnl", "swap", "balance")
    return {name: row[name].item() for name in names} | {"why": Why(int(row["why"])).name.lower()}
