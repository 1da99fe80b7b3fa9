"""Rows of the tape in words: what the numbers of an event are called, and its sentence for one account.

`reasons` has the sentences; here they get what they need of the broker and the instruments.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from simcore.brokers.happenings import describe_event
from simcore.brokers.instrument import Instrument
from simcore.brokers.reasons import sentence
from simcore.kernel.enums import EventKind

if TYPE_CHECKING:
    from simcore.brokers.broker import Broker

# What a, b, c, d of the tape's events are called. "refused" carries the numbers of its sentence.
NUMBERS: Final[Mapping[EventKind, tuple[str, ...]]] = {
    EventKind.ORDER_REFUSED: (),
    EventKind.MARGIN_CALL: ("equity", "used_margin", "margin_level"),
    EventKind.MARGIN_CALL_CLEARED: ("equity", "used_margin", "margin_level"),
    EventKind.STOP_OUT: ("equity", "used_margin", "margin_level", "pnl"),
    EventKind.SWAP: ("amount", "days", "swap"),
    EventKind.DEPOSIT: ("amount", "balance", "credit"),
    EventKind.BALANCE_COMPENSATION: ("amount",),
    EventKind.STOP_OUT_ORDER: ("equity", "used_margin", "margin_level", "margin"),
    EventKind.POSITION_MODIFIED: ("sl", "tp", "trail"),
    EventKind.SPLIT: ("ratio", "qty_before", "qty"),
    EventKind.DIVIDEND: ("amount", "per_share", "qty", "balance"),
    EventKind.GATE_WARNING: ("equity", "used_margin", "margin_level", "warn_level"),
    EventKind.GATE_CLOSE: ("equity", "used_margin", "margin_level", "pnl"),
    EventKind.LIMIT_VIOLATED: ("actual", "limit", "equity", "amount"),
    EventKind.ORDER_ADJUSTED: ("asked", "qty", "actual", "limit"),
    EventKind.MARGIN_CHANGED: ("before", "multiple", "used_margin", "cause"),
    EventKind.MARGIN_RATE: ("before", "rate", "used_margin"),
    EventKind.GATE_PASSED: ("margin_level", "free_margin", "needed", "legs"),
}


@dataclass(frozen=True)
class Words:
    """Sentences about one account, whose rows name `instruments` by their place."""

    broker: Broker
    instruments: Sequence[Instrument]

    def refusal(self, change: Any) -> str | None:
        """Why an order was refused or ended (kernel.schema.CHANGE); None where nothing is to be said."""
        o = change["order"]
        if o["reason"] == 0:
            return None
        a, b, c, d = (float(change[name]) for name in "abcd")
        order: dict[str, Any] = {"side": int(o["side"]), "qty": float(o["qty"]), "type": int(o["type"])}
        return sentence(int(o["reason"]), a, b, c, d, **order, **self._around(o))

    def event(self, row: Any) -> str:
        """What happened to the account (kernel.schema.EVENT)."""
        return describe_event(row, levels=self.broker.levels_are, **self._around(row))

    def _around(self, row: Any) -> dict[str, Any]:
        i = self.instruments[int(row["instrument"])]
        money = {"currency": self.broker.currency, "money_digits": self.broker.money_digits}
        unit = str(i.base) if i.kind == "fx" and i.contract_size == 1.0 else ""
        return {"symbol": i.symbol, "digits": i.price_digits, "unit": unit, **money}
