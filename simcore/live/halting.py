"""The kill switch: cancel every order of a session, close its positions where asked, and let nothing leave any more.

It is another process's: it leaves a mark in the session's folder, which the runtime looks for before anything leaves,
and then goes to the broker itself. So it works while the strategy hangs, and after the session died.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from simcore.live import folder as folder_
from simcore.live.bridge import Ack, Bridge
from simcore.live.errors import SessionError
from simcore.live.identity import SHORTEST, Identity, base36, magic_of
from simcore.live.journal import Journal
from simcore.live.session import journal_place

MARK: Final = "halt.json"


@dataclass(frozen=True)
class Halt:
    """What became of it: tickets canceled and closed, and what the broker would not do."""

    canceled: list[str]
    closed: list[str]
    refused: list[str]


def is_asked(folder: Path) -> bool:
    """Whether somebody wants the session halted."""
    return os.path.exists(f"{folder}/{MARK}")  # asked before every order: a tenth of what a Path takes


def ask(folder: Path, *, flatten: bool) -> None:
    """Leave the mark; from now on nothing of the session leaves. SessionError for what is no session."""
    folder_.read_json(folder / folder_.SESSION)
    if (folder / folder_.SEAL).exists():
        return  # closed: nothing leaves, and not a byte of it may change
    folder_.write(folder / MARK, folder_.to_json({"ts": time.time_ns(), "flatten": flatten}))


def halt(folder: Path, bridge: Bridge, *, flatten: bool = False) -> Halt:
    """Halt the session in `folder` at a bridge that is connected: its own orders and positions, nobody else's."""
    ask(folder, flatten=flatten)
    who = identity(folder)
    bridge.mark(magic_of(who.tag))
    canceled: list[str] = []
    closed: list[str] = []
    refused: list[str] = []
    for order in bridge.orders():
        if order.ticket in who.orders or is_marked(who.tag, order.client_id):
            done = bridge.cancel(order.ticket, order.symbol)
            (canceled if isinstance(done, Ack) else refused).append(order.ticket)
    for held in bridge.positions() if flatten else ():
        if held.ticket in who.positions or is_marked(who.tag, held.client_id):
            outcome = bridge.close(held, client_id=f"sc{who.tag}-halt{base36(len(closed))}")
            (closed if isinstance(outcome, Ack) else refused).append(held.ticket)
    return Halt(canceled, closed, refused)


def identity(folder: Path) -> Identity:
    """Which orders and positions are the session's: by their marks, and by what its journal says, if it can be read."""
    about = folder_.read_json(folder / folder_.SESSION)
    who = Identity(str(about["tag"]))
    try:
        journal = Journal.open(journal_place(folder, about), read=True)
        who.learn(journal)
        journal.release()
    except SessionError:
        pass  # a switch that needs its journal whole would be none: the marks that orders carry are enough
    return who


def is_marked(tag: str, client_id: str) -> bool:
    """Whether an id is the session's, as far as the broker left it whole."""
    mark = f"sc{tag}"
    return client_id.startswith(mark) or (len(client_id) >= SHORTEST - 2 and mark.startswith(client_id))
