"""The kill switch: cancel every order of a session, close its positions where asked, and let nothing leave any more.

It is another process's: it leaves a mark in the session's folder, which the runtime looks for before anything leaves,
and then goes to the broker itself. So it works while the strategy hangs, and after the session died.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simcore.kernel.enums import OrderType
from simcore.live import folder as folder_
from simcore.live.bridge import Ack, Bridge, Intent
from simcore.live.identity import Identity, base36

MARK: Final = "halt.json"


@dataclass(frozen=True)
class Halt:
    """What became of it: tickets canceled and closed, and what the broker would not do."""

    canceled: list[str]
    closed: list[str]
    refused: list[str]


def is_asked(folder: Path) -> bool:
    """Whether somebody wants the session halted."""
    return (folder / MARK).exists()


def ask(folder: Path, *, flatten: bool) -> None:
    """Leave the mark; from now on nothing of the session leaves. SessionError for what is no session."""
    folder_.read_json(folder / folder_.SESSION)
    folder_.write(folder / MARK, folder_.to_json({"ts": time.time_ns(), "flatten": flatten}))


def halt(folder: Path, bridge: Bridge, *, flatten: bool = False) -> Halt:
    """Halt the session in `folder` at a bridge that is connected: its own orders and positions, nobody else's."""
    who = Identity(str(folder_.read_json(folder / folder_.SESSION)["tag"]))
    ask(folder, flatten=flatten)
    canceled: list[str] = []
    closed: list[str] = []
    refused: list[str] = []
    for order in bridge.orders():
        if who.order_of(order.client_id):
            done = bridge.cancel(order.ticket, order.symbol)
            (canceled if isinstance(done, Ack) else refused).append(order.ticket)
    for held in bridge.positions() if flatten else ():
        if who.order_of(held.client_id):
            outcome = bridge.submit(
                Intent(
                    order=0, client_id=f"sc{who.tag}-halt{base36(len(closed))}", symbol=held.symbol, side=-held.side,
                    qty=held.qty, type=OrderType.MARKET, position=held.ticket, reduce_only=True,
                )
            )  # fmt: skip
            (closed if isinstance(outcome, Ack) else refused).append(held.ticket)
    return Halt(canceled, closed, refused)
