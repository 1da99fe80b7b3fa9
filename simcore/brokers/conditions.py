"""Trade conditions of an instrument in MetaTrader 5's words: what may be traded, and with which orders.

By default everything is allowed. A set of kinds is a list of words, or the sum of bits that MetaTrader's symbol_info
gives (filling_mode = 3 is fok and ioc); one of several is a word, or MetaTrader's number. Which fillings a market order
may have follows from the execution mode: request and instant take all, market execution those that are flagged and
never a rest, exchange those that are flagged, and a rest. Pending orders always rest.
Source: MQL5 Reference, "Symbol Properties" and ENUM_ORDER_TYPE_FILLING (reference A13, read 2026-11-21).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from pydantic import BeforeValidator

from simcore.kernel import enums

if TYPE_CHECKING:
    from simcore.brokers.instrument import Instrument

TRADE_MODES: Final = ("disabled", "long_only", "short_only", "close_only", "full")
EXECUTION_MODES: Final = ("request", "instant", "market", "exchange")
GTC_MODES: Final = ("gtc", "daily", "daily_excluding_stops")
Order = Literal["market", "limit", "stop", "stop_limit", "sl", "tp", "close_by"]
Expiration = Literal["gtc", "day", "specified", "specified_day"]
FILLINGS: Final = {"fok": 1, "ioc": 2, "boc": 4}
ORDERS: Final = {"market": 1, "limit": 2, "stop": 4, "stop_limit": 8, "sl": 16, "tp": 32, "close_by": 64}
EVERY_ORDER: Final[tuple[Any, ...]] = tuple(ORDERS)
EXPIRATIONS: Final = {"gtc": 1, "day": 2, "specified": 4, "specified_day": 8}
EVERY_EXPIRATION: Final[tuple[Any, ...]] = tuple(EXPIRATIONS)
REST: Final = 8  # the kernel's bit of RETURN, which has no flag of its own


def _number_of(words: tuple[str, ...]) -> Callable[[object], object]:
    """MetaTrader's number of one of several, as its word."""

    def read(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            if not 0 <= value < len(words):
                raise ValueError(f"must be one of {', '.join(words)}, or MetaTrader's number 0 to {len(words) - 1}")
            return words[value]
        return value

    return read


def _bits_of(words: Mapping[str, int]) -> Callable[[object], object]:
    """MetaTrader's sum of bits as words; a single word as a list of one."""

    def read(value: object) -> object:
        if isinstance(value, int) and not isinstance(value, bool):
            if not 0 <= value <= sum(words.values()):
                sums = ", ".join(f"{name} {bit}" for name, bit in words.items())
                raise ValueError(f"must be a list of words or a sum of {sums}")
            return tuple(name for name, bit in words.items() if value & bit)
        return (value,) if isinstance(value, str) else value

    return read


TradeMode = Annotated[
    Literal["disabled", "long_only", "short_only", "close_only", "full"], BeforeValidator(_number_of(TRADE_MODES))
]
ExecutionMode = Annotated[
    Literal["request", "instant", "market", "exchange"], BeforeValidator(_number_of(EXECUTION_MODES))
]
GtcMode = Annotated[Literal["gtc", "daily", "daily_excluding_stops"], BeforeValidator(_number_of(GTC_MODES))]
Fillings = Annotated[tuple[Literal["fok", "ioc", "boc"], ...], BeforeValidator(_bits_of(FILLINGS))]
Orders = Annotated[tuple[Order, ...], BeforeValidator(_bits_of(ORDERS))]
Expirations = Annotated[tuple[Expiration, ...], BeforeValidator(_bits_of(EXPIRATIONS))]


def fillings(execution: str | None, flagged: tuple[str, ...] | None) -> tuple[int, int]:
    """The kernel's bits of what market orders, and what pending orders, may ask for."""
    whole = FILLINGS["fok"] | FILLINGS["ioc"]
    if execution is None and flagged is None:
        return whole | REST, sum(FILLINGS.values()) | REST
    bits = whole if flagged is None else total(flagged, FILLINGS) & whole
    if execution in ("request", "instant"):
        bits = whole
    book = FILLINGS["boc"] if flagged is None or "boc" in flagged else 0
    return bits if execution == "market" else bits | REST, book | REST


def condition_terms(i: Instrument) -> dict[str, Any]:
    """The conditions of an instrument as fields of the kernel's TERMS."""
    market, pending = fillings(i.trade_exemode, i.filling_mode)
    return {
        "trade_mode": enums.TradeMode[i.trade_mode.upper()],
        "orders": total(i.order_mode, ORDERS),
        "fillings": market,
        "fillings_pending": pending,
        "expirations": total(i.expiration_mode, EXPIRATIONS),
        "gtc_mode": GTC_MODES.index(i.order_gtc_mode),
        "volume_limit": i.volume_limit,
    }


def total(named: Iterable[str], bits: Mapping[str, int]) -> int:
    """A set of words as MetaTrader's sum of bits."""
    chosen = set(named)
    return sum(bit for name, bit in bits.items() if name in chosen)


def named(bits: float, words: Mapping[str, int]) -> str:
    """The words of a sum of bits: "limit, stop"."""
    return ", ".join(name for name, bit in words.items() if int(bits) & bit) or "none"
