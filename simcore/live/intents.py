"""An order on its way out: made of its row in the account, kept in the journal, and whether it may still leave late.

Late is what was decided before the session was live (before a restart, or on prices it missed) and has not left. What
only reduces a position leaves however late: to be out is what was wanted. What rests leaves, too: the strategy, which
has heard the missed prices, still has it in its book. What would open at the market now, at a price it was not decided
on, does not.
"""

from __future__ import annotations

from typing import Any, Final

from simcore.kernel.enums import OrderType, TimeInForce
from simcore.live.bridge import Intent

_TYPES: Final = {int(one): one.name.lower() for one in OrderType}
_TIFS: Final = {int(one): one.name.lower() for one in TimeInForce}
AT_ONCE: Final = (int(TimeInForce.IOC), int(TimeInForce.FOK))


def make(o: Any, symbol: str, client_id: str, position: str) -> Intent:
    """Of an order's fields; `position` is the broker's ticket."""
    return Intent(
        order=o["id"], client_id=client_id, symbol=symbol, side=o["side"], qty=o["qty"], type=OrderType(o["type"]),
        limit=o["limit"], stop=o["stop"], sl=o["sl"], tp=o["tp"], tif=TimeInForce(o["tif"]), expires=o["expires"],
        position=position, reduce_only=bool(o["reduce_only"]),
    )  # fmt: skip


def closes(o: Any) -> bool:
    """Whether an order only reduces."""
    return bool(o["closing"] or o["position"] or o["reduce_only"])


def opens_now(o: Any) -> bool:
    """Whether an order would open at the price of the moment at which it leaves; a child leaves with its parent."""
    return not (closes(o) or o["parent"]) and (int(o["type"]) == OrderType.MARKET or int(o["tif"]) in AT_ONCE)


def kinds_of(o: Any) -> tuple[str, ...]:
    """What a broker must be able to do for an order, by the names of `Capabilities.player`."""
    stops = tuple(name for name in ("sl", "tp") if o[name] == o[name])
    flags = tuple(name for name in ("post_only", "display_qty") if o[name])
    reduces = o["type"] != OrderType.MARKET if o["position"] else o["reduce_only"]
    return _TYPES[o["type"]], _TIFS[o["tif"]], *stops, *flags, *(("reduce_only",) if reduces else ())


def plain(intent: Intent) -> dict[str, Any]:
    """An intent as JSON holds it: what is given; nan, 0 and "" are not."""
    return {name: value for name, value in intent._asdict().items() if value == value and value}


def intent_of(note: dict[str, Any]) -> Intent:
    """And back."""
    given: dict[str, Any] = {name: note[name] for name in Intent._fields if name in note}
    return Intent(**given | {"type": OrderType(note.get("type", 0)), "tif": TimeInForce(note.get("tif", 0))})
