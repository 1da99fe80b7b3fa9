"""verify: replay a session's journal through the compiled loop and demand the same orders and the same State.

The session met its events one by one; here they are columns, played by the loop a backtest runs. Equal bytes prove that
paper and backtest are one account. A closed session in which any byte of any file changed is refused before anything
else; a damaged journal is refused with the number of the record.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

import simcore.live.folder as folder_
from simcore.kernel import schema
from simcore.kernel.engine import Engine
from simcore.kernel.jit import source_hash
from simcore.live.errors import SessionError
from simcore.live.journal import read_journal
from simcore.live.paper import source_of
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

Load = Callable[[str, Mapping[str, Any], bool], Strategy]


@dataclass(frozen=True)
class Verdict:
    """What a replay found. `same` is True only where every order change and every byte of State agree."""

    events: int
    changes: int
    same_orders: bool
    same_state: bool
    sealed: bool
    differences: list[str] = field(default_factory=list)

    @property
    def same(self) -> bool:
        return self.same_orders and self.same_state


def verify(session: str | Path, load: Load) -> Verdict:
    """Replay `session`; `load(spec, parameters, compiled)` finds its strategy again.

    Raises SessionError for a folder that is no session, was changed, or whose strategy or kernel is another one now.
    """
    place = Path(session)
    sealed = folder_.check_seal(place)
    about = folder_.read_json(place / folder_.SESSION)
    if not sealed:
        raise SessionError(f"{place}: was never closed: it is still running, or ended in a crash")
    if about["kernel"] != source_hash():
        raise SessionError(f"{place}: was made by another version of the kernel ({about['kernel']})")
    wanted = about["strategy"]
    strategy = load(wanted["spec"], wanted["parameters"], bool(wanted["compiled"]))
    if source_of(type(strategy)) != wanted["source"]:
        raise SessionError(f"{place}: the source of {wanted['spec']} was changed since the session")
    rows = read_journal(place / folder_.JOURNAL)
    engine, changes = replay(strategy, rows, folder_.read(place / folder_.RULES), about)
    return compare(place, rows, engine, changes)


def replay(strategy: Strategy, rows: Any, rules: bytes, about: Mapping[str, Any]) -> tuple[Engine, Any]:
    """The journal's events as columns through the loop; returns the account and every order change."""
    buffer = np.zeros(len(rules) // 8, np.int64).view(np.uint8)
    buffer[:] = np.frombuffer(rules, np.uint8)
    engine = Engine(buffer, float(about["cash"]))
    chunks: list[Any] = []
    driver = Driver(engine, strategy, about["symbols"], lambda tables: chunks.append(tables["changes"]))
    columns = {name: np.ascontiguousarray(rows[name]) for name in ("bid", "ask", "instrument", "kind", "x", "y")}
    engine.load({"ts": np.ascontiguousarray(rows["ts_event"]), **columns})
    driver.start()
    driver.play()
    driver.stop()
    return engine, np.concatenate(chunks)


def compare(place: Path, rows: Any, engine: Engine, changes: Any) -> Verdict:
    """Byte by byte; the first difference of each is named."""
    orders = np.frombuffer(folder_.read(place / folder_.ORDERS), schema.CHANGE)
    state = folder_.read(place / folder_.STATE)
    again = engine.state.snapshot()
    differences = []
    same_orders = orders.tobytes() == changes.tobytes()
    if not same_orders:
        differences.append(_first_change(orders, changes))
    same_state = state == again
    if not same_state:
        differences.append(_first_byte(state, again))
    return Verdict(len(rows), len(orders), same_orders, same_state, True, differences)


def _first_change(then: Any, now: Any) -> str:
    for i in range(min(len(then), len(now))):
        if then[i].tobytes() != now[i].tobytes():
            return f"order change {i + 1}: order {then[i]['order']['id']} then, order {now[i]['order']['id']} now"
    return f"{len(then)} order changes then, {len(now)} now"


def _first_byte(then: bytes, now: bytes) -> str:
    if len(then) != len(now):
        return f"State had {len(then)} bytes then, {len(now)} now"
    at = int(np.flatnonzero(np.frombuffer(then, np.uint8) != np.frombuffer(now, np.uint8))[0])
    name = next(
        (n for n in reversed(schema.HEAD.names or ()) if schema.HEAD.fields and schema.HEAD.fields[n][1] <= at), "?"
    )
    place = f"in {name}" if at < schema.HEAD.itemsize else "in the tables"
    return f"State differs from byte {at} on, {place}"
