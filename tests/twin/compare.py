"""Plays one program on the twin and on the compiled account, and looks at everything after every event."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import groupby
from typing import Any

from simcore.kernel.enums import Venue, Why

from .compiled import Compiled
from .engine import Twin
from .external import ExternalTwin
from .identities import Ledger
from .programs import Program, Reader

RATIO = 1e-9
MONEY = ("balance", "credit", "equity", "used_margin", "free_margin", "unrealized_pnl")
FILL = (
    "ts",
    "order",
    "symbol",
    "side",
    "qty",
    "price",
    "why",
    "maker",
    "commission",
    "pnl",
    "swap",
    "closed_qty",
    "balance",
)
TRADE = (
    "position",
    "symbol",
    "side",
    "qty",
    "entry_ts",
    "entry_price",
    "exit_ts",
    "exit_price",
    "exit_order",
    "pnl",
    "swap",
    "commission",
    "why",
)
POSITION = ("id", "symbol", "side", "qty", "price", "sl", "tp", "swap", "commission", "last_order")
# events that carry an amount, and in which number
TOLD = {"swap": "a", "deposit": "a", "balance_compensation": "a", "dividend": "a", "margin_changed": "b"}
IN_NO_ORDER = ("swap", "margin_rate")  # a rollover goes through the positions in no order of note


def plain(value: Any) -> Any:
    """A Decimal, an unset price or a code as the kernel shows it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return int(value)
    return float(value) if isinstance(value, Decimal | float) else value


def same(a: Any, b: Any) -> bool:
    a, b = plain(a), plain(b)
    if isinstance(a, float) and isinstance(b, float):
        return a == b or abs(a - b) <= RATIO * max(1.0, abs(a), abs(b))
    return bool(a == b)


class Pair:
    """The two accounts, told the same things."""

    def __init__(self, program: Program) -> None:
        given = (program.broker, program.instruments, program.cash, program.prints_only)
        self.twin = (ExternalTwin if program.external else Twin)(*given)
        self.compiled = Compiled(*given, Venue.EXTERNAL if program.external else Venue.SIMULATED)
        self.ledger = Ledger(self.compiled, program.cash)
        self.seen: dict[tuple[str, str], int] = {}

    def call(self, method: str, arguments: dict[str, Any]) -> None:
        ours = getattr(self.twin, method)(**arguments)
        theirs = getattr(self.compiled, method)(**arguments)
        if method in ("submit", "close"):
            assert ours == theirs, f"{method} returned {ours} in the twin, {theirs} in the kernel"

    def differences(self) -> list[str]:
        return [*self._account(), *self._orders(), *self._positions(), *self._rows(), *self.ledger.broken()]

    def _account(self) -> list[str]:
        ours, theirs = self.twin.account(), self.compiled.account()
        half = 0.5 * 10.0**-self.twin.rules.money_digits
        found = [
            f"{name}: twin {ours[name]}, kernel {theirs[name]}"
            for name in MONEY
            if not abs(float(ours[name]) - theirs[name]) < half
        ]
        if not found and not math.isclose(float(ours["margin_level"]), theirs["margin_level"], rel_tol=RATIO):
            found.append(f"margin_level: twin {ours['margin_level']}, kernel {theirs['margin_level']}")
        return found

    def _orders(self) -> list[str]:
        found = []
        for id in self.twin.venue.orders:
            ours, theirs = self.twin.order(id), self.compiled.order(id)
            found += [
                f"order {id} {name}: twin {plain(ours[name])}, kernel {theirs[name]}"
                for name in ours
                if not same(ours[name], theirs[name])
            ]
        return found

    def _positions(self) -> list[str]:
        ours = {p["id"]: p for p in self.twin.positions()}
        theirs = {p["id"]: p for p in self.compiled.positions()}
        if set(ours) != set(theirs):
            return [f"positions: twin {sorted(ours)}, kernel {sorted(theirs)}"]
        return [
            f"position {id} {name}: twin {plain(ours[id][name])}, kernel {theirs[id][name]}"
            for id in ours
            for name in POSITION
            if not same(ours[id][name], theirs[id][name])
        ]

    def _rows(self) -> list[str]:
        found = []
        for table, names in (("fills", FILL), ("trades", TRADE), ("events", ())):
            ours, theirs = (self._new(side, table) for side in ("twin", "compiled"))
            if len(ours) != len(theirs):
                found.append(f"{table}: twin {ours}, kernel {theirs}")
            for a, b in zip(ours, theirs, strict=False):
                keys = names or sorted({*a, *b})
                found += [
                    f"{table} {k}: twin {plain(a.get(k))}, kernel {b.get(k)}"
                    for k in keys
                    if not same(a.get(k), b.get(k))
                ]
        return found

    def _new(self, side: str, table: str) -> list[dict[str, Any]]:
        """Rows told since the last look; a refused new order is a row of the orders, not an event, in the kernel."""
        rows: list[dict[str, Any]] = getattr(getattr(self, side), table)
        first, self.seen[side, table] = self.seen.get((side, table), 0), len(rows)
        fresh = rows[first:]
        if table != "events":
            return in_order(fresh, (*FILL[:6], "pnl") if table == "fills" else ("exit_ts", "position"))
        told = [event(e) for e in fresh if not e.get("new")]
        return sorted(told, key=lambda e: (e["ts"], *((1, e["about"]) if e["type"] in IN_NO_ORDER else (0, 0))))


def in_order(rows: list[dict[str, Any]], by: tuple[str, ...]) -> list[dict[str, Any]]:
    """Fills or trades; what a rollover reopens, in an order of its own, and without the balance on the way."""
    out: list[dict[str, Any]] = []
    for reopened, group in groupby(rows, lambda row: row["why"] == Why.ROLLOVER):
        same_time = list(group)
        if reopened:
            same_time = [{**row, "balance": None} for row in sorted(same_time, key=lambda row: [row[n] for n in by])]
        out += same_time
    return out


def event(row: dict[str, Any]) -> dict[str, Any]:
    """The part of an event both sides tell; a refused change names the order or the ticket by one number."""
    out = {name: row[name] for name in ("ts", "type", "reason") if row.get(name)}
    out["about"] = row.get("order") or row.get("position") or 0
    if row["type"] in TOLD:
        out["amount"] = abs(float(row["amount"] if "amount" in row else row[TOLD[row["type"]]]))
    if row["type"] == "margin_changed":
        out["of"] = row["of"]
    return out


def play(program: Program) -> Pair:
    """Play it all; the first difference is an AssertionError with the calls that led to it."""
    pair = Pair(program)
    hedging = program.broker["mode"] == "hedging"
    reader = Reader([i["symbol"] for i in program.instruments], hedging, program.prints_only)
    reader.points |= {
        i["symbol"]: Decimal(str(i["price_increment"])) for i in program.instruments if "price_increment" in i
    }
    made: list[tuple[str, dict[str, Any]]] = []
    for step in program.steps:
        reader.tickets = [p.id for p in pair.twin.ledger.positions]
        reader.working = [o.id for o in pair.twin.venue.orders.values() if o.works]
        for method, arguments in reader.calls(step):
            made.append((method, arguments))
            try:
                pair.call(method, arguments)
                found = pair.differences()
            except AssertionError as error:
                found = [str(error)]
            assert not found, report(program, made, found)
            reader.sent = pair.twin.last_id
    return pair


def report(program: Program, made: list[tuple[str, dict[str, Any]]], found: list[str]) -> str:
    calls = "\n".join(f"  {method} {arguments}" for method, arguments in made)
    return f"{found}\nbroker {program.broker}\ninstruments {program.instruments}\ncash {program.cash}\n{calls}"
