"""verify: replay a session's journal through the compiled loop and demand the same orders and the same State.

The session met its events one by one; here they are columns, played by the loop a backtest runs. Equal bytes prove that
paper and live are the backtest's account. A closed session in which any byte of any file changed is refused before
anything else; a damaged journal is refused with the number of the record.
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
from simcore.live.against import Against, against
from simcore.live.errors import Changed, SessionError
from simcore.live.journal import Journal
from simcore.live.records import ASKS, CHANGES, POSTS, ROWS, Chunk
from simcore.live.replay import Progress, play_chunks
from simcore.live.session import journal_place, source_of
from simcore.strategy.driver import Driver
from simcore.strategy.strategy import Strategy

Load = Callable[[str, Mapping[str, Any], bool], Strategy]


def predicted(session: str | Path, load: Load) -> Against:
    """Set a closed live session against our model of its broker; SessionError as `verify`, or for a paper session."""
    place = Path(session)
    about = folder_.read_json(place / folder_.SESSION)
    if about.get("mode") != "live":
        raise SessionError(f"{place}: is no live session; on paper the prediction is what happened")
    strategies = load_again(place, about, load), load_again(place, about, load)
    return against(place, about, strategies, engine_of(place, about))


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


def verify(session: str | Path, load: Load, progress: Progress | None = None) -> Verdict:
    """Replay `session`; `load(spec, parameters, compiled)` finds its strategy again.

    Raises SessionError for a folder that is no session, was changed, or whose strategy or kernel is another one now.
    """
    place = Path(session)
    sealed = is_sealed(place)
    about = folder_.read_json(place / folder_.SESSION)
    if not sealed:
        raise SessionError(
            f"{place}: was never closed: it is still running, was left, or died; start it again and let it end"
        )
    strategy = load_again(place, about, load)
    journal = Journal.open(journal_place(place, about), read=True)
    told: dict[int, list[bytes]] = {CHANGES: [], ASKS: []}
    again: dict[int, list[bytes]] = {CHANGES: [], ASKS: []}

    def heard(tables: dict[str, Any]) -> None:
        again[CHANGES].append(tables["changes"].tobytes())
        again[ASKS].append(tables["asks"].tobytes())

    def noted(chunk: Chunk) -> Chunk:
        if chunk.kind in told:
            told[chunk.kind].append(chunk.rows.tobytes())
        return chunk

    engine = engine_of(place, about)
    driver = Driver(engine, strategy, about["symbols"], heard)
    driver.start()
    events, _ = play_chunks(map(noted, journal.chunks()), engine, driver, progress)
    driver.drain()
    journal.release()
    return compare(place, events, engine, told, again)


def is_sealed(place: Path) -> bool:
    """As `check_seal`; where the journal is what changed, the sentence names the record too."""
    try:
        return folder_.check_seal(place)
    except Changed as error:
        if error.name != folder_.JOURNAL:
            raise
        raise SessionError(f"{error}: {damage_of(place / folder_.JOURNAL)}") from None


def damage_of(path: Path) -> str:
    """What is wrong inside a journal's file, in words."""
    intact = 0
    try:
        journal = Journal.open(path, read=True)
        try:
            for chunk in journal.chunks():
                intact = chunk.first + len(chunk.rows) * (chunk.kind in (ROWS, POSTS))
        finally:
            journal.release()
    except SessionError as error:
        told = str(error).removeprefix(f"{path}: ")
        return told if "intact" in told or not intact else f"{told}; the first {intact} records can be read"
    return f"its {intact} records are intact, what changed is the file around them"


def is_live(session: str | Path) -> bool:
    """Whether a session traded at a broker."""
    return bool(folder_.read_json(Path(session) / folder_.SESSION).get("mode") == "live")


def load_again(place: Path, about: Mapping[str, Any], load: Load) -> Strategy:
    """The session's strategy; SessionError where it, or the kernel, is another one now."""
    if about.get("format") != folder_.FORMAT:
        raise SessionError(f"{place}: is format {about.get('format')} of a session, this simcore has {folder_.FORMAT}")
    if about["kernel"] != source_hash():
        raise SessionError(f"{place}: was made by another version of the kernel ({about['kernel']})")
    wanted = about["strategy"]
    strategy = load(wanted["spec"], wanted["parameters"], bool(wanted["compiled"]))
    if source_of(type(strategy)) != wanted["source"]:
        raise SessionError(f"{place}: the source of {wanted['spec']} was changed since the session")
    return strategy


def engine_of(place: Path, about: Mapping[str, Any]) -> Engine:
    """A new account under the session's rules."""
    rules = folder_.read(place / folder_.RULES)
    buffer = np.zeros(len(rules) // 8, np.int64).view(np.uint8)
    buffer[:] = np.frombuffer(rules, np.uint8)
    return Engine(buffer, float(about["cash"]))


def compare(
    place: Path, events: int, engine: Engine, told: dict[int, list[bytes]], again: dict[int, list[bytes]]
) -> Verdict:
    """Byte by byte; the first difference of each is named."""
    state, now = folder_.read(place / folder_.STATE), engine.state.snapshot()
    then, later = (np.frombuffer(b"".join(one[CHANGES]), schema.CHANGE) for one in (told, again))
    differences = []
    same_orders = all(b"".join(told[kind]) == b"".join(again[kind]) for kind in told)
    if not same_orders:
        differences.append(_first_change(then, later))
    same_state = state == now
    if not same_state:
        differences.append(_first_byte(state, now))
    return Verdict(events, len(then), same_orders, same_state, True, differences)


def _first_change(then: Any, now: Any) -> str:
    for i in range(min(len(then), len(now))):
        if then[i].tobytes() != now[i].tobytes():
            return f"order change {i + 1}: order {then[i]['order']['id']} then, order {now[i]['order']['id']} now"
    if len(then) == len(now):
        return "the requests to change orders are others now"
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
