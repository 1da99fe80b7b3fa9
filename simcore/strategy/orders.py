"""The fields of an order as a strategy gives them: one table for both forms of ctx.

A field that is not given leaves the type to the others: limit, stop and trail make the order what it is. nan and None
both mean "not given"; 0 means it too for ids and times, which are never 0.
"""

from __future__ import annotations

import math
import operator
from typing import Any, Final, TypedDict

from simcore.kernel.enums import TimeInForce
from simcore.market.errors import did_you_mean
from simcore.strategy.errors import StrategyError
from simcore.strategy.names import tag_key


class OrderTerms(TypedDict, total=False):
    """What buy and sell take beside the qty. Prices in the instrument's quote currency."""

    limit: float | None
    stop: float | None
    trail: float | None  # a price distance
    sl: float | None
    tp: float | None
    tif: str  # gtc, day, gtd, ioc, fok, opg, cls
    expires: int | None  # int64 ns UTC; makes a gtc order gtd
    oco: int | None  # id of the other order; it may be sent later
    parent: int | None  # id of the order that must fill first
    post_only: bool
    reduce_only: bool
    display_qty: float | None
    tag: int | str | None
    position: int | None  # ticket to close, in hedging


class Changes(TypedDict, total=False):
    """What modify takes beside the id; what is not given stays."""

    qty: float | None
    limit: float | None
    stop: float | None
    trail: float | None
    sl: float | None
    tp: float | None
    expires: int | None


PRICE, SIZE, WHOLE, FLAG, TIF, TAG = "price", "size", "whole", "flag", "tif", "tag"
ORDER_KINDS: Final = {
    "limit": PRICE, "stop": PRICE, "trail": PRICE, "sl": PRICE, "tp": PRICE, "tif": TIF, "expires": WHOLE,
    "oco": WHOLE, "parent": WHOLE, "post_only": FLAG, "reduce_only": FLAG, "display_qty": SIZE, "tag": TAG,
    "position": WHOLE,
}  # fmt: skip
CHANGE_KINDS: Final = {
    "qty": PRICE, "limit": PRICE, "stop": PRICE, "trail": PRICE, "sl": PRICE, "tp": PRICE, "expires": WHOLE
}  # fmt: skip
TIFS: Final = {member.name.lower(): int(member) for member in TimeInForce}


def tif_code(tif: object) -> int:
    """The number of a time in force; StrategyError for what is none."""
    code = TIFS.get(tif) if isinstance(tif, str) else None
    if code is None:
        hint = did_you_mean(tif, TIFS) if isinstance(tif, str) else ""
        raise StrategyError(f"tif={tif!r} must be one of {', '.join(TIFS)}.{hint}")
    return code


def absent(kind: str) -> float | int:
    """What stands in the record where a field of this kind is not given."""
    return math.nan if kind == PRICE else 0.0 if kind == SIZE else 0


def given(what: str, kinds: dict[str, str], values: dict[str, Any]) -> dict[str, float | int]:
    """Every field of `kinds` as the record holds it. StrategyError names the argument of `what` that is malformed."""
    for name in values:
        if name not in kinds:
            raise StrategyError(f"{what} takes no {name!r}.{did_you_mean(name, kinds)}")
    return {name: argument(what, name, kind, values.get(name)) for name, kind in kinds.items()}


def argument(what: str, name: str, kind: str, value: Any) -> Any:
    """One argument of `what` as the kernel takes it; StrategyError where it is not of its kind."""
    if value is None:
        return absent(kind)
    try:
        if kind == TIF:
            return tif_code(value)
        if kind == TAG:
            return operator.index(tag_key(value))
        if kind in (PRICE, SIZE):
            number = value + 0.0  # numbers only: float() would read text
            return absent(kind) if number != number else float(number)
        return operator.index(value)
    except TypeError:
        wanted = "a number" if kind in (PRICE, SIZE) else "an int or a string" if kind == TAG else "a whole number"
        raise StrategyError(f"{what}({name}={value!r}): {name} must be {wanted}") from None
