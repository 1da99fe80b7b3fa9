"""An order on its way out: made of its row in the account, kept in the journal, and whether it may still leave late.

Late is what was decided before the session was live (before a restart, or on prices it missed) and has not left. What
only reduces a position leaves however late: to be out is what was wanted. What rests leaves, too: the strategy, which
has heard the missed prices, still has it in its book. What would open at the market now, at a price it was not decided
on, does not.
"""

from __future__ import annotations

from typing import Any, Final

from simcore.kernel.enums import OrderType, TimeInForce
from simcore.kernel.schema import ORDER
from simcore.live.bridge import Intent

AT_ONCE: Final = (int(TimeInForce.IOC), int(TimeInForce.FOK))


def make(o: Any, symbol: str, client_id: str, position: str) -> Intent:
    """Of an order's row; `position` is the broker's ticket."""
    given = dict(zip(ORDER.names or (), o.item(), strict=True))  # all at once: an order waits for it
    return Intent(
        order=given["id"], client_id=client_id, symbol=symbol, side=given["side"], qty=given["qty"],
        type=OrderType(given["type"]), limit=given["limit"], stop=given["stop"], sl=given["sl"], tp=given["tp"],
        tif=TimeInForce(given["tif"]), expires=given["expires"], position=position,
        reduce_only=bool(given["reduce_only"]),
    )  # fmt: skip


def closes(o: Any) -> bool:
    """Whether an order only reduces."""
    return bool(o["closing"] or o["position"] or o["reduce_only"])


def opens_now(o: Any) -> bool:
    """Whether an order would open at the price of the moment at which it leaves; a child leaves with its parent."""
    return not (closes(o) or o["parent"]) and (int(o["type"]) == OrderType.MARKET or int(o["tif"]) in AT_ONCE)


def kinds_of(o: Any) -> list[str]:
    """What a broker must be able to do for an order, by the names of `Capabilities.player`."""
    carried = [name for name in ("sl", "tp") if o[name] == o[name]]
    carried += [name for name in ("post_only", "display_qty") if o[name]]
    return [OrderType(int(o["type"])).name.lower(), TimeInForce(int(o["tif"])).name.lower(), *carried]


def plain(intent: Intent) -> dict[str, Any]:
    """An intent as JSON holds it: nan as null."""
    return {name: None if value != value else value for name, value in vars(intent).items()}


def intent_of(note: dict[str, Any]) -> Intent:
    """And back."""
    given: dict[str, Any] = {name: note[name] for name in Intent.__dataclass_fields__}
    given = {name: float("nan") if value is None else value for name, value in given.items()}
    return Intent(**given | {"type": OrderType(given["type"]), "tif": TimeInForce(given["tif"])})
