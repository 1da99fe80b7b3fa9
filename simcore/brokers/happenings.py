"""What the account did by itself: each kind of event as one sentence with its numbers (see `reasons` for orders)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from simcore.brokers.reasons import SENTENCES
from simcore.brokers.wording import Case, Figure, Template, plain, written
from simcore.kernel.enums import EventKind, MarginCause, Reason


def _level(case: Case) -> str:
    """Equity against used margin, as events of the margin watch carry it in a, b, c."""
    if case.b <= 0.0:
        return "equity {a:money}, no margin used"
    if case.levels == "free_margin":
        return f"free margin {Figure(case.a - case.b, case):money} (equity {{a:money}}, used margin {{b:money}})"
    return "equity {a:money} is {c:share} of used margin {b:money}"


def _limit(case: Case) -> str:
    return "{d:share}" if case.levels == "percent" else "{d:money}"


def _deposit(case: Case) -> str:
    verb = "withdrawal" if case.a < 0.0 else "deposit"
    amount = Figure(abs(case.a), case)
    return f"{verb} of {amount:money}: balance {{b:money}}, credit {{c:money}}"


def _swap(case: Case) -> str:
    days = ", days {b:qty}" if case.b else ""  # a broker's own word names none
    return f"swap of position {{position}} of {{symbol}}{days}: {{a:money}}, {{c:money}} so far"


def _modified(case: Case) -> str:
    trail = ", trail {c:price}" if case.c > 0.0 else ""
    return f"position {{position}} of {{symbol}} has stop loss {{a:price}}, take profit {{b:price}}{trail}"


def _split(case: Case) -> str:
    held = ": {b:qty} become {c:qty}" if case.b != 0.0 else ", none held"
    in_lieu = round(abs(case.b * case.a - case.c), 8)
    return "{symbol} splits {a:ratio}" + held + (f", {plain(in_lieu)} in cash" if in_lieu > 0.0 else "")


def _dividend(case: Case) -> str:
    got = ", none held"
    if case.c != 0.0:
        got = f" on {{c:qty}}: {Figure(abs(case.a), case):money} {'received' if case.a >= 0.0 else 'paid'}"
    return "{symbol} pays a dividend of {b:qty} a share" + got


def causes(bits: float) -> list[str]:
    """Why a margin is multiplied, in words: weekend, holiday, session, news, volatility."""
    return [cause.name.lower() for cause in MarginCause if int(bits) & cause and cause.name]


def _margin_changed(case: Case) -> str:
    why = f" ({', '.join(causes(case.d))})" if causes(case.d) else ""
    return f"margin of {{symbol}} counts {{b:qty}} times{why}, {{a:qty}} before: used margin {{c:money}}"


def _passed(case: Case) -> str:
    legs = " for {d:count} legs" if case.d > 1.0 else ""
    needs = f"it needs {{c:money}}{legs} of {{b:money}} free margin"
    return f"gates: order {{order}} of {{symbol}} passes: {needs} and leaves a margin level of {{a:share}}"


_EVENTS: Final[Mapping[EventKind, Template]] = {
    EventKind.ORDER_REFUSED: "order {order} refused",
    EventKind.MARGIN_CALL: lambda case: f"margin call: {_level(case)}, at or below {_limit(case)}",
    EventKind.MARGIN_CALL_CLEARED: lambda case: f"margin call cleared: {_level(case)}",
    EventKind.STOP_OUT: lambda case: f"stop-out of position {{position}} of {{symbol}} at {{d:money}}: {_level(case)}",
    EventKind.SWAP: _swap,
    EventKind.DEPOSIT: _deposit,
    EventKind.BALANCE_COMPENSATION: "negative balance: the broker adds {a:money}, balance is zero",
    EventKind.STOP_OUT_ORDER: lambda case: (
        f"stop-out deletes order {{order}} of {{symbol}}, which reserved {{d:money}}: {_level(case)}"
    ),
    EventKind.POSITION_MODIFIED: _modified,
    EventKind.SPLIT: _split,
    EventKind.DIVIDEND: _dividend,
    EventKind.GATE_WARNING: lambda case: f"watch: {_level(replace(case, levels='percent'))}, below {{d:share}}",
    EventKind.GATE_CLOSE: lambda case: (
        f"watch closes position {{position}} of {{symbol}} at {{d:money}}: {_level(case)}"
    ),
    EventKind.LIMIT_VIOLATED: "",  # in the words of its reason
    EventKind.ORDER_ADJUSTED: "order {order} of {symbol} is cut from {a:qty} to {b:qty}, which keeps every limit",
    EventKind.MARGIN_CHANGED: _margin_changed,
    EventKind.MARGIN_RATE: (
        "margin of position {position} of {symbol} converts at {b:qty}, {a:qty} before: used margin {c:money}"
    ),
    EventKind.GATE_PASSED: _passed,
}
_BY_REASON: Final = (EventKind.ORDER_REFUSED, EventKind.LIMIT_VIOLATED)


def describe_event(
    row: Any,
    *,
    symbol: str = "",
    currency: str = "",
    digits: int = 5,
    money_digits: int = 2,
    levels: str = "percent",
    unit: str = "",
) -> str:
    """One sentence for a row of the tape's events table (kernel.schema.EVENT).

    levels says what the margin levels are: percent, or amounts of equity or free_margin (Broker.levels_are).
    """
    a, b, c, d = (float(row[name]) for name in "abcd")
    case = Case(
        a=a, b=b, c=c, d=d, symbol=symbol, currency=currency, digits=digits, money_digits=money_digits,
        order=int(row["order"]), position=int(row["position"]), levels=levels, unit=unit,
    )  # fmt: skip
    kind = EventKind(int(row["kind"]))
    text = written(_EVENTS[kind], case)
    if kind in _BY_REASON:
        why = written(SENTENCES[Reason(int(row["reason"]))], case)
        return f"{text}: {why}" if text else why
    return text
