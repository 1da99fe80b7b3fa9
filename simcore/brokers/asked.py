"""An order somebody asks about, by name or as a dict: checked, and read into what an account takes.

A dict has the fields of an order in a scenario (symbol, side, qty, type, limit, ...); so have keywords. Numbers may be
text ("0.10"); None and nan mean "not given". A tag decides nothing, so it is not read.
"""

from __future__ import annotations

import math
from collections.abc import Container, Mapping, Sequence
from typing import Any, Final

from simcore.brokers.errors import ConfigError, did_you_mean, shown
from simcore.kernel.enums import OrderType, TimeInForce
from simcore.market.instants import ns_of

SIDES: Final[Mapping[Any, int]] = {"buy": 1, "sell": -1, 1: 1, -1: -1}
PRICES: Final = ("limit", "stop", "trail", "sl", "tp", "display_qty")
LINKS: Final = ("oco", "parent", "position")
FLAGS: Final = ("post_only", "reduce_only")
FIELDS: Final = ("symbol", "side", "qty", "type", "tif", "expires", *PRICES, *LINKS, *FLAGS, "tag")
# type -> the prices it must have, and those it may have besides
TYPE_PRICES: Final = {
    "market": ((), ()),
    "limit": (("limit",), ()),
    "stop": (("stop",), ()),
    "stop_limit": (("limit", "stop"), ()),
    "trailing_stop": (("trail",), ("stop",)),
}


def number(name: str, value: object, *, above: float | None = None, least: float | None = None) -> float:
    """A finite number, text of one included; ConfigError names the field."""
    try:
        found = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not math.isfinite(found):
        raise ConfigError(f"{name} = {shown(value)}: must be a number")
    if above is not None and not found > above:
        raise ConfigError(f"{name} = {shown(value)}: must be greater than {above:g}")
    if least is not None and not found >= least:
        raise ConfigError(f"{name} = {shown(value)}: must be at least {least:g}")
    return found


def quote_of(name: str, quote: object) -> tuple[float, float]:
    """(bid, ask) of one price or of both."""
    both = list(quote) if isinstance(quote, Sequence) and not isinstance(quote, str) else [quote, quote]
    if len(both) != 2:
        raise ConfigError(f"{name} = {shown(quote)}: must be a price, or bid and ask")
    bid, ask = (number(name, price, above=0.0) for price in both)
    if ask < bid:
        raise ConfigError(f"{name} = {shown(quote)}: the ask is below the bid; give bid, then ask")
    return bid, ask


def side_of(side: object) -> int:
    """+1 or -1; ConfigError for what is neither side."""
    one = side.lower() if isinstance(side, str) else side
    if isinstance(one, bool) or not isinstance(one, str | int) or one not in SIDES:
        raise ConfigError(f"side = {shown(side)}: must be 'buy' or 'sell' (or 1, -1)")
    return SIDES[one]


def type_of(name: object) -> int:
    """The number of an order type."""
    if isinstance(name, int) and not isinstance(name, bool) and name in tuple(OrderType):
        return int(name)
    if not isinstance(name, str) or name.lower() not in TYPE_PRICES:
        raise ConfigError(f"type = {shown(name)}: must be one of {', '.join(TYPE_PRICES)}")
    return int(OrderType[name.upper()])


def misfit(type: str, given: Container[str]) -> str | None:
    """What of limit, stop and trail an order of a type lacks, or has besides; None where they fit it."""
    must, may = TYPE_PRICES[type]
    missing = [price for price in must if price not in given]
    extra = [price for price in ("limit", "stop", "trail") if price in given and price not in (*must, *may)]
    if missing:
        return f"a {type} order needs {' and '.join(missing)}"
    return f"a {type} order takes no {' and no '.join(extra)}; leave it out, or change the type" if extra else None


def is_given(value: object) -> bool:
    """False for None and nan."""
    return value is not None and not (isinstance(value, float) and value != value)


def read_order(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of an order as an account's draft has them, `symbol` as it is. ConfigError for what is malformed."""
    for name in given:
        if name not in FIELDS:
            raise ConfigError(f"order: unknown field {name!r} = {shown(given[name])}; {did_you_mean(name, FIELDS)}")
    fields = {name: value for name, value in given.items() if is_given(value)}
    for name in ("symbol", "side", "qty"):
        if name not in fields:
            raise ConfigError(f"order: {name} is required")
    read: dict[str, Any] = {"symbol": fields["symbol"], "side": side_of(fields["side"])}
    read["qty"] = number("qty", fields["qty"])
    read |= {name: number(name, fields[name]) for name in PRICES if name in fields}
    read |= {name: _whole(name, fields[name]) for name in LINKS if name in fields}
    read |= {name: _flag(name, fields[name]) for name in FLAGS if name in fields}
    return read | _type(fields) | _times(fields)


def _whole(name: str, value: object) -> int:
    found = number(name, value)
    if found != int(found):
        raise ConfigError(f"{name} = {shown(value)}: must be a whole number")
    return int(found)


def _flag(name: str, value: object) -> int:
    if value not in (True, False):
        raise ConfigError(f"{name} = {shown(value)}: must be true or false")
    return int(bool(value))


def _type(fields: Mapping[str, Any]) -> dict[str, int]:
    """The type follows from the prices; one that is given must agree with them."""
    if "type" not in fields:
        return {}
    number_of = type_of(fields["type"])
    name = OrderType(number_of).name.lower()
    wrong = misfit(name, fields)
    if wrong is not None:
        raise ConfigError(f"order: type = {name!r}: {wrong}")
    return {"type": number_of}


def _times(fields: Mapping[str, Any]) -> dict[str, int]:
    tif = fields.get("tif", "gtc")
    names = [one.name.lower() for one in TimeInForce]
    if not isinstance(tif, str) or tif.lower() not in names:
        raise ConfigError(f"tif = {shown(tif)}: must be one of {', '.join(names)}")
    if tif.lower() == "gtd" and "expires" not in fields:
        raise ConfigError("order: tif = 'gtd' needs expires")
    expires = {"expires": ns_of(fields["expires"], "expires")} if "expires" in fields else {}
    return {"tif": int(TimeInForce[tif.upper()]), **expires}
