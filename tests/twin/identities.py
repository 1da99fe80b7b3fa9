"""What must hold on an account whatever happened: the sums of accounting, after every event.

Equity is balance, credit and open profit; free margin is equity less what is used; a position is the sum of its fills,
multiplied by splits; balance and credit are what was put in, and dividends, plus what fills booked, less what an
exchange account has paid for what it holds; trades add up to the fills that closed; rules never change.
"""

from __future__ import annotations

import math
from typing import Any

from simcore.kernel.enums import Why
from simcore.kernel.schema import RULES

from .compiled import Compiled

SMALL = 1e-6
AFTER = (Why.CASH_IN_LIEU, Why.STOP_OUT)  # fills that a split comes before


class Ledger:
    """Keeps the sums of a compiled account beside it."""

    def __init__(self, account: Compiled, cash: float) -> None:
        self.account, self.rules = account, account.engine.rules.tobytes()
        self.cash = float(cash)
        head = account.engine.rules[: RULES.itemsize].view(RULES)
        self.partly_free = bool(head["free_margin_mode"][0])  # free margin leaves some floating result out
        self.seen = dict.fromkeys(("fills", "trades", "events"), 0)
        self.net: dict[str, float] = dict.fromkeys(account.symbols, 0.0)
        self.booked = self.closed = 0.0

    def _new(self, table: str) -> list[dict[str, Any]]:
        rows: list[dict[str, Any]] = getattr(self.account, table)
        first, self.seen[table] = self.seen[table], len(rows)
        return rows[first:]

    def _book(self, fills: list[dict[str, Any]]) -> None:
        for fill in fills:
            self.net[fill["symbol"]] += fill["side"] * fill["qty"]
            self.booked += fill["pnl"] + fill["swap"] - fill["commission"]
            self.closed += fill["pnl"] + fill["swap"]

    def broken(self) -> list[str]:
        """The identities that do not hold now, in words."""
        fills = self._new("fills")
        events = self._new("events")
        self._book([fill for fill in fills if fill["why"] not in AFTER])
        for event in events:
            self.cash += event["a"] if event["type"] in ("deposit", "balance_compensation", "dividend") else 0.0
            if event["type"] == "split":
                self.net[event["of"]] *= event["a"]
        self._book([fill for fill in fills if fill["why"] in AFTER])
        for trade in self._new("trades"):
            self.closed -= trade["pnl"] + trade["swap"]
        a = self.account.account()
        paid = sum(p["side"] * p["cost"] for p in self.account.positions())
        floating = a["balance"] + a["credit"] + a["unrealized_pnl"]
        free = ("free_margin = equity - used_margin", a["free_margin"], a["equity"] - a["used_margin"])
        sums = [
            ("equity = balance + credit + unrealized_pnl", a["equity"], floating),
            *([] if self.partly_free else [free]),
            ("balance + credit = put in + booked by fills", a["balance"] + a["credit"] + paid, self.cash + self.booked),
            ("trades = fills that closed", 0.0, self.closed),
            *[(f"position {s} = sum of fills", self.account.position(s), self.net[s]) for s in self.account.symbols],
        ]
        found = [
            f"{name}: {x} against {y}" for name, x, y in sums if not math.isclose(x, y, rel_tol=1e-12, abs_tol=SMALL)
        ]
        if a["used_margin"] < 0:
            found.append(f"used_margin is negative: {a['used_margin']}")
        if self.account.engine.rules.tobytes() != self.rules:
            found.append("the rules changed")
        return found
